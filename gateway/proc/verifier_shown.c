/*
 * verifier_shown - certificates that clients have shown. The edge asked for them and saw that whoever
 * shows one has its key; everything else is judged here, by roots the parent gave to this process.
 *
 * With a token the token says who it is and the certificate must be good besides. Without one, where the
 * configuration allows it, the certificate is the identity: all its names together, so that it cannot
 * be read in two ways, under the account of the roles that ask for one of them. It is not named after
 * the root or the key, so that a renewed certificate is the same user.
 */
#include <sodium.h>
#include <stdio.h>

#include "gateway/io/log.h"
#include "gateway/proc/msg_tls.h"
#include "gateway/proc/verifier_priv.h"
#include "policy/rules/policy.h"

_Static_assert((int)LOGIN_CHAIN_MAX == (int)PEER_CHAIN_MAX, "what an edge hands over is what is judged");
_Static_assert((int)IDENTITY_CERTS_MAX >= (int)PEER_NAMES_MAX, "an identity holds them all");

/* put_hash() - a word and a hash as text. */
static void
put_hash(char out[NKEY_TEXT_LEN + 1], const char *word, const uint8_t hash[32])
{
	char text[sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];

	sodium_bin2base64(text, sizeof(text), hash, 32, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	snprintf(out, NKEY_TEXT_LEN + 1, "%s%s", word, text);
}

/* add_names() - of the certificate, to whoever showed it. */
static int
add_names(struct identity *id, const struct peer *p)
{
	memcpy(id->certificate, p->fingerprint, sizeof(id->certificate));
	for (size_t i = 0; i < p->n_names; i++) {
		int r = identity_add_cert(id, bytes_of(p->name[i].text, p->name[i].len));

		if (r != 0)
			return err_pass(r);
	}
	return 0;
}

/* name_user() - by all the names, each with its length, so that no two sets run together. */
static void
name_user(struct identity *id, const struct peer *p)
{
	crypto_hash_sha256_state h;
	uint8_t hash[32], len[2];

	crypto_hash_sha256_init(&h);
	for (size_t i = 0; i < p->n_names; i++) {
		len[0] = (uint8_t)(p->name[i].len >> 8);
		len[1] = (uint8_t)p->name[i].len;
		crypto_hash_sha256_update(&h, len, sizeof(len));
		crypto_hash_sha256_update(&h, (const uint8_t *)p->name[i].text, p->name[i].len);
	}
	crypto_hash_sha256_final(&h, hash);
	put_hash(id->user, "cert:", hash);
	put_hash(id->issuer, "ca:", p->root);
	memcpy(id->token, hash, sizeof(id->token));
}

/* find_account() - by the policy. */
static int
find_account(struct identity *id, char why[160])
{
	switch (policy_certified(verifier.snapshot.policy, id, id->account)) {
	case 0:
		return 0;
	case POLICY_TWO_ACCOUNTS:
		snprintf(why, 160, "roles of more than one account ask for names of this certificate");
		return TRUST_TWO_ACCOUNTS;
	default:
		snprintf(why, 160, "no role asks for a name of this certificate");
		return TRUST_NO_ROLE;
	}
}

/* by_certificate() - the identity of somebody without a token. */
static int
by_certificate(const struct msg_login *m, int64_t now_s, struct identity *id, char why[160])
{
	const struct peer *p = &verifier.shown;
	int r;

	if (verifier.roots == NULL || !verifier.certified) {
		snprintf(why, 160, "no token, and certificates say nothing here");
		return TRUST_BAD_TOKEN;
	}
	snprintf(id->source, sizeof(id->source), "%s", m->source);
	name_user(id, p);
	id->issued_s = p->from_s;
	id->expires_s = p->until_s;
	id->name = strdup(p->name[0].text);
	r = id->name != NULL ? add_names(id, p) : -ENOMEM;
	if (r == 0)
		r = find_account(id, why);
	return r != 0 ? r : trust_certified(verifier.trust, id, now_s, why);
}

/* by_token() - and what it showed besides. */
static int
by_token(const struct msg_login *m, int64_t now_s, struct identity *id, char why[160])
{
	struct login l = { .jwt = m->jwt, .sig = m->sig, .nonce = m->nonce, .source = m->source,
		.type = "STANDARD", .now_s = now_s, .seen = verifier.seen };
	int r = trust_login(verifier.trust, &l, id, why);

	if (r != 0 || verifier.roots == NULL)
		return r;
	if (id->expires_s == 0 || verifier.shown.until_s < id->expires_s)
		id->expires_s = verifier.shown.until_s;
	return add_names(id, &verifier.shown);
}

int
shown_login(const struct msg_login *m, int64_t now_s, struct identity *id, char why[160])
{
	char text[TLS_WHY] = "";
	int r = 0;

	if (verifier.roots != NULL)
		r = peer_judge(verifier.roots, m->chain, now_s, &verifier.shown, text);
	if (r > 0) {
		snprintf(why, 160, "certificate: %.140s", text);
		return TRUST_CERTIFICATE;
	}
	if (r == 0)
		r = m->jwt.len > 0 ? by_token(m, now_s, id, why) : by_certificate(m, now_s, id, why);
	if (r != 0)
		identity_deinit(id);
	return err_pass(r);
}

int
shown_recheck(const struct identity *id)
{
	char account[NKEY_TEXT_LEN + 1];
	uint8_t root[32];
	size_t n = 0;

	/* a new verifier is told whom to trust before it has a policy; it asks again when it begins */
	if (verifier.snapshot.policy == NULL)
		return 0;
	if (verifier.roots == NULL || !verifier.certified || strncmp(id->issuer, "ca:", 3) != 0 ||
	    sodium_base642bin(root, sizeof(root), id->issuer + 3, strlen(id->issuer + 3), NULL, &n, NULL,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    n != sizeof(root) || !peer_roots_have(verifier.roots, root))
		return TRUST_CERTIFICATE;
	if (policy_certified(verifier.snapshot.policy, id, account) != 0 || strcmp(account, id->account) != 0)
		return TRUST_NO_ROLE;
	return 0;
}

/* ---- the parent ---- */

int
shown_on_tls(struct channel *c, struct cursor *in, int fd)
{
	bool running = verifier.child.parent.state == CHILD_RUNNING;
	struct peer_roots *roots = NULL;
	char why[TLS_WHY] = "out of memory";
	struct log_line l;
	struct msg_tls m;
	int r;

	(void)c;
	(void)fd;
	if (msg_tls_get(in, &m) != 0 || !m.clients.on || !m.clients.verify)
		return -EBADMSG;
	r = peer_roots_new(&roots, m.clients.ca, why);
	if (r != 0 && !running)
		child_fatal(&verifier.child, why, r < 0 ? r : 0);
	if (r == 0) {
		peer_roots_free(verifier.roots);
		verifier.roots = roots;
		verifier.certified = m.clients.identity;
	}
	if (!running)
		return 0;
	log_begin(&l, r == 0 ? LOG_INF : LOG_ERR, r == 0 ? "tls_loaded" : "tls_refused");
	if (r != 0) {
		log_str(&l, "why", why);
		log_word(&l, "effect", "what_is_in_force_stays");
	}
	log_end(&l);
	if (r == 0)
		verifier_review(true);
	return 0;
}
