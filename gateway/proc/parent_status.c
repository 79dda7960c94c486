/*
 * parent_status - how the gateway does, as one JSON object: what there is, and what is wrong with what
 * to do about it. docs/GATEWAY.md names every member.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/proc/parent_priv.h"

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

static void
key(struct buf *b, const char *name)
{
	if (b->len > 0 && b->ptr[b->len - 1] != '{' && b->ptr[b->len - 1] != '[')
		buf_put_u8(b, ',');
	if (name == NULL)
		return;
	buf_put_u8(b, '"');
	buf_put_str(b, name);
	buf_put_str(b, "\":");
}

static void
put_str(struct buf *b, const char *name, const char *v)
{
	key(b, name);
	buf_put_json(b, bytes_str(v));
}

static void
put_num(struct buf *b, const char *name, uint64_t v)
{
	key(b, name);
	buf_put_dec(b, v);
}

static void
put_bool(struct buf *b, const char *name, bool v)
{
	key(b, name);
	buf_put_str(b, v ? "true" : "false");
}

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
	put_str(b, name, text);
}

static void
open_object(struct buf *b, const char *name)
{
	key(b, name);
	buf_put_u8(b, '{');
}

static void
open_list(struct buf *b, const char *name)
{
	key(b, name);
	buf_put_u8(b, '[');
}

/* ---- the parts ---- */

static void
put_listeners(struct buf *b)
{
	char text[300];

	open_list(b, "listen");
	for (size_t i = 0; i < parent.n_listeners; i++) {
		const struct parent_listener *l = &parent.listener[i];

		snprintf(text, sizeof(text), strchr(l->host, ':') != NULL ? "[%s]:%u" : "%s:%u", l->host, l->port);
		key(b, NULL);
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
	open_object(b, "upstream");
	put_str(b, "url", text);
	put_str(b, "state",
	    !parent.upstream_tried		? "not tried" :
		parent.upstream_error != 0 ? "unreachable" :
					     "reached");
	if (parent.upstream_error != 0)
		put_str(b, "why", strerror(parent.upstream_error));
	put_time(b, "since", parent.upstream_since_s);
	buf_put_u8(b, '}');
}

static void
put_policy(struct buf *b)
{
	const struct reload *r = &parent.reload;

	open_object(b, "policy");
	put_str(b, "id", r->id);
	put_num(b, "rules", r->rules);
	put_time(b, "loaded", r->loaded_s);
	put_bool(b, "applied", parent.unapplied == 0);
	if (r->refused_s != 0) {
		open_object(b, "refused");
		put_time(b, "time", r->refused_s);
		key(b, "messages");
		reload_put_report(b);
		buf_put_u8(b, '}');
	}
	put_str(b, "trust", r->trust);
	buf_put_u8(b, '}');
}

static void
put_processes(struct buf *b)
{
	uint64_t now = uv_now(&parent.loop);

	open_list(b, "processes");
	for (size_t i = 0; i < parent.n_kids; i++) {
		const struct kid *k = &parent.kid[i];

		open_object(b, NULL);
		put_str(b, "role", role_name(k->role));
		put_num(b, "index", k->index);
		put_str(b, "state", !k->alive ? "ended" : !k->ready ? "starting" : k->owes_stats ? "silent" : "ready");
		if (k->alive) {
			put_num(b, "pid", (uint64_t)k->process.pid);
			put_num(b, "up_s", (now - k->born_ms) / 1000);
			walls_put(b, &k->walls);
		}
		put_num(b, "restarts", k->restarts);
		if (respawn_failing(k))
			put_bool(b, "failing", true);
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
	open_object(b, "limits");
	put_num(b, "preauth", m->early);
	put_num(b, "penalised", m->penalised);
	put_num(b, "held_bytes", m->held);
	open_object(b, "reached");
	for (size_t l = 0; l < LIMIT_COUNT; l++)
		put_num(b, limit_name((enum limit)l), status_limit((enum limit)l));
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
	open_object(b, "connections");
	put_num(b, "now", all.conns);
	put_num(b, "closing", all.closing);
	put_num(b, "total", all.opened);
	put_num(b, "in_msgs", all.in_msgs);
	put_num(b, "out_msgs", all.out_msgs);
	put_num(b, "denied", all.denied);
	buf_put_u8(b, '}');
	put_limits(b, &all);
	if (parent.config->tls.on || parent.config->upstream_tls.on) {
		open_object(b, "tls");
		put_num(b, "handshakes", all.tls_done);
		put_num(b, "failed", all.tls_failed);
		put_num(b, "signatures_refused", all.tls_unsigned);
		buf_put_u8(b, '}');
	}
	open_object(b, "commands");
	put_num(b, "total", all.commands);
	put_num(b, "refused", all.refused);
	put_num(b, "waiting", all.waiting);
	buf_put_u8(b, '}');
	open_object(b, "decisions");
	put_str(b, "state", !parent.audit.known ? "unknown" : parent.audit.notes_failing ? "failing" : "ok");
	put_str(b, "file", parent.config->decisions);
	put_num(b, "lost", all.unwritten);
	if (parent.audit.notes_failing) {
		put_str(b, "why", parent.audit.notes_why);
		put_time(b, "since", parent.audit.notes_since_s);
	}
	buf_put_u8(b, '}');
}

static void
put_audit(struct buf *b)
{
	open_object(b, "audit");
	put_str(b, "state", !parent.audit.known ? "unknown" : parent.audit.failing ? "failing" : "ok");
	put_str(b, "folder", parent.config->audit);
	put_num(b, "seq", parent.audit.seq);
	put_num(b, "durable", parent.audit.durable);
	if (parent.audit.failing) {
		put_str(b, "why", parent.audit.why);
		put_time(b, "since", parent.audit.since_s);
	}
	buf_put_u8(b, '}');
}

static void
put_sinks(struct buf *b)
{
	open_list(b, "sinks");
	for (size_t i = 0; i < parent.config->n_sinks; i++) {
		const struct sink_status *s = &parent.sink[i];

		open_object(b, NULL);
		put_str(b, "name", parent.config->sink[i].name);
		put_str(b, "type", sink_type_name(parent.config->sink[i].type));
		put_str(b, "state", s->up ? "connected" : s->why[0] != '\0' ? "lost" : "starting");
		put_num(b, "after", s->after);
		put_num(b, "waiting", s->waiting);
		if (!s->up && s->why[0] != '\0')
			put_str(b, "why", s->why);
		buf_put_u8(b, '}');
	}
	buf_put_u8(b, ']');
}

/* ---- what is wrong ---- */

static void
problem(struct buf *b, const char *what, const char *why, const char *fix)
{
	open_object(b, NULL);
	put_str(b, "what", what);
	put_str(b, "why", why);
	put_str(b, "try", fix);
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

	open_list(b, "problems");
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
	put_str(b, "version", PORTCULLIS_VERSION);
	put_num(b, "pid", (uint64_t)getpid());
	put_str(b, "state", states[parent.state]);
	put_num(b, "up_s", (uv_now(&parent.loop) - parent.born_ms) / 1000);
	put_str(b, "config", parent.config->file);
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
	put_bool(b, "ok", !buf_failed(b) && b->len - at == strlen(",\"problems\":[]"));
	buf_put_u8(b, '}');
}
