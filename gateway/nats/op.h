/*
 * op - one operation of the NATS client protocol, as slices into the bytes it was parsed from.
 */
#ifndef GATEWAY_NATS_OP_H
#define GATEWAY_NATS_OP_H

#include "policy/core/bytes.h"

enum nats_kind {
	NATS_NONE = 0,
	NATS_CONNECT, /* json */
	NATS_INFO,    /* json */
	NATS_PUB,     /* subject [reply] payload */
	NATS_HPUB,    /* subject [reply] header payload */
	NATS_SUB,     /* subject [queue] sid */
	NATS_UNSUB,   /* sid [max] */
	NATS_MSG,     /* subject sid [reply] payload */
	NATS_HMSG,    /* subject sid [reply] header payload */
	NATS_PING,
	NATS_PONG,
	NATS_OK,
	NATS_ERR, /* text, without its quotes */
};

struct nats_op {
	enum nats_kind kind;
	struct bytes subject;
	struct bytes reply; /* empty: none */
	struct bytes queue; /* empty: none */
	struct bytes sid;
	struct bytes header;  /* the whole block, NATS/1.0 ... CRLF CRLF; empty for PUB and MSG */
	struct bytes payload; /* without header and without the closing CRLF */
	struct bytes json;    /* CONNECT, INFO */
	struct bytes text;    /* -ERR */
	bool has_max;         /* UNSUB */
	uint64_t max;
};

#endif
