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
	/*
	 * What is read begins at a page's border, as what it is copied from often does. AMD's Zen 3 copies
	 * with `rep movsb`, which is what its kernel uses, four times slower to a few bytes behind the
	 * source's place in its page (glibc bug 30994), and malloc() gives 16 behind a border.
	 */
	_Static_assert((STREAM_HEAD + STREAM_READ) % STREAM_PAGE == 0 && STREAM_HEAD % STREAM_PAGE == 0,
	    "the bytes read lie on a page's border");
	*r = (struct stream_room){ .loop = loop };
	r->scratch = aligned_alloc(STREAM_PAGE, STREAM_HEAD + STREAM_READ);
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

/* wanted() - what this stream waits for. */
static int
wanted(const struct stream *s);
/* change() - tell the loop. */
static void
change(struct stream *s, int want);
/* update() - tell the loop, when it has to know. */
static void
update(struct stream *s);

/* count() - keep the room's sum of buffers true. */
static void
count(struct stream *s)
{
	size_t now = s->out.cap + s->kept_cap + (s->layer != NULL ? LAYER_HELD : 0), *sum = &s->room->held[s->class];

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
	if (!stream_ready(s)) {
		s->layer->want_write = false;
		s->ops->on_readable(s);
		if (s->fd >= 0 && status < 0)
			update(s);
		return;
	}
	/* it has something to tell, and has to be asked */
	if (s->layer != NULL && s->layer->over && (events & UV_WRITABLE) != 0)
		events |= UV_READABLE;
	if (s->layer != NULL && s->layer->want_write && (events & UV_WRITABLE) != 0) {
		s->layer->want_write = false;
		events |= UV_READABLE; /* it was reading when it had to write */
		update(s);
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
	else if (s->fd >= 0 && (events & UV_READABLE) != 0)
		change(s, wanted(s));
	if (s->fd >= 0 && status < 0)
		update(s);
}

static int
wanted(const struct stream *s)
{
	bool ready = stream_ready(s), own = s->layer != NULL && (s->layer->want_write || (s->layer->over && s->reading));

	return (s->reading || !ready ? UV_READABLE : 0) |
	       ((ready && stream_pending(s) > 0) || own ? UV_WRITABLE : 0);
}

static void
change(struct stream *s, int want)
{
	if (want == s->events)
		return;
	s->events = want;
	if (want == 0)
		uv_poll_stop(&s->poll);
	else
		uv_poll_start(&s->poll, want, on_poll);
}

/*
 * update() - where nothing is waited for any more, that shows when something comes: until then reading is
 * often wanted again, and each change costs two system calls (libuv takes the descriptor out of the set and
 * puts it in again).
 */
static void
update(struct stream *s)
{
	int want = wanted(s);

	if (s->fd >= 0 && (want != 0 || s->events != UV_READABLE))
		change(s, want);
}

int
stream_open(struct stream *s, struct stream_room *room, int fd, size_t max_out, const struct stream_ops *ops)
{
	int flags = fcntl(fd, F_GETFL);
	int r;

	*s = (struct stream){ .room = room, .fd = fd, .ops = ops };
	buf_init(&s->out, max_out);
	if (flags < 0 || ((flags & O_NONBLOCK) == 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)) {
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

int
stream_peek(struct stream *s, uint8_t *first)
{
	ssize_t n = s->error != 0 ? -1 : recv(s->fd, first, 1, MSG_PEEK);

	if (s->error != 0)
		return err_pass(s->error);
	if (n > 0)
		return 0;
	if (n == 0)
		return STREAM_END;
	return errno == EAGAIN || errno == EINTR ? STREAM_BLOCKED : err_raise(-errno);
}

int
stream_secure(struct stream *s, struct layer *layer)
{
	int r = s->layer != NULL || s->kept_len > 0 || stream_pending(s) > 0 ? -EBUSY : 0;

	if (r == 0)
		r = layer->ops->begin(layer, s->fd);
	if (r != 0) {
		layer->ops->free(layer);
		return err_raise(r);
	}
	s->layer = layer;
	count(s);
	update(s);
	return 0;
}

int
stream_handshake(struct stream *s)
{
	int r = s->error != 0 ? s->error : s->layer->ops->handshake(s->layer);

	if (r == -EPIPE)
		return STREAM_END;
	if (r != 0 && r != -EAGAIN)
		return err_raise(r);
	update(s);
	return r == 0 ? 0 : STREAM_BLOCKED;
}

/* take_in() - from the socket, or through the layer. Return: bytes, 0 the end, -errno. */
static ssize_t
take_in(struct stream *s, uint8_t *to, size_t room)
{
	ssize_t n;

	if (s->layer != NULL) {
		n = s->layer->ready ? s->layer->ops->recv(s->layer, to, room) : -EAGAIN;
		if (s->layer->want_write || s->layer->over)
			update(s);
		return n;
	}
	n = recv(s->fd, to, room, 0);
	return n >= 0 ? n : errno == EINTR ? -EAGAIN : -errno;
}

/* put_out() - to the socket, or through the layer. Return: bytes, -errno. */
static ssize_t
put_out(struct stream *s, const uint8_t *from, size_t len)
{
	ssize_t n;

	if (s->fd < 0)
		return -EPIPE;
	if (s->layer != NULL)
		return s->layer->ready ? s->layer->ops->send(s->layer, from, len) : -EAGAIN;
	do {
		n = send(s->fd, from, len, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n >= 0 ? n : -errno;
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
		/* a layer gives what it took from the kernel whole */
		if (s->layer != NULL && cap - s->kept_len < LAYER_RECORD)
			cap = s->kept_len + LAYER_RECORD;
	}
	if (cap > s->kept_cap) {
		uint8_t *p = realloc(s->kept, cap);

		if (p == NULL)
			return err_raise(-ENOMEM);
		s->kept = p;
		s->kept_cap = cap;
		count(s);
	}
	n = take_in(s, s->kept + s->kept_len, s->kept_cap - s->kept_len);
	if (n > 0)
		s->kept_len += (size_t)n;
	*run = stream_run(s);
	if (n > 0)
		return 0;
	if (n == 0)
		return STREAM_END;
	return n == -EAGAIN ? STREAM_BLOCKED : err_raise((int)n);
}

/* most() - bytes to ask for at once. */
static size_t
most(const struct stream *s)
{
	size_t n = s->most != 0 && s->most < STREAM_READ ? s->most : STREAM_READ;

	return s->layer != NULL && n < LAYER_RECORD ? LAYER_RECORD : n;
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
	n = take_in(s, s->room->scratch + STREAM_HEAD, most(s));
	if (n <= 0) {
		*run = stream_run(s);
		if (n == 0)
			return STREAM_END;
		return n == -EAGAIN ? STREAM_BLOCKED : err_raise((int)n);
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
	if (s->kept != NULL && rest.ptr >= s->kept && rest.ptr < s->kept + s->kept_cap) {
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
		ssize_t n = put_out(s, s->out.ptr + s->sent, stream_pending(s));

		if (n == -EAGAIN) {
			answer = STREAM_BLOCKED;
			break;
		}
		if (n < 0)
			return err_raise((int)n);
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
	if (s->fd >= 0 && !s->shut && s->layer != NULL)
		s->layer->ops->shut(s->layer);
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
	uv_close((uv_handle_t *)&s->poll, on_poll_closed); /* it stops at once; the call comes later */
	if (s->layer != NULL)
		s->layer->ops->free(s->layer);
	s->layer = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
