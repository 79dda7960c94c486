/*
 * How something granted is used: unstamped commands, whose id a host has, where answers go, and
 * streams that are read whole.
 */
#include "policy/rules/rights.h"
#include "tests/unit/policy/rules/suites.h"

static struct world w;

#define TEXT                                                                                       \
	"lattices = [\"acme-*\", runtime]\n"                                                       \
	"accounts { ACME = " ACME " }\n"                                                           \
	"role host { account = ACME tags = [\"role:host\"] }\n"                                    \
	"role open { account = ACME tags = [\"role:open\"] }\n"                                    \
	"role app { account = ACME tags = [\"role:app\"] }\n"                                      \
	"role reader { account = ACME tags = [\"role:reader\"] }\n"                                \
	"role boss { account = ACME tags = [\"role:boss\"] }\n"                                    \
	"role shut { account = ACME tags = [\"role:shut\"] }\n"                                    \
	"rule serve { allow = [serve] unstamped = refuse host_id = credential rpc = no "           \
	"  to = [host] }\n"                                                                        \
	"rule serve-open { allow = [serve] unstamped = allow host_id = first_use rpc = yes "       \
	"  to = [open] }\n"                                                                        \
	"rule answers { respond = 3 rpc = yes to = [app] }\n"                                      \
	"rule streams { streams = [ORDERS, \"LOGS-*\", \"KV_cfg\", \"KV_LATTICEDATA_*\"] "         \
	"  to = [reader, shut] }\n"                                                                \
	"rule trial { streams = [TRIAL] to = [reader] mode = observe }\n"                          \
	"rule all { subscribe = [\">\", \"$KV.mine.>\"] to = [boss] }\n"                           \
	"rule tries { respond = 9 to = [reader] mode = observe }\n"                                  \
	"rule answers-more { respond = 9 to = [app] mode = observe }\n"                              \
	"rule says { publish = [\">\", \"$JS.API.>\", \"$KV.mine.>\"] to = [boss] }\n"             \
	"rule tells { publish = [\"wasmbus.evt.>\", \"f.>\"] to = [host, app] }\n"                  \
	"rule no { deny_subscribe = [\"$KV.cfg.>\", \">\"] to = [shut] }\n"

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
login(const char *tag, const char *host)
{
	world_logout(&w);
	world_person(&w, ACME, tag, host, NULL);
	world_login(&w);
}

static bool
unstamped(const char *pattern)
{
	return rights_unstamped(w.rights, bytes_str(pattern), BYTES_NULL);
}

START_TEST(unstamped_commands_reach_only_whom_a_rule_opens)
{
	login("role:host", "host:" HOST);
	ck_assert(
	    rights_serves(w.rights, BYTES_LIT("wasmbus.ctl.acme-1.cmd." HOST ".*"), BYTES_NULL));
	ck_assert(!unstamped("wasmbus.ctl.acme-1.cmd." HOST ".*"));
	login("role:open", "host:" HOST);
	ck_assert(unstamped("wasmbus.ctl.acme-1.cmd." HOST ".*"));
	ck_assert(unstamped("runtime.host." HOST ".>"));
	ck_assert(!unstamped("wasmbus.ctl.acme-1.cmd." HOST2 ".*"));
	ck_assert(!unstamped("wasmbus.ctl.other.cmd." HOST ".*"));
	ck_assert(!unstamped("app.x"));
	login("role:app", "host:" HOST);
	ck_assert(!unstamped("wasmbus.ctl.acme-1.cmd." HOST ".*"));
}
END_TEST

START_TEST(a_host_id_is_pinned_where_the_credential_has_none)
{
	login("role:open", NULL);
	ck_assert(rights_pins_host(w.rights));
	login("role:open", "host:" HOST);
	ck_assert(!rights_pins_host(w.rights));
	login("role:host", NULL);
	ck_assert(!rights_pins_host(w.rights));
}
END_TEST

START_TEST(answers_go_below_the_reply_where_a_rule_says_rpc)
{
	login("role:open", NULL);
	ck_assert(rights_rpc(w.rights));
	login("role:app", NULL);
	ck_assert(rights_rpc(w.rights));
	login("role:host", NULL);
	ck_assert(!rights_rpc(w.rights));
}
END_TEST

static void
reads(const char *stream, enum verdict verdict, enum reason why, const char *rule)
{
	struct decision d = rights_stream(w.rights, bytes_str(stream));

	ck_assert_msg(d.verdict == verdict && d.reason == why && strcmp(RULE(&w, d), rule) == 0,
	    "%s: %s %s rule=%s", stream, d.verdict == VERDICT_ALLOW ? "allow" : "deny",
	    reason_word(d.reason), RULE(&w, d));
}

START_TEST(a_stream_is_read_whole_by_name)
{
	login("role:reader", NULL);
	reads("ORDERS", VERDICT_ALLOW, REASON_RULE, "streams");
	reads("LOGS-eu", VERDICT_ALLOW, REASON_RULE, "streams");
	reads("KV_cfg", VERDICT_ALLOW, REASON_RULE, "streams");
	reads("orders", VERDICT_DENY, REASON_NO_RULE, "none");
	reads("KV_other", VERDICT_DENY, REASON_RESERVED, "none");
	ck_assert(rights_stream(w.rights, BYTES_LIT("TRIAL")).would_deny);
	ck_assert(rights_stream_subjects(w.rights, BYTES_LIT("ORDERS")).verdict == VERDICT_DENY);
}
END_TEST

