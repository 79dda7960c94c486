/*
 * link_server - what a server says, read by gateway/nats as strictly as the gateway reads it: its
 * INFO, the login, messages, errors. It is a stranger until it has taken our login, and not much
 * more then: every message is bounded, and what it wants signed is looked at by the parent.
 */
#include <sodium.h>
#include <stdio.h>

#include "gateway/nats/connect.h"
#include "gateway/nats/info.h"
#include "gateway/nats/writer.h"
#include "host/proc/link_priv.h"

enum { SIGN_MS = 3000, CONNECT_MAX = 32 * 1024 };

#define INBOX_SID "i"

/* ---- the login ---- */

static void
log_in(struct wire_conn *w, struct bytes sig)
{
	struct nats_login login = { .jwt = w->jwt,
		.sig = sig,
		.name = bytes_str(w->to.name),
		.echo = true,
		.headers = w->headers,
		.no_responders = w->headers };
	struct buf json;

	buf_init(&json, CONNECT_MAX);
	connect_encode(&json, &login);
	if (buf_failed(&json)) {
		wire_fail(w, "the login is too long", false);
	} else {
		nats_put_connect(stream_out(&w->stream), buf_bytes(&json));
		(void)wire_ping(w);
		w->state = WIRE_LOGGING_IN;
	}
	buf_deinit(&json);
}

/* introduce() - what was said in clear is over; who we are. */
static void
introduce(struct wire_conn *w)
{
	if (w->jwt.len == 0 || w->nonce[0] == '\0') {
		log_in(w, BYTES_NULL);
		return;
	}
	w->state = WIRE_SIGNING;
	w->deadline_ms = uv_now(w->retry.loop) + SIGN_MS;
	link_say_nonce(w->wire, ++w->sign_id, bytes_str(w->nonce));
}

void
server_signed(struct wire_conn *w, const struct link_sign *m)
{
	if (w->state != WIRE_SIGNING || m->id != w->sign_id || m->text.len != LINK_SIG)
		return;
	w->deadline_ms = uv_now(w->retry.loop) + LINK_LOGIN_MS;
	log_in(w, m->text);
}

static void
on_info(struct wire_conn *w, const struct nats_op *op)
{
	struct nats_info info;

	if (info_decode(&info, op->json) != 0) {
		wire_fail(w, "the server's INFO cannot be read", false);
		return;
	}
	w->max_payload = info.max_payload;
	if (w->state != WIRE_GREETING)
		return;
	w->headers = info.headers;
	snprintf(w->nonce, sizeof(w->nonce), "%s", info.nonce);
	if (w->tls != NULL && (info.tls_required || info.tls_available))
		w->state = WIRE_SECURING;
	else if (w->tls != NULL)
		wire_fail(w, "the server offers no TLS", false);
	else if (info.tls_required)
		wire_fail(w, "the server demands TLS", false);
	else
		introduce(w);
}

/* tell() - it has taken the login; now what we listen to. */
static void
tell(struct wire_conn *w)
{
	char subject[LINK_INBOX_MAX + 2];
	uint8_t raw[16];
	int n;

	memcpy(w->inbox, "_INBOX.", 7);
	randombytes_buf(raw, sizeof(raw));
	sodium_bin2hex(w->inbox + 7, sizeof(w->inbox) - 8, raw, sizeof(raw));
	memcpy(w->inbox + 7 + 2 * sizeof(raw), ".", 2);
	n = snprintf(subject, sizeof(subject), "%s*", w->inbox);
	nats_put_sub(
	    stream_out(&w->stream), bytes_of(subject, (size_t)n), BYTES_NULL, BYTES_LIT(INBOX_SID));
	subs_tell(w);
	(void)wire_ping(w);
	w->state = WIRE_TELLING;
	w->deadline_ms = uv_now(w->retry.loop) + LINK_LOGIN_MS;
}

static void
on_pong(struct wire_conn *w)
{
	if (w->pongs == w->pings) {
		wire_fail(w, "the server answers what nobody asked", false);
		return;
	}
	w->pongs++;
	if (w->state == WIRE_LOGGING_IN)
		tell(w);
	else if (w->state == WIRE_TELLING && w->pongs == w->pings)
		wire_up(w);
	subs_pong(w);
	if (w->stopping && wire_heard(w, w->stop_pong))
		link_said_all();
}

/* ---- what it says then ---- */

static bool
has_word(struct bytes text, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= text.len; i++)
		if (strncasecmp((const char *)text.ptr + i, word, n) == 0)
			return true;
	return false;
}

