/*
 * json: one reading or none. The tables below are the contract of json.h line by line.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/core/buf.h"
#include "policy/core/json.h"
#include "tests/unit/policy/core/suites.h"

enum { ROOM = 2048, MANY_TOKENS = 40000 };

static int
read_with(struct json *j, struct json_tok *tok, struct bytes text)
{
	*j = (struct json){ .text = text, .tok = tok, .cap = ROOM };
	return json_read(j);
}

static const struct {
	struct bytes text;
	const char *why;
	size_t at;
} refused[] = {
	{ BYTES_LIT(""), "text ends too early", 0 },
	{ BYTES_LIT(" \n"), "text ends too early", 2 },
	{ BYTES_LIT("{\"a\":"), "text ends too early", 5 },
	{ BYTES_LIT("[1"), "text ends too early", 2 },
	{ BYTES_LIT("\xef\xbb\xbf{}"), "not a JSON value", 0 },
	{ BYTES_LIT("{} x"), "something after the value", 3 },
	{ BYTES_LIT("{}\0"), "something after the value", 2 },
	{ BYTES_LIT("1 2"), "something after the value", 2 },
	{ BYTES_LIT("tru"), "not a JSON value", 0 },
	{ BYTES_LIT("[NaN]"), "not a JSON value", 1 },
	{ BYTES_LIT("[1,]"), "not a JSON value", 3 },
	{ BYTES_LIT("[,1]"), "not a JSON value", 1 },
	{ BYTES_LIT("[1 2]"), "expected ',' or ']'", 3 },
	{ BYTES_LIT("[1}"), "expected ',' or ']'", 2 },
	{ BYTES_LIT("{\"a\":1]"), "expected ',' or '}'", 6 },
	{ BYTES_LIT("[}"), "not a JSON value", 1 },
	{ BYTES_LIT("{]"), "expected a member name", 1 },
	{ BYTES_LIT("{a:1}"), "expected a member name", 1 },
	{ BYTES_LIT("{\"a\":1,}"), "expected a member name", 7 },
	{ BYTES_LIT("{\"a\" 1}"), "expected ':' after a member name", 5 },
	{ BYTES_LIT("[\"\\u0000\"]"), "U+0000 in a string", 2 },
	{ BYTES_LIT("[\"a\0\"]"), "control byte in a string", 3 },
	{ BYTES_LIT("[\"a\tb\"]"), "control byte in a string", 3 },
	{ BYTES_LIT("[\"\\ud800\"]"), "lone surrogate in a string", 2 },
	{ BYTES_LIT("[\"\\ude00\"]"), "lone surrogate in a string", 2 },
	{ BYTES_LIT("[\"\\ud83d\\ud83d\"]"), "lone surrogate in a string", 2 },
	{ BYTES_LIT("[\"\\u12g4\"]"), "\\u needs four hexadecimal digits", 2 },
	{ BYTES_LIT("[\"\\x41\"]"), "unknown escape in a string", 2 },
	{ BYTES_LIT("[\"\xff\"]"), "bad UTF-8 in a string", 2 },
	{ BYTES_LIT("[\"\xc0\xaf\"]"), "bad UTF-8 in a string", 2 },
	{ BYTES_LIT("[\"\xed\xa0\x80\"]"), "bad UTF-8 in a string", 2 },
	{ BYTES_LIT("[\"abc"), "string without an end", 5 },
	{ BYTES_LIT("[01]"), "number with leading zeros", 1 },
	{ BYTES_LIT("[-0]"), "minus zero", 1 },
	{ BYTES_LIT("[-]"), "not a number", 1 },
	{ BYTES_LIT("[+1]"), "not a JSON value", 1 },
	{ BYTES_LIT("[1.5]"), "number is not an integer", 1 },
	{ BYTES_LIT("[1e3]"), "number is not an integer", 1 },
	{ BYTES_LIT("[9007199254740993]"), "integer beyond 2^53", 1 },
	{ BYTES_LIT("[-9007199254740993]"), "integer beyond 2^53", 1 },
	{ BYTES_LIT("[100000000000000000000000000]"), "integer beyond 2^53", 1 },
	{ BYTES_LIT("{\"a\":1,\"a\":2}"), "the same name twice in an object", 8 },
	{ BYTES_LIT("{\"a\":1,\"b\":2,\"A\":3}"), "the same name twice in an object", 14 },
	{ BYTES_LIT("{\"ab\":1,\"\\u0061b\":2}"), "the same name twice in an object", 9 },
	{ BYTES_LIT("{\"hosts\":1,\"ho\xc5\xbfts\":2}"), "the same name twice in an object", 12 },
	{ BYTES_LIT("{\"ho\\u017fts\":1,\"HOSTS\":2}"), "the same name twice in an object", 17 },
	{ BYTES_LIT("{\"\xe2\x84\xaa\":1,\"k\":2}"), "the same name twice in an object", 10 },
	{ BYTES_LIT("{\"\":1,\"\":2}"), "the same name twice in an object", 7 },
	{ BYTES_LIT("[{\"b\":{\"a\":[],\"a\":{}}}]"), "the same name twice in an object", 15 },
};

START_TEST(what_has_two_readings_or_none_is_refused)
{
	struct json_tok tok[ROOM];
	struct json j;

	ck_assert_int_eq(read_with(&j, tok, refused[_i].text), JSON_BAD);
	ck_assert_str_eq(j.why, refused[_i].why);
	ck_assert_uint_eq(j.at, refused[_i].at);
	ck_assert_uint_eq(j.n, 0);
	ck_assert_uint_eq(json_member(&j, 0, "a"), 0);
}
END_TEST

static const struct bytes accepted[] = {
	BYTES_LIT("{}"),
	BYTES_LIT(" [ ] \r\n\t"),
	BYTES_LIT("null"),
	BYTES_LIT("\"\""),
	BYTES_LIT("-12"),
	BYTES_LIT("[0,9007199254740992,-9007199254740992]"),
	BYTES_LIT("[true,false,null,\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\ud83d\\ude00\"]"),
	BYTES_LIT("{\"a[\":1,\"a{\":2}"), /* equal in the hash's over-folding, not equal */
	BYTES_LIT("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}"),
	BYTES_LIT("[\"\x7f\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]"),
};

