/*
 * note_key - an Ed25519 pair as C2SP signed notes write it: what the audit log's checkpoints are
 * signed with and checked by.
 * Source: C2SP signed-note.md; golang.org/x/mod sumdb/note (GenerateKey).
 */
#ifndef GATEWAY_CLI_NOTE_KEY_H
#define GATEWAY_CLI_NOTE_KEY_H

#include "policy/core/buf.h"
#include "policy/core/err.h"

/*
 * note_key_new() - append "PRIVATE+KEY+NAME+HASH+BASE64\n" to @secret (secret_buf_init() it) and
 * "NAME+HASH+BASE64\n" to @pub. Return: 0, -ENOMEM.
 */
int note_key_new(const char *name, struct buf *secret, struct buf *pub) must_check;

#endif
