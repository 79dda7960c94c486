/*
 * link_wire - one connection, kept up by a thread of its own. nats.c does not reconnect by itself:
 * it would give up on a server that refused a login twice, and what was published meanwhile would
 * wait where nobody sees it. Here a connection that ends is made anew, for ever, more slowly each
 * time and never in step with other hosts; every subscription is at the server before it is called
 * up. How one is made is in link_dial.c, as whom in link_login.c, what it listens to in
 * link_subs.c.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "host/proc/link_priv.h"

enum {
	RETRY_FIRST_MS = 100,
	RETRY_MAX_MS = 3000,
	REFUSED_MAX_MS = 10000,
	STOP_FLUSH_MS = 500,
};

void
wire_after(struct timespec *t, uint64_t ms)
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

void
wire_on_closed(natsConnection *conn, void *ctx)
{
	struct wire_conn *w = ctx;

	pthread_mutex_lock(&w->lock);
	if (w->conn == conn) {
		w->closed = true;
		pthread_cond_broadcast(&w->news);
	}
	pthread_mutex_unlock(&w->lock);
}

void
wire_error(struct wire_conn *w, const char *text)
{
	struct item it = { .kind = ITEM_ERROR, .wire = w->wire };

	snprintf(it.text, sizeof(it.text), "%.255s", text);
	queue_put(&it);
}

void
wire_on_error(natsConnection *conn, natsSubscription *sub, natsStatus status, void *ctx)
{
	struct wire_conn *w = ctx;
	const char *text = NULL;

	(void)sub;
	if (status == NATS_SLOW_CONSUMER) {
		wire_error(w, "messages were lost: more came than are taken");
		return;
	}
	(void)natsConnection_GetLastError(conn, &text);
	wire_error(w, text != NULL && text[0] != '\0' ? text : natsStatus_GetText(status));
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

/* ---- connecting ---- */

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
		r = subs_tell(w, conn);
	if (r == NATS_OK)
		r = natsConnection_FlushTimeout(conn, LINK_FLUSH_MS);
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
	subs_forget(w);
	pthread_mutex_unlock(&w->lock);
	natsSubscription_Destroy(inbox);
	/* its number may be another's socket from here on */
	dial_end(w, conn);
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

	wire_after(&end, pause_ms(w, refused));
	w->failures++;
	pthread_mutex_lock(&w->lock);
	while (r == 0 && !w->stopping && w->version == version)
		r = pthread_cond_timedwait(&w->news, &w->lock, &end);
	pthread_mutex_unlock(&w->lock);
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
	natsStatus r = dial_begin(w, &conn, &version);
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
		wire_error(w, natsStatus_GetText(r));
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
