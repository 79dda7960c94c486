/*
 * ledger - making batches and writing them (see ledger.h).
 *
 * What may stand first in a batch, and why there: a segment's first record, because a batch lies in one
 * file; a start, because a run begins with it; a checkpoint or a handover, because what it signs must be
 * durable before. A segment is opened rather than a checkpoint made when both are due; the checkpoint
 * comes with the next batch.
 */
#include "gateway/proc/ledger.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/io/whole.h"
#include "gateway/proc/durable.h"
#include "gateway/proc/ledger_priv.h"

enum { LEDGER_STEP_NS = 1000000000, LEDGER_CLOSING = 8192 };

/* ---- records ---- */

static void
stamp(const struct ledger *l, struct record *r, struct ledger_time now)
{
	r->time_ns = now.wall_ns;
	r->mono_ns = now.mono_ns;
	memcpy(r->run, l->run, sizeof(r->run));
}

void
ledger_own(struct ledger *l, struct record *r, struct ledger_time now)
{
	stamp(l, r, now);
	if (chain_append(&l->chain, &l->h, r, &l->batch) != 0)
		l->batch.failed = true;
	l->records++;
}

static void
put_start(struct ledger *l, struct ledger_time now)
{
	struct record r = { .kind = RECORD_START,
		.version = bytes_str(l->setup.version),
		.what = bytes_str(l->found.chain.tree.size == 0 ? "new"
				  : l->found.state == RECOVER_CLEAN ? "continued"
								    : "recovered") };

	buf_reset(&l->scratch);
	buf_put_str(&l->scratch, "key ");
	note_key_put(&l->scratch, &l->setup.signer->key);
	if (l->old_log && l->found.chain.tree.size == 0)
		buf_put_str(&l->scratch, "; version 1 of this log ends in records.jsonl");
	r.detail = buf_bytes(&l->scratch);
	ledger_own(l, &r, now);
}

/* put_torn() - what a crash left and recovery cut off. */
static void
put_torn(struct ledger *l, struct ledger_time now)
{
	struct record r = { .kind = RECORD_GAP, .reason = BYTES_LIT("torn"),
		.why = BYTES_LIT("the end was not whole; no command went on for it"),
		.bytes = l->found.cut, .has_payload = true, .size = l->found.cut,
		.sha256 = l->found.cut_sha256, .segment = bytes_str(l->found_in) };

	if (l->found.cut != 0)
		ledger_own(l, &r, now);
}

/* put_unknown() - some of those a crash left open; more in the next batch. */
static void
put_unknown(struct ledger *l, struct ledger_time now)
{
	l->closing = l->n_open < LEDGER_CLOSING ? l->n_open : LEDGER_CLOSING;
	for (size_t i = 0; i < l->closing; i++) {
		struct record r = { .kind = RECORD_OUTCOME, .of = l->open[i], .outcome = BYTES_LIT("unknown"),
			.error = BYTES_LIT("the gateway, or its process that knew, ended before it was written") };

		ledger_own(l, &r, now);
	}
}

static void
put_lost(struct ledger *l, struct ledger_time now)
{
	struct record r = { .kind = RECORD_GAP, .reason = BYTES_LIT("not_written"),
		.why = l->error != 0 ? bytes_str(strerror(-l->error)) : BYTES_LIT("they were not put into a batch"),
		.summed = l->lost };

	l->telling = l->lost;
	if (l->lost != 0)
		ledger_own(l, &r, now);
}

static void
put_checkpoint(struct ledger *l, struct ledger_time now)
{
	struct checkpoint c = { .origin = bytes_str(l->origin), .size = l->chain.tree.size,
		.root = merkle_root(&l->chain.tree, &l->h) };
	struct record r = { .kind = RECORD_CHECKPOINT };

	buf_reset(&l->next_note);
	if (checkpoint_sign(&l->next_note, &c, l->setup.signer, 1) != 0)
		l->batch.failed = true;
	r.note = buf_bytes(&l->next_note);
	ledger_own(l, &r, now);
	l->signing = true;
}

static void
put_handover(struct ledger *l, struct ledger_time now)
{
	struct record r = { .kind = RECORD_KEY };

	buf_reset(&l->scratch);
	if (rotation_sign(&l->scratch, &l->h, bytes_str(l->origin), l->chain.tree.size, l->setup.former,
		l->setup.signer) != 0)
		l->batch.failed = true;
	r.note = buf_bytes(&l->scratch);
	ledger_own(l, &r, now);
	l->handing = true;
}

