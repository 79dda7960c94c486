/*
 * test_vectors - the log in tests/vectors/audit, which another reader
 * (tests/differential/audit_log.py) takes for good too: what was written once has to verify for
 * ever.
 */
#include <stdio.h>

#include "policy/audit/proof.h"
#include "tests/unit/policy/audit/log.h"
#include "tests/unit/policy/audit/suites.h"

static struct hasher h;
static struct note_key key[2];
static struct buf file[5];

static struct bytes
slurp(size_t i, const char *name)
{
	const char *vectors = getenv("VECTORS");
	char path[4096], room[4096];
	FILE *f;
	size_t n;

	snprintf(
	    path, sizeof(path), "%s/audit/%s", vectors != NULL ? vectors : "tests/vectors", name);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s", path);
	while ((n = fread(room, 1, sizeof(room), f)) > 0)
		buf_put(&file[i], bytes_of(room, n));
	fclose(f);
	return buf_bytes(&file[i]);
}

static void
setup(void)
{
	struct bytes keys;

	ck_assert_int_eq(hasher_init(&h), 0);
	for (size_t i = 0; i < 5; i++)
		buf_init(&file[i], 1 << 20);
	keys = slurp(0, "keys");
	for (size_t i = 0; i < 2; i++) {
		size_t n = bytes_find(keys, '\n');

		ck_assert_int_eq(note_key_parse(&key[i], &h, bytes_upto(keys, n)), 0);
		keys = bytes_from(keys, n + 1);
	}
}

static void
teardown(void)
{
	for (size_t i = 0; i < 5; i++)
		buf_deinit(&file[i]);
	hasher_deinit(&h);
}

START_TEST(the_kept_log_verifies_with_either_key)
{
	struct bytes kept = slurp(3, "kept");
	struct inspect_setup s = { .key = &key[_i], .n_keys = 1, .kept = &kept, .n_kept = 1 };
	struct inspect *in = inspect_new(&s);
	struct inspect_result r;

	ck_assert_ptr_nonnull(in);
	inspect_segment(in, 1);
	ck_assert(inspect_feed(in, slurp(1, "00000000000000000001.jsonl")));
	inspect_segment(in, 10);
	ck_assert(inspect_feed(in, slurp(2, "00000000000000000010.jsonl")));
	ck_assert_int_eq(inspect_end(in, &r), 0);
	ck_assert_str_eq(inspect_what_name(r.worst), "fine");
	ck_assert_uint_eq(r.last, 14);
	ck_assert_uint_eq(r.kept_upto, 8);
	ck_assert_uint_eq(r.signed_upto, 8);
	inspect_free(in);
}
END_TEST

START_TEST(the_kept_proof_is_good)
{
	struct bytes text = slurp(4, "record-3.tlog-proof");
	static uint8_t mem[PROOF_MAX];
	struct checkpoint c;
	struct proof p;

	ck_assert_int_eq(proof_parse(text, mem, &p), 0);
	ck_assert_int_eq(proof_check(&p, &h, BYTES_LIT(LOG_ORIGIN), key, 2, &c), 0);
	ck_assert_uint_eq(c.size, 8);
}
END_TEST

TCase *
audit_vector_tests(void)
{
	TCase *t = tcase_create("vectors");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, the_kept_log_verifies_with_either_key, 0, 2);
	tcase_add_test(t, the_kept_proof_is_good);
	return t;
}
