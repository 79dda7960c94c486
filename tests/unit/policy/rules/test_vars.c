/*
 * include and set: which names a file may use, and what is put in for ${NAME}.
 */
#include <stdio.h>

#include "policy/rules/policy_priv.h"
#include "tests/unit/policy/rules/suites.h"

#define ROLE "role r { account = " ACME " tags = [\"role:r\"] }\n"
#define L "lattices = [\"default\"]\n"
#define SET                                                                                        \
	"set { one = a  two = \"b c\"  n = 10  many = [a, \"b.>\"]  dir = \"registry.acme.dev\" "  \
	"}\n"

/* Up to three files of one folder: a.policy, b.policy, c.policy. */
struct files {
	const char *a, *b, *c;
	const char *says; /* NULL: it compiles */
};

static struct text_report report;
static struct buf snapshot;

static void
setup(void)
{
	text_report_init(&report);
	buf_init(&snapshot, 64 << 20);
}

static void
teardown(void)
{
	text_report_deinit(&report);
	buf_deinit(&snapshot);
}

static int
compile(const struct files *f)
{
	struct policy_source src[] = { { "dir/a.policy", bytes_str(f->a) },
		{ "dir/b.policy", bytes_str(f->b != NULL ? f->b : "") },
		{ "dir/c.policy", bytes_str(f->c != NULL ? f->c : "") },
		{ "elsewhere/d.policy", BYTES_LIT(ROLE) } };

	return policy_compile(&snapshot, src, 4, &report);
}

static const struct files table[] = {
	/* include */
	{ "include = [\"b.policy\"]\nrule x { publish = [p] to = [r] }\n", ROLE, NULL, NULL },
	{ "include = [b.policy]\nrule x { publish = [p] to = [r] }\n", "include = [c.policy]\n",
	    ROLE, NULL },
	{ "include = [b.policy, c.policy]\n" ROLE, "include = [c.policy]\n", "", NULL },
	{ "rule x { publish = [p] to = [r] }\n", ROLE, NULL,
	    "dir/a.policy:1:30: error: no role 'r' in this file" },
	{ "include = [c.policy]\nrule x { publish = [p] to = [r] }\n", ROLE, NULL,
	    "nor in those it includes" },
	{ "include = [b.policy]\n" ROLE "rule x { publish = [p] to = [r] }\n", ROLE, NULL,
	    "a.policy:3:30: error: role r is in dir/a.policy:2 and in dir/b.policy:1: name them" },
	{ "include = [b.policy]\n", "\ninclude = [a.policy]\n", NULL,
	    "b.policy:2:1: error: dir/a.policy includes this file in turn (line 1)" },
	{ "include = [a.policy]\n", NULL, NULL, "includes this file in turn" },
	{ "include = [b.policy]\n", "include = [c.policy]\n", "include = [b.policy]\n",
	    "includes this file in turn" },
	{ "include = [\"d.policy\"]\n", NULL, NULL,
	    "a.policy:1:12: error: no d.policy in the same" },
	{ "include = [\"../elsewhere/d.policy\"]\n", NULL, NULL, "without a path" },
	{ "include = [\"/etc/passwd\"]\n", NULL, NULL, "without a path" },
	{ "include = [\".policy\"]\n", NULL, NULL, "without a path" },
	{ "include = [\"b.expect\"]\n", NULL, NULL, "without a path" },
	{ "include = b.policy\n", NULL, NULL, "expected include = [" },
	{ "include = []\n", NULL, NULL, "the list is empty" },
	/* set */
	{ SET ROLE L "rule x { allow = [actor.scale] to = [r] where { count <= ${n} "
		     "image = \"${dir}/*\" } }\n",
	    NULL, NULL, NULL },
	{ SET ROLE "rule x { publish = ${many} subscribe = [x, ${many}, \"${one}.b ${one}q\"] to = "
		   "[r] }\n",
	    NULL, NULL, NULL },
	{ "include = [b.policy]\nrule x { publish = ${many} to = [r] }\n", SET ROLE, NULL, NULL },
	{ ROLE "rule x { publish = [p] because = \"costs $${money}, $5\" to = [r] }\n", NULL, NULL,
	    NULL },
	{ ROLE "rule x { publish = [\"${one}\"] to = [r] }\n", SET, NULL,
	    "a.policy:2:21: error: nothing is set for ${one}" },
	{ "include = [b.policy]\n" SET ROLE "rule x { publish = [\"${one}\"] to = [r] }\n",
	    "set { one = z }\n", NULL,
	    "error: ${one} is set in dir/a.policy:2 and in dir/b.policy:1: name them apart" },
	{ SET ROLE "rule x { publish = [\"x.${many}\"] to = [r] }\n", NULL, NULL,
	    "${many} is a list: it stands alone" },
	{ SET ROLE "rule x { publish = [\"${many}\"] to = [r] }\n", NULL, NULL,
	    "${many} is a list: it stands alone" },
	{ SET ROLE L "rule x { allow = [actor.scale] to = [r] where { count <= \"${n}\" } }\n",
	    NULL, NULL, "count is a number" },
	{ SET ROLE L "rule x { allow = [actor.scale] to = [r] where { count <= ${one} } }\n", NULL,
	    NULL, "count is a number" },
	{ SET ROLE "rule x { publish = [\"${two}\"] to = [r] }\n", NULL, NULL,
	    "'b c' is no subject pattern" },
	{ ROLE "rule x { publish = [\"${}\"] to = [r] }\n", NULL, NULL, "expected ${NAME}" },
	{ ROLE "rule x { publish = [\"${a\"] to = [r] }\n", NULL, NULL, "expected ${NAME}" },
	{ ROLE "rule x { publish = [\"${account}.>\"] to = [r] }\n", NULL, NULL,
	    "would be of whoever asks" },
	{ "set { a = \"${b}\" b = x }\n", NULL, NULL, "holds no variables" },
	{ "set { a = [[x]] }\n", NULL, NULL, "a list in a list" },
	{ "set { a = [] }\n", NULL, NULL, "the list is empty" },
	{ "set { account = x }\n", NULL, NULL, "are taken" },
	{ "set { tag.x = x }\n", NULL, NULL, "are taken" },
	{ "set { a < 1 }\n", NULL, NULL, "expected NAME = value" },
	{ "set { a { } }\n", NULL, NULL, "expected NAME = value" },
	{ "set x { a = 1 }\n", NULL, NULL, "no name of its own" },
	{ "set { a = 1 a = 2 }\n", NULL, NULL, "a.policy:1:13: error" },
	{ "set { a = 1 }\nset { b = 2 }\n", NULL, NULL, "a.policy:2:1: error" },
};