START_TEST(what_has_one_reading_is_accepted)
{
	struct json_tok tok[ROOM];
	struct json j;

	ck_assert_int_eq(read_with(&j, tok, accepted[_i]), 0);
	ck_assert_uint_eq(tok[0].next, j.n);
}
END_TEST

START_TEST(tokens_lead_from_member_to_member)
{
	static const char text[] = "{ \"a\" : [1, {\"x\": 2}], \"b\\u0063\": \"v\\n\" }";
	struct json_tok tok[ROOM];
	struct json j;
	size_t at, e;

	ck_assert_int_eq(read_with(&j, tok, bytes_str(text)), 0);
	ck_assert_uint_eq(tok[0].n, 2);
	at = json_first(&j, 0);
	ck_assert(json_is(&j, at, "a"));
	ck_assert(bytes_is(json_raw(&j, at + 1), "[1, {\"x\": 2}]"));
	ck_assert_uint_eq(tok[at + 1].n, 2);
	e = json_first(&j, at + 1);
	ck_assert(bytes_is(json_raw(&j, e), "1"));
	e = tok[e].next;
	ck_assert_int_eq(tok[e].kind, JSON_OBJECT);
	at = tok[at + 1].next;
	ck_assert(json_is(&j, at, "bc"));
	ck_assert(tok[at].escaped);
	ck_assert_uint_eq(tok[at + 1].next, j.n);
	ck_assert_uint_eq(json_member(&j, 0, "bc"), at + 1);
	ck_assert_uint_eq(json_member(&j, 0, "x"), 0); /* not a member of the root */
	ck_assert_uint_eq(json_member(&j, e, "x"), e + 2);
	ck_assert_uint_eq(json_member(&j, at, "x"), 0); /* a string has no members */
}
END_TEST

