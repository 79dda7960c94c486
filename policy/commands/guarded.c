/*
 * guarded - see guarded.h.
 *
 * RPC control is told by its end, because the target in front of it has one token (1.x) or two
 * (0.18 to 0.82): everything under wasmbus.rpc.L.TARGET that ends so is taken for it. A provider
 * whose link is called "health" hears its invocations under such a subject too; the stricter
 * reading counts.
 */
#include "policy/commands/guarded.h"

#include <stdio.h>

#include "policy/commands/token.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* A space by its first tokens; the lattice is the token at @lattice, 0: none. */
struct guarded_row {
	const char *prefix;
	unsigned named, lattice;
	bool if_governed;
};

static const struct guarded_row rows[] = {
	{ "wasmbus.evt", 2, 2, false }, { "wasmbus.rpcevt", 2, 2, false },
	{ "wasmbus.cfg", 2, 2, false }, { "wadm.evt", 2, 2, false }, { "wadm.status", 2, 2, false },
	{ "wadm.notify", 2, 2, false }, { "runtime.operator", 2, 0, false },
	{ "lattice.state", 2, 0, false },
	{ "wasmcloud", 2, 0, false }, /* wasmcloud.policy, wasmcloud.secrets.> */
	{ "$O", 2, 1, true },         /* large invocations lie in a store called as the lattice */
};

static const struct {
	const char *last, *before; /* the last token, and the one before it; NULL: any */
	enum verb verb;
} controls[] = {
	{ "put", "linkdefs", VERB_RPC_LINK },
	{ "del", "linkdefs", VERB_RPC_LINK },
	{ "get", "linkdefs", VERB_RPC_LINK },
	{ "shutdown", NULL, VERB_RPC_SHUTDOWN },
	{ "health", NULL, VERB_RPC_HEALTH },
	{ "update", "config", VERB_RPC_CONFIG },
};

enum { RPC_NAMED = 4 }; /* wasmbus.rpc.L.TARGET */

/* What follows wasmbus.rpc. */
static int
classify_rpc(struct bytes tail, struct guarded *g)
{
	struct bytes token = BYTES_NULL, before = BYTES_NULL;
	size_t n = 0;

	if (!token_cut(&tail, &g->lattice) || token_wild(g->lattice))
		return GUARDED_NOT;
	g->named = RPC_NAMED;
	if (bytes_is(tail, "claims")) { /* A: every host takes them for true */
		g->publish = VERB_SERVE;
		return 0;
	}
	for (; tail.len != 0; n++) {
		before = token;
		if (!token_cut(&tail, &token))
			break;
	}
	for (size_t i = 0; i < N_OF(controls); i++) {
		bool two = controls[i].before != NULL;

		if (n < (two ? 3U : 2U) || !bytes_is(token, controls[i].last) ||
		    (two && !bytes_is(before, controls[i].before)))
			continue;
		g->publish = controls[i].verb;
		return 0;
	}
	return GUARDED_NOT;
}

/* Does @s begin with the tokens of the row, and spell out as many as it takes to name the space? */
static bool
row_names(const struct guarded_row *row, struct bytes s, struct bytes *lattice)
{
	struct bytes want = bytes_str(row->prefix), w = BYTES_NULL, token = BYTES_NULL;
	unsigned i = 0;

	*lattice = BYTES_NULL;
	for (; token_cut(&s, &token); i++) {
		if (token_cut(&want, &w) ? !bytes_eq(token, w)
					 : i < row->named && token_wild(token))
			return false;
		if (i != 0 && i == row->lattice && !token_wild(token))
			*lattice = token;
		if (i >= row->named && i >= row->lattice)
			return true;
	}
	return i >= row->named;
}

