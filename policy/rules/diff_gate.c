/*
 * diff_gate - subjects the gate tells apart itself: spaces of commands and what is obeyed besides
 * them, inboxes, and what bundles (serve, serve_wadm, serve_operator, control.watch, state.*) are.
 *
 * The spaces come from the modules that know them. Of requests to JetStream about a lattice's
 * stored state one stands for each word.
 */
#include <string.h>

#include "policy/commands/guarded.h"
#include "policy/rules/diff_priv.h"

#define V(name) VERB_BIT(VERB_##name)
#define RPC (V(RPC_LINK) | V(RPC_SHUTDOWN) | V(RPC_HEALTH) | V(RPC_CONFIG) | V(SERVE))
#define STATE (V(STATE_READ) | V(STATE_MANAGE))

struct row {
	const char *pattern; /* %l: the lattice, %h: a host */
	const char *queue;   /* NULL: none that goes with it */
	uint64_t verbs;
	bool literal, wild;
};

static const struct row rows[] = {
	{ "wasmbus.rpc.%l.*.linkdefs.put", NULL, RPC, true, true },
	{ "wasmbus.rpc.%l.*.linkdefs.del", NULL, RPC, true, true },
	{ "wasmbus.rpc.%l.*.linkdefs.get", NULL, RPC, true, true },
	{ "wasmbus.rpc.%l.*.shutdown", NULL, RPC, true, true },
	{ "wasmbus.rpc.%l.*.health", NULL, RPC, true, true },
	{ "wasmbus.rpc.%l.*.config.update", NULL, RPC, true, true },
	{ "wasmbus.rpc.%l.*.*.linkdefs.put", NULL, RPC, true, true },
	{ "wasmbus.rpc.%l.*.*.linkdefs.del", NULL, RPC, true, true },
	{ "wasmbus.rpc.%l.*.*.linkdefs.get", NULL, RPC, true, true },
	{ "wasmbus.rpc.%l.*.*.shutdown", NULL, RPC, true, true },
	{ "wasmbus.rpc.%l.*.*.health", NULL, RPC, true, true },
	{ "wasmbus.rpc.%l.*.*.config.update", NULL, RPC, true, true },
	{ "wasmbus.rpc.%l.claims", NULL, RPC, true, true },
	{ "wadm.api.%l.>", "wadm_server", V(SERVE_WADM), false, true },
	{ "wadm.cmd.%l", NULL, V(SERVE_WADM), false, true },
	{ "wadm.cmd.%l.>", NULL, V(SERVE_WADM), false, true },
	{ "wadm.evt.%l", NULL, V(SERVE_WADM), true, true },
	{ "wadm.evt.%l.>", NULL, V(SERVE_WADM), true, true },
	{ "wadm.status.%l", NULL, V(SERVE_WADM), true, true },
	{ "wadm.status.%l.>", NULL, V(SERVE_WADM), true, true },
	{ "wadm.notify.%l", NULL, V(SERVE_WADM), true, true },
	{ "wadm.notify.%l.>", NULL, V(SERVE_WADM), true, true },
	{ "wasmbus.evt.%l", NULL, V(SERVE_WADM), false, true },
	{ "wasmbus.evt.%l.>", NULL, V(SERVE_WADM), false, true },
	{ "wadm.api.>", "wadm_server", V(SERVE_WADM), false, true },
	{ "wadm.cmd.>", NULL, V(SERVE_WADM), false, true },
	{ "wadm.evt.>", NULL, V(SERVE_WADM), false, true },
	{ "wadm.status.>", NULL, V(SERVE_WADM), false, true },
	{ "wadm.notify.>", NULL, V(SERVE_WADM), false, true },
	{ "wasmbus.evt.>", NULL, V(SERVE_WADM), false, true },
	{ "$KV.wadm_state.>", NULL, V(SERVE_WADM) | STATE, false, true },
	{ "$KV.wadm_manifests.>", NULL, V(SERVE_WADM) | STATE, false, true },
	{ "runtime.operator.>", NULL, V(SERVE_OPERATOR), false, true },
	{ "$KV.LATTICEDATA_%l.>", NULL, STATE, false, true },
	{ "$KV.CONFIGDATA_%l.>", NULL, STATE, false, true },
	{ "lc.%l.>", NULL, STATE, false, true },
	{ "$JS.API.STREAM.INFO.KV_LATTICEDATA_%l", NULL, STATE, true, false },
	{ "$JS.API.STREAM.INFO.KV_CONFIGDATA_%l", NULL, STATE, true, false },
	{ "$JS.API.STREAM.INFO.LATTICECACHE_%l", NULL, STATE, true, false },
	{ "$JS.API.STREAM.INFO.KV_wadm_state", NULL, STATE, true, false },
	{ "$JS.API.STREAM.CREATE.KV_LATTICEDATA_%l", NULL, STATE, true, false },
	{ "$JS.API.STREAM.CREATE.KV_CONFIGDATA_%l", NULL, STATE, true, false },
	{ "$JS.API.STREAM.CREATE.LATTICECACHE_%l", NULL, STATE, true, false },
	{ "$JS.API.STREAM.CREATE.KV_wadm_state", NULL, STATE, true, false },
};

