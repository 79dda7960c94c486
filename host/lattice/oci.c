/* oci - see oci.h. */
#include "host/lattice/oci.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "policy/core/json.h"

enum { TOKENS = 2048, LAYERS = 64 };

static const char *const media[][2] = {
	[OCI_ACTOR] = { "application/vnd.module.wasm.content.layer.v1+wasm", "application/wasm" },
	[OCI_PROVIDER] = { "application/vnd.wasmcloud.provider.archive.layer.v1+par", NULL },
};

static int
bad(const char **why, const char *what)
{
	*why = what;
	return OCI_BAD;
}

const char *
oci_accept(void)
{
	return "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
}

bool
oci_digest_ok(struct bytes s)
{
	if (s.len != OCI_DIGEST || !bytes_starts(s, BYTES_LIT("sha256:")))
		return false;
	for (size_t i = 7; i < s.len; i++)
		if ((s.ptr[i] < '0' || s.ptr[i] > '9') && (s.ptr[i] < 'a' || s.ptr[i] > 'f'))
			return false;
	return true;
}

/* ---- the manifest ---- */

static bool
is_media(const struct json *j, size_t layer, enum oci_kind kind)
{
	size_t at = json_member(j, layer, "mediaType");

	for (size_t i = 0; at != 0 && i < 2 && media[kind][i] != NULL; i++)
		if (json_is(j, at, media[kind][i]))
			return true;
	return false;
}

static int
take_layer(const struct json *j, size_t layer, struct oci_layer *out, const char **why)
{
	size_t digest = json_member(j, layer, "digest"), size = json_member(j, layer, "size");
	uint8_t room[OCI_DIGEST + 1];
	struct bytes text;
	int64_t n;

	if (digest == 0 || json_text(j, digest, room, sizeof(room), &text) != 0 || !oci_digest_ok(text))
		return bad(why, "its layer has no sha256 digest");
	if (size == 0 || json_int(j, size, &n) != 0 || n < 0)
		return bad(why, "its layer has no size");
	memcpy(out->digest, text.ptr, OCI_DIGEST);
	out->digest[OCI_DIGEST] = '\0';
	out->size = (uint64_t)n;
	return 0;
}

/* choose() - the one that is meant, when there is exactly one. */
static int
choose(const struct json *j, size_t layers, enum oci_kind kind, size_t *found, const char **why)
{
	size_t n = j->tok[layers].n, at = json_first(j, layers), of_kind = 0, first = at;

	if (n == 0 || n > LAYERS)
		return bad(why, n == 0 ? "the manifest has no layers" : "the manifest has too many layers");
	*found = 0;
	for (size_t i = 0; i < n; i++, at = j->tok[at].next) {
		if (!is_media(j, at, kind))
			continue;
		of_kind++;
		*found = at;
	}
	if (of_kind > 1)
		return bad(why, "the manifest has more than one layer that could be meant");
	if (of_kind == 0 && n > 1)
		return bad(why, "the manifest has several layers, and none is of the kind asked for");
	if (of_kind == 0)
		*found = first;
	return 0;
}

int
oci_manifest(struct bytes text, enum oci_kind kind, struct oci_layer *out, const char **why)
{
	struct json_tok tok[TOKENS];
	struct json j = { .text = text, .tok = tok, .cap = TOKENS, .allow_fraction = true };
	size_t layers, at;
	int r;

	if (text.len > OCI_MANIFEST_MAX || json_read(&j) != 0 || tok[0].kind != JSON_OBJECT)
		return bad(why, "the manifest cannot be read");
	if (json_member(&j, 0, "manifests") != 0)
		return bad(why, "the reference is of an index, one manifest for each machine: name one of them by digest");
	layers = json_member(&j, 0, "layers");
	if (layers == 0 || tok[layers].kind != JSON_ARRAY)
		return bad(why, "the manifest has no layers");
	r = choose(&j, layers, kind, &at, why);
	return r == 0 ? take_layer(&j, at, out, why) : r;
}

/* ---- logging in ---- */

/* parameter() - name="value" at the front of @s. Return: 0, OCI_BAD. */
static int
parameter(struct bytes *s, struct bytes *name, struct bytes *value)
{
	size_t eq = bytes_find(*s, '='), end;

	*name = bytes_upto(*s, eq);
	if (eq + 1 >= s->len || s->ptr[eq + 1] != '"')
		return OCI_BAD;
	*s = bytes_from(*s, eq + 2);
	end = bytes_find(*s, '"');
	*value = bytes_upto(*s, end);
	if (end == s->len || bytes_find(*value, '\\') != value->len)
		return OCI_BAD;
	*s = bytes_from(*s, end + 1);
	while (s->len > 0 && (s->ptr[0] == ' ' || s->ptr[0] == ','))
		*s = bytes_from(*s, 1);
	return 0;
}

/* keep() - once. */
static int
keep(char out[OCI_TEXT], struct bytes value)
{
	if (out[0] != '\0' || value.len >= OCI_TEXT || bytes_find(value, 0) != value.len)
		return OCI_BAD;
	memcpy(out, value.ptr, value.len);
	out[value.len] = '\0';
	return 0;
}

static bool
scheme_is(struct bytes *s, const char *name)
{
	size_t n = strlen(name);

	if (s->len < n || strncasecmp((const char *)s->ptr, name, n) != 0 || (s->len > n && s->ptr[n] != ' '))
		return false;
	*s = bytes_from(*s, n);
	while (s->len > 0 && s->ptr[0] == ' ')
		*s = bytes_from(*s, 1);
	return true;
}

