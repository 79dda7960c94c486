/*
 * check - is this deployment in order? What is asked, and the words for people, are
 * gateway/proc/check.h's, which `portcullis-gateway -t` uses too; here is the form.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/cli/cli.h"
#include "gateway/proc/check.h"
#include "policy/core/members.h"

enum { OUT_MAX = 16 << 20 };

static void
put_messages(const struct check_result *c, struct buf *b)
{
	struct bytes rest = buf_bytes(&c->report.out);

	members_array(b, "messages");
	while (rest.len > 0) {
		struct bytes line = bytes_upto(rest, bytes_find(rest, '\n'));

		rest = bytes_from(rest, line.len + 1);
		members_bytes(b, NULL, line);
	}
	buf_put_str(b, "]}\n");
}

static void
put_json(const struct check_result *c, struct buf *b)
{
	buf_put_str(b, c->report.errors == 0 ? "{\"ok\":true" : "{\"ok\":false");
	members_dec(b, "errors", c->report.errors);
	members_dec(b, "warnings", c->report.warnings);
	members_dec(b, "accounts", c->accounts);
	members_dec(b, "policies", c->policies);
	members_dec(b, "rules", c->rules);
	members_text(b, "policy_id", c->policy_id);
	put_messages(c, b);
}

/* say() - the report and what it comes to. Return: CLI_OK, CLI_FAILED. */
static int
say(const struct check_result *c, bool json)
{
	struct buf b;
	int r = CLI_OK;

	buf_init(&b, OUT_MAX);
	if (json) {
		put_json(c, &b);
		r = cli_print(&b);
	} else {
		if (c->report.out.len > 0)
			fwrite(c->report.out.ptr, 1, c->report.out.len, stderr);
		check_say(c, &b);
		if (c->report.errors > 0)
			fwrite(b.ptr, 1, b.len, stderr);
		else
			r = cli_print(&b);
	}
	buf_deinit(&b);
	return r;
}

int
cmd_check(const struct cli_args *a)
{
	const char *file = cli_value(a, "config");
	struct check_result c;
	char path[PATH_MAX];
	struct stat st;
	int checked, r;

	if (file == NULL)
		file = "gateway.conf";
	if (stat(file, &st) == 0 && S_ISDIR(st.st_mode) &&
	    snprintf(path, sizeof(path), "%s/gateway.conf", file) < (int)sizeof(path))
		file = path;
	checked = check_run(&c, file);
	if (checked < 0) {
		cli_error("%s", strerror(-checked));
		r = CLI_FAILED;
	} else {
		r = say(&c, cli_flag(a, "json"));
	}
	check_deinit(&c);
	return r == CLI_OK && checked != 0 ? CLI_CONFIG : r;
}
