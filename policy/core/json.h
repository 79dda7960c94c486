/*
 * json - the one reader for a stranger's JSON: strict, without allocation, one reading or none.
 *
 * The text becomes an array of tokens supplied by the caller. Refused: anything after the value,
 * a byte-order mark, bad UTF-8, lone surrogates, U+0000 (written or escaped), control bytes in
 * strings, duplicate member names (compared after unescaping, and again with ASCII and the two
 * Unicode letters that fold to ASCII - U+017F, U+212A - folded), nesting over the limit,
 * numbers that are not plain integers within +-2^53 unless `allow_fraction`, leading zeros, -0,
 * numbers over 63 bytes, objects with over 256 members (unless the caller gives room for more),
 * names over 1024 bytes, and objects whose names were made to collide in our hash.
 */
#ifndef POLICY_CORE_JSON_H
#define POLICY_CORE_JSON_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum { JSON_MEMBERS = 256 }; /* of an object, without ->slot */

enum json_kind {
	JSON_NONE = 0, /* a zeroed token is no value */
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* answers of json_read() */
enum json_answer {
	JSON_BAD = 1,      /* not JSON, or refused by this reader; ->why and ->at say more */
	JSON_TOO_MANY = 2, /* more tokens than the caller has room for */
};

struct json_tok {
	enum json_kind kind;
	uint32_t start; /* of the raw value in the text; a string's starts after its quote */
	uint32_t len;   /* of the raw value; a string's is without quotes, still escaped */
	uint32_t next;  /* index of the token after this value and all inside it */
	uint32_t n;     /* members of an object, elements of an array; in a name: private */
	bool escaped;   /* a string that holds a backslash */
};

struct json {
	struct bytes text;
	struct json_tok *tok; /* caller's */
	size_t cap;           /* caller's: room in tok */
	size_t n;             /* tokens filled, tok[0] is the root; 0 when not accepted */
	size_t max_depth;     /* caller's: 0 means 16 */
	/*
	 * caller's, optional: room to tell the names of one object apart in, whatever is in it. An
	 * object may then have half as many members as there are slots, their number rounded down
	 * to a power of two, and never fewer than without.
	 */
	uint32_t *slot;
	size_t n_slots;
	bool allow_fraction; /* caller's: accept 1.5 and 1e3 (kept as text, never converted) */
	const char *why;     /* after JSON_BAD: what, a constant string */
	size_t at;           /* after JSON_BAD: byte offset in the text */
};

/*
 * json_read() - read one JSON value that fills @j->text (white space around it is fine; at most 2
 * GiB). Members of an object are stored as name token, value token(s), name token, ...: the value
 * of the name at i is at i + 1, the next name at tok[i + 1].next. @max_depth counts open brackets.
 * Return: 0, JSON_BAD, JSON_TOO_MANY. Tokens point into text, which must outlive them.
 */
int json_read(struct json *j) must_check;
/* json_member() - index of the value named @name in object @obj; 0 when absent or not an object. */
size_t json_member(const struct json *j, size_t obj, const char *name);
/* json_raw() - the token's bytes in the text (a string still escaped, without quotes). */
struct bytes json_raw(const struct json *j, size_t at);
/*
 * json_text() - a string's value, unescaped into @out (room @cap bytes) if it has escapes,
 * else borrowed from the text. Return: 0, JSON_BAD (not a string), JSON_TOO_MANY (does not fit).
 */
int json_text(
    const struct json *j, size_t at, uint8_t *out, size_t cap, struct bytes *s) must_check;
/* json_is() - the string at @at equals @s after unescaping. */
bool json_is(const struct json *j, size_t at, const char *s);
/* json_int() - an integer's value. Return: 0, JSON_BAD (not an integer within +-2^53). */
int json_int(const struct json *j, size_t at, int64_t *v) must_check;
/* json_first() - index of the first member name or element inside @at, or 0 when it is empty. */
size_t json_first(const struct json *j, size_t at);

#endif
