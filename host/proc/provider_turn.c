/*
 * provider_turn - what is due, and what is to be told. Nothing else calls the host's callbacks but
 * what a provider says (provider_says.c), and both run in the loop alone.
 */
#include "host/proc/provider_priv.h"

static void on_turn(uv_idle_t *idle);
static void on_tick(uv_timer_t *t);

void
provider_changed(struct provider *p)
{
	uv_idle_start(p->all->turn, on_turn);
}

void
provider_timed(struct provider *p)
{
	uv_timer_t *t = p->all->tick;

	if (!uv_is_active((uv_handle_t *)t))
		uv_timer_start(t, on_tick, PROVIDER_TICK_MS, PROVIDER_TICK_MS);
}

/* calls_due() - those that end without an answer. */
static void
calls_due(struct provider *p, uint64_t now)
{
	const struct provider_ops *ops = &p->all->options.ops;
	size_t from = 0;
	uint64_t id, peer;

	while ((id = provider_asks_due(&p->calls, &from, now)) != 0) {
		bool gone = p->calls.at[from].ended;
		struct msg_provider_result m = { .id = id,
			.answer = gone ? PROVIDER_NOBODY : PROVIDER_LATE,
			.payload = gone ? BYTES_LIT("the provider ended")
					: BYTES_LIT("the provider did not answer in time") };

		if (provider_asks_take(&p->calls, id, &peer) && ops->on_result != NULL)
			ops->on_result(ops->ctx, p, &m);
	}
	from = 0;
	while ((id = provider_asks_due(&p->invokes, &from, now)) != 0)
		provider_answer(p, id, PROVIDER_LATE, BYTES_LIT("no answer in time"));
}

/* tell() - what changed. */
static void
tell(struct provider *p)
{
	const struct provider_ops *ops = &p->all->options.ops;
	struct provider_link_of *next;
	struct provider_link_status s;

	for (struct provider_link_of *l = p->links; l != NULL; l = next) {
		next = l->next;
		if (!l->changed)
			continue;
		l->changed = false;
		provider_link_status(l, &s);
		if (ops->on_link != NULL)
			ops->on_link(ops->ctx, p, &s);
		/* it may have been put again meanwhile */
		if (l->state == PROVIDER_LINK_GONE && l->going)
			provider_link_forget(l);
	}
	provider_judge(p);
	if (p->changed) {
		p->changed = false;
		if (ops->on_state != NULL)
			ops->on_state(ops->ctx, p);
	}
}

/* watch() - what is due now. Return: is there more to wait for? */
static bool
watch(struct provider *p, uint64_t now)
{
	bool more;

	if (p->retry_ms != 0 && p->retry_ms <= now)
		provider_begin(p);
	if (p->status.state == PROVIDER_STARTING && p->pid != 0 &&
	    now - p->born_ms > PROVIDER_BIRTH_MS)
		provider_kill(p, "it did not lock itself in in time");
	if (p->stop_ms != 0 && p->stop_ms <= now) {
		p->stop_ms = 0;
		provider_kill(p, "stopped");
	}
	more = provider_links_tick(p, now);
	calls_due(p, now);
	return more || p->retry_ms != 0 || p->stop_ms != 0 ||
	       p->status.state == PROVIDER_STARTING || p->calls.n > 0 || p->invokes.n > 0;
}

static void
turn(struct providers *all)
{
	uint64_t now = uv_now(all->loop);
	struct provider *next;
	bool more = false;

	for (struct provider *p = all->first; p != NULL; p = next) {
		next = p->next;
		more = watch(p, now) || more;
		tell(p);
	}
	if (more && !uv_is_active((uv_handle_t *)all->tick))
		uv_timer_start(all->tick, on_tick, PROVIDER_TICK_MS, PROVIDER_TICK_MS);
	else if (!more)
		uv_timer_stop(all->tick);
}

static void
on_turn(uv_idle_t *idle)
{
	uv_idle_stop(idle);
	turn(idle->data);
}

static void
on_tick(uv_timer_t *t)
{
	turn(t->data);
}