START_TEST(names_of_other_files_and_values)
{
	const struct files *f = &table[_i];
	int r = compile(f);

	buf_put_u8(&report.out, 0);
	ck_assert_msg(
	    r == (f->says != NULL ? POLICY_BAD : 0), "%s\n%s", f->a, (const char *)report.out.ptr);
	ck_assert_msg(f->says == NULL || strstr((const char *)report.out.ptr, f->says) != NULL,
	    "%s\n%s", f->a, (const char *)report.out.ptr);
}
END_TEST

static bool
may_publish(const struct world *w, const char *subject)
{
	return rights_publish(w->rights, bytes_str(subject)).verdict == VERDICT_ALLOW;
}

START_TEST(a_value_is_read_as_if_it_stood_there)
{
	struct world w;

	world_policy(&w, "a.policy",
	    BYTES_LIT(SET ROLE "rule x { publish = [${many}, \"${one}.x.${n}\", ${n}] to = [r] "
			       "because = \"$${one} is ${one}\" }\n"));
	world_person(&w, ACME, "role:r", NULL);
	world_login(&w);
	ck_assert(may_publish(&w, "a"));
	ck_assert(may_publish(&w, "b.y"));
	ck_assert(may_publish(&w, "a.x.10"));
	ck_assert(may_publish(&w, "10"));
	ck_assert(!may_publish(&w, "b"));
	ck_assert_str_eq(policy_rule_because(w.policy, 0), "${one} is a");
	world_end(&w);
}
END_TEST

START_TEST(what_a_few_words_become_has_a_ceiling)
{
	struct buf text;
	struct files f = { 0 };

	buf_init(&text, 4 << 20);
	buf_put_str(&text, "set { v = [");
	for (int i = 0; i < 1000; i++)
		buf_put_str(&text, "a ");
	buf_put_str(&text, "] }\n" ROLE "rule x { to = [r] publish = [");
	for (int i = 0; i < 1000; i++)
		buf_put_str(&text, "${v} ");
	buf_put_str(&text, "] }\n");
	buf_put_u8(&text, 0);
	f.a = (const char *)text.ptr;
	ck_assert_int_eq(compile(&f), POLICY_BAD);
	ck_assert_ptr_nonnull(memmem(report.out.ptr, report.out.len, "more than 65536 times", 21));
	buf_reset(&text);
	buf_put_str(&text, "set { v = \"");
	for (int i = 0; i < 4000; i++)
		buf_put_u8(&text, 'a');
	buf_put_str(&text, "\" }\n" ROLE "rule x { to = [r] publish = [");
	for (int i = 0; i < 5000; i++)
		buf_put_str(&text, "\"${v}${v}\" ");
	buf_put_str(&text, "] }\n");
	buf_put_u8(&text, 0);
	f.a = (const char *)text.ptr;
	text_report_deinit(&report);
	text_report_init(&report);
	ck_assert_int_eq(compile(&f), POLICY_BAD);
	buf_deinit(&text);
}
END_TEST

static int
count_name(void *ctx, struct bytes name)
{
	ck_assert(bytes_is(name, "b.policy"));
	++*(int *)ctx;
	return 0;
}

START_TEST(a_single_files_includes_are_told)
{
	struct policy_source src = { "a.policy",
		BYTES_LIT("include = [\"b.policy\", \"../c.policy\", 3]\n") };
	int n = 0;

	ck_assert_int_eq(policy_includes(&src, count_name, &n), 0);
	ck_assert_int_eq(n, 1);
	src.text = BYTES_LIT("include = b.policy\n");
	ck_assert_int_eq(policy_includes(&src, count_name, &n), 0);
	src.text = BYTES_LIT("nonsense {");
	ck_assert_int_eq(policy_includes(&src, count_name, &n), 0);
	ck_assert_int_eq(n, 1);
}
END_TEST

TCase *
vars_tests(void)
{
	TCase *t = tcase_create("vars");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
	    t, names_of_other_files_and_values, 0, sizeof(table) / sizeof(table[0]));
	tcase_add_test(t, a_value_is_read_as_if_it_stood_there);
	tcase_add_test(t, what_a_few_words_become_has_a_ceiling);
	tcase_add_test(t, a_single_files_includes_are_told);
	return t;
}
