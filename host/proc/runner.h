/*
 * runner - the process that holds one actor and nothing else; and the zygote, which holds a module that
 * is ready to run, and forks runners.
 *
 * Both are started with the channel to their host as descriptor 3 and the module, in sealed memory, as
 * descriptor 4. Nothing of the module is looked at before the walls stand; nothing of it runs
 * before they are narrowed to reading and writing on the channel, and in a zygote nothing ever does.
 */
#ifndef HOST_PROC_RUNNER_H
#define HOST_PROC_RUNNER_H

#include <linux/sched.h>
#include <sys/types.h>

#include "host/actor/call.h"
#include "host/proc/enclose.h"
#include "policy/core/buf.h"

/* how a zygote forks: CLONE_PARENT | CLONE_PIDFD, and no signal at its end but the zygote's own */
#define RUNNER_FORK (CLONE_PARENT | CLONE_PIDFD)

enum { RUNNER_CHANNEL = 3, RUNNER_MODULE = 4, RUNNER_UID = 65534 };

/* Where an accident ends it. */
enum runner_exit {
	RUNNER_BYE = 0, /* the channel ended */
	RUNNER_NOT_LOCKED = 71,
	RUNNER_NOT_NARROWED = 72,
	RUNNER_BAD_MESSAGE = 73,
	RUNNER_NO_MEMORY = 74,
	RUNNER_NO_MODULE = 75,
	RUNNER_NOT_HANDED = 76, /* its filter is there, its listener did not reach the host */
	RUNNER_NOT_OURS = 77,   /* the host's death cannot be watched, or has been */
};

struct runner {
	struct bytes module; /* mapped from RUNNER_MODULE */
	bool zygote, forked; /* what it is; a runner that was forked from a zygote */
	bool listener;       /* the filter waits for the host where it would kill */
	pid_t host;
	uid_t user; /* to become, when root */
	bool net;   /* a network namespace too */
	uint32_t walls, landlock_abi, uid; /* what was told of them */
	uint16_t enclose_error[ENCLOSE_N];
	struct actor *actor;
	struct actor_limits limits;
	struct buf in, out; /* reserved before the guest runs */
};

/*
 * runner_take() - map the module and keep the channel only. Ends the process when it cannot. ->user is
 * RUNNER_UID after it.
 */
void runner_take(struct runner *r);
/* runner_lock() - the walls; tell the host, and hand it the listener. Ends the process likewise. */
void runner_lock(struct runner *r);
/* runner_begin() - MSG_BIRTH; reserve what a call needs. Ends the process likewise. */
void runner_begin(struct runner *r, struct actor_world *world);
/* runner_narrow() - take away what only the beginning needed. Ends the process likewise. */
void runner_narrow(const struct runner *r);
/* runner_load() - the module. Ends the process when it has no memory for it. Return: an actor_answer. */
int runner_load(struct runner *r, const struct actor_world *world, struct actor_outcome *got);
/* runner_serve() - narrow, initialise and answer calls until the channel ends. */
void runner_serve(struct runner *r) __attribute__((noreturn));
/* runner_main() - all of these, in this order. */
int runner_main(void);
/*
 * zygote_fork() - in a zygote: fork a runner for each MSG_FORK, until the channel ends. Returns in each
 * of the runners, with its channel, and the walls still a zygote's: runner_narrow() is next.
 */
void zygote_fork(struct runner *r);
/* zygote_main() - likewise up to loading; then runners are forked, which go on from there. */
int zygote_main(void);
/*
 * runner_role() - if this program was started as one of the two, become it, and do not return:
 * --role runner|zygote, the number of the user to become, and "net" for a network namespace
 */
void runner_role(int argc, char *const *argv);

#endif
