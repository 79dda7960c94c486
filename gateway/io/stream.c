/*
 * stream - see stream.h. The only code, with frame.c, that reads or writes a socket. Knows nothing
 * of NATS; trusts nothing in the bytes.
 */
#include "gateway/io/stream.h"

#include <assert.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int
stream_room_init(struct stream_room *r, uv_loop_t *loop)
{
	*r = (struct stream_room){ .loop = loop };
	r->scratch = malloc(STREAM_HEAD + STREAM_READ);
	return r->scratch != NULL ? 0 : err_raise(-ENOMEM);
}

void
stream_room_deinit(struct stream_room *r)
{
	free(r->scratch);
	while (r->n_spare > 0)
		free(r->spare[--r->n_spare].ptr);
	r->scratch = NULL;
}

/* update() - tell the loop what this stream waits for. */
static void
update(struct stream *s);

/* count() - keep the room's sum of buffers true. */
static void
count(struct stream *s)
{
	size_t now = s->out.cap + s->kept_cap, *sum = &s->room->held[s->class];

	*sum += now - s->held;
	s->held = now;
}

void
stream_is(struct stream *s, enum stream_class class)
{
	s->room->held[s->class] -= s->held;
	s->class = class;
	s->room->held[s->class] += s->held;
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct stream *s = (struct stream *)poll->data;

	/* an error shows at the next read or write; the loop has stopped the handle */
	if (status < 0) {
		events = UV_READABLE | UV_WRITABLE;
		s->events = 0;
	}
	if ((events & UV_WRITABLE) != 0 && stream_pending(s) > 0) {
		int r = stream_flush(s);

		if (r == 0 || r == STREAM_BLOCKED) {
			s->ops->on_writable(s);
		} else {
			/* whether it wanted to read now or not, the reader is told */
			s->error = r;
			s->ops->on_readable(s);
			return;
		}
	}
	if (s->fd >= 0 && (events & UV_READABLE) != 0 && s->reading)
		s->ops->on_readable(s);
	if (s->fd >= 0 && status < 0)
		update(s);
}

static void
update(struct stream *s)
{
	int want = (s->reading ? UV_READABLE : 0) | (stream_pending(s) > 0 ? UV_WRITABLE : 0);

	if (s->fd < 0 || want == s->events)
		return;
	s->events = want;
	if (want == 0)
		uv_poll_stop(&s->poll);
	else
		uv_poll_start(&s->poll, want, on_poll);
}

int
stream_open(struct stream *s, struct stream_room *room, int fd, size_t max_out, const struct stream_ops *ops)
{
	int flags = fcntl(fd, F_GETFL);
	int r;

	*s = (struct stream){ .room = room, .fd = fd, .ops = ops };
	buf_init(&s->out, max_out);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
		r = -errno;
		close(fd);
		s->fd = -1;
		return err_raise(r);
	}
	r = uv_poll_init(room->loop, &s->poll, fd);
	if (r != 0) {
		close(fd);
		s->fd = -1;
		return err_raise(r);
	}
	s->poll.data = s;
	s->polling = true;
	return 0;
}

void
stream_read_on(struct stream *s, bool on)
{
	s->reading = on;
	update(s);
}

/* fill_kept() - read behind the kept bytes: for operations larger than the scratch area's head. */
static int
fill_kept(struct stream *s, size_t need, struct bytes *run)
{
	size_t cap = s->kept_cap;
	ssize_t n;

	if (cap - s->kept_len < STREAM_READ / 4) {
		/* grow with what has really arrived, never ahead to what was only announced */
		cap = s->kept_len * 2 > STREAM_READ ? s->kept_len * 2 : STREAM_READ;
		if (cap > need && need > s->kept_len)
			cap = need;
	}
	if (cap > s->kept_cap) {
		uint8_t *p = realloc(s->kept, cap);

		if (p == NULL)
			return err_raise(-ENOMEM);
		s->kept = p;
		s->kept_cap = cap;
		count(s);
	}
	n = recv(s->fd, s->kept + s->kept_len, s->kept_cap - s->kept_len, 0);
	if (n > 0)
		s->kept_len += (size_t)n;
	*run = stream_run(s);
	if (n > 0)
		return 0;
	if (n == 0)
		return STREAM_END;
	return errno == EAGAIN || errno == EINTR ? STREAM_BLOCKED : err_raise(-errno);
}

