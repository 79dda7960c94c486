/*
 * audit rotate - another key signs the log from now on. The running gateway takes it up at once, signed over to
 * by the old one; where none runs that is done here. Then the old key is destroyed: who has it could make a
 * log up to the handover.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/cli/audit_rotate.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/control.h"

static int
load_conf(const char *home, struct config **c)
{
	char file[PATH_MAX];
	struct text_report report;
	int r;

	if (snprintf(file, sizeof(file), "%s/gateway.conf", home) >= (int)sizeof(file)) {
		cli_error("%s: %s", home, strerror(ENAMETOOLONG));
		return CLI_FAILED;
	}
	text_report_init(&report);
	r = config_load(c, file, &report);
	if (r != 0) {
		fwrite(report.out.ptr, 1, report.out.len, stderr);
		cli_error("%s: %s", file, r < 0 ? strerror(-r) : "it has errors");
		cli_try("the folder `portcullis init' wrote, with --dir DIR");
	}
	text_report_deinit(&report);
	return r == 0 ? CLI_OK : CLI_CONFIG;
}

/* listens() - does anybody at this socket? */
static bool
listens(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes;

	if (fd < 0 || strlen(path) >= sizeof(un.sun_path)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	memcpy(un.sun_path, path, strlen(path));
	yes = connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0;
	close(fd);
	return yes;
}

/* tell_gateway() - it takes up the key, and says so when the handover is durable. */
static int
tell_gateway(const char *home, const struct audit_rotate *k)
{
	struct control_reply reply;
	uint8_t room[512];
	struct buf mine = { .ptr = room, .cap = sizeof(room) - 1, .max = sizeof(room) - 1 };
	char theirs[512];
	int r = control_ask(home, "rotate", &reply);

	note_key_put(&mine, &k->key.signer.key);
	if (r == CLI_OK && !bytes_is(buf_bytes(&mine), control_text(&reply, 0, "key", theirs, sizeof(theirs)))) {
		cli_error("the gateway signs with another key than %s holds: %s", k->conf->audit_key, theirs);
		r = CLI_FAILED;
	}
	control_reply_deinit(&reply);
	if (r != CLI_OK)
		cli_note("the old key stays in %s until this has been done again and succeeds", k->old);
	return r;
}

static int
say(const struct audit_rotate *k, bool kept)
{
	struct buf b;
	int r;

	buf_init(&b, 16 * 1024);
	buf_put_str(&b, "key        ");
	note_key_put(&b, &k->key.signer.key);
	buf_put_str(&b, "\nbefore     ");
	note_key_put(&b, &k->former.signer.key);
	buf_put_str(&b, "\npublic     ");
	buf_put_str(&b, k->pub);
	buf_put_str(&b, ", the one before ");
	buf_put_str(&b, k->was);
	buf_put_str(&b, kept ? "\nold key    kept in " : "\nold key    destroyed");
	buf_put_str(&b, kept ? k->old : "");
	buf_put_u8(&b, '\n');
	r = cli_print(&b);
	buf_deinit(&b);
	if (kept)
		cli_note("who has %s can make up a log that ends in this handover: take it off this machine", k->old);
	return r;
}

int
cmd_audit_rotate(const struct cli_args *a)
{
	const char *home = cli_value(a, "dir") != NULL ? cli_value(a, "dir") : ".";
	bool keep = cli_flag(a, "keep-old");
	struct audit_rotate k = { 0 };
	struct config *c = NULL;
	int r = load_conf(home, &c);

	if (r == CLI_OK)
		r = audit_rotate_files(&k, c);
	if (r == CLI_OK && k.resumed)
		cli_note("a change of keys was begun before: it is gone on with");
	if (r == CLI_OK)
		r = listens(c->control) ? tell_gateway(home, &k) : audit_rotate_log(&k);
	if (r == CLI_OK && !keep)
		r = audit_rotate_destroy(&k);
	if (r == CLI_OK)
		r = say(&k, keep);
	audit_rotate_deinit(&k);
	config_free(c);
	return r;
}
