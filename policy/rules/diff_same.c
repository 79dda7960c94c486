/*
 * diff_same - do rules of two policies say the same? By what they say, not by what they are called,
 * and apart from when: a diff asks at each moment by the rules in force then.
 */
#include "policy/rules/diff_priv.h"

bool
diff_list_same(const struct policy *a, struct pol_list x, const struct policy *b, struct pol_list y)
{
	if (x.n != y.n)
		return false;
	for (uint32_t i = 0; i < x.n; i++) {
		const struct pol_item *s = &a->items[x.first + i], *t = &b->items[y.first + i];

		if (!bytes_eq(pol_bytes(a, s->text), pol_bytes(b, t->text)) ||
		    !bytes_eq(pol_bytes(a, s->queue), pol_bytes(b, t->queue)))
			return false;
	}
	return true;
}

static bool
cond_same(const struct policy *a, const struct pol_cond *x, const struct policy *b,
    const struct pol_cond *y)
{
	if (x->field != y->field || x->flags != y->flags || x->values.n != y->values.n)
		return false;
	if (x->field == POLICY_FIELD_HOST_LABEL && !diff_hosts_same(a, b))
		return false;
	if (where_row((enum policy_field)x->field)->type != WHERE_NUMBERS)
		return diff_list_same(a, x->values, b, y->values);
	return x->values.n == 0 || memcmp(&a->ranges[x->values.first], &b->ranges[y->values.first],
				       x->values.n * sizeof(*a->ranges)) == 0;
}

static bool
where_same(const struct policy *a, const struct pol_rule *x, const struct policy *b,
    const struct pol_rule *y)
{
	if (x->where.n != y->where.n)
		return false;
	for (uint32_t i = 0; i < x->where.n; i++)
		if (!cond_same(a, &a->conds[x->where.first + i], b, &b->conds[y->where.first + i]))
			return false;
	return true;
}

bool
diff_rule_same(const struct policy *a, const struct pol_rule *x, const struct policy *b,
    const struct pol_rule *y)
{
	if (x->flags != y->flags || pol_verbs(x) != pol_verbs(y) || x->respond != y->respond ||
	    x->respond_ms != y->respond_ms || x->rate != y->rate || x->rate_ms != y->rate_ms ||
	    x->burst != y->burst || x->sample != y->sample)
		return false;
	return (pol_verbs(x) == 0 ||
		   diff_list_same(a, a->files[x->file].lattices, b, b->files[y->file].lattices)) &&
	       diff_list_same(a, x->publish, b, y->publish) &&
	       diff_list_same(a, x->subscribe, b, y->subscribe) &&
	       diff_list_same(a, x->reply, b, y->reply) &&
	       diff_list_same(a, x->headers, b, y->headers) &&
	       diff_list_same(a, x->strip, b, y->strip) &&
	       diff_list_same(a, x->streams, b, y->streams) && where_same(a, x, b, y);
}

/* ---- as the language has it ---- */

void
diff_put_list(struct buf *b, const struct policy *p, struct pol_list l)
{
	for (uint32_t i = 0; i < l.n; i++) {
		const struct pol_item *item = &p->items[l.first + i];
		struct bytes first = pol_bytes(p, item->text), second = pol_bytes(p, item->queue);

		buf_put_str(b, i > 0 ? ", " : "");
		buf_put(b, first);
		if (second.len != 0 && first.len > 2 &&
		    !bytes_is(bytes_from(first, first.len - 2), "//"))
			buf_put_u8(b, '/');
		buf_put(b, second);
	}
}

void
diff_put_patterns(struct buf *b, const struct policy *p, struct pol_list l)
{
	for (uint32_t i = 0; i < l.n; i++) {
		const struct pol_item *item = &p->items[l.first + i];

		buf_put_str(b, i > 0 ? ", " : "");
		buf_put(b, pol_bytes(p, item->text));
		buf_put_str(b, item->queue.len != 0 ? " " : "");
		buf_put(b, pol_bytes(p, item->queue));
	}
}

static void
put_range(struct buf *b, const struct pol_range *r)
{
	uint64_t min = pol_u64(r->min), max = pol_u64(r->max);

	buf_put_dec(b, min);
	if (max == min)
		return;
	buf_put_str(b, "..");
	if (max != UINT64_MAX)
		buf_put_dec(b, max);
}

static void
put_cond(struct buf *b, const struct policy *p, const struct pol_cond *c)
{
	bool number = where_row((enum policy_field)c->field)->type == WHERE_NUMBERS;
	const char *comma = "";

	buf_put_str(b, policy_field_name((enum policy_field)c->field));
	if (number && c->values.n == 1 && c->flags == 0 &&
	    pol_u64(p->ranges[c->values.first].min) == 0) {
		buf_put_str(b, " <= ");
		buf_put_dec(b, pol_u64(p->ranges[c->values.first].max));
		return;
	}
	buf_put_str(b, (c->flags & POL_COND_NOT) != 0 ? " != [" : " = [");
	if ((c->flags & POL_COND_NONE) != 0) {
		buf_put_str(b, "none");
		comma = ", ";
	}
	if ((c->flags & POL_COND_OWN) != 0) {
		buf_put_str(b, comma);
		buf_put_str(b, "own");
		comma = ", ";
	}
	if (c->values.n != 0)
		buf_put_str(b, comma);
	for (uint32_t i = 0; number && i < c->values.n; i++) {
		buf_put_str(b, i > 0 ? ", " : "");
		put_range(b, &p->ranges[c->values.first + i]);
	}
	if (!number)
		diff_put_list(b, p, c->values);
	buf_put_u8(b, ']');
}

void
diff_put_where(struct buf *b, const struct policy *p, const struct pol_rule *rule)
{
	for (uint32_t i = 0; i < rule->where.n; i++) {
		buf_put_str(b, i > 0 ? ", " : "");
		put_cond(b, p, &p->conds[rule->where.first + i]);
	}
}
