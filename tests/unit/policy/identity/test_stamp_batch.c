#include "policy/identity/stamp_batch.h"
#include "tests/unit/policy/identity/suites.h"

#define NOW_MS INT64_C(1700000000000)

static struct nkey_pair own, other;
static struct stamp_batch batch;

static void
setup(void)
{
	ck_assert_int_eq(nkey_pair_new(&own, NKEY_CLUSTER), 0);
	ck_assert_int_eq(nkey_pair_new(&other, NKEY_CLUSTER), 0);
}

static void
teardown(void)
{
	nkey_pair_deinit(&own);
	nkey_pair_deinit(&other);
}

/* the n-th command: another body each */
static struct stamp_what
what(size_t n)
{
	const uint8_t body[] = { (uint8_t)n };
	struct stamp_what w = { .subject = BYTES_LIT("wasmbus.ctl.default.ping.hosts") };

	stamp_digest(BYTES_NULL, bytes_of(body, 1), w.digest);
	return w;
}

static void
sign(size_t n)
{
	stamp_batch_begin(&batch, NOW_MS);
	for (size_t i = 0; i < n; i++) {
		uint8_t id[STAMP_ID_LEN] = { (uint8_t)i };
		struct stamp_what w = what(i);

		ck_assert_int_eq(stamp_batch_add(&batch, &w, id), 0);
	}
	stamp_batch_sign(&batch, &own);
}

static int
verify(const struct stamp *s, size_t n, struct stamp_roots *roots)
{
	struct stamp_what w = what(n);

	return stamp_verify(s, &w, &own.pub, 1, NOW_MS, roots, NULL);
}

START_TEST(each_of_a_batch_is_stamped_and_only_for_itself)
{
	size_t n = (size_t)_i + 1;

	sign(n);
	for (size_t i = 0; i < n; i++) {
		struct stamp s;
		struct buf b;

		buf_init(&b, STAMP_TEXT_MAX);
		stamp_put(&b, &batch.stamp[i]);
		ck_assert_int_eq(stamp_parse(&s, buf_bytes(&b)), 0);
		buf_deinit(&b);
		ck_assert_int_eq(verify(&s, i, NULL), 0);
		for (size_t j = 0; j <= n; j++)
			ck_assert(j == i || verify(&s, j, NULL) == STAMP_MISMATCH);
	}
}
END_TEST

START_TEST(the_longest_stamp_fits)
{
	struct buf b;

	stamp_batch_begin(&batch, INT64_C(999999999999999));
	for (size_t i = 0; i < STAMP_BATCH; i++) {
		uint8_t id[STAMP_ID_LEN] = { (uint8_t)i };
		struct stamp_what w = what(i);

		ck_assert_int_eq(stamp_batch_add(&batch, &w, id), 0);
	}
	stamp_batch_sign(&batch, &own);
	buf_init(&b, STAMP_TEXT_MAX);
	stamp_put(&b, &batch.stamp[STAMP_BATCH - 1]);
	ck_assert(!buf_failed(&b));
	buf_deinit(&b);
}
END_TEST

START_TEST(what_does_not_fit_leaves_the_batch_as_it_was)
{
	struct stamp_what w = what(0), none = { .subject = BYTES_NULL };
	uint8_t id[STAMP_ID_LEN] = { 0 };

	stamp_batch_begin(&batch, NOW_MS);
	ck_assert_int_eq(stamp_batch_add(&batch, &none, id), STAMP_MALFORMED);
	for (size_t i = 0; i < STAMP_BATCH; i++) {
		id[0] = (uint8_t)i;
		ck_assert_int_eq(stamp_batch_add(&batch, &w, id), 0);
	}
	ck_assert_int_eq(stamp_batch_add(&batch, &w, id), STAMP_MALFORMED);
	ck_assert_int_eq(stamp_batch_add(&batch, &none, id), STAMP_MALFORMED);
	ck_assert_uint_eq(batch.n, STAMP_BATCH);
	stamp_batch_sign(&batch, &own);
	ck_assert_int_eq(verify(&batch.stamp[STAMP_BATCH - 1], 0, NULL), 0);
}
END_TEST

START_TEST(place_depth_and_path_are_signed)
{
	struct stamp s;

	sign(5);
	ck_assert_uint_eq(batch.stamp[2].depth, 3);
	for (uint8_t place = 0; place < 8; place++) {
		s = batch.stamp[2];
		s.place = place;
		ck_assert_int_eq(verify(&s, 2, NULL), place == 2 ? 0 : STAMP_MISMATCH);
	}
	for (uint8_t depth = 0; depth <= STAMP_DEPTH_MAX; depth++) {
		s = batch.stamp[2];
		s.depth = depth;
		ck_assert_int_eq(verify(&s, 2, NULL), depth == 3 ? 0 : STAMP_MISMATCH);
	}
	for (size_t i = 0; i < 3; i++) {
		s = batch.stamp[2];
		s.path[i][31] ^= 1;
		ck_assert_int_eq(verify(&s, 2, NULL), STAMP_MISMATCH);
	}
}
END_TEST

