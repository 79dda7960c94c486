/*
 * jetstream - see jetstream.h. The table of subjects.
 *
 * A row is written with captures: %s stream, %c consumer, %f filter (one or more tokens), %_ any
 * one token, %r any tokens. The same rows hold behind $JS.API and behind $JS.DOMAIN.API; a domain
 * called "API" does not exist, its subjects are in no row.
 *
 * Source: nats-server v2.10 to main, server/jetstream_api.go (subjects, generateJSMappingTable),
 * server/consumer.go (ack subjects), ADR-15, ADR-31.
 */
#include <stddef.h>

#include "policy/commands/jetstream_priv.h"

struct row {
	const char *tail;
	enum js_verb verb;
	enum js_body body;
};

static const struct row rows[] = {
	{ "INFO", JS_ACCOUNT_INFO, JS_BODY_IGNORED },
	{ "STREAM.CREATE.%s", JS_STREAM_CREATE, JS_BODY_STREAM },
	{ "STREAM.UPDATE.%s", JS_STREAM_UPDATE, JS_BODY_STREAM },
	{ "STREAM.NAMES", JS_STREAM_NAMES, JS_BODY_PAGE },
	{ "STREAM.LIST", JS_STREAM_LIST, JS_BODY_PAGE },
	{ "STREAM.INFO.%s", JS_STREAM_INFO, JS_BODY_PAGE },
	{ "STREAM.DELETE.%s", JS_STREAM_DELETE, JS_BODY_NONE },
	{ "STREAM.PURGE.%s", JS_STREAM_PURGE, JS_BODY_PURGE },
	{ "STREAM.SNAPSHOT.%s", JS_STREAM_SNAPSHOT, JS_BODY_SNAPSHOT },
	{ "STREAM.RESTORE.%s", JS_STREAM_RESTORE, JS_BODY_RESTORE },
	{ "STREAM.MSG.GET.%s", JS_MSG_GET, JS_BODY_GET },
	{ "STREAM.MSG.DELETE.%s", JS_MSG_DELETE, JS_BODY_DELETE_MSG },
	{ "STREAM.PEER.REMOVE.%s", JS_ADMIN, JS_BODY_IGNORED },
	{ "STREAM.LEADER.STEPDOWN.%s", JS_ADMIN, JS_BODY_IGNORED },
	{ "STREAM.TEMPLATE.%r", JS_ADMIN, JS_BODY_IGNORED },
	{ "DIRECT.GET.%s", JS_DIRECT_GET, JS_BODY_GET },
	{ "DIRECT.GET.%s.%f", JS_DIRECT_GET, JS_BODY_NONE },
	{ "CONSUMER.CREATE.%s", JS_CONSUMER_CREATE, JS_BODY_CONSUMER },
	{ "CONSUMER.CREATE.%s.%c", JS_CONSUMER_CREATE, JS_BODY_CONSUMER },
	{ "CONSUMER.CREATE.%s.%c.%f", JS_CONSUMER_CREATE, JS_BODY_CONSUMER },
	{ "CONSUMER.DURABLE.CREATE.%s.%c", JS_CONSUMER_CREATE, JS_BODY_CONSUMER },
	{ "CONSUMER.NAMES.%s", JS_CONSUMER_NAMES, JS_BODY_PAGE },
	{ "CONSUMER.LIST.%s", JS_CONSUMER_LIST, JS_BODY_PAGE },
	{ "CONSUMER.INFO.%s.%c", JS_CONSUMER_INFO, JS_BODY_NONE },
	{ "CONSUMER.DELETE.%s.%c", JS_CONSUMER_DELETE, JS_BODY_NONE },
	{ "CONSUMER.PAUSE.%s.%c", JS_CONSUMER_PAUSE, JS_BODY_PAUSE },
	{ "CONSUMER.UNPIN.%s.%c", JS_CONSUMER_UNPIN, JS_BODY_UNPIN },
	{ "CONSUMER.RESET.%s.%c", JS_CONSUMER_RESET, JS_BODY_RESET },
	{ "CONSUMER.MSG.NEXT.%s.%c", JS_CONSUMER_NEXT, JS_BODY_NEXT },
	{ "CONSUMER.LEADER.STEPDOWN.%s.%c", JS_ADMIN, JS_BODY_IGNORED },
	{ "META.%r", JS_ADMIN, JS_BODY_IGNORED },
	{ "SERVER.%r", JS_ADMIN, JS_BODY_IGNORED },
	{ "ACCOUNT.%r", JS_ADMIN, JS_BODY_IGNORED },
	{ "$KV.%r", JS_STORE, JS_BODY_IGNORED },
	{ "$O.%r", JS_STORE, JS_BODY_IGNORED },
	{ "$OBJ.%r", JS_STORE, JS_BODY_IGNORED },
};

