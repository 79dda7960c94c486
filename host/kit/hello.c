/* hello - answers each HTTP request with the same words: the smallest actor behind the HTTP
 * provider. */
#include "host/kit/http.h"

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
	return http_answer(out, 200, ACTOR_TEXT("text/plain"), ACTOR_TEXT("hello\n"));
}
