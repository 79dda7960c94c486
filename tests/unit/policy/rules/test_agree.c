/*
 * Random policies out of rules of every kind, asked random questions: what each rule says alone, what
 * all say together and what a remedy promises must fit together. Where they do not, an explanation lies
 * or a grant depends on a rule it has nothing to do with.
 */
#include <stdio.h>

#include "policy/rules/diff.h"
#include "policy/rules/explain.h"
#include "tests/unit/policy/rules/suites.h"

enum { AGREE_SEEDS = 12, AGREE_RULES = 7, AGREE_QUESTIONS = 10 };

#define CTL "wasmbus.ctl.acme-1."

static const char head[] = "lattices = [\"acme-*\", runtime, wadm]\n"
			   "control_prefix = [\"elsewhere.ctl\"]\n"
			   "accounts { ACME = " ACME " }\n"
			   "hosts { " HOST " = [prod, \"zone-1\"]  " HOST2 " = [dev] }\n"
			   "role app { account = ACME  tags = [\"role:app\"] }\n"
			   "role host { account = ACME  tags = [\"role:host\"] }\n"
			   "role both { account = ACME }\n"
			   "rule zz { respond = 1  to = [app, host, both] }\n";

/* What a rule says, apart from whom it is for. */
static const char *const bodies[] = {
	"publish = [\"a.>\"]",
	"publish = [\"a.b\", \"$KV.mine.>\"]",
	"publish = [\">\"]",
	"subscribe = [\"a.>\"]",
	"subscribe = [\">\"]",
	"subscribe = [\"a.* q\", \"$KV.mine.>\"]",
	"publish = [\"a.b\"]  rate = 2/h",
	"subscribe = [\"a.b\"]  publish = [\"a.>\"]  rate = 5/m  burst = 1",
	"publish = [\"a.>\"]  during = [\"mon-fri 08:00-18:00\"]",
	"publish = [\"wasmbus.evt.acme-1.>\", \"wadm.evt.>\"]",
	"subscribe = [\"wasmbus.evt.>\"]",
	"reply = [\"r.>\"]",
	"streams = [ORDERS, \"KV_*\"]",
	"publish = [\"$JS.API.>\"]",
	"allow = [serve]",
	"allow = [serve]  unstamped = allow  host_id = first_use  rpc = yes",
	"allow = [serve_wadm]",
	"allow = [serve_operator]",
	"allow = [control.watch]",
	"allow = [state.read, state.manage, state.write]",
	"allow = [state.read]",
	"allow = [rpc.link, rpc.shutdown]",
	"allow = [deploy]",
	"allow = [deploy]  rate = 1/h",
	"allow = [read, operate]",
	"allow = [\"*\"]",
	"allow = [actor.start]  where { image = [\"r.dev/*\"] }",
	"allow = [actor.start]  where { host.label = [prod] }",
	"allow = [actor.start, provider.start]  where { host.label != [prod] }",
	"allow = [actor.scale, actor.stop]  where { count <= 10 }",
	"allow = [actor.start]  where { host = own }",
	"deny = [actor.start]  where { host.label = [dev, none] }",
	"deny = [provider.start]  where { image != [\"r.dev/*\"] }",
	"deny = [actor.scale]",
	"deny = [serve]",
	"deny = [control.watch, state.write]",
	"deny_publish = [\"a.b\"]",
	"deny_subscribe = [\"a.>\", \"wasmbus.>\"]",
	"deny_publish = [\"a.>\"]  during = [\"sat,sun\"]",
	"deny_publish = [\"r.>\"]",
};

