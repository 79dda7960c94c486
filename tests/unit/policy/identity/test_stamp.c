#include "policy/identity/stamp_window.h"
#include "tests/unit/policy/identity/suites.h"

enum { NOW = 1700000000 };

#define NOW_MS (NOW * INT64_C(1000))

static struct nkey_pair own, other;

static void
setup(void)
{
	ck_assert_int_eq(nkey_pair_new(&own, NKEY_CLUSTER), 0);
	ck_assert_int_eq(nkey_pair_new(&other, NKEY_CLUSTER), 0);
}

static void
teardown(void)
{
	nkey_pair_deinit(&own);
	nkey_pair_deinit(&other);
}

static struct stamp_what
what(const char *subject, const char *reply, const char *header, const char *payload)
{
	struct stamp_what w = { .subject = bytes_str(subject), .reply = bytes_str(reply) };

	stamp_digest(bytes_str(header), bytes_str(payload), w.digest);
	return w;
}

static struct stamp_what
usual(void)
{
	return what("wasmbus.ctl.default.ping.hosts", "_INBOX.x.1", "", "{}");
}

static struct stamp
made(const struct nkey_pair *by, uint8_t number, int64_t time_ms)
{
	uint8_t id[STAMP_ID_LEN] = { number };
	struct stamp_what w = usual();
	struct stamp s;

	ck_assert_int_eq(stamp_make(&s, by, &w, time_ms, id), 0);
	return s;
}

static int
verify(const struct stamp *s, const struct stamp_what *w, const struct nkey *keys, size_t n)
{
	return stamp_verify(s, w, keys, n, NOW_MS, NULL, NULL);
}

/* made by tests/support/portcullis_test/stamp.py, which was written from docs/PROTOCOL.md */
START_TEST(the_documented_stamp_is_the_one_we_make_and_believe)
{
	static const char text[] = "v2.CAB2CB576PHB.1700000000000.AAECAwQFBgcICQoLDA0ODw.0.."
				   "aSZE5y7QcLAh7mjRBPwEcF6DPZBlvjw094kIurj5tpNbrE-jengNz8aNs6PWrjRxTUq5IWeDkAY66YSwnOlqDQ";
	struct stamp_what w =
	    what("wasmbus.ctl.default.ping.hosts", "_INBOX.x.1", "NATS/1.0\r\nA: b\r\n\r\n", "{}");
	uint8_t seed[32], id[STAMP_ID_LEN];
	struct nkey_pair p;
	struct stamp s;
	struct buf b;

	for (uint8_t i = 0; i < 32; i++)
		seed[i] = i;
	for (uint8_t i = 0; i < STAMP_ID_LEN; i++)
		id[i] = i;
	ck_assert_int_eq(nkey_pair_raw(&p, NKEY_CLUSTER, bytes_of(seed, 32)), 0);
	ck_assert_int_eq(stamp_make(&s, &p, &w, NOW_MS, id), 0);
	buf_init(&b, STAMP_TEXT_MAX);
	stamp_put(&b, &s);
	ck_assert(bytes_is(buf_bytes(&b), text));
	ck_assert_int_eq(stamp_parse(&s, bytes_str(text)), 0);
	ck_assert_int_eq(verify(&s, &w, &p.pub, 1), 0);
	buf_deinit(&b);
	nkey_pair_deinit(&p);
}
END_TEST

/* from the same program: the second of three, the others with another number each */
START_TEST(a_documented_stamp_of_several_is_believed)
{
	static const char text[] = "v2.CAB2CB576PHB.1700000000000.AAECAwQFBgcICQoLDA0ODw."
				   "1.7tfPDj85E4EWGuux1dl5wKI4WTbdbBQIS8jmbiZL-AV4S48l2CMEZuftJLi5AuJ-I84g5l8FLXtocKUnrU4xhQ."
				   "5bEV_2IXrC3yug_5nYkzbTSk3BgExa1vu7nCPEpajNcs5bBk2_pcHjlUzYyQmPIKhhqknh0BBsU4p19LE0FJCw";
	struct stamp_what w =
	    what("wasmbus.ctl.default.ping.hosts", "_INBOX.x.1", "NATS/1.0\r\nA: b\r\n\r\n", "{}");
	struct stamp s;
	struct nkey k;

	ck_assert_int_eq(stamp_pub_read(&k, BYTES_LIT("CAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3R53J")), 0);
	ck_assert_int_eq(stamp_parse(&s, bytes_str(text)), 0);
	ck_assert_int_eq(verify(&s, &w, &k, 1), 0);
}
END_TEST

