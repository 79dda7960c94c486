/*
 * msg_provider: what one side writes the other reads; a body cut anywhere is no body, nor is one
 * with a byte too many.
 */
#include "host/providers/msg_provider.h"
#include "tests/unit/host/providers/suites.h"

static struct bytes
setup_body(struct buf *b)
{
	struct msg_provider_setup m = { BYTES_LIT("VKEY"), BYTES_LIT("wasmcloud:keyvalue"),
		BYTES_LIT("default"), BYTES_LIT("NHOST"), BYTES_LIT("default"),
		{ 1, { { BYTES_LIT("MAX_SIZE"), BYTES_LIT("65536") } } } };

	msg_provider_setup_put(b, &m);
	return buf_bytes(b);
}

START_TEST(a_setup_is_read_as_it_was_written)
{
	struct msg_provider_setup m;
	struct buf b;
	struct bytes in;

	buf_init(&b, 4096);
	in = setup_body(&b);
	ck_assert(msg_provider_setup_get(in, &m));
	ck_assert(bytes_is(m.contract, "wasmcloud:keyvalue") && m.config.n == 1);
	ck_assert(bytes_is(provider_value(&m.config, "max_size")->value, "65536"));
	for (size_t n = 0; n < in.len; n++)
		ck_assert(!msg_provider_setup_get(bytes_upto(in, n), &m));
	buf_put_u8(&b, 0);
	ck_assert(!msg_provider_setup_get(buf_bytes(&b), &m));
	buf_deinit(&b);
}
END_TEST

START_TEST(names_hold_no_blank_and_no_control_character)
{
	ck_assert(provider_name_ok(BYTES_LIT("a.b:c/d"), 16));
	ck_assert(!provider_name_ok(BYTES_LIT(""), 16));
	ck_assert(!provider_name_ok(BYTES_LIT("a b"), 16));
	ck_assert(!provider_name_ok(BYTES_LIT("a\n"), 16));
	ck_assert(!provider_name_ok(BYTES_LIT("\xc3\xa9"), 16));
	ck_assert(!provider_name_ok(BYTES_LIT("12345"), 4));
}
END_TEST

START_TEST(a_result_has_one_of_the_answers_there_are)
{
	struct msg_provider_result m = { 7, PROVIDER_BUSY, BYTES_LIT("why") }, got;
	struct buf b;

	buf_init(&b, 64);
	msg_provider_result_put(&b, &m);
	ck_assert(msg_provider_result_get(buf_bytes(&b), &got));
	ck_assert(got.id == 7 && got.answer == PROVIDER_BUSY && bytes_is(got.payload, "why"));
	b.ptr[8] = PROVIDER_ANSWERS;
	ck_assert(!msg_provider_result_get(buf_bytes(&b), &got));
	buf_deinit(&b);
}
END_TEST

START_TEST(a_line_longer_than_a_line_is_none)
{
	static uint8_t text[PROVIDER_LINE + 1];
	struct msg_provider_log m;
	struct buf b;

	memset(text, 'x', sizeof(text));
	buf_init(&b, 2 * PROVIDER_LINE);
	buf_put_u8(&b, 1);
	buf_put_sized_str(&b, "MA");
	buf_put(&b, bytes_of(text, PROVIDER_LINE));
	ck_assert(msg_provider_log_get(buf_bytes(&b), &m));
	buf_put_u8(&b, 'x');
	ck_assert(!msg_provider_log_get(buf_bytes(&b), &m));
	buf_deinit(&b);
}
END_TEST

START_TEST(plain_text_is_cut_and_shows_nothing_else)
{
	char out[6];

	provider_plain(out, sizeof(out), BYTES_LIT("a\x1b[1mlong"));
	ck_assert_str_eq(out, "a?[1m");
	provider_plain(out, sizeof(out), BYTES_NULL);
	ck_assert_str_eq(out, "");
}
END_TEST

TCase *
msg_provider_tests(void)
{
	TCase *t = tcase_create("msg_provider");

	tcase_add_test(t, a_setup_is_read_as_it_was_written);
	tcase_add_test(t, names_hold_no_blank_and_no_control_character);
	tcase_add_test(t, a_result_has_one_of_the_answers_there_are);
	tcase_add_test(t, a_line_longer_than_a_line_is_none);
	tcase_add_test(t, plain_text_is_cut_and_shows_nothing_else);
	return t;
}
