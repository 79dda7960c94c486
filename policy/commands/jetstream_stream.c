/*
 * jetstream_stream - a stream's configuration: what it listens on, copies, republishes and changes,
 * by itself and in a backup. See jetstream_body.c.
 */
#include "policy/commands/jetstream_fields.h"

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

FLAG(allow_rollup)
FLAG(allow_schedules)
FLAG(allow_direct)
FLAG(mirror_direct)
FLAG(allow_ttl)
FLAG(sealed)
FLAG(deny_delete)
FLAG(deny_purge)
FLAG(no_ack)

static const struct field placement[] = {
	J_TEXT("cluster"),
	J("tags", jetstream_take_texts, 0),
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
	J("retention", jetstream_take_enum, 0),
	J_INT("max_consumers"),
	J_INT("max_msgs"),
	J_INT("max_bytes"),
	J_INT("max_age"),
	J_INT("max_msgs_per_subject"),
	J_INT("max_msg_size"),
	J("discard", jetstream_take_enum, 0),
	J("storage", jetstream_take_enum, 0),
	FIELD("num_replicas", struct js_config, replicas, body_take_u32, 0),
	J("no_ack", take_no_ack, 0),
	J_TEXT("template_owner"),
	J_INT("duplicate_window"),
	J("placement", take_placement, 0),
	J("mirror", take_mirror, 0),
	J("sources", take_sources, 0),
	J("compression", jetstream_take_enum, 0),
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
	J("persist_mode", jetstream_take_enum, 0),
	J("metadata", jetstream_take_metadata, 0),
	J_BOOL("pedantic"),
};

int
jetstream_stream(struct body_read *r, size_t at, struct js_config *c)
{
	return body_read_object(r, at, stream, N_FIELDS(stream), c);
}

static int
take_config(struct body_read *r, size_t at, void *into)
{
	return jetstream_stream(r, at, into);
}

/* A backup's state: numbers about what follows, which the server counts again. */
static const struct field restore[] = {
	J("config", take_config, FIELD_NEEDED),
	J("state", body_take_any, 0),
};

int
jetstream_restore(struct body_read *r, size_t at, struct js_config *c)
{
	return body_read_object(r, at, restore, N_FIELDS(restore), c);
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

int
jetstream_stream_end(struct body_read *r, struct js_config *c)
{
	jetstream_replicas(c);
	return err_pass(add_own_name(r, c->js));
}
