/* Why a message is let through or not, rule by rule, and what would let it through. */
#include <stdio.h>

#include "policy/rules/explain.h"
#include "policy/rules/lint.h"
#include "tests/unit/policy/rules/suites.h"

#define HEAD                                                                                       \
	"lattices = [\"acme-*\"]\n"                                                                \
	"accounts { ACME = \"" ACME "\" }\n"                                                       \
	"role app  { account = ACME  tags = [\"role:app\"] }\n"                                    \
	"role boss { account = ACME  tags = [\"role:boss\"] }\n"

#define BOTH "rule zz { respond = 1  to = [app, boss] }\n"

static const char policy[] =
    HEAD "rule app-data   { publish = [\"app.>\"]  subscribe = [\"app.>\"]  to = [app] }\n"
	 "rule secret     { deny_publish = [\"app.secret.>\"]  to = [app] }\n"
	 "rule watchful   { deny_publish = [\"app.odd\"]  to = [app]  mode = observe }\n"
	 "rule trial      { publish = [\"trial.>\"]  to = [app]  mode = observe }\n"
	 "rule boss-all   { allow = [deploy, read]  to = [boss] }\n"
	 "rule few        { allow = [actor.scale]  to = [app]  where { count <= 10 } }\n"
	 "rule no-native  { deny = [provider.start]  to = [\"*\"] }\n";

static struct world w;
static struct explanation e;

static void
setup(void)
{
	world_policy(&w, "dir/p.policy", bytes_str(policy));
	e = (struct explanation){ 0 };
}

static void
teardown(void)
{
	explanation_deinit(&e);
	world_end(&w);
}

static struct bytes
b(const char *s)
{
	return bytes_str(s);
}

static void
ask(enum explain_op op, const char *role, const char *subject, const char *other)
{
	struct explain_question q = { .op = op, .subject = b(subject), .other = b(other) };

	explanation_deinit(&e);
	if (w.id.user[0] == '\0')
		world_person(&w, ACME, role, NULL);
	ck_assert_int_eq(explain(&e, w.policy, &w.id, &q), 0);
	ck_assert_uint_ge(e.n_steps, 1);
	identity_deinit(&w.id);
}

/* says() - what the last step heard of a rule: "allows" "denies" "-", with "!" when it decides. */
static const char *
says(const char *rule)
{
	static const char *const words[] = { "-", "allows", "denies", "-!", "allows!", "denies!" };
	const struct explain_step *step = &e.step[e.n_steps - 1];

	for (size_t i = 0; i < step->n; i++)
		if (strcmp(policy_rule_name(w.policy, step->rule[i].rule), rule) == 0)
			return words[(int)step->rule[i].says + (step->rule[i].decides ? 3 : 0)];
	return "absent";
}

START_TEST(every_rule_of_the_roles_is_heard_alone)
{
	ask(EXPLAIN_PUB, "role:app", "app.secret.x", "");
	ck_assert_int_eq(e.d.verdict, VERDICT_DENY);
	ck_assert_str_eq(says("app-data"), "allows");
	ck_assert_str_eq(says("secret"), "denies!");
	ck_assert_str_eq(says("trial"), "-");
	ck_assert_str_eq(says("no-native"), "-");
	ck_assert_str_eq(says("boss-all"), "absent");
	ck_assert_ptr_null(e.remedy);
	ck_assert_ptr_nonnull(strstr(e.advice, "deny beats"));
	ck_assert_uint_eq(e.n_roles, 1);
	ck_assert_str_eq(explain_role_name(w.policy, e.role[0]), "app");
	ck_assert_str_eq(explain_role_file(w.policy, e.role[0]), "dir/p.policy");
}
END_TEST

START_TEST(an_observing_rule_is_heard_as_if_it_were_enforced)
{
	ask(EXPLAIN_PUB, "role:app", "app.odd", "");
	ck_assert_int_eq(e.d.verdict, VERDICT_ALLOW);
	ck_assert_str_eq(says("watchful"), "denies!");
	ck_assert(e.step[0].rule[2].observes);
	ask(EXPLAIN_PUB, "role:app", "trial.x", "");
	ck_assert_str_eq(says("trial"), "allows!");
	ck_assert_ptr_null(e.remedy);
}
END_TEST

