/*
 * frame - see frame.h. Both ends are our own programs, but a process that reads the network may
 * have been taken over: every length is checked against the table before anything is believed, and
 * the first thing said out of turn ends the channel. What we say is in frame_out.c.
 */
#include "gateway/io/frame_priv.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/io/log.h"

/* end() - the peer is done for; said once. */
static void
end(struct channel *c, const char *why)
{
	if (c->ended)
		return;
	c->ended = true;
	c->ops->on_end(c, why);
}

void
channel_end(struct channel *c, const char *why)
{
	if (c->fd >= 0)
		end(c, why);
}

static const struct frame_rule *
find_rule(const struct channel *c, uint16_t type)
{
	for (size_t i = 0; i < c->ops->n_rules; i++) {
		if (c->ops->rules[i].type == type)
			return &c->ops->rules[i];
	}
	return NULL;
}

/* claim_fd() - the oldest received descriptor, or -1. */
static int
claim_fd(struct channel *c)
{
	int fd;

	if (c->n_in_fd == 0)
		return -1;
	fd = c->in_fd[0];
	c->n_in_fd--;
	memmove(c->in_fd, c->in_fd + 1, c->n_in_fd * sizeof(c->in_fd[0]));
	return fd;
}

/* allowed() - may this peer say this now? Return: NULL, or what is wrong. */
static const char *
allowed(struct channel *c, const struct frame_rule *rule, size_t len, bool with_fd)
{
	uint64_t bit;

	if (rule == NULL)
		return "unknown message";
	bit = UINT64_C(1) << (rule - c->ops->rules);
	if ((rule->states & (1U << c->state)) == 0)
		return "message out of turn";
	if (rule->once && (c->said & bit) != 0)
		return "message said twice";
	if (len > rule->max)
		return "message too long";
	if (with_fd != rule->with_fd)
		return "descriptor where none belongs, or none where one does";
	return NULL;
}

/* take_frame() - handle the frame at the front. Return: bytes of it, 0 when it is not whole. */
static size_t
take_frame(struct channel *c, struct bytes in)
{
	struct cursor cur = { .in = in };
	const struct frame_rule *rule;
	const char *why;
	uint32_t len;
	uint16_t type, flags;
	int fd = -1;

	if (in.len < FRAME_HEADER)
		return 0;
	len = cursor_u32(&cur);
	type = cursor_u16(&cur);
	flags = cursor_u16(&cur);
	rule = find_rule(c, type);
	if (len > FRAME_MAX) {
		c->refused = true;
		end(c, "message too long");
		return 0;
	}
	/* before its body is waited for: what may not be said is not collected either */
	why = allowed(c, rule, len, (flags & FRAME_FLAG_FD) != 0);
	if (why == NULL && cur.in.len < len)
		return 0;
	if (why == NULL && (flags & FRAME_FLAG_FD) != 0) {
		fd = claim_fd(c);
		if (fd < 0)
			why = "descriptor missing";
	}
	if (why != NULL) {
		struct log_line l;

		log_begin(&l, LOG_ERR, "channel_refused");
		log_word(&l, "peer", c->peer);
		log_num(&l, "type", type);
		log_str(&l, "why", why);
		log_end(&l);
		c->refused = true;
		end(c, why);
		return 0;
	}
	c->said |= UINT64_C(1) << (rule - c->ops->rules);
	cur.in = bytes_upto(cur.in, len);
	if (rule->handle(c, &cur, fd) != 0) {
		c->refused = true;
		end(c, rule->name);
	}
	return FRAME_HEADER + len;
}

/* take_frames() - handle all whole frames received. */
static void
take_frames(struct channel *c)
{
	size_t at = 0;

	while (!c->ended && c->fd >= 0) {
		size_t n = take_frame(c, bytes_of(c->in + at, c->in_len - at));

		if (n == 0)
			break;
		at += n;
	}
	if (c->fd < 0 || c->ended)
		return;
	memmove(c->in, c->in + at, c->in_len - at);
	c->in_len -= at;
	if (c->in_len == 0 && c->in_cap > CHANNEL_ROOM) {
		free(c->in);
		c->in = NULL;
		c->in_cap = 0;
	}
}

/* keep_fds() - remember descriptors that came with a message. */
static int
keep_fds(struct channel *c, struct msghdr *m)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h != NULL; h = CMSG_NXTHDR(m, h)) {
		size_t n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(int));
			if (c->n_in_fd == FRAME_FDS)
				close(fd);
			else
				c->in_fd[c->n_in_fd++] = fd;
		}
	}
	return (m->msg_flags & MSG_CTRUNC) != 0 ? -EPROTO : 0;
}

