/*
 * parent_provider_calls - calls to a provider that runs here, and those it makes. For one that is
 * being started they wait; one that leaves gets none that another host could answer.
 */
#include "host/proc/parent_providers.h"

enum { FAR_FUTURE_MS = 30000 };

/* A provider's own question that is under way. */
struct invoked {
	struct provider_run *of;
	uint64_t id;
	struct invoked *next;
};

static struct invoked *invoked;

/* ---- calls to it ---- */

static void
refuse(struct call *c, int r)
{
	if (r == -EBUSY)
		calls_end(c, PROVIDER_BUSY,
		    BYTES_LIT("the provider has as many calls under way as it takes"));
	else
		calls_end(c, PROVIDER_NOBODY,
		    r == -EPIPE
			? BYTES_LIT(
			      "the provider does not run; `portcullis ctl get inventory` says why")
		    : r == -ENOENT ? BYTES_LIT("the actor is not linked to the provider")
				   : BYTES_LIT("the request is too large for the provider"));
}

static void
give(struct provider_run *p, struct call *c)
{
	uint64_t now = uv_now(&host.loop);
	int r = provider_call(p->provider, c->from.key, c->operation, c->payload,
	    c->due_ms > now ? (uint32_t)(c->due_ms - now) : 1, &c->asked);

	if (r != 0) {
		refuse(c, r);
		return;
	}
	c->next = p->calls;
	p->calls = c;
}

void
provider_calls_early(struct provider_run *p)
{
	struct call *c = p->early, *next;

	p->early = NULL;
	p->n_early = 0;
	for (; c != NULL; c = next) {
		next = c->next;
		give(p, c);
	}
}

bool
providers_call(struct call *c)
{
	struct provider_run *p = providers_run(c->to.key, c->to.link);

	/* one that leaves has its place taken on another host, if anywhere; not while we leave as a
	 * whole */
	if (p == NULL || (p->stopping && !c->remote && host.state != HOST_LEAVING))
		return false;
	if (provider_status(p->provider)->state != PROVIDER_STARTING) {
		give(p, c);
	} else if (p->n_early == host.conf->queue) {
		refuse(c, -EBUSY);
	} else {
		c->next = p->early;
		p->early = c;
		p->n_early++;
	}
	return true;
}

void
provider_calls_on_result(
    void *ctx, struct provider *provider, const struct msg_provider_result *result)
{
	struct provider_run *p = provider_ctx(provider);

	(void)ctx;
	for (struct call **at = &p->calls; *at != NULL; at = &(*at)->next) {
		struct call *c = *at;

		if (c->asked != result->id)
			continue;
		*at = c->next;
		calls_end(c, result->answer, result->payload);
		return;
	}
}

/* ---- what it asks ---- */

static void
on_answered(void *ctx, enum provider_answer end, struct bytes out)
{
	struct invoked *i = ctx;

	for (struct invoked **at = &invoked; *at != NULL; at = &(*at)->next) {
		if (*at == i) {
			*at = i->next;
			break;
		}
	}
	if (i->of != NULL)
		provider_answer(i->of->provider, i->id, end, out);
	free(i);
}

void
provider_calls_on_invoke(void *ctx, struct provider *provider, const struct msg_provider_ask *ask)
{
	struct provider_run *p = provider_ctx(provider);
	struct invoked *i = calloc(1, sizeof(*i));
	struct call c = { .from = { bytes_str(p->model->claims.sub),
			      bytes_str(p->model->claims.contract),
			      bytes_str(p->model->link_name) },
		.to = { .key = ask->actor },
		.operation = ask->operation,
		.payload = ask->payload,
		.due_ms = uv_now(&host.loop) +
			  (ask->timeout_ms < FAR_FUTURE_MS ? ask->timeout_ms : FAR_FUTURE_MS),
		.done = on_answered,
		.ctx = i };

	(void)ctx;
	if (i == NULL) {
		provider_answer(provider, ask->id, PROVIDER_BUSY, BYTES_LIT("out of memory"));
		return;
	}
	*i = (struct invoked){ p, ask->id, invoked };
	invoked = i;
	calls_make(&c);
}

/* ---- the end ---- */

void
provider_calls_forget(struct provider_run *p)
{
	for (struct invoked *i = invoked; i != NULL; i = i->next)
		if (i->of == p)
			i->of = NULL;
	for (struct call *c = p->calls, *next; c != NULL; c = next) {
		next = c->next;
		calls_end(c, PROVIDER_NOBODY, BYTES_LIT("the provider was stopped"));
	}
	for (struct call *c = p->early, *next; c != NULL; c = next) {
		next = c->next;
		refuse(c, -EPIPE);
	}
}
