/*
 * A program that is listened to: whole lines, long ones in pieces, nothing lost at its end, and how it ended.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "gateway/cli/up_child.h"
#include "tests/unit/gateway/cli/suites.h"

enum { LINES = 16 };

struct heard {
	size_t n, len[LINES];
	char line[LINES][UP_LINE_MAX + 1];
};

static struct up_child child;
static struct heard heard;

static void
on_line(struct up_child *c, struct bytes line, void *arg)
{
	struct heard *h = arg;

	ck_assert_ptr_eq(c, &child);
	ck_assert_uint_lt(h->n, LINES);
	ck_assert_uint_le(line.len, UP_LINE_MAX);
	if (line.len > 0)
		memcpy(h->line[h->n], line.ptr, line.len);
	h->len[h->n++] = line.len;
}

/* hear() - all that a script says, until its end. */
static void
hear(char *const argv[])
{
	sigset_t none;

	sigemptyset(&none);
	child = (struct up_child){ .name = "child", .fd = -1 };
	heard = (struct heard){ 0 };
	ck_assert_int_eq(up_child_start(&child, argv, &none), 0);
	while (!child.ended) {
		struct pollfd p = { .fd = child.fd, .events = POLLIN };
		siginfo_t end;

		if (child.fd >= 0)
			ck_assert_int_eq(poll(&p, 1, -1), 1);
		else
			ck_assert_int_eq(waitid(P_PID, (id_t)child.pid, &end, WEXITED | WNOWAIT), 0);
		up_child_read(&child, on_line, &heard);
		up_child_reap(&child, on_line, &heard);
	}
	ck_assert_int_eq(child.fd, -1);
	ck_assert_int_eq(child.pid, 0);
}

static void
hear_script(const char *text)
{
	char sh[] = "/bin/sh", c[] = "-c", script[512], *argv[] = { sh, c, script, NULL };

	snprintf(script, sizeof(script), "%s", text);
	hear(argv);
}

START_TEST(lines_are_whole_and_the_last_needs_no_end)
{
	hear_script("printf 'one\\r\\n\\ntw'; printf 'o\\nthree' >&2");
	ck_assert_uint_eq(heard.n, 4);
	ck_assert_str_eq(heard.line[0], "one");
	ck_assert_uint_eq(heard.len[1], 0);
	ck_assert_str_eq(heard.line[2], "two");
	ck_assert_str_eq(heard.line[3], "three");
}
END_TEST

START_TEST(a_long_line_comes_in_pieces)
{
	/* the longest there may be, and one longer by one */
	hear_script("printf '%04096d\\n%04097d\\nx\\n' 0 1");
	ck_assert_uint_eq(heard.n, 4);
	ck_assert_uint_eq(heard.len[0], UP_LINE_MAX);
	ck_assert_uint_eq(heard.len[1], UP_LINE_MAX);
	ck_assert_str_eq(heard.line[2], "1");
	ck_assert_str_eq(heard.line[3], "x");
}
END_TEST

START_TEST(the_newest_lines_are_kept)
{
	hear_script("for i in 1 2 3 4 5 6 7 8; do echo $i; done");
	ck_assert(bytes_is(up_child_said(&child, 0), "8"));
	ck_assert(bytes_is(up_child_said(&child, UP_LAST - 1), "3"));
	ck_assert_uint_eq(up_child_said(&child, UP_LAST).len, 0);
	hear_script("echo one");
	ck_assert(bytes_is(up_child_said(&child, 0), "one"));
	ck_assert_uint_eq(up_child_said(&child, 1).len, 0);
}
END_TEST

START_TEST(it_is_told_how_it_ended)
{
	char how[64];

	hear_script("exit 7");
	up_child_end(&child, how, sizeof(how));
	ck_assert_str_eq(how, "exit code 7");
	hear_script("kill -TERM $$");
	up_child_end(&child, how, sizeof(how));
	ck_assert_str_eq(how, "signal 15 (Terminated)");
}
END_TEST

START_TEST(a_program_that_cannot_be_started_says_why)
{
	char none[] = "/nonexistent", *argv[] = { none, NULL }, how[64];

	hear(argv);
	up_child_end(&child, how, sizeof(how));
	ck_assert_str_eq(how, "exit code 127");
	ck_assert_uint_eq(heard.n, 1);
	ck_assert_str_eq(heard.line[0], "cannot be started: No such file or directory");
}
END_TEST

START_TEST(it_reads_nothing_and_leads_its_own_group)
{
	hear_script("read -r line; echo \"$?\"; cut -d' ' -f5 /proc/$$/stat; echo $$");
	ck_assert_uint_eq(heard.n, 3);
	ck_assert_str_eq(heard.line[0], "1");
	ck_assert_str_eq(heard.line[1], heard.line[2]);
}
END_TEST

TCase *
up_child_tests(void)
{
	TCase *t = tcase_create("up_child");

	tcase_add_test(t, lines_are_whole_and_the_last_needs_no_end);
	tcase_add_test(t, a_long_line_comes_in_pieces);
	tcase_add_test(t, the_newest_lines_are_kept);
	tcase_add_test(t, it_is_told_how_it_ended);
	tcase_add_test(t, a_program_that_cannot_be_started_says_why);
	tcase_add_test(t, it_reads_nothing_and_leads_its_own_group);
	return t;
}
