/*
 * bench_cell MODULE ROUNDS - a cell's start, calls, memory and death.
 *
 * This program is host and runner. Each round prints lines NAME P50 P99 MEAN, in microseconds:
 *
 *   start   cell_start(): fork, exec, walls, load, initialisers; until the cell can be called
 *   fork    the same from a zygote that has the module ready; idle_fork: their memory
 *   call    an echo of 16 bytes, there and back
 *   fresh   the same with the guest's memory set back before it
 *   spin    a call that never ends, from its wall deadline until its process was waited for
 *   idle    KiB of proportional memory of one of many runners that wait
 *
 * bench_cell_open is the same program whose runners do not lock themselves in (cell_open.c).
 * cell.py takes the medians.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/proc/cell.h"
#include "host/proc/runner.h"

enum { STARTS = 100, CALLS = 5000, FRESH = 2000, SPINS = 20, IDLE = 64, SPIN_MS = 5, ECHO = 16 };

struct samples {
	double at[CALLS];
	size_t n;
};

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
tell(const char *name, struct samples *s)
{
	double sum = 0;

	for (size_t i = 0; i < s->n; i++)
		sum += s->at[i];
	qsort(s->at, s->n, sizeof(*s->at), by_size);
	printf("%s %.2f %.2f %.2f\n", name, s->at[s->n / 2], s->at[s->n * 99 / 100],
	    sum / (double)s->n);
}

static void __attribute__((noreturn)) give_up(const char *what, const struct cell_result *got)
{
	fprintf(stderr, "bench_cell: %s: %s: %s %s\n", what, cell_end_name(got->end), got->why,
	    got->outcome.why);
	exit(1);
}

/* made() - NULL when it cannot be: without walls there is no listener, and so no zygote. */
static struct cell *
made(struct bytes module, struct cell *from, bool zygote, struct cell_result *got)
{
	struct cell_options o = { .module = module,
		.limits = actor_limits_default(),
		.birth = { .cpu_ms = 1000, .wall_ms = 10000 },
		.from = from,
		.zygote = zygote };
	struct cell *c = NULL;

	return cell_start(&o, &c, got) == 0 ? c : NULL;
}

static struct cell *
start(struct bytes module, struct cell *from)
{
	struct cell_result got;
	struct cell *c = made(module, from, false, &got);

	if (c == NULL)
		give_up("start", &got);
	return c;
}

static void
starts(const char *name, struct bytes module, struct cell *from)
{
	static struct samples s;

	for (s.n = 0; s.n < STARTS; s.n++) {
		double began = now_us();
		struct cell *c = start(module, from);

		s.at[s.n] = now_us() - began;
		cell_stop(c);
	}
	tell(name, &s);
}

static void
calls(struct cell *c, const char *name, size_t n, bool fresh)
{
	static const uint8_t payload[ECHO] = "sixteen bytes !";
	const struct cell_budget budget = {
		.fuel = 1000000, .cpu_ms = 1000, .wall_ms = 10000, .fresh = fresh
	};
	static struct samples s;
	struct actor_world world = { 0 };
	struct cell_result got;

	for (s.n = 0; s.n < n; s.n++) {
		double began = now_us();

		cell_call(c, BYTES_LIT("echo"), bytes_of(payload, ECHO), &world, &budget, &got);
		s.at[s.n] = now_us() - began;
		if (got.end != CELL_ANSWERED || got.outcome.answer != ACTOR_DONE ||
		    got.outcome.out.len != ECHO)
			give_up(name, &got);
	}
	tell(name, &s);
}

static void
spins(struct bytes module)
{
	const struct cell_budget budget = {
		.fuel = INT64_MAX, .cpu_ms = 10000, .wall_ms = SPIN_MS
	};
	static struct samples s;
	struct actor_world world = { 0 };
	struct cell_result got;

	for (s.n = 0; s.n < SPINS; s.n++) {
		struct cell *c = start(module, NULL);
		double began = now_us();

		cell_call(c, BYTES_LIT("forever"), BYTES_NULL, &world, &budget, &got);
		cell_stop(c);
		s.at[s.n] = now_us() - began - SPIN_MS * 1000.0;
		if (got.end != CELL_WALL)
			give_up("spin", &got);
	}
	tell("spin", &s);
}

/* Kilobytes; below 0 when the memory of others is not ours to read. */
static double
memory_of(pid_t pid)
{
	char path[64], line[128];
	double kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "Pss:", 4) == 0)
			kib = strtod(line + 4, NULL);
	if (f != NULL)
		fclose(f);
	return kib;
}

static void
idle(const char *name, struct bytes module, struct cell *from)
{
	static struct samples s;
	struct cell *c[IDLE];

	for (size_t i = 0; i < IDLE; i++)
		c[i] = start(module, from);
	for (s.n = 0; s.n < IDLE; s.n++)
		s.at[s.n] = memory_of(cell_pid(c[s.n]));
	for (size_t i = 0; i < IDLE; i++)
		cell_stop(c[i]);
	if (s.at[0] >= 0)
		tell(name, &s);
}

static struct bytes
read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = malloc(1U << 20);
	size_t n;

	if (f == NULL || p == NULL)
		abort();
	n = fread(p, 1, 1U << 20, f);
	fclose(f);
	return bytes_of(p, n);
}

int
main(int argc, char **argv)
{
	struct bytes module;

	runner_role(argc, argv);
	if (argc != 3)
		return 2;
	module = read_file(argv[1]);
	for (int i = 0; i < atoi(argv[2]); i++) {
		struct cell_result got;
		struct cell *c, *z = made(module, NULL, true, &got);

		starts("start", module, NULL);
		if (z != NULL)
			starts("fork", module, z);
		c = start(module, NULL);
		calls(c, "call", CALLS, false);
		calls(c, "fresh", FRESH, true);
		cell_stop(c);
		spins(module);
		idle("idle", module, NULL);
		if (z != NULL)
			idle("idle_fork", module, z);
		cell_stop(z);
	}
	free((void *)(uintptr_t)module.ptr);
	return 0;
}
