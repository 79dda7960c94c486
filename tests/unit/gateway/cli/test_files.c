/*
 * Files of a deployment: exact modes, nothing overwritten, whole or not at all.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/files.h"
#include "tests/unit/gateway/cli/suites.h"

static char folder[] = "/tmp/portcullis-files-XXXXXX";
static int at;

static void
set_up(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(at, 0);
}

static void
tear_down(void)
{
	char command[64];

	close(at);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

static void
holds(const char *name, const char *text, mode_t mode)
{
	struct stat st;
	struct buf b;

	buf_init(&b, 4096);
	ck_assert_int_eq(file_read(at, name, &b), 0);
	ck_assert(bytes_is(buf_bytes(&b), text));
	ck_assert_int_eq(fstatat(at, name, &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
	buf_deinit(&b);
}

START_TEST(a_new_file_has_exactly_its_mode)
{
	mode_t old = umask(0777);

	ck_assert_int_eq(file_new(at, "f", 0640, BYTES_LIT("x")), 0);
	umask(old);
	holds("f", "x", 0640);
}
END_TEST

START_TEST(a_new_file_overwrites_nothing_and_follows_no_link)
{
	ck_assert_int_eq(file_new(at, "f", 0600, BYTES_LIT("x")), 0);
	ck_assert_int_eq(file_new(at, "f", 0600, BYTES_LIT("y")), -EEXIST);
	holds("f", "x", 0600);
	ck_assert_int_eq(symlinkat("elsewhere", at, "l"), 0);
	ck_assert_int_eq(file_new(at, "l", 0600, BYTES_LIT("y")), -EEXIST);
	ck_assert_int_ne(faccessat(at, "elsewhere", F_OK, 0), 0);
}
END_TEST

START_TEST(a_swap_replaces_whole_and_leaves_no_trace)
{
	char **names;
	size_t n;

	ck_assert_int_eq(file_swap(at, "f", 0644, BYTES_LIT("one")), 0);
	/* what a crash in the middle of an earlier one left */
	ck_assert_int_eq(file_new(at, "f.new", 0600, BYTES_LIT("half")), 0);
	ck_assert_int_eq(file_swap(at, "f", 0600, BYTES_LIT("two")), 0);
	holds("f", "two", 0600);
	ck_assert_int_eq(names_in(at, ".", "new", &names, &n), 0);
	ck_assert_uint_eq(n, 0);
	names_free(names, n);
}
END_TEST

START_TEST(reading_stops_at_the_ceiling)
{
	struct buf b;

	ck_assert_int_eq(file_new(at, "f", 0600, BYTES_LIT("12345")), 0);
	buf_init(&b, 4);
	ck_assert_int_eq(file_read(at, "f", &b), -EFBIG);
	buf_deinit(&b);
	buf_init(&b, 5);
	ck_assert_int_eq(file_read(at, "f", &b), 0);
	ck_assert_uint_eq(b.len, 5);
	buf_deinit(&b);
}
END_TEST

START_TEST(only_regular_files_are_read)
{
	struct buf b;

	buf_init(&b, 64);
	ck_assert_int_eq(file_read(at, ".", &b), -EISDIR);
	ck_assert_int_eq(mkfifoat(at, "pipe", 0600), 0);
	ck_assert_int_eq(file_read(at, "pipe", &b), -EINVAL);
	ck_assert_int_eq(file_read(at, "none", &b), -ENOENT);
	buf_deinit(&b);
}
END_TEST

START_TEST(appending_keeps_what_is_there)
{
	ck_assert_int_eq(file_append(at, "f", 0644, BYTES_LIT("a\n")), 0);
	ck_assert_int_eq(file_append(at, "f", 0644, BYTES_LIT("b\n")), 0);
	holds("f", "a\nb\n", 0644);
}
END_TEST

START_TEST(names_come_sorted_and_by_suffix)
{
	char **names;
	size_t n;

	ck_assert_int_eq(file_new(at, "b.jwt", 0600, BYTES_NULL), 0);
	ck_assert_int_eq(file_new(at, "a.jwt", 0600, BYTES_NULL), 0);
	ck_assert_int_eq(file_new(at, ".hidden.jwt", 0600, BYTES_NULL), 0);
	ck_assert_int_eq(file_new(at, ".jwt", 0600, BYTES_NULL), 0);
	ck_assert_int_eq(file_new(at, "c.txt", 0600, BYTES_NULL), 0);
	ck_assert_int_eq(names_in(at, ".", ".jwt", &names, &n), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(names[0], "a.jwt");
	ck_assert_str_eq(names[1], "b.jwt");
	names_free(names, n);
	ck_assert_int_eq(names_in(at, "none", ".jwt", &names, &n), -ENOENT);
}
END_TEST

TCase *
files_tests(void)
{
	TCase *t = tcase_create("files");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_new_file_has_exactly_its_mode);
	tcase_add_test(t, a_new_file_overwrites_nothing_and_follows_no_link);
	tcase_add_test(t, a_swap_replaces_whole_and_leaves_no_trace);
	tcase_add_test(t, reading_stops_at_the_ceiling);
	tcase_add_test(t, only_regular_files_are_read);
	tcase_add_test(t, appending_keeps_what_is_there);
	tcase_add_test(t, names_come_sorted_and_by_suffix);
	return t;
}
