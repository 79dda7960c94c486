/* What may be said over a channel: types, turns, sizes, descriptors, in any segmentation. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/io/frame.h"
#include "gateway/io/log.h"
#include "tests/unit/gateway/io/suites.h"

enum { WORD = 1, ONCE, WITH_FD, LATER, CLOSER, REFUSED, REPULL };

static uv_loop_t loop;
static struct channel chan;
static int peer; /* the other end, raw */
static char heard[4096];
static char why_ended[128];
static int fds[FRAME_FDS + 8];
static size_t n_fds;
static size_t ends;

static int
on_any(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	strncat(heard, "[", sizeof(heard) - strlen(heard) - 1);
	strncat(heard, (const char *)in->in.ptr, in->in.len);
	strncat(heard, "]", sizeof(heard) - strlen(heard) - 1);
	if (fd >= 0)
		fds[n_fds++] = fd;
	return 0;
}

static int
on_closer(struct channel *c, struct cursor *in, int fd)
{
	channel_close(c);
	return on_any(c, in, fd); /* the body is still there */
}

static int
on_refused(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)in;
	(void)fd;
	return -EBADMSG;
}

static int
on_repull(struct channel *c, struct cursor *in, int fd)
{
	channel_pull(c);
	return on_any(c, in, fd);
}

static void
on_end(struct channel *c, const char *why)
{
	ends++;
	snprintf(why_ended, sizeof(why_ended), "%s", why);
	channel_close(c);
}

static const struct frame_rule rules[] = {
	{ WORD, 1U << 0 | 1U << 1, false, false, 1 << 20, on_any, "word" },
	{ ONCE, 1U << 0, true, false, 16, on_any, "once" },
	{ WITH_FD, 1U << 0, false, true, 16, on_any, "with_fd" },
	{ LATER, 1U << 1, false, false, 16, on_any, "later" },
	{ CLOSER, 1U << 0, false, false, 16, on_closer, "closer" },
	{ REFUSED, 1U << 0, false, false, 16, on_refused, "refused" },
	{ REPULL, 1U << 0, false, false, 16, on_repull, "repull" },
};
static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]), on_end };

static void
open_pair(void)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	peer = pair[1];
	ck_assert_int_eq(channel_open(&chan, &loop, pair[0], "test", 0, &ops), 0);
}

static void
setup(void)
{
	log_setup(LOG_FTL, "test");
	heard[0] = why_ended[0] = '\0';
	n_fds = ends = 0;
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	open_pair();
}

static void
teardown(void)
{
	channel_close(&chan);
	close(peer);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}

/* frame() - a frame as bytes. Return: its length. */
static size_t
frame(uint8_t *out, uint16_t type, uint16_t flags, const void *body, uint32_t len)
{
	memcpy(out, &(uint32_t){ len }, 4);
	memcpy(out + 4, &type, 2);
	memcpy(out + 6, &flags, 2);
	if (len > 0)
		memcpy(out + FRAME_HEADER, body, len);
	return FRAME_HEADER + len;
}

static void
say(const void *p, size_t n)
{
	ck_assert_int_eq((int)write(peer, p, n), (int)n);
}

static void
say_frame(uint16_t type, const char *body)
{
	uint8_t out[256];

	say(out, frame(out, type, 0, body, (uint32_t)strlen(body)));
}

/* say_fds() - bytes with descriptors. */
static void
say_fds(const void *p, size_t n, int fd, size_t count)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * 16)];
	} control = { .room = { 0 } };
	struct iovec v = { (void *)(uintptr_t)p, n };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(sizeof(int) * count) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int) * count);
	for (size_t i = 0; i < count; i++)
		memcpy(CMSG_DATA(h) + i * sizeof(int), &fd, sizeof(int));
	ck_assert_int_eq((int)sendmsg(peer, &m, 0), (int)n);
}

static int
open_fds(void)
{
	int n = 0;

	for (int i = 0; i < 512; i++)
		n += fcntl(i, F_GETFD) >= 0;
	return n;
}

START_TEST(frames_are_handled_in_order)
{
	say_frame(WORD, "a");
	say_frame(ONCE, "b");
	say_frame(WORD, "");
	channel_pull(&chan);
	ck_assert_str_eq(heard, "[a][b][]");
	ck_assert_uint_eq(ends, 0);
}
END_TEST

