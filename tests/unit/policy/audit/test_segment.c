#include "tests/unit/policy/audit/log.h"
#include "tests/unit/policy/audit/suites.h"

static struct log l;

static void
setup(void)
{
	log_new(&l, 3);
}

static void
teardown(void)
{
	log_free(&l);
}

START_TEST(names_are_written_and_read)
{
	static const char *const bad[] = { "", "1.jsonl", "00000000000000000000.jsonl",
		"00000000000000000001.json", "0000000000000000000a.jsonl",
		"99999999999999999999.jsonl", "00000000000000000001.jsonl " };
	char name[SEGMENT_NAME_LEN + 1];
	uint64_t n;

	segment_name(42, name);
	ck_assert_str_eq(name, "00000000000000000042.jsonl");
	ck_assert_int_eq(segment_name_parse(bytes_str(name), &n), 0);
	ck_assert_uint_eq(n, 42);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(segment_name_parse(bytes_str(bad[i]), &n), SEGMENT_BAD);
}
END_TEST

START_TEST(a_segment_is_full_by_size_and_by_age)
{
	struct segment_limits by = { .max_bytes = 100, .max_age_ns = 50 };

	ck_assert(!segment_full(&by, 90, 1000, 1010, 10));
	ck_assert(segment_full(&by, 90, 1000, 1010, 11));
	ck_assert(segment_full(&by, 10, 1000, 1050, 1));
	ck_assert(!segment_full(&by, 10, 1000, 900, 1)); /* the clock went back */
	ck_assert(!segment_full(&by, 0, 0, 1050, 1000)); /* empty ones are not full */
	by = (struct segment_limits){ 0 };
	ck_assert(!segment_full(&by, UINT64_MAX, 0, INT64_MAX, UINT64_MAX));
}
END_TEST

START_TEST(the_oldest_go_and_the_last_never)
{
	struct segment_info s[] = { { 1, 10, 100, 1000 }, { 11, 20, 100, 2000 },
		{ 21, 30, 100, 3000 } };
	struct segment_limits by = { 0 };

	ck_assert_uint_eq(segment_retire(&by, s, 3, 9000), 0);
	by.keep_bytes = 200;
	ck_assert_uint_eq(segment_retire(&by, s, 3, 9000), 1);
	by.keep_bytes = 50;
	ck_assert_uint_eq(segment_retire(&by, s, 3, 9000), 2);
	by = (struct segment_limits){ .keep_age_ns = 6500 };
	ck_assert_uint_eq(segment_retire(&by, s, 3, 9000), 2);
	by.keep_age_ns = 1;
	ck_assert_uint_eq(segment_retire(&by, s, 3, 9000), 2);
	ck_assert_uint_eq(segment_retire(&by, s, 0, 9000), 0);
}
END_TEST

START_TEST(roots_are_written_and_read)
{
	struct segment_root r = { .first = 1, .last = 20, .bytes = 1234 }, back;
	struct buf b;

	buf_init(&b, SEGMENT_ROOT_MAX);
	r.head.b[0] = 1;
	r.root.b[31] = 2;
	segment_root_put(&b, &r);
	ck_assert_int_eq(segment_root_parse(bytes_of(b.ptr, b.len - 1), &back), 0);
	ck_assert_uint_eq(back.bytes, 1234);
	ck_assert(digest_eq(&back.root, &r.root) && digest_eq(&back.head, &r.head));
	ck_assert_int_eq(segment_root_parse(bytes_of(b.ptr, b.len), &back), SEGMENT_BAD);
	ck_assert_int_eq(segment_root_parse(bytes_of(b.ptr, b.len - 2), &back), SEGMENT_BAD);
	b.ptr[0] = '0';
	ck_assert_int_eq(segment_root_parse(bytes_of(b.ptr, b.len - 1), &back), SEGMENT_BAD);
	ck_assert_int_eq(segment_root_parse(BYTES_NULL, &back), SEGMENT_BAD);
	buf_deinit(&b);
}
END_TEST

static void
recover(struct bytes in, uint64_t first, const struct chain *before, size_t piece, uint64_t kept,
    struct recovered *out)
{
	struct recover *r = recover_new(first, before);

	ck_assert_ptr_nonnull(r);
	while (in.len != 0) {
		recover_feed(r, bytes_upto(in, piece));
		in = bytes_from(in, piece);
	}
	ck_assert_int_eq(recover_end(r, kept, out), 0);
	recover_free(r);
}

/* last_line() - where the last whole line of the first @n bytes ends, and how many there are. */
static size_t
last_line(struct bytes s, uint64_t *lines)
{
	size_t end = 0;

	*lines = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\n') {
			end = i + 1;
			(*lines)++;
		}
	}
	return end;
}

