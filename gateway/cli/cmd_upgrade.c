/*
 * upgrade - have the program that lies in the running gateway's place now take over.
 */
#include "gateway/cli/cli.h"
#include "gateway/cli/control.h"

static int
say(const struct control_reply *r, bool ok)
{
	char why[512];

	if (ok) {
		printf(
		    "prepared: process %lld takes over\n", (long long)control_number(r, 0, "pid"));
		return CLI_OK;
	}
	cli_error("the new program did not take over: %s; the old one stays",
	    control_text(r, 0, "why", why, sizeof(why)));
	cli_try("look at the gateway's log");
	return CLI_FAILED;
}

int
cmd_upgrade(const struct cli_args *a)
{
	const char *where = cli_value(a, "config");
	struct control_reply reply;
	bool ok;
	int r;

	if (where == NULL && a->n_args > 0)
		where = a->args[0];
	r = control_ask(where, "upgrade", &reply);
	if (r == CLI_OK) {
		ok = reply.json.tok[json_member(&reply.json, 0, "ok")].kind == JSON_TRUE;
		if (cli_flag(a, "json"))
			r = cli_print(&reply.text) != CLI_OK || !ok ? CLI_FAILED : CLI_OK;
		else
			r = say(&reply, ok);
	}
	control_reply_deinit(&reply);
	return r;
}
