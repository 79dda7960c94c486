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
put_list(struct members *o, const char *name, const char *text)
{
	struct bytes rest = bytes_str(text);
	struct members list;

	members_name(o, name);
	list = members_open(o->b, '[');
	while (rest.len != 0) {
		size_t comma = bytes_find(rest, ',');

		members_item(&list);
		buf_put_json(o->b, bytes_upto(rest, comma));
		rest = comma < rest.len ? bytes_from(rest, comma + 1) : BYTES_NULL;
	}
	members_close(&list, ']');
}

static void
put_time(struct members *o, const char *name, int64_t s, const char *none)
{
	members_name(o, name);
	buf_put_u8(o->b, '"');
	if (s != 0)
		time_put(o->b, s * 1000);
	else
		buf_put_str(o->b, none);
	buf_put_u8(o->b, '"');
}

static void
put_claims(struct members *o, const struct model_claims *c, bool actor)
{
	struct members v;

	members_name(o, "claims");
	v = members_open(o->b, '{');
	members_text(&v, "issuer", c->iss);
	put_list(&v, "tags", c->tags);
	members_text(&v, "name", c->name);
	members_text(&v, "version", c->ver);
	if (actor) {
		members_text(&v, "call_alias", c->alias);
		put_list(&v, "caps", c->caps);
		members_int(&v, "revision", c->rev);
	}
	put_time(&v, "not_before_human", c->nbf_s, "immediately");
	put_time(&v, "expires_human", c->exp_s, "never");
	members_close(&v, '}');
}

static void
put_annotations(struct members *o, const struct pairs *p)
{
	members_name(o, "annotations");
	pairs_put_json(o->b, p, true);
}

static void
put_status(struct members *o, const struct status *s)
{
	members_item(o);
	status_put_json(o->b, s);
}

static void
host_data(struct members *o, const struct model *m, const struct event *e)
{
	reply_put_labels(o, m);
	members_text(o, "friendly_name", model_name(m));
	if (e->kind == EVENT_HOST_STOPPED)
		members_text(o, "reason", e->reason);
	else if (e->host != NULL)
		reply_put_uptime(o, e->host);
}

/* heartbeat() - actors as numbers by key, as the later hosts of OTP write them. */
static void
heartbeat_data(struct members *o, const struct model *m, const struct event *e)
{
	struct members list;

	host_data(o, m, e);
	members_name(o, "actors");
	list = members_open(o->b, '{');
	for (const struct model_actor *a = model_actors(m); a != NULL; a = a->next)
		members_int(&list, a->claims.sub, (int64_t)a->n_instances);
	members_close(&list, '}');
	members_name(o, "providers");
	list = members_open(o->b, '[');
	for (const struct model_provider *p = model_providers(m); p != NULL; p = p->next) {
		struct members one;

		members_item(&list);
		one = members_open(o->b, '{');
		members_text(&one, "public_key", p->claims.sub);
		members_text(&one, "link_name", p->link_name);
		members_text(&one, "contract_id", p->claims.contract);
		members_text(&one, "instance_id", p->id);
		put_status(&one, &p->status);
		members_close(&one, '}');
	}
	members_close(&list, ']');
}

static void
actor_data(struct members *o, const struct model *m, const struct event *e)
{
	const struct model_actor *a = e->actor;

	members_text(o, "public_key", a != NULL ? a->claims.sub : "");
	members_text(o, "image_ref", a != NULL ? a->ref : e->ref);
	members_text(o, "host_id", model_host(m));
	if (a == NULL) {
		members_name(o, "annotations");
		buf_put_str(o->b, "{}");
		return;
	}
	put_annotations(o, e->instance != NULL ? &e->instance->annotations : &a->annotations);
	if (e->instance != NULL)
		members_text(o, "instance_id", e->instance->id);
}

static void
started_data(struct members *o, const struct model *m, const struct event *e)
{
	actor_data(o, m, e);
	members_int(o, "api_version", 0);
	put_claims(o, &e->actor->claims, true);
	if (e->kind == EVENT_ACTORS_STARTED)
		members_int(o, "count", e->count);
}

static void
updated_data(struct members *o, const struct event *e)
{
	members_text(o, "public_key", e->actor->claims.sub);
	members_int(o, "revision", e->actor->claims.rev);
	members_text(o, "instance_id", e->instance != NULL ? e->instance->id : "");
	if (e->kind == EVENT_ACTOR_UPDATE_FAILED)
		members_text(o, "reason", e->reason);
	else
		members_int(o, "old_revision", e->old_revision);
}

