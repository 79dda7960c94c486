/*
 * people - see people.h. Two logins are the same person only when everything about them is the same,
 * permissions included: an account may have been changed between them.
 */
#include "gateway/proc/people.h"

#include "policy/rules/upstream.h"

static size_t
slot(const struct identity *id)
{
	return (size_t)(id->token[0] | id->token[1] << 8) % PEOPLE_BUCKETS;
}

/* same() - equal in everything that identity_put() writes. */
static bool
same(const struct identity *a, const struct identity *b)
{
	struct buf x, y;
	bool is;

	if (memcmp(a->token, b->token, sizeof(a->token)) != 0)
		return false;
	buf_init(&x, SIZE_MAX);
	buf_init(&y, SIZE_MAX);
	identity_put(&x, a);
	identity_put(&y, b);
	is = !buf_failed(&x) && !buf_failed(&y) && bytes_eq(buf_bytes(&x), buf_bytes(&y));
	buf_deinit(&x);
	buf_deinit(&y);
	return is;
}

int
people_meet(struct people *p, struct identity *id, struct person **out)
{
	struct person **b = &p->bucket[slot(id)];
	struct person *x;
	int r;

	for (x = *b; x != NULL; x = x->next) {
		if (same(&x->identity, id)) {
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
	rights_free(x->rights);
	upstream_permissions_deinit(&x->upstream);
	identity_deinit(&x->identity);
	free(x);
}

/* make_all() - new rights for everybody, in the order of the table. Return: 0, -ENOMEM. */
static int
make_all(struct people *p, struct policy *policy, struct rights **all)
{
	size_t at = 0;

	for (size_t i = 0; i < PEOPLE_BUCKETS; i++) {
		for (struct person *x = p->bucket[i]; x != NULL; x = x->next) {
			int r = rights_new(&all[at], policy, &x->identity);

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
