/*
 * claims - see claims.h. The three kinds of token, field by field. A signed token is trusted to be
 * its issuer's word, not to be well made: missing objects are absent, wrong types are refused,
 * every count has a ceiling.
 */
#include "policy/identity/claims.h"

#include <sodium.h>

#include "policy/identity/claims_priv.h"
#include "policy/identity/list_priv.h"
#include "policy/identity/why_priv.h"

static int
read_name(char **out, const struct jwt *j)
{
	uint8_t room[JWT_STRING_MAX];
	struct bytes name = BYTES_NULL;

	if (j->name != 0 && jwt_string(&j->json, j->name, room, &name) != 0)
		return JWT_BAD;
	*out = strndup(name.len > 0 ? (const char *)name.ptr : "", name.len);
	return *out != NULL ? 0 : err_raise(-ENOMEM);
}

/* tag_dup() - a copy in lower case; control characters are no part of a tag. */
static int
tag_dup(char **out, struct bytes tag)
{
	for (size_t i = 0; i < tag.len; i++)
		if (tag.ptr[i] < 0x20 || tag.ptr[i] == 0x7f)
			return JWT_BAD;
	*out = strndup(tag.len > 0 ? (const char *)tag.ptr : "", tag.len);
	if (*out == NULL)
		return err_raise(-ENOMEM);
	for (char *p = *out; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	return 0;
}

static int
read_tags(struct claims_tags *t, const struct jwt *j, char *why)
{
	uint8_t room[JWT_STRING_MAX];
	struct bytes tag;
	size_t tags, at;
	int r = claims_child(&j->json, j->nats, "tags", JSON_ARRAY, &tags, why);

	if (r != 0 || tags == 0 || j->json.tok[tags].n == 0)
		return err_pass(r);
	if (j->json.tok[tags].n > TAGS_MAX)
		return why_say(why, JWT_BAD, "tags: over %d", TAGS_MAX);
	t->tag = calloc(j->json.tok[tags].n, sizeof(*t->tag));
	if (t->tag == NULL)
		return err_raise(-ENOMEM);
	at = json_first(&j->json, tags);
	for (uint32_t i = 0; i < j->json.tok[tags].n; i++, at = j->json.tok[at].next) {
		r = jwt_string(&j->json, at, room, &tag);
		if (r == 0)
			r = tag_dup(&t->tag[t->n], tag);
		if (r > 0)
			return why_say(why, JWT_BAD, "tags: entry %u is no plain string", i + 1);
		if (r < 0)
			return err_pass(r);
		t->n++;
	}
	return 0;
}

static void
tags_deinit(struct claims_tags *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->tag[i]);
	free(t->tag);
	*t = (struct claims_tags){ 0 };
}

int
claims_issuer_account(struct nkey *k, const struct jwt *j, char why[WHY_MAX])
{
	size_t at = json_member(&j->json, j->nats, "issuer_account");

	*k = (struct nkey){ 0 };
	if (at == 0)
		return 0;
	if (jwt_key(&j->json, at, k) != 0 || k->type != NKEY_ACCOUNT)
		return why_say(why, JWT_BAD, "issuer_account: not an account's key");
	return 0;
}

static int
user_fields(struct claims_user *u, const struct jwt *j, char *why)
{
	int r = read_name(&u->name, j);

	if (r == 0)
		r = claims_grant(&u->grant, &j->json, j->nats, false, why);
	if (r == 0)
		r = read_tags(&u->tags, j, why);
	return err_pass(r);
}

int
claims_user_read(struct claims_user *u, const struct jwt *j, char why[WHY_MAX])
{
	int r;

	*u = (struct claims_user){ 0 };
	r = user_fields(u, j, why);
	if (r != 0)
		claims_user_deinit(u);
	return r;
}

void
claims_user_deinit(struct claims_user *u)
{
	free(u->name);
	tags_deinit(&u->tags);
	claims_grant_deinit(&u->grant);
	*u = (struct claims_user){ 0 };
}

/* raw() - a member as it stands in the text, empty when absent. */
static struct bytes
raw(const struct json *js, size_t at)
{
	return at != 0 ? json_raw(js, at) : BYTES_NULL;
}

/* digest() - of several texts, each with its length before it. */
static void
digest(uint8_t out[32], size_t n, const struct bytes *text)
{
	crypto_hash_sha256_state s;

	crypto_hash_sha256_init(&s);
	for (size_t i = 0; i < n; i++) {
		uint64_t len = text[i].len;

		crypto_hash_sha256_update(&s, (const uint8_t *)&len, sizeof(len));
		crypto_hash_sha256_update(&s, text[i].ptr, text[i].len);
	}
	crypto_hash_sha256_final(&s, out);
}

