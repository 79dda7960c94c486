/*
 * wipe: secrets have a length within bounds and are gone after secret_deinit().
 */
#include "policy/core/wipe.h"
#include "tests/unit/policy/core/suites.h"

START_TEST(a_secret_is_a_copy)
{
	uint8_t key[4] = { 1, 2, 3, 4 };
	struct secret s;

	ck_assert_int_eq(secret_new(&s, bytes_of(key, 4)), 0);
	memset(key, 0, sizeof(key));
	ck_assert(bytes_eq(secret_bytes(&s), bytes_of("\1\2\3\4", 4)));
	secret_deinit(&s);
	ck_assert_ptr_null(s.ptr);
	ck_assert_uint_eq(s.len, 0);
}
END_TEST

START_TEST(a_secret_has_one_to_65536_bytes)
{
	static const uint8_t large[65537];
	struct secret s;

	ck_assert_int_eq(secret_new(&s, BYTES_NULL), -EINVAL);
	ck_assert_ptr_null(s.ptr);
	ck_assert_int_eq(secret_new(&s, bytes_of(large, 65537)), -EINVAL);
	ck_assert_int_eq(secret_new(&s, bytes_of(large, 65536)), 0);
	secret_deinit(&s);
	ck_assert_int_eq(secret_random(&s, 0), -EINVAL);
	ck_assert_int_eq(secret_random(&s, 65537), -EINVAL);
}
END_TEST

START_TEST(random_secrets_differ)
{
	struct secret a, b;

	ck_assert_int_eq(secret_random(&a, 32), 0);
	ck_assert_int_eq(secret_random(&b, 32), 0);
	ck_assert(!bytes_eq(secret_bytes(&a), secret_bytes(&b)));
	secret_deinit(&a);
	secret_deinit(&b);
}
END_TEST

START_TEST(a_secret_is_renewed_where_it_lies_and_cleared_between)
{
	static const uint8_t zeros[32];
	struct secret s = { 0 };
	uint8_t *at, first[32];

	ck_assert_int_eq(secret_renew(&s, 32), 0);
	at = s.ptr;
	memcpy(first, s.ptr, 32);
	secret_clear(&s);
	ck_assert_int_eq(memcmp(s.ptr, zeros, 32), 0);
	ck_assert_int_eq(secret_renew(&s, 32), 0);
	ck_assert_ptr_eq(s.ptr, at);
	ck_assert_int_ne(memcmp(s.ptr, zeros, 32), 0);
	ck_assert_int_ne(memcmp(s.ptr, first, 32), 0);
	ck_assert_int_eq(secret_renew(&s, 16), 0);
	ck_assert_uint_eq(s.len, 16);
	ck_assert_int_eq(secret_renew(&s, 0), -EINVAL);
	ck_assert_ptr_null(s.ptr);
	secret_clear(&s);
}
END_TEST

START_TEST(deinit_accepts_nothing_and_a_zeroed_secret)
{
	struct secret s = { 0 };

	secret_deinit(NULL);
	secret_deinit(&s);
	secret_deinit(&s);
}
END_TEST

START_TEST(wipe_leaves_zeros)
{
	uint8_t p[3] = { 1, 2, 3 };

	wipe(p, 2);
	ck_assert(p[0] == 0 && p[1] == 0 && p[2] == 3);
}
END_TEST

TCase *
wipe_tests(void)
{
	TCase *tc = tcase_create("wipe");

	tcase_add_test(tc, a_secret_is_a_copy);
	tcase_add_test(tc, a_secret_has_one_to_65536_bytes);
	tcase_add_test(tc, random_secrets_differ);
	tcase_add_test(tc, a_secret_is_renewed_where_it_lies_and_cleared_between);
	tcase_add_test(tc, deinit_accepts_nothing_and_a_zeroed_secret);
	tcase_add_test(tc, wipe_leaves_zeros);
	return tc;
}
