/* Lines that strangers can cause. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/proc/log_few.h"
#include "tests/unit/gateway/proc/suites.h"

static int kept, out;

static void
setup(void)
{
	char path[] = "/tmp/portcullis-log-XXXXXX";

	kept = dup(STDERR_FILENO);
	out = mkstemp(path);
	ck_assert_int_ge(out, 0);
	unlink(path);
	ck_assert_int_ge(dup2(out, STDERR_FILENO), 0);
}

static void
teardown(void)
{
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(out);
}

/* said() - is @text in what was logged? An empty one: nothing was. */
static bool
said(const char *text)
{
	char all[4096] = "";

	ck_assert_int_ge(pread(out, all, sizeof(all) - 1, 0), 0);
	return text[0] != '\0' ? strstr(all, text) != NULL : all[0] == '\0';
}

START_TEST(what_is_left_out_is_counted_and_told_when_its_second_is_over)
{
	struct log_few f = { 0 };

	for (int i = 0; i < LOG_FEW_LINES; i++)
		ck_assert(log_few(&f, "x", 5000));
	for (int i = 0; i < 7; i++)
		ck_assert(!log_few(&f, "x", 5999));
	log_few_tick(&f, "x", 5999);
	ck_assert(said(""));
	log_few_tick(&f, "x", 6000);
	ck_assert(said("event=lines_left_out what=x times=7\n"));
	ck_assert(log_few(&f, "x", 6001));
}
END_TEST

START_TEST(the_next_line_tells_it_when_nobody_else_did)
{
	struct log_few f = { 0 };

	/* also when the clock begins with 0 */
	for (int i = 0; i < LOG_FEW_LINES + 3; i++)
		ck_assert(log_few(&f, "x", 0) == (i < LOG_FEW_LINES));
	ck_assert(log_few(&f, "x", 1001));
	ck_assert(said("event=lines_left_out what=x times=3\n"));
}
END_TEST

START_TEST(where_nothing_was_left_out_nothing_is_told)
{
	struct log_few f = { 0 };

	for (uint64_t now = 1; now < 20000; now += 100) {
		ck_assert(log_few(&f, "x", now));
		log_few_tick(&f, "x", now);
	}
	ck_assert(said(""));
}
END_TEST

TCase *
log_few_tests(void)
{
	TCase *t = tcase_create("log_few");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_left_out_is_counted_and_told_when_its_second_is_over);
	tcase_add_test(t, the_next_line_tells_it_when_nobody_else_did);
	tcase_add_test(t, where_nothing_was_left_out_nothing_is_told);
	return t;
}
