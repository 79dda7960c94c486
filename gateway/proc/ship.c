/*
 * ship - see ship.h.
 *
 * Nothing is lost: the place moves on only when the sink has said that a batch arrived, and a batch
 * that failed is read from the log again. Nothing is sent twice but what a crash of ours, or an
 * acknowledgement that got lost, makes doubtful; a stream drops that by the records' ids.
 */
#include "gateway/proc/ship.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "gateway/io/log.h"
#include "gateway/proc/position.h"
#include "gateway/proc/ship_priv.h"

enum {
	RETRY_FIRST_MS = 100,
	RETRY_MAX_MS = 2000,
	UNREAD_MS = 1000,
	IDLE_MS = 500,
	SAVE_MS = 1000,
	LOOK_MS = 2000,
};

static const struct ship_ops *const ops_of[SINK_TYPES] = {
	[SINK_JETSTREAM] = &sink_jetstream_ops,
	[SINK_NATS] = &sink_nats_ops,
	[SINK_SYSLOG] = &sink_syslog_ops,
	[SINK_FILE] = &sink_file_ops,
};

int
ship_why(struct ship *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, args);
	va_end(args);
	return -1;
}

void
ship_id(const struct ship_item *i, char id[SHIP_ID_MAX])
{
	char hex[17];

	for (size_t k = 0; k < 8; k++)
		snprintf(hex + 2 * k, 3, "%02x", i->leaf.b[k]);
	snprintf(id, SHIP_ID_MAX, "%s.%llu.%s", i->run, (unsigned long long)i->seq, hex);
}

/* ---- the position ---- */

/* save() - keep the place, not more often than each second: the disk is the auditor's. */
static void
save(struct ship *s, bool now)
{
	uint64_t at = ship_now_ms();
	int r;

	if (memcmp(&s->saved, &s->committed, sizeof(s->saved)) == 0 ||
	    (!now && at - s->saved_ms < SAVE_MS))
		return;
	s->saved_ms = at;
	r = position_save(s->state, s->conf.name, &s->committed);
	if (r != 0) {
		ship_say_once(s, &s->told_unsaved, "sink_position_not_saved", NULL, r);
		return;
	}
	s->told_unsaved = false;
	s->saved = s->committed;
}

/* elsewhere() - this is not the log the place was taken from: all of it is new. */
static void
elsewhere(struct ship *s)
{
	struct log_line l;

	ship_say_begin(s, &l, LOG_ERR, "sink_position_refused");
	log_num(&l, "after", (int64_t)s->committed.seq);
	log_str(&l, "why", "it is not in this log, which is sent from its beginning");
	log_end(&l);
	follow_to(&s->follow, NULL);
	s->committed = s->follow.at;
}

static void
load(struct ship *s)
{
	struct follow_at at;
	int r = position_load(s->state, s->conf.name, &at);
	struct log_line l;

	if (r == 0) {
		follow_to(&s->follow, &at);
	} else if (r != POSITION_NONE) {
		ship_say_begin(s, &l, LOG_ERR, "sink_position_refused");
		if (r < 0)
			log_errno(&l, r);
		else
			log_str(&l, "why", "not a position; the log is sent from its beginning");
		log_end(&l);
	}
	s->committed = s->saved = s->follow.at;
}

/* ---- batches ---- */

/* note_of() - the signed note in a checkpoint's record, as its bytes. */
static bool
note_of(struct bytes line, struct buf *out)
{
	struct record_shape shape;

	if (record_shape(line, &shape) != 0 || shape.note.len == 0)
		return false;
	record_put_value(out, shape.note);
	return true;
}

/* pack() - append what this line is for the sink, if it is anything. */
static void
pack(struct ship *s, const struct follow_line *line)
{
	struct ship_batch *b = &s->batch;
	struct ship_item *i = &b->item[b->n];
	size_t at = b->text.len;

	if (s->conf.checkpoints) {
		if (line->kind != RECORD_CHECKPOINT || !note_of(line->text, &b->text))
			return;
	} else {
		if (!filter_wants(&s->conf.filter, line->kind, line->text, s->reader))
			return;
		buf_put(&b->text, line->text);
	}
	*i = (struct ship_item){ .at = at,
		.len = b->text.len - at,
		.seq = line->seq,
		.leaf = line->leaf,
		.kind = line->kind };
	if (line->run.len == RECORD_RUN_LEN)
		memcpy(i->run, line->run.ptr, RECORD_RUN_LEN);
	else
		i->run[0] = '-';
	b->n++;
}

