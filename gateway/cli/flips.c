/*
 * flips - see flips.h. All texts come from strangers: they are kept shortened, as they are, and
 * reach a terminal through say_text() alone.
 */
#include "gateway/cli/flips.h"
#include "policy/core/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/audit_say.h"
#include "policy/core/utf8.h"

enum { SLOTS = 4 * FLIPS_GROUPS };

static const char *const kinds[FLIP_KINDS] = {
	[FLIP_ALLOW_DENY] = "allow -> deny",
	[FLIP_DENY_ALLOW] = "deny -> allow",
	[FLIP_WOULD_DENY] = "would_deny changes",
};

const char *
flip_kind_name(enum flip_kind k)
{
	return k < FLIP_KINDS ? kinds[k] : "";
}

int
flips_init(struct flips *f)
{
	*f = (struct flips){ 0 };
	f->group = calloc(FLIPS_GROUPS, sizeof(*f->group));
	f->slot = calloc(SLOTS, sizeof(*f->slot));
	return f->group != NULL && f->slot != NULL ? 0 : err_raise(-ENOMEM);
}

void
flips_deinit(struct flips *f)
{
	free(f->group);
	free(f->slot);
	*f = (struct flips){ 0 };
}

/* keep() - whole characters, '.' for NUL and what is none; what is too long ends in "..". */
static void
keep(char *to, size_t cap, struct bytes s)
{
	size_t n = 0, most = s.len < cap ? s.len : cap - 3;

	while (n < most) {
		uint32_t cp;
		size_t k = utf8_next(bytes_from(s, n), &cp);

		if (k > most - n)
			break;
		if (k == 0 || cp == 0) {
			to[n++] = '.';
			continue;
		}
		memcpy(to + n, s.ptr + n, k);
		n += k;
	}
	snprintf(to + n, cap - n, "%s", n < s.len ? ".." : "");
}

#define KEEP(to, s) keep((to), sizeof(to), (s))

static void
keep_example(struct flip_example *e, const struct record *r)
{
	*e = (struct flip_example){ .seq = r->seq, .time_ns = r->time_ns };
	KEEP(e->verb, r->verb.len != 0 ? r->verb : r->what);
	KEEP(e->target, r->image.len != 0            ? r->image
			: r->target.len != 0         ? r->target
			: bytes_is(r->what, "reply") ? r->reply
						     : r->subject);
}

/* same_group() - but for count and examples. */
static bool
same_group(const struct flip_group *a, const struct flip_group *b)
{
	return a->kind == b->kind && a->mismatch == b->mismatch && strcmp(a->user, b->user) == 0 &&
	       strcmp(a->account, b->account) == 0 && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->was_rule, b->was_rule) == 0 && strcmp(a->was_reason, b->was_reason) == 0 &&
	       strcmp(a->rule, b->rule) == 0 && strcmp(a->reason, b->reason) == 0 &&
	       strcmp(a->field, b->field) == 0;
}

static uint32_t
mix(uint32_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 16777619U;
	return h * 31 + 7;
}

/* group_of() - NULL: there are too many. */
static struct flip_group *
group_of(struct flips *f, const struct flip_group *g)
{
	uint32_t h = mix(mix(mix(mix(2166136261U, g->user), g->name), g->was_rule), g->rule);
	size_t at = (h + (uint32_t)g->kind) % SLOTS;

	for (; f->slot[at] != 0; at = (at + 1) % SLOTS)
		if (same_group(&f->group[f->slot[at] - 1], g))
			return &f->group[f->slot[at] - 1];
	if (f->n == FLIPS_GROUPS)
		return NULL;
	f->group[f->n++] = *g;
	f->slot[at] = (uint16_t)f->n;
	return &f->group[f->n - 1];
}

bool
flips_add(struct flips *f, const struct record *r, const struct flip_side *was,
    const struct flip_side *is, bool mismatch)
{
	struct flip_group key = { .mismatch = mismatch }, *g;

	if (was->allow == is->allow && was->would_deny == is->would_deny)
		return false;
	key.kind = was->allow == is->allow ? FLIP_WOULD_DENY
		   : was->allow            ? FLIP_ALLOW_DENY
					   : FLIP_DENY_ALLOW;
	if (mismatch)
		f->mismatches++;
	else
		f->total[key.kind]++;
	KEEP(key.account, r->account);
	KEEP(key.user, r->user);
	KEEP(key.name, r->name);
	KEEP(key.was_rule, was->rule);
	KEEP(key.was_reason, was->reason);
	KEEP(key.rule, is->rule);
	KEEP(key.reason, is->reason);
	KEEP(key.field, is->field);
	g = group_of(f, &key);
	if (g == NULL) {
		f->overflow++;
		return true;
	}
	if (g->count++ == 0)
		keep_example(&g->first, r);
	keep_example(&g->last, r);
	return true;
}

