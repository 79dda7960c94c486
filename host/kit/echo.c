/* echo - gives back what it gets, to any operation but `fail`. */
#include "host/kit/portcullis_actor.h"

static int
actor_handle(struct actor_text operation, struct actor_text payload, struct actor_text *out)
{
	if (actor_is(operation, ACTOR_TEXT("fail"))) {
		*out = ACTOR_TEXT("as you wish");
		return 0;
	}
	*out = payload;
	return 1;
}
