/*
 * wascap_judge - may claims be believed? A token's key is inside it, so a good signature says only
 * that somebody wrote it who has that key; it is the list of issuers that makes it somebody's.
 * wascap itself has no such list. Each question can be asked alone, for the tool that shows all of
 * them; a host asks wascap_judge().
 */
#include "policy/identity/issuers.h"
#include "policy/identity/wascap.h"
#include "policy/identity/why_priv.h"

int
wascap_signed(const struct wascap *w, char why[WHY_MAX])
{
	if (w->kind != WASCAP_NONE &&
	    nkey_verify(&w->iss, buf_bytes(&w->signed_part), bytes_of(w->sig, sizeof(w->sig))) == 0)
		return 0;
	return why_say(why, WASCAP_BAD_SIGNATURE,
	    "the signature does not match: the claims were changed, or another key signed them");
}

int
wascap_issued(const struct wascap *w, const struct wascap_trust *t, char why[WHY_MAX])
{
	char text[NKEY_TEXT_LEN + 1];

	if (w->kind == WASCAP_NONE)
		return why_say(why, WASCAP_ISSUER, "there are no claims");
	if (t->list != NULL && issuers_revoked(t->list, w, why) != 0)
		return WASCAP_REVOKED;
	for (size_t i = 0; i < t->n; i++)
		if (nkey_eq(&t->issuer[i], &w->iss))
			return 0;
	if (t->list != NULL)
		return err_pass(issuers_believed(t->list, w, t->now_s, why));
	nkey_format(&w->iss, text);
	return why_say(why, WASCAP_ISSUER, "the issuer %s is not trusted", text);
}

int
wascap_timely(const struct wascap *w, int64_t now_s, char why[WHY_MAX])
{
	if (w->kind == WASCAP_NONE)
		return why_say(why, WASCAP_EXPIRED, "there are no claims");
	if (w->exp_s != 0 && w->exp_s <= now_s)
		return why_say(why, WASCAP_EXPIRED, "the claims expired at %lld (unix time)",
		    (long long)w->exp_s);
	if (w->nbf_s > now_s)
		return why_say(why, WASCAP_NOT_YET, "the claims hold from %lld on (unix time)",
		    (long long)w->nbf_s);
	if (w->iat_s - WASCAP_SKEW_S > now_s)
		return why_say(why, WASCAP_NOT_YET,
		    "the claims were issued in the future, at %lld (unix time)",
		    (long long)w->iat_s);
	return 0;
}

int
wascap_judge(const struct wascap *w, const struct wascap_trust *t, char why[WHY_MAX])
{
	int r = wascap_signed(w, why);

	if (r == 0)
		r = wascap_issued(w, t, why);
	if (r == 0)
		r = wascap_timely(w, t->now_s, why);
	return err_pass(r);
}

const char *
wascap_code(int answer)
{
	static const char *const codes[] = { "ok", "bad_file", "unsigned", "two_tokens",
		"bad_token", "bad_signature", "issuer", "expired", "not_yet", "bad_hash",
		"revoked" };

	if (answer < 0 || (size_t)answer >= sizeof(codes) / sizeof(codes[0]))
		return "internal";
	return codes[answer];
}
