/*
 * http_message, kv_message: payloads of the later era, byte for byte where another program reads
 * them.
 */
#include "host/pack/pack.h"
#include "host/providers/httpserver/http_message.h"
#include "host/providers/keyvalue/kv_message.h"
#include "tests/unit/host/providers/suites.h"

START_TEST(a_request_lists_the_values_of_a_name_in_order)
{
	static const uint8_t want[] =
	    "\x85\xa6method\xa3GET\xa4path\xa2/a\xabqueryString\xa3x=1\xa6header\x82\xa1"
	    "a\x92\xa1"
	    "1\xa1"
	    "3\xa1"
	    "b\x91\xa1"
	    "2\xa4"
	    "body\xc4\x01z";
	static struct http_request r;
	struct buf b;

	r.method = BYTES_LIT("GET");
	r.target = BYTES_LIT("/a?x=1");
	r.headers.n = 3;
	r.headers.at[0] = (struct http_header){ BYTES_LIT("A"), BYTES_LIT("1") };
	r.headers.at[1] = (struct http_header){ BYTES_LIT("b"), BYTES_LIT("2") };
	r.headers.at[2] = (struct http_header){ BYTES_LIT("a"), BYTES_LIT("3") };
	r.body = BYTES_LIT("z");
	buf_init(&b, 256);
	http_request_put(&b, &r);
	ck_assert(bytes_eq(buf_bytes(&b), bytes_of(want, sizeof(want) - 1)));
	buf_deinit(&b);
}
END_TEST

static const char *
response(unsigned status, const char *name, const char *value, struct http_response *r)
{
	static uint8_t kept[512];
	const char *why;
	struct buf b;

	buf_init(&b, sizeof(kept));
	pack_put_map(&b, 3);
	pack_put_str(&b, "statusCode");
	pack_put_uint(&b, status);
	pack_put_str(&b, "header");
	pack_put_map(&b, 1);
	pack_put_str(&b, name);
	pack_put_array(&b, 1);
	pack_put_str(&b, value);
	pack_put_str(&b, "body");
	pack_put_bin(&b, BYTES_LIT("x"));
	memcpy(kept, b.ptr, b.len);
	why = http_response_get(bytes_of(kept, b.len), r);
	buf_deinit(&b);
	return why;
}

START_TEST(a_response_cannot_begin_another)
{
	static struct http_response r;

	ck_assert_ptr_null(response(200, "x-a", "b", &r));
	ck_assert(r.status == 200 && r.headers.n == 1 && bytes_is(r.body, "x"));
	ck_assert_ptr_nonnull(response(200, "x-a", "b\r\nc: d", &r));
	ck_assert_ptr_nonnull(response(200, "x-a", "b\nc", &r));
	ck_assert_ptr_nonnull(response(200, "x a", "b", &r));
	ck_assert_ptr_nonnull(response(200, "x:a", "b", &r));
	ck_assert_ptr_nonnull(response(200, "", "b", &r));
	ck_assert_ptr_nonnull(response(100, "x-a", "b", &r));
	ck_assert_ptr_nonnull(response(600, "x-a", "b", &r));
}
END_TEST

START_TEST(headers_of_the_connection_are_ours)
{
	static const char *const names[] = { "Content-Length", "transfer-encoding", "CONNECTION",
		"upgrade" };
	static struct http_response r;

	ck_assert_ptr_null(response(200, names[_i], "1", &r));
	ck_assert(r.headers.n == 0);
}
END_TEST

TCase *
http_message_tests(void)
{
	TCase *t = tcase_create("http_message");

	tcase_add_test(t, a_request_lists_the_values_of_a_name_in_order);
	tcase_add_test(t, a_response_cannot_begin_another);
	tcase_add_loop_test(t, headers_of_the_connection_are_ours, 0, 4);
	return t;
}

START_TEST(questions_are_read_strictly)
{
	static struct kv_op op;

	ck_assert_ptr_null(kv_op_get(BYTES_LIT("KeyValue.Get"), BYTES_LIT("\xa1k"), &op));
	ck_assert(op.verb == KV_GET && bytes_is(op.key, "k") && !kv_changes(op.verb));
	ck_assert_ptr_null(kv_op_get(
	    BYTES_LIT("KeyValue.Increment"), BYTES_LIT("\x82\xa3key\xa1k\xa5value\xff"), &op));
	ck_assert(op.amount == -1 && kv_changes(op.verb));
	ck_assert_ptr_nonnull(kv_op_get(BYTES_LIT("Get"), BYTES_LIT("\xa1k"), &op));
	ck_assert_ptr_nonnull(kv_op_get(BYTES_LIT("KeyValue.Get"), BYTES_LIT("\xa1k\xa1k"), &op));
	ck_assert_ptr_nonnull(kv_op_get(BYTES_LIT("KeyValue.Get"), BYTES_LIT("\xa2k"), &op));
	ck_assert_ptr_nonnull(kv_op_get(BYTES_LIT("KeyValue.SetUnion"), BYTES_LIT("\x90"), &op));
	ck_assert_ptr_nonnull(kv_op_get(BYTES_LIT("KeyValue.Increment"),
	    BYTES_LIT("\x82\xa3key\xa1k\xa5value\xce\x80\0\0\0"), &op));
}
END_TEST

START_TEST(an_answer_of_texts_has_an_end)
{
	struct kv_texts t;
	struct buf b;

	buf_init(&b, 64);
	kv_texts_init(&t);
	kv_texts_add(&t, BYTES_LIT("a"));
	kv_texts_add(&t, BYTES_LIT("b"));
	ck_assert(kv_texts_put(&t, &b) && bytes_is(buf_bytes(&b), "\x92\xa1"
								  "a\xa1"
								  "b"));
	for (int i = 0; i < KV_ITEMS; i++)
		kv_texts_add(&t, BYTES_LIT("c"));
	buf_reset(&b);
	ck_assert(!kv_texts_put(&t, &b));
	kv_texts_deinit(&t);
	buf_deinit(&b);
}
END_TEST

TCase *
kv_message_tests(void)
{
	TCase *t = tcase_create("kv_message");

	tcase_add_test(t, questions_are_read_strictly);
	tcase_add_test(t, an_answer_of_texts_has_an_end);
	return t;
}
