/*
 * test_tamper - what somebody can do to a log without its key, at random places: every one is
 * found, and the record that is named is the right one.
 */
#include "tests/unit/policy/audit/log.h"
#include "tests/unit/policy/audit/suites.h"

enum { RECORDS = 120, ROUNDS = 100 };

static struct log l, other;
static struct inspect_result r;

static void
setup(void)
{
	log_new(&l, 5);
	log_fill(&l, RECORDS, 40, 10);
	log_command(&l);
	log_checkpoint(&l, 0);
	log_new(&other, 77);
	log_fill(&other, RECORDS, 40, 10);
}

static void
teardown(void)
{
	log_free(&l);
	log_free(&other);
}

/* line_of() - the n-th line of a segment, with its line feed. */
static struct bytes
line_of(const struct buf *b, size_t n)
{
	struct bytes all = buf_bytes(b);

	while (n-- > 0)
		all = bytes_from(all, bytes_find(all, '\n') + 1);
	return bytes_upto(all, bytes_find(all, '\n') + 1);
}

static size_t
lines_of(const struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += b->ptr[i] == '\n';
	return n;
}

/* replace() - a segment's line @at (and @n - 1 more) by @with. */
static void
replace(struct buf *b, size_t at, size_t n, struct bytes with)
{
	struct buf made;
	size_t total = lines_of(b);

	buf_init(&made, SIZE_MAX / 2);
	for (size_t i = 0; i < total; i++) {
		if (i == at)
			buf_put(&made, with);
		if (i < at || i >= at + n)
			buf_put(&made, line_of(b, i));
	}
	if (at == total)
		buf_put(&made, with);
	ck_assert(!buf_failed(&made));
	buf_deinit(b);
	*b = made;
}

static void
verify(void)
{
	struct inspect_setup s = log_setup(&l);

	log_verify(&l, &s, 0, 1000, &r);
	ck_assert_msg(r.broken, "not found");
}

/* found() - the finding covers record @seq, and nothing is believed from there on. */
static void
found(uint64_t seq)
{
	ck_assert_msg(r.broke.seq <= seq && seq <= r.broke.to,
	    "%s: %lu..%lu is not record %lu (%s)", inspect_what_name(r.broke.what),
	    (unsigned long)r.broke.seq, (unsigned long)r.broke.to, (unsigned long)seq, r.broke.why);
	ck_assert_uint_le(r.broke.to - r.broke.seq, 1);
	ck_assert_uint_lt(r.sound, seq);
}

/* somewhere() - a line that is not the last one of all: *seg, *line; its number. */
static uint64_t
somewhere(size_t *seg, size_t *line, size_t first_line)
{
	*seg = log_random(&l, (uint32_t)l.n_segments);
	*line = first_line + log_random(&l, (uint32_t)(lines_of(&l.segment[*seg]) - first_line -
						       (*seg + 1 == l.n_segments)));
	return l.first[*seg] + *line;
}

START_TEST(a_changed_byte_is_found)
{
	size_t seg, line;
	uint64_t seq;

	for (int i = 0; i < ROUNDS; i++) {
		struct bytes was;
		uint8_t *p, old;

		seq = somewhere(&seg, &line, 0);
		was = line_of(&l.segment[seg], line);
		p = l.segment[seg].ptr + (was.ptr - l.segment[seg].ptr) +
		    log_random(&l, (uint32_t)was.len - 1);
		old = *p;
		*p = old == '5' ? '6' : '5';
		verify();
		found(seq);
		*p = old;
	}
}
END_TEST

START_TEST(a_changed_byte_of_the_text_is_pinned_to_its_record)
{
	struct bytes was = line_of(&l.segment[1], 7);
	uint8_t *p = l.segment[1].ptr + (was.ptr - l.segment[1].ptr) + was.len - 10;

	*p ^= 1;
	verify();
	ck_assert_int_eq(r.worst, INSPECT_CHANGED);
	ck_assert_uint_eq(r.broke.seq, l.first[1] + 7);
	ck_assert_uint_eq(r.broke.to, l.first[1] + 7);
	ck_assert_uint_eq(r.broke.segment, l.first[1]);
	ck_assert_uint_eq(r.broke.line, 8);
	ck_assert_uint_eq(r.broke.offset, (size_t)(was.ptr - l.segment[1].ptr));
}
END_TEST

