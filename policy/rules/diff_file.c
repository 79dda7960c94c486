/*
 * diff_file - what counts for everybody, apart from rules: lattices, control prefixes, and what
 * hosts are called. A prefix is said by itself, whether somebody may command under it or not; so is
 * a host whose labels let a rule hold that did not, or the reverse.
 */
#include "policy/rules/diff_priv.h"
#include "policy/rules/glob.h"

/* ---- hosts { } ---- */

static bool
labels_same(const struct policy *a, const struct pol_host *x, const struct policy *b,
    const struct pol_host *y)
{
	if (x == NULL || y == NULL)
		return x == y;
	return diff_list_same(a, x->labels, b, y->labels);
}

bool
diff_hosts_same(const struct policy *a, const struct policy *b)
{
	if (a->n_hosts != b->n_hosts)
		return false;
	for (size_t i = 0; i < a->n_hosts; i++)
		if (!bytes_eq(pol_bytes(a, a->hosts[i].id), pol_bytes(b, b->hosts[i].id)) ||
		    !labels_same(a, &a->hosts[i], b, &b->hosts[i]))
			return false;
	return true;
}

static bool
asks_for_labels(const struct policy *p)
{
	for (size_t i = 0; i < p->n_conds; i++)
		if (p->conds[i].field == POLICY_FIELD_HOST_LABEL)
			return true;
	return false;
}

int
diff_labelled_hosts(struct diff *d)
{
	int r = 0;

	if (!asks_for_labels(d->p[OLD]) && !asks_for_labels(d->p[NEW]))
		return 0;
	for (int side = OLD; side <= NEW; side++)
		for (size_t i = 0; r == 0 && i < d->p[side]->n_hosts; i++)
			r = diff_texts_add(
			    &d->hosts, pol_bytes(d->p[side], d->p[side]->hosts[i].id));
	return err_pass(r);
}

/* What a condition on host.label sees of a host: nothing, none of its labels, one of them. */
enum seen { SEEN_NOTHING, SEEN_OTHERS, SEEN_ONE };

static enum seen
see(const struct policy *p, const struct pol_cond *c, const struct policy *of, struct bytes id)
{
	const struct pol_host *h = policy_host(of, id);

	for (uint32_t i = 0; h != NULL && i < h->labels.n; i++)
		for (uint32_t k = 0; k < c->values.n; k++)
			if (glob_match(pol_bytes(p, p->items[c->values.first + k].text),
				pol_bytes(of, of->items[h->labels.first + i].text)))
				return SEEN_ONE;
	return h != NULL ? SEEN_OTHERS : SEEN_NOTHING;
}

static bool
rule_sees(
    const struct diff *d, const struct policy *p, const struct pol_rule *rule, struct bytes id)
{
	for (uint32_t k = 0; k < rule->where.n; k++) {
		const struct pol_cond *c = &p->conds[rule->where.first + k];

		if (c->field == POLICY_FIELD_HOST_LABEL &&
		    see(p, c, d->p[OLD], id) != see(p, c, d->p[NEW], id))
			return true;
	}
	return false;
}

/* put_asking() - the rules of the new policy that see another host now. Return: how many. */
static size_t
put_asking(struct buf *b, const struct diff *d, struct bytes id)
{
	const struct policy *p = d->p[NEW];
	size_t n = 0;

	for (size_t i = 0; i < p->n_rules; i++) {
		if (!rule_sees(d, p, &p->rules[i], id))
			continue;
		buf_put_str(b, n == 0 ? "rules that ask for them: " : ", ");
		buf_put(b, pol_bytes(p, p->rules[i].name));
		n++;
	}
	return n;
}

/* ---- lines ---- */

static int
add_line(struct diff *d, const char *who, struct buf *what)
{
	struct diff_result *out = d->out;
	struct diff_line *more = reallocarray(out->line, out->n + 1, sizeof(*more));
	struct diff_said none = { .rule = RULE_NONE };

	if (more == NULL)
		return err_raise(-ENOMEM);
	out->line = more;
	more[out->n++] = (struct diff_line){ .kind = DIFF_OTHER,
		.op = DIFF_EVERYBODY,
		.who = who,
		.what = diff_keep_buf(d, what),
		.said = { none, none },
		.example = "" };
	out->count[DIFF_OTHER]++;
	return 0;
}

static bool
has_prefix(const struct prefixes *set, struct bytes prefix)
{
	for (size_t i = 0; i < set->n; i++)
		if (bytes_eq(set->item[i], prefix))
			return true;
	return false;
}

static int
say_prefixes(struct diff *d)
{
	int r = 0;

	for (int side = OLD; side <= NEW; side++) {
		const struct prefixes *own = &d->p[side]->prefixes;

		for (size_t i = 0; r == 0 && i < own->n; i++) {
			struct buf what;

			if (has_prefix(&d->p[1 - side]->prefixes, own->item[i]))
				continue;
			buf_init(&what, 1024);
			buf_put_str(&what, "control_prefix ");
			buf_put(&what, own->item[i]);
			buf_put_str(&what,
			    side == NEW
				? " is opened: what is below it was data and is commands now"
				: " is closed: what is below it was commands and is data now");
			r = add_line(d, "everybody", &what);
		}
	}
	return err_pass(r);
}

static int
say_host(struct diff *d, struct bytes id)
{
	struct buf what;

	buf_init(&what, 4096);
	buf_put_str(&what, "labels of host ");
	buf_put(&what, id);
	buf_put_str(&what, " changed: ");
	if (put_asking(&what, d, id) != 0)
		return err_pass(add_line(d, "everybody", &what));
	buf_deinit(&what);
	return 0;
}

static int
say_hosts(struct diff *d)
{
	const struct policy *old = d->p[OLD], *new = d->p[NEW];
	int r = 0;

	for (size_t i = 0; r == 0 && i < new->n_hosts; i++) {
		struct bytes id = pol_bytes(new, new->hosts[i].id);

		if (!labels_same(old, policy_host(old, id), new, &new->hosts[i]))
			r = say_host(d, id);
	}
	for (size_t i = 0; r == 0 && i < old->n_hosts; i++) {
		struct bytes id = pol_bytes(old, old->hosts[i].id);

		if (policy_host(new, id) == NULL)
			r = say_host(d, id);
	}
	return err_pass(r);
}

/* ---- for all of it ---- */

void
diff_compare_files(struct diff *d)
{
	const struct policy *old = d->p[OLD], *new = d->p[NEW];

	d->prefixes_differ = !prefix_same(&old->prefixes, &new->prefixes);
	d->lattices_differ = old->n_files != new->n_files;
	for (size_t i = 0; i < old->n_files && !d->lattices_differ; i++)
		d->lattices_differ =
		    !diff_list_same(old, old->files[i].lattices, new, new->files[i].lattices);
}

int
diff_say_files(struct diff *d)
{
	int r = say_prefixes(d);

	return r != 0 ? err_pass(r) : err_pass(say_hosts(d));
}
