/* Lines of *.expect files: read, judged, and reported with their place. */
#include <stdio.h>

#include "policy/rules/expect.h"
#include "tests/unit/policy/rules/suites.h"

static struct world w;

static void
setup(void)
{
	static const char text[] =
	    "lattices = [\"acme-*\"]\n"
	    "accounts { ACME = \"" ACME "\" }\n"
	    "role app   { account = ACME  tags = [\"team:App\"]  names = [\"svc-*\"] }\n"
	    "role admin { account = ACME  tags = [\"role:admin\"] }\n"
	    "role shown { account = ACME  certificates = [\"dns:*.H.example\", \"dn:CN=Ann Other,O=x\"] }\n"
	    "role one   { account = ACME  users = [\"" USER "\"] }\n"
	    "rule app-data { publish = [\"app.>\"]  subscribe = [\"app.>\"]  to = [app] }\n"
	    "rule starts   { allow = [actor.start]  to = [admin] }\n"
	    "rule msg-ids  { headers = [\"Nats-Msg-*\"]  to = [app] }\n"
	    "rule no-trace { strip_headers = [\"Nats-Trace-Dest\"]  to = [app] }\n"
	    "rule mine     { publish = [\"mine\"]  to = [one] }\n"
	    "rule odd      { deny_publish = [\"app.odd\"]  to = [app]  mode = observe }\n"
	    "rule never    { publish = [\"never\"]  to = [admin] }\n"
	    "rule shows { publish = [\"shown\"]  to = [shown] }\n";

	world_policy(&w, "dir/a.policy", bytes_str(text));
}

static void
teardown(void)
{
	world_end(&w);
}

/* run() - Return: what expect_run() did; what it reported must hold @in (NULL: nothing at all). */
static int
run(const char *text, const char *in, bool *decided)
{
	struct text_report report;
	struct expect_run x = { .policy = w.policy, .report = &report, .decided = decided };
	int r;

	text_report_init(&report);
	r = expect_run(&x, "dir/a.expect", bytes_str(text));
	buf_put_u8(&report.out, 0);
	ck_assert_msg(in == NULL ? report.errors == 0 : strstr((char *)report.out.ptr, in) != NULL,
	    "%s", (char *)report.out.ptr);
	ck_assert_int_eq(r, x.failed != 0 ? EXPECT_FAILED : 0);
	text_report_deinit(&report);
	return r;
}

START_TEST(a_role_is_whoever_the_policy_means_by_it)
{
	ck_assert_int_eq(run("# a table\n"
			     "\n"
			     "PUB role=app app.x -> allow rule=app-data   # whose name fits svc-*\n"
			     "PUB role=app name=other app.x -> deny rule=none reason=no_rule\n"
			     "PUB role=app account=OTHER app.x -> deny rule=none\n"
			     "PUB tag=team:app name=svc-1 app.x -> allow\n"
			     "PUB role=one mine -> allow rule=mine\n"
			     "PUB role=shown shown -> allow rule=shows\n"
			     "PUB certificate=dns:a.b.h.example shown -> allow\n"
			     "PUB certificate=dns:x certificate=dns:.h.example shown -> allow\n"
			     "PUB certificate=dns:h.example shown -> deny\n"
			     "PUB certificate=email:a.h.example shown -> deny\n"
			     "PUB certificate=dn:CN=Ann\\20Other,O=x shown -> allow\n"
			     "PUB certificate=dn:CN=Ann\\20Other,O=x,O=y shown -> deny\n"
			     "PUB certificate=dns:a.h.example account=OTHER shown -> deny\n"
			     "PUB name=dns:a.h.example shown -> deny\n"
			     "PUB role=nobody app.x -> deny\n"
			     "PUB app.x -> deny\n"
			     "PUB role=app app.odd -> allow rule=odd would_deny\r\n"
			     "\tPUB role=admin wasmbus.ctl.acme-1.cmd.H.la -> allow rule=starts\n"
			     "SUB role=app app.* q -> allow rule=app-data\n"
			     "DELIVER role=app app.> app.x -> allow\n"
			     "HEADER role=app nats-msg-id -> pass rule=msg-ids\n"
			     "HEADER role=app Nats-Trace-Dest -> strip rule=no-trace\n"
			     "HEADER role=app Nats-Rollup -> refuse rule=none",
			     NULL, NULL),
	    0);
}
END_TEST

START_TEST(the_credentials_own_lists_narrow)
{
	ck_assert_int_eq(run("PUB role=app pub_allow=app.y app.x -> deny reason=jwt\n"
			     "PUB role=app pub_allow= app.x -> deny reason=jwt\n"
			     "SUB role=app sub_allow=app.x+q,app.z app.x q -> allow\n"
			     "SUB role=app sub_allow=app.x+q app.x p -> deny reason=jwt\n",
			     NULL, NULL),
	    0);
}
END_TEST

