/* ctl_command - see ctl_command.h. */
#include "gateway/cli/ctl_command.h"

#include <string.h>

#include "gateway/cli/files.h"

enum { BODY_ROOM = 1024 * 1024 };

void
ctl_command_begin(struct ctl_command *x)
{
	secret_buf_init(&x->body, BODY_ROOM);
	buf_put_u8(&x->body, '{');
}

void
ctl_command_end(struct ctl_command *x)
{
	secret_buf_deinit(&x->body);
}

int
ctl_command_send(
    struct ctl *c, struct ctl_command *x, const char *host, const char *verb, bool show)
{
	char tail[CTL_KEY + 32];
	struct control_reply r;
	int e;

	members_end_object(&x->body);
	if (host != NULL)
		snprintf(tail, sizeof(tail), "cmd.%s.%s", host, verb);
	else
		snprintf(tail, sizeof(tail), "%s", verb);
	e = ctl_ask(c, tail, &x->body, &r);
	if (e == CLI_OK && show && c->json)
		e = cli_print(&r.text), putchar('\n');
	control_reply_deinit(&r);
	ctl_command_end(x);
	return e;
}

int
ctl_command_pair(struct buf *b, const char *what, const char *pair)
{
	const char *eq = strchr(pair, '=');

	if (eq == NULL || eq == pair) {
		cli_error("%s is NAME=VALUE, not `%s'", what, pair);
		return CLI_USAGE;
	}
	members_bytes(b, NULL, bytes_of(pair, (size_t)(eq - pair)));
	buf_put_u8(b, ':');
	buf_put_json(b, bytes_str(eq + 1));
	return CLI_OK;
}
