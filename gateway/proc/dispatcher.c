/*
 * dispatcher - the road of commands. An edge hands a command over whole; it is judged again here, by
 * this process's own snapshot and the verifier's word on who the connection is. Nothing goes
 * upstream before its record is durable. The edge's opinion of it plays no part.
 */
#include "gateway/proc/dispatcher_priv.h"

#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/nats/header.h"
#include "gateway/proc/ruling.h"
#include "policy/commands/state.h"

enum { DISPATCHER_TICK_MS = 500, DISPATCHER_LAST_MS = 1000, DISPATCHER_EAGER = 16 * 1024, DISPATCHER_HEADER = 1024 * 1024, DISPATCHER_SCRATCH = DISPATCHER_HEADER + 4096 };

struct dispatcher dispatcher;

/* ---- judging ---- */

/* record() - have it written; an allowed one waits for `durable`. */
static int
record(const struct ruling *r, const struct msg_command *m, uint32_t edge, struct job *j)
{
	struct msg_record out;

	ruling_record(r, dispatcher.snapshot.policy, m, &out, dispatcher.spans);
	out.token = j != NULL ? j->node.conn : 0;
	if (j != NULL)
		job_secrets(j, out.spans);
	out.edge = edge;
	return msg_record_put(&dispatcher.auditor, &out);
}

/*
 * have_written() - @j waits for `durable`: of its record, or, where policy spares it one, of those before it.
 * Nobody can foresee which those are.
 */
static int
have_written(const struct ruling *r, const struct msg_command *m, uint32_t edge, struct job *j)
{
	if (ruling_sample(r, dispatcher.snapshot.policy) > 1 &&
	    ruling_spared(r, dispatcher.snapshot.policy, randombytes_random()))
		return msg_spared_put(&dispatcher.auditor, j->node.conn);
	return record(r, m, edge, j);
}

/* refuse() - @why NULL: a decision, which is on record, @text for the asker; else a reason for both. */
static void
refuse(struct channel *edge, const struct msg_command *m, const char *why, const char *text)
{
	struct msg_done done = { .conn = m->conn, .number = m->number, .subject = m->subject, .reply = m->reply,
		.why = bytes_str(text != NULL ? text : why) };
	struct log_line l;

	if (why != NULL) {
		log_begin(&l, LOG_ERR, "command_refused");
		log_num(&l, "edge", edge->index);
		log_num(&l, "client", (int64_t)m->conn);
		log_bytes(&l, "subject", m->subject);
		log_str(&l, "why", why);
		log_end(&l);
	}

	dispatcher.refused++;
	(void)msg_done_put(edge, &done);
}

/*
 * rewrite_header() - the block anew, without anything powerful; but where @subject writes a key of stored
 * state, with what is part of that: body_decode() reads those. Empty when it says nothing. Return: false
 * when it has two readings, or leaves no room for the stamp.
 */
static bool
rewrite_header(struct bytes subject, struct bytes block, struct bytes *out)
{
	struct command c;
	bool state = command_classify(subject, &c) == 0 && c.verb == VERB_STATE_WRITE;
	struct header_reader h;
	struct bytes name, value;
	size_t n = 0;

	*out = BYTES_NULL;
	if (block.len == 0)
		return true;
	if (header_open(&h, block) != 0 || header_repeats_powerful(&h))
		return false;
	buf_reset(&dispatcher.scratch);
	header_begin(&dispatcher.scratch, h.status);
	while (header_next(&h, &name, &value) == 0) {
		if ((header_is_powerful(name) && !(state && state_header(name))) || header_is(name, STAMP_HEADER))
			return false;
		header_field(&dispatcher.scratch, name, value);
		n++;
	}
	header_end(&dispatcher.scratch);
	if (n > 0 || h.status.len > 0)
		*out = buf_bytes(&dispatcher.scratch);
	return !buf_failed(&dispatcher.scratch) && out->len <= DISPATCHER_HEADER && n < HEADER_MAX_FIELDS;
}

static const struct roster_entry *
who_is(uint32_t edge, uint64_t conn)
{
	const struct roster_entry *e = roster_find(&dispatcher.roster, edge, conn);

	if (e == NULL) {
		channel_pull(&dispatcher.verifier); /* it was told first, perhaps not read first */
		e = roster_find(&dispatcher.roster, edge, conn);
	}
	return e;
}

/* deny() - refused by decision: recorded, and said with its reason. */
static void
deny(struct channel *edge, const struct msg_command *m, const struct ruling *r)
{
	char text[ENVELOPE_TEXT], id[64];

	if (record(r, m, edge->index, NULL) != 0)
		dispatcher.lost++;
	ruling_text(r, dispatcher.snapshot.policy, job_decision_id(id, edge->index, m->conn, m->number), text);
	refuse(edge, m, NULL, text);
}

