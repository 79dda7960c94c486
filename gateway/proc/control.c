/*
 * control - see control.h. The parent hears no stranger; whoever can speak here could as well send us
 * signals and change our files. Even so one that says nothing, too much or takes no answer costs a
 * timer and a small buffer, and nothing a peer does is waited for.
 *
 * The socket is bound under another name, made private, and then renamed: at no time is there one at
 * the path that others could connect to.
 */
#include "gateway/proc/control.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/io/log.h"

enum { CONTROL_OUT_MAX = 8 << 20, CONTROL_QUIET_MS = 60000, CONTROL_BACKLOG = 64 };

/* ---- peers ---- */

static void listen_again(struct control *c);

static void
on_closed(uv_handle_t *h)
{
	struct control_peer *p = (struct control_peer *)h->data;

	if (--p->open > 0)
		return;
	buf_deinit(&p->out);
	free(p);
}

static void
drop(struct control_peer *p)
{
	struct control *c = p->control;
	struct control_peer **at = &c->peers;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	c->n_peers--;
	uv_poll_stop(&p->poll);
	uv_close((uv_handle_t *)&p->poll, on_closed);
	uv_close((uv_handle_t *)&p->timer, on_closed);
	close(p->fd);
	listen_again(c);
}

static void
on_slow(uv_timer_t *t)
{
	drop((struct control_peer *)t->data);
}

static void
on_writable(uv_poll_t *poll, int status, int events)
{
	struct control_peer *p = (struct control_peer *)poll;
	ssize_t n = -1;

	(void)events;
	if (status == 0)
		n = send(p->fd, p->out.ptr + p->sent, p->out.len - p->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && status == 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		p->sent += (size_t)n;
	if (n <= 0 || p->sent == p->out.len)
		drop(p);
}

void
control_answer(struct control_peer *p, struct bytes json)
{
	buf_put(&p->out, json);
	buf_put_u8(&p->out, '\n');
	if (buf_failed(&p->out)) {
		drop(p);
		return;
	}
	uv_timer_start(&p->timer, on_slow, CONTROL_ASK_MS, 0);
	uv_poll_start(&p->poll, UV_WRITABLE, on_writable);
}

void
control_no(struct control_peer *p, const char *why)
{
	struct buf b;

	buf_init(&b, 4096);
	buf_put_str(&b, "{\"error\":");
	buf_put_json(&b, bytes_str(why));
	buf_put_u8(&b, '}');
	control_answer(p, buf_bytes(&b));
	buf_deinit(&b);
}

/* take_request() - a whole line has come, and nothing behind it. */
static void
take_request(struct control_peer *p)
{
	struct control_request r;
	struct bytes in = bytes_of(p->in, p->n_in);
	size_t line = bytes_find(in, '\n');

	p->asked = true;
	uv_poll_stop(&p->poll);
	uv_timer_stop(&p->timer);
	if (line + 1 != in.len || control_request_parse(bytes_upto(in, line), &r) != 0)
		control_no(p, "not a request: status, conns, reload, reopen, read WHAT DETAIL");
	else
		p->control->on_request(p, &r);
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct control_peer *p = (struct control_peer *)poll;
	ssize_t n = status == 0 ? recv(p->fd, p->in + p->n_in, sizeof(p->in) - p->n_in, MSG_DONTWAIT) : 0;

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(p);
		return;
	}
	p->n_in += (size_t)n;
	if (bytes_find(bytes_of(p->in, p->n_in), '\n') < p->n_in || p->n_in == sizeof(p->in))
		take_request(p);
}

/* name_of() - of a user, from the file alone: no service is asked, nothing is waited for. */
static void
name_of(uid_t uid, char out[32])
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *p;

	snprintf(out, 32, "?");
	while (f != NULL && (p = fgetpwent(f)) != NULL) {
		if (p->pw_uid == uid) {
			snprintf(out, 32, "%s", p->pw_name);
			break;
		}
	}
	if (f != NULL)
		fclose(f);
}

/* one_of_us() - the kernel's word on who has connected. */
static bool
one_of_us(struct control *c, int fd, char by[CONTROL_BY_MAX])
{
	struct ucred u;
	socklen_t len = sizeof(u);
	char name[32];
	struct log_line l;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len) != 0)
		return false;
	if (u.uid == geteuid() || u.uid == 0) {
		name_of(u.uid, name);
		snprintf(by, CONTROL_BY_MAX, "%s, uid %u, pid %d", name, (unsigned)u.uid, (int)u.pid);
		return true;
	}
	if (c->told_ms == 0 || uv_now(c->loop) - c->told_ms > CONTROL_QUIET_MS) {
		c->told_ms = uv_now(c->loop) + 1;
		log_begin(&l, LOG_WRN, "control_refused");
		log_num(&l, "uid", u.uid);
		log_num(&l, "pid", u.pid);
		log_end(&l);
	}
	return false;
}

