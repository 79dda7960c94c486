/*
 * First byte even: the rest is a policy. Whatever compiles opens, and what it answers is what a
 * walk over its rules answers. Odd: the rest are changes to a good snapshot (two bytes where, one
 * what); it may open or not, and may then be asked anything. Commands are asked with bodies too:
 * what the subject alone refuses no body makes right.
 */
#include <assert.h>
#include <stdio.h>

#include "policy/rules/meters.h"
#include "policy/rules/lint.h"
#include "policy/rules/rights_priv.h"
#include "policy/rules/subject.h"
#include "policy/rules/upstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ACME "AAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQDPYC"

static const char good[] =
    "lattices = [\"acme-*\", default]\naccounts { ACME = " ACME " }\n"
    "set { top = 9 }\nhosts { nx = [eu] }\n"
    "role host { account = ACME tags = [\"role:host\"] names = [\"h*\"] }\n"
    "role app { account = ACME }\n"
    "rule serve { allow = [serve, read] unstamped = allow rpc = yes streams = [\"K*\"] to = [host] because = \"hosts serve\" }\n"
    "rule data { publish = [\"app.>\", \"*.b\"] subscribe = [\"app.* q\", \">\"] reply = [r]\n"
    "  headers = [\"Nats-*\"] respond = 2 to = [app] }\n"
    "rule no { deny_publish = [\"app.x.>\"] deny_subscribe = [\"s.>\"] to = [\"*\"] mode = observe "
    "}\n"
    "rule ours { allow = [\"actor.*\", manifest.put] to = [app] where {\n"
    "  image = [none, \"a.b/*\", \"file:///x*\"] count in [1..3, ${top}] host.label = [none, eu] host = [own, \"n*\"] } }\n"
    "rule not { deny = [\"*\"] to = [app] where { annotation = x* digest != required } }\n"
    "rule never { deny = [deploy] to = [host] }\n"
    "rule often { publish = [\"app.>\", \"a\"] subscribe = [\"s.>\"] allow = [label.put] to = [app]\n"
    "  rate = 2/h }\n"
    "rule rare { publish = [\"a\", \"s.*\"] to = [app] rate = 3/s burst = 1 mode = observe }\n"
    "rule week { publish = [\"r\"] to = [app] during = [\"mon-fri 08:00-18:00\", \"sun 22:00-03:00\"]\n"
    "  zone = \"-03:30\" }\n"
    "rule year { deny_publish = [\"s.t\"] to = [app] from = \"2026-01-01T00:00Z\"\n"
    "  until = \"2027-01-01T00:00Z\" }\n";

/* Moments to ask at: a working day, a night, far away, before everything. */
static const int64_t moments[] = { 1795442400, 1795399200, INT64_MAX, 0, INT64_MIN };

static const struct {
	const char *subject, *body;
} commands[] = {
	{ "wasmbus.ctl.v1.default.component.scale.NX",
	    "{\"component_ref\":\"a.b/"
	    "c:1\",\"component_id\":\"e\",\"count\":2,\"annotations\":{\"y\":\"\"}}" },
	{ "wasmbus.ctl.v1.default.component.scale.NX", "{\"component_id\":\"e\"}" },
	{ "wasmbus.ctl.acme-1.cmd.NX.la", "{\"actor_ref\":\"file:///x/y\",\"count\":9}" },
	{ "wasmbus.ctl.default.cmd.NX.lp",
	    "{\"provider_ref\":\"nginx\",\"link_name\":\"default\",\"configuration\":\"s\"}" },
	{ "wasmbus.ctl.v1.default.link.put",
	    "{\"source_id\":\"a\",\"target\":\"b\",\"wit_namespace\":\"n\",\"wit_package\":\"p\","
	    "\"interfaces\":[],\"source_config\":[\"c\"]}" },
	{ "wasmbus.ctl.v1.default.config.put.x", "{\"k\":\"v\"}" },
	{ "wasmbus.ctl.v1.default.label.put.NX", "{\"key\":\"k\",\"value\":\"v\"}" },
	{ "wadm.api.default.model.put",
	    "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata:\n  name: s\n"
	    "  annotations: {}\nspec:\n  components:\n  - name: w\n    type: component\n"
	    "    properties: {image: a.b/w:1}\n" },
	{ "runtime.host.NX.workload.start", "{\"workloadId\":\"w\",\"workload\":{\"name\":\"s\","
					    "\"witWorld\":{\"components\":[{\"image\":"
					    "\"a.b/c\",\"poolSize\":-1,\"precompiledUrl\":\"https:/"
					    "/a.b/c\"}]},\"volumes\":[{\"name\":\"v\","
					    "\"hostPath\":{\"localPath\":\"/x\"}}]}}" },
	{ "wasmbus.ctl.default.ping.hosts", "" },
	{ "wasmbus.ctl.default.cmd.NX.la", "nonsense" },
};

