/*
 * parent_events - what the host tells its lattice unasked: that it is there, how it is, what has
 * begun and ended in it. On the control connection; while that is down nothing is told, and the
 * next heartbeat says how it is then.
 */
#include "gateway/io/clock.h"
#include "host/proc/parent_priv.h"

enum { EVENT_MAX = 512 * 1024, NS_PER_MS = 1000000 };

static struct {
	uv_timer_t heartbeat;
	struct buf body, subject;
	bool begun;
} self;

int64_t
now_ms(void)
{
	return clock_wall_ns() / NS_PER_MS;
}

void
id_new(char out[MODEL_ID + 1])
{
	uint8_t random[16];

	random_take(random, sizeof(random));
	uuid_put(out, random);
}

static void
publish(enum event_kind kind, bool named)
{
	buf_reset(&self.subject);
	event_subject(&self.subject, host.dialect, bytes_str(host.conf->lattice), kind, named);
	if (!buf_failed(&self.subject))
		(void)link_pub(
		    WIRE_CONTROL, buf_bytes(&self.subject), BYTES_NULL, buf_bytes(&self.body));
}

void
events_tell(struct event *e)
{
	if (!self.begun || !link_up(WIRE_CONTROL))
		return;
	id_new(e->id);
	e->time_ms = now_ms();
	buf_reset(&self.body);
	if (!event_put(&self.body, host.dialect, host.model, e) || buf_failed(&self.body))
		return;
	publish(e->kind, false);
	if (host.dialect == DIALECT_B)
		publish(e->kind, true);
}

static void
on_heartbeat(uv_timer_t *t)
{
	struct reply_host about;
	struct event e = { .kind = EVENT_HOST_HEARTBEAT, .host = &about };

	(void)t;
	control_about(&about);
	events_tell(&e);
}

void
events_begin(void)
{
	struct reply_host about;
	struct event e = { .kind = EVENT_HOST_STARTED, .host = &about };

	if (!self.begun) {
		buf_init(&self.body, EVENT_MAX);
		buf_init(&self.subject, LINK_SUBJECT_MAX);
		uv_timer_init(&host.loop, &self.heartbeat);
		self.begun = true;
	}
	control_about(&about);
	events_tell(&e);
	uv_timer_start(&self.heartbeat, on_heartbeat, 0, host.conf->heartbeat_ms);
}

void
events_end(void)
{
	struct event e = { .kind = EVENT_HOST_STOPPED, .reason = "normal" };

	if (!self.begun)
		return;
	uv_timer_stop(&self.heartbeat);
	events_tell(&e);
	self.begun = false;
	buf_deinit(&self.body);
	buf_deinit(&self.subject);
}
