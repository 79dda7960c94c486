/*
 * runner_priv - a runner from within: runner.c and runner_zygote.c. Each of these ends the process when
 * it cannot do what it is for.
 */
#ifndef HOST_PROC_RUNNER_PRIV_H
#define HOST_PROC_RUNNER_PRIV_H

#include "host/proc/msg_runner.h"
#include "host/proc/runner.h"

/* runner_run(), zygote_run() - the whole of them, as this user when root. */
void runner_run(uid_t user, bool net) __attribute__((noreturn));
void zygote_run(uid_t user, bool net) __attribute__((noreturn));
void runner_end(enum runner_exit how) __attribute__((noreturn));
void runner_read(uint8_t *p, size_t n);
/* runner_hear() - the next frame's length; it must be of this type, and at most @max long. */
uint32_t runner_hear(enum msg_runner type, size_t max);
/* runner_say() - a frame: what ->out holds, and what follows it. */
void runner_say(struct runner *r, enum msg_runner type, struct bytes rest);
/* runner_tell() - MSG_READY or MSG_DONE. */
void runner_tell(struct runner *r, enum msg_runner type, const struct actor_outcome *got);
/* runner_answer() - calls, until the channel ends. */
void runner_answer(struct runner *r) __attribute__((noreturn));

#endif