START_TEST(a_command_is_explained_by_its_verb)
{
	ask(EXPLAIN_PUB, "role:boss", "wasmbus.ctl.acme-1.cmd.H.lp", "");
	ck_assert(e.is_command && e.verb == VERB_PROVIDER_START);
	ck_assert_str_eq(says("boss-all"), "allows");
	ck_assert_str_eq(says("no-native"), "denies!");
}
END_TEST

START_TEST(a_condition_that_does_not_hold_is_named)
{
	static const char body[] =
	    "{\"actor_ref\":\"x.io/a:1\",\"host_id\":\"" HOST "\",\"count\":11,\"annotations\":{}}";
	struct bytes payload = b(body);
	struct explain_question q = { EXPLAIN_PUB, b("wasmbus.ctl.acme-1.cmd." HOST ".scale"),
		BYTES_NULL, &payload };

	world_person(&w, ACME, "role:app", NULL);
	ck_assert_int_eq(explain(&e, w.policy, &w.id, &q), 0);
	ck_assert_int_eq(e.d.verdict, VERDICT_DENY);
	ck_assert_msg(!e.refused, "%.*s %s", (int)e.fault.field.len,
	    (const char *)e.fault.field.ptr, e.fault.why);
	ck_assert_int_eq(e.d.reason, REASON_WHERE);
	ck_assert_str_eq(says("few"), "-!");
	ck_assert_str_eq(policy_field_name(e.step[0].rule[4].field), "count");
	payload = b("{\"count\":1,\"count\":2}");
	explanation_deinit(&e);
	ck_assert_int_eq(explain(&e, w.policy, &w.id, &q), 0);
	ck_assert(e.refused && e.d.reason == REASON_BODY && e.fault.why != NULL);
}
END_TEST

START_TEST(the_credentials_own_lists_are_told_apart)
{
	world_person(&w, ACME, "role:app", NULL);
	world_list(&w.id.perms.pub_allow, "other");
	ask(EXPLAIN_PUB, "role:app", "app.x", "");
	ck_assert_int_eq(e.d.reason, REASON_JWT);
	ck_assert_int_eq(e.step[0].unnarrowed.verdict, VERDICT_ALLOW);
	ck_assert_str_eq(says("app-data"), "allows");
	ck_assert_ptr_nonnull(strstr(e.advice, "own lists"));
}
END_TEST

START_TEST(the_reply_is_a_question_of_its_own)
{
	ask(EXPLAIN_PUB, "role:app", "app.x", "_INBOX.a.1");
	ck_assert_uint_eq(e.n_steps, 1);
	ask(EXPLAIN_PUB, "role:app", "app.x", "replies.1");
	ck_assert_uint_eq(e.n_steps, 2);
	ck_assert_int_eq(e.d.verdict, VERDICT_DENY);
	ck_assert_ptr_nonnull(strstr(e.remedy, "reply = [\"replies.1\"]"));
	ask(EXPLAIN_PUB, "role:app", "app.x", "wasmbus.ctl.acme-1.cmd.H.lp");
	ck_assert_ptr_null(e.remedy);
}
END_TEST

