/*
 * policy_rule - one rule { } section to a record of the draft.
 *
 * Every key has a row in a table; what is in no table is an error, also where a later version might
 * know it: a condition that is ignored would grant more than was written.
 */
#include <inttypes.h>
#include <stdio.h>

#include "policy/commands/guarded.h"
#include "policy/commands/token.h"
#include "policy/rules/parse_priv.h"
#include "policy/rules/subject.h"

enum {
	MAX_RESPOND = 1000000,
	RESPOND_MS = 120000, /* the server's default for allow_responses: server/const.go */
	MAX_RESPOND_MS = 24 * 3600 * 1000,
};

/*
 * Does a grant of this pattern look as if it granted commands? `>` and `metrics.>` only graze the
 * control spaces and mean "whatever is no command"; these name one.
 */
static bool
names_commands(const struct prefixes *prefixes, struct bytes pattern)
{
	static const char *const spaces[] = { "wasmbus.ctl", "wasmbus.ctl.>", "runtime.host",
		"runtime.host.>", "wadm.api", "wadm.api.>", "wadm.cmd", "wadm.cmd.>", "lc",
		"lc.>" };
	struct bytes first = subject_token(pattern, 0);
	struct command c;

	if (command_classify_under(prefixes, pattern, &c) == 0)
		return true;
	if (!token_wild(first) && prefix_overlaps(prefixes, pattern))
		return true;
	if (!bytes_is(first, "wasmbus") && !bytes_is(first, "runtime") && !bytes_is(first, "wadm"))
		return false;
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (subject_overlap(pattern, bytes_str(spaces[i])))
			return true;
	return false;
}

static bool
pattern_ok(struct place *at, const struct text_node *n, struct bytes pattern)
{
	if (subject_ok(pattern))
		return true;
	COMPLAIN(at, n,
	    "'%.*s' is no subject pattern: tokens of printable ASCII between single dots, "
	    "'*' for one token, '>' at the end for the rest",
	    TEXT_ARG(pattern));
	return false;
}

/* A pattern that takes away; a control space may be named. */
static bool
deny_item(struct place *at, const struct text_node *n, struct pol_item *out)
{
	if (!pattern_ok(at, n, n->text))
		return false;
	out->text = draft_string(at->d, n->text);
	return true;
}

static bool
grant_pattern(
    struct place *at, const struct text_node *n, struct bytes pattern, struct pol_item *out)
{
	if (!pattern_ok(at, n, pattern))
		return false;
	if (names_commands(&at->d->prefixes, pattern)) {
		COMPLAIN(at, n,
		    "'%.*s' overlaps command subjects, which no pattern grants: "
		    "use allow = [verb] (docs/POLICY.md, Verbs)",
		    TEXT_ARG(pattern));
		return false;
	}
	out->text = draft_string(at->d, pattern);
	return true;
}

static bool
publish_item(struct place *at, const struct text_node *n, struct pol_item *out)
{
	struct guarded g;

	if (guarded_classify(n->text, &g) == 0 && g.publish != VERB_NONE) {
		COMPLAIN(at, n,
		    "'%.*s' is obeyed by providers and hosts, and no pattern grants it: "
		    "use allow = [%s] (docs/POLICY.md, Verbs)",
		    TEXT_ARG(n->text), command_verb_name(g.publish));
		return false;
	}
	return grant_pattern(at, n, n->text, out);
}

/* "pattern" or "pattern queue" */
static bool
subscribe_item(struct place *at, const struct text_node *n, struct pol_item *out)
{
	size_t blank = bytes_find(n->text, ' ');
	struct bytes queue = bytes_from(n->text, blank + 1);

	if (!grant_pattern(at, n, bytes_upto(n->text, blank), out))
		return false;
	if (blank == n->text.len)
		return true;
	if (!subject_ok(queue)) {
		COMPLAIN(at, n, "'%.*s' is no queue name", TEXT_ARG(queue));
		return false;
	}
	out->queue = draft_string(at->d, queue);
	return true;
}

