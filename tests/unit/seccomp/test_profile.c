/*
 * profile: the grammar by example, and each message by the mistake that earns it.
 */
#include <errno.h>
#include <stdio.h>

#include "seccomp/names.h"
#include "seccomp/profile.h"
#include "tests/unit/seccomp/suites.h"

static struct profile p;
static struct text_report report;

static void
setup(void)
{
	profile_init(&p);
	text_report_init(&report);
}

static void
teardown(void)
{
	profile_deinit(&p);
	text_report_deinit(&report);
}

static void
read_text(const char *text)
{
	ck_assert_msg(profile_parse(&p, "p.seccomp", bytes_str(text), &report) == 0, "%.*s",
	    TEXT_ARG(buf_bytes(&report.out)));
}

START_TEST(a_line_is_a_call_and_its_reason)
{
	read_text("# a head\n\nread # why\n  close\t# why\n");
	ck_assert_uint_eq(p.n, 2);
	ck_assert_str_eq(p.grant[0].name, "read");
	ck_assert_uint_eq(p.grant[1].line, 4);
	ck_assert_uint_eq(p.grant[1].col, 3);
	ck_assert_uint_eq(p.grant[1].n, 0);
	ck_assert_int_eq(p.grant[1].error, 0);
}
END_TEST

START_TEST(each_kind_of_test_is_read)
{
	static const struct {
		const char *line;
		enum profile_op op;
		uint8_t arg;
		uint64_t mask, value;
	} rows[] = {
		{ "socket 0 == AF_UNIX # x\n", PROFILE_EQ, 0, 0, 1 },
		{ "socket 1 != 0x10 # x\n", PROFILE_NE, 1, 0, 16 },
		{ "socket 2<7 # x\n", PROFILE_LT, 2, 0, 7 },
		{ "socket 3 <= 7 # x\n", PROFILE_LE, 3, 0, 7 },
		{ "socket 4 > 7 # x\n", PROFILE_GT, 4, 0, 7 },
		{ "socket 5 >= 18446744073709551615 # x\n", PROFILE_GE, 5, 0, UINT64_MAX },
		{ "mmap 2 & PROT_EXEC|PROT_WRITE == PROT_WRITE # x\n", PROFILE_MASKED, 2, 6, 2 },
		{ "openat 0 == AT_FDCWD # x\n", PROFILE_EQ, 0, 0, (uint64_t)-100 },
		{ "fcntl 1 in { 4, F_GETFL } # x\n", PROFILE_IN, 1, 0, 4 },
	};

	read_text(rows[_i].line);
	ck_assert_uint_eq(p.n, 1);
	ck_assert_uint_eq(p.grant[0].n, 1);
	ck_assert_int_eq(p.grant[0].test[0].op, rows[_i].op);
	ck_assert_uint_eq(p.grant[0].test[0].arg, rows[_i].arg);
	ck_assert_uint_eq(p.grant[0].test[0].mask, rows[_i].mask);
	ck_assert_uint_eq(p.grant[0].test[0].value[0], rows[_i].value);
}
END_TEST

START_TEST(a_refusal_names_its_error_and_a_use_is_kept_for_the_caller)
{
	read_text("use base # why\nrefuse ENOSYS clone3 # why\n");
	ck_assert_uint_eq(p.n_uses, 1);
	ck_assert_str_eq(p.use[0], "base");
	ck_assert_int_eq(p.grant[0].error, ENOSYS);
}
END_TEST

