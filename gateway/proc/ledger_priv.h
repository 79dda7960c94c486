/*
 * ledger_priv - the ledger in three files: ledger.c makes batches and writes them, ledger_open.c reads
 * what is there, ledger_files.c keeps the folder: names, retention, the newest checkpoint.
 */
#ifndef GATEWAY_PROC_LEDGER_PRIV_H
#define GATEWAY_PROC_LEDGER_PRIV_H

#include "gateway/proc/ledger.h"

enum { LEDGER_SEGMENTS = 1 << 20, LEDGER_SMALL_FILE = 1 << 20, FOLDER_HEAD = 16 * 1024 };

/* folder_segments() - first records of all segments, sorted; free() them. Return: 0, -errno. */
int folder_segments(int dir, uint64_t **first, size_t *n) must_check;
/* folder_open() - a segment. Return: descriptor, -errno. */
int folder_open(int dir, uint64_t first, int flags) must_check;
/* folder_read() - a small file of the folder, appended. Return: 0, -errno. */
int folder_read(int dir, const char *name, struct buf *out) must_check;
/* folder_note() - the file `checkpoint` anew. Return: 0, -errno. */
int folder_note(int dir, struct bytes note) must_check;
/* folder_head() - the first line of a segment: what the one before it came to. Return: 0, -errno. */
int folder_head(int dir, uint64_t first, uint8_t room[FOLDER_HEAD], struct record_shape *s) must_check;
/*
 * folder_removed() - number of the last record that `roots` says is removed; 0 none. Half a line at its end is
 * cut off. Return: 0, SEGMENT_BAD, -errno.
 */
int folder_removed(int dir, uint64_t *last) must_check;
/*
 * ledger_retire() - take away what limits say, oldest first; each is in `roots` before it goes, and told
 * by a record in the next batch.
 */
void ledger_retire(struct ledger *l, struct ledger_time now);
/* ledger_own() - put a record of the ledger's own. A failure spoils the batch. */
void ledger_own(struct ledger *l, struct record *r, struct ledger_time now);

#endif
