/* CONNECT objects: real clients' ones are read, the ambiguous and the overreaching are refused. */
#include <stdio.h>

#include "gateway/nats/connect.h"
#include "policy/core/json.h"
#include "tests/unit/gateway/nats/suites.h"

/* Objects of the shape client libraries send; keys and tokens are made up. */
static const char *const clients[] = {
	/* Go */
	"{\"verbose\":false,\"pedantic\":false,\"jwt\":\"e30.e30.AA\",\"sig\":\"AAAA\","
	"\"tls_required\":false,\"name\":\"\",\"lang\":\"go\",\"version\":\"1.36.0\","
	"\"protocol\":1,\"echo\":true,\"headers\":true,\"no_responders\":true}",
	/* Rust: null for what is not set */
	"{\"verbose\":false,\"pedantic\":false,\"jwt\":\"e30.e30.AA\",\"nkey\":null,"
	"\"sig\":\"AAAA\",\"name\":null,\"echo\":true,\"lang\":\"rust\",\"version\":\"0.33.0\","
	"\"protocol\":1,\"tls_required\":false,\"user\":null,\"pass\":null,\"auth_token\":null,"
	"\"headers\":true,\"no_responders\":true}",
	/* C */
	"{\"verbose\":false,\"pedantic\":false,\"jwt\":\"e30.e30.AA\",\"sig\":\"AAAA\","
	"\"tls_required\":false,\"name\":\"\",\"lang\":\"C\",\"version\":\"3.4.1\",\"protocol\":1,"
	"\"echo\":true,\"headers\":true,\"no_responders\":true}",
	/* JavaScript */
	"{\"protocol\":1,\"version\":\"2.12.1\",\"lang\":\"nats.js\",\"verbose\":false,"
	"\"pedantic\":false,\"headers\":true,\"no_responders\":true,\"jwt\":\"e30.e30.AA\","
	"\"nkey\":\"\",\"sig\":\"AAAA\"}",
	/* Python */
	"{\"echo\": true, \"headers\": true, \"jwt\": \"e30.e30.AA\", \"lang\": \"python3\", "
	"\"no_responders\": true, \"pedantic\": false, \"protocol\": 1, \"sig\": \"AAAA\", "
	"\"verbose\": false, \"version\": \"2.7.2\"}",
};

START_TEST(clients_of_five_languages_are_read)
{
	struct nats_connect c;

	ck_assert_int_eq(connect_decode(&c, bytes_str(clients[_i])), 0);
	ck_assert(!c.verbose && !c.pedantic && c.echo && c.headers && c.no_responders);
	ck_assert_int_eq(c.protocol, 1);
	ck_assert_str_eq(c.jwt, "e30.e30.AA");
	ck_assert_str_eq(c.sig, "AAAA");
	ck_assert_ptr_null(c.nkey);
	ck_assert_ptr_null(c.name);
	ck_assert_ptr_null(c.user);
	ck_assert_ptr_nonnull(c.lang);
	connect_deinit(&c);
	ck_assert_ptr_null(c.jwt);
}
END_TEST

START_TEST(what_is_absent_has_the_servers_defaults)
{
	struct nats_connect c;

	ck_assert_int_eq(connect_decode(&c, BYTES_LIT(" { } ")), 0);
	ck_assert(c.verbose && c.pedantic && c.echo);
	ck_assert(!c.headers && !c.no_responders && !c.tls_required);
	ck_assert_int_eq(c.protocol, 0);
	ck_assert_ptr_null(c.jwt);
	connect_deinit(&c);
	ck_assert_int_eq(
	    connect_decode(&c, BYTES_LIT("{\"verbose\":null,\"protocol\":null,\"jwt\":null}")), 0);
	ck_assert(c.verbose && c.protocol == 0 && c.jwt == NULL);
	connect_deinit(&c);
}
END_TEST

