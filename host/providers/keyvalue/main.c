/*
 * portcullis-provider-keyvalue - contract wasmcloud:keyvalue: values, lists and sets of actors, in
 * a database of its own folder, or in the Redis a link names, over a connection the host made.
 *
 * Answers wait until what they speak of is on the disk: all that came in one turn of the loop is
 * one transaction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "host/providers/keyvalue/redis.h"
#include "host/providers/keyvalue/store.h"
#include "host/providers/process.h"

enum { HELD = 256, SIZE_MIN = 64 * 1024 };

static const uint64_t size_preset = UINT64_C(64) << 20, size_max = UINT64_C(256) << 20;

struct link {
	struct link *next;
	char actor[PROVIDER_KEY + 1];
	char space[PROVIDER_VALUE + 4]; /* before each key: in the database, and in a Redis */
	struct redis *redis;            /* NULL: the database */
	bool remote;                    /* a Redis, also while there is none */
};

/* An answer that waits for the disk. */
struct held {
	uint64_t id;
	enum provider_answer answer;
	struct buf payload;
};

static struct {
	struct process *process;
	struct store *store;
	struct link *links;
	struct held held[HELD];
	size_t n_held;
	uv_prepare_t commit;
} self;

/* ---- the disk ---- */

static void
commit(void)
{
	int r = store_commit(self.store);

	uv_prepare_stop(&self.commit);
	for (size_t i = 0; i < self.n_held; i++) {
		struct held *h = &self.held[i];

		if (r == 0)
			process_result(self.process, h->id, h->answer, buf_bytes(&h->payload));
		else
			process_result(self.process, h->id, PROVIDER_FAILED,
			    BYTES_LIT("the store has no room, or cannot write"));
		buf_deinit(&h->payload);
	}
	self.n_held = 0;
}

static void
on_commit(uv_prepare_t *h)
{
	(void)h;
	commit();
}

static void
in_store(const struct link *l, uint64_t id, const struct kv_op *op)
{
	struct held *h = &self.held[self.n_held];
	char why[STORE_WHY] = "";
	int r;

	buf_init(&h->payload, KV_ANSWER);
	h->id = id;
	r = store_do(self.store, bytes_str(l->space), op, clock_wall_s(), &h->payload, why);
	if (r < 0)
		process_fatal(self.process, why);
	h->answer = r == 0 ? PROVIDER_OK : PROVIDER_FAILED;
	if (r == 0 && buf_failed(&h->payload)) {
		r = STORE_FULL;
		snprintf(why, sizeof(why), "the answer is too long");
		h->answer = PROVIDER_FAILED;
	}
	if (r != 0) {
		buf_reset(&h->payload);
		buf_put_str(&h->payload, why);
	}
	self.n_held++;
	if (self.n_held == HELD || !store_changed(self.store))
		commit();
	else
		uv_prepare_start(&self.commit, on_commit);
}

/* ---- links ---- */

static struct link **
link_at(struct bytes actor)
{
	struct link **at = &self.links;

	while (*at != NULL && !bytes_is(actor, (*at)->actor))
		at = &(*at)->next;
	return at;
}

static void
end_when_idle(void)
{
	for (const struct link *l = self.links; l != NULL; l = l->next)
		if (l->redis != NULL && !redis_idle(l->redis))
			return;
	commit();
	process_end(self.process);
}

static void
on_redis_end(struct redis *r, void *ctx)
{
	struct link *l = ctx;

	l->redis = NULL;
	redis_free(r);
}

/* named() - what stands before its keys. */
static void
named(struct link *l, const struct provider_pairs *values)
{
	const struct provider_pair *store = provider_value(values, "STORE");
	const char *mark = store == NULL ? (l->remote ? "" : "a:") : l->remote ? "" : "s:";
	struct bytes name = store == NULL ? bytes_str(l->actor) : store->value;
	bool colon = l->remote && name.len > 0;

	snprintf(l->space, sizeof(l->space), "%s%.*s%s", mark, (int)name.len,
	    (const char *)name.ptr, colon ? ":" : "");
}

