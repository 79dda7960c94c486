/*
 * parent_commands - what is done for each verb of the control interface, in one table: questions
 * are answered from the model, commands are done by the nouns beside this one and said in the log.
 */
#include "host/proc/parent_control_priv.h"

static struct {
	uv_timer_t stop;
} self;

/* ---- what is answered at once ---- */

static void
on_ping(const struct request *q, struct buf *out)
{
	struct reply_host about;

	control_about(&about);
	reply_ping(out, host.model, q, &about);
}

static void
on_inventory(const struct request *q, struct buf *out)
{
	struct reply_host about;

	control_about(&about);
	reply_inventory(out, host.model, q, &about);
}

static void
on_claims(const struct request *q, struct buf *out)
{
	reply_claims(out, host.model, q);
}

static void
on_links(const struct request *q, struct buf *out)
{
	reply_links(out, host.model, q, true);
}

static void
on_auction(const struct request *q, struct buf *out)
{
	struct bytes what = q->ref.len > 0 ? q->ref : q->key;
	bool bid = q->verb == VERB_ACTOR_AUCTION
		       ? model_bids_actor(host.model, what, q->labels)
		       : model_bids_provider(host.model, what, q->link_name, q->labels);

	if (bid)
		reply_bid(out, host.model, q);
}

/* ---- what is done ---- */

void
commands_ack(const struct request *q, struct buf *out, const char *error)
{
	struct log_line l;

	log_begin(
	    &l, error == NULL ? LOG_INF : LOG_WRN, error == NULL ? "command" : "command_failed");
	log_word(&l, "verb", command_verb_name(q->verb));
	if (q->ref.len > 0)
		log_bytes(&l, "ref", q->ref);
	if (q->key.len > 0)
		log_bytes(&l, "key", q->key);
	if (error != NULL)
		log_str(&l, "why", error);
	log_end(&l);
	reply_ack(out, host.model, q, error);
}

static void
on_actor(const struct request *q, struct buf *out)
{
	const char *error = q->verb == VERB_ACTOR_START   ? actors_start(q)
			    : q->verb == VERB_ACTOR_STOP  ? actors_stop(q)
			    : q->verb == VERB_ACTOR_SCALE ? actors_scale(q)
							  : actors_update(q);

	commands_ack(q, out, error);
}

static void
on_provider(const struct request *q, struct buf *out)
{
	commands_ack(
	    q, out, q->verb == VERB_PROVIDER_START ? providers_start(q) : providers_stop(q));
}

static void
on_link(const struct request *q, struct buf *out)
{
	const char *error = q->link == NULL            ? "there is no link in it"
			    : q->verb == VERB_LINK_PUT ? links_put(q->link, true)
						       : links_del(q->link, true);

	commands_ack(q, out, error);
}

static void
on_label(const struct request *q, struct buf *out)
{
	const struct body_pair *p = q->labels->first;
	int r = p == NULL                   ? MODEL_BAD
		: q->verb == VERB_LABEL_PUT ? model_label_put(host.model, p->key, p->value)
					    : model_label_del(host.model, p->key);

	commands_ack(q, out,
	    r == 0 || r == MODEL_SAME || r == MODEL_CHANGED ? NULL
	    : r > 0                                         ? model_why(r)
							    : "out of memory");
}

static void
on_stop_due(uv_timer_t *t)
{
	(void)t;
	parent_stop(0);
}

static void
on_stop(const struct request *q, struct buf *out)
{
	commands_ack(q, out, NULL);
	/* the answer goes first */
	uv_timer_start(&self.stop, on_stop_due, 1, 0);
}

/* on_registry() - kept in memory, for whoever fetches images. Nothing of it is ever shown. */
static void
on_registry(const struct request *q, struct buf *out)
{
	commands_ack(q, out, registries_put(q));
}

static void
on_config(const struct request *q, struct buf *out)
{
	struct bytes value;

	if (q->verb == VERB_CONFIG_GET)
		reply_config(out, configs_get(q->key, q->config_key, &value) ? &value : NULL);
	else
		commands_ack(q, out,
		    q->verb == VERB_CONFIG_PUT ? configs_put(q->key, q->config_key, q->config_value)
					       : configs_del(q->key, q->config_key));
}

static const struct command_row rows[] = {
	{ VERB_HOST_LIST, false, on_ping },
	{ VERB_HOST_INVENTORY, false, on_inventory },
	{ VERB_CLAIMS_GET, false, on_claims },
	{ VERB_LINK_GET, false, on_links },
	{ VERB_CONFIG_GET, false, on_config },
	{ VERB_ACTOR_AUCTION, false, on_auction },
	{ VERB_PROVIDER_AUCTION, false, on_auction },
	{ VERB_ACTOR_START, true, on_actor },
	{ VERB_ACTOR_STOP, true, on_actor },
	{ VERB_ACTOR_SCALE, true, on_actor },
	{ VERB_ACTOR_UPDATE, true, on_actor },
	{ VERB_PROVIDER_START, true, on_provider },
	{ VERB_PROVIDER_STOP, true, on_provider },
	{ VERB_LINK_PUT, true, on_link },
	{ VERB_LINK_DEL, true, on_link },
	{ VERB_HOST_STOP, true, on_stop },
	{ VERB_LABEL_PUT, true, on_label },
	{ VERB_LABEL_DEL, true, on_label },
	{ VERB_REGISTRY_PUT, true, on_registry },
	{ VERB_CONFIG_PUT, true, on_config },
	{ VERB_CONFIG_DEL, true, on_config },
};

const struct command_row *
commands_row(enum verb verb)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].verb == verb)
			return &rows[i];
	return NULL;
}

void
commands_begin(void)
{
	uv_timer_init(&host.loop, &self.stop);
}
