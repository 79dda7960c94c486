/*
 * cell_step: cells in one loop, none of which makes another wait; deaths at every moment. The runners
 * are real, with all their walls; the clock is this file's where a test needs time to pass.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "host/proc/cell.h"
#include "tests/unit/host/cell/suites.h"

enum { NS_PER_S = 1000000000, PATIENCE_MS = 60000 };

static const struct actor_world world = { .now_ns = 1 };
static const struct cell_budget ample = { 500 * 1000 * 1000, 50000, 50000, false };

/* a clock of ours: real time, and what a test lets pass beyond it */
static uint64_t skipped_ns;

static uint64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec + skipped_ns;
}

static struct cell *
begun(void)
{
	struct cell_options o = { .module = guest_module(), .limits = actor_limits_default(), .birth = ample };
	struct cell *c = NULL;

	o.world = world;
	ck_assert_int_eq(cell_new(&o, now(), &c), 0);
	return c;
}

/* next() - the event that comes to one cell. */
static enum cell_event
next(struct cell *c)
{
	enum cell_event e;

	while ((e = cell_step(c, now())) == CELL_EVENT_NONE) {
		struct pollfd p = { cell_fd(c), POLLIN, 0 };

		ck_assert_int_gt(poll(&p, 1, PATIENCE_MS), 0);
	}
	return e;
}

static struct cell *
born(void)
{
	struct cell *c = begun();

	ck_assert_int_eq(next(c), CELL_EVENT_DONE);
	ck_assert_int_eq(cell_got(c)->end, CELL_ANSWERED);
	ck_assert(cell_idle(c));
	return c;
}

static void
ask(struct cell *c, const char *operation, const char *payload)
{
	ck_assert_int_eq(
	    cell_begin(c, bytes_str(operation), bytes_str(payload), &world, &ample, now()), 0);
}

static void
answered(struct cell *c, const char *text)
{
	ck_assert_int_eq(cell_got(c)->end, CELL_ANSWERED);
	ck_assert_int_eq(cell_got(c)->outcome.answer, ACTOR_DONE);
	ck_assert(bytes_is(cell_got(c)->outcome.out, text));
}

static void
dead(struct cell *c, enum cell_end end)
{
	ck_assert_int_eq(next(c), CELL_EVENT_DEAD);
	ck_assert_str_eq(cell_end_name(cell_got(c)->end), cell_end_name(end));
	ck_assert(!cell_idle(c));
	ck_assert_int_eq(kill(cell_pid(c), 0), -1); /* and waited for */
	cell_stop(c);
}

START_TEST(two_cells_in_one_loop_do_not_wait_for_each_other)
{
	struct cell *slow = born(), *quick = born();

	ask(slow, "a", "slow");
	ask(quick, "e", "quick");
	ck_assert_int_eq(next(slow), CELL_EVENT_ASKED);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(next(quick), CELL_EVENT_DONE);
		answered(quick, "quick");
		ask(quick, "e", "quick");
	}
	ck_assert(bytes_is(cell_asked(slow)->payload, "slow"));
	ck_assert(bytes_is(cell_asked(slow)->operation, "a"));
	cell_answer(slow, true, bytes_str("late"));
	ck_assert_ptr_null(cell_asked(slow));
	ck_assert_int_eq(next(slow), CELL_EVENT_DONE);
	answered(slow, "late");
	cell_stop(slow);
	cell_stop(quick);
}
END_TEST

START_TEST(births_overlap)
{
	struct cell *c[4];

	for (int i = 0; i < 4; i++)
		c[i] = begun();
	for (int i = 4; i-- > 0;) {
		enum cell_event e = next(c[i]);

		ck_assert_msg(e == CELL_EVENT_DONE, "%s: %s", cell_end_name(cell_got(c[i])->end),
		    cell_got(c[i])->why);
	}
	for (int i = 0; i < 4; i++)
		cell_stop(c[i]);
}
END_TEST

