/*
 * sink_resolve - the addresses of a sink's server, as text. Only the parent asks: a resolver reads
 * files and loads libraries, which the shipper could not once it is locked in.
 */
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

#include "gateway/proc/sink.h"

void
sink_found(struct sink *s, const struct addrinfo *list)
{
	s->n_addresses = 0;
	for (const struct addrinfo *i = list; i != NULL && s->n_addresses < SINK_ADDRESSES;
	     i = i->ai_next) {
		if (getnameinfo(i->ai_addr, i->ai_addrlen, s->address[s->n_addresses],
			SINK_ADDRESS_MAX, NULL, 0, NI_NUMERICHOST) == 0)
			s->n_addresses++;
	}
}

void
sink_resolve(struct sink *s)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM },
			*list = NULL;

	s->n_addresses = 0;
	if (s->host[0] == '\0' || getaddrinfo(s->host, NULL, &hints, &list) != 0)
		return;
	sink_found(s, list);
	freeaddrinfo(list);
}
