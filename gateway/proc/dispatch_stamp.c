/*
 * dispatch_stamp - between a command and the upstream: the signer's stamp on it, so that a gate which
 * delivers it to a host can tell it from what somebody wrote past every gate.
 *
 * The stamp speaks for what the host will see: subject, our reply inbox, the header block as it was
 * written anew (the stamp apart), the body. It is made while the record is made durable, and the
 * command goes when both are there. Auditor and signer answer in the order they were asked, so
 * commands keep theirs.
 */
#include "gateway/nats/header.h"
#include "gateway/proc/dispatcher_priv.h"

/* ask() - where there is no signer, the next one is asked. */
static void
ask(struct job *j)
{
	struct msg_stamp m = { .job = j->node.conn };
	char room[64];

	m.what.subject = j->subject;
	m.what.reply = link_reply(j->link, j, room);
	stamp_digest(j->header, j->payload, m.what.digest);
	if (msg_stamp_put(&dispatcher.signer, &m) != 0 && dispatcher.signer.fd >= 0)
		j->stamp_state = STAMP_REFUSED;
}

void
job_stamp(struct job *j)
{
	j->link = link_for(j->account);
	j->deadline_ms = uv_now(&dispatcher.child.loop) + DISPATCHER_STAMP_MS;
	if (j->link == NULL)
		j->stamp_state = STAMP_REFUSED;
	else
		ask(j);
}

/* go_on() - it may go, and what the signer says is known. */
static void
go_on(struct job *j)
{
	if (j->stamp_state == STAMP_MADE)
		link_take(j->link, j);
	else
		job_done(j, false, "not_stamped");
}

void
job_go(struct job *j)
{
	j->state = JOB_STAMPING;
	if (j->stamp_state != STAMP_ASKED)
		go_on(j);
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
	if (j == NULL)
		return 0; /* its record could not be written: it is over */
	if (j->stamp_state != STAMP_ASKED || m.text.len > sizeof(j->stamp))
		return -EBADMSG;
	j->stamp_state = m.text.len != 0 ? STAMP_MADE : STAMP_REFUSED;
	memcpy(j->stamp, m.text.ptr, m.text.len);
	j->stamp_len = (uint16_t)m.text.len;
	if (j->state == JOB_STAMPING)
		go_on(j);
	return 0;
}

/* waits() - for a signer? */
static bool
waits(const struct job *j)
{
	return j->stamp_state == STAMP_ASKED && j->link != NULL &&
	    (j->state == JOB_RECORDING || j->state == JOB_STAMPING);
}

void
jobs_stamp_again(void)
{
	jobs_each(waits, ask);
	channel_flush(&dispatcher.signer);
}

static bool
waits_too_long(const struct job *j)
{
	return waits(j) && uv_now(&dispatcher.child.loop) >= j->deadline_ms;
}

static void
refuse(struct job *j)
{
	j->stamp_state = STAMP_REFUSED;
	if (j->state == JOB_STAMPING)
		go_on(j);
}

void
jobs_unstamped(void)
{
	if (dispatcher.signer.fd < 0)
		jobs_each(waits_too_long, refuse);
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