static const char *const subjects[] = { "ORDERS", "KV_b", "KV_LATTICEDATA_default",
	"wasmbus.ctl.default.cmd.NX.*", "a", "app.x", "app.x.y", "app.b", "$KV.b.k", "$JS.API.INFO",
	"_INBOX.a.b", "wasmbus.evt.default.x", "wasmbus.ctl.default.cmd.NX.lp",
	"wasmbus.ctl.acme-1.ping.hosts", "s.t", "r", ">", "app.*", "app.>", "wasmbus.ctl.default.>",
	"*.wadm.api.>", "" };

/* Is the pattern of a list true for @s? Deny lists cover the parent of `X.>`. */
static bool
listed(const struct policy *p, struct pol_list l, struct bytes s, bool deny, bool by_name)
{
	for (uint32_t i = 0; i < l.n; i++) {
		struct bytes pattern = pol_bytes(p, p->items[l.first + i].text);
		struct bytes first = subject_token(pattern, 0);

		if (by_name && (bytes_is(first, "*") || bytes_is(first, ">")))
			continue;
		if (subject_match(pattern, s))
			return true;
		if (deny && pattern.len > 2 &&
		    bytes_is(bytes_from(pattern, pattern.len - 2), ".>") &&
		    subject_match(bytes_upto(pattern, pattern.len - 2), s))
			return true;
	}
	return false;
}

/* rights_publish() for a credential without lists and without serve, by a walk over its rules. */
static enum verdict
naive_publish(const struct rights *r, struct bytes s)
{
	bool allowed = bytes_starts(s, BYTES_LIT("_INBOX."));
	bool by_name = s.len != 0 && (s.ptr[0] == '$' || s.ptr[0] == '_');
	struct command c;

	if (!subject_literal(s) || command_classify(s, &c) == 0)
		return VERDICT_DENY;
	for (size_t i = 0; i < r->view->n_rules; i++) {
		const struct pol_rule *rule = &r->p->rules[r->view->rule[i]];
		bool deny = (rule->flags & POL_DENY) != 0;

		if (!listed(r->p, rule->publish, s, deny, by_name && !deny))
			continue;
		if (deny && (rule->flags & POL_OBSERVE) == 0)
			return VERDICT_DENY;
		allowed = allowed || !deny;
	}
	return allowed ? VERDICT_ALLOW : VERDICT_DENY;
}

static void
ask_everything(struct rights *r, bool check)
{
	size_t n = sizeof(subjects) / sizeof(subjects[0]);

	for (size_t i = 0; i < n; i++) {
		struct bytes s = bytes_str(subjects[i]);
		struct decision d = rights_publish(r, s), again = rights_publish(r, s);
		int64_t max, ttl;
		struct command c;

		assert(
		    d.verdict == again.verdict && d.rule == again.rule && d.reason == again.reason);
		if (check && (r->view->verbs & VERB_BIT(VERB_SERVE)) == 0)
			assert(d.verdict == naive_publish(r, s));
		if (command_classify(s, &c) == 0)
			(void)rights_command(r, s, &c);
		(void)rights_reply(r, s);
		(void)rights_answer(r, s);
		(void)rights_answers(r, true, &max, &ttl);
		(void)rights_header(r, s);
		if (rights_stream_subjects(r, s).verdict == VERDICT_ALLOW)
			assert(rights_stream(r, s).verdict == VERDICT_ALLOW);
		assert(!rights_unstamped(r, s, BYTES_NULL) || rights_serves(r, s, BYTES_NULL));
		(void)rights_pins_host(r);
		(void)rights_rpc(r);
		for (size_t k = 0; k < n; k++) {
			struct bytes pattern = bytes_str(subjects[k]);
			struct decision sub = rights_subscribe(r, pattern, BYTES_NULL);

			(void)rights_subscribe(r, pattern, s);
			(void)rights_serves(r, pattern, s);
			if (sub.verdict != VERDICT_ALLOW || !subject_literal(s) ||
			    !subject_match(pattern, s))
				continue;
			/* what needs no filter is delivered */
			if (!rights_filter_needed(r, pattern, BYTES_NULL))
				assert(rights_deliver(r, pattern, BYTES_NULL, s).verdict ==
				       VERDICT_ALLOW);
			(void)rights_deliver(r, pattern, BYTES_NULL, s);
		}
	}
}

