/*
 * redis - see redis.h. A Redis is a program of somebody else: what it answers is bounded, and
 * taken only in the form its command has (redis_answer.h). Its own words on errors go to the actor
 * that asked.
 */
#include "host/providers/keyvalue/redis.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/providers/keyvalue/redis_answer.h"
#include "host/providers/keyvalue/redis_command.h"

enum {
	PENDING = PROVIDER_INVOKES,
	ROOM = 8 * 1024 * 1024,
	READ = 64 * 1024,
	SLOW_MS = 15000,
	TICK_MS = 1000
};

/* What was sent and not answered. */
struct pending {
	uint64_t id; /* 0: of the log-in */
	enum kv_verb verb;
	bool last; /* of the log-in */
	uint64_t since_ms;
};

struct redis {
	struct process *process;
	char actor[PROVIDER_KEY + 1];
	int fd;
	uv_poll_t *poll;
	uv_timer_t *timer;
	int events;
	redisReader *reader;
	size_t held; /* bytes fed since the reader was empty */
	struct buf out;
	size_t sent;
	struct pending queue[PENDING];
	size_t first, n;
	bool ready, ended;
	void (*on_end)(struct redis *r, void *ctx);
	void *ctx;
};

const char *
redis_login_of(struct bytes url, struct redis_login *out)
{
	struct bytes rest = bytes_from(url, strlen("redis://")), db, login;
	size_t slash = bytes_find(rest, '/'), at;

	*out = (struct redis_login){ .db = 0 };
	db = bytes_from(rest, slash + 1);
	rest = bytes_upto(rest, slash);
	at = bytes_find(rest, '@');
	login = at < rest.len ? bytes_upto(rest, at) : BYTES_NULL;
	if (at < rest.len && bytes_find(login, ':') == login.len)
		return "a login is USER:PASSWORD or :PASSWORD";
	out->user = bytes_upto(login, bytes_find(login, ':'));
	out->password = bytes_from(login, bytes_find(login, ':') + 1);
	if (db.len > 4)
		return "no number of a database";
	for (size_t i = 0; i < db.len; i++) {
		if (db.ptr[i] < '0' || db.ptr[i] > '9')
			return "no number of a database";
		out->db = out->db * 10 + (unsigned)(db.ptr[i] - '0');
	}
	return NULL;
}

/* ---- the end ---- */

static void
let_go(uv_handle_t *h)
{
	free(h);
}

static struct pending
next(struct redis *r)
{
	struct pending p = r->queue[r->first];

	r->first = (r->first + 1) % PENDING;
	r->n--;
	return p;
}

/* end() - it is of no use any more. */
static void
end(struct redis *r, const char *why)
{
	if (r->ended)
		return;
	r->ended = true;
	while (r->n > 0) {
		struct pending p = next(r);

		if (p.id != 0)
			process_result(r->process, p.id, PROVIDER_FAILED, bytes_str(why));
	}
	process_link(r->process, bytes_str(r->actor), PROVIDER_LINK_FAILED, why);
	r->on_end(r, r->ctx);
}

void
redis_free(struct redis *r)
{
	if (r == NULL)
		return;
	while (r->n > 0) {
		struct pending p = next(r);

		if (p.id != 0)
			process_result(
			    r->process, p.id, PROVIDER_NOBODY, BYTES_LIT("the link is gone"));
	}
	uv_poll_stop(r->poll);
	uv_close((uv_handle_t *)r->poll, let_go);
	uv_close((uv_handle_t *)r->timer, let_go);
	close(r->fd);
	redisReaderFree(r->reader);
	buf_deinit(&r->out);
	free(r);
}

/* ---- sending ---- */

static void on_poll(uv_poll_t *poll, int status, int events);

