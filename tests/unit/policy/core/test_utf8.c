/*
 * utf8: every valid code point goes there and back; nothing else is taken for one.
 */
#include "policy/core/utf8.h"
#include "tests/unit/policy/core/suites.h"

START_TEST(every_code_point_survives_the_round_trip)
{
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		uint8_t out[4];
		uint32_t back = 0;
		size_t n;

		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		n = utf8_put(out, cp);
		if (utf8_next(bytes_of(out, n), &back) != n || back != cp)
			ck_abort_msg("U+%04X", (unsigned int)cp);
		if (n > 1 && utf8_next(bytes_of(out, n - 1), &back) != 0)
			ck_abort_msg("U+%04X cut short", (unsigned int)cp);
	}
}
END_TEST

static const char *const invalid[] = {
	"\x80",             /* a continuation alone */
	"\xbf",             /**/
	"\xc0\x80",         /* NUL, overlong */
	"\xc1\xbf",         /* overlong */
	"\xe0\x80\xaf",     /* "/", overlong */
	"\xf0\x80\x80\xaf", /* the same, longer */
	"\xed\xa0\x80",     /* U+D800 */
	"\xed\xbf\xbf",     /* U+DFFF */
	"\xf4\x90\x80\x80", /* U+110000 */
	"\xf8\x88\x80\x80\x80",
	"\xff",
	"\xc3(", /* second byte is none */
	"\xe2\x82(",
};

START_TEST(what_is_not_utf8_is_refused)
{
	uint32_t cp;

	ck_assert_uint_eq(utf8_next(bytes_str(invalid[_i]), &cp), 0);
}
END_TEST

START_TEST(characters_that_turn_the_direction_are_known)
{
	ck_assert(utf8_is_bidi(0x202e));
	ck_assert(utf8_is_bidi(0x2066));
	ck_assert(utf8_is_bidi(0x200f));
	ck_assert(!utf8_is_bidi('a'));
	ck_assert(!utf8_is_bidi(0x5d0)); /* a Hebrew letter turns nothing but itself */
}
END_TEST

TCase *
utf8_tests(void)
{
	TCase *tc = tcase_create("utf8");

	tcase_add_test(tc, every_code_point_survives_the_round_trip);
	tcase_add_loop_test(
	    tc, what_is_not_utf8_is_refused, 0, (int)(sizeof(invalid) / sizeof(invalid[0])));
	tcase_add_test(tc, characters_that_turn_the_direction_are_known);
	return tc;
}
