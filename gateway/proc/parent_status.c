/*
 * parent_status - how the gateway does, as one JSON object: what there is, and what is wrong with what
 * to do about it. docs/GATEWAY.md names every member.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/proc/parent_priv.h"
#include "policy/core/members.h"

void
status_audit_gone(void)
{
	if (!parent.audit.failing || !parent.audit.away)
		parent.audit.since_s = clock_wall_s();
	parent.audit.known = parent.audit.failing = parent.audit.away = true;
	snprintf(parent.audit.why, sizeof(parent.audit.why), "the auditor has ended; another takes its place by itself");
}

void
status_audit(const struct msg_audit_state *m)
{
	parent.audit.known = true;
	parent.audit.seq = m->seq;
	parent.audit.durable = m->durable;
	parent.audit.failing = m->failing;
	parent.audit.away = false;
	parent.audit.since_s = m->since_s;
	parent.audit.notes_failing = m->notes_failing;
	parent.audit.notes_since_s = m->notes_since_s;
	parent.audit.lost = m->lost;
	parent.audit.checkpoint_ns = m->checkpoint_ns;
	parent.audit.batch_ns = m->batch_ns;
	memcpy(parent.audit.batch, m->batch, sizeof(parent.audit.batch));
	snprintf(parent.audit.why, sizeof(parent.audit.why), "%.*s", (int)m->why.len, (const char *)m->why.ptr);
	snprintf(parent.audit.notes_why, sizeof(parent.audit.notes_why), "%.*s", (int)m->notes_why.len,
	    (const char *)m->notes_why.ptr);
}

/* ---- JSON ---- */

/* put_time() - left out when it is none. */
static void
put_time(struct buf *b, const char *name, int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm;
	char text[32];

	if (s <= 0 || gmtime_r(&t, &tm) == NULL)
		return;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	members_text(b, name, text);
}

/* ---- the parts ---- */

static void
put_listeners(struct buf *b)
{
	char text[300];

	members_array(b, "listen");
	for (size_t i = 0; i < parent.n_listeners; i++) {
		const struct parent_listener *l = &parent.listener[i];

		snprintf(text, sizeof(text), strchr(l->host, ':') != NULL ? "[%s]:%u" : "%s:%u", l->host, l->port);
		members_name(b, NULL);
		buf_put_json(b, bytes_str(text));
	}
	buf_put_u8(b, ']');
}

static void
put_upstream(struct buf *b)
{
	const struct config_address *a = &parent.config->upstream;
	char text[300];

	snprintf(text, sizeof(text), strchr(a->host, ':') != NULL ? "nats://[%s]:%u" : "nats://%s:%u", a->host, a->port);
	members_object(b, "upstream");
	members_text(b, "url", text);
	members_text(b, "state",
	    !parent.upstream_tried		? "not tried" :
		parent.upstream_error != 0 ? "unreachable" :
					     "reached");
	if (parent.upstream_error != 0)
		members_text(b, "why", strerror(parent.upstream_error));
	put_time(b, "since", parent.upstream_since_s);
	buf_put_u8(b, '}');
}

static void
put_policy(struct buf *b)
{
	const struct reload *r = &parent.reload;

	members_object(b, "policy");
	members_text(b, "id", r->id);
	members_dec(b, "rules", r->rules);
	put_time(b, "loaded", r->loaded_s);
	members_bool(b, "applied", parent.unapplied == 0);
	if (r->refused_s != 0) {
		members_object(b, "refused");
		put_time(b, "time", r->refused_s);
		members_name(b, "messages");
		reload_put_report(b);
		buf_put_u8(b, '}');
	}
	members_text(b, "trust", r->trust);
	buf_put_u8(b, '}');
}

static void
put_processes(struct buf *b)
{
	uint64_t now = uv_now(&parent.loop);

	members_array(b, "processes");
	for (size_t i = 0; i < parent.n_kids; i++) {
		const struct kid *k = &parent.kid[i];

		members_object(b, NULL);
		members_text(b, "role", role_name(k->role));
		members_dec(b, "index", k->index);
		members_text(b, "state", !k->alive ? "ended" : !k->ready ? "starting" : k->owes_stats ? "silent" : "ready");
		if (k->alive) {
			members_dec(b, "pid", (uint64_t)k->process.pid);
			members_dec(b, "up_s", (now - k->born_ms) / 1000);
			walls_put(b, &k->walls);
		}
		members_dec(b, "restarts", k->restarts);
		if (respawn_failing(k))
			members_bool(b, "failing", true);
		buf_put_u8(b, '}');
	}
	buf_put_u8(b, ']');
}

