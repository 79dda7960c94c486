/*
 * checkpoint - "so many records, with this root", signed; and how one signing key follows another.
 *
 * The C2SP tlog-checkpoint format: origin, size, root in base64, perhaps more lines, signed as a
 * note. A key is followed by the next with a statement that both have signed:
 *
 *	portcullis audit key rotation v1
 *	ORIGIN
 *	SIZE			records that the old key's checkpoints may cover, at most
 *	OLD KEY
 *	NEW KEY			as note_key_put() writes them
 *
 * Neither text can be read as the other: a checkpoint's second line is a number.
 */
#ifndef POLICY_AUDIT_CHECKPOINT_H
#define POLICY_AUDIT_CHECKPOINT_H

#include "policy/audit/note.h"

struct checkpoint {
	struct bytes origin; /* one line, not empty */
	uint64_t size;       /* up to 2^53 */
	struct digest root;
	struct bytes more; /* extension lines with their line feeds; or empty */
};

/* checkpoint_sign() - append the note. Return: 0, NOTE_BAD (an origin that is no line), -ENOMEM. */
int checkpoint_sign(struct buf *out, const struct checkpoint *c, const struct note_signer *signer,
    size_t n) must_check;
/* checkpoint_parse() - a note's text. Return: 0 with *c borrowed from it, NOTE_BAD. */
int checkpoint_parse(struct bytes text, struct checkpoint *c) must_check;
/*
 * checkpoint_open() - note_open(), then checkpoint_parse(), then: is it of @origin? Return: as
 * note_open(); NOTE_BAD also for another origin.
 */
int checkpoint_open(struct bytes note, struct bytes origin, const struct note_key *key, size_t n,
    struct checkpoint *c, uint64_t *by) must_check;

struct rotation {
	struct bytes origin;
	uint64_t size;
	struct note_key from, to;
};

/* rotation_sign() - append the statement, signed by both. Return: 0, NOTE_BAD, -ENOMEM. */
int rotation_sign(struct buf *out, struct hasher *h, struct bytes origin, uint64_t size,
    const struct note_signer *from, const struct note_signer *to) must_check;
/*
 * rotation_open() - read a statement and check both signatures with the keys it names. Whether one
 * of those is trusted is the caller's question. Return: 0, NOTE_BAD, NOTE_FORGED, NOTE_STRANGER
 * (one of the two signatures is missing).
 */
int rotation_open(
    struct bytes note, struct hasher *h, struct bytes origin, struct rotation *r) must_check;

#endif
