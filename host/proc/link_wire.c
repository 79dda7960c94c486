/*
 * link_wire - one connection, kept up. One that ends is made anew, for ever, more slowly each time
 * and never in step with other hosts; every subscription is at the server before it is called up.
 * What is published while it is down is lost, as on any NATS connection, and nobody is told
 * otherwise. How one is made is in link_dial.c, what the server says in link_server.c, what it
 * listens to in link_subs.c.
 *
 * What is said in one turn of the loop leaves with one send, before the loop sleeps.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/nats/writer.h"
#include "host/proc/link_priv.h"

enum {
	RETRY_FIRST_MS = 100,
	RETRY_MAX_MS = 3000,
	REFUSED_MAX_MS = 10000,
	PING_MS = 10000,
	PINGS_OUT = 2,
	WRITE_MS = 4000,
	EAGER = 64 * 1024, /* so much does not wait for the end of the turn */
};

/* The two connections share what they read into. */
static struct stream_room room;

static void on_retry(uv_timer_t *t);

void
wire_begin(struct wire_conn *w, enum wire wire, uv_loop_t *loop, struct wire_sub *subs)
{
	*w = (struct wire_conn){ .wire = wire, .sub = subs };
	w->stream.fd = -1;
	uv_timer_init(loop, &w->retry);
	w->retry.data = w;
}

/* ---- its end, and the next one ---- */

/* put_state() - what has changed, once. */
static void
put_state(struct wire_conn *w, enum link_state state, const char *why)
{
	if (state == w->said_state && strcmp(why, w->said) == 0)
		return;
	w->said_state = state;
	snprintf(w->said, sizeof(w->said), "%s", why);
	link_say_state(w->wire, state, w->said);
}

/* pause_ms() - longer each time, and by chance: hosts that lost a server together do not come
 * together. */
static uint64_t
pause_ms(const struct wire_conn *w)
{
	uint64_t base = (uint64_t)RETRY_FIRST_MS << (w->failures < 8 ? w->failures : 8);
	uint64_t most = w->refused ? REFUSED_MAX_MS : RETRY_MAX_MS;

	base = base < most ? base : most;
	return base / 2 + randombytes_uniform((uint32_t)base);
}

/* again() - another connection, soon. */
static void
again(struct wire_conn *w)
{
	uint64_t wait = w->changed ? 0 : pause_ms(w);

	w->state = WIRE_AWAY;
	w->changed = false;
	w->failures++;
	if (!w->stopping)
		uv_timer_start(&w->retry, on_retry, wait, 0);
}

void
wire_fail(struct wire_conn *w, const char *why, bool refused)
{
	if (w->state == WIRE_CLOSING)
		return;
	w->state = WIRE_CLOSING;
	w->refused = refused;
	put_state(w, refused ? LINK_REFUSED : LINK_DOWN, why);
	subs_forget(w);
	if (w->stopping)
		link_said_all();
	if (w->stream.polling)
		stream_close(&w->stream);
	else
		again(w);
}

void
wire_closed(struct stream *s)
{
	again((struct wire_conn *)s);
}

static void
on_retry(uv_timer_t *t)
{
	struct wire_conn *w = t->data;
	int r;

	if (w->to.tls && w->tls == NULL) {
		wire_fail(w, w->tls_why, false);
		return;
	}
	w->pings = w->pongs = 0;
	w->deadline_ms = uv_now(t->loop) + LINK_LOGIN_MS;
	r = w->to.n_addresses == 0 ? -EDESTADDRREQ : dial(w, &room);
	if (r != 0)
		wire_fail(w, r == -EDESTADDRREQ ? "no address is known" : strerror(-r), false);
}

/* ---- what it is told ---- */

/* keep() - a copy of ours. */
static int
keep(struct bytes *to, struct bytes from)
{
	uint8_t *p = from.len > 0 ? malloc(from.len) : NULL;

	if (from.len > 0 && p == NULL)
		return err_raise(-ENOMEM);
	if (from.len > 0)
		memcpy(p, from.ptr, from.len);
	free((void *)(uintptr_t)to->ptr);
	*to = bytes_of(p, from.len);
	return 0;
}

