/*
 * cef - a record, and what came of it, as an event of ArcSight's Common Event Format, version 0: for syslog, and for
 * `portcullis audit query --cef`.
 */
#ifndef GATEWAY_PROC_CEF_H
#define GATEWAY_PROC_CEF_H

#include "policy/audit/record.h"

/* cef_put() - append the event, without a line end; @outcome may be NULL. */
void cef_put(struct buf *out, const struct record *r, const struct record *outcome);
/* cef_refused() - was something refused? Then it is a warning. */
bool cef_refused(const struct record *r);

#endif
