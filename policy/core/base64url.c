/*
 * base64url - see base64url.h. The text of a token is also its name in many places (audit, caches,
 * revocation by hash), so a value must have exactly one text: other decoders take line ends,
 * padding, the standard alphabet and set spare bits, this one takes none of them.
 * Source: RFC 4648, sections 3.5 and 5.
 */
#include "policy/core/base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* put_group() - 1..3 bytes as 2..4 characters. Return: how many. */
static size_t
put_group(const uint8_t *in, size_t n, char *out)
{
	uint32_t v = (uint32_t)in[0] << 16;

	if (n > 1)
		v |= (uint32_t)in[1] << 8;
	if (n > 2)
		v |= in[2];
	for (size_t i = 0; i <= n; i++)
		out[i] = alphabet[v >> (18 - 6 * i) & 63];
	return n + 1;
}

void
base64url_encode(struct bytes in, char *out)
{
	for (size_t i = 0; i < in.len; i += 3)
		out += put_group(in.ptr + i, in.len - i < 3 ? in.len - i : 3, out);
	*out = '\0';
}

void
base64url_put(struct buf *b, struct bytes in)
{
	uint8_t *p = in.len > SIZE_MAX / 2 ? NULL : buf_reserve(b, base64url_len(in.len));
	char group[4];
	size_t n;

	if (p == NULL) {
		b->failed = true;
		return;
	}
	for (; in.len >= 3; in = bytes_from(in, 3), p += 4)
		put_group(in.ptr, 3, (char *)p);
	n = in.len > 0 ? put_group(in.ptr, in.len, group) : 0;
	memcpy(p, group, n);
	b->len = (size_t)(p - b->ptr) + n;
}

/* digit() - the value of one character, or -1. */
static int
digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

int
base64url_decode(struct bytes text, uint8_t *out, size_t cap, size_t *len)
{
	size_t whole = base64url_size(text.len);
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t n = 0;

	if (base64url_len(whole) != text.len || whole > cap)
		return BASE64URL_BAD_LENGTH;
	for (size_t i = 0; i < text.len; i++) {
		int d = digit(text.ptr[i]);

		if (d < 0)
			return BASE64URL_BAD_ALPHABET;
		acc = (acc << 6 | (uint32_t)d) & 0x3fff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (uint8_t)(acc >> bits);
		}
	}
	if ((acc & ((1U << bits) - 1)) != 0)
		return BASE64URL_BAD_ALPHABET;
	*len = n;
	return 0;
}
