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
#include "policy/commands/jetstream_fields.h"

int
jetstream_target(struct body_read *r, size_t at, struct js_config *c, enum js_role role)
{
	struct bytes s = BYTES_NULL;
	int x = body_take_text(r, at, &s);

	if (x != 0 || s.len == 0)
		return err_pass(x);
	return jetstream_add(r, c->js, role, s, body_where(r, at));
}

int
jetstream_one_name(struct body_read *r, const char *field, struct bytes subject, struct bytes body)
{
	r->field = bytes_str(field);
	if (bytes_eq(subject, body))
		return 0;
	return body_refuse(r, 0, "not the name that the subject says");
}

int
jetstream_take_enum(struct body_read *r, size_t at, void *into)
{
	(void)into;
	if (r->j.tok[at].kind != JSON_STRING && r->j.tok[at].kind != JSON_NUMBER)
		return body_refuse(r, at, "neither a text nor a number");
	return 0;
}

int
jetstream_take_texts(struct body_read *r, size_t at, void *into)
{
	struct body_list skipped = { .n = 0 };

	(void)into;
	return body_take_names(r, at, &skipped);
}

int
jetstream_take_metadata(struct body_read *r, size_t at, void *into)
{
	struct body_list skipped = { .n = 0 };

	(void)into;
	return body_take_map(r, at, &skipped);
}

void
jetstream_replicas(struct js_config *c)
{
	c->js->has_replicas = c->replicas.has;
	c->js->replicas = c->replicas.value;
}

TARGET(deliver, JS_DELIVER)
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
	[JS_BODY_STREAM] = { NULL, 0, false },
	[JS_BODY_RESTORE] = { NULL, 0, false },
	[JS_BODY_CONSUMER] = { NULL, 0, false },
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

/* read_body() - by the table of its kind. */
static int
read_body(struct body_read *r, enum js_body kind, struct js_config *c)
{
	switch (kind) {
	case JS_BODY_STREAM:
		return jetstream_stream(r, 0, c);
	case JS_BODY_RESTORE:
		return jetstream_restore(r, 0, c);
	case JS_BODY_CONSUMER:
		return jetstream_consumer(r, 0, c);
	default:
		return body_read_object(r, 0, bodies[kind].fields, bodies[kind].n, c);
	}
}

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
		/* a backup may leave its name out: the subject's is taken */
		if (kind == JS_BODY_STREAM || c->name.len != 0)
			x = jetstream_one_name(r, "name", js->stream, c->name);
		return x != 0 ? err_pass(x) : jetstream_stream_end(r, c);
	case JS_BODY_CONSUMER:
		return jetstream_consumer_end(r, c);
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
			x = read_body(r, kind, &c);
	}
	return x != 0 ? err_pass(x) : finish(r, kind, &c);
}
