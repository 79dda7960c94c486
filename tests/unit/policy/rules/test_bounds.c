/* Rules that hold only so often, and only at times. */
#include "policy/rules/meters.h"
#include "policy/rules/rights_priv.h"
#include "policy/rules/upstream.h"
#include "tests/unit/policy/rules/suites.h"

static struct world w;
static struct meters *meters;

#define TEXT                                                                                       \
	"lattices = [acme]\n"                                                                      \
	"zone = \"+02:00\"\n"                                                                      \
	"accounts { ACME = " ACME " }\n"                                                           \
	"role app { account = ACME tags = [\"role:app\"] }\n"                                      \
	"role late { account = ACME tags = [\"role:late\"] }\n"                                    \
	"rule first { publish = [\"a.>\"] subscribe = [\"s.>\", \"$KV.b.>\"] to = [app] rate = "   \
	"2/h }\n"                                                                                  \
	"rule second { publish = [\"a.b\", \"*.c\"] to = [app] rate = 1/h }\n"                     \
	"rule third { publish = [\"a.b\"] to = [app] rate = 60/m burst = 1 }\n"                    \
	"rule free { publish = [\"a.free\"] to = [app] }\n"                                        \
	"rule trial { publish = [\"t.>\", \"a.t\"] to = [app] rate = 1/h mode = observe }\n"       \
	"rule no { deny_publish = [\"a.no\"] to = [app] }\n"                                       \
	"rule watched { deny_publish = [\"a.odd\"] to = [app] mode = observe }\n"                  \
	"rule start { allow = [actor.start, actor.stop] to = [app] rate = 1/h\n"                   \
	"  where { count <= 5 } }\n"                                                               \
	"rule hours { publish = [\"h.>\", \"$KV.b.>\"] subscribe = [\"h.>\"] allow = [serve]\n"    \
	"  headers = [\"Nats-Msg-Id\"] to = [late] during = [\"mon-fri 08:00-18:00\"] }\n"         \
	"rule base { publish = [\"x.>\"] to = [late] }\n"                                          \
	"rule night { deny_publish = [\"x.>\"] to = [late] during = [\"22:00-06:00\"] zone = UTC " \
	"}\n"                                                                                      \
	"rule year { publish = [\"y\"] to = [late] from = \"2026-01-01T00:00Z\"\n"                 \
	"  until = \"2027-01-01T00:00:00+02:00\" }\n"

static void
setup(void)
{
	world_policy(&w, "t.policy", BYTES_LIT(TEXT));
	meters = meters_new(1);
}

static void
teardown(void)
{
	world_end(&w);
	meters_free(meters);
}

static void
login_as(const char *tag)
{
	world_person(&w, ACME, tag, "host:" HOST, NULL);
	world_login(&w);
	rights_meter(w.rights, meters);
}

static struct decision
publish(const char *s, uint64_t now_ms)
{
	struct decision d = rights_publish(w.rights, bytes_str(s));

	return d.rated != 0 ? rights_pay_publish(w.rights, bytes_str(s), d, now_ms) : d;
}

static void
is(struct decision d, enum verdict verdict, enum reason why, const char *rule)
{
	ck_assert_msg(d.verdict == verdict && d.reason == why && strcmp(RULE(&w, d), rule) == 0,
	    "%s %s rule=%s", d.verdict == VERDICT_ALLOW ? "allow" : "deny", reason_word(d.reason),
	    RULE(&w, d));
}

START_TEST(a_rule_allows_as_many_as_its_rate_says)
{
	login_as("role:app");
	is(publish("a.x", 0), VERDICT_ALLOW, REASON_RULE, "first");
	is(publish("a.y", 0), VERDICT_ALLOW, REASON_RULE, "first");
	is(publish("a.x", 0), VERDICT_DENY, REASON_RATE, "first");
	ck_assert_uint_eq(rights_wait_ms(w.rights, publish("a.x", 1799000).rule, 1799000), 1000);
	is(publish("a.x", 1799999), VERDICT_DENY, REASON_RATE, "first");
	is(publish("a.x", 1800000), VERDICT_ALLOW, REASON_RULE, "first");
	is(publish("a.x", 1800000), VERDICT_DENY, REASON_RATE, "first");
}
END_TEST

START_TEST(a_rule_without_a_rate_comes_first)
{
	login_as("role:app");
	for (int i = 0; i < 5; i++)
		is(publish("a.free", 0), VERDICT_ALLOW, REASON_RULE, "free");
	is(publish("a.x", 0), VERDICT_ALLOW, REASON_RULE, "first");
}
END_TEST

