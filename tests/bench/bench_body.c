/*
 * bench_body - what reading a command costs: nanoseconds per message, median of several runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "policy/commands/body.h"
#include "policy/commands/jetstream.h"

enum { RUNS = 9, ROUNDS = 1 << 16 };

static uint64_t memory[BODY_ARENA / 8];

static const char scale[] =
    "{\"component_ref\":\"registry.acme.dev/shop/checkout-http-component:1.14.2\","
    "\"component_id\":\"shop_checkout\",\"annotations\":{\"wasmcloud.dev/managed-by\":\"wadm\","
    "\"wasmcloud.dev/appspec\":\"shop\",\"wasmcloud.dev/scaler\":\"5c3f0f2c1a\"},\"count\":5,"
    "\"host_id\":\"NAKFMPB3XJQ5VYTRSL6HEDVWIYIHL7GCUOCQNU3K6ZNA6DXQ2WCR4ZX5\","
    "\"config\":[\"shop-defaults\",\"shop-checkout-http\",\"shop-flags\"],"
    "\"allow_update\":false}";

static const char scale_subject[] = "wasmbus.ctl.v1.default.component.scale."
				    "NAKFMPB3XJQ5VYTRSL6HEDVWIYIHL7GCUOCQNU3K6ZNA6DXQ2WCR4ZX5";

static const char consumer[] =
    "{\"stream_name\":\"ORDERS\",\"config\":{\"durable_name\":\"w\",\"name\":\"w\","
    "\"deliver_policy\":\"all\",\"ack_policy\":\"explicit\",\"filter_subject\":\"orders.new\","
    "\"max_ack_pending\":1000,\"num_replicas\":0},\"action\":\"create\"}";

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

static struct command command; /* of the subject being read: the relay has it at hand */

typedef void work(const struct body_input *in);

static void
read_body(const struct body_input *in)
{
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	struct body b;

	if (body_decode(&command, in, &arena, &b) != 0)
		abort();
}

static void
read_jetstream(const struct body_input *in)
{
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	struct jetstream js;

	if (jetstream_decode(in, &arena, &js) != 0)
		abort();
}

static void
report(const char *what, work *w, const char *subject, const char *payload)
{
	struct body_input in = { .subject = bytes_str(subject), .payload = bytes_str(payload) };
	double run[RUNS];

	if (command_classify(in.subject, &command) != 0)
		command.verb = VERB_NONE;
	for (int k = 0; k < RUNS; k++) {
		double start = now_ns();

		for (int i = 0; i < ROUNDS; i++)
			w(&in);
		run[k] = (now_ns() - start) / ROUNDS;
	}
	qsort(run, RUNS, sizeof(run[0]), by_value);
	printf("%-34s %4zu bytes %8.1f ns  (%.1f .. %.1f)\n", what, in.payload.len, run[RUNS / 2],
	    run[0], run[RUNS - 1]);
}

int
main(void)
{
	report("1.x component.scale", read_body, scale_subject, scale);
	report("consumer create", read_jetstream, "$JS.API.CONSUMER.CREATE.ORDERS.w.orders.new",
	    consumer);
	return 0;
}
