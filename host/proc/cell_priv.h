/*
 * cell_priv - a cell from within: cell.c (its life), cell_say.c (what is said), cell_watch.c (time),
 * cell_death.c, cell_wait.c (for who waits), cell_spawn.c, cell_zygote.c.
 */
#ifndef HOST_PROC_CELL_PRIV_H
#define HOST_PROC_CELL_PRIV_H

#include <linux/seccomp.h>
#include <time.h>

#include "host/proc/cell.h"
#include "host/proc/msg_runner.h"

enum { CELL_NS_PER_MS = 1000000, CELL_NS_PER_S = 1000000000 };

enum cell_state {
	CELL_BORN = 1, /* the runner speaks next: MSG_LOCKED */
	CELL_LOADING,  /* the runner: MSG_READY, MSG_LOG */
	CELL_IDLE,     /* the host: MSG_CALL */
	CELL_RUNNING,  /* the runner: MSG_ASK, MSG_LOG, MSG_DONE */
	CELL_ASKED,    /* the host: MSG_ANSWER */
	CELL_DYING,    /* nobody: it was killed, or the channel ended */
	CELL_DEAD,
};

struct cell {
	enum cell_state state;
	enum cell_event event; /* found and not yet told */
	struct actor_limits limits;
	struct cell_ops ops;
	struct cell_walls walls;
	uint32_t minimum;
	uid_t user;
	uint64_t cost;
	struct wasm_place place; /* as the runner says */
	pid_t pid;
	int epoll, pidfd, channel, listener; /* -1: none */
	bool sending;                        /* ->epoll also wakes when the channel takes more */
	clockid_t clock;                     /* the runner's processor time */
	struct buf in, out;                  /* a frame that comes; what is not yet sent */
	size_t sent;
	unsigned seen;        /* bits of types that may come once */
	uint32_t lines, asks; /* of this call, as the host counts them */
	struct actor_ask ask; /* CELL_ASKED: its slices lie in ->in */
	struct buf answer;    /* ->got.outcome.out */
	struct cell_result got;
	uint64_t began_ns, wall_ns, cpu_began_ns, cpu_ns; /* of what is being waited for; cpu_began_ns: as it was read last */
	uint64_t now_ns, deadline_ns;
	/* of a cell that is forked: from whom, beside whom, behind whom; the runner's end, until it is sent */
	struct cell *mother, *sibling, *younger;
	int theirs;
	struct actor_world world;
	/* of a zygote: who was made from it; who waits to be, the first of them being made */
	bool zygote, forking, let_pass;
	struct cell *brood, *young;
	int gift; /* the process that came with what is being read; -1: none */
	struct {
		pid_t pid; /* 0: none */
		struct seccomp_notif call;
	} stray; /* a call of a process that is not known yet */
};

/* cell_waiting() - is there something that a budget bounds? */
static inline bool
cell_waiting(const struct cell *c)
{
	return c->state == CELL_BORN || c->state == CELL_LOADING || c->state == CELL_RUNNING ||
	       c->state == CELL_ASKED;
}

/* cell_listening() - may the runner speak? */
static inline bool
cell_listening(const struct cell *c)
{
	return c->event == CELL_EVENT_NONE && ((cell_waiting(c) && c->state != CELL_ASKED) || c->forking);
}

/* cell_watched() - channel and process, by ->epoll. Return: 0, -errno. */
int cell_watched(struct cell *c) must_check;
/* cell_spawn() - a process with channel and module, and all in ->epoll. Return: 0, -errno. */
int cell_spawn(struct cell *c, char *const *argv, struct bytes module) must_check;

/* cell_frame() - a whole frame in ->in. Return: false when it may not be said: the cell is killed. */
bool cell_frame(struct cell *c, uint8_t type, struct bytes body);
/* cell_frame_max() - the longest body of a type in this state; -1: it may not be said. */
int64_t cell_frame_max(const struct cell *c, uint8_t type);
/* cell_say_begin() - a frame begins: its body is appended to ->out. cell_say_end() - it ends. */
size_t cell_say_begin(struct cell *c);
void cell_say_end(struct cell *c, enum msg_runner type, size_t at);
/* cell_say() - append a whole frame to what is to be sent. */
void cell_say(struct cell *c, enum msg_runner type, struct bytes head, struct bytes rest);

/* cell_send() - as much of it as goes without waiting. */
void cell_send(struct cell *c);
/* cell_budget() - the clocks of a birth or a call begin. */
void cell_budget(struct cell *c, const struct cell_budget *budget, uint64_t now_ns);
/* cell_turn() - a step that waits up to @wait_ns for something to come. */
void cell_turn(struct cell *c, uint64_t wait_ns);
/* cell_settle() - keep time, and see to the dead. Return: what is to be told. */
enum cell_event cell_settle(struct cell *c, uint64_t now_ns);
/* cell_denied() - a system call that waits, and will not return. */
void cell_denied(struct cell *c, const struct seccomp_notif *n);
/* cell_reap() - if the process is gone: its status, and what it used in all. */
void cell_reap(struct cell *c);
/* cell_processor_ns() - the runner's own clock. */
uint64_t cell_processor_ns(const struct cell *c);

/* cell_fork() - have a zygote make this cell's process. Return: 0, -errno. */
int cell_fork(struct cell *c, struct cell *zygote) must_check;
/* zygote_forked() - MSG_FORKED. Return: false when it may not be said: the zygote is killed. */
bool zygote_forked(struct cell *z, struct bytes body);
/* zygote_call() - a system call of it or its brood waits. Return: false: it is the zygote's, and denied. */
bool zygote_call(struct cell *z, const struct seccomp_notif *n);
/* zygote_leave() - a cell is no longer its zygote's to care for. */
void zygote_leave(struct cell *c);
/* zygote_end() - it was killed: so is its brood. zygote_gone() - and is waited for. */
void zygote_end(struct cell *z);
void zygote_gone(struct cell *z);

/* cell_kill() - for this reason; the first one stays. CELL_EVENT_DEAD follows. */
void cell_kill(struct cell *c, enum cell_end end, const char *why);

#endif
