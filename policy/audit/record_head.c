/*
 * record_head - the front of a line, and a line's shape, without decoding it.
 *
 * A verifier goes through millions of lines and needs four values of each. But a line it took for
 * good must not say something else to another reader (a member twice, a number spelt in two ways,
 * an escape where none belongs), so the whole spelling is checked: what passes here is what
 * record_decode() accepts, and a fuzz target holds one against the other.
 */
#include "policy/audit/record_priv.h"

struct scan {
	const uint8_t *p, *end;
};

static bool
lit(struct scan *s, const char *text, size_t n)
{
	if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0)
		return false;
	s->p += n;
	return true;
}

#define LIT(s, text) lit(s, text, sizeof(text) - 1)

/* number() - up to 2^53, in its one spelling. */
static bool
number(struct scan *s, uint64_t *v)
{
	const uint8_t *from = s->p;

	*v = 0;
	while (s->p != s->end && *s->p >= '0' && *s->p <= '9' && s->p - from < 17)
		*v = *v * 10 + (uint64_t)(*s->p++ - '0');
	return s->p != from && *v <= RECORD_INT_MAX && (*from != '0' || s->p - from == 1);
}

static bool
take_hash(struct scan *s, struct digest *d)
{
	if (s->end - s->p < DIGEST_HEX || !digest_from_hex(bytes_of(s->p, DIGEST_HEX), d))
		return false;
	s->p += DIGEST_HEX;
	return true;
}

static bool
take_mono(struct scan *s, int64_t *ns)
{
	uint64_t sec, frac = 0;

	if (!number(s, &sec) || sec > INT64_MAX / 1000000000 - 1 || !LIT(s, ".") ||
	    s->end - s->p < 9)
		return false;
	for (size_t i = 0; i < 9; i++, s->p++) {
		if (*s->p < '0' || *s->p > '9')
			return false;
		frac = frac * 10 + (uint64_t)(*s->p - '0');
	}
	*ns = (int64_t)(sec * 1000000000 + frac);
	return true;
}

static bool
take_run(struct scan *s, struct bytes *run)
{
	if (s->end - s->p < RECORD_RUN_LEN)
		return false;
	*run = bytes_of(s->p, RECORD_RUN_LEN);
	for (size_t i = 0; i < RECORD_RUN_LEN; i++, s->p++)
		if (!(*s->p >= '0' && *s->p <= '9') && !(*s->p >= 'a' && *s->p <= 'f'))
			return false;
	return true;
}

static bool
take_kind(struct scan *s, enum record_kind *k)
{
	struct bytes left = bytes_of(s->p, (size_t)(s->end - s->p));
	size_t n = bytes_find(bytes_upto(left, 16), '"');

	*k = record_kind_of(bytes_upto(left, n));
	s->p += n;
	return *k != RECORD_NONE && LIT(s, "\"");
}

static bool
take_head(struct scan *s, struct record_head *h)
{
	if (!LIT(s, "{\"v\":2,\"seq\":") || !number(s, &h->seq) || h->seq == 0)
		return false;
	if (!LIT(s, ",\"prev\":\"") || !take_hash(s, &h->prev))
		return false;
	if (!LIT(s, "\",\"time\":\"") || s->end - s->p < RECORD_TIME_LEN ||
	    !record_time(bytes_of(s->p, RECORD_TIME_LEN), &h->time_ns))
		return false;
	s->p += RECORD_TIME_LEN;
	return LIT(s, "\",\"mono\":\"") && take_mono(s, &h->mono_ns) && LIT(s, "\",\"run\":\"") &&
	       take_run(s, &h->run) && LIT(s, "\",\"kind\":\"") && take_kind(s, &h->kind);
}

int
record_head(struct bytes line, struct record_head *h)
{
	struct scan s = { line.ptr, line.ptr + line.len };

	if (line.len == 0 || !take_head(&s, h))
		return RECORD_BAD;
	h->used = (size_t)(s.p - line.ptr);
	return 0;
}

/* ---- the rest of the line ---- */

