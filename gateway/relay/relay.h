/*
 * relay - a client and its upstream: the conductor of one connection's life.
 *
 * Speaks upward only through struct relay_ops (the edge answers by calling the relay_*() functions
 * below, at once or later), downward to two legs. One client has one upstream, so nothing is
 * multiplexed and a slow or broken side hurts nobody else.
 */
#ifndef GATEWAY_RELAY_RELAY_H
#define GATEWAY_RELAY_RELAY_H

#include "gateway/auth/handshake.h"
#include "gateway/auth/tally.h"
#include "gateway/nats/info.h"
#include "gateway/relay/barrier.h"
#include "gateway/relay/grants.h"
#include "gateway/relay/leg.h"
#include "gateway/relay/limits.h"
#include "gateway/relay/order.h"
#include "gateway/relay/secure.h"
#include "gateway/relay/stamped.h"
#include "gateway/relay/subs.h"
#include "policy/rules/rights.h"

struct relay;

enum { RELAY_SAID_MAX = 63 };

/* What happened to one operation, for the decision log and the audit. */
enum relay_event_kind {
	RELAY_NONE = 0,
	RELAY_PUB_DENIED,
	RELAY_SUB_DENIED,
	RELAY_REPLY_DENIED,
	RELAY_HEADER_DENIED,
	RELAY_BODY_DENIED,    /* a JetStream body that cannot be read in one way, or aims elsewhere */
	RELAY_REPORT_DENIED,  /* it speaks of another host than it is; or nobody can tell of which */
	RELAY_COMMAND_DENIED, /* at the edge; the dispatcher reports its own */
	RELAY_DELIVERY_DROPPED,
	RELAY_UNSTAMPED,      /* a command for a host that no gate we believe has forwarded */
	RELAY_SUB_ENDED,      /* a live subscription became illegal */
	RELAY_WOULD_DENY,     /* let through by a rule that only observes */
	RELAY_PROTOCOL,       /* ended for what it said */
};

struct relay_event {
	enum relay_event_kind kind;
	struct bytes subject, reply, queue;
	struct bytes detail; /* header name, protocol error, field of a body */
	struct decision decision;
	enum verb verb;
	const char *reason;   /* in place of the decision's, or NULL */
	struct bytes payload; /* RELAY_UNSTAMPED: what it was, for its digest */
	const char *id; /* of a denial: what the client was told to name it by; else NULL */
};

/* A command on its way to the dispatcher; slices valid during the call only. */
struct relay_command {
	uint64_t number; /* of this connection, from 1 */
	struct bytes subject, reply, header, payload;
};

struct relay_ops {
	/* ask the verifier; relay_verdict() answers */
	void (*verify)(struct relay *r, const struct nats_connect *c, const char *nonce);
	/* ask the parent for a connection; relay_dialled() answers */
	void (*dial)(struct relay *r);
	/* ask the signer; relay_signed() answers */
	void (*sign)(struct relay *r, const char *nonce);
	/* hand a command over; relay_command_done() and relay_answer() answer. Return: 0, -errno. */
	int (*command)(struct relay *r, const struct relay_command *c);
	/* a subscription to @subject (null: to something long) is over: are answers to a command still heard? */
	void (*enough)(struct relay *r, struct bytes subject);
	void (*event)(struct relay *r, const struct relay_event *e);
	/* the name of a rule of the policy in force */
	const char *(*rule_name)(uint32_t rule);
	/* open for use */
	void (*opened)(struct relay *r);
	/* over: @why is a word for the log. Called once, when it begins to end. */
	void (*ended)(struct relay *r, const char *why);
	/* the last call: free the memory */
	void (*gone)(struct relay *r);
	/*
	 * from now on this connection is host @host: relay_pinned() is called before the return.
	 * Return: false when somebody else is.
	 */
	bool (*pin)(struct relay *r, struct bytes host);
	/* it ran into a ceiling */
	void (*limit)(struct relay *r, enum limit l);
	/* a layer of TLS for this side, given; NULL: none can be had */
	struct layer *(*layer)(struct relay *r, bool upstream);
};

/* What the relays of one edge share. */
struct relay_env {
	const struct relay_ops *ops;
	struct stream_room *room;
	struct limits limits;
	struct nats_hello hello;  /* template of INFO */
	struct buf scratch;       /* headers and bodies written anew */
	void *arena;              /* BROKER_ARENA bytes for reading a JetStream request */
	struct stamped *stamped;  /* whose stamps are believed */
	uint32_t index;           /* which edge: the first part of a decision's id */
	uint64_t generation;      /* of the policy: moves at every swap */
	bool lame_duck;
	enum secure_when secure_clients, secure_upstream;
	uint64_t tls_done, tls_failed; /* handshakes of clients */
	bool certified; /* a client without a token is who its certificate says */
};

