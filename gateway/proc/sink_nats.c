/*
 * sink_nats - records into a JetStream stream, each acknowledged, or to a plain subject. The client
 * is nats.c; its threads call back here, and touch nothing but struct link under its lock.
 *
 * It does not reconnect by itself: what was under way when a connection ended is not known, so
 * ship.c begins anew from the place that is certain. The seed of the login stays in guarded memory;
 * nats.c is given signatures.
 */
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gateway/proc/nats_login.h"
#include "gateway/proc/ship.h"

enum { CONNECT_MS = 2000, ASK_MS = 2000, ACK_MS = 5000, PING_MS = 5000 };

struct link {
	natsConnection *conn;
	jsCtx *js;
	/* of the batch under way */
	pthread_mutex_t lock;
	pthread_cond_t news;
	const struct ship_batch *batch;
	bool acked[SHIP_BATCH];
	size_t n_acked;
	bool refused;
	char why[SHIP_WHY_MAX];
};

/* on_error() - asynchronous ones; without a handler nats.c prints them. They show where we ask. */
static void
on_error(natsConnection *c, natsSubscription *sub, natsStatus status, void *ctx)
{
	(void)c;
	(void)sub;
	(void)status;
	(void)ctx;
}

/* ---- acknowledgements ---- */

/* item_of() - which item of the batch under way a message is; ->n when none. */
static size_t
item_of(const struct ship_batch *b, natsMsg *msg)
{
	char mine[SHIP_ID_MAX];
	const char *id;

	if (b == NULL || natsMsgHeader_Get(msg, "Nats-Msg-Id", &id) != NATS_OK)
		return b != NULL ? b->n : 0;
	for (size_t i = 0; i < b->n; i++) {
		const char *dot = strchr(id, '.');

		if (dot == NULL || strtoull(dot + 1, NULL, 10) != b->item[i].seq)
			continue;
		ship_id(&b->item[i], mine);
		return strcmp(mine, id) == 0 ? i : b->n;
	}
	return b->n;
}

static void
on_ack(jsCtx *js, natsMsg *msg, jsPubAck *ack, jsPubAckErr *error, void *ctx)
{
	struct ship *s = ctx;
	struct link *k = s->link;
	size_t i;

	(void)js;
	pthread_mutex_lock(&k->lock);
	i = item_of(k->batch, msg);
	if (k->batch != NULL && i < k->batch->n) {
		if (ack != NULL && ack->Stream != NULL &&
		    strcmp(ack->Stream, s->conf.stream) == 0) {
			k->n_acked += k->acked[i] ? 0 : 1;
			k->acked[i] = true;
		} else {
			k->refused = true;
			snprintf(k->why, sizeof(k->why), "the stream did not take it: %s",
			    error == NULL                      ? "another stream has the subject"
			    : error->Err == NATS_NO_RESPONDERS ? "no stream has the subject"
			    : error->ErrText != NULL           ? error->ErrText
							       : natsStatus_GetText(error->Err));
		}
		pthread_cond_signal(&k->news);
	}
	pthread_mutex_unlock(&k->lock);
	natsMsg_Destroy(msg);
}

/* ---- connecting ---- */

static struct link *
link_of(struct ship *s)
{
	struct link *k = s->link;
	pthread_condattr_t attr;

	if (k != NULL)
		return k;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return NULL;
	pthread_mutex_init(&k->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&k->news, &attr);
	pthread_condattr_destroy(&attr);
	s->link = k; /* for ever: callbacks may come late */
	return k;
}

/*
 * set_tls() - a server that does not speak it is refused by nats.c (NATS_SECURE_CONNECTION_WANTED), and so
 * is one without a certificate of those in `ca` for the name it was dialled by.
 */
static natsStatus
set_tls(struct ship *s, natsOptions *o)
{
	const struct ship_login *l = &s->login;
	natsStatus r = natsOptions_SetSecure(o, true);

	if (l->ca == NULL)
		return NATS_INVALID_ARG; /* nobody to trust is nobody, not everybody */
	r = r != NATS_OK ? r : natsOptions_SetCATrustedCertificates(o, l->ca);
	r = r != NATS_OK ? r : natsOptions_SetExpectedHostname(o, s->conf.host);
	r = r != NATS_OK ? r : natsOptions_SetCiphers(o, "ECDHE+AESGCM:ECDHE+CHACHA20");
	if (r == NATS_OK && l->cert != NULL && l->pem.ptr != NULL)
		r = natsOptions_SetCertificatesChain(o, l->cert, (const char *)l->pem.ptr);
	return r;
}

