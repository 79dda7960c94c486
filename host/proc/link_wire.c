/*
 * link_wire - one connection, kept up by a thread of its own. nats.c does not reconnect by itself:
 * it would give up on a server that refused a login twice, and what was published meanwhile would
 * wait where nobody sees it. Here a connection that ends is made anew, for ever, more slowly each
 * time and never in step with other hosts; every subscription is at the server before it is called
 * up.
 *
 * The key of the login is not here. What the server wants signed goes to the parent over the loop,
 * and this thread waits for it.
 */
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "host/proc/link_priv.h"

enum {
	CONNECT_MS = 4000,
	SIGN_MS = 3000,
	FLUSH_MS = 4000,
	PING_MS = 10000,
	WRITE_MS = 4000,
	RETRY_FIRST_MS = 100,
	RETRY_MAX_MS = 3000,
	REFUSED_MAX_MS = 10000,
	STOP_FLUSH_MS = 500,
	DIAL_MS = 8000, /* all of it, TLS too */
	FDS = 512,
	PENDING_MSGS = 16384,
	PENDING_BYTES = 32 * 1024 * 1024,
};

static void
until(struct timespec *t, uint64_t ms)
{
	clock_gettime(CLOCK_MONOTONIC, t);
	t->tv_sec += (time_t)(ms / 1000);
	t->tv_nsec += (long)(ms % 1000) * 1000000;
	if (t->tv_nsec >= 1000000000) {
		t->tv_sec++;
		t->tv_nsec -= 1000000000;
	}
}

/* ---- what nats.c calls, in its own threads ---- */

static natsStatus
give_jwt(char **jwt, char **error, void *ctx)
{
	struct wire_conn *w = ctx;

	(void)error;
	pthread_mutex_lock(&w->lock);
	*jwt = w->jwt != NULL ? strdup(w->jwt) : NULL;
	pthread_mutex_unlock(&w->lock);
	return *jwt != NULL ? NATS_OK : NATS_NO_MEMORY;
}

static natsStatus
give_signature(char **error, unsigned char **sig, int *len, const char *nonce, void *ctx)
{
	struct wire_conn *w = ctx;
	struct item it = { .kind = ITEM_SIGN, .wire = w->wire };
	struct timespec end;
	bool done;
	int r = 0;

	(void)error;
	if (strlen(nonce) > LINK_NONCE_MAX)
		return NATS_ERR;
	snprintf(it.text, sizeof(it.text), "%s", nonce);
	*sig = malloc(LINK_SIG);
	if (*sig == NULL)
		return NATS_NO_MEMORY;
	*len = LINK_SIG;
	until(&end, SIGN_MS);
	pthread_mutex_lock(&w->lock);
	it.id = w->sign_id = ++w->sign_last;
	w->sign_done = false;
	queue_put(&it);
	while (r == 0 && !w->sign_done && !w->stopping)
		r = pthread_cond_timedwait(&w->news, &w->lock, &end);
	done = w->sign_done;
	memcpy(*sig, w->sig, LINK_SIG);
	pthread_mutex_unlock(&w->lock);
	if (done)
		return NATS_OK;
	free(*sig);
	*sig = NULL;
	return NATS_TIMEOUT;
}

void
wire_signed(struct wire_conn *w, const struct link_sign *m)
{
	pthread_mutex_lock(&w->lock);
	if (m->id == w->sign_id && m->text.len == LINK_SIG) {
		memcpy(w->sig, m->text.ptr, LINK_SIG);
		w->sign_done = true;
		pthread_cond_broadcast(&w->news);
	}
	pthread_mutex_unlock(&w->lock);
}

static void
on_closed(natsConnection *conn, void *ctx)
{
	struct wire_conn *w = ctx;

	pthread_mutex_lock(&w->lock);
	if (w->conn == conn) {
		w->closed = true;
		pthread_cond_broadcast(&w->news);
	}
	pthread_mutex_unlock(&w->lock);
}

/* put_error() - of a connection that lives. */
static void
put_error(struct wire_conn *w, const char *text)
{
	struct item it = { .kind = ITEM_ERROR, .wire = w->wire };

	snprintf(it.text, sizeof(it.text), "%.255s", text);
	queue_put(&it);
}

static void
on_error(natsConnection *conn, natsSubscription *sub, natsStatus status, void *ctx)
{
	struct wire_conn *w = ctx;
	const char *text = NULL;

	(void)sub;
	if (status == NATS_SLOW_CONSUMER) {
		put_error(w, "messages were lost: more came than are taken");
		return;
	}
	(void)natsConnection_GetLastError(conn, &text);
	put_error(w, text != NULL && text[0] != '\0' ? text : natsStatus_GetText(status));
}

