/*
 * auditor - what happened, written down. Owns the folder of the log, sequence and time, the key that signs
 * checkpoints; puts the identity the verifier named on each record, never a sender's word for it.
 *
 * `durable` is answered after durable_sync() and not before: all records that arrived meanwhile share
 * the next one. When writing fails, the dispatcher is told so and why, and the parent too; outcomes are
 * kept and everything else is counted, until a second's attempt, or the next command's, succeeds.
 */
#include "gateway/proc/lock.h"
#include "gateway/proc/auditor_priv.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/io/whole.h"
#include "gateway/proc/exposition.h"
#include "gateway/proc/file.h"

enum {
	AUDITOR_TICK_MS = 1000,
	AUDITOR_LINGER_MS = 5, /* how long what nobody waits for is kept back */
};

struct auditor auditor;

struct ledger_time
auditor_now(void)
{
	return (struct ledger_time){ clock_wall_ns(), clock_boot_ns() };
}

/* ---- writing ---- */

/* tell_state() - to the parent: how the log and the decision log do. */
static int
tell_state(void)
{
	struct msg_audit_state m = {
	    .seq = auditor.ledger.chain.tree.size,
	    .durable = auditor.ledger.records > 0 ? auditor.ledger.base.tree.size : auditor.ledger.chain.tree.size,
	    .failing = auditor.told.error != 0,
	    .since_s = auditor.told.since_s,
	    .why = auditor.told.error != 0 ? bytes_str(strerror(-auditor.told.error)) : BYTES_NULL,
	    .notes_failing = auditor.told.notes_error != 0,
	    .notes_since_s = auditor.told.notes_since_s,
	    .notes_why = auditor.told.notes_error != 0 ? bytes_str(strerror(-auditor.told.notes_error)) :
							 BYTES_NULL };

	m.lost = auditor.ledger.lost_ever;
	m.checkpoint_ns = auditor.measured.checkpoint_ns;
	m.batch_ns = auditor.measured.batch_ns;
	memcpy(m.batch, auditor.measured.batch, sizeof(m.batch));
	return msg_audit_state_put(&auditor.child.parent, &m);
}

/* how_it_went() - @r of a write. Return: is it another answer than the last time? */
static bool
how_it_went(int r, int *error, int64_t *since_s)
{
	bool changed = (r != 0) != (*error != 0);

	if (changed)
		*since_s = r != 0 ? clock_wall_s() : 0;
	*error = r;
	if (changed)
		(void)tell_state();
	return changed;
}

/* say_state() - once when it begins to fail, once when it is over. */
static void
say_state(int error)
{
	struct log_line l;

	if (!how_it_went(error, &auditor.told.error, &auditor.told.since_s))
		return;
	if (error != 0) {
		log_begin(&l, LOG_ERR, "audit_not_written");
		log_errno(&l, error);
		log_str(&l, "effect", "commands that change something are refused until it can be written again");
		log_end(&l);
	} else {
		log_event(LOG_INF, "audit_written_again");
	}
}

/* say_folder() - once when it begins to fail: nothing is refused for it, and it is tried again. */
static void
say_folder(int error, int *said, const char *event)
{
	struct log_line l;

	if (error != 0 && *said == 0) {
		log_begin(&l, LOG_ERR, event);
		if (error < 0)
			log_errno(&l, error);
		else
			log_str(&l, "why", "`roots' cannot be read");
		log_end(&l);
	}
	*said = error;
}

static int
on_stats_wanted(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)in;
	(void)fd;
	return tell_state();
}

/* measure_checkpoint() - is there a new one? */
static void
measure_checkpoint(void)
{
	if (auditor.measured.checkpointed != auditor.ledger.checkpointed)
		auditor.measured.checkpoint_ns = (uint64_t)clock_wall_ns();
	auditor.measured.checkpointed = auditor.ledger.checkpointed;
}

/* measure() - how long a batch took. */
static void
measure(int r, int64_t began_ns)
{
	uint64_t took = (uint64_t)(clock_mono_ns() - began_ns);

	if (r == 0) {
		auditor.measured.batch[metric_bucket(took)]++;
		auditor.measured.batch_ns += took;
	}
	measure_checkpoint();
}

