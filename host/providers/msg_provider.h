/*
 * msg_provider - what a host and one of its providers say to each other, over a gateway/io channel.
 *
 *   to the provider                                from the provider
 *   FOLDER     (a descriptor): where it may keep   READY       its walls stand; or why not, then it
 * ends SETUP      who it is, once                     LINK_STATE  what became of a link LINK_PUT an
 * actor and its values             INVOKE      ask an actor LINK_FD    the same with a descriptor
 * RESULT      the answer to a CALL LINK_DEL   an actor                            LOG         a
 * line CALL       an actor asks                       COUNTS      its numbers ANSWER     the answer
 * to an INVOKE             SIGN        a server's nonce, for a link's login SIGNED     the answer
 * to a SIGN DRAIN      nothing new; end what is under way, then end STOP       end now
 *
 * The host believes nothing: every length is bounded here, every message stands in a table with the
 * states it may come in, and the first that does not belong ends the provider. Slices point into
 * the frame they were read from. Payloads are those of the later era (docs/PROVIDERS.md).
 */
#ifndef HOST_PROVIDERS_MSG_PROVIDER_H
#define HOST_PROVIDERS_MSG_PROVIDER_H

#include "policy/core/buf.h"

enum {
	PROVIDER_CHANNEL = 3,
	PROVIDER_PAYLOAD = 1280 * 1024, /* of a call, an invocation, and of their answers */
	PROVIDER_NAME = 256,            /* a contract, a link's or an operation's name */
	PROVIDER_KEY = 64,              /* a public key */
	PROVIDER_VALUES = 64,           /* pairs of a link, of the configuration */
	PROVIDER_VALUE = 8192,          /* bytes of a value */
	PROVIDER_SETUP_MAX = 64 * 1024, /* of SETUP and LINK_PUT */
	PROVIDER_WHY = 240,             /* a reason; plain ASCII when it was read */
	PROVIDER_LINE = 2048,           /* a line of the log */
	PROVIDER_LINKS = 512,
	PROVIDER_INVOKES = 1024, /* under way of one provider */
	PROVIDER_HEAD = 1024,    /* of a message, beside its payload */
	PROVIDER_NONCE = 256,
};

enum msg_provider {
	MSG_PROVIDER_FOLDER = 1,
	MSG_PROVIDER_SETUP = 2,
	MSG_PROVIDER_LINK_PUT = 3,
	MSG_PROVIDER_LINK_FD = 4,
	MSG_PROVIDER_LINK_DEL = 5,
	MSG_PROVIDER_CALL = 6,
	MSG_PROVIDER_ANSWER = 7,
	MSG_PROVIDER_DRAIN = 8,
	MSG_PROVIDER_STOP = 9,
	MSG_PROVIDER_SIGNED = 10,
	MSG_PROVIDER_READY = 16,
	MSG_PROVIDER_LINK_STATE = 17,
	MSG_PROVIDER_INVOKE = 18,
	MSG_PROVIDER_RESULT = 19,
	MSG_PROVIDER_LOG = 20,
	MSG_PROVIDER_COUNTS = 21,
	MSG_PROVIDER_SIGN = 22,
};

/* States of the channel at the provider's side, and of the provider at the host's. */
enum provider_turn {
	PROVIDER_BORN = 0, /* the host speaks: FOLDER, SETUP, and nothing else */
	PROVIDER_SET,      /* links, calls */
	PROVIDER_DRAINING,
};

/* How a call or an invocation ended. */
enum provider_answer {
	PROVIDER_OK = 0, /* the bytes are the answer */
	PROVIDER_FAILED, /* who was asked says no; the bytes are its words */
	PROVIDER_NOBODY, /* there is nobody to ask: no link, no such actor */
	PROVIDER_LATE,   /* no answer in time */
	PROVIDER_BUSY,   /* too much is under way */
	PROVIDER_ANSWERS
};

struct provider_pair {
	struct bytes name, value;
};

struct provider_pairs {
	size_t n;
	struct provider_pair pair[PROVIDER_VALUES];
};

struct msg_provider_setup {
	struct bytes key, contract, link_name, host_id, lattice;
	struct provider_pairs config;
};

struct msg_provider_link {
	struct bytes actor;
	struct bytes
	    about; /* LINK_FD: what the descriptor is, as people write it: "127.0.0.1:8080" */
	struct provider_pairs values;
};

