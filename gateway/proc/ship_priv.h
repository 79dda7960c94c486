/*
 * ship_priv - a sink's thread in three files: ship.c follows the log and sends, ship_say.c tells, ship_login.c
 * has what it logs in with.
 */
#ifndef GATEWAY_PROC_SHIP_PRIV_H
#define GATEWAY_PROC_SHIP_PRIV_H

#include "gateway/io/log.h"
#include "gateway/proc/ship.h"

/* ship_now_ms() - monotonic. */
uint64_t ship_now_ms(void);
/* ship_backlog() - records that are durable and have not arrived. */
uint64_t ship_backlog(const struct ship *s);
/* ship_say_begin() - a line of the log, with the sink's name. */
void ship_say_begin(
    const struct ship *s, struct log_line *l, enum log_level level, const char *event);
/* ship_say_connected() - it has taken something, or there is nothing to take. */
void ship_say_connected(struct ship *s);
/* ship_say_lost() - once for each reason, until it works again. */
void ship_say_lost(struct ship *s);
/* ship_say_missed() - retention was faster. */
void ship_say_missed(struct ship *s);
/* ship_say_once() - unless *told; @why, or NULL and an errno. */
void ship_say_once(struct ship *s, bool *told, const char *event, const char *why, int error);
/* ship_say_behind() - records wait for long; or none waits any more. */
void ship_say_behind(struct ship *s);
/* ship_login_renew() - take up what came since. Return: did something? */
bool ship_login_renew(struct ship *s);

#endif
