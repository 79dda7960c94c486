/*
 * inbox - see inbox.h. Pure text; who owns a token is the verifier's to say.
 */
#include "gateway/relay/inbox.h"

struct bytes
inbox_up(struct bytes s, const char *token, char room[INBOX_NAME_MAX])
{
	struct bytes rest;

	if (inbox_is_virtual(s, token))
		return s;
	rest = bytes_from(s, 7);
	if (rest.len + 8 + INBOX_TOKEN > INBOX_NAME_MAX)
		return BYTES_NULL;
	memcpy(room, "_INBOX.", 7);
	memcpy(room + 7, token, INBOX_TOKEN);
	room[7 + INBOX_TOKEN] = '.';
	memcpy(room + 8 + INBOX_TOKEN, rest.ptr, rest.len);
	return bytes_of(room, 8 + INBOX_TOKEN + rest.len);
}

struct bytes
inbox_down(struct bytes s, const char *token, char room[INBOX_NAME_MAX])
{
	struct bytes rest;

	if (!inbox_is_virtual(s, token) || s.len > INBOX_NAME_MAX)
		return s;
	rest = bytes_from(s, 8 + INBOX_TOKEN);
	memcpy(room, "_INBOX.", 7);
	memcpy(room + 7, rest.ptr, rest.len);
	return bytes_of(room, 7 + rest.len);
}
