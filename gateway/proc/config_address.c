/*
 * config_address - HOST:PORT as gateway.conf writes it. Names are not resolved here: that is the
 * parent's business when it listens or dials.
 */
#include <arpa/inet.h>

#include "gateway/proc/config.h"

static bool
is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
port_parse(struct bytes s, uint16_t *port)
{
	uint32_t v = 0;

	if (s.len == 0 || s.len > 5)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(s.ptr[i] - '0');
	}
	*port = (uint16_t)v;
	return v <= UINT16_MAX;
}

/* host_copy() - a name or IPv4 address, or (in_brackets) an IPv6 address, NUL-terminated. */
static bool
host_copy(struct bytes s, bool in_brackets, char out[256])
{
	struct in6_addr v6;

	if (s.len == 0 || s.len > 253)
		return false;
	memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	if (in_brackets)
		return strlen(out) == s.len && inet_pton(AF_INET6, out, &v6) == 1;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_alnum(s.ptr[i]) && strchr("._-", s.ptr[i]) == NULL)
			return false;
		if (s.ptr[i] == '\0')
			return false;
	}
	return true;
}

int
config_address_parse(struct bytes s, struct config_address *a)
{
	struct config_address v = { 0 };
	struct bytes scheme = BYTES_LIT("nats://"), host;
	bool in_brackets = false;
	size_t colon;

	if (bytes_starts(s, scheme))
		s = bytes_from(s, scheme.len);
	if (s.len != 0 && s.ptr[0] == '[') {
		size_t end = bytes_find(s, ']');

		if (end == s.len)
			return TEXT_BAD;
		in_brackets = true;
		host = bytes_of(s.ptr + 1, end - 1);
		s = bytes_from(s, end + 1);
	} else {
		colon = bytes_find(s, ':');
		host = bytes_upto(s, colon);
		s = bytes_from(s, colon);
	}
	if (s.len == 0 || s.ptr[0] != ':' || !port_parse(bytes_from(s, 1), &v.port))
		return TEXT_BAD;
	if (host.len == 0 && !in_brackets)
		host = BYTES_LIT("0.0.0.0");
	if (!host_copy(host, in_brackets, v.host))
		return TEXT_BAD;
	*a = v;
	return 0;
}
