/*
 * What two policies do differently. The property: over small random policies, everybody and
 * everything there is to ask is asked of both, one by one; each difference that shows must be in
 * the diff, and a diff without a line must have none. Examples are lines of *.expect files, and the
 * new policy keeps them.
 */
#include <stdio.h>

#include "policy/rules/diff.h"
#include "policy/rules/diff_form.h"
#include "policy/rules/expect.h"
#include "tests/unit/policy/rules/suites.h"

#define TOP "lattices = [\"acme-*\"]\nrole app { account = " ACME "  tags = [\"role:app\"] }\n"

static struct world was, is;
static struct diff_result result;

static void
compare(const char *old, const char *new)
{
	world_policy(&was, "old.policy", bytes_str(old));
	world_policy(&is, "new.policy", bytes_str(new));
	ck_assert_int_eq(policy_diff(&result, was.policy, is.policy, DIFF_BUDGET), 0);
}

static void
done(void)
{
	diff_deinit(&result);
	policy_close(was.policy);
	policy_close(is.policy);
	buf_deinit(&was.snapshot);
	buf_deinit(&is.snapshot);
}

/* All lines as text. */
static char *
said(void)
{
	const struct policy *const p[] = { was.policy, is.policy };
	struct buf b;
	size_t len;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < result.n; i++)
		diff_put_line(&b, &result.line[i], p, true);
	for (size_t i = 0; i < result.n_open; i++) {
		buf_put_str(&b, "open: ");
		buf_put_str(&b, result.open[i]);
		buf_put_u8(&b, '\n');
	}
	buf_put_u8(&b, '\n');
	return buf_take(&b, &len);
}