static const struct {
	enum explain_op op;
	const char *subject, *other, *payload;
} questions[] = {
	{ EXPLAIN_PUB, "a.b", "", NULL },
	{ EXPLAIN_PUB, "a", "", NULL },
	{ EXPLAIN_PUB, "a.b", "r.1", NULL },
	{ EXPLAIN_PUB, "a.b", CTL "ping.hosts", NULL },
	{ EXPLAIN_PUB, "a.b", "wasmbus.evt.acme-1", NULL },
	{ EXPLAIN_PUB, "$KV.mine.k", "", NULL },
	{ EXPLAIN_PUB, "$JS.API.STREAM.INFO.ORDERS", "", NULL },
	{ EXPLAIN_PUB, "$JS.API.CONSUMER.CREATE.KV_LATTICEDATA_acme-1", "", NULL },
	{ EXPLAIN_PUB, "$JS.API.CONSUMER.CREATE.KV_LATTICEDATA_acme-1.n.$KV.LATTICEDATA_acme-1.>", "", NULL },
	{ EXPLAIN_PUB, "$JS.ACK.wadm_commands.x", "", NULL },
	{ EXPLAIN_PUB, "wasmbus.evt.acme-1.x", "", NULL },
	{ EXPLAIN_PUB, "wadm.evt.acme-1", "", NULL },
	{ EXPLAIN_PUB, "wasmbus.rpc.acme-1.MX.linkdefs.put", "", NULL },
	{ EXPLAIN_PUB, "wasmbus.rpc.acme-1.MX.shutdown", "", NULL },
	{ EXPLAIN_PUB, "wasmbus.rpc.acme-1.claims", "", NULL },
	{ EXPLAIN_PUB, "runtime.operator.heartbeat." HOST, "", NULL },
	{ EXPLAIN_PUB, "runtime.operator.heartbeat." HOST2, "", NULL },
	{ EXPLAIN_PUB, CTL "ping.hosts", "", "" },
	{ EXPLAIN_PUB, "elsewhere.ctl.acme-1.ping.hosts", "", "" },
	{ EXPLAIN_PUB, CTL "events", "", NULL },
	{ EXPLAIN_PUB, CTL "cmd." HOST ".la", "", NULL },
	{ EXPLAIN_PUB, CTL "cmd." HOST ".la", "", "{\"actor_ref\":\"r.dev/a:1\"}" },
	{ EXPLAIN_PUB, CTL "cmd." HOST2 ".la", "", "{\"actor_ref\":\"other.dev/a:1\"}" },
	{ EXPLAIN_PUB, CTL "cmd.NX.la", "", "{\"actor_ref\":\"r.dev/a:1\"}" },
	{ EXPLAIN_PUB, CTL "cmd.NX.lp", "", "{\"provider_ref\":\"r.dev/p:1\",\"link_name\":\"default\"}" },
	{ EXPLAIN_PUB, CTL "cmd.NX.lp", "", "{\"provider_ref\"" },
	{ EXPLAIN_PUB, CTL "cmd.NX.scale", "", NULL },
	{ EXPLAIN_PUB, "$KV.LATTICEDATA_acme-1.LINKDEF_x", "", NULL },
	{ EXPLAIN_PUB, "$KV.wadm_state.k", "", NULL },
	{ EXPLAIN_PUB, "wadm.cmd.acme-1", "", NULL },
	{ EXPLAIN_PUB, "wadm.api.acme-1.model.list", "", "" },
	{ EXPLAIN_PUB, "wasmbus.ctl.other.ping.hosts", "", "" },
	{ EXPLAIN_SUB, "a.>", "", NULL },
	{ EXPLAIN_SUB, "a.b", "q", NULL },
	{ EXPLAIN_SUB, ">", "", NULL },
	{ EXPLAIN_SUB, "$KV.mine.>", "", NULL },
	{ EXPLAIN_SUB, "$KV.LATTICEDATA_acme-1.>", "", NULL },
	{ EXPLAIN_SUB, "wasmbus.evt.>", "", NULL },
	{ EXPLAIN_SUB, "wasmbus.rpc.acme-1.>", "rpc", NULL },
	{ EXPLAIN_SUB, CTL ">", "", NULL },
	{ EXPLAIN_SUB, "wasmbus.ctl.*.>", "", NULL },
	{ EXPLAIN_SUB, CTL "cmd." HOST ".*", "", NULL },
	{ EXPLAIN_SUB, CTL "cmd." HOST2 ".*", "", NULL },
	{ EXPLAIN_SUB, "elsewhere.ctl.acme-1.cmd." HOST ".*", "", NULL },
	{ EXPLAIN_SUB, CTL "get.*", CTL "get", NULL },
	{ EXPLAIN_SUB, "wadm.api.>", "wadm_server", NULL },
	{ EXPLAIN_SUB, "wadm.api.>", "", NULL },
	{ EXPLAIN_SUB, "wadm.evt.acme-1", "", NULL },
	{ EXPLAIN_SUB, "runtime.operator.>", "", NULL },
	{ EXPLAIN_SUB, "lc.acme-1.>", "", NULL },
};

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct world w;
static struct buf text;
static uint64_t seed;
static int64_t now_s;

static size_t
below(size_t n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (size_t)(seed >> 33) % n;
}

/* compiles() - open what is in `text`. */
static bool
compiles(void)
{
	struct policy_source src = { "p.policy", buf_bytes(&text) };
	struct text_report report;
	int r;

	w = (struct world){ 0 };
	buf_init(&w.snapshot, 64 << 20);
	text_report_init(&report);
	r = policy_compile(&w.snapshot, &src, 1, &report);
	ck_assert_msg(r == 0, "%.*s\n%.*s", (int)text.len, (char *)text.ptr, (int)report.out.len,
	    report.out.len != 0 ? (const char *)report.out.ptr : "");
	text_report_deinit(&report);
	ck_assert_int_eq(policy_open(&w.policy, buf_bytes(&w.snapshot)), 0);
	ck_assert_int_ge(policy_time(w.policy, now_s), 0);
	return true;
}

