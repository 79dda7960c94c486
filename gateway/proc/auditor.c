/*
 * auditor - what happened, written down. Owns the two append-only files, sequence and time; puts the
 * identity the verifier named on each line, never a sender's word for it.
 *
 * `durable` is answered after fdatasync() and not before: all records that arrived meanwhile share
 * the next one. When writing fails, the dispatcher is told so and forwards nothing.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/proc/child.h"
#include "gateway/proc/conns.h"
#include "gateway/proc/msg_auditor.h"
#include "gateway/proc/msg_verifier.h"
#include "gateway/proc/people.h"

enum {
	AUDITOR_EDGES = 64,
	AUDITOR_BATCH = 16 * 1024 * 1024,
	AUDITOR_WAITING = 65536,
	AUDITOR_TAIL = 256 * 1024,
	AUDITOR_KEEP_MS = 10000, /* how long a connection that left is still known */
	AUDITOR_TICK_MS = 1000,
};

struct named {
	struct conn_node node; /* first */
	struct person *person;
	char source[64];
	uint64_t left_ms; /* 0: still there */
};

static struct auditor {
	struct child child;
	struct channel edge[AUDITOR_EDGES], dispatcher, verifier;
	struct conns conns;
	struct people people;
	int records, decisions; /* descriptors */
	struct buf batch;       /* records of this turn */
	struct buf notes;       /* decision log lines of this turn */
	struct {
		uint64_t token, seq;
	} waiting[AUDITOR_WAITING];
	size_t n_waiting;
	uint64_t seq;
	bool failing;
	uv_prepare_t prepare;
	uv_timer_t tick;
} self;

/* ---- lines ---- */

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
}

static const struct named *
named_of(uint32_t edge, uint64_t conn)
{
	struct conn_node *n = conns_find(&self.conns, edge, conn);

	if (n == NULL && self.verifier.fd >= 0) {
		channel_pull(&self.verifier); /* told first, perhaps not read first */
		n = conns_find(&self.conns, edge, conn);
	}
	return (const struct named *)n;
}

/* ---- what is reported ---- */

/* put_note() - one line; with a number (@seq not 0) it is a record. */
static void
put_note(struct buf *b, const struct msg_note *m, uint32_t edge, const struct named *who, uint64_t seq)
{
	buf_put_str(b, seq != 0 ? "{\"v\":1,\"seq\":" : "{");
	if (seq != 0) {
		buf_put_dec(b, seq);
		buf_put_u8(b, ',');
	}
	put_time(b);
	put_text(b, "event", m->event);
	put_text(b, "id", m->id);
	put_text(b, "decision", m->decision);
	put_number(b, "edge", edge);
	put_number(b, "client", m->conn);
	put_text(b, "source", m->source);
	if (who != NULL)
		put_identity(b, &who->person->identity);
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

static int
on_note(struct channel *c, struct cursor *in, int fd)
{
	const struct named *who;
	struct msg_note m;
	uint64_t seq = 0;

	(void)fd;
	if (msg_note_get(in, &m) != 0)
		return -EBADMSG;
	who = named_of(c->index, m.conn);
	if (m.keep) {
		seq = ++self.seq;
		put_note(&self.batch, &m, c->index, who, seq);
	}
	put_note(&self.notes, &m, c->index, who, seq);
	return 0;
}


static int
on_login_refused(struct channel *c, struct cursor *in, int fd)
{
	struct buf *b = &self.notes;
	struct msg_refused m;

	(void)c;
	(void)fd;
	if (msg_refused_get(in, &m) != 0)
		return -EBADMSG;
	buf_put_u8(b, '{');
	put_time(b);
	put_text(b, "event", BYTES_LIT("login_refused"));
	put_number(b, "edge", m.edge);
	put_number(b, "client", m.conn);
	put_text(b, "source", bytes_str(m.source));
	put_text(b, "code", m.code);
	put_text(b, "reason", m.why);
	buf_put_str(b, "}\n");
	return 0;
}

/* command_id() - edge, connection, number: what the client is told when it is refused. */
static struct bytes
command_id(const struct msg_record *m, char room[64])
{
	int n = snprintf(room, 64, "%u.%llu.c%llu", m->edge, (unsigned long long)m->conn,
	    (unsigned long long)m->number);

	return bytes_of(room, (size_t)n);
}

/* put_command() - the record of a command, and the same line for the decision log. */
static void
put_command(struct buf *b, const struct msg_record *m, const struct named *who, uint64_t seq)
{
	char id[64];

	buf_put_str(b, "{\"v\":1,\"seq\":");
	buf_put_dec(b, seq);
	buf_put_u8(b, ',');
	put_time(b);
	put_text(b, "event", BYTES_LIT("command"));
	put_text(b, "id", command_id(m, id));
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
	put_identity(b, &who->person->identity);
	put_number(b, "size", m->size);
	buf_put_str(b, ",\"sha256\":\"");
	buf_put_hex(b, bytes_of(m->digest, sizeof(m->digest)));
	buf_put_u8(b, '"');
	put_text(b, "policy", m->policy);
	buf_put_str(b, "}\n");
}

static int
on_record(struct channel *c, struct cursor *in, int fd)
{
	const struct named *who;
	struct msg_record m;

	(void)fd;
	if (msg_record_get(in, &m) != 0)
		return -EBADMSG;
	who = named_of(m.edge, m.conn);
	if (who == NULL || self.n_waiting == AUDITOR_WAITING) {
		(void)msg_durable_put(c, MSG_NOT_WRITTEN, m.token, 0);
		return 0;
	}
	self.seq++;
	put_command(&self.batch, &m, who, self.seq);
	put_command(&self.notes, &m, who, self.seq);
	self.waiting[self.n_waiting].token = m.token;
	self.waiting[self.n_waiting].seq = self.seq;
	self.n_waiting++;
	return 0;
}

static int
on_outcome(struct channel *c, struct cursor *in, int fd)
{
	struct buf *to[] = { &self.batch, &self.notes };
	struct msg_outcome m;

	(void)c;
	(void)fd;
	if (msg_outcome_get(in, &m) != 0)
		return -EBADMSG;
	self.seq++;
	for (size_t i = 0; i < 2; i++) {
		buf_put_str(to[i], "{\"v\":1,\"seq\":");
		buf_put_dec(to[i], self.seq);
		buf_put_u8(to[i], ',');
		put_time(to[i]);
		put_text(to[i], "event", BYTES_LIT("outcome"));
		put_number(to[i], "of", m.seq);
		put_text(to[i], "outcome", m.outcome);
		put_number(to[i], "answers", m.answers);
		put_number(to[i], "first_us", m.first_us);
		buf_put_str(to[i], "}\n");
	}
	return 0;
}

/* ---- writing ---- */

/* write_all() - Return: 0, -errno. */
static int
write_all(int fd, struct bytes s)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.ptr, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_raise(n < 0 ? -errno : -EIO);
		s = bytes_from(s, (size_t)n);
	}
	return 0;
}