START_TEST(after_a_crash_at_any_byte_the_log_goes_on_and_verifies)
{
	struct inspect_setup s = log_setup(&l);
	struct inspect_result res;
	struct recovered r;
	struct buf whole;
	size_t len;

	log_fill(&l, 12, 6, 4);
	log_fill(&l, 3, 0, 2);
	buf_init(&whole, 1 << 20);
	buf_put(&whole, buf_bytes(&l.segment[2]));
	for (len = 0; len <= whole.len; len++) {
		uint64_t lines;
		size_t end = last_line(bytes_upto(buf_bytes(&whole), len), &lines);
		struct digest cut = digest_of(&l.h, bytes_of(whole.ptr + end, len - end));
		struct record gap = { .kind = RECORD_GAP,
			.why = BYTES_LIT("the last write was cut") };

		recover(bytes_upto(buf_bytes(&whole), len), l.first[2], NULL, 1 + len % 97, 0, &r);
		ck_assert_int_eq(r.state, lines == 0  ? RECOVER_EMPTY
					  : end < len ? RECOVER_TORN
						      : RECOVER_CLEAN);
		ck_assert_uint_eq(r.valid, end);
		ck_assert_uint_eq(r.cut, len - end);
		ck_assert(digest_eq(&r.cut_sha256, &cut));
		if (lines == 0 || (len % 7 != 0 && end != len))
			continue; /* what is kept is the same for all bytes of a line */
		ck_assert_uint_eq(r.chain.tree.size, l.first[2] - 1 + lines);
		/* go on from there, in a new run, as the writer would */
		l.segment[2].len = 0;
		buf_put(&l.segment[2], bytes_upto(buf_bytes(&whole), end));
		l.chain = r.chain;
		log_start(&l);
		gap.bytes = r.cut;
		log_add(&l, &gap);
		log_checkpoint(&l, 0);
		log_verify(&l, &s, 0, 0, &res);
		ck_assert_int_eq(res.worst, INSPECT_FINE);
		ck_assert_uint_eq(res.gaps, 1);
		ck_assert_uint_eq(res.signed_upto, l.chain.tree.size - 1);
	}
	buf_deinit(&whole);
}
END_TEST

START_TEST(zeros_and_holes_in_the_last_write_are_cut_off)
{
	struct recovered r;
	struct buf b;
	size_t end;

	log_fill(&l, 5, 0, 0);
	end = l.segment[0].len;
	log_fill(&l, 3, 0, 0);
	buf_init(&b, 1 << 20);
	buf_put(&b, buf_bytes(&l.segment[0]));
	memset(b.ptr + end + 5, 0, 300); /* a page that never came, whole records behind it */
	recover(buf_bytes(&b), 1, NULL, 1000, 0, &r);
	ck_assert_int_eq(r.state, RECOVER_TORN);
	ck_assert_uint_eq(r.valid, end);
	ck_assert_uint_eq(r.cut, b.len - end);
	b.len = end;
	for (size_t i = 0; i < 200000; i++)
		buf_put_u8(&b, 0);
	recover(buf_bytes(&b), 1, NULL, 4096, 0, &r);
	ck_assert_int_eq(r.state, RECOVER_TORN);
	ck_assert_uint_eq(r.cut, 200000);
	buf_deinit(&b);
}
END_TEST

START_TEST(damage_before_a_checkpoint_is_no_crash)
{
	struct recovered r;

	log_fill(&l, 5, 0, 0);
	l.segment[0].ptr[l.segment[0].len - 100] ^= 1;
	log_fill(&l, 3, 0, 0);
	recover(buf_bytes(&l.segment[0]), 1, NULL, 1000, 0, &r);
	ck_assert_int_eq(r.state, RECOVER_TORN); /* nothing says that it was durable */
	recover(buf_bytes(&l.segment[0]), 1, NULL, 1000, 8, &r);
	ck_assert_int_eq(r.state, RECOVER_DAMAGED); /* a kept checkpoint does */
	log_checkpoint(&l, 0);
	recover(buf_bytes(&l.segment[0]), 1, NULL, 1000, 0, &r);
	ck_assert_int_eq(r.state, RECOVER_DAMAGED); /* so does one in the log */
}
END_TEST

START_TEST(a_segment_that_continues_another_chain_is_not_taken_up)
{
	struct recovered r, first;
	struct log other;

	log_fill(&l, 6, 6, 0);
	recover(buf_bytes(&l.segment[0]), 1, NULL, 4096, 0, &first);
	ck_assert_int_eq(first.state, RECOVER_CLEAN);
	recover(buf_bytes(&l.segment[1]), l.first[1], &first.chain, 4096, 0, &r);
	ck_assert_int_eq(r.state, RECOVER_CLEAN);
	log_new(&other, 99);
	log_fill(&other, 6, 6, 0);
	recover(buf_bytes(&other.segment[1]), l.first[1], &first.chain, 4096, 0, &r);
	ck_assert_int_eq(r.state, RECOVER_EMPTY);
	ck_assert_uint_eq(r.cut, other.segment[1].len);
	ck_assert_uint_eq(r.chain.tree.size, first.chain.tree.size);
	log_free(&other);
}
END_TEST

START_TEST(a_batch_that_was_not_written_never_was)
{
	struct chain before;
	struct inspect_setup s = log_setup(&l);
	struct inspect_result r;
	size_t len;

	log_fill(&l, 5, 0, 0);
	before = l.chain;
	len = l.segment[0].len;
	log_fill(&l, 5, 0, 2);
	l.chain = before;
	l.segment[0].len = len;
	log_fill(&l, 5, 0, 2);
	log_verify(&l, &s, 0, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_FINE);
}
END_TEST

TCase *
segment_tests(void)
{
	TCase *t = tcase_create("segment");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, names_are_written_and_read);
	tcase_add_test(t, a_segment_is_full_by_size_and_by_age);
	tcase_add_test(t, the_oldest_go_and_the_last_never);
	tcase_add_test(t, roots_are_written_and_read);
	tcase_add_test(t, after_a_crash_at_any_byte_the_log_goes_on_and_verifies);
	tcase_add_test(t, zeros_and_holes_in_the_last_write_are_cut_off);
	tcase_add_test(t, damage_before_a_checkpoint_is_no_crash);
	tcase_add_test(t, a_segment_that_continues_another_chain_is_not_taken_up);
	tcase_add_test(t, a_batch_that_was_not_written_never_was);
	return t;
}