START_TEST(a_record_changed_and_all_links_mended_does_not_match_the_checkpoint)
{
	struct inspect_setup s = log_setup(&l);
	struct log mended;

	/* other records, whole and linked, in front of the checkpoint that was signed */
	log_new(&mended, 5);
	(void)log_random(&mended, 1); /* other commands */
	for (int i = 0; i < 9; i++)
		log_command(&mended);
	for (size_t i = 0; i < lines_of(&l.segment[0]); i++) {
		struct record_shape shape;
		struct bytes line = line_of(&l.segment[0], i);

		ck_assert_int_eq(record_shape(bytes_upto(line, line.len - 1), &shape), 0);
		if (shape.head.kind == RECORD_CHECKPOINT) {
			struct buf note;
			struct record c = { .kind = RECORD_CHECKPOINT };

			buf_init(&note, NOTE_MAX);
			record_put_value(&note, shape.note);
			c.note = buf_bytes(&note);
			log_command(&mended);
			log_add(&mended, &c);
			buf_deinit(&note);
			break;
		}
	}
	log_command(&mended);
	log_verify(&mended, &s, 0, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_REWRITTEN);
	ck_assert_uint_eq(r.broke.seq, 1);
	log_free(&mended);
}
END_TEST

START_TEST(a_deleted_record_is_found)
{
	size_t seg, line;
	uint64_t seq;

	for (int i = 0; i < ROUNDS; i++) {
		struct buf keep;

		seq = somewhere(&seg, &line, 0);
		buf_init(&keep, SIZE_MAX / 2);
		buf_put(&keep, buf_bytes(&l.segment[seg]));
		replace(&l.segment[seg], line, 1, BYTES_NULL);
		verify();
		found(seq);
		buf_deinit(&l.segment[seg]);
		l.segment[seg] = keep;
	}
}
END_TEST

START_TEST(two_records_that_changed_places_are_found)
{
	size_t seg, line;
	uint64_t seq;

	for (int i = 0; i < ROUNDS; i++) {
		struct buf keep, two;

		do {
			seq = somewhere(&seg, &line, 1);
		} while (line + 1 >= lines_of(&l.segment[seg]));
		buf_init(&keep, SIZE_MAX / 2);
		buf_init(&two, 1 << 20);
		buf_put(&keep, buf_bytes(&l.segment[seg]));
		buf_put(&two, line_of(&keep, line + 1));
		buf_put(&two, line_of(&keep, line));
		replace(&l.segment[seg], line, 2, buf_bytes(&two));
		verify();
		ck_assert_int_eq(r.worst, INSPECT_REORDERED);
		found(seq + 1);
		buf_deinit(&two);
		buf_deinit(&l.segment[seg]);
		l.segment[seg] = keep;
	}
}
END_TEST

START_TEST(a_record_twice_is_found)
{
	size_t seg, line;
	uint64_t seq;

	for (int i = 0; i < ROUNDS; i++) {
		struct buf keep;

		seq = somewhere(&seg, &line, 1);
		buf_init(&keep, SIZE_MAX / 2);
		buf_put(&keep, buf_bytes(&l.segment[seg]));
		replace(&l.segment[seg], line, 0, line_of(&keep, line));
		verify();
		ck_assert_int_eq(r.worst, INSPECT_DUPLICATED);
		found(seq);
		buf_deinit(&l.segment[seg]);
		l.segment[seg] = keep;
	}
}
END_TEST

