/*
 * The parser's rules, one row each. A row is a stream and what is read from it: ops, then the last
 * answer and how many bytes had been taken. A row that ends in `more@` with all bytes taken is a
 * stream that was fine to its end.
 */
#include <stdio.h>

#include "tests/unit/gateway/nats/suites.h"
#include "tests/unit/gateway/nats/transcript.h"

enum { LINE = 64, JSON_LINE = 128, PAYLOAD = 1000 };

struct row {
	const char *in;
	size_t len; /* 0: strlen */
	const char *read;
};

#define RAW(s) (s), sizeof(s) - 1

static const struct row client[] = {
	/* what everybody sends */
	{ "PUB a.b 2\r\nhi\r\n", 0, "PUB s=a.b p=hi; more@15" },
	{ "PUB a.b r.x 2\r\nhi\r\n", 0, "PUB s=a.b r=r.x p=hi; more@19" },
	{ "PUB a 0\r\n\r\nPING\r\n", 0, "PUB s=a; PING; more@17" },
	{ RAW("PUB a 4\r\n\r\n\0\n\r\n"), "PUB s=a p=\r\n" },
	{ "HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n", 0,
	    "HPUB s=a h=NATS/1.0\r\n\r\n p=hi; more@30" },
	{ "HPUB a r 12 12\r\nNATS/1.0\r\n\r\n\r\n", 0, "HPUB s=a r=r h=NATS/1.0\r\n\r\n; more@30" },
	{ "SUB a.* 7\r\nSUB > q.1 x9Z\r\n", 0, "SUB s=a.* sid=7; SUB s=> q=q.1 sid=x9Z; more@26" },
	{ "UNSUB 7\r\nUNSUB 7 12\r\n", 0, "UNSUB sid=7; UNSUB sid=7 max=12; more@21" },
	{ "PING\r\nPONG\r\n", 0, "PING; PONG; more@12" },
	{ "CONNECT {\"a\": 1}\r\n", 0, "CONNECT json={\"a\": 1}; more@18" },
	/* any case, any blanks: as the server */
	{ "pub a 0\r\n\r\nPuB a 0\r\n\r\n", 0, "PUB s=a; PUB s=a; more@22" },
	{ "hpub a 1 1\r\nx\r\n", 0, "HPUB s=a h=x; more@15" },
	{ "sub a 1\r\nunsub 1\r\nping\r\npOnG\r\n", 0,
	    "SUB s=a sid=1; UNSUB sid=1; PING; PONG; more@30" },
	{ "connect \t {} \t\r\n", 0, "CONNECT json={}; more@16" },
	{ "PUB\ta\t r  2 \t\r\nhi\r\n", 0, "PUB s=a r=r p=hi; more@19" },
	{ "SUB  a \t 1  \r\n", 0, "SUB s=a sid=1; more@14" },
	{ "UNSUB\t1\t2\t\r\n", 0, "UNSUB sid=1 max=2; more@12" },
	/* line ends */
	{ "PING\n", 0, "malformed@0" },
	{ "PUB a 2\nhi\r\n", 0, "malformed@0" },
	{ "PUB a\r 2\r\nhi\r\n", 0, "malformed@0" },
	{ "PUB a 2\r\r\nhi\r\n", 0, "malformed@0" },
	{ "\r\n", 0, "malformed@0" },
	{ "PING\r\n\r\nPING\r\n", 0, "PING; malformed@6" },
	{ " PING\r\n", 0, "malformed@0" },
	{ "CONNECT {\r}\r\n", 0, "malformed@0" },
	{ "CONNECT {} \n", 0, "malformed@0" },
	{ "SUB a 1 2\n", 0, "malformed@0" },
	{ "PUB a 2\rxhi\r\nPING\r\nPING\r\n", 0, "malformed@0" },
	/* exact ones */
	{ "PING \r\n", 0, "malformed@0" },
	{ "PING x\r\n", 0, "malformed@0" },
	{ "PINGx\r\n", 0, "malformed@0" },
	{ "PONG\t\r\n", 0, "malformed@0" },
	/* the alphabet of fields */
	{ RAW("PUB a\0b 0\r\n\r\n"), "malformed@0" },
	{ "PUB a\x7f 0\r\n\r\n", 0, "malformed@0" },
	{ "PUB a\x0b 0\r\n\r\n", 0, "malformed@0" },
	{ "PUB a\xc2\xa0 0\r\n\r\n", 0, "malformed@0" },
	{ "PUB \xff 0\r\n\r\n", 0, "malformed@0" },
	{ "PUB !~ 0\r\n\r\n", 0, "PUB s=!~; more@12" },
	{ "PUB a..b 0\r\n\r\nPUB * 0\r\n\r\n", 0, "PUB s=a..b; PUB s=*; more@25" },
	{ "SUB a 1.2\r\n", 0, "malformed@0" },
	{ "SUB a -1\r\n", 0, "malformed@0" },
	{ "SUB a 12345678901234567890\r\n", 0, "SUB s=a sid=12345678901234567890; more@28" },
	{ "SUB a 123456789012345678901\r\n", 0, "malformed@0" },
	{ "UNSUB a_b\r\n", 0, "malformed@0" },
	/* how many fields */
	{ "PUB a\r\n", 0, "malformed@0" },
	{ "PUB 2\r\nhi\r\n", 0, "malformed@0" },
	{ "PUB\r\n", 0, "malformed@0" },
	{ "PUB a b c 2\r\nhi\r\n", 0, "malformed@0" },
	{ "HPUB a 12\r\n", 0, "malformed@0" },
	{ "HPUB a b c 1 2\r\nhi\r\n", 0, "malformed@0" },
	{ "HPUB a b c d 1 2\r\nhi\r\n", 0, "malformed@0" },
	{ "SUB a\r\n", 0, "malformed@0" },
	{ "SUB a b c 1\r\n", 0, "malformed@0" },
	{ "UNSUB\r\n", 0, "malformed@0" },
	{ "UNSUB 1 2 3\r\n", 0, "malformed@0" },
	{ "CONNECT\r\n", 0, "malformed@0" },
	{ "CONNECT  \r\n", 0, "malformed@0" },
	{ "CONNECT{}\r\n", 0, "malformed@0" },
	/* sizes */
	{ "PUB a 01\r\nx\r\n", 0, "malformed@0" },
	{ "PUB a 00\r\n\r\n", 0, "malformed@0" },
	{ "PUB a +1\r\nx\r\n", 0, "malformed@0" },
	{ "PUB a -1\r\nx\r\n", 0, "malformed@0" },
	{ "PUB a 0x1\r\nx\r\n", 0, "malformed@0" },
	{ "PUB a 1.0\r\nx\r\n", 0, "malformed@0" },
	{ "PUB a 1e1\r\nx\r\n", 0, "malformed@0" },
	{ "PUB a 1001\r\n", 0, "size@0" },
	{ "PUB a 4294967298\r\n", 0, "size@0" },
	{ "PUB a 18446744073709551618\r\n", 0, "size@0" },
	{ "PUB a 184467440737095516180x\r\n", 0, "malformed@0" },
	{ "HPUB a 12 1001\r\n", 0, "size@0" },
	{ "HPUB a 0 2\r\nhi\r\n", 0, "PUB s=a p=hi; more@16" },
	{ "HPUB a 3 2\r\nhi\r\n", 0, "malformed@0" },
	{ "HPUB a 02 2\r\nhi\r\n", 0, "malformed@0" },
	{ "UNSUB 1 0\r\n", 0, "UNSUB sid=1; more@11" },
	{ "UNSUB 1 999999999\r\n", 0, "UNSUB sid=1 max=999999999; more@19" },
	{ "UNSUB 1 1000000000\r\n", 0, "malformed@0" },
	{ "UNSUB 1 -5\r\n", 0, "malformed@0" },
	{ "UNSUB 1 05\r\n", 0, "malformed@0" },
	/* the end of a payload */
	{ "PUB a 2\r\nhi\nPING\r\n", 0, "malformed@0" },
	{ "PUB a 1\r\nhi\r\n", 0, "malformed@0" },
	{ "PUB a 2\r\nhi\r\r", 0, "malformed@0" },
	{ "PUB a 2\r\nhix\n", 0, "malformed@0" },
	{ "PUB a 1000\r\n", 0, "more@0" },
	{ "PUB a 3\r\nhi\r\n", 0, "more@0" },
	{ "PUB a 3\r\nhi\r\nPING\r\n", 0, "malformed@0" },
	/* a payload that looks like operations is a payload */
	{ "PUB a 6\r\nPING\r\n\r\nPING\r\n", 0, "PUB s=a p=PING\r\n; PING; more@23" },
	/* other people's words */
	{ "MSG a 1 0\r\n\r\n", 0, "malformed@0" },
	{ "HMSG a 1 1 1\r\n", 0, "malformed@0" },
	{ "INFO {}\r\n", 0, "malformed@0" },
	{ "+OK\r\n", 0, "malformed@0" },
	{ "-ERR 'x'\r\n", 0, "malformed@0" },
	{ "RS+ a b\r\n", 0, "malformed@0" },
	{ "LMSG a b 0\r\n", 0, "malformed@0" },
	{ "A+ a\r\n", 0, "malformed@0" },
	/* known at the first wrong byte, without a line's end */
	{ "GET / HTTP/1.1", 0, "malformed@0" },
	{ "\x16\x03\x01", 0, "malformed@0" },
	{ "PUX", 0, "malformed@0" },
	{ "PUBx", 0, "malformed@0" },
	{ "PING ", 0, "malformed@0" },
	{ "CONNECT{", 0, "malformed@0" },
	{ "PU", 0, "more@0" },
	{ "", 0, "more@0" },
};

