/* base32 and base64url of policy/core: RFC 4648's examples, and that one value has one text. */
#include "policy/core/base32.h"
#include "policy/core/base64url.h"
#include "tests/unit/policy/identity/suites.h"

static const struct {
	const char *raw, *b32, *b64;
} rfc4648[] = {
	/* RFC 4648, section 10, padding removed */
	{ "", "", "" },
	{ "f", "MY", "Zg" },
	{ "fo", "MZXQ", "Zm8" },
	{ "foo", "MZXW6", "Zm9v" },
	{ "foob", "MZXW6YQ", "Zm9vYg" },
	{ "fooba", "MZXW6YTB", "Zm9vYmE" },
	{ "foobar", "MZXW6YTBOI", "Zm9vYmFy" },
};

START_TEST(rfc_4648_examples_go_both_ways)
{
	struct bytes raw = bytes_str(rfc4648[_i].raw);
	uint8_t back[16];
	char text[32];
	size_t n = 99;

	base32_encode(raw, text);
	ck_assert_str_eq(text, rfc4648[_i].b32);
	ck_assert_uint_eq(base32_len(raw.len), strlen(text));
	ck_assert_int_eq(base32_decode(bytes_str(text), back, sizeof(back), &n), 0);
	ck_assert(bytes_eq(bytes_of(back, n), raw));

	base64url_encode(raw, text);
	ck_assert_str_eq(text, rfc4648[_i].b64);
	ck_assert_uint_eq(base64url_len(raw.len), strlen(text));
	ck_assert_int_eq(base64url_decode(bytes_str(text), back, sizeof(back), &n), 0);
	ck_assert(bytes_eq(bytes_of(back, n), raw));
}
END_TEST

static const char *const bad32[] = { "M", "MZX", "MZXW6Y", "MZ", "mY", "M1", "MY======", "MY\n",
	"M Y", "MZXW6YTBO", "MZXW6YTBOJ", "M\xc3\xa9" };

START_TEST(base32_takes_only_what_an_encoder_writes)
{
	uint8_t out[16];
	size_t n;

	ck_assert_int_gt(base32_decode(bytes_str(bad32[_i]), out, sizeof(out), &n), 0);
}
END_TEST

static const char *const bad64[] = { "Z", "Zm9vY", "Zh", "Zm9=", "Zg==", "Zm8=", "Zm+v", "Zm/v",
	"Zg\n", "Zm 9v", "\nZg", "Zm9" };

START_TEST(base64url_takes_only_what_an_encoder_writes)
{
	uint8_t out[16];
	size_t n;

	ck_assert_int_gt(base64url_decode(bytes_str(bad64[_i]), out, sizeof(out), &n), 0);
}
END_TEST

START_TEST(decoders_never_write_past_their_room)
{
	uint8_t out[4] = { 0, 0, 0, 0x55 };
	size_t n;

	ck_assert_int_eq(base32_decode(bytes_str("MZXW6YQ"), out, 3, &n), BASE32_BAD_LENGTH);
	ck_assert_int_eq(base64url_decode(bytes_str("Zm9vYg"), out, 3, &n), BASE64URL_BAD_LENGTH);
	ck_assert_uint_eq(out[3], 0x55);
}
END_TEST

START_TEST(base64url_put_agrees_with_encode_and_keeps_its_ceiling)
{
	static const uint8_t raw[] = { 0xff, 0xfe, 0xfd, 0xfc, 0xfb };
	struct buf b;
	char text[16];

	buf_init(&b, 7);
	base64url_put(&b, bytes_of(raw, sizeof(raw)));
	base64url_encode(bytes_of(raw, sizeof(raw)), text);
	ck_assert(bytes_is(buf_bytes(&b), text));
	base64url_put(&b, bytes_of(raw, 1));
	ck_assert(buf_failed(&b));
	buf_deinit(&b);
}
END_TEST

TCase *
base_tests(void)
{
	TCase *t = tcase_create("base32 and base64url");

	tcase_add_loop_test(t, rfc_4648_examples_go_both_ways, 0, 7);
	tcase_add_loop_test(t, base32_takes_only_what_an_encoder_writes, 0, 12);
	tcase_add_loop_test(t, base64url_takes_only_what_an_encoder_writes, 0, 12);
	tcase_add_test(t, decoders_never_write_past_their_room);
	tcase_add_test(t, base64url_put_agrees_with_encode_and_keeps_its_ceiling);
	return t;
}