START_TEST(a_record_made_to_fit_between_two_is_found)
{
	size_t seg, line;
	uint64_t seq;

	for (int i = 0; i < ROUNDS; i++) {
		struct record forged = { .kind = RECORD_OUTCOME, .of = 1 };
		struct record_shape shape;
		struct bytes at;
		struct buf keep, made;

		seq = somewhere(&seg, &line, 1);
		buf_init(&keep, SIZE_MAX / 2);
		buf_init(&made, 1 << 20);
		buf_put(&keep, buf_bytes(&l.segment[seg]));
		at = line_of(&keep, line);
		ck_assert_int_eq(record_shape(bytes_upto(at, at.len - 1), &shape), 0);
		forged.seq = seq;
		forged.prev = shape.head.prev;
		forged.time_ns = shape.head.time_ns;
		forged.mono_ns = shape.head.mono_ns;
		memcpy(forged.run, shape.head.run.ptr, RECORD_RUN_LEN);
		ck_assert_int_eq(record_encode(&forged, &made), 0);
		buf_put_u8(&made, '\n');
		replace(&l.segment[seg], line, 0, buf_bytes(&made));
		verify();
		ck_assert_int_eq(r.worst, INSPECT_INSERTED);
		found(seq);
		ck_assert_uint_eq(r.broke.line, line + 1);
		buf_deinit(&made);
		buf_deinit(&l.segment[seg]);
		l.segment[seg] = keep;
	}
}
END_TEST

START_TEST(records_of_another_log_are_found)
{
	size_t seg, line;
	uint64_t seq;

	for (int i = 0; i < ROUNDS; i++) {
		struct buf keep;

		do {
			seq = somewhere(&seg, &line, 1);
		} while (seg >= other.n_segments || line >= lines_of(&other.segment[seg]));
		buf_init(&keep, SIZE_MAX / 2);
		buf_put(&keep, buf_bytes(&l.segment[seg]));
		replace(&l.segment[seg], line, 1, line_of(&other.segment[seg], line));
		verify();
		found(seq);
		buf_deinit(&l.segment[seg]);
		l.segment[seg] = keep;
	}
}
END_TEST

START_TEST(a_missing_file_is_found)
{
	struct buf keep = l.segment[1];

	for (size_t i = 1; i + 1 < l.n_segments; i++) {
		l.segment[i] = l.segment[i + 1];
		l.first[i] = l.first[i + 1];
	}
	l.n_segments--;
	verify();
	ck_assert_int_eq(r.worst, INSPECT_MISSING);
	ck_assert_uint_eq(r.broke.to, l.first[1] - 1);
	buf_deinit(&keep);
}
END_TEST

START_TEST(a_file_under_another_name_is_found)
{
	l.first[1]++;
	verify();
	ck_assert_int_eq(r.worst, INSPECT_SEGMENT);
}
END_TEST

START_TEST(a_changed_last_record_is_behind_the_proof)
{
	struct inspect_setup s = log_setup(&l);
	struct buf *b = &l.segment[l.n_segments - 1];

	log_command(&l);
	b->ptr[b->len - 10] ^= 1;
	log_verify(&l, &s, 0, 0, &r);
	ck_assert_int_eq(r.worst, INSPECT_FINE); /* nobody can know: and so it says */
	ck_assert_uint_lt(r.signed_upto, r.last);
	ck_assert_uint_lt(r.sound, r.last);
}
END_TEST

TCase *
tamper_tests(void)
{
	TCase *t = tcase_create("tamper");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_changed_byte_is_found);
	tcase_add_test(t, a_changed_byte_of_the_text_is_pinned_to_its_record);
	tcase_add_test(t, a_record_changed_and_all_links_mended_does_not_match_the_checkpoint);
	tcase_add_test(t, a_deleted_record_is_found);
	tcase_add_test(t, two_records_that_changed_places_are_found);
	tcase_add_test(t, a_record_twice_is_found);
	tcase_add_test(t, a_record_made_to_fit_between_two_is_found);
	tcase_add_test(t, records_of_another_log_are_found);
	tcase_add_test(t, a_missing_file_is_found);
	tcase_add_test(t, a_file_under_another_name_is_found);
	tcase_add_test(t, a_changed_last_record_is_behind_the_proof);
	return t;
}
