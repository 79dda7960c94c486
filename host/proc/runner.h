/*
 * runner - the process that holds one actor and nothing else.
 *
 * It is started with the channel to its host as descriptor 3 and the module, in sealed memory, as
 * descriptor 4. Nothing of the module is looked at before the walls stand; nothing of it runs
 * before they are narrowed to reading and writing on the channel.
 */
#ifndef HOST_PROC_RUNNER_H
#define HOST_PROC_RUNNER_H

#include "host/actor/call.h"
#include "policy/core/buf.h"

enum { RUNNER_CHANNEL = 3, RUNNER_MODULE = 4, RUNNER_UID = 65534 };

/* Where an accident ends it. */
enum runner_exit {
	RUNNER_BYE = 0, /* the channel ended */
	RUNNER_NOT_LOCKED = 71,
	RUNNER_NOT_NARROWED = 72,
	RUNNER_BAD_MESSAGE = 73,
	RUNNER_NO_MEMORY = 74,
	RUNNER_NO_MODULE = 75,
};

struct runner {
	struct bytes module; /* mapped from RUNNER_MODULE */
	bool listener;       /* the filter waits for the host where it would kill */
	struct actor *actor;
	struct actor_limits limits;
	struct buf in, out; /* reserved before the guest runs */
};

/* runner_take() - map the module and keep the channel only. Ends the process when it cannot. */
void runner_take(struct runner *r);
/* runner_lock() - the walls; tell the host, and hand it the listener. Ends the process likewise. */
void runner_lock(struct runner *r);
/* runner_begin() - MSG_BIRTH; reserve what a call needs. Ends the process likewise. */
void runner_begin(struct runner *r, struct actor_world *world);
/* runner_narrow() - take away what only the beginning needed. Ends the process likewise. */
void runner_narrow(const struct runner *r);
/* runner_serve() - load, initialise and answer calls until the channel ends. */
void runner_serve(struct runner *r, const struct actor_world *world) __attribute__((noreturn));
/* runner_main() - all of these, in this order. */
int runner_main(void);

#endif
