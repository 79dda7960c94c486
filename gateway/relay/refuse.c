/*
 * refuse - see refuse.h.
 */
#include "gateway/relay/refuse.h"

#include "gateway/nats/writer.h"

void
refuse_publish(struct buf *out, struct bytes subject)
{
	buf_put_str(out, "-ERR 'Permissions Violation for Publish to ");
	nats_quote(out, subject);
	buf_put_str(out, "'\r\n");
}

void
refuse_reply(struct buf *out, struct bytes reply)
{
	buf_put_str(out, "-ERR 'Permissions Violation for Publish with Reply of ");
	nats_quote(out, reply);
	buf_put_str(out, "'\r\n");
}

void
refuse_subscribe(struct buf *out, struct bytes subject, struct bytes queue)
{
	buf_put_str(out, "-ERR 'Permissions Violation for Subscription to ");
	nats_quote(out, subject);
	if (queue.len != 0) {
		buf_put_str(out, " using queue ");
		nats_quote(out, queue);
	}
	buf_put_str(out, "'\r\n");
}