/* After "$JS.": what clients publish that is no API call. An ack has 7 more tokens, or 9 and more.
 */
static const struct row other_rows[] = {
	{ "ACK.%s.%c.%_.%_.%_.%_.%_", JS_ACK, JS_BODY_IGNORED },
	{ "ACK.%_.%_.%s.%c.%_.%_.%_.%_.%_", JS_ACK, JS_BODY_IGNORED },
	{ "ACK.%_.%_.%s.%c.%_.%_.%_.%_.%_.%_", JS_ACK, JS_BODY_IGNORED },
	{ "FC.%s.%c.%_", JS_FLOW, JS_BODY_IGNORED },
	{ "SNAPSHOT.ACK.%s.%_", JS_FLOW, JS_BODY_IGNORED },
	{ "SNAPSHOT.ACK.%s.%_.%_", JS_FLOW, JS_BODY_IGNORED },
	{ "SNAPSHOT.RESTORE.%s.%_", JS_FLOW, JS_BODY_IGNORED },
};

struct captures {
	struct bytes stream, consumer, filter;
};

static bool
row_matches(const char *tail, struct bytes s, struct captures *c)
{
	size_t at = 0, start;

	for (const char *w = tail; *w != '\0'; w++) {
		bool many;

		if (*w != '%') {
			if (at == s.len || s.ptr[at++] != (uint8_t)*w)
				return false;
			continue;
		}
		start = at;
		many = *++w == 'f' || *w == 'r';
		while (at < s.len && (s.ptr[at] != '.' || many))
			at++;
		if (at == start)
			return false;
		if (*w == 's')
			c->stream = bytes_of(s.ptr + start, at - start);
		else if (*w == 'c')
			c->consumer = bytes_of(s.ptr + start, at - start);
		else if (*w == 'f')
			c->filter = bytes_of(s.ptr + start, at - start);
	}
	return at == s.len;
}

static const struct row *
find_row(const struct row *from, size_t n, struct bytes s, struct captures *c)
{
	for (size_t i = 0; i < n; i++) {
		struct captures found = { .stream = BYTES_NULL };

		if (!row_matches(from[i].tail, s, &found))
			continue;
		*c = found;
		return &from[i];
	}
	return NULL;
}

/* cut_api() - "API.X" or "DOMAIN.API.X" to "X"; false when it is neither. */
static bool
cut_api(struct bytes *s, struct bytes *domain)
{
	static const struct bytes api = { (const uint8_t *)"API.", 4 };
	size_t dot = bytes_find(*s, '.');
	struct bytes rest = bytes_from(*s, dot + 1);

	if (bytes_starts(*s, api)) {
		*s = bytes_from(*s, api.len);
		return true;
	}
	if (dot == 0 || dot == s->len || !bytes_starts(rest, api))
		return false;
	*domain = bytes_upto(*s, dot);
	*s = bytes_from(rest, api.len);
	return true;
}

static bool
mutates(enum js_verb v)
{
	switch (v) {
	case JS_ACCOUNT_INFO:
	case JS_STREAM_NAMES:
	case JS_STREAM_LIST:
	case JS_STREAM_INFO:
	case JS_MSG_GET:
	case JS_DIRECT_GET:
	case JS_CONSUMER_NAMES:
	case JS_CONSUMER_LIST:
	case JS_CONSUMER_INFO:
	case JS_CONSUMER_NEXT:
		return false;
	default:
		return true;
	}
}