/* on_message() - the closure is the subscription's number, with the connection in its lowest bit.
 */
static void
on_message(natsConnection *conn, natsSubscription *sub, natsMsg *msg, void *ctx)
{
	uintptr_t key = (uintptr_t)ctx;
	struct item it = { .kind = ITEM_MSG,
		.wire = (enum wire)(key & 1),
		.id = (uint32_t)(key >> 1),
		.msg = msg };

	(void)conn;
	(void)sub;
	queue_put(&it);
}

static void
on_inbox(natsConnection *conn, natsSubscription *sub, natsMsg *msg, void *ctx)
{
	const struct wire_conn *w = ctx;
	struct item it = { .kind = ITEM_INBOX, .wire = w->wire, .msg = msg };
	const char *dot = strrchr(natsMsg_GetSubject(msg), '.');

	(void)conn;
	(void)sub;
	it.id = dot != NULL ? (uint32_t)strtoul(dot + 1, NULL, 10) : 0;
	queue_put(&it);
}

/* ---- sockets ---- */

/* one connection is made at a time: the socket that belongs to none is the one being made */
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
wire_watch(struct wire_conn *w, size_t n)
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

/* ---- connecting ---- */

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
	r = r != NATS_OK ? r : natsOptions_SetMaxPendingMsgs(o, PENDING_MSGS);
	r = r != NATS_OK ? r : natsOptions_SetErrorHandler(o, on_error, w);
	r = r != NATS_OK ? r : natsOptions_SetClosedCB(o, on_closed, w);
	if (r == NATS_OK && w->to.tls)
		r = set_tls(w, o);
	if (r == NATS_OK && w->jwt != NULL)
		r = natsOptions_SetUserCredentialsCallbacks(o, give_jwt, w, give_signature, w);
	return r;
}

/* why() - the server's words, as far as nats.c has kept them. */
static const char *
why(natsConnection *conn, natsStatus status)
{
	const char *text = NULL;

	if (conn != NULL)
		(void)natsConnection_GetLastError(conn, &text);
	else
		text = nats_GetLastError(NULL);
	return text != NULL && text[0] != '\0' ? text : natsStatus_GetText(status);
}

static bool
is_refusal(natsStatus status, const char *text)
{
	return status == NATS_CONNECTION_AUTH_FAILED || strcasestr(text, "authorization") != NULL ||
	       strcasestr(text, "authentication") != NULL;
}

/* put_state() - what has changed, once. */
static void
put_state(struct wire_conn *w, enum link_state state, const char *text)
{
	struct item it = { .kind = ITEM_STATE, .wire = w->wire, .state = state };

	if (state == w->said_state && strcmp(text, w->said) == 0)
		return;
	w->said_state = state;
	snprintf(w->said, sizeof(w->said), "%.255s", text);
	snprintf(it.text, sizeof(it.text), "%.255s", text);
	queue_put(&it);
}

static natsStatus
subscribe(struct wire_conn *w, struct wire_sub *s)
{
	void *key = (void *)((uintptr_t)s->id << 1 | (uintptr_t)w->wire);
	natsStatus r;

	if (s->queue != NULL)
		r = natsConnection_QueueSubscribe(
		    &s->at, w->conn, s->subject, s->queue, on_message, key);
	else
		r = natsConnection_Subscribe(&s->at, w->conn, s->subject, on_message, key);
	if (r == NATS_OK)
		r = natsSubscription_SetPendingLimits(s->at, PENDING_MSGS, PENDING_BYTES);
	return r;
}

/* subscribe_all() - one after the other has come to the server, so that what it refuses is known by
 * name. */
static natsStatus
subscribe_all(struct wire_conn *w, natsConnection *conn)
{
	natsStatus r = NATS_OK;

	for (size_t i = 0; r == NATS_OK && i < LINK_SUBS; i++) {
		struct wire_sub *s = &w->sub[i];
		bool sent;

		pthread_mutex_lock(&w->lock);
		sent = s->id != 0 && s->wire == w->wire && s->at == NULL;
		if (sent)
			r = subscribe(w, s);
		pthread_mutex_unlock(&w->lock);
		if (sent && r == NATS_OK)
			r = natsConnection_FlushTimeout(conn, FLUSH_MS);
	}
	return r;
}

