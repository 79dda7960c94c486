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

/* ask() - what any stranger could. */
static void
ask(struct probe *p)
{
	p->asked = true;
	nats_put_connect(stream_out(&p->stream),
	    BYTES_LIT("{\"verbose\":false,\"pedantic\":false,\"protocol\":1,\"lang\":\"c\","
		      "\"version\":\"" PORTCULLIS_VERSION "\",\"name\":\"portcullis-probe\"}"));
	nats_put_ping(stream_out(&p->stream));
	if (stream_flush(&p->stream) < 0)
		finish(p, PROBE_CLOSED_TO_STRANGERS, NULL);
}

/* shake() - TLS goes on. Return: may operations be read now? */
static bool
shake(struct probe *p)
{
	int r = stream_handshake(&p->stream);

	if (r == STREAM_BLOCKED)
		return false;
	if (r != 0) {
		const char *why = p->stream.layer->why;

		finish(p, PROBE_FAILED, why != NULL ? why : "it ended the connection during the TLS handshake");
		return false;
	}
	if (p->greeted)
		ask(p);
	return false;
}

/* secure() - TLS begins; @rest of what came in clear must be nothing. */
static void
secure(struct probe *p, struct bytes rest)
{
	struct layer *layer = tls_side_layer(p->tls, true);

	if (layer == NULL || rest.len > 0 || stream_keep(&p->stream, BYTES_NULL) != 0 ||
	    stream_secure(&p->stream, layer) != 0)
		finish(p, PROBE_FAILED, rest.len > 0 ? "it said more than INFO before TLS" : "no TLS can be had");
	else
		(void)shake(p);
}

/* on_info() - Return: does TLS begin now? */
static bool
on_info(struct probe *p)
{
	bool wanted = p->tls->upstream != NULL;

	p->greeted = true;
	if (p->info.tls_required && !wanted)
		finish(p, PROBE_FAILED, "it demands TLS: write `upstream { tls { ca = FILE } }`");
	else if (wanted && p->stream.layer == NULL && !p->info.tls_required && !p->info.tls_available)
		finish(p, PROBE_FAILED, "it offers no TLS, and TLS is asked for");
	else if (wanted && p->stream.layer == NULL)
		return true;
	else
		ask(p);
	return false;
}

/* on_op() - INFO first, then the verdict on a stranger. */
static void
on_op(struct probe *p, const struct nats_op *op, struct bytes rest)
{
	if (!p->asked) {
		if (p->greeted || op->kind != NATS_INFO || info_decode(&p->info, op->json) != 0)
			finish(p, PROBE_FAILED, "its first line is not a NATS INFO");
		else if (on_info(p))
			secure(p, rest);
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
	int r, answer = 0;

	if (!stream_ready(s) && !shake(p))
		return;
	r = stream_fill(s, p->parser.need, &run);
	if (r == STREAM_BLOCKED)
		return;
	while (p->result == PROBE_NONE && (answer = nats_parse(&p->parser, run, &used, &op)) == 0) {
		run = bytes_from(run, used);
		on_op(p, &op, run);
		if (!stream_ready(&p->stream))
			return;
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
probe_start(struct probe *p, struct stream_room *room, int fd, struct tls_side *tls,
    void (*done)(struct probe *, enum probe_result))
{
	static const struct stream_ops ops = { readable, writable, closed };

	*p = (struct probe){ .done = done, .tls = tls };
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
	if (tls->upstream != NULL && tls->upstream_first == CONFIG_FIRST_YES)
		secure(p, BYTES_NULL);
}
