/*
 * json_number - the text of a number. Which numbers are accepted is in json.h: those that every
 * reader we know of takes for the same value. None is converted but to see whether it is too large.
 */
#include "policy/core/json_priv.h"

enum { NUMBER_MAX_LEN = 63 };

static const uint8_t *
digits(const uint8_t *p, const uint8_t *end)
{
	while (p != end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

static inline bool
byte_is(const uint8_t *p, const uint8_t *end, char a, char b)
{
	return p != end && (*p == (uint8_t)a || *p == (uint8_t)b);
}

/* fraction_end() - of the part after the integer. Return: NULL when malformed. */
static const uint8_t *
fraction_end(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *from;

	if (byte_is(p, end, '.', '.')) {
		from = p + 1;
		p = digits(from, end);
		if (p == from)
			return NULL;
	}
	if (byte_is(p, end, 'e', 'E')) {
		from = p + 1;
		if (byte_is(from, end, '+', '-'))
			from++;
		p = digits(from, end);
		if (p == from)
			return NULL;
	}
	return p;
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

/* no() - Return: 0, for the caller to return. */
static size_t
no(const char **why, const char *text)
{
	*why = text;
	return 0;
}

size_t
json_number_next(struct bytes s, bool allow_fraction, const char **why)
{
	const uint8_t *end = s.ptr + s.len, *first = s.ptr + (s.ptr[0] == '-');
	const uint8_t *p = digits(first, end);
	bool whole = !byte_is(p, end, '.', '.') && !byte_is(p, end, 'e', 'E');

	if (p == first)
		return no(why, "not a number");
	if (p - first > 1 && *first == '0')
		return no(why, "number with leading zeros");
	if (first != s.ptr && *first == '0' && !byte_is(p, end, '.', '.'))
		return no(why, "minus zero");
	if (!allow_fraction && !whole)
		return no(why, "number is not an integer");
	if (!allow_fraction && !within_2_53(first, (size_t)(p - first)))
		return no(why, "integer beyond 2^53");
	if (!whole)
		p = fraction_end(p, end);
	if (p == NULL)
		return no(why, "not a number");
	if (p - s.ptr > NUMBER_MAX_LEN)
		return no(why, "number is too long");
	return (size_t)(p - s.ptr);
}
