/*
 * info - see info.h.
 *
 * An upstream is not trusted with more than its answers: its INFO is read like a stranger's, what
 * we do not use is not looked at, numbers are clamped, texts cut to what can be shown. Whether the
 * upstream must speak TLS or ask for credentials is our configuration's business, never INFO's.
 * Other servers' addresses are dropped: a client that learns them goes around the gate.
 */
#include "gateway/nats/info.h"
#include "policy/core/json.h"
#include "policy/core/members.h"

enum {
	TOKENS_MAX = 768, /* a large cluster's connect_urls are in it */
	DEPTH_MAX = 8,
};

#define PAYLOAD_ABSENT ((int64_t)1 << 20)
#define PAYLOAD_MAX ((int64_t)64 << 20)
#define API_LVL_MAX ((int64_t)1 << 20)

struct decoder {
	struct json json;
	struct json_tok tok[TOKENS_MAX];
	struct nats_info *i;
};

static int
bad(struct decoder *d, const char *why)
{
	d->i->why = why;
	return INFO_BAD;
}

/* find() - a member that is there and not null, or 0. */
static size_t
find(const struct decoder *d, const char *name)
{
	size_t at = json_member(&d->json, 0, name);

	return at != 0 && d->tok[at].kind != JSON_NULL ? at : 0;
}

static int
read_bool(struct decoder *d, const char *name, bool *out)
{
	size_t at = find(d, name);

	if (at == 0)
		return 0;
	if (d->tok[at].kind != JSON_TRUE && d->tok[at].kind != JSON_FALSE)
		return bad(d, "a flag is neither true nor false");
	*out = d->tok[at].kind == JSON_TRUE;
	return 0;
}

static int
read_int(struct decoder *d, const char *name, int64_t min, int64_t max, int64_t *out)
{
	size_t at = find(d, name);
	int64_t v;

	if (at == 0)
		return 0;
	if (d->tok[at].kind != JSON_NUMBER || json_int(&d->json, at, &v) != 0)
		return bad(d, "a number is not an integer");
	*out = v < min ? min : v > max ? max : v;
	return 0;
}

