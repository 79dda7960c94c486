/*
 * Two patterns and a subject, one to a line: the matcher, the trie and the table of commands have
 * to agree with slower words for the same thing, written down here.
 */
#include <assert.h>
#include <stdlib.h>

#include "policy/commands/guarded.h"
#include "policy/commands/prefix.h"
#include "policy/commands/serve.h"
#include "policy/rules/subject.h"
#include "policy/rules/trie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX = 80 };

struct tokens {
	size_t n;
	struct bytes t[MAX];
};

/* Cut at every dot, empty tokens and all; n is MAX + 1 when there are too many. */
static void
cut(struct bytes s, struct tokens *out)
{
	size_t start = 0;

	out->n = 0;
	for (size_t i = 0; i <= s.len; i++) {
		if (i < s.len && s.ptr[i] != '.')
			continue;
		if (out->n == MAX) {
			out->n = MAX + 1;
			return;
		}
		out->t[out->n++] = bytes_of(s.ptr + start, i - start);
		start = i + 1;
	}
}

static bool
naive_ok(struct bytes s, bool literal)
{
	struct tokens k;

	cut(s, &k);
	if (k.n > SUBJECT_MAX_TOKENS || s.len > SUBJECT_MAX_LEN)
		return false;
	for (size_t i = 0; i < k.n; i++) {
		if (k.t[i].len == 0 || (bytes_is(k.t[i], ">") && i + 1 < k.n))
			return false;
		if (literal && (bytes_is(k.t[i], ">") || bytes_is(k.t[i], "*")))
			return false;
		for (size_t c = 0; c < k.t[i].len; c++)
			if (k.t[i].ptr[c] <= ' ' || k.t[i].ptr[c] >= 0x7f)
				return false;
	}
	return true;
}

/* By definition, token arrays and recursion. */
static bool
naive_inside(const struct tokens *in, size_t i, const struct tokens *out, size_t o)
{
	if (i == in->n || o == out->n)
		return i == in->n && o == out->n;
	if (bytes_is(out->t[o], ">"))
		return true;
	if (bytes_is(in->t[i], ">"))
		return false;
	if (!bytes_is(out->t[o], "*") && !bytes_eq(in->t[i], out->t[o]))
		return false;
	return naive_inside(in, i + 1, out, o + 1);
}

static bool
naive_overlap(const struct tokens *a, size_t i, const struct tokens *b, size_t k)
{
	if (i == a->n || k == b->n)
		return i == a->n && k == b->n;
	if (bytes_is(a->t[i], ">") || bytes_is(b->t[k], ">"))
		return true;
	if (!bytes_is(a->t[i], "*") && !bytes_is(b->t[k], "*") && !bytes_eq(a->t[i], b->t[k]))
		return false;
	return naive_overlap(a, i + 1, b, k + 1);
}

struct covered {
	struct bytes s;
	bool yes;
};

static void
look(void *ctx, struct bytes pattern)
{
	struct covered *c = ctx;

	assert(subject_ok(pattern));
	c->yes = c->yes || subject_subset(c->s, pattern);
}

/* Every way of asking whether something is a command says the same. */
static void
check_command(struct bytes s)
{
	struct covered deny = { s, false };
	struct command c;
	bool command = command_classify(s, &c) == 0;

	assert(command_covers(s) == command);
	if (command)
		assert(command_overlaps(s));
	if (subject_literal(s))
		assert(command_overlaps(s) == command);
	command_deny_list(look, &deny);
	assert(!command || deny.yes);
	if (command && c.verb != VERB_UNKNOWN)
		assert(
		    (command_may_be(&c) & VERB_BIT(c.verb)) != 0 && command_lattice(&c).len != 0);
}

/*
 * A policy's own prefix: what lies under it is what lies under the usual one; and what is obeyed
 * without being a command is seen by whoever asks about overlaps, and is no command.
 */
static void
check_prefix(struct bytes s)
{
	static const struct prefixes set = { .n = 1, .item = { { (const uint8_t *)"a.b", 3 } } };
	uint8_t room[PREFIX_ROOM];
	struct command under, usual;
	struct guarded g;
	struct bytes tail;
	bool is = command_classify_under(&set, s, &under) == 0;

	assert(is == command_covers_under(&set, s));
	if (is)
		assert(command_overlaps_under(&set, s));
	if (prefix_tail(&set, s, &tail)) {
		assert(is && command_classify(prefix_usual(&set, s, room), &usual) == 0);
		assert(under.verb == usual.verb && bytes_eq(under.lattice, usual.lattice) &&
		       bytes_eq(under.host, usual.host) && under.account.len == 0);
	}
	if (guarded_classify(s, &g) == 0)
		assert(g.named >= 2 && guarded_overlaps(s) &&
		       (!subject_literal(s) || command_classify(s, &usual) != 0));
}

static void
check_serve(struct bytes s, struct bytes queue)
{
	struct bytes id = subject_token(s, subject_tokens(s) / 2), lattice;
	struct serve_host me = { 1, &id }, nobody = { 0, NULL };
	bool command = false;

	if (serve_subscribe(s, queue, &me, &lattice, &command) != SERVE_NOT)
		assert(command_lattice_ok(lattice) || command_lattice_stand_in(lattice));
	if (serve_subscribe(s, queue, &nobody, &lattice, &command) == SERVE_OWN && command)
		assert(command_covers(s));
	if (serve_watch(s, &lattice))
		assert(command_covers(s));
}

static void
check_pair(struct bytes a, struct bytes b)
{
	struct tokens x, y;
	struct words words;
	struct trie *t;
	struct hit h;

	assert(words_cut(&words, a) == subject_ok(a));
	assert(subject_ok(a) == naive_ok(a, false) && subject_literal(a) == naive_ok(a, true));
	if (!subject_ok(a) || !subject_ok(b))
		return;
	cut(a, &x);
	cut(b, &y);
	assert(words.n == x.n && words.literal == subject_literal(a));
	assert(subject_tokens(a) == x.n && bytes_eq(subject_token(a, x.n - 1), x.t[x.n - 1]));
	assert(subject_subset(a, b) == naive_inside(&x, 0, &y, 0));
	assert(subject_overlap(a, b) == naive_overlap(&x, 0, &y, 0));
	assert(subject_subset(a, a) && subject_overlap(a, b) == subject_overlap(b, a));
	if (subject_subset(a, b))
		assert(subject_overlap(a, b));
	if (subject_literal(a))
		assert(subject_match(b, a) == subject_subset(a, b));
	check_command(a);
	check_prefix(a);
	check_serve(a, b);
	t = trie_new();
	if (t == NULL || trie_add(t, b, BYTES_NULL, 3, false) != 0 ||
	    trie_add(t, a, b, 4, false) != 0)
		abort();
	h = trie_covers(t, &words, BYTES_NULL, false);
	assert(h.enforced == (subject_subset(a, b) ? 3 : UINT32_MAX));
	h = trie_covers(t, &words, b, false);
	assert(h.enforced == (subject_subset(a, b) ? 3 : 4));
	if (subject_literal(a))
		assert(trie_match(t, &words, false).enforced ==
		       (subject_match(b, a) ? 3 : UINT32_MAX));
	trie_free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), line[3];

	if (size == 0)
		return 0;
	for (size_t i = 0; i < 3; i++) {
		size_t end = bytes_find(in, '\n');

		line[i] = bytes_upto(in, end);
		in = bytes_from(in, end + 1);
	}
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++)
			check_pair(line[i], line[k]);
	return 0;
}
