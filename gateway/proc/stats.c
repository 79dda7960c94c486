/*
 * stats - see stats.h.
 */
#include "gateway/proc/stats.h"

#include <stddef.h>

#include "gateway/proc/msg_parent.h"
#include "gateway/relay/relay.h"

static const char *const words[STATS_KINDS] = {
	[RELAY_NONE] = "none",
	[RELAY_PUB_DENIED] = "pub_denied",
	[RELAY_SUB_DENIED] = "sub_denied",
	[RELAY_REPLY_DENIED] = "reply_denied",
	[RELAY_HEADER_DENIED] = "header_denied",
	[RELAY_BODY_DENIED] = "body_denied",
	[RELAY_REPORT_DENIED] = "report_denied",
	[RELAY_COMMAND_DENIED] = "command_denied",
	[RELAY_DELIVERY_DROPPED] = "delivery_dropped",
	[RELAY_UNSTAMPED] = "unstamped",
	[RELAY_SUB_ENDED] = "sub_ended",
	[RELAY_WOULD_DENY] = "would_deny",
	[RELAY_PROTOCOL] = "protocol_error",
};

_Static_assert((int)RELAY_PROTOCOL < (int)STATS_KINDS, "each kind has its count");

const char *
stats_word(unsigned kind)
{
	return kind < STATS_KINDS ? words[kind] : NULL;
}