/* CALL: @actor asks. INVOKE: @actor is asked, and must answer within @timeout_ms. */
struct msg_provider_ask {
	uint64_t id;
	uint32_t timeout_ms; /* of INVOKE */
	struct bytes actor, operation, payload;
};

/* RESULT, ANSWER */
struct msg_provider_result {
	uint64_t id;
	enum provider_answer answer;
	struct bytes payload; /* PROVIDER_OK: the answer; else what happened, in words */
};

struct msg_provider_ready {
	int error; /* 0: the walls stand */
	uint32_t walls;
	uint32_t landlock_abi;
	uint32_t uid;
	struct bytes why;
};

enum provider_link_state {
	PROVIDER_LINK_WAITING = 0, /* not yet told, or being made */
	PROVIDER_LINK_RUNNING,
	PROVIDER_LINK_FAILED,
	PROVIDER_LINK_GONE, /* the answer to LINK_DEL: nothing of it is left */
	PROVIDER_LINK_STATES
};

struct msg_provider_link_state {
	struct bytes actor;
	enum provider_link_state state;
	struct bytes why;
};

struct msg_provider_log {
	uint8_t level;      /* enum log_level: LOG_ERR to LOG_TRC */
	struct bytes actor; /* may be empty: the provider itself */
	struct bytes text;
};

/* All since the provider began, but ->open. */
struct provider_counts {
	uint64_t calls, invokes; /* begun */
	uint64_t failed;         /* ended with something else than PROVIDER_OK */
	uint64_t refused;        /* bad requests, what was over a limit */
	uint64_t dropped;        /* lines of the log */
	uint64_t open;           /* connections now */
};

/* A login's question: @nonce as the server sent it. Its answer has the login and the signature. */
struct msg_provider_sign {
	struct bytes actor, nonce;
};
struct msg_provider_signed {
	struct bytes actor, jwt, sig; /* @sig: 64 bytes; both empty: there is no login */
};

/*
 * _put() appends a body to a frame begun by the caller, or to any buffer; of CALL, INVOKE, RESULT
 * and ANSWER the payload comes last. _get() reads one: false for what may not be said.
 */
void msg_provider_setup_put(struct buf *b, const struct msg_provider_setup *m);
bool msg_provider_setup_get(struct bytes in, struct msg_provider_setup *m);
void msg_provider_link_put(struct buf *b, const struct msg_provider_link *m);
bool msg_provider_link_get(struct bytes in, struct msg_provider_link *m);
/* LINK_DEL: an actor alone. */
bool msg_provider_actor_get(struct bytes in, struct bytes *actor);
void msg_provider_ask_put(struct buf *b, const struct msg_provider_ask *m);
bool msg_provider_ask_get(struct bytes in, struct msg_provider_ask *m);
void msg_provider_result_put(struct buf *b, const struct msg_provider_result *m);
bool msg_provider_result_get(struct bytes in, struct msg_provider_result *m);
void msg_provider_ready_put(struct buf *b, const struct msg_provider_ready *m);
bool msg_provider_ready_get(struct bytes in, struct msg_provider_ready *m);
void msg_provider_link_state_put(struct buf *b, const struct msg_provider_link_state *m);
bool msg_provider_link_state_get(struct bytes in, struct msg_provider_link_state *m);
void msg_provider_log_put(struct buf *b, const struct msg_provider_log *m);
bool msg_provider_log_get(struct bytes in, struct msg_provider_log *m);
void msg_provider_counts_put(struct buf *b, const struct provider_counts *m);
bool msg_provider_counts_get(struct bytes in, struct provider_counts *m);
void msg_provider_sign_put(struct buf *b, const struct msg_provider_sign *m);
bool msg_provider_sign_get(struct bytes in, struct msg_provider_sign *m);
void msg_provider_signed_put(struct buf *b, const struct msg_provider_signed *m);
bool msg_provider_signed_get(struct bytes in, struct msg_provider_signed *m);

/* provider_name_ok() - can it be a name: 1 to @max printable ASCII characters without blanks? */
bool provider_name_ok(struct bytes s, size_t max);
/* provider_plain() - @s as a string of plain ASCII, cut to @room - 1; '?' for what is not. */
void provider_plain(char *out, size_t room, struct bytes s);
/* provider_value() - by name, where case does not count; NULL when it is not there. */
const struct provider_pair *provider_value(const struct provider_pairs *p, const char *name);

#endif
