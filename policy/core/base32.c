/*
 * base32 - see base32.h. Bits travel through one accumulator, five in and eight out (or the other
 * way). Decoders elsewhere skip line ends and forgive spare bits, which gives one key many texts;
 * this one takes the text an encoder writes and no other.
 * Source: RFC 4648, sections 3.5 and 6.
 */
#include "policy/core/base32.h"

void
base32_encode(struct bytes in, char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t acc = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < in.len; i++) {
		acc = (acc << 8 | in.ptr[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			*out++ = alphabet[acc >> (bits - 5) & 31];
	}
	if (bits > 0)
		*out++ = alphabet[acc << (5 - bits) & 31];
	*out = '\0';
}

/* digit() - the value of one character, or -1. */
static int
digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	return -1;
}

int
base32_decode(struct bytes text, uint8_t *out, size_t cap, size_t *len)
{
	size_t whole = text.len / 8 * 5 + text.len % 8 * 5 / 8;
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t n = 0;

	if (base32_len(whole) != text.len || whole > cap)
		return BASE32_BAD_LENGTH;
	for (size_t i = 0; i < text.len; i++) {
		int d = digit(text.ptr[i]);

		if (d < 0)
			return BASE32_BAD_ALPHABET;
		acc = (acc << 5 | (uint32_t)d) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (uint8_t)(acc >> bits);
		}
	}
	if ((acc & ((1U << bits) - 1)) != 0)
		return BASE32_BAD_ALPHABET;
	*len = n;
	return 0;
}
