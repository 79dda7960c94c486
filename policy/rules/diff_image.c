/*
 * diff_image - one reference to an image of every class that a list of conditions can tell apart.
 *
 * Conditions see a reference in parts that are not independent (image, registry, repository, tag,
 * digest), so one automaton walks through all of a reference and each glob looks at its part of it.
 * What is a reference at all follows policy/commands/image.c; a reference that turns out not to be
 * read is left out. Other schemes have a fixed head and a path.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/rules/diff_priv.h"
#include "policy/rules/diff_spot.h"
#include "policy/rules/diff_states.h"

enum { LONGEST = 400, LETTERS = 96 };

/* What may stand between two parts; also how they are put down in a state's history. */
static const char behind[PARTS] = { [REGISTRY] = '/', [REPOSITORY] = ':', [TAG] = '@' };

struct part_glob {
	struct bytes text;
	uint8_t first, last; /* the parts it looks at */
	size_t bit;
};

struct images {
	struct diff *d;
	size_t n, cap;
	struct part_glob *glob;
	size_t bits;
	char letter[LETTERS + 1];
	struct states seen, classes;
	uint64_t *next, *vector;
	struct diff_texts *out;
};

static int
add_glob(struct images *x, struct bytes text, uint8_t first, uint8_t last)
{
	struct part_glob *more;

	if (x->n == x->cap) {
		size_t cap = x->cap != 0 ? x->cap * 2 : 16;

		more = reallocarray(x->glob, cap, sizeof(*more));
		if (more == NULL)
			return err_raise(-ENOMEM);
		x->glob = more;
		x->cap = cap;
	}
	x->glob[x->n++] = (struct part_glob){ text, first, last, x->bits };
	x->bits += text.len + 1;
	return 0;
}

/* ---- states: the bits of the globs, then the spot ---- */

static void
put_number(uint64_t *bits, size_t at, unsigned width, unsigned value)
{
	for (unsigned i = 0; i < width; i++)
		if ((value >> i & 1) != 0)
			bit_set(bits, at + i);
}

static uint8_t
get_number(const uint64_t *bits, size_t at, unsigned width)
{
	unsigned value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (unsigned)bit_is(bits, at + i) << i;
	return (uint8_t)value;
}

static void
put_spot(const struct images *x, struct spot s)
{
	put_number(x->next, x->bits, 2, s.part);
	put_number(x->next, x->bits + 2, 3, s.kind);
	put_number(x->next, x->bits + 5, 2, s.flag);
	put_number(x->next, x->bits + 7, 7, s.count);
}

static struct spot
get_spot(const struct images *x, const uint64_t *bits)
{
	return (struct spot){ get_number(bits, x->bits, 2), get_number(bits, x->bits + 2, 3),
		get_number(bits, x->bits + 5, 2), get_number(bits, x->bits + 7, 7) };
}

static void
enter(const struct images *x, const struct part_glob *g, size_t at)
{
	bit_set(x->next, g->bit + at);
	for (; at < g->text.len && g->text.ptr[at] == '*'; at++)
		bit_set(x->next, g->bit + at + 1);
}

/* One glob sees one character, or keeps what it has. */
static void
see(const struct images *x, const struct part_glob *g, const uint64_t *from, char c)
{
	for (size_t at = 0; at < g->text.len; at++) {
		if (!bit_is(from, g->bit + at))
			continue;
		if (g->text.ptr[at] == '*')
			enter(x, g, at);
		else if ((char)g->text.ptr[at] == c)
			enter(x, g, at + 1);
	}
}

static void
step(const struct images *x, const uint64_t *from, uint8_t part, uint8_t to, char c)
{
	memset(x->next, 0, x->seen.words * sizeof(*x->next));
	for (size_t i = 0; i < x->n; i++) {
		const struct part_glob *g = &x->glob[i];

		if (part >= g->first && part <= g->last && to <= g->last)
			see(x, g, from, c);
		else if (part >= g->first && bit_is(from, g->bit + g->text.len))
			bit_set(x->next, g->bit + g->text.len); /* its parts are over: it matched */
		if (part < g->first && to == g->first)
			enter(x, g, 0);
	}
}

static int
add(struct images *x, size_t parent, char by, struct spot s)
{
	put_spot(x, s);
	if (!diff_pay(x->d, 1 + x->bits / 4))
		return DIFF_OPEN;
	return states_add(&x->seen, x->next, (uint32_t)parent, (uint8_t)by) == STATES_FULL
		   ? err_raise(-ENOMEM)
		   : 0;
}

