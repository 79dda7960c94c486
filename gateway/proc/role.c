/*
 * role - see role.h.
 */
#include "gateway/proc/role.h"

#include <string.h>

static const char *const names[ROLE_COUNT] = {
	[ROLE_PARENT] = "parent",
	[ROLE_EDGE] = "edge",
	[ROLE_VERIFIER] = "verifier",
	[ROLE_SIGNER] = "signer",
	[ROLE_DISPATCHER] = "dispatcher",
	[ROLE_AUDITOR] = "auditor",
	[ROLE_COMPILER] = "compiler",
	[ROLE_SHIPPER] = "shipper",
	[ROLE_METRICS] = "metrics",
};

const char *
role_name(enum role role)
{
	return role < ROLE_COUNT ? names[role] : "nobody";
}

enum role
role_of(const char *name)
{
	for (int i = 0; i < ROLE_COUNT; i++) {
		if (strcmp(names[i], name) == 0)
			return (enum role)i;
	}
	return ROLE_COUNT;
}
