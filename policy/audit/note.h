/*
 * note - text with Ed25519 signatures: the C2SP signed-note format, and its keys.
 *
 *	text, one or more lines
 *	(empty line)
 *	— NAME BASE64(key id, signature)
 *
 * A key's id is the first four bytes of SHA-256(NAME, line feed, 01, public key). A public key is
 * written NAME+ID in hexadecimal+BASE64(01, public key). Signatures of keys we do not know are
 * ignored; one of a key we know that does not verify spoils the whole note, and so does a second of
 * the same key. Source: C2SP, signed-note.md; golang.org/x/mod/sumdb/note.
 */
#ifndef POLICY_AUDIT_NOTE_H
#define POLICY_AUDIT_NOTE_H

#include "policy/audit/digest.h"
#include "policy/core/wipe.h"

enum {
	NOTE_NAME_MAX = 128,
	NOTE_SIGNATURES_MAX = 32,
	NOTE_MAX = 16 * 1024, /* bytes of a note */
	NOTE_SEED_LEN = 32,
	NOTE_PUB_LEN = 32,
	NOTE_SIG_LEN = 64,
};

/* answers */
enum note_answer {
	NOTE_BAD = 1,  /* not a note, or not in its one spelling */
	NOTE_FORGED,   /* a key we know did not make the signature that bears its name */
	NOTE_STRANGER, /* well-formed, and none of our keys signed it */
};

/* A public key with its name. */
struct note_key {
	char name[NOTE_NAME_MAX + 1];
	uint8_t id[4];
	uint8_t pub[NOTE_PUB_LEN];
};

/* The same key's signing half; the seed is borrowed from whoever guards it. */
struct note_signer {
	struct note_key key;
	const struct secret *seed; /* NOTE_SEED_LEN bytes */
};

/* note_name_ok() - not empty, no space, no '+', no control byte, valid UTF-8, at most
 * NOTE_NAME_MAX? */
bool note_name_ok(struct bytes name);
/* note_key_make() - name and public key to a key with its id. Return: 0, NOTE_BAD. */
int note_key_make(struct note_key *k, struct hasher *h, struct bytes name,
    const uint8_t pub[NOTE_PUB_LEN]) must_check;
/* note_key_parse() - NAME+ID+BASE64; the id must be the right one. Return: 0, NOTE_BAD. */
int note_key_parse(struct note_key *k, struct hasher *h, struct bytes text) must_check;
void note_key_put(struct buf *b, const struct note_key *k);
bool note_key_eq(const struct note_key *a, const struct note_key *b);
/* note_signer_make() - the signer @name with a seed, which it borrows. Return: 0, NOTE_BAD. */
int note_signer_make(struct note_signer *s, struct hasher *h, struct bytes name,
    const struct secret *seed) must_check;

/*
 * note_sign() - append @text (lines, each with its line feed, none of them control bytes), an empty
 * line and a signature of each signer. Return: 0, NOTE_BAD, -ENOMEM.
 */
int note_sign(
    struct buf *out, struct bytes text, const struct note_signer *signer, size_t n) must_check;
/*
 * note_open() - verify against @n keys. @text: what was signed, borrowed from @note; set for
 * NOTE_STRANGER too, when it is not to be believed. @by: bit i says that key[i] signed (n <= 64).
 * Return: 0, NOTE_BAD, NOTE_FORGED, NOTE_STRANGER.
 */
int note_open(struct bytes note, const struct note_key *key, size_t n, struct bytes *text,
    uint64_t *by) must_check;
/*
 * note_split() - text and signature lines of a note, and who its first line says signed it (nothing
 * is verified). Return: 0, NOTE_BAD.
 */
struct note_parts {
	struct bytes text, signatures;
	struct bytes name; /* of the first signature line */
	uint8_t id[4];
};
int note_split(struct bytes note, struct note_parts *p) must_check;

#endif