enum { N_CLIENT = sizeof(client) / sizeof(client[0]) };

static const struct row server[] = {
	{ "MSG a 1 2\r\nhi\r\n", 0, "MSG s=a sid=1 p=hi; more@15" },
	{ "MSG a 1 r 2\r\nhi\r\n", 0, "MSG s=a r=r sid=1 p=hi; more@17" },
	/* acknowledgements of 2.9 and 2.10 are written with two blanks */
	{ "MSG _INBOX.x 1  2\r\nhi\r\n", 0, "MSG s=_INBOX.x sid=1 p=hi; more@23" },
	{ "HMSG a 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", 0,
	    "HMSG s=a sid=1 h=NATS/1.0 503\r\n\r\n; more@34" },
	{ "HMSG a 1 r.r 1 2\r\nxy\r\n", 0, "HMSG s=a r=r.r sid=1 h=x p=y; more@22" },
	{ "INFO {\"a\":1} \r\n", 0, "INFO json={\"a\":1}; more@15" },
	{ "INFO {}\r\nPING\r\nPONG\r\n+OK\r\n", 0, "INFO json={}; PING; PONG; OK; more@26" },
	{ "-ERR 'Stale Connection'\r\n", 0, "ERR text=Stale Connection; more@25" },
	{ "-ERR plain\r\n", 0, "ERR text=plain; more@12" },
	{ "-ERR 'a\"b' \r\n", 0, "ERR text=a\"b; more@13" },
	{ "-ERR '\r\n", 0, "ERR text='; more@8" },
	{ "-ERR ''\r\n", 0, "ERR; more@9" },
	{ "-ERR\r\n", 0, "malformed@0" },
	{ "-ERR 'x' \n", 0, "malformed@0" },
	{ "INFO {} \n", 0, "malformed@0" },
	{ "-ERR 'a\x01'\r\n", 0, "malformed@0" },
	{ "-ERR 'a\xff'\r\n", 0, "malformed@0" },
	{ "+OK \r\n", 0, "malformed@0" },
	{ "MSG a 2\r\nhi\r\n", 0, "malformed@0" },
	{ "MSG a b.c 2\r\nhi\r\n", 0, "malformed@0" },
	{ "MSG a 1 02\r\nhi\r\n", 0, "malformed@0" },
	{ "MSG a 1 2\nhi\r\n", 0, "malformed@0" },
	{ "MSG a 1 1001\r\n", 0, "size@0" },
	{ "MSG a 1 r s 2\r\nhi\r\n", 0, "malformed@0" },
	{ "HMSG a 1 0 2\r\nhi\r\n", 0, "malformed@0" },
	{ "HMSG a 1 r s 1 2\r\nhi\r\n", 0, "malformed@0" },
	{ "PUB a 2\r\nhi\r\n", 0, "malformed@0" },
	{ "CONNECT {}\r\n", 0, "malformed@0" },
	{ "LMSG a 2\r\nhi\r\n", 0, "malformed@0" },
};