static bool
due(const struct ledger *l, struct ledger_time now)
{
	return l->chain.tree.size - l->checkpointed >= l->setup.checkpoint_records || l->checkpoint_at == 0 ||
	       now.mono_ns - l->checkpoint_at >= l->setup.checkpoint_ns;
}

/* begin() - the first of a batch, and what comes before it. */
static void
begin(struct ledger *l, struct ledger_time now)
{
	l->base = l->chain;
	l->records = l->again = 0;
	l->theirs = 0;
	l->signing = l->handing = false;
	l->fresh = l->file < 0 || l->turned ||
		   segment_full(&l->setup.limits, l->bytes, l->opened_ns, now.wall_ns, 0);
	buf_reset(&l->batch);
	if (l->fresh) {
		struct record r = { .seq = 0 };
		char name[SEGMENT_NAME_LEN + 1];

		segment_name(chain_next(&l->chain), name);
		stamp(l, &r, now);
		r.segment = bytes_str(name);
		if (chain_open_segment(&l->chain, &l->h, &r, &l->batch) != 0)
			l->batch.failed = true;
		l->records++;
	}
	if (!l->begun) {
		put_start(l, now);
		put_torn(l, now);
	} else if (!l->fresh && l->handover) {
		put_handover(l, now);
	} else if (!l->fresh && !l->handover && due(l, now)) {
		put_checkpoint(l, now);
	}
	put_unknown(l, now);
	put_lost(l, now);
}

int
ledger_put(struct ledger *l, struct record *r, struct ledger_time now)
{
	int err;

	if (l->records == 0)
		begin(l, now);
	stamp(l, r, now);
	err = chain_append(&l->chain, &l->h, r, &l->batch);
	if (err == 0) {
		l->records++;
		l->theirs += ledger_stands_for(r);
	}
	return err_pass(err);
}

uint64_t
ledger_stands_for(const struct record *r)
{
	if (r->kind == RECORD_SUMMARY && r->summed != 0)
		return r->summed;
	return r->kind == RECORD_DENIAL ? 1 + r->summed : 1;
}

void
ledger_lose(struct ledger *l, uint64_t n)
{
	l->lost += n;
	l->lost_ever += n;
}

/* ---- writing ---- */

/* open_next() - the file of the segment the batch begins. Return: descriptor, -errno. */
static int
open_next(struct ledger *l)
{
	static const int flags = O_RDWR | O_APPEND | O_CREAT;
	struct stat st;
	int fd = folder_open(l->setup.dir, l->base.tree.size + 1, flags);

	if (fd < 0)
		return err_pass(fd);
	/* one that failed may have been left, empty or not */
	if (fstat(fd, &st) == 0 && (st.st_size == 0 || (l->left && ftruncate(fd, 0) == 0)))
		return fd;
	close(fd);
	return err_raise(-EEXIST);
}

/* undo() - what was written in part is cut off, so that no half line is left behind. */
static void
undo(struct ledger *l, int fd)
{
	char name[SEGMENT_NAME_LEN + 1];

	if (!l->fresh) {
		l->torn = fd >= 0 && ftruncate(fd, (off_t)l->bytes) != 0;
	} else if (fd >= 0) {
		segment_name(l->base.tree.size + 1, name);
		/* empty, for the case that its name cannot be taken away */
		l->left = ftruncate(fd, 0) != 0;
		l->left = unlinkat(l->setup.dir, name, 0) != 0 && l->left;
		close(fd);
	}
	l->chain = l->base;
}

static void
written(struct ledger *l, int fd, struct ledger_time now)
{
	if (l->fresh) {
		if (l->file >= 0)
			close(l->file);
		l->retire_at = 0;
		l->turned = l->left = false;
		l->file = fd;
		l->first = l->base.tree.size + 1;
		l->bytes = 0;
		l->opened_ns = now.wall_ns;
	}
	l->bytes += l->batch.len;
	if (l->handing) {
		l->handover = false;
		l->turned = true;
		l->setup.former = NULL;
		l->checkpoint_at = 0;
	} else if (l->signing) {
		struct buf was = l->note;

		l->note = l->next_note;
		l->next_note = was;
		l->note_unsaved = true;
		l->checkpointed = l->base.tree.size;
		l->checkpoint_at = now.mono_ns != 0 ? now.mono_ns : 1;
	}
	l->begun = true;
	l->n_open -= l->closing;
	if (l->closing != 0)
		memmove(l->open, l->open + l->closing, l->n_open * sizeof(l->open[0]));
	l->closing = 0;
	l->lost -= l->telling; /* what was lost while the batch was made is for the next one */
	l->error = 0;
}

