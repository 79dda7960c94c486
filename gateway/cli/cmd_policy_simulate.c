/*
 * policy simulate - what would another policy have said to what was asked? The decisions of an
 * audit log, taken again, and every one that falls otherwise.
 *
 * A record whose policy is the one asked must come out as it was recorded. When it does not, either
 * the record or this program is wrong; that is told apart from a flip.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/audit_in.h"
#include "gateway/cli/flips.h"
#include "gateway/cli/policy_set.h"
#include "gateway/cli/resim.h"
#include "policy/core/members.h"

enum { OUT_MAX = 16 << 20, WHYS = 24 };

struct tally {
	const char *why;
	uint64_t n;
};

struct simulation {
	struct policy_set now_set, old_set;
	const char *old_name; /* NULL: compared with what was recorded */
	struct resim *now, *old;
	struct flips flips;
	uint64_t commands, denials; /* decided again */
	uint64_t checked;           /* by the policy they were recorded by */
	struct tally undecidable[WHYS], not_asked[WHYS];
};

static void
count_why(struct tally t[WHYS], const char *why)
{
	size_t i = 0;

	while (i < WHYS - 1 && t[i].why != NULL && strcmp(t[i].why, why) != 0)
		i++;
	t[i].why = why;
	t[i].n++;
}

static uint64_t
sum_whys(const struct tally t[WHYS])
{
	uint64_t n = 0;

	for (size_t i = 0; i < WHYS; i++)
		n += t[i].n;
	return n;
}

static struct flip_side
recorded(const struct record *r)
{
	return (struct flip_side){ .allow = bytes_is(r->decision, "allow"),
		.would_deny = r->would_deny,
		.rule = r->rule,
		.reason = r->reason,
		.field = r->field };
}

static struct flip_side
decided(const struct policy_set *s, const struct resim_answer *a)
{
	return (struct flip_side){ .allow = a->d.verdict == VERDICT_ALLOW,
		.would_deny = a->d.would_deny,
		.rule = bytes_str(policy_rule_name(s->policy, a->d.rule)),
		.reason = bytes_str(reason_word(a->d.reason)),
		.field = bytes_str(policy_field_name(a->d.field)) };
}

static bool
judged_by(const struct policy_set *s, const struct record *r)
{
	return r->policy.len != 0 && bytes_is(r->policy, policy_id(s->policy));
}

/* judge() - Return: 0 with *out, or the answer was counted and *settled is set; -ENOMEM. */
static int
judge(struct simulation *s, struct resim *by, const struct policy_set *set, const struct record *r,
    struct flip_side *out, bool *settled)
{
	struct flip_side was = recorded(r);
	struct resim_answer a;
	int x = resim_judge(by, r, &a);

	if (x != 0)
		return err_pass(x);
	if (a.state != RESIM_DECIDED) {
		count_why(a.state == RESIM_UNDECIDABLE ? s->undecidable : s->not_asked, a.why);
		*settled = true;
		return 0;
	}
	*out = decided(set, &a);
	if (judged_by(set, r)) {
		s->checked++;
		if (flips_add(&s->flips, r, &was, out, true))
			*settled = s->old == NULL; /* else both still compare */
	}
	return 0;
}

/* on_record() - @ctx: the simulation. */
static int
on_record(void *ctx, const struct record *r)
{
	struct simulation *s = ctx;
	struct flip_side was = recorded(r), is;
	bool settled = false;
	int x = 0;

	if (s->old != NULL)
		x = judge(s, s->old, &s->old_set, r, &was, &settled);
	if (x == 0 && !settled)
		x = judge(s, s->now, &s->now_set, r, &is, &settled);
	if (x != 0 || settled)
		return err_pass(x);
	if (r->kind == RECORD_COMMAND)
		s->commands++;
	else
		s->denials++;
	(void)flips_add(&s->flips, r, &was, &is, false);
	return 0;
}

