/*
 * dispatch_link - the upstream connections that may command, one per client account, opened on
 * first use. Their sockets come from the parent, their logins are in dispatch_login.c.
 *
 * Every command is followed by a PING: its PONG says that the server took the command, and an -ERR
 * before it belongs to that command. Answers come to an inbox whose name only this process knows.
 */
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/nats/writer.h"
#include "gateway/proc/dispatch_link_priv.h"
#include "policy/rules/subject.h"

enum {
	LINK_LINE = 64 * 1024,
	LINK_PAYLOAD = 8 * 1024 * 1024,
	LINK_OUT = 64 * 1024 * 1024,
	LINK_EAGER = 32 * 1024
};

struct link *
link_find(uint64_t token)
{
	struct link *l = dispatcher.links;

	while (l != NULL && l->token != token)
		l = l->next;
	return l;
}

static void
push(struct job ***end, struct job *j)
{
	j->next = NULL;
	**end = j;
	*end = &j->next;
}

static struct job *
pop(struct job **head, struct job ***end)
{
	struct job *j = *head;

	if (j != NULL) {
		*head = j->next;
		if (*head == NULL)
			*end = head;
		j->next = NULL;
	}
	return j;
}

struct link *
link_for(const char *account)
{
	struct link *l;
	uint8_t raw[16];

	for (l = dispatcher.links; l != NULL; l = l->next) {
		if (strcmp(l->account, account) == 0)
			return l;
	}
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return NULL;
	snprintf(l->account, sizeof(l->account), "%s", account);
	randombytes_buf(raw, sizeof(raw));
	l->inbox[0] = '~';
	sodium_bin2base64(l->inbox + 1, sizeof(l->inbox) - 1, raw, sizeof(raw),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	l->token = ++dispatcher.last_link;
	l->queue_end = &l->queue;
	l->published_end = &l->published;
	l->next = dispatcher.links;
	dispatcher.links = l;
	return l;
}

void
link_fail(struct link *l, const char *why)
{
	struct job *j;
	struct log_line line;

	if (l->state == LINK_CLOSED || l->state == LINK_CLOSING)
		return;
	log_begin(&line, LOG_ERR, "command_link_failed");
	log_word(&line, "account", l->account);
	log_str(&line, "why", why);
	log_end(&line);
	l->state = l->stream.polling ? LINK_CLOSING : LINK_CLOSED;
	while ((j = pop(&l->published, &l->published_end)) != NULL) {
		j->forsaken = true; /* its answers cannot come any more */
		job_done(j, true, "unknown");
	}
	while ((j = pop(&l->queue, &l->queue_end)) != NULL)
		job_done(j, false, "upstream_unavailable");
	stream_close(&l->stream);
}

void
link_flush(struct link *l)
{
	if (stream_flush(&l->stream) < 0)
		link_fail(l, "connection lost");
}

struct bytes
link_reply(const struct link *l, const struct job *j, char room[64])
{
	int n = j->reply.len != 0 ? snprintf(room, 64, "_INBOX.%s.%llu", l->inbox,
					(unsigned long long)j->node.conn)
				  : 0;

	return bytes_of(room, (size_t)n);
}

/* publish() - one command goes upstream. */
static void
publish(struct link *l, struct job *j)
{
	struct buf *out = stream_out(&l->stream);
	/* where headers are not carried nothing can be stamped (on_login has said so) */
	struct bytes header = l->headers ? job_header(j) : BYTES_NULL;
	char reply[64];

	if (header.len + j->payload.len > (size_t)l->max_payload) {
		/* its server would end the connection for it, and with it the commands of others */
		job_done(j, false, "too_large_upstream");
		return;
	}
	j->state = JOB_PUBLISHED;
	j->published_ns = clock_mono_ns();
	nats_put_pub(out, j->subject, link_reply(l, j, reply), header, j->payload);
	nats_put_ping(out);
	push(&l->published_end, j);
	if (buf_failed(out))
		link_fail(l, "too much waits to be sent");
}

void
links_flush(void)
{
	for (struct link *l = dispatcher.links; l != NULL; l = l->next)
		if (l->state == LINK_OPEN && stream_pending(&l->stream) > 0 &&
		    (l->stream.events & UV_WRITABLE) == 0)
			link_flush(l);
}

static void
begin(struct link *l)
{
	l->state = LINK_DIALLING;
	l->deadline_ms = uv_now(&dispatcher.child.loop) + DISPATCHER_LOGIN_MS;
	if (msg_token_put(&dispatcher.child.parent, MSG_DIAL, l->token, -1) != 0)
		link_fail(l, "parent gone");
	else
		channel_flush(&dispatcher.child.parent);
}

void
link_opened(struct link *l)
{
	struct job *j;

	l->state = LINK_OPEN;
	while (l->state == LINK_OPEN && (j = pop(&l->queue, &l->queue_end)) != NULL)
		publish(l, j);
	if (l->state == LINK_OPEN)
		link_flush(l);
}

void
links_stale(void)
{
	for (struct link *l = dispatcher.links; l != NULL; l = l->next)
		l->stale = true;
}

/* renew() - its login is not for the prefixes there are now. What is under way is waited for. */
static void
renew(struct link *l)
{
	if (l->state != LINK_OPEN || !l->stale || l->published != NULL)
		return;
	l->state = LINK_CLOSING;
	stream_close(&l->stream);
}

void
link_take(struct link *l, struct job *j)
{
	j->link = l;
	renew(l);
	if (l->state == LINK_OPEN) {
		publish(l, j);
		if (stream_pending(&l->stream) >= LINK_EAGER)
			link_flush(l);
		return;
	}
	j->state = JOB_QUEUED;
	push(&l->queue_end, j);
	if (l->state == LINK_CLOSED)
		begin(l);
}

/* ---- what the upstream says ---- */

static void
on_msg(const struct link *l, const struct nats_op *op)
{
	char prefix[64];
	int n = snprintf(prefix, sizeof(prefix), "_INBOX.%s.", l->inbox);
	struct bytes tail;
	uint64_t number = 0;
	struct job *j;

	if (!bytes_starts(op->subject, bytes_of(prefix, (size_t)n)))
		return;
	tail = bytes_from(op->subject, (size_t)n);
	if (tail.len == 0 || tail.len > 19)
		return;
	for (size_t i = 0; i < tail.len; i++) {
		if (tail.ptr[i] < '0' || tail.ptr[i] > '9')
			return;
		number = number * 10 + (uint64_t)(tail.ptr[i] - '0');
	}
	j = (struct job *)conns_find(&dispatcher.jobs, 0, number);
	/* a subject that could not be subscribed to is no place to answer to */
	if (j != NULL && j->link == l && op->reply.len <= SUBJECT_MAX_LEN)
		job_answer(j, op->reply, op->header, op->payload);
}

static void
on_pong(struct link *l)
{
	struct job *j = pop(&l->published, &l->published_end);

	if (j == NULL)
		return;
	if (j->refused)
		job_done(j, false, "refused_upstream");
	else
		job_done(j, true, "forwarded");
}

static void
on_err(struct link *l, const struct nats_op *op)
{
	struct log_line line;

	log_begin(&line, LOG_ERR, "command_link_error");
	log_word(&line, "account", l->account);
	log_bytes(&line, "text", op->text);
	log_end(&line);
	if (bytes_starts(op->text, BYTES_LIT("Permissions Violation for Publish")) &&
	    l->published != NULL)
		l->published->refused = true;
	else if (!bytes_starts(op->text, BYTES_LIT("Permissions Violation")))
		link_fail(l, "upstream error");
}

static void
on_op(struct link *l, const struct nats_op *op)
{
	if (l->state != LINK_OPEN) {
		link_on_login(l, op);
		return;
	}
	switch (op->kind) {
	case NATS_MSG:
	case NATS_HMSG:
		on_msg(l, op);
		break;
	case NATS_PING:
		nats_put_pong(stream_out(&l->stream));
		break;
	case NATS_PONG:
		on_pong(l);
		break;
	case NATS_ERR:
		on_err(l, op);
		break;
	default:
		break;
	}
}

static void
readable(struct stream *s)
{
	struct link *l = (struct link *)s;
	struct nats_op op;
	struct bytes run;
	int r, answer = 0;

	if (!stream_ready(s)) {
		link_shake(l);
		return;
	}
	r = stream_fill(s, l->parser.need, &run);
	if (r == STREAM_BLOCKED)
		return;
	while (l->state != LINK_CLOSING && l->state != LINK_CLOSED && l->state != LINK_SECURING) {
		size_t used = 0;

		answer = nats_parse(&l->parser, run, &used, &op);
		if (answer != 0)
			break;
		run = bytes_from(run, used);
		on_op(l, &op);
	}
	if (l->state == LINK_CLOSING || l->state == LINK_CLOSED)
		return;
	if (l->state == LINK_SECURING) {
		if (run.len > 0 || r != 0 || stream_keep(s, BYTES_NULL) != 0)
			link_fail(l, "upstream said more than INFO before TLS");
		else
			link_secure(l);
		return;
	}
	if (answer > NATS_MORE)
		link_fail(l, "upstream does not speak NATS");
	else if (r != 0)
		link_fail(l, "upstream closed the connection");
	else if (stream_keep(s, run) != 0)
		link_fail(l, "out of memory");
	else
		link_flush(l);
}

static void
writable(struct stream *s)
{
	(void)s;
}

static void
closed(struct stream *s)
{
	struct link *l = (struct link *)s;

	l->state = LINK_CLOSED;
	if (l->queue != NULL)
		begin(l);
}

void
link_dialled(uint64_t token, int fd)
{
	static const struct stream_ops ops = { readable, writable, closed };
	struct link *l = link_find(token);

	if (l == NULL || l->state != LINK_DIALLING) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (fd < 0 || stream_open(&l->stream, &dispatcher.room, fd, LINK_OUT, &ops) != 0) {
		link_fail(l, "cannot connect to the upstream");
		return;
	}
	nats_parser_init(&l->parser, NATS_FROM_SERVER, LINK_LINE, LINK_PAYLOAD);
	l->state = LINK_GREETING;
	l->greeted = false;
	stream_read_on(&l->stream, true);
	if (dispatcher.tls.upstream != NULL && dispatcher.tls.upstream_first == CONFIG_FIRST_YES)
		link_secure(l);
}

/* silent() - has the upstream taken a command long ago and not answered its PING? */
static bool
silent(const struct link *l)
{
	return l->state == LINK_OPEN && l->published != NULL &&
	       clock_mono_ns() - l->published->published_ns > DISPATCHER_PONG_MS * INT64_C(1000000);
}

void
link_tick(uint64_t now_ms)
{
	for (struct link *l = dispatcher.links; l != NULL; l = l->next) {
		if (l->state >= LINK_DIALLING && l->state <= LINK_LOGGING_IN &&
		    now_ms >= l->deadline_ms)
			link_fail(l, "the login took too long");
		else if (silent(l))
			link_fail(l, "the upstream does not answer");
	}
}
