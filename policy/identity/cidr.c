/*
 * cidr - see cidr.h. inet_pton() does the reading: it is pure, and it knows no octal, no hex and
 * no short forms of IPv4.
 * Source: nats-io/jwt v2 user_claims.go (Src), Go net.ParseCIDR.
 */
#include "policy/identity/cidr.h"

#include <arpa/inet.h>

enum { TEXT_MAX = 64 };

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* address() - text to 4 or 16 bytes. Return: how many, or 0. */
static uint8_t
address(struct bytes text, uint8_t out[16])
{
	char s[TEXT_MAX];

	if (text.len == 0 || text.len >= sizeof(s) || bytes_find(text, 0) != text.len)
		return 0;
	memcpy(s, text.ptr, text.len);
	s[text.len] = '\0';
	if (inet_pton(AF_INET, s, out) == 1)
		return 4;
	return inet_pton(AF_INET6, s, out) == 1 ? 16 : 0;
}

bool
cidr_parse(struct cidr *c, struct bytes text)
{
	size_t slash = bytes_find(text, '/');
	struct bytes bits = bytes_from(text, slash + 1);
	unsigned n = 0;

	*c = (struct cidr){ 0 };
	if (slash == text.len || bits.len < 1 || bits.len > 3 ||
	    (bits.len > 1 && bits.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < bits.len; i++) {
		if (bits.ptr[i] < '0' || bits.ptr[i] > '9')
			return false;
		n = n * 10 + (unsigned)(bits.ptr[i] - '0');
	}
	c->len = address(bytes_upto(text, slash), c->addr);
	if (n > 8U * c->len || (c->len == 16 && memcmp(c->addr, mapped, sizeof(mapped)) == 0))
		c->len = 0;
	c->bits = (uint8_t)n;
	return c->len != 0;
}

bool
cidr_contains(const struct cidr *c, const char *text)
{
	struct bytes s = bytes_str(text);
	uint8_t addr[16] = { 0 };
	uint8_t len = address(bytes_upto(s, bytes_find(s, '%')), addr);
	unsigned whole = c->bits / 8, rest = c->bits % 8;

	if (len == 16 && memcmp(addr, mapped, sizeof(mapped)) == 0) {
		memmove(addr, addr + 12, 4);
		len = 4;
	}
	if (len == 0 || len != c->len || memcmp(addr, c->addr, whole) != 0)
		return false;
	return rest == 0 || (addr[whole] ^ c->addr[whole]) >> (8 - rest) == 0;
}