/* read_scope() - one entry of signing_keys: a key, or an object with a template. */
static int
read_scope(struct claims_scope *s, const struct jwt *j, size_t at, char *why)
{
	static const char *const known[] = { "kind", "key", "role", "template", "description",
		NULL };
	const struct json *js = &j->json;
	size_t key = at, template;
	int r;

	if (js->tok[at].kind == JSON_OBJECT) {
		r = jwt_names(js, at, known, false, why);
		if (r == 0 && !json_is(js, json_member(js, at, "kind"), "user_scope"))
			r = why_say(
			    why, JWT_BAD, "signing_keys: a scope whose kind is not user_scope");
		if (r == 0)
			r = claims_child(js, at, "template", JSON_OBJECT, &template, why);
		if (r != 0)
			return err_pass(r);
		key = json_member(js, at, "key");
		s->scoped = true;
		if (template != 0)
			r = claims_grant(&s->template, js, template, true, why);
		if (r != 0)
			return err_pass(r);
	}
	if (jwt_key(js, key, &s->key) != 0 || s->key.type != NKEY_ACCOUNT)
		return why_say(why, JWT_BAD, "signing_keys: not an account's key");
	digest(s->digest, 4,
	    (struct bytes[]){ raw(js, at), raw(js, j->name),
		raw(js, json_member(js, j->nats, "tags")),
		raw(js, json_member(js, j->nats, "default_permissions")) });
	return 0;
}

static int
read_scopes(struct claims_account *a, const struct jwt *j, char *why)
{
	size_t keys, at;
	int r = claims_child(&j->json, j->nats, "signing_keys", JSON_ARRAY, &keys, why);

	if (r != 0 || keys == 0 || j->json.tok[keys].n == 0)
		return err_pass(r);
	if (j->json.tok[keys].n > CLAIMS_KEYS_MAX)
		return why_say(why, JWT_BAD, "signing_keys: over %d", CLAIMS_KEYS_MAX);
	a->scope = calloc(j->json.tok[keys].n, sizeof(*a->scope));
	if (a->scope == NULL)
		return err_raise(-ENOMEM);
	at = json_first(&j->json, keys);
	for (uint32_t i = 0; i < j->json.tok[keys].n; i++, at = j->json.tok[at].next) {
		struct claims_scope *s = &a->scope[a->n_scopes++];

		r = read_scope(s, j, at, why);
		if (r != 0)
			return err_pass(r);
		for (size_t k = 0; k + 1 < a->n_scopes; k++)
			if (nkey_eq(&a->scope[k].key, &s->key))
				return why_say(why, JWT_BAD, "signing_keys: one key twice");
		if (s->scoped && nkey_eq(&s->key, &j->sub))
			return why_say(
			    why, JWT_BAD, "signing_keys: the account's own key as a scope");
	}
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct claims_revocation *x = a, *y = b;

	return memcmp(x->key.pub, y->key.pub, sizeof(x->key.pub));
}

/* read_revocation() - one member of revocations. */
static int
read_revocation(struct claims_account *a, const struct json *js, size_t name, char *why)
{
	struct claims_revocation *v = &a->revocation[a->n_revocations];
	int64_t at_s;

	if (json_int(js, name + 1, &at_s) != 0 || at_s < 0)
		return why_say(why, JWT_BAD, "revocations: a time that is no integer of 0..2^53");
	if (json_is(js, name, "*")) {
		a->revoked_all_s = at_s;
		return 0;
	}
	if (jwt_key(js, name, &v->key) != 0)
		return why_say(why, JWT_BAD, "revocations: not a public key or \"*\"");
	v->at_s = at_s;
	a->n_revocations++;
	return 0;
}

static int
read_revocations(struct claims_account *a, const struct jwt *j, char *why)
{
	const struct json *js = &j->json;
	size_t all, at;
	int r = claims_child(js, j->nats, "revocations", JSON_OBJECT, &all, why);

	a->revoked_all_s = -1;
	if (r != 0 || all == 0 || js->tok[all].n == 0)
		return err_pass(r);
	if (js->tok[all].n > CLAIMS_REVOCATIONS_MAX)
		return why_say(why, JWT_BAD, "revocations: over %d", CLAIMS_REVOCATIONS_MAX);
	a->revocation = calloc(js->tok[all].n, sizeof(*a->revocation));
	if (a->revocation == NULL)
		return err_raise(-ENOMEM);
	at = json_first(js, all);
	for (uint32_t i = 0; i < js->tok[all].n; i++, at = js->tok[at + 1].next) {
		r = read_revocation(a, js, at, why);
		if (r != 0)
			return err_pass(r);
	}
	if (a->n_revocations > 0)
		qsort(a->revocation, a->n_revocations, sizeof(*a->revocation), by_key);
	return 0;
}

static int
read_account_limits(struct claims_account *a, const struct jwt *j, char *why)
{
	static const char *const known[] = { "subs", "data", "payload", "imports", "exports",
		"wildcards", "disallow_bearer", "conn", "leaf", NULL };
	size_t limits;
	int r = claims_child(&j->json, j->nats, "limits", JSON_OBJECT, &limits, why);

	if (r != 0 || limits == 0)
		return err_pass(r);
	r = jwt_names(&j->json, limits, known, false, why);
	if (r == 0)
		r = claims_limit(&j->json, limits, "subs", &a->max_subs, why);
	if (r == 0)
		r = claims_limit(&j->json, limits, "payload", &a->max_payload, why);
	if (r == 0)
		r = claims_limit(&j->json, limits, "conn", &a->max_conn, why);
	return err_pass(r);
}