static void
write_policy(void)
{
	static const char *const to[] = { "app", "host", "both", "app, host" };
	char line[64];

	buf_reset(&text);
	buf_put_str(&text, head);
	for (size_t i = 0, n = 1 + below(AGREE_RULES); i < n; i++) {
		snprintf(line, sizeof(line), "rule r%zu { to = [%s]  ", i, to[below(N_OF(to))]);
		buf_put_str(&text, line);
		buf_put_str(&text, bodies[below(N_OF(bodies))]);
		buf_put_str(&text, below(5) == 0 ? "  mode = observe }\n" : " }\n");
	}
}

static void
person(size_t which)
{
	static const char *const tags[][2] = { { "role:app", NULL }, { "role:host", NULL }, { "role:host", "host:" HOST } };

	world_person(&w, ACME, tags[which][0], tags[which][1], NULL);
}

static const char *
shown(const struct explanation *e, size_t question)
{
	static char out[8192];
	int n = snprintf(out, sizeof(out), "%s %s: verdict %d %s\n", questions[question].subject,
	    questions[question].other, (int)e->d.verdict, reason_word(e->d.reason));

	for (size_t s = 0; s < e->n_steps; s++)
		for (size_t i = 0; i < e->step[s].n; i++)
			n += snprintf(out + n, sizeof(out) - (size_t)n, " %s says %d%s%s", 
			    policy_rule_name(w.policy, e->step[s].rule[i].rule), (int)e->step[s].rule[i].says,
			    e->step[s].rule[i].observes ? " observing" : "", e->step[s].rule[i].shut ? " shut" : "");
	snprintf(out + n, sizeof(out) - (size_t)n, "\n%.*s", (int)text.len, (char *)text.ptr);
	return out;
}

/* step_agrees() - what rules say alone and together. */
static void
step_agrees(const struct explanation *e, const struct explain_step *s, size_t question)
{
	bool denies = false, allows = false, observed = false, decided = false;

	for (size_t i = 0; i < s->n; i++) {
		const struct explain_rule *x = &s->rule[i];

		if (x->decides)
			decided = true;
		if (x->decides && s->d.reason == REASON_RULE && !s->d.would_deny)
			ck_assert_msg(!x->shut && x->says == (s->d.verdict == VERDICT_ALLOW ? EXPLAIN_ALLOWS : EXPLAIN_DENIES),
			    "%s decides and does not say so: %s", policy_rule_name(w.policy, x->rule), shown(e, question));
		if (x->shut)
			continue;
		denies |= x->says == EXPLAIN_DENIES && !x->observes;
		allows |= x->says == EXPLAIN_ALLOWS && !x->observes;
		observed |= x->says == EXPLAIN_ALLOWS && x->observes;
	}
	/* a word that is denied grants nothing, and what another word grants stays: no rule says so alone */
	if (memmem(text.ptr, text.len, "deny = [serve", 13) != NULL || memmem(text.ptr, text.len, "deny = [control", 15) != NULL)
		return;
	if (denies)
		ck_assert_msg(s->d.verdict == VERDICT_DENY, "a deny was lost: %s", shown(e, question));
	else if (allows)
		ck_assert_msg(s->d.verdict == VERDICT_ALLOW, "a grant was lost: %s", shown(e, question));
	else if (observed)
		ck_assert_msg(s->d.verdict == VERDICT_ALLOW && s->d.would_deny, "an observing grant: %s", shown(e, question));
	else if (s->d.reason != REASON_OWN_INBOX)
		ck_assert_msg(s->d.verdict == VERDICT_DENY, "allowed by nobody: %s", shown(e, question));
	if (s->d.reason == REASON_RULE && s->d.rule != RULE_NONE)
		ck_assert_msg(decided, "decided by nobody: %s", shown(e, question));
}

/* remedy_holds() - the rule it names, added, lets exactly this through. */
static void
remedy_holds(const struct explanation *e, const struct explain_question *q, size_t who, size_t question)
{
	struct explanation after = { 0 };
	struct world before = w;
	size_t len = text.len;

	buf_put_str(&text, e->remedy);
	ck_assert(compiles());
	person(who);
	ck_assert_int_eq(explain(&after, w.policy, &w.id, q), 0);
	ck_assert_msg(after.d.verdict == VERDICT_ALLOW || after.d.reason == REASON_RULE || after.n_steps > e->n_steps,
	    "the remedy does not help: %s", shown(&after, question));
	explanation_deinit(&after);
	world_end(&w);
	w = before;
	text.len = len;
}