static const struct {
	const char *old, *new, *says; /* NULL: nothing */
} cases[] = {
#define SHOWN(names, more) "role c { account = " ACME " certificates = [" names "] }\nrule a { publish = [\"a.>\"] to = [c] }\n" more
	{ SHOWN("\"dns:h.x\"", ""), SHOWN("\"dns:h.x\"", "role d { account = " ACME " certificates = [\"dns:h.x\"] }"), NULL },
	{ SHOWN("\"dns:h.x\"", ""), SHOWN("\"dns:h.x\", \"email:a@x\"", ""), "certificate of email:a@x" },
	{ SHOWN("\"dns:h.x\"", ""), SHOWN("\"dns:k.x\"", ""), "certificate of dns:h.x" },
	{ SHOWN("\"dn:CN=a b\"", ""),
	    SHOWN("\"dn:CN=a b\"", "rule n { deny_publish = [\"a.b\"] to = [c] }"), "certificate of dn:CN=a b" },
#undef SHOWN
	{ "rule a { publish = [\"a.>\"] to = [app] }", "rule b { publish = [\"a.>\"] to = [app] }",
	    NULL },
	{ "rule a { publish = [\"a.*\", \"a.*.>\"] to = [app] }",
	    "rule b { publish = [\"a.>\"] to = [app] }", NULL },
	{ "rule a { publish = [\"a.*\"] to = [app] }", "rule b { publish = [\"a.>\"] to = [app] }",
	    "+ allows: app: publish a.> except a.* (before: denied, no rule" },
	{ "rule a { publish = [\"a.>\"] to = [app] }",
	    "rule a { publish = [\"a.>\"] to = [app] } rule n { deny_publish = [\"a.b\"] to = "
	    "[\"*\"] }",
	    "- no longer allows: app: publish a.> within a.b (before: allowed, rule a" },
	{ "rule a { subscribe = [\"a.> q\"] to = [app] }",
	    "rule a { subscribe = [\"a.>\"] to = [app] }",
	    "app: subscribe a.> except a.> q (before: denied" },
	{ "rule a { reply = [\"a.>\"] to = [app] }", "rule a { reply = [\"b\"] to = [app] }",
	    "+ allows: app: name the reply b" },
	{ "rule a { allow = [actor.start] to = [app] where { count <= 5 } }",
	    "rule a { allow = [actor.start] to = [app] where { count <= 10 } }",
	    "{\"actor_ref\":\"ghcr.io/x/x:1\",\"count\":6}" },
	{ "rule a { allow = [actor.start] to = [app] where { count <= 5 } }",
	    "rule a { allow = [actor.start] to = [app] where { count = 0..5 } }", NULL },
	{ "rule a { allow = [provider.start] to = [app] where { image = [\"ghcr.io/a/*\"] } }",
	    "rule a { allow = [provider.start] to = [app] where { registry = \"ghcr.io\" "
	    "repository = "
	    "\"a/*\" } }",
	    NULL },
	{ "rule a { allow = [provider.start] to = [app] where { image = [\"ghcr.io/a/*\"] } }",
	    "rule a { allow = [provider.start] to = [app] where { image = [\"ghcr.io/a*\"] } }",
	    "+ allows: app: provider.start" },
	{ "rule a { allow = [provider.start] to = [app] where { digest = required } }",
	    "rule a { allow = [provider.start] to = [app] }", "+ allows: app: provider.start" },
	{ "rule a { allow = [manifest.put] to = [app] where { image = [\"ghcr.io/a/*\"] } }",
	    "rule a { allow = [manifest.put] to = [app] }", "+ allows: app: manifest.put" },
	{ "rule a { allow = [actor.scale] to = [app] }",
	    "rule a { allow = [actor.scale] to = [app] rate = 10/s }",
	    "~ otherwise: app: actor.scale" },
	{ "rule a { allow = [read] to = [app] }",
	    "rule a { allow = [read] to = [app] sample = \"1 in 10\" }",
	    "~ otherwise: app: claims.get" },
	{ "rule a { allow = [read] to = [app] }",
	    "rule a { allow = [read] to = [app] sample = \"1 in 10\" }", "on record 1 in 10" },
	{ "rule a { allow = [read] to = [app] sample = \"1 in 10\" }",
	    "rule a { allow = [read] to = [app] sample = \"1 in 10\" }", NULL },
	{ "rule a { allow = [read] to = [app] rate = 10/s sample = \"1 in 10\" }",
	    "rule a { allow = [read] to = [app] rate = 10/s sample = \"1 in 9\" }",
	    "10/s burst 10, on record 1 in 9" },
	{ "rule a { allow = [serve] to = [app] }", "rule a { allow = [read] to = [app] }",
	    "- no longer allows: app: subscribe" },
	{ "rule a { publish = [x] to = [app] }",
	    "rule a { publish = [x] to = [app] mode = observe }",
	    "~ otherwise: app: publish x (before: allowed, rule a old.policy:3; now: allowed, "
	    "would be "
	    "denied, rule a" },
	{ "rule a { publish = [x] headers = [Nats-Msg-Id] to = [app] }",
	    "rule a { publish = [x] to = [app] }", "HEADER role=app nats-msg-id -> refuse" },
	{ "rule a { allow = [read] to = [app] }",
	    "control_prefix = [my.ctl] rule a { allow = [read] to = [app] }",
	    "PUB role=app my.ctl.acme-.get.hosts -> allow rule=a" },
	{ "rule a { publish = [x] respond = 1 to = [app] }",
	    "rule a { publish = [x] respond = 2 to = [app] }", "2 answers within 120000 ms" },
	{ "rule a { publish = [x] to = [app] during = [\"mon 08:00-10:00\"] }",
	    "rule a { publish = [x] to = [app] during = [\"mon 08:00-11:00\"] }",
	    "at=2026-12-07T10:00:00Z x -> allow rule=a" },
	{ "rule a { publish = [x] to = [app] }",
	    "control_prefix = [my.ctl] rule a { publish = [x] to = [app] }",
	    "~ otherwise: everybody: control_prefix my.ctl is opened" },
	{ "hosts { n1 = [a] } rule a { allow = [actor.start] to = [app] where { host.label = a } }",
	    "hosts { n1 = [b] } rule a { allow = [actor.start] to = [app] where { host.label = a } "
	    "}",
	    "~ otherwise: everybody: labels of host n1 changed: rules that ask for them: a" },
	{ "hosts { n1 = [a] } rule a { allow = [actor.start] to = [app] where { host.label = a } }",
	    "hosts { n1 = [b] } rule a { allow = [actor.start] to = [app] where { host.label = a } "
	    "}",
	    "PUB role=app wasmbus.ctl.acme-.cmd.n1.la" },
	{ "hosts { n1 = [a] } rule a { allow = [actor.start] to = [app] where { host.label = a } }",
	    "hosts { n1 = [a] } rule a { allow = [actor.start] to = [app] where { host.label = [a, "
	    "b] "
	    "} }",
	    NULL },
	{ "hosts { n1 = [a] } rule a { allow = [actor.start] to = [app] where { host = n1 } }",
	    "hosts { n1 = [b] } rule a { allow = [actor.start] to = [app] where { host = n1 } }",
	    NULL },
	{ "rule a { allow = [config.put] to = [app] where { config.key = [\"a*\"] } }",
	    "rule a { allow = [config.put] to = [app] where { config.key = [\"a*\", b] } }",
	    "+ allows: app: config.put" },
	{ "rule a { allow = [link.put] to = [app] where { link.interface = [\"a*\"] } }",
	    "rule a { allow = [link.put] to = [app] where { link.interface = [\"a*\", b] } }",
	    "\"interfaces\":[\"b\"]" },
	{ "rule a { allow = [link.put] to = [app] where { link.key = [\"a*\"] } }",
	    "rule a { allow = [link.put] to = [app] where { link.key = [\"a*\", b] } }",
	    "\"values\":{\"b\":\"v\"}" },
	{ "rule a { allow = [manifest.deploy] to = [app] where { version = \"1.*\" } }",
	    "rule a { allow = [manifest.deploy] to = [app] where { version = [\"1.*\", none] } }",
	    "+ allows: app: manifest.deploy" },
	{ "rule a { allow = [manifest.put] to = [app] where { secret = a secret.policy = p } }",
	    "rule a { allow = [manifest.put] to = [app] where { secret = b secret.policy = p } }",
	    "- no longer allows: app: manifest.put" },
	{ "rule a { allow = [manifest.put] to = [app] where { policy = a policy.type = p } }",
	    "rule a { allow = [manifest.put] to = [app] where { policy = a policy.type = q } }",
	    "- no longer allows: app: manifest.put" },
	{ "rule a { allow = [manifest.put] to = [app] where { every_host = no } }",
	    "rule a { allow = [manifest.put] to = [app] }", "daemonscaler" },
	{ "rule a { allow = [manifest.put] to = [app] where { link.target = a } }",
	    "rule a { allow = [manifest.put] to = [app] where { link.target = [a, b] } }",
	    "+ allows: app: manifest.put" },
	{ "rule a { allow = [workload.start] to = [app] where { link.key = a } }",
	    "rule a { allow = [workload.start] to = [app] }", "open: conditions on: link.key" },
};

