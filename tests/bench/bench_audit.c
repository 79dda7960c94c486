/*
 * bench_audit - what the audit costs: appending a record, verifying a log. Median of several runs,
 * fixed content.
 *
 *	bench_audit [RECORDS]      default 200000
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "policy/audit/inspect.h"

enum { RUNS = 7, EVERY = 1000, RESERVE = 1024 };

#define ORIGIN "bench.example/audit"

static struct hasher h;
static struct secret seed;
static struct note_signer signer;
static struct buf note;

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
must(int err)
{
	if (err != 0) {
		fprintf(stderr, "bench_audit: %d\n", err);
		exit(1);
	}
}

static struct record
command(size_t i, char id[32])
{
	struct record r = { .kind = RECORD_COMMAND,
		.decision = BYTES_LIT("allow"),
		.mode = BYTES_LIT("enforce"),
		.rule = BYTES_LIT("deployers-deploy"),
		.reason = BYTES_LIT("rule"),
		.policy = BYTES_LIT("0123456789abcdef"),
		.verb = BYTES_LIT("actor.scale"),
		.dialect = BYTES_LIT("C"),
		.mutating = true,
		.lattice = BYTES_LIT("default"),
		.host = BYTES_LIT("NBHOSTNBHOSTNBHOSTNBHOSTNBHOSTNBHOSTNBHOSTNBHOSTNBHOSTNB"),
		.target = BYTES_LIT("shop-checkout"),
		.image = BYTES_LIT("registry.example/ours/orders/checkout:1.4.2"),
		.has_count = true,
		.count = 5,
		.subject = BYTES_LIT("wasmbus.ctl.v1.default.component.scale.NBHOST"),
		.reply = BYTES_LIT("_INBOX.abcdefghijklmnopqrstuv.1"),
		.has_conn = true,
		.client = 17,
		.source = BYTES_LIT("127.0.0.1:51234"),
		.user = BYTES_LIT("UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"),
		.account = BYTES_LIT("AAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQDPYC"),
		.name = BYTES_LIT("Dora"),
		.tags = { 1, { BYTES_LIT("role:deployer") } },
		.has_payload = true,
		.size = 93,
		.body =
		    BYTES_LIT("{\"component_ref\":\"registry.example/ours/orders/checkout:1.4.2\","
			      "\"host_id\":\"NBHOST\",\"count\":5}") };

	r.id = bytes_of(id, (size_t)snprintf(id, 32, "0.17.c%zu", i));
	r.time_ns = INT64_C(1795376000000000000) + (int64_t)i * 1000;
	r.mono_ns = (int64_t)i * 1000;
	memset(r.run, 'a', RECORD_RUN_LEN);
	return r;
}

static void
checkpoint(struct chain *c, struct buf *out, const struct record *like)
{
	struct checkpoint cp = {
		.origin = BYTES_LIT(ORIGIN), .size = c->tree.size, .root = merkle_root(&c->tree, &h)
	};
	struct record r = {
		.kind = RECORD_CHECKPOINT, .time_ns = like->time_ns, .mono_ns = like->mono_ns
	};

	memcpy(r.run, like->run, sizeof(r.run));
	buf_reset(&note);
	must(checkpoint_sign(&note, &cp, &signer, 1));
	r.note = buf_bytes(&note);
	must(chain_append(c, &h, &r, out));
}

static double
write_log(struct buf *out, size_t n, struct chain *c)
{
	char id[32];
	struct record r = command(0, id), first = { .time_ns = r.time_ns };
	double from;

	memcpy(first.run, r.run, sizeof(first.run));
	buf_reset(out);
	chain_init(c);
	must(chain_open_segment(c, &h, &first, out));
	from = now_ns();
	for (size_t i = 1; i <= n; i++) {
		r = command(i, id);
		must(chain_append(c, &h, &r, out));
		if (i % EVERY == 0)
			checkpoint(c, out, &r);
	}
	return (now_ns() - from) / (double)n;
}

static double
read_log(struct bytes log, const struct chain *c)
{
	struct inspect_setup s = { .origin = BYTES_LIT(ORIGIN), .key = &signer.key, .n_keys = 1 };
	struct inspect *in = inspect_new(&s);
	double from = now_ns(), spent;
	struct inspect_result r;
	size_t piece = 1 << 16;

	if (in == NULL)
		exit(1);
	inspect_segment(in, 1);
	for (size_t at = 0; at < log.len; at += piece)
		inspect_feed(in, bytes_upto(bytes_from(log, at), piece));
	must(inspect_end(in, &r));
	spent = now_ns() - from;
	inspect_free(in);
	must(r.worst != INSPECT_FINE || r.last != c->tree.size);
	return spent;
}

int
main(int argc, char **argv)
{
	size_t n = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 200000;
	static const uint8_t raw[NOTE_SEED_LEN];
	double append[RUNS], verify[RUNS];
	struct chain c;
	struct buf log;

	if (sodium_init() < 0)
		return 1;
	must(hasher_init(&h));
	must(secret_new(&seed, bytes_of(raw, sizeof(raw))));
	must(note_signer_make(&signer, &h, BYTES_LIT(ORIGIN), &seed));
	buf_init(&note, NOTE_MAX);
	buf_init(&log, n * 2 * RESERVE + (1 << 20));
	for (int i = 0; i < RUNS; i++) {
		append[i] = write_log(&log, n, &c);
		verify[i] = read_log(buf_bytes(&log), &c);
	}
	qsort(append, RUNS, sizeof(append[0]), by_value);
	qsort(verify, RUNS, sizeof(verify[0]), by_value);
	printf("records %zu, %zu bytes each\n", n, log.len / n);
	printf("append %.0f ns/record\n", append[RUNS / 2]);
	printf("verify %.0f ns/record, %.2f GB/s\n", verify[RUNS / 2] / (double)n,
	    (double)log.len / verify[RUNS / 2]);
	buf_deinit(&log);
	buf_deinit(&note);
	secret_deinit(&seed);
	hasher_deinit(&h);
	return 0;
}
