/*
 * Options against their table, and the table against itself.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "tests/unit/gateway/cli/suites.h"

static const struct cli_opt opts[] = {
	{ OPT_VALUE, 'd', "dir", "DIR", "a folder", HINT_DIR, false },
	{ OPT_LIST, 'l', "list", "X", "a list", HINT_NONE, false },
	{ OPT_FLAG, 'j', "json", NULL, "a flag", HINT_NONE, false },
	{ OPT_FLAG, 'h', "help", NULL, "help", HINT_NONE, false },
	{ 0 },
};
static const struct cli_opt strict_opts[] = {
	{ OPT_VALUE, 0, "out", "FILE", "where to", HINT_FILE, true },
	{ OPT_FLAG, 'h', "help", NULL, "help", HINT_NONE, false },
	{ 0 },
};
static const struct cli_verb verb = { NULL, "try", "WHAT", 1, 2, HINT_NONE, "try it", NULL, opts,
	NULL };
static const struct cli_verb strict = { "a", "b", "", 0, 0, HINT_NONE, "be strict", NULL,
	strict_opts, NULL };

/* parse() - a command line of blank-separated words; the words live as long as @line. */
static int
parse(struct cli_args *a, const struct cli_verb *v, char *line)
{
	char *argv[16], *save = NULL;
	int argc = 0;

	for (char *w = strtok_r(line, " ", &save); w != NULL && argc < 16;
	     w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	return cli_args_parse(a, v, argc, argv);
}

START_TEST(options_and_arguments_mix)
{
	char line[] = "one --dir=here -lx two --list y --json";
	struct cli_args a;

	ck_assert_int_eq(parse(&a, &verb, line), 0);
	ck_assert_str_eq(cli_value(&a, "dir"), "here");
	ck_assert_str_eq(cli_value_nth(&a, "list", 0), "x");
	ck_assert_str_eq(cli_value_nth(&a, "list", 1), "y");
	ck_assert_ptr_null(cli_value_nth(&a, "list", 2));
	ck_assert(cli_flag(&a, "json"));
	ck_assert(!cli_flag(&a, "help"));
	ck_assert_uint_eq(a.n_args, 2);
	ck_assert_str_eq(a.args[1], "two");
	cli_args_deinit(&a);
}
END_TEST

START_TEST(two_dashes_end_options)
{
	char line[] = "-d - -- --json";
	struct cli_args a;

	ck_assert_int_eq(parse(&a, &verb, line), 0);
	ck_assert_str_eq(cli_value(&a, "dir"), "-");
	ck_assert(!cli_flag(&a, "json"));
	ck_assert_str_eq(a.args[0], "--json");
	cli_args_deinit(&a);
}
END_TEST

START_TEST(help_asks_for_nothing_else)
{
	char line[] = "--help";
	struct cli_args a;

	ck_assert_int_eq(parse(&a, &strict, line), 0);
	ck_assert(cli_flag(&a, "help"));
	cli_args_deinit(&a);
}
END_TEST

static const struct {
	const struct cli_verb *verb;
	const char *line;
} mistakes[] = {
	{ &verb, "" },
	{ &verb, "a b c" },
	{ &verb, "a --di x" },
	{ &verb, "a --dirx=y" },
	{ &verb, "a -x" },
	{ &verb, "a --dir" },
	{ &verb, "a --dir=" },
	{ &verb, "a --json=yes" },
	{ &verb, "a -jx" },
	{ &verb, "a --json --json" },
	{ &verb, "a -d x --dir y" },
	{ &strict, "" },
	{ &strict, "x --out y" },
};

START_TEST(a_mistake_is_a_usage_error)
{
	struct cli_args a;
	char line[64];
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(dup2(null, STDERR_FILENO), STDERR_FILENO);
	snprintf(line, sizeof(line), "%s", mistakes[_i].line);
	ck_assert_int_eq(parse(&a, mistakes[_i].verb, line), CLI_USAGE);
	cli_args_deinit(&a);
	close(null);
}
END_TEST

START_TEST(the_table_of_verbs_is_sound)
{
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		bool help = false;

		ck_assert_ptr_nonnull(v->run);
		ck_assert_ptr_nonnull(v->args);
		ck_assert_uint_le(v->min_args, v->max_args);
		for (const struct cli_opt *o = v->opts; o->kind != OPT_END; o++) {
			help = help || strcmp(o->name, "help") == 0;
			ck_assert_msg((o->kind == OPT_FLAG) == (o->value == NULL), "%s --%s",
			    v->name, o->name);
			for (const struct cli_opt *p = o + 1; p->kind != OPT_END; p++) {
				ck_assert_str_ne(o->name, p->name);
				ck_assert_msg(o->letter == 0 || o->letter != p->letter, "%s -%c",
				    v->name, o->letter);
			}
		}
		ck_assert_msg(help, "%s has no --help", v->name);
		for (const struct cli_verb *w = v + 1; w->name != NULL; w++)
			ck_assert(strcmp(v->name, w->name) != 0 ||
				  strcmp(v->noun != NULL ? v->noun : "",
				      w->noun != NULL ? w->noun : "") != 0);
	}
}
END_TEST

TCase *
args_tests(void)
{
	TCase *t = tcase_create("args");

	tcase_add_test(t, options_and_arguments_mix);
	tcase_add_test(t, two_dashes_end_options);
	tcase_add_test(t, help_asks_for_nothing_else);
	tcase_add_loop_test(
	    t, a_mistake_is_a_usage_error, 0, sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(t, the_table_of_verbs_is_sound);
	return t;
}
