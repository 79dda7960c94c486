/*
 * bench_parser - what one message costs in the parser and in the writer.
 *
 * A run of some 64 KiB of equal operations, as a busy socket would deliver it, is parsed over and
 * over, and the same operations are written into a buffer of that size. Printed: the median of the
 * rounds as ns per op and MB per second, and the best round. Same input every time; nothing is
 * random.
 */
#include <stdio.h>
#include <time.h>

#include "gateway/nats/parser.h"
#include "gateway/nats/writer.h"

enum { RUN = 64 * 1024, ROUNDS = 41, REPEAT = 40 };

struct sample {
	const char *name;
	enum nats_side side;
	struct nats_op op;
};

static uint8_t body[4096];

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
put_op(struct buf *b, const struct nats_op *o)
{
	if (o->kind == NATS_PUB || o->kind == NATS_HPUB)
		nats_put_pub(b, o->subject, o->reply, o->header, o->payload);
	else
		nats_put_msg(b, o->subject, o->sid, o->reply, o->header, o->payload);
}

/* fill() - as many whole ops as fit. Return: how many. */
static size_t
fill(struct buf *b, const struct nats_op *o)
{
	size_t n = 0, len;

	buf_reset(b);
	do {
		len = b->len;
		put_op(b, o);
		n++;
	} while (b->len + (b->len - len) <= RUN);
	return n;
}

static size_t
parse_all(enum nats_side side, struct bytes in)
{
	struct nats_parser p;
	struct nats_op op;
	size_t n = 0, used, sum = 0;

	nats_parser_init(&p, side, 4096, 1 << 20);
	while (in.len != 0 && nats_parse(&p, in, &used, &op) == 0) {
		sum += op.subject.len + op.payload.len;
		in = bytes_from(in, used);
		n++;
	}
	return in.len == 0 && sum != 0 ? n : 0;
}

static void
report(const char *what, const char *name, double *round, size_t ops, size_t bytes)
{
	double ns;

	qsort(round, ROUNDS, sizeof(*round), by_value);
	ns = round[ROUNDS / 2] / (double)(ops * REPEAT);
	printf("%-6s %-10s %6.1f ns/op %8.0f MB/s  best %5.1f ns  (%zu bytes/op)\n", what, name, ns,
	    (double)bytes / (double)ops / ns * 1000, round[0] / (double)(ops * REPEAT),
	    bytes / ops);
}

static int
measure(const struct sample *s)
{
	struct buf b;
	double parse[ROUNDS], write[ROUNDS];
	size_t ops, bytes;
	int bad = 0;

	buf_init(&b, RUN + sizeof(body));
	ops = fill(&b, &s->op);
	bytes = b.len;
	for (int i = 0; i < ROUNDS; i++) {
		double t = now_ns();

		for (int k = 0; k < REPEAT; k++)
			bad |= parse_all(s->side, buf_bytes(&b)) != ops;
		parse[i] = now_ns() - t;
	}
	for (int i = 0; i < ROUNDS; i++) {
		double t = now_ns();

		for (int k = 0; k < REPEAT; k++)
			bad |= fill(&b, &s->op) != ops;
		write[i] = now_ns() - t;
	}
	report("parse", s->name, parse, ops, bytes);
	report("write", s->name, write, ops, bytes);
	buf_deinit(&b);
	return bad;
}

int
main(void)
{
	const struct bytes subject = BYTES_LIT("acme.orders.created.eu");
	const struct bytes reply = BYTES_LIT("_INBOX.jOWSPZKmQlzD5r4FQuGJVc.7");
	const struct bytes header = BYTES_LIT("NATS/1.0\r\nX-Trace: 0af7651916cd43dd\r\n\r\n");
	const struct bytes sid = BYTES_LIT("42");
	const struct bytes p16 = bytes_of(body, 16), p512 = bytes_of(body, 512);
	const struct sample samples[] = {
		{ "PUB 16", NATS_FROM_CLIENT,
		    { .kind = NATS_PUB, .subject = subject, .payload = p16 } },
		{ "PUB 512", NATS_FROM_CLIENT,
		    { .kind = NATS_PUB, .subject = subject, .payload = p512 } },
		{ "PUB reply", NATS_FROM_CLIENT,
		    { .kind = NATS_PUB, .subject = subject, .reply = reply, .payload = p16 } },
		{ "HPUB 16", NATS_FROM_CLIENT,
		    { .kind = NATS_HPUB, .subject = subject, .header = header, .payload = p16 } },
		{ "MSG 16", NATS_FROM_SERVER,
		    { .kind = NATS_MSG, .subject = subject, .sid = sid, .payload = p16 } },
		{ "HMSG 16", NATS_FROM_SERVER,
		    { .kind = NATS_HMSG,
			.subject = subject,
			.sid = sid,
			.header = header,
			.payload = p16 } },
	};
	int bad = 0;

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		bad |= measure(&samples[i]);
	if (bad)
		printf("an operation was not read back\n");
	return bad;
}