static int
by_weight(const void *x, const void *y)
{
	const struct flip_group *a = x, *b = y;

	if (a->mismatch != b->mismatch)
		return a->mismatch - b->mismatch;
	if (a->kind != b->kind)
		return (a->kind > b->kind) - (a->kind < b->kind);
	if (a->count != b->count)
		return (a->count < b->count) - (a->count > b->count);
	return (a->first.seq > b->first.seq) - (a->first.seq < b->first.seq);
}

void
flips_sort(struct flips *f)
{
	qsort(f->group, f->n, sizeof(*f->group), by_weight);
	memset(f->slot, 0,
	    SLOTS * sizeof(*f->slot)); /* numbers are others now: nothing more is added */
}

/* ---- showing ---- */

/* put_kept() - for people. */
static void
put_kept(struct buf *b, const char *text)
{
	say_text(b, bytes_str(text));
}

static void
put_example(struct buf *b, const char *what, const struct flip_example *e)
{
	buf_put_str(b, what);
	buf_put_dec(b, e->seq);
	buf_put_str(b, "  ");
	record_put_time(b, e->time_ns);
	buf_put_str(b, "  ");
	put_kept(b, e->verb);
	buf_put_str(b, "  ");
	put_kept(b, e->target);
	buf_put_u8(b, '\n');
}

static void
put_side(struct buf *b, const char *what, const char *rule, const char *reason, const char *field)
{
	buf_put_str(b, what);
	buf_put_str(b, "rule=");
	put_kept(b, rule);
	if (reason[0] != '\0') {
		buf_put_str(b, " reason=");
		put_kept(b, reason);
	}
	if (field[0] != '\0') {
		buf_put_str(b, " field=");
		put_kept(b, field);
	}
}

static void
put_group(const struct flip_group *g, struct buf *b)
{
	buf_put_str(b, g->mismatch ? "mismatch: " : "");
	buf_put_str(b, flip_kind_name(g->kind));
	buf_put_str(b, "  ");
	buf_put_dec(b, g->count);
	buf_put_str(b, g->count == 1 ? " time  " : " times  ");
	put_kept(b, g->name);
	buf_put_str(b, g->name[0] != '\0' ? " (" : "(");
	put_kept(b, g->user);
	buf_put_str(b, ")\n");
	put_side(b, "  was    ", g->was_rule, g->was_reason, "");
	put_side(b, "\n  now    ", g->rule, g->reason, g->field);
	put_example(b, "\n  first  #", &g->first);
	if (g->count > 1)
		put_example(b, "  last   #", &g->last);
}

void
flips_put_text(const struct flips *f, struct buf *out)
{
	for (size_t i = 0; i < f->n; i++)
		put_group(&f->group[i], out);
	if (f->overflow == 0)
		return;
	buf_put_str(out, "and ");
	buf_put_dec(out, f->overflow);
	buf_put_str(out, " more, of too many kinds to be told apart\n");
}

static void
put_json_example(struct buf *b, const char *key, const struct flip_example *e)
{
	members_object(b, key);
	members_dec(b, "seq", e->seq);
	members_name(b, "time");
	buf_put_u8(b, '"');
	record_put_time(b, e->time_ns);
	buf_put_u8(b, '"');
	members_text(b, "verb", e->verb);
	members_text(b, "target", e->target);
	buf_put_u8(b, '}');
}

void
flips_put_json(const struct flips *f, struct buf *out)
{
	static const char *const names[] = { "allow_to_deny", "deny_to_allow", "would_deny" };

	buf_put_u8(out, '[');
	for (size_t i = 0; i < f->n; i++) {
		const struct flip_group *g = &f->group[i];

		members_object(out, NULL);
		members_text(out, "flip", names[g->kind]);
		members_bool(out, "mismatch", g->mismatch);
		members_dec(out, "count", g->count);
		members_text(out, "account", g->account);
		members_text(out, "user", g->user);
		members_text(out, "name", g->name);
		members_text(out, "was_rule", g->was_rule);
		members_text(out, "was_reason", g->was_reason);
		members_text(out, "rule", g->rule);
		members_text(out, "reason", g->reason);
		members_text(out, "field", g->field);
		put_json_example(out, "first", &g->first);
		put_json_example(out, "last", &g->last);
		buf_put_u8(out, '}');
	}
	buf_put_u8(out, ']');
}