/* of five the sixth to eighth leaf are nobody's: zeros, which are the hash of no command */
START_TEST(a_leaf_of_nobody_is_no_stamp)
{
	struct stamp s;

	sign(5);
	for (uint8_t place = 5; place < 8; place++) {
		s = batch.stamp[4];
		s.place = place;
		memset(s.path[0], 0, STAMP_DIGEST_LEN);
		ck_assert_int_eq(verify(&s, 4, NULL), STAMP_MISMATCH);
	}
}
END_TEST

START_TEST(a_remembered_signature_is_not_one_for_anything_else)
{
	struct stamp_roots roots = { .next = 0 };
	struct stamp s;

	sign(6);
	ck_assert_int_eq(verify(&batch.stamp[0], 0, &roots), 0);
	ck_assert_uint_eq(roots.next, 1);
	for (size_t i = 0; i < 6; i++)
		ck_assert_int_eq(verify(&batch.stamp[i], i, &roots), 0);
	ck_assert_uint_eq(roots.next, 1); /* none of the others was checked anew */
	s = batch.stamp[1];
	ck_assert_int_eq(verify(&s, 2, &roots), STAMP_MISMATCH);
	s.sig[3] ^= 1; /* the same root, another text */
	ck_assert_int_eq(verify(&s, 1, &roots), STAMP_MISMATCH);
	s = batch.stamp[1];
	s.id[0] ^= 1;
	ck_assert_int_eq(verify(&s, 1, &roots), STAMP_MISMATCH);
	ck_assert_uint_eq(roots.next, 1); /* nor is what is wrong remembered */
}
END_TEST

START_TEST(what_one_key_signed_is_not_remembered_as_anothers)
{
	struct stamp_roots roots = { .next = 0 };
	struct stamp_what w = what(0);
	struct stamp s;

	sign(2);
	ck_assert_int_eq(verify(&batch.stamp[0], 0, &roots), 0);
	s = batch.stamp[0];
	stamp_key_id(&other.pub, s.key);
	ck_assert_int_eq(stamp_verify(&s, &w, &other.pub, 1, NOW_MS, &roots, NULL), STAMP_MISMATCH);
	/* nor is a key that is trusted no more */
	ck_assert_int_eq(stamp_verify(&batch.stamp[0], &w, &other.pub, 1, NOW_MS, &roots, NULL), STAMP_UNKNOWN_KEY);
	ck_assert_int_eq(stamp_verify(&batch.stamp[0], &w, &own.pub, 0, NOW_MS, &roots, NULL), STAMP_UNKNOWN_KEY);
}
END_TEST

START_TEST(a_remembered_signature_makes_nothing_younger)
{
	struct stamp_roots roots = { .next = 0 };
	struct stamp_what w = what(0);

	sign(2);
	ck_assert_int_eq(verify(&batch.stamp[0], 0, &roots), 0);
	ck_assert_int_eq(stamp_verify(&batch.stamp[0], &w, &own.pub, 1, NOW_MS + STAMP_FRESH_MS + 1, &roots, NULL),
	    STAMP_STALE);
	ck_assert_int_eq(stamp_verify(&batch.stamp[0], &w, &own.pub, 1, NOW_MS - STAMP_AHEAD_MS - 1, &roots, NULL),
	    STAMP_AHEAD);
}
END_TEST

START_TEST(the_oldest_signature_is_forgotten_and_checked_anew)
{
	struct stamp_roots roots = { .next = 0 };

	for (size_t i = 0; i < 3 * STAMP_ROOTS; i++) {
		struct stamp_what w = what(i);
		uint8_t id[STAMP_ID_LEN] = { 1 };
		struct stamp s;

		ck_assert_int_eq(stamp_make(&s, &own, &w, NOW_MS, id), 0);
		ck_assert_int_eq(verify(&s, i, &roots), 0);
		ck_assert_uint_eq(roots.next, i + 1);
	}
	sign(1);
	ck_assert_int_eq(verify(&batch.stamp[0], 0, &roots), 0);
}
END_TEST

TCase *
stamp_batch_tests(void)
{
	TCase *t = tcase_create("stamp_batch");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, each_of_a_batch_is_stamped_and_only_for_itself, 0, STAMP_BATCH);
	tcase_add_test(t, the_longest_stamp_fits);
	tcase_add_test(t, what_does_not_fit_leaves_the_batch_as_it_was);
	tcase_add_test(t, place_depth_and_path_are_signed);
	tcase_add_test(t, a_leaf_of_nobody_is_no_stamp);
	tcase_add_test(t, a_remembered_signature_is_not_one_for_anything_else);
	tcase_add_test(t, what_one_key_signed_is_not_remembered_as_anothers);
	tcase_add_test(t, a_remembered_signature_makes_nothing_younger);
	tcase_add_test(t, the_oldest_signature_is_forgotten_and_checked_anew);
	return t;
}
