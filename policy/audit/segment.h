/*
 * segment - the files a log is made of: names, when to begin the next, which may go, what stays of
 * them, and where a file ends after a crash.
 *
 * A segment is NUMBER.jsonl, NUMBER being the 20-digit number of its first record, a
 * RECORD_SEGMENT. So names sort as records do, and each segment says which tree it continues.
 */
#ifndef POLICY_AUDIT_SEGMENT_H
#define POLICY_AUDIT_SEGMENT_H

#include "policy/audit/chain.h"

enum {
	SEGMENT_NAME_LEN = 26, /* 00000000000000000001.jsonl */
	SEGMENT_ROOT_MAX = 256,
};

/* answers */
enum segment_answer {
	SEGMENT_BAD = 1,
};

void segment_name(uint64_t first, char name[SEGMENT_NAME_LEN + 1]);
/* segment_name_parse() - Return: 0, SEGMENT_BAD. */
int segment_name_parse(struct bytes name, uint64_t *first) must_check;

struct segment_limits {
	uint64_t max_bytes;  /* a segment is not begun anew for less; 0: no limit */
	int64_t max_age_ns;  /* 0: no limit */
	uint64_t keep_bytes; /* retention, over whole segments; 0: keep all */
	int64_t keep_age_ns; /* 0: for ever */
};

/* segment_full() - is it time for the next one, before @more bytes are written? */
bool segment_full(const struct segment_limits *l, uint64_t bytes, int64_t opened_ns, int64_t now_ns,
    uint64_t more);

/* A segment as retention sees it, oldest first. */
struct segment_info {
	uint64_t first, last;
	uint64_t bytes;
	int64_t ended_ns; /* time of its last record */
};

/* segment_retire() - how many of the oldest may go; never the last one. */
size_t segment_retire(
    const struct segment_limits *l, const struct segment_info *s, size_t n, int64_t now_ns);

/*
 * What is left of a removed segment, a line of the file `roots`:
 *	FIRST LAST BYTES HEAD ROOT
 * HEAD is the leaf hash of its last record, ROOT that of the tree up to there, in hexadecimal.
 */
struct segment_root {
	uint64_t first, last, bytes;
	struct digest head, root;
};
void segment_root_put(struct buf *b, const struct segment_root *r);
/* segment_root_parse() - one line without its line feed. Return: 0, SEGMENT_BAD. */
int segment_root_parse(struct bytes line, struct segment_root *r) must_check;

/*
 * Opening a log again: feed the last segment from its beginning, then ask. O(1) memory.
 */
enum recover_state {
	RECOVER_CLEAN = 0, /* ends with a whole record: go on */
	RECOVER_EMPTY,     /* not one record: the segment has to be begun again (same number) */
	RECOVER_TORN,      /* a write was cut off: keep ->valid bytes, write a RECORD_GAP */
	RECOVER_DAMAGED,   /* not what a crash leaves: a checkpoint stands behind the damage, or the
			      kept checkpoint covers more than there is. Write nothing; verify */
};

struct recover;
/*
 * recover_new() - for the segment that is named @first; @before: the chain before it when the
 * caller has it, else NULL and its own first record is believed. NULL: out of memory.
 */
struct recover *recover_new(uint64_t first, const struct chain *before);
void recover_free(struct recover *r);
/* recover_feed() - the next bytes of the file. */
void recover_feed(struct recover *r, struct bytes in);
struct recovered {
	enum recover_state state;
	uint64_t valid;           /* bytes up to which whole records stand: cut the file here */
	uint64_t cut;             /* bytes behind it */
	struct digest cut_sha256; /* of those */
	struct chain chain;       /* after the last whole record */
	int64_t time_ns, mono_ns; /* of that record */
	char run[RECORD_RUN_LEN + 1];
	uint64_t checkpoint; /* size of the last checkpoint record, 0 none in this segment */
};
/*
 * recover_end() - what was found. @kept_size: size of the newest checkpoint kept beside the log
 * (its signature checked by the caller), 0 none. Return: 0, -ENOMEM.
 */
int recover_end(struct recover *r, uint64_t kept_size, struct recovered *out) must_check;

#endif