enum { N_SERVER = sizeof(server) / sizeof(server[0]) };

static size_t
one_byte(void *arg, size_t left)
{
	(void)arg;
	return left != 0;
}

static void
check_row(enum nats_side side, const struct row *row)
{
	struct bytes in = bytes_of(row->in, row->len != 0 ? row->len : strlen(row->in));
	transcript_cut cuts[] = { NULL, one_byte };

	for (size_t i = 0; i < 2; i++) {
		struct nats_parser p;
		struct buf out;

		nats_parser_init(&p, side, LINE, PAYLOAD);
		p.max_connect = JSON_LINE;
		buf_init(&out, 1 << 16);
		transcript(p, in, cuts[i], NULL, &out, NULL);
		buf_put_u8(&out, 0);
		/* a row with a NUL in its payload is compared up to there */
		ck_assert_msg(strncmp((char *)out.ptr, row->read, strlen(row->read)) == 0,
		    "%s: read '%s'", row->in, out.ptr);
		ck_assert(row->len != 0 || strcmp((char *)out.ptr, row->read) == 0);
		buf_deinit(&out);
	}
}

START_TEST(a_client_is_read_as_the_table_says)
{
	check_row(NATS_FROM_CLIENT, &client[_i]);
}
END_TEST

START_TEST(a_server_is_read_as_the_table_says)
{
	check_row(NATS_FROM_SERVER, &server[_i]);
}
END_TEST

