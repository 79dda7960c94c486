/*
 * json_priv - what the reader (json.c) and the questions to its result (json_get.c) share: strings,
 * and numbers.
 */
#ifndef POLICY_CORE_JSON_PRIV_H
#define POLICY_CORE_JSON_PRIV_H

#include "policy/core/json.h"

/*
 * json_escape_next() - the escape at the front of @s, which begins with a backslash.
 * Return: bytes it takes, or 0 with *why set.
 */
size_t json_escape_next(struct bytes s, uint32_t *cp, const char **why);
/*
 * json_number_next() - the number at the front of @s, which begins with a digit or '-'; what stands
 * behind it is not looked at. Return: bytes it takes, or 0 with *why set.
 */
size_t json_number_next(struct bytes s, bool allow_fraction, const char **why);
/* json_string_next() - one code point of an accepted string (not empty). Return: raw bytes it
 * takes. */
size_t json_string_next(struct bytes raw, uint32_t *cp);
/* json_name_hash() - hash of an accepted name, equal for names that are json_name_same(). */
uint32_t json_name_hash(struct bytes raw);
/* json_name_same() - do two accepted names read the same to a reader that ignores case? */
bool json_name_same(struct bytes a, struct bytes b);

/* json_mix() - eight more folded bytes, little endian, the rest zero, into a name's hash. */
static inline uint64_t
json_mix(uint64_t h, uint64_t w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 32;
}

#endif
