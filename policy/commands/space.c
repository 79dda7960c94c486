/*
 * space - the control spaces as patterns: what lies in one, what could reach into one, and what a
 * login that may not command has to be denied.
 *
 * A space is a promise: everything in it is a command, whether or not anybody would understand it
 * (command.c has the rows). A policy's own control prefixes are spaces like the built-in ones.
 */
#include "policy/commands/command.h"
#include "policy/commands/prefix.h"
#include "policy/commands/token.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/*
 * The control spaces, as patterns. "~X" is a token that begins with X, which NATS has no word for;
 * command_deny_list() says the nearest thing it has.
 */
static const char *const spaces[] = {
	"wasmbus.ctl",
	"wasmbus.ctl.>",
	"*.wasmbus.ctl",
	"*.wasmbus.ctl.>",
	"wasmbus.rpc.*.links",
	"wasmbus.rpc.*.remlinks",
	"runtime.host",
	"runtime.host.>",
	"wadm.api",
	"wadm.api.>",
	"wadm.cmd",
	"wadm.cmd.>",
	"*.wadm.api",
	"*.wadm.api.>",
	"*.wadm.cmd",
	"*.wadm.cmd.>",
	"lc",
	"lc.>",
	"$KV.~LATTICEDATA_",
	"$KV.~LATTICEDATA_.>",
	"$KV.~CONFIGDATA_",
	"$KV.~CONFIGDATA_.>",
	"$KV.~wadm_",
	"$KV.~wadm_.>",
	"$JS.API.$KV.~LATTICEDATA_",
	"$JS.API.$KV.~LATTICEDATA_.>",
	"$JS.API.$KV.~CONFIGDATA_",
	"$JS.API.$KV.~CONFIGDATA_.>",
	"$JS.API.$KV.~wadm_",
	"$JS.API.$KV.~wadm_.>",
	"$JS.*.API.$KV.~LATTICEDATA_",
	"$JS.*.API.$KV.~LATTICEDATA_.>",
	"$JS.*.API.$KV.~CONFIGDATA_",
	"$JS.*.API.$KV.~CONFIGDATA_.>",
	"$JS.*.API.$KV.~wadm_",
	"$JS.*.API.$KV.~wadm_.>",
};

/* Could token @p of a pattern and token @s of a space be the same word? */
static bool
tokens_meet(struct bytes p, struct bytes s)
{
	if (bytes_is(p, "*") || bytes_is(s, "*"))
		return true;
	if (s.ptr[0] == '~')
		return bytes_starts(p, bytes_from(s, 1));
	return bytes_eq(p, s);
}

static bool
space_overlaps(struct bytes pattern, struct bytes space)
{
	struct bytes p = BYTES_NULL, s = BYTES_NULL;

	for (;;) {
		bool more_p = token_cut(&pattern, &p), more_s = token_cut(&space, &s);

		if (!more_p || !more_s)
			return more_p == more_s;
		if (bytes_is(p, ">") || bytes_is(s, ">"))
			return true;
		if (!tokens_meet(p, s))
			return false;
	}
}

static bool
space_covers(struct bytes pattern, struct bytes space)
{
	struct bytes p = BYTES_NULL, s = BYTES_NULL;

	for (;;) {
		bool more_p = token_cut(&pattern, &p), more_s = token_cut(&space, &s);

		if (!more_p || !more_s)
			return more_p == more_s;
		if (bytes_is(s, ">"))
			return true;
		if (bytes_is(p, ">") || (bytes_is(p, "*") && !bytes_is(s, "*")))
			return false;
		if (!tokens_meet(p, s))
			return false;
	}
}

bool
command_overlaps(struct bytes pattern)
{
	for (size_t i = 0; i < N_OF(spaces); i++)
		if (space_overlaps(pattern, bytes_str(spaces[i])))
			return true;
	return false;
}

bool
command_covers(struct bytes pattern)
{
	for (size_t i = 0; i < N_OF(spaces); i++)
		if (space_covers(pattern, bytes_str(spaces[i])))
			return true;
	return false;
}

void
command_deny_list(void (*add)(void *ctx, struct bytes pattern), void *ctx)
{
	static const char *const buckets[] = { "$KV.>", "$JS.API.$KV.>", "$JS.*.API.$KV.>" };

	for (size_t i = 0; i < N_OF(spaces); i++)
		if (strchr(spaces[i], '~') == NULL)
			add(ctx, bytes_str(spaces[i]));
	for (size_t i = 0; i < N_OF(buckets); i++)
		add(ctx, bytes_str(buckets[i]));
}

bool
command_overlaps_under(const struct prefixes *set, struct bytes pattern)
{
	return prefix_overlaps(set, pattern) || command_overlaps(pattern);
}

bool
command_covers_under(const struct prefixes *set, struct bytes pattern)
{
	struct bytes tail;

	return prefix_tail(set, pattern, &tail) || command_covers(pattern);
}

void
command_deny_under(
    const struct prefixes *set, void (*add)(void *ctx, struct bytes pattern), void *ctx)
{
	uint8_t room[PREFIX_MAX_LEN + 2];

	for (size_t i = 0; i < set->n; i++) {
		struct bytes p = set->item[i];

		memcpy(room, p.ptr, p.len);
		memcpy(room + p.len, ".>", 2);
		add(ctx, p);
		add(ctx, bytes_of(room, p.len + 2));
	}
	command_deny_list(add, ctx);
}
