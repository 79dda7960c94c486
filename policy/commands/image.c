/*
 * image - see image.h. One pass over at most 512 bytes.
 *
 * Trusted: nothing. A reference decides whose code runs, so whatever could be read by one host as
 * one registry and by another as another is refused rather than repaired. The cases that made the
 * rules: "file:5000/x:1" is a registry called "file" to the reference grammar and a path to a URL
 * parser; "user@evil.example/x" has an authority that is not its host; "GHCR.IO/x" is another
 * registry to a credential table that compares bytes; tabs inside vanish in a URL parser.
 *
 * Sources: wasmCloud v0.82.0 and v1.9.2 crates/host/src/lib.rs (ResourceRef), wasmcloud-otp v0.63.2
 * host_core/lib/host_core/{actors,providers}, distribution/reference grammar.
 */
#include "policy/commands/image.h"

enum { RAW_MAX = 512, TAG_MAX = 128, REPOSITORY_MAX = 255, REGISTRY_MAX = 255 };

static int
bad(const char **why, const char *what)
{
	*why = what;
	return IMAGE_BAD;
}

static bool
is_lower_or_digit(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_digits(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	return s.len != 0;
}

/* What a byte of a reference is: of no use to any scheme, a dot, or neither. */
enum { NEVER = 1, DOT = 2 };

/* '!' to '~' without '#', '%', '*', '?' and '\\' are of use. */
static const uint8_t kind_of[256] = {
	[0 ... ' '] = NEVER,
	['#'] = NEVER,
	['%'] = NEVER,
	['*'] = NEVER,
	['.'] = DOT,
	['?'] = NEVER,
	['\\'] = NEVER,
	[0x7f ... 0xff] = NEVER,
};

/* Characters no reference of any scheme needs, and everything that is not ASCII. */
static const char *
bad_character(struct bytes raw)
{
	unsigned all = 0, twice = 0, before = 0;

	for (size_t i = 0; i < raw.len; i++) {
		unsigned kind = kind_of[raw.ptr[i]];

		all |= kind;
		twice |= kind & before;
		before = kind;
	}
	if ((all & NEVER) != 0)
		return "character that is not allowed in an image reference";
	return (twice & DOT) != 0 ? "'..' in an image reference" : NULL;
}

/* A host name: labels of lower-case letters, digits and inner dashes, and a port perhaps. */
static const char *
bad_registry(struct bytes s)
{
	size_t colon = bytes_find(s, ':');
	struct bytes host = bytes_upto(s, colon), port = bytes_from(s, colon + 1);
	uint8_t before = '.';

	if (colon < s.len && (!is_digits(port) || port.len > 5))
		return "port of the registry is not a number";
	if (host.len == 0 || s.len > REGISTRY_MAX)
		return "registry is empty or too long";
	for (size_t i = 0; i < host.len; i++) {
		uint8_t c = host.ptr[i];

		if (c >= 'A' && c <= 'Z')
			return "registry is not in lower case";
		if (!is_lower_or_digit(c) && c != '.' && c != '-')
			return "registry is not a host name";
		if ((c == '.' || c == '-') && before == '.')
			return "registry is not a host name";
		if (c == '.' && before == '-')
			return "registry is not a host name";
		before = c;
	}
	return before == '.' || before == '-' ? "registry is not a host name" : NULL;
}

/* Path components of lower-case letters and digits, joined by one '.', one or two '_', or dashes.
 */
static const char *
bad_repository(struct bytes s)
{
	size_t run = 1; /* separators since the last letter; 1: at a component's start */
	uint8_t first = '/';

	if (s.len == 0 || s.len > REPOSITORY_MAX)
		return "repository is empty or too long";
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (is_lower_or_digit(c)) {
			run = 0;
			continue;
		}
		if (c >= 'A' && c <= 'Z')
			return "repository is not in lower case";
		if (c != '/' && c != '.' && c != '_' && c != '-')
			return "repository has a character it may not have";
		if (run != 0 && (first == '/' || c != first || c == '.' || (c == '_' && run == 2)))
			return "repository has a separator in the wrong place";
		first = c;
		run++;
	}
	return run != 0 ? "repository ends with a separator" : NULL;
}

static const char *
bad_tag(struct bytes s)
{
	if (s.len == 0 || s.len > TAG_MAX || s.ptr[0] == '.' || s.ptr[0] == '-')
		return "tag is empty, too long or begins with a separator";
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (!is_lower_or_digit(c) && !(c >= 'A' && c <= 'Z') && c != '_' && c != '.' &&
		    c != '-')
			return "tag has a character it may not have";
	}
	return NULL;
}

static const char *
bad_digest(struct bytes s)
{
	static const struct {
		const char *algorithm;
		size_t digits;
	} kinds[] = { { "sha256:", 64 }, { "sha384:", 96 }, { "sha512:", 128 } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct bytes hex;

		if (!bytes_starts(s, bytes_str(kinds[i].algorithm)))
			continue;
		hex = bytes_from(s, 7);
		for (size_t k = 0; k < hex.len; k++)
			if (!((hex.ptr[k] >= '0' && hex.ptr[k] <= '9') ||
				(hex.ptr[k] >= 'a' && hex.ptr[k] <= 'f')))
				return "digest is not in lower-case hexadecimal";
		return hex.len == kinds[i].digits ? NULL : "digest has the wrong length";
	}
	return "digest is of no kind that hosts fetch";
}

/* last_of() - position of the last @c, or s.len. */
static size_t
last_of(struct bytes s, uint8_t c)
{
	for (size_t i = s.len; i > 0; i--)
		if (s.ptr[i - 1] == c)
			return i - 1;
	return s.len;
}

