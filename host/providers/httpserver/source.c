/*
 * source - see source.h. A list: there are never more of them than connections, and it is searched
 * when one comes.
 */
#include "host/providers/httpserver/source.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREFIX = 8, V4_AT = 12, V4 = 4 };

static const uint8_t mapped[V4_AT] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* net_of() - IPv4 as IPv6 has it, so that one address has one form. */
static bool
net_of(const struct sockaddr *a, socklen_t len, uint8_t net[SOURCE_NET])
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	memset(net, 0, SOURCE_NET);
	if (a == NULL || len < sizeof(four))
		return false;
	if (a->sa_family == AF_INET) {
		memcpy(&four, a, sizeof(four));
		memcpy(net, mapped, V4_AT);
		memcpy(net + V4_AT, &four.sin_addr, V4);
		return true;
	}
	if (a->sa_family != AF_INET6 || len < sizeof(six))
		return false;
	memcpy(&six, a, sizeof(six));
	memcpy(
	    net, &six.sin6_addr, memcmp(&six.sin6_addr, mapped, V4_AT) == 0 ? SOURCE_NET : PREFIX);
	return true;
}

struct source *
source_of(struct source *list, const struct sockaddr *a, socklen_t len)
{
	uint8_t net[SOURCE_NET];

	if (!net_of(a, len, net))
		return NULL;
	while (list != NULL && memcmp(list->net, net, SOURCE_NET) != 0)
		list = list->next;
	return list;
}

struct source *
source_add(struct source **list, const struct sockaddr *a, socklen_t len)
{
	struct source *s = source_of(*list, a, len);
	uint8_t net[SOURCE_NET];

	if (s == NULL) {
		s = net_of(a, len, net) ? calloc(1, sizeof(*s)) : NULL;
		if (s == NULL)
			return NULL;
		memcpy(s->net, net, SOURCE_NET);
		s->next = *list;
		*list = s;
	}
	s->n++;
	return s;
}

void
source_drop(struct source **list, struct source *s)
{
	if (s == NULL || --s->n > 0)
		return;
	while (*list != s)
		list = &(*list)->next;
	*list = s->next;
	free(s);
}

void
source_text(const struct sockaddr *a, socklen_t len, char out[SOURCE_TEXT])
{
	uint8_t net[SOURCE_NET];
	bool four;

	snprintf(out, SOURCE_TEXT, "an address of another kind");
	if (!net_of(a, len, net))
		return;
	four = memcmp(net, mapped, V4_AT) == 0;
	if (inet_ntop(four ? AF_INET : AF_INET6, four ? net + V4_AT : net, out, SOURCE_TEXT) !=
		NULL &&
	    !four)
		strncat(out, "/64", SOURCE_TEXT - strlen(out) - 1);
}