/* too_many() - allowed, but there is no room for it: it is refused, and the asker told why. */
static void
too_many(struct channel *edge, const struct msg_command *m, const struct person *who, enum limit l)
{
	limit_met(&dispatcher.limit_log, dispatcher.limit, l,
	    &(struct limit_who){ .client = m->conn, .account = who->identity.account, .user = who->identity.user },
	    uv_now(&dispatcher.child.loop));
	refuse(edge, m, "too many commands are under way", NULL);
}

int
dispatcher_on_command(struct channel *edge, struct cursor *in, int fd)
{
	struct bytes header = BYTES_NULL;
	struct msg_command m;
	struct ruling ruling;
	const struct roster_entry *k;
	struct job *j;
	enum limit no;

	(void)fd;
	if (msg_command_get(in, &m) != 0)
		return -EBADMSG;
	dispatcher.commands++;
	/* one that took the place of another hears edges before it has a policy: nobody has rights then */
	if (dispatcher.snapshot.policy == NULL) {
		refuse(edge, &m, "commands are not judged yet, ask again", NULL);
		return 0;
	}
	k = who_is(edge->index, m.conn);
	if (k == NULL) {
		refuse(edge, &m, "the verifier has not named this connection", NULL);
		return 0;
	}
	if (!rewrite_header(m.subject, m.header, &header)) {
		refuse(edge, &m, "its header block has two readings, or a powerful header", NULL);
		return 0;
	}
	ruling_make(&ruling, k->person->rights, &m, header, dispatcher.arena);
	ruling_pay(&ruling, k->person->rights, &m, uv_now(&dispatcher.child.loop));
	if (ruling.decision.verdict != VERDICT_ALLOW) {
		deny(edge, &m, &ruling);
		return 0;
	}
	j = job_new(&m, header, ruling.command.lattice, edge->index, k->person->identity.account);
	no = j != NULL ? job_enter(j, k->person->identity.user) : LIMIT_COMMAND_MEMORY;
	if (no != LIMIT_COUNT) {
		free(j);
		too_many(edge, &m, k->person, no);
		return 0;
	}
	j->verb = ruling_verb(&ruling);
	j->mutating = ruling.command.mutating;
	j->one = ruling.command.host.len != 0;
	if (dispatcher.auditor.fd >= 0 && have_written(&ruling, &m, edge->index, j) == 0) {
		job_stamp(j); /* while the disk is at work */
		/* an auditor that is found dead here may take the job along */
		if (channel_pending(&dispatcher.auditor) >= DISPATCHER_EAGER) {
			channel_flush(&dispatcher.auditor);
			channel_flush(&dispatcher.signer);
		}
		return 0;
	}
	dispatcher.lost++;
	if (j->mutating) {
		job_unrecorded(j, ESRCH);
		return 0;
	}
	/* what only reads goes on; a gap record will say how many were not written down */
	job_stamp(j);
	job_go(j);
	return 0;
}

int
dispatcher_on_enough(struct channel *edge, struct cursor *in, int fd)
{
	uint64_t conn, number;

	(void)fd;
	if (msg_enough_get(in, &conn, &number) != 0)
		return -EBADMSG;
	if (number != 0)
		job_forsake_some(edge->index, conn, number);
	return 0;
}

/* ---- time ---- */

static void
before_sleep(uv_prepare_t *p)
{
	(void)p;
	dispatcher_part();
	links_flush();
}

static void
on_tick(uv_timer_t *t)
{
	uint64_t now = uv_now(&dispatcher.child.loop);
	struct conn_node *n, *next;
	int accident;

	(void)t;
	(void)snapshot_tick(&dispatcher.snapshot, &accident); /* nothing lives here that was judged before */
	if (accident != 0)
		child_fatal(&dispatcher.child, "policy cannot be used", accident);
	meters_tick(dispatcher.roster.people.meters, now);
	link_tick(now);
	jobs_unstamped();
	for (n = conns_each(&dispatcher.jobs, NULL); n != NULL; n = next) {
		struct job *j = (struct job *)n;

		next = conns_each(&dispatcher.jobs, n);
		if (j->state == JOB_ANSWERING && now >= j->deadline_ms)
			job_over(j, j->answers > 0 ? "answered" : "no_answer");
	}
}

/* ---- the parent's word ---- */

static int
on_policy(struct channel *c, struct cursor *in, int fd)
{
	struct snapshot fresh;
	int r = snapshot_open(&fresh, fd);

	(void)in;
	if (r == 0)
		r = people_swap(&dispatcher.roster.people, fresh.policy);
	if (r != 0)
		child_fatal(&dispatcher.child, "policy snapshot cannot be used", r);
	if (dispatcher.snapshot.policy == NULL ||
	    !prefix_same(policy_prefixes(dispatcher.snapshot.policy), policy_prefixes(fresh.policy)))
		links_stale();
	snapshot_close(&dispatcher.snapshot);
	dispatcher.snapshot = fresh;
	return msg_bare_put(c, MSG_APPLIED, -1);
}