static natsStatus
set_options(struct ship *s, natsOptions *o, struct nats_login *login)
{
	const char *address = ship_address(s);
	bool six = strchr(address, ':') != NULL;
	char url[SINK_TEXT_MAX + 32], name[SINK_NAME_MAX + 32];
	natsStatus r;

	snprintf(url, sizeof(url), "%s://%s%s%s:%u", s->conf.tls ? "tls" : "nats", six ? "[" : "", address, six ? "]" : "",
	    s->conf.port);
	snprintf(name, sizeof(name), "portcullis sink %s", s->conf.name);
	r = natsOptions_SetURL(o, url);
	r = r != NATS_OK ? r : natsOptions_SetName(o, name);
	r = r != NATS_OK ? r : natsOptions_SetAllowReconnect(o, false);
	r = r != NATS_OK ? r : natsOptions_SetTimeout(o, CONNECT_MS);
	r = r != NATS_OK ? r : natsOptions_SetPingInterval(o, PING_MS);
	r = r != NATS_OK ? r : natsOptions_SetMaxPingsOut(o, 2);
	r = r != NATS_OK ? r : natsOptions_SetWriteDeadline(o, ACK_MS);
	r = r != NATS_OK ? r : natsOptions_SetErrorHandler(o, on_error, NULL);
	if (r == NATS_OK && s->conf.tls)
		r = set_tls(s, o);
	if (r == NATS_OK && s->login.jwt != NULL)
		r = nats_login_set(o, login);
	return r;
}

/* why_of() - what nats.c says of the last failure. */
static int
why_of(struct ship *s, const char *what, natsStatus r)
{
	const struct link *k = s->link;
	const char *text = NULL;

	if (k != NULL && k->conn != NULL && natsConnection_GetLastError(k->conn, &text) == NATS_OK)
		text = NULL;
	return ship_why(
	    s, "%s: %s", what, text != NULL && text[0] != '\0' ? text : natsStatus_GetText(r));
}

static void
nats_close(struct ship *s)
{
	struct link *k = s->link;

	if (k == NULL)
		return;
	pthread_mutex_lock(&k->lock);
	k->batch = NULL;
	pthread_mutex_unlock(&k->lock);
	/* first: what is under way may be handed to what is destroyed next (nats-io/nats.c#637) */
	natsConnection_Close(k->conn);
	jsCtx_Destroy(k->js);
	natsConnection_Destroy(k->conn);
	k->js = NULL;
	k->conn = NULL;
}

static int
nats_open(struct ship *s)
{
	struct nats_login login = { .jwt = s->login.jwt, .key = &s->login.key };
	struct link *k = link_of(s);
	natsOptions *o = NULL;
	natsStatus r;

	if (k == NULL)
		return ship_why(s, "out of memory");
	r = natsOptions_Create(&o);
	if (r == NATS_OK)
		r = set_options(s, o, &login);
	if (r == NATS_OK)
		r = nats_login_connect(&k->conn, o, &login);
	natsOptions_Destroy(o);
	return r == NATS_OK ? 0 : why_of(s, "cannot connect", r);
}

static bool
nats_alive(struct ship *s)
{
	const struct link *k = s->link;

	return natsConnection_Status(k->conn) == NATS_CONN_STATUS_CONNECTED;
}

/* make_stream() - where `create = yes`; one that is there is left as it is. */
static natsStatus
make_stream(struct ship *s, struct link *k)
{
	const char *subject = s->conf.subject;
	jsStreamConfig c;
	jsStreamInfo *info = NULL;
	jsErrCode code = 0;
	natsStatus r = js_GetStreamInfo(&info, k->js, s->conf.stream, NULL, &code);

	jsStreamInfo_Destroy(info);
	if (r != NATS_NOT_FOUND)
		return r;
	(void)!jsStreamConfig_Init(&c);
	c.Name = s->conf.stream;
	c.Subjects = &subject;
	c.SubjectsLen = 1;
	c.DenyDelete = true; /* one message is as little to be taken out as one record */
	return js_AddStream(NULL, k->js, &c, NULL, &code);
}

