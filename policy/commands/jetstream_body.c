/*
 * jetstream_body - the payloads of JetStream API calls.
 *
 * The server reads them with Go's encoding/json: the last of two equal names wins, a name in any
 * case will do, null changes nothing. The strict reader refuses the first, the tables the second
 * (body_read.c), and null is read as absence. Fields that decide nothing are checked for their kind
 * all the same, so that what the server would reject later never leaves here half understood.
 *
 * Source: nats-server v2.10 to main, server/{stream,consumer,jetstream_api}.go; ADR-8, ADR-15,
 * ADR-31, ADR-42.
 */
#include <stddef.h>

#include "policy/commands/jetstream_priv.h"

struct js_config {
	struct jetstream *js;
	struct bytes name;     /* of the stream, as the body says */
	struct bytes consumer; /* the consumer's name, as the body says */
	struct bytes durable;
	struct bytes text;
	struct body_number number, seq, replicas;
	bool flag, direct;
	bool last;           /* last_by_subj is given */
	bool many;           /* filter_subjects has some */
	unsigned selections; /* ways to choose messages */
};

#define J(text, fn, fl) FIELD(text, struct js_config, js, fn, fl)
#define J_BOOL(text) FIELD(text, struct js_config, flag, body_take_bool, 0)
#define J_INT(text) FIELD(text, struct js_config, number, body_take_int, 0)
#define J_TEXT(text_) FIELD(text_, struct js_config, text, body_take_text, 0)

static int
target_at(struct body_read *r, size_t at, struct js_config *c, enum js_role role)
{
	struct bytes s = BYTES_NULL;
	int x = body_take_text(r, at, &s);

	if (x != 0 || s.len == 0)
		return err_pass(x);
	return jetstream_add(r, c->js, role, s, body_where(r, at));
}

#define TARGET(name, role)                                                                         \
	static int take_##name(struct body_read *r, size_t at, void *into)                         \
	{                                                                                          \
		return target_at(r, at, into, role);                                               \
	}
#define TARGETS(name, one)                                                                         \
	static int take_##name(struct body_read *r, size_t at, void *into)                         \
	{                                                                                          \
		return body_each(r, at, take_##one, into);                                         \
	}
#define FLAG(name)                                                                                 \
	static int take_##name(struct body_read *r, size_t at, void *into)                         \
	{                                                                                          \
		struct js_config *c = into;                                                        \
                                                                                                   \
		return body_take_bool(r, at, &c->js->name);                                        \
	}

TARGET(listen, JS_LISTEN)
TARGETS(subjects, listen)
TARGET(republish_from, JS_REPUBLISH_FROM)
TARGET(republish_to, JS_REPUBLISH_TO)
TARGET(transform_from, JS_TRANSFORM_FROM)
TARGET(transform_to, JS_TRANSFORM_TO)
TARGET(mirror_name, JS_MIRROR)
TARGET(source_name, JS_SOURCE)
TARGET(source_filter, JS_SOURCE_FILTER)
TARGET(external_api, JS_EXTERNAL_API)
TARGET(external_deliver, JS_EXTERNAL_DELIVER)
TARGET(deliver, JS_DELIVER)
TARGET(deliver_group, JS_DELIVER_GROUP)
TARGET(select, JS_SELECT)
TARGETS(selects, select)

/* take_selection() - last_by_subj or next_by_subj: one way to choose. */
static int
take_selection(struct body_read *r, size_t at, void *into)
{
	struct js_config *c = into;

	c->selections += r->j.tok[at].len != 0;
	return take_select(r, at, into);
}

static int
take_selections(struct body_read *r, size_t at, void *into)
{
	struct js_config *c = into;

	c->selections += r->j.tok[at].n != 0;
	return take_selects(r, at, into);
}

FLAG(allow_rollup)
FLAG(allow_schedules)
FLAG(allow_direct)
FLAG(mirror_direct)
FLAG(allow_ttl)
FLAG(sealed)
FLAG(deny_delete)
FLAG(deny_purge)
FLAG(no_ack)

/* take_text_or_number() - enums: a text; older servers wrote some as numbers. */
static int
take_text_or_number(struct body_read *r, size_t at, void *into)
{
	(void)into;
	if (r->j.tok[at].kind != JSON_STRING && r->j.tok[at].kind != JSON_NUMBER)
		return body_refuse(r, at, "neither a text nor a number");
	return 0;
}

static int
take_texts(struct body_read *r, size_t at, void *into)
{
	struct body_list skipped = { .n = 0 };

	(void)into;
	return body_take_names(r, at, &skipped);
}

static int
take_number(struct body_read *r, size_t at, void *into)
{
	struct js_config *c = into;

	return body_take_int(r, at, &c->number);
}

TARGETS(numbers, number)

static int
take_metadata(struct body_read *r, size_t at, void *into)
{
	struct body_list skipped = { .n = 0 };

	(void)into;
	return body_take_map(r, at, &skipped);
}

static const struct field placement[] = {
	J_TEXT("cluster"),
	J("tags", take_texts, 0),
	J_TEXT("preferred"),
};

static int
take_placement(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, placement, N_FIELDS(placement), into);
}

