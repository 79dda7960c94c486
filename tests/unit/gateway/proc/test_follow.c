/* The log as the shipper reads it, and the place it keeps. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/proc/position.h"
#include "policy/audit/segment.h"
#include "tests/unit/gateway/proc/suites.h"

static char folder[] = "/tmp/portcullis-follow-XXXXXX";
static int dir;
static struct follow f;
static struct chain chain;
static struct hasher h;
static uint64_t first, size;

static void
setup(void)
{
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(follow_init(&f, dir), 0);
	ck_assert_int_eq(hasher_init(&h), 0);
	chain_init(&chain);
	first = size = 0;
}

static void
teardown(void)
{
	char command[128];

	follow_deinit(&f);
	hasher_deinit(&h);
	close(dir);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void
put(struct bytes text)
{
	char name[SEGMENT_NAME_LEN + 1];
	int fd;

	segment_name(first, name);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_APPEND, 0600);
	ck_assert_int_eq(write(fd, text.ptr, text.len), (ssize_t)text.len);
	close(fd);
	size += text.len;
}

/* add() - @n more records, the first of them beginning a segment if there is none or @segment. */
static void
add(int n, bool segment)
{
	for (int i = 0; i < n; i++) {
		struct record r = { .time_ns = 1, .kind = RECORD_OPEN };
		bool begins = i == 0 && (segment || first == 0);
		struct buf line;

		buf_init(&line, RECORD_LINE_MAX);
		memset(r.run, 'a', RECORD_RUN_LEN);
		if (begins) {
			first = chain_next(&chain);
			size = 0;
			ck_assert_int_eq(chain_open_segment(&chain, &h, &r, &line), 0);
		} else {
			ck_assert_int_eq(chain_append(&chain, &h, &r, &line), 0);
		}
		put(buf_bytes(&line));
		buf_deinit(&line);
	}
	f.upto = (struct msg_audit_at){ first, size, chain.tree.size };
}

static void
expect(uint64_t from, uint64_t to)
{
	struct follow_line line;

	for (uint64_t seq = from; seq <= to; seq++) {
		ck_assert_int_eq(follow_next(&f, &line), 0);
		ck_assert_uint_eq(line.seq, seq);
		ck_assert(line.chained);
	}
	ck_assert_int_eq(follow_next(&f, &line), FOLLOW_END);
}

START_TEST(lines_come_in_order_over_segments)
{
	struct follow_line line;

	ck_assert_int_eq(follow_next(&f, &line), FOLLOW_END);
	add(3000, false);
	expect(1, 3000);
	add(1, false);
	add(5, true);
	add(5, true);
	expect(3001, 3011);
	ck_assert_uint_eq(f.at.first, 3007);
}
END_TEST

START_TEST(nothing_behind_the_durable_end_is_read)
{
	struct msg_audit_at end;

	add(3, false);
	end = f.upto;
	add(2, false);
	put(BYTES_LIT("{\"v\":2,\"half"));
	f.upto = end;
	expect(1, 3);
	f.upto = (struct msg_audit_at){ first, size - 12, 5 };
	expect(4, 5);
}
END_TEST

START_TEST(a_closed_log_names_a_segment_that_is_not_begun)
{
	add(4, false);
	f.upto = (struct msg_audit_at){ 5, 0, 4 };
	expect(1, 4);
	add(2, true);
	expect(5, 6);
}
END_TEST

START_TEST(a_place_is_gone_on_from)
{
	struct follow_at at;

	add(4, false);
	expect(1, 4);
	at = f.at;
	add(2, false);
	add(2, true);
	follow_to(&f, &at);
	expect(5, 8);
	/* also at the end of a segment, and when that one has gone */
	follow_to(&f, &at);
	f.upto = (struct msg_audit_at){ 7, 0, 6 };
	expect(5, 6);
	at = f.at;
	f.upto = (struct msg_audit_at){ first, size, 8 };
	follow_to(&f, &at);
	ck_assert_int_eq(unlinkat(dir, "00000000000000000001.jsonl", 0), 0);
	expect(7, 8);
}
END_TEST

