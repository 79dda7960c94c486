/*
 * wascap - the claims wasmCloud signs into an actor's module, and into a provider's archive: a JWT
 * of header {"typ":"jwt","alg":"Ed25519"}, signed by an account (A...) about a module (M...) or a
 * provider (V...), with what matters in the object "wascap".
 *
 * Nothing read counts before wascap_judge() has said yes: signature, an issuer that is trusted, and
 * the time. The hashes of what was signed are compared by wascap_module.h and par.h, always.
 * Source: wasmCloud/wascap src/jwt.rs; wasmCloud/provider-archive src/archive.rs.
 */
#ifndef POLICY_IDENTITY_WASCAP_H
#define POLICY_IDENTITY_WASCAP_H

#include "policy/identity/identity.h"
#include "policy/identity/jwt.h"

enum {
	WASCAP_TOKEN_MAX = 64 * 1024,
	WASCAP_ITEMS_MAX = 128, /* of tags, of capabilities, of targets */
	WASCAP_HASH_LEN = 32,
	WASCAP_SKEW_S = 60,  /* so far may the issuer's clock be ahead of ours */
	WASCAP_REVISION = 3, /* what wascap has written since 0.10.1 */
};

enum wascap_kind {
	WASCAP_NONE = 0,
	WASCAP_ACTOR,
	WASCAP_PROVIDER,
};

/* Why something is refused; every function says more in @why. */
enum wascap_answer {
	WASCAP_BAD_FILE = 1, /* no module, or no archive, that we read */
	WASCAP_UNSIGNED,     /* there is no token */
	WASCAP_TWO_TOKENS,
	WASCAP_BAD_TOKEN,
	WASCAP_BAD_SIGNATURE,
	WASCAP_ISSUER, /* not among those trusted */
	WASCAP_EXPIRED,
	WASCAP_NOT_YET,
	WASCAP_BAD_HASH, /* the bytes are not those that were signed */
	WASCAP_REVOKED,  /* taken back by the list of issuers */
};

/* One library of a provider. */
struct wascap_target {
	char *name; /* "x86_64-linux" */
	uint8_t hash[WASCAP_HASH_LEN];
};

struct wascap {
	enum wascap_kind kind;
	struct nkey iss, sub;
	int64_t iat_s, exp_s, nbf_s; /* exp and nbf: 0 when absent */
	int64_t revision;            /* of the claims' form; 0 when absent */
	bool has_rev;
	int32_t rev;
	/* each NULL when absent; UTF-8 without NUL, at most JWT_STRING_MAX bytes */
	char *jti, *name, *ver;
	/* an actor's */
	char *call_alias;
	bool prov; /* it says it is a provider in a module */
	struct subject_list caps, tags;
	uint8_t hash[WASCAP_HASH_LEN];
	/* a provider's */
	char *capid, *vendor;
	bool has_schema;
	size_t n_targets;
	struct wascap_target *target;
	/* for wascap_judge(); owned */
	struct buf signed_part;
	uint8_t sig[NKEY_SIG_LEN];
};

struct issuers;

/* Whom to believe, and when: one of @issuer, or of @list. Zeroed it believes nobody. */
struct wascap_trust {
	const struct nkey *issuer; /* borrowed */
	size_t n;
	int64_t now_s;
	const struct issuers
	    *list; /* borrowed; NULL: none. What it revokes is refused in any case */
};

/*
 * wascap_read() - take a token apart. Return: 0 with *w owned by the caller, WASCAP_BAD_TOKEN,
 * -ENOMEM.
 */
int wascap_read(
    struct wascap *w, struct bytes token, enum wascap_kind kind, char why[WHY_MAX]) must_check;
/* wascap_deinit() - free what it owns; zeroes it. */
void wascap_deinit(struct wascap *w);
/* wascap_signed() - is it signed by the issuer it names? Return: 0 or WASCAP_BAD_SIGNATURE. */
int wascap_signed(const struct wascap *w, char why[WHY_MAX]) must_check;
/* wascap_issued() - by one of @t's, and not taken back? Return: 0, WASCAP_ISSUER, WASCAP_REVOKED.
 */
int wascap_issued(
    const struct wascap *w, const struct wascap_trust *t, char why[WHY_MAX]) must_check;
/* wascap_timely() - does it hold at @now_s? Return: 0, WASCAP_EXPIRED, WASCAP_NOT_YET. */
int wascap_timely(const struct wascap *w, int64_t now_s, char why[WHY_MAX]) must_check;
/* wascap_judge() - the three together, in this order. Return: 0 or an answer. */
int wascap_judge(
    const struct wascap *w, const struct wascap_trust *t, char why[WHY_MAX]) must_check;
/* wascap_hash_parse() - 64 upper-case hexadecimal digits, the one spelling there is? */
bool wascap_hash_parse(struct bytes text, uint8_t hash[WASCAP_HASH_LEN]);
/* wascap_hash_put() - append it in that spelling. */
void wascap_hash_put(struct buf *b, const uint8_t hash[WASCAP_HASH_LEN]);
/* wascap_code() - a stable short word: "bad_hash", "expired", ... */
const char *wascap_code(int answer);

#endif
