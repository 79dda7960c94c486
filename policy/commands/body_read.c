/*
 * body_read - objects by table (see body_priv.h); the takers of their values are in body_take.c.
 *
 * Names are matched as the receiver matches them. serde compares bytes; pbjson takes two spellings
 * of each name; Go's encoding/json prefers an exact name but takes any case, U+017F for "s" and
 * U+212A for "k". A name that is the field to one of them and nothing to our table is refused.
 */
#include <stddef.h>

#include "policy/commands/body_priv.h"
#include "policy/core/utf8.h"

enum { LIST_MAX = 4096 };

void *
body_arena_take(struct body_arena *a, size_t n)
{
	size_t from = (a->used + 7) & ~(size_t)7;
	uint8_t *p;

	if (from > a->cap || n > a->cap - from)
		return NULL;
	p = a->mem + from;
	a->used = from + n;
	return p;
}

int
body_refuse_at(struct body_fault *f, struct bytes field, size_t at, const char *why)
{
	*f = (struct body_fault){ .field = field, .at = at, .why = why };
	return BODY_REFUSED;
}

struct body_span
body_where(const struct body_read *r, size_t at)
{
	if (at >= r->j.n)
		return (struct body_span){ 0, 0 };
	if (r->from != NULL)
		return r->from[at];
	return (struct body_span){ r->j.tok[at].start, r->j.tok[at].len };
}

int
body_refuse(struct body_read *r, size_t at, const char *why)
{
	return body_refuse_at(r->fault, r->field, body_where(r, at).at, why);
}

int
body_full(struct body_read *r)
{
	return body_refuse(r, 0, "more in it than there is room to judge");
}

int
body_read_json(struct body_read *r, struct bytes payload)
{
	struct body_arena *a = r->arena;
	size_t room = (a->cap - a->used) / 4 * 3 / sizeof(struct json_tok);
	int answer;

	/* no text of n bytes has more than n / 2 + 1 values and names */
	if (room > payload.len / 2 + 1)
		room = payload.len / 2 + 1;
	r->j.text = payload;
	r->j.cap = room;
	r->j.n = 0; /* as long as there are no tokens */
	r->j.tok = body_arena_take(a, room * sizeof(struct json_tok));
	if (r->j.tok == NULL)
		return body_full(r);
	answer = json_read(&r->j);
	if (answer == JSON_TOO_MANY)
		return body_full(r);
	if (answer != 0)
		return body_refuse_at(r->fault, BYTES_NULL, r->j.at, r->j.why);
	a->used -= (room - r->j.n) * sizeof(struct json_tok);
	if (r->j.tok[0].kind != JSON_OBJECT)
		return body_refuse(r, 0, "not an object");
	return 0;
}

int
body_text_odd(struct body_read *r, size_t at, struct bytes *s)
{
	const struct json_tok *t = &r->j.tok[at];
	uint8_t *room = NULL;

	if (r->from != NULL &&
	    (t->kind == JSON_NUMBER || t->kind == JSON_TRUE || t->kind == JSON_FALSE)) {
		*s = json_raw(&r->j, at);
		return 0;
	}
	if (t->kind != JSON_STRING)
		return body_refuse(r, at, "not a text");
	room = body_arena_take(r->arena, t->len);
	if (room == NULL)
		return body_full(r);
	if (json_text(&r->j, at, room, t->len, s) != 0)
		return body_refuse(r, at, "not a text");
	return 0;
}

/* same_proto() - is @s the snake_case @name, or its lowerCamelCase? */
static bool
same_proto(struct bytes s, const struct field *f)
{
	size_t at = 0;

	if (s.len == f->len && memcmp(s.ptr, f->name, f->len) == 0)
		return true;
	if ((f->flags & FIELD_EXACT) != 0)
		return false;
	for (size_t i = 0; i < f->len; i++) {
		char c = f->name[i];

		if (c == '_' && ++i < f->len)
			c = (char)(f->name[i] >= 'a' && f->name[i] <= 'z' ? f->name[i] - 0x20
									  : f->name[i]);
		if (at == s.len || s.ptr[at++] != (uint8_t)c)
			return false;
	}
	return at == s.len;
}

/* find_field() - index of the field called @s, or @n. */
static size_t
find_field(const struct body_read *r, const struct field *fields, size_t n, struct bytes s)
{
	for (size_t i = 0; i < n; i++) {
		if (r->protojson
			? same_proto(s, &fields[i])
			: s.len == fields[i].len && memcmp(s.ptr, fields[i].name, s.len) == 0)
			return i;
	}
	return n;
}

