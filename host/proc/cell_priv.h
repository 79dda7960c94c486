/* cell_priv - a cell from within: cell.c (what is said), cell_watch.c (time and death),
 * cell_spawn.c. */
#ifndef HOST_PROC_CELL_PRIV_H
#define HOST_PROC_CELL_PRIV_H

#include <time.h>

#include "host/proc/cell.h"
#include "host/proc/msg_runner.h"

enum cell_state {
	CELL_BORN = 1, /* the runner speaks next: MSG_LOCKED */
	CELL_LOADING,  /* the runner: MSG_READY, MSG_LOG */
	CELL_IDLE,     /* the host: MSG_CALL */
	CELL_RUNNING,  /* the runner: MSG_ASK, MSG_LOG, MSG_DONE */
	CELL_DEAD,
};

struct cell {
	enum cell_state state;
	struct actor_limits limits;
	struct cell_ops ops;
	struct cell_walls walls;
	uint64_t cost;
	pid_t pid;
	int pidfd, channel, listener; /* -1: none */
	clockid_t clock;              /* the runner's processor time */
	struct buf in, out;           /* a frame that comes; what is not yet sent */
	size_t sent;
	unsigned seen;        /* bits of types that may come once */
	uint32_t lines, asks; /* of this call, as the host counts them */
	struct buf answer;    /* of ->ops.ask */
	/* what is being waited for */
	struct cell_result *got;
	uint64_t began_ns, wall_ns, cpu_began_ns, cpu_ns;
};

/* cell_spawn() - a process with channel and module. Return: 0, -errno. */
int cell_spawn(struct cell *c, char *const *argv, struct bytes module) must_check;

/* cell_frame() - a whole frame in ->in. Return: false when it may not be said: the cell is killed.
 */
bool cell_frame(struct cell *c, uint8_t type, struct bytes body);
/* cell_frame_max() - the longest body of a type in this state; -1: it may not be said. */
int64_t cell_frame_max(const struct cell *c, uint8_t type);
/* cell_say() - append a frame to what is to be sent. */
void cell_say(struct cell *c, enum msg_runner type, struct bytes head, struct bytes rest);

/* cell_watch() - send, hear and keep time until the state is neither BORN, LOADING nor RUNNING. */
void cell_watch(struct cell *c, const struct cell_budget *budget, struct cell_result *got);
/* cell_kill() - for this reason; waits for the end of the process. The first reason stays. */
void cell_kill(struct cell *c, enum cell_end end, const char *why);

#endif
