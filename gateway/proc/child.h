/*
 * child - what every child process has: a loop, the channel to the parent, its settings.
 *
 * The spine of each role is: child_begin() (take descriptor 3, ignore the signals that are the
 * parent's business), its own table of what the parent may say, child_run().
 */
#ifndef GATEWAY_PROC_CHILD_H
#define GATEWAY_PROC_CHILD_H

#include "gateway/io/frame.h"
#include "gateway/proc/msg_parent.h"
#include "seccomp/census.h"

struct child {
	uv_loop_t loop;
	struct channel parent;
	struct setup setup;
	enum role role;
	struct census census; /* the descriptors it should have, until it is locked in: lock.h */
};

/* states of the channel to the parent */
enum child_state {
	CHILD_FRESH = 0, /* settings come first */
	CHILD_SET,       /* files, peers, policy, then MSG_START */
	CHILD_RUNNING,
};

#define CHILD_IN(state) (1U << (state))
#define CHILD_ALIVE (CHILD_IN(CHILD_SET) | CHILD_IN(CHILD_RUNNING))

/* child_begin() - @c zeroed. Exits the process when descriptor 3 is not a channel. */
void child_begin(struct child *c, enum role role, const struct channel_ops *ops);
/* child_run() - until child_exit(). */
void child_run(struct child *c) __attribute__((noreturn));
/* child_exit() - flush the channel to the parent and leave with @status. */
void child_exit(struct child *c, int status) __attribute__((noreturn));
/* child_fatal() - say why to the parent and leave. */
void child_fatal(struct child *c, const char *why, int error) __attribute__((noreturn));
/* child_of() - the child whose parent channel this is. */
struct child *child_of(struct channel *parent);

/* Handlers for the rows every role has: MSG_SETUP, MSG_START, MSG_REOPEN. */
int child_on_setup(struct channel *c, struct cursor *in, int fd);
int child_on_reopen(struct channel *c, struct cursor *in, int fd);
/* child_on_stats_wanted() - for roles that count nothing: an answer says that they turn. */
int child_on_stats_wanted(struct channel *c, struct cursor *in, int fd);
/* child_on_stop() - for roles with nothing to finish: exits. */
int child_on_stop(struct channel *c, struct cursor *in, int fd);
/*
 * child_peer_lost() - closes @c, a channel to a peer of @role that ended. When it died, another one comes
 * with a MSG_PEER of its own; one that said what may not be said is reported, and the parent ends it. A
 * process that reads a network is not believed in that: it goes itself.
 */
void child_peer_lost(struct child *child, struct channel *c, enum role role, const char *why);
/* child_parent_gone() - on_end for the parent's channel: exits. */
void child_parent_gone(struct channel *c, const char *why);

#define CHILD_ROWS                                                                                 \
	{ MSG_SETUP, CHILD_IN(CHILD_FRESH), true, false, 8192, child_on_setup, "setup" },          \
	{                                                                                          \
		MSG_REOPEN, CHILD_ALIVE, false, true, 0, child_on_reopen, "reopen"                 \
	}

#endif