/* to_redis() - Return: NULL, or what is wrong. */
static const char *
to_redis(struct link *l, const struct msg_provider_link *m, int fd)
{
	const struct provider_pair *url = provider_value(&m->values, "URL");
	struct redis_login login;
	const char *why =
	    url == NULL ? "a connection nobody asked for" : redis_login_of(url->value, &login);

	if (why != NULL) {
		close(fd);
		return why;
	}
	return redis_open(&l->redis, self.process, m->actor, fd, &login, on_redis_end, l) == 0
		   ? NULL
		   : "out of memory";
}

static void
on_link(struct process *p, const struct msg_provider_link *m, int fd)
{
	struct link **at = link_at(m->actor), *l = *at;
	const char *why = NULL;

	if (l == NULL) {
		l = *at = calloc(1, sizeof(*l));
		if (l == NULL)
			process_fatal(p, "out of memory");
		provider_plain(l->actor, sizeof(l->actor), m->actor);
	}
	redis_free(l->redis);
	l->redis = NULL;
	l->remote = fd >= 0;
	named(l, &m->values);
	if (fd >= 0)
		why = to_redis(l, m, fd);
	if (why != NULL)
		process_link(p, m->actor, PROVIDER_LINK_FAILED, why);
	else if (fd < 0)
		process_link(p, m->actor, PROVIDER_LINK_RUNNING, "");
}

static void
on_unlink(struct process *p, struct bytes actor)
{
	struct link **at = link_at(actor), *l = *at;

	if (l != NULL) {
		*at = l->next;
		redis_free(l->redis);
		free(l);
	}
	process_link(p, actor, PROVIDER_LINK_GONE, "");
}

/* ---- the host ---- */

static const char *
on_begin(struct process *p, const struct msg_provider_setup *m)
{
	static char why[STORE_WHY];
	const struct provider_pair *size = provider_value(&m->config, "MAX_SIZE");
	uint64_t bytes = size_preset;

	self.process = p;
	if (size != NULL) {
		bytes = 0;
		for (size_t i = 0; i < size->value.len && i < 12; i++) {
			if (size->value.ptr[i] < '0' || size->value.ptr[i] > '9')
				return "MAX_SIZE is no number of bytes";
			bytes = bytes * 10 + (uint64_t)(size->value.ptr[i] - '0');
		}
		if (bytes < SIZE_MIN || bytes > size_max)
			return "MAX_SIZE is no number of 65536 to 268435456";
	}
	uv_prepare_init(&p->loop, &self.commit);
	return store_open(&self.store, bytes, why) == 0 ? NULL : why;
}

static void
on_call(struct process *p, const struct msg_provider_ask *m)
{
	const struct link *l = *link_at(m->actor);
	struct kv_op op;
	const char *why;

	if (l == NULL) {
		process_result(p, m->id, PROVIDER_NOBODY, BYTES_LIT("this actor is not linked"));
		return;
	}
	why = kv_op_get(m->operation, m->payload, &op);
	if (why != NULL) {
		p->counts.refused++;
		process_result(p, m->id, PROVIDER_FAILED, bytes_str(why));
	} else if (!l->remote) {
		in_store(l, m->id, &op);
	} else if (l->redis == NULL) {
		process_result(
		    p, m->id, PROVIDER_FAILED, BYTES_LIT("the Redis of this link is not there"));
	} else {
		redis_do(l->redis, m->id, bytes_str(l->space), &op);
	}
}

static void
on_check(uv_timer_t *t)
{
	(void)t;
	end_when_idle();
}

static void
on_drain(struct process *p)
{
	static uv_timer_t check;

	uv_timer_init(&p->loop, &check);
	uv_timer_start(&check, on_check, 0, 20);
}

int
main(void)
{
	static const struct process_ops ops = { .name = "keyvalue",
		.takes = PROCESS_PUT | PROCESS_FD | PROCESS_FOLDER,
		.memory = UINT64_C(1) << 30,
		.file = UINT64_C(512) << 20,
		.begin = on_begin,
		.link = on_link,
		.unlink = on_unlink,
		.call = on_call,
		.drain = on_drain };

	process_main(&ops);
}
