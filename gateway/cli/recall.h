/*
 * recall - who commanded and what was commanded, out of a record: as much of both as the gate knew,
 * or the answer that it is not there any more. Nothing is guessed.
 *
 * Not in a record: the lists a credential narrows itself with, and headers.
 */
#ifndef GATEWAY_CLI_RECALL_H
#define GATEWAY_CLI_RECALL_H

#include "policy/audit/record.h"
#include "policy/commands/body.h"
#include "policy/commands/prefix.h"
#include "policy/identity/identity.h"

enum recall_state {
	RECALL_LOST = 0, /* the body is not there, not whole, or unreadable without its secrets */
	RECALL_REFUSED,  /* the gate could not read it either */
	RECALL_READ,
};

enum recall_why {
	RECALL_FINE = 0,
	RECALL_NO_BODY, /* was not recorded */
	RECALL_CUT,     /* too long to be recorded whole */
	RECALL_BINARY,  /* no text, which a record cannot hold */
	RECALL_CHANGED, /* not what was sent, and not by redaction */
	RECALL_HIDDEN,  /* unreadable without its secrets, or a rule would look at one */
	RECALL_WHYS
};

struct recall {
	enum recall_state state;
	enum recall_why why;
	struct command command; /* slices of the record's subject */
	struct bytes payload;   /* as far as recorded */
	bool verbatim;          /* and byte for byte what was sent */
	struct body body;       /* of a RECALL_READ */
};

/* answers */
enum recall_answer {
	RECALL_NOT =
	    1, /* its subject commands nothing under these prefixes; identity: members were cut */
};

/*
 * recall_command() - @arena of BODY_ARENA bytes. What @out holds lives as long as @r and @arena; it
 * must not be copied. Return: 0, RECALL_NOT.
 */
int recall_command(
    struct recall *out, const struct prefixes *set, const struct record *r, void *arena) must_check;
/* recall_identity() - Return: 0 and *id owned by the caller, RECALL_NOT, -ENOMEM. */
int recall_identity(struct identity *id, const struct record *r) must_check;
/* recall_cut() - was this member of the record cut? */
bool recall_cut(const struct record *r, const char *member);
/* recall_why_text() - "body not recorded" ... */
const char *recall_why_text(enum recall_why w);

#endif