int
ledger_commit(struct ledger *l, struct ledger_time now)
{
	uint64_t theirs = l->theirs - l->again;
	int fd = l->file, r;

	if (l->records == 0)
		return 0;
	if (l->torn && ftruncate(l->file, (off_t)l->bytes) == 0)
		l->torn = false;
	r = l->torn ? -EIO : buf_failed(&l->batch) || hasher_failed(&l->h) ? -ENOMEM : 0;
	if (r == 0 && l->fresh) {
		fd = open_next(l);
		r = fd < 0 ? fd : 0;
	}
	if (r == 0)
		r = whole_write(fd, buf_bytes(&l->batch));
	if (r == 0)
		r = durable_sync(fd, l->fresh ? l->setup.dir : -1);
	if (r == 0) {
		written(l, fd, now);
	} else {
		undo(l, l->fresh && fd == l->file ? -1 : fd);
		l->lost += theirs;
		l->lost_ever += theirs;
		l->error = r;
	}
	l->records = 0;
	buf_reset(&l->batch);
	return r != 0 ? err_raise(r) : 0;
}

/* ---- time ---- */

/* look_at_clock() - was the wall clock set? */
static void
look_at_clock(struct ledger *l, struct ledger_time now)
{
	int64_t offset = now.wall_ns - now.mono_ns, by = offset - l->offset_ns;
	struct record r = { .kind = RECORD_CLOCK };
	char text[64];

	l->offset_ns = offset;
	if (by > -LEDGER_STEP_NS && by < LEDGER_STEP_NS)
		return;
	snprintf(text, sizeof(text), "by %+.3f s", (double)by / 1e9);
	r.what = by < 0 ? BYTES_LIT("back") : BYTES_LIT("forward");
	r.reason = BYTES_LIT("stepped");
	r.detail = bytes_str(text);
	if (ledger_put(l, &r, now) != 0)
		ledger_lose(l, 1);
}

int
ledger_tick(struct ledger *l, struct ledger_time now)
{
	int r;

	look_at_clock(l, now);
	if (l->records == 0 && (!l->begun || l->n_open != 0 || l->lost != 0 || l->error != 0 || l->handover || due(l, now)))
		begin(l, now);
	if (l->records == 0 && l->error != 0)
		put_checkpoint(l, now);
	r = ledger_commit(l, now);
	if (r == 0 && l->note_unsaved) {
		l->note_error = folder_note(l->setup.dir, buf_bytes(&l->note));
		l->note_unsaved = l->note_error != 0;
	}
	if (r == 0)
		ledger_retire(l, now);
	return r != 0 ? err_pass(r) : ledger_commit(l, now);
}

int
ledger_rotate(struct ledger *l, const struct note_signer *to, struct ledger_time now)
{
	if (l->handover)
		return err_raise(-EBUSY);
	l->setup.former = l->setup.signer;
	l->setup.signer = to;
	l->handover = true;
	/* what waits, a segment that is due, the handover, the new segment, its checkpoint */
	for (int i = 0; i < 5 && (l->handover || l->turned || l->checkpoint_at == 0); i++)
		if (ledger_tick(l, now) != 0)
			break;
	return 0;
}

void
ledger_close(struct ledger *l, const char *reason, struct ledger_time now)
{
	struct record r = { .kind = RECORD_STOP, .reason = bytes_str(reason) };

	if (ledger_put(l, &r, now) == 0 && ledger_commit(l, now) == 0) {
		/* what stop says is signed too; a batch that had to begin a segment is no place for that */
		for (int i = 0; i < 2 && l->checkpointed < l->chain.tree.size - 1; i++) {
			l->checkpoint_at = 0;
			begin(l, now);
			if (ledger_commit(l, now) != 0)
				break;
		}
		if (l->note_unsaved)
			(void)!folder_note(l->setup.dir, buf_bytes(&l->note));
	}
	ledger_deinit(l);
}

void
ledger_deinit(struct ledger *l)
{
	if (l->file >= 0)
		close(l->file);
	if (l->setup.dir >= 0)
		close(l->setup.dir);
	l->file = l->setup.dir = -1;
	free(l->open);
	l->open = NULL;
	buf_deinit(&l->batch);
	buf_deinit(&l->note);
	buf_deinit(&l->next_note);
	buf_deinit(&l->scratch);
	hasher_deinit(&l->h);
}
