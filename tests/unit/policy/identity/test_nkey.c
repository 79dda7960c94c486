#include <sodium.h>

#include "policy/core/base32.h"
#include "policy/identity/nkey.h"
#include "tests/unit/policy/identity/suites.h"

/* NATS documentation, "NKeys" (running a nats service, securing): a user's seed and its key. */
static const char doc_seed[] = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
static const char doc_key[] = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

START_TEST(a_published_seed_gives_its_published_key)
{
	struct nkey_pair p;
	char text[NKEY_TEXT_LEN + 1], seed[NKEY_SEED_LEN + 1];

	ck_assert_int_eq(nkey_pair_parse(&p, bytes_str(doc_seed)), 0);
	ck_assert_int_eq(p.pub.type, NKEY_USER);
	nkey_format(&p.pub, text);
	ck_assert_str_eq(text, doc_key);
	nkey_pair_seed(&p, seed);
	ck_assert_str_eq(seed, doc_seed);
	nkey_pair_deinit(&p);
	ck_assert_ptr_null(p.seed.ptr);
}
END_TEST

static const struct {
	const char *text;
	enum nkey_type type;
} published[] = {
	{ "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4", NKEY_USER },
	/* wasmCloud documentation: the echo actor and the httpserver provider */
	{ "MBCFOPM6JW2APJLXJD3Z5O4CN7CPYJ2B4FTKLJUR5YR5MITIU7HD3WD5", NKEY_MODULE },
	{ "VAG3QITQQ2ODAOWB5TTQSDJ53XK3SHBEIFNK4AYJ5RKAX2UNSCAPHA5M", NKEY_SERVICE },
};

START_TEST(published_keys_parse_to_their_type_and_back)
{
	struct nkey k;
	char text[NKEY_TEXT_LEN + 1];

	ck_assert_int_eq(nkey_parse(&k, bytes_str(published[_i].text)), 0);
	ck_assert_int_eq(k.type, published[_i].type);
	nkey_format(&k, text);
	ck_assert_str_eq(text, published[_i].text);
}
END_TEST

START_TEST(every_type_has_its_letter_and_round_trips)
{
	static const char letters[] = "?OAUNCXMV";
	enum nkey_type type = (enum nkey_type)_i;
	struct nkey_pair p, q;
	struct nkey k;
	char text[NKEY_TEXT_LEN + 1], front[NKEY_FRONT_LEN + 1], seed[NKEY_SEED_LEN + 1];

	ck_assert_int_eq(nkey_pair_new(&p, type), 0);
	nkey_format(&p.pub, text);
	ck_assert_int_eq(text[0], letters[type]);
	nkey_front(&p.pub, front);
	ck_assert(bytes_eq(bytes_str(front), bytes_of(text, NKEY_FRONT_LEN)));
	ck_assert_int_eq(nkey_parse(&k, bytes_str(text)), 0);
	ck_assert(nkey_eq(&k, &p.pub));
	nkey_pair_seed(&p, seed);
	ck_assert_int_eq(seed[0], 'S');
	ck_assert_int_eq(seed[1], letters[type]);
	ck_assert_int_eq(nkey_pair_parse(&q, bytes_str(seed)), 0);
	ck_assert(nkey_eq(&q.pub, &p.pub));
	nkey_pair_deinit(&p);
	nkey_pair_deinit(&q);
}
END_TEST

/* raw_text() - base32 of prefix, body and a good checksum, whatever the length. */
static void
raw_text(char *out, uint8_t prefix, size_t body)
{
	uint8_t raw[64] = { prefix };
	unsigned crc = 0;

	memset(raw + 1, 7, body);
	for (size_t i = 0; i < 1 + body; i++) {
		crc ^= (unsigned)raw[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 0x8000) != 0 ? (crc << 1 ^ 0x1021) & 0xffff : crc << 1;
	}
	raw[1 + body] = (uint8_t)crc;
	raw[2 + body] = (uint8_t)(crc >> 8);
	base32_encode(bytes_of(raw, body + 3), out);
}

START_TEST(truncated_and_extended_keys_with_good_checksums_are_refused_by_length)
{
	static const size_t bodies[] = { 0, 1, 30, 31, 33, 34 };
	struct nkey k;
	char text[128];

	raw_text(text, 20 << 3, 32);
	ck_assert_int_eq(nkey_parse(&k, bytes_str(text)), 0);
	raw_text(text, 20 << 3, bodies[_i]);
	ck_assert_int_eq(nkey_parse(&k, bytes_str(text)), NKEY_BAD_LENGTH);
	ck_assert_int_eq(k.type, NKEY_NONE);
}
END_TEST

