/*
 * learn_values - see learn_values.h.
 *
 * The texts are what strangers wrote. Whoever calls has made sure that none holds a '*' and that
 * the policy language takes each; here the only stars are made. A prefix ends where a name ends: of
 * an image behind an owner's path (registry/owner/) or a repository's name, of other names behind a
 * '-', '_', '.', ':' or '/'. A registry alone is nobody's prefix.
 */
#include "gateway/cli/learn_values.h"

#include <stdlib.h>
#include <string.h>

#include "policy/rules/glob.h"

static struct bytes
text_of(const struct learn_value *v)
{
	return bytes_str(v->text);
}

static bool
covers(const struct learn_value *v, struct bytes text)
{
	return v->glob ? glob_match(text_of(v), text) : bytes_eq(text_of(v), text);
}

/* append() - Return: 0, -ENOMEM. */
static int
append(struct learn_values *v, struct bytes text, const char *tail, uint64_t seq)
{
	struct learn_value *more = reallocarray(v->value, v->n + 1, sizeof(*more));
	size_t end = strlen(tail);
	char *copy;

	if (more == NULL)
		return err_raise(-ENOMEM);
	v->value = more;
	copy = malloc(text.len + end + 1);
	if (copy == NULL)
		return err_raise(-ENOMEM);
	if (text.len != 0)
		memcpy(copy, text.ptr, text.len);
	memcpy(copy + text.len, tail, end + 1);
	v->value[v->n++] = (struct learn_value){ copy, end != 0, 0, seq };
	return 0;
}

/* ---- prefixes ---- */

/* image_head() - up to and with what stands behind the repository's name: "r.b/o/name:". 0: none.
 */
static size_t
image_head(struct bytes s)
{
	size_t slash = bytes_find(s, '/'), n = slash;

	if (slash == s.len)
		return 0;
	while (n < s.len && s.ptr[n] != ':' && s.ptr[n] != '@')
		n++;
	return n < s.len ? n + 1 : 0;
}

/* image_owner() - "r.b/o/", when there is an owner. */
static size_t
image_owner(struct bytes s)
{
	size_t registry = bytes_find(s, '/') + 1, end = image_head(s), n;

	if (end == 0)
		return 0;
	for (n = end; n > registry && s.ptr[n - 1] != '/';)
		n--;
	return n > registry ? n : 0;
}

static size_t
name_head(struct bytes s)
{
	size_t n = s.len != 0 ? s.len - 1 : 0; /* something has to stand behind it */

	while (n > 0 && strchr("-_.:/", s.ptr[n - 1]) == NULL)
		n--;
	return n > 2 ? n : 0;
}

/* differs() - of two images under one owner: is it another repository? */
static bool
other_repository(struct bytes a, struct bytes b)
{
	return !bytes_eq(bytes_upto(a, image_head(a)), bytes_upto(b, image_head(b)));
}

typedef size_t (*head_of)(struct bytes s);

/* alike() - how many values begin as @prefix, up to the same place; of owners: repositories. */
static size_t
alike(const struct learn_values *v, head_of head, struct bytes prefix)
{
	bool owners = head == image_owner;
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		struct bytes s = text_of(&v->value[i]);
		bool again =
		    !bytes_eq(bytes_upto(s, head(s)), prefix) || (v->value[i].glob && !owners);

		for (size_t k = 0; owners && k < i && !again; k++) {
			struct bytes before = text_of(&v->value[k]);

			again = bytes_eq(bytes_upto(before, head(before)), prefix) &&
				!other_repository(before, s);
		}
		n += !again;
	}
	return n;
}

/* fold() - everything that begins as @prefix becomes one glob. */
static int
fold(struct learn_values *v, struct bytes prefix)
{
	struct learn_value *glob;
	size_t kept = 0;
	int x = append(v, prefix, "*", 0);

	if (x != 0)
		return err_pass(x);
	glob = &v->value[v->n - 1];
	for (size_t i = 0; i < v->n - 1; i++) {
		struct learn_value *one = &v->value[i];

		if (!bytes_starts(
			text_of(one), bytes_upto(text_of(glob), strlen(glob->text) - 1))) {
			v->value[kept++] = *one;
			continue;
		}
		glob->n += one->n;
		if (glob->seq == 0 || one->seq < glob->seq)
			glob->seq = one->seq;
		free(one->text);
	}
	v->value[kept] = *glob;
	v->n = kept + 1;
	return 0;
}

/* fold_by() - wherever at least ->min begin alike. */
static int
fold_by(struct learn_values *v, const struct learn_kind *k, head_of head)
{
	char prefix[LEARN_TEXT + 1];
	int x = 0;

	for (size_t i = 0; i < v->n && x == 0; i++) {
		struct bytes s = text_of(&v->value[i]);
		size_t n = head(s);

		if (n == 0 || n > LEARN_TEXT - 1 || (v->value[i].glob && head != image_owner) ||
		    alike(v, head, bytes_upto(s, n)) < k->min)
			continue;
		memcpy(prefix, s.ptr, n);
		x = fold(v, bytes_of(prefix, n));
		i--; /* another stands here now; those before it are as they were */
	}
	return err_pass(x);
}

static int
generalise(struct learn_values *v, const struct learn_kind *k)
{
	int x;

	if (k->fixed)
		return 0;
	if (!k->image)
		return v->n > LEARN_LIST ? err_pass(fold_by(v, k, name_head)) : 0;
	x = fold_by(v, k, image_head);
	return x == 0 ? err_pass(fold_by(v, k, image_owner)) : err_pass(x);
}

