/*
 * cell_zygote: a module made ready once, and cells forked from it. What native code in such a runner may
 * do is in tests/sandbox/escape.c.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/proc/cell.h"
#include "tests/unit/host/cell/suites.h"

enum { NS_PER_S = 1000000000, PATIENCE_MS = 60000, MANY = 40 };

static const struct actor_world world = { .now_ns = 1 };
static const struct cell_budget ample = { 500 * 1000 * 1000, 50000, 50000, false };

static uint64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static struct cell *
made(struct bytes module, struct cell *from, bool zygote)
{
	struct cell_options o = { .module = module,
		.limits = actor_limits_default(),
		.birth = ample,
		.from = from,
		.zygote = zygote,
		.world = world };
	struct cell *c = NULL;

	ck_assert_int_eq(cell_new(&o, now(), &c), 0);
	return c;
}

/* next() - the event that comes to @c; @z, its zygote, is stepped too, and lives. */
static enum cell_event
next(struct cell *c, struct cell *z)
{
	enum cell_event e;

	while ((e = cell_step(c, now())) == CELL_EVENT_NONE) {
		struct pollfd p[2] = { { cell_fd(c), POLLIN, 0 }, { cell_fd(z), POLLIN, 0 } };

		if (c != z)
			ck_assert_int_eq(cell_step(z, now()), CELL_EVENT_NONE);
		ck_assert_int_gt(poll(p, 2, PATIENCE_MS), 0);
	}
	return e;
}

static struct cell *
zygote(void)
{
	struct cell *z = made(guest_module(), NULL, true);

	ck_assert_int_eq(next(z, z), CELL_EVENT_DONE);
	ck_assert_int_eq(cell_got(z)->end, CELL_ANSWERED);
	return z;
}

static void
nobody_is_left(void)
{
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	ck_assert_int_eq(errno, ECHILD);
}

static void
answers(struct cell *c, struct cell *z, const char *text)
{
	ck_assert_int_eq(cell_begin(c, BYTES_LIT("e"), bytes_str(text), &world, &ample, now()), 0);
	ck_assert_int_eq(next(c, z), CELL_EVENT_DONE);
	ck_assert_int_eq(cell_got(c)->outcome.answer, ACTOR_DONE);
	ck_assert(bytes_is(cell_got(c)->outcome.out, text));
}

START_TEST(cells_are_forked_and_answer_each_for_itself)
{
	struct cell *z = zygote(), *a = made(BYTES_NULL, z, false), *b = made(BYTES_NULL, z, false);

	ck_assert_int_eq(next(b, z), CELL_EVENT_DONE);
	ck_assert_int_eq(next(a, z), CELL_EVENT_DONE);
	ck_assert_int_ne(cell_pid(a), cell_pid(b));
	ck_assert_int_ne(cell_pid(a), cell_pid(z));
	answers(a, z, "one");
	answers(b, z, "two");
	answers(a, z, "three");
	cell_stop(a);
	answers(b, z, "four");
	cell_stop(b);
	cell_stop(z);
	nobody_is_left();
}
END_TEST

START_TEST(who_was_forked_has_the_walls_of_its_zygote)
{
	struct cell *z = zygote(), *c = made(BYTES_NULL, z, false);

	ck_assert_int_eq(next(c, z), CELL_EVENT_DONE);
	ck_assert_uint_eq(cell_walls(c)->walls, cell_walls(z)->walls);
	ck_assert_uint_eq(cell_walls(c)->walls & WALLS_FLOOR, WALLS_FLOOR);
	ck_assert(cell_walls(c)->listener);
	cell_stop(c);
	cell_stop(z);
	nobody_is_left();
}
END_TEST

START_TEST(a_zygote_is_never_called)
{
	struct cell *z = zygote();

	ck_assert(!cell_idle(z));
	ck_assert_int_eq(cell_begin(z, BYTES_LIT("e"), BYTES_NULL, &world, &ample, now()), 1);
	cell_stop(z);
}
END_TEST

START_TEST(from_what_is_no_zygote_nothing_is_forked)
{
	struct cell *c = made(guest_module(), NULL, false), *d = NULL;
	struct cell_options o = { .from = c, .birth = ample };

	ck_assert_int_eq(next(c, c), CELL_EVENT_DONE);
	ck_assert_int_eq(cell_new(&o, now(), &d), -ESRCH);
	cell_stop(c);
	c = made(guest_module(), NULL, true);
	o.from = c;
	ck_assert_int_eq(cell_new(&o, now(), &d), -ESRCH); /* not there yet */
	cell_stop(c);
	nobody_is_left();
}
END_TEST

START_TEST(a_zygote_of_a_module_that_is_refused_is_dead)
{
	struct cell *z = made(BYTES_LIT("no module"), NULL, true);

	ck_assert_int_eq(next(z, z), CELL_EVENT_DEAD);
	ck_assert_int_eq(cell_got(z)->outcome.answer, ACTOR_REFUSED);
	cell_stop(z);
	nobody_is_left();
}
END_TEST

START_TEST(many_are_forked_in_turn)
{
	struct cell *z = zygote(), *c[MANY];

	for (int i = 0; i < MANY; i++)
		c[i] = made(BYTES_NULL, z, false);
	for (int i = MANY; i-- > 0;)
		ck_assert_int_eq(next(c[i], z), CELL_EVENT_DONE);
	for (int i = 0; i < MANY; i++) {
		answers(c[i], z, "here");
		cell_stop(c[i]);
	}
	cell_stop(z);
	nobody_is_left();
}
END_TEST

