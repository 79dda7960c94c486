/*
 * base64 - see base64_priv.h. libsodium decodes, and refuses spare bits and missing padding; but it
 * takes bytes above 0x7f for letters (1.0.18), so letters are looked at here first.
 */
#include <sodium.h>

#include "policy/audit/base64_priv.h"

static bool
is_letter(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/' || c == '=';
}

bool
base64_decode(struct bytes text, uint8_t *out, size_t cap, size_t *n)
{
	const char *end = NULL;

	*n = 0;
	for (size_t i = 0; i < text.len; i++)
		if (!is_letter(text.ptr[i]))
			return false;
	return text.len != 0 &&
	       sodium_base642bin(out, cap, (const char *)text.ptr, text.len, NULL, n, &end,
		   sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       end == (const char *)text.ptr + text.len;
}
