#include "tests/unit/policy/audit/log.h"
#include "tests/unit/policy/audit/suites.h"

static struct log l;

static void
setup(void)
{
	log_new(&l, 1);
}

static void
teardown(void)
{
	log_free(&l);
}

START_TEST(a_log_as_it_was_written_is_fine)
{
	struct inspect_setup s = log_setup(&l);
	struct inspect_result r;

	log_fill(&l, 300, 50, 20);
	log_verify(&l, &s, 0, (size_t)_i, &r);
	ck_assert_str_eq(inspect_what_name(r.worst), "fine");
	ck_assert_uint_eq(r.first, 1);
	ck_assert_uint_eq(r.last, l.chain.tree.size);
	ck_assert_uint_eq(r.checkpoints, 15);
	/* the last checkpoint signs all before itself; behind it stands one segment record */
	ck_assert_uint_eq(r.signed_upto, r.last - 2);
	ck_assert_uint_eq(r.kept_upto, 0);
	ck_assert(memcmp(&r.tree, &l.chain.tree, sizeof(r.tree.size)) == 0);
}
END_TEST

START_TEST(nothing_is_proved_without_a_key)
{
	struct inspect_setup s = { .origin = BYTES_NULL };
	struct inspect_result r;

	log_fill(&l, 40, 0, 10);
	log_verify(&l, &s, 0, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_FINE);
	ck_assert_uint_eq(r.signed_upto, 0);
}
END_TEST

START_TEST(a_checkpoint_kept_elsewhere_shows_a_cut_tail)
{
	struct inspect_setup s = log_setup(&l);
	struct inspect_result r;
	struct bytes kept;
	size_t len;

	log_fill(&l, 30, 0, 10);
	len = l.segment[0].len;
	log_fill(&l, 10, 0, 10);
	kept = buf_bytes(&l.note);
	s.kept = &kept;
	s.n_kept = 1;
	log_verify(&l, &s, 0, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_FINE);
	ck_assert_uint_eq(r.kept_upto, r.last - 1);
	l.segment[0].len = len;
	log_verify(&l, &s, 0, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_TRUNCATED);
	ck_assert_uint_eq(r.finding[0].seq, r.last + 1);
}
END_TEST

START_TEST(a_log_rewritten_with_its_own_key_does_not_match_what_was_kept)
{
	struct inspect_setup s = log_setup(&l);
	struct inspect_result r;
	struct log other;
	struct bytes kept;

	log_fill(&l, 30, 0, 10);
	log_new(&other, 2);
	log_fill(&other, 30, 0, 10);
	kept = buf_bytes(&l.note);
	s.kept = &kept;
	s.n_kept = 1;
	log_verify(&other, &s, 0, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_REWRITTEN);
	/* what the log itself signs says nothing of where: it may have been written anew from the first record on */
	ck_assert_uint_eq(r.broke.seq, 1);
	ck_assert_uint_eq(r.signed_upto, 0);
	ck_assert_uint_eq(r.sound, 0);
	/* beside the log it says the same, and counts for less */
	s = log_setup(&l);
	s.beside = kept;
	log_verify(&other, &s, 0, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_REWRITTEN);
	ck_assert_uint_eq(r.kept_upto, 0);
	log_verify(&l, &s, 0, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_FINE);
	ck_assert_uint_eq(r.kept_upto, 0);
	log_free(&other);
}
END_TEST

START_TEST(a_key_hands_over_and_either_end_proves)
{
	struct inspect_setup s = log_setup(&l);
	struct inspect_result r;

	log_fill(&l, 20, 0, 10);
	log_rotate(&l, 0, 1);
	log_checkpoint(&l, 1);
	for (size_t i = 0; i < 2; i++) {
		s.key = &l.signer[i].key;
		log_verify(&l, &s, 0, 0, &r);
		ck_assert_int_eq(r.worst, INSPECT_FINE);
		ck_assert_uint_eq(r.rotations, 1);
		ck_assert_uint_eq(r.signed_upto, r.last - 1);
	}
}
END_TEST

START_TEST(an_old_key_may_not_go_on_signing)
{
	struct inspect_setup s = log_setup(&l);
	struct inspect_result r;

	log_fill(&l, 20, 0, 10);
	log_rotate(&l, 0, 1);
	log_checkpoint(&l, 1);
	log_checkpoint(&l, 0);
	log_verify(&l, &s, 0, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_SECOND_KEY);
	ck_assert_uint_eq(r.broke.seq, l.chain.tree.size);
}
END_TEST