START_TEST(a_place_in_another_log_is_elsewhere)
{
	struct follow_line line;
	struct follow_at at;

	add(4, false);
	expect(1, 4);
	at = f.at;
	add(2, false);
	at.head.b[0] ^= 1;
	follow_to(&f, &at);
	ck_assert_int_eq(follow_next(&f, &line), FOLLOW_ELSEWHERE);
	at.head.b[0] ^= 1;
	at.seq--;
	follow_to(&f, &at);
	ck_assert_int_eq(follow_next(&f, &line), FOLLOW_ELSEWHERE);
	at.seq = 7;
	follow_to(&f, &at);
	ck_assert_int_eq(follow_next(&f, &line), FOLLOW_ELSEWHERE);
	follow_to(&f, NULL);
	expect(1, 6);
}
END_TEST

START_TEST(segments_that_went_unread_are_missed)
{
	struct follow_line line;
	struct follow_at at;

	add(4, false);
	expect(1, 4);
	at = f.at;
	add(2, true);
	add(2, true);
	add(2, true);
	ck_assert_int_eq(unlinkat(dir, "00000000000000000001.jsonl", 0), 0);
	ck_assert_int_eq(unlinkat(dir, "00000000000000000005.jsonl", 0), 0);
	follow_to(&f, &at);
	ck_assert_int_eq(follow_next(&f, &line), FOLLOW_MISSED);
	ck_assert_uint_eq(f.from, 5);
	ck_assert_uint_eq(f.at.seq, 6);
	expect(7, 10);
	/* who has no place yet misses nothing */
	follow_to(&f, NULL);
	expect(7, 10);
}
END_TEST

START_TEST(a_line_that_is_not_linked_is_handed_on_and_marked)
{
	struct follow_line line;

	add(2, false);
	put(BYTES_LIT("not a record\n"));
	f.upto.offset = size;
	f.upto.seq++;
	ck_assert_int_eq(follow_next(&f, &line), 0);
	ck_assert_int_eq(follow_next(&f, &line), 0);
	ck_assert_int_eq(follow_next(&f, &line), 0);
	ck_assert(!line.chained && line.kind == RECORD_NONE);
	ck_assert(bytes_is(line.text, "not a record"));
}
END_TEST

START_TEST(a_link_in_a_segments_place_is_not_followed)
{
	struct follow_line line;

	add(2, false);
	ck_assert_int_eq(renameat(dir, "00000000000000000001.jsonl", dir, "real"), 0);
	ck_assert_int_eq(symlinkat("real", dir, "00000000000000000001.jsonl"), 0);
	ck_assert_int_eq(follow_next(&f, &line), -ELOOP);
}
END_TEST

START_TEST(a_place_is_kept)
{
	struct follow_at at = { 7, 4096, 12, { { 1, 2, 3 } } }, got = { 0 };

	ck_assert_int_eq(position_load(dir, "far", &got), POSITION_NONE);
	ck_assert_int_eq(position_save(dir, "far", &at), 0);
	ck_assert_int_eq(position_load(dir, "far", &got), 0);
	ck_assert_int_eq(memcmp(&at, &got, sizeof(at)), 0);
	at.seq = 13;
	ck_assert_int_eq(position_save(dir, "far", &at), 0);
	ck_assert_int_eq(position_load(dir, "far", &got), 0);
	ck_assert_uint_eq(got.seq, 13);
}
END_TEST

/* sent() - what a sink with this file is given: every record behind @from, and none is said to be gone. */
static void
sent(struct bytes text, uint64_t from)
{
	struct follow_line line;
	struct follow_at at;
	uint64_t next = 0;
	int r;

	follow_to(&f, position_parse(text, &at) == 0 ? &at : NULL);
	for (int turns = 0; (r = follow_next(&f, &line)) != FOLLOW_END; turns++) {
		ck_assert_int_lt(turns, 200);
		ck_assert_msg(r == 0 || r == FOLLOW_ELSEWHERE, "%.*s: %d", (int)text.len, (const char *)text.ptr, r);
		if (r == FOLLOW_ELSEWHERE) {
			follow_to(&f, NULL);
			continue;
		}
		ck_assert_msg(next != 0 ? line.seq == next : line.seq <= from + 1, "%.*s: record %lu",
		    (int)text.len, (const char *)text.ptr, (unsigned long)line.seq);
		next = line.seq + 1;
	}
	ck_assert_msg((next != 0 ? next : from + 1) == f.upto.seq + 1, "%.*s: the end is %lu", (int)text.len,
	    (const char *)text.ptr, (unsigned long)next);
}

