/*
 * cell - a runner seen from its host: started, asked, watched and killed.
 *
 * Three budgets bound a call: fuel, which the runner counts; processor time, which the host reads
 * from the runner's own clock; wall time. The host believes in the last two only. Whatever goes
 * wrong, the caller gets an end with a reason, and no process is left.
 *
 * A cell does not wait: it gives one descriptor to watch and one moment to come back at, and says at
 * each step what happened. cell_start() and cell_call() are loops over that for who has one cell only.
 */
#ifndef HOST_PROC_CELL_H
#define HOST_PROC_CELL_H

#include <sys/types.h>

#include "host/actor/call.h"
#include "host/proc/enclose.h"
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
	CELL_STOPPED,      /* killed: its host wished so */
	CELL_ENDS
};

/* A system call that waited for its death. */
struct cell_call {
	char name[CELL_CALL];
	uint64_t args[6];
	uint64_t at;       /* instruction */
	uint32_t function; /* of the guest that ran, as the runner's own memory has it: a claim; UINT32_MAX: unknown */
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
	bool with_zygote; /* CELL_CRASHED: because the zygote it was made from ended */
	uint64_t wall_ns, cpu_ns; /* the time the host took to answer is wall time */
	char why[CELL_WHY];       /* plain ASCII */
};

/* What a guest's words lead to at the host. */
struct cell_ops {
	void *ctx;
	/*
	 * Of cell_call() alone: its answer to CELL_EVENT_ASKED. @into has room for limits.ask_answer.
	 * Return 0; not 0: the guest hears that the host cannot answer.
	 */
	int (*ask)(void *ctx, const struct actor_ask *ask, struct buf *into, bool *ok);
	/* a console line; called within cell_step(): do not touch the cell */
	void (*log)(void *ctx, struct bytes line);
};

struct cell;

struct cell_options {
	char *const *argv; /* argv[0] is a path; NULL: portcullis-runner beside this program, or else itself */
	/*
	 * A zygote is a cell that is never called: it holds the module, checked and prepared, and others are
	 * made @from it, by a fork, with its module, limits and walls. They have one user, one memory
	 * layout and one listener: for instances of one module that may meet. Step it as long as there are
	 * any; its end is theirs.
	 */
	bool zygote;
	struct cell *from; /* a zygote that is there; else the cell is a program started anew */
	struct bytes module;
	struct actor_limits limits;
	struct actor_world world;
	struct cell_budget birth; /* ->fuel is in limits */
	uint32_t minimum; /* walls demanded besides the floor: WALL_BIT()s, bits of enum enclosure */
	uid_t user; /* that it becomes when the host is root (host/proc/users.h); 0: RUNNER_UID, which others have too */
	struct cell_ops ops;
};

/* What was in force before a byte of the module was read, as the runner said then. */
struct cell_walls {
	uint32_t walls; /* WALL_BIT()s, bits of enum enclosure */
	uint16_t enclose_error[ENCLOSE_N]; /* why one does not stand: errno */
	unsigned landlock_abi;
	uid_t uid;
	bool listener; /* a forbidden call is reported; else it kills unseen */
};

/* What a step found. */
enum cell_event {
	CELL_EVENT_NONE = 0, /* wait for cell_fd() or cell_deadline() */
	CELL_EVENT_ASKED,    /* a host call: look at cell_asked(), then or later cell_answer() */
	CELL_EVENT_DONE,     /* of the birth or a call: cell_got(); the cell is idle */
	CELL_EVENT_DEAD,     /* cell_got() says why; the process is gone: cell_stop() it */
};

/*
 * All times are nanoseconds of CLOCK_MONOTONIC (uv_hrtime() is that), and given: nothing here asks a
 * clock but the runner's own.
 *
 * cell_new() - begin: a process, its walls, the module and its initialisers. CELL_EVENT_DONE follows,
 * or CELL_EVENT_DEAD with why there is no cell: ->end, or ->outcome of a module that was refused.
 * @o: borrowed for the call
 * Return: 0; -ESRCH when o->from is no zygote, or not there yet or any more; -errno.
 */
int cell_new(const struct cell_options *o, uint64_t now_ns, struct cell **out) must_check;
/*
 * cell_begin() - one operation of an idle cell; both are copied. CELL_EVENT_DONE follows, or _DEAD.
 * Return: 0; 1 when the runner was not asked: the request is above its ceiling, and cell_got() says so;
 * or the cell is not idle, and cell_got() is what it was.
 */
int cell_begin(struct cell *c, struct bytes operation, struct bytes payload,
    const struct actor_world *world, const struct cell_budget *budget, uint64_t now_ns) must_check;
/* cell_fd() - readable when a step will find something; the same all the cell's life. */
int cell_fd(const struct cell *c);
/* cell_deadline() - when cell_step() is due at the latest; UINT64_MAX: never. Changes with each call. */
uint64_t cell_deadline(const struct cell *c);
/*
 * cell_step() - send, hear and keep time, without waiting. One event at a time: step until
 * CELL_EVENT_NONE.
 */
enum cell_event cell_step(struct cell *c, uint64_t now_ns);
/*
 * cell_asked() - what the guest asks; valid until cell_answer(), NULL when it asks nothing. Its names
 * can stand in a subject: others were refused before.
 */
const struct actor_ask *cell_asked(const struct cell *c);
/*
 * cell_answer() - to that: an answer, or with @ok false the text of an error; copied. Above
 * limits.ask_answer the guest hears an error instead. Nothing happens when nothing is asked.
 */
void cell_answer(struct cell *c, bool ok, struct bytes answer);
/* cell_got() - of the birth or call that ended last, or of the death; valid until the next begin. */
const struct cell_result *cell_got(const struct cell *c);
/* cell_idle() - may cell_begin() be called? */
bool cell_idle(const struct cell *c);
/* cell_end() - kill it; CELL_EVENT_DEAD follows. */
void cell_end(struct cell *c);
/* cell_stop() - kill it if it lives, wait, free; NULL is fine. After CELL_EVENT_DEAD nothing waits. */
void cell_stop(struct cell *c);

const struct cell_walls *cell_walls(const struct cell *c);
pid_t cell_pid(const struct cell *c);
uint64_t cell_cost(const struct cell *c);

/*
 * cell_start() - cell_new(), waiting until it is there
 * @got: what it took; on another return than 0, why there is no cell
 * Return: 0; 1 with ->end or ->outcome.answer not 0; -errno.
 */
int cell_start(const struct cell_options *o, struct cell **out, struct cell_result *got) must_check;
/* cell_call() - cell_begin(), waiting for its end; ops.ask answers. When ->end is not CELL_ANSWERED
 * the cell is dead. */
void cell_call(struct cell *c, struct bytes operation, struct bytes payload,
    const struct actor_world *world, const struct cell_budget *budget, struct cell_result *got);

/* cell_end_name() - "denied"; never NULL. */
const char *cell_end_name(enum cell_end e);

#endif