START_TEST(a_module_that_is_none_is_a_death_with_its_reason)
{
	struct cell_options o = { .module = BYTES_LIT("no module"),
		.limits = actor_limits_default(),
		.birth = ample };
	struct cell *c = NULL;

	ck_assert_int_eq(cell_new(&o, now(), &c), 0);
	ck_assert_int_eq(next(c), CELL_EVENT_DEAD);
	ck_assert_int_eq(cell_got(c)->end, CELL_ANSWERED);
	ck_assert_int_eq(cell_got(c)->outcome.answer, ACTOR_REFUSED);
	ck_assert_int_ne(cell_got(c)->outcome.why[0], '\0');
	cell_stop(c);
}
END_TEST

START_TEST(the_time_of_an_answer_is_wall_time)
{
	struct cell *c = born();

	ask(c, "a", "x");
	ck_assert_int_eq(next(c), CELL_EVENT_ASKED);
	ck_assert_int_eq(cell_step(c, now()), CELL_EVENT_NONE);
	ck_assert_uint_lt(cell_deadline(c), UINT64_MAX);
	skipped_ns += 60 * (uint64_t)NS_PER_S;
	dead(c, CELL_WALL);
}
END_TEST

START_TEST(the_deadline_of_a_call_is_its_wall_time_at_the_latest)
{
	const struct cell_budget b = { ample.fuel, 50000, 20000, false };
	struct cell *c = born();
	uint64_t at = now();

	ck_assert_int_eq(cell_begin(c, bytes_str("a"), BYTES_NULL, &world, &b, at), 0);
	ck_assert_int_eq(next(c), CELL_EVENT_ASKED);
	(void)cell_step(c, at);
	ck_assert_uint_le(cell_deadline(c), at + 20 * (uint64_t)NS_PER_S);
	ck_assert_uint_ge(cell_deadline(c), at + 10 * (uint64_t)NS_PER_S);
	cell_stop(c);
}
END_TEST

START_TEST(a_guest_without_end_is_out_of_wall_time)
{
	const struct cell_budget b = { INT64_MAX, 50000, 100, false };
	struct cell_options o = { .module = guest_module(), .limits = actor_limits_default(), .birth = ample };
	struct cell *c = NULL;

	o.limits.call_fuel = INT64_MAX;
	ck_assert_int_eq(cell_new(&o, now(), &c), 0);
	ck_assert_int_eq(next(c), CELL_EVENT_DONE);
	ck_assert_int_eq(cell_begin(c, bytes_str("s"), BYTES_NULL, &world, &b, now()), 0);
	ck_assert_int_eq(cell_step(c, now()), CELL_EVENT_NONE);
	skipped_ns += NS_PER_S;
	dead(c, CELL_WALL);
}
END_TEST

START_TEST(a_runner_that_is_killed_while_it_is_asked_is_told_at_once)
{
	struct cell *c = born();

	ask(c, "a", "x");
	ck_assert_int_eq(next(c), CELL_EVENT_ASKED);
	ck_assert_int_eq(kill(cell_pid(c), SIGKILL), 0);
	ck_assert_int_eq(next(c), CELL_EVENT_DEAD);
	ck_assert_int_eq(cell_got(c)->end, CELL_CRASHED);
	ck_assert_int_eq(cell_got(c)->signal, SIGKILL);
	ck_assert_ptr_null(cell_asked(c));
	cell_answer(c, true, bytes_str("nobody hears this"));
	cell_stop(c);
}
END_TEST

START_TEST(a_runner_that_is_killed_while_nothing_is_asked_of_it_is_told)
{
	struct cell *c = born();

	ck_assert_int_eq(kill(cell_pid(c), SIGKILL), 0);
	dead(c, CELL_CRASHED);
}
END_TEST

START_TEST(a_cell_that_its_host_ends_is_gone_and_says_so)
{
	struct cell *idle = born(), *busy = born(), *young = begun();

	ask(busy, "a", "x");
	cell_end(idle);
	cell_end(busy);
	cell_end(young);
	dead(busy, CELL_STOPPED);
	dead(idle, CELL_STOPPED);
	dead(young, CELL_STOPPED);
}
END_TEST

