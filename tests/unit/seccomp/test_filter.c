/*
 * filter: what a compiled profile answers, on both machines, run by an interpreter of our own.
 */
#include <linux/audit.h>
#include <sys/mman.h>

#include "tests/unit/seccomp/filters.h"
#include "tests/unit/seccomp/suites.h"

#define ARGS(...) ((const uint64_t[6]){ __VA_ARGS__ })
#define KILL SECCOMP_RET_KILL_PROCESS
#define ALLOW SECCOMP_RET_ALLOW
#define BIT32 (UINT64_C(1) << 32)

START_TEST(what_no_line_grants_kills_the_process)
{
	const struct machine *m = &machines[_i];
	struct buf f = filter_of_text("read # why\n", m->machine);

	ck_assert_uint_eq(asked(&f, m, "read", NULL), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "write", NULL), KILL);
	ck_assert_uint_eq(asked(&f, m, "execve", NULL), KILL);
	buf_deinit(&f);
}
END_TEST

START_TEST(a_call_of_another_machine_kills_the_process)
{
	static const uint32_t others[] = { AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64, 0,
		AUDIT_ARCH_RISCV64 };
	const struct machine *m = &machines[_i];
	struct buf f = filter_of_text("read # why\nwrite # why\n", m->machine);

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		for (int nr = 0; nr < 600 && others[i] != m->audit; nr++) {
			struct seccomp_data d = { .nr = nr, .arch = others[i] };

			ck_assert_uint_eq(bpf_run((const void *)f.ptr, f.len / sizeof(struct sock_filter), &d), KILL);
		}
	}
	buf_deinit(&f);
}
END_TEST

START_TEST(an_x32_call_kills_the_process_whatever_its_number)
{
	struct buf f = filter_of_text("read # why\nwrite # why\nclose # why\n", FILTER_X86_64);

	for (int nr = 0; nr < 1024; nr++) {
		struct seccomp_data d = { .nr = nr | 0x40000000, .arch = AUDIT_ARCH_X86_64 };

		ck_assert_uint_eq(bpf_run((const void *)f.ptr, f.len / sizeof(struct sock_filter), &d), KILL);
	}
	buf_deinit(&f);
}
END_TEST

START_TEST(all_64_bits_of_an_argument_count)
{
	const struct machine *m = &machines[_i];
	struct buf f = filter_of_text("fcntl 1 in { F_GETFL, F_SETFL } # why\n"
				      "mmap 2 & PROT_EXEC == 0 # why\n"
				      "lseek 2 < 2 # why\n"
				      "openat 0 == AT_FDCWD # why\n",
	    m->machine);

	ck_assert_uint_eq(asked(&f, m, "fcntl", ARGS(7, 3)), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "fcntl", ARGS(7, 4)), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "fcntl", ARGS(7, 5)), KILL);
	ck_assert_uint_eq(asked(&f, m, "fcntl", ARGS(7, 3 | BIT32)), KILL);
	ck_assert_uint_eq(asked(&f, m, "mmap", ARGS(0, 1, PROT_READ | PROT_WRITE)), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "mmap", ARGS(0, 1, PROT_READ | PROT_EXEC)), KILL);
	ck_assert_uint_eq(asked(&f, m, "lseek", ARGS(0, 0, 1)), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "lseek", ARGS(0, 0, 2)), KILL);
	ck_assert_uint_eq(asked(&f, m, "lseek", ARGS(0, 0, BIT32)), KILL);
	ck_assert_uint_eq(asked(&f, m, "openat", ARGS((uint64_t)-100)), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "openat", ARGS(0xffffff9c)), KILL);
	buf_deinit(&f);
}
END_TEST

START_TEST(lines_of_one_call_are_alternatives_and_tests_of_one_line_are_not)
{
	const struct machine *m = &machines[_i];
	struct buf f = filter_of_text("setsockopt 1 == SOL_TCP, 2 == TCP_NODELAY # why\n"
				      "setsockopt 1 == SOL_SOCKET, 2 in { SO_KEEPALIVE, SO_LINGER } # why\n"
				      "refuse EPERM socket 0 == AF_NETLINK # why\n",
	    m->machine);

	ck_assert_uint_eq(asked(&f, m, "setsockopt", ARGS(3, 6, 1)), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "setsockopt", ARGS(3, 1, 9)), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "setsockopt", ARGS(3, 1, 13)), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "setsockopt", ARGS(3, 1, 1)), KILL);
	ck_assert_uint_eq(asked(&f, m, "setsockopt", ARGS(3, 6, 9)), KILL);
	ck_assert_uint_eq(asked(&f, m, "socket", ARGS(16)), SECCOMP_RET_ERRNO | 1);
	ck_assert_uint_eq(asked(&f, m, "socket", ARGS(2)), KILL);
	buf_deinit(&f);
}
END_TEST

START_TEST(a_call_the_machine_does_not_have_is_left_out_and_one_nobody_has_is_a_mistake)
{
	struct text_report r;
	struct profile p;
	struct buf out;

	out = filter_of_text("epoll_wait # only x86-64 has it\nread # why\n", FILTER_AARCH64);
	ck_assert_uint_eq(asked(&out, &machines[1], "read", NULL), ALLOW);
	buf_reset(&out);
	profile_init(&p);
	text_report_init(&r);
	ck_assert_int_eq(profile_parse(&p, "p", BYTES_LIT("\nraed # why\n"), &r), 0);
	ck_assert_int_eq(filter_compile(&p, FILTER_X86_64, &out, &r), PROFILE_BAD);
	ck_assert(bytes_is(buf_bytes(&r.out), "p:2:1: error: raed is no system call\n"));
	profile_deinit(&p);
	text_report_deinit(&r);
	buf_deinit(&out);
}
END_TEST

START_TEST(a_profile_without_a_line_lets_nothing_through)
{
	const struct machine *m = &machines[_i];
	struct buf f = filter_of_text("# nothing\n", m->machine);

	ck_assert_uint_eq(asked(&f, m, "exit_group", NULL), KILL);
	ck_assert_uint_eq(asked(&f, m, "read", NULL), KILL);
	buf_deinit(&f);
}
END_TEST

TCase *
filter_tests(void)
{
	TCase *c = tcase_create("filter");

	tcase_add_loop_test(c, what_no_line_grants_kills_the_process, 0, 2);
	tcase_add_loop_test(c, a_call_of_another_machine_kills_the_process, 0, 2);
	tcase_add_test(c, an_x32_call_kills_the_process_whatever_its_number);
	tcase_add_loop_test(c, all_64_bits_of_an_argument_count, 0, 2);
	tcase_add_loop_test(c, lines_of_one_call_are_alternatives_and_tests_of_one_line_are_not, 0, 2);
	tcase_add_test(c, a_call_the_machine_does_not_have_is_left_out_and_one_nobody_has_is_a_mistake);
	tcase_add_loop_test(c, a_profile_without_a_line_lets_nothing_through, 0, 2);
	return c;
}
