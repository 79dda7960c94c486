#include <stdio.h>

#include "policy/rules/rights_priv.h"
#include "policy/rules/upstream.h"
#include "tests/unit/policy/rules/suites.h"

static struct world w;

#define TEXT                                                                                       \
	"lattices = [\"acme-*\"]\n"                                                                \
	"accounts { ACME = " ACME " }\n"                                                           \
	"role host { account = ACME tags = [\"role:host\"] }\n"                                    \
	"role app { account = ACME tags = [\"role:app\"] }\n"                                      \
	"role boss { account = ACME tags = [\"role:boss\"] }\n"                                    \
	"rule serve { allow = [serve] to = [host] }\n"                                             \
	"rule app-data { publish = [\"app.>\"] subscribe = [\"app.*\", \"jobs workers\"]"          \
	"  reply = [\"replies.>\"] headers = [\"Nats-Msg-Id\"] strip_headers = [\"nats-trace*\"]"  \
	"  respond = 3 respond_within = 5s to = [app] }\n"                                         \
	"rule secret { deny_publish = [\"app.secret.>\"] deny_subscribe = [\"*.private\"] to = "   \
	"[\"*\"] }\n"                                                                              \
	"rule watchful { deny_publish = [\"app.odd\"] to = [app] mode = observe }\n"               \
	"rule trial { publish = [\"trial.>\"] to = [app] mode = observe }\n"                       \
	"rule boss-all { allow = [\"*\"] to = [boss] }\n"                                          \
	"rule boss-data { publish = [\">\", \"$JS.API.>\", \"$KV.>\"] subscribe = [\">\"] to = "   \
	"[boss] }\n"                                                                               \
	"rule no-native { deny = [provider.start] to = [boss] }\n"                                 \
	"rule no-start { deny = [actor.start] to = [boss] mode = observe }\n"

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
	world_person(&w, ACME, tag, "host:" HOST, NULL);
	world_login(&w);
}

static struct decision
command(const char *s)
{
	struct command c;

	ck_assert_int_eq(command_classify(b(s), &c), 0);
	return rights_command(w.rights, b(s), &c);
}

static void
is(struct decision d, enum verdict verdict, enum reason why, const char *rule)
{
	ck_assert_msg(d.verdict == verdict && d.reason == why && strcmp(RULE(&w, d), rule) == 0,
	    "%s %s rule=%s", d.verdict == VERDICT_ALLOW ? "allow" : "deny", reason_word(d.reason),
	    RULE(&w, d));
}

START_TEST(a_zeroed_identity_has_no_rights)
{
	struct identity nobody = { 0 };
	struct rights *r = NULL;

	ck_assert_int_eq(rights_new(&r, w.policy, &nobody), -EINVAL);
	ck_assert_ptr_null(r);
}
END_TEST

START_TEST(what_no_rule_allows_is_denied)
{
	login_as("role:app");
	is(rights_publish(w.rights, b("app.x")), VERDICT_ALLOW, REASON_RULE, "app-data");
	is(rights_publish(w.rights, b("other")), VERDICT_DENY, REASON_NO_RULE, "none");
	is(rights_publish(w.rights, b("app.*")), VERDICT_DENY, REASON_INVALID, "none");
	is(rights_publish(w.rights, b("")), VERDICT_DENY, REASON_INVALID, "none");
	is(rights_subscribe(w.rights, b("app.x"), b("")), VERDICT_ALLOW, REASON_RULE, "app-data");
	is(rights_subscribe(w.rights, b("app.>"), b("")), VERDICT_DENY, REASON_NO_RULE, "none");
}
END_TEST