static const struct field transform[] = {
	J("src", take_transform_from, 0),
	J("dest", take_transform_to, 0),
};

static int
take_transform(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, transform, N_FIELDS(transform), into);
}

TARGETS(transforms, transform)

static const struct field republish[] = {
	J("src", take_republish_from, 0),
	J("dest", take_republish_to, FIELD_NEEDED),
	J_BOOL("headers_only"),
};

static int
take_republish(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, republish, N_FIELDS(republish), into);
}

static const struct field external[] = {
	J("api", take_external_api, 0),
	J("deliver", take_external_deliver, 0),
};

static int
take_external(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, external, N_FIELDS(external), into);
}

#define SOURCE_FIELDS(name_taker)                                                                  \
	{                                                                                          \
		J("name", name_taker, FIELD_NEEDED), J_INT("opt_start_seq"),                       \
		    J_TEXT("opt_start_time"), J("filter_subject", take_source_filter, 0),          \
		    J("subject_transforms", take_transforms, 0), J("external", take_external, 0),  \
	}
static const struct field mirror[] = SOURCE_FIELDS(take_mirror_name);
static const struct field source[] = SOURCE_FIELDS(take_source_name);

static int
take_mirror(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, mirror, N_FIELDS(mirror), into);
}

static int
take_source(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, source, N_FIELDS(source), into);
}

TARGETS(sources, source)

static const struct field limits[] = {
	J_INT("inactive_threshold"),
	J_INT("max_ack_pending"),
};

static int
take_limits(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, limits, N_FIELDS(limits), into);
}

static const struct field stream[] = {
	FIELD("name", struct js_config, name, body_take_id, 0),
	J_TEXT("description"),
	J("subjects", take_subjects, 0),
	J("retention", take_text_or_number, 0),
	J_INT("max_consumers"),
	J_INT("max_msgs"),
	J_INT("max_bytes"),
	J_INT("max_age"),
	J_INT("max_msgs_per_subject"),
	J_INT("max_msg_size"),
	J("discard", take_text_or_number, 0),
	J("storage", take_text_or_number, 0),
	FIELD("num_replicas", struct js_config, replicas, body_take_u32, 0),
	J("no_ack", take_no_ack, 0),
	J_TEXT("template_owner"),
	J_INT("duplicate_window"),
	J("placement", take_placement, 0),
	J("mirror", take_mirror, 0),
	J("sources", take_sources, 0),
	J("compression", take_text_or_number, 0),
	J_INT("first_seq"),
	J("subject_transform", take_transform, 0),
	J("republish", take_republish, 0),
	J("allow_direct", take_allow_direct, 0),
	J("mirror_direct", take_mirror_direct, 0),
	J_BOOL("discard_new_per_subject"),
	J("sealed", take_sealed, 0),
	J("deny_delete", take_deny_delete, 0),
	J("deny_purge", take_deny_purge, 0),
	J("allow_rollup_hdrs", take_allow_rollup, 0),
	J("consumer_limits", take_limits, 0),
	J("allow_msg_ttl", take_allow_ttl, 0),
	J_INT("subject_delete_marker_ttl"),
	J_BOOL("allow_msg_counter"),
	J_BOOL("allow_atomic"),
	J_BOOL("allow_batched"),
	J("allow_msg_schedules", take_allow_schedules, 0),
	J("persist_mode", take_text_or_number, 0),
	J("metadata", take_metadata, 0),
	J_BOOL("pedantic"),
};

