/*
 * check_tls - are the TLS certificates and keys of a configuration good for what they are there
 * for?
 */
#ifndef GATEWAY_PROC_CHECK_TLS_H
#define GATEWAY_PROC_CHECK_TLS_H

#include "gateway/proc/config.h"

/* check_tls() - problems go into @r; @now_s: unix time, for what has expired. */
void check_tls(const struct config *c, int64_t now_s, struct text_report *r);

#endif