START_TEST(the_cache_answers_as_the_rules_do)
{
	login_as("role:app");
	for (int i = 0; i < 3; i++) {
		is(rights_publish(w.rights, b("app.x")), VERDICT_ALLOW, REASON_RULE, "app-data");
		is(rights_publish(w.rights, b("app.secret.x")), VERDICT_DENY, REASON_RULE,
		    "secret");
		is(rights_deliver(w.rights, b("app.*"), b(""), b("app.x")), VERDICT_ALLOW,
		    REASON_RULE, "none");
		is(rights_deliver(w.rights, b("app.*"), b(""), b("app.private")), VERDICT_DENY,
		    REASON_RULE, "secret");
	}
}
END_TEST

START_TEST(a_deny_beats_an_allow_and_covers_the_parent)
{
	login_as("role:app");
	is(rights_publish(w.rights, b("app.secret.x")), VERDICT_DENY, REASON_RULE, "secret");
	is(rights_publish(w.rights, b("app.secret")), VERDICT_DENY, REASON_RULE, "secret");
	is(rights_subscribe(w.rights, b("app.private"), b("")), VERDICT_DENY, REASON_RULE,
	    "secret");
	is(rights_subscribe(w.rights, b("app.*"), b("")), VERDICT_ALLOW, REASON_RULE, "app-data");
	ck_assert(rights_filter_needed(w.rights, b("app.*"), b("")));
}
END_TEST

START_TEST(an_observing_deny_is_named_and_lets_through)
{
	struct decision d;

	login_as("role:app");
	d = rights_publish(w.rights, b("app.odd"));
	is(d, VERDICT_ALLOW, REASON_RULE, "watchful");
	ck_assert(d.would_deny);
}
END_TEST

START_TEST(an_observing_allow_lets_through_what_no_rule_allows)
{
	struct decision d;

	login_as("role:app");
	d = rights_publish(w.rights, b("trial.x"));
	is(d, VERDICT_ALLOW, REASON_RULE, "trial");
	ck_assert(d.would_deny);
	ck_assert(!rights_publish(w.rights, b("app.x")).would_deny);
}
END_TEST

START_TEST(the_own_inbox_is_everybodys)
{
	login_as("role:guest");
	is(rights_publish(w.rights, b("_INBOX.a.1")), VERDICT_ALLOW, REASON_OWN_INBOX, "none");
	is(rights_subscribe(w.rights, b("_INBOX.a.*"), b("")), VERDICT_ALLOW, REASON_OWN_INBOX,
	    "none");
	is(rights_subscribe(w.rights, b("_INBOX.>"), b("")), VERDICT_ALLOW, REASON_OWN_INBOX,
	    "none");
	is(rights_subscribe(w.rights, b("_INBOX"), b("")), VERDICT_DENY, REASON_RESERVED, "none");
	is(rights_subscribe(w.rights, b("*.x"), b("")), VERDICT_DENY, REASON_NO_RULE, "none");
	is(rights_publish(w.rights, b("_R_.a")), VERDICT_DENY, REASON_RESERVED, "none");
}
END_TEST

START_TEST(reserved_spaces_are_opened_by_name_only)
{
	login_as("role:boss");
	is(rights_publish(w.rights, b("anything")), VERDICT_ALLOW, REASON_RULE, "boss-data");
	is(rights_publish(w.rights, b("$JS.API.INFO")), VERDICT_ALLOW, REASON_RULE, "boss-data");
	is(rights_publish(w.rights, b("$JS.ACK.x")), VERDICT_DENY, REASON_RESERVED, "none");
	is(rights_publish(w.rights, b("$SYS.x")), VERDICT_DENY, REASON_RESERVED, "none");
	is(rights_subscribe(w.rights, b(">"), b("")), VERDICT_ALLOW, REASON_RULE, "boss-data");
	is(rights_subscribe(w.rights, b("$SYS.>"), b("")), VERDICT_DENY, REASON_RESERVED, "none");
}
END_TEST

