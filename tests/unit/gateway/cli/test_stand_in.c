/*
 * stand_in - what a hostile guest may do to the store and the documents it is linked to: fill them
 * to their ceilings, and no further.
 */
#include <stdio.h>

#include "gateway/cli/stand_in.h"
#include "gateway/cli/stand_in_store.h"
#include "host/pack/pack.h"
#include "tests/unit/gateway/cli/suites.h"

enum { ROOM = 1024, BIG = 1024 * 1024 };

static struct store *store;
static uint8_t big[BIG];

static void
setup(void)
{
	store = store_new();
	ck_assert_ptr_nonnull(store);
}

static void
teardown(void)
{
	store_free(store);
}

static struct bytes
numbered(char text[24], unsigned n)
{
	snprintf(text, 24, "%u", n);
	return bytes_str(text);
}

START_TEST(a_store_holds_so_many_keys_and_no_more)
{
	char text[24];
	bool there;
	struct bytes value;

	for (unsigned i = 0; i < STORE_KEYS_MAX; i++)
		ck_assert(store_set(store, numbered(text, i), BYTES_LIT("v")));
	ck_assert(!store_set(store, BYTES_LIT("one more"), BYTES_LIT("v")));
	ck_assert_ptr_null(store_list_make(store, BYTES_LIT("a list"), STORE_LIST));
	ck_assert(store_del(store, BYTES_LIT("7")));
	ck_assert(store_set(store, BYTES_LIT("one more"), BYTES_LIT("v")));
	ck_assert(store_get(store, BYTES_LIT("one more"), &value, &there) && there);
}
END_TEST

START_TEST(a_store_holds_so_many_bytes_and_gives_them_back)
{
	char text[24];
	unsigned kept[2] = { 0, 0 };

	for (unsigned round = 0; round < 2; round++) {
		while (store_set(store, numbered(text, kept[round]), bytes_of(big, BIG)))
			kept[round]++;
		for (unsigned i = 0; i < kept[round]; i++)
			ck_assert(store_del(store, numbered(text, i)));
	}
	ck_assert_uint_eq(kept[0], STORE_MAX / BIG - 1); /* each key costs a little more */
	ck_assert_uint_eq(kept[1], kept[0]);
}
END_TEST

START_TEST(a_list_is_paid_for_item_by_item)
{
	struct store_list *l = store_list_make(store, BYTES_LIT("l"), STORE_LIST);
	unsigned n = 0;

	ck_assert_ptr_nonnull(l);
	while (store_list_add(store, l, bytes_of(big, BIG)))
		n++;
	ck_assert_uint_eq(n, STORE_MAX / BIG - 1);
	ck_assert(!store_set(store, BYTES_LIT("k"), bytes_of(big, BIG)));
	ck_assert(store_list_del(store, l, bytes_of(big, BIG)));
	ck_assert(store_set(store, BYTES_LIT("k"), bytes_of(big, BIG)));
	ck_assert(store_del(store, BYTES_LIT("l")));
	ck_assert(!store_has(store, BYTES_LIT("l")));
}
END_TEST

START_TEST(a_list_holds_so_many_items_and_no_more)
{
	struct store_list *l = store_list_make(store, BYTES_LIT("l"), STORE_LIST);

	for (unsigned i = 0; i < STORE_ITEMS_MAX; i++)
		ck_assert(store_list_add(store, l, BYTES_NULL));
	ck_assert(!store_list_add(store, l, BYTES_NULL));
	ck_assert(store_list_del(store, l, BYTES_NULL));
	ck_assert(store_list_add(store, l, BYTES_NULL));
}
END_TEST

