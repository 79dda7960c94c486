/*
 * provider_need - see provider_need.h. Whoever may put a link chooses these values: addresses are
 * taken in numbers only, so that no resolver is asked in their name, and a value with two readings
 * is refused.
 */
#include "host/proc/provider_need.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "host/proc/provider.h"

/* port_of() - 0 to 65535, plain decimal. */
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
	return v <= 65535;
}

/* host_of() - an address in numbers, or "localhost". */
static bool
host_of(struct bytes s, struct provider_need *n)
{
	uint8_t addr[16];

	if (bytes_is(s, "localhost"))
		s = BYTES_LIT("127.0.0.1");
	if (s.len == 0 || s.len >= sizeof(n->host) || memchr(s.ptr, 0, s.len) != NULL)
		return false;
	memcpy(n->host, s.ptr, s.len);
	n->host[s.len] = '\0';
	n->v6 = inet_pton(AF_INET6, n->host, addr) == 1;
	return n->v6 || inet_pton(AF_INET, n->host, addr) == 1;
}

/*
 * address_of() - "HOST", "HOST:PORT", "[HOST]:PORT"; *has_port says which.
 * Return: false when it is none of these.
 */
static bool
address_of(struct bytes s, struct provider_need *n, bool *has_port)
{
	struct bytes rest, host;
	size_t end;

	if (s.len > 0 && s.ptr[0] == '[') {
		end = bytes_find(s, ']');
		host = bytes_from(bytes_upto(s, end), 1);
		rest = bytes_from(s, end + 1);
		if (end == s.len || !host_of(host, n) || !n->v6)
			return false;
	} else {
		end = bytes_find(s, ':');
		host = bytes_upto(s, end);
		rest = bytes_from(s, end);
		if (!host_of(host, n) || n->v6)
			return false;
	}
	*has_port = rest.len > 0;
	return rest.len == 0 || (rest.ptr[0] == ':' && port_of(bytes_from(rest, 1), &n->port));
}

static const char *
need_listen(const struct provider_pairs *values, struct provider_need *out)
{
	const struct provider_pair *port = provider_value(values, "PORT");
	const struct provider_pair *address = provider_value(values, "ADDRESS");
	uint16_t said = 0;
	bool has_port = false;

	*out = (struct provider_need){ .reach = PROVIDER_REACH_LISTEN };
	if (port == NULL && address == NULL)
		return "the link says neither PORT nor ADDRESS";
	if (port != NULL && !port_of(port->value, &said))
		return "PORT is no number of 0 to 65535";
	if (!host_of(BYTES_LIT("127.0.0.1"), out))
		return "no address";
	if (address != NULL && !address_of(address->value, out, &has_port))
		return "ADDRESS is not as 127.0.0.1:8080, an address in numbers";
	if (port != NULL && has_port && said != out->port)
		return "PORT and ADDRESS name two ports";
	if (port == NULL && !has_port)
		return "ADDRESS names no port, and there is no PORT";
	if (port != NULL)
		out->port = said;
	return NULL;
}

/* need_dial() - the server of a URL: SCHEME://[LOGIN@]HOST[:PORT][/...]. */
static const char *
need_dial(struct bytes url, const char *scheme, uint16_t port, struct provider_need *out)
{
	size_t at;
	bool has_port;

	*out = (struct provider_need){ .reach = PROVIDER_REACH_DIAL };
	if (!bytes_starts(url, bytes_str(scheme)))
		return "the URL is of a kind nobody here speaks";
	url = bytes_from(url, strlen(scheme));
	url = bytes_upto(url, bytes_find(url, '/'));
	at = bytes_find(url, '@');
	if (at < url.len)
		url = bytes_from(url, at + 1);
	if (!address_of(url, out, &has_port))
		return "the URL's host is not an address in numbers";
	if (!has_port)
		out->port = port;
	return out->port != 0 ? NULL : "nobody listens at port 0";
}

static const char *
need_keyvalue(const struct provider_pairs *values, struct provider_need *out)
{
	const struct provider_pair *url = provider_value(values, "URL");

	*out = (struct provider_need){ .reach = PROVIDER_REACH_NOTHING };
	return url == NULL ? NULL : need_dial(url->value, "redis://", 6379, out);
}

static const char *
need_messaging(const struct provider_pairs *values, struct provider_need *out)
{
	const struct provider_pair *uri = provider_value(values, "URI");

	if (uri == NULL)
		return "the link names no server: URI=nats://127.0.0.1:4222";
	return need_dial(uri->value, "nats://", 4222, out);
}

static const char *
need_nothing(const struct provider_pairs *values, struct provider_need *out)
{
	(void)values;
	*out = (struct provider_need){ .reach = PROVIDER_REACH_NOTHING };
	return NULL;
}

static const struct provider_kind kinds[] = {
	{ "httpserver", { "wasmcloud:httpserver" }, false, false, need_listen },
	{ "keyvalue", { "wasmcloud:keyvalue" }, true, false, need_keyvalue },
	{ "logging", { "wasmcloud:logging", "wasmcloud:builtin:logging" }, false, false,
	    need_nothing },
	{ "messaging", { "wasmcloud:messaging" }, false, true, need_messaging },
};

const struct provider_kind *
provider_kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(name, kinds[i].name) == 0)
			return &kinds[i];
	return NULL;
}

const char *
provider_kind(struct bytes contract)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (size_t k = 0; k < 3 && kinds[i].contract[k] != NULL; k++)
			if (bytes_is(contract, kinds[i].contract[k]))
				return kinds[i].name;
	return NULL;
}

void
provider_need_text(const struct provider_need *n, char *out, size_t room)
{
	snprintf(out, room, n->v6 ? "[%s]:%u" : "%s:%u", n->host, (unsigned)n->port);
}
