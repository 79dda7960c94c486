/*
 * msg_runner: what one side writes the other reads; a body cut anywhere is no body.
 */
#include "host/proc/msg_runner.h"
#include "tests/unit/host/actor/suites.h"

START_TEST(a_birth_arrives_as_it_was_sent)
{
	struct msg_birth in = { .limits = actor_limits_default(),
		.world = { .now_ns = 7, .seed = { 1, 2, 3 } } },
			 out = { 0 };
	struct buf b;

	buf_init(&b, MSG_RUNNER_HEAD_MAX);
	msg_birth_put(&b, &in);
	ck_assert(msg_birth_get(buf_bytes(&b), &out));
	ck_assert_int_eq(memcmp(&in.world, &out.world, sizeof(in.world)), 0);
	ck_assert_uint_eq(out.limits.request, in.limits.request);
	ck_assert_uint_eq(out.limits.memory_pages, in.limits.memory_pages);
	ck_assert_int_eq(out.limits.ask_fuel, in.limits.ask_fuel);
	for (size_t n = 0; n < b.len; n++)
		ck_assert(!msg_birth_get(bytes_upto(buf_bytes(&b), n), &out));
	buf_deinit(&b);
}
END_TEST

START_TEST(limits_beyond_what_a_cell_holds_are_no_birth)
{
	struct msg_birth in = { .limits = actor_limits_default() }, out;
	struct buf b;

	in.limits.response = ACTOR_MAX_AREA + 1;
	buf_init(&b, MSG_RUNNER_HEAD_MAX);
	msg_birth_put(&b, &in);
	ck_assert(!msg_birth_get(buf_bytes(&b), &out));
	buf_deinit(&b);
}
END_TEST

START_TEST(a_call_and_an_ask_keep_their_parts_apart)
{
	struct msg_call call = { 9, true, { 0 }, BYTES_LIT("op"), BYTES_LIT("data") }, call_out;
	struct actor_ask ask = { BYTES_LIT("default"), BYTES_LIT("a:b"), BYTES_LIT("Get"),
		BYTES_LIT("k"), 4 },
			 ask_out;
	struct buf b;

	buf_init(&b, MSG_RUNNER_HEAD_MAX);
	msg_call_put(&b, &call);
	ck_assert(msg_call_get(buf_bytes(&b), &call_out));
	ck_assert(call_out.fuel == 9 && call_out.fresh && bytes_is(call_out.operation, "op") &&
		  bytes_is(call_out.payload, "data"));
	buf_reset(&b);
	msg_ask_put_head(&b, &ask);
	buf_put(&b, ask.payload);
	ck_assert(msg_ask_get(buf_bytes(&b), &ask_out));
	ck_assert(bytes_is(ask_out.binding, "default") && bytes_is(ask_out.space, "a:b"));
	ck_assert(bytes_is(ask_out.operation, "Get") && bytes_is(ask_out.payload, "k") &&
		  ask_out.function == 4);
	buf_deinit(&b);
}
END_TEST

START_TEST(an_outcome_is_bounded_and_printable)
{
	struct msg_done in = { .outcome = { .answer = ACTOR_TRAPPED,
				   .why = "a\x1b[2Jb",
				   .fuel = 5 },
		.cost = 6 },
			out;
	struct buf b;

	buf_init(&b, MSG_RUNNER_HEAD_MAX);
	msg_done_put_head(&b, &in);
	ck_assert(msg_done_get(buf_bytes(&b), &out));
	ck_assert_str_eq(out.outcome.why, "a?[2Jb");
	ck_assert(out.outcome.answer == ACTOR_TRAPPED && out.outcome.fuel == 5 && out.cost == 6);
	b.ptr[0] = ACTOR_ANSWERS;
	ck_assert(!msg_done_get(buf_bytes(&b), &out));
	buf_deinit(&b);
}
END_TEST

START_TEST(a_header_with_something_in_its_reserve_is_none)
{
	uint8_t h[MSG_RUNNER_HEADER], type;
	uint32_t len;

	msg_runner_header(h, MSG_LOG, 1234);
	ck_assert(msg_runner_header_get(h, &type, &len) && type == MSG_LOG && len == 1234);
	h[6] = 1;
	ck_assert(!msg_runner_header_get(h, &type, &len));
}
END_TEST

TCase *
msg_runner_tests(void)
{
	TCase *t = tcase_create("msg_runner");

	tcase_add_test(t, a_birth_arrives_as_it_was_sent);
	tcase_add_test(t, limits_beyond_what_a_cell_holds_are_no_birth);
	tcase_add_test(t, a_call_and_an_ask_keep_their_parts_apart);
	tcase_add_test(t, an_outcome_is_bounded_and_printable);
	tcase_add_test(t, a_header_with_something_in_its_reserve_is_none);
	return t;
}