static const struct {
	const char *in;
	int answer;
	const char *why; /* part of it, or NULL */
} refused[] = {
	{ "", CONNECT_BAD, NULL },
	{ "null", CONNECT_BAD, "object" },
	{ "[]", CONNECT_BAD, "object" },
	{ "\"jwt\"", CONNECT_BAD, "object" },
	{ "{", CONNECT_BAD, NULL },
	{ "{}x", CONNECT_BAD, NULL },
	{ "{}{}", CONNECT_BAD, NULL },
	{ "\xef\xbb\xbf{}", CONNECT_BAD, NULL },
	{ "{\"jwt\":\"a\",\"jwt\":\"b\"}", CONNECT_BAD, NULL },
	{ "{\"jwt\":\"a\",\"JWT\":\"b\"}", CONNECT_BAD, NULL },
	{ "{\"jwt\":\"a\",\"\\u006awt\":\"b\"}", CONNECT_BAD, NULL },
	{ "{\"pass\":\"a\",\"pa\\u017fs\":\"b\"}", CONNECT_BAD, NULL },
	{ "{\"JWT\":\"b\"}", CONNECT_BAD, "unknown" },
	{ "{\"nothing\":1}", CONNECT_BAD, "unknown" },
	{ "{\"jwt\":{}}", CONNECT_BAD, "string" },
	{ "{\"jwt\":[\"a\"]}", CONNECT_BAD, "string" },
	{ "{\"jwt\":1}", CONNECT_BAD, "string" },
	{ "{\"jwt\":true}", CONNECT_BAD, "string" },
	{ "{\"jwt\":\"a\\u0000b\"}", CONNECT_BAD, NULL },
	{ "{\"jwt\":\"\xff\"}", CONNECT_BAD, NULL },
	{ "{\"name\":\"\\ud800\"}", CONNECT_BAD, NULL },
	{ "{\"verbose\":0}", CONNECT_BAD, "true or false" },
	{ "{\"verbose\":\"true\"}", CONNECT_BAD, "true or false" },
	{ "{\"echo\":{}}", CONNECT_BAD, "true or false" },
	{ "{\"protocol\":\"1\"}", CONNECT_BAD, "integer" },
	{ "{\"protocol\":1.0}", CONNECT_BAD, NULL },
	{ "{\"protocol\":01}", CONNECT_BAD, NULL },
	{ "{\"protocol\":true}", CONNECT_BAD, "integer" },
	{ "{\"account\":\"SYS\"}", CONNECT_BAD, "member account" },
	{ "{\"new_account\":true}", CONNECT_BAD, "member new_account" },
	{ "{\"proxy_sig\":\"AAAA\"}", CONNECT_BAD, "member proxy_sig" },
	{ "{\"account\":null}", CONNECT_BAD, "member account" },
	{ "{\"remote_account\":\"x\"}", CONNECT_BAD, "unknown" },
	{ "{\"nonce\":\"x\"}", CONNECT_BAD, "unknown" },
	{ "{\"jwt\":[[[[[[]]]]]]}", CONNECT_BAD, NULL },
	{ "{\"protocol\":2}", CONNECT_PROTOCOL, NULL },
	{ "{\"protocol\":-1}", CONNECT_PROTOCOL, NULL },
	{ "{\"protocol\":4294967297}", CONNECT_PROTOCOL, NULL },
	{ "{\"no_responders\":true}", CONNECT_NO_RESPONDERS, NULL },
	{ "{\"no_responders\":true,\"headers\":false}", CONNECT_NO_RESPONDERS, NULL },
	{ "{\"protocol\":2,\"x\":1}", CONNECT_BAD, "unknown" },
};

START_TEST(what_has_two_readings_or_asks_too_much_is_refused)
{
	struct nats_connect c;
	struct bytes in = bytes_str(refused[_i].in);
	int r = connect_decode(&c, in);

	ck_assert_msg(r == refused[_i].answer, "%s: %d", refused[_i].in, r);
	if (r == CONNECT_BAD) {
		ck_assert_ptr_nonnull(c.why);
		ck_assert_uint_le(c.at, in.len);
	}
	if (refused[_i].why != NULL)
		ck_assert_msg(
		    strstr(c.why, refused[_i].why) != NULL, "%s: %s", refused[_i].in, c.why);
	connect_deinit(&c);
}
END_TEST

/* decode_long() - {"NAME":"aaa..."} with @n letters. */
static int
decode_long(struct nats_connect *c, const char *name, size_t n)
{
	struct buf b;
	int r;

	buf_init(&b, 1 << 20);
	buf_put_str(&b, "{\"");
	buf_put_str(&b, name);
	buf_put_str(&b, "\":\"");
	for (size_t i = 0; i < n; i++)
		buf_put_u8(&b, 'a');
	buf_put_str(&b, "\"}");
	r = connect_decode(c, buf_bytes(&b));
	buf_deinit(&b);
	return r;
}

