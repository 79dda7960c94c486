#include <stdio.h>

#include "policy/rules/rights_priv.h"
#include "tests/unit/policy/rules/suites.h"

static struct world w;

#define TEXT                                                                                       \
	"lattices = [\"l\", wadm, runtime]\n"                                                      \
	"control_prefix = [\"far.away.ctl\"]\n"                                                    \
	"accounts { ACME = " ACME " }\n"                                                           \
	"role wide { account = ACME tags = [\"role:wide\"] }\n"                                    \
	"role named { account = ACME tags = [\"role:named\"] }\n"                                  \
	"role host { account = ACME tags = [\"role:host\"] }\n"                                    \
	"role keeper { account = ACME tags = [\"role:keeper\"] }\n"                                \
	"role wadm { account = ACME tags = [\"role:wadm\"] }\n"                                    \
	"role op { account = ACME tags = [\"role:op\"] }\n"                                        \
	"role dep { account = ACME tags = [\"role:dep\"] }\n"                                      \
	"rule wide { publish = [\">\", \"wasmbus.rpc.l.>\", \"$O.>\"] subscribe = [\">\", "        \
	"\"$O.>\"] reply = [\">\"] respond = 1 to = [wide] }\n"                                    \
	"rule named { publish = [\"wasmbus.evt.>\", \"wasmcloud.policy\", \"$O.l.>\"] "            \
	"subscribe = [\"wasmbus.evt.l.>\", \"wadm.evt.> observers\", \"wasmbus.rpc.l.VX.>\"] "     \
	"to = [named] }\n"                                                                         \
	"rule serve { allow = [serve] to = [host] }\n"                                             \
	"rule keeps { allow = [rpc.*] to = [keeper] }\n"                                           \
	"rule no-config { deny = [rpc.config] to = [keeper] }\n"                                   \
	"rule wadm { allow = [serve_wadm] to = [wadm] }\n"                                         \
	"rule op { allow = [serve_operator] to = [op] }\n"                                         \
	"rule dep { allow = [deploy] to = [dep] }\n"

static struct bytes
b(const char *s)
{
	return bytes_str(s);
}

static void
setup(void)
{
	world_policy(&w, "t.policy", BYTES_LIT(TEXT));
}

static void
teardown(void)
{
	world_end(&w);
}

static void
login_as(const char *tag)
{
	world_logout(&w);
	world_person(&w, ACME, tag, "host:" HOST, NULL);
	world_login(&w);
}

static void
is(struct decision d, enum verdict verdict, enum reason why, const char *rule)
{
	ck_assert_msg(d.verdict == verdict && d.reason == why && strcmp(RULE(&w, d), rule) == 0,
	    "%s %s rule=%s", d.verdict == VERDICT_ALLOW ? "allow" : "deny", reason_word(d.reason),
	    RULE(&w, d));
}

#define NO(d) is(d, VERDICT_DENY, REASON_RESERVED, "none")

static const char *const obeyed[] = { "wasmbus.rpc.l.VX.default.linkdefs.put",
	"wasmbus.rpc.l.kv.shutdown", "wasmbus.rpc.l.kv.health", "wasmbus.rpc.l.kv.config.update",
	"wasmbus.rpc.l.claims", "wasmbus.evt.l.x", "wasmbus.cfg.l.req", "wadm.evt.l.x",
	"wadm.status.l.x", "runtime.operator.heartbeat.NX", "lattice.state.events",
	"wasmcloud.policy", "wasmcloud.secrets.v1alpha1.v.get", "$O.l.C.x" };

START_TEST(wide_patterns_reach_nothing_that_is_obeyed)
{
	const char *s = obeyed[_i];

	login_as("role:wide");
	is(rights_publish(w.rights, b("app.x")), VERDICT_ALLOW, REASON_RULE, "wide");
	is(rights_publish(w.rights, b("wasmbus.rpc.l.MX")), VERDICT_ALLOW, REASON_RULE, "wide");
	is(rights_publish(w.rights, b("$O.other.C.x")), VERDICT_ALLOW, REASON_RULE, "wide");
	NO(rights_publish(w.rights, b(s)));
	NO(rights_reply(w.rights, b(s)));
	NO(rights_answer(w.rights, b(s)));
	NO(rights_deliver(w.rights, b(">"), b(""), b(s)));
	ck_assert(rights_filter_needed(w.rights, b(">"), b("")));
	ck_assert(rights_obeyed(w.rights, b(s)));
}
END_TEST

