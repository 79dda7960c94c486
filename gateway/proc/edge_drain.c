/*
 * edge_drain - how an edge lets go of its clients: at once when it is told to stop, one by one when
 * the gate is a lame duck. Nobody new is let in from then on.
 *
 * Who has a command under way is let go when the command is over: when the dispatcher has said what
 * became of it, and its first answer has come where one was asked for. That is waited for no longer
 * than `drain`; told to stop once more, an edge waits for nobody.
 */
#include "gateway/io/log.h"
#include "gateway/proc/edge_priv.h"

enum { EDGE_STOP_MS = 3000 };

/* ---- commands under way ---- */

void
edge_due(struct relay *r, uint64_t number)
{
	struct client *c = (struct client *)r;

	if (c->n_due == EDGE_DUE) { /* the oldest of that many is waited for no longer */
		memmove(c->due, c->due + 1, sizeof(c->due) - sizeof(c->due[0]));
		c->n_due--;
	}
	c->due[c->n_due++] = (uint32_t)number;
}

void
edge_due_over(struct relay *r, uint64_t number)
{
	struct client *c = (struct client *)r;

	for (unsigned i = 0; r != NULL && i < c->n_due; i++) {
		if (c->due[i] != (uint32_t)number)
			continue;
		c->n_due--;
		memmove(c->due + i, c->due + i + 1, (c->n_due - i) * sizeof(c->due[0]));
		return;
	}
}

/* busy() - would something be lost if it ended now? */
static bool
busy(const struct relay *r)
{
	return r->commands_out > 0 || ((const struct client *)r)->n_due > 0;
}

/* ---- going ---- */

void
edge_exit_if_empty(void)
{
	if (!edge.stopping || edge.n_relays > 0)
		return;
	if (edge.auditor.fd >= 0)
		(void)!channel_flush_all(&edge.auditor, 1000);
	(void)msg_bare_put(&edge.child.parent, MSG_DONE, -1);
	child_exit(&edge.child, 0);
}

/* begin() - accept no more; close everybody between two points in time. */
static void
begin(uint64_t from_ms, uint64_t until_ms)
{
	edge.draining = true;
	edge_listen(false);
	edge.drain_from_ms = from_ms;
	edge.drain_until_ms = until_ms;
	edge.drain_total = edge.n_relays;
}

/* kept() - how many may still be there. */
static size_t
kept(uint64_t now)
{
	return now >= edge.drain_until_ms ? 0
					  : edge.drain_total * (edge.drain_until_ms - now) /
						(edge.drain_until_ms - edge.drain_from_ms);
}

void
edge_tick_drain(uint64_t now)
{
	struct relay *r, *next;
	bool late;
	size_t keep;

	if (!edge.draining || now < edge.drain_from_ms)
		return;
	edge.stopping = true;
	late = now >= edge.drain_until_ms + edge.drain_ms;
	if (now >= edge.drain_until_ms + edge.drain_ms + EDGE_STOP_MS)
		child_exit(&edge.child, 0);
	keep = kept(now);
	for (r = edge.relays; r != NULL && keep > 0; r = r->next)
		keep -= r->ending ? 0 : 1;
	for (; r != NULL; r = next) {
		next = r->next;
		if (late || !busy(r))
			relay_end(r, NULL, "server_shutdown");
	}
	edge_exit_if_empty();
}

int
edge_on_lame_duck(struct channel *c, struct cursor *in, int fd)
{
	uint64_t now = uv_now(&edge.child.loop);
	const struct setup *s = &edge.child.setup;

	(void)c;
	(void)in;
	(void)fd;
	if (edge.draining)
		return 0;
	edge.env.lame_duck = true;
	edge.drain_ms = s->drain_ms;
	for (struct relay *r = edge.relays; r != NULL; r = r->next)
		relay_lame_duck(r);
	begin(now + s->lame_duck_grace_ms, now + s->lame_duck_grace_ms + s->lame_duck_duration_ms);
	return 0;
}

/* edge_on_stop() - said again, nobody is waited for. */
int
edge_on_stop(struct channel *c, struct cursor *in, int fd)
{
	uint64_t now = uv_now(&edge.child.loop);

	(void)c;
	(void)in;
	(void)fd;
	edge.drain_ms = edge.told_to_stop ? 0 : edge.child.setup.drain_ms;
	begin(now, now);
	edge_tick_drain(now);
	if (edge.told_to_stop) {
		edge.stopping = true;
		edge.n_relays = 0; /* they end with the process */
		edge_exit_if_empty();
	}
	edge.told_to_stop = true;
	return 0;
}
