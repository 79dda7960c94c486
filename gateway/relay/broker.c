/*
 * broker - see broker.h. The body is taken apart by policy/commands/jetstream, which refuses one
 * with two readings; here each thing it asks for meets the rule that speaks of it.
 */
#include "gateway/relay/broker.h"

#include "gateway/relay/inbox.h"
#include "policy/commands/state.h"
#include "policy/rules/subject.h"

struct judging {
	struct rights *rights;
	const char *token;
	const struct jetstream *js;
	struct relay_event *e;
};

static const struct decision invalid = { .reason = REASON_INVALID, .rule = RULE_NONE };

/* refuse() - @detail names what of the request it is about. */
static int
refuse(struct judging *j, const char *detail, struct decision d)
{
	j->e->detail = bytes_str(detail);
	j->e->decision = d;
	return BROKER_REFUSED;
}

static int
allow_or(struct judging *j, const char *detail, struct decision d)
{
	d = rights_unpaid(d); /* the server would do it as often as it likes */
	return d.verdict == VERDICT_ALLOW ? 0 : refuse(j, detail, d);
}

/* judge_deliver() - where the server shall publish what it reads. */
static int
judge_deliver(struct judging *j, const struct js_target *t)
{
	if (!subject_literal(t->subject) || inbox_is_foreign(t->subject, j->token))
		return refuse(j, "deliver_subject", invalid);
	return allow_or(j, "deliver_subject", rights_second_hand(j->rights, t->subject));
}

/* judge_select() - messages chosen by subject: taken away, or only looked at. */
static int
judge_select(struct judging *j, const struct js_target *t)
{
	struct decision d = j->js->mutating ? rights_publish_reach(j->rights, t->reach)
					    : rights_subscribe(j->rights, t->subject, BYTES_NULL);

	return allow_or(j, "filter", d);
}

/* holds_only_itself() - a stream of state captures its own keys and nothing else. */
static bool
holds_only_itself(const struct jetstream *js, struct bytes subject)
{
	struct bytes lattice, of;

	if (!state_stream(js->stream, &lattice))
		return true;
	if (js->is_kv)
		return bytes_starts(subject, BYTES_LIT("$KV.")) &&
		       bytes_starts(bytes_from(subject, 4), js->bucket) &&
		       bytes_starts(bytes_from(subject, 4 + js->bucket.len), BYTES_LIT("."));
	/* wadm's own streams hold what wadm's subjects carry: subscribing to those is judged */
	return bytes_is(lattice, "wadm") || (state_pattern(subject, &of) && bytes_eq(of, lattice));
}

/* judge_copied() - a stream whose messages shall be in this one too: as if it were read. */
static int
judge_copied(struct judging *j, const struct js_target *t)
{
	const char *detail = t->role == JS_MIRROR ? "mirror" : "sources";
	struct bytes lattice;

	if (state_stream(t->subject, &lattice))
		return allow_or(j, detail, rights_stored(j->rights, lattice, VERB_STATE_READ));
	return allow_or(j, detail, rights_stream(j->rights, t->subject));
}

/* judge_target() - one subject the request names. */
static int
judge_target(struct judging *j, const struct js_target *t)
{
	switch (t->role) {
	case JS_LISTEN:
		if (!holds_only_itself(j->js, t->subject))
			return refuse(j, "subjects", invalid);
		return allow_or(j, "subjects", rights_subscribe(j->rights, t->subject, BYTES_NULL));
	case JS_FILTER:
		/* ">" is no filter: that the stream may be read whole was judged by its name */
		if (j->js->whole_stream && bytes_is(t->subject, ">"))
			return 0;
		return allow_or(
		    j, "filter_subject", rights_subscribe(j->rights, t->subject, BYTES_NULL));
	case JS_SOURCE_FILTER:
		return allow_or(
		    j, "filter_subject", rights_subscribe(j->rights, t->subject, BYTES_NULL));
	case JS_REPUBLISH_TO:
		return allow_or(j, "republish", rights_second_hand(j->rights, t->reach));
	case JS_TRANSFORM_TO:
		return allow_or(j, "subject_transform", rights_publish_reach(j->rights, t->reach));
	case JS_MIRROR:
	case JS_SOURCE:
		return judge_copied(j, t);
	case JS_EXTERNAL_API:
	case JS_EXTERNAL_DELIVER:
		return refuse(j, "external", invalid);
	case JS_DELIVER:
		return judge_deliver(j, t);
	case JS_SELECT:
		return judge_select(j, t);
	case JS_REPUBLISH_FROM:
	case JS_TRANSFORM_FROM:
	case JS_DELIVER_GROUP:
		return 0;
	}
	return refuse(j, "target", invalid);
}

/* needs_whole() - what it does to a stream regardless of subject, for whoever is refused; NULL:
 * nothing. */