/* ask_commands() - with their bodies; also when there is none. */
static void
ask_commands(struct rights *r)
{
	static uint8_t mem[BODY_ARENA];
	struct body_arena arena = { .mem = mem, .cap = sizeof(mem) };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct body_input in = { .subject = bytes_str(commands[i].subject),
			.payload = bytes_str(commands[i].body) };
		struct decision first, d;
		struct command c;
		struct body body;
		bool read;

		if (command_classify(in.subject, &c) != 0)
			abort();
		read = body_decode(&c, &in, &arena, &body) == 0;
		first = rights_command(r, in.subject, &c);
		d = rights_command_body(r, in.subject, &c, read ? &body : NULL);
		assert(read || d.verdict == VERDICT_DENY);
		assert(d.verdict == VERDICT_DENY || first.verdict == VERDICT_ALLOW);
		assert((d.reason == REASON_WHERE) <= (d.field != POLICY_FIELD_NONE));
		assert(d.field == POLICY_FIELD_NONE || policy_field_name(d.field)[0] != '\0');
	}
}

/* pay() - what a rule with a rate allowed is allowed or denied for that reason, and in the end denied. */
static void
pay(struct rights *r)
{
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		struct bytes s = bytes_str(subjects[i]);
		struct decision d = rights_publish(r, s), paid = d;
		size_t times = 0;

		if (d.rated == 0)
			continue;
		assert(d.verdict == VERDICT_ALLOW && d.rated <= r->p->n_rules);
		assert(rights_unpaid(d).verdict == VERDICT_DENY);
		for (; paid.verdict == VERDICT_ALLOW && paid.rated != 0 && times < 100; times++)
			paid = rights_pay_publish(r, s, d, 1000);
		assert(paid.verdict == VERDICT_ALLOW ||
		       (paid.reason == REASON_RATE && pol_rated(&r->p->rules[paid.rule])));
		if (paid.verdict == VERDICT_DENY)
			assert(rights_wait_ms(r, paid.rule, 1000) > 0);
	}
}

static void
ask(const struct policy *p, bool check)
{
	static char role[] = "role:host", host[] = "host:nx", name[] = "h1";
	char *tags[] = { role, host };
	struct identity id = { .name = name, .n_tags = 2, .tags = tags };
	struct meters *meters = meters_new(1);
	struct permissions up;
	struct rights *r;

	if (meters == NULL)
		abort();
	snprintf(id.user, sizeof(id.user), "%s", "U");
	for (int with_account = 0; with_account < 2; with_account++) {
		snprintf(id.account, sizeof(id.account), "%s", with_account != 0 ? ACME : "A");
		if (rights_new(&r, p, &id) != 0)
			abort();
		rights_meter(r, meters);
		ask_everything(r, check);
		ask_commands(r);
		for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++)
			if (policy_time(p, moments[i]) == POLICY_CHANGED)
				ask_everything(r, check);
		if (policy_no_time(p) < 0)
			abort();
		pay(r);
		if (upstream_permissions(r, &up) != 0)
			abort();
		upstream_permissions_deinit(&up);
		rights_free(r);
	}
	meters_free(meters);
}

static int
compile(struct buf *out, struct bytes text)
{
	struct policy_source src = { "fuzz.policy", text };
	struct text_report report;
	int r;

	text_report_init(&report);
	buf_init(out, 64 << 20);
	r = policy_compile(out, &src, 1, &report);
	assert(r >= 0 && (r == POLICY_BAD) == (report.errors != 0));
	text_report_deinit(&report);
	return r;
}

static void
fuzz_text(struct bytes text)
{
	struct policy *p;
	struct buf out;

	if (compile(&out, text) == 0) {
		struct text_report report;

		if (policy_open(&p, buf_bytes(&out)) != 0)
			abort();
		for (uint32_t i = 0; i < policy_rules(p); i++)
			assert(policy_rule_name(p, i)[0] != '\0' &&
			       policy_rule_place(p, i)[0] != '\0');
		text_report_init(&report);
		policy_lint(p, &report);
		assert(report.errors == 0);
		text_report_deinit(&report);
		ask(p, true);
		policy_close(p);
	}
	buf_deinit(&out);
}

static void
fuzz_snapshot(struct bytes changes)
{
	struct policy *p;
	struct buf out;

	if (compile(&out, bytes_of(good, sizeof(good) - 1)) != 0)
		abort();
	for (; changes.len >= 3; changes = bytes_from(changes, 3)) {
		size_t at = ((size_t)changes.ptr[0] << 8 | changes.ptr[1]) % out.len;

		out.ptr[at] ^= changes.ptr[2];
	}
	if (policy_open(&p, buf_bytes(&out)) == 0) {
		ask(p, false);
		policy_close(p);
	}
	buf_deinit(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 2 == 0)
		fuzz_text(bytes_of(data + 1, size - 1));
	else
		fuzz_snapshot(bytes_of(data + 1, size - 1));
	return 0;
}