START_TEST(room_for_tokens_is_respected)
{
	struct json_tok tok[3];
	struct json j = { .text = BYTES_LIT("[1,2]"), .tok = tok, .cap = 3 };

	ck_assert_int_eq(json_read(&j), 0);
	j.cap = 2;
	ck_assert_int_eq(json_read(&j), JSON_TOO_MANY);
	ck_assert_uint_eq(j.n, 0);
	j.cap = 0;
	ck_assert_int_eq(json_read(&j), JSON_TOO_MANY);
}
END_TEST

START_TEST(depth_is_counted_in_open_brackets)
{
	struct json_tok tok[40];
	struct json j = { .text = BYTES_LIT("[[[]]]"), .tok = tok, .cap = 40, .max_depth = 3 };
	char deep[35];

	ck_assert_int_eq(json_read(&j), 0);
	j.max_depth = 2;
	ck_assert_int_eq(json_read(&j), JSON_BAD);
	ck_assert_str_eq(j.why, "nested too deeply");
	ck_assert_uint_eq(j.at, 2);
	memset(deep, '[', 17);
	memset(deep + 17, ']', 17);
	j = (struct json){ .text = bytes_of(deep + 1, 32), .tok = tok, .cap = 40 };
	ck_assert_int_eq(json_read(&j), 0);
	j.text = bytes_of(deep, 34);
	ck_assert_int_eq(json_read(&j), JSON_BAD);
}
END_TEST

static const struct {
	const char *text;
	bool ok;
} fractions[] = {
	{ "1.5", true }, { "-0.5", true }, { "1e3", true }, { "1E-3", true }, { "2.5e+10", true },
	{ "99999999999999999999", true }, { "0", true }, { "1.", false }, { ".5", false },
	{ "1e", false }, { "1e+", false }, { "1.e3", false }, { "01.5", false }, { "-0", false },
	{ "-0e1", false }, { "0x10", false },
	{ "0.000000000000000000000000000000000000000000000000000000000000001", false }, /* 65 */
};

START_TEST(fractions_are_accepted_only_when_asked_for)
{
	struct json_tok tok[1];
	struct json j = {
		.text = bytes_str(fractions[_i].text), .tok = tok, .cap = 1, .allow_fraction = true
	};
	int64_t v;

	ck_assert_int_eq(json_read(&j), fractions[_i].ok ? 0 : JSON_BAD);
	if (!fractions[_i].ok)
		return;
	ck_assert(bytes_is(json_raw(&j, 0), fractions[_i].text));
	ck_assert_int_eq(json_int(&j, 0, &v), strcmp(fractions[_i].text, "0") == 0 ? 0 : JSON_BAD);
}
END_TEST

static void
put_members(struct buf *b, int n)
{
	char member[32];

	buf_put_str(b, "{");
	for (int i = 0; i < n; i++) {
		snprintf(member, sizeof(member), "%s\"m%d\":%d", i != 0 ? "," : "", i, i);
		buf_put_str(b, member);
	}
	buf_put_str(b, "}");
}

START_TEST(an_object_holds_at_most_256_members)
{
	struct json_tok tok[ROOM];
	struct json j;
	struct buf b;

	buf_init(&b, 1 << 16);
	put_members(&b, 256);
	ck_assert_int_eq(read_with(&j, tok, buf_bytes(&b)), 0);
	ck_assert_uint_eq(tok[0].n, 256);
	ck_assert_uint_ne(json_member(&j, 0, "m255"), 0);
	buf_reset(&b);
	put_members(&b, 257);
	ck_assert_int_eq(read_with(&j, tok, buf_bytes(&b)), JSON_BAD);
	ck_assert_str_eq(j.why, "object with too many members");
	buf_deinit(&b);
}
END_TEST

/* read_slots() - with room for more members. */
static int
read_slots(struct json *j, struct json_tok *tok, uint32_t *slot, size_t n_slots, struct bytes text)
{
	*j = (struct json){
		.text = text, .tok = tok, .cap = MANY_TOKENS, .slot = slot, .n_slots = n_slots
	};
	return json_read(j);
}