uint64_t
status_limit(enum limit l)
{
	uint64_t n = parent.past_limit[l];

	for (size_t i = 0; i < parent.n_kids; i++)
		n += parent.kid[i].stats.limit[l];
	return n;
}

/* put_limits() - what is held now, and how often each ceiling was run into. */
static void
put_limits(struct buf *b, const struct msg_stats *m)
{
	members_object(b, "limits");
	members_dec(b, "preauth", m->early);
	members_dec(b, "penalised", m->penalised);
	members_dec(b, "held_bytes", m->held);
	members_object(b, "reached");
	for (size_t l = 0; l < LIMIT_COUNT; l++)
		members_dec(b, limit_name((enum limit)l), status_limit((enum limit)l));
	buf_put_u8(b, '}');
	buf_put_u8(b, '}');
}

static void
put_counts(struct buf *b)
{
	struct msg_stats all = { 0 };

	for (size_t i = 0; i < parent.n_kids; i++) {
		const struct kid *k = &parent.kid[i];

		if (k->role == ROLE_EDGE) {
			all.early += k->stats.early;
			all.penalised += k->stats.penalised;
			all.held += k->stats.held;
			all.tls_done += k->stats.tls_done;
			all.tls_failed += k->stats.tls_failed;
			all.tls_unsigned += k->stats.tls_unsigned;
			all.conns += k->stats.conns;
			all.closing += k->stats.closing;
			all.opened += k->stats.opened;
			all.in_msgs += k->stats.in_msgs;
			all.out_msgs += k->stats.out_msgs;
			all.denied += k->stats.denied;
			all.unwritten += k->stats.unwritten;
		} else if (k->role == ROLE_DISPATCHER) {
			all.commands = k->stats.commands;
			all.refused = k->stats.refused;
			all.waiting = k->stats.waiting;
		}
	}
	members_object(b, "connections");
	members_dec(b, "now", all.conns);
	members_dec(b, "closing", all.closing);
	members_dec(b, "total", all.opened);
	members_dec(b, "in_msgs", all.in_msgs);
	members_dec(b, "out_msgs", all.out_msgs);
	members_dec(b, "denied", all.denied);
	buf_put_u8(b, '}');
	put_limits(b, &all);
	if (parent.config->tls.on || parent.config->upstream_tls.on) {
		members_object(b, "tls");
		members_dec(b, "handshakes", all.tls_done);
		members_dec(b, "failed", all.tls_failed);
		members_dec(b, "signatures_refused", all.tls_unsigned);
		buf_put_u8(b, '}');
	}
	members_object(b, "commands");
	members_dec(b, "total", all.commands);
	members_dec(b, "refused", all.refused);
	members_dec(b, "waiting", all.waiting);
	buf_put_u8(b, '}');
	members_object(b, "decisions");
	members_text(b, "state", !parent.audit.known ? "unknown" : parent.audit.notes_failing ? "failing" : "ok");
	members_text(b, "file", parent.config->decisions);
	members_dec(b, "lost", all.unwritten);
	if (parent.audit.notes_failing) {
		members_text(b, "why", parent.audit.notes_why);
		put_time(b, "since", parent.audit.notes_since_s);
	}
	buf_put_u8(b, '}');
}

static void
put_audit(struct buf *b)
{
	members_object(b, "audit");
	members_text(b, "state", !parent.audit.known ? "unknown" : parent.audit.failing ? "failing" : "ok");
	members_text(b, "folder", parent.config->audit);
	members_dec(b, "seq", parent.audit.seq);
	members_dec(b, "durable", parent.audit.durable);
	if (parent.audit.failing) {
		members_text(b, "why", parent.audit.why);
		put_time(b, "since", parent.audit.since_s);
	}
	buf_put_u8(b, '}');
}

static void
put_sinks(struct buf *b)
{
	members_array(b, "sinks");
	for (size_t i = 0; i < parent.config->n_sinks; i++) {
		const struct sink_status *s = &parent.sink[i];

		members_object(b, NULL);
		members_text(b, "name", parent.config->sink[i].name);
		members_text(b, "type", sink_type_name(parent.config->sink[i].type));
		members_text(b, "state", s->up ? "connected" : s->why[0] != '\0' ? "lost" : "starting");
		members_dec(b, "after", s->after);
		members_dec(b, "waiting", s->waiting);
		if (!s->up && s->why[0] != '\0')
			members_text(b, "why", s->why);
		buf_put_u8(b, '}');
	}
	buf_put_u8(b, ']');
}

/* ---- what is wrong ---- */

static void
problem(struct buf *b, const char *what, const char *why, const char *fix)
{
	members_object(b, NULL);
	members_text(b, "what", what);
	members_text(b, "why", why);
	members_text(b, "try", fix);
	buf_put_u8(b, '}');
}

