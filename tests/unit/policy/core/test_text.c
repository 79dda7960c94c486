/*
 * text: the grammar by example, each message by the mistake that earns it, and the readers of
 * values.
 */
#include <stdio.h>

#include "policy/core/text.h"
#include "tests/unit/policy/core/suites.h"

static struct text_report report;

static void
setup(void)
{
	text_report_init(&report);
}

static void
teardown(void)
{
	text_report_deinit(&report);
}

static struct text *
parsed(const char *s)
{
	struct text *t = NULL;
	int a = text_parse(&t, "f.conf", bytes_str(s), &report);

	ck_assert_msg(a == 0, "%.*s", TEXT_ARG(buf_bytes(&report.out)));
	return t;
}

START_TEST(the_example_of_the_design_is_read)
{
	struct text *t = parsed("lattices = [\"acme-*\"]\n"
				"role host     { account = ACME  tags = [\"role:host\"] }\n"
				"rule deploy {\n"
				"  allow = [actor.start, link.put]\n"
				"  where {\n"
				"    image = [\"registry.acme.dev/*\"]\n"
				"    count <= 10\n"
				"  }\n"
				"}\n");
	struct text_node *rule = text_find(t->root, "rule"), *where, *count, *allow;

	ck_assert_int_eq(rule->kind, TEXT_SECTION);
	ck_assert(bytes_is(rule->label, "deploy"));
	ck_assert_uint_eq(rule->line, 3);
	allow = text_find(rule, "allow");
	ck_assert_int_eq(allow->child->kind, TEXT_LIST);
	ck_assert(bytes_is(allow->child->child->text, "actor.start"));
	ck_assert(bytes_is(allow->child->child->next->text, "link.put"));
	ck_assert_ptr_null(allow->child->child->next->next);
	where = text_find(rule, "where");
	count = text_find(where, "count");
	ck_assert_int_eq(count->op, TEXT_LE);
	ck_assert_uint_eq(count->line, 7);
	ck_assert_uint_eq(count->col, 5);
	ck_assert_uint_eq(count->child->col, 14);
	ck_assert_ptr_null(text_find(where, "nothing"));
	text_free(t);
}
END_TEST