/* A new class: its text, when it is read as a reference. */
static int
emit(struct images *x, size_t state, const struct spot *s)
{
	const uint64_t *bits = states_at(&x->seen, state);
	uint8_t text[LONGEST];
	size_t at = sizeof(text);
	const char *why;
	struct image img;
	int64_t class;

	memset(x->vector, 0, x->classes.words * sizeof(*x->vector));
	for (size_t i = 0; i < x->n; i++)
		if (bit_is(bits, x->glob[i].bit + x->glob[i].text.len))
			bit_set(x->vector, i);
	put_number(x->vector, x->n, 2, s->flag & FLAG_TAG ? 1 : 0);
	put_number(x->vector, x->n + 2, 2, s->part == DIGEST);
	class = states_add(&x->classes, x->vector, 0, 0);
	if (class < 0)
		return class == STATES_FULL ? err_raise(-ENOMEM) : 0;
	for (size_t i = state; i != 0 && at > 0; i = x->seen.from[i].parent)
		text[--at] = (uint8_t)x->seen.from[i].by;
	if (image_parse(bytes_of(text + at, sizeof(text) - at), &img, &why) != 0)
		return 0;
	return err_pass(
	    diff_texts_add(x->out, diff_keep(x->d, bytes_of(text + at, sizeof(text) - at))));
}

/* on_boundary() - from one part to another. */
static int
leave(struct images *x, size_t state, const struct spot *s, uint8_t to)
{
	char c = to == DIGEST ? '@' : behind[s->part];
	struct spot next = { .part = to, .flag = s->flag };

	if (to == TAG)
		next.flag |= FLAG_TAG;
	step(x, states_at(&x->seen, state), s->part, to, c);
	return add(x, state, c, next);
}

static int
expand(struct images *x, size_t state)
{
	struct spot s = get_spot(x, states_at(&x->seen, state));
	int r = 0;

	for (const char *l = x->letter; r == 0 && *l != '\0'; l++) {
		struct spot next = s;

		if (!spot_next(&next, *l))
			continue;
		step(x, states_at(&x->seen, state), s.part, s.part, *l);
		r = add(x, state, *l, next);
	}
	if (r != 0 || !spot_whole(&s))
		return err_pass(r);
	if (s.part >= TAG)
		r = emit(x, state, &s);
	if (r == 0 && s.part < TAG)
		r = leave(x, state, &s, (uint8_t)(s.part + 1));
	if (r == 0 && (s.part == REPOSITORY || s.part == TAG))
		r = leave(x, state, &s, DIGEST);
	return err_pass(r);
}

/* The letters of the globs, one that is fresh, one that is a fresh digit, and what a digest needs.
 */
static void
choose_letters(struct images *x)
{
	static const char all[] =
	    "xyzwvutsrqponmlkjihgfedcba0123456789.:/_-ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char always[] = "sha256:./0";
	bool used[256] = { false };
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++)
		for (size_t k = 0; k < x->glob[i].text.len; k++)
			used[x->glob[i].text.ptr[k]] = true;
	for (size_t i = 0; i < 2; i++) { /* a letter, and one that is hexadecimal */
		const char *l = i == 0 ? all : "fedcba9876543210";

		while (*l != '\0' && used[(uint8_t)*l])
			l++;
		used[(uint8_t)(*l != '\0' ? *l : 'x')] = true;
	}
	for (const char *l = always; *l != '\0'; l++)
		used[(uint8_t)*l] = true;
	for (const char *l = all; *l != '\0' && n < LETTERS; l++)
		if (used[(uint8_t)*l])
			x->letter[n++] = *l;
}

static int
search_oci(struct images *x)
{
	int r;

	states_init(&x->seen, x->bits + 16);
	states_init(&x->classes, x->n + 4);
	x->next = calloc(x->seen.words, sizeof(*x->next));
	x->vector = calloc(x->classes.words, sizeof(*x->vector));
	if (x->next == NULL || x->vector == NULL)
		return err_raise(-ENOMEM);
	choose_letters(x);
	for (size_t i = 0; i < x->n; i++)
		if (x->glob[i].first == REGISTRY)
			enter(x, &x->glob[i], 0);
	r = add(x, 0, '\0', (struct spot){ 0 });
	for (size_t at = 0; r == 0 && at < x->seen.n; at++)
		r = expand(x, at);
	return r < 0 ? err_raise(r) : r;
}

/* ---- the other schemes: a fixed head, then a path ---- */

static const char *const heads[] = { "file://", "bindle://", "wasmcloud+builtin://" };