static void
question_agrees(size_t question, size_t who)
{
	struct bytes payload = bytes_str(questions[question].payload != NULL ? questions[question].payload : "");
	struct explain_question q = { .op = questions[question].op,
		.subject = bytes_str(questions[question].subject),
		.other = bytes_str(questions[question].other),
		.payload = questions[question].payload != NULL ? &payload : NULL };
	struct explanation e = { 0 };

	person(who);
	ck_assert_int_eq(explain(&e, w.policy, &w.id, &q), 0);
	for (size_t i = 0; i < e.n_steps; i++)
		step_agrees(&e, &e.step[i], question);
	if (e.d.verdict == VERDICT_DENY)
		ck_assert_msg(e.remedy != NULL || e.advice != NULL, "no way out: %s", shown(&e, question));
	if (e.remedy != NULL && !e.govern)
		remedy_holds(&e, &q, who, question);
	explanation_deinit(&e);
	identity_deinit(&w.id);
}

START_TEST(rules_alone_and_together_say_the_same)
{
	seed = (uint64_t)_i * 7919 + 1;
	buf_init(&text, 1 << 16);
	for (int n = 0; n < 5; n++) {
		write_policy();
		now_s = (int64_t)below(2000000000);
		ck_assert(compiles());
		for (int i = 0; i < AGREE_QUESTIONS; i++)
			question_agrees(below(N_OF(questions)), below(3));
		policy_close(w.policy);
		buf_deinit(&w.snapshot);
	}
	buf_deinit(&text);
}
END_TEST

/* verdict_of() - under the policy that is open; whether it is meant or only observed counts too. */
static int
verdict_of(size_t question, size_t who)
{
	struct bytes payload = bytes_str(questions[question].payload != NULL ? questions[question].payload : "");
	struct explain_question q = { .op = questions[question].op,
		.subject = bytes_str(questions[question].subject),
		.other = bytes_str(questions[question].other),
		.payload = questions[question].payload != NULL ? &payload : NULL };
	struct explanation e = { 0 };
	int said;

	person(who);
	ck_assert_int_eq(explain(&e, w.policy, &w.id, &q), 0);
	said = (int)e.d.verdict * 2 + e.d.would_deny;
	explanation_deinit(&e);
	identity_deinit(&w.id);
	return said;
}

/* without_one() - the same policy less one of its rules. */
static void
without_one(void)
{
	char name[16];
	uint8_t *at, *end;

	snprintf(name, sizeof(name), "rule r%zu ", below(AGREE_RULES));
	at = memmem(text.ptr, text.len, name, strlen(name));
	if (at == NULL)
		return;
	end = memchr(at, '\n', (size_t)(text.ptr + text.len - at));
	memmove(at, end + 1, (size_t)(text.ptr + text.len - end - 1));
	text.len -= (size_t)(end + 1 - at);
}

START_TEST(a_diff_that_finds_nothing_leaves_every_answer)
{
	const struct diff_budget budget = { 1000000, 100 };
	struct world old;
	struct diff_result found;
	int before;

	seed = (uint64_t)_i * 104729 + 3;
	buf_init(&text, 1 << 16);
	write_policy();
	now_s = (int64_t)below(2000000000);
	ck_assert(compiles());
	old = w;
	without_one();
	ck_assert(compiles());
	ck_assert_int_eq(policy_diff(&found, old.policy, w.policy, budget), 0);
	for (size_t i = 0; found.n == 0 && found.n_open == 0 && i < 3 * N_OF(questions); i++) {
		struct world new = w;

		w = old;
		before = verdict_of(i / 3, i % 3);
		w = new;
		ck_assert_msg(verdict_of(i / 3, i % 3) == before, "%s %s differs, and the diff is empty:\n%.*s",
		    questions[i / 3].subject, questions[i / 3].other, (int)text.len, (char *)text.ptr);
	}
	diff_deinit(&found);
	policy_close(old.policy);
	buf_deinit(&old.snapshot);
	policy_close(w.policy);
	buf_deinit(&w.snapshot);
	buf_deinit(&text);
}
END_TEST

TCase *
agree_tests(void)
{
	TCase *t = tcase_create("agree");

	tcase_add_loop_test(t, rules_alone_and_together_say_the_same, 0, AGREE_SEEDS);
	tcase_add_loop_test(t, a_diff_that_finds_nothing_leaves_every_answer, 0, AGREE_SEEDS);
	return t;
}