static const struct {
	const char *text, *message;
} refused[] = {
	{ "a =\n", "1:4: error: expected a value after '=', not the end of the line" },
	{ "a = # x\n", "1:5: error: expected a value after '=', not a comment" },
	{ "a <=", "1:5: error: expected a value after '<=', not the end of the file" },
	{ "a in b c",
	    "1:9: error: expected an operator, a label or '{' after 'c', not the end of the file" },
	{ "a\nb = 1",
	    "1:2: error: expected an operator, a label or '{' after 'a', not the end of the line" },
	{ "a b c {", "1:5: error: expected '{' after 'a b', not 'c'" },
	{ "= 1", "1:1: error: expected a key or a section's kind, not '='" },
	{ "{ }", "1:1: error: expected a key or a section's kind, not '{'" },
	{ "in = 1", "1:1: error: expected a key before 'in'" },
	{ "\"a\" = 1", "1:1: error: a key is a bare word; remove its quotes" },
	{ "a = b#c", "1:6: error: '#' touches a word; put the word in quotes, or a blank before "
		     "the comment" },
	{ "a = b=c", "1:6: error: '=' cannot be part of a word; put the word in quotes" },
	{ "a = b\"c\"", "1:6: error: '\"' cannot be part of a word; put the word in quotes" },
	{ "a = \"b\"c", "1:8: error: expected a blank before 'c'" },
	{ "a { }b = 1", "1:6: error: expected a blank before 'b'" },
	{ "a\"b\" { }", "1:2: error: '\"' cannot be part of a word; put the word in quotes" },
	{ "a = >b", "1:5: error: put a word that begins with an operator in quotes" },
	{ "a = [b,]", "1:8: error: expected a value after ',', not ']'" },
	{ "a = [,b]", "1:6: error: expected a value or ']', not ','" },
	{ "a = [b\nc = 1", "2:3: error: expected a value, ',' or ']', not '='" },
	{ "a = [b", "1:5: error: the list opened here has no ']'" },
	{ "a = [b=c]", "1:7: error: unexpected '=' in a list; is a ']' missing before it?" },
	{ "a {\nb = 1\n", "1:1: error: the block opened here has no '}'" },
	{ "}", "1:1: error: '}' without a block to close" },
	{ "a = \"b\n", "1:5: error: string without its closing quote on this line" },
	{ "a = \"\\q\"", "1:6: error: unknown escape; a string knows \\\" \\\\ \\n \\t \\xHH" },
	{ "a = \"\\x00\"", "1:6: error: \\x needs two hexadecimal digits, not 00" },
	{ "a = \"\\x4", "1:6: error: \\x needs two hexadecimal digits, not 00" },
	{ "a = \"\\xff\"", "1:5: error: the escapes of this string do not make UTF-8" },
	{ "a = \"\xff\"", "1:6: error: byte 0xff is not UTF-8; save the file as UTF-8" },
	{ "a = \"\x01\"", "1:6: error: control byte 0x01; in a string write \\xHH" },
	{ "a = 1 # \xe2\x80\xae",
	    "1:9: error: U+202E turns the direction of writing; in a string write \\xHH" },
	{ "a = 1\rb = 2",
	    "1:6: error: byte 0x0d cannot be part of a word; put the word in quotes" },
	{ "\xef\xbb\xbf", "error: the file begins with a byte-order mark; save it without" },
	{ "a 'b' { }", "1:3: error: expected an operator, a label or '{' after 'a', not '''" },
	{ "a \"\" { }", "1:3: error: an empty label; leave it out" },
	{ "a = 1\nb = 2\na = 3",
	    "3:1: error: 'a' is here a second time; the first is at line 1:1" },
	{ "w { c <= 1 c >= 2 }",
	    "1:12: error: 'c' is here a second time; the first is at line 1:5" },
	{ "r x { }\nr y { }\nr \"x\" { }",
	    "3:1: error: 'r x' is here a second time; the first is at line 1:1" },
	{ "a = 1\na { }", "2:1: error: 'a' is here a second time; the first is at line 1:1" },
	{ "a = [[[[[[[[[b]]]]]]]]]", "1:13: error: lists nested more than 8 deep" },
	{ "b{b{b{b{b{b{b{b{b{ }}}}}}}}}", "1:17: error: blocks nested more than 8 deep" },
};

START_TEST(each_mistake_is_told_with_its_place)
{
	struct text *t;
	char want[300];

	ck_assert_int_eq(text_parse(&t, "f.conf", bytes_str(refused[_i].text), &report), TEXT_BAD);
	ck_assert_ptr_null(t);
	ck_assert_uint_eq(report.errors, 1);
	snprintf(want, sizeof(want), "f.conf:%s%s\n", refused[_i].message[0] == 'e' ? " " : "",
	    refused[_i].message);
	ck_assert_msg(
	    bytes_is(buf_bytes(&report.out), want), "%.*s", TEXT_ARG(buf_bytes(&report.out)));
}
END_TEST

START_TEST(operators_need_no_blanks)
{
	struct text *t = parsed("a=1\nb<2\nc<=3\nd>4\ne>=5\nf!=6\ng in[7]\nx!y = 8\ninner = in");
	static const enum text_op ops[] = { TEXT_EQ, TEXT_LT, TEXT_LE, TEXT_GT, TEXT_GE, TEXT_NE,
		TEXT_IN, TEXT_EQ, TEXT_EQ };
	const struct text_node *n = t->root->child;

	for (size_t i = 0; i < 9; i++, n = n->next)
		ck_assert_int_eq(n->op, ops[i]);
	ck_assert_ptr_null(n);
	text_free(t);
}
END_TEST

START_TEST(subjects_stand_bare_in_lists)
{
	struct text *t = parsed("a = [metrics.acme.> *.b $JS.API.* x<y \">\"]");
	const struct text_node *n = t->root->child->child->child;

	ck_assert(bytes_is(n->text, "metrics.acme.>"));
	ck_assert(bytes_is(n->next->text, "*.b"));
	ck_assert(bytes_is(n->next->next->text, "$JS.API.*"));
	ck_assert(bytes_is(n->next->next->next->text, "x<y"));
	ck_assert(n->next->next->next->next->quoted);
	text_free(t);
}
END_TEST

