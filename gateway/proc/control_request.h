/*
 * control_request - what may be asked over the control socket: one line, read strictly.
 *
 *   status | conns | reload | reopen | rotate | upgrade | read WHAT [DETAIL]
 *
 * One space between words, none at the end; WHAT is a word of lower-case letters and dashes, DETAIL
 * is the rest: UTF-8 without control bytes.
 */
#ifndef GATEWAY_PROC_CONTROL_REQUEST_H
#define GATEWAY_PROC_CONTROL_REQUEST_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum { CONTROL_LINE_MAX = 512, CONTROL_WHAT_MAX = 32 };

enum control_verb {
	CONTROL_NONE = 0,
	CONTROL_STATUS,
	CONTROL_CONNS,
	CONTROL_RELOAD,
	CONTROL_REOPEN,
	CONTROL_READ,
	CONTROL_ROTATE,
	CONTROL_UPGRADE,
};

struct control_request {
	enum control_verb verb;
	struct bytes what, detail; /* of CONTROL_READ; borrowed from the line */
};

enum control_answer {
	CONTROL_BAD = 1, /* not a request */
};

/* control_request_parse() - @line without its line feed. Return: 0, CONTROL_BAD. */
int control_request_parse(struct bytes line, struct control_request *out) must_check;

#endif
