/*
 * Properties of parser and writer together, over streams of random operations, some of them
 * damaged: how a stream is cut changes nothing, and what we write we read back to the same value.
 * Fixed seeds: a failure comes back.
 */
#include "tests/unit/gateway/nats/suites.h"
#include "tests/unit/gateway/nats/transcript.h"

enum { STREAMS = 400, CUTTINGS = 6, LINE = 160, PAYLOAD = 300 };

/* xorshift64*: small, and the same everywhere. */
static uint64_t
next(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 0x2545f4914f6cdd1dU;
}

static size_t
below(uint64_t *seed, size_t n)
{
	return (size_t)(next(seed) >> 33) % n;
}

static size_t
random_cut(void *arg, size_t left)
{
	uint64_t *seed = arg;
	size_t n = below(seed, 3) == 0 ? 1 + below(seed, 64) : 1 + below(seed, 4);

	return n < left ? n : left;
}

static struct bytes
word(uint64_t *seed, uint8_t *room, const char *alphabet, size_t max)
{
	size_t n = 1 + below(seed, max), letters = strlen(alphabet);

	for (size_t i = 0; i < n; i++)
		room[i] = (uint8_t)alphabet[below(seed, letters)];
	return bytes_of(room, n);
}

#define GRAPH "abcXYZ0189.*>-_$!~\"'\\{}"
#define ALNUM "abyzABYZ0123456789"

/* Room for the slices of one random op. */
struct rooms {
	uint8_t subject[64], reply[64], queue[32], sid[32], header[64], payload[300];
};

static void
random_op(uint64_t *seed, enum nats_side side, struct rooms *m, struct nats_op *op)
{
	static const enum nats_kind kinds[2][8] = {
		{ NATS_PUB, NATS_PUB, NATS_HPUB, NATS_SUB, NATS_UNSUB, NATS_PING, NATS_PONG,
		    NATS_CONNECT },
		{ NATS_MSG, NATS_MSG, NATS_HMSG, NATS_OK, NATS_ERR, NATS_PING, NATS_PONG,
		    NATS_INFO },
	};

	*op = (struct nats_op){ .kind = kinds[side == NATS_FROM_SERVER][below(seed, 8)] };
	switch (op->kind) {
	case NATS_HPUB:
	case NATS_HMSG:
		op->header = word(seed, m->header, "NATS/1.0\r\n: ", sizeof(m->header));
		/* fall through */
	case NATS_PUB:
	case NATS_MSG:
		op->payload = word(seed, m->payload, "ab\r\nPING 0", 200);
		if (below(seed, 4) == 0)
			op->payload = BYTES_NULL;
		if (below(seed, 2) == 0)
			op->reply = word(seed, m->reply, GRAPH, 40);
		/* fall through */
	case NATS_SUB:
		op->subject = word(seed, m->subject, GRAPH, 60);
		if (op->kind == NATS_SUB && below(seed, 2) == 0)
			op->queue = word(seed, m->queue, GRAPH, 30);
		/* fall through */
	case NATS_UNSUB:
		if (op->kind != NATS_PUB && op->kind != NATS_HPUB)
			op->sid = word(seed, m->sid, ALNUM, NATS_SID_MAX);
		op->has_max = op->kind == NATS_UNSUB && below(seed, 2) == 0;
		op->max = op->has_max ? 1 + below(seed, 999999999) : 0;
		break;
	case NATS_CONNECT:
	case NATS_INFO:
		op->json = word(seed, m->payload, "{}\":a,1", 100);
		break;
	case NATS_ERR:
		op->text = word(seed, m->subject, "aB \"c", 20);
		m->subject[0] = m->subject[op->text.len - 1] = 'x';
		break;
	default:
		break;
	}
}

/* damage() - change, remove or put in one byte that matters to a parser. */
static void
damage(uint64_t *seed, struct buf *b)
{
	static const uint8_t bytes[] = "\r\n \t0a\0\x7f\xff"
				       "9-";
	size_t at = below(seed, b->len);
	uint8_t c = bytes[below(seed, sizeof(bytes) - 1)];

	switch (below(seed, 3)) {
	case 0:
		b->ptr[at] = c;
		break;
	case 1:
		memmove(b->ptr + at, b->ptr + at + 1, b->len - at - 1);
		b->len--;
		break;
	default:
		buf_put_u8(b, 0);
		memmove(b->ptr + at + 1, b->ptr + at, b->len - at - 1);
		b->ptr[at] = c;
		break;
	}
}

