/*
 * server - see server.h. The wire is read by gateway/nats, as strictly as the gateway reads it;
 * there is no second opinion on what a line means. There is no TLS: a server that demands it is a
 * failed link.
 */
#include "host/providers/messaging/server.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "gateway/io/stream.h"
#include "gateway/nats/connect.h"
#include "gateway/nats/info.h"
#include "gateway/nats/parser.h"
#include "gateway/nats/writer.h"
#include "host/providers/messaging/asked.h"
#include "host/providers/messaging/subscriptions.h"

enum {
	OUT_MAX = 16 * 1024 * 1024,
	LINE_MAX_BYTES = 4096,
	INFO_MAX_BYTES = 32 * 1024,
	TICK_MS = 100,
	LOG_IN_MS = 10000,
	QUIET_MS = 30000, /* then it is asked whether it is there */
};

enum server_state {
	SERVER_GREETING = 1, /* the server speaks: INFO */
	SERVER_SIGNING,      /* the host: the signature */
	SERVER_LOGGING_IN,   /* the server: PONG */
	SERVER_READY,
	SERVER_OVER,
};

struct server {
	struct process *process;
	char actor[PROVIDER_KEY + 1];
	struct server_options o;
	char *subscriptions;
	struct stream_room room;
	struct stream stream;
	struct nats_parser parser;
	uv_timer_t timer;
	enum server_state state;
	uint64_t since_ms, heard_ms;
	bool pinged, freed, ended;
	unsigned open_handles;
	int64_t max_payload;
	char inbox[48]; /* "_INBOX.xxxx." */
	struct asked asked;
};

/* ---- the end ---- */

static void
drop_asked(struct server *s, enum provider_answer how, const char *why)
{
	uint64_t id;

	while ((id = asked_late(&s->asked, UINT64_MAX)) != 0)
		process_result(s->process, id, how, bytes_str(why));
}

static void
end(struct server *s, const char *why)
{
	if (s->ended)
		return;
	s->ended = true;
	s->state = SERVER_OVER;
	drop_asked(s, PROVIDER_FAILED, why);
	process_link(s->process, bytes_str(s->actor), PROVIDER_LINK_FAILED, why);
	s->o.on_end(s->o.ctx, s);
}

static void
let_go(struct server *s)
{
	if (--s->open_handles > 0)
		return;
	stream_room_deinit(&s->room);
	free(s->subscriptions);
	free(s);
}

static void
on_timer_closed(uv_handle_t *h)
{
	let_go(h->data);
}

static struct server *
server_of(struct stream *st)
{
	return (struct server *)((char *)st - offsetof(struct server, stream));
}

static void
on_closed(struct stream *st)
{
	let_go(server_of(st));
}

void
server_free(struct server *s)
{
	if (s == NULL || s->freed)
		return;
	if (!s->ended)
		(void)!stream_flush(&s->stream);
	s->freed = s->ended = true;
	s->state = SERVER_OVER;
	drop_asked(s, PROVIDER_NOBODY, "the link is gone");
	stream_close(&s->stream);
	uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}

/* ---- saying ---- */

static void
flush(struct server *s)
{
	if (s->state == SERVER_OVER)
		return;
	if (buf_failed(stream_out(&s->stream)))
		end(s, "the server does not take what it is sent");
	else if (stream_flush(&s->stream) < 0)
		end(s, "the server went away");
}

static void
log_in(struct server *s, struct bytes jwt, struct bytes sig)
{
	struct nats_login l = { .jwt = jwt,
		.sig = sig,
		.name = BYTES_LIT("portcullis-provider-messaging"),
		.echo = true,
		.headers = true,
		.no_responders = true };
	struct buf *out = stream_out(&s->stream), json;
	char inbox[64];

	buf_init(&json, INFO_MAX_BYTES);
	connect_encode(&json, &l);
	nats_put_connect(out, buf_bytes(&json));
	buf_deinit(&json);
	snprintf(inbox, sizeof(inbox), "%s*", s->inbox);
	nats_put_sub(out, bytes_str(inbox), BYTES_NULL, BYTES_LIT("1"));
	subscriptions_put(bytes_str(s->subscriptions), out);
	nats_put_ping(out);
	s->state = SERVER_LOGGING_IN;
	flush(s);
}

void
server_signed(struct server *s, struct bytes jwt, struct bytes sig)
{
	if (s->state != SERVER_SIGNING)
		return;
	if (jwt.len == 0)
		end(s, "the server wants a login, and the link's CREDS names none");
	else
		log_in(s, jwt, sig);
}