static bool
header_item(struct place *at, const struct text_node *n, struct pol_item *out)
{
	for (size_t i = 0; i < n->text.len; i++) {
		if (n->text.ptr[i] <= 0x20 || n->text.ptr[i] > 0x7e || n->text.ptr[i] == ':') {
			COMPLAIN(at, n, "'%.*s' is no header name", TEXT_ARG(n->text));
			return false;
		}
	}
	out->text = draft_string(at->d, n->text);
	return true;
}

static void
rule_verbs(struct rule_place *rp, struct text_node *e)
{
	uint64_t set = 0;

	for (struct text_node *n = parse_elements(rp->at, e); n != NULL; n = n->next) {
		uint64_t more = n->kind == TEXT_WORD ? command_verbs_of(n->text) : 0;

		if (more == 0 && n->kind == TEXT_WORD)
			COMPLAIN(rp->at, n,
			    "no verb or bundle is called '%.*s' (docs/POLICY.md, Verbs)",
			    TEXT_ARG(n->text));
		else if (more == 0)
			COMPLAIN(rp->at, n, "expected a verb");
		set |= more;
		if (!bytes_is(n->text, "*"))
			rp->unconditional |= more & VERBS_NO_COMMAND;
	}
	rp->rule.verbs[0] = (uint32_t)set;
	rp->rule.verbs[1] = (uint32_t)(set >> 32);
	rp->verbs = true;
}

static void
rule_allow(struct rule_place *rp, struct text_node *e)
{
	rp->grants = true;
	rule_verbs(rp, e);
}

static void
rule_deny(struct rule_place *rp, struct text_node *e)
{
	rp->denies = true;
	rule_verbs(rp, e);
}

static void
rule_publish(struct rule_place *rp, struct text_node *e)
{
	rp->grants = true;
	parse_list(rp->at, e, publish_item, &rp->rule.publish);
}

static void
rule_subscribe(struct rule_place *rp, struct text_node *e)
{
	rp->grants = true;
	parse_list(rp->at, e, subscribe_item, &rp->rule.subscribe);
}

static void
rule_deny_publish(struct rule_place *rp, struct text_node *e)
{
	rp->denies = true;
	parse_list(rp->at, e, deny_item, &rp->rule.publish);
}

static void
rule_deny_subscribe(struct rule_place *rp, struct text_node *e)
{
	rp->denies = true;
	parse_list(rp->at, e, deny_item, &rp->rule.subscribe);
}

static void
rule_reply(struct rule_place *rp, struct text_node *e)
{
	rp->grants = true;
	parse_list(rp->at, e, publish_item, &rp->rule.reply);
}

static void
rule_headers(struct rule_place *rp, struct text_node *e)
{
	rp->grants = true;
	parse_list(rp->at, e, header_item, &rp->rule.headers);
}

static void
rule_strip_headers(struct rule_place *rp, struct text_node *e)
{
	rp->grants = true;
	parse_list(rp->at, e, header_item, &rp->rule.strip);
}

static void
rule_respond(struct rule_place *rp, struct text_node *e)
{
	uint64_t n = 0;

	rp->grants = true;
	if (text_get_number(rp->at->t, e, 1, MAX_RESPOND, &n, rp->at->d->report) == 0)
		rp->rule.respond = (uint32_t)n;
}

static void
rule_respond_within(struct rule_place *rp, struct text_node *e)
{
	uint64_t ms = 0;

	rp->within = true;
	if (text_get_duration_ms(rp->at->t, e, 1, MAX_RESPOND_MS, &ms, rp->at->d->report) == 0)
		rp->rule.respond_ms = (uint32_t)ms;
}

