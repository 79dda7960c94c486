/*
 * A folder in which somebody else may write: it holds `sub`, a folder with a module, and beside it
 * lies a link to a folder outside, with a secret of the same name. The two are swapped: once, at
 * the worst moment, and by a process that does nothing else while files are opened. What was done
 * before, to look and then to open by name, is the control: it reads the secret.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/proc/beneath.h"
#include "tests/unit/host/daemon/suites.h"

enum { TRIES = 3000, CONTROL_TRIES = 2000000 };

static char base[PATH_MAX], path[PATH_MAX];
static int inside; /* the folder files must lie in */

static void
put(const char *name, const char *text)
{
	char at[PATH_MAX];
	FILE *f;

	snprintf(at, sizeof(at), "%.4000s/%s", base, name);
	f = fopen(at, "we");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void
swap(void)
{
	(void)!renameat2(inside, "sub", inside, "other", RENAME_EXCHANGE);
}

static void
setup(void)
{
	static const char *const folders[] = { "in", "in/sub", "in/sub/deep", "in-beside", "out" };
	char made[] = "/tmp/beneath-XXXXXX", at[PATH_MAX];

	ck_assert_ptr_nonnull(mkdtemp(made));
	ck_assert_ptr_nonnull(realpath(made, base));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(at, sizeof(at), "%.4000s/%s", base, folders[i]);
		ck_assert_int_eq(mkdir(at, 0755), 0);
	}
	put("in/sub/file", "module");
	put("in/sub/deep/file", "module");
	put("in-beside/file", "secret");
	put("out/file", "secret");
	snprintf(at, sizeof(at), "%.4000s/in", base);
	inside = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(inside, 0);
	ck_assert_int_eq(symlinkat("../out", inside, "other"), 0);
	ck_assert_int_eq(symlinkat("sub/file", inside, "latest"), 0);
	ck_assert_int_eq(symlinkat("../out/file", inside, "way-out"), 0);
	snprintf(path, sizeof(path), "%.4000s/in/sub/file", base);
}

static void
teardown(void)
{
	char command[PATH_MAX + 16];

	close(inside);
	snprintf(command, sizeof(command), "rm -rf '%s'", base);
	ck_assert_int_eq(system(command), 0);
}

/* is_secret() - closes @fd. */
static bool
is_secret(int fd)
{
	char text[16] = "";

	if (fd < 0)
		return false;
	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	return strcmp(text, "secret") == 0;
}

typedef int opener(void (*between)(void));

static int
new_way(void (*between)(void))
{
	char rest[PATH_MAX];
	int r = beneath_find(inside, path, rest);

	if (r == 0 && between != NULL)
		between();
	return r == 0 ? beneath_open(inside, rest) : r;
}

static int
walked(void (*between)(void))
{
	char rest[PATH_MAX];
	int r = beneath_find(inside, path, rest);

	if (r == 0 && between != NULL)
		between();
	return r == 0 ? beneath_walk(inside, rest) : r;
}

/* old_way() - the control: where it leads is looked at, and then it is opened by its name. */
static int
old_way(void (*between)(void))
{
	char real[PATH_MAX], folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%.4000s/in/", base);
	if (realpath(path, real) == NULL || strncmp(real, folder, strlen(folder)) != 0)
		return -ENOENT;
	if (between != NULL)
		between();
	return open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

START_TEST(a_link_that_comes_between_looking_and_opening_is_not_followed)
{
	ck_assert_int_eq(new_way(swap), -ELOOP);
	swap();
	ck_assert_int_eq(walked(swap), -ENOTDIR);
	swap();
	ck_assert(is_secret(old_way(swap)));
}
END_TEST

/* secrets() - how often one was read, while somebody swaps all the time; at most @enough. */
static unsigned
secrets(opener *way, unsigned tries, unsigned enough)
{
	unsigned n = 0;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		for (;;)
			swap();
	}
	while (tries-- > 0 && n < enough)
		n += is_secret(way(NULL));
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return n;
}

START_TEST(nobody_swaps_so_fast_that_a_secret_is_read)
{
	ck_assert_uint_eq(secrets(new_way, TRIES, 1), 0);
	ck_assert_uint_eq(secrets(walked, TRIES, 1), 0);
	ck_assert_uint_eq(secrets(old_way, CONTROL_TRIES, 1), 1);
}
END_TEST

START_TEST(only_what_lies_below_the_folder_is_found)
{
	static const struct {
		const char *name;
		const char *rest; /* NULL: not found */
	} rows[] = {
		{ "in/sub/file", "sub/file" },
		{ "in/latest", "sub/file" },
		{ "in/sub/deep/../file", "sub/file" },
		{ "in/../in/./sub//deep/file", "sub/deep/file" },
		{ "in/way-out", NULL },
		{ "in/other/file", NULL },
		{ "in-beside/file", NULL },
		{ "out/file", NULL },
		{ "in/nothing", NULL },
		{ "in", NULL },
		{ "", NULL },
	};
	char at[PATH_MAX], rest[PATH_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(at, sizeof(at), "%.4000s/%s", base, rows[i].name);
		if (rows[i].rest == NULL) {
			ck_assert_msg(
			    beneath_find(inside, at, rest) == -ENOENT, "%s", rows[i].name);
			continue;
		}
		ck_assert_msg(beneath_find(inside, at, rest) == 0, "%s", rows[i].name);
		ck_assert_str_eq(rest, rows[i].rest);
	}
	ck_assert_int_eq(beneath_find(inside, "sub/file", rest), -ENOENT);
}
END_TEST

START_TEST(what_is_opened_is_below_the_folder_and_no_link)
{
	static const char *const bad[] = { "latest", "way-out", "other/file", "../out/file",
		"sub/../../out/file", "/etc/passwd", "sub/nothing", "" };
	int (*const ways[])(int, const char *) = { beneath_open, beneath_walk };

	for (size_t w = 0; w < 2; w++) {
		int fd = ways[w](inside, "sub/deep/file");

		ck_assert_int_ge(fd, 0);
		ck_assert(!is_secret(fd));
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			ck_assert_msg(ways[w](inside, bad[i]) < 0, "%s", bad[i]);
	}
	ck_assert_int_eq(mkfifoat(inside, "pipe", 0644), 0);
	for (size_t w = 0; w < 2; w++) {
		int fd = ways[w](inside, "pipe"); /* does not wait */

		ck_assert_int_ge(fd, 0);
		close(fd);
	}
}
END_TEST

START_TEST(the_root_is_a_folder_too)
{
	char rest[PATH_MAX];
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

	ck_assert_int_ge(root, 0);
	ck_assert_int_eq(beneath_find(root, path, rest), 0);
	ck_assert_str_eq(rest, path + 1);
	fd = beneath_open(root, rest);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(beneath_find(root, "/", rest), -ENOENT);
	close(root);
}
END_TEST

TCase *
beneath_tests(void)
{
	TCase *t = tcase_create("beneath");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_link_that_comes_between_looking_and_opening_is_not_followed);
	tcase_add_test(t, nobody_swaps_so_fast_that_a_secret_is_read);
	tcase_add_test(t, only_what_lies_below_the_folder_is_found);
	tcase_add_test(t, what_is_opened_is_below_the_folder_and_no_link);
	tcase_add_test(t, the_root_is_a_folder_too);
	return t;
}
