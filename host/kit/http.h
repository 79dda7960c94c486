/*
 * http - an actor behind wasmcloud:httpserver: a request in, an answer out.
 *
 * In 2021 a header had one text; later a list of them, and operations their service's name.
 */
#ifndef PORTCULLIS_HTTP_H
#define PORTCULLIS_HTTP_H

#include "host/kit/pack.h"

#ifdef ACTOR_2021
#define HTTP_HANDLE ACTOR_TEXT("HandleRequest")
#define ACTOR_HEALTH ACTOR_TEXT("HealthRequest")
#else
#define HTTP_HANDLE ACTOR_TEXT("HttpServer.HandleRequest")
#define ACTOR_HEALTH ACTOR_TEXT("Actor.HealthRequest")
#endif

struct http_request {
	struct actor_text method, path, query, body;
	struct pack_reader headers; /* a map; http_header() looks into it */
};

/* http_read() - Return: 1, or 0 when it is no request. */
static inline int
http_read(struct actor_text payload, struct http_request *q)
{
	struct pack_reader r = read_of(payload);
	actor_size n = read_map(&r);

	*q = (struct http_request){ 0 };
	for (; n > 0 && !r.failed; n--) {
		struct actor_text name = read_text(&r);

		if (actor_is(name, ACTOR_TEXT("method"))) {
			q->method = read_text(&r);
		} else if (actor_is(name, ACTOR_TEXT("path"))) {
			q->path = read_text(&r);
		} else if (actor_is(name, ACTOR_TEXT("queryString"))) {
			q->query = read_text(&r);
		} else if (actor_is(name, ACTOR_TEXT("body"))) {
			q->body = read_text(&r);
		} else if (actor_is(name, ACTOR_TEXT("header"))) {
			q->headers = r;
			read_skip(&r);
		} else {
			read_skip(&r);
		}
	}
	return !r.failed && r.in.n == 0 && q->method.n > 0;
}

/* http_header() - the first value of a header, spelled as it came. Return: 1, or 0 without it. */
static inline int
http_header(const struct http_request *q, struct actor_text name, struct actor_text *value)
{
	struct pack_reader r = q->headers;
	actor_size n = read_map(&r);

	for (; n > 0 && !r.failed; n--) {
		if (!actor_is(read_text(&r), name)) {
			read_skip(&r);
			continue;
		}
		if (r.in.n > 0 && (r.in.p[0] & 0xf0) == 0x90 && read_list(&r) == 0)
			return 0;
		*value = read_text(&r);
		return !r.failed;
	}
	return 0;
}

/* http_answer() - for `return http_answer(out, 200, type, body)` in actor_handle(). Return: 1. */
static inline int
http_answer(struct actor_text *out, int code, struct actor_text type, struct actor_text body)
{
	struct pack_writer w = pack_new(body.n + type.n + 128);

	pack_map(&w, 4);
	pack_member_int(&w, ACTOR_TEXT("statusCode"), code);
	pack_member_text(
	    &w, ACTOR_TEXT("status"), code < 400 ? ACTOR_TEXT("OK") : ACTOR_TEXT("No"));
	pack_text(&w, ACTOR_TEXT("header"));
	pack_map(&w, 1);
	pack_text(&w, ACTOR_TEXT("Content-Type"));
#ifndef ACTOR_2021
	pack_list(&w, 1);
#endif
	pack_text(&w, type);
	pack_text(&w, ACTOR_TEXT("body"));
	pack_bytes(&w, body);
	*out = pack_done(&w);
	return 1;
}

/* http_healthy() - the answer to ACTOR_HEALTH. Return: 1. */
static inline int
http_healthy(struct actor_text *out)
{
	struct pack_writer w = pack_new(64);

	pack_map(&w, 2);
	pack_text(&w, ACTOR_TEXT("healthy"));
	pack_bool(&w, 1);
	pack_member_text(&w, ACTOR_TEXT("message"), ACTOR_TEXT(""));
	*out = pack_done(&w);
	return 1;
}

#endif