/* Whatever it proposes has to compile, and then to allow what was asked, and not its neighbour. */
START_TEST(the_smallest_rule_allows_exactly_what_was_asked)
{
	static const struct {
		enum explain_op op;
		const char *role, *subject, *other, *in;
	} t[] = {
		{ EXPLAIN_PUB, "role:app", "orders.new", "", "publish = [\"orders.new\"]" },
		{ EXPLAIN_PUB, "role:app", "od\"d\\x", "", "publish" },
		{ EXPLAIN_PUB, "role:app", "$KV.bucket.key", "", "publish = [\"$KV.bucket.key\"]" },
		{ EXPLAIN_PUB, "role:app", "app.x", "replies.1", "reply = [\"replies.1\"]" },
		{ EXPLAIN_SUB, "role:app", "orders.>", "", "subscribe = [\"orders.>\"]" },
		{ EXPLAIN_SUB, "role:app", "orders.>", "q", "subscribe = [\"orders.> q\"]" },
		{ EXPLAIN_PUB, "role:app", "wasmbus.ctl.acme-1.cmd.H.la", "",
		    "allow = [actor.start]" },
		{ EXPLAIN_SUB, "role:app", "wasmbus.ctl.acme-1.>", "", "allow = [control.watch]" },
		{ EXPLAIN_SUB, "role:app", "wasmbus.ctl.acme-1.auction.>", "", "allow = [serve]" },
		{ EXPLAIN_PUB, "role:guest", "orders.new", "", "role newcomer { account = " ACME },
		{ EXPLAIN_PUB, NULL, "orders.new", "", "users = [\"" USER "\"]" },
	};
	struct buf text;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_init(&text, 1 << 16);
		ask(t[i].op, t[i].role, t[i].subject, t[i].other);
		ck_assert_msg(e.remedy != NULL && strstr(e.remedy, t[i].in) != NULL, "%s: %s",
		    t[i].subject, e.remedy != NULL ? e.remedy : e.advice);
		ck_assert_str_eq(e.remedy_file, "dir/p.policy");
		buf_put_str(&text, policy);
		buf_put_str(&text, e.remedy);
		explanation_deinit(&e);
		world_end(&w);
		world_policy(&w, "dir/p.policy", buf_bytes(&text));
		ask(t[i].op, t[i].role, t[i].subject, t[i].other);
		ck_assert_msg(
		    e.d.verdict == VERDICT_ALLOW, "%.*s", (int)text.len, (char *)text.ptr);
		ask(EXPLAIN_PUB, "role:app", "neighbour", "");
		ck_assert_int_eq(e.d.verdict, VERDICT_DENY);
		explanation_deinit(&e);
		world_end(&w);
		world_policy(&w, "dir/p.policy", b(policy));
		buf_deinit(&text);
	}
}
END_TEST

START_TEST(a_lattice_nobody_governs_is_said)
{
	ask(EXPLAIN_PUB, "role:boss", "wasmbus.ctl.other.cmd.H.la", "");
	ck_assert(e.govern && bytes_is(e.lattice, "other"));
	ck_assert_ptr_nonnull(strstr(e.remedy, "allow = [actor.start]"));
	ask(EXPLAIN_PUB, "role:boss", "wasmbus.ctl.acme-1.cmd.H.xx", "");
	ck_assert_ptr_null(e.remedy);
	ask(EXPLAIN_PUB, "role:boss", OTHER ".wasmbus.ctl.acme-1.cmd.H.la", "");
	ck_assert_ptr_null(e.remedy);
}
END_TEST

TCase *
explain_tests(void)
{
	TCase *t = tcase_create("explain");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_rule_of_the_roles_is_heard_alone);
	tcase_add_test(t, an_observing_rule_is_heard_as_if_it_were_enforced);
	tcase_add_test(t, a_command_is_explained_by_its_verb);
	tcase_add_test(t, a_condition_that_does_not_hold_is_named);
	tcase_add_test(t, the_credentials_own_lists_are_told_apart);
	tcase_add_test(t, the_reply_is_a_question_of_its_own);
	tcase_add_test(t, the_smallest_rule_allows_exactly_what_was_asked);
	tcase_add_test(t, a_lattice_nobody_governs_is_said);
	return t;
}

/* ---- what cannot be meant ---- */

