/*
 * jetstream_consumer - a request to make a consumer: its names, what it filters and where it
 * delivers. See jetstream_body.c.
 */
#include "policy/commands/jetstream_fields.h"

TARGET(deliver, JS_DELIVER)
TARGET(deliver_group, JS_DELIVER_GROUP)

static int
take_number(struct body_read *r, size_t at, void *into)
{
	struct js_config *c = into;

	return body_take_int(r, at, &c->number);
}

TARGETS(numbers, number)

static int
take_filter(struct body_read *r, size_t at, void *into)
{
	struct js_config *c = into;
	struct bytes s = BYTES_NULL;
	const struct js_target *f = c->js->targets;
	int x = body_take_text(r, at, &s);

	if (x != 0 || s.len == 0)
		return err_pass(x);
	/* a filter in the subject is the only one there is, and stands first */
	if (f != NULL && f->role == JS_FILTER && f->where.len == 0)
		return bytes_eq(f->subject, s)
			   ? 0
			   : body_refuse(r, at, "not the filter that the subject says");
	return jetstream_add(r, c->js, JS_FILTER, s, body_where(r, at));
}

/* take_filter_subject() - the only one: not beside a list of them. */
static int
take_filter_subject(struct body_read *r, size_t at, void *into)
{
	const struct js_config *c = into;

	if (c->many && r->j.tok[at].len != 0)
		return body_refuse(r, at, "filters in two places");
	return take_filter(r, at, into);
}

static int
take_filters(struct body_read *r, size_t at, void *into)
{
	struct js_config *c = into;

	c->many = r->j.tok[at].n != 0;
	for (const struct js_target *t = c->js->targets; c->many && t != NULL; t = t->next)
		if (t->role == JS_FILTER)
			return body_refuse(r, at, "filters in two places");
	return body_each(r, at, take_filter, into);
}

static const struct field consumer[] = {
	FIELD("durable_name", struct js_config, durable, body_take_id, 0),
	FIELD("name", struct js_config, consumer, body_take_id, 0),
	J_TEXT("description"),
	J("deliver_policy", jetstream_take_enum, 0),
	J_INT("opt_start_seq"),
	J_TEXT("opt_start_time"),
	J("ack_policy", jetstream_take_enum, 0),
	J_INT("ack_wait"),
	J_INT("max_deliver"),
	J("backoff", take_numbers, 0),
	J("filter_subject", take_filter_subject, 0),
	J("filter_subjects", take_filters, 0),
	J("replay_policy", jetstream_take_enum, 0),
	J_INT("rate_limit_bps"),
	J_TEXT("sample_freq"),
	J_INT("max_waiting"),
	J_INT("max_ack_pending"),
	J_BOOL("flow_control"),
	J_BOOL("headers_only"),
	J_INT("max_batch"),
	J_INT("max_expires"),
	J_INT("max_bytes"),
	J("deliver_subject", take_deliver, 0),
	J("deliver_group", take_deliver_group, 0),
	J_INT("idle_heartbeat"),
	J_INT("inactive_threshold"),
	FIELD("num_replicas", struct js_config, replicas, body_take_u32, 0),
	J_BOOL("mem_storage"),
	FIELD("direct", struct js_config, direct, body_take_bool, 0),
	FIELD("sourcing", struct js_config, direct, body_take_bool, 0),
	J("metadata", jetstream_take_metadata, 0),
	J_TEXT("pause_until"),
	J("priority_groups", jetstream_take_texts, 0),
	J("priority_policy", jetstream_take_enum, 0),
	J_INT("priority_timeout"),
};

static int
take_consumer(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, consumer, N_FIELDS(consumer), into);
}

static const struct field consumer_create[] = {
	FIELD("stream_name", struct js_config, name, body_take_id, FIELD_NEEDED),
	J("config", take_consumer, FIELD_NEEDED),
	J("action", jetstream_take_enum, 0),
	J_BOOL("pedantic"),
};

int
jetstream_consumer(struct body_read *r, size_t at, struct js_config *c)
{
	return body_read_object(r, at, consumer_create, N_FIELDS(consumer_create), c);
}

int
jetstream_consumer_end(struct body_read *r, struct js_config *c)
{
	struct jetstream *js = c->js;
	bool filtered = false;
	int x = jetstream_one_name(r, "stream_name", js->stream, c->name);

	if (x == 0 && c->durable.len != 0 && c->consumer.len != 0)
		x = jetstream_one_name(r, "durable_name", c->consumer, c->durable);
	if (x == 0 && js->consumer.len != 0 && c->consumer.len != 0)
		x = jetstream_one_name(r, "name", js->consumer, c->consumer);
	if (x == 0 && js->consumer.len != 0 && c->durable.len != 0)
		x = jetstream_one_name(r, "durable_name", js->consumer, c->durable);
	r->field = BYTES_LIT("direct");
	if (x == 0 && c->direct)
		x = body_refuse(r, 0, "a kind of consumer that only servers make");
	if (x != 0)
		return err_pass(x);
	if (js->consumer.len == 0)
		js->consumer = c->consumer.len != 0 ? c->consumer : c->durable;
	js->durable = c->durable.len != 0;
	for (const struct js_target *t = js->targets; t != NULL; t = t->next) {
		js->push |= t->role == JS_DELIVER;
		filtered |= t->role == JS_FILTER;
		js->whole_stream |= t->role == JS_FILTER && bytes_is(t->subject, ">");
	}
	js->whole_stream |= !filtered;
	jetstream_replicas(c);
	return 0;
}
