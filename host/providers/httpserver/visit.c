/*
 * visit - one request: read whole, within its ceilings; made into an invocation; answered with what
 * came back. While an actor works the connection is suspended, so that a peer can send nothing into
 * our memory.
 *
 * An actor's failure is the actor's affair and its words may hold anything: strangers are told
 * which of us failed, never its words. Those go to the log.
 */
#include <stdlib.h>
#include <string.h>

#include "host/providers/httpserver/http_message.h"
#include "host/providers/httpserver/site.h"
#include "policy/core/utf8.h"

enum { WAITING = PROVIDER_INVOKES };

/* who waits for an answer, by the low bits of its id */
static struct visit *waiting[WAITING];

struct visit *
visit_of(uint64_t id)
{
	struct visit *v = waiting[id % WAITING];

	if (v == NULL || v->id != id)
		return NULL;
	waiting[id % WAITING] = NULL;
	return v;
}

void *
visit_new(void *site, const char *target, struct MHD_Connection *c)
{
	struct visit *v = calloc(1, sizeof(*v));
	const union MHD_ConnectionInfo *i =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	if (v == NULL)
		return NULL;
	v->site = site;
	v->connection = c;
	v->peer = i != NULL ? i->socket_context : NULL;
	if (v->peer != NULL) {
		v->peer->reading = true;
		v->peer->since_ms = uv_now(&v->site->process->loop);
	}
	v->target = strdup(target);
	buf_init(&v->body, v->site->limits.body);
	return v;
}

static void
visit_free(struct visit *v)
{
	if (v->id != 0 && waiting[v->id % WAITING] == v)
		waiting[v->id % WAITING] = NULL;
	free(v->target);
	free((void *)(uintptr_t)v->payload.ptr);
	buf_deinit(&v->body);
	free(v);
}

/* ---- the response ---- */

/* queue() - @r (taken) is what is answered. */
static enum MHD_Result
queue(struct visit *v, unsigned status, struct MHD_Response *r)
{
	enum MHD_Result done;

	if (r == NULL)
		return MHD_NO;
	if (v->site->ending)
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	v->state = VISIT_ANSWERING;
	if (v->peer != NULL) {
		v->peer->asked = false;
		v->peer->answering = true;
		v->peer->since_ms = uv_now(&v->site->process->loop);
	}
	done = MHD_queue_response(v->connection, status, r);
	MHD_destroy_response(r);
	return done;
}

/* say() - a response of our own: one line. */
static enum MHD_Result
say(struct visit *v, unsigned status, const char *text)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(
	    strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);

	v->site->process->counts.refused++;
	if (r != NULL) {
		(void)MHD_add_response_header(
		    r, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
		(void)MHD_add_response_header(r, "Cache-Control", "no-store");
		if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
			(void)MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, "1");
		/* what is left of a request that is refused is not read */
		if (status < 500)
			(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	}
	return queue(v, status, r);
}

/* add() - @name and @value as strings. */
static enum MHD_Result
add(struct MHD_Response *r, const struct http_header *h)
{
	char *name = strndup((const char *)h->name.ptr, h->name.len);
	char *value =
	    h->value.len > 0 ? strndup((const char *)h->value.ptr, h->value.len) : strdup("");
	enum MHD_Result done = MHD_NO;

	if (name != NULL && value != NULL)
		done = MHD_add_response_header(r, name, value);
	free(name);
	free(value);
	/* the library knows no empty values: such a header is left out */
	return h->value.len == 0 ? MHD_YES : done;
}

static enum MHD_Result
respond(struct visit *v)
{
	struct http_response m;
	const char *why = http_response_get(v->payload, &m);
	struct MHD_Response *r;

	if (why != NULL) {
		process_log(v->site->process, LOG_WRN, bytes_str(v->site->actor), bytes_str(why));
		return say(v, MHD_HTTP_BAD_GATEWAY, "the actor's answer is no response\n");
	}
	if (m.status == MHD_HTTP_NO_CONTENT || m.status == MHD_HTTP_NOT_MODIFIED)
		m.body = BYTES_NULL;
	r = MHD_create_response_from_buffer(
	    m.body.len, (void *)(uintptr_t)m.body.ptr, MHD_RESPMEM_MUST_COPY);
	for (size_t i = 0; r != NULL && i < m.headers.n; i++) {
		if (add(r, &m.headers.at[i]) == MHD_YES)
			continue;
		MHD_destroy_response(r);
		return say(v, MHD_HTTP_BAD_GATEWAY, "the actor's answer is no response\n");
	}
	return queue(v, m.status, r);
}

static enum MHD_Result
answered(struct visit *v)
{
	switch (v->answer) {
	case PROVIDER_OK:
		return respond(v);
	case PROVIDER_NOBODY:
		return say(v, MHD_HTTP_SERVICE_UNAVAILABLE, "no actor takes this request now\n");
	case PROVIDER_LATE:
		return say(v, MHD_HTTP_GATEWAY_TIMEOUT, "the actor did not answer in time\n");
	case PROVIDER_BUSY:
		return say(v, MHD_HTTP_SERVICE_UNAVAILABLE, "too many requests are under way\n");
	default:
		return say(v, MHD_HTTP_BAD_GATEWAY, "the actor failed\n");
	}
}