static void
provider_data(struct members *o, const struct model *m, const struct event *e)
{
	const struct model_provider *p = e->provider;

	members_text(o, "public_key", p->claims.sub);
	members_text(o, "link_name", p->link_name);
	members_text(o, "contract_id", p->claims.contract);
	members_text(o, "instance_id", p->id);
	members_text(o, "image_ref", p->ref);
	members_text(o, "host_id", model_host(m));
	put_annotations(o, &p->annotations);
	if (e->kind == EVENT_PROVIDER_STARTED)
		put_claims(o, &p->claims, false);
	else if (e->kind == EVENT_PROVIDER_STOPPED)
		members_text(o, "reason", e->reason);
	else if (e->kind == EVENT_PROVIDER_FAILED)
		put_status(o, &p->status);
}

static void
start_failed_data(struct members *o, const struct event *e)
{
	bool provider = e->kind == EVENT_PROVIDER_START_FAILED;

	members_text(o, provider ? "provider_ref" : "actor_ref", e->ref);
	if (provider)
		members_text(o, "link_name", e->link_name);
	members_text(o, "error", e->reason);
}

/* link_data() - the values' names are told, the values are not. */
static void
link_data(struct members *o, const struct event *e)
{
	const struct model_link *l = e->link;

	members_text(o, "id", l->id);
	members_text(o, "actor_id", l->actor);
	members_text(o, "provider_id", l->provider);
	members_text(o, "link_name", l->name);
	members_text(o, "contract_id", l->contract);
	members_name(o, "values");
	pairs_put_json(o->b, &l->values, false);
	if (e->kind == EVENT_LINK_FAILED)
		put_status(o, &l->status);
}

static void
health_data(struct members *o, const struct event *e)
{
	if (e->provider != NULL) {
		members_text(o, "public_key", e->provider->claims.sub);
		members_text(o, "link_name", e->provider->link_name);
		members_text(o, "contract_id", e->provider->claims.contract);
	} else if (e->actor != NULL) {
		members_text(o, "public_key", e->actor->claims.sub);
		members_text(o, "link_name", "");
		members_text(o, "contract_id", "");
	}
	if (e->reason != NULL)
		members_text(o, "reason", e->reason);
}

static void
our_actor_data(struct members *o, const struct model *m, const struct event *e)
{
	actor_data(o, m, e);
	if (e->kind == EVENT_ACTOR_DENIED) {
		members_text(o, "contract_id", e->contract);
		members_text(o, "link_name", e->link_name);
		members_text(o, "reason", e->reason);
	} else if (e->actor != NULL) {
		put_status(o, e->instance != NULL ? &e->instance->status : &e->actor->status);
	}
}

void
event_put_data(struct members *o, const struct model *m, const struct event *e)
{
	switch (e->kind) {
	case EVENT_HOST_STARTED:
	case EVENT_HOST_STOPPED:
		host_data(o, m, e);
		break;
	case EVENT_HOST_HEARTBEAT:
		heartbeat_data(o, m, e);
		break;
	case EVENT_ACTOR_STARTED:
	case EVENT_ACTORS_STARTED:
		started_data(o, m, e);
		break;
	case EVENT_ACTOR_STOPPED:
		actor_data(o, m, e);
		break;
	case EVENT_ACTORS_STOPPED:
		actor_data(o, m, e);
		members_int(o, "count", e->count);
		members_int(o, "remaining", e->remaining);
		break;
	case EVENT_ACTORS_START_FAILED:
		actor_data(o, m, e);
		members_text(o, "error", e->reason);
		break;
	case EVENT_ACTOR_START_FAILED:
	case EVENT_PROVIDER_START_FAILED:
		start_failed_data(o, e);
		break;
	case EVENT_ACTOR_UPDATED:
	case EVENT_ACTOR_UPDATE_FAILED:
		updated_data(o, e);
		break;
	case EVENT_PROVIDER_STARTED:
	case EVENT_PROVIDER_STOPPED:
	case EVENT_PROVIDER_FAILED:
		provider_data(o, m, e);
		break;
	case EVENT_LINKDEF_SET:
	case EVENT_LINKDEF_DELETED:
	case EVENT_LINK_FAILED:
		link_data(o, e);
		break;
	case EVENT_HEALTH_PASSED:
	case EVENT_HEALTH_FAILED:
	case EVENT_HEALTH_STATUS:
		health_data(o, e);
		break;
	case EVENT_ACTOR_DENIED:
	case EVENT_ACTOR_FAILED:
		our_actor_data(o, m, e);
		break;
	case EVENT_NONE:
	case EVENTS:
	default:
		break;
	}
}