/* size_of() - of a file, or -1 where there is no such thing. */
static off_t
size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : -1;
}

/* undo() - something was written in part: cut it off, so that no half line is left behind. */
static void
undo(int fd, off_t size, const char *event)
{
	if (size >= 0 && ftruncate(fd, size) != 0)
		log_event(LOG_ERR, event);
}

/* write_batch() - the records of this turn to the disk, then `durable` to whoever waits. */
static void
write_batch(void)
{
	off_t size = size_of(self.records);
	int r = buf_failed(&self.batch) ? -ENOMEM : write_all(self.records, buf_bytes(&self.batch));

	if (r == 0 && fdatasync(self.records) != 0)
		r = -errno;
	if (r != 0) {
		struct log_line l;

		undo(self.records, size, "audit_torn");
		log_begin(&l, LOG_ERR, "audit_not_written");
		log_errno(&l, r);
		log_str(&l, "effect", "commands are refused until it can be written again");
		log_end(&l);
	} else if (self.failing) {
		log_event(LOG_INF, "audit_written_again");
	}
	self.failing = r != 0;
	for (size_t i = 0; i < self.n_waiting; i++)
		(void)msg_durable_put(&self.dispatcher, r == 0 ? MSG_DURABLE : MSG_NOT_WRITTEN,
		    self.waiting[i].token, self.waiting[i].seq);
	self.n_waiting = 0;
	buf_reset(&self.batch);
	channel_flush(&self.dispatcher);
}

static void
write_notes(void)
{
	off_t size = size_of(self.decisions);
	int r = buf_failed(&self.notes) ? -ENOMEM : write_all(self.decisions, buf_bytes(&self.notes));

	if (r != 0) {
		struct log_line l;

		undo(self.decisions, size, "decisions_torn");
		log_begin(&l, LOG_ERR, "decisions_not_written");
		log_errno(&l, r);
		log_end(&l);
	}
	buf_reset(&self.notes);
}

/* before_sleep() - everything that could be read has been read: write it as one. */
static void
before_sleep(uv_prepare_t *p)
{
	(void)p;
	if (self.batch.len > 0 || self.n_waiting > 0)
		write_batch();
	if (self.notes.len > 0 || buf_failed(&self.notes))
		write_notes();
}

/* ---- the files at start ---- */

