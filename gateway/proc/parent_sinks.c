/*
 * parent_sinks - servers of sinks that are away are looked up again: a name that had no address
 * when the shipper was started may have one now, or another. The look-up runs beside the loop,
 * since a resolver may take long; the shipper is told, and takes the addresses at its next try.
 */
#include <netdb.h>

#include "gateway/proc/msg_shipper.h"
#include "gateway/proc/parent_priv.h"

enum { SINK_AGAIN_MS = 15000 };

/* One look-up at a time, of the sink that is next. */
static struct {
	uv_getaddrinfo_t request;
	size_t sink;
	bool asking;
} look;

static void
on_found(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
	struct kid *k = kid_of(ROLE_SHIPPER, 0);
	struct sink s = parent.config->sink[look.sink];

	(void)request;
	look.asking = false;
	if (status == 0)
		sink_found(&s, list);
	uv_freeaddrinfo(list);
	if (status == 0 && s.n_addresses > 0 && k != NULL && k->alive && k->ready &&
	    k->channel.fd >= 0)
		(void)msg_sink_put(&k->channel, &s);
}

/* on_time() - the next one that is away and has a name. */
static void
on_time(uv_timer_t *t)
{
	static const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	const struct config *c = parent.config;

	(void)t;
	for (size_t i = 0; !look.asking && parent.state != PARENT_LEAVING && i < c->n_sinks; i++) {
		size_t at = (look.sink + 1 + i) % c->n_sinks;

		if (c->sink[at].host[0] == '\0' || parent.sink[at].up)
			continue;
		look.sink = at;
		look.asking = uv_getaddrinfo(&parent.loop, &look.request, on_found,
				  c->sink[at].host, NULL, &hints) == 0;
		return;
	}
}

void
sinks_watch(void)
{
	uv_timer_start(&parent.sink_timer, on_time, SINK_AGAIN_MS, SINK_AGAIN_MS);
}