/* read_text() - a string into @room bytes: cut, what is not printable ASCII becomes '?'. */
static int
read_text(struct decoder *d, const char *name, char *out, size_t room, bool *cut)
{
	size_t at = find(d, name), n;
	struct bytes s = BYTES_NULL;
	uint8_t text[1024];

	if (at == 0)
		return 0;
	if (d->tok[at].kind != JSON_STRING)
		return bad(d, "a text is not a string");
	if (json_text(&d->json, at, text, sizeof(text), &s) != 0)
		return bad(d, "a text is too long");
	n = s.len < room ? s.len : room - 1;
	*cut = n < s.len;
	for (size_t i = 0; i < n; i++) {
		*cut |= s.ptr[i] < 0x20 || s.ptr[i] > 0x7e;
		out[i] = s.ptr[i] < 0x20 || s.ptr[i] > 0x7e ? '?' : (char)s.ptr[i];
	}
	out[n] = '\0';
	return 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* version_ok() - x.y.z in digits, then nothing, or - + . and what a release name is made of. */
static bool
version_ok(const char *v)
{
	for (int part = 0; part < 3; part++) {
		if (part != 0 && *v++ != '.')
			return false;
		if (!is_digit(*v))
			return false;
		while (is_digit(*v))
			v++;
	}
	if (*v != '\0' && strchr("-+.", *v) == NULL)
		return false;
	for (; *v != '\0'; v++)
		if (strchr("-+.", *v) == NULL && !is_digit(*v) && (*v < 'A' || *v > 'Z') &&
		    (*v < 'a' || *v > 'z'))
			return false;
	return true;
}

static int
read_version(struct decoder *d)
{
	struct nats_info *i = d->i;
	bool cut = false;

	if (read_text(d, "version", i->version, sizeof(i->version), &cut) != 0)
		return INFO_BAD;
	if (!version_ok(i->version))
		memcpy(i->version, "0.0.0", sizeof("0.0.0"));
	return 0;
}

/* read_nonce() - it will be signed: whole and printable, or the INFO is refused. */
static int
read_nonce(struct decoder *d)
{
	bool cut = false;

	if (read_text(d, "nonce", d->i->nonce, sizeof(d->i->nonce), &cut) != 0)
		return INFO_BAD;
	return cut ? bad(d, "the nonce is too long or not printable") : 0;
}

/* read_domain() - it becomes a token of subjects: one token's letters, or none is known. */
static int
read_domain(struct decoder *d)
{
	struct nats_info *i = d->i;
	bool cut = false;

	if (read_text(d, "domain", i->domain, sizeof(i->domain), &cut) != 0)
		return INFO_BAD;
	if (cut || strpbrk(i->domain, " .*>") != NULL)
		i->domain[0] = '\0';
	return 0;
}

static int
read_object(struct decoder *d)
{
	struct nats_info *i = d->i;
	bool cut;

	if (d->tok[0].kind != JSON_OBJECT)
		return bad(d, "an object expected");
	if (read_version(d) != 0 || read_nonce(d) != 0 || read_domain(d) != 0)
		return INFO_BAD;
	if (read_text(d, "server_name", i->server_name, sizeof(i->server_name), &cut) != 0)
		return INFO_BAD;
	if (read_bool(d, "auth_required", &i->auth_required) != 0 ||
	    read_bool(d, "tls_required", &i->tls_required) != 0 ||
	    read_bool(d, "tls_available", &i->tls_available) != 0 ||
	    read_bool(d, "headers", &i->headers) != 0 ||
	    read_bool(d, "jetstream", &i->jetstream) != 0 || read_bool(d, "ldm", &i->ldm) != 0)
		return INFO_BAD;
	if (read_int(d, "max_payload", 1, PAYLOAD_MAX, &i->max_payload) != 0)
		return INFO_BAD;
	return read_int(d, "api_lvl", 0, API_LVL_MAX, &i->api_lvl);
}

int
info_decode(struct nats_info *i, struct bytes json)
{
	struct decoder d = { .i = i };
	int r;

	*i = (struct nats_info){ .version = "0.0.0", .max_payload = PAYLOAD_ABSENT };
	d.json =
	    (struct json){ .text = json, .tok = d.tok, .cap = TOKENS_MAX, .max_depth = DEPTH_MAX };
	r = json_read(&d.json);
	if (r == 0)
		return read_object(&d);
	i->why = r == JSON_TOO_MANY ? "too many members" : d.json.why;
	return INFO_BAD;
}

/* put_text() - a member; an empty or absent value is left out when @keep is false. */
static void
put_text(struct buf *out, const char *name, const char *value, bool keep)
{
	struct bytes s = bytes_str(value);

	if (s.len != 0 || keep)
		members_bytes(out, name, s);
}

/* put_true() - a member that is only there when it is true, as the server's omitempty ones. */
static void
put_true(struct buf *out, const char *name, bool value)
{
	if (value)
		members_bool(out, name, true);
}

void
info_encode(struct buf *out, const struct nats_hello *h)
{
	buf_put_u8(out, '{');
	members_text(out, "server_id", h->server_id);
	put_text(out, "server_name", h->server_name, true);
	put_text(out, "version", h->version, true);
	members_int(out, "proto", 1);
	put_text(out, "go", "", true);
	put_text(out, "host", h->host, true);
	members_int(out, "port", h->port);
	members_bool(out, "headers", h->headers);
	put_true(out, "auth_required", true);
	put_true(out, "tls_required", h->tls_required);
	put_true(out, "tls_verify", h->tls_verify);
	put_true(out, "tls_available", h->tls_available);
	members_int(out, "max_payload", h->max_payload);
	put_true(out, "jetstream", h->jetstream);
	members_dec(out, "client_id", h->client_id);
	put_text(out, "client_ip", h->client_ip, false);
	put_text(out, "nonce", h->nonce, false);
	put_text(out, "domain", h->domain, false);
	put_true(out, "ldm", h->ldm);
	if (h->api_lvl > 0)
		members_int(out, "api_lvl", h->api_lvl);
	buf_put_u8(out, '}');
}
