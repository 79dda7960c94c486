/*
 * dispatch_stamp - between `durable` and the upstream: the signer's stamp on a command, so that a gate
 * which delivers it to a host can tell it from what somebody wrote past every gate.
 *
 * The stamp speaks for what the host will see: subject, our reply inbox, the header block as it was
 * written anew (the stamp apart), the body. One channel to the signer, so commands keep their order.
 */
#include "gateway/nats/header.h"
#include "gateway/proc/dispatcher_priv.h"

void
job_stamp(struct job *j)
{
	struct msg_stamp m = { .job = j->node.conn };
	char room[64];

	m.what.subject = j->subject;
	m.what.reply = link_reply(j->link, j, room);
	stamp_digest(j->header, j->payload, m.what.digest);
	j->state = JOB_STAMPING;
	if (dispatcher.signer.fd < 0 || msg_stamp_put(&dispatcher.signer, &m) != 0)
		job_done(j, false, "not_stamped");
}

int
job_on_stamped(struct channel *c, struct cursor *in, int fd)
{
	struct msg_stamped m;
	struct job *j;

	(void)c;
	(void)fd;
	if (msg_stamped_get(in, &m) != 0)
		return -EBADMSG;
	j = (struct job *)conns_find(&dispatcher.jobs, 0, m.job);
	if (j == NULL || j->state != JOB_STAMPING)
		return -EBADMSG;
	if (m.text.len == 0) {
		job_done(j, false, "not_stamped");
		return 0;
	}
	memcpy(j->stamp, m.text.ptr, m.text.len);
	j->stamp_len = (uint8_t)m.text.len;
	link_take(j->link, j);
	return 0;
}

struct bytes
job_header(const struct job *j)
{
	struct buf *out = &dispatcher.scratch;
	struct header_reader h = { .status = BYTES_NULL };
	struct bytes name, value;
	bool some = j->header.len != 0 && header_open(&h, j->header) == 0;

	buf_reset(out);
	header_begin(out, h.status);
	while (some && header_next(&h, &name, &value) == 0)
		header_field(out, name, value);
	header_field(out, BYTES_LIT(STAMP_HEADER), bytes_of(j->stamp, j->stamp_len));
	header_end(out);
	return buf_bytes(out);
}
