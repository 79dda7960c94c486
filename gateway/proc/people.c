/*
 * people - see people.h. Two logins are the same person only when everything about them is the same,
 * permissions included: an account may have been changed between them.
 */
#include "gateway/proc/people.h"

#include "policy/commands/serve.h"
#include "policy/rules/upstream.h"

static size_t
slot(const struct identity *id)
{
	return (size_t)(id->token[0] | id->token[1] << 8) % PEOPLE_BUCKETS;
}

static void
person_free(struct person *x)
{
	rights_free(x->rights);
	upstream_permissions_deinit(&x->upstream);
	identity_deinit(&x->identity);
	free(x->host);
	free(x);
}

int
people_meet(struct people *p, struct identity *id, struct person **out)
{
	struct person **b = &p->bucket[slot(id)];
	struct person *x;
	int r;

	for (x = *b; x != NULL; x = x->next) {
		if (x->host == NULL && identity_eq(&x->identity, id)) {
			identity_deinit(id);
			x->refs++;
			*out = x;
			return 0;
		}
	}
	x = calloc(1, sizeof(*x));
	r = x == NULL ? -ENOMEM : p->policy != NULL ? rights_new(&x->rights, p->policy, id) : 0;
	if (r != 0) {
		identity_deinit(id);
		free(x);
		return err_pass(r);
	}
	if (x->rights != NULL)
		rights_meter(x->rights, p->meters);
	x->identity = *id;
	*id = (struct identity){ 0 };
	x->refs = 1;
	x->next = *b;
	*b = x;
	p->n++;
	*out = x;
	return 0;
}

void
people_leave(struct people *p, struct person *x)
{
	struct person **at;

	if (x == NULL || --x->refs > 0)
		return;
	for (at = &p->bucket[slot(&x->identity)]; *at != x;)
		at = &(*at)->next;
	*at = x->next;
	p->n--;
	p->n_pinned -= x->host != NULL;
	person_free(x);
}

/* ---- hosts by first use ---- */

static bool
same_host(struct bytes a, struct bytes b)
{
	struct serve_host who = { 1, &a };

	return serve_is_own(&who, b);
}

static bool
same_user(const struct person *x, const struct person *y)
{
	return strcmp(x->identity.user, y->identity.user) == 0 &&
	    strcmp(x->identity.account, y->identity.account) == 0;
}

static bool
has_tag(const struct person *x, struct bytes host)
{
	struct bytes tag;

	for (size_t i = 0; (tag = identity_tag_value(&x->identity, "host", i)).ptr != NULL; i++)
		if (same_host(tag, host))
			return true;
	return false;
}

bool
people_claims(const struct person *x, const struct person *y)
{
	return y->host != NULL && !same_user(x, y) && has_tag(x, bytes_str(y->host));
}

/* is_free() - is nobody but @x's own user that host, by credential or pinned? */
static bool
is_free(const struct people *p, const struct person *x, struct bytes host)
{
	for (size_t i = 0; i < PEOPLE_BUCKETS; i++) {
		for (const struct person *y = p->bucket[i]; y != NULL; y = y->next) {
			if (same_user(x, y))
				continue;
			if ((y->host != NULL && same_host(bytes_str(y->host), host)) || has_tag(y, host))
				return false;
		}
	}
	return true;
}

/* copy_pinned() - a person of its own with the identity of @x. */
static struct person *
copy_pinned(struct people *p, const struct person *x, struct bytes host)
{
	struct person *y = calloc(1, sizeof(*y));
	struct cursor in;
	struct buf b;
	int r = -ENOMEM;

	if (y == NULL)
		return NULL;
	buf_init(&b, SIZE_MAX);
	identity_put(&b, &x->identity);
	y->host = strndup((const char *)host.ptr, host.len);
	in = (struct cursor){ .in = buf_bytes(&b) };
	if (y->host != NULL && !buf_failed(&b))
		r = identity_get(&in, &y->identity);
	if (r == 0 && p->policy != NULL)
		r = rights_new(&y->rights, p->policy, &y->identity);
	if (r == 0 && y->rights != NULL && rights_pins_host(y->rights))
		r = rights_pin(y->rights, host);
	buf_deinit(&b);
	if (r == 0 && y->rights != NULL)
		rights_meter(y->rights, p->meters);
	if (r == 0)
		return y;
	person_free(y);
	return NULL;
}

int
people_pin(struct people *p, struct person *x, struct bytes host, struct person **out)
{
	struct person **b = &p->bucket[slot(&x->identity)];
	struct person *y;

	if (!is_free(p, x, host))
		return PEOPLE_TAKEN;
	for (y = *b; y != NULL; y = y->next)
		if (y->host != NULL && bytes_is(host, y->host) && identity_eq(&y->identity, &x->identity))
			break;
	if (y == NULL) {
		y = copy_pinned(p, x, host);
		if (y == NULL)
			return err_raise(-ENOMEM);
		y->next = *b;
		*b = y;
		p->n++;
		p->n_pinned++;
	}
	y->refs++;
	people_leave(p, x);
	*out = y;
	return 0;
}

/* make_all() - new rights for everybody, in the order of the table. Return: 0, -ENOMEM. */
static int
make_all(struct people *p, struct policy *policy, struct rights **all)
{
	size_t at = 0;

	for (size_t i = 0; i < PEOPLE_BUCKETS; i++) {
		for (struct person *x = p->bucket[i]; x != NULL; x = x->next) {
			int r = rights_new(&all[at], policy, &x->identity);

			if (r == 0 && x->host != NULL && rights_pins_host(all[at]))
				r = rights_pin(all[at], bytes_str(x->host));
			if (r != 0)
				return err_pass(r);
			rights_meter(all[at], p->meters);
			at++;
		}
	}
	return 0;
}

int
people_swap(struct people *p, struct policy *policy)
{
	struct rights **all = calloc(p->n + 1, sizeof(struct rights *));
	size_t at = 0;
	int r = all == NULL ? -ENOMEM : make_all(p, policy, all);

	if (r != 0) {
		for (size_t i = 0; all != NULL && i < p->n; i++)
			rights_free(all[i]);
		free(all);
		return err_pass(r);
	}
	for (size_t i = 0; i < PEOPLE_BUCKETS; i++) {
		for (struct person *x = p->bucket[i]; x != NULL; x = x->next) {
			rights_free(x->rights);
			x->rights = all[at++];
		}
	}
	p->policy = policy;
	free(all);
	return 0;
}