static int
jetstream_open(struct ship *s)
{
	struct link *k;
	jsOptions o;
	natsStatus r;

	if (nats_open(s) != 0)
		return -1;
	k = s->link;
	jsOptions_Init(&o);
	o.Wait = ASK_MS;
	o.PublishAsync.MaxPending = SHIP_BATCH;
	o.PublishAsync.AckHandler = on_ack;
	o.PublishAsync.AckHandlerClosure = s;
	r = natsConnection_JetStream(&k->js, k->conn, &o);
	if (r == NATS_OK && s->conf.create) {
		r = make_stream(s, k);
		if (r != NATS_OK)
			return why_of(s, "cannot make the stream", r);
	}
	return r == NATS_OK ? 0 : why_of(s, "no JetStream", r);
}

static bool
jetstream_last(struct ship *s, char id[SHIP_ID_MAX])
{
	const struct link *k = s->link;
	natsMsg *msg = NULL;
	const char *found;
	bool known;

	/* not found, or not for this login to ask: then what we kept counts */
	if (js_GetLastMsg(&msg, k->js, s->conf.stream, s->conf.subject, NULL, NULL) != NATS_OK)
		return false;
	known =
	    natsMsgHeader_Get(msg, "Nats-Msg-Id", &found) == NATS_OK && strlen(found) < SHIP_ID_MAX;
	if (known)
		snprintf(id, SHIP_ID_MAX, "%s", found);
	natsMsg_Destroy(msg);
	return known;
}

/* ---- sending ---- */

static natsStatus
publish(struct ship *s, struct link *k, const struct ship_batch *b, const struct ship_item *i)
{
	struct bytes text = ship_text(b, i);
	char id[SHIP_ID_MAX];
	natsMsg *msg = NULL;
	jsPubOptions o;
	natsStatus r;

	jsPubOptions_Init(&o);
	ship_id(i, id);
	o.MsgId = id;
	o.ExpectStream = s->conf.stream;
	r = natsMsg_Create(&msg, s->conf.subject, NULL, (const char *)text.ptr, (int)text.len);
	if (r == NATS_OK)
		r = js_PublishMsgAsync(k->js, &msg, &o);
	natsMsg_Destroy(msg);
	return r;
}

/* all_acked() - wait for every acknowledgement of the batch. */
static int
all_acked(struct ship *s, struct link *k)
{
	struct timespec t;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ACK_MS / 1000;
	pthread_mutex_lock(&k->lock);
	while (r == 0 && !k->refused && k->n_acked < k->batch->n)
		r = pthread_cond_timedwait(&k->news, &k->lock, &t);
	if (k->refused)
		r = ship_why(s, "%s", k->why);
	else if (k->n_acked < k->batch->n)
		r = 1;
	else
		r = 0;
	k->batch = NULL;
	pthread_mutex_unlock(&k->lock);
	return r > 0 ? why_of(s, "not acknowledged", NATS_TIMEOUT) : r;
}

static int
jetstream_send(struct ship *s, const struct ship_batch *b)
{
	struct link *k = s->link;

	pthread_mutex_lock(&k->lock);
	k->batch = b;
	k->n_acked = 0;
	k->refused = false;
	memset(k->acked, 0, sizeof(k->acked));
	pthread_mutex_unlock(&k->lock);
	for (size_t i = 0; i < b->n; i++) {
		natsStatus r = publish(s, k, b, &b->item[i]);

		if (r != NATS_OK)
			return why_of(s, "not sent", r);
	}
	return all_acked(s, k);
}

static int
nats_send(struct ship *s, const struct ship_batch *b)
{
	const struct link *k = s->link;
	const char *text;
	natsStatus r = NATS_OK;

	for (size_t i = 0; r == NATS_OK && i < b->n; i++) {
		struct bytes t = ship_text(b, &b->item[i]);

		r = natsConnection_Publish(k->conn, s->conf.subject, t.ptr, (int)t.len);
	}
	if (r == NATS_OK)
		r = natsConnection_FlushTimeout(k->conn, ACK_MS);
	/* a refusal comes before the PONG */
	if (r == NATS_OK && natsConnection_GetLastError(k->conn, &text) != NATS_OK)
		r = NATS_NOT_PERMITTED;
	return r == NATS_OK ? 0 : why_of(s, "not sent", r);
}

const struct ship_ops sink_jetstream_ops = { jetstream_open, jetstream_send, nats_alive, nats_close,
	jetstream_last };
const struct ship_ops sink_nats_ops = { nats_open, nats_send, nats_alive, nats_close, NULL };
