/*
 * A row means the same as its messages one by one: over streams of messages that are alike, nearly
 * alike and damaged, with and without rows, what is written, what is left and what the parser says
 * of it are the same. Fixed seeds: a failure comes back.
 */
#include "gateway/nats/row.h"
#include "gateway/nats/writer.h"
#include "tests/unit/gateway/nats/suites.h"

enum { STREAMS = 3000, LINE = 60, PAYLOAD = 120, OUT = 1500 };

static uint64_t seed;

/* below() - xorshift64*: small, and the same everywhere. */
static size_t
below(size_t n)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (size_t)(seed * 0x2545f4914f6cdd1dU >> 33) % n;
}

/* say() - one of a few words. */
static void
say(struct buf *b, const char *const *words, size_t n)
{
	buf_put_str(b, words[below(n)]);
}

static void
put_message(struct buf *b, bool client, const char *const *habits)
{
	static const char *const blanks[] = { " ", "  ", "\t" };
	static const char *const sizes[] = { "0", "-", "1", "99999999" };
	static const char *const ends[] = { " \r\n", "\n", "\r", "\r\r\n", "\t\r\n" };
	size_t size = below(4) == 0 ? below(130) : below(3);

	buf_put_str(b, habits[0]);
	say(b, blanks, below(20) == 0 ? 3 : 1);
	buf_put_str(b, habits[1]);
	if (!client) {
		say(b, blanks, below(20) == 0 ? 3 : 1);
		buf_put_str(b, habits[2]);
	}
	say(b, blanks, below(20) == 0 ? 3 : 1);
	if (below(60) == 0)
		buf_put_str(b, "12 ");
	if (below(60) == 0)
		say(b, sizes, 4);
	buf_put_dec(b, size);
	buf_put_str(b, below(100) == 0 ? ends[below(5)] : "\r\n");
	while (size-- > 0)
		buf_put_u8(b, (uint8_t) "ab\r\nPUB "[below(8)]);
	buf_put_str(b, below(200) == 0 ? ends[below(5)] : "\r\n");
}

/* stream() - up to forty messages of somebody with habits, the last perhaps cut off. */
static void
stream(struct buf *b, bool client)
{
	static const char *const verbs[][5] = { { "MSG", "MSG", "msg", "HMSG", "PING\r\nMSG" },
		{ "PUB", "PUB", "pUb", "HPUB", "PING\r\nPUB" } };
	static const char *const subjects[] = { "a", "b", "orders.new", "orders.old",
		"a.subject.of.thirty.three.bytes.xx",
		"a.subject.so.long.that.its.line.may.be.too.long" };
	static const char *const sids[] = { "1", "2", "17", "12345678" };
	const char *habits[3] = { verbs[client][0], subjects[below(6)], sids[below(4)] };

	for (size_t n = 1 + below(40); n > 0; n--) {
		if (below(12) == 0)
			habits[0] = verbs[client][below(5)];
		if (below(12) == 0)
			habits[1] = subjects[below(6)];
		if (below(12) == 0)
			habits[2] = sids[below(4)];
		put_message(b, client, habits);
	}
	if (below(2) == 0)
		b->len -= below(b->len < 60 ? b->len : 60);
}

/* What became of a stream. */
struct fate {
	struct buf out;
	uint64_t msgs, bytes, in_rows;
	size_t left;
	int answer;
};

static void
put_op(struct buf *b, const struct nats_op *op, bool renamed)
{
	struct buf name;

	buf_init(&name, 256);
	if (renamed)
		buf_put_str(&name, "somewhere.else.");
	buf_put(&name, op->subject);
	if (op->kind == NATS_PUB || op->kind == NATS_HPUB)
		nats_put_pub(b, buf_bytes(&name), op->reply, op->header, op->payload);
	else
		nats_put_msg(b, buf_bytes(&name), op->sid, op->reply, op->header, op->payload);
	buf_deinit(&name);
}

/* pass() - all of @in through parser and writer; @rows: with rows where there can be any. */
static void
pass(struct fate *f, enum nats_side side, struct bytes in, bool renamed, bool rows)
{
	struct nats_parser p;
	struct nats_op op;

	*f = (struct fate){ 0 };
	buf_init(&f->out, 1 << 20);
	nats_parser_init(&p, side, LINE, PAYLOAD);
	while (f->out.len < OUT) {
		struct bytes from = in;
		struct row_sum sum;
		struct row w;
		size_t used = 0, at = f->out.len;

		f->answer = nats_parse(&p, in, &used, &op);
		if (f->answer != 0)
			break;
		in = bytes_from(in, used);
		if (op.kind == NATS_PING)
			continue;
		put_op(&f->out, &op, renamed);
		f->msgs++;
		f->bytes += op.payload.len;
		if (!rows || op.reply.len != 0 || op.header.len != 0 ||
		    !row_begin(&w, &p, from, &op, &f->out, at))
			continue;
		sum = row_take(&w, &in, &f->out, OUT);
		f->msgs += sum.msgs;
		f->bytes += sum.bytes;
		f->in_rows += sum.msgs;
	}
	f->left = in.len;
}