START_TEST(each_mistake_is_said_with_its_place)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "read\n", "p.seccomp:1:5: error: a line that grants something says why" },
		{ "read # \n", "1:5: error: a line that grants something says why" },
		{ "read # a\nread # b\n", "p.seccomp:2:1: error: read again: it stands in p.seccomp:1" },
		{ "fcntl 1 == 3 # a\nfcntl 1 == 3 # b\n", "2:1: error: fcntl again" },
		{ "fcntl # a\nfcntl 1 == 3 # b\n", "2:1: error: fcntl with a test beside fcntl without one" },
		{ "fcntl 1 == 3 # a\nfcntl # b\n", "2:1: error: fcntl with a test beside fcntl without one" },
		{ "fcntl 1 == 3 # a\nrefuse EPERM fcntl 1 == 4 # b\n", "granted here and refused there" },
		{ "fcntl 6 == 3 # a\n", "1:7: error: expected the number of an argument, 0 to 5" },
		{ "fcntl 1 = 3 # a\n", "expected one of == != < <= > >= & in" },
		{ "fcntl 1 == F_NONE # a\n", "1:12: error: F_NONE is no number and no constant known here" },
		{ "fcntl 1 == 010 # a\n", "010 is no number" },
		{ "fcntl 1 == 0x # a\n", "0x is no number" },
		{ "fcntl 1 == 18446744073709551616 # a\n", "is no number" },
		{ "fcntl 1 == # a\n", "expected a number or the name of a constant" },
		{ "fcntl 1 == 3 4 # a\n", "expected `,` or the end of the line" },
		{ "fcntl 1 == 3, # a\n", "expected the number of an argument" },
		{ "fcntl 1 == 3, 1 == 4 # a\n", "argument 1 is tested twice" },
		{ "fcntl 1 in 3 # a\n", "expected `{` after `in`" },
		{ "fcntl 1 in { } # a\n", "expected a number" },
		{ "fcntl 1 in { 3, 3 } # a\n", "this value stands in the set already" },
		{ "fcntl 1 in { 3 # a\n", "expected `,` or `}`" },
		{ "fcntl 1 in { 3 }, 2 in { 4 } # a\n", "two sets in one line" },
		{ "mmap 2 & 4 == 8 # a\n", "can never decide anything" },
		{ "mmap 2 & 0 == 0 # a\n", "can never decide anything" },
		{ "mmap 2 & 4 != 0 # a\n", "expected `==` after the mask" },
		{ "refuse ENONE read # a\n", "1:8: error: expected an error to refuse with" },
		{ "use base # a\nuse base # b\n", "base is taken in already" },
		{ "use base more # a\n", "expected the end of the line" },
		{ "= # a\n", "expected the name of a system call" },
		{ "read # \x01\n", "1:8: error: byte 0x01 may not stand here" },
		{ "read # \xe2\x80\xae\n", "byte 0xe2 may not stand here" },
		{ "a_name_that_is_longer_than_any_call_is # a\n", "expected the name of a system call" },
	};
	char text[4096];

	ck_assert_int_eq(profile_parse(&p, "p.seccomp", bytes_str(rows[_i].text), &report), PROFILE_BAD);
	snprintf(text, sizeof(text), "%.*s", (int)report.out.len, (const char *)report.out.ptr);
	ck_assert_msg(strstr(text, rows[_i].says) != NULL, "%s: %s", rows[_i].text, text);
	ck_assert_uint_eq(report.errors, 1);
}
END_TEST

START_TEST(a_line_that_says_again_what_a_used_profile_says_is_a_mistake_too)
{
	read_text("read # why\n");
	ck_assert_int_eq(profile_parse(&p, "q.seccomp", BYTES_LIT("read # why\n"), &report), PROFILE_BAD);
	ck_assert_uint_eq(p.n, 1);
}
END_TEST

START_TEST(a_file_that_is_too_large_is_refused)
{
	static char big[PROFILE_MAX_FILE + 1];

	memset(big, '\n', sizeof(big));
	ck_assert_int_eq(profile_parse(&p, "p", bytes_of(big, sizeof(big)), &report), PROFILE_BAD);
	ck_assert_int_eq(profile_parse(&p, "p", bytes_of(big, sizeof(big) - 1), &report), 0);
}
END_TEST

START_TEST(names_whose_value_depends_on_the_machine_are_not_known)
{
	static const char *const names[] = { "O_DIRECTORY", "O_NOFOLLOW", "O_DIRECT", "O_LARGEFILE" };
	uint64_t v;

	ck_assert(!names_value(bytes_str(names[_i]), &v));
	ck_assert(names_value(BYTES_LIT("O_CLOEXEC"), &v));
}
END_TEST

TCase *
profile_tests(void)
{
	TCase *c = tcase_create("profile");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_line_is_a_call_and_its_reason);
	tcase_add_loop_test(c, each_kind_of_test_is_read, 0, 9);
	tcase_add_test(c, a_refusal_names_its_error_and_a_use_is_kept_for_the_caller);
	tcase_add_loop_test(c, each_mistake_is_said_with_its_place, 0, 32);
	tcase_add_test(c, a_line_that_says_again_what_a_used_profile_says_is_a_mistake_too);
	tcase_add_test(c, a_file_that_is_too_large_is_refused);
	tcase_add_loop_test(c, names_whose_value_depends_on_the_machine_are_not_known, 0, 4);
	return c;
}
