/*
 * diff_subject - one subject of every class that a list of patterns can tell apart.
 *
 * Patterns look at a subject token by token and never back, so after some tokens all that counts of
 * a pattern is whether it still fits, or has said yes to whatever follows. A token that stands in
 * no pattern that still fits does what any other such does. Subjects that match no pattern that
 * matters are not looked at: there both policies say the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rules/diff_priv.h"
#include "policy/rules/diff_states.h"

enum { CUT_MAX = SUBJECT_MAX_TOKENS, FRESH = UINT32_MAX, STAR = UINT32_MAX - 1 };

struct cut {
	size_t n;
	struct bytes token[CUT_MAX];
};

struct search {
	struct diff *d;
	const struct diff_pattern *pattern;
	struct cut *cut;
	size_t n;
	bool wild;
	struct states seen;
	uint64_t *next;
	uint32_t *depth; /* of each state */
	size_t cap_depth;
	diff_on_subject *on;
	void *ctx;
	size_t fresh; /* a token of our own begins with so many x, as none of theirs does */
};

/* Bits: 0..n-1 fits so far, n..2n-1 said yes to the rest; then the depth. */
static bool
fits(const struct search *s, const uint64_t *bits, size_t i)
{
	(void)s;
	return bit_is(bits, i);
}

static bool
said_yes(const struct search *s, const uint64_t *bits, size_t i)
{
	return bit_is(bits, s->n + i);
}

static bool
is_gt(struct bytes t)
{
	return t.len == 1 && t.ptr[0] == '>';
}

static bool
is_star(struct bytes t)
{
	return t.len == 1 && t.ptr[0] == '*';
}

/* "\001*": the wildcard as it is written. */
static bool
is_written_star(struct bytes t)
{
	return t.len == 2 && t.ptr[0] == 1;
}

static bool
takes(struct bytes have, struct bytes token, bool written)
{
	if (is_star(have))
		return true;
	if (is_written_star(have))
		return written;
	return !written && token.len != 0 && bytes_eq(have, token);
}

/* step() - one more token; empty: a fresh one. Return: does anything that matters still fit? */
static bool
step(struct search *s, const uint64_t *from, size_t depth, struct bytes token, bool written)
{
	bool matters = false;

	memset(s->next, 0, s->seen.words * sizeof(*s->next));
	for (size_t i = 0; i < s->n; i++) {
		const struct cut *c = &s->cut[i];

		if (said_yes(s, from, i) ||
		    (fits(s, from, i) && depth < c->n && is_gt(c->token[depth])))
			bit_set(s->next, s->n + i);
		else if (fits(s, from, i) && depth < c->n && takes(c->token[depth], token, written))
			bit_set(s->next, i);
		else
			continue;
		matters |= s->pattern[i].matters;
	}
	return matters;
}

/* Does a pattern that matters match what ends here? @gt: with > behind it. */
static bool
matches(const struct search *s, const uint64_t *bits, size_t depth, bool gt)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct cut *c = &s->cut[i];

		if (!s->pattern[i].matters)
			continue;
		if (said_yes(s, bits, i))
			return true;
		if (!fits(s, bits, i))
			continue;
		if (gt ? depth < c->n && is_gt(c->token[depth]) : depth == c->n)
			return true;
	}
	return false;
}

/* What led to a state. Tokens of our own are x1, x2 ... by depth. */
static void
put_token(const struct search *s, struct buf *b, size_t state)
{
	uint32_t by = s->seen.from[state].by;

	if (b->len != 0)
		buf_put_u8(b, '.');
	if (by == STAR) {
		buf_put_u8(b, '*');
	} else if (by == FRESH) {
		for (size_t i = 0; i < s->fresh; i++)
			buf_put_u8(b, 'x');
		buf_put_dec(b, s->depth[state]);
	} else {
		buf_put(b, s->cut[by].token[s->depth[state] - 1]);
	}
}

static void
put_subject(const struct search *s, struct buf *b, size_t state)
{
	size_t chain[CUT_MAX + 1], n = 0;

	for (; state != 0 && n <= CUT_MAX; state = s->seen.from[state].parent)
		chain[n++] = state;
	while (n > 0)
		put_token(s, b, chain[--n]);
}

static int
emit(struct search *s, size_t state)
{
	size_t depth = s->depth[state];
	struct buf b;
	int r = 0;

	buf_init(&b, SUBJECT_MAX_LEN);
	put_subject(s, &b, state);
	if (!buf_failed(&b) && depth > 0 && matches(s, states_at(&s->seen, state), depth, false))
		r = s->on(s->ctx, buf_bytes(&b));
	if (r == 0 && s->wild && matches(s, states_at(&s->seen, state), depth, true)) {
		buf_put_str(&b, depth > 0 ? ".>" : ">");
		if (!buf_failed(&b))
			r = s->on(s->ctx, buf_bytes(&b));
	}
	buf_deinit(&b);
	return err_pass(r);
}

