/*
 * prefix - see prefix.h.
 *
 * A prefix is refused when the subjects under it could be read in a second way: as another
 * dialect's, as RPC, as a control service's or as those of another prefix. What is left has exactly
 * one reading, so that "under a prefix" can be asked first.
 */
#include "policy/commands/prefix.h"

#include "policy/commands/command.h"
#include "policy/commands/guarded.h"
#include "policy/commands/token.h"

static bool
spelt_well(struct bytes s)
{
	struct bytes token;

	if (s.len == 0 || s.len > PREFIX_MAX_LEN || s.ptr[s.len - 1] == '.')
		return false;
	while (token_cut(&s, &token)) {
		if (token.len == 0)
			return false;
		for (size_t i = 0; i < token.len; i++) {
			uint8_t c = token.ptr[i];

			if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				(c >= '0' && c <= '9') || c == '-' || c == '_'))
				return false;
		}
	}
	return true;
}

/* Is @inner @outer, or does it begin with its tokens? Then *tail is what is left. */
static bool
below(struct bytes inner, struct bytes outer, struct bytes *tail)
{
	if (!bytes_starts(inner, outer))
		return false;
	*tail = bytes_from(inner, outer.len);
	if (tail->len == 0)
		return true;
	if (tail->ptr[0] != '.')
		return false;
	*tail = bytes_from(*tail, 1);
	return true;
}

/* account_form() - X.wasmbus.ctl: the table knows it, for identities of account X alone. */
static bool
account_form(struct bytes s)
{
	struct bytes token;

	return token_cut(&s, &token) && token_skip(&s, "wasmbus") && token_skip(&s, "ctl") &&
	       s.len == 0;
}

/* Could a subject under it be something else? */
static bool
means_more(struct bytes prefix)
{
	uint8_t room[PREFIX_MAX_LEN + 2] = { 0 };
	struct bytes under = bytes_of(room, prefix.len + 2);

	memcpy(room, prefix.ptr, prefix.len);
	memcpy(room + prefix.len, ".>", 2);
	if (account_form(prefix))
		return false;
	return command_overlaps(under) || command_overlaps(prefix) || guarded_overlaps(under) ||
	       guarded_overlaps(prefix);
}

int
prefix_add(struct prefixes *set, struct bytes prefix)
{
	struct bytes tail;

	if (bytes_is(prefix, "wasmbus.ctl"))
		return PREFIX_USUAL;
	if (prefix.len != 0 && (prefix.ptr[0] == '$' || prefix.ptr[0] == '_'))
		return PREFIX_RESERVED;
	if (!spelt_well(prefix))
		return PREFIX_SPELLING;
	for (size_t i = 0; i < set->n; i++)
		if (below(prefix, set->item[i], &tail) || below(set->item[i], prefix, &tail))
			return PREFIX_TWICE;
	if (means_more(prefix))
		return PREFIX_OVERLAPS;
	if (set->n == PREFIX_MAX)
		return PREFIX_TOO_MANY;
	set->item[set->n++] = prefix;
	return 0;
}

bool
prefix_same(const struct prefixes *a, const struct prefixes *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (!bytes_eq(a->item[i], b->item[i]))
			return false;
	return a->n == b->n;
}

struct bytes
prefix_join(const struct prefixes *set, char room[PREFIX_LIST])
{
	size_t at = 0;

	for (size_t i = 0; i < set->n; i++) {
		memcpy(room + at, set->item[i].ptr, set->item[i].len);
		at += set->item[i].len;
		room[at++] = ' ';
	}
	return bytes_of(room, at);
}

int
prefix_split(struct prefixes *set, struct bytes text)
{
	*set = (struct prefixes){ 0 };
	while (text.len != 0) {
		size_t end = bytes_find(text, ' ');
		int why = prefix_add(set, bytes_upto(text, end));

		if (why != 0)
			return why;
		text = bytes_from(text, end + 1);
	}
	return 0;
}

bool
prefix_tail(const struct prefixes *set, struct bytes subject, struct bytes *tail)
{
	for (size_t i = 0; i < set->n; i++)
		if (below(subject, set->item[i], tail))
			return true;
	return false;
}

struct bytes
prefix_usual(const struct prefixes *set, struct bytes s, uint8_t room[PREFIX_ROOM])
{
	static const struct bytes usual = { (const uint8_t *)"wasmbus.ctl.", 12 };
	struct bytes tail;

	if (set->n == 0 || !prefix_tail(set, s, &tail) || usual.len + tail.len > PREFIX_ROOM)
		return s;
	memcpy(room, usual.ptr, usual.len);
	if (tail.len == 0)
		return bytes_of(room, usual.len - 1);
	memcpy(room + usual.len, tail.ptr, tail.len);
	return bytes_of(room, usual.len + tail.len);
}

bool
prefix_meets_lattice(const struct prefixes *set, struct bytes lattice)
{
	for (size_t i = 0; i < set->n; i++) {
		struct bytes s = set->item[i], id;

		if (!token_cut(&s, &id) || !bytes_eq(id, lattice))
			continue;
		if (!token_cut(&s, &id) || s.len == 0 || token_skip(&s, "wrpc"))
			return true;
	}
	return false;
}

/* Could @pattern match @prefix, or a subject below it? */
static bool
reaches(struct bytes pattern, struct bytes prefix)
{
	struct bytes p = BYTES_NULL, s = BYTES_NULL;

	while (token_cut(&prefix, &s)) {
		if (!token_cut(&pattern, &p))
			return false;
		if (bytes_is(p, ">"))
			return true;
		if (!bytes_is(p, "*") && !bytes_eq(p, s))
			return false;
	}
	return true;
}

bool
prefix_overlaps(const struct prefixes *set, struct bytes pattern)
{
	for (size_t i = 0; i < set->n; i++)
		if (reaches(pattern, set->item[i]))
			return true;
	return false;
}