START_TEST(beyond_its_rate_the_next_rule_may_allow)
{
	login_as("role:app");
	is(publish("a.b", 0), VERDICT_ALLOW, REASON_RULE, "first");
	is(publish("a.b", 0), VERDICT_ALLOW, REASON_RULE, "first");
	is(publish("a.b", 0), VERDICT_ALLOW, REASON_RULE, "second");
	is(publish("a.b", 0), VERDICT_ALLOW, REASON_RULE, "third");
	is(publish("a.b", 0), VERDICT_DENY, REASON_RATE, "first");
	is(publish("a.b", 1000), VERDICT_ALLOW, REASON_RULE, "third");
	is(publish("z.c", 1000), VERDICT_DENY, REASON_RATE, "second");
}
END_TEST

START_TEST(a_deny_costs_nothing_and_holds)
{
	login_as("role:app");
	is(publish("a.no", 0), VERDICT_DENY, REASON_RULE, "no");
	is(publish("a.odd", 0), VERDICT_ALLOW, REASON_RULE, "watched");
	is(publish("a.odd", 0), VERDICT_ALLOW, REASON_RULE, "watched");
	is(publish("a.odd", 0), VERDICT_DENY, REASON_RATE, "first");
}
END_TEST

START_TEST(an_observing_rule_says_when_its_rate_is_spent)
{
	struct decision d;

	login_as("role:app");
	d = publish("t.x", 0);
	is(d, VERDICT_ALLOW, REASON_RULE, "trial");
	ck_assert(d.would_deny);
	d = publish("t.x", 0);
	is(d, VERDICT_ALLOW, REASON_RATE, "trial");
	ck_assert(d.would_deny);
	/* beyond an enforced rate it lets through what it observes */
	is(publish("a.t", 0), VERDICT_ALLOW, REASON_RULE, "first");
	is(publish("a.t", 0), VERDICT_ALLOW, REASON_RULE, "first");
	d = publish("a.t", 0);
	is(d, VERDICT_ALLOW, REASON_RATE, "trial");
	ck_assert(d.would_deny);
}
END_TEST

START_TEST(subscriptions_are_counted_where_they_are_made)
{
	struct bytes p = BYTES_LIT("s.>");

	login_as("role:app");
	for (int i = 0; i < 3; i++) {
		struct decision d = rights_subscribe(w.rights, p, BYTES_NULL);

		is(d, VERDICT_ALLOW, REASON_RULE, "first"); /* looking costs nothing */
		d = rights_pay_subscribe(w.rights, p, BYTES_NULL, d, 0);
		is(d, i < 2 ? VERDICT_ALLOW : VERDICT_DENY, i < 2 ? REASON_RULE : REASON_RATE,
		    "first");
	}
	/* what such a rule opened by name is delivered */
	ck_assert_int_eq(
	    rights_deliver(w.rights, BYTES_LIT("x.>"), BYTES_NULL, BYTES_LIT("$KV.b.k")).verdict,
	    VERDICT_ALLOW);
}
END_TEST

START_TEST(what_others_do_for_one_is_not_granted_by_a_rate)
{
	login_as("role:app");
	is(rights_publish_reach(w.rights, BYTES_LIT("a.x")), VERDICT_DENY, REASON_RATE, "first");
	ck_assert_int_eq(rights_publish_reach(w.rights, BYTES_LIT("a.>")).verdict, VERDICT_DENY);
	is(rights_publish_reach(w.rights, BYTES_LIT("a.free")), VERDICT_ALLOW, REASON_RULE, "free");
}
END_TEST

START_TEST(without_a_table_nothing_can_be_paid)
{
	login_as("role:app");
	rights_meter(w.rights, NULL);
	is(publish("a.x", 0), VERDICT_DENY, REASON_RATE, "first");
}
END_TEST

START_TEST(neither_another_connection_nor_a_reload_fills_a_bucket)
{
	struct policy *p = NULL;

	login_as("role:app");
	is(publish("a.x", 0), VERDICT_ALLOW, REASON_RULE, "first");
	is(publish("a.x", 0), VERDICT_ALLOW, REASON_RULE, "first");
	world_logout(&w);
	meters_tick(meters, 1000);
	login_as("role:app");
	is(publish("a.x", 1000), VERDICT_DENY, REASON_RATE, "first");
	/* the same snapshot opened anew stands for a reload */
	ck_assert_int_eq(policy_open(&p, buf_bytes(&w.snapshot)), 0);
	rights_free(w.rights);
	ck_assert_int_eq(rights_new(&w.rights, p, &w.id), 0);
	rights_meter(w.rights, meters);
	is(publish("a.x", 1000), VERDICT_DENY, REASON_RATE, "first");
	rights_free(w.rights);
	w.rights = NULL;
	policy_close(p);
}
END_TEST