struct relay {
	struct leg client, upstream;
	struct relay_env *env;
	struct handshake handshake;
	struct secure secure;
	uint64_t id;
	char source[64];           /* peer address, text, without port */
	uint16_t source_port;
	uint64_t born_ms;
	/* once admitted; both borrowed from the edge until gone */
	const struct identity *identity;
	struct rights *const *rights; /* the edge swaps what it points to */
	struct subs subs;
	struct grants grants;
	struct order order;
	struct barrier barrier;
	const struct sub *reply_sub; /* the one that last matched a reply */
	/* the last subject that a rule let it publish to, and under which policy: most come in rows */
	uint64_t said_generation;
	uint8_t said_len; /* 0: none */
	uint8_t said[RELAY_SAID_MAX];
	size_t max_payload;
	size_t max_subs;
	struct pace pace;
	struct pace *user_pace; /* what all connections of its user have together; the edge's */
	struct tally_name *account_subs; /* the edge's; NULL: not counted */
	bool paced; /* its publishes are counted */
	bool held_back; /* and there are too many */
	uint64_t generation;   /* of the policy its subscriptions were judged by */
	uint64_t commands;     /* handed over so far */
	unsigned commands_out; /* of them not yet done */
	unsigned pings_out;
	uint64_t denial_window_ms;
	unsigned denials, denials_summed;
	uint64_t denied_kinds, denied_verbs; /* in this window: sets of kinds, and of what was commanded */
	bool ending;
	bool told_gone;
	uint64_t denied; /* in all, for the closing record */
	struct relay *next, *prev; /* the edge's list */
	void *person;              /* the edge's */
};

/*
 * relay_start() - take a connected client: tell it INFO and wait for CONNECT.
 * @r: zeroed memory, kept until ops->gone
 * Return: 0, -errno (the descriptor is closed, ops->gone is not called).
 */
int relay_start(struct relay *r, struct relay_env *env, int fd, uint64_t id, const char *source, uint16_t port,
    const char *nonce) must_check;
/* relay_verdict() - @identity NULL: refused, @error for the wire (NULL: the uniform one), @why for the log. */
void relay_verdict(struct relay *r, const struct identity *identity, struct rights *const *rights,
    const char *error, const char *why);
/* relay_quota() - what it shares with others; before relay_verdict(), borrowed until gone. NULL: nothing. */
void relay_quota(struct relay *r, struct pace *user_pace, struct tally_name *account_subs);
/* relay_held() - bytes of buffers on both sides. */
size_t relay_held(const struct relay *r);
/* relay_pinned() - the identity as before, its rights as those of one host. */
void relay_pinned(struct relay *r, const struct identity *identity, struct rights *const *rights);
/* relay_dialled() - @fd is taken; -1: not connected. */
void relay_dialled(struct relay *r, int fd);
/* relay_signed() - what to log in with; an empty @jwt: refused. @sig: 64 raw bytes. */
void relay_signed(struct relay *r, struct bytes jwt, struct bytes sig);
/* The dispatcher's word on a command; slices valid during the call only. */
struct relay_done {
	uint64_t number;
	bool forwarded;
	struct bytes subject, reply; /* as the client named them */
	struct bytes why;            /* of a refusal: the text for the asker */
};

/* relay_command_done() - a command was forwarded, or refused. */
void relay_command_done(struct relay *r, const struct relay_done *d);
/* relay_command_unanswered() - it was forwarded, and no answer will come: @why for the asker. */
void relay_command_unanswered(struct relay *r, struct bytes subject, struct bytes reply, const char *why);
/* relay_answer() - an answer to a command. Return: false when nobody listens for @reply any more. */
bool relay_answer(struct relay *r, struct bytes reply, struct bytes onward, struct bytes header, struct bytes payload);
/* relay_hears() - has the client a subscription that answers on @reply come to? */
bool relay_hears(struct relay *r, struct bytes reply);
/* relay_tick() - deadlines; call about twice a second. */
void relay_tick(struct relay *r, uint64_t now_ms);
/* relay_rejudge() - the rights changed: end what became illegal, and only that. */
void relay_rejudge(struct relay *r);
/* relay_lame_duck() - tell the client that we are about to go. */
void relay_lame_duck(struct relay *r);
/* relay_end() - end it: @error for the wire or NULL, @why for the log. */
void relay_end(struct relay *r, const char *error, const char *why);
/* relay_drop() - end it, and wait for neither side: what is queued is thrown away. */
void relay_drop(struct relay *r, const char *error, const char *why);

#endif