START_TEST(a_difference_is_said_once_with_an_example)
{
	char old[1024], new[1024], *text;

	snprintf(old, sizeof(old), TOP "%s\n", cases[_i].old);
	snprintf(new, sizeof(new), TOP "%s\n", cases[_i].new);
	compare(old, new);
	text = said();
	ck_assert_ptr_nonnull(text);
	if (cases[_i].says == NULL)
		ck_assert_msg(result.n == 0 && result.n_open == 0, "%s", text);
	else
		ck_assert_msg(
		    strstr(text, cases[_i].says) != NULL, "no %s in\n%s", cases[_i].says, text);
	free(text);
	done();
}
END_TEST

START_TEST(every_form_is_read_as_a_command)
{
	const struct diff_form *f = diff_form_nth((size_t)_i);
	struct diff_value value[32];
	struct buf subject, payload;
	struct body_arena arena = { .cap = BODY_ARENA };
	struct command c;
	struct body body;
	char letter[32];
	bool needed[32];
	size_t n = diff_form_places(f, letter, needed);

	arena.mem = malloc(arena.cap);
	for (int all = 0; all < 2; all++) {
		struct body_input in;

		for (size_t i = 0; i < n; i++) {
			const struct diff_place *p = diff_place_of(letter[i]);

			ck_assert_msg(p != NULL, "%c", letter[i]);
			value[i] = (struct diff_value){ needed[i] || all ? 1 : 0,
				{ bytes_str(p->usual) } };
		}
		buf_init(&subject, 4096);
		buf_init(&payload, 65536);
		diff_form_put(&subject, f->subject, letter, n, value);
		diff_form_put(&payload, f->body, letter, n, value);
		in = (struct body_input){ .subject = buf_bytes(&subject),
			.payload = buf_bytes(&payload) };
		ck_assert_int_eq(command_classify(in.subject, &c), 0);
		arena.used = 0;
		body = (struct body){ 0 };
		ck_assert_msg(body_decode(&c, &in, &arena, &body) == 0, "%.*s %.*s: %.*s: %s",
		    TEXT_ARG(in.subject), TEXT_ARG(in.payload), TEXT_ARG(body.fault.field),
		    body.fault.why);
		ck_assert_msg((VERB_BIT(c.verb) & f->may_be) != 0, "%.*s", TEXT_ARG(in.subject));
		ck_assert_msg(
		    (body.may_be & ~f->may_be) == 0 && (VERB_BIT(body.effective) & f->may_be),
		    "%.*s: %llx, not %llx", TEXT_ARG(in.subject), (unsigned long long)body.may_be,
		    (unsigned long long)f->may_be);
		buf_deinit(&subject);
		buf_deinit(&payload);
	}
	free(arena.mem);
}
END_TEST