/* go_takes_it_for() - would Go's reader, which ignores case, take the name for one of ours? */
static bool
go_takes_it_for(const struct field *fields, size_t n, struct bytes s)
{
	for (size_t i = 0; i < n; i++) {
		struct bytes rest = s, want = bytes_of(fields[i].name, fields[i].len);

		while (rest.len != 0 && want.len != 0) {
			uint32_t cp = 0;
			size_t used = utf8_next(rest, &cp);

			if (cp >= 'A' && cp <= 'Z')
				cp |= 0x20;
			cp = cp == 0x17f ? 's' : cp == 0x212a ? 'k' : cp;
			if (used == 0 || cp != want.ptr[0])
				break;
			rest = bytes_from(rest, used);
			want = bytes_from(want, 1);
		}
		if (rest.len == 0 && want.len == 0)
			return true;
	}
	return false;
}

static int
unknown_field(struct body_read *r, const struct field *fields, size_t n, size_t at, struct bytes s)
{
	r->field = s;
	if (r->go && go_takes_it_for(fields, n, s))
		return body_refuse(r, at, "name of a field in another case");
	if (r->strict || r->unknown == NULL)
		return body_refuse(r, at, "field that nobody knows");
	return body_append(r, r->unknown, s, BYTES_NULL, body_where(r, at));
}

int
body_read_object(struct body_read *r, size_t at, const struct field *fields, size_t n, void *into)
{
	uint64_t seen = 0, given = 0;
	struct bytes outer = r->field;
	size_t m = json_first(&r->j, at);

	if (r->j.tok[at].kind != JSON_OBJECT)
		return body_refuse(r, at, "not an object");
	for (uint32_t i = 0; i < r->j.tok[at].n; i++, m = r->j.tok[m + 1].next) {
		struct bytes name = BYTES_NULL;
		size_t k, first;
		int x = body_text_at(r, m, &name);

		k = x == 0 ? find_field(r, fields, n, name) : 0;
		if (x == 0 && k == n)
			x = unknown_field(r, fields, n, m, name);
		if (x != 0)
			return err_pass(x);
		if (k == n)
			continue;
		first = k;
		while ((fields[first].flags & FIELD_ALIAS) != 0)
			first--;
		r->field = bytes_of(fields[k].name, fields[k].len);
		if ((seen >> first & 1) != 0)
			return body_refuse(r, m, "a field in two spellings");
		seen |= UINT64_C(1) << first;
		if (r->j.tok[m + 1].kind == JSON_NULL &&
		    ((fields[k].flags & FIELD_NULL) != 0 || r->go || r->protojson))
			continue;
		given |= UINT64_C(1) << first;
		x = fields[k].read(r, m + 1, (uint8_t *)into + fields[k].offset);
		if (x != 0)
			return err_pass(x);
	}
	for (size_t i = 0; i < n; i++) {
		if ((fields[i].flags & FIELD_NEEDED) == 0 || (given >> i & 1) != 0)
			continue;
		r->field = bytes_of(fields[i].name, fields[i].len);
		return body_refuse(r, at, "field is missing");
	}
	r->field = outer;
	return 0;
}

int
body_each(struct body_read *r, size_t at, field_take *read, void *into)
{
	size_t e = json_first(&r->j, at);

	if (r->j.tok[at].kind != JSON_ARRAY)
		return body_refuse(r, at, "not a list");
	for (uint32_t i = 0; i < r->j.tok[at].n; i++, e = r->j.tok[e].next) {
		int x = read(r, e, into);

		if (x != 0)
			return err_pass(x);
	}
	return 0;
}

int
body_append(struct body_read *r, struct body_list *list, struct bytes key, struct bytes value,
    struct body_span where)
{
	struct body_pair *pair = body_arena_take(r->arena, sizeof(*pair));

	if (pair == NULL || list->n == LIST_MAX)
		return body_full(r);
	*pair = (struct body_pair){ .key = key, .value = value, .where = where };
	if (list->last != NULL)
		list->last->next = pair;
	else
		list->first = pair;
	list->last = pair;
	list->n++;
	return 0;
}

int
body_secret_at(struct body_read *r, size_t at)
{
	struct body_secret *s;

	if (r->secrets == NULL)
		return 0;
	s = body_arena_take(r->arena, sizeof(*s));
	if (s == NULL)
		return body_full(r);
	*s = (struct body_secret){ .where = body_where(r, at), .next = *r->secrets };
	*r->secrets = s;
	return 0;
}

int
body_secret_payload(struct body_read *r, struct bytes payload)
{
	r->j.n = 0;
	r->j.tok = body_arena_take(r->arena, sizeof(struct json_tok));
	if (r->j.tok == NULL)
		return body_full(r);
	r->j.tok[0] = (struct json_tok){ .kind = JSON_STRING, .len = (uint32_t)payload.len };
	r->j.n = 1;
	return body_secret_at(r, 0);
}
