/*
 * fuzz_jwt - any bytes as a token, and as the payload of a properly signed one. Properties: what
 * is decoded from a user's token can be minted, and decodes to the same permissions again; a login
 * never succeeds for a token that was not signed.
 */
#include <assert.h>
#include <sodium.h>

#include "policy/identity/claims.h"
#include "policy/identity/mint.h"
#include "policy/identity/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char operator_seed[] = "SOAACAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIATA";
static const char account_seed[] = "SAAAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAUN5U";

static bool
same_list(const struct subject_list *a, const struct subject_list *b)
{
	if (a->present != b->present || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!bytes_eq(a->item[i], b->item[i]))
			return false;
	return true;
}

/* says() - can this list be written as itself? An empty one has another spelling. */
static bool
says(const struct subject_list *l)
{
	return !l->present || l->n > 0;
}

static void
same_permissions(const struct permissions *a, const struct permissions *b)
{
	if (!says(&a->pub_deny) || !says(&a->sub_deny) || !says(&a->sub_allow) ||
	    (!says(&a->pub_allow) && !a->resp))
		return;
	assert(same_list(&a->pub_allow, &b->pub_allow));
	assert(same_list(&a->pub_deny, &b->pub_deny));
	assert(same_list(&a->sub_allow, &b->sub_allow));
	assert(same_list(&a->sub_deny, &b->sub_deny));
	assert(
	    a->resp == b->resp && a->resp_max == b->resp_max && a->resp_ttl_ms == b->resp_ttl_ms);
}

/* mint_again() - the decoded user, minted, read and compared. */
static void
mint_again(const struct claims_user *u, const struct jwt *j, const struct nkey_pair *by)
{
	struct mint_user m = {
		.c = { .name = u->name,
		    .iat_s = j->iat_s,
		    .exp_s = j->exp_s,
		    .nbf_s = j->nbf_s,
		    .n_tags = u->tags.n,
		    .tags = (const char *const *)u->tags.tag },
		.subject = &j->sub,
		.perms = &u->grant.perms,
		.max_subs = u->grant.max_subs,
		.max_payload = u->grant.max_payload,
	};
	struct claims_user v;
	char why[WHY_MAX];
	struct buf b;
	struct jwt k;

	buf_init(&b, JWT_MAX);
	assert(mint_user(&b, &m, by) == 0);
	assert(jwt_read(&k, buf_bytes(&b), NKEY_USER, why) == 0);
	assert(jwt_verify(&k) == 0);
	assert(claims_user_read(&v, &k, why) == 0);
	assert(k.iat_s == j->iat_s && k.exp_s == j->exp_s && k.nbf_s == j->nbf_s);
	assert(nkey_eq(&k.sub, &j->sub) && nkey_eq(&k.iss, &by->pub));
	assert(strcmp(u->name, v.name) == 0 && u->tags.n == v.tags.n);
	for (size_t i = 0; i < u->tags.n; i++)
		assert(strcmp(u->tags.tag[i], v.tags.tag[i]) == 0);
	assert(
	    u->grant.max_subs == v.grant.max_subs && u->grant.max_payload == v.grant.max_payload);
	same_permissions(&u->grant.perms, &v.grant.perms);
	claims_user_deinit(&v);
	jwt_deinit(&k);
	buf_deinit(&b);
}

/* as_token() - the bytes as they are; no login without a signature. */
static void
as_token(struct bytes in, const struct trust *t)
{
	struct login l = {
		.jwt = in, .nonce = BYTES_LIT("nonce"), .source = "::1", .type = "STANDARD"
	};
	struct identity id;
	char why[160];
	struct jwt j;

	for (int kind = NKEY_OPERATOR; kind <= NKEY_USER; kind++)
		if (jwt_read(&j, in, (enum nkey_type)kind, why) == 0)
			jwt_deinit(&j);
	assert(trust_login(t, &l, &id, why) != 0);
	assert(why[0] != '\0' && id.user[0] == '\0');
}

/* as_payload() - the bytes as what an account or an operator signed. */
static void
as_payload(
    struct bytes in, struct trust *t, const struct nkey_pair *op, const struct nkey_pair *acc)
{
	struct claims_user u;
	char why[160];
	struct buf b;
	struct jwt j;

	buf_init(&b, JWT_MAX);
	jwt_seal(&b, in, acc);
	if (!buf_failed(&b) && jwt_read(&j, buf_bytes(&b), NKEY_USER, why) == 0) {
		if (claims_user_read(&u, &j, why) == 0) {
			mint_again(&u, &j, acc);
			claims_user_deinit(&u);
		}
		jwt_deinit(&j);
	}
	if (!buf_failed(&b))
		as_token(buf_bytes(&b), t);
	buf_reset(&b);
	jwt_seal(&b, in, op);
	if (!buf_failed(&b)) {
		(void)!trust_add_operator(t, buf_bytes(&b), why);
		(void)!trust_add_account(t, buf_bytes(&b), why);
	}
	buf_deinit(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nkey_pair op, acc;
	char key[NKEY_TEXT_LEN + 1], why[160];
	struct trust *t;

	if (sodium_init() < 0)
		return 0;
	t = trust_new(NULL);
	assert(t != NULL);
	assert(nkey_pair_parse(&op, bytes_str(operator_seed)) == 0);
	assert(nkey_pair_parse(&acc, bytes_str(account_seed)) == 0);
	nkey_format(&op.pub, key);
	assert(trust_add_operator(t, bytes_str(key), why) == 0);
	as_token(bytes_of(data, size), t);
	as_payload(bytes_of(data, size), t, &op, &acc);
	nkey_pair_deinit(&op);
	nkey_pair_deinit(&acc);
	trust_free(t);
	return 0;
}
