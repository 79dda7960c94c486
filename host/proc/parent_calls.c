/*
 * parent_calls - from whoever asks to whoever is asked. An actor or provider that is here is asked
 * here; everybody else over the network, unless that is where the call came from: a call crosses it
 * once. Who asks is said by the noun that heard him, never by himself. All that is under way has a
 * ceiling, a depth and a time.
 */
#include "host/proc/parent_priv.h"

static struct {
	uv_idle_t idle;
	uv_timer_t late;
	struct call *ended, **last;
	struct call *first; /* ours until it is told: for calls_forget() */
	size_t under_way;
	uint64_t n_ended[PROVIDER_ANSWERS];
} self;

static void
release(struct call *c)
{
	buf_deinit(&c->out);
	free(c->text);
	free(c);
	self.under_way--;
}

/* on_idle() - tell those whose calls have ended. What they do may end others: these wait for the
 * next turn. */
static void
on_idle(uv_idle_t *idle)
{
	struct call *c = self.ended, *next;

	uv_idle_stop(idle);
	self.ended = NULL;
	self.last = &self.ended;
	for (; c != NULL; c = next) {
		next = c->next;
		if (c->done != NULL)
			c->done(c->ctx, c->end, buf_bytes(&c->out));
		release(c);
	}
}

void
calls_begin(void)
{
	self.last = &self.ended;
	uv_idle_init(&host.loop, &self.idle);
}

size_t
calls_under_way(void)
{
	return self.under_way;
}

uint64_t
calls_ended(enum provider_answer end)
{
	return end < PROVIDER_ANSWERS ? self.n_ended[end] : 0;
}

void
calls_end(struct call *c, enum provider_answer end, struct bytes out)
{
	c->end = end;
	c->next = NULL;
	buf_init(&c->out, PROVIDER_PAYLOAD);
	buf_put(&c->out, out);
	if (buf_failed(&c->out)) {
		buf_reset(&c->out);
		c->end = PROVIDER_FAILED;
		buf_put_str(&c->out, "the answer is too large");
	}
	self.n_ended[c->end < PROVIDER_ANSWERS ? c->end : PROVIDER_FAILED]++;
	*self.last = c;
	self.last = &c->next;
	uv_idle_start(&self.idle, on_idle);
}

/* copy() - a slice of ->text. */
static struct bytes
copy(uint8_t **at, struct bytes s)
{
	struct bytes out = { *at, s.len };

	if (s.len > 0)
		memcpy(*at, s.ptr, s.len);
	*at += s.len;
	return out;
}

static struct call *
copy_of(const struct call *like)
{
	struct call *c = malloc(sizeof(*c));
	struct bytes parts[] = { like->from.key, like->from.contract, like->from.link, like->to.key,
		like->to.contract, like->to.link, like->operation, like->payload };
	size_t size = 1;
	uint8_t *at;

	if (c == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		size += parts[i].len;
	*c = *like;
	c->next = NULL;
	c->out = (struct buf){ 0 };
	c->text = at = malloc(size);
	if (at == NULL) {
		free(c);
		return NULL;
	}
	c->from =
	    (struct rpc_entity){ copy(&at, parts[0]), copy(&at, parts[1]), copy(&at, parts[2]) };
	c->to =
	    (struct rpc_entity){ copy(&at, parts[3]), copy(&at, parts[4]), copy(&at, parts[5]) };
	c->operation = copy(&at, parts[6]);
	c->payload = copy(&at, parts[7]);
	return c;
}

void
calls_make(const struct call *like)
{
	struct call *c = copy_of(like);
	struct actor_run *a;

	if (c == NULL) {
		log_event(LOG_ERR, "out_of_memory");
		/* who asks waits for a word, and is told now: there is no memory to tell it later
		 */
		if (like->done != NULL)
			like->done(like->ctx, PROVIDER_BUSY, BYTES_LIT("out of memory"));
		return;
	}
	self.under_way++;
	if (self.under_way > host.conf->max_calls) {
		calls_end(c, PROVIDER_BUSY,
		    BYTES_LIT("this host has as many calls under way as it takes"));
		return;
	}
	if (c->depth > host.conf->max_depth) {
		calls_end(c, PROVIDER_FAILED,
		    BYTES_LIT("calls within calls go deeper than this host lets them"));
		return;
	}
	a = c->to.contract.len == 0 ? actors_find(c->to.key) : NULL;
	/* one that leaves has its place taken on another host, if anywhere */
	if (a != NULL && (c->remote || !actors_leaving(a)))
		actors_call(a, c);
	else if (c->to.contract.len > 0 && providers_call(c))
		return;
	else if (c->remote)
		calls_end(c, PROVIDER_NOBODY, BYTES_LIT("it is not here any more"));
	else
		rpc_send(c);
}
