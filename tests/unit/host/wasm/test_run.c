/*
 * run: fuel, depth and stacks end what would not end; nothing a guest runs needs a system call.
 */
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/host/wasm/suites.h"

/* f(n): count up in a loop until 1000. Text: loop (br_if 0 (lt_u (local.tee 0 (add 0 1)) 1000)) */
#define LOOP                                                                                       \
	0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x03, 0x02, 0x01, 0x00, 0x07, 0x05, 0x01,  \
	    0x01, 0x66, 0x00, 0x00, 0x0a, 0x16, 0x01, 0x14, 0x00, 0x03, 0x40, 0x20, 0x00, 0x41,    \
	    0x01, 0x6a, 0x22, 0x00, 0x41, 0xe8, 0x07, 0x49, 0x0d, 0x00, 0x0b, 0x20, 0x00, 0x0b
/* f(n): 1 + f(n) */
#define RECURSION                                                                                  \
	0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x03, 0x02, 0x01, 0x00, 0x07, 0x05, 0x01,  \
	    0x01, 0x66, 0x00, 0x00, 0x0a, 0x0b, 0x01, 0x09, 0x00, 0x41, 0x01, 0x20, 0x00, 0x10,    \
	    0x00, 0x6a, 0x0b
/* f(n): loop (br 0) */
#define ENDLESS                                                                                    \
	0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x03, 0x02, 0x01, 0x00, 0x07, 0x05, 0x01,  \
	    0x01, 0x66, 0x00, 0x00, 0x0a, 0x0a, 0x01, 0x08, 0x00, 0x03, 0x40, 0x0c, 0x00, 0x0b,    \
	    0x00, 0x0b

START_TEST(a_loop_counts)
{
	struct rig r;
	uint32_t out = 0;

	RIG(&r, NULL, NULL, LOOP);
	ck_assert_int_eq(rig_call(&r, 0, &out), 0);
	ck_assert_uint_eq(out, 1000);
	rig_deinit(&r);
}
END_TEST

START_TEST(fuel_is_the_same_each_time_and_counts_instructions)
{
	struct rig r;
	int64_t first;

	RIG(&r, NULL, NULL, LOOP);
	r.fuel = 100000;
	ck_assert_int_eq(rig_call(&r, 0, NULL), 0);
	first = 100000 - r.fuel;
	/* 7 instructions a round (the loop itself is free), and one to enter, one to read the
	 * result */
	ck_assert_int_ge(first, 7000);
	ck_assert_int_le(first, 7010);
	r.fuel = 100000;
	ck_assert_int_eq(rig_call(&r, 0, NULL), 0);
	ck_assert_int_eq(100000 - r.fuel, first);
	r.fuel = first;
	ck_assert_int_eq(rig_call(&r, 0, NULL), 0);
	ck_assert_int_eq(r.fuel, 0);
	r.fuel = first - 1;
	ck_assert_int_eq(rig_call(&r, 0, NULL), WASM_TRAPPED);
	ck_assert_int_eq(r.trap.code, WASM_TRAP_FUEL);
	ck_assert_int_eq(r.fuel, 0);
	rig_deinit(&r);
}
END_TEST

START_TEST(an_endless_loop_ends_with_its_fuel)
{
	struct rig r;

	RIG(&r, NULL, NULL, ENDLESS);
	ck_assert_int_eq(rig_call(&r, 0, NULL), WASM_TRAPPED);
	ck_assert_int_eq(r.trap.code, WASM_TRAP_FUEL);
	ck_assert_uint_eq(r.trap.function, 0);
	rig_deinit(&r);
}
END_TEST

START_TEST(a_recursion_ends_at_the_depth)
{
	struct wasm_limits l = wasm_limits_default();
	struct rig r;

	RIG(&r, NULL, NULL, RECURSION);
	ck_assert_int_eq(rig_call(&r, 0, NULL), WASM_TRAPPED);
	ck_assert_int_eq(r.trap.code, WASM_TRAP_CALL_DEPTH);
	/* and the store can be used again */
	ck_assert_int_eq(rig_call(&r, 0, NULL), WASM_TRAPPED);
	rig_deinit(&r);
	l.stack_slots = 64;
	RIG(&r, &l, NULL, RECURSION);
	ck_assert_int_eq(rig_call(&r, 0, NULL), WASM_TRAPPED);
	ck_assert_int_eq(r.trap.code, WASM_TRAP_VALUE_STACK);
	rig_deinit(&r);
}
END_TEST

START_TEST(a_call_with_other_arguments_is_refused)
{
	struct wasm_value v = { .type = WASM_I64 }, out[1];
	struct wasm_extern f;
	struct rig r;

	RIG(&r, NULL, NULL, LOOP);
	ck_assert(wasm_lookup(r.instance, bytes_str("f"), &f));
	ck_assert_int_eq(wasm_call(f.of.func, &v, 1, out, &r.fuel, &r.trap), WASM_MISMATCH);
	ck_assert_int_eq(wasm_call(f.of.func, NULL, 0, out, &r.fuel, &r.trap), WASM_MISMATCH);
	ck_assert(!wasm_lookup(r.instance, bytes_str("g"), &f));
	rig_deinit(&r);
}
END_TEST

/* A child under strict mode, which leaves read, write and exit: any other call kills it. */
static int
strict_child(struct rig *r, bool disobey)
{
	pid_t child = fork();
	int status = 0;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		int e = prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);

		if (e == 0 && disobey)
			getppid();
		if (e == 0)
			e = rig_call(r, 0, NULL);
		syscall(SYS_exit, e);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

START_TEST(a_call_makes_no_system_call)
{
	struct rig r;

	RIG(&r, NULL, NULL, LOOP);
	ck_assert_int_eq(strict_child(&r, true), -SIGKILL); /* the control: the mode is on */
	ck_assert_int_eq(strict_child(&r, false), 0);
	rig_deinit(&r);
	RIG(&r, NULL, NULL, RECURSION);
	ck_assert_int_eq(strict_child(&r, false), WASM_TRAPPED);
	rig_deinit(&r);
}
END_TEST

TCase *
run_tests(void)
{
	TCase *t = tcase_create("run");

	tcase_add_test(t, a_loop_counts);
	tcase_add_test(t, fuel_is_the_same_each_time_and_counts_instructions);
	tcase_add_test(t, an_endless_loop_ends_with_its_fuel);
	tcase_add_test(t, a_recursion_ends_at_the_depth);
	tcase_add_test(t, a_call_with_other_arguments_is_refused);
	tcase_add_test(t, a_call_makes_no_system_call);
	return t;
}