struct gate {
	struct diff *d;
	uint64_t granted;
	int (*on)(void *ctx, const struct diff_gate *g);
	void *ctx;
	int r;
};

static struct bytes
fill_in(struct diff *d, const char *text, struct bytes lattice, struct bytes host)
{
	struct buf b;
	const char *s;

	buf_init(&b, SUBJECT_MAX_LEN);
	for (; *text != '\0'; text++) {
		if (*text == '%')
			buf_put(&b, *++text == 'l' ? lattice : host);
		else
			buf_put_u8(&b, (uint8_t)*text);
	}
	s = diff_keep_buf(d, &b);
	return bytes_str(s);
}

static void
put(struct gate *x, const struct row *row, struct bytes lattice, struct bytes host, bool governed)
{
	struct diff_gate g = { .pattern = fill_in(x->d, row->pattern, lattice, host),
		.literal = row->literal,
		.wild = row->wild,
		.verbs = row->verbs,
		.lattices = governed };

	if (row->queue != NULL && row->queue[0] != '*')
		g.queue = fill_in(x->d, row->queue, lattice, host);
	if (x->r == 0)
		x->r = x->on(x->ctx, &g);
}

/* For every lattice and host, and for all lattices at once where a token stands for them. */
static void
put_all(struct gate *x, const struct row *row)
{
	bool lattices = strstr(row->pattern, "%l") != NULL;
	bool hosts = strstr(row->pattern, "%h") != NULL;

	for (size_t l = 0; l < (lattices ? x->d->lattices.n : 1); l++)
		for (size_t h = 0; h < (hosts ? x->d->hosts.n : 1); h++)
			put(x, row, lattices ? x->d->lattices.text[l] : BYTES_LIT(""),
			    hosts ? x->d->hosts.text[h] : BYTES_LIT("x"), false);
	if (row->wild && strstr(row->pattern, ".%l") != NULL)
		put(x, row, BYTES_LIT("\001*"), BYTES_LIT("x"), false);
}

static void
add_space(void *ctx, struct bytes space)
{
	struct gate *x = ctx;
	struct diff_gate g = { .pattern = diff_keep(x->d, space), .literal = true, .wild = true };

	if (x->r == 0)
		x->r = x->on(x->ctx, &g);
}

static bool
not_granted(void *ctx, struct bytes space)
{
	(void)ctx;
	(void)space;
	return false;
}

static void
put_serve(struct gate *x, enum serve_list list)
{
	uint64_t verb = VERB_BIT(list == SERVE_WATCHES ? VERB_CONTROL_WATCH : VERB_SERVE);
	struct row row = {
		.verbs = verb, .literal = list == SERVE_PUBLISHES, .wild = list != SERVE_PUBLISHES
	};

	if ((x->granted & verb) == 0)
		return;
	for (size_t i = 0; (row.pattern = serve_pattern(list, i, &row.queue)) != NULL; i++)
		put_all(x, &row);
}

/* Control prefixes of either policy: where commands lie besides the usual place. */
static void
put_prefixes(struct gate *x)
{
	for (int side = OLD; side <= NEW; side++)
		for (size_t i = 0; i < x->d->p[side]->prefixes.n; i++) {
			struct buf b;

			buf_init(&b, SUBJECT_MAX_LEN);
			buf_put(&b, x->d->p[side]->prefixes.item[i]);
			add_space(x, bytes_str(diff_keep_buf(x->d, &b)));
			buf_init(&b, SUBJECT_MAX_LEN);
			buf_put(&b, x->d->p[side]->prefixes.item[i]);
			buf_put_str(&b, ".>");
			add_space(x, bytes_str(diff_keep_buf(x->d, &b)));
		}
}

int
diff_gate(
    struct diff *d, uint64_t granted, int (*on)(void *ctx, const struct diff_gate *g), void *ctx)
{
	static const struct row store = { "$O.%l.>", NULL, 0, true, true };
	static const struct diff_gate inbox = { .pattern = { (const uint8_t *)"_INBOX.>", 8 },
		.literal = true,
		.wild = true,
		.inbox = true,
		.verbs = VERB_BIT(VERB_SERVE) };
	struct gate x = { d, granted, on, ctx, 0 };

	command_deny_list(add_space, &x);
	guarded_deny_list(false, not_granted, add_space, &x);
	put_prefixes(&x);
	for (size_t l = 0; l < d->lattices.n; l++)
		put(&x, &store, d->lattices.text[l], BYTES_LIT("x"), true);
	for (int list = 0; list < SERVE_LISTS; list++)
		put_serve(&x, (enum serve_list)list);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((granted & rows[i].verbs) != 0)
			put_all(&x, &rows[i]);
	return x.r != 0 ? err_pass(x.r) : on(ctx, &inbox);
}
