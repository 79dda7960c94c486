/*
 * control - see control.h. The path comes from gateway.conf, read as the gateway reads it. The answer is
 * our own gateway's, and still bounded, waited for no longer than CONTROL_WAIT_MS (a note: CONTROL_NOTE_MS), and read strictly;
 * what is shown of it goes to a terminal without control bytes.
 */
#include "gateway/cli/control.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/io/clock.h"
#include "gateway/proc/config.h"
#include "gateway/proc/control_request.h"
#include "policy/core/utf8.h"

enum { CONTROL_WAIT_MS = 35000, CONTROL_NOTE_MS = 3000, CONTROL_REPLY_MAX = 16 << 20, CONTROL_TOKENS_MIN = 1024 };

/* find() - the socket of the gateway at @where. */
static int
find(const char *where, bool quiet, char out[PATH_MAX])
{
	autofree(config_freep) struct config *c = NULL;
	struct text_report report;
	char path[PATH_MAX];
	struct stat st;
	int r;

	if (where == NULL)
		where = "gateway.conf";
	if (stat(where, &st) == 0 && S_ISDIR(st.st_mode) &&
	    snprintf(path, sizeof(path), "%s/gateway.conf", where) < (int)sizeof(path))
		where = path;
	text_report_init(&report);
	r = config_load(&c, where, &report);
	if (r != 0 && !quiet) {
		fwrite(report.out.ptr, 1, report.out.len, stderr);
		cli_error("%s: %s", where, r < 0 ? strerror(-r) : "it has errors");
		cli_try("the folder `portcullis init` wrote, or -c FILE");
	}
	text_report_deinit(&report);
	if (r != 0)
		return CLI_CONFIG;
	snprintf(out, PATH_MAX, "%s", c->control);
	return CLI_OK;
}