/* ---- the property ---- */

static uint64_t seed;

/* The messages of check are short: the policies go to where a person looks. */
static void
show(const char *text, const struct bytes policy[2])
{
	fprintf(stderr, "--- old\n%s\n--- new\n%s\n---\n%s", (const char *)policy[0].ptr,
	    (const char *)policy[1].ptr, text);
}

static unsigned
pick(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % n;
}

static const char *const roles[] = {
	"role a { account = " ACME "  tags = [\"a\"] }\n",
	"role b { account = " ACME "  tags = [\"b\"] }\n",
	"role ab { account = " ACME "  tags = [\"a\", \"b\"] }\n",
	"role n { account = " ACME "  names = [\"x*\"] }\n",
	"role m { account = " ACME "  names = [\"*y\"]  tags = [\"a\"] }\n",
	"role o { account = " OTHER "  tags = [\"a\"] }\n",
};
static const char *const role_names[] = { "a", "b", "ab", "n", "m", "o", "\"*\"" };
static const char *const subjects[] = { "p", "p.q", "p.*", "p.>", "*.q", "p.*.q", "q.>", "$KV.b.>",
	"$KV.*.k", "p.q.>", "wasmbus.evt.>", "$O.acme.>", "wasmbus.rpc.acme.*.shutdown.>",
	"wadm.evt.z", "wadm.evt.*.>" };
static const char *const verbs[] = { "actor.start", "actor.scale", "actor.stop", "provider.start",
	"serve", "control.watch", "label.put", "read", "rpc.shutdown", "serve_wadm", "state.read",
	"state.manage", "serve_operator", "wadm.command" };
static const char *const wheres[] = { "", "", "where { count <= 2 }", "where { count = 2..3 }",
	"where { image = \"ghcr.io/a*\" }", "where { tag != latest }", "where { host = \"h*\" }",
	"where { host = own }" };
static const char *const lattices[] = { "[acme]", "[\"ac*\"]", "[\"*\"]", "[acme, runtime]" };

static void
random_rule(struct buf *b, unsigned n)
{
	bool deny = pick(3) == 0;
	unsigned kind = pick(4), v = pick(14), w = pick(8);
	char name[32];

	snprintf(name, sizeof(name), "rule r%u { to = [", n);
	buf_put_str(b, name);
	buf_put_str(b, role_names[pick(7)]);
	buf_put_str(b, pick(5) == 0 ? "] mode = observe " : "] ");
	if (kind == 3) {
		buf_put_str(b, deny ? "deny = [" : "allow = [");
		buf_put_str(b, verbs[v]);
		buf_put_str(b, "] ");
		if ((w == 2 || w == 3) && v > 3)
			w = 0;
		if (v >= 4 && !(v == 6 && w >= 6))
			w = 0;
		buf_put_str(b, wheres[w]);
	} else {
		buf_put_str(b, kind == 0   ? (deny ? "deny_publish = [\"" : "publish = [\"")
			       : kind == 1 ? (deny ? "deny_subscribe = [\"" : "subscribe = [\"")
			       : deny      ? "deny_publish = [\""
					   : "reply = [\"");
		buf_put_str(b, subjects[pick(15)]);
		if (kind == 1 && !deny && pick(3) == 0)
			buf_put_str(b, " w");
		buf_put_str(b, "\"]");
	}
	buf_put_str(b, " }\n");
}

static void
random_policy(struct buf *b)
{
	unsigned n = 1 + pick(4);

	buf_put_str(b, "lattices = ");
	buf_put_str(b, lattices[pick(4)]);
	buf_put_str(b, pick(6) == 0 ? "\ncontrol_prefix = [my.ctl]\n" : "\n");
	for (size_t i = 0; i < 6; i++)
		buf_put_str(b, roles[i]);
	for (unsigned i = 0; i < n; i++)
		random_rule(b, i);
}