void
visit_answered(struct visit *v, enum provider_answer answer, struct bytes payload)
{
	uint8_t *copy = payload.len > 0 ? malloc(payload.len) : NULL;

	if (answer != PROVIDER_OK)
		v->site->process->counts.failed++;
	if (answer == PROVIDER_FAILED && payload.len > 0)
		process_log(v->site->process, LOG_WRN, bytes_str(v->site->actor),
		    bytes_upto(payload, PROVIDER_WHY));
	v->id = 0;
	v->answer = answer;
	v->state = VISIT_ANSWERED;
	if (payload.len > 0 && copy == NULL)
		v->answer = PROVIDER_BUSY;
	if (copy != NULL) {
		memcpy(copy, payload.ptr, payload.len);
		v->payload = bytes_of(copy, payload.len);
	}
	MHD_resume_connection(v->connection);
	site_run(v->site);
}

/* ---- the request ---- */

static bool
is_text(struct bytes s)
{
	while (s.len != 0) {
		uint32_t cp = 0;
		size_t used = utf8_next(s, &cp);

		if (used == 0 || cp == 0)
			return false;
		s = bytes_from(s, used);
	}
	return true;
}

struct heads {
	struct http_headers *headers;
	bool bad;
};

static enum MHD_Result
on_header(void *ctx, enum MHD_ValueKind kind, const char *name, size_t n_name, const char *value,
    size_t n_value)
{
	struct heads *h = ctx;
	/* with their lengths: a NUL is not where they end */
	struct bytes n = bytes_of(name, n_name), v = bytes_of(value, n_value);

	(void)kind;
	if (h->headers->n == HTTP_HEADERS || !is_text(n) || !is_text(v)) {
		h->bad = true;
		return MHD_NO;
	}
	h->headers->at[h->headers->n++] = (struct http_header){ n, v };
	return MHD_YES;
}

/* ask() - the actor; on answer the connection goes on. */
static enum MHD_Result
ask(struct visit *v, const char *method)
{
	struct http_request m = { .method = bytes_str(method),
		.target = bytes_str(v->target),
		.body = buf_bytes(&v->body) };
	struct heads h = { &m.headers, false };
	struct buf b;

	(void)MHD_get_connection_values_n(v->connection, MHD_HEADER_KIND, on_header, &h);
	buf_init(&b, PROVIDER_PAYLOAD);
	http_request_put(&b, &m);
	if (!buf_failed(&b) && waiting[(v->site->process->next_id + 1) % WAITING] == NULL)
		v->id = process_invoke(v->site->process, bytes_str(v->site->actor),
		    "HttpServer.HandleRequest", buf_bytes(&b), v->site->limits.timeout_ms);
	buf_deinit(&b);
	buf_deinit(&v->body);
	if (v->id == 0)
		return say(v, MHD_HTTP_SERVICE_UNAVAILABLE, "too many requests are under way\n");
	waiting[v->id % WAITING] = v;
	v->state = VISIT_ASKED;
	if (v->peer != NULL)
		v->peer->asked = true;
	MHD_suspend_connection(v->connection);
	return MHD_YES;
}

static bool
printable(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= 0x20 || (unsigned char)*s >= 0x7f)
			return false;
	return true;
}

/* begin() - the head is there. */
static enum MHD_Result
begin(struct visit *v, const char *method, const char *version)
{
	const char *length =
	    MHD_lookup_connection_value(v->connection, MHD_HEADER_KIND, "Content-Length");
	struct http_request m = { .method = bytes_str(method) };
	struct heads h = { &m.headers, false };

	v->begun = true;
	if (v->target == NULL || !printable(v->target))
		return say(v, MHD_HTTP_BAD_REQUEST, "bytes no request's target has\n");
	(void)MHD_get_connection_values_n(v->connection, MHD_HEADER_KIND, on_header, &h);
	if (h.bad)
		return say(v, MHD_HTTP_BAD_REQUEST, "headers that are not UTF-8, or too many\n");
	if (http_request_wrong(&m, strcmp(version, MHD_HTTP_VERSION_1_0) != 0) != NULL)
		return say(v, MHD_HTTP_BAD_REQUEST, "a request with more than one reading\n");
	if (length != NULL &&
	    (strlen(length) > 18 || strtoull(length, NULL, 10) > v->site->limits.body))
		return say(v, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long\n");
	return MHD_YES;
}

enum MHD_Result
visit_on_request(void *site, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *upload, size_t *n_upload, void **state)
{
	struct visit *v = *state;

	(void)site;
	(void)c;
	(void)url;
	if (v == NULL)
		return MHD_NO;
	if (v->state == VISIT_ANSWERED)
		return answered(v);
	if (v->state != VISIT_READING)
		return MHD_YES;
	if (!v->begun)
		return begin(v, method, version);
	if (*n_upload == 0)
		return ask(v, method);
	buf_put(&v->body, bytes_of(upload, *n_upload));
	*n_upload = 0;
	/* chunks without end: nothing can be answered before they are read, so nothing is */
	return buf_failed(&v->body) ? MHD_NO : MHD_YES;
}

void
visit_on_completed(
    void *site, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code)
{
	struct visit *v = *state;
	struct site *s = site;

	(void)c;
	(void)code;
	if (v == NULL)
		return;
	if (v->peer != NULL) {
		v->peer->reading = v->peer->asked = v->peer->answering = false;
		v->peer->old = true;
		v->peer->since_ms = uv_now(&s->process->loop);
	}
	visit_free(v);
	*state = NULL;
}
