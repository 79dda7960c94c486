#include "policy/audit/merkle.h"
#include "tests/unit/policy/audit/suites.h"

/* Certificate Transparency's reference leaves and the roots of their first n. Source:
 * google/certificate-transparency, merkletree/merkle_tree_test.cc. */
static const struct {
	const char *leaf;
	size_t len;
	const char *root;
} ct[] = {
	{ "", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
	{ "\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
	{ "\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
	{ "\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
	{ "\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
	{ "\x40\x41\x42\x43", 4,
	    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
	{ "\x50\x51\x52\x53\x54\x55\x56\x57", 8,
	    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
	{ "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
	    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
};

enum { LEAVES = 70 };

static struct hasher h;
static struct digest leaf[LEAVES], root[LEAVES + 1];
static struct merkle tree[LEAVES + 1];

static void
setup(void)
{
	ck_assert_int_eq(hasher_init(&h), 0);
	root[0] = merkle_root(&tree[0], &h);
	for (uint8_t i = 0; i < LEAVES; i++) {
		leaf[i] = digest_leaf(&h, bytes_of(&i, 1));
		tree[i + 1] = tree[i];
		merkle_add(&tree[i + 1], &h, &leaf[i]);
		root[i + 1] = merkle_root(&tree[i + 1], &h);
	}
}

static void
teardown(void)
{
	hasher_deinit(&h);
}

START_TEST(the_reference_roots_come_out)
{
	struct merkle t = { 0 };
	struct digest want, got = merkle_root(&t, &h);

	ck_assert(digest_from_hex(
	    BYTES_LIT("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), &want));
	ck_assert(digest_eq(&want, &got));
	for (size_t i = 0; i < sizeof(ct) / sizeof(ct[0]); i++) {
		struct digest d = digest_leaf(&h, bytes_of(ct[i].leaf, ct[i].len));

		merkle_add(&t, &h, &d);
		got = merkle_root(&t, &h);
		ck_assert(digest_from_hex(bytes_str(ct[i].root), &want));
		ck_assert(digest_eq(&want, &got));
	}
}
END_TEST

static int
include(uint64_t index, uint64_t size, const struct merkle *before, struct merkle_path *path)
{
	struct merkle_prover p;

	if (merkle_prove_inclusion(&p, &h, index, size, before) != 0)
		return MERKLE_BAD;
	for (uint64_t i = before != NULL ? before->size : 0; i < size; i++)
		merkle_prover_leaf(&p, &h, &leaf[i]);
	return merkle_prover_end(&p, path);
}

START_TEST(every_leaf_of_every_tree_is_proved_and_nothing_else)
{
	uint64_t size = (uint64_t)_i;
	struct merkle_path path, longer;

	for (uint64_t i = 0; i < size; i++) {
		ck_assert_int_eq(include(i, size, NULL, &path), 0);
		ck_assert_int_eq(
		    merkle_check_inclusion(&h, &leaf[i], i, size, &path, &root[size]), 0);
		ck_assert_int_ne(merkle_check_inclusion(
				     &h, &leaf[(i + 1) % LEAVES], i, size, &path, &root[size]),
		    0);
		if (size > 1)
			ck_assert_int_ne(merkle_check_inclusion(&h, &leaf[i], (i + 1) % size, size,
					     &path, &root[size]),
			    0);
		longer = path;
		longer.hash[longer.n++] = leaf[0];
		ck_assert_int_ne(
		    merkle_check_inclusion(&h, &leaf[i], i, size, &longer, &root[size]), 0);
		for (size_t k = 0; k < path.n; k++) {
			path.hash[k].b[5] ^= 1;
			ck_assert_int_ne(
			    merkle_check_inclusion(&h, &leaf[i], i, size, &path, &root[size]), 0);
			path.hash[k].b[5] ^= 1;
		}
	}
}
END_TEST

START_TEST(a_leaf_is_proved_when_the_first_ones_are_gone)
{
	uint64_t size = (uint64_t)_i;
	struct merkle_path path;

	for (uint64_t gone = 0; gone < size; gone++) {
		for (uint64_t i = 0; i < size; i++) {
			if (i < gone) {
				ck_assert_int_eq(include(i, size, &tree[gone], &path), MERKLE_BAD);
				continue;
			}
			ck_assert_int_eq(include(i, size, &tree[gone], &path), 0);
			ck_assert_int_eq(
			    merkle_check_inclusion(&h, &leaf[i], i, size, &path, &root[size]), 0);
		}
	}
}
END_TEST

static int
consist(uint64_t size1, uint64_t size2, const struct merkle *before, struct merkle_path *path)
{
	struct merkle_prover p;

	if (merkle_prove_consistency(&p, &h, size1, size2, before) != 0)
		return MERKLE_BAD;
	for (uint64_t i = before != NULL ? before->size : 0; i < size2; i++)
		merkle_prover_leaf(&p, &h, &leaf[i]);
	return merkle_prover_end(&p, path);
}

START_TEST(every_tree_is_proved_to_begin_a_later_one_and_no_other)
{
	uint64_t size2 = (uint64_t)_i;
	struct merkle_path path;

	for (uint64_t size1 = 0; size1 <= size2; size1++) {
		ck_assert_int_eq(consist(size1, size2, NULL, &path), 0);
		ck_assert_int_eq(
		    merkle_check_consistency(&h, size1, size2, &path, &root[size1], &root[size2]),
		    0);
		ck_assert_int_ne(
		    merkle_check_consistency(&h, size1, size2, &path, &leaf[0], &root[size2]),
		    size1 == 1 ? MERKLE_BAD : 0);
		if (size1 > 0)
			ck_assert_int_ne(merkle_check_consistency(
					     &h, size1, size2, &path, &root[size1], &leaf[1]),
			    0);
		for (size_t k = 0; k < path.n; k++) {
			path.hash[k].b[9] ^= 1;
			ck_assert_int_ne(merkle_check_consistency(
					     &h, size1, size2, &path, &root[size1], &root[size2]),
			    0);
			path.hash[k].b[9] ^= 1;
		}
		for (uint64_t gone = 0; gone <= size1 && size1 < size2; gone++) {
			if (consist(size1, size2, &tree[gone], &path) != 0)
				continue; /* needs what was removed */
			ck_assert_int_eq(merkle_check_consistency(
					     &h, size1, size2, &path, &root[size1], &root[size2]),
			    0);
		}
	}
}
END_TEST

START_TEST(a_proof_that_lacks_leaves_is_none)
{
	struct merkle_prover p;
	struct merkle_path path;

	ck_assert_int_eq(merkle_prove_inclusion(&p, &h, 3, 9, NULL), 0);
	for (size_t i = 0; i < 8; i++)
		merkle_prover_leaf(&p, &h, &leaf[i]);
	ck_assert_int_eq(merkle_prover_end(&p, &path), MERKLE_BAD);
	ck_assert_int_eq(merkle_prove_inclusion(&p, &h, 9, 9, NULL), MERKLE_BAD);
	ck_assert_int_eq(merkle_prove_consistency(&p, &h, 9, 8, NULL), MERKLE_BAD);
	ck_assert_int_eq(merkle_check_inclusion(&h, &leaf[0], 0, 0, &path, &root[0]), MERKLE_BAD);
}
END_TEST

START_TEST(peaks_are_written_and_read)
{
	struct merkle t;
	struct buf b;

	buf_init(&b, 8192);
	merkle_put_peaks(&b, &tree[_i]);
	ck_assert_int_eq(merkle_from_peaks(&t, (uint64_t)_i, buf_bytes(&b)), 0);
	ck_assert_uint_eq(t.n, tree[_i].n);
	ck_assert_int_eq(merkle_from_peaks(&t, 127, buf_bytes(&b)), MERKLE_BAD);
	buf_deinit(&b);
}
END_TEST

TCase *
merkle_tests(void)
{
	TCase *t = tcase_create("merkle");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_reference_roots_come_out);
	tcase_add_loop_test(t, every_leaf_of_every_tree_is_proved_and_nothing_else, 1, 40);
	tcase_add_loop_test(t, a_leaf_is_proved_when_the_first_ones_are_gone, 1, 24);
	tcase_add_loop_test(t, every_tree_is_proved_to_begin_a_later_one_and_no_other, 1, LEAVES);
	tcase_add_test(t, a_proof_that_lacks_leaves_is_none);
	tcase_add_loop_test(t, peaks_are_written_and_read, 0, LEAVES);
	return t;
}
