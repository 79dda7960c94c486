/*
 * prefix - the control prefixes of a policy: where hosts hear commands besides "wasmbus.ctl".
 *
 * Hosts from 0.57 on can be told to listen elsewhere (WASMCLOUD_CTL_TOPIC_PREFIX), with any tokens.
 * What lies under such a prefix is the same command as under the usual one; it is read as that and
 * crosses as it was written. A zeroed set has none.
 */
#ifndef POLICY_COMMANDS_PREFIX_H
#define POLICY_COMMANDS_PREFIX_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum {
	PREFIX_MAX = 8,
	PREFIX_MAX_LEN = 128,
	PREFIX_ROOM = 1024,
	PREFIX_LIST = PREFIX_MAX * (PREFIX_MAX_LEN + 1), /* room for prefix_join() */
};

struct prefixes {
	size_t n; /* at most PREFIX_MAX */
	struct bytes item[PREFIX_MAX];
};

enum prefix_answer {
	PREFIX_USUAL = 1, /* "wasmbus.ctl" itself: nothing to add */
	PREFIX_TWICE, /* is in the set, or one of the set begins with it or it with one of the set
		       */
	PREFIX_SPELLING, /* not literal tokens of letters, digits, '-' and '_', or too long */
	PREFIX_RESERVED, /* begins in a space of the server's or in an inbox */
	PREFIX_OVERLAPS, /* lies in, or holds, the subjects of a dialect, of RPC or of a control
			    service */
	PREFIX_TOO_MANY,
};

/* prefix_add() - one more. Return: 0, or why not. */
int prefix_add(struct prefixes *set, struct bytes prefix) must_check;
/* prefix_same() - the same ones in the same order? */
bool prefix_same(const struct prefixes *a, const struct prefixes *b);
/* prefix_join() - the set as one text, a blank behind each; prefix_split() takes it apart. */
struct bytes prefix_join(const struct prefixes *set, char room[PREFIX_LIST]);
/* prefix_split() - Return: 0 with *set filled, whose items lie in @text; else why one of them is
 * none. */
int prefix_split(struct prefixes *set, struct bytes text) must_check;
/* prefix_tail() - what follows one of them in a subject or pattern; false: it is under none. */
bool prefix_tail(const struct prefixes *set, struct bytes subject, struct bytes *tail);
/* prefix_overlaps() - could a subject at or below one of them match this pattern? */
bool prefix_overlaps(const struct prefixes *set, struct bytes pattern);
/*
 * prefix_usual() - @s (a subject, a pattern, a queue group) with the prefix it is under replaced by
 * "wasmbus.ctl"; @s itself when it is under none, or when @room is too small.
 */
struct bytes prefix_usual(const struct prefixes *set, struct bytes s, uint8_t room[PREFIX_ROOM]);
/* prefix_meets_lattice() - could component calls of a lattice of this name (L.ID.wrpc...) lie under
 * one? */
bool prefix_meets_lattice(const struct prefixes *set, struct bytes lattice);

#endif
