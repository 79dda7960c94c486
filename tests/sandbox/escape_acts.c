/*
 * escape_acts - what a runner that was taken over may do with the calls it has: say nothing, half
 * of something, too much, or what may not be said now.
 */
#include <unistd.h>

#include "host/proc/runner.h"
#include "tests/sandbox/taken.h"

static void
act_nothing(void)
{
	_exit(0);
}

static void
act_half(void)
{
	taken_put(MSG_READY, 100, 10);
	taken_spin();
}

static void
act_huge(void)
{
	taken_put(MSG_READY, UINT32_MAX, 4096);
	taken_spin();
}

static void
act_large_log(void)
{
	taken_put(MSG_LOG, 1025, 1025);
	taken_spin();
}

static void
act_early(void)
{
	taken_put(MSG_DONE, 0, 0);
	taken_spin();
}

static void
act_ask_early(void)
{
	taken_put(MSG_ASK, 16, 16);
	taken_spin();
}

static void
act_again(void)
{
	taken_put(MSG_LOCKED, 17, 17);
	taken_spin();
}

static void
act_to_itself(void)
{
	taken_put(MSG_CALL, 17, 17);
	taken_spin();
}

static void
act_empty(void)
{
	taken_put(MSG_READY, 0, 0);
	taken_spin();
}

static void
act_noise(void)
{
	static const uint8_t ones[64] = { 255, 255, 255, 255, 255, 255, 255, 255, 255 };

	if (write(RUNNER_CHANNEL, ones, sizeof(ones)) < 0)
		_exit(1);
	taken_spin();
}

static void
act_flood(void)
{
	for (;;)
		taken_put(MSG_LOG, 1024, 1024);
}

static void
act_fault(void)
{
	*(volatile int *)(uintptr_t)16 = *(volatile int *)(uintptr_t)8;
}

const struct taken_act taken_acts[] = {
	{ "ends without a word", act_nothing, CELL_CRASHED },
	{ "dies of a fault", act_fault, CELL_CRASHED },
	{ "computes for ever", taken_spin, CELL_CPU },
	{ "waits for ever", taken_wait, CELL_WALL },
	{ "says half and computes", act_half, CELL_CPU },
	{ "announces 4 GiB", act_huge, CELL_BROKE },
	{ "a log line above its ceiling", act_large_log, CELL_BROKE },
	{ "an outcome without a call", act_early, CELL_BROKE },
	{ "a host call without a call", act_ask_early, CELL_BROKE },
	{ "its walls a second time", act_again, CELL_BROKE },
	{ "a call, to its host", act_to_itself, CELL_BROKE },
	{ "an outcome of no bytes", act_empty, CELL_BROKE },
	{ "noise", act_noise, CELL_BROKE },
	{ "log lines for ever", act_flood, CELL_BROKE },
};

const size_t taken_acts_n = sizeof(taken_acts) / sizeof(taken_acts[0]);