/* Most changes are small. */
static void
changed_policy(struct buf *b, struct bytes old)
{
	unsigned n = 0;

	while (old.len != 0) {
		struct bytes line = bytes_upto(old, bytes_find(old, '\n'));

		old = bytes_from(old, line.len + 1);
		if (bytes_starts(line, BYTES_LIT("control_prefix")) && pick(2) == 0)
			continue;
		if (bytes_starts(line, BYTES_LIT("lattices")) && pick(6) == 0)
			line = BYTES_LIT("lattices = [other, acme]");
		if (!bytes_starts(line, BYTES_LIT("rule r")) || pick(3) != 0) {
			buf_put(b, line);
			buf_put_u8(b, '\n');
		} else if (pick(2) == 0) {
			random_rule(b, 100 + n++);
		}
	}
	if (pick(2) == 0)
		random_rule(b, 200);
}

static const char *const messages[] = { "p", "q", "p.q", "p.z", "p.q.z", "p.z.q", "z.q", "q.z",
	"p.q.q.q", "$KV.b.k", "$KV.c.k", "$KV.b.z", "_INBOX.z.1", "wasmbus.evt.acme",
	"wasmbus.rpc.other.z", "runtime.operator.heartbeat.h1", "wasmbus.evt.acme.z",
	"wasmbus.rpc.acme.VX.l.shutdown", "wasmbus.rpc.other.x.shutdown",
	"wasmbus.rpc.acme.x.linkdefs.put", "wasmbus.rpc.acme.x.shutdown.z", "wadm.evt.acme.z",
	"wadm.z", "wadm.status.other.z", "$JS.API.STREAM.INFO.KV_LATTICEDATA_acme",
	"$JS.API.STREAM.CREATE.KV_CONFIGDATA_acme", "$JS.API.STREAM.INFO.KV_LATTICEDATA_z",
	"$O.acme.C.z", "$O.z.C.z", "my.ctl.acme.nothing", "wasmbus.cfg.acme.req" };
static const char *const patterns[] = { "p", "p.>", "p.*", "*", ">", "*.q", "p.*.q", "p.q.>", "z",
	"p.q", "q.>", "$KV.>", "$KV.b.>", "$KV.*.k", "$KV.b.k", "_INBOX.>", "wasmbus.ctl.acme.>",
	"wasmbus.ctl.acme.cmd.h1.*", "wasmbus.ctl.other.cmd.h1.la", "wasmbus.ctl.v1.acme.link.*",
	"wasmbus.ctl.*.>", "wasmbus.rpc.acme.>", "runtime.host.h1.>", "runtime.host.>",
	"wasmbus.ctl.acme.ping.hosts", "lc.acme.>", "wadm.api.>", "wadm.evt.>", "wadm.evt.acme.>",
	"wadm.cmd.*", "wadm.>", "$KV.LATTICEDATA_acme.>", "$KV.LATTICEDATA_z.>", "$KV.wadm_state.>",
	"runtime.operator.>", "wasmbus.evt.*.>", "wasmbus.rpc.acme.*.shutdown",
	"my.ctl.acme.ping.hosts", "my.ctl.acme.cmd.h1.*", "$O.acme.>" };
