/*
 * transcript - what a parser made of a stream, as text: one place to compare readings in.
 *
 * A stream is handed over in pieces, as a caller would: the run begins at the op not taken yet,
 * lies in memory of exactly its size, and moves with every piece. Shared by tests and fuzz targets.
 */
#ifndef TESTS_UNIT_GATEWAY_NATS_TRANSCRIPT_H
#define TESTS_UNIT_GATEWAY_NATS_TRANSCRIPT_H

#include <stdlib.h>

#include "gateway/nats/parser.h"
#include "gateway/nats/writer.h"

/* How long the next piece is: 1.. @left. */
typedef size_t (*transcript_cut)(void *arg, size_t left);

static inline void
transcript_slice(struct buf *out, const char *name, struct bytes s)
{
	if (s.len == 0)
		return;
	buf_put_u8(out, ' ');
	buf_put_str(out, name);
	buf_put_u8(out, '=');
	buf_put(out, s);
}

static inline void
transcript_op(struct buf *out, const struct nats_op *op)
{
	static const char *const names[] = {
		[NATS_NONE] = "NONE",
		[NATS_CONNECT] = "CONNECT",
		[NATS_INFO] = "INFO",
		[NATS_PUB] = "PUB",
		[NATS_HPUB] = "HPUB",
		[NATS_SUB] = "SUB",
		[NATS_UNSUB] = "UNSUB",
		[NATS_MSG] = "MSG",
		[NATS_HMSG] = "HMSG",
		[NATS_PING] = "PING",
		[NATS_PONG] = "PONG",
		[NATS_OK] = "OK",
		[NATS_ERR] = "ERR",
	};

	buf_put_str(out, names[op->kind]);
	transcript_slice(out, "s", op->subject);
	transcript_slice(out, "r", op->reply);
	transcript_slice(out, "q", op->queue);
	transcript_slice(out, "sid", op->sid);
	transcript_slice(out, "h", op->header);
	transcript_slice(out, "p", op->payload);
	transcript_slice(out, "json", op->json);
	transcript_slice(out, "text", op->text);
	if (op->has_max) {
		buf_put_str(out, " max=");
		buf_put_dec(out, op->max);
	}
	buf_put_str(out, "; ");
}

/* transcript_write() - an op in its canonical form, whichever side says it. */
static inline void
transcript_write(struct buf *out, const struct nats_op *op)
{
	char text[512];

	switch (op->kind) {
	case NATS_PUB:
	case NATS_HPUB:
		nats_put_pub(out, op->subject, op->reply, op->header, op->payload);
		break;
	case NATS_MSG:
	case NATS_HMSG:
		nats_put_msg(out, op->subject, op->sid, op->reply, op->header, op->payload);
		break;
	case NATS_SUB:
		nats_put_sub(out, op->subject, op->queue, op->sid);
		break;
	case NATS_UNSUB:
		nats_put_unsub(out, op->sid, op->has_max, op->max);
		break;
	case NATS_PING:
		nats_put_ping(out);
		break;
	case NATS_PONG:
		nats_put_pong(out);
		break;
	case NATS_OK:
		nats_put_ok(out);
		break;
	case NATS_ERR:
		if (op->text.len < sizeof(text)) {
			memcpy(text, op->text.ptr, op->text.len);
			text[op->text.len] = '\0';
			nats_put_err(out, text);
		}
		break;
	case NATS_CONNECT:
		nats_put_connect(out, op->json);
		break;
	case NATS_INFO:
		nats_put_info(out, op->json);
		break;
	case NATS_NONE:
		break;
	}
}

/* transcript_take() - parse what is in the run. Return: the last answer, the run shortened. */
static inline int
transcript_take(struct nats_parser *p, struct bytes *run, struct buf *out, struct buf *canonical)
{
	struct nats_op op;
	size_t used;
	int r;

	for (;;) {
		uint8_t *copy = malloc(run->len != 0 ? run->len : 1);

		if (copy == NULL)
			abort();
		if (run->len != 0)
			memcpy(copy, run->ptr, run->len);
		r = nats_parse(p, bytes_of(copy, run->len), &used, &op);
		if (r == 0) {
			if (used == 0 || used > run->len || p->need != 0 || p->line != 0)
				abort();
			transcript_op(out, &op);
			if (canonical != NULL)
				transcript_write(canonical, &op);
			*run = bytes_from(*run, used);
		}
		free(copy);
		if (r == NATS_MORE && p->need <= run->len)
			abort();
		if (r != 0)
			return r;
	}
}

/*
 * transcript() - the whole reading of @in, cut by @cut (NULL: not cut), then the last answer and
 * how many bytes had been taken by then. @canonical, when given, gets the ops written anew.
 */
static inline void
transcript(struct nats_parser p, struct bytes in, transcript_cut cut, void *arg, struct buf *out,
    struct buf *canonical)
{
	static const char *const answers[] = { "", "more", "malformed", "line", "size" };
	struct bytes run = bytes_upto(in, 0);
	int r = NATS_MORE;

	while (r == NATS_MORE && (size_t)(in.ptr + in.len - run.ptr) > run.len) {
		size_t left = (size_t)(in.ptr + in.len - run.ptr) - run.len;

		run.len += cut != NULL ? cut(arg, left) : left;
		r = transcript_take(&p, &run, out, canonical);
	}
	buf_put_str(out, answers[r]);
	buf_put_u8(out, '@');
	buf_put_dec(out, (size_t)(run.ptr - in.ptr));
}

#endif
