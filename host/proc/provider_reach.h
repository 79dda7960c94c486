/*
 * provider_reach - which addresses links may have bound or dialled: providers { listen  connect } of host.conf.
 * Pure.
 *
 *   HOST:PORT   HOST:FROM-TO   HOST:*      HOST is an address in numbers, or *
 */
#ifndef HOST_PROC_PROVIDER_REACH_H
#define HOST_PROC_PROVIDER_REACH_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum { PROVIDER_REACHES = 32, PROVIDER_REACH_HOST = 46 };

struct provider_reaches {
	bool given; /* else there is no list, and nothing may be had but what provider_reaches_here() says */
	size_t n;
	struct {
		char host[PROVIDER_REACH_HOST]; /* as link values have it; "*": any */
		uint16_t from, to;
	} at[PROVIDER_REACHES];
};

/* provider_reaches_add() - one entry. Return: NULL, or what is wrong with it. */
const char *provider_reaches_add(struct provider_reaches *r, struct bytes text) must_check;
/* provider_reaches() - is this on the list? */
bool provider_reaches(const struct provider_reaches *r, const char *host, uint16_t port);
/* provider_reaches_here() - does only this machine reach an address? Such may be bound without a list. */
bool provider_reaches_here(const char *host);

#endif
