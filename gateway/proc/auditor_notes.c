/*
 * auditor_notes - the decision log: one JSON line each, for whoever watches. It is written as it comes and
 * not waited for; what has to be proved later is in the records.
 */
#include <stdio.h>
#include <time.h>

#include "gateway/io/clock.h"
#include "gateway/proc/auditor_priv.h"

static void
put_time(struct buf *b)
{
	int64_t ns = clock_wall_ns();
	time_t s = ns / 1000000000;
	struct tm tm;
	char text[64];

	gmtime_r(&s, &tm);
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%09lldZ", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (long long)(ns % 1000000000));
	buf_put_str(b, "\"time\":\"");
	buf_put_str(b, text);
	buf_put_u8(b, '"');
}

/* put_text() - ,"key":"value", left out when empty */
static void
put_text(struct buf *b, const char *key, struct bytes v)
{
	if (v.len == 0)
		return;
	buf_put_str(b, ",\"");
	buf_put_str(b, key);
	buf_put_str(b, "\":");
	buf_put_json(b, v);
}

static void
put_number(struct buf *b, const char *key, uint64_t v)
{
	buf_put_str(b, ",\"");
	buf_put_str(b, key);
	buf_put_str(b, "\":");
	buf_put_dec(b, v);
}

static void
put_bool(struct buf *b, const char *key, bool v)
{
	buf_put_str(b, ",\"");
	buf_put_str(b, key);
	buf_put_str(b, v ? "\":true" : "\":false");
}

/* put_identity() - who the verifier says this connection is. */
static void
put_identity(struct buf *b, const struct identity *id)
{
	put_text(b, "user", bytes_str(id->user));
	put_text(b, "account", bytes_str(id->account));
	put_text(b, "issuer", bytes_str(id->issuer));
	put_text(b, "name", bytes_str(id->name));
	buf_put_str(b, ",\"tags\":[");
	for (size_t i = 0; i < id->n_tags; i++) {
		if (i > 0)
			buf_put_u8(b, ',');
		buf_put_json(b, bytes_str(id->tags[i]));
	}
	buf_put_u8(b, ']');
	if (id->n_certs == 0)
		return;
	put_text(b, "certificate", bytes_str(id->certificate));
	buf_put_str(b, ",\"certificate_names\":[");
	for (size_t i = 0; i < id->n_certs; i++) {
		if (i > 0)
			buf_put_u8(b, ',');
		buf_put_json(b, bytes_str(id->certs[i]));
	}
	buf_put_u8(b, ']');
}

void
note_edge(struct buf *b, const struct msg_note *m, uint32_t edge, const struct named *who)
{
	buf_put_u8(b, '{');
	put_time(b);
	put_text(b, "event", m->event);
	put_text(b, "id", m->id);
	put_text(b, "decision", m->decision);
	put_number(b, "edge", edge);
	put_number(b, "client", m->conn);
	put_text(b, "source", m->source);
	if (who != NULL)
		put_identity(b, &who->entry.person->identity);
	put_text(b, "subject", m->subject);
	put_text(b, "reply", m->reply);
	put_text(b, "queue", m->queue);
	put_text(b, "verb", m->verb);
	put_text(b, "rule", m->rule);
	put_text(b, "reason", m->reason);
	put_text(b, "detail", m->detail);
	put_text(b, "policy", m->policy);
	if (bytes_is(m->event, "conn_close")) {
		put_number(b, "in_msgs", m->in_msgs);
		put_number(b, "out_msgs", m->out_msgs);
		put_number(b, "in_bytes", m->in_bytes);
		put_number(b, "out_bytes", m->out_bytes);
		put_number(b, "denied", m->denied);
	}
	if (m->keep) {
		put_number(b, "size", m->size);
		buf_put_str(b, ",\"sha256\":\"");
		buf_put_hex(b, bytes_of(m->digest, sizeof(m->digest)));
		buf_put_u8(b, '"');
	}
	if (m->summed > 0)
		put_number(b, "not_written", m->summed);
	buf_put_str(b, "}\n");
}

void
note_refused(struct buf *b, const struct msg_refused *m)
{
	buf_put_u8(b, '{');
	put_time(b);
	put_text(b, "event", BYTES_LIT("login_refused"));
	put_number(b, "edge", m->edge);
	put_number(b, "client", m->conn);
	put_text(b, "source", bytes_str(m->source));
	put_text(b, "code", m->code);
	put_text(b, "reason", m->why);
	buf_put_str(b, "}\n");
}

void
note_command(struct buf *b, const struct msg_record *m, const struct named *who, uint64_t seq)
{
	char id[64];

	buf_put_u8(b, '{');
	put_time(b);
	put_number(b, "seq", seq);
	put_text(b, "event", BYTES_LIT("command"));
	put_text(b, "id", auditor_id(m->edge, m->conn, m->number, id));
	put_text(b, "decision", m->allowed ? BYTES_LIT("allow") : BYTES_LIT("deny"));
	if (m->would_deny)
		put_bool(b, "would_deny", true);
	put_text(b, "rule", m->rule);
	put_text(b, "reason", m->reason);
	put_text(b, "verb", m->verb);
	put_text(b, "dialect", m->dialect);
	put_text(b, "lattice", m->lattice);
	put_text(b, "host", m->host);
	put_text(b, "object", m->object);
	put_text(b, "target", m->target);
	put_text(b, "image", m->image);
	if (m->parts > 1)
		put_number(b, "parts", m->parts);
	if (m->has_count)
		put_number(b, "count", m->count);
	put_text(b, "field", m->field);
	put_text(b, "why", m->why);
	put_bool(b, "mutating", m->mutating);
	put_text(b, "subject", m->subject);
	put_text(b, "reply", m->reply);
	put_number(b, "edge", m->edge);
	put_number(b, "client", m->conn);
	put_text(b, "source", bytes_str(who->source));
	put_identity(b, &who->entry.person->identity);
	put_number(b, "size", m->size);
	buf_put_str(b, ",\"sha256\":\"");
	buf_put_hex(b, bytes_of(m->digest, sizeof(m->digest)));
	buf_put_u8(b, '"');
	put_text(b, "policy", m->policy);
	buf_put_str(b, "}\n");
}

void
note_act(struct buf *b, const struct msg_act *m)
{
	static const char *const words[] = { "", "read", "admin", "reload" };

	buf_put_u8(b, '{');
	put_time(b);
	put_text(b, "event", bytes_str(words[m->kind]));
	put_text(b, "what", m->what);
	put_text(b, "detail", m->detail);
	put_text(b, "by", m->by);
	buf_put_str(b, "}\n");
}

void
note_outcome(struct buf *b, const struct msg_outcome *m)
{
	char id[64];

	buf_put_u8(b, '{');
	put_time(b);
	put_text(b, "event", BYTES_LIT("outcome"));
	put_number(b, "of", m->seq);
	put_text(b, "id", auditor_id(m->edge, m->conn, m->number, id));
	put_text(b, "verb", m->verb);
	put_text(b, "outcome", m->outcome);
	put_text(b, "success", m->success);
	put_number(b, "answers", m->answers);
	put_number(b, "first_us", m->first_us);
	buf_put_str(b, "}\n");
}
