/*
 * Any subject (up to the first line end) and any body, to a host of each dialect. What it says
 * about itself in an answer is JSON, and the gate reads this host's id out of it and no other.
 */
#include <stdlib.h>

#include "host/lattice/links.h"
#include "host/lattice/reply.h"
#include "policy/commands/report.h"
#include "policy/core/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TOKENS = 65536 };

static uint64_t memory[BODY_ARENA / 8];
static struct json_tok tok[TOKENS];
static struct request q;

static const char host[] = "NAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCSXW";

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
is_ours(struct bytes answer, struct body_arena *arena)
{
	struct json j = { .text = answer, .tok = tok, .cap = TOKENS };
	struct report said = { .kind = report_asked(&q.command) };

	check(json_read(&j) == 0);
	if (said.kind == REPORT_NONE)
		return;
	check(report_decode(&said, answer, arena) == 0);
	check(said.id.len == 0 || bytes_is(said.id, host));
}

static void
answer(struct model *m, struct body_arena *arena)
{
	static const struct reply_host about = { .lattice = "default" };
	struct buf b;

	buf_init(&b, REPLY_MAX * 2);
	switch (q.verb) {
	case VERB_ACTOR_AUCTION:
	case VERB_PROVIDER_AUCTION:
		reply_bid(&b, m, &q);
		break;
	case VERB_HOST_LIST:
		reply_ping(&b, m, &q, &about);
		break;
	case VERB_HOST_INVENTORY:
		reply_inventory(&b, m, &q, &about);
		break;
	default:
		reply_ack(&b, m, &q, NULL);
	}
	/* a bid repeats what it was asked, which may be more than the gate has room to judge */
	if (!buf_failed(&b) && b.len < BODY_MAX)
		is_ours(buf_bytes(&b), arena);
	buf_deinit(&b);
}

static int
count(void *ctx, const struct body_link *link)
{
	check(link->source.len != 0);
	(*(size_t *)ctx)++;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	struct bytes all = bytes_of(data, size), subject = bytes_upto(all, bytes_find(all, '\n')),
		     payload = bytes_from(all, subject.len + 1);
	struct model_limits limits = model_limits_default();
	struct model *m = NULL;
	const char *why = NULL;
	size_t n = 0, skipped = 0;

	check(model_new(&m, &limits, host, "", "x") == 0);
	for (int d = DIALECT_A; d <= DIALECT_B; d++) {
		const struct request_self self = { .dialect = (enum dialect)d,
			.lattice = BYTES_LIT("default"),
			.host = bytes_str(host) };
		int r = request_read(&q, &self, subject, BYTES_NULL, payload, &arena);

		check(r == 0 || r == REQUEST_NOT ||
		      (r == REQUEST_REFUSED && q.error[0] != 0 && q.why[0] != 0));
		if (r == 0) {
			check(q.verb != VERB_NONE && q.verb != VERB_UNKNOWN);
			answer(m, &arena);
		}
	}
	if (payload.len != 0)
		check(links_read(payload, &arena, &skipped, &why, count, &n) == 0 || why != NULL);
	model_free(m);
	return 0;
}
