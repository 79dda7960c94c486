/*
 * config_limits - `limits { }` in gateway.conf: the ceilings of everything that can grow. Each has
 * a default, so none of them is ever absent.
 */
#include "gateway/proc/config_priv.h"

#define AT(field) offsetof(struct config, field)

static const struct config_number limits[] = {
	{ "edges", AT(edges), UNIT_COUNT, 1, 64, 1, false },
	{ "max_connections", AT(max_connections), UNIT_COUNT, 1, 1000000, 65536, false },
	{ "max_subscriptions", AT(max_subscriptions), UNIT_COUNT, 1, 1000000, 8192, false },
	{ "max_control_line", AT(max_control_line), UNIT_SIZE, 512, 1 * MIB, 4 * KIB, false },
	{ "max_connect", AT(max_connect), UNIT_SIZE, 1 * KIB, 256 * KIB, 16 * KIB, false },
	{ "max_payload", AT(max_payload), UNIT_SIZE, 1 * KIB, 64 * MIB, 1 * MIB, false },
	{ "max_command", AT(max_command), UNIT_SIZE, 1 * KIB, 1 * MIB, 256 * KIB, false },
	{ "max_pending", AT(max_pending), UNIT_SIZE, 16 * KIB, 1024 * MIB, 1 * MIB, false },
	{ "auth_timeout", AT(auth_timeout_ms), UNIT_TIME, 50, 1 * MINUTE, 2 * SEC, false },
	{ "ping_interval", AT(ping_interval_ms), UNIT_TIME, 50, 1 * HOUR, 2 * MINUTE, false },
	{ "ping_max", AT(ping_max), UNIT_COUNT, 1, 100, 2, false },
	{ "write_deadline", AT(write_deadline_ms), UNIT_TIME, 50, 10 * MINUTE, 10 * SEC, false },
	{ "drain", AT(drain_ms), UNIT_TIME, 0, 10 * MINUTE, 5 * SEC, false },
	{ "lame_duck_grace", AT(lame_duck_grace_ms), UNIT_TIME, 0, 10 * MINUTE, 10 * SEC, false },
	{ "lame_duck_duration", AT(lame_duck_duration_ms), UNIT_TIME, 0, 24 * HOUR, 2 * MINUTE,
	    false },
};

void
config_limits(struct config_reader *rd)
{
	config_numbers(rd, config_section(rd, "limits"), limits, COUNT(limits));
}