START_TEST(a_cell_takes_one_call_at_a_time_and_none_when_dead)
{
	struct cell *c = born();

	ask(c, "a", "x");
	ck_assert_int_eq(cell_begin(c, bytes_str("e"), BYTES_NULL, &world, &ample, now()), 1);
	ck_assert_int_eq(next(c), CELL_EVENT_ASKED);
	cell_answer(c, true, bytes_str("fine"));
	ck_assert_int_eq(next(c), CELL_EVENT_DONE);
	answered(c, "fine");
	cell_end(c);
	ck_assert_int_eq(cell_begin(c, bytes_str("e"), BYTES_NULL, &world, &ample, now()), 1);
	dead(c, CELL_STOPPED);
}
END_TEST

START_TEST(a_request_above_its_ceiling_is_not_sent)
{
	static const uint8_t large[1024 * 1024];
	struct cell *c = born();

	ck_assert_int_eq(cell_begin(c, bytes_str("e"), bytes_of(large, sizeof(large)), &world, &ample, now()), 1);
	ck_assert_int_eq(cell_got(c)->outcome.answer, ACTOR_TOO_LARGE);
	ck_assert(cell_idle(c));
	ask(c, "e", "still here");
	ck_assert_int_eq(next(c), CELL_EVENT_DONE);
	answered(c, "still here");
	cell_stop(c);
}
END_TEST

START_TEST(an_answer_above_its_ceiling_is_an_error_to_the_guest)
{
	static const uint8_t large[1024 * 1024 + 1];
	struct cell *c = born();

	ask(c, "a", "x");
	ck_assert_int_eq(next(c), CELL_EVENT_ASKED);
	cell_answer(c, true, bytes_of(large, sizeof(large)));
	ck_assert_int_eq(next(c), CELL_EVENT_DONE);
	ck_assert_int_eq(cell_got(c)->outcome.answer, ACTOR_NO_ANSWER);
	cell_stop(c);
}
END_TEST

START_TEST(a_large_request_is_sent_as_the_runner_takes_it)
{
	static uint8_t large[900 * 1024];
	struct cell *c = born();

	memset(large, 'x', sizeof(large));
	ck_assert_int_eq(cell_begin(c, bytes_str("e"), bytes_of(large, 65530), &world, &ample, now()), 0);
	ck_assert_int_eq(next(c), CELL_EVENT_DONE);
	ck_assert_int_eq(cell_got(c)->outcome.answer, ACTOR_TRAPPED); /* one page is too small for it */
	ask(c, "a", "x");
	ck_assert_int_eq(next(c), CELL_EVENT_ASKED);
	cell_answer(c, true, bytes_of(large, 30000));
	ck_assert_int_eq(next(c), CELL_EVENT_DONE);
	ck_assert_uint_eq(cell_got(c)->outcome.out.len, 30000);
	cell_stop(c);
}
END_TEST

START_TEST(an_idle_cell_that_does_nothing_lives_on)
{
	struct cell *c = born();

	for (int i = 0; i < 3; i++) {
		skipped_ns += 20 * (uint64_t)NS_PER_S;
		ck_assert_int_eq(cell_step(c, now()), CELL_EVENT_NONE);
	}
	ask(c, "e", "awake");
	ck_assert_int_eq(next(c), CELL_EVENT_DONE);
	answered(c, "awake");
	cell_stop(c);
}
END_TEST

/* may_read_others() - CAP_SYS_PTRACE */
static bool
may_read_others(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long long caps = 0;
	char line[256];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "CapEff:", 7) == 0)
			caps = strtoull(line + 7, NULL, 16);
	if (f != NULL)
		fclose(f);
	return (caps >> 19 & 1) != 0;
}