static const char *const queues[] = { "", "w", "z", "wasmbus.ctl.v1.acme.link", "wadm_server" };
static const char *const commands[][2] = {
	{ "wasmbus.ctl.acme.cmd.h1.la", "{\"actor_ref\":\"ghcr.io/a/b:1\",\"count\":2}" },
	{ "wasmbus.ctl.acme.cmd.z.la", "{\"actor_ref\":\"ghcr.io/ab/b\",\"count\":1}" },
	{ "wasmbus.ctl.other.cmd.h2.la", "{\"actor_ref\":\"x.y/ab/b\",\"count\":4}" },
	{ "wasmbus.ctl.acme.cmd.h2.scale", "{\"actor_ref\":\"ghcr.io/a/b:1\",\"count\":0}" },
	{ "wasmbus.ctl.ac.cmd.h2.scale", "{\"actor_ref\":\"ghcr.io/a/b:1\",\"count\":3}" },
	{ "wasmbus.ctl.v1.acme.component.scale.h1",
	    "{\"component_ref\":\"ghcr.io/a/b\",\"component_id\":\"c\",\"count\":3}" },
	{ "wasmbus.ctl.v1.acme.component.scale.h1", "{\"component_id\":\"c\"}" },
	{ "wasmbus.ctl.v1.acme.provider.start.z",
	    "{\"provider_id\":\"p\",\"provider_ref\":\"file:///a\"}" },
	{ "wasmbus.ctl.acme.cmd.h1.lp",
	    "{\"provider_ref\":\"ghcr.io/a/b:2\",\"link_name\":\"l\"}" },
	{ "wasmbus.ctl.acme.get.hosts", "" },
	{ "wasmbus.ctl.v1.other.label.put.h1", "{\"key\":\"k\",\"value\":\"v\"}" },
	{ "wasmbus.ctl.acme.labels.z.put", "{\"key\":\"k\",\"value\":\"v\"}" },
	{ "wadm.api.acme.model.list", "" },
	{ "runtime.host.h1.heartbeat", "" },
	{ "my.ctl.acme.get.hosts", "" },
	{ "my.ctl.acme.cmd.h1.la", "{\"actor_ref\":\"ghcr.io/a/b:1\",\"count\":2}" },
	{ "wadm.cmd.acme", "{\"DeleteConfig\":{\"config_name\":\"c\"}}" },
	{ "$KV.wadm_state.k", "{}" },
};

static struct bytes texts[2];
static int shown_seed;

/* Is there a line of this kind? */
static void
needs(enum diff_op op, struct decision a, struct decision b, const char *what, const char *other,
    const struct identity *id)
{
	enum diff_kind kind = a.verdict != b.verdict
				  ? (b.verdict == VERDICT_ALLOW ? DIFF_MORE : DIFF_LESS)
				  : DIFF_OTHER;
	int side = kind == DIFF_LESS ? 0 : 1;
	uint32_t rule = side == 0 ? a.rule : b.rule;
	char *text;

	if (a.verdict == b.verdict && a.would_deny == b.would_deny)
		return;
	for (size_t i = 0; i < result.n; i++) {
		const struct diff_line *l = &result.line[i];

		if (l->op == op && l->kind == kind && l->said[side].rule == rule)
			return;
	}
	text = said();
	show(text, texts);
	ck_abort_msg("seed %d: %d %s %s of %s %s differs, and is not said", shown_seed, (int)op,
	    what, other, id->name, id->n_tags > 0 ? id->tags[0] : "");
}

static struct decision
ask_command(struct rights *r, const char *const message[2])
{
	struct body_input in = { .subject = bytes_str(message[0]),
		.payload = bytes_str(message[1]) };
	static uint64_t memory[8192];
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	struct decision d;
	struct command c;
	struct body body;

	if (rights_classify(r, in.subject, &c) != 0) {
		d = rights_publish(r, in.subject);
	} else {
		ck_assert_msg(
		    body_decode(&c, &in, &arena, &body) == 0, "%s: %s", message[0], body.fault.why);
		d = rights_command_body(r, in.subject, &c, &body);
	}
	return d;
}

static void
ask_all(struct rights *r[2], const struct identity *id)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct bytes s = bytes_str(messages[i]);

		needs(DIFF_PUBLISH, rights_publish(r[0], s), rights_publish(r[1], s), messages[i],
		    "", id);
		needs(
		    DIFF_REPLY, rights_reply(r[0], s), rights_reply(r[1], s), messages[i], "", id);
	}
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		for (size_t k = 0; k < 5; k++) {
			struct bytes s = bytes_str(patterns[i]), q = bytes_str(queues[k]);

			needs(DIFF_SUBSCRIBE, rights_subscribe(r[0], s, q),
			    rights_subscribe(r[1], s, q), patterns[i], queues[k], id);
		}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		needs(DIFF_COMMAND, ask_command(r[0], commands[i]), ask_command(r[1], commands[i]),
		    commands[i][0], commands[i][1], id);
}

