/*
 * parent_through - what the host says and hears through its link: subscriptions, which hold over
 * every reconnection and every new link process; publishing, which is lost while a connection is
 * down; and requests, each of which is answered once.
 *
 * The number of a subscription or a request says where it stands in its table, in its lowest bits; the
 * others tell it from those that stood there before. So what comes is found without a search.
 */
#include "host/proc/parent_through.h"

#include <stdlib.h>

enum { ASKS_MAX = 4096, OUT_MAX = 16 * 1024 * 1024 };
_Static_assert((LINK_SUBS & (LINK_SUBS - 1)) == 0 && (ASKS_MAX & (ASKS_MAX - 1)) == 0,
    "places are the lowest bits of numbers");

struct sub {
	uint32_t id; /* 0: free */
	enum wire wire;
	char *subject, *queue;
	link_heard *heard;
	void *ctx;
	bool leaving; /* nothing new; what is on its way is still heard */
};

struct ask {
	uint32_t id;
	link_answered *answered;
	void *ctx;
};

static struct {
	struct sub sub[LINK_SUBS];
	uint32_t last_sub, last_ask; /* numbers, as they were given */
	struct ask ask[ASKS_MAX];
	size_t asks;
} self;

/* ---- what it says ---- */

static struct sub *
sub_of(uint32_t id)
{
	struct sub *s = &self.sub[id % LINK_SUBS];

	return id != 0 && s->id == id ? s : NULL;
}

int
through_on_msg(struct channel *c, struct cursor *in, int fd)
{
	struct link_msg m;
	struct sub *s;

	(void)c;
	(void)fd;
	if (link_msg_get(in, &m) != 0)
		return -EBADMSG;
	s = sub_of(m.id);
	/* one that came while we took the subscription back */
	if (s != NULL && s->wire == m.wire)
		s->heard(s->ctx, &m);
	return 0;
}

static struct ask *
ask_of(uint32_t id)
{
	struct ask *a = &self.ask[id % ASKS_MAX];

	return id != 0 && a->id == id ? a : NULL;
}

static void
answer(struct ask *a, enum link_outcome outcome, struct bytes body)
{
	struct ask was = *a;

	*a = (struct ask){ 0 };
	self.asks--;
	if (was.answered != NULL)
		was.answered(was.ctx, outcome, body);
}

int
through_on_answer(struct channel *c, struct cursor *in, int fd)
{
	struct link_answer m;
	struct ask *a;

	(void)c;
	(void)fd;
	if (link_answer_get(in, &m) != 0)
		return -EBADMSG;
	a = ask_of(m.id);
	if (a == NULL)
		return -EBADMSG;
	answer(a, m.outcome, m.body);
	return 0;
}

static int
tell_sub(struct channel *c, const struct sub *s)
{
	struct link_sub m = { s->wire, s->id, bytes_str(s->subject), bytes_str(s->queue) };

	return link_sub_put(c, &m);
}

int
through_tell(struct channel *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < LINK_SUBS; i++)
		if (self.sub[i].id != 0 && !self.sub[i].leaving)
			r = tell_sub(c, &self.sub[i]);
	return err_pass(r);
}

void
through_away(void)
{
	for (size_t i = 0; i < ASKS_MAX; i++)
		if (self.ask[i].id != 0)
			answer(&self.ask[i], LINK_AWAY, BYTES_NULL);
}

/* ---- what others say through it ---- */

static bool
subject_ok(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
			return false;
	return s.len > 0 && s.len <= LINK_SUBJECT_MAX;
}

/* free_sub() - the next number whose place is free; 0: none is. */
static uint32_t
free_sub(void)
{
	uint32_t id = self.last_sub;

	for (size_t i = 0; i < LINK_SUBS; i++)
		if (++id != 0 && self.sub[id % LINK_SUBS].id == 0)
			return id;
	return 0;
}

uint32_t
link_sub(enum wire wire, const char *subject, const char *queue, link_heard *heard, void *ctx)
{
	uint32_t id = free_sub();
	struct sub s = { .id = id, .wire = wire, .heard = heard, .ctx = ctx };

	if (id == 0 || !subject_ok(bytes_str(subject)))
		return 0;
	s.subject = strdup(subject);
	s.queue = queue != NULL ? strdup(queue) : NULL;
	if (s.subject == NULL || (queue != NULL && s.queue == NULL)) {
		free(s.subject);
		free(s.queue);
		return 0;
	}
	self.last_sub = id;
	self.sub[id % LINK_SUBS] = s;
	if (link_channel() != NULL)
		(void)tell_sub(link_channel(), &self.sub[id % LINK_SUBS]);
	return id;
}

void
link_leave(uint32_t id)
{
	struct sub *s = sub_of(id);

	if (s == NULL || s->leaving)
		return;
	s->leaving = true;
	if (link_channel() != NULL)
		(void)link_unsub_put(link_channel(), id);
}

void
link_unsub(uint32_t id)
{
	struct sub *s = sub_of(id);

	if (s == NULL)
		return;
	link_leave(id);
	free(s->subject);
	free(s->queue);
	*s = (struct sub){ 0 };
}

/* may_say() - is there room? What a stuck link does not take must not fill our memory. */
static bool
may_say(enum wire w)
{
	return link_up(w) && link_channel() != NULL && channel_pending(link_channel()) < OUT_MAX;
}

int
link_pub(enum wire wire, struct bytes subject, struct bytes reply, struct bytes body)
{
	struct link_msg m = { wire, 0, 0, subject, reply, body };

	if (!may_say(wire))
		return err_raise(-ENOTCONN);
	if (!subject_ok(subject) || (reply.len > 0 && !subject_ok(reply)))
		return err_raise(-EINVAL);
	return link_msg_put(link_channel(), MSG_LINK_PUB, &m);
}

/* free_ask() - likewise. Requests end about in their order, so it is one of the next. */
static uint32_t
free_ask(void)
{
	uint32_t id = self.last_ask;

	for (size_t i = 0; self.asks < ASKS_MAX && i < ASKS_MAX; i++)
		if (++id != 0 && self.ask[id % ASKS_MAX].id == 0)
			return id;
	return 0;
}

int
link_ask(enum wire wire, struct bytes subject, struct bytes body, uint32_t timeout_ms,
    link_answered *answered, void *ctx)
{
	struct link_msg m = { wire, 0, timeout_ms, subject, BYTES_NULL, body };
	int r;

	if (!may_say(wire))
		return err_raise(-ENOTCONN);
	if (subject.len > 0 && !subject_ok(subject))
		return err_raise(-EINVAL);
	m.id = free_ask();
	if (m.id == 0)
		return err_raise(-EBUSY);
	r = link_msg_put(link_channel(), MSG_LINK_REQUEST, &m);
	if (r != 0)
		return err_pass(r);
	self.last_ask = m.id;
	self.ask[m.id % ASKS_MAX] = (struct ask){ m.id, answered, ctx };
	self.asks++;
	return 0;
}