START_TEST(a_stream_of_commands_is_granted_by_no_name)
{
	login("role:reader", NULL);
	reads("KV_LATTICEDATA_acme-1", VERDICT_DENY, REASON_COMMAND, "none");
}
END_TEST

START_TEST(who_may_subscribe_to_all_of_a_stream_may_read_it)
{
	login("role:boss", NULL);
	reads("ANY", VERDICT_ALLOW, REASON_RULE, "all");
	reads("KV_mine", VERDICT_ALLOW, REASON_RULE, "all");
	reads("KV_other", VERDICT_DENY, REASON_RESERVED, "none");
}
END_TEST

START_TEST(denies_and_the_credentials_lists_count_for_whole_streams)
{
	login("role:shut", NULL);
	reads("KV_cfg", VERDICT_DENY, REASON_RULE, "no");
	reads("ORDERS", VERDICT_DENY, REASON_RULE, "no");
	world_logout(&w);
	world_person(&w, ACME, "role:reader", NULL);
	world_list(&w.id.perms.sub_allow, "$KV.cfg.>");
	world_login(&w);
	reads("ORDERS", VERDICT_DENY, REASON_JWT, "none");
	reads("KV_cfg", VERDICT_ALLOW, REASON_RULE, "streams");
}
END_TEST

START_TEST(no_stream_is_called_like_a_pattern)
{
	static const char *const names[] = { "", "*", ">", "a.b", "a b", "KV_", "KV_*", "KV_a.>" };

	login("role:boss", NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], "KV_") != 0)
			reads(names[i], VERDICT_DENY, REASON_INVALID, "none");
}
END_TEST

static void
second_hand(const char *pattern, enum verdict verdict, enum reason reason)
{
	struct decision d = rights_second_hand(w.rights, bytes_str(pattern));

	ck_assert_msg(d.verdict == verdict && d.reason == reason, "%s: %s", pattern, reason_word(d.reason));
}

START_TEST(the_server_asks_itself_nothing_for_anybody)
{
	static const char *const asks[] = { "$JS.API.STREAM.CREATE.X", "$JS.API.>", "$JS.D.API.STREAM.DELETE.X",
		"$SYS.REQ.USER.INFO", ">", "*.API.STREAM.CREATE.X", "*.~AAAAAAAAAAAAAAAAAAAAA.x" };

	login("role:boss", NULL);
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		second_hand(asks[i], VERDICT_DENY, REASON_RESERVED);
	second_hand("$KV.mine.>", VERDICT_ALLOW, REASON_RULE);
	second_hand("a.x.*.>", VERDICT_ALLOW, REASON_RULE);
	second_hand("_INBOX.x", VERDICT_ALLOW, REASON_OWN_INBOX);
	second_hand("wasmbus.ctl.acme-1.ping.hosts", VERDICT_DENY, REASON_COMMAND);
}
END_TEST

START_TEST(nobody_reads_what_the_server_would_report_for_a_host)
{
	static const char *const reports[] = { "wasmbus.evt.acme-1", "wasmbus.evt.acme-1.host_stopped",
		"wasmbus.evt.acme-1.>", "wasmbus.evt.>", "wasmbus.rpcevt.acme-1", ("runtime.operator.heartbeat." HOST) };

	login("role:host", "host:" HOST);
	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++)
		second_hand(reports[i], VERDICT_DENY, REASON_SOURCE);
	second_hand("f.x.>", VERDICT_ALLOW, REASON_RULE);
	/* who is no host publishes data there, and is not read when it does so itself either */
	login("role:app", NULL);
	second_hand("wasmbus.evt.acme-1.>", VERDICT_ALLOW, REASON_RULE);
}
END_TEST

START_TEST(an_answer_that_is_only_observed_is_noted)
{
	struct decision d;

	login("role:reader", NULL);
	d = rights_answer(w.rights, BYTES_LIT("svc.reply"));
	ck_assert(d.verdict == VERDICT_ALLOW && d.would_deny);
	ck_assert_str_eq(RULE(&w, d), "tries");
	/* one that is meant is not made less by one that is tried */
	login("role:app", NULL);
	d = rights_answer(w.rights, BYTES_LIT("svc.reply"));
	ck_assert(d.verdict == VERDICT_ALLOW && !d.would_deny);
	ck_assert_str_eq(RULE(&w, d), "answers");
}
END_TEST

TCase *
grant_tests(void)
{
	TCase *t = tcase_create("grant");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, unstamped_commands_reach_only_whom_a_rule_opens);
	tcase_add_test(t, a_host_id_is_pinned_where_the_credential_has_none);
	tcase_add_test(t, answers_go_below_the_reply_where_a_rule_says_rpc);
	tcase_add_test(t, a_stream_is_read_whole_by_name);
	tcase_add_test(t, a_stream_of_commands_is_granted_by_no_name);
	tcase_add_test(t, who_may_subscribe_to_all_of_a_stream_may_read_it);
	tcase_add_test(t, denies_and_the_credentials_lists_count_for_whole_streams);
	tcase_add_test(t, no_stream_is_called_like_a_pattern);
	tcase_add_test(t, an_answer_that_is_only_observed_is_noted);
	tcase_add_test(t, the_server_asks_itself_nothing_for_anybody);
	tcase_add_test(t, nobody_reads_what_the_server_would_report_for_a_host);
	return t;
}