/* ---- adding ---- */

static void
forget(struct learn_values *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->value[i].text);
	free(v->value);
	v->value = NULL;
	v->n = 0;
}

/* count_known() - Return: was it known? */
static bool
count_known(struct learn_values *v, struct bytes text)
{
	for (size_t i = 0; i < v->n; i++) {
		if (covers(&v->value[i], text)) {
			v->value[i].n++;
			return true;
		}
	}
	return v->any;
}

int
learn_values_text(struct learn_values *v, const struct learn_kind *k, struct bytes text,
    uint64_t seq, bool *news)
{
	int x = 0;

	if (count_known(v, text))
		return 0;
	*news = true;
	if (v->n == LEARN_VALUES) {
		x = generalise(v, k);
		if (x != 0 || count_known(v, text))
			return err_pass(x);
	}
	if (v->n == LEARN_VALUES) {
		forget(v);
		v->any = true;
		return 0;
	}
	x = append(v, text, "", seq);
	if (x == 0)
		v->value[v->n - 1].n = 1;
	return err_pass(x);
}

bool
learn_values_covers(const struct learn_values *v, struct bytes text)
{
	for (size_t i = 0; i < v->n; i++)
		if (covers(&v->value[i], text))
			return true;
	return v->any;
}

void
learn_values_number(struct learn_values *v, uint64_t n, uint64_t seq, bool *news)
{
	*news = *news || !v->numbers || n > v->max;
	if (!v->numbers || n > v->max) {
		v->max = n;
		v->max_seq = seq;
	}
	v->numbers = true;
	v->any = v->any || n == UINT64_MAX; /* no limit was asked for */
}

static int
by_text(const void *a, const void *b)
{
	const struct learn_value *x = a, *y = b;

	return strcmp(x->text, y->text);
}

int
learn_values_end(struct learn_values *v, const struct learn_kind *k)
{
	int x = generalise(v, k);

	if (x == 0 && v->n != 0)
		qsort(v->value, v->n, sizeof(*v->value), by_text);
	return err_pass(x);
}

void
learn_values_deinit(struct learn_values *v)
{
	forget(v);
	*v = (struct learn_values){ 0 };
}

/* ---- writing ---- */

/* template_at() - would "@NAME@" here be taken for a template's? */
static bool
template_at(struct bytes s)
{
	size_t n = 1;

	while (n < s.len && ((s.ptr[n] >= 'A' && s.ptr[n] <= 'Z') || s.ptr[n] == '_'))
		n++;
	return n > 1 && n < s.len && s.ptr[n] == '@';
}

void
learn_put_string(struct buf *b, struct bytes s)
{
	static const char digits[] = "0123456789abcdef";

	buf_put_u8(b, '"');
	for (; s.len != 0; s = bytes_from(s, 1)) {
		uint8_t c = s.ptr[0];

		if (c == '"' || c == '\\') {
			buf_put_u8(b, '\\');
			buf_put_u8(b, c);
		} else if (c < 0x20 || c >= 0x7f || (c == '@' && template_at(s))) {
			buf_put_str(b, "\\x");
			buf_put_u8(b, (uint8_t)digits[c >> 4]);
			buf_put_u8(b, (uint8_t)digits[c & 15]);
		} else {
			buf_put_u8(b, c);
			/* "${name}" would be a variable's value */
			if (c == '$' && s.len > 1 && s.ptr[1] == '{')
				buf_put_u8(b, '$');
		}
	}
	buf_put_u8(b, '"');
}

static void
put_evidence(struct buf *b, uint64_t n, uint64_t seq)
{
	buf_put_str(b, "  # ");
	buf_put_dec(b, n);
	buf_put_str(b, n == 1 ? " time, #" : " times, first #");
	buf_put_dec(b, seq);
	buf_put_u8(b, '\n');
}

static void
put_numbers(struct buf *b, const char *field, const struct learn_values *v)
{
	buf_put_str(b, field);
	buf_put_str(b, v->none ? " = [none, 0.." : " <= ");
	buf_put_dec(b, v->max);
	buf_put_str(b, v->none ? "]  # up to #" : "  # up to #");
	buf_put_dec(b, v->max_seq);
	buf_put_u8(b, '\n');
}

bool
learn_values_put(struct buf *b, const char *field, const struct learn_values *v)
{
	if (v->any || (v->n == 0 && !v->none && !v->numbers)) {
		if (v->any) {
			buf_put_str(b, "\t\t# ");
			buf_put_str(b, field);
			buf_put_str(b, ": too much to list was seen, so it is not bound\n");
		}
		return false;
	}
	buf_put_str(b, "\t\t");
	if (v->numbers) {
		put_numbers(b, field, v);
		return true;
	}
	buf_put_str(b, field);
	if (v->n == 0) {
		buf_put_str(b, " = none\n");
		return true;
	}
	if (v->n == 1 && !v->none) {
		buf_put_str(b, " = ");
		learn_put_string(b, text_of(&v->value[0]));
		put_evidence(b, v->value[0].n, v->value[0].seq);
		return true;
	}
	buf_put_str(b, v->none ? " = [\n\t\t\tnone\n" : " = [\n");
	for (size_t i = 0; i < v->n; i++) {
		buf_put_str(b, "\t\t\t");
		learn_put_string(b, text_of(&v->value[i]));
		put_evidence(b, v->value[i].n, v->value[i].seq);
	}
	buf_put_str(b, "\t\t]\n");
	return true;
}
