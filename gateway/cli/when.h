/*
 * when - times as people write and read them.
 */
#ifndef GATEWAY_CLI_WHEN_H
#define GATEWAY_CLI_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/core/err.h"

enum { WHEN_TEXT = 32 };

/* when_format() - "2026-11-22T19:47:00Z"; 0 is "never". */
void when_format(int64_t unix_s, char out[WHEN_TEXT]);
/* when_span() - "90s", "15m", "12h", "30d" to seconds, 1 second to 100 years. Return: 0, -EINVAL.
 */
int when_span(const char *s, int64_t *out) must_check;
/*
 * when_moment() - a moment as --since and --until name it: a span ("2h": so long before @now_ns), a
 * date ("2026-11-22": its beginning, UTC), a time ("2026-11-22T10:00Z", also with an offset), one as
 * `audit tail' prints it ("2026-11-22 10:00:00.123", UTC) or as a record has it. @upto: it is the end of a
 * span: of a time with some digits behind its seconds the last moment that begins with these. *ns: unix.
 * Return: NULL, or what is wrong with it.
 */
const char *when_moment(const char *s, int64_t now_ns, bool upto, int64_t *ns);

#endif
