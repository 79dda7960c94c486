/*
 * cell_death - how a cell ends: killed for a reason, or found dead; and told of only when the kernel has
 * let go of the process. A system call that waits at the listener is noted and never returns.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/proc/cell_priv.h"
#include "host/proc/runner.h"
#include "seccomp/call_name.h"

uint64_t
cell_processor_ns(const struct cell *c)
{
	struct timespec t;

	if (c->pidfd < 0 || clock_gettime(c->clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * CELL_NS_PER_S + (uint64_t)t.tv_nsec;
}

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
put_why(struct cell *c, const char *why)
{
	char *to = c->got.why;

	snprintf(to, sizeof(c->got.why), "%s", why);
	for (; *to != '\0'; to++) /* some of it may be a runner's own words */
		if (*to < 0x20 || *to > 0x7e)
			*to = '?';
}

void
cell_kill(struct cell *c, enum cell_end end, const char *why)
{
	if (c->state == CELL_DYING || c->state == CELL_DEAD)
		return;
	/* where an outer filter knows no such call: it is not waited for yet, the number is its own
	 */
	if (c->pidfd >= 0 && pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0) != 0 && c->pid > 0)
		(void)kill(c->pid, SIGKILL);
	if (c->zygote)
		zygote_end(c);
	shut(&c->channel);
	shut(&c->listener);
	c->state = CELL_DYING;
	c->event = CELL_EVENT_NONE;
	c->deadline_ns = UINT64_MAX;
	if (end != CELL_ANSWERED || c->got.outcome.answer == ACTOR_DONE)
		c->got.outcome = (struct actor_outcome){ 0 };
	c->got.end = end;
	put_why(c, why);
}

/* meant() - an end without a word, in words: enum runner_exit. */
static const char *
meant(int status)
{
	switch (status) {
	case RUNNER_NOT_LOCKED:
		return ": its walls are not there";
	case RUNNER_NOT_NARROWED:
		return ": its second filter is refused";
	case RUNNER_BAD_MESSAGE:
		return ": it was told what it does not know";
	case RUNNER_NO_MEMORY:
		return ": no memory, no descriptors, or a limit that cannot be set";
	case RUNNER_NO_MODULE:
		return ": no program, or no module";
	case RUNNER_NOT_HANDED:
		return ": its filter's listener could not be handed over";
	case RUNNER_NOT_OURS:
		return ": the host's end cannot be watched";
	default:
		return "";
	}
}

static bool
no_walls(int status)
{
	return status == RUNNER_NOT_LOCKED || status == RUNNER_NOT_HANDED || status == RUNNER_NOT_OURS;
}

/* died() - by itself: why, is in its status. */
static void
died(struct cell *c)
{
	struct cell_result *got = &c->got;
	char why[CELL_WHY];

	if (got->signal == SIGSYS) {
		got->end = CELL_DENIED;
		put_why(c, "killed by its filter at a system call that nothing grants");
		return;
	}
	if (got->signal != 0)
		snprintf(why, sizeof(why), "the runner died of signal %d", got->signal);
	else
		snprintf(why, sizeof(why), "the runner ended with status %d%s", got->status, meant(got->status));
	got->end = got->signal == 0 && no_walls(got->status) ? CELL_NO_WALLS : CELL_CRASHED;
	put_why(c, why);
}

void
cell_reap(struct cell *c)
{
	siginfo_t info = { 0 };
	struct rusage use = { 0 };
	uint64_t all;

	if (c->pidfd < 0) { /* it never was */
		c->state = CELL_DEAD;
		c->event = CELL_EVENT_DEAD;
		return;
	}
	/* the C library's waitid() does not give the usage */
	if (syscall(SYS_waitid, P_PIDFD, c->pidfd, &info, WEXITED | WNOHANG | __WALL, &use) != 0) {
		if (errno == EINTR)
			return;
	} else if (info.si_pid == 0) {
		return;
	}
	all = ((uint64_t)use.ru_utime.tv_sec + (uint64_t)use.ru_stime.tv_sec) * CELL_NS_PER_S +
	      ((uint64_t)use.ru_utime.tv_usec + (uint64_t)use.ru_stime.tv_usec) * 1000;
	c->got.cpu_ns = all > c->cpu_began_ns ? all - c->cpu_began_ns : 0;
	c->got.wall_ns = c->now_ns > c->began_ns ? c->now_ns - c->began_ns : 0;
	c->got.signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	c->got.status = info.si_code == CLD_EXITED ? info.si_status : 0;
	if (c->got.end == CELL_CRASHED && c->got.why[0] == '\0')
		died(c);
	shut(&c->pidfd);
	if (c->zygote)
		zygote_gone(c);
	c->state = CELL_DEAD;
	c->event = CELL_EVENT_DEAD;
}

/*
 * running() - the guest's function, read from the runner's memory while its call waits. One word from a
 * place the runner named: it may be anything, and is no more than a claim. Where the host may not read
 * there it is unknown.
 */
static uint32_t
running(const struct cell *c)
{
	uint64_t word = 0;
	struct iovec mine = { &word, sizeof(word) },
		     theirs = { (void *)(uintptr_t)c->place.at, sizeof(word) };

	if (c->place.size == 0 ||
	    process_vm_readv(c->pid, &mine, 1, &theirs, 1, 0) != (ssize_t)sizeof(word))
		return UINT32_MAX;
	return wasm_place_function(&c->place, word);
}

void
cell_denied(struct cell *c, const struct seccomp_notif *n)
{
	struct cell_call call = { .at = n->data.instruction_pointer, .function = running(c) };
	char why[CELL_WHY];

	call_name(n->data.arch, (uint32_t)n->data.nr, call.name);
	for (int i = 0; i < 6; i++)
		call.args[i] = n->data.args[i];
	snprintf(why, sizeof(why), "system call %s(0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx)",
	    call.name, (unsigned long long)call.args[0], (unsigned long long)call.args[1],
	    (unsigned long long)call.args[2], (unsigned long long)call.args[3],
	    (unsigned long long)call.args[4], (unsigned long long)call.args[5]);
	if (call.function != UINT32_MAX)
		snprintf(why + strlen(why), sizeof(why) - strlen(why), " in function %u, it claims",
		    (unsigned)call.function);
	cell_kill(c, CELL_DENIED, why);
	c->got.call = call;
}