static bool
may_say(struct server *s, uint64_t id, const struct message *m)
{
	if (s->state != SERVER_READY) {
		process_result(s->process, id, PROVIDER_FAILED,
		    BYTES_LIT("the server of this link is not there"));
		return false;
	}
	if ((int64_t)m->body.len > s->max_payload) {
		process_result(s->process, id, PROVIDER_FAILED,
		    BYTES_LIT("the server takes no body of this length"));
		return false;
	}
	if (stream_pending(&s->stream) > OUT_MAX / 2) {
		process_result(s->process, id, PROVIDER_BUSY, BYTES_LIT("too much is under way"));
		return false;
	}
	return true;
}

void
server_publish(struct server *s, uint64_t id, const struct message *m)
{
	if (!may_say(s, id, m))
		return;
	nats_put_pub(stream_out(&s->stream), m->subject, m->reply, BYTES_NULL, m->body);
	process_result(s->process, id, PROVIDER_OK, BYTES_NULL);
	flush(s);
}

void
server_request(struct server *s, uint64_t id, const struct message *m)
{
	char reply[80], name[ASKED_NAME];

	if (!may_say(s, id, m))
		return;
	if (!asked_put(&s->asked, id, uv_now(&s->process->loop) + m->timeout_ms, name)) {
		process_result(s->process, id, PROVIDER_BUSY, BYTES_LIT("too much is under way"));
		return;
	}
	snprintf(reply, sizeof(reply), "%s%s", s->inbox, name);
	nats_put_pub(stream_out(&s->stream), m->subject, bytes_str(reply), BYTES_NULL, m->body);
	flush(s);
}

bool
server_idle(const struct server *s)
{
	return s->asked.n == 0;
}

/* ---- hearing ---- */

static void
on_info(struct server *s, const struct nats_op *op)
{
	struct nats_info i;

	if (info_decode(&i, op->json) != 0) {
		end(s, "what the server says is no INFO");
		return;
	}
	s->max_payload = i.max_payload < MESSAGE_BODY ? i.max_payload : MESSAGE_BODY;
	if (s->state != SERVER_GREETING)
		return;
	if (i.tls_required) {
		end(s, "the server demands TLS, which this provider does not speak");
	} else if (i.nonce[0] != '\0') {
		s->state = SERVER_SIGNING;
		process_sign(s->process, bytes_str(s->actor), bytes_str(i.nonce));
	} else if (i.auth_required) {
		end(s, "the server wants a login of another kind than a creds file");
	} else {
		log_in(s, BYTES_NULL, BYTES_NULL);
	}
}

/* no_responders() - Source: ADR-4, a status line in a header without a body. */
static bool
no_responders(const struct nats_op *op)
{
	return op->kind == NATS_HMSG && op->payload.len == 0 &&
	       bytes_starts(op->header, BYTES_LIT("NATS/1.0 503"));
}

static void
on_reply(struct server *s, const struct nats_op *op)
{
	struct message m = { .subject = op->subject, .reply = op->reply, .body = op->payload };
	uint64_t id = asked_take(&s->asked, bytes_from(op->subject, strlen(s->inbox)));
	struct buf b;

	if (id == 0)
		return; /* too late */
	if (no_responders(op)) {
		process_result(
		    s->process, id, PROVIDER_FAILED, BYTES_LIT("nobody answers on this subject"));
		return;
	}
	buf_init(&b, PROVIDER_PAYLOAD);
	message_put(&b, &m);
	process_result(s->process, id, buf_failed(&b) ? PROVIDER_FAILED : PROVIDER_OK,
	    buf_failed(&b) ? BYTES_LIT("the answer is too long") : buf_bytes(&b));
	buf_deinit(&b);
}

static void
on_msg(struct server *s, const struct nats_op *op)
{
	struct message m = { .subject = op->subject, .reply = op->reply, .body = op->payload };

	if (bytes_is(op->sid, "1"))
		on_reply(s, op);
	else if (m.body.len <= MESSAGE_BODY)
		s->o.on_message(s->o.ctx, &m);
}

static void
on_err(struct server *s, const struct nats_op *op)
{
	char why[PROVIDER_WHY], words[160];

	provider_plain(words, sizeof(words), op->text);
	snprintf(why, sizeof(why), "the server says: %s", words);
	/* a right that is missing does not end the connection */
	if (s->state >= SERVER_LOGGING_IN &&
	    bytes_starts(op->text, BYTES_LIT("Permissions Violation")))
		process_log(s->process, LOG_WRN, bytes_str(s->actor), bytes_str(why));
	else
		end(s, why);
}

static void
on_pong(struct server *s)
{
	s->pinged = false;
	if (s->state != SERVER_LOGGING_IN)
		return;
	s->state = SERVER_READY;
	process_link(s->process, bytes_str(s->actor), PROVIDER_LINK_RUNNING, "");
}