static const char *
needs_whole(const struct jetstream *js)
{
	switch (js->verb) {
	case JS_CONSUMER_CREATE:
	case JS_MSG_GET:
	case JS_DIRECT_GET:
	case JS_MSG_DELETE:
	case JS_STREAM_PURGE:
		return js->whole_stream || js->by_seq ? "no filter_subject" : NULL;
	case JS_STREAM_SNAPSHOT:
	case JS_STREAM_RESTORE:
		return "no filter_subject";
	case JS_STREAM_CREATE:
	case JS_STREAM_UPDATE:
	case JS_STREAM_DELETE:
	case JS_CONSUMER_DELETE:
	case JS_CONSUMER_PAUSE:
	case JS_CONSUMER_UNPIN:
	case JS_CONSUMER_RESET:
	case JS_CONSUMER_NEXT:
	case JS_ADMIN:
		/* a bucket's name says whose it is; of another stream the granted request has to
		 * say it */
		return js->is_kv || js->is_object ? "stream" : NULL;
	default:
		return NULL;
	}
}

/* reads_whole() - what a rule that lets read a stream grants; everything else changes it. */
static bool
reads_whole(const struct jetstream *js)
{
	switch (js->verb) {
	case JS_CONSUMER_CREATE:
	case JS_CONSUMER_NEXT:
	case JS_MSG_GET:
	case JS_DIRECT_GET:
	case JS_STREAM_SNAPSHOT:
		return true;
	default:
		return false;
	}
}

/*
 * judge_state() - a stream that stores a lattice's state is reached by the words for that alone.
 * Return: true when it is one; *r then says whether it may be.
 */
static bool
judge_state(struct judging *j, int *r)
{
	struct bytes lattice;

	if (j->js->stream.len == 0 || !state_stream(j->js->stream, &lattice))
		return false;
	*r = allow_or(j, "stream", rights_stored(j->rights, lattice, state_needs(j->js->verb)));
	return true;
}

/* judge() - the request as a whole, then each subject in it. */
static int
judge(struct judging *j)
{
	const struct jetstream *js = j->js;
	const char *whole = needs_whole(js);
	int r = 0;

	if (js->verb == JS_UNKNOWN)
		return refuse(j, "unknown request", invalid);
	/* servers, accounts and templates of streams: old servers ask nobody's leave, and a template's
	 * body is not read */
	if (js->verb == JS_ADMIN && js->stream.len == 0)
		return refuse(j, "administration", invalid);
	if (js->verb == JS_STORE)
		return allow_or(j, "bucket", rights_publish(j->rights, js->store));
	if (js->allow_schedules)
		return refuse(j, "allow_msg_schedules", invalid);
	if (js->allow_rollup && !js->is_kv && !js->is_object)
		return refuse(j, "allow_rollup_hdrs", invalid);
	if (!judge_state(j, &r) && whole != NULL)
		r = allow_or(j, whole,
		    reads_whole(js) ? rights_stream(j->rights, js->stream)
				    : rights_stream_subjects(j->rights, js->stream));
	for (const struct js_target *t = js->targets; r == 0 && t != NULL; t = t->next)
		r = judge_target(j, t);
	return r;
}

/* rewrite() - the payload with the names of own inboxes changed, in the order they stand in it. */
static int
rewrite(const struct judging *j, struct bytes payload, struct buf *out)
{
	size_t at = 0;

	for (;;) {
		const struct js_target *next = NULL;
		char up[INBOX_NAME_MAX];

		for (const struct js_target *t = j->js->targets; t != NULL; t = t->next) {
			if (t->role == JS_DELIVER && t->where.len != 0 && inbox_is(t->subject) &&
			    t->where.at >= at && (next == NULL || t->where.at < next->where.at))
				next = t;
		}
		if (next == NULL)
			break;
		/* up to the opening quote, the new value with its quotes, on from behind the
		 * closing one */
		buf_put(out, bytes_of(payload.ptr + at, next->where.at - 1 - at));
		buf_put_json(out, inbox_up(next->subject, j->token, up));
		at = next->where.at + next->where.len + 1;
	}
	buf_put(out, bytes_from(payload, at));
	return buf_failed(out) ? err_raise(-ENOMEM) : 0;
}

int
broker_judge(struct rights *rights, const char *token, const struct nats_op *op, void *arena,
    struct buf *out, struct relay_event *e)
{
	struct body_arena memory = { .mem = arena, .cap = BROKER_ARENA };
	struct body_input in = {
		.subject = op->subject, .header = op->header, .payload = op->payload
	};
	struct jetstream js;
	struct judging j = { rights, token, &js, e };
	int r = jetstream_decode(&in, &memory, &js);

	if (r == BODY_REFUSED) {
		e->detail = js.fault.field.len != 0 ? js.fault.field : bytes_str(js.fault.why);
		e->decision = invalid;
		return BROKER_REFUSED;
	}
	if (r != 0)
		return refuse(&j, "not a request of the API", invalid);
	r = judge(&j);
	return r != 0 ? err_pass(r) : rewrite(&j, op->payload, out);
}