static int
classify_plain(struct bytes s, struct guarded *g)
{
	struct bytes rest = s;

	if (token_skip(&rest, "wasmbus") && token_skip(&rest, "rpc"))
		return classify_rpc(rest, g);
	for (size_t i = 0; i < N_OF(rows); i++) {
		if (rows[i].prefix[0] != (char)s.ptr[0] || !row_names(&rows[i], s, &g->lattice))
			continue;
		g->named = rows[i].named;
		g->if_governed = rows[i].if_governed;
		return 0;
	}
	return GUARDED_NOT;
}

int
guarded_classify(struct bytes subject, struct guarded *g)
{
	struct bytes rest = subject, account;

	*g = (struct guarded){ 0 };
	if (subject.len == 0)
		return GUARDED_NOT;
	switch (subject.ptr[0]) {
	case 'w':
	case 'r':
	case 'l':
	case '$':
		if (classify_plain(subject, g) == 0)
			return 0;
		break;
	default:
		break;
	}
	/* an account in front, as with commands */
	if (!token_cut(&rest, &account) || rest.len == 0 || rest.ptr[0] != 'w' ||
	    token_wild(account) || bytes_starts(rest, BYTES_LIT("wasmcloud")))
		return GUARDED_NOT;
	*g = (struct guarded){ 0 };
	if (classify_plain(rest, g) != 0)
		return GUARDED_NOT;
	g->named++;
	return 0;
}

/* Could @pattern match something that begins with the tokens of @prefix? */
static bool
reaches(struct bytes pattern, struct bytes prefix)
{
	struct bytes p = BYTES_NULL, w = BYTES_NULL;

	while (token_cut(&prefix, &w)) {
		if (!token_cut(&pattern, &p))
			return false;
		if (bytes_is(p, ">"))
			return true;
		if (!bytes_is(p, "*") && !bytes_eq(p, w))
			return false;
	}
	return true;
}

/* plain_overlaps() - as guarded_overlaps(); @behind an account only what can stand there. */
static bool
plain_overlaps(struct bytes pattern, bool behind)
{
	struct bytes p = pattern;
	struct guarded g = { 0 };

	for (size_t i = 0; i < N_OF(rows); i++)
		if ((!behind || strncmp(rows[i].prefix, "wasmbus.", 8) == 0 ||
			strncmp(rows[i].prefix, "wadm.", 5) == 0) &&
		    reaches(pattern, bytes_str(rows[i].prefix)))
			return true;
	if (!reaches(pattern, BYTES_LIT("wasmbus.rpc")))
		return false;
	/* a literal one is in the space or not; of all others it is taken to reach in */
	for (struct bytes token = BYTES_NULL; token_cut(&p, &token);)
		if (token_wild(token))
			return true;
	return guarded_classify(pattern, &g) == 0;
}

bool
guarded_overlaps(struct bytes pattern)
{
	struct bytes rest = pattern, first;

	if (plain_overlaps(pattern, false))
		return true;
	return token_cut(&rest, &first) && rest.len != 0 && plain_overlaps(rest, true);
}

void
guarded_deny_list(bool rpc, bool (*granted)(void *ctx, struct bytes space),
    void (*add)(void *ctx, struct bytes pattern), void *ctx)
{
	static const char *const targets[] = { "wasmbus.rpc.*.*", "wasmbus.rpc.*.*.*" };
	static const char *const ends[] = { ".linkdefs.*", ".shutdown", ".health",
		".config.update" };
	char room[64];

	for (size_t i = 0; i < N_OF(rows); i++) {
		int n = snprintf(room, sizeof(room), "%s.>", rows[i].prefix);

		if (!rows[i].if_governed && !granted(ctx, bytes_of(room, (size_t)n)))
			add(ctx, bytes_of(room, (size_t)n));
	}
	for (size_t i = 0; !rpc && i < N_OF(targets); i++) {
		for (size_t k = 0; k < N_OF(ends); k++) {
			int n = snprintf(room, sizeof(room), "%s%s", targets[i], ends[k]);

			add(ctx, bytes_of(room, (size_t)n));
		}
	}
	if (!rpc)
		add(ctx, BYTES_LIT("wasmbus.rpc.*.claims"));
}