START_TEST(what_is_signed_can_be_no_nonce_and_no_token)
{
	/* both are base64url and dots; the name a stamp's bytes begin with is not */
	struct stamp s = made(&own, 1, NOW_MS);
	struct stamp_what w = usual();
	uint8_t sig[NKEY_SIG_LEN];

	nkey_sign(&own, bytes_str("AAAAAAAAAAAAAAAA"), sig);
	memcpy(s.sig, sig, sizeof(sig));
	ck_assert_int_eq(verify(&s, &w, &own.pub, 1), STAMP_MISMATCH);
}
END_TEST

START_TEST(each_part_of_the_message_is_signed)
{
	const struct stamp_what wrong[] = {
		what("wasmbus.ctl.default.ping.host", "_INBOX.x.1", "", "{}"),
		what("wasmbus.ctl.default.ping.hosts", "_INBOX.x.2", "", "{}"),
		what("wasmbus.ctl.default.ping.hosts", "", "", "{}"),
		what("wasmbus.ctl.default.ping.hosts", "_INBOX.x.1", "NATS/1.0\r\nA: b\r\n\r\n", "{}"),
		what("wasmbus.ctl.default.ping.hosts", "_INBOX.x.1", "", "{} "),
		what("wasmbus.ctl.default.ping.hosts", "_INBOX.x.1", "{", "}"),
		what("wasmbus.ctl.default.ping.hosts_INBOX.x.1", "", "", "{}"),
	};
	struct stamp s = made(&own, 1, NOW_MS);
	struct stamp_what w = usual();

	ck_assert_int_eq(verify(&s, &w, &own.pub, 1), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_int_eq(verify(&s, &wrong[i], &own.pub, 1), STAMP_MISMATCH);
	s.time_ms++;
	ck_assert_int_eq(verify(&s, &w, &own.pub, 1), STAMP_MISMATCH);
	s.time_ms--;
	s.id[15] ^= 1;
	ck_assert_int_eq(verify(&s, &w, &own.pub, 1), STAMP_MISMATCH);
}
END_TEST

START_TEST(only_trusted_keys_count)
{
	const struct nkey keys[] = { { 0 }, own.pub, other.pub };
	struct stamp s = made(&other, 1, NOW_MS);
	struct stamp_what w = usual();
	size_t which = 9;

	ck_assert_int_eq(stamp_verify(&s, &w, keys, 3, NOW_MS, NULL, &which), 0);
	ck_assert_uint_eq(which, 2);
	ck_assert_int_eq(verify(&s, &w, keys, 2), STAMP_UNKNOWN_KEY);
	ck_assert_int_eq(verify(&s, &w, keys, 0), STAMP_UNKNOWN_KEY);
	/* calling oneself by another's name does not help */
	memcpy(s.key, made(&own, 1, NOW_MS).key, sizeof(s.key));
	ck_assert_int_eq(verify(&s, &w, keys, 3), STAMP_MISMATCH);
}
END_TEST

START_TEST(an_old_one_and_one_from_the_future_are_refused)
{
	static const struct {
		int64_t at;
		int answer;
	} times[] = {
		{ NOW_MS - STAMP_FRESH_MS, 0 },
		{ NOW_MS - STAMP_FRESH_MS - 1, STAMP_STALE },
		{ NOW_MS + STAMP_AHEAD_MS, 0 },
		{ NOW_MS + STAMP_AHEAD_MS + 1, STAMP_AHEAD },
		{ 1, STAMP_STALE },
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct stamp s = made(&own, 1, times[i].at);
		struct stamp_what w = usual();

		ck_assert_int_eq(verify(&s, &w, &own.pub, 1), times[i].answer);
	}
}
END_TEST

#define ID "AAECAwQFBgcICQoLDA0ODw"
#define SIG "aSZE5y7QcLAh7mjRBPwEcF6DPZBlvjw094kIurj5tpNbrE-jengNz8aNs6PWrjRxTUq5IWeDkAY66YSwnOlqDQ"
#define HASH "7tfPDj85E4EWGuux1dl5wKI4WTbdbBQIS8jmbiZL-AU"

static const char *const malformed[] = {
	"v2", "v2.", "v2....", "v2......", "v2.CAB2CB576PHB.1700000000000." ID ".0..",
	"v1.CAB2CB576PHB.1700000000000." ID "." SIG,
	"v1.CAB2CB576PHB.1700000000000." ID ".0.." SIG,
	" v2.CAB2CB576PHB.1700000000000." ID ".0.." SIG,
	"v2.CAB2CB576PHB.1700000000000." ID ".0..AA",
	"v2.CAB2CB576PHB.01700000000000." ID ".0.." SIG,
	"v2.CAB2CB576PHB.-700000000000." ID ".0.." SIG,
	"v2.CAB2CB576PHB.." ID ".0.." SIG,
	"v2.cab2cb576phb.1700000000000." ID ".0.." SIG,
	"v2.CAB2CB576PHB.1700000000000.AAECAwQFBgcICQoLDA0ODx.0.." SIG,
	"v2.CAB2CB576PHB.1700000000000." ID ".0.." SIG ".",
	"v2.CAB2CB576PHB.1700000000000." ID ".0.." SIG "==",
	"v2.CAB2CB576PHB.1700000000000." ID "." SIG,
	"v2.CAB2CB576PHB.1700000000000." ID "..." SIG,
	"v2.CAB2CB576PHB.1700000000000." ID ".00.." SIG,
	"v2.CAB2CB576PHB.1700000000000." ID ".-1.." SIG,
	/* no such leaf in a tree of that depth; a path that is no whole hashes, or too long */
	"v2.CAB2CB576PHB.1700000000000." ID ".1.." SIG,
	"v2.CAB2CB576PHB.1700000000000." ID ".2." HASH "." SIG,
	"v2.CAB2CB576PHB.1700000000000." ID ".256." HASH "." SIG,
	"v2.CAB2CB576PHB.1700000000000." ID ".0.AA." SIG,
	"v2.CAB2CB576PHB.1700000000000." ID ".0." HASH "A." SIG,
	"v2.CAB2CB576PHB.1700000000000." ID ".0.7tfPDj85E4EWGuux1dl5wKI4WTbdbBQIS8jmbiZL-AV." SIG,
	"v2.CAB2CB576PHB.1700000000000." ID ".0." HASH HASH HASH HASH HASH "." SIG,
};

START_TEST(a_stamp_has_one_spelling)
{
	struct stamp s;

	ck_assert_int_eq(stamp_parse(&s, bytes_str(malformed[_i])), STAMP_MALFORMED);
}
END_TEST

START_TEST(no_stamp_is_missing_not_malformed)
{
	struct stamp s;

	ck_assert_int_eq(stamp_parse(&s, BYTES_NULL), STAMP_MISSING);
}
END_TEST

START_TEST(nothing_too_long_is_signed)
{
	static const char a[STAMP_SUBJECT_MAX + 1] = { 'a' };
	struct stamp_what w = { .subject = bytes_of(a, sizeof(a)) };
	uint8_t id[STAMP_ID_LEN] = { 0 };
	struct stamp s = { 0 };

	ck_assert_int_eq(stamp_make(&s, &own, &w, NOW_MS, id), STAMP_MALFORMED);
	w.subject = BYTES_NULL;
	ck_assert_int_eq(stamp_make(&s, &own, &w, NOW_MS, id), STAMP_MALFORMED);
	w.subject = bytes_of(a, STAMP_SUBJECT_MAX);
	w.reply = bytes_of(a, sizeof(a));
	ck_assert_int_eq(stamp_make(&s, &own, &w, NOW_MS, id), STAMP_MALFORMED);
	w.reply = bytes_of(a, STAMP_SUBJECT_MAX);
	ck_assert_int_eq(stamp_make(&s, &own, &w, NOW_MS, id), 0);
	ck_assert_int_eq(verify(&s, &w, &own.pub, 1), 0);
}
END_TEST

START_TEST(a_key_file_is_sixty_four_digits)
{
	static const char good[] = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n";
	static const char *const bad[] = { "", "00", "0g0102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F",
		"000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F00",
		"000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n\n" };
	char text[NKEY_TEXT_LEN + 1];
	struct nkey_pair p;
	struct nkey k;

	ck_assert_int_eq(stamp_key_read(&p, bytes_str(good)), 0);
	nkey_format(&p.pub, text);
	ck_assert_str_eq(text, "CAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3R53J");
	ck_assert_int_eq(stamp_pub_read(&k, bytes_str(text)), 0);
	ck_assert(nkey_eq(&k, &p.pub));
	nkey_pair_deinit(&p);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(stamp_key_read(&p, bytes_str(bad[i])), STAMP_MALFORMED);
	/* a user's key is none of a gate's */
	ck_assert_int_eq(stamp_pub_read(&k, bytes_str("UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4")),
	    NKEY_BAD_PREFIX);
}
END_TEST

static int
seen(struct stamp_window *w, uint8_t number, int64_t time_ms)
{
	struct stamp s = { .time_ms = time_ms, .id = { number } };

	return stamp_window_take(w, &s, 0, 0, NOW_MS);
}

START_TEST(a_copy_is_a_copy_until_it_is_stale_by_itself)
{
	struct stamp_window w;

	stamp_window_init(&w, 100, 0);
	ck_assert_int_eq(seen(&w, 1, NOW_MS), 0);
	for (uint8_t i = 2; i < 100; i++)
		ck_assert_int_eq(seen(&w, i, NOW_MS - i), 0);
	for (uint8_t i = 1; i < 100; i++)
		ck_assert_int_eq(seen(&w, i, NOW_MS), STAMP_REPLAYED);
	stamp_window_deinit(&w);
}
END_TEST

START_TEST(a_full_window_refuses_what_it_can_no_longer_tell_from_a_copy)
{
	struct stamp_window w;

	stamp_window_init(&w, 4, 0);
	for (uint8_t i = 1; i <= 10; i++)
		ck_assert_int_eq(seen(&w, i, NOW_MS + i), 0);
	ck_assert_uint_le(w.cap, 4);
	for (uint8_t i = 1; i <= 6; i++)
		ck_assert_int_eq(seen(&w, i, NOW_MS + i), STAMP_STALE);
	for (uint8_t i = 7; i <= 10; i++)
		ck_assert_int_eq(seen(&w, i, NOW_MS + i), STAMP_REPLAYED);
	/* never seen, but as old as what was forgotten */
	ck_assert_int_eq(seen(&w, 50, NOW_MS + 6), STAMP_STALE);
	stamp_window_deinit(&w);
}
END_TEST

START_TEST(what_is_stale_makes_room_without_taking_others_with_it)
{
	struct stamp_window w;

	stamp_window_init(&w, 2, 0);
	ck_assert_int_eq(seen(&w, 1, NOW_MS - STAMP_FRESH_MS - 5), 0);
	ck_assert_int_eq(seen(&w, 2, NOW_MS), 0);
	ck_assert_int_eq(seen(&w, 3, NOW_MS - 10), 0);
	ck_assert_int_eq(w.floor_ms, 0);
	stamp_window_deinit(&w);
}
END_TEST

START_TEST(a_window_believes_nothing_older_than_itself)
{
	struct stamp old = { .time_ms = NOW_MS - 5 };
	struct stamp_window w;

	stamp_window_init(&w, 4, NOW_MS);
	ck_assert_int_eq(stamp_window_take(&w, &old, 0, 0, NOW_MS), STAMP_STALE);
	/* another gate's clock may be behind ours */
	ck_assert_int_eq(stamp_window_take(&w, &old, 0, 5, NOW_MS), 0);
	stamp_window_deinit(&w);
}
END_TEST

START_TEST(two_groups_may_each_see_it_once)
{
	struct stamp s = { .time_ms = NOW_MS };
	struct stamp_window w;

	stamp_window_init(&w, 4, 0);
	ck_assert_int_eq(stamp_window_take(&w, &s, 1, 0, NOW_MS), 0);
	ck_assert_int_eq(stamp_window_take(&w, &s, 2, 0, NOW_MS), 0);
	ck_assert_int_eq(stamp_window_take(&w, &s, 1, 0, NOW_MS), STAMP_REPLAYED);
	stamp_window_deinit(&w);
}
END_TEST

TCase *
stamp_tests(void)
{
	TCase *t = tcase_create("stamp");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_documented_stamp_is_the_one_we_make_and_believe);
	tcase_add_test(t, a_documented_stamp_of_several_is_believed);
	tcase_add_test(t, what_is_signed_can_be_no_nonce_and_no_token);
	tcase_add_test(t, each_part_of_the_message_is_signed);
	tcase_add_test(t, only_trusted_keys_count);
	tcase_add_test(t, an_old_one_and_one_from_the_future_are_refused);
	tcase_add_loop_test(t, a_stamp_has_one_spelling, 0, sizeof(malformed) / sizeof(malformed[0]));
	tcase_add_test(t, no_stamp_is_missing_not_malformed);
	tcase_add_test(t, nothing_too_long_is_signed);
	tcase_add_test(t, a_key_file_is_sixty_four_digits);
	tcase_add_test(t, a_copy_is_a_copy_until_it_is_stale_by_itself);
	tcase_add_test(t, a_full_window_refuses_what_it_can_no_longer_tell_from_a_copy);
	tcase_add_test(t, what_is_stale_makes_room_without_taking_others_with_it);
	tcase_add_test(t, a_window_believes_nothing_older_than_itself);
	tcase_add_test(t, two_groups_may_each_see_it_once);
	return t;
}