START_TEST(a_forbidden_call_is_named_with_the_function_that_ran)
{
	char self[] = "/proc/self/exe", word[] = "taken";
	char *const argv[] = { self, word, NULL };
	struct cell_options o = {
		.argv = argv, .module = guest_module(), .limits = actor_limits_default(), .birth = ample
	};
	struct cell *c = NULL;

	ck_assert_int_eq(cell_new(&o, now(), &c), 0);
	ck_assert_int_eq(next(c), CELL_EVENT_DONE);
	ask(c, "l", "a line");
	ck_assert_int_eq(next(c), CELL_EVENT_DEAD);
	ck_assert_int_eq(cell_got(c)->end, CELL_DENIED);
	if (cell_walls(c)->listener) {
		ck_assert_str_eq(cell_got(c)->call.name, "setsid");
		/* the first that is not imported; a host that may not read the runner does not know */
		ck_assert_uint_eq(cell_got(c)->call.function, may_read_others() ? 6 : UINT32_MAX);
	}
	cell_stop(c);
}
END_TEST

START_TEST(a_wall_that_is_demanded_and_missing_is_no_cell)
{
	struct cell_options o = { .module = guest_module(), .limits = actor_limits_default(), .birth = ample };
	struct cell *c = NULL;

	o.minimum = UINT32_C(1) << ENCLOSE_END; /* that nobody has */
	ck_assert_int_eq(cell_new(&o, now(), &c), 0);
	ck_assert_int_eq(next(c), CELL_EVENT_DEAD);
	ck_assert_int_eq(cell_got(c)->end, CELL_NO_WALLS);
	cell_stop(c);
	c = born();
	o.minimum = cell_walls(c)->walls; /* and all that there is are had */
	cell_stop(c);
	ck_assert_int_eq(cell_new(&o, now(), &c), 0);
	ck_assert_int_eq(next(c), CELL_EVENT_DONE);
	ck_assert_uint_eq(cell_walls(c)->walls & o.minimum, o.minimum);
	cell_stop(c);
}
END_TEST

START_TEST(a_wall_stands_or_has_a_reason_why_not)
{
	struct cell *c = born();
	const struct cell_walls *w = cell_walls(c);

	for (int i = 0; i < ENCLOSE_N; i++)
		ck_assert_int_eq((w->walls >> (ENCLOSE_USER + i) & 1) != 0, w->enclose_error[i] == 0);
	cell_stop(c);
}
END_TEST

START_TEST(a_runner_of_root_has_the_user_it_was_given)
{
	struct cell_options o = {
		.module = guest_module(), .limits = actor_limits_default(), .birth = ample, .user = 61234
	};
	struct cell *c = NULL;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(cell_new(&o, now(), &c), 0);
	ck_assert_int_eq(next(c), CELL_EVENT_DONE);
	ck_assert_int_eq(cell_walls(c)->uid, 61234);
	cell_stop(c);
}
END_TEST

TCase *
cell_step_tests(void)
{
	TCase *t = tcase_create("cell_step");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, two_cells_in_one_loop_do_not_wait_for_each_other);
	tcase_add_test(t, births_overlap);
	tcase_add_test(t, a_module_that_is_none_is_a_death_with_its_reason);
	tcase_add_test(t, the_time_of_an_answer_is_wall_time);
	tcase_add_test(t, the_deadline_of_a_call_is_its_wall_time_at_the_latest);
	tcase_add_test(t, a_guest_without_end_is_out_of_wall_time);
	tcase_add_test(t, a_runner_that_is_killed_while_it_is_asked_is_told_at_once);
	tcase_add_test(t, a_runner_that_is_killed_while_nothing_is_asked_of_it_is_told);
	tcase_add_test(t, a_cell_that_its_host_ends_is_gone_and_says_so);
	tcase_add_test(t, a_cell_takes_one_call_at_a_time_and_none_when_dead);
	tcase_add_test(t, a_request_above_its_ceiling_is_not_sent);
	tcase_add_test(t, an_answer_above_its_ceiling_is_an_error_to_the_guest);
	tcase_add_test(t, a_large_request_is_sent_as_the_runner_takes_it);
	tcase_add_test(t, a_forbidden_call_is_named_with_the_function_that_ran);
	tcase_add_test(t, a_wall_that_is_demanded_and_missing_is_no_cell);
	tcase_add_test(t, a_wall_stands_or_has_a_reason_why_not);
	tcase_add_test(t, a_runner_of_root_has_the_user_it_was_given);
	tcase_add_test(t, an_idle_cell_that_does_nothing_lives_on);
	return t;
}
