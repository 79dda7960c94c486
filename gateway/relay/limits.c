/*
 * limits - see limits.h.
 */
#include "gateway/relay/limits.h"

static const char *const names[LIMIT_COUNT] = {
	[LIMIT_CONNECTIONS] = "connections",
	[LIMIT_LISTENER] = "listener_connections",
	[LIMIT_DESCRIPTORS] = "descriptors",
	[LIMIT_OVERLOAD] = "overload",
	[LIMIT_PREAUTH] = "preauth",
	[LIMIT_SOURCE_PREAUTH] = "source_preauth",
	[LIMIT_SOURCE] = "source_connections",
	[LIMIT_PENALTY] = "penalty",
	[LIMIT_SHED] = "shed",
	[LIMIT_AUTH_TIMEOUT] = "auth_timeout",
	[LIMIT_ACCOUNT] = "account_connections",
	[LIMIT_USER] = "user_connections",
	[LIMIT_SUBSCRIPTIONS] = "subscriptions",
	[LIMIT_ACCOUNT_SUBSCRIPTIONS] = "account_subscriptions",
	[LIMIT_PUBLISH] = "publish",
	[LIMIT_USER_PUBLISH] = "user_publish",
	[LIMIT_CONTROL_LINE] = "control_line",
	[LIMIT_PAYLOAD] = "payload",
	[LIMIT_SLOW] = "slow",
	[LIMIT_MEMORY] = "memory",
	[LIMIT_COMMANDS] = "commands",
	[LIMIT_USER_COMMANDS] = "user_commands",
	[LIMIT_COMMAND_MEMORY] = "command_memory",
};

const char *
limit_name(enum limit l)
{
	return (unsigned)l < LIMIT_COUNT && names[l] != NULL ? names[l] : "unknown";
}