START_TEST(a_second_key_is_seen)
{
	struct inspect_setup s = log_setup(&l);
	struct inspect_result r;

	log_fill(&l, 20, 0, 10);
	log_checkpoint(&l, 1);
	log_fill(&l, 20, 0, 10);
	log_verify(&l, &s, 0, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_SECOND_KEY);
	ck_assert_uint_eq(r.finding[0].seq, 25);
}
END_TEST

static const struct {
	int64_t wall, mono;
	enum inspect_what what;
} step[] = {
	{ -5000000000, 0, INSPECT_CLOCK },
	{ 5000000000, 0, INSPECT_CLOCK },
	{ 0, -500, INSPECT_CLOCK },
	{ 500000000, 0, INSPECT_FINE },
	{ 5000000000, 5000000000, INSPECT_FINE },
	{ 3600000000000, 3600000000000 + 2000000000, INSPECT_FINE },
};

START_TEST(a_clock_that_is_set_is_told_and_breaks_nothing)
{
	struct inspect_setup s = log_setup(&l);
	struct inspect_result r;

	log_fill(&l, 10, 0, 5);
	l.now_ns += step[_i].wall;
	l.mono_ns += step[_i].mono - (step[_i].mono < 0 ? 2000000 : 0);
	log_fill(&l, 10, 0, 5);
	log_verify(&l, &s, 0, 0, &r);
	ck_assert_int_eq(r.worst, step[_i].what);
	ck_assert(!r.broken);
	ck_assert_uint_eq(r.signed_upto, r.last - 1);
	if (step[_i].what != INSPECT_FINE)
		ck_assert_uint_eq(r.finding[0].seq, 15);
}
END_TEST

START_TEST(a_new_run_begins_with_its_own_monotonic_clock)
{
	struct inspect_setup s = log_setup(&l);
	struct inspect_result r;

	log_fill(&l, 10, 0, 5);
	log_start(&l);
	log_fill(&l, 10, 0, 5);
	log_verify(&l, &s, 0, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_FINE);
}
END_TEST

START_TEST(removed_segments_are_accounted_for_by_their_roots)
{
	struct inspect_setup s = log_setup(&l);
	struct inspect_result r;
	struct segment_root wrong[3];

	log_fill(&l, 100, 20, 7);
	s.removed = l.root;
	s.n_removed = 3;
	log_verify(&l, &s, 3, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_FINE);
	ck_assert_uint_eq(r.first, l.first[3]);
	ck_assert_uint_gt(r.signed_upto, r.first);
	s.n_removed = 2; /* nothing is said of the third */
	log_verify(&l, &s, 3, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_MISSING);
	memcpy(wrong, l.root, sizeof(wrong));
	wrong[2].root.b[0] ^= 1;
	s.removed = wrong;
	s.n_removed = 3;
	log_verify(&l, &s, 3, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_REMOVAL);
}
END_TEST

START_TEST(half_a_line_at_the_end_is_torn_and_elsewhere_malformed)
{
	struct inspect_setup s = log_setup(&l);
	struct inspect_result r;

	log_fill(&l, 40, 20, 7);
	l.segment[2].len -= 10;
	log_verify(&l, &s, 0, 100, &r);
	ck_assert_int_eq(r.worst, INSPECT_TORN);
	ck_assert(!r.broken);
	l.segment[0].len -= 10;
	log_verify(&l, &s, 0, 100, &r);
	ck_assert_int_eq(r.worst, INSPECT_MALFORMED);
}
END_TEST

TCase *
inspect_tests(void)
{
	TCase *t = tcase_create("inspect");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_log_as_it_was_written_is_fine, 0, 3);
	tcase_add_test(t, nothing_is_proved_without_a_key);
	tcase_add_test(t, a_checkpoint_kept_elsewhere_shows_a_cut_tail);
	tcase_add_test(t, a_log_rewritten_with_its_own_key_does_not_match_what_was_kept);
	tcase_add_test(t, a_key_hands_over_and_either_end_proves);
	tcase_add_test(t, an_old_key_may_not_go_on_signing);
	tcase_add_test(t, a_second_key_is_seen);
	tcase_add_loop_test(
	    t, a_clock_that_is_set_is_told_and_breaks_nothing, 0, sizeof(step) / sizeof(step[0]));
	tcase_add_test(t, a_new_run_begins_with_its_own_monotonic_clock);
	tcase_add_test(t, removed_segments_are_accounted_for_by_their_roots);
	tcase_add_test(t, half_a_line_at_the_end_is_torn_and_elsewhere_malformed);
	return t;
}