START_TEST(a_wildcard_subscription_hears_no_reserved_space)
{
	login_as("role:boss");
	ck_assert(rights_filter_needed(w.rights, b(">"), b("")));
	is(rights_deliver(w.rights, b(">"), b(""), b("x.y")), VERDICT_ALLOW, REASON_RULE, "none");
	is(rights_deliver(w.rights, b(">"), b(""), b("_INBOX.else.1")), VERDICT_DENY,
	    REASON_RESERVED, "none");
	is(rights_deliver(w.rights, b(">"), b(""), b("$SYS.x")), VERDICT_DENY, REASON_RESERVED,
	    "none");
	is(rights_deliver(w.rights, b("_INBOX.>"), b(""), b("_INBOX.mine.1")), VERDICT_ALLOW,
	    REASON_RULE, "none");
	is(rights_deliver(w.rights, b("_INBOX.>"), b(""), b("$KV.bucket.key")), VERDICT_ALLOW,
	    REASON_RULE, "none");
}
END_TEST

START_TEST(publishing_never_commands)
{
	login_as("role:boss");
	is(rights_publish(w.rights, b("wasmbus.ctl.acme-1.cmd.H.lp")), VERDICT_DENY, REASON_COMMAND,
	    "none");
	is(rights_publish(w.rights, b("$KV.LATTICEDATA_acme-1.x")), VERDICT_DENY, REASON_COMMAND,
	    "none");
}
END_TEST

START_TEST(commands_are_judged_by_verb_and_lattice)
{
	login_as("role:boss");
	is(command("wasmbus.ctl.acme-1.cmd.H.la"), VERDICT_ALLOW, REASON_RULE, "no-start");
	is(command("wasmbus.ctl.acme-1.cmd.H.sa"), VERDICT_ALLOW, REASON_RULE, "boss-all");
	is(command("wasmbus.ctl.acme-1.cmd.H.lp"), VERDICT_DENY, REASON_RULE, "no-native");
	is(command("wasmbus.ctl.v1.acme-1.provider.start.H"), VERDICT_DENY, REASON_RULE,
	    "no-native");
	is(command("wasmbus.ctl.other.cmd.H.sa"), VERDICT_DENY, REASON_LATTICE, "none");
	is(command("wasmbus.ctl.acme-1.cmd.H.xx"), VERDICT_DENY, REASON_UNKNOWN_VERB, "none");
	is(command("runtime.host.H.workload.start"), VERDICT_DENY, REASON_LATTICE, "none");
	is(command(OTHER ".wadm.api.acme-1.model.get"), VERDICT_DENY, REASON_LATTICE, "none");
	is(command(ACME ".wadm.api.acme-1.model.get"), VERDICT_ALLOW, REASON_RULE, "boss-all");
}
END_TEST

START_TEST(a_scale_may_be_a_start)
{
	static const char subject[] = "wasmbus.ctl.v1.acme-1.component.scale.H";
	struct body body = { .effective = VERB_ACTOR_SCALE,
		.may_be = VERB_BIT(VERB_ACTOR_SCALE) | VERB_BIT(VERB_ACTOR_START) };
	struct decision d;
	struct command c;

	login_as("role:boss");
	d = command(subject);
	is(d, VERDICT_ALLOW, REASON_RULE, "boss-all");
	ck_assert(!d.would_deny);
	ck_assert_int_eq(command_classify(b(subject), &c), 0);
	d = rights_command_body(w.rights, b(subject), &c, &body);
	is(d, VERDICT_ALLOW, REASON_RULE, "no-start");
	ck_assert(d.would_deny);
	body.effective = VERB_ACTOR_STOP;
	body.may_be = VERB_BIT(VERB_ACTOR_SCALE) | VERB_BIT(VERB_ACTOR_STOP);
	is(rights_command_body(w.rights, b(subject), &c, &body), VERDICT_ALLOW, REASON_RULE,
	    "boss-all");
	is(rights_command_body(w.rights, b(subject), &c, NULL), VERDICT_DENY, REASON_BODY, "none");
}
END_TEST

