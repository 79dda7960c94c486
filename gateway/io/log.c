/*
 * log - see log.h. Nothing is queued: a line is on its way when log_end() returns, so that the last
 * words of a process are not lost. A line that does not fit is cut, never split.
 */
#include "gateway/io/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static enum log_level log_most = LOG_INF;
static const char *log_role = "";

enum { LOG_VALUE_MAX = 256, LOG_TAIL = 2 };

void
log_setup(enum log_level most, const char *role)
{
	log_most = most;
	log_role = role;
}

bool
log_on(enum log_level level)
{
	return level <= log_most;
}

/* add() - append printf-style, cut at the line's end. */
static void __attribute__((format(printf, 2, 3)))
add(struct log_line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->text) - LOG_TAIL - l->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->len += (size_t)n < room ? (size_t)n : room - 1;
}

void
log_begin(struct log_line *l, enum log_level level, const char *event)
{
	static const char *const tags[] = { "FTL", "ERR", "WRN", "INF", "DBG", "TRC" };
	struct timespec ts;
	struct tm tm;

	l->level = level;
	l->len = 0;
	if (!log_on(level))
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	add(l, "[%d] %04d/%02d/%02d %02d:%02d:%02d.%06ld [%s] event=%s", (int)getpid(),
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    ts.tv_nsec / 1000, tags[level], event);
	if (log_role[0] != '\0')
		add(l, " role=%s", log_role);
}

void
log_num(struct log_line *l, const char *key, int64_t v)
{
	if (log_on(l->level))
		add(l, " %s=%lld", key, (long long)v);
}

void
log_word(struct log_line *l, const char *key, const char *v)
{
	if (log_on(l->level))
		add(l, " %s=%s", key, v);
}

/* plain() - how many bytes of a value stand in a line as they are. */
static size_t
plain(struct bytes v)
{
	size_t n = 0;

	while (n < v.len && v.ptr[n] >= 0x20 && v.ptr[n] < 0x7f && v.ptr[n] != '"' && v.ptr[n] != '\\')
		n++;
	return n;
}

void
log_bytes(struct log_line *l, const char *key, struct bytes v)
{
	size_t n = v.len < LOG_VALUE_MAX ? v.len : LOG_VALUE_MAX;

	if (!log_on(l->level))
		return;
	add(l, " %s=\"", key);
	for (size_t i = 0; i < n;) {
		size_t run = plain(bytes_of(v.ptr + i, n - i));

		if (run > 0)
			add(l, "%.*s", (int)run, (const char *)v.ptr + i);
		else
			add(l, v.ptr[i] == '"' || v.ptr[i] == '\\' ? "\\%c" : "\\x%02x", v.ptr[i]);
		i += run > 0 ? run : 1;
	}
	add(l, n < v.len ? "...\"" : "\"");
}

void
log_str(struct log_line *l, const char *key, const char *v)
{
	log_bytes(l, key, bytes_str(v));
}

void
log_errno(struct log_line *l, int e)
{
	log_str(l, "error", strerror(e < 0 ? -e : e));
}

void
log_end(struct log_line *l)
{
	ssize_t n;

	if (!log_on(l->level))
		return;
	l->text[l->len++] = '\n';
	n = write(STDERR_FILENO, l->text, l->len);
	(void)n; /* a log that cannot be written has nowhere to say so */
}

void
log_event(enum log_level level, const char *event)
{
	struct log_line l;

	log_begin(&l, level, event);
	log_end(&l);
}
