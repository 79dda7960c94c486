/*
 * contract - the two eras of what actors and providers say to each other, and the way between them.
 *
 * Inside a host and on the wire there is the later form (Service.Method, its payloads). An actor of
 * the first era is translated at its cell: what it is asked, what it answers, what it asks, what it
 * is answered. One table; payloads the table does not know pass as they are.
 * Sources: wasmCloud/actor-interfaces (widl, 2021), wasmCloud/interfaces (smithy).
 */
#ifndef HOST_LATTICE_CONTRACT_H
#define HOST_LATTICE_CONTRACT_H

#include "host/lattice/era.h"
#include "policy/core/buf.h"

enum contract_answer {
	CONTRACT_BAD = 1, /* the payload is not what this operation has; ->why */
	CONTRACT_NONE,    /* the later era has no such operation */
	CONTRACT_REFUSED, /* an operation hosts keep for themselves (__halt, BindActor ...) */
};

/* One operation in both eras; opaque, lives for ever. */
struct contract_row;

/* What is said after translation. */
struct contract_said {
	const struct contract_row *row;   /* for the answer; NULL: it passes as it is */
	struct bytes contract, operation; /* literals, or what was given */
	struct bytes payload;             /* what was given, or in the caller's buffer */
	const char *why;
};

/* contract_canonical() - wasmcloud:logging is wasmcloud:builtin:logging, and so on; else @contract
 * itself. */
struct bytes contract_canonical(struct bytes contract);
/* contract_same() - one contract, whatever it is called? */
bool contract_same(struct bytes a, struct bytes b);
/* contract_builtin() - one a host of the OTP era answers itself, without a link: logging,
 * numbergen. */
bool contract_builtin(struct bytes contract);

/*
 * contract_to_actor() - an operation in the later form, for an actor of @era; what it says goes to
 * @room. Return: 0, CONTRACT_BAD, CONTRACT_REFUSED, -ENOMEM.
 */
int contract_to_actor(enum era era, struct bytes operation, struct bytes payload, struct buf *room,
    struct contract_said *out) must_check;
/* contract_actor_answered() - its answer, back into the later form. @row: of contract_to_actor().
 */
int contract_actor_answered(const struct contract_row *row, struct bytes payload, struct buf *room,
    struct contract_said *out) must_check;
/* contract_from_actor() - what an actor of @era asks of a contract, in the later form. Also
 * CONTRACT_NONE. */
int contract_from_actor(enum era era, struct bytes contract, struct bytes operation,
    struct bytes payload, struct buf *room, struct contract_said *out) must_check;
/* contract_answer_actor() - the provider's answer, as an actor of the era of @row reads it. */
int contract_answer_actor(const struct contract_row *row, struct bytes asked, struct bytes payload,
    struct buf *room, struct contract_said *out) must_check;

#endif