int
wire_set(struct wire_conn *w, const struct link_wire *to)
{
	int r = keep(&w->jwt, to->jwt);

	if (r == 0)
		r = keep(&w->ca, to->ca);
	if (r != 0)
		return err_pass(r);
	w->to = *to;
	w->to.jwt = w->to.ca = BYTES_NULL;
	dial_trust(w);
	w->known = w->changed = true;
	if (w->state == WIRE_AWAY && uv_is_active((uv_handle_t *)&w->retry))
		uv_timer_start(&w->retry, on_retry, 0, 0);
	else if (w->state != WIRE_AWAY)
		wire_fail(w, "another login, or another address", false);
	return 0;
}

void
wire_start(struct wire_conn *w)
{
	if (room.loop == NULL && stream_room_init(&room, w->retry.loop) != 0)
		room.loop = NULL; /* no connection can be made: told as such, and tried on */
	w->changed = false;
	uv_timer_start(&w->retry, on_retry, 0, 0);
}

void
wire_flush(struct wire_conn *w)
{
	if (w->state == WIRE_AWAY || w->state == WIRE_CLOSING)
		return;
	/* whatever found no room (a PONG, a subscription) would be missed and not come again */
	if (buf_failed(&w->stream.out)) {
		wire_fail(w, "the server does not take what is said", false);
		return;
	}
	if (stream_pending(&w->stream) == 0 || (w->stream.events & UV_WRITABLE) != 0)
		return;
	if (stream_flush(&w->stream) < 0)
		wire_fail(w, "the connection is lost", false);
}

uint32_t
wire_ping(struct wire_conn *w)
{
	nats_put_ping(stream_out(&w->stream));
	w->ping_ms = uv_now(w->retry.loop);
	return ++w->pings;
}

bool
wire_heard(const struct wire_conn *w, uint32_t pong)
{
	return (int32_t)(w->pongs - pong) >= 0;
}

void
wire_up(struct wire_conn *w)
{
	w->state = WIRE_UP;
	w->failures = 0;
	put_state(w, LINK_UP, "");
}

static bool
publish(struct wire_conn *w, struct bytes subject, struct bytes reply, struct bytes body)
{
	struct buf *out;

	if (w->state != WIRE_UP)
		return false;
	if ((int64_t)body.len > w->max_payload) {
		link_say_error(w->wire, BYTES_LIT("a message is larger than the server takes"));
		return false;
	}
	out = stream_out(&w->stream);
	nats_put_pub(out, subject, reply, BYTES_NULL, body);
	if (buf_failed(out)) {
		wire_fail(w, "the server does not take what is said", false);
		return false;
	}
	if (stream_pending(&w->stream) >= EAGER)
		wire_flush(w);
	return true;
}

bool
wire_pub(struct wire_conn *w, const struct link_msg *m, struct bytes reply)
{
	return publish(w, m->subject, reply, m->body);
}

bool
wire_ask(struct wire_conn *w, const struct link_msg *m)
{
	char to[LINK_INBOX_MAX + 16];
	int n = snprintf(to, sizeof(to), "%s%u", w->inbox, m->id);
	struct bytes inbox = bytes_of(to, (size_t)n);

	if (m->subject.len > 0)
		return publish(w, m->subject, inbox, m->body);
	return publish(w, inbox, BYTES_NULL, m->body);
}

/* ---- time ---- */

void
wire_tick(struct wire_conn *w)
{
	uint64_t now = uv_now(w->retry.loop);

	if (w->state == WIRE_AWAY || w->state == WIRE_CLOSING)
		return;
	if ((w->stream.events & UV_WRITABLE) != 0 && stream_pending(&w->stream) > 0 &&
	    now - w->stream.progress_ms > WRITE_MS)
		wire_fail(w, "the server does not take what is said", false);
	else if (w->state != WIRE_UP && now >= w->deadline_ms)
		wire_fail(w,
		    w->state == WIRE_SIGNING ? "what the server wants signed was not signed"
					     : "the server says nothing",
		    false);
	else if (w->state == WIRE_UP && now - w->ping_ms >= PING_MS &&
		 w->pings - w->pongs >= PINGS_OUT)
		wire_fail(w, "the server does not answer", false);
	else if (w->state == WIRE_UP && now - w->ping_ms >= PING_MS)
		(void)wire_ping(w);
}

bool
wire_stop(struct wire_conn *w)
{
	w->stopping = true;
	uv_timer_stop(&w->retry);
	if (w->state != WIRE_UP)
		return false;
	w->stop_pong = wire_ping(w);
	wire_flush(w);
	return w->state == WIRE_UP;
}