/* next_line() - follow_next(), with what is to be said about it said. Return: 0, FOLLOW_END,
 * -errno. */
static int
next_line(struct ship *s, struct follow_line *line)
{
	for (;;) {
		int r = follow_next(&s->follow, line);

		if (r == FOLLOW_MISSED)
			ship_say_missed(s);
		else if (r == FOLLOW_ELSEWHERE)
			elsewhere(s);
		else if (r < 0)
			ship_say_once(s, &s->told_unread, "sink_log_not_read", NULL, r);
		if (r == 0 && !line->chained)
			ship_say_once(s, &s->told_broken, "sink_log_broken",
			    "a record is not linked to the one before it", 0);
		if (r <= 0 || r == FOLLOW_END)
			return r;
	}
}

/* collect() - the next batch. Return: was the log readable up to its end or the batch's? */
static bool
collect(struct ship *s)
{
	struct ship_batch *b = &s->batch;
	size_t scanned = 0;

	buf_reset(&b->text);
	b->n = 0;
	/* what no filter lets through counts too: now and then the place is to be kept */
	while (b->n < SHIP_BATCH && b->text.len < SHIP_TEXT && scanned < 16 * SHIP_TEXT) {
		struct follow_line line;
		int r = next_line(s, &line);

		if (r < 0)
			return false;
		if (r == FOLLOW_END)
			break;
		pack(s, &line);
		scanned += line.text.len;
	}
	return !buf_failed(&b->text);
}

/* ---- connecting ---- */

static void
retry_later(struct ship *s)
{
	uint64_t wait = (uint64_t)RETRY_FIRST_MS << (s->failures < 8 ? s->failures : 8);

	s->failures++;
	s->pause_until_ms = ship_now_ms() + (wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS);
}

static void
lost(struct ship *s)
{
	ship_say_lost(s);
	s->ops->close(s);
	s->up = s->told_up = s->resumed = false;
	follow_to(&s->follow, &s->committed);
	retry_later(s);
}

/* anew() - with another login; nothing was under way. */
static void
anew(struct ship *s)
{
	s->ops->close(s);
	s->up = s->told_up = s->resumed = false;
	follow_to(&s->follow, &s->committed);
}

/* move() - to the addresses the parent found since. */
static void
move(struct ship *s)
{
	pthread_mutex_lock(&s->feed->lock);
	if (s->has_moved) {
		memcpy(s->conf.address, s->moved.address, sizeof(s->conf.address));
		s->conf.n_addresses = s->moved.n_addresses;
	}
	s->has_moved = false;
	pthread_mutex_unlock(&s->feed->lock);
}

static void
connect_to(struct ship *s)
{
	s->why[0] = '\0';
	move(s);
	(void)ship_login_renew(s);
	if (s->conf.host[0] != '\0' && s->conf.n_addresses == 0)
		ship_why(s, "%s: its address is not known", s->conf.host);
	else if (s->conf.host[0] == '\0')
		s->up = s->ops->open(s) == 0;
	for (unsigned i = 0; i < s->conf.n_addresses && !s->up; i++) {
		s->up = s->ops->open(s) == 0;
		s->turn += s->up ? 0 : 1;
	}
	if (!s->up)
		lost(s);
}

const char *
ship_address(const struct ship *s)
{
	return s->conf.address[s->turn % s->conf.n_addresses];
}

/*
 * resume() - what arrived while our word of it was lost: the newest record that is there may be
 * behind the place we kept. When it is in our log, go on after it.
 */
static void
resume(struct ship *s)
{
	char id[SHIP_ID_MAX], mine[SHIP_ID_MAX];
	const char *dot;
	uint64_t seq;

	s->resumed = true;
	if (s->ops->last == NULL || !s->ops->last(s, id))
		return;
	dot = strchr(id, '.');
	seq = dot != NULL ? strtoull(dot + 1, NULL, 10) : 0;
	if (seq <= s->committed.seq || seq > s->upto.seq)
		return;
	while (s->follow.at.seq < seq) {
		struct follow_line line;
		struct ship_item i;

		if (next_line(s, &line) != 0)
			break;
		if (line.seq != seq || line.run.len != RECORD_RUN_LEN)
			continue;
		i = (struct ship_item){ .seq = line.seq, .leaf = line.leaf };
		memcpy(i.run, line.run.ptr, RECORD_RUN_LEN);
		ship_id(&i, mine);
		if (strcmp(id, mine) == 0)
			s->committed = s->follow.at;
	}
	follow_to(&s->follow, &s->committed);
}