START_TEST(strings_have_ceilings)
{
	struct nats_connect c;

	ck_assert_int_eq(decode_long(&c, "jwt", CONNECT_JWT_MAX), 0);
	ck_assert_uint_eq(strlen(c.jwt), CONNECT_JWT_MAX);
	connect_deinit(&c);
	ck_assert_int_eq(decode_long(&c, "jwt", CONNECT_JWT_MAX + 1), CONNECT_BAD);
	connect_deinit(&c);
	ck_assert_int_eq(decode_long(&c, "pass", CONNECT_TEXT_MAX), 0);
	connect_deinit(&c);
	ck_assert_int_eq(decode_long(&c, "pass", CONNECT_TEXT_MAX + 1), CONNECT_BAD);
	connect_deinit(&c);
	ck_assert_int_eq(decode_long(&c, "name", 5000), 0);
	ck_assert_uint_eq(strlen(c.name), CONNECT_LABEL_MAX);
	connect_deinit(&c);
}
END_TEST

START_TEST(a_label_is_cut_between_letters_and_unescaped)
{
	char in[300], want[200];
	struct nats_connect c;

	memset(want, 0, sizeof(want));
	memset(want, 'a', CONNECT_LABEL_MAX - 1);
	snprintf(in, sizeof(in), "{\"name\":\"%s\\u00e9bc\",\"lang\":\"\\u00e9\"}", want);
	ck_assert_int_eq(connect_decode(&c, bytes_str(in)), 0);
	ck_assert_str_eq(c.name, want);
	ck_assert_str_eq(c.lang, "\xc3\xa9");
	connect_deinit(&c);
}
END_TEST

START_TEST(what_we_say_upstream_is_read_back)
{
	uint8_t sig[64] = { 0xfb, 0xff };
	struct nats_login l = {
		.jwt = BYTES_LIT("e30.e30.AA"),
		.sig = bytes_of(sig, sizeof(sig)),
		.name = BYTES_LIT("a\"b\n\xff"),
		.echo = _i % 2 != 0,
		.headers = _i > 1,
		.no_responders = _i == 3,
	};
	struct nats_connect c;
	struct buf b;

	buf_init(&b, 4096);
	connect_encode(&b, &l);
	ck_assert(!buf_failed(&b));
	ck_assert_uint_eq(bytes_find(buf_bytes(&b), '\n'), b.len);
	ck_assert_int_eq(connect_decode(&c, buf_bytes(&b)), 0);
	ck_assert(!c.verbose && !c.pedantic && c.protocol == 1);
	ck_assert(c.echo == l.echo && c.headers == l.headers && c.no_responders == l.no_responders);
	ck_assert_str_eq(c.jwt, "e30.e30.AA");
	ck_assert_uint_eq(strlen(c.sig), 86);
	ck_assert(bytes_starts(bytes_str(c.sig), BYTES_LIT("-_8AAAAA")));
	ck_assert_str_eq(c.name, "a\"b\n\xef\xbf\xbd");
	ck_assert_str_eq(c.lang, "c");
	connect_deinit(&c);
	buf_deinit(&b);
}
END_TEST

START_TEST(a_login_without_proof_leaves_it_out)
{
	struct nats_login l = { .name = BYTES_LIT("x") };
	struct buf b;

	buf_init(&b, 4096);
	connect_encode(&b, &l);
	buf_put_u8(&b, 0);
	ck_assert_ptr_null(strstr((char *)b.ptr, "jwt"));
	ck_assert_ptr_null(strstr((char *)b.ptr, "sig"));
	buf_deinit(&b);
}
END_TEST

TCase *
connect_tests(void)
{
	TCase *tc = tcase_create("connect");

	tcase_add_loop_test(
	    tc, clients_of_five_languages_are_read, 0, sizeof(clients) / sizeof(clients[0]));
	tcase_add_test(tc, what_is_absent_has_the_servers_defaults);
	tcase_add_loop_test(tc, what_has_two_readings_or_asks_too_much_is_refused, 0,
	    sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tc, strings_have_ceilings);
	tcase_add_test(tc, a_label_is_cut_between_letters_and_unescaped);
	tcase_add_loop_test(tc, what_we_say_upstream_is_read_back, 0, 4);
	tcase_add_test(tc, a_login_without_proof_leaves_it_out);
	return tc;
}
