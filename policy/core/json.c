/*
 * json - see json.h. One pass, no recursion, no memory of its own.
 *
 * This reader sits between strangers and decisions, in front of other programs that read the same
 * bytes with readers of their own. It trusts nothing, and its aim is narrower than the standard's:
 * whatever it accepts has one reading in every JSON reader we know of. So a name may not appear
 * twice, not even in another case, and integers stay below the point where doubles begin to skip.
 *
 * While a container is open its token's `next` holds the index of the container around it; when it
 * closes `next` gets its meaning. Names are compared when their object closes: each name token
 * carries a hash of its folded text in `n`, and a small table on the stack finds equal ones. The
 * hash is no secret; an object whose names were made to collide is refused, not compared forever.
 *
 * The functions that read take the place to read from and return the place behind what they read,
 * or NULL after setting ->answer. So the place stays in a register, which is much of the speed; the
 * rest is looking at eight bytes of a string at once.
 */
#include <endian.h>

#include "policy/core/json_priv.h"
#include "policy/core/utf8.h"

enum {
	DEPTH_DEFAULT = 16,
	NAME_MAX_LEN = 1024,
	TABLE_SLOTS = 2 * JSON_MEMBERS, /* never more than half full */
	COLLISIONS_MAX = 4, /* different names with one hash, in an object; honest ones have none */
	PROBES_MORE =
	    128, /* occupied slots met, beyond four per member; honest ones meet half a one */
};

/* What may come next in the text. */
enum want {
	WANT_VALUE,   /* a value, nothing else: at the start, after ":" and after "," in an array */
	WANT_ELEMENT, /* a value or "]" */
	WANT_MEMBER,  /* a name or "}" */
	WANT_NAME,    /* a name, after "," in an object */
	WANT_MORE,    /* "," or the end of the open container; at depth 0 nothing */
};

struct reader {
	const uint8_t *text, *end;
	struct json_tok *tok;
	uint32_t cap, n;
	struct json_tok *open; /* innermost open container, when depth > 0 */
	uint32_t *slot;        /* the caller's table for objects with over JSON_MEMBERS */
	uint32_t max_members;
	size_t depth, max_depth;
	bool allow_fraction;
	int answer;
	const char *why;
	const uint8_t *at; /* where why is */
};

#define ONES 0x0101010101010101ULL
#define HIGHS 0x8080808080808080ULL
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

static const uint8_t *
bad(struct reader *r, const uint8_t *at, const char *why)
{
	r->answer = JSON_BAD;
	r->why = why;
	r->at = at;
	return NULL;
}

static inline uint64_t
load8(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return le64toh(w);
}

/*
 * stops() - the high bit of every byte of @w that is a quote, a backslash, a control byte or not
 * ASCII. Exact up to and including the lowest such byte, which is all that is asked.
 */
static inline uint64_t
stops(uint64_t w)
{
	return ((w - ONES * 0x20) | ((w ^ ONES * '"') - ONES) | ((w ^ ONES * '\\') - ONES) | w) &
	       HIGHS;
}