/* write_batch() - the records of this turn to the disk, then `durable` to whoever waits. */
static void
write_batch(void)
{
	uint64_t dropped = 0;
	int64_t began_ns = clock_mono_ns();
	size_t put = 0;
	int r;

	if (auditor.outcomes.len > 0 && (auditor.ledger.error == 0 || auditor.n_waiting > 0))
		put = record_outcomes(&dropped);
	/* where only such wait that are on no record, the disk says nothing new */
	if (auditor.ledger.records > 0) {
		r = ledger_commit(&auditor.ledger, auditor_now());
		measure(r, began_ns);
	} else {
		r = auditor.ledger.error;
	}
	if (r == 0 && put > 0) {
		ledger_lose(&auditor.ledger, dropped);
		auditor.outcomes.len -= put;
		memmove(auditor.outcomes.ptr, auditor.outcomes.ptr + put, auditor.outcomes.len);
	}
	say_state(r);
	for (size_t i = 0; i < auditor.n_waiting; i++) {
		uint64_t seq = auditor.waiting[i].seq;

		if (r == 0 && auditor.waiting[i].token != 0 && seq != 0)
			under_way_add(seq, auditor.waiting[i].of);
		if (auditor.waiting[i].of != auditor.dispatchers)
			continue;
		(void)msg_durable_put(&auditor.dispatcher, r == 0 ? MSG_DURABLE : MSG_NOT_WRITTEN,
		    auditor.waiting[i].token, r == 0 ? seq : (uint64_t)-r);
	}
	auditor.n_waiting = 0;
	channel_flush(&auditor.dispatcher);
	auditor_shipper_tell();
}