static void
on_err(struct wire_conn *w, struct bytes text)
{
	char why[LINK_WHY_MAX];

	if (w->state >= WIRE_TELLING && bytes_starts(text, BYTES_LIT("Permissions Violation"))) {
		link_say_error(w->wire, text);
		return;
	}
	snprintf(why, sizeof(why), "%.*s",
	    (int)(text.len < sizeof(why) ? text.len : sizeof(why) - 1),
	    text.len > 0 ? (const char *)text.ptr : "");
	wire_fail(w, why, has_word(text, "authorization") || has_word(text, "authentication"));
}

/* number() - of digits alone; 0: it is none. */
static uint32_t
number(struct bytes s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || i > 9)
			return 0;
		n = n * 10 + (uint64_t)(s.ptr[i] - '0');
	}
	return n <= UINT32_MAX ? (uint32_t)n : 0;
}

/* nobody() - the server's own word that no subscription took the request. */
static bool
nobody(const struct nats_op *op)
{
	return op->payload.len == 0 && bytes_starts(op->header, BYTES_LIT("NATS/1.0 503"));
}

static void
on_answer(const struct wire_conn *w, const struct nats_op *op)
{
	struct bytes prefix = bytes_str(w->inbox);
	uint32_t id = 0;

	if (bytes_starts(op->subject, prefix))
		id = number(bytes_from(op->subject, prefix.len));
	if (id == 0)
		return;
	if (nobody(op))
		(void)asked_answered(id, LINK_NO_RESPONDERS, BYTES_NULL);
	else if (op->payload.len > LINK_BODY_MAX)
		(void)asked_answered(id, LINK_TIMEOUT, BYTES_NULL);
	else
		(void)asked_answered(id, LINK_OK, op->payload);
}

static void
on_msg(const struct wire_conn *w, const struct nats_op *op)
{
	const struct wire_sub *s;
	uint32_t id;

	if (bytes_is(op->sid, INBOX_SID)) {
		on_answer(w, op);
		return;
	}
	id = number(op->sid);
	s = sub_at(w->sub, id);
	if (id != 0 && s->id == id && s->wire == w->wire)
		link_say_msg(w->wire, id, op->subject, op->reply, op->payload);
}

static void
on_op(struct wire_conn *w, const struct nats_op *op)
{
	bool known = w->state >= WIRE_TELLING, introduced = w->state >= WIRE_LOGGING_IN;

	switch (op->kind) {
	case NATS_INFO:
		on_info(w, op);
		return;
	case NATS_ERR:
		on_err(w, op->text);
		return;
	case NATS_PING:
		if (introduced) /* before our CONNECT a server wants to hear nothing else */
			nats_put_pong(stream_out(&w->stream));
		return;
	case NATS_OK:
		return;
	case NATS_PONG:
		if (introduced)
			on_pong(w);
		else
			wire_fail(w, "the server speaks out of turn", false);
		return;
	default:
		break;
	}
	if (known && (op->kind == NATS_MSG || op->kind == NATS_HMSG))
		on_msg(w, op);
	else
		wire_fail(w, "the server speaks out of turn", false);
}

/* listening() - may operations be taken? */
static bool
listening(const struct wire_conn *w)
{
	return w->state != WIRE_CLOSING && w->state != WIRE_AWAY && w->state != WIRE_SECURING;
}

/* settle() - what is left of what was read. @r, @answer: of stream_fill() and nats_parse(). */
static void
settle(struct wire_conn *w, struct bytes rest, int r, int answer)
{
	if (w->state == WIRE_CLOSING || w->state == WIRE_AWAY)
		return;
	if (w->state == WIRE_SECURING) {
		if (rest.len > 0 || stream_keep(&w->stream, BYTES_NULL) != 0)
			wire_fail(w, "the server said more than INFO before TLS", false);
		else if (dial_secure(w) == 0)
			introduce(w);
	} else if (answer > NATS_MORE) {
		wire_fail(w, "the server does not speak NATS", false);
	} else if (r != 0) {
		wire_fail(w, r < 0 ? strerror(-r) : "the server closed the connection", false);
	} else if (stream_keep(&w->stream, rest) != 0) {
		wire_fail(w, "out of memory", false);
	}
}

static void
readable(struct stream *s)
{
	struct wire_conn *w = (struct wire_conn *)s;
	int r, answer = 0;
	struct nats_op op;
	struct bytes run;

	if (w->state == WIRE_SECURING) {
		if (dial_secure(w) == 0)
			introduce(w);
		return;
	}
	r = stream_fill(s, w->parser.need, &run);
	if (r == STREAM_BLOCKED)
		return;
	while (listening(w)) {
		size_t used = 0;

		answer = nats_parse(&w->parser, run, &used, &op);
		if (answer != 0)
			break;
		run = bytes_from(run, used);
		on_op(w, &op);
	}
	settle(w, run, r, answer);
}

static void
writable(struct stream *s)
{
	(void)s;
}

const struct stream_ops *
server_ops(void)
{
	static const struct stream_ops ops = { readable, writable, wire_closed };

	return &ops;
}