static void
rule_to(struct rule_place *rp, struct text_node *e)
{
	struct buf *to = &rp->at->d->part[POL_TO];

	rp->rule.to.first = parse_count(rp->at->d, POL_TO, sizeof(uint32_t));
	for (struct text_node *n = parse_elements(rp->at, e); n != NULL; n = n->next) {
		uint32_t role;

		if (n->kind == TEXT_WORD && bytes_is(n->text, "*")) {
			rp->rule.flags |= POL_EVERYONE;
			continue;
		}
		role = parse_role(rp->at, n);
		if (role == UINT32_MAX)
			continue;
		buf_put(to, bytes_of(&role, sizeof(role)));
		rp->rule.to.n++;
	}
}

static void
rule_because(struct rule_place *rp, struct text_node *e)
{
	struct bytes s = BYTES_NULL;

	if (text_get_string(rp->at->t, e, &s, rp->at->d->report) != 0)
		return;
	if (s.len > POL_MAX_BECAUSE || bytes_find(s, '\n') != s.len)
		COMPLAIN(rp->at, e, "because is one line of at most %d bytes", POL_MAX_BECAUSE);
	else
		rp->rule.because = draft_string(rp->at->d, s);
}

static void
rule_mode(struct rule_place *rp, struct text_node *e)
{
	struct bytes s = BYTES_NULL;

	if (text_get_string(rp->at->t, e, &s, rp->at->d->report) != 0)
		return;
	if (bytes_is(s, "observe"))
		rp->rule.flags |= POL_OBSERVE;
	else if (!bytes_is(s, "enforce"))
		COMPLAIN(rp->at, e, "mode is enforce or observe, not '%.*s'", TEXT_ARG(s));
}

static const struct {
	const char *key;
	void (*read)(struct rule_place *rp, struct text_node *e);
	bool patterns; /* about subjects and headers, which where { } does not restrict */
} rule_keys[] = {
	{ "allow", rule_allow, false },
	{ "deny", rule_deny, false },
	{ "publish", rule_publish, true },
	{ "subscribe", rule_subscribe, true },
	{ "deny_publish", rule_deny_publish, true },
	{ "deny_subscribe", rule_deny_subscribe, true },
	{ "reply", rule_reply, true },
	{ "respond", rule_respond, true },
	{ "respond_within", rule_respond_within, false },
	{ "headers", rule_headers, true },
	{ "strip_headers", rule_strip_headers, true },
	{ "streams", rule_streams, true },
	{ "unstamped", rule_unstamped, false },
	{ "host_id", rule_host_id, false },
	{ "rpc", rule_rpc, false },
	{ "rate", rule_rate, false },
	{ "burst", rule_burst, false },
	{ "sample", rule_sample, false },
	{ "during", rule_during, false },
	{ "zone", rule_zone, false },
	{ "from", rule_from, false },
	{ "until", rule_until, false },
	{ "to", rule_to, false },
	{ "because", rule_because, false },
	{ "mode", rule_mode, false },
};

static void
rule_entry(struct rule_place *rp, struct text_node *e)
{
	if (e->kind == TEXT_SECTION && bytes_is(e->text, "where")) {
		if (rp->where != NULL)
			COMPLAIN(rp->at, e, "where { } is there already");
		rp->where = e;
		return;
	}
	if (e->kind == TEXT_SECTION) {
		COMPLAIN(rp->at, e,
		    "'%.*s { }' is not understood by this version; a rule without its "
		    "conditions would grant more than it says",
		    TEXT_ARG(e->text));
		return;
	}
	for (size_t i = 0; i < sizeof(rule_keys) / sizeof(rule_keys[0]); i++) {
		if (!bytes_is(e->text, rule_keys[i].key))
			continue;
		rule_keys[i].read(rp, e);
		rp->patterns |= rule_keys[i].patterns;
		return;
	}
	COMPLAIN(
	    rp->at, e, "a rule knows no key '%.*s' (docs/POLICY.md, Rules)", TEXT_ARG(e->text));
}

