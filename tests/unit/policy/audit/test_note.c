#include "policy/audit/checkpoint.h"
#include "tests/unit/policy/audit/suites.h"

/* golang.org/x/mod/sumdb/note, the package's example: a key, its seed, a text and its signature. */
#define TEXT                                                                                       \
	"If you think cryptography is the answer to your problem,\n"                               \
	"then you don't know what your problem is.\n"
#define VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define SIG                                                                                        \
	"\xe2\x80\x94 PeterNeumann "                                                               \
	"x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJ" \
	"nAM=\n"
#define STRANGE "\xe2\x80\x94 somebody x08go/ZJkuBS9UG/SffcvIAQxVBtiFup\n"

static struct hasher h;
static struct buf out;
static struct secret seed[2];
static struct note_signer signer[2];
static struct note_key key;

static void
setup(void)
{
	uint8_t raw[NOTE_SEED_LEN] = { 1 };

	ck_assert_int_eq(hasher_init(&h), 0);
	buf_init(&out, NOTE_MAX);
	for (size_t i = 0; i < 2; i++) {
		raw[1] = (uint8_t)i;
		ck_assert_int_eq(secret_new(&seed[i], bytes_of(raw, sizeof(raw))), 0);
		ck_assert_int_eq(
		    note_signer_make(&signer[i], &h, BYTES_LIT("gate.example/log"), &seed[i]), 0);
	}
	ck_assert_int_eq(note_key_parse(&key, &h, BYTES_LIT(VKEY)), 0);
}

static void
teardown(void)
{
	buf_deinit(&out);
	secret_deinit(&seed[0]);
	secret_deinit(&seed[1]);
	hasher_deinit(&h);
}

START_TEST(a_published_note_opens_with_its_published_key)
{
	struct bytes text;
	uint64_t by;

	ck_assert_int_eq(note_open(BYTES_LIT(TEXT "\n" SIG), &key, 1, &text, &by), 0);
	ck_assert(bytes_is(text, TEXT));
	ck_assert_uint_eq(by, 1);
	ck_assert_int_eq(
	    note_open(BYTES_LIT(TEXT "\n" STRANGE SIG STRANGE), &key, 1, &text, &by), 0);
	note_key_put(&out, &key);
	ck_assert(bytes_is(buf_bytes(&out), VKEY));
}
END_TEST

static const struct {
	const char *note;
	int answer;
} notes[] = {
	{ TEXT "\n" STRANGE, NOTE_STRANGER }, { "x" TEXT "\n" SIG, NOTE_FORGED },
	{ "x" TEXT "\n" STRANGE SIG, NOTE_FORGED }, { TEXT "\n" SIG SIG, NOTE_BAD },
	{ TEXT "\n", NOTE_BAD }, { TEXT SIG, NOTE_BAD },
	{ TEXT "\n\n" SIG, NOTE_FORGED }, /* the text has one more line feed */
	{ TEXT "\n" SIG "\n", NOTE_BAD }, { TEXT "\n" SIG "x\n", NOTE_BAD },
	{ "\n\n" SIG, NOTE_FORGED }, { "\n" SIG, NOTE_BAD }, { "", NOTE_BAD }, { "\n", NOTE_BAD },
	{ "\x01\n\n" SIG, NOTE_BAD }, { "\r\n\n" SIG, NOTE_BAD }, { "\xff\n\n" SIG, NOTE_BAD },
	{ TEXT "\n- somebody x08go/ZJkuBS9UG/\n", NOTE_BAD },
	{ TEXT "\n\xe2\x80\x94 some+body x08go/ZJkuBS9UG/\n", NOTE_BAD },
	{ TEXT "\n\xe2\x80\x94 somebody x08go/ZJkuBS9UG/ \n", NOTE_BAD },
	{ TEXT "\n\xe2\x80\x94 somebody x08go/ZJkuBS9UG\n", NOTE_BAD }, /* no padding */
	{ TEXT "\n\xe2\x80\x94 somebody x08goB==\n", NOTE_BAD },        /* spare bits */
	{ TEXT "\n\xe2\x80\x94 somebody x08go/ZJkuBS9U\xac/\n",
	    NOTE_BAD },                                          /* a byte beyond ASCII */
	{ TEXT "\n\xe2\x80\x94 somebody x08goA==\n", NOTE_BAD }, /* an id, no signature */
};

START_TEST(other_notes_do_not)
{
	struct bytes text;
	uint64_t by;

	ck_assert_int_eq(
	    note_open(bytes_str(notes[_i].note), &key, 1, &text, &by), notes[_i].answer);
	ck_assert_uint_eq(by, 0);
}
END_TEST

START_TEST(keys_with_another_id_name_or_type_are_refused)
{
	static const char *const bad[] = { "", "PeterNeumann", "PeterNeumann+c74f20a3",
		"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", VKEY "=",
		VKEY " ", "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW" };
	struct note_key k;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(note_key_parse(&k, &h, bytes_str(bad[i])), NOTE_BAD);
}
END_TEST