static int
add(struct search *s, size_t depth, size_t parent, uint32_t by)
{
	bool any = false;
	int64_t got;

	/* when nothing but yeses is left, more tokens change nothing */
	for (size_t i = 0; i < s->n && !any; i++)
		any = bit_is(s->next, i);
	for (size_t k = 0; any && k < 7; k++)
		if ((depth >> k & 1) != 0)
			bit_set(s->next, 2 * s->n + k);
	got = states_add(&s->seen, s->next, (uint32_t)parent, by);
	if (got == STATES_KNOWN)
		return 0;
	if (got == STATES_FULL)
		return err_raise(-ENOMEM);
	if ((size_t)got >= s->cap_depth) {
		size_t cap = s->cap_depth != 0 ? s->cap_depth * 2 : 64;
		uint32_t *more = reallocarray(s->depth, cap, sizeof(*more));

		if (more == NULL)
			return err_raise(-ENOMEM);
		s->depth = more;
		s->cap_depth = cap;
	}
	s->depth[got] = (uint32_t)depth;
	return 0;
}

/* Was this literal tried for the same state already? */
static bool
tried(const struct search *s, const uint64_t *bits, size_t depth, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (fits(s, bits, k) && depth < s->cut[k].n &&
		    bytes_eq(s->cut[k].token[depth], s->cut[i].token[depth]))
			return true;
	return false;
}

static int
try_token(struct search *s, size_t state, struct bytes token, bool written, uint32_t by)
{
	size_t depth = s->depth[state];

	if (!diff_pay(s->d, 1 + s->n / 4))
		return DIFF_OPEN;
	if (!step(s, states_at(&s->seen, state), depth, token, written))
		return 0;
	return err_pass(add(s, depth + 1, state, by));
}

static int
expand(struct search *s, size_t state)
{
	size_t depth = s->depth[state];
	int r = 0;

	if (depth >= CUT_MAX)
		return 0;
	r = try_token(s, state, BYTES_NULL, false, FRESH);
	for (size_t i = 0; r == 0 && i < s->n; i++) {
		const uint64_t *bits = states_at(&s->seen, state);
		const struct cut *c = &s->cut[i];

		if (!fits(s, bits, i) || depth >= c->n || is_star(c->token[depth]) ||
		    is_gt(c->token[depth]))
			continue;
		if (!diff_pay(s->d, 1 + i / 16))
			return DIFF_OPEN;
		if (tried(s, bits, depth, i))
			continue;
		if (!is_written_star(c->token[depth]))
			r = try_token(s, state, c->token[depth], false, (uint32_t)i);
		else if (s->wild)
			r = try_token(s, state, BYTES_NULL, true, STAR);
	}
	return err_pass(r);
}

static void
cut_pattern(struct cut *c, struct bytes s)
{
	while (s.len != 0 && c->n < CUT_MAX) {
		size_t dot = bytes_find(s, '.');

		c->token[c->n++] = bytes_upto(s, dot);
		s = bytes_from(s, dot + 1);
	}
}

/* How many x a pattern's token begins with that goes on with a digit. */
static size_t
xes(struct bytes t)
{
	size_t n = 0;

	while (n < t.len && t.ptr[n] == 'x')
		n++;
	return n < t.len && t.ptr[n] >= '0' && t.ptr[n] <= '9' ? n : 0;
}

static void
cut_all(struct search *s)
{
	s->fresh = 1;
	for (size_t i = 0; i < s->n; i++) {
		cut_pattern(&s->cut[i], s->pattern[i].text);
		bit_set(s->next, i);
		for (size_t k = 0; k < s->cut[i].n; k++)
			if (xes(s->cut[i].token[k]) >= s->fresh)
				s->fresh = xes(s->cut[i].token[k]) + 1;
	}
}

int
diff_subjects(struct diff *d, const struct diff_pattern *pattern, size_t n, bool wild,
    diff_on_subject *on, void *ctx)
{
	struct search s = {
		.d = d, .pattern = pattern, .n = n, .wild = wild, .on = on, .ctx = ctx
	};
	int r = -ENOMEM;

	if (n == 0)
		return 0;
	states_init(&s.seen, 2 * n + 8);
	s.cut = calloc(n, sizeof(*s.cut));
	s.next = calloc(s.seen.words, sizeof(*s.next));
	if (s.cut != NULL && s.next != NULL) {
		cut_all(&s);
		r = add(&s, 0, 0, FRESH);
		for (size_t at = 0; r == 0 && at < s.seen.n; at++) {
			r = emit(&s, at);
			if (r == 0)
				r = expand(&s, at);
		}
	}
	states_deinit(&s.seen);
	free(s.cut);
	free(s.next);
	free(s.depth);
	return r < 0 ? err_raise(r) : r;
}