/* take_unit() - the four digits of \uXXXX. */
static bool
take_unit(struct scan *s, uint32_t *u)
{
	*u = 0;
	if (s->end - s->p < 6 || s->p[0] != '\\' || s->p[1] != 'u')
		return false;
	for (size_t i = 2; i < 6; i++) {
		uint8_t c = s->p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
		*u = *u << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	s->p += 6;
	return true;
}

/* take_escape() - one that our writer would have written. */
static bool
take_escape(struct scan *s)
{
	uint32_t hi, lo;

	if (s->end - s->p >= 2 && (s->p[1] == '"' || s->p[1] == '\\')) {
		s->p += 2;
		return true;
	}
	if (!take_unit(s, &hi) || hi == 0 || (hi >= 0x20 && hi < 0x7f))
		return false;
	if (hi < 0xd800 || hi > 0xdfff)
		return true;
	return hi < 0xdc00 && take_unit(s, &lo) && lo >= 0xdc00 && lo <= 0xdfff;
}

/* string() - behind its opening quote up to behind the closing one. */
static bool
string(struct scan *s, struct bytes *raw)
{
	const uint8_t *from = s->p;

	for (;;) {
		s->p += plain_run(bytes_of(s->p, (size_t)(s->end - s->p)));
		if (s->p == s->end)
			return false;
		if (*s->p == '"')
			break;
		if (*s->p != '\\' || !take_escape(s))
			return false;
	}
	*raw = bytes_of(from, (size_t)(s->p - from));
	s->p++;
	return true;
}

/* cut_name() - is it a member this kind can have cut, behind the one before in the table? */
static bool
cut_name(struct bytes name, enum record_kind kind, size_t *last)
{
	size_t f = record_field_of(name);

	if (f >= record_fields - 1 || !field_cuttable(&record_field[f], kind) ||
	    (*last != 0 && f < *last))
		return false;
	*last = f + 1;
	return true;
}

static bool
list(struct scan *s, const struct record_field *f, enum record_kind kind)
{
	bool cut = f == &record_field[record_fields - 1];
	const uint8_t *from = s->p + 1;
	size_t n = 0, last = 0;
	struct bytes item;

	if (!LIT(s, "["))
		return false;
	do {
		if (!LIT(s, "\"") || !string(s, &item) || ++n > RECORD_LIST_MAX)
			return false;
		if (cut && !cut_name(item, kind, &last))
			return false;
	} while (LIT(s, ","));
	return (size_t)(s->p - from) <= f->max && LIT(s, "]");
}

static bool
value(struct scan *s, const struct record_field *f, struct record_shape *shape)
{
	struct digest d;
	struct bytes raw;
	uint64_t v;

	switch (f->type) {
	case FIELD_TEXT:
		if (!LIT(s, "\"") || !string(s, &raw) || raw.len == 0 || raw.len > f->max)
			return false;
		if (f->at == offsetof(struct record, note))
			shape->note = raw;
		else if (f->at == offsetof(struct record, peaks))
			shape->peaks = raw;
		else if (f->at == offsetof(struct record, segment))
			shape->segment = raw;
		return true;
	case FIELD_NUM:
		if (!number(s, &v) || (v == 0 && f->has == 0))
			return false;
		if (f->at == offsetof(struct record, from))
			shape->from = v;
		else if (f->at == offsetof(struct record, to))
			shape->to = v;
		return true;
	case FIELD_FLAG:
		return LIT(s, "true");
	case FIELD_LIST:
		return list(s, f, shape->head.kind);
	case FIELD_HASH:
		return LIT(s, "\"") && take_hash(s, &d) && LIT(s, "\"");
	}
	return false;
}

/* next_field() - the member that stands here, which is behind @i in the table. */
static size_t
next_field(struct scan *s, size_t i, enum record_kind kind)
{
	if (s->end - s->p < 4)
		return record_fields;
	for (; i < record_fields; i++) {
		const struct record_field *f = &record_field[i];

		/* all begin with ," and two letters tell most of them apart */
		if (s->p[2] == (uint8_t)f->key[2] && s->p[3] == (uint8_t)f->key[3] &&
		    (f->kinds >> kind & 1) != 0 && lit(s, f->key, f->key_len))
			return i;
	}
	return i;
}

int
record_shape(struct bytes line, struct record_shape *shape)
{
	struct scan s = { line.ptr, line.ptr + line.len };
	enum field_pair before = FIELD_SINGLE;
	size_t i = 0;

	*shape = (struct record_shape){ 0 };
	if (line.len == 0 || line.len >= RECORD_LINE_MAX || !take_head(&s, &shape->head))
		return RECORD_BAD;
	shape->head.used = (size_t)(s.p - line.ptr);
	while (!LIT(&s, "}")) {
		size_t at = next_field(&s, i, shape->head.kind);

		if (at == record_fields || !value(&s, &record_field[at], shape))
			return RECORD_BAD;
		/* the second of a pair stands right behind the first, or neither is there */
		if ((before == FIELD_FIRST) != (record_field[at].pair == FIELD_SECOND) ||
		    (before == FIELD_FIRST && at != i))
			return RECORD_BAD;
		before = record_field[at].pair;
		i = at + 1;
	}
	return s.p == s.end && before != FIELD_FIRST ? 0 : RECORD_BAD;
}
