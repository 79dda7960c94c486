/*
 * login - trust_login() and trust_recheck(): the question trust.h asks, in the order that costs
 * a stranger's token the least. The container and the look-up of its account come first, then the
 * token's signature, then what it claims, then the speaker's own signature over the nonce; only of
 * a proven speaker is asked whether it may come in now and from here.
 *
 * A signature over the nonce may be spelled in two ways, because clients do: base64url without
 * padding, or standard base64 with it. It is used once and named nowhere, so two spellings harm
 * nobody; both are read strictly.
 * Source: nats-server auth.go processClientOrLeafAuthentication.
 */
#include <sodium.h>

#include "policy/core/base64url.h"
#include "policy/identity/claims_priv.h"
#include "policy/identity/list_priv.h"
#include "policy/identity/scope_priv.h"
#include "policy/identity/seen.h"
#include "policy/identity/trust_priv.h"
#include "policy/identity/why_priv.h"

enum { USER_JWT_MAX = 64 * 1024, DAY_S = 86400, SIG_TEXT = 86 };

/* One login being judged: what is asked, and what has been found out so far. */
struct attempt {
	const struct trust *t;
	const struct login *l;
	char *why;
	struct jwt j;
	struct claims_user user;
	const struct account *account;
	const struct operator* operator;
	const struct claims_scope *scope; /* NULL: the account's own key, or an unscoped one */
	const struct claims_grant *grant; /* the user's own, or the scope's template */
	int64_t window_end_s;             /* 0: none */
};

/* find_chain() - the account the token says it is of, and the right of its issuer to say so. */
static int
find_chain(struct attempt *a)
{
	const struct claims_scope *scope;
	struct nkey key;

	if (a->j.iss.type != NKEY_ACCOUNT)
		return why_say(a->why, TRUST_ISSUER, "iss: not an account's key");
	if (claims_issuer_account(&key, &a->j, a->why) != 0)
		return TRUST_BAD_TOKEN;
	a->account = trust_account(a->t, key.type != NKEY_NONE ? &key : &a->j.iss);
	if (a->account == NULL)
		return why_say(a->why, TRUST_UNKNOWN_ACCOUNT, "the account is not known here");
	a->operator= trust_signer(a->t, &a->account->signer);
	if (a->operator== NULL)
		return why_say(
		    a->why, TRUST_ISSUER, "the account's operator is not trusted any more");
	if (!trust_issuer(a->account, &a->j.iss, &scope))
		return why_say(
		    a->why, TRUST_ISSUER, "iss: neither the account nor one of its signing keys");
	a->scope = scope != NULL && scope->scoped ? scope : NULL;
	return 0;
}

/* rightly_signed() - by the key it names: found so now, or when these very bytes were shown before. */
static bool
rightly_signed(struct attempt *a)
{
	uint8_t name[SEEN_NAME];

	if (a->l->seen == NULL)
		return jwt_verify(&a->j) == 0;
	seen_name(a->l->seen, a->l->jwt, name);
	if (seen_before(a->l->seen, name))
		return true;
	if (jwt_verify(&a->j) != 0)
		return false;
	seen_keep(a->l->seen, name);
	return true;
}

/* read_user() - verify the token, and only then decode what it claims. */
static int
read_user(struct attempt *a)
{
	int r;

	if (!rightly_signed(a))
		return why_say(a->why, TRUST_BAD_SIGNATURE, "the token's signature does not match");
	r = claims_user_read(&a->user, &a->j, a->why);
	a->grant = a->scope != NULL ? &a->scope->template : &a->user.grant;
	return r > 0 ? TRUST_BAD_TOKEN : err_pass(r);
}

/* nonce_sig() - the 64 bytes of a signature in one of its two spellings. */
static bool
nonce_sig(struct bytes text, uint8_t sig[NKEY_SIG_LEN])
{
	uint8_t url[SIG_TEXT];
	size_t n;

	if (text.len == SIG_TEXT + 2 && bytes_is(bytes_from(text, SIG_TEXT), "==")) {
		for (size_t i = 0; i < SIG_TEXT; i++) {
			uint8_t c = text.ptr[i];

			if (c == '-' || c == '_')
				return false;
			url[i] = c == '+' ? '-' : c == '/' ? '_' : c;
		}
		text = bytes_of(url, sizeof(url));
	}
	return text.len == SIG_TEXT && base64url_decode(text, sig, NKEY_SIG_LEN, &n) == 0;
}

