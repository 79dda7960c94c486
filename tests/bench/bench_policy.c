/*
 * bench_policy - what decisions cost: nanoseconds, median of several runs, fixed seed.
 *
 *	bench_policy [RULES]                  default 10000
 *	bench_policy --ask N TIMES [RULES]    question N, TIMES times, nothing printed: for a
 *counter of instructions around it (scripts/instructions) bench_policy --questions what they are
 *called, a line each
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "policy/rules/rights.h"
#include "policy/rules/subject.h"

enum { RUNS = 9, SUBJECTS = 1 << 14, HOT = 64 };

#define ACME "AAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQDPYC"

/* A command of about 400 bytes, and twenty conditions that all hold for it. */
#define SCALE "wasmbus.ctl.v1.default.component.scale.NHOST"
static const char scale[] =
    "{\"component_ref\":\"registry.example/ours/orders/checkout:1.4.2\",\"component_id\":"
    "\"shop-checkout\",\"host_id\":\"NHOST\",\"count\":5,\"allow_update\":true,\"annotations\":{"
    "\"wasmcloud.dev/appspec\":\"shop\",\"wasmcloud.dev/scaler\":\"5f70bf18a086007016e948b04aed3b82"
    "103a36bea41755b6cddfaf10ace3c6ef\",\"wasmcloud.dev/managed-by\":\"wadm\",\"team\":\"orders\"},"
    "\"config\":[\"shop-defaults\",\"shop-checkout\",\"shop-secrets\"]}";

#define CONDITIONS                                                                                 \
	" image = \"registry.example/ours/*\" registry = [\"registry.example\", \"ghcr.io\"]"      \
	" repository = \"ours/*\" tag != latest scheme = oci kind = actor id = \"shop-*\""         \
	" count <= 10 host = NHOST lattice = default config = \"shop-*\" annotation != \"evil*\""
#define TWENTY                                                                                     \
	"rule where { allow = [actor.scale] to = [r] where {" CONDITIONS " } }\n"                  \
	"rule not { deny = [actor.scale] to = [r] where { image = \"registry.example/*\" host = "  \
	"NHOST"                                                                                    \
	" tag != latest id = \"shop-*\" config = \"shop-*\" kind = actor scheme = oci count > 10 " \
	"}"                                                                                        \
	" }\n"

static char subject[SUBJECTS][64];
static struct bytes asked[SUBJECTS];

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
text_of(struct buf *b, unsigned rules)
{
	char line[256];

	buf_put_str(b, "lattices = [default]\nrole r { account = " ACME " }\n");
	for (unsigned i = 0; i < rules; i++) {
		snprintf(line, sizeof(line),
		    "rule r%u { publish = [\"team%u.service%u.*.x\"] subscribe = "
		    "[\"team%u.service%u.>\"] to = [r] }\n",
		    i, i % 100, i, i % 100, i);
		buf_put_str(b, line);
	}
	buf_put_str(b, TWENTY);
	buf_put_str(b, "rule no { deny_publish = [\"*.*.secret.>\"] to = [\"*\"] }\n"
		       "rule verbs { allow = [deploy] to = [r] }\n");
}

typedef unsigned question(struct rights *r, struct bytes s);

static unsigned
ask_publish(struct rights *r, struct bytes s)
{
	return rights_publish(r, s).verdict;
}

static unsigned
ask_deliver(struct rights *r, struct bytes s)
{
	return rights_deliver(r, BYTES_LIT("team1.>"), BYTES_NULL, s).verdict;
}

static unsigned
ask_command(struct rights *r, struct bytes s)
{
	struct command c;

	(void)s;
	if (command_classify(BYTES_LIT("wasmbus.ctl.default.cmd.NHOST.lp"), &c) != 0)
		abort();
	return rights_command(r, BYTES_LIT("wasmbus.ctl.default.cmd.NHOST.lp"), &c).verdict;
}

static unsigned
ask_decode(struct rights *r, struct bytes s)
{
	static uint8_t mem[BODY_ARENA];
	static struct body body;
	struct body_arena arena = { .mem = mem, .cap = sizeof(mem) };
	struct body_input in = { BYTES_LIT(SCALE), BYTES_NULL, bytes_str(scale) };
	struct command c;

	(void)s;
	if (command_classify(in.subject, &c) != 0 || body_decode(&c, &in, &arena, &body) != 0)
		abort();
	return r == NULL ? VERDICT_ALLOW : rights_command_body(r, in.subject, &c, &body).verdict;
}

/* The body stays from the last decoding. */
static unsigned
ask_judge_only(struct rights *r, struct bytes s)
{
	static uint8_t mem[BODY_ARENA];
	static struct body body;
	static struct command c;
	struct body_arena arena = { .mem = mem, .cap = sizeof(mem) };
	struct body_input in = { BYTES_LIT(SCALE), BYTES_NULL, bytes_str(scale) };

	(void)s;
	if (c.verb == VERB_NONE &&
	    (command_classify(in.subject, &c) != 0 || body_decode(&c, &in, &arena, &body) != 0))
		abort();
	return rights_command_body(r, in.subject, &c, &body).verdict;
}

