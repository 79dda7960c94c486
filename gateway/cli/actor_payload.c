/*
 * actor_payload - see actor_payload.h. JSON comes out as ASCII on one line, whatever the actor
 * said, so that it may go to a terminal as it is.
 */
#include "gateway/cli/actor_payload.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/actor_run_show.h"
#include "gateway/cli/files.h"
#include "host/pack/pack_json.h"

enum { JSON_MAX = 6 * ACTOR_MAX_AREA };

static int
read_data(struct buf *out, const char *data)
{
	int r;

	if (data[0] != '@') {
		buf_put_str(out, data);
		return CLI_OK;
	}
	r = file_read(AT_FDCWD, data + 1, out);
	if (r == 0)
		return CLI_OK;
	cli_error("--data: %s: %s", data + 1, r == -EFBIG ? "over 16 MiB" : strerror(-r));
	return CLI_FAILED;
}

int
actor_payload_load(struct buf *out, const struct cli_args *a, size_t nth)
{
	const char *data = cli_value_nth(a, "data", nth);
	char why[PACK_JSON_WHY];
	struct buf json;
	int r;

	buf_reset(out);
	if (data == NULL)
		return CLI_OK;
	if (cli_flag(a, "raw"))
		return read_data(out, data);
	buf_init(&json, ACTOR_MAX_AREA);
	r = read_data(&json, data);
	if (r == CLI_OK) {
		r = pack_from_json(out, buf_bytes(&json), why);
		if (r != 0) {
			cli_error("--data: not JSON that message-pack has a form for: %s",
			    r > 0 ? why : strerror(-r));
			cli_try("a text has quotes: --data '\"hello\"'; --raw gives bytes as they "
				"are");
			r = r > 0 ? CLI_USAGE : CLI_FAILED;
		}
	}
	buf_deinit(&json);
	return r;
}

static int
say_raw(struct bytes answer)
{
	if (isatty(STDOUT_FILENO)) {
		actor_put_shown(stdout, answer);
		putchar('\n');
	} else if (answer.len > 0) {
		fwrite(answer.ptr, 1, answer.len, stdout);
	}
	return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

int
actor_payload_say(const struct cli_args *a, struct bytes answer)
{
	char why[PACK_JSON_WHY];
	struct buf json;
	int r;

	if (cli_flag(a, "raw"))
		return say_raw(answer);
	if (answer.len == 0)
		return CLI_OK;
	buf_init(&json, JSON_MAX);
	r = pack_to_json(&json, answer, why);
	if (r == 0) {
		buf_put_u8(&json, '\n');
		r = cli_print(&json);
	} else {
		cli_error("the answer is not message-pack that JSON has a form for: %s",
		    r > 0 ? why : strerror(-r));
		cli_try("--raw gives and prints bytes as they are");
		r = CLI_FAILED;
	}
	buf_deinit(&json);
	return r;
}