static const struct {
	size_t n_slots;
	int members;
} room_for[] = {
	{ 0, 256 },
	{ 512, 256 },
	{ 1023, 256 },
	{ 1024, 512 },
	{ 2047, 512 },
	{ 32768, 16384 },
};

START_TEST(room_for_half_as_many_members_as_slots_is_used)
{
	struct json_tok *tok = calloc(MANY_TOKENS, sizeof(*tok));
	uint32_t *slot = malloc(room_for[_i].n_slots * sizeof(*slot) + 1);
	int n = room_for[_i].members;
	char last[16];
	struct json j;
	struct buf b;

	ck_assert(tok != NULL && slot != NULL);
	buf_init(&b, 1 << 20);
	put_members(&b, n);
	ck_assert_int_eq(read_slots(&j, tok, slot, room_for[_i].n_slots, buf_bytes(&b)), 0);
	ck_assert_int_eq((int)tok[0].n, n);
	snprintf(last, sizeof(last), "m%d", n - 1);
	ck_assert_uint_ne(json_member(&j, 0, last), 0);
	buf_reset(&b);
	put_members(&b, n + 1);
	ck_assert_int_eq(read_slots(&j, tok, slot, room_for[_i].n_slots, buf_bytes(&b)), JSON_BAD);
	ck_assert_str_eq(j.why, "object with too many members");
	buf_deinit(&b);
	free(slot);
	free(tok);
}
END_TEST

START_TEST(a_duplicate_is_found_among_thousands)
{
	struct json_tok *tok = calloc(MANY_TOKENS, sizeof(*tok));
	uint32_t *slot = malloc(32768 * sizeof(*slot));
	struct json j;
	struct buf b;

	ck_assert(tok != NULL && slot != NULL);
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 10000; i += 999) {
		char again[32];

		buf_reset(&b);
		put_members(&b, 10000);
		b.len--; /* the brace */
		snprintf(again, sizeof(again), ",\"\\u004d%d\":0}", i);
		buf_put_str(&b, again);
		ck_assert_int_eq(read_slots(&j, tok, slot, 32768, buf_bytes(&b)), JSON_BAD);
		ck_assert_str_eq(j.why, "the same name twice in an object");
	}
	buf_deinit(&b);
	free(slot);
	free(tok);
}
END_TEST

/* inverse_of() - of an odd number among those of 64 bits. Newton: five steps from three right bits. */
static uint64_t
inverse_of(uint64_t odd)
{
	uint64_t inverse = odd;

	for (int i = 0; i < 5; i++)
		inverse *= 2 - odd * inverse;
	return inverse;
}

START_TEST(names_made_to_fall_together_are_refused_in_a_large_object_too)
{
	struct json_tok *tok = calloc(MANY_TOKENS, sizeof(*tok));
	uint32_t *slot = malloc(32768 * sizeof(*slot));
	/* json_mix() of some eight bytes and zero is @want: those bytes are (want ^ want >> 32) * inverse */
	const uint64_t inverse = inverse_of(0x9e3779b97f4a7c15ULL);
	uint64_t tried = 0;
	struct json j;
	struct buf b;
	int n = 0;

	ck_assert(tok != NULL && slot != NULL);
	buf_init(&b, 1 << 20);
	/* plain names of eight bytes whose hash ends in fifteen zero bits: one slot for all of them
	 */
	while (n < 300 && tried < 1ULL << 34) {
		uint64_t want = tried++ << 15, w = (want ^ want >> 32) * inverse;
		/* nearly all of millions are out after this look at all eight */
		bool plain = (w & 0xa0a0a0a0a0a0a0a0ULL) == 0x2020202020202020ULL;

		for (int i = 0; plain && i < 8; i++) {
			uint8_t c = (uint8_t)(w >> (8 * i));

			plain =
			    (c & 0x20) != 0 && c < 0x7f && c != '"'; /* folding leaves it alone */
		}
		if (!plain)
			continue;
		w = htole64(w);
		buf_put_str(&b, n++ == 0 ? "{\"" : ",\"");
		buf_put(&b, bytes_of(&w, 8));
		buf_put_str(&b, "\":0");
	}
	buf_put_str(&b, "}");
	ck_assert_int_eq(n, 300);
	ck_assert_int_eq(read_slots(&j, tok, slot, 32768, buf_bytes(&b)), JSON_BAD);
	ck_assert_str_eq(j.why, "names made to collide");
	buf_deinit(&b);
	free(slot);
	free(tok);
}
END_TEST