/* reach_of() - the part of a destination that is sure, and ">" for the rest. */
static int
reach_of(struct body_read *r, struct bytes s, struct bytes *reach)
{
	size_t at = 0;
	uint8_t *text;

	*reach = s;
	while (at < s.len) {
		size_t end = at + bytes_find(bytes_from(s, at), '.');
		struct bytes token = bytes_of(s.ptr + at, end - at);
		size_t dollar = bytes_find(token, '$');

		if (bytes_find(token, '{') < token.len ||
		    (dollar + 1 < token.len && token.ptr[dollar + 1] >= '0' &&
			token.ptr[dollar + 1] <= '9'))
			break;
		at = end + (end < s.len);
	}
	if (at >= s.len)
		return 0;
	text = body_arena_take(r->arena, at + 1);
	if (text == NULL)
		return body_full(r);
	memcpy(text, s.ptr, at);
	text[at] = '>';
	*reach = bytes_of(text, at + 1);
	return 0;
}

/* subject_ok() - tokens between single dots, without blanks and controls. */
static bool
subject_ok(struct bytes s)
{
	uint8_t before = '.';

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] <= ' ' || s.ptr[i] == 0x7f || (s.ptr[i] == '.' && before == '.'))
			return false;
		before = s.ptr[i];
	}
	return s.len != 0 && before != '.' && body_word_ok(s);
}

/* destination_ok() - the same for a transform, whose {{functions}} may hold a blank. */
static bool
destination_ok(struct bytes s)
{
	uint8_t before = '.';
	unsigned open = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '{')
			open++;
		else if (s.ptr[i] == '}')
			open -= open != 0;
		else if (open == 0 && (s.ptr[i] == ' ' || (s.ptr[i] == '.' && before == '.')))
			return false;
		before = s.ptr[i];
	}
	return s.len != 0 && before != '.' && open == 0 && body_word_ok(s);
}

static bool
is_destination(enum js_role role)
{
	return role == JS_REPUBLISH_TO || role == JS_TRANSFORM_TO;
}

static bool
is_name(enum js_role role)
{
	return role == JS_MIRROR || role == JS_SOURCE;
}

int
jetstream_add(struct body_read *r, struct jetstream *js, enum js_role role, struct bytes subject,
    struct body_span where)
{
	struct js_target *t = body_arena_take(r->arena, sizeof(*t));
	int x = 0;

	if (t == NULL)
		return body_full(r);
	if (is_destination(role) ? !destination_ok(subject) : !subject_ok(subject))
		return body_refuse_at(r->fault, r->field, where.at, "not a subject");
	if (is_name(role) && !body_id_ok(subject))
		return body_refuse_at(r->fault, r->field, where.at, "not the name of a stream");
	*t = (struct js_target){
		.role = role, .subject = subject, .reach = subject, .where = where
	};
	if (is_destination(role))
		x = reach_of(r, subject, &t->reach);
	if (js->last != NULL)
		js->last->next = t;
	else
		js->targets = t;
	js->last = t;
	js->n_targets++;
	return err_pass(x);
}

static int
fill_names(struct body_read *r, const struct captures *c, struct bytes tail, struct jetstream *js)
{
	enum js_role role = js->verb == JS_DIRECT_GET ? JS_SELECT : JS_FILTER;

	js->stream = c->stream;
	js->consumer = c->consumer;
	js->is_kv = bytes_starts(c->stream, BYTES_LIT("KV_"));
	js->is_object = bytes_starts(c->stream, BYTES_LIT("OBJ_"));
	if (js->is_kv || js->is_object)
		js->bucket = bytes_from(c->stream, js->is_kv ? 3 : 4);
	if (js->verb == JS_STORE)
		js->store = tail;
	if ((c->stream.len != 0 && !body_id_ok(c->stream)) ||
	    (c->consumer.len != 0 && !body_id_ok(c->consumer)))
		return body_refuse_at(
		    &js->fault, BYTES_NULL, 0, "not the name of a stream or consumer");
	if (c->filter.len == 0)
		return 0;
	r->field = BYTES_LIT("subject");
	return jetstream_add(r, js, role, c->filter, (struct body_span){ 0, 0 });
}

