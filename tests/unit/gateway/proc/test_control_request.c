/* What may be asked over the control socket, and what is no request. */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/proc/control_request.h"
#include "tests/unit/gateway/proc/suites.h"

static const struct {
	const char *line;
	enum control_verb verb; /* CONTROL_NONE: refused */
	const char *what, *detail;
} lines[] = {
	{ "status", CONTROL_STATUS, "", "" },
	{ "conns", CONTROL_CONNS, "", "" },
	{ "reload", CONTROL_RELOAD, "", "" },
	{ "reopen", CONTROL_REOPEN, "", "" },
	{ "read tail", CONTROL_READ, "tail", "" },
	{ "read check-proof who=\"dora\" since 1h", CONTROL_READ, "check-proof", "who=\"dora\" since 1h" },
	{ "read query gr\xc3\xbc\xc3\x9f", CONTROL_READ, "query", "gr\xc3\xbc\xc3\x9f" },
	{ "", CONTROL_NONE, "", "" },
	{ " ", CONTROL_NONE, "", "" },
	{ "Status", CONTROL_NONE, "", "" },
	{ "statuss", CONTROL_NONE, "", "" },
	{ "statu", CONTROL_NONE, "", "" },
	{ "status ", CONTROL_NONE, "", "" },
	{ "status now", CONTROL_NONE, "", "" },
	{ " status", CONTROL_NONE, "", "" },
	{ "status\r", CONTROL_NONE, "", "" },
	{ "read", CONTROL_NONE, "", "" },
	{ "read ", CONTROL_NONE, "", "" },
	{ "read  tail", CONTROL_NONE, "", "" },
	{ "read tail ", CONTROL_NONE, "", "" },
	{ "read tail  x", CONTROL_NONE, "", "" },
	{ "read tail x ", CONTROL_NONE, "", "" },
	{ "read Tail", CONTROL_NONE, "", "" },
	{ "read -tail", CONTROL_NONE, "", "" },
	{ "read ta1l", CONTROL_NONE, "", "" },
	{ "read tail a\tb", CONTROL_NONE, "", "" },
	{ "read tail \x1b[2J", CONTROL_NONE, "", "" },
	{ "read tail \x7f", CONTROL_NONE, "", "" },
	{ "read tail \xc2\x9b", CONTROL_NONE, "", "" },
	{ "read tail \xff", CONTROL_NONE, "", "" },
	{ "read tail \xe2\x80\xae" "txt", CONTROL_NONE, "", "" },
	{ "read abcdefghijklmnopqrstuvwxyzabcdef", CONTROL_READ, "abcdefghijklmnopqrstuvwxyzabcdef", "" },
	{ "read abcdefghijklmnopqrstuvwxyzabcdefg", CONTROL_NONE, "", "" },
};

START_TEST(a_line_is_exactly_a_request_or_none)
{
	struct control_request r;
	int answer = control_request_parse(bytes_str(lines[_i].line), &r);

	ck_assert_msg(answer == (lines[_i].verb == CONTROL_NONE ? CONTROL_BAD : 0), "\"%s\": %d", lines[_i].line,
	    answer);
	if (answer != 0)
		return;
	ck_assert_int_eq(r.verb, lines[_i].verb);
	ck_assert(bytes_is(r.what, lines[_i].what));
	ck_assert(bytes_is(r.detail, lines[_i].detail));
}
END_TEST

START_TEST(a_line_over_the_limit_is_none)
{
	char line[CONTROL_LINE_MAX + 1];
	struct control_request r;

	memset(line, 'x', sizeof(line));
	memcpy(line, "read tail ", 10);
	ck_assert_int_eq(control_request_parse(bytes_of(line, CONTROL_LINE_MAX), &r), 0);
	ck_assert_int_eq(control_request_parse(bytes_of(line, CONTROL_LINE_MAX + 1), &r), CONTROL_BAD);
}
END_TEST

START_TEST(a_nul_is_no_part_of_a_request)
{
	struct control_request r;

	ck_assert_int_eq(control_request_parse(bytes_of("status\0", 7), &r), CONTROL_BAD);
	ck_assert_int_eq(control_request_parse(bytes_of("read tail \0", 11), &r), CONTROL_BAD);
	ck_assert_int_eq(control_request_parse(BYTES_NULL, &r), CONTROL_BAD);
}
END_TEST

TCase *
control_request_tests(void)
{
	TCase *t = tcase_create("control_request");

	tcase_add_loop_test(t, a_line_is_exactly_a_request_or_none, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(t, a_line_over_the_limit_is_none);
	tcase_add_test(t, a_nul_is_no_part_of_a_request);
	return t;
}
