/*
 * sink - see sink.h.
 */
#include "gateway/proc/sink.h"

#include <string.h>

static const char *const types[SINK_TYPES] = {
	[SINK_NONE] = "none",
	[SINK_JETSTREAM] = "jetstream",
	[SINK_NATS] = "nats",
	[SINK_SYSLOG] = "syslog",
	[SINK_FILE] = "file",
};

const char *
sink_type_name(enum sink_type type)
{
	return type < SINK_TYPES ? types[type] : types[SINK_NONE];
}

enum sink_type
sink_type_of(const char *name)
{
	for (int i = 1; i < SINK_TYPES; i++) {
		if (strcmp(types[i], name) == 0)
			return (enum sink_type)i;
	}
	return SINK_NONE;
}
