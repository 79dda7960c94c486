/*
 * auditor_records - messages to records. Who it was comes from the verifier, number and time from the
 * ledger; what strangers wrote is borrowed into the record and escaped there.
 *
 * A command's body is kept without its secrets, which become commitments with a key only this process
 * has. One that could not be read in one way does not come here at all: nobody knows what is secret in it.
 */
#include <stdio.h>

#include "gateway/io/log.h"
#include "gateway/proc/auditor_priv.h"

struct bytes
auditor_id(uint32_t edge, uint64_t conn, uint64_t number, char room[64])
{
	int n = snprintf(room, 64, "%u.%llu.c%llu", edge, (unsigned long long)conn, (unsigned long long)number);

	return bytes_of(room, (size_t)n);
}

/* set_who() - as the verifier named the connection. */
static void
set_who(struct record *r, const struct named *who)
{
	const struct identity *id;

	if (who == NULL)
		return;
	id = &who->entry.person->identity;
	r->user = bytes_str(id->user);
	r->account = bytes_str(id->account);
	r->issuer = bytes_str(id->issuer);
	r->name = bytes_str(id->name);
	r->jti = bytes_str(id->jti);
	r->certificate = bytes_str(id->certificate);
	r->certificate_names.n = id->n_certs < RECORD_LIST_MAX ? id->n_certs : RECORD_LIST_MAX;
	for (size_t i = 0; i < r->certificate_names.n; i++)
		r->certificate_names.item[i] = bytes_str(id->certs[i]);
	r->tags.n = id->n_tags < RECORD_LIST_MAX ? id->n_tags : RECORD_LIST_MAX;
	for (size_t i = 0; i < r->tags.n; i++)
		r->tags.item[i] = bytes_str(id->tags[i]);
}

struct bytes
record_listener(uint8_t listener)
{
	const struct setup *s = &auditor.child.setup;

	return listener < s->n_listeners ? bytes_str(s->listener[listener]) : BYTES_NULL;
}

static void
set_conn(struct record *r, uint32_t edge, uint64_t client, struct bytes source)
{
	r->has_conn = true;
	r->edge = edge;
	r->client = client;
	r->source = source;
}

static void
set_payload(struct record *r, uint64_t size, const uint8_t digest[32])
{
	r->has_payload = true;
	r->size = size;
	memcpy(r->sha256.b, digest, sizeof(r->sha256.b));
}

/* put() - nobody waits for it. While nothing can be written it is only counted. */
static void
put(struct record *r)
{
	if (auditor.ledger.error != 0 || ledger_put(&auditor.ledger, r, auditor_now()) != 0)
		ledger_lose(&auditor.ledger, ledger_stands_for(r));
}

/* mode_of() - does the rule that decided only observe? */
static struct bytes
mode_of(bool would_deny)
{
	return would_deny ? BYTES_LIT("observe") : BYTES_LIT("enforce");
}

/* ---- commands ---- */

static void
set_body(struct record *r, const struct msg_record *m)
{
	struct redact_input in = { .payload = m->body, .span = auditor.span, .n_spans = m->spans.len / 8,
		.key = secret_bytes(&auditor.redact) };
	bool cut;

	buf_reset(&auditor.body);
	for (size_t i = 0; i < in.n_spans; i++) {
		memcpy(&auditor.span[i].at, m->spans.ptr + i * 8, 4);
		memcpy(&auditor.span[i].len, m->spans.ptr + i * 8 + 4, 4);
	}
	if (m->body.len == 0)
		return;
	if (redact(&in, &auditor.body, &r->secrets, &cut) == 0) {
		r->body = buf_bytes(&auditor.body);
	} else {
		r->secrets = 0;
		cut = true;
	}
	/* whoever reads it later is to know that this is not all of it */
	if (cut)
		r->cut.item[r->cut.n++] = BYTES_LIT("body");
}

int
record_command(const struct msg_record *m, const struct named *who, uint64_t *seq)
{
	char id[64];
	struct record r = {
		.kind = RECORD_COMMAND,
		.id = auditor_id(m->edge, m->conn, m->number, id),
		.decision = m->allowed ? BYTES_LIT("allow") : BYTES_LIT("deny"),
		.mode = mode_of(m->would_deny),
		.would_deny = m->would_deny,
		.rule = m->rule,
		.reason = m->reason,
		.field = m->field,
		.why = m->why,
		.policy = m->policy,
		.verb = m->verb,
		.dialect = m->dialect,
		.mutating = m->mutating,
		.sample = m->sample,
		.lattice = m->lattice,
		.host = m->host,
		.object = m->object,
		.target = m->target,
		.application = m->application,
		.image = m->image,
		.registry = m->registry,
		.repository = m->repository,
		.tag = m->tag,
		.digest = m->image_digest,
		.parts = m->parts > 1 ? m->parts : 0,
		.has_count = m->has_count,
		.count = m->count,
		.every_host = m->every_host,
		.link_source = m->link_source,
		.link_target = m->link_target,
		.link_name = m->link_name,
		.link_contract = m->link_contract,
		.config = m->config,
		.labels = m->labels,
		.subject = m->subject,
		.reply = m->reply,
	};
	int e;

	set_conn(&r, m->edge, m->conn, bytes_str(who->source));
	r.listener = record_listener(who->entry.listener);
	set_who(&r, who);
	set_payload(&r, m->size, m->digest);
	set_body(&r, m);
	e = ledger_put(&auditor.ledger, &r, auditor_now());
	*seq = r.seq;
	return e < 0 ? -e : e > 0 ? EINVAL : 0;
}