static int
read_defaults(struct claims_account *a, const struct jwt *j, char *why)
{
	static const char *const known[] = { "pub", "sub", "resp", NULL };
	size_t defaults;
	int r = claims_child(&j->json, j->nats, "default_permissions", JSON_OBJECT, &defaults, why);

	digest(a->defaults_digest, 1, (struct bytes[]){ raw(&j->json, defaults) });
	if (r != 0 || defaults == 0)
		return err_pass(r);
	r = jwt_names(&j->json, defaults, known, false, why);
	if (r == 0)
		r = claims_permissions(&a->defaults, &j->json, defaults, false, why);
	a->has_defaults = claims_permissions_say(&a->defaults);
	return err_pass(r);
}

/* read_callout() - accounts that hand logins to a service are not ours to let in. */
static int
read_callout(const struct jwt *j, char *why)
{
	size_t callout = 0, users = 0;
	int r = claims_child(&j->json, j->nats, "authorization", JSON_OBJECT, &callout, why);

	if (r == 0 && callout != 0)
		r = claims_child(&j->json, callout, "auth_users", JSON_ARRAY, &users, why);
	if (r == 0 && callout != 0 && users != 0 && j->json.tok[users].n > 0)
		return why_say(why, JWT_BAD, "authorization: auth callout is not supported");
	return err_pass(r);
}

static int
account_fields(struct claims_account *a, const struct jwt *j, char *why)
{
	static const char *const known[] = { "imports", "exports", "limits", "signing_keys",
		"revocations", "default_permissions", "mappings", "authorization", "trace",
		"cluster_traffic", "description", "info_url", "tags", "type", "version", NULL };
	int r = jwt_names(&j->json, j->nats, known, false, why);

	if (r == 0)
		r = read_name(&a->name, j);
	if (r == 0)
		r = read_tags(&a->tags, j, why);
	if (r == 0)
		r = read_callout(j, why);
	if (r == 0)
		r = read_account_limits(a, j, why);
	if (r == 0)
		r = read_defaults(a, j, why);
	if (r == 0)
		r = read_scopes(a, j, why);
	if (r == 0)
		r = read_revocations(a, j, why);
	return err_pass(r);
}

int
claims_account_read(struct claims_account *a, const struct jwt *j, char why[WHY_MAX])
{
	int r;

	*a = (struct claims_account){ 0 };
	r = account_fields(a, j, why);
	if (r != 0)
		claims_account_deinit(a);
	return r;
}

void
claims_account_deinit(struct claims_account *a)
{
	free(a->name);
	tags_deinit(&a->tags);
	for (size_t i = 0; i < a->n_scopes; i++)
		claims_grant_deinit(&a->scope[i].template);
	free(a->scope);
	free(a->revocation);
	permissions_deinit(&a->defaults);
	*a = (struct claims_account){ 0 };
}

static int
operator_fields(struct claims_operator *o, const struct jwt *j, char *why)
{
	static const char *const known[] = { "signing_keys", "account_server_url",
		"operator_service_urls", "system_account", "assert_server_version",
		"strict_signing_key_usage", "tags", "type", "version", NULL };
	size_t keys, at;
	int r = jwt_names(&j->json, j->nats, known, false, why);

	if (r == 0)
		r = claims_bool(&j->json, j->nats, "strict_signing_key_usage", &o->strict, why);
	if (r == 0)
		r = claims_child(&j->json, j->nats, "signing_keys", JSON_ARRAY, &keys, why);
	if (r != 0 || keys == 0 || j->json.tok[keys].n == 0)
		return err_pass(r);
	if (j->json.tok[keys].n > CLAIMS_KEYS_MAX)
		return why_say(why, JWT_BAD, "signing_keys: over %d", CLAIMS_KEYS_MAX);
	o->key = calloc(j->json.tok[keys].n, sizeof(*o->key));
	if (o->key == NULL)
		return err_raise(-ENOMEM);
	at = json_first(&j->json, keys);
	for (uint32_t i = 0; i < j->json.tok[keys].n; i++, at = j->json.tok[at].next) {
		struct nkey *k = &o->key[o->n_keys++];

		if (jwt_key(&j->json, at, k) != 0 || k->type != NKEY_OPERATOR)
			return why_say(why, JWT_BAD, "signing_keys: not an operator's key");
	}
	return 0;
}

int
claims_operator_read(struct claims_operator *o, const struct jwt *j, char why[WHY_MAX])
{
	int r;

	*o = (struct claims_operator){ 0 };
	r = operator_fields(o, j, why);
	if (r != 0)
		claims_operator_deinit(o);
	return r;
}

void
claims_operator_deinit(struct claims_operator *o)
{
	free(o->key);
	*o = (struct claims_operator){ 0 };
}