static const struct {
	const char *rules, *warning; /* NULL: none at all */
} lint_table[] = {
	/* conditions of two rules */
	{ "rule a { allow = [actor.start]  to = [app]  where { image = \"a.b/x/*\"  count <= 3 } }\n"
	  "rule d { deny = [actor.start]  to = [app]  where { image = \"a.b/*\" } }\n",
	    "rule a: its verbs can never apply: rule d" },
	{ "rule a { allow = [actor.start]  to = [app]  where { image = [none, \"a.b/x/*\"] } }\n"
	  "rule d { deny = [actor.start]  to = [app]  where { image = \"a.b/*\" } }\n",
	    NULL },
	{ "rule a { allow = [actor.start]  to = [app]  where { image = \"a.b/*\" } }\n"
	  "rule d { deny = [actor.start]  to = [app]  where { image = \"a.b/*\"  count > 3 } }\n",
	    NULL },
	{ "rule a { allow = [actor.start]  to = [app]  where { tag = latest } }\n"
	  "rule d { deny = [actor.start]  to = [app]  where { tag != \"v*\" } }\n",
	    NULL },
	{ "rule a { allow = [actor.start]  to = [app]  where { tag != [\"v*\", x] } }\n"
	  "rule d { deny = [actor.start]  to = [app]  where { tag != x } }\n",
	    "rule a: its verbs can never apply" },
	{ "rule a { allow = [actor.start]  to = [app]  where { count <= 10 } }\n"
	  "rule b { allow = [actor.start]  to = [app]  where { count in [1, 3..5] } }\n",
	    "rule b never decides: rule a" },
	{ "rule a { allow = [actor.start]  to = [app]  where { count in [1, 3..5] } }\n"
	  "rule b { allow = [actor.start]  to = [app]  where { count <= 10 } }\n",
	    NULL },
	{ "rule a { allow = [actor.start]  to = [app]  where { digest = required } }\n"
	  "rule b { allow = [actor.start]  to = [app]  where { digest = \"sha256:a*\" } }\n",
	    "rule b never decides: rule a" },
	/* conditions of one */
	{ "rule a { allow = [actor.start]  to = [app]  where { image = \"a.b/*\"  registry = c.d } }\n",
	    "rule a can never allow: what its image lists is nothing that its registry lists" },
	{ "rule a { allow = [actor.start]  to = [app]  where { image = \"*.b/*\"  registry = \"a*\" } "
	  "}\n",
	    NULL },
	{ "rule a { deny = [actor.start]  to = [app]  where { image = \"a.b/*\"  registry = c.d } }\n",
	    NULL },
	{ "rule a { allow = [actor.start]  to = [app]  where { image = \"a.b/*\"  scheme = file } }\n",
	    "nothing that its scheme lists" },
	{ "rule a { allow = [actor.start]  to = [app]  where { image = \"file:///*\"  scheme = file } "
	  "}\n",
	    NULL },
	{ "rule a { allow = [actor.start]  to = [app]  where { lattice = other } }\n",
	    "nothing that its file governs" },
	{ "rule a { allow = [actor.start]  to = [app]  where { lattice = \"*-1\" } }\n", NULL },
	{ "hosts { na = [eu]  nb = [us] }\n"
	  "rule a { allow = [actor.start]  to = [app]  where { host = na  host.label = us } }\n",
	    "rule a can never allow: what its host lists is nothing that its host.label lists" },
	{ "hosts { na = [eu]  nb = [us] }\n"
	  "rule a { allow = [actor.start]  to = [app]  where { host = [na, nb]  host.label = us } }\n",
	    NULL },
	{ "rule a { allow = [actor.scale]  to = [app]  where { count = 0 } }\n",
	    "what scales to 0 is actor.stop" },
	{ "rule a { allow = [actor.scale, actor.stop]  to = [app]  where { count = 0 } }\n", NULL },
	{ "rule a { allow = [actor.start]  to = [app]  where { image = \"*acme.dev/*\" } }\n",
	    "image \"*acme.dev/*\" also means registries of other owners" },
	{ "rule a { allow = [actor.start]  to = [app]  where { image = \"registry.acme*/x\" } }\n",
	    "also means registries of other owners" },
	{ "rule a { allow = [actor.start]  to = [app]  where { image = [\"*.acme.dev/*\", \"*\"] } }\n",
	    NULL },
	/* roles */
	{ "rule unused { respond = 1  to = [app] }\n", "p.policy:4:1: warning: no rule is for role boss" },
	{ "rule a { publish = [\"app.>\"]  to = [app] }\n"
	  "rule d { deny_publish = [\"app.secret.>\"]  to = [app] }\n",
	    NULL },
	{ "rule a { publish = [\"app.x\", \"b\"]  to = [app] }\n"
	  "rule d { deny_publish = [\"app.>\"]  to = [\"*\"] }\n",
	    "p.policy:5:1: warning: rule a: publish \"app.x\" can never apply: rule d "
	    "(p.policy:6) denies all of it\n" },
	{ "rule a { publish = [\"app\"]  to = [app] }\n"
	  "rule d { deny_publish = [\"app.>\"]  to = [app] }\n",
	    "\"app\" can never apply" },
	{ "rule a { publish = [\"app.x\"]  to = [app, boss] }\n"
	  "rule d { deny_publish = [\"app.>\"]  to = [app] }\n",
	    NULL },
	{ "rule a { publish = [\"app.x\"]  to = [app] }\n"
	  "rule d { deny_publish = [\"app.>\"]  to = [app]  mode = observe }\n",
	    NULL },
	{ "rule a { subscribe = [\"jobs w\"]  to = [app] }\n"
	  "rule d { deny_subscribe = [\"jobs\"]  to = [app] }\n",
	    "subscribe \"jobs\" can never apply" },
	{ "rule a { allow = [deploy]  to = [app] }\nrule d { deny = [provider.start]  to = [app] "
	  "}\n",
	    NULL },
	{ "rule a { allow = [actor.start]  to = [app] }\nrule d { deny = [actor.*]  to = [\"*\"] "
	  "}\n",
	    "rule a: its verbs can never apply: rule d" },
	{ "rule a { allow = [actor.start]  to = [app] }\n"
	  "rule d { deny = [actor.*]  to = [\"*\"]  where { count > 10 } }\n",
	    NULL },
	{ "rule a { publish = [\"x.>\"]  to = [app, boss] }\nrule b { publish = [\"x.y\"]  to = "
	  "[app] }\n",
	    "p.policy:6:1: warning: rule b never decides: rule a (p.policy:5) before it" },
	{ "rule a { publish = [\"x.y\"]  to = [app] }\nrule b { publish = [\"x.>\"]  to = [app] "
	  "}\n",
	    NULL },
	{ "rule a { publish = [\"x.>\"]  to = [app] }\n"
	  "rule b { publish = [\"x.y\"]  respond = 2  to = [app] }\n",
	    NULL },
	{ "rule a { publish = [\"_INBOX.>\"]  to = [app] }\n", "grants nothing: the own inbox" },
	{ "rule a { publish = [\">\"]  to = [app] }\n", NULL },
	{ "rule a { publish = [\">\"]  to = [\"*\"] }\n", "publish \">\" for everybody" },
	{ "rule a { subscribe = [\"$KV.>\"]  to = [\"*\"] }\n",
	    "subscribe \"$KV.>\" for everybody" },
	{ "rule a { publish = [\"*.x\"]  to = [\"*\"] }\n", NULL },
	{ "rule a { headers = [\"Nats-*\"]  to = [\"*\"] }\n", "headers \"Nats-*\" for everybody" },
	{ "rule a { allow = [\"*\"]  to = [\"*\"] }\n", "to everybody" },
	{ "rule a { allow = [host.list]  to = [\"*\"] }\n", NULL },
	{ "rule d { deny_publish = [\">\"]  to = [\"*\"] }\n", NULL },
	/* hours and rates: only what holds whenever the other does makes it idle */
	{ "rule a { publish = [\"x.>\"]  to = [app]  during = [\"mon-fri\"] }\n"
	  "rule b { publish = [\"x.y\"]  to = [app] }\n",
	    NULL },
	{ "rule a { publish = [\"x.>\"]  to = [app]  during = [\"mon-fri\"] }\n"
	  "rule b { publish = [\"x.y\"]  to = [app]  during = [\"tue 10:00-11:00\"] }\n",
	    "rule b never decides: rule a (p.policy:" },
	{ "rule a { publish = [\"x.>\"]  to = [app]  rate = 10/s }\n"
	  "rule b { publish = [\"x.y\"]  to = [app] }\n",
	    NULL },
	{ "rule a { publish = [\"x.y\"]  to = [app]  rate = 10/s }\n"
	  "rule b { publish = [\"x.>\"]  to = [app] }\n",
	    "rule a never decides: rule b (p.policy:" },
	{ "rule a { publish = [\"x.y\"]  to = [app] }\n"
	  "rule d { deny_publish = [\"x.>\"]  to = [app]  until = \"2027-01-01T00:00Z\" }\n",
	    NULL },
	/* how many of the reads that two rules allow are on record */
	{ "rule a { allow = [read]  to = [app]  sample = \"1 in 100\" }\n"
	  "rule b { allow = [read, actor.start]  to = [app] }\n",
	    "p.policy:6:1: warning: rule b: where rule a (p.policy:5) allows it too, that one decides: of this "
	    "one in 100 is on record, not each\n" },
	{ "rule b { allow = [link.get, actor.start]  to = [app] }\n"
	  "rule a { allow = [read]  to = [app, boss]  sample = \"1 in 100\" }\n",
	    "rule a: where rule b (p.policy:5) allows it too, that one decides: of this each is on record, not one in 100\n" },
	{ "rule a { allow = [read]  to = [app]  rate = 1/s  sample = \"1 in 7\" }\n"
	  "rule b { allow = [link.get]  to = [app]  sample = \"1 in 9\" }\n",
	    "rule a: where rule b (p.policy:6) allows it too, that one decides: of this one in 9 is on record, not one in 7\n" },
	{ "rule a { allow = [read]  to = [app]  sample = \"1 in 1\" }\n"
	  "rule b { allow = [link.get, actor.start]  to = [app] }\n",
	    NULL },
	{ "rule a { allow = [read]  to = [app]  sample = \"1 in 100\" }\n"
	  "rule b { allow = [actor.start]  to = [app] }\n",
	    NULL },
	{ "rule a { allow = [read]  to = [app]  sample = \"1 in 100\"  during = [\"mon\"] }\n"
	  "rule b { allow = [read, actor.start]  to = [app]  during = [\"tue\"] }\n",
	    NULL },
	{ "rule a { allow = [read]  to = [app]  sample = \"1 in 100\" }\n"
	  "rule d { deny = [link.get]  to = [app] }\n",
	    NULL },
	{ "rule a { publish = [\"x\"]  to = [app]  during = [\"mon 08:00-09:00\"]\n"
	  "  from = \"2026-11-24T00:00Z\"  until = \"2026-11-29T00:00Z\" }\n",
	    "rule a is never in force: its hours (mon 08:00-09:00 UTC, from" },
};

