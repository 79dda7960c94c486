/*
 * parent_servers - where each of the two connections goes and as whom: settings, the login and the
 * authority as the keys give them, and addresses. The link process has no resolver and no files: it
 * is told numbers. A server that stays away may have another address, and is looked up again.
 */
#include "host/proc/parent_servers.h"

#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

#include "host/proc/parent_through.h"

enum { RESOLVE_AFTER_MS = 5000 };

static struct {
	struct {
		struct link_wire to;
		uv_getaddrinfo_t query;
		bool asking;
	} wire[WIRES];
	uv_timer_t resolve;
	bool begun;
} self;

static void
unknown(enum wire w, const char *why)
{
	struct log_line l;

	log_begin(&l, LOG_WRN, "server_unknown");
	log_word(&l, "connection", wire_name(w));
	log_str(&l, "server", host.conf->wire[w].host);
	log_str(&l, "why", why);
	log_end(&l);
}

/* take_addresses() - as numbers. Return: are they others than before? */
static bool
take_addresses(enum wire w, const struct addrinfo *list)
{
	struct link_wire *to = &self.wire[w].to, before = *to;
	size_t n = 0;

	memset(to->address, 0, sizeof(to->address));
	for (const struct addrinfo *i = list; i != NULL && n < LINK_ADDRESSES; i = i->ai_next)
		if (getnameinfo(i->ai_addr, i->ai_addrlen, to->address[n], LINK_ADDRESS_MAX, NULL,
			0, NI_NUMERICHOST) == 0)
			n++;
	to->n_addresses = n;
	return n != before.n_addresses ||
	       memcmp(to->address, before.address, sizeof(before.address)) != 0;
}

/* resolve() - waiting for it: at the start, and on HUP. */
static void
resolve(enum wire w)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *list;
	int r = getaddrinfo(host.conf->wire[w].host, NULL, &hints, &list);

	if (r != 0) {
		unknown(w, gai_strerror(r));
		return;
	}
	(void)take_addresses(w, list);
	freeaddrinfo(list);
}

/* fill() - all a connection needs. Return: 0, -1 after a log line. */
static int
fill(enum wire w)
{
	struct link_wire *to = &self.wire[w].to;
	const struct hostconf_wire *c = &host.conf->wire[w];
	struct bytes jwt, ca;

	/* what cannot be read anew stays as it was: the next link process is told of it, too */
	if (keys_ca(w, &ca) != 0)
		return -1;
	to->ca = ca;
	if (keys_login(w, &jwt) != 0)
		return -1;
	to->jwt = jwt;
	to->wire = w;
	to->tls = c->tls;
	to->port = c->port;
	snprintf(to->host, sizeof(to->host), "%s", c->host);
	snprintf(to->name, sizeof(to->name), "portcullis-host %s %s", host.name, wire_name(w));
	/* a name that is not known yet is asked for again */
	resolve(w);
	return 0;
}

static void
on_resolved(uv_getaddrinfo_t *q, int status, struct addrinfo *list)
{
	enum wire w = q == &self.wire[WIRE_CONTROL].query ? WIRE_CONTROL : WIRE_RPC;
	struct channel *c = link_channel();

	self.wire[w].asking = false;
	if (status != 0 && status != UV_ECANCELED)
		unknown(w, uv_strerror(status));
	if (status == 0 && take_addresses(w, list) && c != NULL)
		(void)link_wire_put(c, &self.wire[w].to);
	uv_freeaddrinfo(list);
}

/* on_resolve() - a server that stays away may have another address. Nobody waits for the answer. */
static void
on_resolve(uv_timer_t *t)
{
	static const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	const struct channel *c = link_channel();

	(void)t;
	if (c == NULL || c->state == 0)
		return;
	for (int i = 0; i < WIRES; i++) {
		if (link_up((enum wire)i) || self.wire[i].asking)
			continue;
		self.wire[i].asking = uv_getaddrinfo(&host.loop, &self.wire[i].query, on_resolved,
					  host.conf->wire[i].host, NULL, &hints) == 0;
	}
}

void
link_relogin(void)
{
	for (int i = 0; i < WIRES; i++) {
		char *before =
		    self.wire[i].to.jwt.len > 0
			? strndup((const char *)self.wire[i].to.jwt.ptr, self.wire[i].to.jwt.len)
			: NULL;
		bool same;

		if (fill((enum wire)i) != 0) {
			/* the former login stays as it is */
			free(before);
			continue;
		}
		same = before != NULL && bytes_is(self.wire[i].to.jwt, before) &&
		       link_up((enum wire)i);
		free(before);
		if (!same && link_channel() != NULL)
			(void)link_wire_put(link_channel(), &self.wire[i].to);
	}
}

int
servers_begin(void)
{
	int r = 0;

	uv_timer_init(&host.loop, &self.resolve);
	self.begun = true;
	for (int i = 0; r == 0 && i < WIRES; i++)
		r = fill((enum wire)i);
	return err_pass(r);
}

void
servers_watch(void)
{
	uv_timer_start(&self.resolve, on_resolve, RESOLVE_AFTER_MS, RESOLVE_AFTER_MS);
}

void
servers_end(void)
{
	if (self.begun)
		uv_timer_stop(&self.resolve);
}

int
servers_put(struct channel *c)
{
	int r = 0;

	for (int i = 0; r == 0 && i < WIRES; i++)
		r = link_wire_put(c, &self.wire[i].to);
	return err_pass(r);
}