START_TEST(one_byte_at_a_time_says_the_same)
{
	uint8_t out[64];
	size_t n = frame(out, WORD, 0, "hello", 5);

	n += frame(out + n, WORD, 0, "you", 3);
	for (size_t i = 0; i < n; i++) {
		say(out + i, 1);
		channel_pull(&chan);
	}
	ck_assert_str_eq(heard, "[hello][you]");
}
END_TEST

START_TEST(a_descriptor_comes_with_its_frame_byte_by_byte)
{
	uint8_t out[64];
	size_t n = frame(out, WITH_FD, 1, "fd", 2);

	say_fds(out, 1, STDIN_FILENO, 1);
	for (size_t i = 1; i < n; i++) {
		ck_assert_str_eq(heard, "");
		say(out + i, 1);
		channel_pull(&chan);
	}
	ck_assert_str_eq(heard, "[fd]");
	ck_assert_uint_eq(n_fds, 1);
	ck_assert_int_ne(fcntl(fds[0], F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

/* what ends a channel */
static const struct {
	uint16_t type, flags;
	uint32_t announced, sent;
	const char *why;
} wrong[] = {
	{ 99, 0, 0, 0, "unknown message" },
	{ LATER, 0, 1, 1, "message out of turn" },
	{ ONCE, 0, 17, 17, "message too long" },
	{ WORD, 0, FRAME_MAX + 1, 0, "message too long" },
	{ WORD, 0, UINT32_MAX, 0, "message too long" },
	{ WITH_FD, 0, 1, 1, "descriptor where none belongs, or none where one does" },
	{ WORD, 1, 1, 1, "descriptor where none belongs, or none where one does" },
	{ WITH_FD, 1, 1, 1, "descriptor missing" },
	{ REFUSED, 0, 1, 1, "refused" },
};

START_TEST(the_first_thing_said_wrongly_ends_the_channel)
{
	uint8_t out[64] = { 0 };

	frame(out, wrong[_i].type, wrong[_i].flags, NULL, 0);
	memcpy(out, &wrong[_i].announced, 4);
	say(out, FRAME_HEADER + wrong[_i].sent);
	say_frame(WORD, "unheard");
	channel_pull(&chan);
	ck_assert_str_eq(why_ended, wrong[_i].why);
	ck_assert_str_eq(heard, "");
	ck_assert_uint_eq(ends, 1);
}
END_TEST

START_TEST(once_is_once_and_states_open_and_close_turns)
{
	say_frame(ONCE, "1");
	channel_pull(&chan);
	chan.state = 1;
	say_frame(LATER, "2");
	channel_pull(&chan);
	ck_assert_str_eq(heard, "[1][2]");
	chan.state = 0;
	say_frame(ONCE, "3");
	channel_pull(&chan);
	ck_assert_str_eq(why_ended, "message said twice");
}
END_TEST

START_TEST(a_handler_may_close_its_channel)
{
	say_frame(CLOSER, "bye");
	say_frame(WORD, "unheard");
	channel_pull(&chan);
	ck_assert_str_eq(heard, "[bye]");
	ck_assert_uint_eq(ends, 0);
	channel_pull(&chan);
	channel_flush(&chan);
	channel_close(&chan);
}
END_TEST

START_TEST(a_handler_that_pulls_its_own_channel_hears_nothing_twice)
{
	say_frame(REPULL, "a");
	say_frame(WORD, "b");
	channel_pull(&chan);
	ck_assert_str_eq(heard, "[a][b]");
}
END_TEST

START_TEST(a_closed_channel_can_be_opened_anew_at_once)
{
	for (int i = 0; i < 3; i++) {
		say_frame(WORD, "x");
		channel_pull(&chan);
		channel_end(&chan, "replaced");
		channel_end(&chan, "replaced again");
		ck_assert_uint_eq(ends, (size_t)i + 1);
		close(peer);
		open_pair();
		if (i == 1)
			uv_run(&loop, UV_RUN_NOWAIT);
	}
	say_frame(WORD, "y");
	uv_run(&loop, UV_RUN_NOWAIT);
	uv_run(&loop, UV_RUN_NOWAIT);
	ck_assert_str_eq(heard, "[x][x][x][y]");
}
END_TEST

START_TEST(the_end_of_the_peer_is_told_once)
{
	close(peer);
	peer = -1;
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_str_eq(why_ended, "peer gone");
	ck_assert_uint_eq(ends, 1);
}
END_TEST

START_TEST(descriptors_nobody_asked_for_are_bounded_and_closed)
{
	int before = open_fds();
	uint8_t out[64];
	size_t n = frame(out, WORD, 0, "x", 1);

	for (int i = 0; i < FRAME_FDS / 8 + 4; i++) {
		say_fds(out, n, STDIN_FILENO, 8);
		channel_pull(&chan);
	}
	ck_assert_int_eq(open_fds(), before + FRAME_FDS);
	/* more in one message than there is room for is a lie */
	say_fds(out, n, STDIN_FILENO, 16);
	channel_pull(&chan);
	ck_assert_str_eq(why_ended, "channel error");
	uv_run(&loop, UV_RUN_NOWAIT);
	ck_assert_int_le(open_fds(), before);
}
END_TEST

START_TEST(what_is_sent_arrives_with_its_descriptors)
{
	struct channel other;
	int ends_[2], before = open_fds();

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_), 0);
	channel_close(&chan);
	close(peer);
	peer = -1;
	ck_assert_int_eq(channel_open(&chan, &loop, ends_[0], "in", 0, &ops), 0);
	ck_assert_int_eq(channel_open(&other, &loop, ends_[1], "out", 0, &ops), 0);
	for (int i = 0; i < 20; i++) {
		bool with = i % 3 == 0;

		buf_put_u8(frame_begin(&other, with ? WITH_FD : WORD), (uint8_t)('a' + i));
		ck_assert_int_eq(frame_end(&other, with ? dup(STDIN_FILENO) : -1), 0);
	}
	ck_assert_int_eq(channel_flush_all(&other, 1000), 0);
	channel_pull(&chan);
	ck_assert_str_eq(heard, "[a][b][c][d][e][f][g][h][i][j][k][l][m][n][o][p][q][r][s][t]");
	ck_assert_uint_eq(n_fds, 7);
	channel_close(&other);
	uv_run(&loop, UV_RUN_NOWAIT);
	ck_assert_int_le(open_fds(), before + 7);
}
END_TEST

static ino_t
inode(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_ino;
}

START_TEST(each_of_many_descriptors_stays_with_its_frame)
{
	ino_t wanted[FRAME_FDS];
	struct channel other;
	int pair[2], a_pipe[2];
	size_t sent = 0;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(channel_open(&other, &loop, pair[1], "out", 0, &ops), 0);
	channel_close(&chan);
	ck_assert_int_eq(channel_open(&chan, &loop, pair[0], "in", 0, &ops), 0);
	for (int turn = 0; turn < FRAME_FDS / 16; turn++) {
		/* alone, in runs shorter and longer than one sendmsg takes, and with words in between */
		for (int i = 0; i < 16; i++) {
			if (i % (turn + 3) == 1)
				buf_put_str(frame_begin(&other, WORD), "w");
			if (i % (turn + 3) == 1)
				ck_assert_int_eq(frame_end(&other, -1), 0);
			ck_assert_int_eq(pipe2(a_pipe, O_CLOEXEC), 0);
			wanted[sent++] = inode(a_pipe[0]);
			buf_put_str(frame_begin(&other, WITH_FD), "d");
			ck_assert_int_eq(frame_end(&other, a_pipe[0]), 0);
			close(a_pipe[1]);
		}
		ck_assert_int_eq(channel_flush_all(&other, 1000), 0);
		channel_pull(&chan);
		ck_assert_str_eq(why_ended, "");
		ck_assert_uint_eq(n_fds, sent);
	}
	for (size_t i = 0; i < sent; i++)
		ck_assert_uint_eq(inode(fds[i]), wanted[i]);
	channel_close(&other);
}
END_TEST

static bool its_turn;

static bool
is_its_turn(struct channel *c)
{
	(void)c;
	return its_turn;
}

START_TEST(what_may_not_be_sent_yet_is_tried_at_each_turn)
{
	uint8_t got[64];

	its_turn = false;
	chan.may_send = is_its_turn;
	buf_put_str(frame_begin(&chan, WORD), "x");
	ck_assert_int_eq(frame_end(&chan, -1), 0);
	for (int i = 0; i < 3; i++) {
		channel_flush(&chan);
		uv_run(&loop, UV_RUN_NOWAIT);
		ck_assert_int_eq((int)recv(peer, got, sizeof(got), MSG_DONTWAIT), -1);
		ck_assert_int_eq(uv_backend_timeout(&loop), 0); /* the loop does not sleep on it */
	}
	its_turn = true;
	uv_run(&loop, UV_RUN_NOWAIT);
	ck_assert_int_eq((int)recv(peer, got, sizeof(got), MSG_DONTWAIT), FRAME_HEADER + 1);
	ck_assert_int_eq(uv_backend_timeout(&loop), -1);
	/* with nothing to send it is not asked, and what comes is heard in any case */
	its_turn = false;
	say_frame(WORD, "in");
	uv_run(&loop, UV_RUN_NOWAIT);
	ck_assert_str_eq(heard, "[in]");
}
END_TEST

START_TEST(a_frame_that_cannot_be_queued_leaves_nothing_behind)
{
	int before = open_fds();
	struct buf *b = frame_begin(&chan, WORD);

	for (int i = 0; i < FRAME_MAX / 4096 + 1; i++) {
		static const uint8_t zero[4096];

		buf_put(b, bytes_of(zero, sizeof(zero)));
	}
	ck_assert_int_eq(frame_end(&chan, dup(STDIN_FILENO)), -EMSGSIZE);
	ck_assert_uint_eq(channel_pending(&chan), 0);
	for (int i = 0; i < FRAME_FDS; i++) {
		frame_begin(&chan, WITH_FD);
		ck_assert_int_eq(frame_end(&chan, dup(STDIN_FILENO)), 0);
	}
	frame_begin(&chan, WITH_FD);
	ck_assert_int_eq(frame_end(&chan, dup(STDIN_FILENO)), -EMSGSIZE);
	ck_assert_int_eq(open_fds(), before + FRAME_FDS);
	channel_close(&chan);
	frame_begin(&chan, WITH_FD);
	ck_assert_int_eq(frame_end(&chan, dup(STDIN_FILENO)), -EPIPE);
	ck_assert_int_eq(open_fds(), before - 1);
}
END_TEST

START_TEST(a_peer_that_does_not_read_is_waited_for_only_so_long)
{
	static const uint8_t zero[4096];
	struct buf *b;

	do {
		b = frame_begin(&chan, WORD);
		for (int i = 0; i < 200; i++)
			buf_put(b, bytes_of(zero, sizeof(zero)));
		ck_assert_int_eq(frame_end(&chan, -1), 0);
		channel_flush(&chan);
	} while (channel_pending(&chan) == 0);
	ck_assert_int_eq(channel_flush_all(&chan, 1), -ETIMEDOUT);
	close(peer);
	peer = -1;
	ck_assert_int_eq(channel_flush_all(&chan, 1000), -EPIPE);
	ck_assert_uint_eq(ends, 1);
}
END_TEST

TCase *
frame_tests(void)
{
	TCase *t = tcase_create("frame");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, frames_are_handled_in_order);
	tcase_add_test(t, one_byte_at_a_time_says_the_same);
	tcase_add_test(t, a_descriptor_comes_with_its_frame_byte_by_byte);
	tcase_add_loop_test(
	    t, the_first_thing_said_wrongly_ends_the_channel, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(t, once_is_once_and_states_open_and_close_turns);
	tcase_add_test(t, a_handler_may_close_its_channel);
	tcase_add_test(t, a_handler_that_pulls_its_own_channel_hears_nothing_twice);
	tcase_add_test(t, a_closed_channel_can_be_opened_anew_at_once);
	tcase_add_test(t, the_end_of_the_peer_is_told_once);
	tcase_add_test(t, descriptors_nobody_asked_for_are_bounded_and_closed);
	tcase_add_test(t, what_is_sent_arrives_with_its_descriptors);
	tcase_add_test(t, each_of_many_descriptors_stays_with_its_frame);
	tcase_add_test(t, what_may_not_be_sent_yet_is_tried_at_each_turn);
	tcase_add_test(t, a_frame_that_cannot_be_queued_leaves_nothing_behind);
	tcase_add_test(t, a_peer_that_does_not_read_is_waited_for_only_so_long);
	return t;
}