START_TEST(a_duplicate_is_found_in_every_place_of_a_full_object)
{
	struct json_tok tok[ROOM];
	struct json j;
	struct buf b;

	buf_init(&b, 1 << 16);
	for (int i = 0; i < 255; i++) {
		char again[32];

		buf_reset(&b);
		put_members(&b, 255);
		b.len--; /* the brace */
		snprintf(again, sizeof(again), ",\"M%d\":0}", i);
		buf_put_str(&b, again);
		ck_assert_int_eq(read_with(&j, tok, buf_bytes(&b)), JSON_BAD);
		ck_assert_str_eq(j.why, "the same name twice in an object");
	}
	buf_deinit(&b);
}
END_TEST

START_TEST(names_made_to_collide_are_refused_after_a_few)
{
	/* names of one hash, found by inverting json_mix() */
	static const char few[] = "{\"&|7e}twj\":1,\"kt;w-7z'\":2,\"x0543q=q\":3}";
	static const char more[] = "{\"&|7e}twj\":1,\"kt;w-7z'\":2,\"x0543q=q\":3,\" 1155 o.\":4}";
	struct json_tok tok[ROOM];
	struct json j;

	ck_assert_int_eq(read_with(&j, tok, bytes_str(few)), 0);
	ck_assert_int_eq(read_with(&j, tok, bytes_str(more)), JSON_BAD);
	ck_assert_str_eq(j.why, "names made to collide");
}
END_TEST

/* name_like() - the styles of names that people write. */
static const char *
name_like(int style, int i, char room[80])
{
	switch (style) {
	case 0:
		snprintf(room, 80, "%d", i);
		break;
	case 1:
		snprintf(room, 80, "m%d", i);
		break;
	case 2:
		snprintf(room, 80, "%04x", (unsigned int)i);
		break;
	case 3:
		snprintf(room, 80, "wasmcloud.dev/annotation-%d", i);
		break;
	case 4:
		snprintf(room, 80, "%d.annotations.wasmcloud.dev", i);
		break;
	case 5:
		snprintf(room, 80, "%08d", i * 1000);
		break;
	case 6:
		snprintf(room, 80, "\\u20ac%c%c", 'a' + i / 16, 'a' + i % 16);
		break;
	default:
		memset(room, 'x', (size_t)i % 70 + 1);
		room[i % 70 + 1] = (char)('0' + i / 70);
		room[i % 70 + 2] = '\0';
		break;
	}
	return room;
}

START_TEST(honest_names_are_never_taken_for_collisions)
{
	struct json_tok tok[ROOM];
	struct json j;
	struct buf b;

	buf_init(&b, 1 << 17);
	for (int n = 1; n <= 256; n++) {
		char room[80];

		buf_reset(&b);
		for (int i = 0; i < n; i++) {
			buf_put_str(&b, i == 0 ? "{\"" : ",\"");
			buf_put_str(&b, name_like(_i, i, room));
			buf_put_str(&b, "\":0");
		}
		buf_put_str(&b, "}");
		ck_assert_msg(read_with(&j, tok, buf_bytes(&b)) == 0, "%d: %s", n, j.why);
	}
	buf_deinit(&b);
}
END_TEST

