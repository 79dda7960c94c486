/*
 * event_data - what each CloudEvent says. A field an event has in one version of the hosts of B and
 * not in another is there: who does not know it skips it.
 *
 * Sources: wasmcloud-otp v0.63.2 actors/actor_supervisor.ex, providers/provider_module.ex,
 * vhost/heartbeats.ex, linkdefs/manager.ex; wasmCloud v0.82.0 crates/host/src/wasmbus/event.rs.
 */
#include "host/lattice/event_priv.h"
#include "host/lattice/reply_priv.h"

/* put_list() - what is comma separated, as an array of texts. */
static void
put_list(struct buf *b, const char *name, const char *text)
{
	struct bytes rest = bytes_str(text);
	members_array(b, name);
	while (rest.len != 0) {
		size_t comma = bytes_find(rest, ',');

		members_item(b);
		buf_put_json(b, bytes_upto(rest, comma));
		rest = comma < rest.len ? bytes_from(rest, comma + 1) : BYTES_NULL;
	}
	members_end_array(b);
}

static void
put_time(struct buf *b, const char *name, int64_t s, const char *none)
{
	members_name(b, name);
	buf_put_u8(b, '"');
	if (s != 0)
		time_put(b, s * 1000);
	else
		buf_put_str(b, none);
	buf_put_u8(b, '"');
}

static void
put_claims(struct buf *b, const struct model_claims *c, bool actor)
{
	members_object(b, "claims");
	members_text(b, "issuer", c->iss);
	put_list(b, "tags", c->tags);
	members_text(b, "name", c->name);
	members_text(b, "version", c->ver);
	if (actor) {
		members_text(b, "call_alias", c->alias);
		put_list(b, "caps", c->caps);
		members_int(b, "revision", c->rev);
	}
	put_time(b, "not_before_human", c->nbf_s, "immediately");
	put_time(b, "expires_human", c->exp_s, "never");
	members_end_object(b);
}

static void
put_annotations(struct buf *b, const struct pairs *p)
{
	members_name(b, "annotations");
	pairs_put_json(b, p, true);
}

static void
put_status(struct buf *b, const struct status *s)
{
	members_item(b);
	status_put_json(b, s);
}

static void
host_data(struct buf *b, const struct model *m, const struct event *e)
{
	reply_put_labels(b, m);
	members_text(b, "friendly_name", model_name(m));
	if (e->kind == EVENT_HOST_STOPPED)
		members_text(b, "reason", e->reason);
	else if (e->host != NULL)
		reply_put_uptime(b, e->host);
}

/* heartbeat() - actors as numbers by key, as the later hosts of OTP write them. */
static void
heartbeat_data(struct buf *b, const struct model *m, const struct event *e)
{
	host_data(b, m, e);
	members_object(b, "actors");
	for (const struct model_actor *a = model_actors(m); a != NULL; a = a->next)
		members_int(b, a->claims.sub, (int64_t)a->n_instances);
	members_end_object(b);
	members_array(b, "providers");
	for (const struct model_provider *p = model_providers(m); p != NULL; p = p->next) {
		members_object(b, NULL);
		members_text(b, "public_key", p->claims.sub);
		members_text(b, "link_name", p->link_name);
		members_text(b, "contract_id", p->claims.contract);
		members_text(b, "instance_id", p->id);
		put_status(b, &p->status);
		members_end_object(b);
	}
	members_end_array(b);
}

static void
actor_data(struct buf *b, const struct model *m, const struct event *e)
{
	const struct model_actor *a = e->actor;

	members_text(b, "public_key", a != NULL ? a->claims.sub : "");
	members_text(b, "image_ref", a != NULL ? a->ref : e->ref);
	members_text(b, "host_id", model_host(m));
	if (a == NULL) {
		members_name(b, "annotations");
		buf_put_str(b, "{}");
		return;
	}
	put_annotations(b, e->instance != NULL ? &e->instance->annotations : &a->annotations);
	if (e->instance != NULL)
		members_text(b, "instance_id", e->instance->id);
}

static void
started_data(struct buf *b, const struct model *m, const struct event *e)
{
	actor_data(b, m, e);
	members_int(b, "api_version", 0);
	put_claims(b, &e->actor->claims, true);
	if (e->kind == EVENT_ACTORS_STARTED)
		members_int(b, "count", e->count);
}

static void
updated_data(struct buf *b, const struct event *e)
{
	members_text(b, "public_key", e->actor->claims.sub);
	members_int(b, "revision", e->actor->claims.rev);
	members_text(b, "instance_id", e->instance != NULL ? e->instance->id : "");
	if (e->kind == EVENT_ACTOR_UPDATE_FAILED)
		members_text(b, "reason", e->reason);
	else
		members_int(b, "old_revision", e->old_revision);
}