/* check_proof() - the speaker's signature over the nonce this connection was given. */
static int
check_proof(struct attempt *a)
{
	uint8_t sig[NKEY_SIG_LEN];

	if (a->grant->bearer || a->user.grant.bearer)
		return why_say(
		    a->why, TRUST_BEARER, "bearer tokens prove nothing about who sends them");
	if (a->l->nonce.len == 0 || !nonce_sig(a->l->sig, sig))
		return why_say(
		    a->why, TRUST_BAD_SIGNATURE, "sig: missing or not 64 bytes of base64");
	if (nkey_verify(&a->j.sub, a->l->nonce, bytes_of(sig, sizeof(sig))) != 0)
		return why_say(a->why, TRUST_BAD_SIGNATURE, "sig: does not match nonce and user");
	return 0;
}

static bool
over(int64_t exp_s, int64_t now_s)
{
	return exp_s != 0 && now_s >= exp_s;
}

/* check_windows() - inside one of the hours of the day; the end of the longest is kept. */
static bool
check_windows(struct attempt *a)
{
	int64_t now = a->l->now_s, second = ((now % DAY_S) + DAY_S) % DAY_S, most = 0;

	for (size_t i = 0; i < a->grant->n_times; i++) {
		const struct claims_window *w = &a->grant->times[i];
		int64_t length = (w->end_s - w->start_s + DAY_S) % DAY_S;
		int64_t into = (second - w->start_s + DAY_S) % DAY_S;

		if (into < length && length - into > most)
			most = length - into;
	}
	a->window_end_s = now + most;
	return most > 0;
}

static int
check_times(struct attempt *a)
{
	const struct account *account = a->account;
	int64_t now = a->l->now_s;

	if (a->t->o.require_exp && a->j.exp_s == 0)
		return why_say(a->why, TRUST_REQUIRE_EXP, "exp: missing, and required here");
	if (over(a->j.exp_s, now))
		return why_say(a->why, TRUST_EXPIRED_USER, "the user expired");
	if (over(account->exp_s, now))
		return why_say(a->why, TRUST_EXPIRED_ACCOUNT, "the account expired");
	if (over(a->operator->exp_s, now))
		return why_say(a->why, TRUST_EXPIRED_ACCOUNT, "the account's operator expired");
	if (a->j.iat_s > now + a->t->o.skew_s)
		return why_say(a->why, TRUST_NOT_YET, "iat: in the future");
	if (a->j.nbf_s > now || account->nbf_s > now || a->operator->nbf_s> now)
		return why_say(a->why, TRUST_NOT_YET, "nbf: in the future");
	if (a->grant->times_present && !check_windows(a))
		return why_say(a->why, TRUST_NOT_YET, "times: outside every window");
	return 0;
}

/* check_place() - where from, and over what kind of connection. */
static int
check_place(struct attempt *a)
{
	const struct claims_grant *g = a->grant;
	bool inside = !g->src_present;

	for (size_t i = 0; i < g->n_src && !inside; i++)
		inside = a->l->source != NULL && cidr_contains(&g->src[i], a->l->source);
	if (!inside)
		return why_say(a->why, TRUST_SOURCE, "src: does not contain the peer's address");
	if (g->types_present && (g->types & claims_type(bytes_str(a->l->type))) == 0)
		return why_say(
		    a->why, TRUST_TYPE, "allowed_connection_types: this kind is not among them");
	return 0;
}

static int
check(struct attempt *a)
{
	int r = check_proof(a);

	if (r == 0 && trust_revoked(a->account, &a->j.sub, a->j.iat_s))
		r = why_say(a->why, TRUST_REVOKED, "revoked by its account");
	if (r == 0)
		r = check_times(a);
	if (r == 0 && a->scope != NULL && a->user.grant.any)
		r = why_say(a->why, TRUST_SCOPE,
		    "signed by a scoped key, but has permissions or limits of its own");
	if (r == 0)
		r = check_place(a);
	return r;
}

/* fill_permissions() - the user's own, the scope's filled in, or the account's defaults. */
static int
fill_permissions(struct attempt *a, struct identity *id)
{
	const struct claims_account *c = &a->account->claims;
	const struct scope_values v = { id->user, id->account, a->user.name, c->name, &a->user.tags,
		&c->tags };
	int r = 0;

	/* what a scope says, its account's defaults included, is one thing to trust_recheck() */
	if (a->scope != NULL) {
		memcpy(id->grant, a->scope->digest, sizeof(id->grant));
		r = scope_expand(&id->perms, &a->scope->template.perms, &v, a->why);
		if (r != 0)
			return r > 0 ? TRUST_SCOPE : err_pass(r);
	}
	if (claims_permissions_say(&a->grant->perms)) {
		if (a->scope == NULL)
			r = permissions_copy(&id->perms, &a->grant->perms);
		return err_pass(r);
	}
	if (a->scope == NULL)
		memcpy(id->grant, c->defaults_digest, sizeof(id->grant));
	permissions_deinit(&id->perms);
	return permissions_copy(&id->perms, &c->defaults);
}

