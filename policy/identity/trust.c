/*
 * trust - see trust.h. Who is trusted: operators by configuration, accounts because an operator
 * signed them. Tokens are verified once, when they are added; what remains is a table of accounts
 * by key, which many connections ask.
 *
 * Stricter than the server: a user named in an account's revocations stays refused whatever its
 * token's age (there, a newer token of the same key is let in again), and an expired operator takes
 * its accounts along.
 * Source: nats-server auth.go processClientOrLeafAuthentication, accounts.go checkUserRevoked.
 */
#include "policy/identity/trust_priv.h"

#include "policy/identity/creds.h"
#include "policy/identity/why_priv.h"

enum { OPERATORS_MAX = 64, FIRST_SLOTS = 64, SKEW_S = 60 };

struct trust *
trust_new(const struct trust_options *o)
{
	struct trust *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	if (o != NULL)
		t->o = *o;
	if (t->o.skew_s == 0)
		t->o.skew_s = SKEW_S;
	else if (t->o.skew_s < 0)
		t->o.skew_s = 0;
	return t;
}

static void
account_free(struct account *a)
{
	if (a == NULL)
		return;
	claims_account_deinit(&a->claims);
	free(a);
}

void
trust_free(struct trust *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n_operators; i++)
		claims_operator_deinit(&t->operator[i].claims);
	free(t->operator);
	for (size_t i = 0; i < t->n_slots; i++)
		account_free(t->slot[i]);
	free(t->slot);
	free(t);
}

void
trust_freep(struct trust **t)
{
	trust_free(*t);
	*t = NULL;
}

/* unwrap() - a token as files hold it: white space around, or between lines of dashes. */
static struct bytes
unwrap(struct bytes text)
{
	struct bytes token;

	while (text.len > 0 && memchr(" \t\r\n", text.ptr[0], 4) != NULL)
		text = bytes_from(text, 1);
	while (text.len > 0 && memchr(" \t\r\n", text.ptr[text.len - 1], 4) != NULL)
		text.len--;
	return creds_block(text, &token) ? token : text;
}

/* slot_of() - where a key is, or would go. Keys are points of a curve: their bytes are spread
 * enough. */
static size_t
slot_of(struct account *const *slot, size_t n_slots, const struct nkey *key)
{
	uint64_t h;
	size_t i;

	memcpy(&h, key->pub, sizeof(h));
	i = (size_t)h & (n_slots - 1);
	while (slot[i] != NULL && !nkey_eq(&slot[i]->key, key))
		i = (i + 1) & (n_slots - 1);
	return i;
}

/* make_room() - for one more account, with at least a third of the table empty. */
static int
make_room(struct trust *t)
{
	size_t n = t->n_slots != 0 ? t->n_slots * 2 : FIRST_SLOTS;
	struct account **more;

	if ((t->n_accounts + 1) * 3 <= t->n_slots * 2)
		return 0;
	more = calloc(n, sizeof(*more));
	if (more == NULL)
		return err_raise(-ENOMEM);
	for (size_t i = 0; i < t->n_slots; i++)
		if (t->slot[i] != NULL)
			more[slot_of(more, n, &t->slot[i]->key)] = t->slot[i];
	free(t->slot);
	t->slot = more;
	t->n_slots = n;
	return 0;
}

const struct account *
trust_account(const struct trust *t, const struct nkey *key)
{
	return t->n_slots != 0 ? t->slot[slot_of(t->slot, t->n_slots, key)] : NULL;
}

static bool
operator_signs(const struct operator* o, const struct nkey *key)
{
	if (!o->claims.strict && nkey_eq(&o->key, key))
		return true;
	for (size_t i = 0; i < o->claims.n_keys; i++)
		if (nkey_eq(&o->claims.key[i], key))
			return true;
	return false;
}

const struct operator* trust_signer(const struct trust *t, const struct nkey *key)
{
	for (size_t i = 0; i < t->n_operators; i++)
		if (operator_signs(&t->operator[i], key))
			return &t->operator[i];
	return NULL;
}

bool
trust_issuer(const struct account *a, const struct nkey *iss, const struct claims_scope **scope)
{
	*scope = NULL;
	if (nkey_eq(&a->key, iss))
		return true;
	for (size_t i = 0; i < a->claims.n_scopes && *scope == NULL; i++)
		if (nkey_eq(&a->claims.scope[i].key, iss))
			*scope = &a->claims.scope[i];
	return *scope != NULL;
}

static int
by_key(const void *key, const void *entry)
{
	const struct nkey *k = key;
	const struct claims_revocation *v = entry;

	return memcmp(k->pub, v->key.pub, sizeof(k->pub));
}

bool
trust_revoked(const struct account *a, const struct nkey *user, int64_t iat_s)
{
	const struct claims_account *c = &a->claims;

	if (c->revoked_all_s >= iat_s)
		return true;
	return c->n_revocations > 0 && bsearch(user, c->revocation, c->n_revocations,
					   sizeof(*c->revocation), by_key) != NULL;
}

