/*
 * ledger - the audit log on the disk: segments, the chain over them, checkpoints, recovery, retention.
 *
 * Records are put into a batch and written by ledger_commit() with one fdatasync. A batch that cannot be
 * written is cut off again and never was: its numbers are given anew, and how many records it held is
 * said by a gap record in the first batch that can be written. What a run has to say first (start, what
 * a crash left, commands whose fate it hides) is put in front of the first batch, by the same rule.
 *
 * Clocks are parameters. One process owns a ledger; its folder is locked by whoever opened it.
 */
#ifndef GATEWAY_PROC_LEDGER_H
#define GATEWAY_PROC_LEDGER_H

#include "policy/audit/checkpoint.h"
#include "policy/audit/segment.h"

enum {
	LEDGER_BATCH = 16 * 1024 * 1024, /* bytes of one batch, at most */
	LEDGER_WHY = 256,
};

struct ledger_time {
	int64_t wall_ns; /* unix */
	int64_t mono_ns; /* since boot, suspend included */
};

struct ledger_setup {
	int dir; /* the folder, locked; taken */
	struct segment_limits limits;
	uint64_t checkpoint_records; /* a checkpoint after so many records */
	int64_t checkpoint_ns;       /* and after so long */
	const struct note_signer *signer;
	const struct note_signer *former; /* of the log as it is, when another key is to follow; NULL: none */
	const char *version;
};

/* answers of ledger_open() */
enum ledger_answer {
	LEDGER_DAMAGED = 1, /* not what a crash leaves: nothing may be written over it */
	LEDGER_OTHER_KEY,   /* its checkpoints are of a key that is neither ->signer nor ->former */
};

struct ledger {
	struct ledger_setup setup;
	struct hasher h;
	struct chain chain, base; /* with the batch, and without */
	struct buf batch;
	size_t records; /* in the batch */
	size_t again;   /* of them, those the caller keeps and puts again when the batch fails */
	uint64_t theirs; /* what the others stand for, one or more each */
	char run[RECORD_RUN_LEN + 1];
	char origin[NOTE_NAME_MAX + 1];
	bool old_log;    /* a log of version 1 lies beside */

	int file;          /* the segment being written; -1: none yet */
	uint64_t first;    /* its first record */
	uint64_t bytes;    /* durable in it */
	int64_t opened_ns; /* by the wall clock */
	bool fresh;        /* the batch begins a new one */
	bool torn;         /* what was written in part could not be cut off yet */
	bool left;         /* nor could the file taken away that it was to begin: it is still ours */
	int64_t retire_at; /* mono; when to look for what may go */

	bool begun;             /* the run's start is durable */
	struct recovered found; /* what there was; ->state says whether a gap is to be told */
	char found_in[SEGMENT_NAME_LEN + 1];
	uint64_t *open; /* commands without an outcome */
	size_t n_open, cap_open;
	size_t closing; /* of them, in the batch */
	bool handover; /* ->former signs over to ->signer, soon */
	bool turned;   /* they did: a segment and a checkpoint of the new one are next */

	uint64_t checkpointed; /* records that the last checkpoint covers */
	int64_t checkpoint_at; /* mono; 0: at once */
	bool signing;          /* the batch begins with a checkpoint */
	bool handing;          /* ... or with the handover */
	struct buf note, next_note; /* the newest checkpoint; the one in the batch */
	bool note_unsaved;
	int note_error, retire_error; /* why not, and why nothing could be removed; 0: it could, or nothing was to be */

	int error; /* why the last batch could not be written; 0: it could */
	uint64_t lost_ever;     /* not written, since it was opened */
	uint64_t lost, telling; /* not written; of them, those the batch tells of */
	int64_t offset_ns; /* wall - mono, as last seen */
	struct buf scratch;
	char why[LEDGER_WHY]; /* of an answer or failure of ledger_open() */
};

/*
 * ledger_open() - read what is there and go on behind it. Nothing is written yet.
 * Return: 0, LEDGER_DAMAGED, LEDGER_OTHER_KEY, -errno; l->why says more.
 */
int ledger_open(struct ledger *l, const struct ledger_setup *s, struct ledger_time now) must_check;
/*
 * ledger_put() - into the batch: time, clock and run are set here, and r->seq is its number if the
 * batch is written. Return: 0, RECORD_BAD, -ENOMEM (it is not in the batch).
 */
int ledger_put(struct ledger *l, struct record *r, struct ledger_time now) must_check;
/*
 * ledger_stands_for() - how many are lost with this record: a summary stands for those it counts, a denial
 * for itself and those alike it counts.
 */
uint64_t ledger_stands_for(const struct record *r);
/*
 * ledger_keep() - before the first batch: the outcome of command @seq will still be told. Return: was it
 * going to be closed as unknown?
 */
bool ledger_keep(struct ledger *l, uint64_t seq);
/* ledger_unknown() - nobody will tell the outcome of command @seq: the next batch says so. Return: 0, -ENOMEM. */
int ledger_unknown(struct ledger *l, uint64_t seq) must_check;
/* ledger_lose() - @n records were not even tried. */
void ledger_lose(struct ledger *l, uint64_t n);
/* ledger_commit() - the batch to the disk. Return: 0 (also of an empty one), -errno: it never was. */
int ledger_commit(struct ledger *l, struct ledger_time now) must_check;
/*
 * ledger_tick() - about once a second, with an empty batch: a checkpoint when it is time, a clock that
 * was set, a new attempt when writing fails, retention. Return: as ledger_commit().
 */
int ledger_tick(struct ledger *l, struct ledger_time now) must_check;
/*
 * ledger_rotate() - @to signs from now on: the present key, which must stay until ->handover is false again,
 * signs over to it, then a segment begins and a checkpoint of @to follows. Return: 0, or -EBUSY while
 * another handover is not durable.
 */
int ledger_rotate(struct ledger *l, const struct note_signer *to, struct ledger_time now) must_check;
/* ledger_close() - an orderly end: stop, and a checkpoint over it. */
void ledger_close(struct ledger *l, const char *reason, struct ledger_time now);
/* ledger_deinit() - as after a crash: what is not committed never was. */
void ledger_deinit(struct ledger *l);
/* ledger_bytes() - of the batch so far. */
static inline size_t
ledger_bytes(const struct ledger *l)
{
	return l->batch.len;
}

#endif