START_TEST(one_that_is_stopped_before_it_is_there_leaves_nothing)
{
	struct cell *z = zygote(), *first = made(BYTES_NULL, z, false), *second = made(BYTES_NULL, z, false),
		    *third = made(BYTES_NULL, z, false);

	cell_stop(first);  /* is being made */
	cell_stop(second); /* waits to be */
	ck_assert_int_eq(next(third, z), CELL_EVENT_DONE);
	answers(third, z, "here");
	cell_stop(third);
	cell_stop(z);
	nobody_is_left();
}
END_TEST

START_TEST(the_end_of_a_zygote_is_that_of_its_brood)
{
	struct cell *z = zygote(), *c = made(BYTES_NULL, z, false), *young;

	ck_assert_int_eq(next(c, z), CELL_EVENT_DONE);
	young = made(BYTES_NULL, z, false);
	ck_assert_int_eq(kill(cell_pid(z), SIGKILL), 0);
	ck_assert_int_eq(next(z, z), CELL_EVENT_DEAD);
	ck_assert_int_eq(next(c, c), CELL_EVENT_DEAD);
	ck_assert_int_eq(cell_got(c)->end, CELL_CRASHED);
	ck_assert_int_eq(next(young, young), CELL_EVENT_DEAD);
	ck_assert_int_eq(cell_got(young)->end, CELL_CRASHED);
	cell_stop(young);
	cell_stop(c);
	cell_stop(z);
	nobody_is_left();
}
END_TEST

START_TEST(a_zygote_stopped_before_its_brood_leaves_nothing)
{
	struct cell *z = zygote(), *c = made(BYTES_NULL, z, false), *young = made(BYTES_NULL, z, false);

	ck_assert_int_eq(next(c, z), CELL_EVENT_DONE);
	cell_stop(z);
	cell_stop(c);
	cell_stop(young);
	nobody_is_left();
}
END_TEST

START_TEST(a_forked_runner_that_is_killed_harms_nobody_else)
{
	struct cell *z = zygote(), *a = made(BYTES_NULL, z, false), *b = made(BYTES_NULL, z, false);

	ck_assert_int_eq(next(a, z), CELL_EVENT_DONE);
	ck_assert_int_eq(next(b, z), CELL_EVENT_DONE);
	ck_assert_int_eq(cell_begin(a, BYTES_LIT("a"), BYTES_NULL, &world, &ample, now()), 0);
	ck_assert_int_eq(next(a, z), CELL_EVENT_ASKED);
	ck_assert_int_eq(kill(cell_pid(a), SIGKILL), 0);
	ck_assert_int_eq(next(a, z), CELL_EVENT_DEAD);
	ck_assert_int_eq(cell_got(a)->signal, SIGKILL);
	answers(b, z, "alive");
	cell_stop(a);
	cell_stop(b);
	cell_stop(z);
	nobody_is_left();
}
END_TEST

START_TEST(budgets_hold_for_who_was_forked)
{
	const struct cell_budget b = { INT64_MAX, 50, 50000, false };
	struct cell_options o = { .module = guest_module(), .limits = actor_limits_default(), .birth = ample, .zygote = true };
	struct cell *z = NULL, *c;
	enum cell_event e;

	o.limits.call_fuel = INT64_MAX;
	ck_assert_int_eq(cell_new(&o, now(), &z), 0);
	ck_assert_int_eq(next(z, z), CELL_EVENT_DONE);
	c = made(BYTES_NULL, z, false);
	ck_assert_int_eq(next(c, z), CELL_EVENT_DONE);
	ck_assert_int_eq(cell_begin(c, BYTES_LIT("s"), BYTES_NULL, &world, &b, now()), 0);
	while ((e = cell_step(c, now())) == CELL_EVENT_NONE) {
		struct pollfd p = { cell_fd(c), POLLIN, 0 };

		(void)poll(&p, 1, 5);
	}
	ck_assert_int_eq(e, CELL_EVENT_DEAD);
	ck_assert_int_eq(cell_got(c)->end, CELL_CPU);
	cell_stop(c);
	cell_stop(z);
	nobody_is_left();
}
END_TEST

START_TEST(who_waits_for_one_cell_steps_its_zygote_too)
{
	struct cell_options o = { .module = guest_module(), .limits = actor_limits_default(), .birth = ample, .zygote = true };
	struct cell_result got;
	struct cell *z = NULL, *c = NULL;

	ck_assert_int_eq(cell_start(&o, &z, &got), 0);
	o.zygote = false;
	o.from = z;
	ck_assert_int_eq(cell_start(&o, &c, &got), 0);
	cell_call(c, BYTES_LIT("e"), BYTES_LIT("hello"), &world, &ample, &got);
	ck_assert_int_eq(got.end, CELL_ANSWERED);
	ck_assert(bytes_is(got.outcome.out, "hello"));
	cell_stop(c);
	cell_stop(z);
	nobody_is_left();
}
END_TEST

TCase *
cell_zygote_tests(void)
{
	TCase *t = tcase_create("cell_zygote");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, cells_are_forked_and_answer_each_for_itself);
	tcase_add_test(t, who_was_forked_has_the_walls_of_its_zygote);
	tcase_add_test(t, a_zygote_is_never_called);
	tcase_add_test(t, from_what_is_no_zygote_nothing_is_forked);
	tcase_add_test(t, a_zygote_of_a_module_that_is_refused_is_dead);
	tcase_add_test(t, many_are_forked_in_turn);
	tcase_add_test(t, one_that_is_stopped_before_it_is_there_leaves_nothing);
	tcase_add_test(t, the_end_of_a_zygote_is_that_of_its_brood);
	tcase_add_test(t, a_zygote_stopped_before_its_brood_leaves_nothing);
	tcase_add_test(t, a_forked_runner_that_is_killed_harms_nobody_else);
	tcase_add_test(t, budgets_hold_for_who_was_forked);
	tcase_add_test(t, who_waits_for_one_cell_steps_its_zygote_too);
	return t;
}