START_TEST(no_verb_no_command)
{
	login_as("role:app");
	is(command("wasmbus.ctl.acme-1.ping.hosts"), VERDICT_DENY, REASON_NO_RULE, "none");
}
END_TEST

START_TEST(a_host_serves_itself)
{
	login_as("role:host");
	is(rights_subscribe(w.rights, b("wasmbus.ctl.acme-1.cmd." HOST ".*"), b("")), VERDICT_ALLOW,
	    REASON_RULE, "serve");
	is(rights_subscribe(w.rights, b("wasmbus.ctl.acme-1.cmd." HOST2 ".*"), b("")), VERDICT_DENY,
	    REASON_HOST, "none");
	is(rights_subscribe(w.rights, b("wasmbus.ctl.acme-1.cmd.*.lp"), b("")), VERDICT_DENY,
	    REASON_COMMAND, "none");
	is(rights_subscribe(w.rights, b("wasmbus.ctl.other.cmd." HOST ".*"), b("")), VERDICT_DENY,
	    REASON_COMMAND, "none");
	is(rights_subscribe(w.rights, b("wasmbus.rpc.acme-1.>"), b("")), VERDICT_ALLOW, REASON_RULE,
	    "serve");
	is(rights_publish(w.rights, b("wasmbus.evt.acme-1.host_started")), VERDICT_ALLOW,
	    REASON_RULE, "serve");
	is(rights_publish(w.rights, b("wasmbus.evt.other.host_started")), VERDICT_DENY,
	    REASON_NO_RULE, "none");
	is(command("wasmbus.ctl.acme-1.events"), VERDICT_ALLOW, REASON_RULE, "serve");
	is(command("wasmbus.ctl.acme-1.ping.hosts"), VERDICT_DENY, REASON_NO_RULE, "none");
	ck_assert(rights_serves(w.rights, b("wasmbus.ctl.acme-1.cmd." HOST ".lp"), b("")));
	ck_assert(!rights_serves(w.rights, b("app.x"), b("")));
}
END_TEST

START_TEST(a_host_without_an_id_hears_only_what_is_for_all)
{
	world_person(&w, ACME, "role:host", NULL);
	world_login(&w);
	is(rights_subscribe(w.rights, b("wasmbus.ctl.acme-1.ping.hosts"), b("")), VERDICT_ALLOW,
	    REASON_RULE, "serve");
	is(rights_subscribe(w.rights, b("wasmbus.ctl.acme-1.cmd." HOST ".*"), b("")), VERDICT_DENY,
	    REASON_HOST, "none");
}
END_TEST

START_TEST(a_hosts_subscription_hears_what_it_asked_for)
{
	struct bytes mine = b("wasmbus.ctl.acme-1.cmd." HOST ".*");

	login_as("role:host");
	is(rights_deliver(w.rights, mine, b(""), b("wasmbus.ctl.acme-1.cmd." HOST ".la")),
	    VERDICT_ALLOW, REASON_RULE, "none");
	/* a push consumer prints the stored subject, which hosts act upon */
	is(rights_deliver(w.rights, mine, b(""), b("wasmbus.ctl.acme-1.cmd." HOST2 ".la")),
	    VERDICT_DENY, REASON_COMMAND, "none");
	is(rights_deliver(w.rights, mine, b(""), b("x.y.component.scale.H")), VERDICT_DENY,
	    REASON_COMMAND, "none");
	is(rights_deliver(w.rights, b("wasmbus.rpc.acme-1.M.V"), b(""), b("wasmbus.ctl.acme-1.x")),
	    VERDICT_DENY, REASON_COMMAND, "none");
}
END_TEST

