/*
 * learn_seen - which fields of a command are learned, what stood in them, and whether a condition
 * can say it. That is found out by compiling a policy that holds the value and nothing else: what
 * the language takes is not told a second time here.
 */
#include "gateway/cli/learn_priv.h"

#include <string.h>

enum { TRIAL_MAX = 1 << 20 };

/* ---- which fields ---- */

/* What other conditions say already, or what changes with every command. */
static bool
redundant(enum verb verb, enum policy_field f)
{
	switch (f) {
	case POLICY_FIELD_REGISTRY:
		return verb != VERB_REGISTRY_PUT;
	case POLICY_FIELD_REPOSITORY:
	case POLICY_FIELD_TAG:
	case POLICY_FIELD_DIGEST:
	case POLICY_FIELD_SCHEME:
	case POLICY_FIELD_NAME:
	case POLICY_FIELD_LATTICE:
	case POLICY_FIELD_VERSION:
	case POLICY_FIELD_TIMEOUT:
	case POLICY_FIELD_HOST_LABEL:
		return true;
	case POLICY_FIELD_KIND:
		return verb != VERB_MANIFEST_PUT && verb != VERB_WORKLOAD_START &&
		       verb != VERB_WADM_COMMAND && verb != VERB_STATE_WRITE;
	default:
		return false;
	}
}

bool
learn_field_kind(const struct learn *l, enum verb verb, enum policy_field f, struct learn_kind *k)
{
	const struct where_row *row = where_row(f);

	if (row == NULL || (row->verbs & VERB_BIT(verb)) == 0 || redundant(verb, f))
		return false;
	*k = (struct learn_kind){ .field = f,
		.image = row->type == WHERE_IMAGES,
		.fixed = row->type == WHERE_HOSTS || row->type == WHERE_WORDS,
		.min = l->min };
	return true;
}

bool
learn_has_fields(const struct learn *l, enum verb verb)
{
	struct learn_kind k;

	for (int f = POLICY_FIELD_NONE + 1; f < POLICY_FIELD_COUNT; f++)
		if (learn_field_kind(l, verb, (enum policy_field)f, &k))
			return true;
	return false;
}

/* ---- what was seen in one command ---- */

static void
look_text(struct looking *g, struct bytes s)
{
	if (s.len > LEARN_SEEN_TEXT - g->used) {
		g->full = true;
		return;
	}
	if (s.len != 0)
		memcpy(g->text + g->used, s.ptr, s.len);
	g->used += s.len;
	g->seen[g->n].len += s.len;
}

/* is_again() - did this command say the last one before? It is evidence once. */
static bool
is_again(const struct looking *g)
{
	const struct seen *last = &g->seen[g->n];

	for (size_t i = 0; i < g->n; i++) {
		const struct seen *s = &g->seen[i];

		if (s->field == last->field && s->absent == last->absent &&
		    s->number == last->number && s->len == last->len &&
		    (s->len == 0 || memcmp(g->text + s->at, g->text + last->at, s->len) == 0))
			return true;
	}
	return false;
}

/* Put down as a condition has to say it. */
void
learn_look(void *ctx, const struct where_value *v)
{
	struct looking *g = ctx;

	if (g->n == LEARN_SEEN) {
		g->full = true;
		return;
	}
	g->seen[g->n] = (struct seen){
		.field = g->field, .absent = v->absent, .number = v->number, .at = g->used
	};
	look_text(g, v->head);
	if (v->rest.len != 0 && v->head.len != 0 && v->head.ptr[v->head.len - 1] != '/')
		look_text(g, BYTES_LIT("/"));
	look_text(g, v->rest);
	if (!is_again(g))
		g->n++;
}

struct bytes
learn_seen_text(const struct looking *g, const struct seen *s)
{
	return bytes_of(g->text + s->at, s->len);
}

bool
learn_is_number(enum policy_field f)
{
	return where_row(f)->type == WHERE_NUMBERS;
}

/* compiles() - a whole policy; its place is of no interest. */
static bool
compiles(struct bytes text)
{
	struct policy_source src = { "trial.policy", text };
	struct text_report report;
	struct buf out;
	int x;

	buf_init(&out, TRIAL_MAX);
	text_report_init(&report);
	x = policy_compile(&out, &src, 1, &report);
	text_report_deinit(&report);
	buf_deinit(&out);
	return x == 0;
}

#define NOBODY "AAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQDPYC"

bool
learn_sayable(struct learn *l, enum verb verb, enum policy_field f, struct bytes s)
{
	struct buf *b = &l->scratch;

	if (s.len == 0 || s.len > LEARN_TEXT || bytes_find(s, '*') != s.len)
		return false;
	buf_reset(b);
	buf_put_str(b, "lattices = [x]\nrole r { account = " NOBODY " }\nrule t { allow = [");
	buf_put_str(b, command_verb_name(verb));
	buf_put_str(b, "]  to = [r]  where { ");
	buf_put_str(b, policy_field_name(f));
	buf_put_str(b, " = ");
	learn_put_string(b, s);
	buf_put_str(b, " } }\n");
	return !buf_failed(b) && compiles(buf_bytes(b));
}