START_TEST(strings_are_unescaped)
{
	struct text *t = parsed("a = \"\\\"\\\\\\n\\t\\x41\\xc3\\xa9 \xc3\xa9#{}=\"");

	ck_assert(bytes_is(t->root->child->child->text, "\"\\\n\tA\xc3\xa9 \xc3\xa9#{}="));
	ck_assert(t->root->child->child->quoted);
	text_free(t);
}
END_TEST

START_TEST(a_list_goes_over_lines_with_comments)
{
	struct text *t = parsed("a = [ # one\n  b,\r\n\n  c # two\n]\n");

	ck_assert(bytes_is(t->root->child->child->child->next->text, "c"));
	ck_assert_uint_eq(t->root->child->child->child->next->line, 4);
	text_free(t);
}
END_TEST

START_TEST(several_errors_are_shown_at_once)
{
	struct text *t;

	ck_assert_int_eq(
	    text_parse(&t, "f",
		BYTES_LIT("a =\nb = 1\nx y z {\n c = [1,,2\n 3]\n d = 1\n}\ne = \"\nf = 2\n"),
		&report),
	    TEXT_BAD);
	ck_assert_uint_eq(report.errors, 4);
	ck_assert(bytes_is(buf_bytes(&report.out),
	    "f:1:4: error: expected a value after '=', not the end of the line\n"
	    "f:3:5: error: expected '{' after 'x y', not 'z'\n"
	    "f:4:9: error: expected a value after ',', not ','\n"
	    "f:8:5: error: string without its closing quote on this line\n"));
}
END_TEST

START_TEST(errors_are_bounded)
{
	struct buf b;
	struct text *t;

	buf_init(&b, 1 << 20);
	for (int i = 0; i < 1000; i++)
		buf_put_str(&b, "?\n");
	ck_assert_int_eq(text_parse(&t, "f", buf_bytes(&b), &report), TEXT_BAD);
	ck_assert_uint_eq(report.errors, TEXT_MAX_ERRORS + 1);
	buf_deinit(&b);
}
END_TEST

START_TEST(a_report_keeps_whole_lines_within_its_bound)
{
	for (int i = 0; i < 5000; i++)
		text_error(&report, NULL, NULL, "some message of some length, number %d", i);
	text_warn(&report, NULL, NULL, "one more");
	ck_assert_uint_eq(report.errors, 5000);
	ck_assert_uint_eq(report.warnings, 1);
	ck_assert_uint_le(report.out.len, 64 << 10);
	ck_assert_uint_eq(report.out.ptr[report.out.len - 1], '\n');
	ck_assert(!buf_failed(&report.out));
}
END_TEST

START_TEST(a_message_cannot_steer_a_terminal)
{
	text_error(&report, NULL, NULL, "%s", "a\033[2J\nb\xc2\x9b\xff\xe2\x80\xae\xc3\xa9");
	ck_assert(bytes_is(buf_bytes(&report.out),
	    "error: a\\x1b[2J\\x0ab\\xc2\\x9b\\xff\\xe2\\x80\\xae\xc3\xa9\n"));
}
END_TEST

START_TEST(a_file_has_at_most_4_mib)
{
	uint8_t *large = malloc(TEXT_MAX_FILE + 1);
	struct text *t;

	ck_assert_ptr_nonnull(large);
	memset(large, ' ', TEXT_MAX_FILE + 1);
	ck_assert_int_eq(
	    text_parse(&t, "f", bytes_of(large, TEXT_MAX_FILE + 1), &report), TEXT_BAD);
	ck_assert_int_eq(text_parse(&t, "f", bytes_of(large, TEXT_MAX_FILE), &report), 0);
	text_free(t);
	free(large);
}
END_TEST

START_TEST(a_duplicate_is_found_among_ten_thousand)
{
	struct buf b;
	struct text *t;
	char line[64];

	buf_init(&b, 1 << 20);
	for (int i = 0; i < 10000; i++) {
		snprintf(line, sizeof(line), "rule r%d { a = 1 }\n", i);
		buf_put_str(&b, line);
	}
	ck_assert_int_eq(text_parse(&t, "f", buf_bytes(&b), &report), 0);
	text_free(t);
	buf_put_str(&b, "rule r5000 { }\nrule r3 { }\n");
	ck_assert_int_eq(text_parse(&t, "f", buf_bytes(&b), &report), TEXT_BAD);
	ck_assert(bytes_is(buf_bytes(&report.out),
	    "f:10001:1: error: 'rule r5000' is here a second time; the first is at line 5001:1\n"
	    "f:10002:1: error: 'rule r3' is here a second time; the first is at line 4:1\n"));
	buf_deinit(&b);
}
END_TEST

