/*
 * log_few - lines that strangers can cause: so many of a kind each second are written, the rest is counted and told.
 */
#ifndef GATEWAY_PROC_LOG_FEW_H
#define GATEWAY_PROC_LOG_FEW_H

#include <stdbool.h>
#include <stdint.h>

enum { LOG_FEW_LINES = 20, LOG_FEW_MS = 1000 };

/* Of one kind of line; zeroed: none was written yet. */
struct log_few {
	uint64_t began_ms; /* 0: never */
	unsigned said;     /* since then */
	uint64_t left_out;
};

/* log_few() - may a line @event be written now? Otherwise it is counted. */
bool log_few(struct log_few *f, const char *event, uint64_t now_ms);
/* log_few_tick() - once a second is over: what was left out of it is told. Call now and then. */
void log_few_tick(struct log_few *f, const char *event, uint64_t now_ms);

#endif