/* last_seq() - the sequence number of the last whole line, found from the end. */
static uint64_t
last_seq(struct bytes tail)
{
	static const struct bytes key = BYTES_LIT("{\"v\":1,\"seq\":");
	uint64_t seq = 0;

	while (tail.len > 0) {
		size_t n = bytes_find(tail, '\n');
		struct bytes line = bytes_upto(tail, n);

		if (n < tail.len && bytes_starts(line, key)) {
			uint64_t v = 0;

			line = bytes_from(line, key.len);
			for (size_t i = 0; i < line.len && line.ptr[i] >= '0' && line.ptr[i] <= '9'; i++)
				v = v * 10 + (uint64_t)(line.ptr[i] - '0');
			seq = v > seq ? v : seq;
		}
		tail = bytes_from(tail, n + 1);
	}
	return seq;
}

/* open_records() - go on where the file ends; a torn last line is closed and said to be a gap. */
static int
open_records(int fd)
{
	autofree(mem_freep) char *tail = malloc(AUDITOR_TAIL);
	struct stat st;
	off_t from;
	ssize_t n;

	if (tail == NULL || fstat(fd, &st) != 0)
		return err_raise(-ENOMEM);
	self.records = fd;
	if (st.st_size == 0)
		return 0;
	from = st.st_size > AUDITOR_TAIL ? st.st_size - AUDITOR_TAIL : 0;
	n = pread(fd, tail, AUDITOR_TAIL, from);
	if (n <= 0)
		return err_raise(-EIO);
	self.seq = last_seq(bytes_of(tail, (size_t)n));
	if (tail[n - 1] == '\n')
		return 0;
	self.seq++;
	buf_put_str(&self.batch, "\n{\"v\":1,\"seq\":");
	buf_put_dec(&self.batch, self.seq);
	buf_put_u8(&self.batch, ',');
	put_time(&self.batch);
	put_text(&self.batch, "event", BYTES_LIT("gap"));
	put_text(&self.batch, "reason", BYTES_LIT("the last line was not whole"));
	buf_put_str(&self.batch, "}\n");
	return 0;
}

static int
on_file(struct channel *c, struct cursor *in, int fd)
{
	char name[32];

	(void)c;
	if (msg_file_get(in, name) != 0) {
		close(fd);
		return -EBADMSG;
	}
	if (strcmp(name, "audit") == 0) {
		if (open_records(fd) != 0)
			child_fatal(&self.child, "the audit file cannot be read", 0);
		return 0;
	}
	if (strcmp(name, "decisions") != 0) {
		close(fd);
		return -EBADMSG;
	}
	if (self.decisions >= 0)
		close(self.decisions);
	self.decisions = fd;
	return 0;
}

/* ---- who is who ---- */

static int
on_who(struct channel *c, struct cursor *in, int fd)
{
	struct named *n = calloc(1, sizeof(*n));
	struct msg_who who;
	int r = n != NULL ? msg_who_get(in, &who) : -ENOMEM;

	(void)c;
	(void)fd;
	if (r == 0) {
		snprintf(n->source, sizeof(n->source), "%s", who.identity.source);
		r = people_meet(&self.people, &who.identity, &n->person);
		if (r == 0)
			r = conns_add(&self.conns, &n->node, who.edge, who.conn);
		if (r == 0)
			return 0;
		people_leave(&self.people, n->person);
		msg_who_deinit(&who);
	}
	free(n);
	return err_pass(r);
}

static int
on_who_left(struct channel *c, struct cursor *in, int fd)
{
	struct conn_node *n;
	uint64_t conn;
	uint32_t edge;

	(void)c;
	(void)fd;
	if (msg_who_left_get(in, &edge, &conn) != 0)
		return -EBADMSG;
	n = conns_find(&self.conns, edge, conn);
	if (n != NULL)
		((struct named *)n)->left_ms = uv_now(&self.child.loop) + 1;
	return 0;
}

static void
forget(struct named *x)
{
	conns_remove(&self.conns, &x->node);
	people_leave(&self.people, x->person);
	free(x);
}

/* on_tick() - forget those who left a while ago: their last notes have arrived. */
static void
on_tick(uv_timer_t *t)
{
	uint64_t now = uv_now(&self.child.loop);
	struct conn_node *n = conns_each(&self.conns, NULL), *next;

	(void)t;
	for (; n != NULL; n = next) {
		struct named *x = (struct named *)n;

		next = conns_each(&self.conns, n);
		if (x->left_ms == 0 || now - x->left_ms < AUDITOR_KEEP_MS)
			continue;
		forget(x);
	}
}

/* ---- parent ---- */