START_TEST(what_nobody_used_is_named)
{
	struct text *t = parsed("a = 1\nlimits {\n edges = 2\n edgse = 3\n}\nlimit { x = 1 }\n");
	struct text_node *limits;

	text_find(t->root, "a");
	limits = text_find(t->root, "limits");
	text_find(limits, "edges");
	text_unused(t, t->root, &report);
	ck_assert(
	    bytes_is(buf_bytes(&report.out), "f.conf:4:2: error: unknown key 'edgse' in 'limits'\n"
					     "f.conf:6:1: error: unknown section 'limit'\n"));
	text_free(t);
}
END_TEST

static const struct {
	const char *text;
	char reader;
	int answer;
	uint64_t value; /* or nothing */
	const char *message;
} values[] = {
	{ "k = 42", 'n', 0, 42, "" },
	{ "k = 0", 'n', TEXT_BAD, 0, "f.conf:1:5: error: 'k' must be between 1 and 5000000\n" },
	{ "k = 010", 'n', TEXT_BAD, 0,
	    "f.conf:1:5: error: expected a plain number for 'k', not '010'\n" },
	{ "k = -1", 'n', TEXT_BAD, 0,
	    "f.conf:1:5: error: expected a plain number for 'k', not '-1'\n" },
	{ "k = \"42\"", 'n', TEXT_BAD, 0,
	    "f.conf:1:5: error: expected a plain number for 'k', not '42' in quotes\n" },
	{ "k = 18446744073709551616", 'n', TEXT_BAD, 0,
	    "f.conf:1:5: error: expected a plain number for 'k', not '18446744073709551616'\n" },
	{ "k = [1]", 'n', TEXT_BAD, 0,
	    "f.conf:1:5: error: expected a plain number for 'k', not a list\n" },
	{ "k { }", 'n', TEXT_BAD, 0,
	    "f.conf:1:1: error: 'k' is not a section; expected a plain number after 'k ='\n" },
	{ "k <= 4", 'n', TEXT_BAD, 0, "f.conf:1:1: error: expected '=' after 'k', not '<='\n" },
	{ "k <= 4", 'o', 0, 4, "" },
	{ "k = 4KiB", 's', 0, 4096, "" },
	{ "k = 100", 's', 0, 100, "" },
	{ "k = 2MB", 's', 0, 2000000, "" },
	{ "k = 2kB", 's', 0, 2000, "" },
	{ "k = 1MiB", 's', 0, 1048576, "" },
	{ "k = 8MiB", 's', TEXT_BAD, 0, "f.conf:1:5: error: 'k' must be between 1 and 5MB\n" },
	{ "k = 99999999999999999GiB", 's', TEXT_BAD, 0,
	    "f.conf:1:5: error: expected a size such as 100, 4KiB, 1MiB or 2GB for 'k', not "
	    "'99999999999999999GiB'\n" },
	{ "k = 4kib", 's', TEXT_BAD, 0,
	    "f.conf:1:5: error: expected a size such as 100, 4KiB, 1MiB or 2GB for 'k', not "
	    "'4kib'\n" },
	{ "k = 250ms", 'd', 0, 250, "" },
	{ "k = 2s", 'd', 0, 2000, "" },
	{ "k = 5m", 'd', 0, 300000, "" },
	{ "k = 1h", 'd', 0, 3600000, "" },
	{ "k = 2", 'd', TEXT_BAD, 0,
	    "f.conf:1:5: error: expected a duration such as 250ms, 2s, 5m, 1h or 30d for 'k', not "
	    "'2'\n" },
	{ "k = 1d", 'd', TEXT_BAD, 0, "f.conf:1:5: error: 'k' must be between 1ms and 5000s\n" },
	{ "k = yes", 'b', 0, 1, "" },
	{ "k = false", 'b', 0, 0, "" },
	{ "k = on", 'b', TEXT_BAD, 0, "f.conf:1:5: error: expected yes or no for 'k', not 'on'\n" },
	{ "k = \"yes\"", 'b', TEXT_BAD, 0,
	    "f.conf:1:5: error: expected yes or no for 'k', not 'yes' in quotes\n" },
};

