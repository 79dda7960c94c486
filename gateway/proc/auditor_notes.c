/*
 * auditor_notes - the decision log: one JSON line each, for whoever watches. It is written as it comes and
 * not waited for; what has to be proved later is in the records.
 */
#include <stdio.h>
#include <time.h>

#include "gateway/io/clock.h"
#include "gateway/proc/auditor_priv.h"
#include "policy/core/members.h"

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
	members_text(b, "time", text);
}

/* put_text() - left out when empty. */
static void
put_text(struct buf *b, const char *key, struct bytes v)
{
	if (v.len != 0)
		members_bytes(b, key, v);
}

static void
put_list(struct buf *b, const char *key, size_t n, char *const item[])
{
	members_array(b, key);
	for (size_t i = 0; i < n; i++)
		members_text(b, NULL, item[i]);
	members_end_array(b);
}

static void
put_digest(struct buf *b, const uint8_t digest[32])
{
	members_name(b, "sha256");
	buf_put_u8(b, '"');
	buf_put_hex(b, bytes_of(digest, 32));
	buf_put_u8(b, '"');
}

/* put_identity() - who the verifier says this connection is. */
static void
put_identity(struct buf *b, const struct identity *id)
{
	put_text(b, "user", bytes_str(id->user));
	put_text(b, "account", bytes_str(id->account));
	put_text(b, "issuer", bytes_str(id->issuer));
	put_text(b, "name", bytes_str(id->name));
	put_list(b, "tags", id->n_tags, id->tags);
	if (id->n_certs == 0)
		return;
	put_text(b, "certificate", bytes_str(id->certificate));
	put_list(b, "certificate_names", id->n_certs, id->certs);
}

void
note_edge(struct buf *b, const struct msg_note *m, uint32_t edge, const struct named *who)
{
	buf_put_u8(b, '{');
	put_time(b);
	put_text(b, "event", m->event);
	put_text(b, "id", m->id);
	put_text(b, "decision", m->decision);
	members_dec(b, "edge", edge);
	members_dec(b, "client", m->conn);
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
		members_dec(b, "in_msgs", m->in_msgs);
		members_dec(b, "out_msgs", m->out_msgs);
		members_dec(b, "in_bytes", m->in_bytes);
		members_dec(b, "out_bytes", m->out_bytes);
		members_dec(b, "denied", m->denied);
	}
	if (m->keep) {
		members_dec(b, "size", m->size);
		put_digest(b, m->digest);
	}
	if (m->summed > 0)
		members_dec(b, "not_written", m->summed);
	buf_put_str(b, "}\n");
}

void
note_refused(struct buf *b, const struct msg_refused *m)
{
	buf_put_u8(b, '{');
	put_time(b);
	put_text(b, "event", BYTES_LIT("login_refused"));
	members_dec(b, "edge", m->edge);
	members_dec(b, "client", m->conn);
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
	members_dec(b, "seq", seq);
	put_text(b, "event", BYTES_LIT("command"));
	put_text(b, "id", auditor_id(m->edge, m->conn, m->number, id));
	put_text(b, "decision", m->allowed ? BYTES_LIT("allow") : BYTES_LIT("deny"));
	if (m->would_deny)
		members_bool(b, "would_deny", true);
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
		members_dec(b, "parts", m->parts);
	if (m->has_count)
		members_dec(b, "count", m->count);
	put_text(b, "field", m->field);
	put_text(b, "why", m->why);
	members_bool(b, "mutating", m->mutating);
	put_text(b, "subject", m->subject);
	put_text(b, "reply", m->reply);
	members_dec(b, "edge", m->edge);
	members_dec(b, "client", m->conn);
	put_text(b, "source", bytes_str(who->source));
	put_identity(b, &who->entry.person->identity);
	members_dec(b, "size", m->size);
	put_digest(b, m->digest);
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
	members_dec(b, "of", m->seq);
	put_text(b, "id", auditor_id(m->edge, m->conn, m->number, id));
	put_text(b, "verb", m->verb);
	put_text(b, "outcome", m->outcome);
	put_text(b, "success", m->success);
	members_dec(b, "answers", m->answers);
	members_dec(b, "first_us", m->first_us);
	buf_put_str(b, "}\n");
}