/* A first component is a registry when it has a '.' or ':' in it, or is "localhost". */
static bool
names_registry(struct bytes first)
{
	return bytes_find(first, '.') < first.len || bytes_find(first, ':') < first.len ||
	       bytes_is(first, "localhost");
}

static int
parse_oci(struct bytes s, struct image *img, const char **why)
{
	size_t at = bytes_find(s, '@'), slash, colon;
	const char *no = NULL;

	img->scheme = IMAGE_OCI;
	if (at < s.len) {
		img->digest = bytes_from(s, at + 1);
		no = bad_digest(img->digest);
		if (no != NULL) /* user@registry/repository ends here too */
			return bad(why, no);
		s = bytes_upto(s, at);
	}
	slash = bytes_find(s, '/');
	img->registry = BYTES_LIT("docker.io");
	if (slash < s.len && names_registry(bytes_upto(s, slash))) {
		img->registry = bytes_upto(s, slash);
		s = bytes_from(s, slash + 1);
		no = bad_registry(img->registry);
	}
	if (bytes_is(img->registry, "index.docker.io"))
		img->registry = BYTES_LIT("docker.io");
	colon = last_of(s, ':');
	img->repository = bytes_upto(s, colon);
	if (colon < s.len) {
		img->tag = bytes_from(s, colon + 1);
		no = no != NULL ? no : bad_tag(img->tag);
	} else if (img->digest.len == 0) {
		img->tag = BYTES_LIT("latest");
		img->tag_default = true;
	}
	no = no != NULL ? no : bad_repository(img->repository);
	img->official = bytes_is(img->registry, "docker.io") &&
			bytes_find(img->repository, '/') == img->repository.len;
	return no != NULL ? bad(why, no) : 0;
}

/* file:///absolute/path, bindle://name/version, wasmcloud+builtin://name */
static int
parse_other(struct bytes rest, struct image *img, const char **why)
{
	img->repository = rest;
	if (rest.len == 0)
		return bad(why, "nothing behind the scheme");
	if (bytes_find(rest, '@') < rest.len)
		return bad(why, "'@' behind the scheme");
	if (img->scheme == IMAGE_FILE) {
		if (rest.ptr[0] != '/')
			return bad(why, "file:// with a host, not a path");
		return 0;
	}
	if (rest.ptr[0] == '/' || bytes_find(rest, ':') < rest.len)
		return bad(why, "not a name behind the scheme");
	if (img->scheme == IMAGE_BUILTIN && bytes_find(rest, '/') < rest.len)
		return bad(why, "not a name behind the scheme");
	for (size_t i = 0; i < rest.len; i++)
		if (rest.ptr[i] >= 'A' && rest.ptr[i] <= 'Z')
			return bad(why, "name is not in lower case");
	return 0;
}

static const struct {
	const char *name;
	enum image_scheme scheme;
} schemes[] = {
	{ "file:", IMAGE_FILE },
	{ "bindle:", IMAGE_BINDLE },
	{ "wasmcloud+builtin:", IMAGE_BUILTIN },
	{ "oci:", IMAGE_OCI },
	{ "http:", IMAGE_OCI },
	{ "https:", IMAGE_OCI },
};

/* starts_folded() - @s begins with @lower in any case. */
static bool
starts_folded(struct bytes s, struct bytes lower)
{
	if (s.len < lower.len)
		return false;
	for (size_t i = 0; i < lower.len; i++) {
		uint8_t c = s.ptr[i];

		if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != lower.ptr[i])
			return false;
	}
	return true;
}

int
image_parse(struct bytes raw, struct image *img, const char **why)
{
	const char *no;

	*img = (struct image){ .raw = raw };
	*why = "image reference is empty or too long";
	if (raw.len == 0 || raw.len > RAW_MAX)
		return IMAGE_BAD;
	no = bad_character(raw);
	if (no != NULL)
		return bad(why, no);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		struct bytes name = bytes_str(schemes[i].name), rest;

		if (!starts_folded(raw, name))
			continue;
		rest = bytes_from(raw, name.len);
		if (!bytes_starts(raw, name) || !bytes_starts(rest, BYTES_LIT("//")))
			return bad(why, "a scheme that is not written as scheme://");
		img->scheme = schemes[i].scheme;
		rest = bytes_from(rest, 2);
		return img->scheme == IMAGE_OCI ? parse_oci(rest, img, why)
						: parse_other(rest, img, why);
	}
	return parse_oci(raw, img, why);
}

int
image_parse_url(struct bytes raw, struct image *img, const char **why)
{
	const char *no;
	struct bytes rest = raw;
	size_t slash;

	*img = (struct image){ .raw = raw };
	*why = "URL is empty or too long";
	if (raw.len == 0 || raw.len > RAW_MAX)
		return IMAGE_BAD;
	no = bad_character(raw);
	if (no != NULL)
		return bad(why, no);
	if (bytes_starts(raw, BYTES_LIT("https://")))
		rest = bytes_from(raw, 8);
	else if (bytes_starts(raw, BYTES_LIT("http://")))
		rest = bytes_from(raw, 7);
	else
		return bad(why, "not an http:// or https:// URL");
	slash = bytes_find(rest, '/');
	if (slash == rest.len || bytes_find(rest, '@') < rest.len)
		return bad(why, "URL without a path, or with '@'");
	img->scheme = IMAGE_URL;
	img->registry = bytes_upto(rest, slash);
	img->repository = bytes_from(rest, slash + 1);
	no = bad_registry(img->registry);
	return no != NULL ? bad(why, no) : 0;
}