/* random_stream() - a few ops, canonical; *@ops gets what must be read from them. */
static void
random_stream(uint64_t *seed, enum nats_side side, struct buf *wire, struct buf *ops)
{
	struct nats_op op;
	struct rooms m;
	size_t n = 1 + below(seed, 12);

	buf_reset(wire);
	buf_reset(ops);
	for (size_t i = 0; i < n; i++) {
		random_op(seed, side, &m, &op);
		transcript_write(wire, &op);
		transcript_op(ops, &op);
	}
	buf_put_str(ops, "more@");
	buf_put_dec(ops, wire->len);
}

static void
start(struct nats_parser *p, enum nats_side side)
{
	nats_parser_init(p, side, LINE, PAYLOAD);
	p->max_connect = LINE + 20;
}

START_TEST(what_is_written_is_read_back_to_the_same_value)
{
	enum nats_side side = _i == 0 ? NATS_FROM_CLIENT : NATS_FROM_SERVER;
	uint64_t seed = 20260821;
	struct buf wire, ops, out, again;
	struct nats_parser p;

	buf_init(&wire, 1 << 16);
	buf_init(&ops, 1 << 16);
	buf_init(&out, 1 << 16);
	buf_init(&again, 1 << 16);
	for (int i = 0; i < STREAMS; i++) {
		random_stream(&seed, side, &wire, &ops);
		buf_reset(&out);
		buf_reset(&again);
		nats_parser_init(&p, side, 1024, 1024);
		transcript(p, buf_bytes(&wire), NULL, NULL, &out, &again);
		ck_assert_msg(bytes_eq(buf_bytes(&out), buf_bytes(&ops)), "%.*s\nread as %.*s",
		    (int)ops.len, ops.ptr, (int)out.len, out.ptr);
		ck_assert(bytes_eq(buf_bytes(&again), buf_bytes(&wire)));
	}
	buf_deinit(&wire);
	buf_deinit(&ops);
	buf_deinit(&out);
	buf_deinit(&again);
}
END_TEST

START_TEST(how_a_stream_is_cut_changes_nothing)
{
	enum nats_side side = _i == 0 ? NATS_FROM_CLIENT : NATS_FROM_SERVER;
	uint64_t seed = 0x9e3779b97f4a7c15;
	struct buf wire, ops, whole, cut;
	struct nats_parser p;

	buf_init(&wire, 1 << 16);
	buf_init(&ops, 1 << 16);
	buf_init(&whole, 1 << 16);
	buf_init(&cut, 1 << 16);
	start(&p, side);
	for (int i = 0; i < STREAMS; i++) {
		random_stream(&seed, side, &wire, &ops);
		for (size_t n = below(&seed, 3); n > 0; n--)
			damage(&seed, &wire);
		buf_reset(&whole);
		transcript(p, buf_bytes(&wire), NULL, NULL, &whole, NULL);
		for (int k = 0; k < CUTTINGS; k++) {
			buf_reset(&cut);
			transcript(p, buf_bytes(&wire), random_cut, &seed, &cut, NULL);
			ck_assert_msg(bytes_eq(buf_bytes(&whole), buf_bytes(&cut)),
			    "%.*s\nwhole %.*s\ncut   %.*s", (int)wire.len, wire.ptr, (int)whole.len,
			    whole.ptr, (int)cut.len, cut.ptr);
		}
	}
	buf_deinit(&wire);
	buf_deinit(&ops);
	buf_deinit(&whole);
	buf_deinit(&cut);
}
END_TEST

TCase *
segments_tests(void)
{
	TCase *tc = tcase_create("segments");

	tcase_add_loop_test(tc, what_is_written_is_read_back_to_the_same_value, 0, 2);
	tcase_add_loop_test(tc, how_a_stream_is_cut_changes_nothing, 0, 2);
	return tc;
}