static int
on_dialled(struct channel *c, struct cursor *in, int fd)
{
	uint64_t token;

	(void)c;
	if (msg_token_get(in, &token) != 0) {
		close(fd);
		return -EBADMSG;
	}
	link_dialled(token, fd);
	return 0;
}

static int
on_not_dialled(struct channel *c, struct cursor *in, int fd)
{
	uint64_t token;

	(void)c;
	(void)fd;
	if (msg_token_get(in, &token) != 0)
		return -EBADMSG;
	link_dialled(token, -1);
	return 0;
}

/* on_stop() - what is under way gets an outcome. */
static int
on_stop(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)in;
	(void)fd;
	links_flush();
	for (size_t i = 0; i < DISPATCHER_EDGES; i++)
		if (dispatcher.edge[i].fd >= 0)
			channel_flush(&dispatcher.edge[i]);
	if (dispatcher.auditor.fd >= 0) {
		job_end_all();
		(void)!channel_flush_all(&dispatcher.auditor, DISPATCHER_LAST_MS);
	}
	child_exit(&dispatcher.child, 0);
}

static int
on_tls_peer(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	return tls_side_on_peer(&dispatcher.tls, in, fd);
}

static int
on_tls(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)fd;
	return tls_side_on_tls(&dispatcher.tls, &dispatcher.child, in);
}

static int
on_stats_wanted(struct channel *c, struct cursor *in, int fd)
{
	struct msg_stats m = { .commands = dispatcher.commands, .refused = dispatcher.refused,
		.forwarded = dispatcher.forwarded, .failed = dispatcher.failed, .waiting = dispatcher.jobs.n };

	(void)in;
	(void)fd;
	memcpy(m.limit, dispatcher.limit, sizeof(m.limit));
	return msg_stats_put(c, &m);
}

static int
on_start(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	if (dispatcher.snapshot.policy == NULL)
		return -EBADMSG;
	c->state = CHILD_RUNNING;
	uv_timer_start(&dispatcher.tick, on_tick, DISPATCHER_TICK_MS, DISPATCHER_TICK_MS);
	return msg_bare_put(c, MSG_READY, -1);
}

int
dispatcher_main(void)
{
	static const struct frame_rule rules[] = {
		CHILD_ROWS,
		{ MSG_PEER, CHILD_ALIVE, false, true, 16, dispatcher_on_peer, "peer" },
		{ MSG_TLS_PEER, CHILD_ALIVE, false, true, 16, on_tls_peer, "tls_peer" },
		{ MSG_TLS, CHILD_ALIVE, false, false, MSG_TLS_MAX, on_tls, "tls" },
		{ MSG_POLICY, CHILD_ALIVE, false, true, 0, on_policy, "policy" },
		{ MSG_START, CHILD_IN(CHILD_SET), true, false, 0, on_start, "start" },
		{ MSG_STATS_WANTED, CHILD_ALIVE, false, false, 0, on_stats_wanted, "stats_wanted" },
		{ MSG_DIALLED, CHILD_IN(CHILD_RUNNING), false, true, 8, on_dialled, "dialled" },
		{ MSG_NOT_DIALLED, CHILD_IN(CHILD_RUNNING), false, false, 8, on_not_dialled, "not_dialled" },
		{ MSG_STOP, CHILD_ALIVE, false, false, 0, on_stop, "stop" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]), child_parent_gone };

	uint8_t key[TALLY_KEY];

	for (size_t i = 0; i < DISPATCHER_EDGES; i++)
		dispatcher.edge[i].fd = -1;
	doors_init(&dispatcher.doors);
	roster_init(&dispatcher.roster, sizeof(struct roster_entry));
	dispatcher.verifier.fd = dispatcher.signer.fd = dispatcher.auditor.fd = -1;
	tls_begin();
	tls_hop_init(&dispatcher.tls.hop, &dispatcher.child.loop);
	child_begin(&dispatcher.child, ROLE_DISPATCHER, &ops);
	buf_init(&dispatcher.scratch, DISPATCHER_SCRATCH);
	dispatcher.roster.people.meters = meters_new(1);
	randombytes_buf(key, sizeof(key));
	dispatcher.users = tally_new(key, 0);
	dispatcher.arena = malloc(BODY_ARENA);
	if (dispatcher.roster.people.meters == NULL || dispatcher.arena == NULL || dispatcher.users == NULL)
		child_fatal(&dispatcher.child, "out of memory", 0);
	if (stream_room_init(&dispatcher.room, &dispatcher.child.loop) != 0 ||
	    uv_timer_init(&dispatcher.child.loop, &dispatcher.tick) != 0)
		child_fatal(&dispatcher.child, "out of memory", 0);
	uv_prepare_init(&dispatcher.child.loop, &dispatcher.prepare);
	uv_prepare_start(&dispatcher.prepare, before_sleep);
	child_run(&dispatcher.child);
}