static unsigned
ask_decode_only(struct rights *r, struct bytes s)
{
	(void)r;
	return ask_decode(NULL, s);
}

static const struct {
	const char *what;
	question *ask;
	size_t distinct; /* subjects asked about in turn */
} questions[] = {
	{ "publish, warm cache", ask_publish, HOT },
	{ "publish, never cached", ask_publish, SUBJECTS },
	{ "deliver, warm cache", ask_deliver, HOT },
	{ "deliver, never cached", ask_deliver, SUBJECTS },
	{ "command, classified and judged", ask_command, HOT },
	{ "command, its body decoded", ask_decode_only, HOT },
	{ "it judged by 20 conditions", ask_judge_only, HOT },
	{ "both", ask_decode, HOT },
};

enum { N_QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

static unsigned
ask_often(size_t which, struct rights *r, size_t n)
{
	unsigned allowed = 0;

	for (size_t i = 0; i < n; i++)
		allowed += questions[which].ask(r, asked[i % questions[which].distinct]);
	return allowed;
}

static void
report(size_t which, struct rights *r)
{
	double run[RUNS];
	size_t n = 1 << 18;
	unsigned allowed = 0;

	for (int k = 0; k < RUNS; k++) {
		double start = now_ns();

		allowed += ask_often(which, r, n);
		run[k] = (now_ns() - start) / (double)n;
	}
	qsort(run, RUNS, sizeof(run[0]), by_value);
	printf("%-34s %8.1f ns  (%.1f .. %.1f)  %u%% allowed\n", questions[which].what,
	    run[RUNS / 2], run[0], run[RUNS - 1], (unsigned)((uint64_t)allowed * 100 / (n * RUNS)));
}

static void
make_subjects(unsigned rules)
{
	for (unsigned i = 0; i < SUBJECTS; i++) {
		unsigned k = (i * 2654435761u) % rules;

		snprintf(
		    subject[i], sizeof(subject[i]), "team%u.service%u.instance%u.x", k % 100, k, i);
		asked[i] = bytes_str(subject[i]);
	}
}

static struct rights *
make_rights(const struct policy *p, const char *what, bool quiet)
{
	struct identity id = { .max_subs = -1 };
	struct rights *r;
	double t = now_ns();

	snprintf(id.user, sizeof(id.user), "U");
	snprintf(id.account, sizeof(id.account), ACME);
	if (rights_new(&r, p, &id) != 0)
		exit(1);
	if (!quiet)
		printf("%-34s %8.4f ms\n", what, (now_ns() - t) / 1e6);
	return r;
}

static struct policy *
make_policy(unsigned rules, struct buf *text, struct buf *snapshot, bool quiet)
{
	struct text_report messages;
	struct policy_source src;
	struct policy *p;
	double t;

	text_report_init(&messages);
	text_of(text, rules);
	src = (struct policy_source){ "bench.policy", buf_bytes(text) };
	t = now_ns();
	if (policy_compile(snapshot, &src, 1, &messages) != 0) {
		fprintf(stderr, "%.*s", (int)messages.out.len, (const char *)messages.out.ptr);
		exit(1);
	}
	if (!quiet)
		printf("%-34s %8.2f ms  %u rules, %zu bytes of text, %zu of snapshot\n", "compile",
		    (now_ns() - t) / 1e6, rules, text->len, snapshot->len);
	t = now_ns();
	if (policy_open(&p, buf_bytes(snapshot)) != 0)
		exit(1);
	if (!quiet)
		printf("%-34s %8.2f ms\n", "open", (now_ns() - t) / 1e6);
	text_report_deinit(&messages);
	return p;
}

int
main(int argc, char **argv)
{
	bool count = argc >= 4 && strcmp(argv[1], "--ask") == 0;
	const char *size = count ? argv[argc > 4 ? 4 : 3] : argc > 1 ? argv[1] : "";
	unsigned rules = argc > (count ? 4 : 1) ? (unsigned)strtoul(size, NULL, 10) : 10000;
	size_t which = count ? strtoul(argv[2], NULL, 10) : 0;
	struct buf text, snapshot;
	struct policy *p;
	struct rights *r, *second;

	if (argc > 1 && strcmp(argv[1], "--questions") == 0) {
		for (size_t i = 0; i < N_QUESTIONS; i++)
			puts(questions[i].what);
		return 0;
	}
	buf_init(&text, 64 << 20);
	buf_init(&snapshot, 64 << 20);
	p = make_policy(rules > 0 ? rules : 1, &text, &snapshot, count);
	r = make_rights(p, "first identity of these roles", count);
	second = make_rights(p, "another one", count);
	make_subjects(rules > 0 ? rules : 1);
	for (size_t i = 0; i < N_QUESTIONS && !count; i++)
		report(i, r);
	if (count && which < N_QUESTIONS)
		(void)ask_often(which, r, strtoul(argv[3], NULL, 10));
	rights_free(second);
	rights_free(r);
	policy_close(p);
	buf_deinit(&snapshot);
	buf_deinit(&text);
	return 0;
}
