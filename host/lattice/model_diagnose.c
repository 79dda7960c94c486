/*
 * model_diagnose - why an actor's call finds nobody, in one line for its owner: what was missing,
 * by its name, and the command that would mend it. Everything in it is shown as plain ASCII.
 */
#include "host/lattice/contract.h"
#include "host/lattice/model_priv.h"
#include "policy/core/shown.h"

/* put_actor() - its name alone: a log line cuts what is long, and the command at the end has the key. */
static void
put_actor(struct buf *b, struct model *m, struct bytes key)
{
	const struct model_actor *a = model_actor(m, key);

	buf_put_str(b, "actor ");
	buf_put_shown(b, a != NULL && a->claims.name[0] != 0 ? bytes_str(a->claims.name) : key);
}

/* offered() - a provider here that would serve the contract. */
static const struct model_provider *
offered(const struct model *m, struct bytes contract, struct bytes link_name)
{
	const struct model_provider *p = m->providers;

	while (p != NULL && !(contract_same(contract, bytes_str(p->claims.contract)) &&
				bytes_is(link_name, p->link_name)))
		p = p->next;
	return p;
}

void
model_link_command(struct buf *b, struct bytes actor, struct bytes provider, struct bytes contract,
    struct bytes name)
{
	buf_put_str(b, "portcullis ctl link ");
	buf_put_shown(b, actor);
	buf_put_u8(b, ' ');
	buf_put_shown(b, provider);
	buf_put_u8(b, ' ');
	buf_put_shown(b, contract);
	if (bytes_is(name, "default"))
		return;
	buf_put_str(b, " --link-name ");
	buf_put_shown(b, name);
}

static void
put_no_link(
    struct buf *b, struct model *m, struct bytes actor, struct bytes contract, struct bytes name)
{
	const struct model_provider *p = offered(m, contract, name);

	put_actor(b, m, actor);
	buf_put_str(b, " has no link for ");
	buf_put_shown(b, contract);
	buf_put_str(b, " \"");
	buf_put_shown(b, name);
	buf_put_str(b, "\"; ");
	model_link_command(
	    b, actor, p != NULL ? bytes_str(p->claims.sub) : BYTES_LIT("PROVIDER"), contract, name);
	buf_put_str(b, " would make it");
	if (p == NULL)
		buf_put_str(b, " (no provider of that contract runs on this host)");
}

static void
put_no_cap(struct buf *b, struct model *m, struct bytes actor, struct bytes contract)
{
	put_actor(b, m, actor);
	buf_put_str(b, " was not signed for ");
	buf_put_shown(b, contract);
	buf_put_str(b, "; portcullis actor sign FILE --cap ");
	buf_put_shown(b, contract);
	buf_put_str(b, " with a higher revision, and an update, would give it that");
}

static void
put_provider(struct buf *b, struct model *m, struct bytes actor, const struct model_link *l)
{
	const struct model_provider *p =
	    model_provider(m, bytes_str(l->provider), bytes_str(l->name));
	const struct status *s = p != NULL ? &p->status : NULL;

	if (l->status.state == STATE_FAILED && (s == NULL || s->state != STATE_FAILED))
		s = &l->status;
	put_actor(b, m, actor);
	buf_put_str(b, " is linked for ");
	buf_put_shown(b, bytes_str(l->contract));
	buf_put_str(b, " to ");
	buf_put_str(b, l->provider);
	if (s == NULL) {
		buf_put_str(b,
		    ", which does not run on this host and does not answer from another; "
		    "portcullis ctl start provider REFERENCE --link-name ");
		buf_put_shown(b, bytes_str(l->name));
		buf_put_str(b, " would start it");
		return;
	}
	buf_put_str(b, s == &l->status ? ", whose link is " : ", which is ");
	buf_put_str(b, state_name(s->state));
	if (s->reason[0] != 0) {
		buf_put_str(b, ": ");
		buf_put_str(b, s->reason);
	}
	if (s->retry_ms != 0) {
		buf_put_str(b, "; it is tried again at ");
		time_put(b, s->retry_ms);
	}
}

void
model_diagnose(struct model *m, struct bytes actor, struct bytes contract, struct bytes link_name,
    struct buf *out)
{
	struct bytes name = link_name.len != 0 ? link_name : BYTES_LIT("default");
	const struct model_actor *a = model_actor(m, actor);
	const struct model_link *l = model_link(m, actor, contract, name);

	if (a != NULL && !model_claims_has_cap(&a->claims, contract))
		put_no_cap(out, m, actor, contract);
	else if (l == NULL)
		put_no_link(out, m, actor, contract, name);
	else
		put_provider(out, m, actor, l);
}
