/*
 * link_asked - requests under way. Each gets exactly one answer: what came first of a message, the
 * server's word that nobody listens, the end of its time, the end of its connection. The parent
 * numbers them so that the lowest bits are a place of their own.
 */
#include "host/proc/link_priv.h"

enum { ASKED_MAX = 4096, ASKED_STEP_MS = 10 };

struct asked {
	uint32_t id; /* 0: free */
	enum wire wire;
	uint64_t due_ms;
};

static struct {
	uv_timer_t timer;
	void (*say)(uint32_t, enum link_outcome, struct bytes);
	struct asked at[ASKED_MAX];
	size_t n;
} self;

static void
release(struct asked *a)
{
	a->id = 0;
	self.n--;
	if (self.n == 0)
		uv_timer_stop(&self.timer);
}

static void
on_time(uv_timer_t *t)
{
	uint64_t now = uv_now(t->loop);

	for (size_t i = 0; self.n > 0 && i < ASKED_MAX; i++) {
		struct asked *a = &self.at[i];
		uint32_t id = a->id;

		if (id == 0 || a->due_ms > now)
			continue;
		release(a);
		self.say(id, LINK_TIMEOUT, BYTES_NULL);
	}
}

void
asked_begin(uv_loop_t *loop, void (*say)(uint32_t, enum link_outcome, struct bytes))
{
	uv_timer_init(loop, &self.timer);
	self.say = say;
}

int
asked_add(uint32_t id, enum wire wire, uint32_t timeout_ms)
{
	struct asked *a = &self.at[id % ASKED_MAX];

	if (a->id != 0)
		return err_raise(-ENOBUFS);
	*a = (struct asked){ id, wire, uv_now(self.timer.loop) + timeout_ms };
	self.n++;
	if (!uv_is_active((uv_handle_t *)&self.timer))
		uv_timer_start(&self.timer, on_time, ASKED_STEP_MS, ASKED_STEP_MS);
	return 0;
}

bool
asked_answered(uint32_t id, enum link_outcome outcome, struct bytes body)
{
	struct asked *a = &self.at[id % ASKED_MAX];

	if (id == 0 || a->id != id)
		return false;
	release(a);
	self.say(id, outcome, body);
	return true;
}

void
asked_away(enum wire wire)
{
	for (size_t i = 0; self.n > 0 && i < ASKED_MAX; i++) {
		struct asked *a = &self.at[i];
		uint32_t id = a->id;

		if (id == 0 || a->wire != wire)
			continue;
		release(a);
		self.say(id, LINK_AWAY, BYTES_NULL);
	}
}
