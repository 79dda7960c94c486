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

static int
add_revocation(struct account_jwt *a, const char *key, int64_t at_s)
{
	struct mint_revocation *list =
	    reallocarray(a->revocations, a->n_revocations + 1, sizeof(*list));
	char *copy = strdup(key);

	if (list != NULL)
		a->revocations = list;
	if (list == NULL || copy == NULL) {
		free(copy);
		return err_raise(-ENOMEM);
	}
	list[a->n_revocations++] = (struct mint_revocation){ copy, at_s };
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
		r = add_revocation(a, "*", c->revoked_all_s);
	for (size_t i = 0; r == 0 && i < c->n_revocations; i++) {
		char key[NKEY_TEXT_LEN + 1];

		nkey_format(&c->revocation[i].key, key);
		r = add_revocation(a, key, c->revocation[i].at_s);
	}
	return r;
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(
	    ((const struct mint_revocation *)a)->key, ((const struct mint_revocation *)b)->key);
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

	/* in one order, as every encoder of maps does: the same revocations are the same text */
	if (a->n_revocations > 1)
		qsort(a->revocations, a->n_revocations, sizeof(*a->revocations), by_key);
	return mint_account(out, &m, by);
}

int
account_jwt_revoke(struct account_jwt *a, const char *key, int64_t at_s)
{
	for (size_t i = 0; i < a->n_revocations; i++) {
		if (strcmp(a->revocations[i].key, key) == 0) {
			a->revocations[i].at_s = at_s;
			return 0;
		}
	}
	return add_revocation(a, key, at_s);
}

bool
account_jwt_revoked(const struct account_jwt *a, const char *key, int64_t iat_s)
{
	for (size_t i = 0; i < a->n_revocations; i++) {
		const char *k = a->revocations[i].key;

		if ((strcmp(k, key) == 0 || strcmp(k, "*") == 0) && a->revocations[i].at_s >= iat_s)
			return true;
	}
	return false;
}

void
account_jwt_deinit(struct account_jwt *a)
{
	for (size_t i = 0; i < a->n_revocations; i++)
		free((char *)(uintptr_t)a->revocations[i].key);
	free(a->revocations);
	*a = (struct account_jwt){ 0 };
}
