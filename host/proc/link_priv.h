/*
 * link_priv - the link in its files: link.c hears the parent and is its one talker; link_wire.c
 * keeps a connection, in a thread of its own, which link_dial.c makes, link_login.c logs in and
 * link_subs.c has listening; link_queue.c is how threads reach the loop; link_asked.c remembers
 * requests until they are answered.
 */
#ifndef HOST_PROC_LINK_PRIV_H
#define HOST_PROC_LINK_PRIV_H

#include <nats/nats.h>
#include <pthread.h>
#include <stdatomic.h>

#include "host/proc/link.h"
#include "host/proc/msg_link.h"
#include "seccomp/census.h"

enum {
	LINK_INBOX_MAX = 96,
	LINK_PENDING = 16384, /* messages */
	LINK_FLUSH_MS = 4000,
};

/* ---- what threads tell the loop ---- */

enum item_kind {
	ITEM_MSG = 1, /* ->msg of subscription ->id */
	ITEM_INBOX,   /* ->msg to our inbox */
	ITEM_STATE,
	ITEM_ERROR,
	ITEM_SIGN, /* ->text is the nonce */
};

struct item {
	struct item *next;
	enum item_kind kind;
	enum wire wire;
	enum link_state state;
	uint32_t id;
	natsMsg *msg; /* ours */
	char text[LINK_NONCE_MAX + 1];
};

/* queue_begin() - @wake is called in the loop's thread after something came. */
int queue_begin(uv_loop_t *loop, uv_async_cb wake) must_check;
/* queue_put() - from any thread; takes @it's message. What has no room is dropped and counted. */
void queue_put(const struct item *it);
/* queue_take() - the oldest, free with item_free(); NULL: none. */
struct item *queue_take(void);
void item_free(struct item *it);
/* queue_dropped() - messages that had no room since the last asking. */
uint64_t queue_dropped(void);

/* ---- a connection ---- */

struct wire_sub {
	uint32_t id; /* 0: a free place */
	enum wire wire;
	char *subject, *queue; /* queue NULL: plain */
	natsSubscription *at;  /* on the connection that is up; NULL: not yet */
};

struct wire_conn {
	enum wire wire;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t news;
	/* under the lock */
	struct link_wire to; /* ->jwt and ->ca are in the two below */
	char *jwt, *ca;
	bool known, closed, up;
	atomic_bool stopping;
	uint64_t version;     /* of ->to */
	natsConnection *conn; /* NULL: none */
	natsSubscription *inbox_at;
	char inbox[LINK_INBOX_MAX]; /* "PREFIX." */
	int fd;                     /* its socket; -1: none, or being made */
	uint64_t dial_ns;           /* it is being made since; 0: it is not */
	uint32_t sign_id;
	bool sign_done;
	uint8_t sig[LINK_SIG];
	/* of its thread */
	struct wire_conn *all; /* both */
	struct wire_sub *sub;  /* of both connections */
	uint32_t failures, sign_last;
	char said[LINK_WHY_MAX + 1];
	enum link_state said_state;
};

/* wire_begin() - no thread yet. */
void wire_begin(struct wire_conn *w, enum wire wire, struct wire_conn *all, struct wire_sub *subs);
/* wire_set() - where to and as whom; a connection under another login is made anew. Return: 0,
 * -ENOMEM. */
int wire_set(struct wire_conn *w, const struct link_wire *to) must_check;
/* wire_start() - Return: 0, -errno. */
int wire_start(struct wire_conn *w) must_check;
/* wire_pub() - @reply empty: none. Return: was it up? */
bool wire_pub(struct wire_conn *w, const struct link_msg *m, struct bytes reply);
/* wire_ask() - the same with our inbox and @id behind it as reply. */
bool wire_ask(struct wire_conn *w, const struct link_msg *m);
/* wire_stop() - what was published goes out, for a moment; then the connection ends. */
void wire_stop(struct wire_conn *w);

/* wire_after() - then, by the clock of ->news. */
void wire_after(struct timespec *t, uint64_t ms);
/* wire_error() - of a connection that lives. */
void wire_error(struct wire_conn *w, const char *text);
/* What nats.c calls in threads of its own; @ctx is the struct wire_conn. */
void wire_on_closed(natsConnection *conn, void *ctx);
void wire_on_error(natsConnection *conn, natsSubscription *sub, natsStatus status, void *ctx);

/* dial_begin() - as ->version says. Return: NATS_OK and a connection, given; else nats.c's last
 * error says why. */
natsStatus dial_begin(struct wire_conn *w, natsConnection **conn, uint64_t *version);
/* dial_end() - takes @conn; its number may be another's socket from then on. */
void dial_end(struct wire_conn *w, natsConnection *conn);
/*
 * dial_watch() - now and then, from the loop: a server that took the connection and says nothing
 * more loses it. nats.c has no deadline there. One connection is made at a time, so that its socket
 * is known.
 */
void dial_watch(struct wire_conn *w, size_t n);

/* login_ask() - whoever logs in with @o asks here as whom. */
natsStatus login_ask(struct wire_conn *w, natsOptions *o);
/* login_signed() - what the parent made of a nonce. */
void login_signed(struct wire_conn *w, const struct link_sign *m);

/* subs_put() - add; the place in the table is its. Return: 0, -errno. */
int subs_put(struct wire_conn *w, struct wire_sub *place, const struct link_sub *m) must_check;
void subs_del(struct wire_conn *w, struct wire_sub *place);
/* subs_tell() - one after the other has come to the server, so that what it refuses is known by
 * name. */
natsStatus subs_tell(struct wire_conn *w, natsConnection *conn);
/* subs_forget() - they hung on a connection that ends; under the lock. */
void subs_forget(struct wire_conn *w);

/* ---- requests ---- */

/* asked_begin() - @say has to tell the parent. */
void asked_begin(
    uv_loop_t *loop, void (*say)(uint32_t id, enum link_outcome outcome, struct bytes body));
/* asked_add() - Return: 0, -ENOBUFS. */
int asked_add(uint32_t id, enum wire wire, uint32_t timeout_ms) must_check;
/* asked_answered() - Return: was it waited for? */
bool asked_answered(uint32_t id, enum link_outcome outcome, struct bytes body);
/* asked_away() - none of this connection's will be answered. */
void asked_away(enum wire wire);

#endif
