/*
 * msg_link: what one side writes the other reads, and nothing else.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "host/proc/msg_link.h"

#include "tests/unit/host/daemon/suites.h"

static struct channel out;
static uv_loop_t loop;

static void
gone(struct channel *c, const char *why)
{
	(void)why;
	channel_close(c);
}

static void
setup(void)
{
	static const struct channel_ops ops = { NULL, 0, gone };
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	ck_assert_int_eq(channel_open(&out, &loop, pair[0], "test", 0, &ops), 0);
	close(pair[1]);
}

static void
teardown(void)
{
	channel_close(&out);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
}

/* body() - of the frame that was written last and not sent. */
static struct cursor
body(void)
{
	return (struct cursor){ { out.out.ptr + out.begun + FRAME_HEADER,
				    out.out.len - out.begun - FRAME_HEADER },
		false };
}

START_TEST(a_message_is_read_as_it_was_written)
{
	struct link_msg m = { WIRE_RPC, 7, 9, BYTES_LIT("a.b"), BYTES_LIT("_INBOX.x"),
		BYTES_LIT("body") },
			got;
	struct cursor in;

	ck_assert_int_eq(link_msg_put(&out, MSG_LINK_MSG, &m), 0);
	in = body();
	ck_assert_int_eq(link_msg_get(&in, &got), 0);
	ck_assert(got.wire == m.wire && got.id == 7 && got.timeout_ms == 9 &&
		  bytes_eq(got.subject, m.subject) && bytes_eq(got.reply, m.reply) &&
		  bytes_eq(got.body, m.body));
}
END_TEST

START_TEST(what_is_too_long_or_names_nothing_is_not_written)
{
	static uint8_t big[LINK_BODY_MAX + 1];
	struct link_msg m = { .subject = BYTES_NULL };
	size_t before = out.out.len;

	ck_assert_int_eq(link_msg_put(&out, MSG_LINK_PUB, &m), -EMSGSIZE);
	m.subject = bytes_of(big, LINK_SUBJECT_MAX + 1);
	ck_assert_int_eq(link_msg_put(&out, MSG_LINK_PUB, &m), -EMSGSIZE);
	m.subject = BYTES_LIT("a");
	m.body = bytes_of(big, sizeof(big));
	ck_assert_int_eq(link_msg_put(&out, MSG_LINK_PUB, &m), -EMSGSIZE);
	ck_assert_uint_eq(out.out.len, before);
	/* our own inbox has no name here */
	m = (struct link_msg){ .wire = WIRE_RPC };
	ck_assert_int_eq(link_msg_put(&out, MSG_LINK_REQUEST, &m), 0);
}
END_TEST

START_TEST(where_to_and_as_whom_is_read_as_it_was_written)
{
	struct link_wire m = { .wire = WIRE_CONTROL,
		.tls = true,
		.port = 4222,
		.n_addresses = 2,
		.address = { "::1", "127.0.0.1" },
		.host = "h",
		.name = "n",
		.jwt = BYTES_LIT("a.b.c"),
		.ca = BYTES_LIT("-----BEGIN") },
			 got = { 0 };
	struct cursor in;

	ck_assert_int_eq(link_wire_put(&out, &m), 0);
	in = body();
	ck_assert_int_eq(link_wire_get(&in, &got), 0);
	ck_assert(got.tls && got.port == 4222 && got.n_addresses == 2 && bytes_eq(got.jwt, m.jwt) &&
		  bytes_eq(got.ca, m.ca));
	ck_assert_str_eq(got.address[1], "127.0.0.1");
	ck_assert_str_eq(got.host, "h");
}
END_TEST

START_TEST(a_part_of_a_message_is_no_message)
{
	struct link_wire w = { .n_addresses = 1, .address = { "::1" }, .jwt = BYTES_LIT("a.b.c") };
	struct link_news n = { WIRE_RPC, LINK_UP, BYTES_LIT("why") };
	struct link_sign s = { WIRE_RPC, 3, BYTES_LIT("nonce") };
	struct link_answer a = { 4, LINK_OK, BYTES_LIT("x") };
	struct link_sub u = { WIRE_RPC, 5, BYTES_LIT("a"), BYTES_LIT("q") };
	struct cursor whole, part;
	int r;

	r = _i == 0   ? link_wire_put(&out, &w)
	    : _i == 1 ? link_news_put(&out, MSG_LINK_STATE, &n)
	    : _i == 2 ? link_sign_put(&out, MSG_LINK_SIGN, &s)
	    : _i == 3 ? link_answer_put(&out, &a)
		      : link_sub_put(&out, &u);
	ck_assert_int_eq(r, 0);
	whole = body();
	for (size_t len = 0; len <= whole.in.len; len++) {
		part = (struct cursor){ bytes_upto(whole.in, len), false };
		r = _i == 0   ? link_wire_get(&part, &w)
		    : _i == 1 ? link_news_get(&part, &n)
		    : _i == 2 ? link_sign_get(&part, &s)
		    : _i == 3 ? link_answer_get(&part, &a)
			      : link_sub_get(&part, &u);
		ck_assert_int_eq(r, len == whole.in.len ? 0 : -EBADMSG);
	}
}
END_TEST

TCase *
msg_link_tests(void)
{
	TCase *c = tcase_create("msg_link");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_message_is_read_as_it_was_written);
	tcase_add_test(c, what_is_too_long_or_names_nothing_is_not_written);
	tcase_add_test(c, where_to_and_as_whom_is_read_as_it_was_written);
	tcase_add_loop_test(c, a_part_of_a_message_is_no_message, 0, 5);
	return c;
}
