/*
 * exposition - what is measured, and how it is written: Prometheus' text format. Pure.
 *
 * Every metric is a row of one table: name, kind, meaning, labels. A sample names its row, so that
 * what travels between processes is a number and what is written can only be what the table says.
 * Labels come from small sets (kinds, processes, sinks), never from clients.
 */
#ifndef GATEWAY_PROC_EXPOSITION_H
#define GATEWAY_PROC_EXPOSITION_H

#include "policy/core/buf.h"
#include "policy/core/err.h"

enum metric {
	METRIC_BUILD_INFO = 0,
	METRIC_START_TIME,
	METRIC_READY,
	METRIC_POLICY_INFO,
	METRIC_POLICY_RULES,
	METRIC_POLICY_LOADED,
	METRIC_RECONFIGURE,
	METRIC_UPSTREAM_UP,
	METRIC_CONNECTIONS,
	METRIC_CONNECTIONS_TOTAL,
	METRIC_LOGINS,
	METRIC_MESSAGES,
	METRIC_BYTES,
	METRIC_DENIED,
	METRIC_SHADOW_DENIED,
	METRIC_TLS,
	METRIC_TLS_UNSIGNED,
	METRIC_COMMANDS,
	METRIC_COMMANDS_WAITING,
	METRIC_LIMITS,
	METRIC_PREAUTH,
	METRIC_PENALISED,
	METRIC_HELD,
	METRIC_AUDIT_SEQ,
	METRIC_AUDIT_DURABLE,
	METRIC_AUDIT_FAILING,
	METRIC_AUDIT_LOST,
	METRIC_AUDIT_CHECKPOINT,
	METRIC_AUDIT_WRITE_BUCKET, /* these three are one histogram */
	METRIC_AUDIT_WRITE_SUM,
	METRIC_AUDIT_WRITE_COUNT,
	METRIC_DECISIONS_LOST,
	METRIC_DECISIONS_FAILING,
	METRIC_PROCESS_UP,
	METRIC_PROCESS_RESTARTS,
	METRIC_SINK_UP,
	METRIC_SINK_POSITION,
	METRIC_SINK_WAITING,
	METRIC_COUNT
};

enum { METRIC_LABELS = 2, METRIC_LABEL_MAX = 64, METRIC_SAMPLES = 2048 };

/* One number. Times are nanoseconds and are written as seconds. */
struct metric_sample {
	enum metric metric;
	uint64_t value;
	struct bytes label[METRIC_LABELS]; /* as many as its row has */
};

/* The bounds of a histogram of durations, in nanoseconds; one more bucket than these is counted. */
enum { METRIC_BUCKETS = 10 };
extern const uint64_t metric_bounds_ns[METRIC_BUCKETS];
/* metric_bucket() - which of METRIC_BUCKETS + 1 a duration belongs to. */
size_t metric_bucket(uint64_t ns);

/* metric_labels() - how many labels its samples have. */
size_t metric_labels(enum metric m);
/* exposition_put() - all samples, by family, with what they mean. Failure stays with @b. */
void exposition_put(struct buf *b, const struct metric_sample *s, size_t n);

#endif