START_TEST(a_row_means_what_its_messages_mean)
{
	enum nats_side side = _i == 0 ? NATS_FROM_CLIENT : NATS_FROM_SERVER;
	uint64_t in_rows = 0, msgs = 0, ends[8] = { 0 };

	seed = 88172645463325252U + (uint64_t)_i;
	for (int k = 0; k < STREAMS; k++) {
		bool renamed = below(2) == 0;
		struct fate alone, row;
		struct bytes exact;
		struct buf b;
		uint8_t *copy;

		buf_init(&b, 1 << 20);
		stream(&b, side == NATS_FROM_CLIENT);
		/* of its very size, for whoever looks behind it */
		copy = malloc(b.len);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, b.ptr, b.len);
		exact = bytes_of(copy, b.len);
		pass(&alone, side, exact, renamed, false);
		pass(&row, side, exact, renamed, true);
		ck_assert_msg(bytes_eq(buf_bytes(&alone.out), buf_bytes(&row.out)),
		    "stream %d: %.*s", k, (int)b.len, (const char *)b.ptr);
		ck_assert_int_eq(alone.answer, row.answer);
		ck_assert_uint_eq(alone.left, row.left);
		ck_assert_uint_eq(alone.msgs, row.msgs);
		ck_assert_uint_eq(alone.bytes, row.bytes);
		in_rows += row.in_rows;
		msgs += row.msgs;
		ends[row.answer]++;
		buf_deinit(&alone.out);
		buf_deinit(&row.out);
		buf_deinit(&b);
		free(copy);
	}
	/* all of it was met: rows, and every way in which one ends */
	ck_assert_uint_gt(in_rows, msgs / 3);
	ck_assert_uint_gt(ends[0], 10);
	for (int answer = NATS_MORE; answer <= NATS_PAYLOAD_TOO_LONG; answer++)
		ck_assert_uint_gt(ends[answer], 10);
}
END_TEST

START_TEST(a_row_needs_a_first_message_that_was_written)
{
	struct bytes in = BYTES_LIT("PUB a 1\r\nx\r\nPUB a 1\r\ny\r\n");
	struct nats_parser p;
	struct nats_op op;
	struct row w;
	struct buf out;
	size_t used = 0;

	nats_parser_init(&p, NATS_FROM_CLIENT, LINE, PAYLOAD);
	ck_assert_int_eq(nats_parse(&p, in, &used, &op), 0);
	buf_init(&out, 8);
	ck_assert(!row_begin(&w, &p, in, &op, &out, 0));
	nats_put_pub(&out, op.subject, op.reply, op.header, op.payload);
	ck_assert(buf_failed(&out));
	ck_assert(!row_begin(&w, &p, in, &op, &out, 0));
	buf_deinit(&out);
}
END_TEST

START_TEST(a_row_ends_where_its_buffer_does)
{
	struct bytes in = BYTES_LIT(
			 "PUB a 1\r\nx\r\nPUB a 1\r\ny\r\nPUB a 1\r\nz\r\nPUB a 1\r\nz\r\n"),
		     rest;
	struct nats_parser p;
	struct nats_op op;
	struct row_sum sum;
	struct row w;
	struct buf out;
	size_t used = 0;

	nats_parser_init(&p, NATS_FROM_CLIENT, LINE, PAYLOAD);
	ck_assert_int_eq(nats_parse(&p, in, &used, &op), 0);
	rest = bytes_from(in, used);
	buf_init(&out, 30);
	nats_put_pub(&out, op.subject, op.reply, op.header, op.payload);
	ck_assert(row_begin(&w, &p, in, &op, &out, 0));
	sum = row_take(&w, &rest, &out, 12);
	ck_assert_uint_eq(sum.msgs, 0);
	sum = row_take(&w, &rest, &out, 13);
	ck_assert_uint_eq(sum.msgs, 1);
	ck_assert_uint_eq(sum.bytes, 1);
	ck_assert(bytes_is(buf_bytes(&out), "PUB a 1\r\nx\r\nPUB a 1\r\ny\r\n"));
	/* the one that finds no room is left where it is */
	sum = row_take(&w, &rest, &out, 100);
	ck_assert_uint_eq(sum.msgs, 0);
	ck_assert(buf_failed(&out));
	ck_assert(bytes_is(rest, "PUB a 1\r\nz\r\nPUB a 1\r\nz\r\n"));
	buf_deinit(&out);
}
END_TEST

TCase *
row_tests(void)
{
	TCase *t = tcase_create("row");

	tcase_add_loop_test(t, a_row_means_what_its_messages_mean, 0, 2);
	tcase_add_test(t, a_row_needs_a_first_message_that_was_written);
	tcase_add_test(t, a_row_ends_where_its_buffer_does);
	return t;
}
