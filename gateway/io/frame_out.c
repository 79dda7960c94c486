/*
 * frame_out - what is said on a channel; see frame.h.
 *
 * What is said in one turn of the loop leaves with one sendmsg, before the loop sleeps: an idle handle
 * flushes it, because an idle handle that was started by anybody in this turn keeps the loop from sleeping.
 * Only a peer that does not keep up is polled for room: each change of what is polled for costs two
 * system calls (libuv takes the descriptor out of the set and puts it in again).
 */
#include "gateway/io/frame_priv.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

struct buf *
frame_begin(struct channel *c, uint16_t type)
{
	/* what is said to a closed channel is built for nothing, and must not stay behind */
	c->begun = c->out.len;
	c->building = true;
	buf_put_u32(&c->out, 0);
	buf_put_u16(&c->out, type);
	buf_put_u16(&c->out, 0);
	return &c->out;
}

static void
on_idle(uv_idle_t *idle)
{
	channel_flush(idle->data);
}

int
frame_end(struct channel *c, int fd)
{
	size_t body = c->out.len - c->begun - FRAME_HEADER;
	int r = 0;

	if (c->fd < 0)
		r = -EPIPE;
	else if (buf_failed(&c->out))
		r = -ENOMEM;
	else if (body > FRAME_MAX || (fd >= 0 && c->n_out_fd == FRAME_FDS))
		r = -EMSGSIZE;
	c->building = false;
	if (r != 0) {
		c->out.len = c->begun;
		c->out.failed = false;
		if (c->fd < 0)
			buf_deinit(&c->out);
		if (fd >= 0)
			close(fd);
		return err_raise(r);
	}
	for (size_t i = 0; i < 4; i++)
		c->out.ptr[c->begun + i] = (uint8_t)(body >> (8 * i));
	if (fd >= 0) {
		c->out.ptr[c->begun + 6] = FRAME_FLAG_FD;
		c->out_fd[c->n_out_fd].at = c->begun;
		c->out_fd[c->n_out_fd].fd = fd;
		c->n_out_fd++;
	}
	if ((c->events & UV_WRITABLE) == 0)
		uv_idle_start(&((struct channel_poll *)c->poll)->idle, on_idle);
	return 0;
}

/* put_fds() - the first @n descriptors that wait, as a control message. */
static void
put_fds(struct channel *c, size_t n, struct msghdr *m, struct cmsghdr *h)
{
	m->msg_control = h;
	m->msg_controllen = CMSG_SPACE(sizeof(int) * n);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int) * n);
	for (size_t i = 0; i < n; i++)
		memcpy(CMSG_DATA(h) + i * sizeof(int), &c->out_fd[i].fd, sizeof(int));
}

/* fds_sent() - @n of them are the receiver's now. */
static void
fds_sent(struct channel *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		close(c->out_fd[i].fd);
	c->n_out_fd -= n;
	memmove(c->out_fd, c->out_fd + n, c->n_out_fd * sizeof(c->out_fd[0]));
}

/*
 * send_some() - one sendmsg: up to the next frame that carries a descriptor; or from that frame's first byte
 * on with it and those of the frames behind it, which the receiver hands out in their order. Return: bytes,
 * -errno.
 */
static ssize_t
send_some(struct channel *c)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * FRAME_FDS_SENT)];
	} control = { .room = { 0 } };
	struct iovec v = { c->out.ptr + c->sent, channel_pending(c) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	size_t with = 0;
	ssize_t n;

	if (c->n_out_fd > 0 && c->out_fd[0].at == c->sent)
		with = c->n_out_fd < FRAME_FDS_SENT ? c->n_out_fd : FRAME_FDS_SENT;
	if (with > 0)
		put_fds(c, with, &m, &control.align);
	if (c->n_out_fd > with)
		v.iov_len = c->out_fd[with].at - c->sent;
	n = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	fds_sent(c, with);
	c->sent += (size_t)n;
	return n;
}

/* compact() - drop what is sent. */
static void
compact(struct channel *c)
{
	size_t left = channel_pending(c);

	if (c->sent == 0)
		return;
	if (left == 0 && c->out.cap > CHANNEL_ROOM) {
		buf_deinit(&c->out);
	} else {
		memmove(c->out.ptr, c->out.ptr + c->sent, left);
		c->out.len = left;
	}
	for (size_t i = 0; i < c->n_out_fd; i++)
		c->out_fd[i].at -= c->sent;
	c->sent = 0;
}

void
channel_flush(struct channel *c)
{
	/* what waits for its turn is tried again at the loop's next, which does not sleep before */
	if (c->fd >= 0 && c->may_send != NULL && channel_pending(c) > 0 && !c->may_send(c))
		return;
	while (c->fd >= 0 && channel_pending(c) > 0) {
		ssize_t n = send_some(c);

		if (n == -EINTR)
			continue;
		/* too many descriptors under way: they go when the peer has taken some */
		if (n == -EAGAIN || n == -ETOOMANYREFS)
			break;
		if (n < 0) {
			channel_end(c, "peer gone");
			return;
		}
	}
	if (c->fd < 0)
		return;
	compact(c);
	channel_watch(c);
}

int
channel_flush_all(struct channel *c, int timeout_ms)
{
	channel_flush(c);
	while (c->fd >= 0 && channel_pending(c) > 0) {
		struct pollfd p = { .fd = c->fd, .events = POLLOUT };
		int n = poll(&p, 1, timeout_ms);

		if (n == 0)
			return err_raise(-ETIMEDOUT);
		if (n < 0 && errno != EINTR)
			return err_raise(-errno);
		channel_flush(c);
	}
	return c->fd >= 0 ? 0 : err_raise(-EPIPE);
}