static void
edge_gone(struct channel *c, const char *why)
{
	(void)why;
	channel_close(c);
}

/* forget_edge() - an edge takes the place of one that died; its numbers begin anew. */
static void
forget_edge(unsigned index)
{
	struct conn_node *n = conns_each(&self.conns, NULL), *next;

	for (; n != NULL; n = next) {
		next = conns_each(&self.conns, n);
		if (n->edge != index)
			continue;
		forget((struct named *)n);
	}
}

#define ROWS(r) { r, sizeof(r) / sizeof((r)[0]), edge_gone }

static int
on_peer(struct channel *c, struct cursor *in, int fd)
{
	static const struct frame_rule edge_rules[] = {
		{ MSG_NOTE, CHILD_IN(0), false, false, 128 * 1024, on_note, "note" },
	};
	static const struct frame_rule dispatcher_rules[] = {
		{ MSG_RECORD, CHILD_IN(0), false, false, 128 * 1024, on_record, "record" },
		{ MSG_OUTCOME, CHILD_IN(0), false, false, 256, on_outcome, "outcome" },
	};
	static const struct frame_rule verifier_rules[] = {
		{ MSG_WHO, CHILD_IN(0), false, false, FRAME_MAX, on_who, "who" },
		{ MSG_WHO_LEFT, CHILD_IN(0), false, false, 12, on_who_left, "who_left" },
		{ MSG_LOGIN_REFUSED, CHILD_IN(0), false, false, 4096, on_login_refused, "login_refused" },
	};
	static const struct channel_ops edge_ops = ROWS(edge_rules);
	static const struct channel_ops dispatcher_ops = ROWS(dispatcher_rules);
	static const struct channel_ops verifier_ops = ROWS(verifier_rules);
	enum role role;
	unsigned index;

	(void)c;
	if (msg_peer_get(in, &role, &index) == 0 && index < AUDITOR_EDGES) {
		if (role == ROLE_EDGE) {
			/* the end of the other may not have been read yet, nor its last notes */
			if (self.edge[index].fd >= 0)
				channel_pull(&self.edge[index]);
			channel_end(&self.edge[index], "replaced");
			forget_edge(index);
			return channel_open(&self.edge[index], &self.child.loop, fd, "edge", index, &edge_ops);
		}
		if (role == ROLE_DISPATCHER)
			return channel_open(&self.dispatcher, &self.child.loop, fd, "dispatcher", 0, &dispatcher_ops);
		if (role == ROLE_VERIFIER)
			return channel_open(&self.verifier, &self.child.loop, fd, "verifier", 0, &verifier_ops);
	}
	close(fd);
	return -EBADMSG;
}

static int
on_start(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	if (self.records < 0 || self.decisions < 0 || self.verifier.fd < 0 || self.dispatcher.fd < 0)
		return -EBADMSG;
	c->state = CHILD_RUNNING;
	uv_prepare_start(&self.prepare, before_sleep);
	uv_timer_start(&self.tick, on_tick, AUDITOR_TICK_MS, AUDITOR_TICK_MS);
	return msg_bare_put(c, MSG_READY, -1);
}

/* on_stop() - everything that was sent before is still written. */
static int
on_stop(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)in;
	(void)fd;
	for (size_t i = 0; i < AUDITOR_EDGES; i++) {
		if (self.edge[i].fd >= 0)
			channel_pull(&self.edge[i]);
	}
	if (self.verifier.fd >= 0)
		channel_pull(&self.verifier);
	if (self.dispatcher.fd >= 0)
		channel_pull(&self.dispatcher);
	before_sleep(NULL);
	child_exit(&self.child, 0);
}

int
auditor_main(void)
{
	static const struct frame_rule rules[] = {
		CHILD_ROWS,
		{ MSG_PEER, CHILD_ALIVE, false, true, 16, on_peer, "peer" },
		{ MSG_FILE, CHILD_ALIVE, false, true, 64, on_file, "file" },
		{ MSG_START, CHILD_IN(CHILD_SET), true, false, 0, on_start, "start" },
		{ MSG_STOP, CHILD_ALIVE, false, false, 0, on_stop, "stop" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]), child_parent_gone };

	for (size_t i = 0; i < AUDITOR_EDGES; i++)
		self.edge[i].fd = -1;
	self.dispatcher.fd = self.verifier.fd = self.records = self.decisions = -1;
	buf_init(&self.batch, AUDITOR_BATCH);
	buf_init(&self.notes, AUDITOR_BATCH);
	child_begin(&self.child, ROLE_AUDITOR, &ops);
	uv_prepare_init(&self.child.loop, &self.prepare);
	uv_timer_init(&self.child.loop, &self.tick);
	child_run(&self.child);
}