START_TEST(what_cannot_be_meant_is_warned_of)
{
	struct text_report report;
	char text[4096];

	snprintf(text, sizeof(text), "%s%s%s", HEAD, lint_table[_i].rules,
	    strstr(lint_table[_i].rules, "unused") != NULL ? "" : BOTH);
	world_policy(&w, "p.policy", b(text));
	text_report_init(&report);
	policy_lint(w.policy, &report);
	buf_put_u8(&report.out, 0);
	ck_assert_uint_eq(report.errors, 0);
	ck_assert_msg(lint_table[_i].warning == NULL
			  ? report.warnings == 0
			  : strstr((char *)report.out.ptr, lint_table[_i].warning) != NULL,
	    "%s%s", lint_table[_i].rules, (char *)report.out.ptr);
	text_report_deinit(&report);
	world_end(&w);
}
END_TEST

/* lattices_of() - two files that grant on these; is it warned of? */
static bool
lattices_of(const char *a, const char *b_)
{
	struct policy_source src[2];
	struct text_report report;
	struct policy *p;
	struct buf snapshot;
	char text[2][512];
	bool said;

	for (int i = 0; i < 2; i++) {
		snprintf(text[i], sizeof(text[i]),
		    "lattices = [\"%s\"]\nrole r { account = " ACME " }\n"
		    "rule r%d { allow = [read] to = [r] }\n",
		    i == 0 ? a : b_, i);
		src[i] = (struct policy_source){ i == 0 ? "a.policy" : "b.policy", b(text[i]) };
	}
	buf_init(&snapshot, 1 << 20);
	text_report_init(&report);
	ck_assert_int_eq(policy_compile(&snapshot, src, 2, &report), 0);
	ck_assert_int_eq(policy_open(&p, buf_bytes(&snapshot)), 0);
	policy_lint(p, &report);
	said = report.out.len != 0 && memmem(report.out.ptr, report.out.len, "b.policy:3:1: warning: lattices", 31) != NULL;
	ck_assert_uint_eq(report.warnings, said);
	policy_close(p);
	text_report_deinit(&report);
	buf_deinit(&snapshot);
	return said;
}

START_TEST(files_that_share_lattices_by_accident_are_warned_of)
{
	ck_assert(lattices_of("red-*", "re*-1"));
	ck_assert(lattices_of("*-prod", "red-*"));
	ck_assert(!lattices_of("red-*", "blue-*"));
	ck_assert(!lattices_of("*", "blue-*"));
	ck_assert(!lattices_of("red", "red"));
}
END_TEST

TCase *
lint_tests(void)
{
	TCase *t = tcase_create("lint");

	tcase_add_test(t, files_that_share_lattices_by_accident_are_warned_of);
	tcase_add_loop_test(t, what_cannot_be_meant_is_warned_of, 0,
	    (int)(sizeof(lint_table) / sizeof(lint_table[0])));
	return t;
}