START_TEST(a_destination_that_could_become_one_is_refused)
{
	login_as("role:wide");
	NO(rights_publish_reach(w.rights, b("wasmbus.rpc.l.VX.>")));
	NO(rights_publish_reach(w.rights, b("lattice.state.*")));
	is(rights_publish_reach(w.rights, b("metrics.a.>")), VERDICT_ALLOW, REASON_RULE, "wide");
	login_as("role:named");
	is(rights_publish_reach(w.rights, b("wasmbus.evt.l.>")), VERDICT_ALLOW, REASON_RULE,
	    "named");
}
END_TEST

START_TEST(a_pattern_that_spells_it_out_grants_it)
{
	login_as("role:named");
	is(rights_publish(w.rights, b("wasmbus.evt.l.x")), VERDICT_ALLOW, REASON_RULE, "named");
	is(rights_publish(w.rights, b("wasmcloud.policy")), VERDICT_ALLOW, REASON_RULE, "named");
	is(rights_publish(w.rights, b("$O.l.C.x")), VERDICT_ALLOW, REASON_RULE, "named");
	is(rights_publish(w.rights, b("wadm.evt.l.x")), VERDICT_DENY, REASON_NO_RULE, "none");
	is(rights_subscribe(w.rights, b("wasmbus.evt.l.x"), b("")), VERDICT_ALLOW, REASON_RULE,
	    "named");
	is(rights_deliver(w.rights, b("wasmbus.evt.l.>"), b(""), b("wasmbus.evt.l.x")),
	    VERDICT_ALLOW, REASON_RULE, "none");
	is(rights_deliver(w.rights, b("wadm.evt.>"), b("observers"), b("wadm.evt.l.x")),
	    VERDICT_ALLOW, REASON_RULE, "none");
	NO(rights_deliver(w.rights, b("wadm.evt.>"), b("others"), b("wadm.evt.l.x")));
	is(rights_deliver(w.rights, b("wasmbus.rpc.l.VX.>"), b(""),
	       b("wasmbus.rpc.l.VX.default.linkdefs.put")),
	    VERDICT_ALLOW, REASON_RULE, "none");
	NO(rights_deliver(
	    w.rights, b("wasmbus.rpc.l.*.>"), b(""), b("wasmbus.rpc.l.VY.default.linkdefs.put")));
}
END_TEST

START_TEST(a_host_obeys_and_is_obeyed)
{
	login_as("role:host");
	is(rights_publish(w.rights, b("wasmbus.rpc.l.VX.default.linkdefs.put")), VERDICT_ALLOW,
	    REASON_RULE, "serve");
	is(rights_publish(w.rights, b("wasmbus.rpc.l.kv.shutdown")), VERDICT_ALLOW, REASON_RULE,
	    "serve");
	is(rights_publish(w.rights, b("wasmbus.cfg.l.req")), VERDICT_ALLOW, REASON_RULE, "serve");
	is(rights_publish(w.rights, b("wasmbus.rpc.other.kv.shutdown")), VERDICT_DENY,
	    REASON_NO_RULE, "none");
	is(rights_deliver(
	       w.rights, b("wasmbus.rpc.l.>"), b(""), b("wasmbus.rpc.l.VX.default.linkdefs.put")),
	    VERDICT_ALLOW, REASON_RULE, "none");
}
END_TEST

START_TEST(verbs_grant_control_of_providers_one_by_one)
{
	login_as("role:keeper");
	is(rights_publish(w.rights, b("wasmbus.rpc.l.VX.default.linkdefs.del")), VERDICT_ALLOW,
	    REASON_RULE, "keeps");
	is(rights_publish(w.rights, b("wasmbus.rpc.l.kv.health")), VERDICT_ALLOW, REASON_RULE,
	    "keeps");
	ck_assert_int_eq(
	    rights_publish(w.rights, b("wasmbus.rpc.l.kv.config.update")).verdict, VERDICT_DENY);
	ck_assert_int_eq(
	    rights_publish(w.rights, b("wasmbus.rpc.other.kv.health")).verdict, VERDICT_DENY);
	ck_assert_int_eq(rights_publish(w.rights, b("wasmbus.rpc.l.MX")).verdict, VERDICT_DENY);
	ck_assert_int_eq(rights_publish(w.rights, b("wasmbus.rpc.l.claims")).verdict, VERDICT_DENY);
}
END_TEST

static struct decision
command(const char *s)
{
	struct command c;

	ck_assert_int_eq(rights_classify(w.rights, b(s), &c), 0);
	return rights_command(w.rights, b(s), &c);
}

