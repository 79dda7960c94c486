/*
 * fuzz_row - a stream through parser and writer, as a relay's pump takes it, with rows and without.
 *
 * The first seven bytes say who speaks, whether subjects are renamed, the ceilings (of a line, of a
 * payload, of the payload of this client, of what may wait, of the buffer it waits in) and how the
 * stream is cut into reads and sends; the rest is the stream. What the pump does with a message
 * hangs on the first letter of its subject: "d" is denied, "p" goes through but begins no row.
 *
 * Properties: after each turn of the pump, what was written, answered, counted and left is the same
 * with rows and without; and in the end the same as of the whole stream at once without rows.
 */
#include "gateway/nats/row.h"
#include "tests/unit/gateway/nats/transcript.h"

enum { KNOBS = 7, STREAM_MAX = 16 * 1024, ALL = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(what)                                                                                 \
	do {                                                                                       \
		if (!(what))                                                                       \
			abort();                                                                   \
	} while (0)

/* What an input wants. */
struct knobs {
	enum nats_side side;
	bool renamed;
	size_t line, payload, own, pending, room;
	uint32_t seed;
};

/* One way of passing a stream. */
struct way {
	const struct knobs *k;
	bool rows;
	struct nats_parser parser;
	size_t taken, there;   /* of the stream: behind the last operation, and read */
	struct buf out;        /* waits to be sent */
	struct buf sent, back; /* what went on, and what was answered */
	uint64_t msgs, bytes;
	int answer;
	bool over;
};

static size_t
below(uint32_t *seed, size_t n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (size_t)(*seed >> 8) % n;
}

static void
way_begin(struct way *w, const struct knobs *k, bool rows)
{
	*w = (struct way){ .k = k, .rows = rows, .answer = NATS_MORE };
	nats_parser_init(&w->parser, k->side, k->line, k->payload);
	buf_init(&w->out, k->room);
	buf_init(&w->sent, ALL);
	buf_init(&w->back, ALL);
}

static void
way_end(struct way *w)
{
	buf_deinit(&w->out);
	buf_deinit(&w->sent);
	buf_deinit(&w->back);
}

/* put() - a message, perhaps under another name. */
static void
put(const struct way *w, struct buf *out, const struct nats_op *op)
{
	struct nats_op as = *op;
	struct buf name;

	buf_init(&name, ALL);
	if (w->k->renamed) {
		buf_put_str(&name, "somewhere.else.");
		buf_put(&name, op->subject);
		as.subject = buf_bytes(&name);
		if (op->sid.len != 0)
			as.sid = BYTES_LIT("7");
	}
	transcript_write(out, &as);
	buf_deinit(&name);
}

/* on_message() - Return: was it forwarded because of its subject alone? */
static bool
on_message(struct way *w, const struct nats_op *op)
{
	w->msgs++;
	w->bytes += op->payload.len;
	if (w->k->own != 0 && op->header.len + op->payload.len > w->k->own) {
		nats_put_err(&w->back, "Maximum Payload Violation");
		w->over = true;
		return false;
	}
	if (op->subject.ptr[0] == 'd') {
		nats_put_err(&w->back, "denied");
		return false;
	}
	put(w, &w->out, op);
	return op->reply.len == 0 && op->header.len == 0 && op->subject.ptr[0] != 'p';
}

/* row() - what follows @op, which @in begins with and which stands in the buffer from @at on. */
static void
row(struct way *w, struct bytes in, const struct nats_op *op, size_t at, struct bytes *run)
{
	struct row_sum sum;
	struct row r;

	if (!row_begin(&r, &w->parser, in, op, &w->out, at))
		return;
	if (w->k->own != 0 && r.max_payload > w->k->own)
		r.max_payload = w->k->own;
	sum = row_take(&r, run, &w->out, w->k->pending);
	w->msgs += sum.msgs;
	w->bytes += sum.bytes;
}

/* way_pump() - take what is there of @stream, while it may wait. */
static void
way_pump(struct way *w, struct bytes stream)
{
	size_t n = w->there - w->taken, used = 0;
	uint8_t *exact = malloc(n != 0 ? n : 1); /* of its very size, for who looks behind it */
	struct bytes run = bytes_of(exact, n);
	struct nats_op op;

	MUST(exact != NULL);
	if (n != 0)
		memcpy(exact, stream.ptr + w->taken, n);
	while (!w->over && w->out.len < w->k->pending) {
		struct bytes in = run;
		size_t at = w->out.len;

		w->answer = nats_parse(&w->parser, run, &used, &op);
		if (w->answer != 0)
			break;
		run = bytes_from(run, used);
		if (op.subject.len == 0 || op.kind == NATS_SUB)
			transcript_op(&w->back, &op);
		else if (on_message(w, &op) && w->rows)
			row(w, in, &op, at, &run);
		w->over |= buf_failed(&w->out);
	}
	w->over |= w->answer > NATS_MORE;
	w->taken = w->there - run.len;
	free(exact);
}

/* way_send() - @n bytes of what waits go on. */
static void
way_send(struct way *w, size_t n)
{
	buf_put(&w->sent, bytes_upto(buf_bytes(&w->out), n));
	if (n != 0)
		memmove(w->out.ptr, w->out.ptr + n, w->out.len - n);
	w->out.len -= n;
}

/* same() - after a turn. What a full buffer holds may end anywhere, and is never sent. */
static void
same(const struct way *a, const struct way *b)
{
	MUST(buf_failed(&a->out) == buf_failed(&b->out));
	MUST(bytes_eq(buf_bytes(&a->back), buf_bytes(&b->back)));
	MUST(!buf_failed(&a->back) && !buf_failed(&a->sent) && !buf_failed(&b->sent));
	if (buf_failed(&a->out))
		return;
	MUST(bytes_eq(buf_bytes(&a->out), buf_bytes(&b->out)));
	MUST(a->taken == b->taken && a->answer == b->answer && a->over == b->over);
	MUST(a->msgs == b->msgs && a->bytes == b->bytes);
}

/* in_pieces() - both ways, cut and sent alike. */
static void
in_pieces(struct way *a, struct way *b, struct bytes stream)
{
	uint32_t seed = a->k->seed;
	size_t most = 1 + below(&seed, 2) * below(&seed, 4096) + below(&seed, 64);

	while (!a->over && !b->over) {
		size_t left = stream.len - a->there, n = 1 + below(&seed, most);
		bool waits = a->answer == NATS_MORE; /* for more; else what is there could not go */

		if (waits && left == 0)
			break;
		if (waits)
			a->there = b->there += n < left ? n : left;
		way_pump(a, stream);
		way_pump(b, stream);
		same(a, b);
		if (a->over)
			break;
		n = below(&seed, 3) == 0 ? below(&seed, a->out.len + 1) : a->out.len;
		way_send(a, n);
		way_send(b, n);
	}
	same(a, b);
	if (buf_failed(&a->out))
		return;
	way_send(a, a->out.len);
	way_send(b, b->out.len);
}

static struct knobs
knobs(const uint8_t *d)
{
	struct knobs k = { .side = (d[0] & 1) != 0 ? NATS_FROM_SERVER : NATS_FROM_CLIENT,
		.renamed = (d[0] & 2) != 0,
		.line = 16 + (size_t)d[1] * ((d[0] & 4) != 0 ? 16 : 1),
		.payload = (size_t)d[2] * 2,
		.own = (size_t)d[3] * 2,
		.pending = 1 + (size_t)d[4] * 8,
		.seed = d[6] };

	k.room = d[5] == 0 ? ALL : k.pending + (size_t)d[5] * 4;
	return k;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes stream = bytes_of(data + KNOBS, size - KNOBS);
	struct way plain, rows, whole;
	struct knobs k, wide;

	if (size <= KNOBS || size > STREAM_MAX)
		return 0;
	k = knobs(data);
	way_begin(&plain, &k, false);
	way_begin(&rows, &k, true);
	in_pieces(&plain, &rows, stream);

	wide = k;
	wide.pending = wide.room = ALL;
	way_begin(&whole, &wide, false);
	whole.there = stream.len;
	way_pump(&whole, stream);
	way_send(&whole, whole.out.len);
	if (buf_failed(&rows.out)) {
		MUST(bytes_starts(buf_bytes(&whole.sent), buf_bytes(&rows.sent)));
	} else {
		MUST(bytes_eq(buf_bytes(&whole.sent), buf_bytes(&rows.sent)));
		MUST(bytes_eq(buf_bytes(&whole.back), buf_bytes(&rows.back)));
		MUST(whole.taken == rows.taken && whole.answer == rows.answer);
		MUST(whole.msgs == rows.msgs && whole.bytes == rows.bytes);
	}
	way_end(&plain);
	way_end(&rows);
	way_end(&whole);
	return 0;
}
