/*
 * stamp - the mark of a gate on a command it forwarded: an Ed25519 signature that covers what the
 * receiver will see, carried in one header of the message. Form and rules: docs/PROTOCOL.md, the stamp.
 *
 *   v2.KEYID.MILLISECONDS.ID.PLACE.PATH.SIGNATURE
 *
 * KEYID is the first twelve characters of the gate's public key (C...), ID 16 random bytes and
 * SIGNATURE 64 bytes in base64url. One stamp has one text. What is signed begins with a name of its
 * own that holds blanks and a zero byte, so no signature made here is one over a nonce or a JWT.
 *
 * One signature serves the commands that were under way together (stamp_batch.h): it is over the root
 * of a hash tree with a leaf for each; PLACE is the leaf's number and PATH the hashes from it to the root.
 * A command alone is a tree of one leaf, its path is empty.
 *
 * Pure: time and randomness come from the caller.
 */
#ifndef POLICY_IDENTITY_STAMP_H
#define POLICY_IDENTITY_STAMP_H

#include "policy/core/buf.h"
#include "policy/identity/nkey.h"

#define STAMP_HEADER "Portcullis-Stamp"

enum {
	STAMP_ID_LEN = 16,
	STAMP_KEYID_LEN = 12,
	STAMP_DIGEST_LEN = 32,
	STAMP_DEPTH_MAX = 4,     /* of the tree: 16 commands share a signature at most */
	STAMP_TEXT_MAX = 320,    /* of a header's value */
	STAMP_SUBJECT_MAX = 1024,
	STAMP_GATES_MAX = 16,    /* other gates to believe */
	STAMP_FRESH_MS = 120000, /* older is not delivered any more */
	STAMP_AHEAD_MS = 10000,  /* so far may another gate's clock be ahead of ours */
};

/* Why a message is not taken for one of a gate we believe. */
enum stamp_answer {
	STAMP_MISSING = 1,
	STAMP_MALFORMED, /* no stamp of this version, or more than one */
	STAMP_UNKNOWN_KEY,
	STAMP_MISMATCH,  /* another subject, reply, header or body was signed, or by another key */
	STAMP_STALE,
	STAMP_AHEAD,
	STAMP_REPLAYED,
};

struct stamp {
	char key[STAMP_KEYID_LEN + 1];
	int64_t time_ms; /* unix */
	uint8_t id[STAMP_ID_LEN];
	uint8_t place, depth; /* place < 2^depth */
	uint8_t path[STAMP_DEPTH_MAX][STAMP_DIGEST_LEN]; /* from the leaf up, ->depth of them */
	uint8_t sig[NKEY_SIG_LEN];
};

/* What a stamp speaks for, as the receiver sees it. */
struct stamp_what {
	struct bytes subject, reply;
	uint8_t digest[STAMP_DIGEST_LEN];
};

struct stamp_roots;

/*
 * stamp_digest() - of a message: @header is its block without the stamp, written anew as all gates
 * write it, or empty where no field and no status is left.
 */
void stamp_digest(struct bytes header, struct bytes payload, uint8_t out[STAMP_DIGEST_LEN]);
/* stamp_make() - sign one command alone. Return: 0, STAMP_MALFORMED when subject or reply are too long or no subject is there. */
int stamp_make(struct stamp *s, const struct nkey_pair *by, const struct stamp_what *what, int64_t time_ms,
    const uint8_t id[STAMP_ID_LEN]) must_check;
/* stamp_put() - append the text. */
void stamp_put(struct buf *out, const struct stamp *s);
/* stamp_parse() - one version, one spelling. Return: 0, STAMP_MISSING (empty), STAMP_MALFORMED. */
int stamp_parse(struct stamp *s, struct bytes text) must_check;
/*
 * stamp_verify() - is it by one of @keys, over @what, and fresh?
 * @roots: signatures found good before need not be checked again; NULL: nothing is remembered
 * @which: set to the key's place when 0 is returned; NULL: not asked
 * Return: 0, STAMP_UNKNOWN_KEY, STAMP_MISMATCH, STAMP_STALE, STAMP_AHEAD.
 */
int stamp_verify(const struct stamp *s, const struct stamp_what *what, const struct nkey *keys, size_t n,
    int64_t now_ms, struct stamp_roots *roots, size_t *which) must_check;
/* stamp_word() - "missing", "malformed", "unknown_key", ... for records. */
const char *stamp_word(int answer);

/* stamp_key_read() - a gate's key file: 64 hexadecimal digits, a line end. Return: 0, STAMP_MALFORMED, -ENOMEM. */
int stamp_key_read(struct nkey_pair *p, struct bytes text) must_check;
/* stamp_pub_read() - the public half: C..., and a line end at most. Return: 0 or an answer of nkey.h. */
int stamp_pub_read(struct nkey *k, struct bytes text) must_check;

#endif
