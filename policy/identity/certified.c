/*
 * certified - an identity by certificate, before its account: the account's operator has not heard of
 * it, the policy gave it that account. So it has none of what tokens are lent (permissions, tags), only
 * what the account limits everybody to, and it ends when the account does.
 */
#include "policy/identity/trust_priv.h"
#include "policy/identity/why_priv.h"

/* find() - the account, if it is in force. Return: 0 and *out, an answer. */
static int
find(const struct trust *t, const struct identity *id, int64_t now_s, const struct account **out, char why[160])
{
	const struct account *a;
	const struct operator *o;
	struct nkey key;

	if (nkey_parse(&key, bytes_str(id->account)) != 0)
		return why_say(why, TRUST_UNKNOWN_ACCOUNT, "the role names no account");
	a = trust_account(t, &key);
	if (a == NULL)
		return why_say(why, TRUST_UNKNOWN_ACCOUNT, "the role's account is not known here");
	o = trust_signer(t, &a->signer);
	if (o == NULL)
		return why_say(why, TRUST_ISSUER, "the account's operator is not trusted any more");
	if ((a->exp_s != 0 && now_s >= a->exp_s) || (o->exp_s != 0 && now_s >= o->exp_s))
		return why_say(why, TRUST_EXPIRED_ACCOUNT, "the account or its operator expired");
	if (a->nbf_s > now_s || o->nbf_s > now_s)
		return why_say(why, TRUST_NOT_YET, "nbf: in the future");
	if (a->claims.revoked_all_s >= id->issued_s)
		return why_say(why, TRUST_REVOKED, "the account revoked all that is so old");
	if (id->expires_s == 0 || now_s >= id->expires_s)
		return why_say(why, TRUST_EXPIRED_USER, "the certificate expired");
	*out = a;
	return 0;
}

int
trust_certified(const struct trust *t, struct identity *id, int64_t now_s, char why[160])
{
	const struct account *a;
	int r = find(t, id, now_s, &a, why);

	if (r != 0)
		return r;
	id->max_subs = a->claims.max_subs;
	id->max_payload = a->claims.max_payload;
	return 0;
}

int
trust_certified_stands(const struct trust *t, const struct identity *id, int64_t now_s)
{
	const struct account *a;
	char why[160];

	return find(t, id, now_s, &a, why);
}
