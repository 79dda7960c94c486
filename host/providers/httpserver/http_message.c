/*
 * http_message - see http_message.h. An actor's answer is a stranger's text: a header's name must
 * be a token and its value free of control characters, since what is written to a connection
 * decides where one response ends and the next begins.
 */
#include "host/providers/httpserver/http_message.h"

#include <stddef.h>

#include "host/pack/pack.h"

enum { NAME_MAX_BYTES = 256, VALUE_MAX_BYTES = 8192 };

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool
same(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.ptr[i]) != lower(b.ptr[i]))
			return false;
	return true;
}

static void
put_name(struct buf *b, struct bytes name)
{
	uint8_t low[NAME_MAX_BYTES];
	struct bytes s = bytes_upto(name, sizeof(low));

	for (size_t i = 0; i < s.len; i++)
		low[i] = lower(s.ptr[i]);
	pack_put_text(b, bytes_of(low, s.len));
}

/* first() - is @i the first of its name? */
static bool
first(const struct http_headers *h, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same(h->at[k].name, h->at[i].name))
			return false;
	return true;
}

static uint32_t
names(const struct http_headers *h)
{
	uint32_t n = 0;

	for (size_t i = 0; i < h->n; i++)
		n += first(h, i);
	return n;
}

static void
put_values(struct buf *b, const struct http_headers *h, size_t from)
{
	uint32_t n = 0;

	for (size_t i = from; i < h->n; i++)
		n += same(h->at[i].name, h->at[from].name);
	pack_put_array(b, n);
	for (size_t i = from; i < h->n; i++)
		if (same(h->at[i].name, h->at[from].name))
			pack_put_text(b, h->at[i].value);
}

void
http_request_put(struct buf *b, const struct http_request *r)
{
	size_t query = bytes_find(r->target, '?');

	pack_put_map(b, 5);
	pack_put_str(b, "method");
	pack_put_text(b, r->method);
	pack_put_str(b, "path");
	pack_put_text(b, bytes_upto(r->target, query));
	pack_put_str(b, "queryString");
	pack_put_text(b, bytes_from(r->target, query + 1));
	pack_put_str(b, "header");
	pack_put_map(b, names(&r->headers));
	for (size_t i = 0; i < r->headers.n; i++) {
		if (!first(&r->headers, i))
			continue;
		put_name(b, r->headers.at[i].name);
		put_values(b, &r->headers, i);
	}
	pack_put_str(b, "body");
	pack_put_bin(b, r->body);
}

/* is_token() - Source: RFC 9110, 5.6.2. */
static bool
is_token(struct bytes s)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	if (s.len == 0 || s.len > NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (!((c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
			(c != 0 && strchr(marks, c) != NULL)))
			return false;
	}
	return true;
}

static bool
has_controls(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.ptr[i] < 0x20 && s.ptr[i] != '\t') || s.ptr[i] == 0x7f)
			return true;
	return false;
}

static bool
is_value(struct bytes s)
{
	return !has_controls(s) && s.len <= VALUE_MAX_BYTES;
}

/* count() - headers of this name; the last of them in *@value. */
static unsigned
count(const struct http_headers *h, const char *name, struct bytes *value)
{
	unsigned n = 0;

	for (size_t i = 0; i < h->n; i++) {
		if (!same(h->at[i].name, bytes_str(name)))
			continue;
		*value = h->at[i].value;
		n++;
	}
	return n;
}

const char *
http_request_wrong(const struct http_request *r, bool later)
{
	struct bytes length = BYTES_NULL, coding = BYTES_NULL, host = BYTES_NULL;
	unsigned lengths = count(&r->headers, "content-length", &length),
		 codings = count(&r->headers, "transfer-encoding", &coding);

	if (!is_token(r->method))
		return "a method that is none";
	/* there is no tunnel, and an answer would be taken for its beginning */
	if (bytes_is(r->method, "CONNECT"))
		return "no tunnels here";
	for (size_t i = 0; i < r->headers.n; i++)
		if (!is_token(r->headers.at[i].name) || has_controls(r->headers.at[i].value))
			return "a header that is none";
	if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0))
		return "two lengths of the body";
	if (codings > 0 && (!later || !same(coding, BYTES_LIT("chunked"))))
		return "a coding of the body that is not known";
	return count(&r->headers, "host", &host) > 1 ? "two hosts" : NULL;
}

/* ours() - said by who holds the connection, and by nobody else. Source: RFC 9110, 7.6.1. */
static bool
ours(struct bytes name)
{
	static const char *const list[] = { "connection", "content-length", "date", "keep-alive",
		"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade" };

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (same(name, bytes_str(list[i])))
			return true;
	return false;
}

static void
get_headers(struct pack *p, struct http_headers *h)
{
	uint32_t n = pack_map(p, HTTP_HEADERS);

	for (; n > 0 && pack_ok(p); n--) {
		struct bytes name = pack_text(p, NAME_MAX_BYTES);
		uint32_t values = pack_array(p, HTTP_HEADERS);

		if (pack_ok(p) && !is_token(name))
			pack_fail(p, "a header's name is no token");
		for (; values > 0 && pack_ok(p); values--) {
			struct bytes value = pack_text(p, VALUE_MAX_BYTES);

			if (!pack_ok(p) || ours(name))
				continue;
			if (!is_value(value))
				pack_fail(p, "a control character in a header");
			else if (h->n == HTTP_HEADERS)
				pack_fail(p, "too many headers");
			else
				h->at[h->n++] = (struct http_header){ name, value };
		}
	}
}

const char *
http_response_get(struct bytes in, struct http_response *r)
{
	struct fields {
		uint64_t status;
		struct bytes header, body;
	} f = { .status = 0 };
	static const struct pack_field fields[] = {
		PACK_FIELD("statusCode", struct fields, status, PACK_T_U64, PACK_NEEDED),
		PACK_FIELD("header", struct fields, header, PACK_T_RAW, PACK_NILS),
		PACK_FIELD("body", struct fields, body, PACK_T_RAW, PACK_NILS),
	};
	struct pack p = pack_of(in), part;
	uint32_t there = pack_object(&p, fields, sizeof(fields) / sizeof(fields[0]), &f);

	memset(r, 0, sizeof(*r));
	if (!pack_done(&p))
		return p.why;
	if (f.status < 200 || f.status > 599)
		return "a status no response has";
	r->status = (unsigned)f.status;
	if ((there & 2) != 0) {
		part = pack_of(f.header);
		get_headers(&part, &r->headers);
		if (!pack_done(&part))
			return part.why;
	}
	if ((there & 4) != 0) {
		part = pack_of(f.body);
		r->body = pack_data(&part, HTTP_BODY);
		if (!pack_done(&part))
			return part.why;
	}
	return NULL;
}