/* one_name() - a name in the subject and one in the body are one name. */
static int
one_name(struct body_read *r, const char *field, struct bytes subject, struct bytes body)
{
	r->field = bytes_str(field);
	if (bytes_eq(subject, body))
		return 0;
	return body_refuse(r, 0, "not the name that the subject says");
}

static void
note_replicas(struct js_config *c)
{
	c->js->has_replicas = c->replicas.has;
	c->js->replicas = c->replicas.value;
}

static int
read_stream(struct body_read *r, size_t at, struct js_config *c)
{
	return body_read_object(r, at, stream, N_FIELDS(stream), c);
}

/* add_own_name() - a stream that is told nothing to listen on listens on its own name. */
static int
add_own_name(struct body_read *r, struct jetstream *js)
{
	for (const struct js_target *t = js->targets; t != NULL; t = t->next)
		if (t->role == JS_LISTEN || t->role == JS_MIRROR || t->role == JS_SOURCE)
			return 0;
	return jetstream_add(r, js, JS_LISTEN, js->stream, (struct body_span){ 0, 0 });
}

static int
take_config(struct body_read *r, size_t at, void *into)
{
	return read_stream(r, at, into);
}

/* A backup's state: numbers about what follows, which the server counts again. */
static const struct field restore[] = {
	J("config", take_config, FIELD_NEEDED),
	J("state", body_take_any, 0),
};

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
	J("deliver_policy", take_text_or_number, 0),
	J_INT("opt_start_seq"),
	J_TEXT("opt_start_time"),
	J("ack_policy", take_text_or_number, 0),
	J_INT("ack_wait"),
	J_INT("max_deliver"),
	J("backoff", take_numbers, 0),
	J("filter_subject", take_filter_subject, 0),
	J("filter_subjects", take_filters, 0),
	J("replay_policy", take_text_or_number, 0),
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
	J("metadata", take_metadata, 0),
	J_TEXT("pause_until"),
	J("priority_groups", take_texts, 0),
	J("priority_policy", take_text_or_number, 0),
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
	J("action", take_text_or_number, 0),
	J_BOOL("pedantic"),
};

static int
finish_consumer(struct body_read *r, struct js_config *c)
{
	struct jetstream *js = c->js;
	bool filtered = false;
	int x = one_name(r, "stream_name", js->stream, c->name);

	if (x == 0 && c->durable.len != 0 && c->consumer.len != 0)
		x = one_name(r, "durable_name", c->consumer, c->durable);
	if (x == 0 && js->consumer.len != 0 && c->consumer.len != 0)
		x = one_name(r, "name", js->consumer, c->consumer);
	if (x == 0 && js->consumer.len != 0 && c->durable.len != 0)
		x = one_name(r, "durable_name", js->consumer, c->durable);
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
	note_replicas(c);
	return 0;
}

static const struct field page[] = {
	J_INT("offset"),
	J_INT("limit"),
	J("subject", take_select, 0),
	J_BOOL("deleted_details"),
	J("subjects_filter", take_select, 0),
};

static const struct field purge[] = {
	J("filter", take_select, 0),
	FIELD("seq", struct js_config, seq, body_take_u64, 0),
	J_INT("keep"),
};

static const struct field snapshot[] = {
	J("deliver_subject", take_deliver, FIELD_NEEDED),
	J_BOOL("no_consumers"),
	J_INT("chunk_size"),
	J_INT("window_size"),
	J_BOOL("jsck"),
};

/* take_last() - the last message of a subject: not the one with a number, too. */
static int
take_last(struct body_read *r, size_t at, void *into)
{
	struct js_config *c = into;

	c->last = r->j.tok[at].len != 0;
	return take_selection(r, at, into);
}

static const struct field get[] = {
	FIELD("seq", struct js_config, seq, body_take_u64, 0),
	J("last_by_subj", take_last, 0),
	J("next_by_subj", take_selection, 0),
	J("multi_last", take_selections, 0),
	J_INT("batch"),
	J_INT("max_bytes"),
	J_TEXT("start_time"),
	J_INT("up_to_seq"),
	J_TEXT("up_to_time"),
	J_BOOL("no_hdr"),
};