START_TEST(what_does_not_hold_is_named_with_line_and_answer)
{
	static const struct {
		const char *line, *report;
	} table[] = {
		{ "\nPUB role=app app.x -> deny\n",
		    "dir/a.expect:2:1: error: PUB role=app app.x: expected deny, got allow "
		    "rule=app-data reason=rule\n" },
		{ "PUB role=app app.x -> allow rule=other", "got allow rule=app-data" },
		{ "PUB role=app b -> deny reason=jwt", "got deny rule=none reason=no_rule" },
		{ "PUB role=app app.odd -> allow", "got allow rule=odd reason=rule would_deny" },
		{ "PUB role=app app.x -> allow would_deny", "got allow rule=app-data" },
		{ "HEADER role=app Nats-Msg-Id -> refuse", "got pass rule=msg-ids" },
		{ "PUB role=app app.x @no.json -> allow", "a.expect:1:1: error: @no.json: " },
		{ "PUB role=app sub_deny=a..b app.x -> allow", "no list of subjects" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_int_eq(run(table[i].line, table[i].report, NULL), EXPECT_FAILED);
}
END_TEST

START_TEST(a_line_that_is_none_is_never_skipped)
{
	static const struct {
		const char *line, *report;
	} table[] = {
		{ "PUBB a -> allow", "1:1: error: expected PUB, SUB" },
		{ "PUB a allow", "there is no \"->\"" },
		{ "PUB rolle=app app.x -> deny", "1:5: error: nobody knows this key" },
		{ "PUB role=app role=app app.x -> deny", "1:14: error: said twice" },
		{ "PUB role= app.x -> deny", "no value" },
		{ "PUB role=app a b c -> deny", "too many words" },
		{ "PUB role=app a b c d -> deny", "one word too many" },
		{ "PUB role=app times=1 a -> deny", "expected 2 to 10000" },
		{ "PUB role=app times=10001 a -> deny", "expected 2 to 10000" },
		{ "PUB role=app times=99999999999 a -> deny", "expected 2 to 10000" },
		{ "PUB role=app times= a -> deny", "no value" },
		{ "PUB role=app times=2 times=2 a -> deny", "said twice" },
		{ "PUB role=app times=1x a -> deny", "expected a number" },
		{ "HEADER role=app times=2 A -> pass", "only a PUB or a SUB is counted" },
		{ "PUB role=app at=noon a -> deny", "expected a moment" },
		{ "PUB role=app at=2026-11-22T10:00Z at=2026-11-22T10:00Z a -> deny", "said twice" },
		{ "PUB role=app -> deny", "too few words" },
		{ "DELIVER role=app a -> deny", "too few words" },
		{ "SUB role=app a @b.json -> deny", "only a PUB has a payload" },
		{ "PUB role=app a @ -> deny", "no file after @" },
		{ "PUB role=app a @b @c -> deny", "one word too many" },
		{ "PUB role=app a ->", "expected allow or deny" },
		{ "PUB role=app a -> pass", "expected allow or deny" },
		{ "HEADER role=app A -> allow", "expected pass, strip or refuse" },
		{ "PUB role=app a -> deny rule", "expected rule=NAME" },
		{ "PUB role=app a -> deny would_deny", "expected rule=NAME" },
		{ "PUB role=app \x01 -> deny", "1:14: error: a byte that is not plain ASCII" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_int_eq(run(table[i].line, table[i].report, NULL), EXPECT_FAILED);
}
END_TEST

START_TEST(every_bad_line_is_reported_and_the_good_ones_still_run)
{
	bool decided[16] = { false };

	ck_assert_int_eq(run("what\nPUB role=app app.x -> allow\nPUB role=app app.x -> deny\n",
			     "a.expect:3:1", decided),
	    EXPECT_FAILED);
	ck_assert(decided[0]);
}
END_TEST

START_TEST(rules_that_decided_are_counted)
{
	bool decided[16] = { false };
	size_t n = 0;

	ck_assert_int_eq(run("PUB role=app app.x -> allow\n"
			     "PUB role=admin wasmbus.ctl.acme-1.cmd.H.la -> allow\n"
			     "HEADER role=app Nats-Msg-Id -> pass\n"
			     "HEADER role=app Nats-Trace-Dest -> strip\n"
			     "PUB role=one mine -> allow\n"
			     "PUB role=app app.odd -> allow would_deny\n",
			     NULL, decided),
	    0);
	for (size_t i = 0; i < policy_rules(w.policy); i++)
		n += decided[i];
	ck_assert_uint_eq(n, policy_rules(w.policy) - 2);
	ck_assert(!decided[6]);
	ck_assert_str_eq(policy_rule_name(w.policy, 6), "never");
}
END_TEST

START_TEST(what_a_template_stands_for_is_in_its_table)
{
	struct bytes text = bytes_str("# x\nSET LATTICE=default\nPUB a -> deny\nSET\nSET =x\n"
				      "SET ACCOUNT=" ACME "\n"),
		     name, value;

	ck_assert(bytes_is(expect_set(text, BYTES_LIT("LATTICE")), "default"));
	ck_assert(bytes_is(expect_set(text, BYTES_LIT("ACCOUNT")), ACME));
	ck_assert_ptr_null(expect_set(text, BYTES_LIT("OTHER")).ptr);
	ck_assert(expect_set_nth(text, 1, &name, &value) && bytes_is(name, "ACCOUNT"));
	ck_assert(!expect_set_nth(text, 2, &name, &value));
	ck_assert_int_eq(run("SET LATTICE=default\n", NULL, NULL), 0);
}
END_TEST

TCase *
expect_tests(void)
{
	TCase *t = tcase_create("expect");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_role_is_whoever_the_policy_means_by_it);
	tcase_add_test(t, the_credentials_own_lists_narrow);
	tcase_add_test(t, what_does_not_hold_is_named_with_line_and_answer);
	tcase_add_test(t, a_line_that_is_none_is_never_skipped);
	tcase_add_test(t, every_bad_line_is_reported_and_the_good_ones_still_run);
	tcase_add_test(t, rules_that_decided_are_counted);
	tcase_add_test(t, what_a_template_stands_for_is_in_its_table);
	return t;
}