static void
write_notes(void)
{
	struct stat st;
	off_t size = fstat(auditor.decisions, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : -1;
	int r = buf_failed(&auditor.notes) ? -ENOMEM : whole_write(auditor.decisions, buf_bytes(&auditor.notes));

	if (r != 0) {
		struct log_line l;

		/* what was written in part is cut off, so that no half line is left behind */
		if (size >= 0 && ftruncate(auditor.decisions, size) != 0)
			log_event(LOG_ERR, "decisions_torn");
		log_begin(&l, LOG_ERR, "decisions_not_written");
		log_errno(&l, r);
		log_end(&l);
	}
	(void)how_it_went(r, &auditor.told.notes_error, &auditor.told.notes_since_s);
	buf_reset(&auditor.notes);
}

/* something_there() - records, or outcomes that can become some, or notes. */
static bool
something_there(void)
{
	return auditor.ledger.records > 0 || auditor.n_waiting > 0 || auditor.notes.len > 0 ||
	       buf_failed(&auditor.notes) || (auditor.outcomes.len > 0 && auditor.ledger.error == 0);
}

/* write_all() - what has been read, as one. */
static void
write_all(void)
{
	uv_timer_stop(&auditor.linger);
	auditor.pressing = false;
	if (auditor.ledger.records > 0 || auditor.n_waiting > 0 ||
	    (auditor.outcomes.len > 0 && auditor.ledger.error == 0))
		write_batch();
	if (auditor.notes.len > 0 || buf_failed(&auditor.notes))
		write_notes();
}

static void
on_linger(uv_timer_t *t)
{
	(void)t;
	write_all();
}

/*
 * before_sleep() - everything that could be read has been read. A command waits for nothing more; what
 * nobody waits for (outcomes, mostly) goes with the next command's record, or soon without one: written
 * at once it would have that command wait for two flushes of the disk.
 */
static void
before_sleep(uv_prepare_t *p)
{
	(void)p;
	if (auditor.n_waiting > 0 || auditor.pressing)
		write_all();
	else if (something_there() && !uv_is_active((uv_handle_t *)&auditor.linger))
		uv_timer_start(&auditor.linger, on_linger, AUDITOR_LINGER_MS, 0);
}

/* make_room() - a batch has its ceiling. */
static void
make_room(void)
{
	if (ledger_bytes(&auditor.ledger) > AUDITOR_FULL || auditor.n_waiting == AUDITOR_WAITING)
		write_batch();
}

/* ---- what is reported ---- */

int
auditor_on_note(struct channel *c, struct cursor *in, int fd)
{
	struct named *who;
	struct msg_note m;

	(void)fd;
	if (msg_note_get(in, &m) != 0 || (m.conn != 0 && m.conn <= auditor.since[c->index]))
		return -EBADMSG;
	who = named_of(c->index, m.conn);
	if (!note_is_own(&m, c->index, who))
		return -EBADMSG;
	record_note(&m, c->index, who);
	note_edge(&auditor.notes, &m, c->index, who);
	make_room();
	return 0;
}

int
auditor_on_login_refused(struct channel *c, struct cursor *in, int fd)
{
	struct msg_refused m;

	(void)c;
	(void)fd;
	if (msg_refused_get(in, &m) != 0)
		return -EBADMSG;
	record_refused(&m);
	note_refused(&auditor.notes, &m);
	make_room();
	return 0;
}

int
auditor_on_record(struct channel *c, struct cursor *in, int fd)
{
	const struct named *who;
	struct msg_record m;
	uint64_t seq = 0;
	int e;

	(void)fd;
	if (msg_record_get(in, &m) != 0)
		return -EBADMSG;
	who = named_of(m.edge, m.conn);
	/* nobody waits for a denial */
	if (who != NULL && m.token == 0 && record_counted(&m, who))
		return 0;
	make_room();
	e = who != NULL ? record_command(&m, who, &seq) : ENOTCONN;
	if (e != 0) {
		ledger_lose(&auditor.ledger, 1); /* what only reads goes on without it */
		(void)msg_durable_put(c, MSG_NOT_WRITTEN, m.token, (uint64_t)e);
		return 0;
	}
	note_command(&auditor.notes, &m, who, seq);
	auditor.waiting[auditor.n_waiting].token = m.token;
	auditor.waiting[auditor.n_waiting].seq = seq;
	auditor.waiting[auditor.n_waiting].of = auditor.dispatchers;
	auditor.n_waiting++;
	return 0;
}

/*
 * auditor_on_spared() - a read that policy leaves out of the record. It waits in its turn all the same, so that it does
 * not overtake what its connection asked for before.
 */
int
auditor_on_spared(struct channel *c, struct cursor *in, int fd)
{
	uint64_t token;

	(void)c;
	(void)fd;
	if (msg_spared_get(in, &token) != 0)
		return -EBADMSG;
	make_room();
	auditor.waiting[auditor.n_waiting].token = token;
	auditor.waiting[auditor.n_waiting].seq = 0;
	auditor.waiting[auditor.n_waiting].of = auditor.dispatchers;
	auditor.n_waiting++;
	return 0;
}

/* on_outcome() - kept until its record is durable: a command that went on has one, whatever the disk says. */
int
auditor_on_outcome(struct channel *c, struct cursor *in, int fd)
{
	struct bytes all = in->in;
	struct msg_outcome m;

	(void)c;
	(void)fd;
	if (msg_outcome_get(in, &m) != 0)
		return -EBADMSG;
	if (!under_way_over(m.seq)) {
		/* it has one already */
		log_event(LOG_WRN, "outcome_unexpected");
		return 0;
	}
	if (auditor.outcomes.len + all.len + 4 <= AUDITOR_OUTCOMES)
		buf_put_sized(&auditor.outcomes, all);
	else
		ledger_lose(&auditor.ledger, 1);
	note_outcome(&auditor.notes, &m);
	return 0;
}

static int
on_act(struct channel *c, struct cursor *in, int fd)
{
	struct msg_act m;

	(void)c;
	(void)fd;
	if (msg_act_get(in, &m) != 0)
		return -EBADMSG;
	record_act(&m);
	note_act(&auditor.notes, &m);
	auditor.pressing = true; /* somebody looks for it next */
	return 0;
}

static void
on_tick(uv_timer_t *t)
{
	uint64_t now = uv_now(&auditor.child.loop);

	(void)t;
	peers_forget(now);
	record_flood(now);
	write_all(); /* who waits is not to wait for what follows */
	say_state(ledger_tick(&auditor.ledger, auditor_now()));
	say_folder(auditor.ledger.note_error, &auditor.said_note, "audit_checkpoint_not_written");
	say_folder(auditor.ledger.retire_error, &auditor.said_retire, "audit_not_removed");
	auditor_key_settle();
	measure_checkpoint();
	auditor_shipper_tell();
}

/* ---- parent ---- */

/* lock_in() - from here on it opens files in the log's folder alone. */
static void
lock_in(void)
{
	struct landlock_folder folder = { auditor.dir, true };
	int fd[AUDITOR_EDGES + DOORS + 5];
	size_t n = 0;

	for (size_t i = 0; i < AUDITOR_EDGES; i++)
		fd[n++] = auditor.edge[i].fd;
	for (size_t i = 0; i < DOORS; i++)
		fd[n++] = auditor.doors.fd[i];
	fd[n++] = auditor.verifier_fd;
	fd[n++] = auditor.dispatcher_fd;
	fd[n++] = auditor_shipper_fd();
	fd[n++] = auditor.dir;
	fd[n++] = auditor.decisions;
	lock_down(&auditor.child, &(struct lock_needs){ .folder = &folder, .n_folders = 1, .fd = fd, .n_fds = n });
}

static int
on_start(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	if (auditor.dir < 0 || auditor.decisions < 0 || auditor.key.seed.ptr == NULL)
		return -EBADMSG;
	lock_in();
	auditor_open_log();
	c->state = CHILD_RUNNING;
	peers_begin();
	/* the start is on the disk before anybody is served; where it cannot be, reads are, and it says so */
	say_state(ledger_tick(&auditor.ledger, auditor_now()));
	auditor_shipper_tell();
	uv_prepare_start(&auditor.prepare, before_sleep);
	uv_timer_start(&auditor.tick, on_tick, AUDITOR_TICK_MS, AUDITOR_TICK_MS);
	return msg_bare_put(c, MSG_READY, -1);
}

/* on_stop() - everything that was sent before is still written. */
static int
on_stop(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)in;
	(void)fd;
	peers_pull();
	if (auditor.open) {
		record_flood_end(uv_now(&auditor.child.loop));
		write_all();
		ledger_close(&auditor.ledger, "stopped", auditor_now());
		auditor_shipper_tell();
	}
	child_exit(&auditor.child, 0);
}

