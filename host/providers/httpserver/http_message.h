/*
 * http_message - a request as an actor takes it and a response as it gives one, in message-pack.
 *
 *   request   method, path, queryString, header {name: [value]}, body
 *   response  statusCode, header {name: [value]}, body
 *
 * Source: wasmCloud interfaces httpserver.smithy (HttpRequest, HttpResponse).
 */
#ifndef HOST_PROVIDERS_HTTPSERVER_HTTP_MESSAGE_H
#define HOST_PROVIDERS_HTTPSERVER_HTTP_MESSAGE_H

#include "policy/core/buf.h"

enum { HTTP_HEADERS = 100, HTTP_BODY = 1024 * 1024 };

struct http_header {
	struct bytes name, value;
};

struct http_headers {
	size_t n;
	struct http_header at[HTTP_HEADERS];
};

struct http_request {
	struct bytes method, target,
	    body;                    /* @target as it was sent: path and query are its two halves */
	struct http_headers headers; /* in order; a name may come again */
};

struct http_response {
	unsigned status;
	struct http_headers headers; /* a list of values is several of the same name */
	struct bytes body;
};

/*
 * http_request_wrong() - may this be taken for two requests, or other ones, by somebody before us?
 * @r: method and headers count
 * @later: HTTP/1.1
 *
 * What a library lets pass: lengths that disagree, a length beside chunks, names that are no tokens, control
 * characters. Source: RFC 9112, 5.1, 6.1, 6.3, 11.2; RFC 9110, 5.5.
 * Return: NULL, or what is wrong with it.
 */
const char *http_request_wrong(const struct http_request *r, bool later) must_check;
/* http_request_put() - names are written in lower case, each once. */
void http_request_put(struct buf *b, const struct http_request *r);
/*
 * http_response_get() - what an actor answered; slices borrow from @in
 *
 * Headers that are not theirs to say are left out: those of the connection, and the body's length.
 * Return: NULL, or what is wrong with it.
 */
const char *http_response_get(struct bytes in, struct http_response *r) must_check;

#endif
