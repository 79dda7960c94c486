/* Nonces and connections: what the verifier, the signer and the others remember of an edge. */
#include "gateway/proc/conns.h"
#include "gateway/proc/nonces.h"
#include "tests/unit/gateway/proc/suites.h"

static struct nonces nonces;
static char batch[NONCE_BATCH][NONCE_LEN];

static void
nonces_teardown(void)
{
	nonces_deinit(&nonces);
}

static bool
use(const char nonce[NONCE_LEN])
{
	return nonces_take(&nonces, bytes_of(nonce, NONCE_LEN));
}

START_TEST(a_nonce_is_good_once)
{
	ck_assert(!use("0123456789012345678901"));
	ck_assert_int_eq(nonces_make(&nonces, batch, NONCE_BATCH), 0);
	for (size_t i = 0; i < NONCE_BATCH; i++) {
		ck_assert(use(batch[i]));
		ck_assert(!use(batch[i]));
	}
	ck_assert_uint_eq(nonces.n, 0);
}
END_TEST

START_TEST(a_nonce_that_was_not_given_out_is_none)
{
	char other[NONCE_LEN];

	ck_assert_int_eq(nonces_make(&nonces, batch, 1), 0);
	memcpy(other, batch[0], NONCE_LEN);
	other[NONCE_LEN - 1] ^= 1;
	ck_assert(!use(other));
	ck_assert(!nonces_take(&nonces, bytes_of(batch[0], NONCE_LEN - 1)));
	ck_assert(!nonces_take(&nonces, BYTES_NULL));
	ck_assert(use(batch[0]));
}
END_TEST

START_TEST(the_oldest_are_forgotten_when_there_are_too_many)
{
	static char first[NONCE_BATCH][NONCE_LEN];

	ck_assert_int_eq(nonces_make(&nonces, first, NONCE_BATCH), 0);
	ck_assert(use(first[0]));
	for (size_t made = NONCE_BATCH; made < NONCES_MAX + NONCE_BATCH / 2; made += NONCE_BATCH)
		ck_assert_int_eq(nonces_make(&nonces, batch, NONCE_BATCH), 0);
	ck_assert_uint_eq(nonces.n, NONCES_MAX);
	for (size_t i = 0; i < NONCE_BATCH; i++)
		ck_assert(!use(first[i]));
	for (size_t i = 0; i < NONCE_BATCH; i++)
		ck_assert(use(batch[i]));
}
END_TEST

TCase *
nonces_tests(void)
{
	TCase *t = tcase_create("nonces");

	tcase_add_checked_fixture(t, NULL, nonces_teardown);
	tcase_add_test(t, a_nonce_is_good_once);
	tcase_add_test(t, a_nonce_that_was_not_given_out_is_none);
	tcase_add_test(t, the_oldest_are_forgotten_when_there_are_too_many);
	return t;
}

START_TEST(a_connection_is_its_edge_and_its_number)
{
	struct conn_node a, b, c;
	struct conns t = { 0 };

	ck_assert_ptr_null(conns_find(&t, 0, 1));
	ck_assert_ptr_null(conns_each(&t, NULL));
	ck_assert_int_eq(conns_add(&t, &a, 0, 1), 0);
	ck_assert_int_eq(conns_add(&t, &b, 1, 1), 0);
	ck_assert_int_eq(conns_add(&t, &c, 1, 1), -EEXIST);
	ck_assert_ptr_eq(conns_find(&t, 0, 1), &a);
	ck_assert_ptr_eq(conns_find(&t, 1, 1), &b);
	ck_assert_ptr_null(conns_find(&t, 1, 2));
	conns_remove(&t, &a);
	ck_assert_ptr_null(conns_find(&t, 0, 1));
	ck_assert_ptr_eq(conns_find(&t, 1, 1), &b);
	conns_deinit(&t);
}
END_TEST

START_TEST(many_connections_are_all_found_and_visited_once)
{
	enum { MANY = 5000 };
	static struct conn_node node[MANY];
	struct conns t = { 0 };
	size_t seen = 0;

	for (size_t i = 0; i < MANY; i++)
		ck_assert_int_eq(conns_add(&t, &node[i], (uint32_t)(i % 3), i << 20), 0);
	for (struct conn_node *n = conns_each(&t, NULL), *next; n != NULL; n = next) {
		next = conns_each(&t, n);
		seen++;
		if (n->edge == 1)
			conns_remove(&t, n);
	}
	ck_assert_uint_eq(seen, MANY);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_ptr_eq(
		    conns_find(&t, (uint32_t)(i % 3), i << 20), i % 3 == 1 ? NULL : &node[i]);
	conns_deinit(&t);
}
END_TEST

TCase *
conns_tests(void)
{
	TCase *t = tcase_create("conns");

	tcase_add_test(t, a_connection_is_its_edge_and_its_number);
	tcase_add_test(t, many_connections_are_all_found_and_visited_once);
	return t;
}
