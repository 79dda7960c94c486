/*
 * layers [container] - each attempt of layers_deeds.c under all walls, under none, with one of them
 * left out and with one of them alone. One line for each:
 *
 *   number TAB attempt TAB mode=answer TAB mode=answer ...
 *
 * An answer is `done` (it has what it wanted), an error's name, `killed` (by a filter), `no start`
 * (the walls could not go up, so nothing ran), or how else the process ended. What the answers must
 * be is known to matrix.py.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/proc/runner.h"
#include "host/proc/users.h"
#include "tests/sandbox/container.h"
#include "tests/sandbox/layers.h"
#include "tests/sandbox/taken.h"

/* --- as runner --- */

/* victim() - it lives, as a runner does that waits for its next call. */
static void __attribute__((noreturn)) victim(void)
{
	struct msg_done m = { .outcome = { .answer = ACTOR_DONE } };
	struct buf b;

	buf_init(&b, MSG_RUNNER_HEAD_MAX);
	msg_done_put_head(&b, &m);
	taken_say(MSG_READY, buf_bytes(&b));
	taken_wait();
}

/* deed_at() - NULL behind the last. */
static const struct deed *
deed_at(int n)
{
	if (n < deeds_n)
		return &deeds[n];
	return n < deeds_n + kernel_deeds_n ? &kernel_deeds[n - deeds_n] : NULL;
}

static int
attempt(const char *mode, int n, const struct target *t)
{
	const struct deed *d = deed_at(n);
	struct actor_world world;
	struct runner r;
	uint32_t which;

	if (!layers_of(mode, &which))
		return RUNNER_NOT_LOCKED;
	runner_take(&r);
	if (d != NULL && d->before != NULL)
		d->before(t);
	layers_keep(which);
	r.user = (uid_t)(USERS_FIRST + n); /* as its host would have chosen it */
	runner_lock(&r);
	runner_begin(&r, &world);
	runner_narrow(&r);
	if (d == NULL)
		victim();
	taken_say_result(d->run(t));
	_exit(0);
}

/* --- as host --- */

static char self[4096];

static void
start(const char *mode, int n, const struct target *t, struct cell **out, struct cell_result *got)
{
	char number[16], target[256];
	char *argv[] = { self, (char *)(uintptr_t)mode, number, target, NULL };
	struct cell_options o = { .argv = argv,
		.module = BYTES_LIT("x"),
		.limits = actor_limits_default(),
		.birth = { 0, 5000, 20000 } };

	snprintf(number, sizeof(number), "%d", n);
	layers_target_put(t, target, sizeof(target));
	*out = NULL;
	if (cell_start(&o, out, got) < 0)
		snprintf(got->why, sizeof(got->why), "%s", "cell_start failed");
}

static const char *
word(const struct cell_result *got)
{
	static char text[64];

	if (got->end == CELL_ANSWERED)
		return got->outcome.why;
	if (got->end == CELL_DENIED)
		return "killed";
	if (got->end == CELL_NO_WALLS)
		return "no start";
	if (got->end == CELL_CRASHED && got->signal != 0)
		snprintf(text, sizeof(text), "signal %d", got->signal);
	else
		snprintf(text, sizeof(text), "%s %d", cell_end_name(got->end), got->status);
	return text;
}

/* column() - every attempt under one mode, beside another runner under the same. */
static void
column(const char *mode, const struct target *outside, char (*words)[64])
{
	struct target t = *outside;
	struct cell_result got;
	struct cell *other, *c;

	start(mode, deeds_n + kernel_deeds_n, &t, &other, &got);
	t.victim = other != NULL ? cell_pid(other) : t.host;
	for (int i = 0; deed_at(i) != NULL; i++) {
		start(mode, i, &t, &c, &got);
		snprintf(words[i], sizeof(words[i]), "%s", word(&got));
		cell_stop(c);
	}
	cell_stop(other);
}

enum { MODES_MAX = 64, DEEDS_MAX = 128 };

int
main(int argc, char **argv)
{
	static char words[MODES_MAX][DEEDS_MAX][64];
	char dir[] = "/tmp/layers-XXXXXX", mode[64];
	struct target t;

	if (argc == 2 && strcmp(argv[1], "again") == 0) {
		taken_say_result(0);
		return 0;
	}
	if (argc == 4 && layers_target_get(argv[3], &t))
		return attempt(argv[1], atoi(argv[2]), &t);
	if (argc == 2 && strcmp(argv[1], "container") == 0)
		container_enter();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || mkdtemp(dir) == NULL)
		return 2;
	layers_outside(dir, &t);
	for (int i = 0; layers_mode(i, mode); i++)
		column(mode, &t, words[i]);
	layers_outside_end(dir, &t);
	for (int k = 0; deed_at(k) != NULL; k++) {
		printf("%d\t%s", deed_at(k)->n, deed_at(k)->name);
		for (int i = 0; layers_mode(i, mode); i++)
			printf("\t%s=%s", mode, words[i][k]);
		putchar('\n');
	}
	return 0;
}
