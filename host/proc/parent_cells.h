/*
 * parent_cells - the cells of the actors that run here: born, given calls, ended, and born again
 * with a pause that grows. Between parent_actors.c, which says how many there are to be, and
 * host/proc/cell.h.
 */
#ifndef HOST_PROC_PARENT_CELLS_H
#define HOST_PROC_PARENT_CELLS_H

#include "host/actor/restart.h"
#include "host/proc/cell.h"
#include "host/proc/parent_priv.h"

struct wake;
struct zygote;

enum cell_run_state {
	CELL_RUN_BIRTH = 0, /* its process begins */
	CELL_RUN_IDLE,
	CELL_RUN_BUSY,
	CELL_RUN_PAUSE, /* there is no process; another one comes */
	CELL_RUN_GONE,
};

struct cell_run {
	struct cell_run *next; /* of its actor */
	uint64_t id;
	struct actor_run *actor;
	struct artifact *artifact; /* what it runs */
	struct model_instance *instance;
	struct cell *cell;     /* NULL: none, or it waits for its zygote */
	struct zygote *zygote; /* NULL: a program of its own */
	uid_t user;            /* that its process has alone; 0: none, or its zygote's */
	enum cell_run_state state;
	struct call *call;
	const struct contract_row *row; /* of the call */
	struct wake *watch;
	unsigned deaths; /* in a row */
	uint64_t born_ms;
	bool leaving; /* gone when idle */
	bool fresh;   /* the next call begins with an untouched memory */
	bool was_up;
	bool newer; /* of an update under way */
};

struct actor_run {
	struct actor_run *next;
	struct model_actor *model;
	struct artifact *artifact;
	struct cell_run *cells;
	struct call *queue, **last;
	size_t queued;
	uint64_t restarts;      /* processes that died */
	uv_timer_t *timer;      /* of the queue */
	struct restart restart; /* deaths of its cells */
	uint64_t held_ms;       /* no cell is born before, by the loop's clock; 0: no quarantine */
	struct rpc_ear *ear;
	struct log_room lines; /* its own words, and what is said of what it asks */
	bool leaving; /* none is wanted: what comes from the network still is answered, until ... */
	bool revoked; /* what was signed does not hold any more: none runs, until it is stopped or believed again */
	bool left;    /* ... nothing comes any more */
	uint32_t batch, batch_up; /* instances asked for together, and those that are there */
	/* an update under way */
	struct artifact *update;
	char *update_ref;
	int32_t old_revision;
};

/* cells_add() - one more, being born. Return: 0, MODEL_*, -ENOMEM. */
int cells_add(struct actor_run *a, struct artifact *artifact, bool newer) must_check;
/* cells_retire() - gone, when what it does is done. */
void cells_retire(struct cell_run *k);
/* cells_kill() - gone, now. */
void cells_kill(struct cell_run *k);
/* cells_idle() - one that has nothing to do; NULL: none. */
struct cell_run *cells_idle(struct actor_run *a);
/* cells_give() - takes @c. */
void cells_give(struct cell_run *k, struct call *c);
/* quarantine_holds() - is it in quarantine, and no cell left to take a call? */
bool quarantine_holds(const struct actor_run *a);
/* quarantine_release() - out of quarantine, by a command or another module; those that are to be
 * are born. */
void quarantine_release(struct actor_run *a);
/* cells_options() - how a module is run here. */
void cells_options(struct cell_options *o, const struct artifact *a);
/* cells_on_zygote() - something happened to it. */
void cells_on_zygote(const struct zygote *z);
/* cells_count() - of all actors. */
size_t cells_count(void);

/* actors_revoke() - all its instances go at once; it stays, failed, with the reason. */
void actors_revoke(struct actor_run *a, const char *reason);
/* actors_first() - all that are here, by ->next. */
struct actor_run *actors_first(void);

/* What parent_actors.c is told; the cell may be gone after. */
void actors_on_up(struct actor_run *a, struct cell_run *k); /* it is born */
void actors_on_idle(struct actor_run *a);                   /* there is room for a call */
void actors_on_failed(
    struct actor_run *a, struct cell_run *k, const char *why); /* it died or was not born */
void actors_on_gone(
    struct actor_run *a, struct cell_run *k); /* it was retired and is out of the list, not freed */

#endif
