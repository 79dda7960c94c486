/*
 * provider_need - what a link's values ask the host to open for it. Pure.
 */
#ifndef HOST_PROC_PROVIDER_NEED_H
#define HOST_PROC_PROVIDER_NEED_H

#include "host/providers/msg_provider.h"

enum provider_reach {
	PROVIDER_REACH_NOTHING = 0,
	PROVIDER_REACH_LISTEN,
	PROVIDER_REACH_DIAL,
};

enum { PROVIDER_HOST = 46 };

struct provider_need {
	enum provider_reach reach;
	char host[PROVIDER_HOST]; /* an address in numbers */
	bool v6;
	uint16_t port; /* LISTEN: 0 is any */
};

/*
 * What a kind of provider is: its program is portcullis-provider-NAME, its profile
 * policies/provider_NAME.seccomp.
 */
struct provider_kind {
	const char *name;
	const char *contract[3];
	bool folder; /* it keeps things */
	bool logins; /* its links may have one */
	/* Return: NULL and *out, or what is wrong with the values. */
	const char *(*need)(const struct provider_pairs *values, struct provider_need *out);
};

/* provider_kind_of() - by name; NULL. */
const struct provider_kind *provider_kind_of(const char *name);
/* provider_need_text() - "127.0.0.1:8080", "[::1]:8080". */
void provider_need_text(const struct provider_need *n, char *out, size_t room);

#endif
