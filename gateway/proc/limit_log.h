/*
 * limit_log - a ceiling that was run into: counted each time, logged once a second with how often
 * it was.
 */
#ifndef GATEWAY_PROC_LIMIT_LOG_H
#define GATEWAY_PROC_LIMIT_LOG_H

#include "gateway/relay/limits.h"

enum { LIMIT_LOG_MS = 1000 };

struct limit_log {
	uint64_t said_ms[LIMIT_COUNT]; /* 0: never */
	uint64_t unsaid[LIMIT_COUNT];  /* since */
};

/* Whom it met; what is not known stays 0 or NULL. */
struct limit_who {
	const char *source;
	const char *account, *user;
	uint64_t client;
};

/* limit_met() - count it in @counts[l], and log it unless that was done a moment ago. */
void limit_met(struct limit_log *g, uint64_t counts[LIMIT_COUNT], enum limit l,
    const struct limit_who *who, uint64_t now_ms);

#endif