/* read_operator() - a self-signed token or a bare key. */
static int
read_operator(struct operator* o, struct bytes text, char *why)
{
	struct jwt j;
	int r;

	if (text.len == NKEY_TEXT_LEN) {
		o->iat_s = -1;
		r = nkey_parse(&o->key, text);
		if (r == 0 && o->key.type == NKEY_OPERATOR)
			return 0;
		return why_say(why, TRUST_BAD_TOKEN, "operator key: %s",
		    r != 0 ? nkey_why(r) : "not an O key");
	}
	r = jwt_read(&j, text, NKEY_OPERATOR, why);
	if (r != 0)
		return r > 0 ? TRUST_BAD_TOKEN : err_pass(r);
	if (!nkey_eq(&j.iss, &j.sub))
		r = why_say(why, TRUST_ISSUER, "the operator's token is not signed by itself");
	else if (jwt_verify(&j) != 0)
		r = why_say(why, TRUST_BAD_SIGNATURE, "the operator's signature does not match");
	else
		r = claims_operator_read(&o->claims, &j, why);
	o->key = j.sub;
	o->iat_s = j.iat_s;
	o->exp_s = j.exp_s;
	o->nbf_s = j.nbf_s;
	jwt_deinit(&j);
	return r;
}

/* keep_operator() - add it, or let it replace an older statement of the same operator. */
static int
keep_operator(struct trust *t, struct operator* o, char *why)
{
	struct operator* more;

	for (size_t i = 0; i < t->n_operators; i++) {
		if (!nkey_eq(&t->operator[i].key, &o->key))
			continue;
		if (t->operator[i].iat_s> o->iat_s) {
			claims_operator_deinit(&o->claims);
			return 0;
		}
		claims_operator_deinit(&t->operator[i].claims);
		t->operator[i] = * o;
		return 0;
	}
	if (t->n_operators == OPERATORS_MAX) {
		claims_operator_deinit(&o->claims);
		return why_say(why, TRUST_BAD_TOKEN, "over %d operators", OPERATORS_MAX);
	}
	more = realloc(t->operator,(t->n_operators + 1) * sizeof(*more));
	if (more == NULL) {
		claims_operator_deinit(&o->claims);
		return err_raise(-ENOMEM);
	}
	t->operator= more;
	t->operator[t->n_operators++] = * o;
	return 0;
}

int
trust_add_operator(struct trust *t, struct bytes text, char why[160])
{
	struct operator o = { 0 };
	int r;

	why[0] = '\0';
	r = read_operator(&o, unwrap(text), why);
	if (r != 0)
		return err_pass(r);
	return keep_operator(t, &o, why);
}

/* read_account() - token to account, signer and signature checked. */
static int
read_account(const struct trust *t, struct account *a, struct bytes text, char *why)
{
	struct jwt j;
	int r = jwt_read(&j, text, NKEY_ACCOUNT, why);

	if (r != 0)
		return r > 0 ? TRUST_BAD_TOKEN : err_pass(r);
	if (trust_signer(t, &j.iss) == NULL)
		r = why_say(
		    why, TRUST_ISSUER, "the account is not signed by a trusted operator's key");
	else if (jwt_verify(&j) != 0)
		r = why_say(why, TRUST_BAD_SIGNATURE, "the account's signature does not match");
	else
		r = claims_account_read(&a->claims, &j, why);
	a->key = j.sub;
	a->signer = j.iss;
	a->iat_s = j.iat_s;
	a->exp_s = j.exp_s;
	a->nbf_s = j.nbf_s;
	jwt_deinit(&j);
	return r;
}

/* keep_account() - takes @a; the newer statement of one account stays, the later added of equals.
 */
static int
keep_account(struct trust *t, struct account *a, char *why)
{
	size_t at;
	int r = make_room(t);

	if (r != 0) {
		account_free(a);
		return err_pass(r);
	}
	at = slot_of(t->slot, t->n_slots, &a->key);
	if (t->slot[at] != NULL && t->slot[at]->iat_s > a->iat_s) {
		account_free(a);
		return why_say(why, 0, "a newer token of this account is known");
	}
	t->n_accounts += t->slot[at] == NULL;
	account_free(t->slot[at]);
	t->slot[at] = a;
	return 0;
}

int
trust_add_account(struct trust *t, struct bytes text, char why[160])
{
	struct account *a = calloc(1, sizeof(*a));
	int r;

	why[0] = '\0';
	if (a == NULL)
		return err_raise(-ENOMEM);
	r = read_account(t, a, unwrap(text), why);
	if (r != 0) {
		account_free(a);
		return err_pass(r);
	}
	return keep_account(t, a, why);
}

size_t
trust_accounts(const struct trust *t)
{
	return t->n_accounts;
}

size_t
trust_operators(const struct trust *t)
{
	return t->n_operators;
}

int64_t
trust_account_limit(const struct trust *t, const char *account)
{
	const struct account *a;
	struct nkey key;

	if (nkey_parse(&key, bytes_str(account)) != 0)
		return 0;
	a = trust_account(t, &key);
	return a != NULL ? a->claims.max_conn : 0;
}

const char *
trust_code(int answer)
{
	static const char *const codes[] = { "ok", "bad_token", "bad_signature", "unknown_account",
		"issuer", "expired_user", "expired_account", "not_yet", "revoked", "bearer",
		"source", "type", "scope", "require_exp", "certificate", "no_role", "two_accounts" };

	if (answer < 0 || (size_t)answer >= sizeof(codes) / sizeof(codes[0]))
		return "internal";
	return codes[answer];
}

/* sooner() - the earlier of @end and @best, when it is still to come. 0: never. */
static int64_t
sooner(int64_t end, int64_t best, int64_t now_s)
{
	return end > now_s && (best == 0 || end < best) ? end : best;
}

int64_t
trust_next_end(const struct trust *t, int64_t now_s)
{
	int64_t best = 0;

	for (size_t i = 0; i < t->n_operators; i++)
		best = sooner(t->operator[i].exp_s, best, now_s);
	for (size_t i = 0; i < t->n_slots; i++)
		if (t->slot[i] != NULL)
			best = sooner(t->slot[i]->exp_s, best, now_s);
	return best;
}
