/* INFO objects: what servers send, what a hostile one might, and what our clients are told. */
#include <stdio.h>

#include "gateway/nats/info.h"
#include "tests/unit/gateway/nats/suites.h"

START_TEST(a_servers_info_is_read)
{
	/* the shape 2.10 sends in operator mode; identifiers are made up */
	struct bytes in = BYTES_LIT(
	    "{\"server_id\":\"NABC\",\"server_name\":\"leaf-1\",\"version\":\"2.10.27\",\"proto\":"
	    "1,"
	    "\"git_commit\":\"x\",\"go\":\"go1.24\",\"host\":\"0.0.0.0\",\"port\":4223,"
	    "\"headers\":true,\"auth_required\":true,\"max_payload\":2097152,\"jetstream\":true,"
	    "\"client_id\":7,\"client_ip\":\"127.0.0.1\",\"nonce\":\"abcDEF-_0123456\","
	    "\"domain\":\"leaf\",\"connect_urls\":[\"10.0.0.1:4222\",\"[::1]:4222\"],"
	    "\"xkey\":\"XABC\",\"api_lvl\":2}");
	struct nats_info i;

	ck_assert_int_eq(info_decode(&i, in), 0);
	ck_assert_str_eq(i.version, "2.10.27");
	ck_assert_str_eq(i.nonce, "abcDEF-_0123456");
	ck_assert_str_eq(i.domain, "leaf");
	ck_assert_str_eq(i.server_name, "leaf-1");
	ck_assert(i.auth_required && i.headers && i.jetstream && !i.tls_required && !i.ldm);
	ck_assert_int_eq(i.max_payload, 2097152);
	ck_assert_int_eq(i.api_lvl, 2);
}
END_TEST

START_TEST(an_empty_info_gives_the_careful_values)
{
	struct nats_info i;

	ck_assert_int_eq(info_decode(&i, BYTES_LIT("{\"nonce\":null}")), 0);
	ck_assert_str_eq(i.version, "0.0.0");
	ck_assert_str_eq(i.nonce, "");
	ck_assert(!i.headers && !i.jetstream && !i.auth_required);
	ck_assert_int_eq(i.max_payload, 1 << 20);
	ck_assert_int_eq(i.api_lvl, 0);
}
END_TEST

static const char *const bad[] = { "", "null", "[]", "{", "{}x", "{\"headers\":1}",
	"{\"headers\":\"true\"}", "{\"max_payload\":\"1\"}", "{\"max_payload\":1.5}",
	"{\"max_payload\":1e9}", "{\"max_payload\":99999999999999999999}", "{\"version\":2}",
	"{\"version\":[]}", "{\"nonce\":1}", "{\"nonce\":\"a\\nb\"}", "{\"nonce\":\"\\u00e9\"}",
	"{\"nonce\":\"a\",\"nonce\":\"b\"}", "{\"nonce\":\"a\",\"NONCE\":\"b\"}",
	"{\"server_name\":{}}", "{\"x\":[[[[[[[[[[[[]]]]]]]]]]]]}", "{\"api_lvl\":\"2\"}",
	"{\"domain\":7}" };

START_TEST(a_lying_info_is_refused)
{
	struct nats_info i;

	ck_assert_msg(info_decode(&i, bytes_str(bad[_i])) == INFO_BAD, "%s", bad[_i]);
	ck_assert_ptr_nonnull(i.why);
}
END_TEST

static const struct {
	const char *in;
	int64_t max_payload;
} payloads[] = {
	{ "{\"max_payload\":0}", 1 },
	{ "{\"max_payload\":-1}", 1 },
	{ "{\"max_payload\":512}", 512 },
	{ "{\"max_payload\":67108864}", 64 << 20 },
	{ "{\"max_payload\":67108865}", 64 << 20 },
	{ "{\"max_payload\":9007199254740991}", 64 << 20 },
};

START_TEST(max_payload_is_clamped)
{
	struct nats_info i;

	ck_assert_int_eq(info_decode(&i, bytes_str(payloads[_i].in)), 0);
	ck_assert_int_eq(i.max_payload, payloads[_i].max_payload);
}
END_TEST

static const struct {
	const char *in, *out;
} versions[] = {
	{ "2.9.10", "2.9.10" },
	{ "2.15.0-dev", "2.15.0-dev" },
	{ "2.11.0-RC.1+x", "2.11.0-RC.1+x" },
	{ "v2.9.10", "0.0.0" },
	{ "2.9", "0.0.0" },
	{ "2.9.", "0.0.0" },
	{ "2.9.1x", "0.0.0" },
	{ "2.9.1 ", "0.0.0" },
	{ "", "0.0.0" },
	{ "2.9.1-\\u00e9", "0.0.0" },
};