static const struct field delete_message[] = {
	FIELD("seq", struct js_config, seq, body_take_u64, FIELD_NEEDED),
	J_BOOL("no_erase"),
};

static const struct field next[] = {
	J_INT("expires"),
	J_INT("batch"),
	J_INT("max_bytes"),
	J_BOOL("no_wait"),
	J_INT("idle_heartbeat"),
	J_TEXT("group"),
	J_INT("min_pending"),
	J_INT("min_ack_pending"),
	J_TEXT("id"),
	J_INT("priority"),
};

static const struct field pause[] = {
	J_TEXT("pause_until"),
};

static const struct field unpin[] = {
	J_TEXT("group"),
};

static const struct field reset[] = {
	FIELD("seq", struct js_config, seq, body_take_u64, 0),
};

/* is_count() - a bare number of messages, which the server takes in place of an object. */
static bool
is_count(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	return s.len != 0 && s.len < 10;
}

#define BODY(t, empty)                                                                             \
	{                                                                                          \
		t, N_FIELDS(t), empty                                                              \
	}
static const struct {
	const struct field *fields;
	size_t n;
	bool empty; /* may be left out */
} bodies[] = {
	[JS_BODY_NONE] = { NULL, 0, true },
	[JS_BODY_IGNORED] = { NULL, 0, true },
	[JS_BODY_STREAM] = BODY(stream, false),
	[JS_BODY_RESTORE] = BODY(restore, false),
	[JS_BODY_CONSUMER] = BODY(consumer_create, false),
	[JS_BODY_PAGE] = BODY(page, true),
	[JS_BODY_PURGE] = BODY(purge, true),
	[JS_BODY_SNAPSHOT] = BODY(snapshot, false),
	[JS_BODY_GET] = BODY(get, true),
	[JS_BODY_DELETE_MSG] = BODY(delete_message, false),
	[JS_BODY_NEXT] = BODY(next, true),
	[JS_BODY_PAUSE] = BODY(pause, true),
	[JS_BODY_UNPIN] = BODY(unpin, true),
	[JS_BODY_RESET] = BODY(reset, true),
};

/* finish() - what follows from all fields together. */
static int
finish(struct body_read *r, enum js_body kind, struct js_config *c)
{
	struct jetstream *js = c->js;
	int x = 0;

	js->by_seq = c->seq.has;
	js->seq = c->seq.value;
	switch (kind) {
	case JS_BODY_STREAM:
	case JS_BODY_RESTORE:
		note_replicas(c);
		/* a backup may leave its name out: the subject's is taken */
		if (kind == JS_BODY_STREAM || c->name.len != 0)
			x = one_name(r, "name", js->stream, c->name);
		return x != 0 ? err_pass(x) : add_own_name(r, js);
	case JS_BODY_CONSUMER:
		return finish_consumer(r, c);
	case JS_BODY_GET:
		r->field = BYTES_LIT("seq");
		if (c->selections > 1 || (c->last && c->seq.has && c->seq.value != 0))
			return body_refuse(r, 0, "two ways to choose messages");
		js->whole_stream = js->n_targets == 0;
		return 0;
	case JS_BODY_PURGE:
		js->whole_stream = js->n_targets == 0;
		return 0;
	case JS_BODY_DELETE_MSG:
	case JS_BODY_SNAPSHOT:
		js->whole_stream = true;
		return 0;
	default:
		js->whole_stream = js->verb == JS_STREAM_DELETE;
		return 0;
	}
}

int
jetstream_body(struct body_read *r, enum js_body kind, struct bytes payload, struct jetstream *js)
{
	struct js_config c = { .js = js };
	int x = 0;

	if (kind == JS_BODY_IGNORED || (kind == JS_BODY_NEXT && is_count(payload)))
		return 0;
	if (kind == JS_BODY_NONE)
		r->strict = true; /* a body where none belongs: nothing in it is known */
	if (payload.len != 0 || !bodies[kind].empty) {
		x = body_read_json(r, payload);
		if (x == 0)
			x = body_read_object(r, 0, bodies[kind].fields, bodies[kind].n, &c);
	}
	return x != 0 ? err_pass(x) : finish(r, kind, &c);
}
