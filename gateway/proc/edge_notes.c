/*
 * edge_notes - what the edge writes down: to the auditor what was decided on which connection, to the
 * log the same for whoever watches.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "gateway/io/log.h"
#include "gateway/proc/edge_priv.h"
#include "gateway/proc/stats.h"

/* edge_note() - one line for the decision log; a full channel loses notes, and says how many. */
void
edge_note(struct relay *r, struct msg_note *m)
{
	char source[80];

	snprintf(source, sizeof(source), strchr(r->source, ':') != NULL ? "[%s]:%u" : "%s:%u", r->source,
	    r->source_port);
	m->conn = r->id;
	m->source = bytes_str(source);
	m->listener = edge_listener_of(r);
	if (m->policy.len == 0 && edge.snapshot.policy != NULL)
		m->policy = bytes_str(policy_id(edge.snapshot.policy));
	if (edge.auditor.fd < 0 || channel_pending(&edge.auditor) > EDGE_NOTES_MAX) {
		edge.notes_lost++;
		edge.past.unwritten++;
		m->source = BYTES_NULL;
		return;
	}
	m->summed += edge.notes_lost;
	edge.notes_lost = 0;
	(void)msg_note_put(&edge.auditor, m);
	m->source = BYTES_NULL; /* the text was ours */
}

static const char *
reason_of(const struct relay_event *e)
{
	if (e->reason != NULL)
		return e->reason;
	return e->kind == RELAY_PROTOCOL ? "" : reason_word(e->decision.reason);
}

/* keep() - a command past every gate is a record, delivered or not. */
static void
keep(struct msg_note *m, const struct relay_event *e)
{
	m->keep = true;
	m->decision = bytes_str(e->decision.verdict == VERDICT_ALLOW ? "allow" : "deny");
	m->size = e->payload.len;
	crypto_hash_sha256(m->digest, e->payload.ptr, e->payload.len);
}

void
edge_on_event(struct relay *r, const struct relay_event *e)
{
	const struct policy *p = edge.snapshot.policy;
	const char *rule = policy_rule_name(p, e->decision.rule);
	struct msg_note m = {
		.event = bytes_str(stats_word(e->kind)),
		.subject = e->subject,
		.reply = e->reply,
		.queue = e->queue,
		.detail = e->detail,
		.id = bytes_str(e->id),
		.rule = bytes_str(rule),
		.reason = bytes_str(reason_of(e)),
		.verb = e->verb != VERB_NONE ? bytes_str(command_verb_name(e->verb)) : BYTES_NULL,
		.summed = r->denials_summed,
	};
	struct log_line l;

	if (e->kind == RELAY_WOULD_DENY)
		edge.past.would_deny++;
	else if (e->kind != RELAY_PROTOCOL)
		edge.past.denied += 1 + r->denials_summed;
	edge.past.kind[e->kind] += 1 + r->denials_summed;
	r->denials_summed = 0;
	if (e->kind == RELAY_UNSTAMPED)
		keep(&m, e);
	edge_note(r, &m);
	log_begin(&l, e->kind == RELAY_WOULD_DENY ? LOG_INF : LOG_WRN, stats_word(e->kind));
	log_num(&l, "client", (int64_t)r->id);
	if (e->subject.len != 0)
		log_bytes(&l, "subject", e->subject);
	if (e->reply.len != 0)
		log_bytes(&l, "reply", e->reply);
	if (e->detail.len != 0)
		log_bytes(&l, "detail", e->detail);
	log_str(&l, "user", r->identity != NULL && r->identity->name != NULL ? r->identity->name : "");
	log_word(&l, "rule", rule);
	if (e->id != NULL)
		log_word(&l, "id", e->id);
	if (m.reason.len != 0)
		log_word(&l, "reason", reason_of(e));
	log_end(&l);
}

const char *
edge_rule_name(uint32_t rule)
{
	return policy_rule_name(edge.snapshot.policy, rule);
}

void
edge_on_opened(struct relay *r)
{
	struct msg_note m = { .event = BYTES_LIT("conn_open"),
		.detail = bytes_str(r->handshake.connect.lang != NULL ? r->handshake.connect.lang : "") };
	struct log_line l;

	edge.past.opened++;
	edge_note(r, &m);
	log_begin(&l, LOG_INF, "conn_open");
	log_num(&l, "client", (int64_t)r->id);
	log_str(&l, "source", r->source);
	log_str(&l, "user", r->identity->name != NULL ? r->identity->name : "");
	log_word(&l, "account", r->identity->account);
	log_end(&l);
}

/* log_ended() - in our own log; of strangers not more than is worth reading. */
static void
log_ended(const struct relay *r, const char *why, struct bytes tls)
{
	bool admitted = r->identity != NULL;
	struct log_line l;

	if (!admitted && !log_few(&edge.failed_lines, "login_failed", edge_now_ms()))
		return;
	log_begin(&l, admitted ? LOG_INF : LOG_WRN, admitted ? "conn_close" : "login_failed");
	log_num(&l, "client", (int64_t)r->id);
	log_str(&l, "source", r->source);
	log_str(&l, "why", why);
	if (tls.len != 0)
		log_bytes(&l, "tls", tls);
	log_end(&l);
}

void
edge_on_ended(struct relay *r, const char *why)
{
	bool admitted = r->identity != NULL;
	struct msg_note m = {
		.event = bytes_str(admitted ? "conn_close" : "login_failed"),
		.reason = bytes_str(why),
		.in_msgs = r->client.in_msgs,
		.in_bytes = r->client.in_bytes,
		.out_msgs = r->client.out_msgs,
		.out_bytes = r->client.out_bytes,
		.denied = r->denied,
		.summed = r->denials_summed,
	};
	const struct layer *tls = r->client.stream.layer != NULL && r->client.stream.layer->why != NULL
				      ? r->client.stream.layer
				      : r->upstream.stream.layer;

	if (tls != NULL && tls->why != NULL)
		m.detail = bytes_str(tls->why);
	if (admitted)
		edge_count_closed(r);
	else
		edge.past.login_failed++;
	/* once the verifier is asked, what goes wrong is its to blame, or our own slowness */
	if (!admitted && !((struct client *)r)->asked)
		edge_fault_of(r, why);
	/* what the verifier refused, the verifier has reported */
	if (admitted || !((struct client *)r)->refused)
		edge_note(r, &m);
	log_ended(r, why, m.detail);
	/* its last commands must be on their way before anybody hears that it left */
	if (edge.dispatcher.fd >= 0)
		channel_flush(&edge.dispatcher);
	if (((struct client *)r)->asked && edge.verifier.fd >= 0)
		(void)msg_conn_put(&edge.verifier, MSG_LEFT, r->id);
}
