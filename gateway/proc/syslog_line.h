/*
 * syslog_line - a record as a syslog message: RFC 5424 with the record's own line as its text, or
 * with CEF, the event format that security monitors read.
 */
#ifndef GATEWAY_PROC_SYSLOG_LINE_H
#define GATEWAY_PROC_SYSLOG_LINE_H

#include "gateway/proc/sink.h"
#include "policy/audit/record.h"

enum { SYSLOG_LINE_MAX = RECORD_LINE_MAX + 4096 };

/* syslog_line() - append the message for @line, which @r was read from. @host: of this machine. */
void syslog_line(struct buf *out, enum sink_format format, const char *host, struct bytes line,
    const struct record *r);

#endif
