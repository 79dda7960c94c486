/*
 * event_priv - between event.c and event_data.c.
 */
#ifndef HOST_LATTICE_EVENT_PRIV_H
#define HOST_LATTICE_EVENT_PRIV_H

#include "host/lattice/event.h"
#include "policy/core/members.h"

/* event_put_data() - the members of a CloudEvent's `data`. */
void event_put_data(struct buf *b, const struct model *m, const struct event *e);

#endif