static void
provider_data(struct buf *b, const struct model *m, const struct event *e)
{
	const struct model_provider *p = e->provider;

	members_text(b, "public_key", p->claims.sub);
	members_text(b, "link_name", p->link_name);
	members_text(b, "contract_id", p->claims.contract);
	members_text(b, "instance_id", p->id);
	members_text(b, "image_ref", p->ref);
	members_text(b, "host_id", model_host(m));
	put_annotations(b, &p->annotations);
	if (e->kind == EVENT_PROVIDER_STARTED)
		put_claims(b, &p->claims, false);
	else if (e->kind == EVENT_PROVIDER_STOPPED)
		members_text(b, "reason", e->reason);
	else if (e->kind == EVENT_PROVIDER_FAILED)
		put_status(b, &p->status);
}

static void
start_failed_data(struct buf *b, const struct event *e)
{
	bool provider = e->kind == EVENT_PROVIDER_START_FAILED;

	members_text(b, provider ? "provider_ref" : "actor_ref", e->ref);
	if (provider)
		members_text(b, "link_name", e->link_name);
	members_text(b, "error", e->reason);
}

/* link_data() - the values' names are told, the values are not. */
static void
link_data(struct buf *b, const struct event *e)
{
	const struct model_link *l = e->link;

	members_text(b, "id", l->id);
	members_text(b, "actor_id", l->actor);
	members_text(b, "provider_id", l->provider);
	members_text(b, "link_name", l->name);
	members_text(b, "contract_id", l->contract);
	members_name(b, "values");
	pairs_put_json(b, &l->values, false);
	if (e->kind == EVENT_LINK_FAILED)
		put_status(b, &l->status);
}

static void
health_data(struct buf *b, const struct event *e)
{
	if (e->provider != NULL) {
		members_text(b, "public_key", e->provider->claims.sub);
		members_text(b, "link_name", e->provider->link_name);
		members_text(b, "contract_id", e->provider->claims.contract);
	} else if (e->actor != NULL) {
		members_text(b, "public_key", e->actor->claims.sub);
		members_text(b, "link_name", "");
		members_text(b, "contract_id", "");
	}
	if (e->reason != NULL)
		members_text(b, "reason", e->reason);
}

static void
our_actor_data(struct buf *b, const struct model *m, const struct event *e)
{
	actor_data(b, m, e);
	if (e->kind == EVENT_ACTOR_DENIED) {
		members_text(b, "contract_id", e->contract);
		members_text(b, "link_name", e->link_name);
		members_text(b, "reason", e->reason);
	} else if (e->actor != NULL) {
		put_status(b, e->instance != NULL ? &e->instance->status : &e->actor->status);
	}
}

void
event_put_data(struct buf *b, const struct model *m, const struct event *e)
{
	switch (e->kind) {
	case EVENT_HOST_STARTED:
	case EVENT_HOST_STOPPED:
		host_data(b, m, e);
		break;
	case EVENT_HOST_HEARTBEAT:
		heartbeat_data(b, m, e);
		break;
	case EVENT_ACTOR_STARTED:
	case EVENT_ACTORS_STARTED:
		started_data(b, m, e);
		break;
	case EVENT_ACTOR_STOPPED:
		actor_data(b, m, e);
		break;
	case EVENT_ACTORS_STOPPED:
		actor_data(b, m, e);
		members_int(b, "count", e->count);
		members_int(b, "remaining", e->remaining);
		break;
	case EVENT_ACTORS_START_FAILED:
		actor_data(b, m, e);
		members_text(b, "error", e->reason);
		break;
	case EVENT_ACTOR_START_FAILED:
	case EVENT_PROVIDER_START_FAILED:
		start_failed_data(b, e);
		break;
	case EVENT_ACTOR_UPDATED:
	case EVENT_ACTOR_UPDATE_FAILED:
		updated_data(b, e);
		break;
	case EVENT_PROVIDER_STARTED:
	case EVENT_PROVIDER_STOPPED:
	case EVENT_PROVIDER_FAILED:
		provider_data(b, m, e);
		break;
	case EVENT_LINKDEF_SET:
	case EVENT_LINKDEF_DELETED:
	case EVENT_LINK_FAILED:
		link_data(b, e);
		break;
	case EVENT_HEALTH_PASSED:
	case EVENT_HEALTH_FAILED:
	case EVENT_HEALTH_STATUS:
		health_data(b, e);
		break;
	case EVENT_ACTOR_DENIED:
	case EVENT_ACTOR_FAILED:
		our_actor_data(b, m, e);
		break;
	case EVENT_NONE:
	case EVENTS:
	default:
		break;
	}
}
