/*
 * Tables of decisions: <case>.policy beside <case>.expect, in tests/vectors/policy and in policies/
 * (where @LATTICE@ stands for "default" and @ACCOUNT@ for the account of the tests). The lines are
 * policy/rules/expect.h's, and so is their reader. Adding a case is adding a line, or two files.
 */
#include <dirent.h>
#include <stdio.h>

#include "policy/rules/expect.h"
#include "tests/unit/policy/rules/suites.h"

enum { MAX_TEXT = 1 << 16 };

static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = calloc(1, MAX_TEXT);

	ck_assert_msg(f != NULL && text != NULL, "%s", path);
	ck_assert_uint_lt(fread(text, 1, MAX_TEXT - 1, f), MAX_TEXT - 1);
	fclose(f);
	return text;
}

/* @LATTICE@, @OTHER@ and @ACCOUNT@ filled in, in a new string. */
static char *
filled(const char *text)
{
	static const char *const from[] = { "@LATTICE@", "@OTHER@", "@ACCOUNT@" };
	static const char *const to[] = { "default", "another", ACME };
	struct buf b;
	size_t len;

	buf_init(&b, 1 << 20);
	while (*text != '\0') {
		bool found = false;

		for (size_t i = 0; i < 3 && !found; i++) {
			found = strncmp(text, from[i], strlen(from[i])) == 0;
			if (found) {
				buf_put_str(&b, to[i]);
				text += strlen(from[i]);
			}
		}
		if (!found)
			buf_put_u8(&b, (uint8_t)*text++);
	}
	buf_put_u8(&b, 0);
	return buf_take(&b, &len);
}

/* A payload beside the table that names it. */
static int
read_body(void *ctx, const char *expect_file, struct bytes name, struct buf *out)
{
	const char *slash = strrchr(expect_file, '/');
	char path[4096];
	FILE *f;
	int c;

	(void)ctx;
	snprintf(path, sizeof(path), "%.*s%.*s", (int)(slash - expect_file + 1), expect_file,
	    (int)name.len, (const char *)name.ptr);
	f = fopen(path, "rb");
	if (f == NULL)
		return -ENOENT;
	while ((c = getc(f)) != EOF)
		buf_put_u8(out, (uint8_t)c);
	fclose(f);
	return 0;
}

/* run_lines() - all of one table; how many lines it has. */
static size_t
run_lines(const struct world *w, const char *file, const char *text)
{
	static const struct expect_bodies bodies = { read_body, NULL };
	struct text_report report;
	struct expect_run run = { .policy = w->policy, .bodies = &bodies, .report = &report };
	int r;

	text_report_init(&report);
	r = expect_run(&run, file, bytes_str(text));
	ck_assert_msg(r == 0, "%.*s", (int)report.out.len,
	    report.out.len != 0 ? (const char *)report.out.ptr : "");
	text_report_deinit(&report);
	return run.lines;
}

static size_t
run_folder(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	size_t count = 0;

	ck_assert_msg(d != NULL, "%s", folder);
	while ((e = readdir(d)) != NULL) {
		char *dot = strrchr(e->d_name, '.'), path[4096], table[4096];
		char *policy, *expect, *raw;
		struct world w;

		if (dot == NULL || strcmp(dot, ".expect") != 0)
			continue;
		snprintf(table, sizeof(table), "%s/%s", folder, e->d_name);
		raw = read_file(table);
		expect = filled(raw);
		free(raw);
		snprintf(path, sizeof(path), "%s/%.*s.policy", folder, (int)(dot - e->d_name),
		    e->d_name);
		raw = read_file(path);
		policy = filled(raw);
		free(raw);
		world_policy(&w, path, bytes_str(policy));
		count += run_lines(&w, table, expect);
		world_end(&w);
		free(policy);
		free(expect);
	}
	closedir(d);
	return count;
}

START_TEST(the_tables_of_decisions_hold)
{
	const char *vectors = getenv("VECTORS");
	char path[4096];

	ck_assert_ptr_nonnull(vectors);
	snprintf(path, sizeof(path), "%s/policy", vectors);
	ck_assert_uint_gt(run_folder(path), 0);
}
END_TEST

START_TEST(the_shipped_policies_do_what_they_promise)
{
	const char *vectors = getenv("VECTORS");
	char path[4096];

	ck_assert_ptr_nonnull(vectors);
	snprintf(path, sizeof(path), "%s/../../policies", vectors);
	ck_assert_uint_gt(run_folder(path), 0);
}
END_TEST

TCase *
vector_tests(void)
{
	TCase *t = tcase_create("vectors");

	tcase_add_test(t, the_tables_of_decisions_hold);
	tcase_add_test(t, the_shipped_policies_do_what_they_promise);
	return t;
}
