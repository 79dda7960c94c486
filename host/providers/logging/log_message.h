/*
 * log_message - what an actor wants in the log: {level, text}, in message-pack. Pure.
 * Source: wasmCloud interfaces logging.smithy (LogEntry).
 */
#ifndef HOST_PROVIDERS_LOGGING_LOG_MESSAGE_H
#define HOST_PROVIDERS_LOGGING_LOG_MESSAGE_H

#include "policy/core/buf.h"

enum log_message_level { LOG_MESSAGE_ERROR, LOG_MESSAGE_WARN, LOG_MESSAGE_INFO, LOG_MESSAGE_DEBUG };

struct log_message {
	enum log_message_level level;
	struct bytes text; /* a slice */
};

/* log_message_get() - Return: NULL, or what is wrong with it. */
const char *log_message_get(struct bytes payload, struct log_message *m) must_check;

#endif