START_TEST(watching_sees_commands_without_a_queue)
{
	login_as("role:boss");
	is(rights_subscribe(w.rights, b("wasmbus.ctl.acme-1.>"), b("")), VERDICT_ALLOW, REASON_RULE,
	    "boss-all");
	is(rights_subscribe(w.rights, b("wasmbus.ctl.acme-1.>"), b("q")), VERDICT_DENY,
	    REASON_COMMAND, "none");
	is(rights_subscribe(w.rights, b("wasmbus.ctl.>"), b("")), VERDICT_DENY, REASON_COMMAND,
	    "none");
	is(rights_deliver(w.rights, b(">"), b(""), b("wasmbus.ctl.acme-1.ping.hosts")),
	    VERDICT_ALLOW, REASON_RULE, "none");
	is(rights_deliver(w.rights, b(">"), b(""), b("wasmbus.ctl.other.ping.hosts")), VERDICT_DENY,
	    REASON_COMMAND, "none");
	is(rights_deliver(w.rights, b(">"), b("q"), b("wasmbus.ctl.acme-1.ping.hosts")),
	    VERDICT_DENY, REASON_COMMAND, "none");
}
END_TEST

START_TEST(replies_are_granted_by_name)
{
	login_as("role:app");
	is(rights_reply(w.rights, b("replies.1")), VERDICT_ALLOW, REASON_RULE, "app-data");
	is(rights_reply(w.rights, b("elsewhere")), VERDICT_DENY, REASON_NO_RULE, "none");
	is(rights_reply(w.rights, b("wasmbus.ctl.acme-1.cmd.H.lp")), VERDICT_DENY, REASON_COMMAND,
	    "none");
	is(rights_reply(w.rights, b("$JS.API.STREAM.PURGE.X")), VERDICT_DENY, REASON_RESERVED,
	    "none");
	is(rights_reply(w.rights, b("replies.>")), VERDICT_DENY, REASON_INVALID, "none");
}
END_TEST

START_TEST(answers_are_counted_and_denies_still_hold)
{
	int64_t max, ttl;

	login_as("role:app");
	ck_assert(rights_answers(w.rights, false, &max, &ttl));
	ck_assert_int_eq(max, 3);
	ck_assert_int_eq(ttl, 5000);
	is(rights_answer(w.rights, b("_INBOX.x.1")), VERDICT_ALLOW, REASON_RULE, "app-data");
	is(rights_answer(w.rights, b("app.secret.x")), VERDICT_DENY, REASON_RULE, "secret");
	is(rights_answer(w.rights, b("wasmbus.ctl.acme-1.cmd.H.lp")), VERDICT_DENY, REASON_COMMAND,
	    "none");
	is(rights_answer(w.rights, b("$JS.API.STREAM.PURGE.X")), VERDICT_DENY, REASON_RESERVED,
	    "none");
	world_logout(&w);
	login_as("role:guest");
	ck_assert(!rights_answers(w.rights, false, &max, &ttl));
	is(rights_answer(w.rights, b("_INBOX.x.1")), VERDICT_DENY, REASON_NO_RULE, "none");
	world_logout(&w);
	login_as("role:host");
	ck_assert(!rights_answers(w.rights, false, &max, &ttl));
	ck_assert(rights_answers(w.rights, true, &max, &ttl));
	is(rights_answer(w.rights, b("_INBOX.x.1")), VERDICT_ALLOW, REASON_RULE, "serve");
}
END_TEST

START_TEST(headers_pass_are_stripped_or_refused)
{
	login_as("role:app");
	ck_assert_int_eq(rights_header(w.rights, b("Nats-Msg-Id")), HEADER_PASS);
	ck_assert_int_eq(rights_header(w.rights, b("NATS-MSG-ID")), HEADER_PASS);
	ck_assert_int_eq(rights_header(w.rights, b("Nats-Trace-Dest")), HEADER_STRIP);
	ck_assert_int_eq(rights_header(w.rights, b("Nats-Rollup")), HEADER_REFUSE);
	ck_assert_int_eq(rights_header(w.rights, b("")), HEADER_REFUSE);
}
END_TEST

