/*
 * account_jwt - see account_jwt.h.
 *
 * Writing an account anew must not lose what somebody else put into it. Rather than carry every
 * claim NATS knows through this tool, it reads the few it writes, writes the JWT again with the
 * same time, and compares: signatures are deterministic, so equal text means nothing was
 * overlooked.
 */
#include "gateway/cli/account_jwt.h"

#include <stdio.h>
#include <string.h>

#include "policy/identity/claims.h"

/* place_of() - where a key is in the sorted list, or would go; *there tells which. */
static size_t
place_of(const struct account_jwt *a, const char *key, bool *there)
{
	size_t from = 0, to = a->n_revocations;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int order = strcmp(a->revocations[mid].key, key);

		if (order == 0) {
			*there = true;
			return mid;
		}
		if (order < 0)
			from = mid + 1;
		else
			to = mid;
	}
	*there = false;
	return from;
}

int
account_jwt_revoke(struct account_jwt *a, const char *key, int64_t at_s)
{
	struct mint_revocation *list;
	char *copy;
	bool there;
	size_t at = place_of(a, key, &there);

	if (there) {
		a->revocations[at].at_s = at_s;
		return 0;
	}
	if (a->n_revocations == MINT_REVOCATIONS_MAX)
		return ACCOUNT_JWT_FULL;
	list = reallocarray(a->revocations, a->n_revocations + 1, sizeof(*list));
	if (list == NULL)
		return err_raise(-ENOMEM);
	a->revocations = list;
	copy = strdup(key);
	if (copy == NULL)
		return err_raise(-ENOMEM);
	memmove(&list[at + 1], &list[at], (a->n_revocations - at) * sizeof(*list));
	list[at] = (struct mint_revocation){ copy, at_s };
	a->n_revocations++;
	return 0;
}

/* take_over() - the few claims this tool writes. */
static int
take_over(struct account_jwt *a, const struct jwt *j, const struct claims_account *c)
{
	int r = 0;

	a->subject = j->sub;
	a->iat_s = j->iat_s;
	snprintf(a->name, sizeof(a->name), "%s", c->name != NULL ? c->name : "");
	if (c->revoked_all_s >= 0)
		r = account_jwt_revoke(a, "*", c->revoked_all_s);
	for (size_t i = 0; r == 0 && i < c->n_revocations; i++) {
		char key[NKEY_TEXT_LEN + 1];

		nkey_format(&c->revocation[i].key, key);
		r = account_jwt_revoke(a, key, c->revocation[i].at_s);
	}
	return r;
}

static int
read_claims(struct account_jwt *a, struct bytes text)
{
	struct claims_account c = { 0 };
	struct jwt j = { 0 };
	char why[WHY_MAX];
	int r = jwt_read(&j, text, NKEY_ACCOUNT, why);

	if (r == 0) {
		r = claims_account_read(&c, &j, why);
		if (r == 0)
			r = take_over(a, &j, &c);
		claims_account_deinit(&c);
	}
	jwt_deinit(&j);
	return r > 0 ? ACCOUNT_JWT_BAD : err_pass(r);
}

int
account_jwt_read(struct account_jwt *a, struct bytes jwt, const struct nkey_pair *by)
{
	struct buf again;
	int r;

	*a = (struct account_jwt){ 0 };
	buf_init(&again, JWT_MAX);
	r = read_claims(a, jwt);
	if (r == 0 && by != NULL)
		r = account_jwt_write(a, a->iat_s, &again, by);
	if (r == 0 && by != NULL && !bytes_eq(buf_bytes(&again), jwt))
		r = ACCOUNT_JWT_FOREIGN;
	buf_deinit(&again);
	if (r != 0)
		account_jwt_deinit(a);
	return err_pass(r);
}

int
account_jwt_write(
    const struct account_jwt *a, int64_t iat_s, struct buf *out, const struct nkey_pair *by)
{
	struct mint_account m = {
		.c = { .name = a->name, .iat_s = iat_s },
		.subject = &a->subject,
		.n_revocations = a->n_revocations,
		.revocations = a->revocations,
		.jetstream = true,
		.max_conn = -1,
	};

	return mint_account(out, &m, by);
}

bool
account_jwt_revoked(const struct account_jwt *a, const char *key, int64_t iat_s)
{
	bool there;
	size_t all;

	(void)place_of(a, key, &there);
	if (there)
		return true;
	all = place_of(a, "*", &there);
	return there && a->revocations[all].at_s >= iat_s;
}

void
account_jwt_deinit(struct account_jwt *a)
{
	for (size_t i = 0; i < a->n_revocations; i++)
		free((char *)(uintptr_t)a->revocations[i].key);
	free(a->revocations);
	*a = (struct account_jwt){ 0 };
}