int
stream_fill(struct stream *s, size_t need, struct bytes *run)
{
	uint8_t *head;
	ssize_t n;

	if (s->error != 0) {
		*run = stream_run(s);
		return err_pass(s->error);
	}
	if (s->kept_len > STREAM_HEAD || need > STREAM_HEAD)
		return fill_kept(s, need, run);
	n = recv(s->fd, s->room->scratch + STREAM_HEAD,
	    s->most != 0 && s->most < STREAM_READ ? s->most : STREAM_READ, 0);
	if (n <= 0) {
		*run = stream_run(s);
		if (n == 0)
			return STREAM_END;
		return errno == EAGAIN || errno == EINTR ? STREAM_BLOCKED : err_raise(-errno);
	}
	head = s->room->scratch + STREAM_HEAD - s->kept_len;
	if (s->kept_len > 0)
		memcpy(head, s->kept, s->kept_len);
	*run = bytes_of(head, s->kept_len + (size_t)n);
	return 0;
}

struct bytes
stream_run(const struct stream *s)
{
	return bytes_of(s->kept, s->kept_len);
}

int
stream_keep(struct stream *s, struct bytes rest)
{
	if (rest.len == 0) {
		free(s->kept);
		s->kept = NULL;
		s->kept_len = s->kept_cap = 0;
		count(s);
		return 0;
	}
	if (rest.ptr >= s->kept && rest.ptr < s->kept + s->kept_cap) {
		if (rest.ptr != s->kept)
			memmove(s->kept, rest.ptr, rest.len);
		s->kept_len = rest.len;
		return 0;
	}
	if (rest.len > s->kept_cap) {
		uint8_t *p = malloc(rest.len);

		if (p == NULL)
			return err_raise(-ENOMEM);
		free(s->kept);
		s->kept = p;
		s->kept_cap = rest.len;
	}
	memcpy(s->kept, rest.ptr, rest.len);
	s->kept_len = rest.len;
	count(s);
	return 0;
}

struct buf *
stream_out(struct stream *s)
{
	struct stream_room *r = s->room;

	if (s->out.ptr == NULL && r->n_spare > 0) {
		r->n_spare--;
		s->out.ptr = r->spare[r->n_spare].ptr;
		s->out.cap = r->spare[r->n_spare].cap;
	}
	return &s->out;
}

/* give_back() - everything is sent: the out buffer goes to the room, or away. */
static void
give_back(struct stream *s)
{
	struct stream_room *r = s->room;

	if (r->n_spare < STREAM_SPARES && s->out.cap >= 4096 && s->out.cap <= 1024 * 1024) {
		r->spare[r->n_spare].ptr = s->out.ptr;
		r->spare[r->n_spare].cap = s->out.cap;
		r->n_spare++;
	} else {
		free(s->out.ptr);
	}
	s->out.ptr = NULL;
	s->out.cap = s->out.len = s->sent = 0;
}

int
stream_flush(struct stream *s)
{
	bool waited = (s->events & UV_WRITABLE) != 0;
	int answer = 0;

	if (!waited)
		s->progress_ms = uv_now(s->room->loop);
	while (stream_pending(s) > 0) {
		ssize_t n = s->fd < 0 ? -1 : send(s->fd, s->out.ptr + s->sent, stream_pending(s), MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			answer = STREAM_BLOCKED;
			break;
		}
		if (n < 0)
			return err_raise(s->fd < 0 ? -EPIPE : -errno);
		s->sent += (size_t)n;
		s->progress_ms = uv_now(s->room->loop);
	}
	if (answer == 0 && s->out.ptr != NULL) {
		give_back(s);
	} else if (s->sent > s->out.len / 2) {
		/* keep the unsent rest at the front, so that the ceiling is about what waits */
		memmove(s->out.ptr, s->out.ptr + s->sent, stream_pending(s));
		s->out.len = stream_pending(s);
		s->sent = 0;
	}
	count(s);
	update(s);
	return answer;
}

void
stream_shut(struct stream *s)
{
	if (s->fd >= 0 && !s->shut)
		shutdown(s->fd, SHUT_WR);
	s->shut = true;
}

static void
on_poll_closed(uv_handle_t *h)
{
	struct stream *s = (struct stream *)h->data;

	free(s->kept);
	buf_deinit(&s->out);
	s->kept = NULL;
	s->kept_len = s->kept_cap = 0;
	s->sent = 0;
	count(s);
	s->ops->on_closed(s);
}

void
stream_close(struct stream *s)
{
	if (!s->polling)
		return;
	s->polling = false;
	uv_poll_stop(&s->poll);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	uv_close((uv_handle_t *)&s->poll, on_poll_closed);
}
