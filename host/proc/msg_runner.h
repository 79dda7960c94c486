/*
 * msg_runner - what a cell's host and its runner say to each other, over one stream socket.
 *
 *   frame = length u32 | type u8 | 0 0 0 | body      (little endian; the length is the body's)
 *
 * Each side keeps a table of the types it takes, in which states, how often and how long. The
 * runner may be taken over: what it says is bounded before it is kept, and means only what a guest
 * may say.
 */
#ifndef HOST_PROC_MSG_RUNNER_H
#define HOST_PROC_MSG_RUNNER_H

#include "host/actor/call.h"
#include "host/proc/enclose.h"
#include "policy/core/buf.h"

enum { MSG_FORK_LEN = 8 + ACTOR_SEED };
enum { MSG_RUNNER_HEADER = 8, MSG_RUNNER_HEAD_MAX = 1200, MSG_RUNNER_VERSION = 4 };

enum msg_runner {
	MSG_BIRTH = 1,   /* to the runner: struct msg_birth */
	MSG_CALL = 2,    /* to the runner: struct msg_call */
	MSG_ANSWER = 3,  /* to the runner: ok u8, bytes */
	MSG_FORK = 4,    /* to a zygote: struct msg_fork; with the new runner's channel */
	MSG_LOCKED = 16, /* struct msg_locked; with the listener, when there is one */
	MSG_READY = 17,  /* struct msg_done: what load and initialisers took, or why not */
	MSG_ASK = 18,    /* struct actor_ask */
	MSG_LOG = 19,    /* bytes */
	MSG_DONE = 20,   /* struct msg_done */
	MSG_FORKED = 21, /* of a zygote: error u32; with the new process, when it is 0 */
};

struct msg_birth {
	struct actor_limits limits;
	struct actor_world world;
};

struct msg_call {
	int64_t fuel;
	bool fresh; /* actor_fresh() first */
	struct actor_world world;
	struct bytes operation, payload;
};

struct msg_fork {
	struct actor_world world;
};

/* begins with MSG_RUNNER_VERSION: host and runner may be two programs */
struct msg_locked {
	int error; /* 0: the walls stand */
	uint32_t walls; /* WALL_BIT()s, and bits of enum enclosure */
	uint32_t landlock_abi;
	uint32_t uid;
	bool listener;
	uint16_t enclose_error[ENCLOSE_N];
	struct bytes why;
};

struct msg_done {
	struct actor_outcome outcome; /* ->out borrows */
	/* MSG_READY: bytes the module holds; where what runs is kept */
	uint64_t cost;
	struct wasm_place place;
};

void msg_runner_header(uint8_t out[MSG_RUNNER_HEADER], enum msg_runner type, size_t len);
/* msg_runner_header_get() - false when it is no header. */
bool msg_runner_header_get(const uint8_t in[MSG_RUNNER_HEADER], uint8_t *type, uint32_t *len);

/* _put() appends a body. Of MSG_ASK and MSG_DONE what comes last (payload, out) is left to the
 * caller. */
void msg_birth_put(struct buf *b, const struct msg_birth *m);
bool msg_birth_get(struct bytes in, struct msg_birth *m);
void msg_call_put(struct buf *b, const struct msg_call *m);
bool msg_call_get(struct bytes in, struct msg_call *m);
void msg_fork_put(struct buf *b, const struct msg_fork *m);
bool msg_fork_get(struct bytes in, struct msg_fork *m);
void msg_forked_put(struct buf *b, uint32_t error);
bool msg_forked_get(struct bytes in, uint32_t *error);
void msg_locked_put(struct buf *b, const struct msg_locked *m);
/* msg_locked_get() - false also for a body of another version. */
bool msg_locked_get(struct bytes in, struct msg_locked *m);
void msg_ask_put_head(struct buf *b, const struct actor_ask *m);
bool msg_ask_get(struct bytes in, struct actor_ask *m);
void msg_done_put_head(struct buf *b, const struct msg_done *m);
bool msg_done_get(struct bytes in, struct msg_done *m);

#endif