START_TEST(unescaping_respects_the_room_given)
{
	struct json_tok tok[1];
	struct json j = { .text = BYTES_LIT("\"a\\u20ac\""), .tok = tok, .cap = 1 };
	uint8_t out[4];
	struct bytes s;

	ck_assert_int_eq(json_read(&j), 0);
	ck_assert_int_eq(json_text(&j, 0, out, 3, &s), JSON_TOO_MANY);
	ck_assert_uint_eq(s.len, 0);
	ck_assert_int_eq(json_text(&j, 0, out, 4, &s), 0);
	ck_assert(bytes_is(s, "a\xe2\x82\xac"));
	ck_assert(json_is(&j, 0, "a\xe2\x82\xac"));
	ck_assert(!json_is(&j, 0, "a"));
	ck_assert(!json_is(&j, 0, "a\xe2\x82\xac."));
}
END_TEST

START_TEST(a_string_without_escapes_is_borrowed)
{
	struct json_tok tok[1];
	struct json j = { .text = BYTES_LIT(" \"abc\""), .tok = tok, .cap = 1 };
	struct bytes s;

	ck_assert_int_eq(json_read(&j), 0);
	ck_assert_int_eq(json_text(&j, 0, NULL, 0, &s), 0);
	ck_assert_ptr_eq(s.ptr, j.text.ptr + 2);
	ck_assert(bytes_is(s, "abc"));
}
END_TEST

START_TEST(questions_of_the_wrong_kind_answer_absent)
{
	struct json_tok tok[2];
	struct json j = { .text = BYTES_LIT("[12]"), .tok = tok, .cap = 2 };
	struct bytes s;
	int64_t v = 5;

	ck_assert_int_eq(json_read(&j), 0);
	ck_assert_int_eq(json_text(&j, 1, NULL, 0, &s), JSON_BAD);
	ck_assert_int_eq(json_int(&j, 0, &v), JSON_BAD);
	ck_assert_int_eq(v, 5);
	ck_assert_int_eq(json_int(&j, 1, &v), 0);
	ck_assert_int_eq(v, 12);
	ck_assert_int_eq(json_int(&j, 99, &v), JSON_BAD);
	ck_assert(!json_is(&j, 1, "12"));
	ck_assert(!json_is(&j, 99, ""));
	ck_assert_uint_eq(json_first(&j, 1), 0);
	ck_assert_uint_eq(json_first(&j, 99), 0);
	ck_assert_uint_eq(json_raw(&j, 99).len, 0);
}
END_TEST

TCase *
json_tests(void)
{
	TCase *tc = tcase_create("json");

	tcase_add_loop_test(tc, what_has_two_readings_or_none_is_refused, 0,
	    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_loop_test(
	    tc, what_has_one_reading_is_accepted, 0, (int)(sizeof(accepted) / sizeof(accepted[0])));
	tcase_add_test(tc, tokens_lead_from_member_to_member);
	tcase_add_test(tc, room_for_tokens_is_respected);
	tcase_add_test(tc, depth_is_counted_in_open_brackets);
	tcase_add_loop_test(tc, fractions_are_accepted_only_when_asked_for, 0,
	    (int)(sizeof(fractions) / sizeof(fractions[0])));
	tcase_add_test(tc, an_object_holds_at_most_256_members);
	tcase_add_loop_test(tc, room_for_half_as_many_members_as_slots_is_used, 0,
	    (int)(sizeof(room_for) / sizeof(room_for[0])));
	tcase_add_test(tc, a_duplicate_is_found_in_every_place_of_a_full_object);
	tcase_add_test(tc, a_duplicate_is_found_among_thousands);
	tcase_add_test(tc, names_made_to_fall_together_are_refused_in_a_large_object_too);
	tcase_add_test(tc, names_made_to_collide_are_refused_after_a_few);
	tcase_add_loop_test(tc, honest_names_are_never_taken_for_collisions, 0, 8);
	tcase_add_test(tc, unescaping_respects_the_room_given);
	tcase_add_test(tc, a_string_without_escapes_is_borrowed);
	tcase_add_test(tc, questions_of_the_wrong_kind_answer_absent);
	return tc;
}