/* lesser() - the smaller of two limits of which -1 is none. */
static int64_t
lesser(int64_t a, int64_t b)
{
	return b < 0 ? a : a < 0 || b < a ? b : a;
}

/* earlier() - of two times of which 0 is never. */
static int64_t
earlier(int64_t a, int64_t b)
{
	return b == 0 ? a : a == 0 || b < a ? b : a;
}

/* fill_id() - the token's own name for itself; nothing is decided by it. */
static void
fill_id(const struct jwt *j, struct identity *id)
{
	size_t at = json_member(&j->json, 0, "jti");
	uint8_t room[JWT_STRING_MAX];
	struct bytes s;

	if (at == 0 || jwt_string(&j->json, at, room, &s) != 0 || s.len == 0 || s.len >= sizeof(id->jti))
		return;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= 0x20 || s.ptr[i] >= 0x7f)
			return;
	memcpy(id->jti, s.ptr, s.len);
	id->jti[s.len] = '\0';
}

/* fill() - a judged attempt to an identity; takes name and tags out of the claims. */
static int
fill(struct attempt *a, struct identity *id)
{
	const struct claims_account *c = &a->account->claims;
	int r;

	nkey_format(&a->j.sub, id->user);
	nkey_format(&a->account->key, id->account);
	nkey_format(&a->j.iss, id->issuer);
	fill_id(&a->j, id);
	crypto_hash_sha256(id->token, a->j.signed_part.ptr, a->j.signed_part.len);
	id->max_subs = lesser(a->grant->max_subs, c->max_subs);
	id->max_payload = lesser(a->grant->max_payload, c->max_payload);
	id->issued_s = a->j.iat_s;
	/* its account's end may be moved later; trust_recheck() asks for it each time */
	id->expires_s = earlier(a->j.exp_s, a->window_end_s);
	r = fill_permissions(a, id);
	if (r != 0)
		return err_pass(r);
	id->name = take(a->user.name);
	id->tags = take(a->user.tags.tag);
	id->n_tags = a->user.tags.n;
	a->user.tags.n = 0;
	return 0;
}

int
trust_login(const struct trust *t, const struct login *l, struct identity *id, char why[160])
{
	struct attempt a = { .t = t, .l = l, .why = why };
	int r;

	*id = (struct identity){ 0 };
	why[0] = '\0';
	if (l->jwt.len > USER_JWT_MAX)
		return why_say(why, TRUST_BAD_TOKEN, "over 64 KiB");
	r = jwt_read(&a.j, l->jwt, NKEY_USER, why);
	if (r > 0)
		r = TRUST_BAD_TOKEN;
	if (r == 0)
		r = find_chain(&a);
	if (r == 0)
		r = read_user(&a);
	if (r == 0)
		r = check(&a);
	if (r == 0)
		r = fill(&a, id);
	if (r != 0)
		identity_deinit(id);
	claims_user_deinit(&a.user);
	jwt_deinit(&a.j);
	return err_pass(r);
}

/* grant_stands() - is what the account lent it still what the account lends? */
static bool
grant_stands(const struct account *a, const struct claims_scope *scope, const struct identity *id)
{
	static const uint8_t own[32];

	if (scope != NULL && scope->scoped)
		return memcmp(id->grant, scope->digest, sizeof(id->grant)) == 0;
	return memcmp(id->grant, own, sizeof(own)) == 0 ||
	       memcmp(id->grant, a->claims.defaults_digest, sizeof(id->grant)) == 0;
}

int
trust_recheck(const struct trust *t, const struct identity *id, int64_t now_s)
{
	const struct claims_scope *scope;
	const struct operator* o;
	const struct account *a;
	struct nkey user, account, issuer;

	if (identity_certified(id))
		return trust_certified_stands(t, id, now_s);
	if (nkey_parse(&user, bytes_str(id->user)) != 0 ||
	    nkey_parse(&account, bytes_str(id->account)) != 0 ||
	    nkey_parse(&issuer, bytes_str(id->issuer)) != 0)
		return TRUST_ISSUER;
	a = trust_account(t, &account);
	o = a != NULL ? trust_signer(t, &a->signer) : NULL;
	if (o == NULL || !trust_issuer(a, &issuer, &scope))
		return TRUST_ISSUER;
	if (trust_revoked(a, &user, id->issued_s))
		return TRUST_REVOKED;
	if (over(a->exp_s, now_s) || over(o->exp_s, now_s))
		return TRUST_EXPIRED_ACCOUNT;
	if (over(id->expires_s, now_s))
		return TRUST_EXPIRED_USER;
	return grant_stands(a, scope, id) ? 0 : TRUST_ISSUER;
}