/* ---- commands ---- */

static struct decision
start(const char *json, uint64_t now_ms)
{
	static const char *const s = "wasmbus.ctl.acme.cmd." HOST ".la";
	struct body_input in = { .subject = bytes_str(s), .payload = bytes_str(json) };
	static _Alignas(16) uint8_t memory[BODY_ARENA];
	struct body_arena arena = { .mem = memory, .cap = sizeof(memory) };
	struct command c;
	struct decision d;
	struct body body;

	ck_assert_int_eq(command_classify(in.subject, &c), 0);
	ck_assert_int_eq(rights_command(w.rights, in.subject, &c).verdict, VERDICT_ALLOW);
	ck_assert_int_eq(body_decode(&c, &in, &arena, &body), 0);
	d = rights_command_body(w.rights, in.subject, &c, &body);
	return d.rated != 0 ? rights_pay_command(w.rights, in.subject, &c, &body, d, now_ms) : d;
}

START_TEST(commands_are_counted_when_they_are_judged_whole)
{
	login_as("role:app");
	is(start("{\"actor_ref\":\"r/a:1\",\"host_id\":\"" HOST "\",\"count\":9}", 0), VERDICT_DENY,
	    REASON_WHERE, "start");
	is(start("{\"actor_ref\":\"r/a:1\",\"host_id\":\"" HOST "\",\"count\":1}", 0),
	    VERDICT_ALLOW, REASON_RULE, "start");
	is(start("{\"actor_ref\":\"r/a:1\",\"host_id\":\"" HOST "\",\"count\":1}", 0), VERDICT_DENY,
	    REASON_RATE, "start");
	is(start("{\"actor_ref\":\"r/a:1\",\"host_id\":\"" HOST "\",\"count\":1}", 3600000),
	    VERDICT_ALLOW, REASON_RULE, "start");
}
END_TEST

/* ---- times ---- */

static int64_t
at(const char *text)
{
	int64_t s = 0;

	ck_assert_ptr_null(window_instant(bytes_str(text), &s));
	return s;
}

START_TEST(before_anybody_says_the_time_grants_are_shut_and_denials_hold)
{
	login_as("role:late");
	is(publish("h.x", 0), VERDICT_DENY, REASON_NO_RULE, "none");
	is(publish("y", 0), VERDICT_DENY, REASON_NO_RULE, "none");
	is(publish("x.x", 0), VERDICT_DENY, REASON_RULE, "night");
	ck_assert_int_eq(rights_header(w.rights, BYTES_LIT("Nats-Msg-Id")), HEADER_REFUSE);
	ck_assert(
	    !rights_serves(w.rights, BYTES_LIT("wasmbus.ctl.acme.cmd." HOST ".*"), BYTES_NULL));
}
END_TEST

START_TEST(rules_come_and_go_with_the_time)
{
	login_as("role:late");
	/* a Monday, 08:00 in the file's zone */
	ck_assert_int_eq(policy_time(w.policy, at("2026-11-23T06:00Z")), POLICY_CHANGED);
	ck_assert_int_eq(policy_time(w.policy, at("2026-11-23T06:00Z")), 0);
	ck_assert_int_eq(policy_time(w.policy, at("2026-11-23T06:01Z")), 0);
	is(publish("h.x", 0), VERDICT_ALLOW, REASON_RULE, "hours");
	is(publish("h.x", 0), VERDICT_ALLOW, REASON_RULE, "hours");
	is(publish("x.x", 0), VERDICT_ALLOW, REASON_RULE, "base");
	is(publish("y", 0), VERDICT_ALLOW, REASON_RULE, "year");
	ck_assert_int_eq(rights_header(w.rights, BYTES_LIT("Nats-Msg-Id")), HEADER_PASS);
	ck_assert(
	    rights_serves(w.rights, BYTES_LIT("wasmbus.ctl.acme.cmd." HOST ".*"), BYTES_NULL));
	/* what was remembered is forgotten */
	ck_assert_int_eq(policy_time(w.policy, at("2026-11-23T16:00Z")), POLICY_CHANGED);
	is(publish("h.x", 0), VERDICT_DENY, REASON_NO_RULE, "none");
	is(publish("x.x", 0), VERDICT_ALLOW, REASON_RULE, "base");
	ck_assert_int_eq(policy_time(w.policy, at("2026-11-23T22:00Z")), POLICY_CHANGED);
	is(publish("x.x", 0), VERDICT_DENY, REASON_RULE, "night");
	ck_assert_int_eq(policy_time(w.policy, at("2026-12-31T22:00Z")), POLICY_CHANGED);
	is(publish("y", 0), VERDICT_DENY, REASON_NO_RULE, "none");
	/* a clock that is put back opens what was open then */
	ck_assert_int_eq(policy_time(w.policy, at("2026-11-23T06:00Z")), POLICY_CHANGED);
	is(publish("h.x", 0), VERDICT_ALLOW, REASON_RULE, "hours");
}
END_TEST

