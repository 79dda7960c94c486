/*
 * json_get - questions to what json_read() accepted (see json.h).
 *
 * An index past the end, a token of another kind, a reading that failed: each is answered as
 * "absent", so that a caller who forgot to ask first still gets nothing.
 */
#include "policy/core/json_priv.h"
#include "policy/core/utf8.h"

enum { DIGITS_MAX = 16 }; /* of 2^53 */

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
		size_t used = json_string_next(raw, &cp), len = utf8_put(c, cp);

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
		size_t used = json_string_next(raw, &cp), len = utf8_put(c, cp);

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

	if (at >= j->n || j->tok[at].kind != JSON_NUMBER || raw.len - from > DIGITS_MAX)
		return JSON_BAD;
	for (size_t i = from; i < raw.len; i++) {
		if (raw.ptr[i] < '0' || raw.ptr[i] > '9')
			return JSON_BAD;
		n = n * 10 + (raw.ptr[i] - '0');
	}
	if (n > INT64_C(1) << 53)
		return JSON_BAD;
	*v = from != 0 ? -n : n;
	return 0;
}
