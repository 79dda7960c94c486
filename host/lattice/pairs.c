/*
 * pairs - see pairs.h. A sorted array: sets are small, and everything that is written from one is
 * then in one order, whoever put it together.
 */
#include "host/lattice/pairs.h"

#include "policy/core/wipe.h"

static int
compare(struct bytes a, struct bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int x = n != 0 ? memcmp(a.ptr, b.ptr, n) : 0;

	return x != 0 ? x : (a.len > b.len) - (a.len < b.len);
}

/* place() - where @key is, or where it belongs. */
static size_t
place(const struct pairs *p, struct bytes key, bool *found)
{
	size_t low = 0, high = p->n;

	*found = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int x = compare(bytes_str(p->at[mid].key), key);

		if (x == 0) {
			*found = true;
			return mid;
		}
		if (x < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
is_name(struct bytes s)
{
	if (s.len == 0 || s.len > PAIRS_KEY)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
			return false;
	return true;
}

static char *
copy(struct bytes s)
{
	char *p = malloc(s.len + 1);

	if (p == NULL)
		return NULL;
	if (s.len != 0)
		memcpy(p, s.ptr, s.len);
	p[s.len] = 0;
	return p;
}

static void
drop_value(const struct pairs *p, char *value)
{
	if (p->secret && value != NULL)
		wipe(value, strlen(value));
	free(value);
}

static int
insert(struct pairs *p, size_t at, struct bytes key, struct bytes value)
{
	struct pair *more, one = { copy(key), copy(value) };

	more = one.key != NULL && one.value != NULL ? realloc(p->at, (p->n + 1) * sizeof(*more))
						    : NULL;
	if (more == NULL) {
		free(one.key);
		drop_value(p, one.value);
		return err_raise(-ENOMEM);
	}
	p->at = more;
	memmove(more + at + 1, more + at, (p->n - at) * sizeof(*more));
	more[at] = one;
	p->n++;
	return 0;
}

int
pairs_put(struct pairs *p, struct bytes key, struct bytes value)
{
	bool found;
	size_t at;
	char *fresh;

	if (!is_name(key) || bytes_find(value, 0) < value.len)
		return PAIRS_BAD;
	if (value.len > PAIRS_VALUE)
		return PAIRS_FULL;
	at = place(p, key, &found);
	if (!found)
		return p->n == PAIRS_MAX ? PAIRS_FULL : insert(p, at, key, value);
	if (bytes_is(value, p->at[at].value))
		return PAIRS_SAME;
	fresh = copy(value);
	if (fresh == NULL)
		return err_raise(-ENOMEM);
	drop_value(p, p->at[at].value);
	p->at[at].value = fresh;
	return PAIRS_CHANGED;
}

const char *
pairs_get(const struct pairs *p, struct bytes key)
{
	bool found;
	size_t at = place(p, key, &found);

	return found ? p->at[at].value : NULL;
}

bool
pairs_del(struct pairs *p, struct bytes key)
{
	bool found;
	size_t at = place(p, key, &found);

	if (!found)
		return false;
	free(p->at[at].key);
	drop_value(p, p->at[at].value);
	memmove(p->at + at, p->at + at + 1, (p->n - at - 1) * sizeof(*p->at));
	p->n--;
	return true;
}

bool
pairs_eq(const struct pairs *a, const struct pairs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->at[i].key, b->at[i].key) != 0 ||
		    strcmp(a->at[i].value, b->at[i].value) != 0)
			return false;
	return true;
}

int
pairs_from(struct pairs *p, const struct body_list *list)
{
	for (const struct body_pair *o = list->first; o != NULL; o = o->next) {
		int r = pairs_put(p, o->key, o->value);

		if (r != 0) {
			pairs_deinit(p);
			return r == PAIRS_SAME || r == PAIRS_CHANGED ? PAIRS_BAD : err_pass(r);
		}
	}
	return 0;
}

int
pairs_copy(struct pairs *p, const struct pairs *from)
{
	p->secret = from->secret;
	for (size_t i = 0; i < from->n; i++) {
		int r = insert(p, i, bytes_str(from->at[i].key), bytes_str(from->at[i].value));

		if (r != 0) {
			pairs_deinit(p);
			return err_pass(r);
		}
	}
	return 0;
}

void
pairs_put_json(struct buf *b, const struct pairs *p, bool values)
{
	buf_put_u8(b, '{');
	for (size_t i = 0; i < p->n; i++) {
		if (i != 0)
			buf_put_u8(b, ',');
		buf_put_json(b, bytes_str(p->at[i].key));
		buf_put_u8(b, ':');
		buf_put_json(b, bytes_str(values ? p->at[i].value : ""));
	}
	buf_put_u8(b, '}');
}

void
pairs_deinit(struct pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->at[i].key);
		drop_value(p, p->at[i].value);
	}
	free(p->at);
	*p = (struct pairs){ .secret = p->secret };
}