/* Everybody: two accounts, names of four classes, tags a, b and a host id or not. */
static void
ask_everybody(void)
{
	static const char *const names[] = { "z", "xz", "zy", "xy" };

	for (unsigned who = 0; who < 64; who++) {
		struct rights *r[2];
		struct world w = { 0 };

		world_person(&w, (who & 1) != 0 ? ACME : OTHER, (who & 2) != 0 ? "a" : "zz",
		    (who & 4) != 0 ? "b" : "zzz", (who & 8) != 0 ? "host:h1" : NULL, NULL);
		free(w.id.name);
		w.id.name = strdup(names[who >> 4]);
		ck_assert_int_eq(rights_new(&r[0], was.policy, &w.id), 0);
		ck_assert_int_eq(rights_new(&r[1], is.policy, &w.id), 0);
		ask_all(r, &w.id);
		rights_free(r[0]);
		rights_free(r[1]);
		identity_deinit(&w.id);
	}
}

/* Each example is kept by the new policy and, but for what only observes, broken by the old. */
static void
examples_hold(void)
{
	for (size_t i = 0; i < result.n; i++) {
		const struct diff_line *l = &result.line[i];
		struct expect_reader reader;
		struct expect_case c;
		struct expect_got got;
		struct bytes payload = bytes_str(l->payload != NULL ? l->payload : "");

		if (l->example[0] == '\0') {
			char *text = said();

			bool none =
			    l->op == DIFF_REPLY || l->op == DIFF_LIMIT || l->op == DIFF_EVERYBODY;

			if (!none)
				show(text, texts);
			ck_assert_msg(none, "seed %d: no example", shown_seed);
			free(text);
			continue;
		}
		expect_begin(&reader, bytes_str(l->example));
		ck_assert_msg(expect_next(&reader, &c) == 0, "%s: %s", l->example, reader.why);
		ck_assert_int_eq(expect_judge(&got, is.policy, &c, "new.policy", payload), 0);
		ck_assert_msg(got.held, "%s", l->example);
		ck_assert_int_eq(expect_judge(&got, was.policy, &c, "new.policy", payload), 0);
		ck_assert_msg(!got.held || l->kind == DIFF_OTHER, "%s", l->example);
	}
}

START_TEST(nothing_that_differs_is_left_out)
{
	const char *more = getenv("DIFF_ROUNDS"); /* of each of eight; for a long look */

	for (int round = 0; round < (more != NULL ? atoi(more) : 2); round++) {
		struct buf old, new;

		shown_seed = _i * 100000 + round;
		seed = (uint64_t)shown_seed * 7919 + 17;
		buf_init(&old, 65536);
		buf_init(&new, 65536);
		random_policy(&old);
		changed_policy(&new, buf_bytes(&old));
		buf_put_u8(&old, '\0');
		buf_put_u8(&new, '\0');
		texts[0] = bytes_str((const char *)old.ptr);
		texts[1] = bytes_str((const char *)new.ptr);
		compare((const char *)old.ptr, (const char *)new.ptr);
		ck_assert_uint_eq(result.n_open, 0);
		examples_hold();
		ask_everybody();
		done();
		buf_deinit(&old);
		buf_deinit(&new);
	}
}
END_TEST

START_TEST(what_the_budget_does_not_reach_is_said)
{
	world_policy(
	    &was, "old.policy", BYTES_LIT(TOP "rule a { publish = [\"a.>\"] to = [app] }\n"));
	world_policy(
	    &is, "new.policy", BYTES_LIT(TOP "rule a { publish = [\"b.>\"] to = [app] }\n"));
	for (uint64_t steps = 0; steps < 3000; steps += 50) {
		struct diff_budget budget = { steps, 100 };

		ck_assert_int_eq(policy_diff(&result, was.policy, is.policy, budget), 0);
		ck_assert_msg(result.n_open > 0 || result.n == 2, "%zu lines of two", result.n);
		diff_deinit(&result);
	}
	ck_assert_int_eq(
	    policy_diff(&result, was.policy, is.policy, (struct diff_budget){ 100000000, 1 }), 0);
	ck_assert_uint_eq(result.n, 1);
	ck_assert_uint_eq(result.n_open, 1);
	done();
}
END_TEST

TCase *
diff_tests(void)
{
	TCase *t = tcase_create("diff");
	int forms = 0;

	while (diff_form_nth((size_t)forms) != NULL)
		forms++;
	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, a_difference_is_said_once_with_an_example, 0,
	    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_loop_test(t, every_form_is_read_as_a_command, 0, forms);
	tcase_add_loop_test(t, nothing_that_differs_is_left_out, 0, 8);
	tcase_add_test(t, what_the_budget_does_not_reach_is_said);
	return t;
}
