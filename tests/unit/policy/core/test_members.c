/*
 * members: what is written is one JSON value, whatever the values hold; commas stand between members alone.
 */
#include "policy/core/json.h"
#include "policy/core/members.h"
#include "tests/unit/policy/core/suites.h"

static void
is(struct buf *b, const char *want)
{
	struct json_tok room[64];
	struct json j = { .text = buf_bytes(b), .tok = room, .cap = sizeof(room) / sizeof(room[0]) };

	ck_assert_msg(bytes_is(buf_bytes(b), want), "%.*s", (int)b->len, (const char *)b->ptr);
	ck_assert_int_eq(json_read(&j), 0);
	buf_deinit(b);
}

START_TEST(commas_stand_between_members_and_elements)
{
	struct buf b;

	buf_init(&b, 1024);
	members_object(&b, NULL);
	members_text(&b, "a", "1");
	members_array(&b, "empty");
	members_end_array(&b);
	members_object(&b, "none");
	members_end_object(&b);
	members_array(&b, "list");
	members_text(&b, NULL, NULL);
	members_object(&b, NULL);
	members_dec(&b, "most", UINT64_MAX);
	members_int(&b, "least", INT64_MIN);
	members_end_object(&b);
	members_bool(&b, NULL, true);
	members_end_array(&b);
	members_bool(&b, "last", false);
	members_end_object(&b);
	ck_assert_msg(bytes_is(buf_bytes(&b), "{\"a\":\"1\",\"empty\":[],\"none\":{},\"list\":[\"\",{"
					      "\"most\":18446744073709551615,\"least\":-9223372036854775808},true],"
					      "\"last\":false}"),
	    "%.*s", (int)b.len, (const char *)b.ptr);
	buf_deinit(&b);
}
END_TEST

START_TEST(a_value_that_ends_like_something_open_is_still_a_value)
{
	static const char *const values[] = { "{", "[", ",", ":", "\"", "\\", "}" };
	struct buf b;

	buf_init(&b, 1024);
	buf_put_u8(&b, '{');
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char name[2] = { (char)('a' + i), 0 };

		members_text(&b, name, values[i]);
	}
	members_end_object(&b);
	is(&b, "{\"a\":\"{\",\"b\":\"[\",\"c\":\",\",\"d\":\":\",\"e\":\"\\\"\",\"f\":\"\\\\\",\"g\":\"}\"}");
}
END_TEST

START_TEST(what_a_comma_or_name_stands_before_gets_no_second_one)
{
	struct buf b;

	buf_init(&b, 64);
	buf_put_str(&b, "{\"response\":");
	members_object(&b, NULL);
	members_int(&b, "n", -1);
	members_item(&b);
	members_text(&b, "v", "");
	buf_put_str(&b, "}}");
	is(&b, "{\"response\":{\"n\":-1,\"v\":\"\"}}");
}
END_TEST

START_TEST(what_does_not_fit_fails_as_a_whole)
{
	struct buf b;

	buf_init(&b, 16);
	members_object(&b, NULL);
	members_text(&b, "name", "longer than there is room for");
	members_end_object(&b);
	ck_assert(buf_failed(&b));
	buf_deinit(&b);
}
END_TEST

TCase *
members_tests(void)
{
	TCase *c = tcase_create("members");

	tcase_add_test(c, commas_stand_between_members_and_elements);
	tcase_add_test(c, a_value_that_ends_like_something_open_is_still_a_value);
	tcase_add_test(c, what_a_comma_or_name_stands_before_gets_no_second_one);
	tcase_add_test(c, what_does_not_fit_fails_as_a_whole);
	return c;
}
