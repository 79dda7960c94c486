/* host/lattice/oci: what a registry says. */
#include <stdio.h>
#include <string.h>

#include "host/lattice/oci.h"
#include "tests/unit/host/lattice/suites.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LAYER(media, more) "{\"mediaType\":\"" media "\",\"digest\":\"sha256:" HEX "\",\"size\":7" more "}"
#define WASM "application/vnd.module.wasm.content.layer.v1+wasm"

static int
manifest(const char *text, struct oci_layer *out)
{
	const char *why = NULL;
	int r = oci_manifest(bytes_str(text), OCI_ACTOR, out, &why);

	ck_assert((r == 0) == (why == NULL));
	return r;
}

START_TEST(the_layer_of_the_right_kind_is_taken)
{
	struct oci_layer l;

	ck_assert_int_eq(manifest("{\"layers\":[" LAYER("text/x", "") "," LAYER(WASM, "") "]}", &l), 0);
	ck_assert_str_eq(l.digest, "sha256:" HEX);
	ck_assert_uint_eq(l.size, 7);
	/* or the only one, whatever it says it is */
	ck_assert_int_eq(manifest("{\"schemaVersion\":2,\"layers\":[" LAYER("text/x", "") "]}", &l), 0);
}
END_TEST

START_TEST(a_manifest_that_can_be_meant_in_two_ways_is_refused)
{
	static const char *const texts[] = { "", "[]", "{}", "{\"layers\":[]}", "{\"layers\":{}}",
		"{\"layers\":[" LAYER(WASM, "") "," LAYER(WASM, "") "]}",
		"{\"layers\":[" LAYER("a", "") "," LAYER("b", "") "]}",
		"{\"layers\":[" LAYER(WASM, ",\"size\":8") "]}",
		"{\"manifests\":[],\"layers\":[" LAYER(WASM, "") "]}",
		"{\"layers\":[{\"digest\":\"sha256:" HEX "\"}]}", "{\"layers\":[{\"size\":1}]}",
		"{\"layers\":[{\"digest\":\"sha512:" HEX "\",\"size\":1}]}",
		"{\"layers\":[{\"digest\":\"sha256:" HEX "\",\"size\":-1}]}" };
	struct oci_layer l;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_int_eq(manifest(texts[i], &l), OCI_BAD);
}
END_TEST

START_TEST(a_digest_has_one_spelling)
{
	ck_assert(oci_digest_ok(BYTES_LIT("sha256:" HEX)));
	ck_assert(!oci_digest_ok(BYTES_LIT("sha256:" HEX "0")));
	ck_assert(!oci_digest_ok(BYTES_LIT("SHA256:" HEX)));
	ck_assert(!oci_digest_ok(BYTES_LIT("sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")));
	ck_assert(!oci_digest_ok(BYTES_NULL));
}
END_TEST

START_TEST(a_challenge_says_where_tokens_are)
{
	struct oci_challenge c;
	const char *why;

	ck_assert_int_eq(oci_challenge(BYTES_LIT("Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:x:pull\""), &c, &why), 0);
	ck_assert(c.bearer);
	ck_assert_str_eq(c.realm, "https://a/t");
	ck_assert_str_eq(c.service, "s");
	ck_assert_str_eq(c.scope, "repository:x:pull");
	ck_assert_int_eq(oci_challenge(BYTES_LIT("basic realm=\"x\""), &c, &why), 0);
	ck_assert(!c.bearer);
	ck_assert_int_eq(oci_challenge(BYTES_LIT(""), &c, &why), OCI_BAD);
	ck_assert_int_eq(oci_challenge(BYTES_LIT("Digest x"), &c, &why), OCI_BAD);
	ck_assert_int_eq(oci_challenge(BYTES_LIT("Bearer"), &c, &why), OCI_BAD);
	ck_assert_int_eq(oci_challenge(BYTES_LIT("Bearer realm=https://a"), &c, &why), OCI_BAD);
	ck_assert_int_eq(oci_challenge(BYTES_LIT("Bearer realm=\"a\",realm=\"b\""), &c, &why), OCI_BAD);
	ck_assert_int_eq(oci_challenge(BYTES_LIT("Bearer realm=\"a"), &c, &why), OCI_BAD);
}
END_TEST