START_TEST(values_are_read_or_explained)
{
	struct text *t = parsed(values[_i].text);
	struct text_node *e = text_find(t->root, "k");
	uint64_t v = 77;
	bool yes = false;
	int a = -1;

	switch (values[_i].reader) {
	case 'o':
		ck_assert_int_eq(text_op(e), TEXT_LE);
		/* fall through */
	case 'n':
		a = text_get_number(t, e, 1, 5000000, &v, &report);
		break;
	case 's':
		a = text_get_size(t, e, 1, 5000000, &v, &report);
		break;
	case 'd':
		a = text_get_duration_ms(t, e, 1, 5000000, &v, &report);
		break;
	default:
		a = text_get_bool(t, e, &yes, &report);
		v = yes;
		break;
	}
	ck_assert_int_eq(a, values[_i].answer);
	ck_assert_msg(bytes_is(buf_bytes(&report.out), values[_i].message), "%.*s",
	    TEXT_ARG(buf_bytes(&report.out)));
	if (a == 0)
		ck_assert_uint_eq(v, values[_i].value);
	else
		ck_assert(v == 77 || !yes); /* left as it was */
	text_free(t);
}
END_TEST

START_TEST(an_absent_entry_leaves_the_default)
{
	struct bytes s = BYTES_LIT("default");
	uint64_t v = 5;
	bool yes = true;

	ck_assert_int_eq(text_get_string(NULL, NULL, &s, &report), 0);
	ck_assert_int_eq(text_get_bool(NULL, NULL, &yes, &report), 0);
	ck_assert_int_eq(text_get_number(NULL, NULL, 0, 1, &v, &report), 0);
	ck_assert_int_eq(text_get_size(NULL, NULL, 0, 1, &v, &report), 0);
	ck_assert_int_eq(text_get_duration_ms(NULL, NULL, 0, 1, &v, &report), 0);
	ck_assert(bytes_is(s, "default") && yes && v == 5);
}
END_TEST

START_TEST(a_string_is_a_word_or_quoted)
{
	struct text *t = parsed("a = b.c\nd = \"e f\"\ng = [h]\n");
	struct bytes s;

	ck_assert_int_eq(text_get_string(t, text_find(t->root, "a"), &s, &report), 0);
	ck_assert(bytes_is(s, "b.c"));
	ck_assert_int_eq(text_get_string(t, text_find(t->root, "d"), &s, &report), 0);
	ck_assert(bytes_is(s, "e f"));
	ck_assert_int_eq(text_get_string(t, text_find(t->root, "g"), &s, &report), TEXT_BAD);
	ck_assert(bytes_is(s, "e f"));
	text_unused(t, t->root, &report); /* the readers have marked all three */
	ck_assert_uint_eq(report.errors, 1);
	text_free(t);
	text_free(NULL);
}
END_TEST

TCase *
text_tests(void)
{
	TCase *tc = tcase_create("text");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_example_of_the_design_is_read);
	tcase_add_loop_test(tc, each_mistake_is_told_with_its_place, 0,
	    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(tc, operators_need_no_blanks);
	tcase_add_test(tc, subjects_stand_bare_in_lists);
	tcase_add_test(tc, strings_are_unescaped);
	tcase_add_test(tc, a_list_goes_over_lines_with_comments);
	tcase_add_test(tc, several_errors_are_shown_at_once);
	tcase_add_test(tc, errors_are_bounded);
	tcase_add_test(tc, a_report_keeps_whole_lines_within_its_bound);
	tcase_add_test(tc, a_message_cannot_steer_a_terminal);
	tcase_add_test(tc, a_file_has_at_most_4_mib);
	tcase_add_test(tc, a_duplicate_is_found_among_ten_thousand);
	tcase_add_test(tc, what_nobody_used_is_named);
	tcase_add_loop_test(
	    tc, values_are_read_or_explained, 0, (int)(sizeof(values) / sizeof(values[0])));
	tcase_add_test(tc, an_absent_entry_leaves_the_default);
	tcase_add_test(tc, a_string_is_a_word_or_quoted);
	return tc;
}
