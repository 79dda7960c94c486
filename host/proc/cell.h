/*
 * cell - a runner seen from its host: started, asked, watched and killed.
 *
 * Three budgets bound a call: fuel, which the runner counts; processor time, which the host reads
 * from the runner's own clock; wall time. The host believes in the last two only. Whatever goes
 * wrong, the caller gets an end with a reason, and no process is left.
 */
#ifndef HOST_PROC_CELL_H
#define HOST_PROC_CELL_H

#include <sys/types.h>

#include "host/actor/call.h"
#include "policy/core/buf.h"
#include "seccomp/wall.h"

enum { CELL_CALL = 48, CELL_WHY = 240 };

enum cell_end {
	CELL_ANSWERED = 0, /* ->outcome says how; the cell lives unless ->outcome is of its birth */
	CELL_CRASHED,      /* the runner ended: ->signal or ->status */
	CELL_DENIED,       /* it made a system call it may not make: ->call */
	CELL_WALL,         /* killed: out of wall time */
	CELL_CPU,          /* killed: out of processor time */
	CELL_BROKE,        /* killed: it said what may not be said */
	CELL_NO_WALLS,     /* it could not be locked in */
	CELL_NO_START,     /* it could not be started */
	CELL_ENDS
};

/* A system call that waited for its death. */
struct cell_call {
	char name[CELL_CALL];
	uint64_t args[6];
	uint64_t at; /* instruction */
};

struct cell_budget {
	int64_t fuel;
	uint32_t cpu_ms, wall_ms; /* 0: none at all, not without end */
	bool fresh; /* of a call: nothing of an earlier one is left in the guest's memory */
};

struct cell_result {
	enum cell_end end;
	struct actor_outcome outcome; /* ->out: valid until the next call or cell_stop() */
	struct cell_call call;
	int signal, status;
	uint64_t wall_ns, cpu_ns;
	char why[CELL_WHY]; /* plain ASCII */
};

/* What a guest's words lead to at the host. Return 0; not 0: the guest hears that the host cannot answer.
 */
struct cell_ops {
	void *ctx;
	/* @into has room for limits.ask_answer; names can stand in a subject: others are refused before */
	int (*ask)(void *ctx, const struct actor_ask *ask, struct buf *into, bool *ok);
	void (*log)(void *ctx, struct bytes line);
};

struct cell_options {
	char *const *argv; /* argv[0] is a path; NULL: this program, with --role runner */
	struct bytes module;
	struct actor_limits limits;
	struct actor_world world;
	struct cell_budget birth; /* ->fuel is in limits */
	struct cell_ops ops;
};

/* What was in force before a byte of the module was read, as the runner said then. */
struct cell_walls {
	uint32_t walls; /* WALL_BIT()s */
	unsigned landlock_abi;
	uid_t uid;
	bool listener; /* a forbidden call is reported; else it kills unseen */
};

struct cell;

/*
 * cell_start() - a process, its walls, the module and its initialisers
 * @got: what it took; on another return than 0, why there is no cell
 * Return: 0; 1 with ->end or ->outcome.answer not 0; -errno.
 */
int cell_start(const struct cell_options *o, struct cell **out, struct cell_result *got) must_check;
/* cell_call() - one operation. When ->end is not CELL_ANSWERED the cell is dead. */
void cell_call(struct cell *c, struct bytes operation, struct bytes payload,
    const struct actor_world *world, const struct cell_budget *budget, struct cell_result *got);
/* cell_stop() - kill, wait, free; NULL is fine. */
void cell_stop(struct cell *c);
const struct cell_walls *cell_walls(const struct cell *c);
pid_t cell_pid(const struct cell *c);
uint64_t cell_cost(const struct cell *c);

/* cell_end_name() - "denied"; never NULL. */
const char *cell_end_name(enum cell_end e);

#endif
