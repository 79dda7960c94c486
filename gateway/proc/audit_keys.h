/*
 * audit_keys - the key that signs checkpoints, and the key that secrets are committed to with.
 *
 * The first is written as `portcullis init` writes it, PRIVATE+KEY+NAME+ID+BASE64 (the C2SP note form),
 * or as 64 hexadecimal digits, and is then called portcullis-audit; the second is 64 hexadecimal digits.
 */
#ifndef GATEWAY_PROC_AUDIT_KEYS_H
#define GATEWAY_PROC_AUDIT_KEYS_H

#include "policy/audit/note.h"
#include "policy/audit/redact.h"

enum audit_key_answer {
	AUDIT_KEY_BAD = 1, /* not a key in either form, or one with a wrong id */
};

/* Not to be copied: the signer borrows the seed. */
struct audit_key {
	struct note_signer signer;
	struct secret seed; /* NULL: none */
};

/* audit_key_read() - Return: 0, AUDIT_KEY_BAD, -ENOMEM. */
int audit_key_read(struct audit_key *k, struct bytes text) must_check;
void audit_key_deinit(struct audit_key *k);
/* audit_key_move() - @to, which holds none, has it from now on, and @from none. */
void audit_key_move(struct audit_key *to, struct audit_key *from);
/* redact_key_read() - Return: 0, AUDIT_KEY_BAD, -ENOMEM. */
int redact_key_read(struct secret *k, struct bytes text) must_check;
/* redact_key_derive() - from @k, for a deployment without a file of its own. Return: 0, -ENOMEM. */
int redact_key_derive(struct secret *k, const struct audit_key *from) must_check;

#endif
