/*
 * inspect_priv - the verifier's state, shared by the part that reads lines (inspect.c), the one
 * that judges signatures (inspect_signed.c) and the one that judges segments (inspect_segment.c).
 */
#ifndef POLICY_AUDIT_INSPECT_PRIV_H
#define POLICY_AUDIT_INSPECT_PRIV_H

#include "policy/audit/inspect.h"
#include "policy/audit/lines_priv.h"

struct place {
	uint64_t segment, line, offset;
};

/* A line that does not follow the one before. */
struct doubt {
	bool there;
	uint64_t segment, line, offset;
	struct place before; /* of the line before it */
	uint64_t seq;
	bool linked;    /* to the line before, though the number is wrong */
	bool as_before; /* it has the same predecessor as the line before it */
	bool same;      /* it is the line before it, again */
	bool other_run; /* of a run that neither of the two begins */
	struct digest leaf;
};

/* A checkpoint kept elsewhere, or the one beside the log. */
struct kept {
	struct checkpoint checkpoint;
	struct bytes note;
	bool beside;
	bool compared; /* the log has been that long, or a removed segment ended there */
	bool equal;
	uint64_t good; /* of one beside: records that the log's own checkpoints covered there */
};

struct inspect {
	struct inspect_setup setup;
	struct hasher h;
	struct lines lines;
	struct inspect_result result;
	struct merkle tree;
	uint64_t segment, line, offset,
	    next; /* where we are; ->next: in the file, behind the line */
	struct {
		uint64_t seq;
		struct digest leaf;
		enum record_kind kind;
		int64_t time_ns, mono_ns;
		char run[RECORD_RUN_LEN];
	} last;
	struct place at; /* of the last record */
	bool have_before;
	struct digest before; /* leaf of the record before the last */
	struct doubt doubt;

	struct bytes origin;
	uint8_t origin_room[NOTE_NAME_MAX * 2];
	struct note_key trusted[INSPECT_KEYS]; /* may sign here */
	size_t n_trusted;
	struct note_key ever[INSPECT_EVER];    /* and that ever might */
	size_t n_ever;
	struct {
		bool there;
		struct note_key key; /* name and id of a key nobody vouched for, yet */
		struct place at;
		uint64_t seq;
	} stranger;
	struct kept kept[INSPECT_KEPT + 1]; /* by size */
	size_t n_kept, next_kept;
	struct buf value; /* of a text with escapes */
};

/* inspect_tell(), inspect_find() - one more finding; the second: at the line being read. */
void inspect_tell(struct inspect *in, const struct inspect_finding *f);
void inspect_find(
    struct inspect *in, enum inspect_what what, uint64_t seq, uint64_t to, const char *why);
/* inspect_settle() - what the next line (NULL: none, or none of ours) says about the doubt. */
void inspect_settle(struct inspect *in, const struct record_head *h);

/* Each answers whether reading goes on. */
bool inspect_begins(
    struct inspect *in, const struct record_shape *s); /* the first line of a file */
bool inspect_opened(struct inspect *in, const struct record_shape *s); /* a RECORD_SEGMENT */
bool inspect_checkpoint(struct inspect *in, const struct record_shape *s);
bool inspect_handover(struct inspect *in, const struct record_shape *s);

/* inspect_kept_add() - read one. Return: 0, NOTE_BAD. inspect_kept_sort(): when all are there. */
int inspect_kept_add(struct inspect *in, struct bytes note, bool beside) must_check;
void inspect_kept_sort(struct inspect *in);
/* inspect_kept_here() - compare those of this size with the tree. */
void inspect_kept_here(struct inspect *in);
/* inspect_kept_root() - compare those of @size with a root that is known otherwise. */
void inspect_kept_root(struct inspect *in, uint64_t size, const struct digest *root);
/* inspect_kept_end() - all was read: judge them. */
void inspect_kept_end(struct inspect *in);

#endif
