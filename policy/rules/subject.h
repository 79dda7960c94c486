/*
 * subject - NATS subjects and patterns: validity, literal match, true subset, overlap.
 *
 * A valid subject here is made of non-empty tokens of bytes 0x21..0x7e (docs/PROTOCOL.md: stricter
 * than the server). `*` and `>` are wildcards only as whole tokens; `>` only as the last.
 */
#ifndef POLICY_RULES_SUBJECT_H
#define POLICY_RULES_SUBJECT_H

#include "policy/core/bytes.h"

enum { SUBJECT_MAX_TOKENS = 64, SUBJECT_MAX_LEN = 1024 };

/* subject_ok() - a valid pattern: literal or with wildcards, within the limits above. */
bool subject_ok(struct bytes s);
/* subject_literal() - valid and without wildcard tokens: what may be published to. */
bool subject_literal(struct bytes s);
/* subject_match() - does literal @s match @pattern? Both valid. */
bool subject_match(struct bytes pattern, struct bytes s);
/* subject_subset() - is every subject that matches @inner also matched by @outer? */
bool subject_subset(struct bytes inner, struct bytes outer);
/* subject_overlap() - is there a subject that matches both? */
bool subject_overlap(struct bytes a, struct bytes b);
/* subject_token() - the n-th token (0-based), or BYTES_NULL. */
struct bytes subject_token(struct bytes s, size_t n);
/* subject_tokens() - how many tokens. */
size_t subject_tokens(struct bytes s);

#endif