START_TEST(a_token_is_one_word)
{
	const char *why;
	struct buf b;

	buf_init(&b, OCI_TOKEN);
	ck_assert_int_eq(oci_token(BYTES_LIT("{\"access_token\":\"abc\"}"), &b, &why), 0);
	ck_assert(bytes_is(buf_bytes(&b), "abc"));
	ck_assert_int_eq(oci_token(BYTES_LIT("{\"token\":\"a b\"}"), &b, &why), OCI_BAD);
	ck_assert_int_eq(oci_token(BYTES_LIT("{\"token\":\"a\\r\\nX: y\"}"), &b, &why), OCI_BAD);
	ck_assert_int_eq(oci_token(BYTES_LIT("{\"token\":\"\"}"), &b, &why), OCI_BAD);
	ck_assert_int_eq(oci_token(BYTES_LIT("{}"), &b, &why), OCI_BAD);
	buf_deinit(&b);
}
END_TEST

START_TEST(a_url_has_one_reading)
{
	static const char *const bad[] = { "", "ftp://a/", "file:///etc/passwd", "http://", "http://user@a/", "http://a:0/",
		"http://a:65536/", "http://a:80x/", "http://a/b c", "http://a/b#c", "http://[::1]/", "//a/b", "a/b", "https:/a",
		"http://a\\b/", "http://a:/" };
	struct oci_url u, base;
	const char *why;

	ck_assert_int_eq(oci_url(BYTES_LIT("https://registry.example:8443/v2/?a=b"), NULL, &base, &why), 0);
	ck_assert(base.tls && base.port == 8443);
	ck_assert_str_eq(base.host, "registry.example");
	ck_assert_str_eq(base.path, "/v2/?a=b");
	ck_assert_int_eq(oci_url(BYTES_LIT("http://a"), NULL, &u, &why), 0);
	ck_assert(!u.tls && u.port == 80);
	ck_assert_str_eq(u.path, "/");
	ck_assert_int_eq(oci_url(BYTES_LIT("http://a?x=1"), NULL, &u, &why), 0);
	ck_assert_str_eq(u.path, "/?x=1");
	ck_assert_int_eq(oci_url(BYTES_LIT("/other"), &base, &u, &why), 0);
	ck_assert_str_eq(u.host, "registry.example");
	ck_assert_str_eq(u.path, "/other");
	ck_assert_int_eq(oci_url(BYTES_LIT("//evil/other"), &base, &u, &why), OCI_BAD);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(oci_url(bytes_str(bad[i]), NULL, &u, &why) == OCI_BAD, "%s", bad[i]);
}
END_TEST

START_TEST(a_query_is_written_so_that_nothing_ends_it)
{
	struct oci_url u = { .path = "/token" };

	ck_assert_int_eq(oci_query(&u, "service", BYTES_LIT("a&b=c d")), 0);
	ck_assert_int_eq(oci_query(&u, "scope", BYTES_LIT("repository:x/y:pull")), 0);
	ck_assert_str_eq(u.path, "/token?service=a%26b%3Dc%20d&scope=repository%3Ax%2Fy%3Apull");
	memset(u.path, 'x', sizeof(u.path) - 1);
	ck_assert_int_eq(oci_query(&u, "a", BYTES_LIT("b")), OCI_BAD);
}
END_TEST

TCase *
oci_tests(void)
{
	TCase *t = tcase_create("oci");

	tcase_add_test(t, the_layer_of_the_right_kind_is_taken);
	tcase_add_test(t, a_manifest_that_can_be_meant_in_two_ways_is_refused);
	tcase_add_test(t, a_digest_has_one_spelling);
	tcase_add_test(t, a_challenge_says_where_tokens_are);
	tcase_add_test(t, a_token_is_one_word);
	tcase_add_test(t, a_url_has_one_reading);
	tcase_add_test(t, a_query_is_written_so_that_nothing_ends_it);
	return t;
}