/*
 * look() - while the sink is away: is what it has to be sent still there? A sink that never was
 * there has a place too, from now on.
 */
static void
look(struct ship *s)
{
	struct follow_line line;
	int r;

	if (ship_backlog(s) == 0 || ship_now_ms() - s->looked_ms < LOOK_MS)
		return;
	s->looked_ms = ship_now_ms();
	r = follow_next(&s->follow, &line);
	if (r == FOLLOW_MISSED) {
		ship_say_missed(s);
		s->committed = s->follow.at;
	} else if (r == 0 && s->committed.first == 0) {
		s->committed =
		    (struct follow_at){ .first = s->follow.open, .seq = s->follow.open - 1 };
	}
	follow_to(&s->follow, &s->committed);
}

/* ---- the thread ---- */

/*
 * wait_for_work() - Return: is there any, or has time passed? false: it is time to end. One that has only begun, or
 * has another login, is let try once.
 */
static bool
wait_for_work(struct ship *s)
{
	struct ship_feed *f = s->feed;
	uint64_t until = s->pause_until_ms > 0 ? s->pause_until_ms : ship_now_ms() + IDLE_MS;
	struct timespec t = { .tv_sec = (time_t)(until / 1000),
		.tv_nsec = (long)(until % 1000) * 1000000 };
	int r = 0;

	pthread_mutex_lock(&f->lock);
	while (r == 0 && !f->stopping && (s->pause_until_ms > 0 || f->upto.seq <= s->follow.at.seq))
		r = pthread_cond_timedwait(&f->news, &f->lock, &t);
	s->upto = s->follow.upto = f->upto;
	s->stopping = f->stopping;
	pthread_mutex_unlock(&f->lock);
	s->pause_until_ms = 0;
	return !s->stopping ||
	    ((s->up || s->failures == 0) && !s->stuck && s->upto.seq > s->follow.at.seq);
}

/* turn() - one batch. */
static void
turn(struct ship *s)
{
	if (ship_login_renew(s)) {
		anew(s);
		return;
	}
	if (!s->ops->alive(s)) {
		if (s->why[0] == '\0')
			ship_why(s, "the connection was closed");
		lost(s);
		return;
	}
	if (s->upto.seq == 0)
		return;
	if (!s->resumed)
		resume(s);
	if (!collect(s)) {
		follow_to(&s->follow, &s->committed);
		s->pause_until_ms = ship_now_ms() + UNREAD_MS;
		s->stuck = true;
		return;
	}
	s->told_unread = s->stuck = false;
	if (s->batch.n > 0 && s->ops->send(s, &s->batch) != 0) {
		lost(s);
		return;
	}
	s->committed = s->follow.at;
	s->failures = 0;
	s->told[0] = '\0';
	if (!s->told_up)
		ship_say_connected(s);
}

/* show() - how it is, to the main thread. */
static void
show(struct ship *s)
{
	pthread_mutex_lock(&s->feed->lock);
	memset(&s->shown, 0, sizeof(s->shown));
	s->shown.up = s->told_up;
	s->shown.after = s->committed.seq;
	s->shown.waiting = ship_backlog(s);
	if (!s->told_up)
		memcpy(s->shown.why, s->told, sizeof(s->told));
	pthread_mutex_unlock(&s->feed->lock);
}

static void *
run(void *arg)
{
	struct ship *s = arg;

	load(s);
	while (wait_for_work(s)) {
		if (!s->up)
			connect_to(s);
		if (s->up)
			turn(s);
		else
			look(s);
		ship_say_behind(s);
		show(s);
		save(s, false);
	}
	save(s, true);
	s->ops->close(s);
	pthread_mutex_lock(&s->feed->lock);
	s->running = false;
	pthread_mutex_unlock(&s->feed->lock);
	return NULL;
}

int
ship_start(struct ship *s, int log_dir)
{
	int r = follow_init(&s->follow, log_dir);
	pthread_t thread;

	if (r != 0)
		return err_pass(r);
	buf_init(&s->batch.text, SHIP_TEXT + 2 * RECORD_LINE_MAX);
	s->ops = ops_of[s->conf.type];
	if (filter_looks(&s->conf.filter)) {
		s->reader = record_reader_new();
		if (s->reader == NULL)
			return err_raise(-ENOMEM);
	}
	s->running = true;
	r = pthread_create(&thread, NULL, run, s);
	if (r != 0)
		return err_raise(-r);
	pthread_detach(thread); /* it may hang in a call of a library: whoever ends the process asks
				   ->running */
	return 0;
}
