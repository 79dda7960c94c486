/*
 * when - times as people write and read them.
 */
#ifndef GATEWAY_CLI_WHEN_H
#define GATEWAY_CLI_WHEN_H

#include <stdint.h>

#include "policy/core/err.h"

enum { WHEN_TEXT = 32 };

/* when_format() - "2026-11-22T19:47:00Z"; 0 is "never". */
void when_format(int64_t unix_s, char out[WHEN_TEXT]);
/* when_span() - "90s", "15m", "12h", "30d" to seconds, 1 second to 100 years. Return: 0, -EINVAL.
 */
int when_span(const char *s, int64_t *out) must_check;

#endif
