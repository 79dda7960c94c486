/*
 * msg_link - what the parent and its link process say to each other. The link holds both NATS
 * connections and no key: what a server wants signed goes to the parent and comes back.
 *
 * Subjects and bodies come from strangers on both sides of it: every length is bounded here, and
 * what is in them is the parent's to read.
 */
#ifndef HOST_PROC_MSG_LINK_H
#define HOST_PROC_MSG_LINK_H

#include "gateway/io/frame.h"

/* The two connections, each with a login of its own. */
enum wire { WIRE_CONTROL = 0, WIRE_RPC, WIRES };

enum {
	LINK_ADDRESSES = 8,
	LINK_ADDRESS_MAX = 64,
	LINK_NAME_MAX = 255,
	LINK_JWT_MAX = 16 * 1024,
	LINK_CA_MAX = 256 * 1024,
	LINK_NONCE_MAX = 256,
	LINK_SIG = 64,
	LINK_SUBJECT_MAX = 1024,
	LINK_BODY_MAX = 1024 * 1024,
	LINK_WHY_MAX = 256,
	LINK_SUBS = 2048, /* on both connections together */
};

/* parent -> link */
enum msg_to_link {
	MSG_LINK_WIRE = 1, /* where to and as whom; while it runs: from now on, connecting anew */
	MSG_LINK_START,    /* all is there: lock in, connect */
	MSG_LINK_SUB,
	MSG_LINK_UNSUB,
	MSG_LINK_PUB,
	MSG_LINK_REQUEST, /* MSG_LINK_ANSWER comes, always once; an empty subject: of our own inbox
			   */
	MSG_LINK_SIGNED,
	MSG_LINK_STOP,
	MSG_LINK_LOG, /* a log opened anew */
};

/* link -> parent */
enum msg_from_link {
	MSG_LINK_READY = 64, /* locked in */
	MSG_LINK_STATE,
	MSG_LINK_MSG,
	MSG_LINK_ANSWER,
	MSG_LINK_SIGN,
	MSG_LINK_ERROR,
	MSG_LINK_FATAL,
};

/* MSG_LINK_WIRE */
struct link_wire {
	enum wire wire;
	bool tls;
	uint16_t port;
	size_t n_addresses;
	char address[LINK_ADDRESSES][LINK_ADDRESS_MAX]; /* as numbers: the link resolves nothing */
	char host[LINK_NAME_MAX + 1];                   /* whom a certificate must name */
	char name[LINK_NAME_MAX + 1]; /* of the connection, for the server's lists */
	struct bytes jwt;             /* empty: no login */
	struct bytes ca;              /* PEM */
};

/* MSG_LINK_SUB; ->id is the parent's, not 0 */
struct link_sub {
	enum wire wire;
	uint32_t id;
	struct bytes subject, queue; /* an empty queue: plain */
};

/* MSG_LINK_PUB, MSG_LINK_MSG (->id: of the subscription), MSG_LINK_REQUEST (->id: of the request)
 */
struct link_msg {
	enum wire wire;
	uint32_t id, timeout_ms;
	struct bytes subject, reply, body;
};

enum link_outcome {
	LINK_OK = 0,
	LINK_TIMEOUT,
	LINK_NO_RESPONDERS,
	LINK_AWAY, /* the connection is not up, or went meanwhile */
	LINK_OUTCOMES
};

struct link_answer {
	uint32_t id;
	enum link_outcome outcome;
	struct bytes body;
};

enum link_state {
	LINK_DOWN = 0,
	LINK_UP,      /* logged in, every subscription is at the server */
	LINK_REFUSED, /* down, and it was the login that the server did not want */
	LINK_STATES
};

/* MSG_LINK_STATE, MSG_LINK_ERROR (without ->state: the connection lives) */
struct link_news {
	enum wire wire;
	enum link_state state;
	struct bytes why;
};

/* MSG_LINK_SIGN, MSG_LINK_SIGNED: ->text is the nonce, then the signature; ->id tells askings apart
 */
struct link_sign {
	enum wire wire;
	uint32_t id;
	struct bytes text;
};

/* Bodies are valid until the handler returns. */
int link_wire_put(struct channel *c, const struct link_wire *m);
int link_wire_get(struct cursor *in, struct link_wire *m) must_check;
int link_sub_put(struct channel *c, const struct link_sub *m);
int link_sub_get(struct cursor *in, struct link_sub *m) must_check;
int link_unsub_put(struct channel *c, uint32_t id);
int link_unsub_get(struct cursor *in, uint32_t *id) must_check;
/* link_msg_put() - @type: MSG_LINK_PUB, _REQUEST or _MSG. Return: 0, -EMSGSIZE, -errno: nothing
 * went. */
int link_msg_put(struct channel *c, uint16_t type, const struct link_msg *m);
int link_msg_get(struct cursor *in, struct link_msg *m) must_check;
int link_answer_put(struct channel *c, const struct link_answer *m);
int link_answer_get(struct cursor *in, struct link_answer *m) must_check;
/* link_news_put() - @type: MSG_LINK_STATE or _ERROR. */
int link_news_put(struct channel *c, uint16_t type, const struct link_news *m);
int link_news_get(struct cursor *in, struct link_news *m) must_check;
/* link_sign_put() - @type: MSG_LINK_SIGN or _SIGNED. */
int link_sign_put(struct channel *c, uint16_t type, const struct link_sign *m);
int link_sign_get(struct cursor *in, struct link_sign *m) must_check;
/* link_bare_put() - START, STOP, READY; @fd goes with LOG. */
int link_bare_put(struct channel *c, uint16_t type, int fd);

/* wire_name() - "control", "rpc"; never NULL. */
const char *wire_name(enum wire w);
/* link_outcome_name() - "timeout"; never NULL. */
const char *link_outcome_name(enum link_outcome o);

#endif