/* answer() - of one call on @in with small ceilings. */
static int
answer(enum nats_side side, struct bytes in)
{
	struct nats_parser p;
	struct nats_op op;
	size_t used;

	nats_parser_init(&p, side, LINE, PAYLOAD);
	p.max_connect = JSON_LINE;
	return nats_parse(&p, in, &used, &op);
}

/* padded() - @head, blanks, @tail, @len bytes together. */
static struct bytes
padded(char *room, const char *head, const char *tail, size_t len)
{
	size_t h = strlen(head), t = strlen(tail);

	memset(room, ' ', len);
	memcpy(room, head, h);
	memcpy(room + len - t, tail, t);
	return bytes_of(room, len);
}

START_TEST(a_line_counts_from_its_first_byte_to_its_end)
{
	char room[512];

	ck_assert_int_eq(answer(NATS_FROM_CLIENT, padded(room, "SUB a", "1\r\n", LINE)), 0);
	ck_assert_int_eq(
	    answer(NATS_FROM_CLIENT, padded(room, "SUB a", "1\r\n", LINE + 1)), NATS_LINE_TOO_LONG);
	ck_assert_int_eq(
	    answer(NATS_FROM_CLIENT, padded(room, "PUB a", "1\r\nx\r\n", LINE + 3)), 0);
	ck_assert_int_eq(answer(NATS_FROM_CLIENT, padded(room, "PUB a", "1\r\nx\r\n", LINE + 4)),
	    NATS_LINE_TOO_LONG);
	ck_assert_int_eq(answer(NATS_FROM_CLIENT, padded(room, "PUB", " ", LINE)), NATS_MORE);
	ck_assert_int_eq(
	    answer(NATS_FROM_CLIENT, padded(room, "PUB", " ", LINE + 1)), NATS_LINE_TOO_LONG);
	/* without one blank to pad with */
	memset(room, 'a', sizeof(room));
	memcpy(room, "PUB ", 4);
	ck_assert_int_eq(
	    answer(NATS_FROM_CLIENT, bytes_of(room, sizeof(room))), NATS_LINE_TOO_LONG);
	memcpy(room + LINE - 4, " 0\r\n\r\n", 6);
	ck_assert_int_eq(answer(NATS_FROM_CLIENT, bytes_of(room, sizeof(room))), 0);
	memset(room + 4, 'a', LINE);
	memcpy(room + LINE - 3, " 0\r\n\r\n", 6);
	ck_assert_int_eq(
	    answer(NATS_FROM_CLIENT, bytes_of(room, sizeof(room))), NATS_LINE_TOO_LONG);
}
END_TEST