/* The conditions, once the verbs are known. */
static void
rule_where(struct rule_place *rp)
{
	struct pol_rule *rule = &rp->rule;

	if (!rp->verbs || rp->patterns) {
		COMPLAIN(rp->at, rp->where,
		    "where { } is about commands: a rule with it has verbs and nothing else to "
		    "grant or deny");
		return;
	}
	if (rp->unconditional != 0)
		COMPLAIN(rp->at, rp->where,
		    "serve and control.watch are no commands that could be looked at, nor are rpc.* "
		    "and servers' bundles: give them a rule without where { }");
	rule->verbs[0] &= (uint32_t)~VERBS_NO_COMMAND;
	rule->verbs[1] &= (uint32_t)(~VERBS_NO_COMMAND >> 32);
	parse_where(rp->at, rp->where, pol_verbs(rule), rp->denies, &rule->where);
}

/* What only the whole rule shows. */
static void
rule_check(struct rule_place *rp, bool lattices)
{
	const struct pol_rule *rule = &rp->rule;
	struct text_node *s = rp->section;

	if (rp->grants && rp->denies)
		COMPLAIN(rp->at, s, "a rule either grants or denies: make two of it");
	if (!rp->grants && !rp->denies)
		COMPLAIN(rp->at, s, "the rule neither grants nor denies anything");
	if (rule->to.n == 0 && (rule->flags & POL_EVERYONE) == 0)
		COMPLAIN(rp->at, s, "the rule is for nobody: to = [role, ...] or to = [\"*\"]");
	if (rule->to.n != 0 && (rule->flags & POL_EVERYONE) != 0)
		COMPLAIN(rp->at, s, "to = [\"*\"] is everybody: name no roles beside it");
	if (rp->within && rule->respond == 0)
		COMPLAIN(rp->at, s, "respond_within needs respond = N");
	rule_check_serve(rp);
	if (rp->verbs && !lattices)
		COMPLAIN(rp->at, s,
		    "a file whose rules have verbs says for which lattices: "
		    "lattices = [\"NAME\"] at its top");
}

int
parse_rule(struct place *at, struct text_node *s, bool lattices)
{
	struct rule_place rp = { .at = at, .section = s, .rule = { .file = at->file } };
	char place[32];
	struct buf text;
	int r;

	if (!parse_name_ok(s->label)) {
		COMPLAIN(at, s,
		    "a rule is called by 1 to %d letters, digits, '-', '_' and '.', and not "
		    "'none'",
		    POL_MAX_NAME);
		return 0;
	}
	r = draft_rule_name(at->d, s->label);
	if (r < 0)
		return err_pass(r);
	if (r == POLICY_BAD)
		COMPLAIN(at, s,
		    "another rule of this policy is called %.*s: a decision names its rule",
		    TEXT_ARG(s->label));
	rp.rule.name = draft_string(at->d, s->label);
	for (struct text_node *e = s->child; e != NULL; e = e->next)
		rule_entry(&rp, e);
	if (rp.where != NULL)
		rule_where(&rp);
	rule_check_bounds(&rp);
	rule_check(&rp, lattices);
	if (rp.denies)
		rp.rule.flags |= POL_DENY;
	if (rp.rule.respond != 0 && rp.rule.respond_ms == 0)
		rp.rule.respond_ms = RESPOND_MS;
	buf_init(&text, 8192);
	buf_put_str(&text, at->t->file);
	buf_put_u8(&text, ':');
	snprintf(place, sizeof(place), "%u", s->line);
	buf_put_str(&text, place);
	rp.rule.place = draft_string(at->d, buf_bytes(&text));
	buf_deinit(&text);
	if (parse_count(at->d, POL_RULES, sizeof(rp.rule)) >= POL_MAX_RULES)
		COMPLAIN(at, s, "more than %d rules", POL_MAX_RULES);
	else
		buf_put(&at->d->part[POL_RULES], bytes_of(&rp.rule, sizeof(rp.rule)));
	return 0;
}
