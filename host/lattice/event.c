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
	buf_put_u8(b, '{');
	members_text(b, "specversion", "1.0");
	members_text(b, "id", e->id);
	members_name(b, "type");
	buf_put_str(b, "\"com.wasmcloud.lattice.");
	buf_put_str(b, event_name(e->kind));
	buf_put_u8(b, '"');
	members_text(b, "source", model_host(m));
	members_name(b, "time");
	buf_put_u8(b, '"');
	time_put(b, e->time_ms);
	buf_put_u8(b, '"');
	members_text(b, "datacontenttype", "application/json");
	members_object(b, "data");
	event_put_data(b, m, e);
	members_end_object(b);
	members_end_object(b);
}

/* tagged_open() - {"NAME":{ */
static void
tagged_open(struct buf *b, const char *name)
{
	buf_put_str(b, "{\"");
	buf_put_str(b, name);
	buf_put_str(b, "\":{");
}

static void
tagged_provider(struct buf *b, const char *name, const struct model_provider *p)
{
	tagged_open(b, name);
	members_text(b, "contract_id", p->claims.contract);
	members_text(b, "link_name", p->link_name);
	members_text(b, "provider_id", p->claims.sub);
	members_text(b, "image_ref", p->ref);
	members_end_object(b);
	buf_put_u8(b, '}');
}

static void
tagged_actor(struct buf *b, const char *name, const struct event *e)
{
	tagged_open(b, name);
	members_text(b, "actor", e->actor->claims.sub);
	if (e->kind == EVENT_ACTOR_STARTED) {
		members_text(b, "image_ref", e->actor->ref);
	} else if (e->kind == EVENT_ACTOR_UPDATED) {
		members_int(b, "old_revision", e->old_revision);
		members_int(b, "new_revision", e->actor->claims.rev);
	}
	members_end_object(b);
	buf_put_u8(b, '}');
}

/* put_health() - an entity of A's heartbeat: "Running", or what is wrong with it. */
static void
put_health(struct buf *b, const char *key, const struct status *s)
{
	members_name(b, key);
	if (s->state == STATE_RUNNING || s->state == STATE_STARTING) {
		buf_put_str(b, "\"Running\"");
		return;
	}
	buf_put_str(b, "{\"Unhealthy\":");
	buf_put_json(b, bytes_str(s->reason[0] != 0 ? s->reason : state_name(s->state)));
	buf_put_u8(b, '}');
}

static void
tagged_heartbeat(struct buf *b, const struct model *m)
{
	tagged_open(b, "Heartbeat");
	members_name(b, "claims");
	buf_put_str(b, "[]");
	members_object(b, "entities");
	for (const struct model_actor *a = model_actors(m); a != NULL; a = a->next)
		put_health(b, a->claims.sub, &a->status);
	for (const struct model_provider *p = model_providers(m); p != NULL; p = p->next)
		if (strcmp(p->link_name, "default") == 0)
			put_health(b, p->claims.sub, &p->status);
	members_end_object(b);
	members_end_object(b);
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
