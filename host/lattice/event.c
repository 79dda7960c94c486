/*
 * event - see event.h: names, subjects, the envelope, and A's tagged values.
 *
 * Sources: CloudEvents 1.0 JSON format; wasmcloud-otp v0.63.2 cloud_event.ex; wasmCloud v0.82.0
 * crates/host/src/wasmbus/event.rs; wasmCloud v0.18.2
 * crates/wasmcloud-control-interface/src/events.rs.
 */
#include "host/lattice/event.h"

#include "host/lattice/event_priv.h"

/* In order of enum event_kind. */
static const char *const names[EVENTS] = {
	"",
	"host_started",
	"host_stopped",
	"host_heartbeat",
	"actor_started",
	"actors_started",
	"actor_stopped",
	"actors_stopped",
	"actor_start_failed",
	"actors_start_failed",
	"actor_updated",
	"actor_update_failed",
	"provider_started",
	"provider_start_failed",
	"provider_stopped",
	"linkdef_set",
	"linkdef_deleted",
	"health_check_passed",
	"health_check_failed",
	"health_check_status",
	"actor_denied",
	"actor_failed",
	"provider_failed",
	"link_failed",
};

const char *
event_name(enum event_kind k)
{
	return (unsigned)k < EVENTS ? names[k] : "";
}

void
event_subject(
    struct buf *b, enum dialect dialect, struct bytes lattice, enum event_kind k, bool named)
{
	if (dialect == DIALECT_A) {
		buf_put_str(b, "wasmbus.ctl.");
		buf_put(b, lattice);
		buf_put_str(b, ".events");
		return;
	}
	buf_put_str(b, "wasmbus.evt.");
	buf_put(b, lattice);
	if (!named)
		return;
	buf_put_u8(b, '.');
	buf_put_str(b, event_name(k));
}

void
uuid_put(char out[MODEL_ID + 1], const uint8_t random[16])
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < 16; i++) {
		uint8_t c = random[i];

		if (i == 6)
			c = (uint8_t)((c & 0x0f) | 0x40);
		if (i == 8)
			c = (uint8_t)((c & 0x3f) | 0x80);
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		out[at++] = hex[c >> 4];
		out[at++] = hex[c & 15];
	}
	out[at] = 0;
}

static void
cloud_event(struct buf *b, const struct model *m, const struct event *e)
{
	struct members o = members_open(b, '{'), data;

	members_text(&o, "specversion", "1.0");
	members_text(&o, "id", e->id);
	members_name(&o, "type");
	buf_put_str(b, "\"com.wasmcloud.lattice.");
	buf_put_str(b, event_name(e->kind));
	buf_put_u8(b, '"');
	members_text(&o, "source", model_host(m));
	members_name(&o, "time");
	buf_put_u8(b, '"');
	time_put(b, e->time_ms);
	buf_put_u8(b, '"');
	members_text(&o, "datacontenttype", "application/json");
	members_name(&o, "data");
	data = members_open(b, '{');
	event_put_data(&data, m, e);
	members_close(&data, '}');
	members_close(&o, '}');
}

/* tagged_open() - {"NAME":{ */
static struct members
tagged_open(struct buf *b, const char *name)
{
	buf_put_str(b, "{\"");
	buf_put_str(b, name);
	buf_put_str(b, "\":");
	return members_open(b, '{');
}

static void
tagged_provider(struct buf *b, const char *name, const struct model_provider *p)
{
	struct members v = tagged_open(b, name);

	members_text(&v, "contract_id", p->claims.contract);
	members_text(&v, "link_name", p->link_name);
	members_text(&v, "provider_id", p->claims.sub);
	members_text(&v, "image_ref", p->ref);
	members_close(&v, '}');
	buf_put_u8(b, '}');
}

static void
tagged_actor(struct buf *b, const char *name, const struct event *e)
{
	struct members v = tagged_open(b, name);

	members_text(&v, "actor", e->actor->claims.sub);
	if (e->kind == EVENT_ACTOR_STARTED) {
		members_text(&v, "image_ref", e->actor->ref);
	} else if (e->kind == EVENT_ACTOR_UPDATED) {
		members_int(&v, "old_revision", e->old_revision);
		members_int(&v, "new_revision", e->actor->claims.rev);
	}
	members_close(&v, '}');
	buf_put_u8(b, '}');
}

/* put_health() - an entity of A's heartbeat: "Running", or what is wrong with it. */
static void
put_health(struct members *o, const char *key, const struct status *s)
{
	members_name(o, key);
	if (s->state == STATE_RUNNING || s->state == STATE_STARTING) {
		buf_put_str(o->b, "\"Running\"");
		return;
	}
	buf_put_str(o->b, "{\"Unhealthy\":");
	buf_put_json(o->b, bytes_str(s->reason[0] != 0 ? s->reason : state_name(s->state)));
	buf_put_u8(o->b, '}');
}

static void
tagged_heartbeat(struct buf *b, const struct model *m)
{
	struct members v = tagged_open(b, "Heartbeat"), e;

	members_name(&v, "claims");
	buf_put_str(b, "[]");
	members_name(&v, "entities");
	e = members_open(b, '{');
	for (const struct model_actor *a = model_actors(m); a != NULL; a = a->next)
		put_health(&e, a->claims.sub, &a->status);
	for (const struct model_provider *p = model_providers(m); p != NULL; p = p->next)
		if (strcmp(p->link_name, "default") == 0)
			put_health(&e, p->claims.sub, &p->status);
	members_close(&e, '}');
	members_close(&v, '}');
	buf_put_u8(b, '}');
}

/* tagged() - A's value of an event. Return: false when A has none. */
static bool
tagged(struct buf *b, const struct model *m, const struct event *e)
{
	switch (e->kind) {
	case EVENT_HOST_STARTED:
		buf_put_str(b, "\"HostStarted\"");
		return true;
	case EVENT_HOST_STOPPED:
		buf_put_str(b, "\"HostStopped\"");
		return true;
	case EVENT_HOST_HEARTBEAT:
		tagged_heartbeat(b, m);
		return true;
	case EVENT_ACTOR_STARTED:
		tagged_actor(b, "ActorStarted", e);
		return true;
	case EVENT_ACTOR_STOPPED:
		tagged_actor(b, "ActorStopped", e);
		return true;
	case EVENT_ACTOR_UPDATED:
		tagged_actor(b, "ActorUpdateCompleted", e);
		return true;
	case EVENT_PROVIDER_STARTED:
		tagged_provider(b, "ProviderStarted", e->provider);
		return true;
	case EVENT_PROVIDER_STOPPED:
		tagged_provider(b, "ProviderStopped", e->provider);
		return true;
	default:
		return false;
	}
}

static bool
event_a(struct buf *b, const struct model *m, const struct event *e)
{
	size_t mark = b->len;

	buf_put_str(b, "{\"event\":");
	if (!tagged(b, m, e)) {
		if (!buf_failed(b))
			b->len = mark;
		return false;
	}
	buf_put_str(b, ",\"header\":{\"host_origin\":");
	buf_put_json(b, bytes_str(model_host(m)));
	buf_put_str(b, ",\"timestamp\":");
	buf_put_int(b, e->time_ms / 1000);
	buf_put_str(b, "}}");
	return true;
}

bool
event_put(struct buf *b, enum dialect dialect, const struct model *m, const struct event *e)
{
	if (dialect == DIALECT_A)
		return event_a(b, m, e);
	if (e->kind <= EVENT_NONE || e->kind >= EVENTS)
		return false;
	cloud_event(b, m, e);
	return true;
}
