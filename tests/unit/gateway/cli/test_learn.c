/*
 * What is learned from strangers' values: that they are written as themselves, and which of them
 * become a prefix.
 */
#include <stdio.h>

#include "gateway/cli/learn_values.h"
#include "policy/core/text.h"
#include "tests/unit/gateway/cli/suites.h"

static const struct learn_kind image = { POLICY_FIELD_IMAGE, true, false, 3 };
static const struct learn_kind name = { POLICY_FIELD_CONFIG, false, false, 3 };
static const struct learn_kind host = { POLICY_FIELD_HOST, false, true, 3 };

static void
learn(struct learn_values *v, const struct learn_kind *k, const char *const *texts)
{
	bool news = false;

	*v = (struct learn_values){ 0 };
	for (uint64_t i = 0; texts[i] != NULL; i++)
		ck_assert_int_eq(learn_values_text(v, k, bytes_str(texts[i]), i + 1, &news), 0);
	ck_assert(news);
	ck_assert_int_eq(learn_values_end(v, k), 0);
}

/* seen() - the values that are left, a blank between. */
static const char *
seen(const struct learn_values *v)
{
	static char out[65536];
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < v->n; i++)
		n += (size_t)snprintf(
		    out + n, sizeof(out) - n, "%s%s", i == 0 ? "" : " ", v->value[i].text);
	return out;
}

static const struct {
	const struct learn_kind *kind;
	const char *texts[8];
	const char *left;
} folds[] = {
	{ &image, { "r.b/o/x:1", "r.b/o/x:2" }, "r.b/o/x:1 r.b/o/x:2" },
	{ &image, { "r.b/o/x:1", "r.b/o/x:2", "r.b/o/x:3" }, "r.b/o/x:*" },
	{ &image, { "r.b/o/x:1", "r.b/o/x:1", "r.b/o/x:1" }, "r.b/o/x:1" },
	{ &image, { "r.b/o/x:1", "r.b/o/y:1", "r.b/o/z:1", "r.b/p/z:1" }, "r.b/o/* r.b/p/z:1" },
	{ &image, { "r.b/o/x:1", "r.b/o/x:2", "r.b/o/x:3", "r.b/o/y:1" }, "r.b/o/x:* r.b/o/y:1" },
	{ &image, { "r.b/x:1", "r.b/y:1", "r.b/z:1" }, "r.b/x:1 r.b/y:1 r.b/z:1" },
	{ &image, { "a.b/o/x:1", "a.c/o/x:1", "a.d/o/x:1" }, "a.b/o/x:1 a.c/o/x:1 a.d/o/x:1" },
	{ &image, { "r.b:5000/x:1", "r.b:5000/y:1", "r.b:5000/z:1" },
	    "r.b:5000/x:1 r.b:5000/y:1 r.b:5000/z:1" },
	{ &image, { "r.b/o/x@s:1", "r.b/o/x@s:2", "r.b/o/x@s:3", "r.b/o/x:1" },
	    "r.b/o/x:1 r.b/o/x@*" },
	{ &name, { "a-1", "a-2", "a-3", "a-4" }, "a-1 a-2 a-3 a-4" },
};

START_TEST(a_prefix_ends_where_a_name_does)
{
	struct learn_values v;

	learn(&v, folds[_i].kind, folds[_i].texts);
	ck_assert_str_eq(seen(&v), folds[_i].left);
	learn_values_deinit(&v);
}
END_TEST

/* many() - "PREFIX000" and on. */
static void
many(struct learn_values *v, const struct learn_kind *k, const char *prefix, unsigned n)
{
	bool news = false;
	char text[64];

	for (unsigned i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%s%03u", prefix, i);
		ck_assert_int_eq(learn_values_text(v, k, bytes_str(text), i + 1, &news), 0);
	}
}

START_TEST(too_much_is_bound_by_what_it_shares_or_not_at_all)
{
	struct learn_values v = { 0 };

	many(&v, &name, "shop-", LEARN_VALUES + 50);
	ck_assert_int_eq(learn_values_end(&v, &name), 0);
	ck_assert_str_eq(seen(&v), "shop-*");
	ck_assert_uint_eq(v.value[0].n, LEARN_VALUES + 50);
	learn_values_deinit(&v);
	many(&v, &name, "x", LEARN_VALUES + 1);
	ck_assert(v.any && v.n == 0 && learn_values_covers(&v, BYTES_LIT("else")));
	learn_values_deinit(&v);
	many(&v, &host, "N-", LEARN_VALUES);
	ck_assert_int_eq(learn_values_end(&v, &host), 0);
	ck_assert(!v.any && v.n == LEARN_VALUES);
	learn_values_deinit(&v);
}
END_TEST

/* Every byte, alone and before what would be a variable, a template or the end of the string. */
START_TEST(a_string_is_read_back_as_it_was)
{
	static const char *const tails[] = { "", "${x}", "$${x}", "@NAME@", "\"", "\\", "\n", "# x",
		"$", "@" };
	struct text_report report;

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		char in[32];
		size_t n = (size_t)snprintf(in, sizeof(in), "%c%s", _i, tails[i]);
		struct text *t = NULL;
		struct buf b;
		struct bytes said;

		buf_init(&b, 4096);
		buf_put_str(&b, "a = ");
		learn_put_string(&b, bytes_of(in, n));
		buf_put_str(&b, "\nb = 1\n");
		text_report_init(&report);
		ck_assert_msg(text_parse(&t, "x", buf_bytes(&b), &report) == 0, "%.*s", (int)b.len,
		    (const char *)b.ptr);
		ck_assert_ptr_nonnull(text_find(t->root, "b"));
		said = text_find(t->root, "a")->child->text;
		if (strstr(in, "${") == NULL) /* what is a variable is replaced later */
			ck_assert(bytes_eq(said, bytes_of(in, n)));
		ck_assert(memmem(b.ptr, b.len, "@NAME@", 6) == NULL);
		text_free(t);
		text_report_deinit(&report);
		buf_deinit(&b);
	}
}
END_TEST

TCase *
learn_tests(void)
{
	TCase *t = tcase_create("learn");

	tcase_add_loop_test(
	    t, a_prefix_ends_where_a_name_does, 0, sizeof(folds) / sizeof(folds[0]));
	tcase_add_test(t, too_much_is_bound_by_what_it_shares_or_not_at_all);
	tcase_add_loop_test(t, a_string_is_read_back_as_it_was, 1, 0x80);
	return t;
}