int
auditor_main(void)
{
	static const struct frame_rule rules[] = {
		CHILD_ROWS,
		{ MSG_PEER, CHILD_ALIVE, false, true, 16, auditor_on_peer, "peer" },
		{ MSG_FILE, CHILD_ALIVE, false, true, 64, auditor_on_file, "file" },
		{ MSG_STATS_WANTED, CHILD_ALIVE, false, false, 0, on_stats_wanted, "stats_wanted" },
		{ MSG_ACT, CHILD_IN(CHILD_RUNNING), false, false, 4096, on_act, "act" },
		{ MSG_START, CHILD_IN(CHILD_SET), true, false, 0, on_start, "start" },
		{ MSG_STOP, CHILD_ALIVE, false, false, 0, on_stop, "stop" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]), child_parent_gone };

	for (size_t i = 0; i < AUDITOR_EDGES; i++)
		auditor.edge[i].fd = -1;
	auditor.dispatcher_fd = auditor.verifier_fd = -1;
	doors_init(&auditor.doors);
	roster_init(&auditor.roster, sizeof(struct named));
	auditor.dispatcher.fd = auditor.verifier.fd = auditor.dir = auditor.decisions = -1;
	buf_init(&auditor.notes, AUDITOR_NOTES);
	buf_init(&auditor.outcomes, AUDITOR_OUTCOMES);
	buf_init(&auditor.body, REDACT_BODY_MAX);
	buf_init(&auditor.error, 8 * 1024);
	child_begin(&auditor.child, ROLE_AUDITOR, &ops);
	uv_prepare_init(&auditor.child.loop, &auditor.prepare);
	uv_timer_init(&auditor.child.loop, &auditor.tick);
	uv_timer_init(&auditor.child.loop, &auditor.linger);
	child_run(&auditor.child);
}