/* receive() - one recvmsg; @full: there may be more. Return: > 0 bytes, 0 end, -errno. */
static ssize_t
receive(struct channel *c, bool *full)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * FRAME_FDS_SENT)];
	} control;
	struct iovec v;
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n;

	if (c->in_cap - c->in_len < CHANNEL_ROOM) {
		uint8_t *p = realloc(c->in, c->in_len + CHANNEL_ROOM);

		if (p == NULL)
			return -ENOMEM;
		c->in = p;
		c->in_cap = c->in_len + CHANNEL_ROOM;
	}
	v = (struct iovec){ c->in + c->in_len, c->in_cap - c->in_len };
	n = recvmsg(c->fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	if (keep_fds(c, &m) != 0)
		return -EPROTO;
	c->in_len += (size_t)n;
	*full = (size_t)n == v.iov_len;
	return n;
}

/* pull() - @all: until nothing is left; else a read that left room was the last, the loop finds the rest. */
static void
pull(struct channel *c, bool all)
{
	bool full = true;

	/* a handler that pulls the channel it was called from would meet its own frame again */
	if (c->pulling)
		return;
	c->pulling = true;
	/* bounded, so that one busy peer does not keep the others waiting */
	for (int turns = 0; turns < 16 && c->fd >= 0 && !c->ended && (all || full); turns++) {
		ssize_t n = receive(c, &full);

		/* short of memory: what has come stays where it is until the loop's next turn */
		if (n == -EAGAIN || n == -EINTR || n == -ENOMEM)
			break;
		if (n <= 0) {
			end(c, n == 0 ? "peer gone" : "channel error");
			break;
		}
		take_frames(c);
	}
	c->pulling = false;
}

void
channel_pull(struct channel *c)
{
	pull(c, true);
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct channel *c = (struct channel *)poll->data;

	if (status < 0)
		events |= UV_READABLE;
	if ((events & UV_WRITABLE) != 0)
		channel_flush(c);
	if ((events & UV_READABLE) != 0 && c->fd >= 0)
		pull(c, false);
}

void
channel_watch(struct channel *c)
{
	int want = UV_READABLE | (channel_pending(c) > 0 ? UV_WRITABLE : 0);

	if (c->fd < 0)
		return;
	uv_idle_stop(&((struct channel_poll *)c->poll)->idle);
	if (want == c->events)
		return;
	c->events = want;
	uv_poll_start(c->poll, want, on_poll);
}

int
channel_open(struct channel *c, uv_loop_t *loop, int fd, const char *peer, unsigned index,
    const struct channel_ops *ops)
{
	struct channel_poll *p = calloc(1, sizeof(*p));
	int r = p == NULL ? -ENOMEM : 0;

	*c = (struct channel){ .loop = loop, .fd = fd, .peer = peer, .index = index, .ops = ops };
	buf_init(&c->out, CHANNEL_OUT_MAX);
	if (r == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		r = -errno;
	if (r == 0)
		r = uv_poll_init(loop, &p->poll, fd);
	if (r != 0) {
		free(p);
		close(fd);
		c->fd = -1;
		return err_raise(r);
	}
	c->poll = &p->poll;
	c->poll->data = p->idle.data = c;
	uv_idle_init(loop, &p->idle);
	channel_watch(c);
	return 0;
}

static void
on_let_go(uv_handle_t *h)
{
	struct channel_poll *p = h->data;

	if (++p->closed < 2)
		return;
	free(p->in);
	free(p);
}

void
channel_close(struct channel *c)
{
	struct channel_poll *p = (struct channel_poll *)c->poll;

	if (c->fd < 0)
		return;
	for (size_t i = 0; i < c->n_in_fd; i++)
		close(c->in_fd[i]);
	for (size_t i = 0; i < c->n_out_fd; i++)
		close(c->out_fd[i].fd);
	c->n_in_fd = c->n_out_fd = 0;
	buf_deinit(&c->out);
	c->sent = 0;
	c->ended = true;
	uv_poll_stop(c->poll);
	close(c->fd);
	c->fd = -1;
	p->in = c->in;
	c->in = NULL;
	c->in_len = c->in_cap = 0;
	/* the channel may be opened anew or freed before the loop lets go */
	p->poll.data = p->idle.data = p;
	uv_close((uv_handle_t *)&p->poll, on_let_go);
	uv_close((uv_handle_t *)&p->idle, on_let_go);
	c->poll = NULL;
}