/* ---- showing ---- */

static uint64_t
sum_flips(const struct simulation *s)
{
	uint64_t n = 0;

	for (int k = 0; k < FLIP_KINDS; k++)
		n += s->flips.total[k];
	return n;
}

static void
put_counted(struct buf *b, uint64_t n, const char *one, const char *more)
{
	buf_put_dec(b, n);
	buf_put_str(b, n == 1 ? one : more);
}

static void
put_tallies(struct buf *b, const struct tally t[WHYS], const char *what)
{
	for (size_t i = 0; i < WHYS && t[i].why != NULL; i++) {
		buf_put_str(b, "  ");
		buf_put_dec(b, t[i].n);
		buf_put_str(b, what);
		buf_put_str(b, t[i].why);
		buf_put_u8(b, '\n');
	}
}

static bool
any_rate(const struct policy *p)
{
	char room[POLICY_RATE_TEXT];

	for (uint32_t i = 0; i < policy_rules(p); i++)
		if (policy_rule_rate(p, i, room)[0] != '\0')
			return true;
	return false;
}

static void
put_text(const struct simulation *s, const struct audit_in *in, struct buf *b)
{
	flips_put_text(&s->flips, b);
	put_counted(b, in->records, " record read, ", " records read, ");
	put_counted(b, s->commands, " command and ", " commands and ");
	put_counted(b, s->denials, " denial decided again: ", " denials decided again: ");
	put_counted(b, sum_flips(s), " flip", " flips");
	for (int k = 0; k < FLIP_KINDS; k++) {
		buf_put_str(b, k == 0 ? " (" : ", ");
		buf_put_dec(b, s->flips.total[k]);
		buf_put_u8(b, ' ');
		buf_put_str(b, flip_kind_name((enum flip_kind)k));
	}
	buf_put_str(b, ")\n");
	if (s->checked != 0) {
		buf_put_str(b, "  ");
		put_counted(b, s->flips.mismatches, " mismatch", " mismatches");
		buf_put_str(b, " in ");
		buf_put_dec(b, s->checked);
		buf_put_str(b, " recorded by the same policy\n");
	}
	put_tallies(b, s->undecidable, " undecidable: ");
	put_tallies(b, s->not_asked, " not asked: ");
	if (in->torn != 0)
		buf_put_str(b, "  the last line of a file is not whole; left out\n");
	if (any_rate(s->now_set.policy) || (s->old != NULL && any_rate(s->old_set.policy)))
		buf_put_str(b, "  rates do not count: each rule is asked as if it had one left\n");
}

static void
put_json_tallies(struct buf *b, const char *key, const struct tally t[WHYS])
{
	members_object(b, key);
	for (size_t i = 0; i < WHYS && t[i].why != NULL; i++) {
		members_text(b, NULL, t[i].why);
		buf_put_u8(b, ':');
		buf_put_dec(b, t[i].n);
	}
	buf_put_u8(b, '}');
}

static void
put_json(const struct simulation *s, const struct audit_in *in, struct buf *b)
{
	buf_put_u8(b, '{');
	members_text(b, "policy_id", policy_id(s->now_set.policy));
	members_name(b, "old_policy_id");
	if (s->old != NULL)
		buf_put_json(b, bytes_str(policy_id(s->old_set.policy)));
	else
		buf_put_str(b, "null");
	members_dec(b, "records", in->records);
	members_dec(b, "commands", s->commands);
	members_dec(b, "denials", s->denials);
	members_dec(b, "flips", sum_flips(s));
	members_dec(b, "allow_to_deny", s->flips.total[FLIP_ALLOW_DENY]);
	members_dec(b, "deny_to_allow", s->flips.total[FLIP_DENY_ALLOW]);
	members_dec(b, "would_deny", s->flips.total[FLIP_WOULD_DENY]);
	members_dec(b, "same_policy", s->checked);
	members_dec(b, "mismatches", s->flips.mismatches);
	members_dec(b, "torn", in->torn);
	put_json_tallies(b, "undecidable", s->undecidable);
	put_json_tallies(b, "not_asked", s->not_asked);
	members_dec(b, "not_in_a_group", s->flips.overflow);
	members_name(b, "groups");
	flips_put_json(&s->flips, b);
	buf_put_str(b, "}\n");
}

