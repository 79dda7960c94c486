#include "policy/commands/image.h"
#include "tests/unit/policy/commands/suites.h"

#define SHA "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *raw;
	enum image_scheme scheme;
	const char *registry, *repository, *tag, *digest;
} good[] = {
	{ "ghcr.io/wasmcloud/http-server:0.23.0", IMAGE_OCI, "ghcr.io", "wasmcloud/http-server",
	    "0.23.0", "" },
	{ "wasmcloud.azurecr.io/echo:0.2.0", IMAGE_OCI, "wasmcloud.azurecr.io", "echo", "0.2.0",
	    "" },
	{ "localhost:5000/v2/foo:0.1.0", IMAGE_OCI, "localhost:5000", "v2/foo", "0.1.0", "" },
	{ "registry:5000/foo", IMAGE_OCI, "registry:5000", "foo", "latest", "" },
	{ "127.0.0.1:5000/x:Tag_1", IMAGE_OCI, "127.0.0.1:5000", "x", "Tag_1", "" },
	{ "wasmcloud/echo:1", IMAGE_OCI, "docker.io", "wasmcloud/echo", "1", "" },
	{ "echo", IMAGE_OCI, "docker.io", "echo", "latest", "" },
	{ "index.docker.io/a/b:1", IMAGE_OCI, "docker.io", "a/b", "1", "" },
	{ "ghcr.io/a/b@" SHA, IMAGE_OCI, "ghcr.io", "a/b", "", SHA },
	{ "ghcr.io/a/b:1@" SHA, IMAGE_OCI, "ghcr.io", "a/b", "1", SHA },
	{ "oci://ghcr.io/a/b:1", IMAGE_OCI, "ghcr.io", "a/b", "1", "" },
	{ "http://127.0.0.1:5000/v2/foo:0.1.0", IMAGE_OCI, "127.0.0.1:5000", "v2/foo", "0.1.0",
	    "" },
	{ "https://some-registry.sh/foo:0.1.0", IMAGE_OCI, "some-registry.sh", "foo", "0.1.0", "" },
	{ "file:///tmp/foo_s.wasm", IMAGE_FILE, "", "/tmp/foo_s.wasm", "", "" },
	{ "bindle://example.com/hi/1.0.0", IMAGE_BINDLE, "", "example.com/hi/1.0.0", "", "" },
	{ "wasmcloud+builtin://http-server", IMAGE_BUILTIN, "", "http-server", "", "" },
	{ "a/b__c-d--e.f", IMAGE_OCI, "docker.io", "a/b__c-d--e.f", "latest", "" },
};

START_TEST(a_reference_is_taken_apart)
{
	const char *raw = good[_i].raw, *why = NULL;
	struct image img;

	ck_assert_msg(image_parse(bytes_str(raw), &img, &why) == 0, "%s: %s", raw, why);
	ck_assert_msg(img.scheme == good[_i].scheme, "%s", raw);
	ck_assert_msg(bytes_is(img.registry, good[_i].registry), "%s", raw);
	ck_assert_msg(bytes_is(img.repository, good[_i].repository), "%s", raw);
	ck_assert_msg(bytes_is(img.tag, good[_i].tag), "%s", raw);
	ck_assert_msg(bytes_is(img.digest, good[_i].digest), "%s", raw);
}
END_TEST

static const char *const bad[] = { "", "GHCR.io/a/b:1", "ghcr.io/A/b:1",
	"ghcr.io/a/b:", "ghcr.io/a/b:-1", "ghcr.io/a/../b:1", "ghcr.io/a/b:..", "ghcr.io//a",
	"ghcr.io/a/", "ghcr.io/a//b", "user@ghcr.io/a/b:1", "user:pw@ghcr.io/a/b:1",
	"ghcr.io@evil.example/a/b", "ghcr.io/a/b@sha256:00",
	"ghcr.io/a/b@md5:00000000000000000000000000000000",
	"ghcr.io/a/b@SHA256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	"ghcr.io/a b", " ghcr.io/a", "ghcr.io/a\n", "fi\tle:///x", "file:/tmp/x", "file:x",
	"file:5000/x:1", "FILE:///tmp/x", "File:///tmp/x", "file://host/tmp/x", "file://",
	"file:///tmp/../etc/x", "file:///tmp/%2e%2e/x", "bindle:5000/x", "http:5000/x",
	"oci:5000/x", "wasmcloud+builtin:x", "wasmcloud+builtin://a/b", "bindle:///x",
	"ftp://ghcr.io/a", "oci://oci://ghcr.io/a", "//ghcr.io/a", "/etc/passwd", "./a", "a/./b",
	"ghcr.io:x/a", "ghcr.io:123456/a", ".ghcr.io/a", "ghcr.io./a", "-ghcr.io/a", "a..b/c",
	"a_/b", "_a/b", "a/b___c", "a._b", "[::1]:5000/a", "ghcr.io/a?x", "ghcr.io/a#x",
	"ghcr.io/a:1:2", "ghcr.io\\a", "ghcr.io/a%2fb", "\xd0\xb0.io/a", "ghcr.io/*" };

START_TEST(a_reference_with_two_readings_is_none)
{
	const char *why = NULL;
	struct image img;

	ck_assert_msg(image_parse(bytes_str(bad[_i]), &img, &why) == IMAGE_BAD, "%s", bad[_i]);
	ck_assert(why != NULL);
}
END_TEST

TCase *
image_tests(void)
{
	TCase *t = tcase_create("image");

	tcase_add_loop_test(
	    t, a_reference_is_taken_apart, 0, (int)(sizeof(good) / sizeof(good[0])));
	tcase_add_loop_test(
	    t, a_reference_with_two_readings_is_none, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	return t;
}
