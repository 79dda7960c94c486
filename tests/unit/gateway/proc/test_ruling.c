/* What of a command goes on record, and which of those that only read are spared. */
#include <stdlib.h>

#include "gateway/proc/ruling.h"
#include "tests/unit/gateway/proc/suites.h"
#include "tests/unit/policy/rules/suites.h"

#define TEXT                                                                                       \
	"lattices = [acme]\naccounts { ACME = " ACME " }\n"                                        \
	"role app { account = ACME tags = [\"role:app\"] }\n"                                      \
	"rule often { allow = [host.list, actor.auction] to = [app] sample = \"1 in 10\" }\n"      \
	"rule each { allow = [claims.get, actor.stop] to = [app] }\n"                              \
	"rule trial { allow = [host.inventory] to = [app] mode = observe sample = \"1 in 10\" }\n"

static struct world w;
static void *arena;

static void
setup(void)
{
	world_policy(&w, "t.policy", BYTES_LIT(TEXT));
	world_person(&w, ACME, "role:app", NULL);
	world_login(&w);
	arena = malloc(BODY_ARENA);
	ck_assert_ptr_nonnull(arena);
}

static void
teardown(void)
{
	free(arena);
	world_end(&w);
}

static struct ruling
rule(const char *subject, const char *payload)
{
	struct msg_command m = { .subject = bytes_str(subject), .payload = bytes_str(payload) };
	struct ruling r;

	ruling_make(&r, w.rights, &m, BYTES_NULL, arena);
	return r;
}

static const struct {
	const char *subject, *payload;
	enum verdict verdict;
	uint32_t sample;
} cases[] = {
	{ "wasmbus.ctl.acme.ping.hosts", "", VERDICT_ALLOW, 10 },
	{ "wasmbus.ctl.acme.get.claims", "", VERDICT_ALLOW, 1 },
	{ "wasmbus.ctl.acme.get.links", "", VERDICT_DENY, 1 },
	{ "wasmbus.ctl.other.ping.hosts", "", VERDICT_DENY, 1 },
	/* only an observing rule stood between: that is told each time */
	{ "wasmbus.ctl.acme.get.NHOST.inv", "", VERDICT_ALLOW, 1 },
};

START_TEST(only_reads_that_a_rule_samples_are_spared)
{
	struct ruling r = rule(cases[_i].subject, cases[_i].payload);
	unsigned kept = 0;

	ck_assert_int_eq(r.decision.verdict, cases[_i].verdict);
	ck_assert_uint_eq(ruling_sample(&r, w.policy), cases[_i].sample);
	for (uint32_t drawn = 0; drawn < 1000; drawn++)
		kept += !ruling_spared(&r, w.policy, drawn);
	ck_assert_uint_eq(kept, 1000 / cases[_i].sample);
}
END_TEST

START_TEST(its_record_says_how_many_it_stands_for)
{
	struct msg_command m = { .subject = BYTES_LIT("wasmbus.ctl.acme.ping.hosts") };
	static uint8_t spans[MSG_RECORD_SPANS];
	struct msg_record out;
	struct ruling r = rule("wasmbus.ctl.acme.ping.hosts", "");

	ruling_record(&r, w.policy, &m, &out, spans);
	ck_assert_uint_eq(out.sample, 10);
	r = rule("wasmbus.ctl.acme.get.claims", "");
	ruling_record(&r, w.policy, &m, &out, spans);
	ck_assert_uint_eq(out.sample, 0);
}
END_TEST

START_TEST(what_changes_something_is_on_record_whatever_a_snapshot_says)
{
	struct ruling r = rule("wasmbus.ctl.acme.ping.hosts", "");

	ck_assert_uint_eq(ruling_sample(&r, w.policy), 10);
	r.command.mutating = true;
	ck_assert_uint_eq(ruling_sample(&r, w.policy), 1);
	r.command.mutating = false;
	r.read = true;
	r.body.effective = VERB_ACTOR_STOP;
	ck_assert_uint_eq(ruling_sample(&r, w.policy), 1);
	ck_assert(!ruling_spared(&r, w.policy, 7));
}
END_TEST

TCase *
ruling_tests(void)
{
	TCase *t = tcase_create("ruling");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
	    t, only_reads_that_a_rule_samples_are_spared, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, its_record_says_how_many_it_stands_for);
	tcase_add_test(t, what_changes_something_is_on_record_whatever_a_snapshot_says);
	return t;
}