/* ---- running ---- */

static int
read_policy(struct policy_set *set, const struct cli_args *a, const char *name)
{
	int r = policy_set_read(set, a, &name, 1);

	if (r == CLI_OK)
		r = policy_set_compile(set);
	if (r == CLI_CONFIG) {
		if (set->report.out.len > 0)
			fwrite(set->report.out.ptr, 1, set->report.out.len, stderr);
		policy_set_advise(set);
	}
	return r == CLI_FAILED ? CLI_CONFIG : r; /* to CI it is the policy, whatever it is */
}

static int
prepare(struct simulation *s, const struct cli_args *a)
{
	int r = read_policy(&s->now_set, a, cli_value(a, "policy")), x = 0;

	s->old_name = cli_value(a, "old");
	if (r == CLI_OK && s->old_name != NULL)
		r = read_policy(&s->old_set, a, s->old_name);
	if (r != CLI_OK)
		return r;
	x = flips_init(&s->flips);
	if (x == 0)
		x = resim_new(&s->now, s->now_set.policy);
	if (x == 0 && s->old_name != NULL)
		x = resim_new(&s->old, s->old_set.policy);
	if (x != 0)
		cli_error("%s", strerror(-x));
	return x == 0 ? CLI_OK : CLI_FAILED;
}

/* max_flips() - Return: CLI_OK, CLI_USAGE. */
static int
max_flips(const struct cli_args *a, uint64_t *max)
{
	const char *said = cli_value(a, "max-flips");

	*max = 0;
	for (const char *p = said; p != NULL && *p != '\0'; p++) {
		if (*p < '0' || *p > '9' || *max > UINT64_MAX / 10 - 1) {
			cli_error("--max-flips %s: expected a number", said);
			return CLI_USAGE;
		}
		*max = *max * 10 + (uint64_t)(*p - '0');
	}
	return CLI_OK;
}

static int
say(struct simulation *s, const struct audit_in *in, bool json)
{
	struct buf b;
	int r;

	flips_sort(&s->flips);
	buf_init(&b, OUT_MAX);
	if (json)
		put_json(s, in, &b);
	else
		put_text(s, in, &b);
	r = cli_print(&b);
	buf_deinit(&b);
	return r;
}

static int
simulate(struct simulation *s, const struct cli_args *a, uint64_t max)
{
	struct audit_in in = { .kinds = 1U << RECORD_COMMAND | 1U << RECORD_DENIAL,
		.each = on_record,
		.ctx = s,
		.doing = "deciding again" };
	int r = audit_in_read(&in, a->args, a->n_args);

	if (r == CLI_OK)
		r = say(s, &in, cli_flag(a, "json"));
	if (r != CLI_OK)
		return r;
	if (sum_whys(s->undecidable) != 0 && cli_flag(a, "strict"))
		return CLI_FAILED;
	return sum_flips(s) > max || s->flips.mismatches != 0 ? CLI_FAILED : CLI_OK;
}

int
cmd_policy_simulate(const struct cli_args *a)
{
	struct simulation *s = calloc(1, sizeof(*s));
	uint64_t max;
	int r;

	if (s == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	r = max_flips(a, &max);
	if (r == CLI_OK)
		r = prepare(s, a);
	if (r == CLI_OK)
		r = simulate(s, a, max);
	resim_free(s->now);
	resim_free(s->old);
	flips_deinit(&s->flips);
	policy_set_deinit(&s->now_set);
	policy_set_deinit(&s->old_set);
	free(s);
	return r;
}
