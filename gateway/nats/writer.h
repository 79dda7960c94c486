/*
 * writer - print operations in their one canonical form.
 *
 * Every nats_put_*() appends to a buf whose ceiling the caller chose; subjects must have been
 * checked (nats_subject_ok()), the writer asserts it only in debug builds of the tests.
 */
#ifndef GATEWAY_NATS_WRITER_H
#define GATEWAY_NATS_WRITER_H

#include "gateway/nats/op.h"
#include "policy/core/buf.h"

/* PUB subject [reply] n / HPUB subject [reply] h n, with payload and CRLF. Empty @header: PUB. */
void nats_put_pub(struct buf *b, struct bytes subject, struct bytes reply, struct bytes header, struct bytes payload);
/* MSG subject sid [reply] n / HMSG, with payload and CRLF. */
void nats_put_msg(struct buf *b, struct bytes subject, struct bytes sid, struct bytes reply, struct bytes header,
    struct bytes payload);
void nats_put_sub(struct buf *b, struct bytes subject, struct bytes queue, struct bytes sid);
/* UNSUB sid [max]; @max is written when @has_max */
void nats_put_unsub(struct buf *b, struct bytes sid, bool has_max, uint64_t max);
void nats_put_ping(struct buf *b);
void nats_put_pong(struct buf *b);
void nats_put_ok(struct buf *b);
/* -ERR 'text'; @text is one of our constants or already quoted with nats_quote() */
void nats_put_err(struct buf *b, const char *text);
/*
 * nats_quote() - append @s in Go's %q form (in double quotes), cut after 128 bytes: what nats-server
 * prints in permission errors. Source: nats-server client.go pubPermissionViolation.
 */
void nats_quote(struct buf *b, struct bytes s);
/* CONNECT json / INFO json, with CRLF */
void nats_put_connect(struct buf *b, struct bytes json);
void nats_put_info(struct buf *b, struct bytes json);

#endif
