/* log - a log as a writer would make it, in memory: segments, checkpoints, handovers. */
#ifndef TESTS_UNIT_POLICY_AUDIT_LOG_H
#define TESTS_UNIT_POLICY_AUDIT_LOG_H

#include "policy/audit/inspect.h"

#define LOG_ORIGIN "gate.example/audit"

enum { LOG_SEGMENTS = 16 };

struct log {
	struct hasher h;
	struct chain chain;
	struct secret seed[2];
	struct note_signer signer[2];
	size_t n_segments;
	struct buf segment[LOG_SEGMENTS];
	uint64_t first[LOG_SEGMENTS];
	struct segment_root root[LOG_SEGMENTS]; /* of all that are finished */
	int64_t now_ns, mono_ns;
	char run[RECORD_RUN_LEN + 1];
	uint32_t random;
	struct buf note; /* the newest checkpoint */
};

void log_new(struct log *l, uint32_t seed);
void log_free(struct log *l);
uint32_t log_random(struct log *l, uint32_t below);
/* log_add() - any record; time goes on by itself. */
void log_add(struct log *l, struct record *r);
void log_command(struct log *l);
void log_start(struct log *l); /* a new run */
void log_segment(struct log *l);
void log_checkpoint(struct log *l, size_t signer);
void log_rotate(struct log *l, size_t from, size_t to);
/* log_fill() - @n records, @per a segment, a checkpoint each @every. */
void log_fill(struct log *l, size_t n, size_t per, size_t every);
/* log_verify() - all segments, fed in pieces of @piece bytes (0: whole). */
void log_verify(const struct log *l, const struct inspect_setup *s, size_t from, size_t piece,
    struct inspect_result *r);
/* log_setup() - trusts signer 0. */
struct inspect_setup log_setup(const struct log *l);

#endif