START_TEST(a_version_is_three_numbers_or_nothing)
{
	struct nats_info i;
	char in[100];

	snprintf(in, sizeof(in), "{\"version\":\"%s\"}", versions[_i].in);
	ck_assert_int_eq(info_decode(&i, bytes_str(in)), 0);
	ck_assert_str_eq(i.version, versions[_i].out);
}
END_TEST

START_TEST(texts_are_cut_and_printable)
{
	char in[1000], name[400];
	struct nats_info i;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(in, sizeof(in), "{\"server_name\":\"a\\u0007%s\",\"domain\":\"%s\"}", name, name);
	ck_assert_int_eq(info_decode(&i, bytes_str(in)), 0);
	ck_assert_uint_eq(strlen(i.server_name), sizeof(i.server_name) - 1);
	ck_assert(bytes_starts(bytes_str(i.server_name), BYTES_LIT("a?nn")));
	ck_assert_str_eq(i.domain, "");
	ck_assert_int_eq(info_decode(&i, BYTES_LIT("{\"domain\":\"a.>\"}")), 0);
	ck_assert_str_eq(i.domain, "");
	snprintf(in, sizeof(in), "{\"nonce\":\"%s\"}", name);
	ck_assert_int_eq(info_decode(&i, bytes_str(in)), INFO_BAD);
}
END_TEST

START_TEST(a_client_is_told_what_a_server_would_tell)
{
	struct nats_hello h = {
		.server_id = "NGATE",
		.server_name = "gate \"1\"",
		.version = "2.10.27",
		.host = "127.0.0.1",
		.port = 4222,
		.client_id = 18446744073709551615U,
		.client_ip = "::1",
		.nonce = "abc",
		.max_payload = 1048576,
		.headers = true,
		.domain = "",
	};
	struct nats_info i;
	struct buf b;

	buf_init(&b, 4096);
	info_encode(&b, &h);
	ck_assert_msg(bytes_is(buf_bytes(&b),
			  "{\"server_id\":\"NGATE\",\"server_name\":\"gate \\\"1\\\"\","
			  "\"version\":\"2.10.27\",\"proto\":1,\"go\":\"\",\"host\":\"127.0.0.1\","
			  "\"port\":4222,\"headers\":true,\"auth_required\":true,"
			  "\"max_payload\":1048576,\"client_id\":18446744073709551615,"
			  "\"client_ip\":\"::1\",\"nonce\":\"abc\"}"),
	    "%.*s", (int)b.len, b.ptr);
	h.client_id = 3;
	h.jetstream = h.ldm = h.tls_required = h.tls_verify = h.tls_available = true;
	h.domain = "leaf";
	h.api_lvl = 2;
	buf_reset(&b);
	info_encode(&b, &h);
	ck_assert_int_eq(info_decode(&i, buf_bytes(&b)), 0);
	ck_assert(i.auth_required && i.jetstream && i.ldm && i.tls_required && i.headers);
	ck_assert_str_eq(i.nonce, "abc");
	ck_assert_str_eq(i.domain, "leaf");
	ck_assert_str_eq(i.server_name, "gate \"1\"");
	ck_assert_int_eq(i.api_lvl, 2);
	ck_assert_int_eq(i.max_payload, 1048576);
	buf_put_u8(&b, 0);
	ck_assert_ptr_nonnull(strstr((char *)b.ptr, "\"tls_verify\":true,\"tls_available\":true"));
	buf_deinit(&b);
}
END_TEST

TCase *
info_tests(void)
{
	TCase *tc = tcase_create("info");

	tcase_add_test(tc, a_servers_info_is_read);
	tcase_add_test(tc, an_empty_info_gives_the_careful_values);
	tcase_add_loop_test(tc, a_lying_info_is_refused, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(tc, max_payload_is_clamped, 0, sizeof(payloads) / sizeof(payloads[0]));
	tcase_add_loop_test(
	    tc, a_version_is_three_numbers_or_nothing, 0, sizeof(versions) / sizeof(versions[0]));
	tcase_add_test(tc, texts_are_cut_and_printable);
	tcase_add_test(tc, a_client_is_told_what_a_server_would_tell);
	return tc;
}
