/*
 * stand_in_logging - Logging.WriteLog {level, text}, and of 2021 WriteLog {target, level, text}.
 * The number of lines is that of the call's host calls; their length is cut.
 */
#include "gateway/cli/stand_in.h"

#include <stddef.h>
#include <stdio.h>

#include "host/pack/pack.h"
#include "policy/core/shown.h"

enum { LINE_MAX_LEN = 1024, LEVEL_MAX = 16, SHOWN_MAX = 8 * LINE_MAX_LEN };

int
stand_in_fail(struct buf *into, bool *ok, const char *why)
{
	*ok = false;
	buf_reset(into);
	buf_put_str(into, why);
	return 0;
}

static void
put(struct buf *line, const char *name, struct bytes s, size_t max)
{
	struct bytes part = bytes_upto(s, max);

	buf_put_str(line, name);
	while (part.len > 0) {
		/* a character that the cut has halved is shown as what is left of it */
		size_t n = part.ptr[0] == '\n' ? 0 : buf_put_shown_one(line, part);

		if (n == 0)
			buf_put_str(line, "\\n");
		part = bytes_from(part, n == 0 ? 1 : n);
	}
}

static int
say(struct bytes level, struct bytes text)
{
	struct buf line;

	buf_init(&line, SHOWN_MAX);
	put(&line, "log       ", level, LEVEL_MAX);
	put(&line, " ", text, LINE_MAX_LEN);
	buf_put_u8(&line, '\n');
	if (!buf_failed(&line))
		fwrite(line.ptr, 1, line.len, stderr);
	buf_deinit(&line);
	return 0;
}

static bool
logging_is_of(const void *state, struct bytes contract)
{
	(void)state;
	return bytes_is(contract, "wasmcloud:builtin:logging") ||
	       bytes_is(contract, "wasmcloud:logging");
}

struct line {
	struct bytes level, text;
};

static int
logging_ask(void *state, struct bytes operation, struct bytes payload, struct buf *into, bool *ok)
{
	static const struct pack_field fields[] = {
		PACK_FIELD("level", struct line, level, PACK_T_TEXT, PACK_NEEDED),
		PACK_FIELD("text", struct line, text, PACK_T_TEXT, PACK_NEEDED),
	};
	struct pack p = pack_of(payload);
	struct line line = { 0 };

	(void)state;
	if (!bytes_is(operation, "Logging.WriteLog") && !bytes_is(operation, "WriteLog"))
		return stand_in_fail(into, ok, "the log knows WriteLog only");
	pack_object(&p, fields, sizeof(fields) / sizeof(fields[0]), &line);
	if (!pack_done(&p))
		return stand_in_fail(into, ok, p.why);
	*ok = true;
	return say(line.level, line.text);
}

const struct stand_in stand_in_logging = { .word = "logging",
	.contract = "wasmcloud:builtin:logging",
	.is_of = logging_is_of,
	.ask = logging_ask };
