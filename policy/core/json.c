/*
 * json - see json.h. One pass, no recursion, no memory of its own.
 *
 * This reader sits between strangers and decisions, in front of other programs that read the same
 * bytes with readers of their own. It trusts nothing, and its aim is narrower than the standard's:
 * whatever it accepts has one reading in every JSON reader we know of. So a name may not appear
 * twice, not even in another case; Go's encoding/json matches names with the folding that
 * unicode.SimpleFold gives, in which U+017F is an "s" and U+212A a "k" (Source: Go,
 * src/encoding/json/fold.go). Numbers stay below the point where doubles begin to skip integers.
 *
 * While a container is open its token's `next` holds the index of the container around it; when it
 * closes `next` gets its meaning. Names are compared when their object closes: each name token
 * carries a hash of its folded text in `n`, and a small table on the stack finds equal ones. The
 * hash is no secret; an object whose names were made to collide is refused, not compared forever.
 */
#include "policy/core/json.h"

#include <endian.h>

#include "policy/core/utf8.h"

enum {
	DEPTH_DEFAULT = 16,
	MEMBERS_MAX = 256,
	NAME_MAX_LEN = 1024,
	NUMBER_MAX_LEN = 63,
	TABLE_SLOTS = 512, /* twice MEMBERS_MAX: never more than half full */
	COLLISIONS_MAX = 4,
};

/* What may come next in the text. */
enum want {
	WANT_VALUE,   /* a value, nothing else: at the start, after ":" and after "," in an array */
	WANT_ELEMENT, /* a value or "]" */
	WANT_MEMBER,  /* a name or "}" */
	WANT_NAME,    /* a name, after "," in an object */
	WANT_MORE,    /* "," or the end of the open container */
	WANT_END,     /* white space alone */
};

struct reader {
	const uint8_t *text;
	size_t len;
	size_t at;
	struct json_tok *tok;
	size_t cap, n;
	uint32_t open; /* innermost open container, when depth > 0 */
	size_t depth, max_depth;
	bool allow_fraction;
	const char *why;
};

#define ONES 0x0101010101010101ULL
#define HIGHS 0x8080808080808080ULL

static int
bad(struct reader *r, const char *why)
{
	r->why = why;
	return JSON_BAD;
}

static uint64_t
load8(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return le64toh(w);
}

/* zero_bytes() - the high bit of every zero byte of @w (exact up to and including the lowest). */
static uint64_t
zero_bytes(uint64_t w)
{
	return (w - ONES) & ~w & HIGHS;
}

/* plain_run() - how many bytes from @r->at need no attention: not quote, backslash, control,
 * non-ASCII. */
static size_t
plain_run(const struct reader *r)
{
	size_t at = r->at;

	while (r->len - at >= 8) {
		uint64_t w = load8(r->text + at);
		uint64_t stop = zero_bytes(w ^ (ONES * '"')) | zero_bytes(w ^ (ONES * '\\')) |
				((w - ONES * 0x20) & ~w & HIGHS) | (w & HIGHS);

		if (stop != 0)
			return at + (size_t)__builtin_ctzll(stop) / 8 - r->at;
		at += 8;
	}
	while (at < r->len) {
		uint8_t c = r->text[at];

		if (c == '"' || c == '\\' || c < 0x20 || c >= 0x80)
			break;
		at++;
	}
	return at - r->at;
}