static void
problems_of_files(struct buf *b)
{
	char text[4600];

	if (!parent.audit.known)
		problem(b, "the state of the audit is not known", "the auditor has not answered",
		    "look at the log; when it stays so, restart the gateway");
	if (parent.audit.away) {
		problem(b, "records cannot be written: commands that change something are refused", parent.audit.why,
		    "look at the log when it does not; commands pass again by themselves");
	} else if (parent.audit.failing) {
		snprintf(text, sizeof(text), "make room in %s, or writable; commands pass again by themselves",
		    parent.config->audit);
		problem(b, "records cannot be written: commands that change something are refused", parent.audit.why, text);
	}
	if (parent.audit.notes_failing) {
		snprintf(text, sizeof(text), "make room for %s, or make it writable", parent.config->decisions);
		problem(b, "the decision log cannot be written: its lines are lost", parent.audit.notes_why, text);
	}
}

static void
problems_of_reload(struct buf *b)
{
	const struct reload *r = &parent.reload;
	struct bytes report = buf_bytes(&r->report), line = bytes_upto(report, bytes_find(report, '\n'));
	char text[512];

	snprintf(text, sizeof(text), "%.*s", (int)(line.len < 500 ? line.len : 500), (const char *)line.ptr);
	if (r->refused_s != 0)
		problem(b, "the last reload was refused; the policy in force stays", text,
		    "correct it, look with `portcullis policy check`, then `portcullis reload`");
	if (r->trust_kept)
		problem(b, "the operator or accounts could not be taken up; what was trusted before stays", r->trust,
		    "portcullis check says which file");
}

/* lost_with() - what does not work while a process is away. */
static const char *
lost_with(enum role role)
{
	switch (role) {
	case ROLE_EDGE:
		return "its connections are not served";
	case ROLE_VERIFIER:
		return "nobody can log in; live connections go on";
	case ROLE_SIGNER:
		return "nobody can log in, and commands are not forwarded; live connections go on";
	case ROLE_DISPATCHER:
		return "commands are refused; everything else goes on";
	case ROLE_AUDITOR:
		return "commands that change something are refused; everything else goes on";
	default:
		return "";
	}
}

static void
put_problems(struct buf *b)
{
	char what[80], text[300];

	members_array(b, "problems");
	problems_of_files(b);
	if (parent.upstream_error != 0) {
		snprintf(text, sizeof(text), "start it, or correct `upstream { url }` in %.200s", parent.config->file);
		problem(b, "the upstream cannot be reached: nobody can log in", strerror(parent.upstream_error), text);
	}
	problems_of_reload(b);
	for (size_t i = 0; i < parent.config->n_sinks; i++) {
		if (parent.sink[i].up || parent.sink[i].why[0] == '\0')
			continue;
		snprintf(what, sizeof(what), "sink %s takes no records", parent.config->sink[i].name);
		problem(b, what, parent.sink[i].why, "it is tried again by itself; commands do not wait for it");
	}
	for (size_t i = 0; i < parent.n_kids; i++) {
		const struct kid *k = &parent.kid[i];

		if (respawn_failing(k)) {
			snprintf(what, sizeof(what), "process %s %u dies again and again", role_name(k->role), k->index);
			problem(b, what, lost_with(k->role), "look at the log: event=child_ended, event=fatal");
			continue;
		}
		if (k->alive && k->ready && !k->owes_stats)
			continue;
		snprintf(what, sizeof(what), "process %s %u %s", role_name(k->role), k->index,
		    !k->alive ? "has ended" : k->ready ? "does not answer" : "is starting");
		problem(b, what, lost_with(k->role),
		    "look at the log; a replacement comes by itself");
	}
	if (parent.state == PARENT_LAME_DUCK)
		problem(b, "the gateway is a lame duck: it takes no connections and ends", "it was sent USR2", "");
	buf_put_u8(b, ']');
}

void
status_put(struct buf *b)
{
	static const char *const states[] = { "starting", "running", "lame duck", "ending" };
	size_t at;

	buf_put_u8(b, '{');
	members_text(b, "version", PORTCULLIS_VERSION);
	members_dec(b, "pid", (uint64_t)getpid());
	members_text(b, "state", states[parent.state]);
	members_dec(b, "up_s", (uv_now(&parent.loop) - parent.born_ms) / 1000);
	members_text(b, "config", parent.config->file);
	walls_put(b, &parent.walls);
	put_listeners(b);
	put_upstream(b);
	put_policy(b);
	put_processes(b);
	put_counts(b);
	put_audit(b);
	put_sinks(b);
	at = b->len;
	put_problems(b);
	members_bool(b, "ok", !buf_failed(b) && b->len - at == strlen(",\"problems\":[]"));
	buf_put_u8(b, '}');
}
