/*
 * link_priv - the link in its files: link.c hears the parent and is its one talker; link_wire.c
 * keeps a connection, which link_dial.c makes, link_server.c listens to and link_subs.c has
 * listening; link_asked.c remembers requests until they are answered. All of it in one loop,
 * without threads.
 */
#ifndef HOST_PROC_LINK_PRIV_H
#define HOST_PROC_LINK_PRIV_H

#include "gateway/io/stream.h"
#include "gateway/nats/parser.h"
#include "gateway/tls/context.h"
#include "host/proc/link.h"
#include "host/proc/msg_link.h"

enum {
	LINK_INBOX_MAX = 64,
	LINK_LOGIN_MS =
	    8000, /* from the first packet to the server's word; then for subscriptions */
};

/* ---- what the loop tells the parent: link.c ---- */

void link_say_state(enum wire w, enum link_state state, const char *why);
/* link_say_error() - of a connection that lives. */
void link_say_error(enum wire w, struct bytes text);
/* link_say_nonce() - to be signed; the answer has the same @id. */
void link_say_nonce(enum wire w, uint32_t id, struct bytes nonce);
/* link_say_msg() - of subscription @id. */
void link_say_msg(
    enum wire w, uint32_t id, struct bytes subject, struct bytes reply, struct bytes body);
/* link_said_all() - a connection that is to end has said what it had to, or ended before. */
void link_said_all(void);

/* ---- a connection ---- */

struct wire_sub {
	uint32_t id; /* 0: a free place; its lowest bits are the place */
	enum wire wire;
	char *subject, *queue; /* queue NULL: plain */
	bool leaving;          /* taken back: it is heard until the server has answered ->pong */
	uint32_t pong;
};

enum wire_state {
	WIRE_AWAY = 0,   /* nobody: a connection is made when the clock says so */
	WIRE_GREETING,   /* the server: INFO */
	WIRE_SECURING,   /* both: TLS */
	WIRE_SIGNING,    /* the parent: what it makes of the nonce */
	WIRE_LOGGING_IN, /* the server: PONG, or why not */
	WIRE_TELLING,    /* the server: PONG behind all subscriptions */
	WIRE_UP,
	WIRE_CLOSING, /* the loop lets go of it */
};

struct wire_conn {
	struct stream stream; /* first */
	enum wire wire;
	enum wire_state state;
	struct link_wire to; /* ->jwt and ->ca are in the next two */
	struct bytes jwt, ca;
	bool known;              /* ->to was told */
	bool changed;            /* and is another one than this connection's */
	struct tls_context *tls; /* NULL: none is spoken, or none can be had (->tls_why) */
	char tls_why[TLS_WHY];
	struct wire_sub *sub; /* of both connections */
	uv_timer_t retry;
	struct nats_parser parser;
	int64_t max_payload;
	char nonce[128];
	bool headers;         /* the server carries them */
	bool refused;         /* the last one ended because of the login */
	bool stopping;        /* what was published goes out, then it ends */
	uint32_t stop_pong;   /* the answer behind it */
	uint64_t deadline_ms; /* of what ->state waits for, below WIRE_UP */
	uint64_t ping_ms;     /* the last of ours */
	uint32_t pings, pongs;
	uint32_t sign_id, failures;
	char inbox[LINK_INBOX_MAX]; /* "_INBOX.x." */
	char said[LINK_WHY_MAX + 1];
	enum link_state said_state;
};

/* wire_begin() - nothing is connected yet. */
void wire_begin(struct wire_conn *w, enum wire wire, uv_loop_t *loop, struct wire_sub *subs);
/* wire_set() - where to and as whom; a connection under another login is made anew. Return: 0,
 * -ENOMEM. */
int wire_set(struct wire_conn *w, const struct link_wire *to) must_check;
/* wire_start() - from here on there is a connection, or one is tried. */
void wire_start(struct wire_conn *w);
/* wire_pub() - @reply empty: none. Return: was it up? */
bool wire_pub(struct wire_conn *w, const struct link_msg *m, struct bytes reply);
/* wire_ask() - the same with our inbox and @id behind it as reply; without a subject to ourselves.
 */
bool wire_ask(struct wire_conn *w, const struct link_msg *m);
/* wire_flush() - what was said in this turn of the loop. */
void wire_flush(struct wire_conn *w);
/* wire_ping() - Return: which PONG will be its answer (wire_heard()). */
uint32_t wire_ping(struct wire_conn *w);
/* wire_heard() - has the server answered that one? */
bool wire_heard(const struct wire_conn *w, uint32_t pong);
/* wire_up() - it is logged in, and has all subscriptions. */
void wire_up(struct wire_conn *w);
/* wire_fail() - it ends, and another one is made. @refused: the server does not want the login. */
void wire_fail(struct wire_conn *w, const char *why, bool refused);
/* wire_tick() - now and then: what took too long, and whether the server is still there. */
void wire_tick(struct wire_conn *w);
/* wire_closed() - the loop has let go of its socket; another one follows. */
void wire_closed(struct stream *s);
/* wire_stop() - what was published goes out; link_said_all() then. Return: is there anything? */
bool wire_stop(struct wire_conn *w);

/* dial() - a socket that connects to one of the addresses. Return: 0 (then WIRE_GREETING), -errno.
 */
int dial(struct wire_conn *w, struct stream_room *room) must_check;
/* dial_on() - a connection begins on @fd (taken), with our ceilings. Return: 0 (then
 * WIRE_GREETING), -errno. */
int dial_on(struct wire_conn *w, struct stream_room *room, int fd) must_check;
/* dial_secure() - TLS begins, or goes on. Return: 0 it is there, STREAM_BLOCKED, -errno after
 * wire_fail(). */
int dial_secure(struct wire_conn *w) must_check;
/* dial_trust() - whom a server must prove to be. Nobody to trust is nobody, not everybody. */
void dial_trust(struct wire_conn *w);

/* server_ops() - what a connection does with what the server says. */
const struct stream_ops *server_ops(void);
/* server_signed() - what the parent made of a nonce. */
void server_signed(struct wire_conn *w, const struct link_sign *m);

/* subs_put() - add; the place in the table is its. Return: 0, -ENOMEM. */
int subs_put(struct wire_conn *w, struct wire_sub *place, const struct link_sub *m) must_check;
void subs_del(struct wire_conn *w, struct wire_sub *place);
/* subs_tell() - all of this connection go to the server. */
void subs_tell(struct wire_conn *w);
/* subs_pong() - the server has answered: which are not heard any more. subs_forget() - none of
 * those. */
void subs_pong(struct wire_conn *w);
void subs_forget(struct wire_conn *w);
/* sub_at() - the place of a subscription; whose it is, ->id says. */
static inline struct wire_sub *
sub_at(struct wire_sub *table, uint32_t id)
{
	return &table[id % LINK_SUBS];
}

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
