/*
 * audit_progress - see audit_progress.h. Ten times a second at most; never when somebody else than
 * a person reads stderr.
 */
#include "gateway/cli/audit_progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gateway/io/clock.h"

enum { BAR = 24, NARROW = 20 };

/* width() - columns of the terminal; a line that is longer could not be wiped. */
static size_t
width(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= NARROW ? w.ws_col : 80;
}

void
progress_begin(struct progress *p, const char *what, uint64_t total)
{
	const char *term = getenv("TERM");

	*p = (struct progress){ .what = what, .total = total };
	p->on = isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
	p->began_ns = p->on ? clock_wall_ns() : 0;
	/* nothing is said in the first half second */
	p->told_ns = p->began_ns + 400000000;
}

void
progress_size(struct buf *b, uint64_t bytes)
{
	static const char *const unit[] = { "B", "KB", "MB", "GB", "TB" };
	char text[32];
	double v = (double)bytes;
	size_t u = 0;

	for (; v >= 1000 && u < 4; u++)
		v /= 1000;
	snprintf(text, sizeof(text), u == 0 || v >= 100 ? "%.0f %s" : "%.1f %s", v, unit[u]);
	buf_put_str(b, text);
}

void
progress_tell(struct progress *p, uint64_t done)
{
	int64_t now = p->on ? clock_wall_ns() : 0;
	uint64_t part, elapsed_ms;
	struct buf b;

	if (!p->on || now - p->told_ns < 100000000)
		return;
	p->told_ns = now;
	elapsed_ms = (uint64_t)(now - p->began_ns) / 1000000 + 1;
	part = p->total > 0 && done < p->total ? done * BAR / p->total : BAR;
	buf_init(&b, 512);
	buf_put_str(&b, p->what);
	buf_put_str(&b, p->total > 0 ? " [" : " ");
	for (uint64_t i = 0; p->total > 0 && i < BAR; i++)
		buf_put_u8(&b, i < part ? '#' : '.');
	buf_put_str(&b, p->total > 0 ? "] " : "");
	progress_size(&b, done);
	if (p->total > 0) {
		buf_put_str(&b, " of ");
		progress_size(&b, p->total);
	}
	buf_put_str(&b, ", ");
	progress_size(&b, done / elapsed_ms * 1000);
	buf_put_str(&b, "/s");
	if (!buf_failed(&b))
		fprintf(stderr, "\r\033[K%.*s", (int)(b.len < width() ? b.len : width() - 1),
		    (const char *)b.ptr);
	p->shown = true;
	buf_deinit(&b);
}

void
progress_hide(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}

void
progress_end(struct progress *p)
{
	progress_hide(p);
	p->on = false;
}