static void
admit(struct control *c, int fd)
{
	struct control_peer *p = calloc(1, sizeof(*p));

	if (p == NULL || !one_of_us(c, fd, p->by) || uv_poll_init(c->loop, &p->poll, fd) != 0) {
		free(p);
		close(fd);
		return;
	}
	uv_timer_init(c->loop, &p->timer);
	p->poll.data = p->timer.data = p;
	p->open = 2;
	p->fd = fd;
	p->control = c;
	p->next = c->peers;
	c->peers = p;
	c->n_peers++;
	buf_init(&p->out, CONTROL_OUT_MAX);
	uv_timer_start(&p->timer, on_slow, CONTROL_ASK_MS, 0);
	uv_poll_start(&p->poll, UV_READABLE, on_readable);
}

static void
on_accept(uv_poll_t *poll, int status, int events)
{
	struct control *c = (struct control *)poll->data;
	int fd = status == 0 ? accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;

	(void)events;
	if (fd >= 0)
		admit(c, fd);
	if (c->n_peers >= CONTROL_PEERS && !c->full) {
		c->full = true;
		uv_poll_stop(&c->poll);
	}
}

static void
listen_again(struct control *c)
{
	if (!c->full || c->fd < 0)
		return;
	c->full = false;
	uv_poll_start(&c->poll, UV_READABLE, on_accept);
}

/* ---- the socket ---- */

/* folder_ok() - made when missing; only we and root may put a name into it. Return: 0, -errno. */
static int
folder_ok(const char *path)
{
	char folder[sizeof(((struct control *)0)->path)];
	struct stat st;

	snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = '\0';
	if (folder[0] == '\0')
		return err_raise(-EPERM);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return err_raise(-errno);
	if (stat(folder, &st) != 0)
		return err_raise(-errno);
	if (!S_ISDIR(st.st_mode))
		return err_raise(-ENOTDIR);
	return (st.st_uid == geteuid() || st.st_uid == 0) && (st.st_mode & 022) == 0 ? 0 : err_raise(-EPERM);
}

/* name_free() - nothing has the name, or what a gateway that is gone has left. Return: 0, -errno. */
static int
name_free(const struct sockaddr_un *un)
{
	struct stat st;
	int fd, r;

	if (lstat(un->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : err_raise(-errno);
	if (!S_ISSOCK(st.st_mode))
		return err_raise(-ENOTSOCK);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_raise(-errno);
	r = connect(fd, (const struct sockaddr *)un, sizeof(*un)) == 0 ? 0 : errno;
	close(fd);
	/* EAGAIN: its backlog is full, so there is somebody */
	return r == ECONNREFUSED || r == ENOENT ? 0 : err_raise(r == 0 || r == EAGAIN ? -EADDRINUSE : -r);
}

/* bind_as() - a socket of that name which nobody else can connect to, listening. Return: it, -errno. */
static int
bind_as(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r = 0;
	mode_t old;

	if (fd < 0)
		return err_raise(-errno);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	(void)unlink(path);
	old = umask(0177);
	if (bind(fd, (struct sockaddr *)&un, sizeof(un)) != 0 || listen(fd, CONTROL_BACKLOG) != 0)
		r = -errno;
	umask(old);
	if (r == 0)
		return fd;
	close(fd);
	return err_raise(r);
}

int
control_open(struct control *c, uv_loop_t *loop, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char fresh[sizeof(un.sun_path)];
	struct stat st;
	int r;

	c->fd = -1;
	c->loop = loop;
	if (strlen(path) >= sizeof(un.sun_path) ||
	    snprintf(fresh, sizeof(fresh), "%.*s/.%d", (int)(strrchr(path, '/') - path), path, (int)getpid()) >=
		(int)sizeof(fresh))
		return err_raise(-ENAMETOOLONG);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	snprintf(c->path, sizeof(c->path), "%s", path);
	r = folder_ok(path);
	if (r == 0)
		r = name_free(&un);
	if (r != 0)
		return err_pass(r);
	r = bind_as(fresh);
	if (r < 0)
		return err_pass(r);
	c->fd = r;
	r = rename(fresh, path) != 0 || lstat(path, &st) != 0 ? -errno : 0;
	if (r == 0)
		r = uv_poll_init(loop, &c->poll, c->fd);
	if (r != 0) {
		close(c->fd);
		c->fd = -1;
		return err_raise(r);
	}
	c->dev = st.st_dev;
	c->ino = st.st_ino;
	c->poll.data = c;
	uv_poll_start(&c->poll, UV_READABLE, on_accept);
	return 0;
}

const char *
control_why(int r)
{
	switch (-r) {
	case EADDRINUSE:
		return "another gateway listens there";
	case ENAMETOOLONG:
		return "the path is too long for a socket: write `control = FILE` with at most 107 bytes";
	case EPERM:
		return "others may write to its folder: run chmod 700 on it";
	case ENOTSOCK:
		return "there is a file of that name that is no socket";
	default:
		return strerror(-r);
	}
}

void
control_close(struct control *c)
{
	struct stat st;

	if (c->fd < 0)
		return;
	uv_poll_stop(&c->poll);
	close(c->fd);
	c->fd = -1;
	if (lstat(c->path, &st) == 0 && st.st_dev == c->dev && st.st_ino == c->ino)
		unlink(c->path);
}