START_TEST(what_a_key_held_before_is_gone_when_it_is_set)
{
	struct bytes value;
	bool there;

	ck_assert(store_set(store, BYTES_LIT("k"), BYTES_LIT("old")));
	ck_assert(store_set(store, BYTES_LIT("k"), BYTES_LIT("new")));
	ck_assert(store_get(store, BYTES_LIT("k"), &value, &there) && there);
	ck_assert(bytes_is(value, "new"));
	ck_assert(store_del(store, BYTES_LIT("k")));
	ck_assert(store_get(store, BYTES_LIT("k"), &value, &there) && !there);
	ck_assert_ptr_nonnull(store_list_make(store, BYTES_LIT("k"), STORE_SET));
	ck_assert_ptr_null(store_list_make(store, BYTES_LIT("k"), STORE_LIST));
	ck_assert(!store_get(store, BYTES_LIT("k"), &value, &there));
}
END_TEST

START_TEST(numbers_are_decimal_and_bounded)
{
	int64_t v = 0;

	ck_assert(store_number(BYTES_LIT("-12"), &v) && v == -12);
	ck_assert(store_number(BYTES_LIT("999999999999999999"), &v));
	ck_assert(!store_number(BYTES_LIT("9999999999999999999"), &v));
	ck_assert(!store_number(BYTES_LIT(""), &v));
	ck_assert(!store_number(BYTES_LIT("-"), &v));
	ck_assert(!store_number(BYTES_LIT("1 "), &v));
	ck_assert(!store_number(BYTES_LIT("--1"), &v));
}
END_TEST

/* asked() - an operation of the store. Return: was it answered? */
static bool
asked(const char *operation, struct buf *payload, struct buf *answer)
{
	bool ok = false;

	buf_reset(answer);
	ck_assert_int_eq(
	    stand_in_keyvalue.ask(store, bytes_str(operation), buf_bytes(payload), answer, &ok), 0);
	return ok;
}

START_TEST(each_cut_of_a_question_is_refused)
{
	struct buf whole, part, answer;

	buf_init(&whole, ROOM);
	buf_init(&part, ROOM);
	buf_init(&answer, ROOM);
	pack_put_map(&whole, 2);
	pack_put_str(&whole, "key");
	pack_put_str(&whole, "k");
	pack_put_str(&whole, "value");
	pack_put_int(&whole, 300);
	for (size_t n = 0; n < whole.len; n++) {
		buf_reset(&part);
		buf_put(&part, bytes_of(whole.ptr, n));
		ck_assert(!asked("KeyValue.Increment", &part, &answer));
		ck_assert_uint_gt(answer.len, 0);
	}
	ck_assert(asked("KeyValue.Increment", &whole, &answer));
	buf_put_u8(&whole, 0xc0);
	ck_assert(!asked("KeyValue.Increment", &whole, &answer));
	buf_deinit(&whole);
	buf_deinit(&part);
	buf_deinit(&answer);
}
END_TEST

START_TEST(an_answer_above_its_room_is_seen)
{
	struct buf question, answer;

	ck_assert(store_set(store, BYTES_LIT("k"), bytes_of(big, ROOM)));
	buf_init(&question, ROOM);
	buf_init(&answer, ROOM);
	pack_put_str(&question, "k");
	asked("KeyValue.Get", &question, &answer);
	ck_assert(buf_failed(&answer));
	buf_deinit(&question);
	buf_deinit(&answer);
}
END_TEST

TCase *
stand_in_tests(void)
{
	TCase *t = tcase_create("stand_in");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_store_holds_so_many_keys_and_no_more);
	tcase_add_test(t, a_store_holds_so_many_bytes_and_gives_them_back);
	tcase_add_test(t, a_list_is_paid_for_item_by_item);
	tcase_add_test(t, a_list_holds_so_many_items_and_no_more);
	tcase_add_test(t, what_a_key_held_before_is_gone_when_it_is_set);
	tcase_add_test(t, numbers_are_decimal_and_bounded);
	tcase_add_test(t, each_cut_of_a_question_is_refused);
	tcase_add_test(t, an_answer_above_its_room_is_seen);
	return t;
}