START_TEST(a_queue_may_be_part_of_a_grant)
{
	login_as("role:app");
	is(rights_subscribe(w.rights, b("jobs"), b("workers")), VERDICT_ALLOW, REASON_RULE,
	    "app-data");
	is(rights_subscribe(w.rights, b("jobs"), b("thieves")), VERDICT_DENY, REASON_NO_RULE,
	    "none");
	is(rights_subscribe(w.rights, b("jobs"), b("")), VERDICT_DENY, REASON_NO_RULE, "none");
	is(rights_subscribe(w.rights, b("app.x"), b("any")), VERDICT_ALLOW, REASON_RULE,
	    "app-data");
	is(rights_subscribe(w.rights, b("app.x"), b("_sys_")), VERDICT_DENY, REASON_INVALID,
	    "none");
}
END_TEST

START_TEST(another_account_has_no_role_here)
{
	world_person(&w, OTHER, "role:boss", NULL);
	world_login(&w);
	is(rights_publish(w.rights, b("anything")), VERDICT_DENY, REASON_NO_RULE, "none");
	is(command("wasmbus.ctl.acme-1.ping.hosts"), VERDICT_DENY, REASON_NO_RULE, "none");
}
END_TEST

#define SIGNER "AABAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAE7QF"

/* Somebody known by issuer and network; what is allowed from there. */
static void
known_from(const char *issuer, const char *source, bool office, bool signer)
{
	world_logout(&w);
	world_person(&w, ACME, "role:app", NULL);
	snprintf(w.id.issuer, sizeof(w.id.issuer), "%s", issuer);
	snprintf(w.id.source, sizeof(w.id.source), "%s", source);
	world_login(&w);
	ck_assert_int_eq(rights_publish(w.rights, b("office")).verdict,
	    office ? VERDICT_ALLOW : VERDICT_DENY);
	ck_assert_int_eq(rights_publish(w.rights, b("signer")).verdict,
	    signer ? VERDICT_ALLOW : VERDICT_DENY);
}

START_TEST(a_role_can_ask_for_the_issuer_and_the_network)
{
	struct world other = w;

	world_policy(&w, "t.policy",
	    BYTES_LIT("role office { account = " ACME " tags = [\"role:app\"]\n"
		      "  sources = [\"10.0.0.0/8\", \"2001:db8::/32\"] }\n"
		      "role signer { account = " ACME " issuers = [" SIGNER "] }\n"
		      "rule a { publish = [office] to = [office] }\n"
		      "rule b { publish = [signer] to = [signer] }\n"));
	known_from(ACME, "10.1.2.3", true, false);
	known_from(ACME, "::ffff:10.1.2.3", true, false);
	known_from(ACME, "2001:db8::1", true, false);
	known_from(ACME, "11.1.2.3", false, false);
	known_from(ACME, "", false, false);
	known_from(SIGNER, "192.0.2.1", false, true);
	world_end(&w);
	w = other;
}
END_TEST

START_TEST(people_with_the_same_roles_share_a_view)
{
	struct rights *second = NULL;

	login_as("role:app");
	ck_assert_int_eq(rights_new(&second, w.policy, &w.id), 0);
	ck_assert_ptr_eq(second->view, w.rights->view);
	rights_free(second);
	is(rights_publish(w.rights, b("app.x")), VERDICT_ALLOW, REASON_RULE, "app-data");
}
END_TEST

