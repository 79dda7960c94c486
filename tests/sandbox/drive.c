/*
 * drive MODULE STEP... - several calls to one actor in one cell, as a host makes them, for
 * guests.py. Steps:
 *
 *   wasi            its imports may be had (first)
 *   now NS          the time the next calls are told
 *   fuel N, cpu MS, wall MS   the budget of the next calls
 *   response N      the ceiling of an answer (first)
 *   call OP TEXT    a call; fresh OP TEXT: the same with nothing left of earlier ones
 *   self            host calls from here on are answered by calling the same actor again
 *   other           ... by calling a second cell of the same module, whose host calls come back to
 * the first
 *
 * One line for each call: its end and answer, then what came back, and the reason. The last line
 * has the most memory this host had, in KiB, before and after.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host/proc/cell.h"
#include "host/proc/runner.h"

enum { MODULE_MAX = 1 << 20, DEPTH = 50 };

enum answering { ANSWER_TEXT, ANSWER_SELF, ANSWER_OTHER };

static struct drive {
	struct cell_options options;
	struct cell_budget budget;
	struct cell *cell, *other;
	enum answering answering;
	unsigned depth, deepest, refused;
} d;

static void
show(const struct cell_result *got)
{
	printf("%s %s [", cell_end_name(got->end), actor_answer_name(got->outcome.answer));
	for (size_t i = 0; i < got->outcome.out.len && i < 4096; i++) {
		uint8_t c = got->outcome.out.ptr[i];

		printf(c >= 0x20 && c < 0x7f && c != '\\' ? "%c" : "\\x%02x", c);
	}
	printf("] %s%s\n", got->why, got->outcome.why);
	fflush(stdout);
}

/* again() - a call from within a host call. */
static void
again(struct cell *c, const struct actor_ask *ask, struct buf *into, bool *ok)
{
	const struct cell_budget budget = d.budget;
	struct cell_result got;

	d.deepest = d.depth > d.deepest ? d.depth : d.deepest;
	cell_call(c, ask->operation, ask->payload, &d.options.world, &budget, &got);
	*ok = got.end == CELL_ANSWERED && got.outcome.answer == ACTOR_DONE;
	d.refused += !*ok;
	if (*ok)
		buf_put(into, got.outcome.out);
	else
		buf_put_str(into, "not again");
}

static int
on_ask(void *ctx, const struct actor_ask *ask, struct buf *into, bool *ok)
{
	struct cell *asks = *(struct cell **)ctx;

	*ok = true;
	if (d.answering == ANSWER_TEXT || ++d.depth > DEPTH)
		buf_put_str(into, "answer");
	else
		again(d.answering == ANSWER_OTHER && asks == d.cell ? d.other : d.cell, ask, into,
		    ok);
	if (d.answering != ANSWER_TEXT)
		d.depth--;
	return 0;
}

static struct cell *
start(struct cell **at)
{
	struct cell_result got;

	d.options.ops = (struct cell_ops){ .ctx = at, .ask = on_ask };
	d.options.birth = d.budget;
	if (*at == NULL && cell_start(&d.options, at, &got) != 0) {
		show(&got);
		exit(0);
	}
	return *at;
}

static void
call(const char *operation, const char *text, bool fresh)
{
	struct cell_budget budget = d.budget;
	struct cell_result got;

	budget.fresh = fresh;
	cell_call(
	    start(&d.cell), bytes_str(operation), bytes_str(text), &d.options.world, &budget, &got);
	show(&got);
}

static bool
number(const char *what, long long v)
{
	if (strcmp(what, "now") == 0)
		d.options.world.now_ns = (uint64_t)v;
	else if (strcmp(what, "fuel") == 0)
		d.budget.fuel = d.options.limits.call_fuel = d.options.limits.init_fuel = v;
	else if (strcmp(what, "cpu") == 0)
		d.budget.cpu_ms = (uint32_t)v;
	else if (strcmp(what, "wall") == 0)
		d.budget.wall_ms = (uint32_t)v;
	else if (strcmp(what, "response") == 0)
		d.options.limits.response = (uint32_t)v;
	else
		return false;
	return true;
}

static int
step(char **words)
{
	if (strcmp(words[0], "wasi") == 0)
		d.options.limits.wasi = true;
	else if (strcmp(words[0], "self") == 0)
		d.answering = ANSWER_SELF;
	else if (strcmp(words[0], "other") == 0 && start(&d.other) != NULL)
		d.answering = ANSWER_OTHER;
	else if (words[1] != NULL && number(words[0], atoll(words[1])))
		return 2;
	else if (words[1] != NULL && words[2] != NULL)
		call(words[1], words[2], strcmp(words[0], "fresh") == 0);
	else
		exit(2);
	return words[1] != NULL && (words[0][0] == 'c' || words[0][0] == 'f') ? 3 : 1;
}

static long
most_kib(void)
{
	struct rusage use;

	return getrusage(RUSAGE_SELF, &use) == 0 ? use.ru_maxrss : 0;
}

int
main(int argc, char **argv)
{
	static uint8_t module[MODULE_MAX];
	static char self[4096], *again_argv[] = { self, (char *)(uintptr_t) "runner", NULL };
	long before = most_kib();
	ssize_t n;
	int fd;

	if (argc == 2 && strcmp(argv[1], "runner") == 0)
		return runner_main();
	fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	n = fd >= 0 ? read(fd, module, sizeof(module)) : -1;
	if (n < 0 || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 2;
	close(fd);
	d.options.argv = again_argv;
	d.options.module = bytes_of(module, (size_t)n);
	d.options.limits = actor_limits_default();
	d.options.limits.wasi = false;
	d.budget = (struct cell_budget){ d.options.limits.call_fuel, 10000, 30000, false };
	for (int i = 2; i < argc;)
		i += step(&argv[i]);
	printf("deepest %u, refused %u, most %ld %ld\n", d.deepest, d.refused, before, most_kib());
	cell_stop(d.cell);
	cell_stop(d.other);
	return 0;
}
