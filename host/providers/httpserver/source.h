/*
 * source - from where connections come, and how many from each place: an IPv4 address, or the 64
 * bits of an IPv6 address that one customer commonly has all of.
 */
#ifndef HOST_PROVIDERS_HTTPSERVER_SOURCE_H
#define HOST_PROVIDERS_HTTPSERVER_SOURCE_H

#include <stdint.h>
#include <sys/socket.h>

enum { SOURCE_NET = 16, SOURCE_TEXT = 64 };

struct source {
	struct source *next;
	uint8_t net[SOURCE_NET];
	unsigned n; /* connections; not 0 */
};

/* source_of() - the one an address is of, if anybody is connected from there; NULL. @list: all
 * there are. */
struct source *source_of(struct source *list, const struct sockaddr *a, socklen_t len);
/* source_add() - one more from there. Return: it, NULL: no memory, or an address of another kind.
 */
struct source *source_add(struct source **list, const struct sockaddr *a, socklen_t len);
/* source_drop() - one less; it may be gone after. NULL is fine. */
void source_drop(struct source **list, struct source *s);
/* source_text() - "192.0.2.1", "2001:db8:0:1::/64". */
void source_text(const struct sockaddr *a, socklen_t len, char out[SOURCE_TEXT]);

#endif
