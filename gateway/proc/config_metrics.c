/*
 * config_metrics - `metrics { }`: where the numbers are shown. Whoever reaches the address can read
 * them, so it is one of this machine alone: an address of the loopback, written as digits (a name
 * can come to mean another), or a Unix socket.
 */
#include <arpa/inet.h>

#include "gateway/proc/config_priv.h"

static bool
loopback(const struct config_address *a)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, a->host, &four) == 1)
		return (ntohl(four.s_addr) >> 24) == 127;
	return inet_pton(AF_INET6, a->host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

void
config_metrics(struct config_reader *rd)
{
	struct text_node *s = config_section(rd, "metrics"),
			 *e = s != NULL ? text_find(s, "listen") : NULL;
	struct bytes v = BYTES_NULL, scheme = BYTES_LIT("unix:");
	struct config *c = rd->c;

	if (s == NULL)
		return;
	if (e == NULL) {
		text_error(
		    rd->r, rd->t, s, "listen is missing: write `listen = \"127.0.0.1:9321\"`");
		rd->bad = true;
		return;
	}
	config_note(rd, text_get_string(rd->t, e, &v, rd->r));
	if (v.len == 0)
		return;
	if (bytes_starts(v, scheme)) {
		config_path_set(rd, e->child, &c->metrics_path, bytes_from(v, scheme.len));
		if (c->metrics_path == NULL || strlen(c->metrics_path) <= CONFIG_MAX_SOCKET)
			return;
		text_error(rd->r, rd->t, e->child, "%s is too long for a socket: at most %d bytes",
		    c->metrics_path, CONFIG_MAX_SOCKET);
	} else if (config_address_parse(v, &c->metrics) != 0 || !loopback(&c->metrics)) {
		text_error(rd->r, rd->t, e->child,
		    "metrics are shown on this machine only: write \"127.0.0.1:PORT\", "
		    "\"[::1]:PORT\" or "
		    "\"unix:FILE\"");
	} else {
		c->metrics_on = true;
		return;
	}
	rd->bad = true;
}