static int
decode(struct body_read *r, const struct body_input *in, struct bytes tail, struct jetstream *js)
{
	struct captures c = { .stream = BYTES_NULL };
	const struct row *row;
	int x;

	row = cut_api(&tail, &js->domain) ? find_row(rows, N_FIELDS(rows), tail, &c)
					  : find_row(other_rows, N_FIELDS(other_rows), tail, &c);
	if (row == NULL) {
		js->verb = JS_UNKNOWN;
		js->mutating = true;
		return 0;
	}
	js->verb = row->verb;
	js->mutating = mutates(row->verb);
	r->strict = js->mutating;
	if (in->payload.len > BODY_MAX && row->verb != JS_STORE)
		return body_refuse_at(&js->fault, BYTES_NULL, BODY_MAX, "body is too long");
	x = fill_names(r, &c, tail, js);
	return x != 0 ? err_pass(x) : jetstream_body(r, row->body, in->payload, js);
}

int
jetstream_decode(const struct body_input *in, struct body_arena *arena, struct jetstream *out)
{
	struct body_read r = {
		.j.allow_fraction = true, /* kept as text: durations go beyond 2^53 ns */
		.arena = arena,
		.fault = &out->fault,
		.unknown = &out->unknown,
		.go = true,
	};
	int x;

	memset(out, 0, sizeof(*out));
	arena->used = 0;
	if (!bytes_starts(in->subject, BYTES_LIT("$JS.")))
		return JETSTREAM_NOT;
	x = decode(&r, in, bytes_from(in->subject, 4), out);
	if (x != 0) {
		struct body_fault fault = out->fault;

		memset(out, 0, sizeof(*out));
		out->fault = fault;
	}
	return err_pass(x);
}

const char *
jetstream_verb_name(enum js_verb v)
{
	static const char *const names[] = {
		[JS_NONE] = "none",
		[JS_ACCOUNT_INFO] = "account.info",
		[JS_STREAM_CREATE] = "stream.create",
		[JS_STREAM_UPDATE] = "stream.update",
		[JS_STREAM_NAMES] = "stream.names",
		[JS_STREAM_LIST] = "stream.list",
		[JS_STREAM_INFO] = "stream.info",
		[JS_STREAM_DELETE] = "stream.delete",
		[JS_STREAM_PURGE] = "stream.purge",
		[JS_STREAM_SNAPSHOT] = "stream.snapshot",
		[JS_STREAM_RESTORE] = "stream.restore",
		[JS_MSG_GET] = "message.get",
		[JS_MSG_DELETE] = "message.delete",
		[JS_DIRECT_GET] = "message.direct",
		[JS_CONSUMER_CREATE] = "consumer.create",
		[JS_CONSUMER_NAMES] = "consumer.names",
		[JS_CONSUMER_LIST] = "consumer.list",
		[JS_CONSUMER_INFO] = "consumer.info",
		[JS_CONSUMER_DELETE] = "consumer.delete",
		[JS_CONSUMER_PAUSE] = "consumer.pause",
		[JS_CONSUMER_UNPIN] = "consumer.unpin",
		[JS_CONSUMER_RESET] = "consumer.reset",
		[JS_CONSUMER_NEXT] = "consumer.next",
		[JS_ADMIN] = "admin",
		[JS_STORE] = "store",
		[JS_ACK] = "ack",
		[JS_FLOW] = "flow",
		[JS_UNKNOWN] = "unknown",
	};

	return (size_t)v < sizeof(names) / sizeof(names[0]) ? names[v] : "unknown";
}

const char *
jetstream_role_name(enum js_role role)
{
	static const char *const names[] = {
		[JS_LISTEN] = "listen",
		[JS_REPUBLISH_FROM] = "republish.from",
		[JS_REPUBLISH_TO] = "republish.to",
		[JS_TRANSFORM_FROM] = "transform.from",
		[JS_TRANSFORM_TO] = "transform.to",
		[JS_MIRROR] = "mirror",
		[JS_SOURCE] = "source",
		[JS_SOURCE_FILTER] = "source.filter",
		[JS_EXTERNAL_API] = "external.api",
		[JS_EXTERNAL_DELIVER] = "external.deliver",
		[JS_FILTER] = "filter",
		[JS_DELIVER] = "deliver",
		[JS_DELIVER_GROUP] = "deliver.group",
		[JS_SELECT] = "select",
	};

	return (size_t)role < sizeof(names) / sizeof(names[0]) ? names[role] : "unknown";
}
