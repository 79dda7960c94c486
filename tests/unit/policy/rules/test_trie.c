#include "policy/rules/subject.h"
#include "policy/rules/trie.h"
#include "tests/unit/policy/rules/suites.h"

static struct trie *trie;

static void
add(const char *pattern, const char *queue, uint32_t rule, bool observe)
{
	ck_assert_int_eq(trie_add(trie, bytes_str(pattern), bytes_str(queue), rule, observe), 0);
}

static struct hit
ask(const char *s, const char *queue, bool by_name)
{
	struct words words;

	ck_assert(words_cut(&words, bytes_str(s)));
	return trie_covers(trie, &words, bytes_str(queue), by_name);
}

static uint32_t
match(const char *s)
{
	return ask(s, "", false).enforced;
}

static uint32_t
covers(const char *s, const char *queue)
{
	return ask(s, queue, false).enforced;
}

static void
setup(void)
{
	trie = trie_new();
	ck_assert_ptr_nonnull(trie);
}

static void
teardown(void)
{
	trie_free(trie);
}

START_TEST(the_first_rule_in_order_answers)
{
	add("a.b", "", 7, false);
	add("a.*", "", 5, false);
	add("a.>", "", 6, false);
	add("a.b", "", 2, true);
	ck_assert_uint_eq(match("a.b"), 5);
	ck_assert_uint_eq(ask("a.b", "", false).observed, 2);
	ck_assert_uint_eq(match("a.b.c"), 6);
	ck_assert_uint_eq(match("a"), RULE_NONE);
	ck_assert_uint_eq(match("b.b"), RULE_NONE);
}
END_TEST

START_TEST(an_empty_one_answers_no)
{
	ck_assert(trie_empty(trie));
	ck_assert_uint_eq(match("a"), RULE_NONE);
	ck_assert_uint_eq(covers(">", ""), RULE_NONE);
}
END_TEST

START_TEST(by_name_leaves_out_patterns_that_begin_with_a_wildcard)
{
	add(">", "", 1, false);
	add("*.x", "", 2, false);
	add("$KV.>", "", 3, false);
	ck_assert_uint_eq(ask("$KV.x", "", true).enforced, 3);
	ck_assert_uint_eq(ask("$JS.x", "", true).enforced, RULE_NONE);
	ck_assert_uint_eq(ask("$KV.*", "", true).enforced, 3);
	ck_assert_uint_eq(ask("$JS.>", "", true).enforced, RULE_NONE);
	ck_assert_uint_eq(match("$JS.x"), 1);
}
END_TEST

START_TEST(covering_is_a_true_subset)
{
	add("foo.*", "", 1, false);
	ck_assert_uint_eq(covers("foo.bar", ""), 1);
	ck_assert_uint_eq(covers("foo.*", ""), 1);
	ck_assert_uint_eq(covers("foo.>", ""), RULE_NONE);
	ck_assert_uint_eq(covers("*.bar", ""), RULE_NONE);
	ck_assert_uint_eq(covers(">", ""), RULE_NONE);
}
END_TEST

START_TEST(an_entry_with_a_queue_is_for_that_queue)
{
	add("jobs", "workers", 1, false);
	add("jobs", "w*", 2, false);
	ck_assert_uint_eq(covers("jobs", "workers"), 1);
	ck_assert_uint_eq(covers("jobs", "w*"), 2);
	ck_assert_uint_eq(covers("jobs", "thieves"), RULE_NONE);
	ck_assert_uint_eq(covers("jobs", ""), RULE_NONE);
	add("jobs", "", 3, false);
	ck_assert_uint_eq(covers("jobs", "thieves"), 3);
	ck_assert_uint_eq(covers("jobs", ""), 3);
}
END_TEST

START_TEST(it_agrees_with_the_matcher_on_many_patterns)
{
	static const char *const words[] = { "a", "b", "c", "*", ">" };
	char text[4096][16];
	size_t n = 0;

	for (size_t i = 0; i < 5 * 5 * 5; i++) {
		size_t len = 1 + i % 3, w = i;
		struct bytes s;

		text[n][0] = '\0';
		for (size_t k = 0; k < len; k++, w /= 5) {
			strcat(text[n], k != 0 ? "." : "");
			strcat(text[n], words[(w + k) % 5]);
		}
		s = bytes_str(text[n]);
		if (subject_ok(s))
			n++;
	}
	for (size_t i = 0; i < n; i += 2)
		add(text[i], "", (uint32_t)i, false);
	for (size_t i = 0; i < n; i++) {
		struct bytes s = bytes_str(text[i]);
		uint32_t matching = RULE_NONE, covering = RULE_NONE;

		for (size_t k = n; k-- > 0;) {
			if (k % 2 != 0)
				continue;
			if (subject_literal(s) && subject_match(bytes_str(text[k]), s))
				matching = (uint32_t)k;
			if (subject_subset(s, bytes_str(text[k])))
				covering = (uint32_t)k;
		}
		if (subject_literal(s))
			ck_assert_uint_eq(match(text[i]), matching);
		ck_assert_uint_eq(covers(text[i], ""), covering);
	}
}
END_TEST

/* Alone below its node a word is compared, in parts of eight bytes; with siblings it is looked up first. */
START_TEST(words_that_differ_in_one_byte_are_told_apart)
{
	char word[41] = "", other[41], sibling[] = "sibling";

	for (size_t n = 1; n < sizeof(word); n++) {
		word[n - 1] = (char)('a' + n % 26);
		for (int crowded = 0; crowded < 2; crowded++) {
			teardown();
			setup();
			add(word, "", 1, false);
			if (crowded != 0)
				add(sibling, "", 2, false);
			ck_assert_uint_eq(match(word), 1);
			ck_assert_uint_eq(match(sibling), crowded != 0 ? 2 : RULE_NONE);
			for (size_t i = 0; i < n; i++) {
				memcpy(other, word, sizeof(other));
				other[i] = 'Z';
				ck_assert_uint_eq(match(other), RULE_NONE);
			}
			memcpy(other, word, sizeof(other));
			other[n - 1] = '\0';
			if (n > 1)
				ck_assert_uint_eq(match(other), RULE_NONE);
		}
	}
}
END_TEST

TCase *
trie_tests(void)
{
	TCase *t = tcase_create("trie");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_first_rule_in_order_answers);
	tcase_add_test(t, an_empty_one_answers_no);
	tcase_add_test(t, by_name_leaves_out_patterns_that_begin_with_a_wildcard);
	tcase_add_test(t, covering_is_a_true_subset);
	tcase_add_test(t, an_entry_with_a_queue_is_for_that_queue);
	tcase_add_test(t, words_that_differ_in_one_byte_are_told_apart);
	tcase_add_test(t, it_agrees_with_the_matcher_on_many_patterns);
	return t;
}