START_TEST(unknown_prefixes_are_refused)
{
	struct nkey k;
	char text[128];

	raw_text(text, 18 << 3, 32); /* a seed's prefix is no key's */
	ck_assert_int_eq(nkey_parse(&k, bytes_str(text)), NKEY_BAD_PREFIX);
	raw_text(text, 20 << 3 | 1, 32); /* low bits of the prefix must be zero */
	ck_assert_int_eq(nkey_parse(&k, bytes_str(text)), NKEY_BAD_PREFIX);
	raw_text(text, 15 << 3, 32); /* private keys are not for us */
	ck_assert_int_eq(nkey_parse(&k, bytes_str(text)), NKEY_BAD_PREFIX);
}
END_TEST

START_TEST(one_changed_character_never_passes)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	char text[NKEY_TEXT_LEN + 1];
	struct nkey k;

	for (size_t i = 0; i < NKEY_TEXT_LEN; i++) {
		for (size_t a = 0; a < 32; a++) {
			memcpy(text, doc_key, sizeof(text));
			if (text[i] == alphabet[a])
				continue;
			text[i] = alphabet[a];
			ck_assert_int_gt(nkey_parse(&k, bytes_str(text)), 0);
		}
	}
}
END_TEST

START_TEST(lower_case_blanks_and_line_ends_are_refused)
{
	char text[NKEY_TEXT_LEN + 2];
	struct nkey k;

	memcpy(text, doc_key, sizeof(doc_key));
	text[10] = (char)(text[10] | 0x20);
	ck_assert_int_eq(nkey_parse(&k, bytes_str(text)), NKEY_BAD_ALPHABET);
	memcpy(text, doc_key, sizeof(doc_key));
	text[56] = '\n';
	text[57] = '\0';
	ck_assert_int_eq(nkey_parse(&k, bytes_str(text)), NKEY_BAD_LENGTH);
	memmove(text + 11, text + 10, 46);
	text[10] = '\n';
	ck_assert_int_gt(nkey_parse(&k, bytes_of(text, 56)), 0);
}
END_TEST

START_TEST(a_seed_has_one_text_because_spare_bits_must_be_zero)
{
	char text[NKEY_SEED_LEN + 1];
	struct nkey_pair p;

	/* 58 characters carry two spare bits: Y is 24, the next three letters differ in those only
	 */
	for (char c = 'Z'; c != '4'; c = c == 'Z' ? '2' : (char)(c + 1)) {
		memcpy(text, doc_seed, sizeof(text));
		text[NKEY_SEED_LEN - 1] = c;
		ck_assert_int_eq(nkey_pair_parse(&p, bytes_str(text)), NKEY_BAD_ALPHABET);
		ck_assert_ptr_null(p.seed.ptr);
	}
	ck_assert_int_eq(nkey_pair_parse(&p, bytes_str(doc_key)), NKEY_BAD_LENGTH);
}
END_TEST

START_TEST(signatures_verify_and_every_changed_part_fails)
{
	struct bytes msg = BYTES_LIT("gqFjKQ0xyOwOcqs");
	struct nkey_pair p, other;
	uint8_t sig[NKEY_SIG_LEN], bad[NKEY_SIG_LEN + 1];

	ck_assert_int_eq(nkey_pair_parse(&p, bytes_str(doc_seed)), 0);
	ck_assert_int_eq(nkey_pair_new(&other, NKEY_USER), 0);
	nkey_sign(&p, msg, sig);
	ck_assert_int_eq(nkey_verify(&p.pub, msg, bytes_of(sig, 64)), 0);
	ck_assert_int_eq(nkey_verify(&other.pub, msg, bytes_of(sig, 64)), NKEY_BAD_SIGNATURE);
	ck_assert_int_eq(
	    nkey_verify(&p.pub, bytes_upto(msg, 14), bytes_of(sig, 64)), NKEY_BAD_SIGNATURE);
	for (size_t i = 0; i < 64; i++) {
		memcpy(bad, sig, 64);
		bad[i] ^= 1;
		ck_assert_int_eq(nkey_verify(&p.pub, msg, bytes_of(bad, 64)), NKEY_BAD_SIGNATURE);
	}
	memcpy(bad, sig, 64);
	bad[64] = 0;
	ck_assert_int_eq(nkey_verify(&p.pub, msg, bytes_of(bad, 65)), NKEY_BAD_SIGNATURE);
	ck_assert_int_eq(nkey_verify(&p.pub, msg, bytes_of(bad, 63)), NKEY_BAD_SIGNATURE);
	ck_assert_int_eq(nkey_verify(&p.pub, msg, BYTES_NULL), NKEY_BAD_SIGNATURE);
	memset(bad, 0, sizeof(bad));
	ck_assert_int_eq(nkey_verify(&p.pub, msg, bytes_of(bad, 64)), NKEY_BAD_SIGNATURE);
	nkey_pair_deinit(&p);
	nkey_pair_deinit(&other);
}
END_TEST