/* put_outcome() - kept and put again when this batch fails. Return: false when it can be no record. */
static bool
put_outcome(const struct msg_outcome *m)
{
	struct redact_input in = { .payload = m->error, .key = secret_bytes(&auditor.redact), .max = 2048 };
	char id[64];
	struct record r = { .kind = RECORD_OUTCOME,
		.id = auditor_id(m->edge, m->conn, m->number, id),
		.of = m->seq,
		.verb = m->verb,
		.lattice = m->lattice,
		.outcome = m->outcome,
		.success = m->success,
		.answers = m->answers,
		.first_us = m->first_us,
		.last_us = m->last_us,
		.has_conn = true,
		.edge = m->edge,
		.client = m->conn };
	uint64_t secrets;
	bool cut;
	int e;

	buf_reset(&auditor.error);
	if (m->error.len != 0 && redact(&in, &auditor.error, &secrets, &cut) == 0)
		r.error = buf_bytes(&auditor.error);
	e = ledger_put(&auditor.ledger, &r, auditor_now());
	if (e == 0)
		auditor.ledger.again++;
	return e <= 0; /* out of memory spoils the batch, and all of it is put again */
}

size_t
record_outcomes(uint64_t *dropped)
{
	struct cursor in = { .in = buf_bytes(&auditor.outcomes) };

	*dropped = 0;
	while (in.in.len > 0 && !in.failed && ledger_bytes(&auditor.ledger) < AUDITOR_ALMOST) {
		struct cursor one = { .in = cursor_sized(&in, MSG_OUTCOME_MAX) };
		struct msg_outcome m;

		if (in.failed || msg_outcome_get(&one, &m) != 0 || !put_outcome(&m))
			++*dropped;
	}
	return auditor.outcomes.len - in.in.len;
}

/* ---- what edges and the verifier say ---- */

/* What an edge's event is as a record. */
struct meaning {
	const char *event;
	enum record_kind kind;
	const char *what;
};

static const struct meaning meanings[] = {
	{ "conn_open", RECORD_OPEN, "open" },
	{ "conn_close", RECORD_CLOSE, "close" },
	{ "login_failed", RECORD_DENIAL, "login" },
	{ "pub_denied", RECORD_DENIAL, "publish" },
	{ "sub_denied", RECORD_DENIAL, "subscribe" },
	{ "reply_denied", RECORD_DENIAL, "reply" },
	{ "header_denied", RECORD_DENIAL, "header" },
	{ "body_denied", RECORD_DENIAL, "body" },
	{ "report_denied", RECORD_DENIAL, "report" },
	{ "command_denied", RECORD_DENIAL, "command" },
	{ "delivery_dropped", RECORD_DENIAL, "delivery" },
	{ "unstamped", RECORD_DENIAL, "unstamped" },
	{ "sub_ended", RECORD_DENIAL, "ended" },
	{ "would_deny", RECORD_DENIAL, "would_deny" },
	{ "protocol_error", RECORD_DENIAL, "protocol" },
};

static const struct meaning *
meaning_of(struct bytes event)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (bytes_is(event, meanings[i].event))
			return &meanings[i];
	return NULL;
}

/* pass() - is it to be written, or only counted? */
static bool
pass(const struct record *r, const char *what)
{
	struct flood_event e = { .what = bytes_str(what), .user = r->user, .account = r->account,
		.issuer = r->issuer, .source = r->source, .reason = r->reason, .edge = (uint32_t)r->edge,
		.client = r->client, .rule = r->rule, .verb = r->verb, .subject = r->subject, .policy = r->policy,
		.more = r->summed, .apart = bytes_is(r->what, "command") };

	return flood_pass(&auditor.flood, &e, uv_now(&auditor.child.loop));
}

/*
 * record_counted() - refused commands alike say nothing new after some of them, and whoever is refused a thousand times
 * a second would fill the disk. By one rule, for one reason, of one verb: noise of one kind hides no attempt of another.
 */
bool
record_counted(const struct msg_record *m, const struct named *who)
{
	const struct identity *id = &who->entry.person->identity;
	struct flood_event e = { .what = BYTES_LIT("command"), .user = bytes_str(id->user),
		.account = bytes_str(id->account), .issuer = bytes_str(id->issuer), .source = bytes_str(who->source),
		.reason = m->reason, .edge = m->edge, .client = m->conn, .rule = m->rule, .verb = m->verb,
		.subject = m->subject, .policy = m->policy, .apart = true };

	return !m->allowed && !flood_pass(&auditor.flood, &e, uv_now(&auditor.child.loop));
}

