/*
 * ship - one sink at work: a thread that follows the log, hands batches over, and remembers how far
 * it came. What it hands them to is in sink_nats.c, sink_syslog.c, sink_file.c.
 *
 * A thread each, because a sink may wait as long as it likes: for nobody else. What threads share
 * is struct ship_feed, and nothing of it is waited for longer than a copy takes.
 */
#ifndef GATEWAY_PROC_SHIP_H
#define GATEWAY_PROC_SHIP_H

#include <pthread.h>

#include "gateway/proc/follow.h"
#include "gateway/proc/ship_login.h"

enum {
	SHIP_BATCH = 256,
	SHIP_TEXT = 1024 * 1024, /* of a batch; one more line may stand behind it */
	SHIP_ID_MAX = 96,
	SHIP_WHY_MAX = 192,
};

/* How far the log is durable; the process's one writer is its main thread. */
struct ship_feed {
	pthread_mutex_t lock;
	pthread_cond_t news;
	struct msg_audit_at upto;
	bool stopping;
};

struct ship_item {
	size_t at, len; /* in the batch's text */
	uint64_t seq;
	struct digest leaf;
	enum record_kind kind;
	char run[RECORD_RUN_LEN + 1];
};

struct ship_batch {
	struct buf text;
	size_t n;
	struct ship_item item[SHIP_BATCH];
};

struct ship;

struct ship_ops {
	/* each: 0, or -1 after ship_why() */
	int (*open)(struct ship *s);
	int (*send)(
	    struct ship *s, const struct ship_batch *b); /* all, or the whole batch again later */
	bool (*alive)(struct ship *s);
	void (*close)(struct ship *s);
	/* the newest record that is there, as its ship_id(); false: it cannot be told */
	bool (*last)(struct ship *s, char id[SHIP_ID_MAX]);
};

struct ship {
	struct sink conf;
	struct sink moved; /* where it is now, of which the addresses count; under the feed's lock */
	bool has_moved;
	const struct ship_ops *ops;
	void *link; /* the ops' own */
	int dir;    /* of a file sink; -1 */
	int state;  /* folder of positions; borrowed */
	struct ship_login login;
	struct ship_feed *feed;
	struct follow follow;
	struct follow_at committed; /* everything before it has arrived */
	struct follow_at saved;
	struct ship_batch batch;
	struct record_reader *reader; /* of a filter that must look into records */
	struct msg_audit_at upto;
	char why[SHIP_WHY_MAX];
	char told[SHIP_WHY_MAX]; /* what was logged last of why it is lost */
	bool up, resumed, stopping;
	bool stuck; /* the log could not be read */
	bool told_up, told_behind, told_unread, told_unsaved, told_broken;
	unsigned failures;
	unsigned turn; /* which of its addresses is tried */
	uint64_t pause_until_ms, saved_ms, behind_ms, looked_ms;
	/* under feed->lock */
	struct ship_login renewed; /* what came of it since */
	bool running;
	struct ship_shown {
		bool up;
		uint64_t after, waiting;
		char why[SHIP_WHY_MAX];
	} shown, said; /* for the process's main thread; what it has told of it */
};

/* ship_start() - a new thread for @s, whose conf, feed, state, dir and login are set. Return: 0,
 * -errno. */
int ship_start(struct ship *s, int log_dir) must_check;
/* ship_address() - of its server: the one whose turn it is, as text. */
const char *ship_address(const struct ship *s);
/* ship_why() - for the log: why it does not work; printf-like. Return: -1. */
int ship_why(struct ship *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* ship_id() - "RUN.SEQ.FIRST 16 DIGITS OF THE LEAF HASH": one per record, whoever computes it. */
void ship_id(const struct ship_item *i, char id[SHIP_ID_MAX]);
/* ship_text() - what is to be sent. */
static inline struct bytes
ship_text(const struct ship_batch *b, const struct ship_item *i)
{
	return bytes_of(b->text.ptr + i->at, i->len);
}

extern const struct ship_ops sink_jetstream_ops, sink_nats_ops, sink_syslog_ops, sink_file_ops;

/* filter_wants() - does it want this record? @reader may be NULL where filter_looks() says no. */
bool filter_looks(const struct sink_filter *f);
bool filter_wants(const struct sink_filter *f, enum record_kind kind, struct bytes line,
    struct record_reader *reader);

#endif
