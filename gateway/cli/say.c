/*
 * say - how the tool speaks: errors and notes on stderr, results on stdout, colour only for people.
 * Colour is left out when the stream is no terminal, when NO_COLOR is set to anything but nothing
 * (no-color.org), and when TERM is "dumb".
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gateway/cli/cli.h"

bool
cli_colour(FILE *to)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (no != NULL && no[0] != '\0')
		return false;
	return term != NULL && strcmp(term, "dumb") != 0 && isatty(fileno(to));
}

size_t
cli_columns(FILE *to)
{
	struct winsize w;

	return isatty(fileno(to)) && ioctl(fileno(to), TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

static void __attribute__((format(printf, 3, 0)))
say(const char *word, const char *colour, const char *fmt, va_list args)
{
	bool on = cli_colour(stderr);

	fprintf(stderr, "portcullis: %s%s:%s ", on ? colour : "", word, on ? "\033[0m" : "");
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

void
cli_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("error", "\033[1;31m", fmt, args);
	va_end(args);
}

void
cli_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("note", "\033[1;33m", fmt, args);
	va_end(args);
}

void
cli_try(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("try", "\033[1m", fmt, args);
	va_end(args);
}

int
cli_print(const struct buf *b)
{
	if (buf_failed(b)) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	if ((b->len > 0 && fwrite(b->ptr, 1, b->len, stdout) != b->len) || fflush(stdout) != 0) {
		cli_error("cannot write the answer");
		return CLI_FAILED;
	}
	return CLI_OK;
}