int
oci_challenge(struct bytes header, struct oci_challenge *out, const char **why)
{
	*out = (struct oci_challenge){ 0 };
	if (header.len > 0 && scheme_is(&header, "Basic"))
		return 0;
	if (header.len == 0 || !scheme_is(&header, "Bearer"))
		return bad(why, "the registry wants a login of a kind that is not known here");
	out->bearer = true;
	while (header.len > 0) {
		struct bytes name, value;
		int r = parameter(&header, &name, &value);

		if (r == 0 && bytes_is(name, "realm"))
			r = keep(out->realm, value);
		else if (r == 0 && bytes_is(name, "service"))
			r = keep(out->service, value);
		else if (r == 0 && bytes_is(name, "scope"))
			r = keep(out->scope, value);
		if (r != 0)
			return bad(why, "the registry's challenge cannot be read");
	}
	return out->realm[0] != '\0' ? 0 : bad(why, "the registry's challenge names no realm");
}

int
oci_token(struct bytes text, struct buf *out, const char **why)
{
	struct json_tok tok[256];
	struct json j = { .text = text, .tok = tok, .cap = 256, .allow_fraction = true };
	uint8_t room[OCI_TOKEN];
	struct bytes s;
	size_t at;

	if (text.len > 4 * OCI_TOKEN || json_read(&j) != 0 || tok[0].kind != JSON_OBJECT)
		return bad(why, "the token cannot be read");
	at = json_member(&j, 0, "token");
	if (at == 0)
		at = json_member(&j, 0, "access_token");
	if (at == 0 || json_text(&j, at, room, sizeof(room), &s) != 0 || s.len == 0)
		return bad(why, "there is no token in the answer");
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~')
			return bad(why, "the token is not one");
	buf_put(out, s);
	return 0;
}

/* ---- URLs ---- */

static bool
plain(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~' || strchr("\"<>\\^`{|}#", s.ptr[i]) != NULL)
			return false;
	return true;
}

static int
port_of(struct bytes s, uint16_t *port)
{
	uint32_t n = 0;

	if (s.len == 0 || s.len > 5)
		return OCI_BAD;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return OCI_BAD;
		n = n * 10 + (uint32_t)(s.ptr[i] - '0');
	}
	*port = (uint16_t)n;
	return n >= 1 && n <= 65535 ? 0 : OCI_BAD;
}

/* authority() - host[:port]; names and IPv4 addresses. */
static int
authority(struct bytes s, struct oci_url *out)
{
	size_t colon = bytes_find(s, ':');
	struct bytes host = bytes_upto(s, colon);

	out->port = out->tls ? 443 : 80;
	if (host.len == 0 || host.len >= sizeof(out->host))
		return OCI_BAD;
	for (size_t i = 0; i < host.len; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", host.ptr[i]) == NULL)
			return OCI_BAD;
	memcpy(out->host, host.ptr, host.len);
	out->host[host.len] = '\0';
	return colon < s.len ? port_of(bytes_from(s, colon + 1), &out->port) : 0;
}

static int
path(struct bytes s, struct oci_url *out)
{
	if (s.len >= sizeof(out->path) || (s.len > 0 && s.ptr[0] != '/' && s.ptr[0] != '?'))
		return OCI_BAD;
	snprintf(out->path, sizeof(out->path), "%s%.*s", s.len > 0 && s.ptr[0] == '/' ? "" : "/", (int)s.len,
	    s.len > 0 ? (const char *)s.ptr : "");
	return strlen(out->path) >= s.len ? 0 : OCI_BAD;
}

int
oci_url(struct bytes s, const struct oci_url *base, struct oci_url *out, const char **why)
{
	struct bytes https = BYTES_LIT("https://"), http = BYTES_LIT("http://");
	size_t end;

	*out = (struct oci_url){ .tls = bytes_starts(s, https) };
	if (s.len == 0 || !plain(s))
		return bad(why, "not a URL");
	if (base != NULL && s.ptr[0] == '/' && (s.len < 2 || s.ptr[1] != '/')) {
		*out = *base;
		return path(s, out) == 0 ? 0 : bad(why, "a path that is too long");
	}
	if (!out->tls && !bytes_starts(s, http))
		return bad(why, "a URL that is neither https nor http");
	s = bytes_from(s, out->tls ? https.len : http.len);
	for (end = 0; end < s.len && s.ptr[end] != '/' && s.ptr[end] != '?'; end++)
		;
	if (authority(bytes_upto(s, end), out) != 0 || path(bytes_from(s, end), out) != 0)
		return bad(why, "a URL that cannot be read in one way");
	return 0;
}

int
oci_query(struct oci_url *u, const char *name, struct bytes value)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t at = strlen(u->path), room = sizeof(u->path);
	char *out = u->path;

	if (at + strlen(name) + 3 + 3 * value.len >= room)
		return OCI_BAD;
	at += (size_t)snprintf(out + at, room - at, "%c%s=", strchr(out, '?') != NULL ? '&' : '?', name);
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.ptr[i];
		bool as_is = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    (c != 0 && strchr("-._~", c) != NULL);

		if (as_is) {
			out[at++] = (char)c;
		} else {
			out[at++] = '%';
			out[at++] = hex[c >> 4];
			out[at++] = hex[c & 15];
		}
	}
	out[at] = '\0';
	return 0;
}
