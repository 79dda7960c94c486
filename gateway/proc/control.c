/*
 * control - see control.h. The parent hears no stranger; whoever can speak here could as well send us
 * signals and change our files. Even so one that says nothing, too much or takes no answer costs a
 * timer and a small buffer, and nothing a peer does is waited for.
 */
#include "gateway/proc/control.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/io/log.h"

enum { CONTROL_OUT_MAX = 8 << 20, CONTROL_QUIET_MS = 60000 };

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
		control_no(p, "not a request: status, conns, reload, reopen, rotate, upgrade, read WHAT DETAIL");
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
	int fd = status == 0 ? accept4(c->socket.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;

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
	if (!c->full || c->socket.fd < 0)
		return;
	c->full = false;
	uv_poll_start(&c->poll, UV_READABLE, on_accept);
}

/* ---- the socket ---- */

int
control_open(struct control *c, uv_loop_t *loop, const char *path)
{
	int r = unix_listen(&c->socket, path, 0600);

	c->loop = loop;
	if (r != 0)
		return err_pass(r);
	r = uv_poll_init(loop, &c->poll, c->socket.fd);
	if (r != 0) {
		unix_unlisten(&c->socket);
		return err_raise(r);
	}
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
	if (c->socket.fd < 0)
		return;
	uv_poll_stop(&c->poll);
	unix_unlisten(&c->socket);
}
