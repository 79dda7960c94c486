/*
 * subscriptions - a value of a link, written by whoever may make one: subjects with wildcards
 * between commas, each with a queue group behind a bar if it is to have one. Spaces around one are
 * nothing. What the lattice and the server keep for themselves is no subject here (message.h).
 */
#include "host/providers/messaging/subscriptions.h"

#include <stdio.h>

#include "gateway/nats/parser.h"
#include "gateway/nats/writer.h"
#include "host/providers/messaging/message.h"
#include "host/providers/msg_provider.h"

static struct bytes
trimmed(struct bytes s)
{
	while (s.len > 0 && s.ptr[0] == ' ')
		s = bytes_from(s, 1);
	while (s.len > 0 && s.ptr[s.len - 1] == ' ')
		s = bytes_upto(s, s.len - 1);
	return s;
}

/* each() - @b NULL: only look. Return: false for what nobody can subscribe to. */
static bool
each(struct bytes list, struct buf *b)
{
	unsigned n = 0;

	while (list.len > 0) {
		struct bytes one = bytes_upto(list, bytes_find(list, ',')), subject, queue;
		char sid[16];

		list = bytes_from(list, one.len + 1);
		one = trimmed(one);
		subject = bytes_upto(one, bytes_find(one, '|'));
		queue = bytes_from(one, subject.len + 1);
		if (!message_subject_ok(subject, true) || ++n > SUBSCRIPTIONS_MAX ||
		    (subject.len < one.len && !provider_name_ok(queue, NATS_QUEUE_MAX)))
			return false;
		snprintf(sid, sizeof(sid), "%u", n + SUBSCRIPTIONS_SID - 1);
		if (b != NULL)
			nats_put_sub(b, subject, queue, bytes_str(sid));
	}
	return true;
}

bool
subscriptions_ok(struct bytes list)
{
	return each(list, NULL);
}

void
subscriptions_put(struct bytes list, struct buf *b)
{
	(void)each(list, b);
}
