/*
 * auditor_own - whether an edge speaks of its own connections. It reads the network and may have been taken
 * over: it may write down what it likes of its own clients, and nothing in anybody else's name.
 */
#include <stdio.h>

#include "gateway/proc/auditor_priv.h"

/* begins_with() - "@text@then..." */
static bool
begins_with(struct bytes s, const char *text, uint8_t then)
{
	size_t n = strlen(text);

	return s.len > n && bytes_starts(s, bytes_str(text)) && s.ptr[n] == then;
}

/* comes_from() - is @source this address, with a port? */
static bool
comes_from(struct bytes source, const char *address)
{
	struct bytes port, said = record_address(source, &port);

	for (size_t i = 0; i < port.len; i++)
		if (port.ptr[i] < '0' || port.ptr[i] > '9')
			return false;
	return bytes_is(said, address) && port.len > 0 && port.len <= 5;
}

bool
note_is_own(const struct msg_note *m, uint32_t edge, struct named *who)
{
	bool opens = bytes_is(m->event, "conn_open"), closes = bytes_is(m->event, "conn_close");
	char id[64];

	snprintf(id, sizeof(id), "%u.%llu", edge, (unsigned long long)m->conn);
	if (m->id.len != 0 && !begins_with(m->id, id, '.'))
		return false;
	if (m->listener >= SETUP_LISTENERS)
		return false;
	if (who == NULL)
		return true; /* nobody's name is on it */
	if (m->listener != who->entry.listener || !comes_from(m->source, who->source) ||
	    (opens && who->opened) || (closes && who->closed))
		return false;
	who->opened = who->opened || opens;
	who->closed = who->closed || closes;
	return true;
}
