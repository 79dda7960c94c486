/*
 * provider_reach - see provider_reach.h. Addresses are compared as they are written after inet_ntop(), so that
 * two spellings of one are one.
 */
#include "host/proc/provider_reach.h"

#include <arpa/inet.h>
#include <string.h>

static bool
same_form(const char *text, char *out, socklen_t room)
{
	uint8_t addr[16];

	if (inet_pton(AF_INET, text, addr) == 1)
		return inet_ntop(AF_INET, addr, out, room) != NULL;
	return inet_pton(AF_INET6, text, addr) == 1 && inet_ntop(AF_INET6, addr, out, room) != NULL;
}

static bool
port_of(struct bytes s, uint16_t *out)
{
	uint32_t v = 0;

	if (s.len == 0 || s.len > 5)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(s.ptr[i] - '0');
	}
	*out = (uint16_t)v;
	return v <= UINT16_MAX;
}

static bool
ports_of(struct bytes s, uint16_t *from, uint16_t *to)
{
	size_t dash = bytes_find(s, '-');

	if (bytes_is(s, "*")) {
		*from = 0;
		*to = UINT16_MAX;
		return true;
	}
	if (!port_of(bytes_upto(s, dash), from))
		return false;
	*to = *from;
	return dash == s.len || (port_of(bytes_from(s, dash + 1), to) && *from <= *to);
}

/* halves() - the host, without brackets, and what is behind the last colon. */
static bool
halves(struct bytes text, struct bytes *host, struct bytes *ports)
{
	size_t colon = text.len;

	while (colon > 0 && text.ptr[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return false;
	*host = bytes_upto(text, colon - 1);
	*ports = bytes_from(text, colon);
	if (host->len > 1 && host->ptr[0] == '[' && host->ptr[host->len - 1] == ']')
		*host = bytes_upto(bytes_from(*host, 1), host->len - 2);
	return true;
}

const char *
provider_reaches_add(struct provider_reaches *r, struct bytes text)
{
	static const char form[] = "not an address: write 127.0.0.1:8080, [::1]:8000-8999, *:80 or 10.0.0.1:*";
	char host[PROVIDER_REACH_HOST];
	struct bytes h, p;
	size_t i = r->n;

	r->given = true;
	if (i == PROVIDER_REACHES)
		return "too many addresses";
	if (!halves(text, &h, &p) || h.len == 0 || h.len >= sizeof(host) ||
	    !ports_of(p, &r->at[i].from, &r->at[i].to))
		return form;
	memcpy(host, h.ptr, h.len);
	host[h.len] = '\0';
	if (strcmp(host, "*") == 0)
		memcpy(r->at[i].host, host, 2);
	else if (!same_form(host, r->at[i].host, sizeof(r->at[i].host)))
		return form;
	r->n++;
	return NULL;
}

bool
provider_reaches(const struct provider_reaches *r, const char *host, uint16_t port)
{
	char form[PROVIDER_REACH_HOST];

	if (!same_form(host, form, sizeof(form)))
		return false;
	for (size_t i = 0; i < r->n; i++)
		if ((strcmp(r->at[i].host, "*") == 0 || strcmp(r->at[i].host, form) == 0) &&
		    port >= r->at[i].from && port <= r->at[i].to)
			return true;
	return false;
}

bool
provider_reaches_here(const char *host)
{
	static const uint8_t one[16] = { [15] = 1 };
	uint8_t addr[16];

	if (inet_pton(AF_INET, host, addr) == 1)
		return addr[0] == 127;
	return inet_pton(AF_INET6, host, addr) == 1 && memcmp(addr, one, sizeof(one)) == 0;
}
