/*
 * limits - the ceilings of one connection, as configured (docs/CONFIG.md, limits).
 */
#ifndef GATEWAY_RELAY_LIMITS_H
#define GATEWAY_RELAY_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/relay/barrier.h"

enum {
	LIMITS_UPSTREAM_LINE = 64 * 1024,   /* an INFO with many addresses fits */
	LIMITS_COMMANDS = BARRIER_SPAN,     /* commands of one connection under way at once */
	LIMITS_HELD_PINGS = 1024,
	LIMITS_ENDED_SUBS = 256,            /* unsubscribed, waiting for a PONG; then we ask for one */
	LIMITS_DENIALS_PER_S = 50,          /* written out one by one; more are summed */
};

struct limits {
	size_t max_line;
	size_t max_connect;
	size_t max_payload;
	size_t max_command;
	size_t max_pending;
	size_t max_subs;
	uint64_t auth_timeout_ms;
	uint64_t login_timeout_ms; /* from accept to open */
	uint64_t ping_interval_ms;
	unsigned ping_max;
	uint64_t write_deadline_ms;
};

#endif