static int
search_scheme(struct images *x, const char *head, const struct diff_texts *rest)
{
	static const char path[] =
	    "xyzwvutsrqponmlkjihgfedcba0123456789/._-:@+~ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct diff_texts found = { 0 };
	struct image img;
	const char *why;
	int r = diff_globs(x->d, rest, path, &found);

	for (size_t i = 0; r == 0 && i < found.n; i++) {
		struct buf b;
		struct bytes whole;

		buf_init(&b, LONGEST);
		buf_put_str(&b, head);
		buf_put(&b, found.text[i]);
		whole = bytes_str(diff_keep_buf(x->d, &b));
		if (image_parse(whole, &img, &why) == 0)
			r = diff_texts_add(x->out, whole);
	}
	diff_texts_deinit(&found);
	return err_pass(r);
}

/* ---- the conditions ---- */

static int
take_cond(
    struct images *x, struct diff_texts *rest, const struct policy *p, const struct pol_cond *c)
{
	static const uint8_t part_of[POLICY_FIELD_COUNT] = {
		[POLICY_FIELD_REGISTRY] = REGISTRY,
		[POLICY_FIELD_REPOSITORY] = REPOSITORY,
		[POLICY_FIELD_TAG] = TAG,
		[POLICY_FIELD_DIGEST] = DIGEST,
	};
	int r = 0;

	for (uint32_t i = 0; r == 0 && c->field != POLICY_FIELD_SCHEME && i < c->values.n; i++) {
		const struct pol_item *item = &p->items[c->values.first + i];
		struct bytes text = pol_bytes(p, item->text), second = pol_bytes(p, item->queue);

		if (bytes_starts(text, BYTES_LIT("sha3")) || bytes_starts(text, BYTES_LIT("sha5")))
			diff_open(x->d, "digests other than sha256", "");
		if (c->field != POLICY_FIELD_IMAGE) {
			r = add_glob(x, text, part_of[c->field], part_of[c->field]);
			if (r == 0 && c->field == POLICY_FIELD_REPOSITORY)
				r = diff_texts_add(rest, text);
			continue;
		}
		if (second.len == 0)
			continue;
		r = add_glob(x, text, REGISTRY, REGISTRY);
		if (r == 0)
			r = add_glob(x, second, REPOSITORY, DIGEST);
		if (r == 0)
			r = diff_texts_add(rest, second);
	}
	return err_pass(r);
}

static int
search(struct diff *d, const struct pol_cond *const *conds, const struct policy *const *of,
    size_t n, struct diff_texts *out)
{
	struct images x = { .d = d, .out = out };
	struct diff_texts rest = { 0 };
	/* docker.io's single names are read as library/NAME; a path of files begins with a slash */
	int r = add_glob(&x, BYTES_LIT("docker.io"), REGISTRY, REGISTRY);

	if (r == 0)
		r = add_glob(&x, BYTES_LIT("*/*"), REPOSITORY, REPOSITORY);
	if (r == 0)
		r = diff_texts_add(&rest, BYTES_LIT("/*"));
	for (size_t i = 0; r == 0 && i < n; i++)
		r = take_cond(&x, &rest, of[i], conds[i]);
	if (r == 0)
		r = search_oci(&x);
	for (size_t i = 0; r == 0 && i < sizeof(heads) / sizeof(heads[0]); i++)
		r = search_scheme(&x, heads[i], &rest);
	states_deinit(&x.seen);
	states_deinit(&x.classes);
	diff_texts_deinit(&rest);
	free(x.glob);
	free(x.next);
	free(x.vector);
	return r < 0 ? err_raise(r) : r;
}

/* What was found for the same conditions before: many forms and people ask about the same. */
struct diff_images {
	struct diff_images *next;
	struct diff_texts found;
	size_t n;
	const struct pol_cond *cond[];
};

static struct diff_images *
before(const struct diff *d, const struct pol_cond *const *conds, size_t n)
{
	struct diff_images *i = d->images;

	while (i != NULL && (i->n != n || memcmp(i->cond, conds, n * sizeof(*conds)) != 0))
		i = i->next;
	return i;
}

int
diff_images(struct diff *d, const struct pol_cond *const *conds, const struct policy *const *of,
    size_t n, struct diff_texts *out)
{
	struct diff_images *known = before(d, conds, n);
	int r = 0;

	if (known == NULL) {
		known = calloc(1, sizeof(*known) + n * sizeof(*conds));
		if (known == NULL)
			return err_raise(-ENOMEM);
		known->n = n;
		memcpy(known->cond, conds, n * sizeof(*conds));
		r = search(d, conds, of, n, &known->found);
		if (r != 0) {
			diff_images_free(known);
			return err_pass(r);
		}
		known->next = d->images;
		d->images = known;
	}
	for (size_t i = 0; r == 0 && i < known->found.n; i++)
		r = diff_texts_add(out, known->found.text[i]);
	return err_pass(r);
}

void
diff_images_free(struct diff_images *i)
{
	while (i != NULL) {
		struct diff_images *next = i->next;

		diff_texts_deinit(&i->found);
		free(i);
		i = next;
	}
}