/* take_up() - @conn is logged in. Return: NATS_OK when all is at the server. */
static natsStatus
take_up(struct wire_conn *w, natsConnection *conn)
{
	char inbox[LINK_INBOX_MAX];
	natsInbox *fresh = NULL;
	natsStatus r = natsInbox_Create(&fresh);

	if (r != NATS_OK)
		return r;
	snprintf(inbox, sizeof(inbox), "%s.*", fresh);
	natsInbox_Destroy(fresh);
	pthread_mutex_lock(&w->lock);
	w->conn = conn;
	w->closed = false;
	snprintf(w->inbox, sizeof(w->inbox), "%.*s", (int)strlen(inbox) - 1, inbox);
	r = natsConnection_Subscribe(&w->inbox_at, conn, inbox, on_inbox, w);
	pthread_mutex_unlock(&w->lock);
	if (r == NATS_OK)
		r = subscribe_all(w, conn);
	if (r == NATS_OK)
		r = natsConnection_FlushTimeout(conn, FLUSH_MS);
	pthread_mutex_lock(&w->lock);
	w->up = r == NATS_OK && !w->closed;
	pthread_mutex_unlock(&w->lock);
	return r;
}

/* let_go() - the connection and all that hung on it. */
static void
let_go(struct wire_conn *w, natsConnection *conn)
{
	natsSubscription *inbox;

	pthread_mutex_lock(&w->lock);
	w->conn = NULL;
	w->up = false;
	inbox = w->inbox_at;
	w->inbox_at = NULL;
	for (size_t i = 0; i < LINK_SUBS; i++) {
		if (w->sub[i].wire == w->wire && w->sub[i].at != NULL) {
			natsSubscription_Destroy(w->sub[i].at);
			w->sub[i].at = NULL;
		}
	}
	pthread_mutex_unlock(&w->lock);
	natsSubscription_Destroy(inbox);
	/* its number may be another's socket from here on */
	pthread_mutex_lock(&dialling);
	natsConnection_Destroy(conn);
	begun(w, 0, -1);
	pthread_mutex_unlock(&dialling);
}

/* pause_ms() - longer each time, and by chance: hosts that lost a server together do not come
 * together. */
static uint64_t
pause_ms(const struct wire_conn *w, bool refused)
{
	uint64_t base = (uint64_t)RETRY_FIRST_MS << (w->failures < 8 ? w->failures : 8);
	uint64_t most = refused ? REFUSED_MAX_MS : RETRY_MAX_MS;

	base = base < most ? base : most;
	return base / 2 + randombytes_uniform((uint32_t)base);
}

static void
sleep_a_while(struct wire_conn *w, bool refused, uint64_t version)
{
	struct timespec end;
	int r = 0;

	until(&end, pause_ms(w, refused));
	w->failures++;
	pthread_mutex_lock(&w->lock);
	while (r == 0 && !w->stopping && w->version == version)
		r = pthread_cond_timedwait(&w->news, &w->lock, &end);
	pthread_mutex_unlock(&w->lock);
}

/* dial() - Return: NATS_OK and a connection; else ->said says why. */
static natsStatus
dial(struct wire_conn *w, natsConnection **conn, uint64_t *version)
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

