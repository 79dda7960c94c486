/*
 * redact - what of a body may be kept: all but the secrets, each of which becomes a commitment.
 *
 * A commitment is ‹secret:32 hexadecimal digits›: HMAC-SHA256 with a key of the log over the bytes
 * as written, cut to 128 bits. The same secret gives the same text, so two can be compared later;
 * who has not the key cannot try guesses. What the schemas name comes as spans; besides, wherever
 * they stand, tokens (JWTs) become ‹jwt:iss=..,sub=..,jti=..›, and NKey seeds and the user part of
 * a URL become commitments.
 */
#ifndef POLICY_AUDIT_REDACT_H
#define POLICY_AUDIT_REDACT_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum {
	REDACT_KEY_LEN = 32,
	REDACT_BODY_MAX = 12 * 1024, /* bytes of a redacted body */
	REDACT_SPANS_MAX = 4096,
};

/* A place in the payload; as struct body_span of policy/commands. */
struct redact_span {
	uint32_t at, len;
};

struct redact_input {
	struct bytes payload;
	const struct redact_span *span; /* in any order, may overlap */
	size_t n_spans;
	struct bytes key; /* REDACT_KEY_LEN bytes */
	size_t max;       /* of the result; 0: REDACT_BODY_MAX */
};

/* answers */
enum redact_answer {
	REDACT_REFUSED = 1, /* a span outside the payload, too many spans, a key of another length:
			       keep nothing */
};

/*
 * redact() - append to @out what may be kept of the payload. @secrets: how many commitments stand
 * in it. A sender who wrote such a mark himself has its ‹ replaced by '<'. What does not fit is
 * left off, never half a mark; @cut says so. Return: 0, REDACT_REFUSED, -ENOMEM.
 */
int redact(const struct redact_input *in, struct buf *out, uint64_t *secrets, bool *cut) must_check;
/* redact_commit() - the commitment alone: 32 hexadecimal digits. Return: 0, REDACT_REFUSED. */
int redact_commit(struct bytes key, struct bytes secret, char hex[33]) must_check;

#endif
