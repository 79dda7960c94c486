/*
 * ceilings - the part of limits { } that more than one process keeps or that is not of one
 * connection: read by config_limits.c, carried in struct setup. 0 is no ceiling, except where it
 * says otherwise.
 */
#ifndef GATEWAY_PROC_CEILINGS_H
#define GATEWAY_PROC_CEILINGS_H

#include "gateway/io/frame.h"
#include "policy/identity/cidr.h"

enum { CEILINGS_EXEMPT = 16 };

struct ceilings {
	/* of an edge */
	uint64_t max_listener_connections;
	uint64_t max_preauth;       /* connections that have not logged in */
	uint64_t max_preauth_bytes; /* what all of them have sent and is not read yet */
	uint64_t max_source_preauth, max_source_connections;
	uint64_t max_memory; /* what waits for all sides of all connections */
	uint64_t max_account_subscriptions;
	uint64_t max_publish_rate, max_publish_bytes; /* a second, of a connection */
	uint64_t max_user_publish_rate, max_user_publish_bytes;
	/* of the verifier: over all edges */
	uint64_t max_account_connections, max_user_connections;
	/* of the dispatcher: over all edges */
	uint64_t max_commands, max_user_commands, max_command_memory;
	/* what a source pays, in milliseconds; penalty_max 0: nothing */
	uint64_t penalty_failed, penalty_garbage, penalty_timeout, penalty_silent, penalty_min,
	    penalty_max;
	size_t n_exempt;
	struct cidr exempt[CEILINGS_EXEMPT];
};

void ceilings_put(struct buf *b, const struct ceilings *c);
/* ceilings_get() - Return: false when it is none. */
bool ceilings_get(struct cursor *in, struct ceilings *c) must_check;

#endif
