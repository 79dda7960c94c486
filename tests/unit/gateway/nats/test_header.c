/* Header blocks: which are read, which are refused, and that what is written reads the same. */
#include <stdio.h>

#include "gateway/nats/header.h"
#include "tests/unit/gateway/nats/suites.h"

#define V "NATS/1.0\r\n"
#define RAW(s) (s), sizeof(s) - 1

static const struct {
	const char *in;
	size_t len;
	const char *read; /* status, then each name=value; NULL: refused */
} blocks[] = {
	{ RAW(V "\r\n"), "[]" },
	{ RAW(V "A: b\r\n\r\n"), "[] A=b" },
	{ RAW(V "A:b\r\nA: c\r\na:\r\n\r\n"), "[] A=b A=c a=" },
	{ RAW(V "A: \t b c \t\r\n\r\n"), "[] A=b c" },
	{ RAW(V "A: b:c\r\n\r\n"), "[] A=b:c" },
	{ RAW(V "A: \xc3\xa9\x01\r\n\r\n"), "[] A=\xc3\xa9\x01" },
	{ RAW(V "!#$%&'*+-.^_`|~0\"(),/;<=>?@[\\]{}: x\r\n\r\n"),
	    "[] !#$%&'*+-.^_`|~0\"(),/;<=>?@[\\]{}=x" },
	/* what servers send on their own */
	{ RAW("NATS/1.0 503\r\n\r\n"), "[503]" },
	{ RAW("NATS/1.0 503\r\nNats-Subject: a.b\r\n\r\n"), "[503] Nats-Subject=a.b" },
	{ RAW("NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 1\r\n\r\n"),
	    "[100 Idle Heartbeat] Nats-Last-Consumer=1" },
	{ RAW("NATS/1.0 100 FlowControl Request\r\n\r\n"), "[100 FlowControl Request]" },
	{ RAW("NATS/1.0 409 Message Size Exceeds MaxBytes\r\n\r\n"),
	    "[409 Message Size Exceeds MaxBytes]" },
	{ RAW("NATS/1.0\t404 No Messages \r\n\r\n"), "[404 No Messages]" },
	/* the version line */
	{ RAW(""), NULL },
	{ RAW("\r\n"), NULL },
	{ RAW("NATS/1.0"), NULL },
	{ RAW("NATS/1.0\r\n"), NULL },
	{ RAW("NATS/1.0\n\n"), NULL },
	{ RAW("nats/1.0\r\n\r\n"), NULL },
	{ RAW("NATS/1.1\r\n\r\n"), NULL },
	{ RAW("NATS/1.0x\r\n\r\n"), NULL },
	{ RAW("NATS/1.0503\r\n\r\n"), NULL },
	{ RAW(" NATS/1.0\r\n\r\n"), NULL },
	{ RAW("NATS/1.0 5\x01\r\n\r\n"), NULL },
	{ RAW("NATS/1.0 \xc3\xa9\r\n\r\n"), NULL },
	{ RAW("ABCD"), NULL },
	{ RAW("A: b\r\n\r\n"), NULL },
	/* the end */
	{ RAW(V "A: b\r\n"), NULL },
	{ RAW(V "A: b"), NULL },
	{ RAW(V "\r\nA: b\r\n\r\n"), NULL },
	{ RAW(V "A: b\r\n\r\nx"), NULL },
	{ RAW(V "\r\n\r\n"), NULL },
	/* line ends */
	{ RAW(V "A: b\n\r\n"), NULL },
	{ RAW(V "A: b\rc\r\n\r\n"), NULL },
	{ RAW(V "A: b\r\r\n\r\n"), NULL },
	{ RAW(V "A: b\r\n\n"), NULL },
	{ RAW("NATS/1.0\r\r\n\r\n"), NULL },
	{ RAW(V "A: b\0c\r\n\r\n"), NULL },
	{ RAW(V "A\0: b\r\n\r\n"), NULL },
	/* names */
	{ RAW(V ": b\r\n\r\n"), NULL },
	{ RAW(V "A\r\n\r\n"), NULL },
	{ RAW(V "A : b\r\n\r\n"), NULL },
	{ RAW(V " A: b\r\n\r\n"), NULL },
	{ RAW(V "A: b\r\n c\r\n\r\n"), NULL },
	{ RAW(V "A B: b\r\n\r\n"), NULL },
	{ RAW(V "\xc3\xa9: b\r\n\r\n"), NULL },
	{ RAW(V "A\x7f: b\r\n\r\n"), NULL },
};