/* flush() - Return: false when the connection is gone. */
static bool
flush(struct redis *r)
{
	int want;

	while (r->sent < r->out.len) {
		ssize_t n = send(
		    r->fd, r->out.ptr + r->sent, r->out.len - r->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return false;
		r->sent += (size_t)n;
	}
	if (r->sent == r->out.len) {
		buf_reset(&r->out);
		r->sent = 0;
	}
	want = UV_READABLE | (r->out.len > 0 ? UV_WRITABLE : 0);
	if (want != r->events)
		uv_poll_start(r->poll, want, on_poll);
	r->events = want;
	return true;
}

static void
queue(struct redis *r, uint64_t id, enum kv_verb verb, bool last)
{
	r->queue[(r->first + r->n++) % PENDING] =
	    (struct pending){ id, verb, last, uv_now(&r->process->loop) };
}

void
redis_do(struct redis *r, uint64_t id, struct bytes prefix, const struct kv_op *op)
{
	size_t before = r->out.len;

	if (!r->ready || r->n == PENDING) {
		process_result(r->process, id, r->ready ? PROVIDER_BUSY : PROVIDER_FAILED,
		    r->ready ? BYTES_LIT("too much is under way")
			     : BYTES_LIT("the Redis of this link is not there"));
		return;
	}
	redis_put_op(&r->out, prefix, op);
	if (buf_failed(&r->out)) {
		r->out.failed = false;
		r->out.len = before;
		process_result(r->process, id, PROVIDER_BUSY, BYTES_LIT("too much is under way"));
		return;
	}
	queue(r, id, op->verb, false);
	if (!flush(r))
		end(r, "the Redis went away");
}

/* ---- answers ---- */

/* on_log_in() - Return: false when it is refused. */
static bool
on_log_in(struct redis *r, const struct pending *p, const redisReply *y)
{
	char why[PROVIDER_WHY], words[160];

	if (y->type == REDIS_REPLY_ERROR) {
		provider_plain(words, sizeof(words), redis_text_of(y));
		snprintf(why, sizeof(why), "the Redis refuses: %s", words);
		end(r, why);
		return false;
	}
	if (p->last) {
		r->ready = true;
		process_link(r->process, bytes_str(r->actor), PROVIDER_LINK_RUNNING, "");
	}
	return true;
}

/* on_reply() - Return: false when it is over. */
static bool
on_reply(struct redis *r, const redisReply *y)
{
	struct pending p;
	struct buf b;

	if (r->n == 0) {
		end(r, "the Redis answers what was not asked");
		return false;
	}
	p = next(r);
	if (p.id == 0)
		return on_log_in(r, &p, y);
	if (y->type == REDIS_REPLY_ERROR) {
		process_result(
		    r->process, p.id, PROVIDER_FAILED, bytes_upto(redis_text_of(y), PROVIDER_WHY));
		return true;
	}
	buf_init(&b, KV_ANSWER);
	if (redis_answer_put(p.verb, y, &b) && !buf_failed(&b))
		process_result(r->process, p.id, PROVIDER_OK, buf_bytes(&b));
	else
		process_result(r->process, p.id, PROVIDER_FAILED,
		    BYTES_LIT("the Redis holds something else, or too much"));
	buf_deinit(&b);
	return true;
}

/* hear() - all whole answers. Return: false when it is over. */
static bool
hear(struct redis *r)
{
	void *reply = NULL;
	bool more = true;

	while (more) {
		if (redisReaderGetReply(r->reader, &reply) != REDIS_OK) {
			end(r, "what the Redis says is not its protocol");
			return false;
		}
		if (reply == NULL)
			break;
		r->held = 0;
		more = on_reply(r, reply);
		freeReplyObject(reply);
	}
	return more;
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct redis *r = poll->data;
	char in[READ];
	ssize_t n;

	(void)status;
	if ((events & UV_WRITABLE) != 0 && !flush(r)) {
		end(r, "the Redis went away");
		return;
	}
	if ((events & UV_READABLE) == 0 && status == 0)
		return;
	n = recv(r->fd, in, sizeof(in), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(r, "the Redis went away");
		return;
	}
	r->held += (size_t)n;
	if (r->held > ROOM || redisReaderFeed(r->reader, in, (size_t)n) != REDIS_OK) {
		end(r, "an answer of the Redis is too long");
		return;
	}
	(void)hear(r);
}

static void
on_tick(uv_timer_t *t)
{
	struct redis *r = t->data;

	if (r->n > 0 && uv_now(&r->process->loop) - r->queue[r->first].since_ms > SLOW_MS)
		end(r, "the Redis does not answer");
}

/* log_in() - in one go; the last answer says whether it may be used. */
static void
log_in(struct redis *r, const struct redis_login *login)
{
	if (login->password.len > 0) {
		redis_put_auth(&r->out, login->user, login->password);
		queue(r, 0, KV_GET, false);
	}
	if (login->db != 0) {
		redis_put_select(&r->out, login->db);
		queue(r, 0, KV_GET, false);
	}
	redis_put_ping(&r->out);
	queue(r, 0, KV_GET, true);
}

int
redis_open(struct redis **out, struct process *p, struct bytes actor, int fd,
    const struct redis_login *login, void (*on_end)(struct redis *r, void *ctx), void *ctx)
{
	struct redis *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (r != NULL) {
		r->reader = redisReaderCreate();
		r->poll = calloc(1, sizeof(*r->poll));
		r->timer = calloc(1, sizeof(*r->timer));
	}
	if (r == NULL || r->reader == NULL || r->poll == NULL || r->timer == NULL ||
	    uv_poll_init(&p->loop, r->poll, fd) != 0) {
		if (r != NULL) {
			if (r->reader != NULL)
				redisReaderFree(r->reader);
			free(r->poll);
			free(r->timer);
		}
		free(r);
		close(fd);
		return err_raise(-ENOMEM);
	}
	uv_timer_init(&p->loop, r->timer);
	r->process = p;
	r->fd = fd;
	r->on_end = on_end;
	r->ctx = ctx;
	r->poll->data = r->timer->data = r;
	provider_plain(r->actor, sizeof(r->actor), actor);
	buf_init(&r->out, ROOM);
	log_in(r, login);
	uv_timer_start(r->timer, on_tick, TICK_MS, TICK_MS);
	r->events = UV_READABLE | UV_WRITABLE;
	uv_poll_start(r->poll, r->events, on_poll);
	*out = r;
	return 0;
}

bool
redis_idle(const struct redis *r)
{
	return r->n == 0;
}
