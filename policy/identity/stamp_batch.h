/*
 * stamp_batch - one signature for the commands that wait for one: over the root of a hash tree that has
 * a leaf for each of them. And what of that a receiver remembers: which roots were signed.
 *
 * The tree is a full one of depth 0 to 4. Leaves are SHA-256(00 | what a stamp speaks for), of nobody 32
 * zero bytes; nodes SHA-256(01 | left | right). Signed is a name of its own, the depth, the root.
 * A path shows hashes of other commands; each of those holds 16 random bytes that only its own stamp
 * says, so what was commanded cannot be guessed from them.
 */
#ifndef POLICY_IDENTITY_STAMP_BATCH_H
#define POLICY_IDENTITY_STAMP_BATCH_H

#include "policy/identity/stamp.h"

enum {
	STAMP_BATCH = 1 << STAMP_DEPTH_MAX,
	STAMP_ROOTS = 16, /* remembered by a receiver */
};

/* Commands to be stamped together; ->n of them. */
struct stamp_batch {
	size_t n;
	int64_t time_ms;
	uint8_t leaf[STAMP_BATCH][STAMP_DIGEST_LEN];
	struct stamp stamp[STAMP_BATCH]; /* whole after stamp_batch_sign() */
};

/* stamp_batch_begin() - empty, at this time. */
void stamp_batch_begin(struct stamp_batch *b, int64_t time_ms);
/*
 * stamp_batch_add() - one more; nothing is kept of @what. @id: 16 random bytes, no others' ever.
 * Return: 0, STAMP_MALFORMED: what stamp_make() would not sign, or the batch is full; it is not in it.
 */
int stamp_batch_add(struct stamp_batch *b, const struct stamp_what *what, const uint8_t id[STAMP_ID_LEN]) must_check;
/* stamp_batch_sign() - the one signature. */
void stamp_batch_sign(struct stamp_batch *b, const struct nkey_pair *by);

/* One signature found good: a fact that no later event makes wrong. */
struct stamp_root {
	struct nkey by;
	uint8_t root[STAMP_DIGEST_LEN], sig[NKEY_SIG_LEN];
	uint8_t depth;
	bool used;
};

/* The last ones, in a ring; all zero: none. It says nothing of a stamp's age or of copies. */
struct stamp_roots {
	struct stamp_root item[STAMP_ROOTS];
	size_t next;
};

/* ---- for stamp.c ---- */

/* stamp_leaf() - of a command with the time and number of @s. Return: 0, STAMP_MALFORMED. */
int stamp_leaf(const struct stamp *s, const struct stamp_what *what, uint8_t out[STAMP_DIGEST_LEN]) must_check;
/* stamp_key_id() - the name a stamp calls a key by. */
void stamp_key_id(const struct nkey *k, char out[STAMP_KEYID_LEN + 1]);
/* stamp_climb() - from a leaf to the root that the stamp's path leads to. */
void stamp_climb(const struct stamp *s, uint8_t hash[STAMP_DIGEST_LEN]);
/* stamp_root_signed() - is the stamp's signature one over @root, by @k? @roots: may be NULL. */
bool stamp_root_signed(const struct stamp *s, const uint8_t root[STAMP_DIGEST_LEN], const struct nkey *k,
    struct stamp_roots *roots) must_check;

#endif