START_TEST(wadm_has_its_own_and_no_more)
{
	login_as("role:wadm");
	is(rights_subscribe(w.rights, b("wadm.api.>"), b("wadm_server")), VERDICT_ALLOW,
	    REASON_RULE, "wadm");
	is(rights_subscribe(w.rights, b("wadm.api.>"), b("")), VERDICT_DENY, REASON_COMMAND,
	    "none");
	is(rights_subscribe(w.rights, b("wadm.cmd.*"), b("")), VERDICT_ALLOW, REASON_RULE, "wadm");
	is(rights_subscribe(w.rights, b("$KV.wadm_state.>"), b("")), VERDICT_ALLOW, REASON_RULE,
	    "wadm");
	is(rights_subscribe(w.rights, b("wasmbus.evt.*.>"), b("")), VERDICT_ALLOW, REASON_RULE,
	    "wadm");
	is(rights_subscribe(w.rights, b("wasmbus.ctl.l.>"), b("")), VERDICT_DENY, REASON_COMMAND,
	    "none");
	is(rights_publish(w.rights, b("wadm.evt.l.x")), VERDICT_ALLOW, REASON_RULE, "wadm");
	is(rights_publish(w.rights, b("wasmbus.evt.l.x")), VERDICT_DENY, REASON_NO_RULE, "none");
	is(command("wadm.cmd.l"), VERDICT_ALLOW, REASON_RULE, "wadm");
	is(command("$KV.wadm_state.provider_l"), VERDICT_ALLOW, REASON_RULE, "wadm");
	is(command("$KV.LATTICEDATA_l.CLAIMS_M"), VERDICT_DENY, REASON_NO_RULE, "none");
	is(command("wasmbus.ctl.v1.l.provider.start.NX"), VERDICT_DENY, REASON_NO_RULE, "none");
	ck_assert(rights_serves(w.rights, b("wadm.api.>"), b("wadm_server")));
}
END_TEST

START_TEST(wadm_hears_governed_lattices_only)
{
	int64_t max, ttl;

	login_as("role:wadm");
	is(rights_deliver(w.rights, b("wadm.api.>"), b("wadm_server"), b("wadm.api.l.model.put")),
	    VERDICT_ALLOW, REASON_RULE, "none");
	is(rights_deliver(
	       w.rights, b("wadm.api.>"), b("wadm_server"), b("wadm.api.other.model.put")),
	    VERDICT_DENY, REASON_COMMAND, "none");
	is(rights_deliver(w.rights, b("wasmbus.evt.*.>"), b(""), b("wasmbus.evt.l.x")),
	    VERDICT_ALLOW, REASON_RULE, "none");
	NO(rights_deliver(w.rights, b("wasmbus.evt.*.>"), b(""), b("wasmbus.evt.other.x")));
	/* its work queue delivers to an inbox */
	is(rights_deliver(w.rights, b("_INBOX.me.*"), b(""), b("wadm.cmd.l")), VERDICT_ALLOW,
	    REASON_RULE, "none");
	is(rights_deliver(w.rights, b("_INBOX.me.*"), b(""), b("wadm.cmd.other")), VERDICT_DENY,
	    REASON_COMMAND, "none");
	ck_assert(rights_answers(w.rights, true, &max, &ttl));
	ck_assert_int_eq(rights_answer(w.rights, b("_INBOX.asker.1")).verdict, VERDICT_ALLOW);
}
END_TEST

START_TEST(the_operator_hears_heartbeats)
{
	login_as("role:op");
	is(rights_subscribe(w.rights, b("runtime.operator.heartbeat.>"), b("")), VERDICT_ALLOW,
	    REASON_RULE, "op");
	is(rights_subscribe(w.rights, b("runtime.host.>"), b("")), VERDICT_DENY, REASON_COMMAND,
	    "none");
	ck_assert_int_eq(
	    rights_publish(w.rights, b("runtime.operator.heartbeat.NX")).verdict, VERDICT_DENY);
}
END_TEST

