/*
 * diff_glob - one text of every class that a list of globs can tell apart.
 *
 * A state is where each glob may stand (one bit a position); a letter that stands in no glob does
 * what any other such letter does, so the letters of the globs and one fresh one are enough.
 * Breadth first, so the text found of a class is a shortest one.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/rules/diff_priv.h"
#include "policy/rules/diff_states.h"

enum { TEXT_LONGEST = 200, LETTERS = 128 };

struct globs {
	const struct diff_texts *g;
	size_t *first; /* bit of each glob's start */
	size_t bits;
	char letter[LETTERS + 1];
	struct states seen, classes;
	uint64_t *next, *vector;
};

int
diff_texts_add(struct diff_texts *t, struct bytes s)
{
	struct bytes *more;

	for (size_t i = 0; i < t->n; i++)
		if (bytes_eq(t->text[i], s))
			return 0;
	if (t->n == t->cap) {
		size_t cap = t->cap != 0 ? t->cap * 2 : 8;

		more = reallocarray(t->text, cap, sizeof(*more));
		if (more == NULL)
			return err_raise(-ENOMEM);
		t->text = more;
		t->cap = cap;
	}
	t->text[t->n++] = s;
	return 0;
}

void
diff_texts_deinit(struct diff_texts *t)
{
	free(t->text);
	*t = (struct diff_texts){ 0 };
}

/* Position @at of glob @g, and behind the stars that stand there. */
static void
enter(const struct globs *x, uint64_t *bits, size_t g, size_t at)
{
	struct bytes glob = x->g->text[g];

	bit_set(bits, x->first[g] + at);
	for (; at < glob.len && glob.ptr[at] == '*'; at++)
		bit_set(bits, x->first[g] + at + 1);
}

static void
step(struct globs *x, const uint64_t *from, char letter)
{
	memset(x->next, 0, x->seen.words * sizeof(*x->next));
	bit_set(x->next, x->bits); /* not the empty text any more */
	for (size_t g = 0; g < x->g->n; g++) {
		struct bytes glob = x->g->text[g];

		for (size_t at = 0; at < glob.len; at++) {
			if (!bit_is(from, x->first[g] + at))
				continue;
			if (glob.ptr[at] == '*')
				enter(x, x->next, g, at);
			else if ((char)glob.ptr[at] == letter)
				enter(x, x->next, g, at + 1);
		}
	}
}

/* The letters of the globs, and the first of @letters that is none of them. */
static void
choose_letters(struct globs *x, const char *letters)
{
	bool used[256] = { false };
	size_t n = 0;

	for (size_t g = 0; g < x->g->n; g++)
		for (size_t i = 0; i < x->g->text[g].len; i++)
			used[x->g->text[g].ptr[i]] = true;
	for (const char *l = letters; *l != '\0'; l++)
		if (!used[(uint8_t)*l]) {
			x->letter[n++] = *l;
			break;
		}
	for (const char *l = letters; *l != '\0' && n < LETTERS; l++)
		if (used[(uint8_t)*l])
			x->letter[n++] = *l;
	x->letter[n] = '\0';
}

static int
emit(struct diff *d, struct globs *x, size_t state, struct diff_texts *out)
{
	const uint64_t *bits = states_at(&x->seen, state);
	uint8_t text[TEXT_LONGEST];
	size_t at = sizeof(text);
	int64_t class;

	memset(x->vector, 0, x->classes.words * sizeof(*x->vector));
	for (size_t g = 0; g < x->g->n; g++)
		if (bit_is(bits, x->first[g] + x->g->text[g].len))
			bit_set(x->vector, g);
	class = states_add(&x->classes, x->vector, 0, 0);
	if (class == STATES_KNOWN)
		return 0;
	if (class == STATES_FULL)
		return err_raise(-ENOMEM);
	for (size_t s = state; s != 0 && at > 0; s = x->seen.from[s].parent)
		text[--at] = (uint8_t)x->seen.from[s].by;
	return err_pass(diff_texts_add(out, diff_keep(d, bytes_of(text + at, sizeof(text) - at))));
}

static int
search(struct diff *d, struct globs *x, struct diff_texts *out)
{
	size_t level_end = 1, length = 0;
	int r = 0;

	for (size_t at = 0; r == 0 && at < x->seen.n; at++) {
		if (at == level_end) {
			level_end = x->seen.n;
			length++;
		}
		if (at > 0)
			r = emit(d, x, at, out);
		if (length + 1 >= TEXT_LONGEST)
			return DIFF_OPEN;
		for (const char *l = x->letter; r == 0 && *l != '\0'; l++) {
			if (!diff_pay(d, 1 + x->bits / 4))
				return DIFF_OPEN;
			step(x, states_at(&x->seen, at), *l);
			if (states_add(&x->seen, x->next, (uint32_t)at, (uint8_t)*l) == STATES_FULL)
				r = err_raise(-ENOMEM);
		}
	}
	return err_pass(r);
}

int
diff_globs(
    struct diff *d, const struct diff_texts *globs, const char *letters, struct diff_texts *out)
{
	struct globs x = { .g = globs };
	int r = -ENOMEM;

	x.first = calloc(globs->n + 1, sizeof(*x.first));
	for (size_t g = 0; x.first != NULL && g < globs->n; g++) {
		x.first[g] = x.bits;
		x.bits += globs->text[g].len + 1;
	}
	choose_letters(&x, letters);
	states_init(&x.seen, x.bits + 1);
	states_init(&x.classes, globs->n);
	x.next = calloc(x.seen.words, sizeof(*x.next));
	x.vector = calloc(x.classes.words, sizeof(*x.vector));
	if (x.first != NULL && x.next != NULL && x.vector != NULL) {
		for (size_t g = 0; g < globs->n; g++)
			enter(&x, x.next, g, 0);
		r = states_add(&x.seen, x.next, 0, 0) < 0 ? -ENOMEM : search(d, &x, out);
	}
	states_deinit(&x.seen);
	states_deinit(&x.classes);
	free(x.first);
	free(x.next);
	free(x.vector);
	return r < 0 ? err_raise(r) : r;
}
