/*
 * auditor_shipper - tells the shipper how far the log is durable, and never waits for it: what it
 * has not read yet is superseded by what is said next. Nothing it says is listened to.
 */
#include "gateway/proc/auditor_priv.h"
#include "gateway/proc/msg_shipper.h"

enum { SHIPPER_PENDING = 4096 };

static struct {
	struct channel channel;
	struct msg_audit_at told;
	bool there;
} shipper;

static void
gone(struct channel *c, const char *why)
{
	(void)why;
	channel_close(c);
	shipper.there = false;
}

int
auditor_shipper_peer(int fd)
{
	static const struct channel_ops deaf = { .on_end = gone };
	int r;

	/* the end of the one before may not have been read yet */
	if (shipper.there)
		channel_end(&shipper.channel, "replaced");
	memset(&shipper.told, 0, sizeof(shipper.told));
	r = channel_open(&shipper.channel, &auditor.child.loop, fd, "shipper", 0, &deaf);
	shipper.there = r == 0;
	auditor_shipper_tell();
	return err_pass(r);
}

int
auditor_shipper_fd(void)
{
	return shipper.there ? shipper.channel.fd : -1;
}

void
auditor_shipper_tell(void)
{
	const struct ledger *l = &auditor.ledger;
	struct msg_audit_at at = { .seq = l->base.tree.size };

	if (!shipper.there || !auditor.open)
		return;
	/* without a file the next record begins one, and those before are whole */
	at.first = l->file >= 0 ? l->first : at.seq + 1;
	at.offset = l->file >= 0 ? l->bytes : 0;
	if (memcmp(&at, &shipper.told, sizeof(at)) == 0 ||
	    channel_pending(&shipper.channel) > SHIPPER_PENDING)
		return;
	if (msg_audit_at_put(&shipper.channel, &at) != 0)
		return;
	shipper.told = at;
	channel_flush(&shipper.channel);
}