START_TEST(the_same_signature_with_the_group_order_added_to_s_is_refused)
{
	/* L = 2^252 + 27742317777372353535851937790883648493, little endian */
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6,
		0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
	struct bytes msg = BYTES_LIT("nonce");
	struct nkey_pair p;
	uint8_t sig[NKEY_SIG_LEN];
	unsigned carry = 0;

	ck_assert_int_eq(nkey_pair_parse(&p, bytes_str(doc_seed)), 0);
	nkey_sign(&p, msg, sig);
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)sig[32 + i] + order[i];
		sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	ck_assert_int_eq(nkey_verify(&p.pub, msg, bytes_of(sig, 64)), NKEY_BAD_SIGNATURE);
	nkey_pair_deinit(&p);
}
END_TEST

/* The points of order 1, 2, 4 and 8 of Curve25519's Edwards form, and their non-canonical
 * spellings. */
static const char *const small_order[] = {
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

START_TEST(a_small_order_key_verifies_nothing_whatever_r_is)
{
	struct nkey k = { .type = NKEY_USER };
	uint8_t sig[NKEY_SIG_LEN] = { 0 };
	char nonce[16];

	sodium_hex2bin(k.pub, 32, small_order[_i], 64, NULL, NULL, NULL);
	for (int msg = 0; msg < 64; msg++) {
		snprintf(nonce, sizeof(nonce), "nonce-%d", msg);
		for (size_t r = 0; r < 14; r++) {
			sodium_hex2bin(sig, 32, small_order[r], 64, NULL, NULL, NULL);
			ck_assert_int_eq(nkey_verify(&k, bytes_str(nonce), bytes_of(sig, 64)),
			    NKEY_BAD_SIGNATURE);
		}
	}
}
END_TEST

START_TEST(curve_keys_and_nobody_verify_nothing)
{
	struct nkey none = { 0 }, curve = { .type = NKEY_CURVE };
	struct nkey_pair p;
	uint8_t sig[NKEY_SIG_LEN];

	ck_assert_int_eq(nkey_pair_parse(&p, bytes_str(doc_seed)), 0);
	nkey_sign(&p, BYTES_LIT("m"), sig);
	memcpy(none.pub, p.pub.pub, 32);
	memcpy(curve.pub, p.pub.pub, 32);
	ck_assert_int_eq(nkey_verify(&none, BYTES_LIT("m"), bytes_of(sig, 64)), NKEY_BAD_SIGNATURE);
	ck_assert_int_eq(
	    nkey_verify(&curve, BYTES_LIT("m"), bytes_of(sig, 64)), NKEY_BAD_SIGNATURE);
	nkey_pair_deinit(&p);
}
END_TEST

TCase *
nkey_tests(void)
{
	TCase *t = tcase_create("nkey");

	tcase_add_test(t, a_published_seed_gives_its_published_key);
	tcase_add_loop_test(t, published_keys_parse_to_their_type_and_back, 0, 3);
	tcase_add_loop_test(t, every_type_has_its_letter_and_round_trips, 1, 9);
	tcase_add_loop_test(
	    t, truncated_and_extended_keys_with_good_checksums_are_refused_by_length, 0, 6);
	tcase_add_test(t, unknown_prefixes_are_refused);
	tcase_add_test(t, one_changed_character_never_passes);
	tcase_add_test(t, lower_case_blanks_and_line_ends_are_refused);
	tcase_add_test(t, a_seed_has_one_text_because_spare_bits_must_be_zero);
	tcase_add_test(t, signatures_verify_and_every_changed_part_fails);
	tcase_add_test(t, the_same_signature_with_the_group_order_added_to_s_is_refused);
	tcase_add_loop_test(t, a_small_order_key_verifies_nothing_whatever_r_is, 0, 14);
	tcase_add_test(t, curve_keys_and_nobody_verify_nothing);
	return t;
}