START_TEST(connect_and_info_have_a_ceiling_of_their_own)
{
	char room[512];

	ck_assert_int_eq(
	    answer(NATS_FROM_CLIENT, padded(room, "CONNECT {", "}\r\n", JSON_LINE)), 0);
	ck_assert_int_eq(
	    answer(NATS_FROM_CLIENT, padded(room, "connect {", "}\r\n", JSON_LINE + 1)),
	    NATS_LINE_TOO_LONG);
	ck_assert_int_eq(answer(NATS_FROM_SERVER, padded(room, "INFO {", "}\r\n", JSON_LINE)), 0);
	ck_assert_int_eq(answer(NATS_FROM_SERVER, padded(room, "MSG a 1", "0\r\n\r\n", LINE + 3)),
	    NATS_LINE_TOO_LONG);
	/* a line that only begins as CONNECT does not get it */
	ck_assert_int_eq(
	    answer(NATS_FROM_CLIENT, padded(room, "CONNEXX", "\r\n", 100)), NATS_MALFORMED);
}
END_TEST

START_TEST(a_queue_name_has_a_ceiling)
{
	char line[600];
	struct nats_parser p;
	struct nats_op op;
	size_t used;

	for (int n = NATS_QUEUE_MAX; n <= NATS_QUEUE_MAX + 1; n++) {
		int len = snprintf(line, sizeof(line), "SUB a %0*d 1\r\n", n, 0);

		nats_parser_init(&p, NATS_FROM_CLIENT, 4096, PAYLOAD);
		ck_assert_int_eq(nats_parse(&p, bytes_of(line, (size_t)len), &used, &op),
		    n == NATS_QUEUE_MAX ? 0 : NATS_MALFORMED);
	}
}
END_TEST

START_TEST(a_waiting_payload_says_what_it_needs_and_costs_nothing)
{
	static const char text[] = "PUB a.b 900\r\n";
	static uint8_t run[sizeof(text) - 1 + 900 + 2];
	struct nats_parser p;
	struct nats_op op;
	size_t used;

	memcpy(run, text, sizeof(text) - 1);
	memcpy(run + sizeof(run) - 2, "\r\n", 2);
	nats_parser_init(&p, NATS_FROM_CLIENT, LINE, PAYLOAD);
	ck_assert_int_eq(nats_parse(&p, bytes_of(run, 13), &used, &op), NATS_MORE);
	ck_assert_uint_eq(p.need, sizeof(run));
	/* memory that may not be read: nothing but the length is looked at */
	for (size_t n = 13; n < sizeof(run); n += 100)
		ck_assert_int_eq(nats_parse(&p, bytes_of((void *)16, n), &used, &op), NATS_MORE);
	ck_assert_int_eq(nats_parse(&p, bytes_of(run, sizeof(run)), &used, &op), 0);
	ck_assert_uint_eq(used, sizeof(run));
	ck_assert_uint_eq(op.payload.len, 900);
}
END_TEST

START_TEST(a_waiting_line_is_searched_once)
{
	char run[LINE];
	struct nats_parser p;
	struct nats_op op;
	size_t used;

	nats_parser_init(&p, NATS_FROM_CLIENT, LINE, PAYLOAD);
	memset(run, 'a', sizeof(run));
	memcpy(run, "PUB ", 4);
	ck_assert_int_eq(nats_parse(&p, bytes_of(run, 40), &used, &op), NATS_MORE);
	ck_assert_uint_eq(p.scanned, 40);
	ck_assert_uint_eq(p.need, 41);
	/* a line's end where it was searched already is not seen again: it was never searched */
	run[20] = '\n';
	ck_assert_int_eq(nats_parse(&p, bytes_of(run, 41), &used, &op), NATS_MORE);
	ck_assert_uint_eq(p.scanned, 41);
}
END_TEST

TCase *
parser_tests(void)
{
	TCase *tc = tcase_create("parser");

	tcase_add_loop_test(tc, a_client_is_read_as_the_table_says, 0, N_CLIENT);
	tcase_add_loop_test(tc, a_server_is_read_as_the_table_says, 0, N_SERVER);
	tcase_add_test(tc, a_line_counts_from_its_first_byte_to_its_end);
	tcase_add_test(tc, connect_and_info_have_a_ceiling_of_their_own);
	tcase_add_test(tc, a_queue_name_has_a_ceiling);
	tcase_add_test(tc, a_waiting_payload_says_what_it_needs_and_costs_nothing);
	tcase_add_test(tc, a_waiting_line_is_searched_once);
	return tc;
}