START_TEST(a_command_under_the_prefix_is_judged_as_the_usual_one)
{
	login_as("role:dep");
	is(command("far.away.ctl.l.cmd.NX.lp"), VERDICT_ALLOW, REASON_RULE, "dep");
	is(command("far.away.ctl.other.cmd.NX.lp"), VERDICT_DENY, REASON_LATTICE, "none");
	is(command("far.away.ctl.l.made.up"), VERDICT_DENY, REASON_UNKNOWN_VERB, "none");
	is(rights_publish(w.rights, b("far.away.ctl.l.cmd.NX.lp")), VERDICT_DENY, REASON_COMMAND,
	    "none");
	ck_assert(rights_overlaps_commands(w.rights, b("far.>")));
	login_as("role:wide");
	is(rights_publish(w.rights, b("far.away.ctl.l.cmd.NX.lp")), VERDICT_DENY, REASON_COMMAND,
	    "none");
	is(rights_reply(w.rights, b("far.away.ctl.l.cmd.NX.lp")), VERDICT_DENY, REASON_COMMAND,
	    "none");
	is(rights_deliver(w.rights, b(">"), b(""), b("far.away.ctl.l.cmd.NX.lp")), VERDICT_DENY,
	    REASON_COMMAND, "none");
	login_as("role:host");
	is(rights_subscribe(w.rights, b("far.away.ctl.l.cmd." HOST ".*"), b("")), VERDICT_ALLOW,
	    REASON_RULE, "serve");
	is(rights_subscribe(w.rights, b("far.away.ctl.l.cmd." HOST2 ".*"), b("")), VERDICT_DENY,
	    REASON_HOST, "none");
	is(rights_subscribe(w.rights, b("far.away.ctl.l.linkdefs.*"), b("far.away.ctl.l.linkdefs")),
	    VERDICT_ALLOW, REASON_RULE, "serve");
	is(rights_subscribe(w.rights, b("far.away.ctl.l.linkdefs.*"), b("wasmbus.ctl.l.linkdefz")),
	    VERDICT_DENY, REASON_COMMAND, "none");
}
END_TEST

static const struct {
	const char *text, *says;
} bad[] = {
	{ "control_prefix = [\"wasmbus.evt\"]\n", "second way" },
	{ "control_prefix = [\"a.*\"]\n", "letters, digits" },
	{ "control_prefix = [\"$SYS.x\"]\n", "server's" },
	{ "control_prefix = [\"a.b\", \"a.b.c\"]\n", "begins with the other" },
	{ "control_prefix = []\n", "empty" },
	{ "control_prefix = [\"l.ctl\"]\nlattices = [\"l\"]\n",
	    "would lie under a control_prefix" },
	{ "lattices = [\"lattice\"]\n", "belongs to the subjects of another dialect" },
	{ "lattices = [\"wasmcloud\"]\n", "belongs to the subjects of another dialect" },
	{ "control_prefix = [\"a.b\"]\nrule r { publish = [\"a.>\"] to = [\"*\"] }\n",
	    "overlaps command subjects" },
	{ "rule r { publish = [\"wasmbus.rpc.l.VX.d.linkdefs.put\"] to = [\"*\"] }\n",
	    "allow = [rpc.link]" },
	{ "rule r { publish = [\"wasmbus.rpc.l.*.shutdown\"] to = [\"*\"] }\n",
	    "allow = [rpc.shutdown]" },
	{ "lattices = [l]\nrule r { allow = [rpc.link] to = [\"*\"] where { host = x } }\n",
	    "no commands" },
};

START_TEST(what_would_give_a_second_reading_is_an_error)
{
	struct policy_source src = { "bad.policy", bytes_str(bad[_i].text) };
	struct text_report report;
	struct buf out;
	char said[4096];

	buf_init(&out, 1 << 20);
	text_report_init(&report);
	ck_assert_int_eq(policy_compile(&out, &src, 1, &report), POLICY_BAD);
	snprintf(said, sizeof(said), "%.*s", (int)report.out.len, (const char *)report.out.ptr);
	ck_assert_msg(strstr(said, bad[_i].says) != NULL, "%s: %s", bad[_i].text, said);
	text_report_deinit(&report);
	buf_deinit(&out);
}
END_TEST

TCase *
guard_tests(void)
{
	TCase *t = tcase_create("guard");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, wide_patterns_reach_nothing_that_is_obeyed, 0,
	    (int)(sizeof(obeyed) / sizeof(obeyed[0])));
	tcase_add_test(t, a_destination_that_could_become_one_is_refused);
	tcase_add_test(t, a_pattern_that_spells_it_out_grants_it);
	tcase_add_test(t, a_host_obeys_and_is_obeyed);
	tcase_add_test(t, verbs_grant_control_of_providers_one_by_one);
	tcase_add_test(t, wadm_has_its_own_and_no_more);
	tcase_add_test(t, wadm_hears_governed_lattices_only);
	tcase_add_test(t, the_operator_hears_heartbeats);
	tcase_add_test(t, a_command_under_the_prefix_is_judged_as_the_usual_one);
	tcase_add_loop_test(t, what_would_give_a_second_reading_is_an_error, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	return t;
}
