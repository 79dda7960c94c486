/*
 * record - a struct to its line (see record.h). The head is the same for every kind and stands
 * first, so that a verifier finds number and link without reading on; then the table's members.
 *
 * A line is written into room for the longest one. Every text stops at its budget, so it cannot be
 * outgrown; the writer checks all the same.
 */
#include "policy/audit/record_priv.h"
#include "policy/core/utf8.h"

struct line {
	uint8_t *p, *end;
	bool full;
};

static void
put(struct line *l, const void *s, size_t n)
{
	if ((size_t)(l->end - l->p) < n) {
		l->full = true;
		return;
	}
	memcpy(l->p, s, n);
	l->p += n;
}

#define PUT_LIT(l, s) put(l, s, sizeof(s) - 1)

/* put_num() - what is over 2^53 is written as 2^53: other readers would round it silently. */
static void
put_num(struct line *l, uint64_t v)
{
	uint8_t text[20];
	size_t at = sizeof(text);

	v = v > RECORD_INT_MAX ? RECORD_INT_MAX : v;
	do {
		text[--at] = (uint8_t)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	put(l, text + at, sizeof(text) - at);
}

static const char hex_digit[] = "0123456789abcdef";

static void
put_hash(struct line *l, const struct digest *d)
{
	uint8_t text[DIGEST_HEX];

	for (size_t i = 0; i < DIGEST_LEN; i++) {
		text[2 * i] = (uint8_t)hex_digit[d->b[i] >> 4];
		text[2 * i + 1] = (uint8_t)hex_digit[d->b[i] & 15];
	}
	put(l, text, sizeof(text));
}

/* unit() - \uXXXX */
static size_t
unit(uint8_t out[6], uint32_t u)
{
	out[0] = '\\';
	out[1] = 'u';
	for (size_t i = 0; i < 4; i++)
		out[2 + i] = (uint8_t)hex_digit[u >> (12 - 4 * i) & 15];
	return 6;
}

/* escape() - one character that is not plain. Return: how many were written. */
static size_t
escape(uint8_t out[12], uint32_t cp)
{
	if (cp == '"' || cp == '\\') {
		out[0] = '\\';
		out[1] = (uint8_t)cp;
		return 2;
	}
	if (cp < 0x10000)
		return unit(out, cp);
	return unit(out, 0xd800 + ((cp - 0x10000) >> 10)) +
	       unit(out + 6, 0xdc00 + ((cp - 0x10000) & 0x3ff));
}

/* put_text() - up to @max characters. Return: those written; *cut when that was not all. */
static size_t
put_text(struct line *l, struct bytes s, size_t max, bool *cut)
{
	size_t used = 0;

	while (s.len != 0) {
		size_t run = plain_run(bytes_upto(s, max - used)), n, wide;
		uint8_t out[12];
		uint32_t cp = 0;

		put(l, s.ptr, run);
		used += run;
		s = bytes_from(s, run);
		if (s.len == 0)
			break;
		n = utf8_next(s, &cp);
		if (n == 0 || cp == 0) {
			cp = 0xfffd;
			n = 1;
		}
		wide = cp >= 0x20 && cp < 0x7f && cp != '"' && cp != '\\' ? 1 : escape(out, cp);
		if (used + wide > max) { /* a plain one only when there is no room left */
			*cut = true;
			break;
		}
		put(l, out, wide);
		used += wide;
		s = bytes_from(s, n);
	}
	return used;
}

/* put_list() - items that fit whole. Return: how many. */
static size_t
put_list(struct line *l, const struct record_list *list, size_t max, bool *cut)
{
	size_t used = 0, n = 0;

	for (; n < list->n && n < RECORD_LIST_MAX; n++) {
		uint8_t *before = l->p;
		size_t extra = n > 0 ? 3 : 2, wide;
		bool too_long = used + extra > max;

		if (!too_long) {
			if (n > 0)
				PUT_LIT(l, ",");
			PUT_LIT(l, "\"");
			wide = put_text(l, list->item[n], max - used - extra, &too_long);
			PUT_LIT(l, "\"");
			used += extra + wide;
		}
		if (too_long) {
			l->p = before;
			break;
		}
	}
	*cut = *cut || n < list->n;
	return n;
}

static void
put_list_field(struct line *l, const struct record_field *f, const struct record_list *v, bool *cut)
{
	uint8_t *before = l->p;

	put(l, f->key, f->key_len);
	PUT_LIT(l, "[");
	if (put_list(l, v, f->max, cut) == 0)
		l->p = before; /* not even the first item: nothing to say but that it was cut */
	else
		PUT_LIT(l, "]");
}

/* is_set() - is there something to write of this member? */
static bool
is_set(const struct record *r, const struct record_field *f)
{
	if (f->has != 0)
		return *(const bool *)field_at(r, f->has);
	switch (f->type) {
	case FIELD_TEXT:
		return ((const struct bytes *)field_at(r, f->at))->len != 0;
	case FIELD_NUM:
		return *(const uint64_t *)field_at(r, f->at) != 0;
	case FIELD_FLAG:
		return *(const bool *)field_at(r, f->at);
	case FIELD_LIST:
		return ((const struct record_list *)field_at(r, f->at))->n != 0;
	case FIELD_HASH:
		break;
	}
	return false;
}

static void
put_field(struct line *l, const struct record *r, const struct record_field *f, bool *cut)
{
	const void *v = field_at(r, f->at);

	if (f->type == FIELD_LIST) {
		put_list_field(l, f, v, cut);
		return;
	}
	put(l, f->key, f->key_len);
	switch (f->type) {
	case FIELD_TEXT:
		PUT_LIT(l, "\"");
		(void)put_text(l, *(const struct bytes *)v, f->max, cut);
		PUT_LIT(l, "\"");
		break;
	case FIELD_NUM:
		put_num(l, *(const uint64_t *)v);
		break;
	case FIELD_HASH:
		PUT_LIT(l, "\"");
		put_hash(l, v);
		PUT_LIT(l, "\"");
		break;
	default:
		PUT_LIT(l, "true");
		break;
	}
}

static bool
run_ok(const char *run)
{
	for (size_t i = 0; i < RECORD_RUN_LEN; i++)
		if (!(run[i] >= '0' && run[i] <= '9') && !(run[i] >= 'a' && run[i] <= 'f'))
			return false;
	return run[RECORD_RUN_LEN] == '\0';
}

static void
put_times(struct line *l, const struct record *r)
{
	uint64_t mono = (uint64_t)r->mono_ns, part = mono % 1000000000;
	uint8_t text[RECORD_TIME_LEN], frac[9];
	struct buf b = { .ptr = text, .cap = sizeof(text), .max = sizeof(text) };

	record_put_time(&b, r->time_ns);
	PUT_LIT(l, "\",\"time\":\"");
	put(l, text, sizeof(text));
	PUT_LIT(l, "\",\"mono\":\"");
	put_num(l, mono / 1000000000);
	for (size_t i = sizeof(frac); i > 0; i--, part /= 10)
		frac[i - 1] = (uint8_t)('0' + part % 10);
	PUT_LIT(l, ".");
	put(l, frac, sizeof(frac));
}

static void
put_head(struct line *l, const struct record *r)
{
	const char *kind = record_kind_name(r->kind);

	PUT_LIT(l, "{\"v\":2,\"seq\":");
	put_num(l, r->seq);
	PUT_LIT(l, ",\"prev\":\"");
	put_hash(l, &r->prev);
	put_times(l, r);
	PUT_LIT(l, "\",\"run\":\"");
	put(l, r->run, RECORD_RUN_LEN);
	PUT_LIT(l, "\",\"kind\":\"");
	put(l, kind, strlen(kind));
	PUT_LIT(l, "\"");
}

/* mark_cut() - what the record itself says was cut. */
static bool
mark_cut(const struct record *r, bool cut[RECORD_FIELDS_MAX])
{
	for (size_t i = 0; i < r->cut.n && i < RECORD_LIST_MAX; i++) {
		size_t f = record_field_of(r->cut.item[i]);

		if (f >= record_fields - 1 || !field_cuttable(&record_field[f], r->kind))
			return false;
		cut[f] = true;
	}
	return true;
}

static void
put_cut(struct line *l, const struct record_field *f, const bool cut[RECORD_FIELDS_MAX])
{
	struct record_list names = { 0 };
	bool more = false;

	for (size_t i = 0; i < record_fields && names.n < RECORD_LIST_MAX; i++)
		if (cut[i])
			names.item[names.n++] = record_field_name(&record_field[i]);
	if (names.n != 0)
		put_list_field(l, f, &names, &more);
}

int
record_encode(const struct record *r, struct buf *out)
{
	bool cut[RECORD_FIELDS_MAX] = { false };
	struct line l;

	if (r->kind <= RECORD_NONE || r->kind >= RECORD_KINDS || r->seq == 0 ||
	    r->seq > RECORD_INT_MAX || r->time_ns < 0 ||
	    r->time_ns / 1000000000 >= INT64_C(9214646400) || r->mono_ns < 0 || !run_ok(r->run) ||
	    !mark_cut(r, cut))
		return RECORD_BAD;
	l.p = buf_reserve(out, RECORD_LINE_MAX - 1);
	if (l.p == NULL)
		return err_raise(-ENOMEM);
	l.end = l.p + RECORD_LINE_MAX - 1;
	l.full = false;
	put_head(&l, r);
	for (size_t i = 0; i + 1 < record_fields; i++) {
		if (!is_set(r, &record_field[i]))
			continue;
		if ((record_field[i].kinds >> r->kind & 1) == 0)
			return RECORD_BAD;
		put_field(&l, r, &record_field[i], &cut[i]);
	}
	put_cut(&l, &record_field[record_fields - 1], cut);
	PUT_LIT(&l, "}");
	if (l.full)
		return RECORD_BAD;
	out->len = (size_t)(l.p - out->ptr);
	return 0;
}