START_TEST(a_damaged_place_leaves_no_record_out)
{
	static const char letters[] = "0123456789abcdef \n-";
	struct follow_at at[60];
	struct follow_line line;

	add(20, false);
	add(20, true);
	add(20, true);
	for (size_t i = 0; i < 60; i++) {
		ck_assert_int_eq(follow_next(&f, &line), 0);
		at[i] = f.at;
	}
	/* at the beginning, at the end and in the midst of a segment */
	for (size_t i = 0; i < 60; i += 19) {
		struct buf b;

		buf_init(&b, 256);
		position_put(&b, &at[i]);
		sent(buf_bytes(&b), i + 1);
		for (size_t k = 0; k < b.len; k += b.ptr[k] == '\n' || k < 24 ? 1 : 13) {
			uint8_t was = b.ptr[k];

			for (size_t n = 0; n + 1 < sizeof(letters); n++) {
				b.ptr[k] = (uint8_t)letters[n];
				sent(buf_bytes(&b), i + 1);
			}
			b.ptr[k] = was;
			sent(bytes_upto(buf_bytes(&b), k), i + 1);
		}
		buf_deinit(&b);
	}
}
END_TEST

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

START_TEST(what_is_no_place_is_refused)
{
	static const char *const bad[] = { "", "v1", "v1 1 2 3 " HEX, "v1 1 2 3 " HEX "\n\n",
		"v2 1 2 3 " HEX "\n", "v1 01 2 3 " HEX "\n", "v1 1 2 3 4 " HEX "\n",
		"v1 1 2 " HEX "\n", "v1 -1 2 3 " HEX "\n", "v1 11111111111111111 2 3 " HEX "\n",
		"v1 1 2 3 " HEX "0\n",
		/* nobody comes to such a place by reading */
		"v1 1 0 3 " HEX "\n", "v1 1 2 0 " ZEROS "\n", "v1 1 2 3 " ZEROS "\n",
		"v1 4 2 3 " HEX "\n", "v1 0 0 3 " HEX "\n", "v1 0 2 0 " ZEROS "\n",
		"v1 0 0 0 " HEX "\n" };
	struct follow_at at;

	ck_assert_int_eq(position_parse(BYTES_LIT("v1 1 2 3 " HEX "\n"), &at), 0);
	ck_assert_int_eq(position_parse(BYTES_LIT("v1 4 0 3 " HEX "\n"), &at), 0);
	ck_assert_int_eq(position_parse(BYTES_LIT("v1 4 0 3 " ZEROS "\n"), &at), 0);
	ck_assert_int_eq(position_parse(BYTES_LIT("v1 0 0 0 " ZEROS "\n"), &at), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(position_parse(bytes_str(bad[i]), &at) == POSITION_BAD, "%s", bad[i]);
}
END_TEST

TCase *
follow_tests(void)
{
	TCase *t = tcase_create("follow");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, lines_come_in_order_over_segments);
	tcase_add_test(t, nothing_behind_the_durable_end_is_read);
	tcase_add_test(t, a_closed_log_names_a_segment_that_is_not_begun);
	tcase_add_test(t, a_place_is_gone_on_from);
	tcase_add_test(t, a_place_in_another_log_is_elsewhere);
	tcase_add_test(t, segments_that_went_unread_are_missed);
	tcase_add_test(t, a_line_that_is_not_linked_is_handed_on_and_marked);
	tcase_add_test(t, a_link_in_a_segments_place_is_not_followed);
	tcase_add_test(t, a_place_is_kept);
	tcase_add_test(t, what_is_no_place_is_refused);
	tcase_add_test(t, a_damaged_place_leaves_no_record_out);
	return t;
}
