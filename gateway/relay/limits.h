/*
 * limits - the ceilings of one connection, as configured (docs/CONFIG.md, limits), and the names of
 * all ceilings there are, whoever keeps them: each is counted, logged and shown by its name.
 */
#ifndef GATEWAY_RELAY_LIMITS_H
#define GATEWAY_RELAY_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/relay/barrier.h"
#include "gateway/relay/pace.h"

enum {
	LIMITS_UPSTREAM_LINE = 64 * 1024, /* an INFO with many addresses fits */
	LIMITS_COMMANDS = BARRIER_SPAN,   /* commands of one connection under way at once */
	LIMITS_HELD_PINGS = 1024,
	LIMITS_ENDED_SUBS = 256,   /* unsubscribed, waiting for a PONG; then we ask for one */
	LIMITS_DENIALS_PER_S = 50, /* written out one by one, and the first of each kind and verb; more are summed */
};

/* Every ceiling that somebody can run into. */
enum limit {
	/* a connection is turned away */
	LIMIT_CONNECTIONS = 0,
	LIMIT_LISTENER,
	LIMIT_DESCRIPTORS,
	LIMIT_OVERLOAD,       /* memory is short: no new logins */
	LIMIT_PREAUTH,        /* of those who have not logged in, in all */
	LIMIT_SOURCE_PREAUTH, /* of one source */
	LIMIT_SOURCE,         /* of one source, logged in or not */
	LIMIT_PENALTY,        /* a source that failed too often */
	/* a connection that has not logged in is ended */
	LIMIT_SHED, /* to make room for another, or memory */
	LIMIT_AUTH_TIMEOUT,
	LIMIT_ACCOUNT, /* a good login too many */
	LIMIT_USER,
	/* one that has */
	LIMIT_SUBSCRIPTIONS,
	LIMIT_ACCOUNT_SUBSCRIPTIONS,
	LIMIT_PUBLISH, /* of the connection: it is read slower */
	LIMIT_USER_PUBLISH,
	LIMIT_CONTROL_LINE,
	LIMIT_PAYLOAD,
	LIMIT_SLOW, /* a side took nothing for too long, or more had to be said than it has room for
		     */
	LIMIT_MEMORY, /* what waits for all sides: who holds most is ended */
	/* a command is refused */
	LIMIT_COMMANDS,
	LIMIT_USER_COMMANDS,
	LIMIT_COMMAND_MEMORY,
	LIMIT_COUNT,
};

/* limit_name() - a stable word for logs, status and metrics. */
const char *limit_name(enum limit l);

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
	struct pace_rule publish;      /* of a connection */
	struct pace_rule user_publish; /* of all connections of a user together */
	uint64_t max_account_subs;
};

#endif