/* wait_for_end() - of the connection, or of us. */
static void
wait_for_end(struct wire_conn *w, uint64_t version)
{
	pthread_mutex_lock(&w->lock);
	while (!w->closed && !w->stopping && w->version == version)
		pthread_cond_wait(&w->news, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

/* turn() - one connection, from its beginning to its end. */
static void
turn(struct wire_conn *w)
{
	natsConnection *conn = NULL;
	uint64_t version = 0;
	natsStatus r = dial(w, &conn, &version);
	const char *text = r != NATS_OK ? why(NULL, r) : "";
	bool refused = r != NATS_OK && is_refusal(r, text);
	bool was_up = false;

	if (r == NATS_OK) {
		r = take_up(w, conn);
		was_up = r == NATS_OK;
		if (was_up) {
			w->failures = 0;
			put_state(w, LINK_UP, "");
			wait_for_end(w, version);
		}
		text = why(conn, r != NATS_OK ? r : NATS_CONNECTION_CLOSED);
		refused = is_refusal(NATS_OK, text);
	}
	if (!w->stopping)
		put_state(w, refused ? LINK_REFUSED : LINK_DOWN, text);
	/* at the end of all it goes with the process: the other one may be being made */
	if (conn != NULL && w->stopping)
		(void)natsConnection_FlushTimeout(conn, STOP_FLUSH_MS);
	else if (conn != NULL)
		let_go(w, conn);
	if (!w->stopping)
		sleep_a_while(w, refused, version);
}

static void *
run(void *ctx)
{
	struct wire_conn *w = ctx;

	while (!w->stopping)
		turn(w);
	nats_ReleaseThreadMemory();
	return NULL;
}

/* ---- for the loop's thread ---- */

void
wire_begin(struct wire_conn *w, enum wire wire, struct wire_conn *all, struct wire_sub *subs)
{
	pthread_condattr_t attr;

	*w = (struct wire_conn){ .wire = wire, .all = all, .fd = -1, .sub = subs };
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->news, &attr);
	pthread_condattr_destroy(&attr);
}

int
wire_set(struct wire_conn *w, const struct link_wire *to)
{
	char *jwt = to->jwt.len > 0 ? strndup((const char *)to->jwt.ptr, to->jwt.len) : NULL;
	char *ca = to->ca.len > 0 ? strndup((const char *)to->ca.ptr, to->ca.len) : NULL;

	if ((to->jwt.len > 0 && jwt == NULL) || (to->ca.len > 0 && ca == NULL)) {
		free(jwt);
		free(ca);
		return err_raise(-ENOMEM);
	}
	pthread_mutex_lock(&w->lock);
	free(w->jwt);
	free(w->ca);
	w->to = *to;
	w->to.jwt = w->to.ca = BYTES_NULL;
	w->jwt = jwt;
	w->ca = ca;
	w->known = true;
	w->version++;
	pthread_cond_broadcast(&w->news);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

int
wire_start(struct wire_conn *w)
{
	return -pthread_create(&w->thread, NULL, run, w);
}

int
wire_sub(struct wire_conn *w, struct wire_sub *place, const struct link_sub *m)
{
	char *subject = strndup((const char *)m->subject.ptr, m->subject.len);
	char *queue = m->queue.len > 0 ? strndup((const char *)m->queue.ptr, m->queue.len) : NULL;
	natsStatus r = NATS_OK;

	if (subject == NULL || (m->queue.len > 0 && queue == NULL)) {
		free(subject);
		free(queue);
		return err_raise(-ENOMEM);
	}
	pthread_mutex_lock(&w->lock);
	*place = (struct wire_sub){ m->id, w->wire, subject, queue, NULL };
	if (w->conn != NULL)
		r = subscribe(w, place);
	pthread_mutex_unlock(&w->lock);
	if (r != NATS_OK)
		put_error(w, natsStatus_GetText(r));
	return 0;
}

/* on_drained() - nothing of it is on its way any more. */
static void
on_drained(void *ctx)
{
	natsSubscription_Destroy(ctx);
}

void
wire_unsub(struct wire_conn *w, struct wire_sub *place)
{
	natsSubscription *at;

	pthread_mutex_lock(&w->lock);
	at = place->at;
	free(place->subject);
	free(place->queue);
	*place = (struct wire_sub){ 0 };
	pthread_mutex_unlock(&w->lock);
	if (at == NULL)
		return;
	/* what the server has sent already is given on: a queue group's messages come to nobody
	 * else */
	if (natsSubscription_SetOnCompleteCB(at, on_drained, at) != NATS_OK ||
	    natsSubscription_Drain(at) != NATS_OK)
		natsSubscription_Destroy(at);
}

/* publish() - subjects are text here: one with a NUL in it was refused by who made it. */
static bool
publish(struct wire_conn *w, const struct link_msg *m, const char *reply)
{
	char subject[LINK_SUBJECT_MAX + 1];
	natsStatus r = NATS_INVALID_SUBJECT;
	bool up;

	snprintf(
	    subject, sizeof(subject), "%.*s", (int)m->subject.len, (const char *)m->subject.ptr);
	pthread_mutex_lock(&w->lock);
	up = w->up;
	if (up && reply[0] != '\0')
		r = natsConnection_PublishRequest(
		    w->conn, subject, reply, m->body.ptr, (int)m->body.len);
	else if (up)
		r = natsConnection_Publish(w->conn, subject, m->body.ptr, (int)m->body.len);
	pthread_mutex_unlock(&w->lock);
	if (up && r != NATS_OK)
		put_error(w, natsStatus_GetText(r));
	return up && r == NATS_OK;
}

bool
wire_pub(struct wire_conn *w, const struct link_msg *m, struct bytes reply)
{
	char to[LINK_SUBJECT_MAX + 1];

	snprintf(
	    to, sizeof(to), "%.*s", (int)reply.len, reply.len > 0 ? (const char *)reply.ptr : "");
	return publish(w, m, to);
}

bool
wire_ask(struct wire_conn *w, const struct link_msg *m)
{
	char to[LINK_INBOX_MAX + 16];

	struct link_msg echo = *m;

	pthread_mutex_lock(&w->lock);
	snprintf(to, sizeof(to), "%s%u", w->inbox, m->id);
	pthread_mutex_unlock(&w->lock);
	if (m->subject.len > 0)
		return publish(w, m, to);
	echo.subject = bytes_str(to);
	return publish(w, &echo, "");
}

void
wire_stop(struct wire_conn *w)
{
	bool up;

	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	up = w->up;
	pthread_cond_broadcast(&w->news);
	pthread_mutex_unlock(&w->lock);
	/* one that is being made has nothing to say, and ends with us */
	if (up)
		pthread_join(w->thread, NULL);
}