TCase *
rights_tests(void)
{
	TCase *t = tcase_create("rights");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_zeroed_identity_has_no_rights);
	tcase_add_test(t, what_no_rule_allows_is_denied);
	tcase_add_test(t, the_cache_answers_as_the_rules_do);
	tcase_add_test(t, a_deny_beats_an_allow_and_covers_the_parent);
	tcase_add_test(t, an_observing_deny_is_named_and_lets_through);
	tcase_add_test(t, an_observing_allow_lets_through_what_no_rule_allows);
	tcase_add_test(t, the_own_inbox_is_everybodys);
	tcase_add_test(t, reserved_spaces_are_opened_by_name_only);
	tcase_add_test(t, a_wildcard_subscription_hears_no_reserved_space);
	tcase_add_test(t, publishing_never_commands);
	tcase_add_test(t, commands_are_judged_by_verb_and_lattice);
	tcase_add_test(t, a_scale_may_be_a_start);
	tcase_add_test(t, no_verb_no_command);
	tcase_add_test(t, a_host_serves_itself);
	tcase_add_test(t, a_host_without_an_id_hears_only_what_is_for_all);
	tcase_add_test(t, a_hosts_subscription_hears_what_it_asked_for);
	tcase_add_test(t, watching_sees_commands_without_a_queue);
	tcase_add_test(t, replies_are_granted_by_name);
	tcase_add_test(t, answers_are_counted_and_denies_still_hold);
	tcase_add_test(t, headers_pass_are_stripped_or_refused);
	tcase_add_test(t, a_queue_may_be_part_of_a_grant);
	tcase_add_test(t, another_account_has_no_role_here);
	tcase_add_test(t, people_with_the_same_roles_share_a_view);
	tcase_add_test(t, a_role_can_ask_for_the_issuer_and_the_network);
	return t;
}

/* The login towards the upstream. */

static bool
lists(const struct subject_list *l, const char *pattern)
{
	for (size_t i = 0; i < l->n; i++)
		if (bytes_is(l->item[i], pattern))
			return true;
	return false;
}

START_TEST(a_minted_login_cannot_command)
{
	struct permissions p;

	login_as("role:boss");
	ck_assert_int_eq(upstream_permissions(w.rights, &p), 0);
	ck_assert(lists(&p.pub_deny, "wasmbus.ctl.>"));
	ck_assert(lists(&p.pub_deny, "*.wadm.cmd.>"));
	ck_assert(lists(&p.pub_deny, "$SYS.>"));
	ck_assert(lists(&p.pub_deny, "$O.>"));
	ck_assert(!lists(&p.pub_deny, "$JS.API.>"));
	/* who sees and manages stored state: the calls that takes, not the rest */
	ck_assert(!lists(&p.pub_deny, "$JS.*.API.>"));
	ck_assert(lists(&p.pub_deny, "$JS.*.API.STREAM.LEADER.>"));
	ck_assert(lists(&p.pub_deny, "$JS.*.API.STREAM.NAMES"));
	ck_assert(!lists(&p.pub_deny, "$JS.*.API.STREAM.CREATE.*"));
	ck_assert(!lists(&p.pub_deny, "$JS.API.STREAM.NAMES"));
	ck_assert(!lists(&p.pub_deny, "$KV.>"));
	ck_assert(lists(&p.pub_deny, "$KV.wadm_state.>"));
	ck_assert(!p.pub_allow.present && !p.sub_allow.present);
	ck_assert(!lists(&p.sub_deny, "wasmbus.ctl.>"));
	upstream_permissions_deinit(&p);
}
END_TEST

START_TEST(a_minted_login_opens_no_space_that_no_rule_names)
{
	struct permissions p;

	login_as("role:app");
	ck_assert_int_eq(upstream_permissions(w.rights, &p), 0);
	ck_assert(lists(&p.pub_deny, "$JS.API.>"));
	ck_assert(lists(&p.pub_deny, "$JS.*.API.>"));
	ck_assert(lists(&p.pub_deny, "$KV.>"));
	ck_assert(lists(&p.sub_deny, "wasmbus.ctl.>"));
	ck_assert(lists(&p.sub_deny, "$SYS.>"));
	upstream_permissions_deinit(&p);
}
END_TEST

TCase *
upstream_tests(void)
{
	TCase *t = tcase_create("upstream");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_minted_login_cannot_command);
	tcase_add_test(t, a_minted_login_opens_no_space_that_no_rule_names);
	return t;
}