START_TEST(a_checkpoint_is_signed_and_opened)
{
	struct checkpoint c = { .origin = BYTES_LIT("gate.example/log"), .size = 20852163 }, back;
	struct note_key both[2] = { signer[0].key, signer[1].key };
	uint64_t by;

	c.root.b[0] = 0x42;
	ck_assert_int_eq(checkpoint_sign(&out, &c, signer, 2), 0);
	ck_assert(bytes_starts(buf_bytes(&out),
	    BYTES_LIT("gate.example/log\n20852163\nQgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"
		      "\xe2\x80\x94 gate.example/log ")));
	ck_assert_int_eq(checkpoint_open(buf_bytes(&out), c.origin, both, 2, &back, &by), 0);
	ck_assert_uint_eq(by, 3);
	ck_assert_uint_eq(back.size, c.size);
	ck_assert(digest_eq(&back.root, &c.root));
	ck_assert_int_eq(checkpoint_open(buf_bytes(&out), c.origin, both + 1, 1, &back, &by), 0);
	ck_assert_int_eq(
	    checkpoint_open(buf_bytes(&out), BYTES_LIT("other"), both, 2, &back, &by), NOTE_BAD);
	ck_assert_int_eq(
	    checkpoint_open(buf_bytes(&out), c.origin, &key, 1, &back, &by), NOTE_STRANGER);
	out.ptr[18] ^= 1;
	ck_assert_int_eq(
	    checkpoint_open(buf_bytes(&out), c.origin, both, 2, &back, &by), NOTE_FORGED);
}
END_TEST

#define ROOT "QgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

START_TEST(a_text_that_is_no_checkpoint_is_refused)
{
	static const char *const bad[] = { "", "o\n", "o\n1\n", "o\n1\n" ROOT "\n", "\n1\n" ROOT,
		"o\n01\n" ROOT, "o\n+1\n" ROOT, "o\n1 \n" ROOT, "o\n9007199254740993\n" ROOT,
		"o\n1\nQgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n", "o\n1\nQg==\n",
		"o\n1\n" ROOT "x", "o\n1\n" ROOT "x\n\ny\n", "o\n\n1\n" ROOT };
	struct checkpoint c;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(checkpoint_parse(bytes_str(bad[i]), &c) == NOTE_BAD, "%zu", i);
	ck_assert_int_eq(checkpoint_parse(BYTES_LIT("o\n0\n" ROOT "more\nand more\n"), &c), 0);
	ck_assert(bytes_is(c.more, "more\nand more\n"));
}
END_TEST

START_TEST(a_handover_needs_both_signatures)
{
	struct bytes origin = BYTES_LIT("gate.example/log"), text;
	struct note_parts parts;
	struct rotation r;
	struct buf one;
	struct checkpoint c;

	ck_assert_int_eq(rotation_sign(&out, &h, origin, 99, &signer[0], &signer[1]), 0);
	ck_assert_int_eq(rotation_open(buf_bytes(&out), &h, origin, &r), 0);
	ck_assert_uint_eq(r.size, 99);
	ck_assert(note_key_eq(&r.from, &signer[0].key) && note_key_eq(&r.to, &signer[1].key));
	ck_assert_int_eq(rotation_open(buf_bytes(&out), &h, BYTES_LIT("x"), &r), NOTE_BAD);
	ck_assert_int_eq(note_split(buf_bytes(&out), &parts), 0);
	ck_assert_int_eq(checkpoint_parse(parts.text, &c), NOTE_BAD);
	text = parts.text;
	buf_init(&one, NOTE_MAX);
	for (size_t i = 0; i < 2; i++) {
		buf_reset(&one);
		ck_assert_int_eq(note_sign(&one, text, &signer[i], 1), 0);
		ck_assert_int_eq(rotation_open(buf_bytes(&one), &h, origin, &r), NOTE_STRANGER);
	}
	buf_deinit(&one);
	ck_assert_int_eq(rotation_sign(&out, &h, origin, 99, &signer[0], &signer[0]), NOTE_BAD);
}
END_TEST

START_TEST(what_is_no_text_is_not_signed)
{
	ck_assert_int_eq(note_sign(&out, BYTES_LIT("no line feed"), signer, 1), NOTE_BAD);
	ck_assert_int_eq(note_sign(&out, BYTES_LIT("tab\t\n"), signer, 1), NOTE_BAD);
	ck_assert_int_eq(note_sign(&out, BYTES_LIT("nobody\n"), signer, 0), NOTE_BAD);
	ck_assert_uint_eq(out.len, 0);
}
END_TEST

TCase *
note_tests(void)
{
	TCase *t = tcase_create("note");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_published_note_opens_with_its_published_key);
	tcase_add_loop_test(t, other_notes_do_not, 0, sizeof(notes) / sizeof(notes[0]));
	tcase_add_test(t, keys_with_another_id_name_or_type_are_refused);
	tcase_add_test(t, a_checkpoint_is_signed_and_opened);
	tcase_add_test(t, a_text_that_is_no_checkpoint_is_refused);
	tcase_add_test(t, a_handover_needs_both_signatures);
	tcase_add_test(t, what_is_no_text_is_not_signed);
	return t;
}