static void
on_op(struct server *s, const struct nats_op *op)
{
	if (op->kind != NATS_INFO && op->kind != NATS_ERR && s->state == SERVER_GREETING) {
		end(s, "the server does not begin with INFO");
		return;
	}
	switch (op->kind) {
	case NATS_INFO:
		on_info(s, op);
		return;
	case NATS_MSG:
	case NATS_HMSG:
		on_msg(s, op);
		return;
	case NATS_PING:
		nats_put_pong(stream_out(&s->stream));
		flush(s);
		return;
	case NATS_PONG:
		on_pong(s);
		return;
	case NATS_ERR:
		on_err(s, op);
		return;
	default:
		return;
	}
}

static void
on_readable(struct stream *st)
{
	struct server *s = server_of(st);
	struct bytes run;
	int r, parsed = 0;

	if (s->ended)
		return;
	r = stream_fill(st, s->parser.need, &run);
	if (r == STREAM_BLOCKED)
		return;
	if (r != 0) {
		end(s, "the server went away");
		return;
	}
	s->heard_ms = uv_now(&s->process->loop);
	while (!s->ended && run.len > 0) {
		struct nats_op op;
		size_t used = 0;

		parsed = nats_parse(&s->parser, run, &used, &op);
		if (parsed != 0)
			break;
		run = bytes_from(run, used);
		on_op(s, &op);
	}
	if (s->ended)
		return;
	if (parsed > NATS_MORE)
		end(s, "what the server says is not NATS");
	else if (stream_keep(st, run) != 0)
		end(s, "out of memory");
}

static void
on_writable(struct stream *st)
{
	(void)st;
}

static void
on_tick(uv_timer_t *t)
{
	struct server *s = t->data;
	uint64_t now = uv_now(&s->process->loop), id;

	if (s->ended)
		return;
	while ((id = asked_late(&s->asked, now)) != 0)
		process_result(s->process, id, PROVIDER_LATE, BYTES_LIT("no answer in time"));
	if (s->state != SERVER_READY) {
		if (now - s->since_ms > LOG_IN_MS)
			end(s, "the server does not let us in");
		return;
	}
	if (now - s->heard_ms > 2 * QUIET_MS) {
		end(s, "the server does not answer");
	} else if (now - s->heard_ms > QUIET_MS && !s->pinged) {
		s->pinged = true;
		nats_put_ping(stream_out(&s->stream));
		flush(s);
	}
}

/* inbox() - a name nobody guesses. */
static bool
inbox(struct server *s)
{
	uint8_t r[12];
	char hex[2 * sizeof(r) + 1];

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return false;
	for (size_t i = 0; i < sizeof(r); i++)
		snprintf(hex + 2 * i, 3, "%02x", r[i]);
	snprintf(s->inbox, sizeof(s->inbox), "_INBOX.%s.", hex);
	return true;
}

/* prepare() - all but the descriptor. Return: 0, -errno. */
static int
prepare(struct server *s, struct process *p, const struct server_options *o)
{
	s->process = p;
	s->o = *o;
	s->state = SERVER_GREETING;
	s->since_ms = s->heard_ms = uv_now(&p->loop);
	provider_plain(s->actor, sizeof(s->actor), o->actor);
	s->subscriptions = calloc(1, o->subscriptions.len + 1);
	if (s->subscriptions == NULL)
		return err_raise(-ENOMEM);
	if (o->subscriptions.len > 0)
		memcpy(s->subscriptions, o->subscriptions.ptr, o->subscriptions.len);
	if (!subscriptions_ok(bytes_str(s->subscriptions)))
		return err_raise(-EINVAL);
	if (!inbox(s))
		return err_raise(-EIO);
	nats_parser_init(
	    &s->parser, NATS_FROM_SERVER, LINE_MAX_BYTES, MESSAGE_BODY + INFO_MAX_BYTES);
	s->parser.max_connect = INFO_MAX_BYTES;
	return err_pass(stream_room_init(&s->room, &p->loop));
}

int
server_open(struct server **out, struct process *p, int fd, const struct server_options *o)
{
	static const struct stream_ops ops = { on_readable, on_writable, on_closed };
	struct server *s = calloc(1, sizeof(*s));
	int r = s != NULL ? prepare(s, p, o) : -ENOMEM;

	*out = NULL;
	if (r != 0) {
		close(fd);
	} else {
		r = stream_open(&s->stream, &s->room, fd, OUT_MAX, &ops);
		if (r != 0)
			stream_room_deinit(&s->room);
	}
	if (r != 0) {
		if (s != NULL)
			free(s->subscriptions);
		free(s);
		return err_pass(r);
	}
	uv_timer_init(&p->loop, &s->timer);
	s->timer.data = s;
	s->open_handles = 2;
	uv_timer_start(&s->timer, on_tick, TICK_MS, TICK_MS);
	*out = s;
	stream_read_on(&s->stream, true);
	return 0;
}
