/*
 * inbox - names of inboxes on both sides of the gate. A client writes _INBOX.x.1; upstream that is
 * _INBOX.TOKEN.x.1, where TOKEN belongs to its identity alone. A name that already carries the
 * own token (JetStream tells it to a client that asks for its consumer) is left as it is.
 *
 * A token is "~" and 21 base64url characters. No client library begins an inbox with "~", so a name
 * with somebody else's token is known as foreign: it may be answered when it was delivered, and
 * nothing else.
 */
#ifndef GATEWAY_RELAY_INBOX_H
#define GATEWAY_RELAY_INBOX_H

#include "policy/core/bytes.h"

enum { INBOX_TOKEN = 22, INBOX_NAME_MAX = 4200 };

/* inbox_is() - begins with "_INBOX." */
static inline bool
inbox_is(struct bytes s)
{
	return s.len > 7 && memcmp(s.ptr, "_INBOX.", 7) == 0;
}

/* inbox_is_virtual() - begins with "_INBOX.TOKEN." for this token. */
static inline bool
inbox_is_virtual(struct bytes s, const char *token)
{
	return s.len > 8 + INBOX_TOKEN && inbox_is(s) && memcmp(s.ptr + 7, token, INBOX_TOKEN) == 0 &&
	    s.ptr[7 + INBOX_TOKEN] == '.';
}

/* inbox_is_foreign() - an inbox that carries a token, and not this one. */
static inline bool
inbox_is_foreign(struct bytes s, const char *token)
{
	return inbox_is(s) && s.ptr[7] == '~' && !inbox_is_virtual(s, token);
}

/*
 * inbox_up() - the upstream name of an own inbox, written to @room.
 * Return: the name (in room, or @s itself when it already is virtual), empty when it does not fit.
 */
struct bytes inbox_up(struct bytes s, const char *token, char room[INBOX_NAME_MAX]);
/* inbox_down() - the client's name of an own virtual inbox, in @room; others come back as they are. */
struct bytes inbox_down(struct bytes s, const char *token, char room[INBOX_NAME_MAX]);

#endif