START_TEST(blocks_are_read_as_the_table_says)
{
	struct header_reader r;
	struct bytes name, value;
	struct buf out;
	int answer = header_open(&r, bytes_of(blocks[_i].in, blocks[_i].len));

	ck_assert_int_eq(answer, blocks[_i].read == NULL ? HEADER_BAD : 0);
	buf_init(&out, 1024);
	buf_put_u8(&out, '[');
	buf_put(&out, r.status);
	buf_put_u8(&out, ']');
	while (header_next(&r, &name, &value) == 0) {
		buf_put_u8(&out, ' ');
		buf_put(&out, name);
		buf_put_u8(&out, '=');
		buf_put(&out, value);
	}
	ck_assert(bytes_is(buf_bytes(&out), blocks[_i].read != NULL ? blocks[_i].read : "[]"));
	ck_assert_int_eq(header_next(&r, &name, &value), HEADER_END);
	buf_deinit(&out);
}
END_TEST

/* rewrite() - @block printed anew from what is read. */
static void
rewrite(struct buf *out, struct bytes block)
{
	struct header_reader r;
	struct bytes name, value;

	ck_assert_int_eq(header_open(&r, block), 0);
	header_begin(out, r.status);
	while (header_next(&r, &name, &value) == 0)
		header_field(out, name, value);
	header_end(out);
}

START_TEST(a_rewritten_block_reads_the_same_and_stays)
{
	struct buf once, twice;

	if (blocks[_i].read == NULL)
		return;
	buf_init(&once, 1024);
	buf_init(&twice, 1024);
	rewrite(&once, bytes_of(blocks[_i].in, blocks[_i].len));
	rewrite(&twice, buf_bytes(&once));
	ck_assert(bytes_eq(buf_bytes(&once), buf_bytes(&twice)));
	buf_deinit(&once);
	buf_deinit(&twice);
}
END_TEST

START_TEST(a_block_has_at_most_256_fields)
{
	for (int n = HEADER_MAX_FIELDS; n <= HEADER_MAX_FIELDS + 1; n++) {
		struct header_reader r;
		struct buf b;

		buf_init(&b, 1 << 16);
		header_begin(&b, BYTES_NULL);
		for (int i = 0; i < n; i++)
			header_field(&b, BYTES_LIT("A"), BYTES_LIT("b"));
		header_end(&b);
		ck_assert_int_eq(
		    header_open(&r, buf_bytes(&b)), n == HEADER_MAX_FIELDS ? 0 : HEADER_BAD);
		buf_deinit(&b);
	}
}
END_TEST

START_TEST(powerful_is_what_a_server_acts_on)
{
	ck_assert(header_is_powerful(BYTES_LIT("Nats-Rollup")));
	ck_assert(header_is_powerful(BYTES_LIT("nats-msg-id")));
	ck_assert(header_is_powerful(BYTES_LIT("NATS-TRACE-DEST")));
	ck_assert(header_is_powerful(BYTES_LIT("Nats-")));
	ck_assert(!header_is_powerful(BYTES_LIT("Nats")));
	ck_assert(!header_is_powerful(BYTES_LIT("X-Nats-Rollup")));
	ck_assert(!header_is_powerful(BYTES_LIT("KV-Operation")));
	ck_assert(!header_is_powerful(BYTES_LIT("traceparent")));
	ck_assert(!header_is_powerful(BYTES_NULL));
}
END_TEST

static bool
repeats(const char *block)
{
	struct header_reader r;

	ck_assert_int_eq(header_open(&r, bytes_str(block)), 0);
	return header_repeats_powerful(&r);
}

START_TEST(a_powerful_name_twice_is_seen_in_any_case)
{
	ck_assert(!repeats(V "Nats-A: 1\r\nNats-AB: 1\r\nX: 1\r\nX: 2\r\n\r\n"));
	ck_assert(repeats(V "Nats-A: 1\r\nX: 1\r\nNats-A: 1\r\n\r\n"));
	ck_assert(repeats(V "X: 1\r\nNats-A: 1\r\nnATS-a: 2\r\n\r\n"));
}
END_TEST

TCase *
header_tests(void)
{
	TCase *tc = tcase_create("header");
	int n = sizeof(blocks) / sizeof(blocks[0]);

	tcase_add_loop_test(tc, blocks_are_read_as_the_table_says, 0, n);
	tcase_add_loop_test(tc, a_rewritten_block_reads_the_same_and_stays, 0, n);
	tcase_add_test(tc, a_block_has_at_most_256_fields);
	tcase_add_test(tc, powerful_is_what_a_server_acts_on);
	tcase_add_test(tc, a_powerful_name_twice_is_seen_in_any_case);
	return tc;
}