/* reach() - Return: a connected socket, -errno. */
static int
reach(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd, r;

	if (strlen(path) >= sizeof(un.sun_path))
		return -ENAMETOOLONG;
	memcpy(un.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

/* converse() - the request, then everything until the end. Return: 0, -errno. */
static int
converse(int fd, struct bytes request, struct buf *answer, int64_t wait_ms)
{
	int64_t until = clock_mono_ns() / 1000000 + wait_ms;

	/* so short a line fits into any socket's buffer */
	if (send(fd, request.ptr, request.len, MSG_NOSIGNAL) != (ssize_t)request.len)
		return errno != 0 ? -errno : -EIO;
	for (;;) {
		int64_t left = until - clock_mono_ns() / 1000000;
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint8_t *at = buf_reserve(answer, 4096);
		ssize_t n;

		if (at == NULL)
			return -EMSGSIZE;
		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return -ETIMEDOUT;
		n = recv(fd, at, 4096, MSG_DONTWAIT);
		if (n == 0)
			return answer->len > 0 ? 0 : -ECONNRESET;
		if (n > 0)
			answer->len += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
}

static int
read_reply(struct control_reply *r)
{
	r->json.text = buf_bytes(&r->text);
	r->json.cap = r->text.len / 2 + CONTROL_TOKENS_MIN;
	r->json.tok = calloc(r->json.cap, sizeof(*r->json.tok));
	return r->json.tok != NULL && json_read(&r->json) == 0 && r->json.tok[0].kind == JSON_OBJECT ? 0 : -EBADMSG;
}

int
control_reply_read(struct control_reply *r, struct bytes text)
{
	*r = (struct control_reply){ .json = { .allow_fraction = true } };
	buf_init(&r->text, CONTROL_REPLY_MAX);
	buf_put(&r->text, text);
	if (buf_failed(&r->text))
		return -ENOMEM;
	return read_reply(r);
}

static int
unreachable(const char *path, int r)
{
	cli_error("no gateway answers at %s: %s", path,
	    r == -ECONNRESET ? "it closed the connection; are you the user it runs as?" : strerror(-r));
	if (r == -ENOENT || r == -ECONNREFUSED)
		cli_try("start it: portcullis-gateway -c gateway.conf");
	else if (r == -EACCES)
		cli_try("as the user the gateway runs as, or as root");
	return CLI_UNREACHABLE;
}

/* ask() - Return: an enum cli_exit; *why the reason of CLI_UNREACHABLE. */
static int
ask(const char *where, const char *request, struct control_reply *out, bool quiet)
{
	char path[PATH_MAX], line[CONTROL_LINE_MAX + 2];
	int n = snprintf(line, sizeof(line), "%s\n", request), r, fd;

	*out = (struct control_reply){ 0 };
	buf_init(&out->text, CONTROL_REPLY_MAX);
	r = find(where, quiet, path);
	if (r != CLI_OK)
		return r;
	fd = reach(path);
	r = fd < 0 ? fd : converse(fd, bytes_of(line, n < (int)sizeof(line) ? (size_t)n : sizeof(line) - 1), &out->text,
			      quiet ? CONTROL_NOTE_MS : CONTROL_WAIT_MS);
	if (fd >= 0)
		close(fd);
	if (r == 0)
		r = read_reply(out);
	if (r != 0)
		return quiet ? CLI_UNREACHABLE : unreachable(path, r);
	return CLI_OK;
}

int
control_ask(const char *where, const char *request, struct control_reply *out)
{
	char why[512];
	int r = ask(where, request, out, false);

	if (r != CLI_OK || json_member(&out->json, 0, "error") == 0)
		return r;
	cli_error("the gateway says: %s", control_text(out, 0, "error", why, sizeof(why)));
	return CLI_FAILED;
}

void
control_reply_deinit(struct control_reply *r)
{
	buf_deinit(&r->text);
	free(r->json.tok);
}

void
control_plain(struct bytes s, char *out, size_t cap)
{
	size_t at = 0;

	while (s.len > 0) {
		uint32_t cp;
		size_t n = utf8_next(s, &cp);
		bool good = n > 0 && cp >= 0x20 && (cp < 0x7f || cp >= 0xa0) && !utf8_is_bidi(cp);

		if (at + (good ? n : 1) >= cap)
			break;
		if (good)
			memcpy(out + at, s.ptr, n);
		else
			out[at] = '?';
		at += good ? n : 1;
		s = bytes_from(s, n > 0 ? n : 1);
	}
	out[at] = '\0';
}

const char *
control_text(const struct control_reply *r, size_t at, const char *name, char *room, size_t cap)
{
	size_t v = name != NULL ? json_member(&r->json, at, name) : at;
	uint8_t text[4096];
	struct bytes s;

	room[0] = '\0';
	if (v != 0 && json_text(&r->json, v, text, sizeof(text), &s) == 0)
		control_plain(s, room, cap);
	return room;
}

int64_t
control_number(const struct control_reply *r, size_t at, const char *name)
{
	size_t v = json_member(&r->json, at, name);
	int64_t n = 0;

	return v != 0 && json_int(&r->json, v, &n) == 0 ? n : 0;
}

int
control_note_read(const char *conf_or_dir, const char *what, const char *detail)
{
	char line[CONTROL_LINE_MAX + 1], clean[400];
	struct control_reply reply;
	int r;

	control_plain(bytes_str(detail), clean, sizeof(clean));
	for (size_t n = strlen(clean); n > 0 && clean[n - 1] == ' '; n--)
		clean[n - 1] = '\0';
	snprintf(line, sizeof(line), "read %.*s%s%s", CONTROL_WHAT_MAX, what, clean[0] != '\0' ? " " : "",
	    clean + strspn(clean, " "));
	r = ask(conf_or_dir, line, &reply, true);
	if (r == CLI_OK && json_member(&reply.json, 0, "error") != 0)
		r = CLI_FAILED;
	control_reply_deinit(&reply);
	return r;
}
