/* A stream's two sides: what is kept, what is lent, what waits, and how errors show. */
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/io/stream.h"
#include "tests/unit/gateway/io/suites.h"

static uv_loop_t loop;
static struct stream_room room;
static struct stream stream;
static int peer;
static size_t readables, writables, closeds;
static int fill_answer;

static void
on_readable(struct stream *s)
{
	struct bytes run;

	readables++;
	fill_answer = stream_fill(s, 0, &run);
	if (fill_answer != 0 && fill_answer != STREAM_BLOCKED)
		stream_read_on(s, false);
	ck_assert_int_eq(stream_keep(s, run), 0);
}

static void
on_writable(struct stream *s)
{
	(void)s;
	writables++;
}

static void
on_closed(struct stream *s)
{
	(void)s;
	closeds++;
}

static const struct stream_ops ops = { on_readable, on_writable, on_closed };

static void
setup(void)
{
	int pair[2];

	readables = writables = closeds = 0;
	fill_answer = 0;
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	ck_assert_int_eq(stream_room_init(&room, &loop), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	peer = pair[1];
	ck_assert_int_eq(stream_open(&stream, &room, pair[0], 64U << 20, &ops), 0);
}

static void
teardown(void)
{
	stream_close(&stream);
	stream_close(&stream);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_uint_eq(closeds, 1);
	if (peer >= 0)
		close(peer);
	stream_room_deinit(&room);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static void
say(const char *text)
{
	ck_assert_int_eq((int)write(peer, text, strlen(text)), (int)strlen(text));
}

START_TEST(nothing_there_is_blocked_and_the_end_is_the_end)
{
	struct bytes run;

	ck_assert_int_eq(stream_fill(&stream, 0, &run), STREAM_BLOCKED);
	say("abc");
	ck_assert_int_eq(stream_fill(&stream, 0, &run), 0);
	ck_assert(bytes_is(run, "abc"));
	ck_assert_int_eq(stream_keep(&stream, bytes_from(run, 1)), 0);
	shutdown(peer, SHUT_WR);
	ck_assert_int_eq(stream_fill(&stream, 0, &run), STREAM_END);
	ck_assert(bytes_is(run, "bc"));
}
END_TEST

START_TEST(what_is_kept_stands_before_what_is_read)
{
	struct bytes run;

	for (const char *c = "hello"; *c != '\0'; c++) {
		ck_assert_int_eq((int)write(peer, c, 1), 1);
		ck_assert_int_eq(stream_fill(&stream, 0, &run), 0);
		ck_assert_int_eq(stream_keep(&stream, run), 0);
	}
	ck_assert(bytes_is(stream_run(&stream), "hello"));
	/* a part of the kept bytes is kept in place */
	ck_assert_int_eq(stream_keep(&stream, bytes_from(stream_run(&stream), 3)), 0);
	ck_assert(bytes_is(stream_run(&stream), "lo"));
	ck_assert_int_eq(stream_keep(&stream, BYTES_NULL), 0);
	ck_assert(stream.kept == NULL);
}
END_TEST

START_TEST(an_idle_stream_owns_nothing)
{
	struct bytes run;

	say("x");
	ck_assert_int_eq(stream_fill(&stream, 0, &run), 0);
	ck_assert_int_eq(stream_keep(&stream, bytes_from(run, 1)), 0);
	buf_put_str(stream_out(&stream), "y");
	ck_assert_int_eq(stream_flush(&stream), 0);
	ck_assert(stream.kept == NULL && stream.out.ptr == NULL);
}
END_TEST

START_TEST(a_large_operation_grows_with_what_has_arrived)
{
	enum { WHOLE = 4 << 20, STEP = 32 * 1024 };
	static uint8_t part[STEP];
	struct bytes run = BYTES_NULL;
	size_t sent = 0;

	while (sent < WHOLE) {
		for (size_t i = 0; i < STEP; i++)
			part[i] = (uint8_t)((sent + i) * 31 >> 3);
		ck_assert_int_eq((int)write(peer, part, STEP), STEP);
		sent += STEP;
		do {
			ck_assert_int_eq(stream_fill(&stream, WHOLE, &run), 0);
			ck_assert_int_eq(stream_keep(&stream, run), 0);
			/* not ahead to what was only announced */
			ck_assert_uint_le(stream.kept_cap, sent * 2 + STREAM_READ);
		} while (stream.kept_len < sent);
	}
	run = stream_run(&stream);
	ck_assert_uint_eq(run.len, WHOLE);
	for (size_t i = 0; i < WHOLE; i++) {
		if (run.ptr[i] != (uint8_t)(i * 31 >> 3))
			ck_abort_msg("byte %zu is another", i);
	}
}
END_TEST

START_TEST(a_drained_buffer_is_lent_again_and_few_are_stored)
{
	uint8_t *ptr;

	buf_reserve(stream_out(&stream), 8192);
	buf_put_str(&stream.out, "x");
	ptr = stream.out.ptr;
	ck_assert_int_eq(stream_flush(&stream), 0);
	ck_assert_uint_eq(room.n_spare, 1);
	buf_put_str(stream_out(&stream), "y");
	ck_assert_ptr_eq(stream.out.ptr, ptr);
	ck_assert_int_eq(stream_flush(&stream), 0);
	/* too small or too large to be worth keeping */
	free(room.spare[0].ptr);
	room.n_spare = 0;
	buf_put_str(stream_out(&stream), "z");
	ck_assert_int_eq(stream_flush(&stream), 0);
	ck_assert_uint_eq(room.n_spare, 0);
}
END_TEST

START_TEST(back_pressure_blocks_and_lets_go)
{
	static uint8_t lump[8 << 20];
	static uint8_t in[1 << 16];
	size_t got = 0;

	for (size_t i = 0; i < sizeof(lump); i++)
		lump[i] = (uint8_t)(i * 7 >> 2);
	buf_put(stream_out(&stream), bytes_of(lump, sizeof(lump)));
	ck_assert_int_eq(stream_flush(&stream), STREAM_BLOCKED);
	ck_assert_uint_gt(stream_pending(&stream), 0);
	while (got < sizeof(lump)) {
		ssize_t n = recv(peer, in, sizeof(in), MSG_DONTWAIT);

		if (n < 0) {
			uv_run(&loop, UV_RUN_NOWAIT);
			continue;
		}
		ck_assert_int_eq(memcmp(in, lump + got, (size_t)n), 0);
		got += (size_t)n;
	}
	uv_run(&loop, UV_RUN_NOWAIT);
	ck_assert_uint_eq(stream_pending(&stream), 0);
	ck_assert_uint_gt(writables, 0);
}
END_TEST

START_TEST(the_ceiling_is_about_what_waits)
{
	static uint8_t lump[1 << 20];
	static uint8_t in[1 << 16];

	/* 80 MiB go through a side of 64 MiB */
	for (int i = 0; i < 80; i++) {
		buf_put(stream_out(&stream), bytes_of(lump, sizeof(lump)));
		while (stream_flush(&stream) == STREAM_BLOCKED)
			ck_assert_int_gt((int)recv(peer, in, sizeof(in), 0), 0);
		ck_assert(!buf_failed(&stream.out));
	}
}
END_TEST

START_TEST(a_side_that_waits_only_to_write_still_learns_of_the_end)
{
	static uint8_t lump[8 << 20];
	int turns = 0;

	buf_put(stream_out(&stream), bytes_of(lump, sizeof(lump)));
	ck_assert_int_eq(stream_flush(&stream), STREAM_BLOCKED);
	stream_read_on(&stream, false);
	close(peer);
	peer = -1;
	while (readables == 0 && turns++ < 100)
		uv_run(&loop, UV_RUN_NOWAIT);
	ck_assert_uint_gt(readables, 0);
	ck_assert_int_lt(fill_answer, 0);
}
END_TEST

TCase *
stream_tests(void)
{
	TCase *t = tcase_create("stream");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, nothing_there_is_blocked_and_the_end_is_the_end);
	tcase_add_test(t, what_is_kept_stands_before_what_is_read);
	tcase_add_test(t, an_idle_stream_owns_nothing);
	tcase_add_test(t, a_large_operation_grows_with_what_has_arrived);
	tcase_add_test(t, a_drained_buffer_is_lent_again_and_few_are_stored);
	tcase_add_test(t, back_pressure_blocks_and_lets_go);
	tcase_add_test(t, the_ceiling_is_about_what_waits);
	tcase_add_test(t, a_side_that_waits_only_to_write_still_learns_of_the_end);
	return t;
}
