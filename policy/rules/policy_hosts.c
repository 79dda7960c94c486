/*
 * policy_hosts - hosts { }: labels the policy gives to hosts, for conditions on host.label.
 *
 * A host's own labels are what it says of itself; these are what the operator says. They hold for
 * all files, so a host is named once: two files that call it differently are a mistake of one.
 */
#include "policy/rules/parse_priv.h"

enum { MAX_HOSTS = 65536, MAX_HOST_ID = 128, MAX_LABELS = 256 };

/* One token of a subject; the stars and dots of patterns would not be read as such here. */
static bool
id_ok(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_'))
			return false;
	}
	return s.len != 0 && s.len <= MAX_HOST_ID;
}

static bool
label_item(struct place *at, const struct text_node *n, struct pol_item *out)
{
	if (bytes_find(n->text, '*') != n->text.len) {
		COMPLAIN(
		    at, n, "'%.*s': a label is no glob; those are in where { }", TEXT_ARG(n->text));
		return false;
	}
	out->text = draft_string(at->d, n->text);
	return true;
}

static int
add(struct draft *d, const struct draft_host *h)
{
	struct draft_host *grown;

	if (d->n_hosts == d->cap_hosts) {
		size_t cap = d->cap_hosts != 0 ? d->cap_hosts * 2 : 64;

		grown = reallocarray(d->hosts, cap, sizeof(*grown));
		if (grown == NULL)
			return err_raise(-ENOMEM);
		d->hosts = grown;
		d->cap_hosts = cap;
	}
	d->hosts[d->n_hosts++] = *h;
	return 0;
}

static int
host_entry(struct place *at, struct text_node *e)
{
	struct draft_host h = { .t = at->t, .at = e };

	if (e->kind != TEXT_ENTRY || !id_ok(e->text)) {
		COMPLAIN(at, e, "expected HOST-ID = [labels], the id as in subjects");
		return 0;
	}
	if (at->d->n_hosts == MAX_HOSTS) {
		COMPLAIN(at, e, "more than %d hosts", MAX_HOSTS);
		return 0;
	}
	h.host.id = parse_lowered(at->d, e->text);
	parse_list(at, e, label_item, &h.host.labels);
	if (h.host.labels.n > MAX_LABELS)
		COMPLAIN(at, e, "more than %d labels", MAX_LABELS);
	return err_pass(add(at->d, &h));
}

int
parse_hosts(struct place *at, struct text_node *s)
{
	if (s->label.len != 0)
		COMPLAIN(at, s, "hosts has no name of its own");
	for (struct text_node *e = s->child; e != NULL; e = e->next) {
		int r = host_entry(at, e);

		if (r != 0)
			return err_pass(r);
	}
	return 0;
}

static int
order(struct bytes a, struct bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int by = n != 0 ? memcmp(a.ptr, b.ptr, n) : 0;

	return by != 0 ? by : (a.len > b.len) - (a.len < b.len);
}

static struct bytes
id_of(const struct draft *d, const struct draft_host *h)
{
	return bytes_of(d->part[POL_STRINGS].ptr + h->host.id.off, h->host.id.len);
}

static int
by_id(const void *a, const void *b, void *d)
{
	return order(id_of(d, a), id_of(d, b));
}

void
draft_hosts_end(struct draft *d)
{
	if (d->n_hosts == 0 || buf_failed(&d->part[POL_STRINGS]))
		return;
	qsort_r(d->hosts, d->n_hosts, sizeof(*d->hosts), by_id, d);
	for (size_t i = 0; i < d->n_hosts; i++) {
		const struct draft_host *h = &d->hosts[i], *before = i != 0 ? &h[-1] : NULL;

		if (before != NULL && by_id(before, h, d) == 0)
			text_error(d->report, h->t, h->at,
			    "host %.*s is labelled in %s:%u as well: name it once",
			    TEXT_ARG(h->at->text), before->t->file, before->at->line);
		buf_put(&d->part[POL_HOSTS], bytes_of(&h->host, sizeof(h->host)));
	}
}

const struct pol_host *
policy_host(const struct policy *p, struct bytes id)
{
	uint8_t lower[MAX_HOST_ID];
	size_t from = 0, to = p->n_hosts;

	if (id.len == 0 || id.len > sizeof(lower))
		return NULL;
	for (size_t i = 0; i < id.len; i++)
		lower[i] = id.ptr[i] >= 'A' && id.ptr[i] <= 'Z' ? id.ptr[i] | 0x20 : id.ptr[i];
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int by = order(pol_bytes(p, p->hosts[mid].id), bytes_of(lower, id.len));

		if (by == 0)
			return &p->hosts[mid];
		if (by < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}