/* plain_end() - where the run of bytes that need no attention ends, from @p. */
static inline const uint8_t *
plain_end(const struct reader *r, const uint8_t *p)
{
	while (likely(r->end - p >= 8)) {
		uint64_t stop = stops(load8(p));

		if (stop != 0)
			return p + __builtin_ctzll(stop) / 8;
		p += 8;
	}
	while (p != r->end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* hash_plain() - json_name_hash() of an ASCII name without escapes: eight bytes at a time. */
static inline uint32_t
hash_plain(const struct reader *r, const uint8_t *p, size_t left)
{
	uint64_t h = 0, w = 0;

	for (; left >= 8; left -= 8, p += 8)
		h = json_mix(h, load8(p) | ONES * 0x20);
	if (left == 0)
		return (uint32_t)h;
	if (likely(r->end - p >= 8)) {
		w = load8(p);
	} else {
		for (size_t i = 0; i < left; i++)
			w |= (uint64_t)p[i] << (8 * i);
	}
	return (uint32_t)json_mix(h, (w | ONES * 0x20) & (UINT64_MAX >> (64 - 8 * left)));
}

/* add() - the next token, or NULL with JSON_TOO_MANY. */
static inline struct json_tok *
add(struct reader *r, enum json_kind kind, const uint8_t *start)
{
	struct json_tok *t = &r->tok[r->n];

	if (unlikely(r->n == r->cap)) {
		r->answer = JSON_TOO_MANY;
		return NULL;
	}
	r->n++;
	*t = (struct json_tok){ .kind = kind, .start = (uint32_t)(start - r->text), .next = r->n };
	return t;
}

/* read_odd() - the rest of a string from its first escape or character beyond ASCII, to its quote.
 */
static const uint8_t *
read_odd(struct reader *r, const uint8_t *p, struct json_tok *t)
{
	for (;; p = plain_end(r, p)) {
		struct bytes rest = bytes_of(p, (size_t)(r->end - p));
		const char *why = "bad UTF-8 in a string";
		uint32_t cp;
		size_t used;

		if (rest.len == 0)
			return bad(r, p, "string without an end");
		if (*p == '"')
			return p;
		if (*p < 0x20)
			return bad(r, p, "control byte in a string");
		t->escaped = t->escaped || *p == '\\';
		used = *p == '\\' ? json_escape_next(rest, &cp, &why) : utf8_next(rest, &cp);
		if (used == 0)
			return bad(r, p, why);
		p += used;
	}
}

/* read_string() - from the opening quote; *plain tells whether it is ASCII without escapes. */
static inline const uint8_t *
read_string(struct reader *r, const uint8_t *p, struct json_tok *t, bool *plain)
{
	const uint8_t *from = p + 1;

	p = plain_end(r, from);
	*plain = p != r->end && *p == '"';
	if (unlikely(!*plain)) {
		p = read_odd(r, p, t);
		if (p == NULL)
			return NULL;
	}
	t->start++;
	t->len = (uint32_t)(p - from);
	return p + 1;
}

static const uint8_t *
read_number(struct reader *r, const uint8_t *p, struct json_tok *t)
{
	const char *why;
	size_t n = json_number_next(bytes_of(p, (size_t)(r->end - p)), r->allow_fraction, &why);

	if (n == 0)
		return bad(r, p, why);
	t->len = (uint32_t)n;
	return p + n;
}

static const uint8_t *
read_word(struct reader *r, const uint8_t *p, struct json_tok *t, struct bytes word)
{
	if (!bytes_starts(bytes_of(p, (size_t)(r->end - p)), word))
		return bad(r, p, "not a JSON value");
	t->len = (uint32_t)word.len;
	return p + word.len;
}

/* name_bytes() - the raw text of a name token. */
static struct bytes
name_bytes(const struct reader *r, uint32_t at)
{
	return bytes_of(r->text + r->tok[at].start, r->tok[at].len);
}

/* names_differ() - false, and JSON_BAD, when two names of @obj read the same. */
static bool
names_differ(struct reader *r, const struct json_tok *obj)
{
	uint32_t ours[TABLE_SLOTS], *slot = obj->n <= JSON_MEMBERS ? ours : r->slot;
	uint32_t collisions = 0, probes = 4 * obj->n + PROBES_MORE;
	uint32_t mask = 4, at = (uint32_t)(obj - r->tok) + 1;

	while (mask < 2 * obj->n)
		mask *= 2;
	memset(slot, 0, mask * sizeof(slot[0])); /* 0 is never a name: it is the root */
	mask--;
	for (uint32_t i = 0; i < obj->n; i++, at = r->tok[at + 1].next) {
		uint32_t h = r->tok[at].n & mask;

		for (; slot[h] != 0; h = (h + 1) & mask) {
			const char *why = "names made to collide";
			bool equal = r->tok[slot[h]].n == r->tok[at].n;

			if (equal && json_name_same(name_bytes(r, slot[h]), name_bytes(r, at)))
				why = "the same name twice in an object";
			else if (--probes != 0 && (!equal || ++collisions <= COLLISIONS_MAX))
				continue;
			bad(r, r->text + r->tok[at].start, why);
			return false;
		}
		slot[h] = at;
	}
	return true;
}

static const uint8_t *
open_container(struct reader *r, const uint8_t *p, struct json_tok *t)
{
	if (r->depth == r->max_depth)
		return bad(r, p, "nested too deeply");
	r->depth++;
	t->next = (uint32_t)(r->open - r->tok);
	r->open = t;
	return p + 1;
}

static const uint8_t *
close_container(struct reader *r, const uint8_t *p)
{
	struct json_tok *t = r->open;

	if (t->kind == JSON_OBJECT && t->n > 1 && !names_differ(r, t))
		return NULL;
	t->len = (uint32_t)(p + 1 - r->text) - t->start;
	r->open = &r->tok[t->next]; /* itself, for the root: depth is 0 then */
	t->next = r->n;
	r->depth--;
	return p + 1;
}

static inline const uint8_t *
skip_space(const struct reader *r, const uint8_t *p)
{
	while (p != r->end && unlikely(*p <= ' ') &&
	       (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

/* read_member() - a name, its colon and the space behind it; the value is next. */
static inline const uint8_t *
read_member(struct reader *r, const uint8_t *p)
{
	struct json_tok *t;
	bool plain;

	if (*p != '"')
		return bad(r, p, "expected a member name");
	if (r->open->n == r->max_members)
		return bad(r, p, "object with too many members");
	t = add(r, JSON_STRING, p);
	if (t == NULL)
		return NULL;
	p = read_string(r, p, t, &plain);
	if (p == NULL)
		return NULL;
	if (t->len > NAME_MAX_LEN)
		return bad(r, r->text + t->start, "member name is too long");
	t->n = likely(plain) ? hash_plain(r, r->text + t->start, t->len)
			     : json_name_hash(bytes_of(r->text + t->start, t->len));
	r->open->n++;
	p = skip_space(r, p);
	if (p == r->end || *p != ':')
		return bad(r, p, "expected ':' after a member name");
	p = skip_space(r, p + 1);
	return p != r->end ? p : bad(r, p, "text ends too early");
}

/* read_other() - a value that is no string: whole, or a container up to behind its bracket. */
static const uint8_t *
read_other(struct reader *r, const uint8_t *p, enum want *want)
{
	static const enum json_kind kinds[256] = {
		['{'] = JSON_OBJECT,
		['['] = JSON_ARRAY,
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
	enum json_kind kind = kinds[*p];
	struct json_tok *t;

	if (kind == JSON_NONE)
		return bad(r, p, "not a JSON value");
	t = add(r, kind, p);
	if (t == NULL)
		return NULL;
	switch (kind) {
	case JSON_OBJECT:
		*want = WANT_MEMBER;
		return open_container(r, p, t);
	case JSON_ARRAY:
		*want = WANT_ELEMENT;
		return open_container(r, p, t);
	case JSON_NUMBER:
		return read_number(r, p, t);
	case JSON_TRUE:
		return read_word(r, p, t, BYTES_LIT("true"));
	case JSON_FALSE:
		return read_word(r, p, t, BYTES_LIT("false"));
	default:
		return read_word(r, p, t, BYTES_LIT("null"));
	}
}

/* read_value() - one value; *want is what comes after it. */
static inline const uint8_t *
read_value(struct reader *r, const uint8_t *p, enum want *want)
{
	struct json_tok *t;
	bool plain;

	if (r->depth > 0 && r->open->kind == JSON_ARRAY)
		r->open->n++;
	*want = WANT_MORE;
	if (*p != '"')
		return read_other(r, p, want);
	t = add(r, JSON_STRING, p);
	return t != NULL ? read_string(r, p, t, &plain) : NULL;
}

/* read_more() - what stands after a value. */
static inline const uint8_t *
read_more(struct reader *r, const uint8_t *p, enum want *want)
{
	bool object;

	if (r->depth == 0)
		return bad(r, p, "something after the value");
	object = r->open->kind == JSON_OBJECT;
	if (*p == ',') {
		*want = object ? WANT_NAME : WANT_VALUE;
		return p + 1;
	}
	if (*p == (object ? '}' : ']'))
		return close_container(r, p);
	return bad(r, p, object ? "expected ',' or '}'" : "expected ',' or ']'");
}

static void
read_all(struct reader *r)
{
	const uint8_t *p = skip_space(r, r->text);
	enum want want = WANT_VALUE;

	while (p != r->end) {
		if (want == WANT_MORE) {
			p = read_more(r, p, &want);
		} else if (want == (*p == ']' ? WANT_ELEMENT : WANT_MEMBER) &&
			   (*p == ']' || *p == '}')) {
			p = close_container(r, p);
			want = WANT_MORE;
		} else {
			if (want == WANT_NAME || want == WANT_MEMBER)
				p = read_member(r, p);
			if (p != NULL)
				p = read_value(r, p, &want);
		}
		if (p == NULL)
			return;
		p = skip_space(r, p);
	}
	if (want != WANT_MORE || r->depth != 0)
		bad(r, p, "text ends too early");
}

/* members_max() - the most members of which a table with twice as many slots is there. */
static uint32_t
members_max(const struct json *j)
{
	uint32_t n = JSON_MEMBERS;

	while (j->slot != NULL && n < 1U << 28 && j->n_slots / 4 >= n)
		n *= 2;
	return n;
}

int
json_read(struct json *j)
{
	const uint8_t *text = j->text.len != 0 ? j->text.ptr : (const uint8_t *)"";
	struct reader r = {
		.text = text,
		.end = text + j->text.len,
		.tok = j->tok,
		.cap = j->cap < INT32_MAX ? (uint32_t)j->cap : INT32_MAX,
		.open = j->tok,
		.slot = j->slot,
		.max_members = members_max(j),
		.max_depth = j->max_depth != 0 ? j->max_depth : DEPTH_DEFAULT,
		.allow_fraction = j->allow_fraction,
	};

	if (j->text.len > INT32_MAX)
		bad(&r, r.text, "text is too long");
	else
		read_all(&r);
	j->n = r.answer == 0 ? r.n : 0;
	j->why = r.why;
	j->at = r.answer == JSON_BAD ? (size_t)(r.at - r.text) : 0;
	return r.answer;
}