/* put_summed() - what the edge itself did not report one by one, where the record has no place for it. */
static void
put_summed(const struct msg_note *m, const struct record *like)
{
	struct record r = { .kind = RECORD_SUMMARY, .what = BYTES_LIT("denied"), .summed = m->summed,
		.policy = m->policy, .reason = BYTES_LIT("rate"), .has_conn = true, .edge = like->edge,
		.client = like->client, .source = like->source, .user = like->user, .account = like->account,
		.issuer = like->issuer, .name = like->name, .tags = like->tags };

	put(&r);
}

static void
set_denial(struct record *r, const struct msg_note *m, const char *what)
{
	bool allow = bytes_is(m->decision, "allow") || bytes_is(m->event, "would_deny");

	r->what = bytes_str(what);
	r->decision = allow ? BYTES_LIT("allow") : BYTES_LIT("deny");
	r->would_deny = bytes_is(m->event, "would_deny");
	r->mode = mode_of(r->would_deny);
	r->id = m->id;
	r->rule = m->rule;
	r->policy = m->policy;
	r->verb = m->verb;
	r->subject = m->subject;
	r->reply = m->reply;
	r->queue = m->queue;
	r->summed = m->summed;
	if (bytes_is(m->event, "header_denied"))
		r->header = m->detail;
	else
		r->detail = m->detail;
	if (m->keep)
		set_payload(r, m->size, m->digest);
}

static void
set_close(struct record *r, const struct msg_note *m, const struct named *who)
{
	int64_t now_ns = auditor_now().mono_ns;

	r->in_msgs = m->in_msgs;
	r->out_msgs = m->out_msgs;
	r->in_bytes = m->in_bytes;
	r->out_bytes = m->out_bytes;
	r->denied = m->denied;
	if (who != NULL && now_ns > who->came_ns)
		r->duration_us = (uint64_t)(now_ns - who->came_ns) / 1000;
}

void
record_note(const struct msg_note *m, uint32_t edge, const struct named *who)
{
	const struct meaning *is = meaning_of(m->event);
	struct record r = { .kind = is != NULL ? is->kind : RECORD_NONE, .reason = m->reason };

	if (is == NULL)
		return;
	set_conn(&r, edge, m->conn, m->source);
	r.listener = record_listener(m->listener);
	set_who(&r, who);
	if (is->kind == RECORD_DENIAL)
		set_denial(&r, m, is->what);
	else if (is->kind == RECORD_CLOSE)
		set_close(&r, m, who);
	else
		r.detail = m->detail;
	/* what a rule delivers without a stamp is written one by one: it is a command */
	if ((m->keep && bytes_is(m->decision, "allow")) || pass(&r, is->what))
		put(&r);
	if (m->summed > 0 && is->kind != RECORD_DENIAL)
		put_summed(m, &r);
}

void
record_refused(const struct msg_refused *m)
{
	struct record r = { .kind = RECORD_DENIAL, .what = BYTES_LIT("login"), .decision = BYTES_LIT("deny"),
		.reason = m->code, .why = m->why };

	set_conn(&r, m->edge, m->conn, bytes_str(m->source));
	r.listener = record_listener(m->listener);
	if (pass(&r, "login"))
		put(&r);
}

void
record_act(const struct msg_act *m)
{
	static const enum record_kind kinds[] = {
		[ACT_READ] = RECORD_READ,
		[ACT_ADMIN] = RECORD_ADMIN,
		[ACT_RELOAD] = RECORD_RELOAD,
	};
	struct record r = { .kind = kinds[m->kind], .what = m->what, .detail = m->detail, .why = m->by };

	/* what the parent says of a policy that is in force begins with its id */
	if (m->kind == ACT_RELOAD && bytes_is(m->what, "policy"))
		r.policy = bytes_upto(m->detail, bytes_find(m->detail, ','));
	put(&r);
}

/* put_sum() - of a window that is over. */
static void
put_sum(const struct flood_sum *s)
{
	struct record r = { .kind = RECORD_SUMMARY, .what = bytes_str(s->what), .rule = bytes_str(s->rule),
		.reason = bytes_str(s->reason), .policy = bytes_str(s->policy), .verb = bytes_str(s->verb),
		.subject = bytes_str(s->subject), .summed = s->count };

	if (s->mixed) {
		r.detail = BYTES_LIT("by several; rule, reason and subject are those of the last");
	} else {
		r.user = bytes_str(s->user);
		r.account = bytes_str(s->account);
		r.issuer = bytes_str(s->issuer);
		set_conn(&r, s->edge, s->client, bytes_str(s->source));
	}
	put(&r);
}

void
record_flood_end(uint64_t now_ms)
{
	for (unsigned i = 0; i < auditor.flood.n_sums; i++)
		put_sum(&auditor.flood.sum[i]);
	flood_begin(&auditor.flood, now_ms);
}

void
record_flood(uint64_t now_ms)
{
	if (flood_over(&auditor.flood, now_ms))
		record_flood_end(now_ms);
}
