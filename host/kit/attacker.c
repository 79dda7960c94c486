/*
 * attacker - an actor that tries. Each operation is an attempt; whoever survives its own says so.
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
	else if (actor_is(operation, ACTOR_TEXT("nag")))
		for (;;)
			ask_anything(out);
	return 1;
}