START_TEST(who_logs_in_later_sees_the_same)
{
	ck_assert_int_eq(policy_time(w.policy, at("2026-11-23T06:00Z")), POLICY_CHANGED);
	login_as("role:late");
	is(publish("h.x", 0), VERDICT_ALLOW, REASON_RULE, "hours");
	world_logout(&w);
	ck_assert_int_eq(policy_time(w.policy, at("2026-11-23T16:00Z")), POLICY_CHANGED);
	login_as("role:late");
	is(publish("h.x", 0), VERDICT_DENY, REASON_NO_RULE, "none");
}
END_TEST

START_TEST(the_upstream_login_is_made_for_all_hours)
{
	struct permissions p;
	bool kv = false;

	login_as("role:late");
	ck_assert_int_eq(upstream_permissions(w.rights, &p), 0);
	for (size_t i = 0; i < p.pub_deny.n; i++)
		kv |= bytes_is(p.pub_deny.item[i], "$KV.>");
	ck_assert(!kv);
	upstream_permissions_deinit(&p);
}
END_TEST

START_TEST(rules_say_their_bounds)
{
	char rate[POLICY_RATE_TEXT];
	size_t said = 0;

	for (uint32_t i = 0; i < policy_rules(w.policy); i++) {
		const char *name = policy_rule_name(w.policy, i),
			   *times = policy_rule_times(w.policy, i);

		policy_rule_rate(w.policy, i, rate);
		if (strcmp(name, "third") == 0)
			ck_assert_str_eq(rate, "60/m burst 1");
		if (strcmp(name, "hours") == 0)
			ck_assert_str_eq(times, "mon-fri 08:00-18:00 +02:00");
		if (strcmp(name, "night") == 0)
			ck_assert_str_eq(times, "22:00-06:00 UTC");
		if (strcmp(name, "year") == 0)
			ck_assert_str_eq(
			    times, "from 2026-01-01T00:00Z, until 2027-01-01T00:00:00+02:00");
		said += rate[0] != '\0' || times[0] != '\0';
	}
	ck_assert_uint_eq(said, 8);
	ck_assert_str_eq(policy_rule_times(w.policy, RULE_NONE), "");
	ck_assert_str_eq(policy_rule_rate(w.policy, RULE_NONE, rate), "");
}
END_TEST

TCase *
bounds_tests(void)
{
	TCase *t = tcase_create("bounds");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_rule_allows_as_many_as_its_rate_says);
	tcase_add_test(t, a_rule_without_a_rate_comes_first);
	tcase_add_test(t, beyond_its_rate_the_next_rule_may_allow);
	tcase_add_test(t, a_deny_costs_nothing_and_holds);
	tcase_add_test(t, an_observing_rule_says_when_its_rate_is_spent);
	tcase_add_test(t, subscriptions_are_counted_where_they_are_made);
	tcase_add_test(t, what_others_do_for_one_is_not_granted_by_a_rate);
	tcase_add_test(t, without_a_table_nothing_can_be_paid);
	tcase_add_test(t, neither_another_connection_nor_a_reload_fills_a_bucket);
	tcase_add_test(t, commands_are_counted_when_they_are_judged_whole);
	tcase_add_test(t, before_anybody_says_the_time_grants_are_shut_and_denials_hold);
	tcase_add_test(t, rules_come_and_go_with_the_time);
	tcase_add_test(t, who_logs_in_later_sees_the_same);
	tcase_add_test(t, the_upstream_login_is_made_for_all_hours);
	tcase_add_test(t, rules_say_their_bounds);
	return t;
}