/* hex4() - four hexadecimal digits. Return: their value, or -1. */
static int32_t
hex4(const uint8_t *p)
{
	int32_t v = 0;

	for (size_t i = 0; i < 4; i++) {
		uint8_t c = p[i];
		int32_t d = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;
		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

/*
 * escape_next() - the escape at the front of @s, which begins with a backslash.
 * Return: bytes it takes, or 0 with *why set.
 */
static size_t
escape_next(struct bytes s, uint32_t *cp, const char **why)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *simple;
	int32_t hi, lo;

	*why = "unknown escape in a string";
	if (s.len < 2 || s.ptr[1] == 0)
		return 0;
	simple = strchr(from, s.ptr[1]);
	if (simple != NULL) {
		*cp = (uint8_t)to[simple - from];
		return 2;
	}
	if (s.ptr[1] != 'u')
		return 0;
	*why = "\\u needs four hexadecimal digits";
	if (s.len < 6 || (hi = hex4(s.ptr + 2)) < 0)
		return 0;
	*why = "U+0000 in a string";
	if (hi == 0)
		return 0;
	*cp = (uint32_t)hi;
	if (hi < 0xd800 || hi > 0xdfff)
		return 6;
	*why = "lone surrogate in a string";
	if (hi > 0xdbff || s.len < 12 || s.ptr[6] != '\\' || s.ptr[7] != 'u')
		return 0;
	lo = hex4(s.ptr + 8);
	if (lo < 0xdc00 || lo > 0xdfff)
		return 0;
	*cp = 0x10000 + (((uint32_t)hi - 0xd800) << 10) + ((uint32_t)lo - 0xdc00);
	return 12;
}

/* string_next() - one code point of a string that json_read() accepted. Return: raw bytes it takes.
 */
static size_t
string_next(struct bytes raw, uint32_t *cp)
{
	const char *why;

	return raw.ptr[0] == '\\' ? escape_next(raw, cp, &why) : utf8_next(raw, cp);
}

/* fold() - what a reader that ignores case may take @cp for. */
static uint32_t
fold(uint32_t cp)
{
	if (cp >= 'A' && cp <= 'Z')
		return cp | 0x20;
	return cp == 0x17f ? 's' : cp == 0x212a ? 'k' : cp;
}

static uint64_t
hash_mix(uint64_t h, uint64_t w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 32;
}

/* hash_plain() - hash of an ASCII name without escapes, eight bytes at a time; over-folds, which is
 * fine. */
static uint32_t
hash_plain(const struct reader *r, uint32_t start, uint32_t len)
{
	const uint8_t *p = r->text + start;
	size_t left = len;
	uint64_t h = 0;

	for (; left >= 8; left -= 8, p += 8)
		h = hash_mix(h, load8(p) | ONES * 0x20);
	if (left != 0) {
		uint8_t tail[8] = { 0 };

		memcpy(tail, p, left);
		h = hash_mix(h, (load8(tail) | ONES * 0x20) & (UINT64_MAX >> (64 - 8 * left)));
	}
	return (uint32_t)h;
}

/* hash_any() - the same hash for a name with escapes or beyond ASCII: over its folded UTF-8. */
static uint32_t
hash_any(struct bytes raw)
{
	uint64_t h = 0, w = 0;
	size_t filled = 0;

	while (raw.len != 0) {
		uint8_t c[4];
		uint32_t cp = 0;
		size_t used = string_next(raw, &cp);
		size_t n = utf8_put(c, fold(cp));

		for (size_t i = 0; i < n; i++) {
			w |= (uint64_t)(c[i] | 0x20) << (8 * filled);
			if (++filled == 8) {
				h = hash_mix(h, w);
				w = filled = 0;
			}
		}
		raw = bytes_from(raw, used);
	}
	return (uint32_t)(filled != 0 ? hash_mix(h, w) : h);
}

/* same_folded() - do two accepted names read the same to a reader that ignores case? */
static bool
same_folded(struct bytes a, struct bytes b)
{
	while (a.len != 0 && b.len != 0) {
		uint32_t ca = 0, cb = 0;

		a = bytes_from(a, string_next(a, &ca));
		b = bytes_from(b, string_next(b, &cb));
		if (fold(ca) != fold(cb))
			return false;
	}
	return a.len == b.len;
}

static struct json_tok *
add(struct reader *r, enum json_kind kind, size_t start)
{
	struct json_tok *t;

	if (r->n == r->cap)
		return NULL;
	t = &r->tok[r->n++];
	*t = (struct json_tok){ .kind = kind, .start = (uint32_t)start, .next = (uint32_t)r->n };
	return t;
}

/* read_string() - from the opening quote; *plain tells whether it is ASCII without escapes. */
static int
read_string(struct reader *r, struct json_tok *t, bool *plain)
{
	size_t start = ++r->at;

	t->start = (uint32_t)start;
	*plain = true;
	for (;;) {
		struct bytes rest;
		uint32_t cp;
		size_t used;

		r->at += plain_run(r);
		if (r->at == r->len)
			return bad(r, "string without an end");
		rest = bytes_of(r->text + r->at, r->len - r->at);
		if (rest.ptr[0] == '"')
			break;
		*plain = false;
		if (rest.ptr[0] == '\\') {
			t->escaped = true;
			used = escape_next(rest, &cp, &r->why);
			if (used == 0)
				return JSON_BAD;
		} else {
			used = rest.ptr[0] < 0x20 ? 0 : utf8_next(rest, &cp);
			if (used == 0)
				return bad(r, rest.ptr[0] < 0x20 ? "control byte in a string"
								 : "bad UTF-8 in a string");
		}
		r->at += used;
	}
	t->len = (uint32_t)(r->at++ - start);
	return 0;
}

static size_t
digits(const struct reader *r, size_t at)
{
	size_t from = at;

	while (at < r->len && r->text[at] >= '0' && r->text[at] <= '9')
		at++;
	return at - from;
}

static bool
byte_is(const struct reader *r, size_t at, char a, char b)
{
	return at < r->len && (r->text[at] == (uint8_t)a || r->text[at] == (uint8_t)b);
}

/* read_fraction() - the part of a number after its integer. Return: where it ends, 0 when
 * malformed. */
static size_t
read_fraction(const struct reader *r, size_t at)
{
	size_t n;

	if (byte_is(r, at, '.', '.')) {
		n = digits(r, ++at);
		if (n == 0)
			return 0;
		at += n;
	}
	if (byte_is(r, at, 'e', 'E')) {
		at++;
		if (byte_is(r, at, '+', '-'))
			at++;
		n = digits(r, at);
		if (n == 0)
			return 0;
		at += n;
	}
	return at;
}

static bool
within_2_53(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	if (n > 16)
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (uint64_t)(p[i] - '0');
	return v <= 1ULL << 53;
}

static int
read_number(struct reader *r, struct json_tok *t)
{
	size_t start = r->at, first = start + (r->text[start] == '-');
	size_t n = digits(r, first), end = first + n;
	bool whole = !byte_is(r, end, '.', '.') && !byte_is(r, end, 'e', 'E');

	if (n == 0)
		return bad(r, "not a number");
	if (n > 1 && r->text[first] == '0')
		return bad(r, "number with leading zeros");
	if (first != start && r->text[first] == '0' && !byte_is(r, end, '.', '.'))
		return bad(r, "minus zero");
	if (!r->allow_fraction && !whole)
		return bad(r, "number is not an integer");
	if (!r->allow_fraction && !within_2_53(r->text + first, n))
		return bad(r, "integer beyond 2^53");
	if (!whole)
		end = read_fraction(r, end);
	if (end == 0)
		return bad(r, "not a number");
	if (end - start > NUMBER_MAX_LEN)
		return bad(r, "number is too long");
	t->len = (uint32_t)(end - start);
	r->at = end;
	return 0;
}

static int
read_word(struct reader *r, struct json_tok *t, const char *word)
{
	struct bytes w = bytes_str(word);

	if (!bytes_starts(bytes_of(r->text + r->at, r->len - r->at), w))
		return bad(r, "not a JSON value");
	t->len = (uint32_t)w.len;
	r->at += w.len;
	return 0;
}

static int
open_container(struct reader *r, struct json_tok *t)
{
	if (r->depth == r->max_depth)
		return bad(r, "nested too deeply");
	r->depth++;
	t->next = r->open;
	r->open = (uint32_t)(r->n - 1);
	r->at++;
	return 0;
}

/* name_bytes() - the raw text of a name or string token. */
static struct bytes
name_bytes(const struct reader *r, uint32_t at)
{
	return bytes_of(r->text + r->tok[at].start, r->tok[at].len);
}

/* check_names() - refuse @obj when two of its names read the same. */
static int
check_names(struct reader *r, const struct json_tok *obj, uint32_t first)
{
	uint32_t slot[TABLE_SLOTS], mask = 4, at = first;
	unsigned int collisions = 0;

	while (mask < 2 * obj->n)
		mask *= 2;
	memset(slot, 0, mask * sizeof(slot[0])); /* 0 is never a name: the root is no name */
	mask--;
	for (uint32_t i = 0; i < obj->n; i++, at = r->tok[at + 1].next) {
		uint32_t h = r->tok[at].n & mask;

		for (; slot[h] != 0; h = (h + 1) & mask) {
			if (r->tok[slot[h]].n != r->tok[at].n)
				continue;
			r->at = r->tok[at].start;
			if (same_folded(name_bytes(r, slot[h]), name_bytes(r, at)))
				return bad(r, "the same name twice in an object");
			if (++collisions > COLLISIONS_MAX)
				return bad(r, "names made to collide");
		}
		slot[h] = at;
	}
	return 0;
}

static int
close_container(struct reader *r)
{
	uint32_t first = r->open + 1;
	struct json_tok *t = &r->tok[r->open];
	size_t end = r->at + 1;

	if (t->kind == JSON_OBJECT && t->n > 1) {
		int a = check_names(r, t, first);

		if (a != 0)
			return a;
	}
	t->len = (uint32_t)(end - t->start);
	r->open = t->next; /* meaningless when depth falls to 0 */
	t->next = (uint32_t)r->n;
	r->depth--;
	r->at = end;
	return 0;
}

static int
read_name(struct reader *r)
{
	struct json_tok *obj = &r->tok[r->open], *t;
	bool plain;
	int a;

	if (obj->n == MEMBERS_MAX)
		return bad(r, "object with too many members");
	t = add(r, JSON_STRING, r->at);
	if (t == NULL)
		return JSON_TOO_MANY;
	a = read_string(r, t, &plain);
	if (a != 0)
		return a;
	if (t->len > NAME_MAX_LEN)
		return bad(r, "member name is too long");
	t->n = plain ? hash_plain(r, t->start, t->len)
		     : hash_any(bytes_of(r->text + t->start, t->len));
	obj->n++;
	return 0;
}

/* read_value() - any value up to its end, or a container up to its opening bracket. */
static int
read_value(struct reader *r, enum want *want)
{
	static const enum json_kind kinds[256] = {
		['{'] = JSON_OBJECT,
		['['] = JSON_ARRAY,
		['"'] = JSON_STRING,
		['t'] = JSON_TRUE,
		['f'] = JSON_FALSE,
		['n'] = JSON_NULL,
		['-'] = JSON_NUMBER,
		['0'] = JSON_NUMBER,
		['1'] = JSON_NUMBER,
		['2'] = JSON_NUMBER,
		['3'] = JSON_NUMBER,
		['4'] = JSON_NUMBER,
		['5'] = JSON_NUMBER,
		['6'] = JSON_NUMBER,
		['7'] = JSON_NUMBER,
		['8'] = JSON_NUMBER,
		['9'] = JSON_NUMBER,
	};
	enum json_kind kind = kinds[r->text[r->at]];
	struct json_tok *t;
	bool plain;

	if (kind == JSON_NONE)
		return bad(r, "not a JSON value");
	if (r->depth > 0 && r->tok[r->open].kind == JSON_ARRAY)
		r->tok[r->open].n++;
	t = add(r, kind, r->at);
	if (t == NULL)
		return JSON_TOO_MANY;
	*want = WANT_MORE;
	switch (kind) {
	case JSON_OBJECT:
		*want = WANT_MEMBER;
		return open_container(r, t);
	case JSON_ARRAY:
		*want = WANT_ELEMENT;
		return open_container(r, t);
	case JSON_STRING:
		return read_string(r, t, &plain);
	case JSON_NUMBER:
		return read_number(r, t);
	case JSON_TRUE:
		return read_word(r, t, "true");
	case JSON_FALSE:
		return read_word(r, t, "false");
	default:
		return read_word(r, t, "null");
	}
}

static void
skip_space(struct reader *r)
{
	while (r->at < r->len) {
		uint8_t c = r->text[r->at];

		if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			return;
		r->at++;
	}
}

/* read_member() - a name and its colon; the value is wanted next. */
static int
read_member(struct reader *r, enum want *want)
{
	int a;

	if (r->text[r->at] != '"')
		return bad(r, "expected a member name");
	a = read_name(r);
	if (a != 0)
		return a;
	skip_space(r);
	if (!byte_is(r, r->at, ':', ':'))
		return bad(r, "expected ':' after a member name");
	r->at++;
	*want = WANT_VALUE;
	return 0;
}

/* read_more() - what stands after a value inside a container. */
static int
read_more(struct reader *r, enum want *want)
{
	bool object = r->tok[r->open].kind == JSON_OBJECT;
	uint8_t c = r->text[r->at];

	if (c == ',') {
		r->at++;
		*want = object ? WANT_NAME : WANT_VALUE;
		return 0;
	}
	if (c == (object ? '}' : ']'))
		return close_container(r);
	return bad(r, object ? "expected ',' or '}'" : "expected ',' or ']'");
}

static int
step(struct reader *r, enum want *want)
{
	uint8_t c = r->text[r->at];

	switch (*want) {
	case WANT_ELEMENT:
		if (c != ']')
			return read_value(r, want);
		*want = WANT_MORE;
		return close_container(r);
	case WANT_MEMBER:
		if (c != '}')
			return read_member(r, want);
		*want = WANT_MORE;
		return close_container(r);
	case WANT_NAME:
		return read_member(r, want);
	case WANT_MORE:
		return read_more(r, want);
	case WANT_END:
		return bad(r, "something after the value");
	case WANT_VALUE:
	default:
		return read_value(r, want);
	}
}

static int
read_all(struct reader *r)
{
	enum want want = WANT_VALUE;
	int a = 0;

	if (r->len > INT32_MAX)
		return bad(r, "text is too long");
	for (;;) {
		skip_space(r);
		if (r->at == r->len)
			return want == WANT_END ? 0 : bad(r, "text ends too early");
		a = step(r, &want);
		if (a != 0)
			return a;
		if (want == WANT_MORE && r->depth == 0)
			want = WANT_END;
	}
}

int
json_read(struct json *j)
{
	struct reader r = {
		.text = j->text.ptr,
		.len = j->text.len,
		.tok = j->tok,
		.cap = j->cap < INT32_MAX ? j->cap : INT32_MAX,
		.max_depth = j->max_depth != 0 ? j->max_depth : DEPTH_DEFAULT,
		.allow_fraction = j->allow_fraction,
	};
	int a = read_all(&r);

	j->n = a == 0 ? r.n : 0;
	j->why = a == JSON_BAD ? r.why : NULL;
	j->at = a == JSON_BAD ? r.at : 0;
	return a;
}

size_t
json_first(const struct json *j, size_t at)
{
	if (at >= j->n || j->tok[at].n == 0)
		return 0;
	return j->tok[at].kind == JSON_OBJECT || j->tok[at].kind == JSON_ARRAY ? at + 1 : 0;
}

size_t
json_member(const struct json *j, size_t obj, const char *name)
{
	size_t at = json_first(j, obj);

	if (at == 0 || j->tok[obj].kind != JSON_OBJECT)
		return 0;
	for (uint32_t i = 0; i < j->tok[obj].n; i++, at = j->tok[at + 1].next)
		if (json_is(j, at, name))
			return at + 1;
	return 0;
}

struct bytes
json_raw(const struct json *j, size_t at)
{
	if (at >= j->n)
		return BYTES_NULL;
	return bytes_of(j->text.ptr + j->tok[at].start, j->tok[at].len);
}

int
json_text(const struct json *j, size_t at, uint8_t *out, size_t cap, struct bytes *s)
{
	struct bytes raw = json_raw(j, at);
	size_t n = 0;

	*s = BYTES_NULL;
	if (at >= j->n || j->tok[at].kind != JSON_STRING)
		return JSON_BAD;
	if (!j->tok[at].escaped) {
		*s = raw;
		return 0;
	}
	while (raw.len != 0) {
		uint8_t c[4];
		uint32_t cp = 0;
		size_t used = string_next(raw, &cp), len = utf8_put(c, cp);

		if (len > cap - n)
			return JSON_TOO_MANY;
		memcpy(out + n, c, len);
		n += len;
		raw = bytes_from(raw, used);
	}
	*s = bytes_of(out, n);
	return 0;
}

bool
json_is(const struct json *j, size_t at, const char *s)
{
	struct bytes raw = json_raw(j, at), want = bytes_str(s);

	if (at >= j->n || j->tok[at].kind != JSON_STRING)
		return false;
	if (!j->tok[at].escaped)
		return bytes_eq(raw, want);
	while (raw.len != 0) {
		uint8_t c[4];
		uint32_t cp = 0;
		size_t used = string_next(raw, &cp), len = utf8_put(c, cp);

		if (!bytes_starts(want, bytes_of(c, len)))
			return false;
		want = bytes_from(want, len);
		raw = bytes_from(raw, used);
	}
	return want.len == 0;
}

int
json_int(const struct json *j, size_t at, int64_t *v)
{
	struct bytes raw = json_raw(j, at);
	size_t from = raw.len != 0 && raw.ptr[0] == '-';
	int64_t n = 0;

	if (at >= j->n || j->tok[at].kind != JSON_NUMBER)
		return JSON_BAD;
	for (size_t i = from; i < raw.len; i++) {
		if (raw.ptr[i] < '0' || raw.ptr[i] > '9')
			return JSON_BAD;
	}
	if (!within_2_53(raw.ptr + from, raw.len - from))
		return JSON_BAD;
	for (size_t i = from; i < raw.len; i++)
		n = n * 10 + (raw.ptr[i] - '0');
	*v = from != 0 ? -n : n;
	return 0;
}
