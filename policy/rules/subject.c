/*
 * subject - see subject.h. Everything here walks two runs of bytes token by token, from the left,
 * without memory of its own: no call allocates, recurses or looks back.
 *
 * A token is a wildcard only when it is exactly "*" or ">": "foo*" is an ordinary word, as it is in
 * the server's subscription trie (nats-server server/sublist.go; its SubjectsCollide looks at the
 * first byte only, and we do not follow it). `>` stands for one token or more, so `a.>` does not
 * match `a`; where a deny has to cover `a` as well, rights.c adds it.
 */
#include "policy/rules/subject.h"

/* One step of a walk: the token under the cursor and what is left behind it. */
struct walk {
	struct bytes token;
	struct bytes rest;
	bool more; /* another token follows */
};

static struct walk
walk_next(struct bytes s)
{
	size_t dot = bytes_find(s, '.');

	return (struct walk){
		.token = bytes_upto(s, dot),
		.rest = bytes_from(s, dot + 1),
		.more = dot < s.len,
	};
}

static bool
is_star(struct bytes t)
{
	return t.len == 1 && t.ptr[0] == '*';
}

static bool
is_gt(struct bytes t)
{
	return t.len == 1 && t.ptr[0] == '>';
}

/* Valid, and if @literal also free of wildcard tokens. */
static bool
well_formed(struct bytes s, bool literal)
{
	size_t tokens = 1, start = 0;

	if (s.len == 0 || s.len > SUBJECT_MAX_LEN)
		return false;
	for (size_t i = 0; i <= s.len; i++) {
		if (i < s.len && s.ptr[i] != '.') {
			if (s.ptr[i] < 0x21 || s.ptr[i] > 0x7e)
				return false;
			continue;
		}
		if (i == start)
			return false; /* an empty token */
		if (i - start == 1) {
			if (literal && (s.ptr[start] == '*' || s.ptr[start] == '>'))
				return false;
			if (s.ptr[start] == '>' && i < s.len)
				return false; /* only as the last */
		}
		if (i < s.len && ++tokens > SUBJECT_MAX_TOKENS)
			return false;
		start = i + 1;
	}
	return true;
}

bool
subject_ok(struct bytes s)
{
	return well_formed(s, false);
}

bool
subject_literal(struct bytes s)
{
	return well_formed(s, true);
}

bool
subject_match(struct bytes pattern, struct bytes s)
{
	for (;;) {
		struct walk p = walk_next(pattern), t = walk_next(s);

		if (is_gt(p.token))
			return true;
		if (!is_star(p.token) && !bytes_eq(p.token, t.token))
			return false;
		if (!p.more || !t.more)
			return p.more == t.more;
		pattern = p.rest;
		s = t.rest;
	}
}

bool
subject_subset(struct bytes inner, struct bytes outer)
{
	for (;;) {
		struct walk i = walk_next(inner), o = walk_next(outer);

		if (is_gt(o.token))
			return true;
		if (is_gt(i.token))
			return false; /* longer than anything a bounded pattern allows */
		if (!is_star(o.token) && (is_star(i.token) || !bytes_eq(o.token, i.token)))
			return false;
		if (!o.more || !i.more)
			return o.more == i.more;
		inner = i.rest;
		outer = o.rest;
	}
}

bool
subject_overlap(struct bytes a, struct bytes b)
{
	for (;;) {
		struct walk x = walk_next(a), y = walk_next(b);

		if (is_gt(x.token) || is_gt(y.token))
			return true;
		if (!is_star(x.token) && !is_star(y.token) && !bytes_eq(x.token, y.token))
			return false;
		if (!x.more || !y.more)
			return x.more == y.more;
		a = x.rest;
		b = y.rest;
	}
}

struct bytes
subject_token(struct bytes s, size_t n)
{
	for (;; n--) {
		struct walk w = walk_next(s);

		if (n == 0)
			return w.token;
		if (!w.more)
			return BYTES_NULL;
		s = w.rest;
	}
}

size_t
subject_tokens(struct bytes s)
{
	size_t n = 1;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '.';
	return n;
}
