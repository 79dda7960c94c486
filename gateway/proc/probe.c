/*
 * probe - see probe.h. Sends what any stranger could send: an anonymous CONNECT and a PING.
 */
#include "gateway/proc/probe.h"

#include "gateway/nats/writer.h"

enum { PROBE_LINE = 64 * 1024, PROBE_TIMEOUT_MS = 5000, PROBE_OUT = 4096 };

static void
finish(struct probe *p, enum probe_result result, const char *why)
{
	if (p->result != PROBE_NONE)
		return;
	p->result = result;
	p->why = why;
	uv_timer_stop(&p->timer);
	stream_close(&p->stream);
}

/* on_op() - INFO first, then the verdict on a stranger. */
static void
on_op(struct probe *p, const struct nats_op *op)
{
	if (!p->asked) {
		if (op->kind != NATS_INFO || info_decode(&p->info, op->json) != 0) {
			finish(p, PROBE_FAILED, "its first line is not a NATS INFO");
			return;
		}
		p->asked = true;
		nats_put_connect(stream_out(&p->stream),
		    BYTES_LIT("{\"verbose\":false,\"pedantic\":false,\"protocol\":1,\"lang\":\"c\","
			      "\"version\":\"" PORTCULLIS_VERSION "\",\"name\":\"portcullis-probe\"}"));
		nats_put_ping(stream_out(&p->stream));
		if (stream_flush(&p->stream) < 0)
			finish(p, PROBE_CLOSED_TO_STRANGERS, NULL);
	} else if (op->kind == NATS_PONG) {
		finish(p, PROBE_OPEN_TO_STRANGERS, NULL);
	} else if (op->kind == NATS_ERR) {
		finish(p, PROBE_CLOSED_TO_STRANGERS, NULL);
	}
}

static void
readable(struct stream *s)
{
	struct probe *p = (struct probe *)s;
	struct nats_op op;
	struct bytes run;
	size_t used;
	int r = stream_fill(s, p->parser.need, &run), answer = 0;

	if (r == STREAM_BLOCKED)
		return;
	while (p->result == PROBE_NONE && (answer = nats_parse(&p->parser, run, &used, &op)) == 0) {
		run = bytes_from(run, used);
		on_op(p, &op);
	}
	if (p->result != PROBE_NONE)
		return;
	if (answer > NATS_MORE)
		finish(p, PROBE_FAILED, "it does not speak NATS");
	else if (r == STREAM_END || r < 0)
		finish(p, p->asked ? PROBE_CLOSED_TO_STRANGERS : PROBE_FAILED, "it closed the connection");
	else if (stream_keep(s, run) != 0)
		finish(p, PROBE_FAILED, "out of memory");
}

static void
writable(struct stream *s)
{
	(void)s;
}

static void
on_timer_closed(uv_handle_t *h)
{
	struct probe *p = (struct probe *)h->data;

	p->done(p, p->result);
}

static void
closed(struct stream *s)
{
	struct probe *p = (struct probe *)s;

	uv_close((uv_handle_t *)&p->timer, on_timer_closed);
}

static void
on_timeout(uv_timer_t *t)
{
	finish((struct probe *)t->data, PROBE_FAILED, "it did not answer in time");
}

void
probe_start(struct probe *p, struct stream_room *room, int fd, void (*done)(struct probe *, enum probe_result))
{
	static const struct stream_ops ops = { readable, writable, closed };

	*p = (struct probe){ .done = done };
	uv_timer_init(room->loop, &p->timer);
	p->timer.data = p;
	nats_parser_init(&p->parser, NATS_FROM_SERVER, PROBE_LINE, 1024);
	if (stream_open(&p->stream, room, fd, PROBE_OUT, &ops) != 0) {
		p->result = PROBE_FAILED;
		p->why = "no descriptor";
		uv_close((uv_handle_t *)&p->timer, on_timer_closed);
		return;
	}
	uv_timer_start(&p->timer, on_timeout, PROBE_TIMEOUT_MS, 0);
	stream_read_on(&p->stream, true);
}
