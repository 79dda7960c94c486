/*
 * identity - who a connection was proved to be. Made by trust_login() in the verifier, carried to
 * the other processes by identity_put()/identity_get().
 *
 * A client may have shown a certificate. With a token, the token says who it is, and roles may ask for the
 * certificate's names besides; without one the certificate does: ->user is then "cert:" and a hash of all its
 * names, which is no key of anybody, and ->issuer "ca:" and a hash of the root's.
 *
 * Zero means nobody: a zeroed identity has no user, and rights_new() refuses it.
 */
#ifndef POLICY_IDENTITY_IDENTITY_H
#define POLICY_IDENTITY_IDENTITY_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"
#include "policy/identity/nkey.h"

/* A list of subjects from a JWT. `present` and empty allows nothing; absent does not narrow. */
struct subject_list {
	bool present;
	size_t n;
	struct bytes *item; /* each owned by the identity */
};

struct permissions {
	struct subject_list pub_allow, pub_deny;
	struct subject_list sub_allow, sub_deny; /* items may be "subject queue" */
	bool resp;                               /* allow_responses present */
	int64_t resp_max;                        /* messages per reply; negative: unlimited */
	int64_t resp_ttl_ms;                     /* negative: unlimited */
};

enum { IDENTITY_CERTS_MAX = 32 };

struct identity {
	char user[NKEY_TEXT_LEN + 1];    /* U..., the JWT's sub */
	char account[NKEY_TEXT_LEN + 1]; /* A... */
	char issuer[NKEY_TEXT_LEN + 1];  /* A..., the account or one of its signing keys */
	char jti[65];                    /* the JWT's id when it is one printable word, else empty */
	char *name;                      /* the JWT's name; chosen by the issuer, not unique */
	size_t n_tags;
	char **tags; /* lower-case, e.g. "role:host", "host:nabc..." */
	char certificate[65]; /* SHA-256 of the certificate shown, in hex; empty: none */
	size_t n_certs;
	char **certs; /* its names: "email:" "dns:" "uri:" "dn:" and the text */
	struct permissions perms;
	int64_t max_subs;     /* -1 unlimited */
	int64_t max_payload;  /* -1 unlimited */
	int64_t issued_s;     /* unix */
	int64_t expires_s;    /* unix, 0 never: the earlier of user exp and end of a time window */
	uint8_t token[32];    /* SHA-256 of the user JWT's header.payload */
	uint8_t grant[32];    /* SHA-256 of what the account lent to ->perms (a scope's template, defaults) */
	char inbox[23];       /* virtual inbox token: 22 characters of the keyed hash; set by the verifier */
	char source[64];      /* peer address as the edge saw it, text */
};

/* identity_deinit() - free what it owns; zeroes it. */
void identity_deinit(struct identity *id);
/* identity_eq() - are both the same in everything that identity_put() writes? */
bool identity_eq(const struct identity *a, const struct identity *b);
/* identity_put() - append to a frame. */
void identity_put(struct buf *b, const struct identity *id);
/* identity_get() - read back. Return: 0 and *id owned by the caller, -EBADMSG, -ENOMEM. */
int identity_get(struct cursor *c, struct identity *id) must_check;
/* identity_add_cert() - one more name of its certificate. Return: 0, -E2BIG, -ENOMEM. */
int identity_add_cert(struct identity *id, struct bytes name) must_check;
/* identity_certified() - is it a certificate that says who it is, and no token? */
bool identity_certified(const struct identity *id);
/* identity_tag() - does it carry exactly this tag (case-insensitive, ASCII)? */
bool identity_tag(const struct identity *id, const char *tag);
/* identity_tag_value() - the n-th value of tags "key:value", or BYTES_NULL past the last. */
struct bytes identity_tag_value(const struct identity *id, const char *key, size_t n);

#endif
