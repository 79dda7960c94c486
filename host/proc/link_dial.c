/*
 * link_dial - a connection is made: where to, under what conditions, and not for longer than it may
 * take. nats.c has no deadline of its own once a server took the connection; one is made at a time,
 * so that the socket that belongs to none is the one being made, and can be shut.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "host/proc/link_priv.h"

enum {
	CONNECT_MS = 4000,
	PING_MS = 10000,
	WRITE_MS = 4000,
	DIAL_MS = 8000, /* all of it, TLS too */
	FDS = 512,
};

static pthread_mutex_t dialling = PTHREAD_MUTEX_INITIALIZER;

/* begun() - it is being made since @dial_ns; or it has a socket; or neither. */
static void
begun(struct wire_conn *w, uint64_t dial_ns, int fd)
{
	pthread_mutex_lock(&w->lock);
	w->dial_ns = dial_ns;
	w->fd = fd;
	pthread_mutex_unlock(&w->lock);
}

/* stranger() - the TCP socket that is no connection's of @w; -1: none. */
static int
stranger(struct wire_conn *w, size_t n)
{
	int known_fd[WIRES];

	for (size_t i = 0; i < n; i++) {
		pthread_mutex_lock(&w[i].lock);
		known_fd[i] = w[i].fd;
		pthread_mutex_unlock(&w[i].lock);
	}
	for (int fd = 3; fd < FDS; fd++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof(peer);
		bool known = false;

		if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0 ||
		    (peer.ss_family != AF_INET && peer.ss_family != AF_INET6))
			continue;
		for (size_t i = 0; i < n; i++)
			known = known || known_fd[i] == fd;
		if (!known)
			return fd;
	}
	return -1;
}

void
dial_watch(struct wire_conn *w, size_t n)
{
	uint64_t now = uv_hrtime(), since = 0;
	int fd;

	for (size_t i = 0; i < n; i++) {
		pthread_mutex_lock(&w[i].lock);
		if (w[i].dial_ns != 0)
			since = w[i].dial_ns;
		pthread_mutex_unlock(&w[i].lock);
	}
	if (since == 0 || now - since < (uint64_t)DIAL_MS * 1000000)
		return;
	fd = stranger(w, n);
	if (fd >= 0)
		(void)shutdown(fd, SHUT_RDWR);
}

static natsStatus
set_tls(const struct wire_conn *w, natsOptions *o)
{
	natsStatus r = natsOptions_SetSecure(o, true);

	if (w->ca == NULL)
		return NATS_INVALID_ARG; /* nobody to trust is nobody, not everybody */
	r = r != NATS_OK ? r : natsOptions_SetCATrustedCertificates(o, w->ca);
	r = r != NATS_OK ? r : natsOptions_SetExpectedHostname(o, w->to.host);
	r = r != NATS_OK ? r : natsOptions_SetCiphers(o, "ECDHE+AESGCM:ECDHE+CHACHA20");
	return r;
}

/* set_options() - under the lock. */
static natsStatus
set_options(struct wire_conn *w, natsOptions *o)
{
	const char *address = w->to.address[w->failures % w->to.n_addresses];
	bool six = strchr(address, ':') != NULL;
	char url[LINK_ADDRESS_MAX + 32];
	natsStatus r;

	snprintf(url, sizeof(url), "%s://%s%s%s:%u", w->to.tls ? "tls" : "nats", six ? "[" : "",
	    address, six ? "]" : "", w->to.port);
	r = natsOptions_SetURL(o, url);
	r = r != NATS_OK ? r : natsOptions_SetName(o, w->to.name);
	r = r != NATS_OK ? r : natsOptions_SetAllowReconnect(o, false);
	r = r != NATS_OK ? r : natsOptions_SetIgnoreDiscoveredServers(o, true);
	r = r != NATS_OK ? r : natsOptions_SetTimeout(o, CONNECT_MS);
	r = r != NATS_OK ? r : natsOptions_SetPingInterval(o, PING_MS);
	r = r != NATS_OK ? r : natsOptions_SetMaxPingsOut(o, 2);
	r = r != NATS_OK ? r : natsOptions_SetWriteDeadline(o, WRITE_MS);
	r = r != NATS_OK ? r : natsOptions_UseGlobalMessageDelivery(o, true);
	r = r != NATS_OK ? r : natsOptions_SetMaxPendingMsgs(o, LINK_PENDING);
	r = r != NATS_OK ? r : natsOptions_SetErrorHandler(o, wire_on_error, w);
	r = r != NATS_OK ? r : natsOptions_SetClosedCB(o, wire_on_closed, w);
	if (r == NATS_OK && w->to.tls)
		r = set_tls(w, o);
	if (r == NATS_OK && w->jwt != NULL)
		r = login_ask(w, o);
	return r;
}

natsStatus
dial_begin(struct wire_conn *w, natsConnection **conn, uint64_t *version)
{
	natsOptions *o = NULL;
	natsStatus r = natsOptions_Create(&o);

	*conn = NULL;
	pthread_mutex_lock(&w->lock);
	*version = w->version;
	if (w->to.n_addresses == 0)
		r = NATS_NO_SERVER;
	if (r == NATS_OK)
		r = set_options(w, o);
	pthread_mutex_unlock(&w->lock);
	pthread_mutex_lock(&dialling);
	begun(w, uv_hrtime(), -1);
	if (r == NATS_OK)
		r = natsConnection_Connect(conn, o);
	begun(w, 0, r == NATS_OK ? stranger(w->all, WIRES) : -1);
	pthread_mutex_unlock(&dialling);
	natsOptions_Destroy(o);
	return r;
}

void
dial_end(struct wire_conn *w, natsConnection *conn)
{
	pthread_mutex_lock(&dialling);
	natsConnection_Destroy(conn);
	begun(w, 0, -1);
	pthread_mutex_unlock(&dialling);
}
