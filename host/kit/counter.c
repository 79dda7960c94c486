/*
 * counter - counts the requests for each path in a key-value store: GET /a/b is answered with
 * {"path":"a:b","count":3}. Other methods are refused. One source, both eras: see
 * portcullis_actor.h.
 */
#include "host/kit/http.h"
#include "host/kit/json_out.h"
#include "host/kit/keyvalue.h"

enum { PATH_MAX = 128 };

/* key_of() - a path as a key: without the first slash, the others as colons. */
static struct actor_text
key_of(struct actor_text path)
{
	actor_byte *key = actor_alloc(path.n + 1);
	actor_size n = 0;

	for (actor_size i = 0; i < path.n; i++)
		if (i > 0 || path.p[i] != '/')
			key[n++] = path.p[i] == '/' ? ':' : path.p[i];
	return n > 0 ? (struct actor_text){ key, n } : ACTOR_TEXT("root");
}

static int
count(const struct http_request *q, struct actor_text *out)
{
	struct actor_text key, why;
	struct json_out json = json_new(PATH_MAX * 6 + 64);
	long long n = 0;

	if (q->path.n > PATH_MAX)
		return http_answer(
		    out, 414, ACTOR_TEXT("text/plain"), ACTOR_TEXT("a longer path than I count\n"));
	key = key_of(q->path);
	if (!kv_add(key, 1, &n, &why)) {
		*out = why;
		return 0;
	}
	json_put(&json, "{\"path\":");
	json_put_text(&json, key);
	json_put(&json, ",\"count\":");
	json_put_int(&json, n);
	json_put(&json, "}");
	return http_answer(out, 200, ACTOR_TEXT("application/json"), json_done(&json));
}

static int
actor_handle(struct actor_text operation, struct actor_text payload, struct actor_text *out)
{
	struct http_request q;

	if (actor_is(operation, ACTOR_HEALTH))
		return http_healthy(out);
	if (!actor_is(operation, HTTP_HANDLE))
		return actor_fail(out, "I know HandleRequest and HealthRequest");
	if (!http_read(payload, &q))
		return actor_fail(out, "that is no http request");
	if (!actor_is(q.method, ACTOR_TEXT("GET")))
		return http_answer(out, 405, ACTOR_TEXT("text/plain"), ACTOR_TEXT("GET a path\n"));
	return count(&q, out);
}
