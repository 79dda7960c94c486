/*
 * parser - take operations off the front of a byte run, both directions, strictly.
 *
 * An op is answered only when it is whole, payload and closing CRLF included: nothing of a message
 * is forwarded before all of it is here and well formed. Depends on the bytes alone, never on how
 * they were cut into reads (property-tested).
 *
 * Judged here: the verb, the number of fields, their alphabets, sizes, line ends. Not judged here:
 * token structure and length of subjects (policy), the grammar of a header block (header.h), JSON
 * (connect.h, info.h), which op may come when (the handshake and the relay).
 */
#ifndef GATEWAY_NATS_PARSER_H
#define GATEWAY_NATS_PARSER_H

#include "gateway/nats/op.h"
#include "policy/core/err.h"

enum nats_side {
	NATS_SIDE_NONE = 0,
	NATS_FROM_CLIENT, /* CONNECT PUB HPUB SUB UNSUB PING PONG */
	NATS_FROM_SERVER, /* INFO MSG HMSG PING PONG +OK -ERR; blanks behind INFO's JSON are fine */
};

enum nats_answer {
	NATS_MORE = 1,         /* not whole yet; ->need says how many bytes the run must have at least */
	NATS_MALFORMED,        /* Unknown Protocol Operation */
	NATS_LINE_TOO_LONG,    /* maximum control line exceeded */
	NATS_PAYLOAD_TOO_LONG, /* Maximum Payload Violation: known before the payload is read */
};

enum {
	NATS_SID_MAX = 20,    /* bytes of a sid, [A-Za-z0-9] */
	NATS_QUEUE_MAX = 256, /* bytes of a queue group's name */
	NATS_UNSUB_DIGITS = 9 /* of UNSUB's max, as the server's parseSize */
};

struct nats_parser {
	enum nats_side side;
	size_t max_line;    /* bytes from the first byte of the line to its LF, inclusive */
	size_t max_connect; /* the same for CONNECT and INFO lines; 0: max_line */
	size_t max_payload; /* header + payload */
	/* of the op at the front of the run; all zero between ops */
	size_t scanned; /* bytes already searched for the line's end */
	size_t line;    /* length of the line with its CRLF, once known */
	size_t need;    /* bytes of the whole op, once known; else scanned + 1 */
};

/*
 * nats_parser_init() - for one side, with its ceilings (payload at most 1 GiB). Set ->max_connect
 * after it where JSON lines may be longer than others.
 */
void nats_parser_init(struct nats_parser *p, enum nats_side side, size_t max_line, size_t max_payload);
/*
 * nats_parse() - take one operation from the front of @in.
 * @p:    state of the op at the front; the run may move between calls, but must begin at the same
 *        byte and only grow until the op is taken
 * @used: bytes of the op taken, set when 0 is returned
 * @op:   filled when 0 is returned; slices point into @in
 *
 * Any case of a verb and runs of blanks and tabs between and behind fields are accepted, as the
 * server does; everything else is exact: see docs/PROTOCOL.md. A verb that cannot become one of
 * this side's is refused at its first wrong byte. While a payload is awaited a call costs nothing.
 * UNSUB with max 0 is answered as has_max = false: the server takes it for "no maximum".
 *
 * Source: nats-server server/parser.go; stricter where PROTOCOL says so.
 * Return: 0 or an enum nats_answer. After any answer but NATS_MORE the connection must end.
 */
int nats_parse(struct nats_parser *p, struct bytes in, size_t *used, struct nats_op *op) must_check;

#endif
