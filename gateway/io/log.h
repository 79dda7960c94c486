/*
 * log - one line, one event, to descriptor 2. Events and their keys: docs/EVENTS.md.
 *
 *   [pid] 2026/11/22 19:30:00.000000 [INF] event=conn_open client=17 source="127.0.0.1:5000"
 *
 * A line is built in a fixed buffer and written with one write(2); strangers' bytes are escaped and
 * cut. Level and role are the only process-wide state of this room: set once, by main.
 */
#ifndef GATEWAY_IO_LOG_H
#define GATEWAY_IO_LOG_H

#include <stdint.h>

#include "policy/core/bytes.h"

enum log_level {
	LOG_FTL,
	LOG_ERR,
	LOG_WRN,
	LOG_INF,
	LOG_DBG,
	LOG_TRC,
};

struct log_line {
	enum log_level level;
	size_t len;
	char text[2048];
};

/* log_setup() - the most talkative level written, and this process's role for the line's tag. */
void log_setup(enum log_level most, const char *role);
/* log_on() - would a line of this level be written? */
bool log_on(enum log_level level);
/* log_begin() - start a line; @event is one of docs/EVENTS.md. */
void log_begin(struct log_line *l, enum log_level level, const char *event);
/* log_num() - key=number */
void log_num(struct log_line *l, const char *key, int64_t v);
/* log_word() - key=word, for our own constants */
void log_word(struct log_line *l, const char *key, const char *v);
/* log_bytes() - key="value", escaped, cut after 256 bytes */
void log_bytes(struct log_line *l, const char *key, struct bytes v);
/* log_str() - the same for a string */
void log_str(struct log_line *l, const char *key, const char *v);
/* log_errno() - error="text of @e" (@e positive or negative) */
void log_errno(struct log_line *l, int e);
/* log_end() - write it. */
void log_end(struct log_line *l);
/* log_event() - a line without keys. */
void log_event(enum log_level level, const char *event);

#endif
