/*
 * msg_auditor - see msg_auditor.h.
 */
#include "gateway/proc/msg_auditor.h"

enum { NOTE_BYTES = 8 * 1024 };

int
msg_note_put(struct channel *c, const struct msg_note *m)
{
	const struct bytes *texts[] = { &m->event, &m->id, &m->subject, &m->reply, &m->queue, &m->detail, &m->rule,
		&m->reason, &m->verb, &m->policy, &m->decision, &m->source };
	struct buf *b = frame_begin(c, MSG_NOTE);

	buf_put_u64(b, m->conn);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		buf_put_sized(b, bytes_upto(*texts[i], NOTE_BYTES));
	buf_put_u64(b, m->in_msgs);
	buf_put_u64(b, m->out_msgs);
	buf_put_u64(b, m->in_bytes);
	buf_put_u64(b, m->out_bytes);
	buf_put_u64(b, m->denied);
	buf_put_u64(b, m->summed);
	buf_put_u8(b, m->keep);
	buf_put_u64(b, m->size);
	buf_put(b, bytes_of(m->digest, sizeof(m->digest)));
	return frame_end(c, -1);
}

int
msg_note_get(struct cursor *in, struct msg_note *m)
{
	struct bytes *texts[] = { &m->event, &m->id, &m->subject, &m->reply, &m->queue, &m->detail, &m->rule,
		&m->reason, &m->verb, &m->policy, &m->decision, &m->source };
	struct bytes digest;

	m->conn = cursor_u64(in);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i] = cursor_sized(in, NOTE_BYTES);
	m->in_msgs = cursor_u64(in);
	m->out_msgs = cursor_u64(in);
	m->in_bytes = cursor_u64(in);
	m->out_bytes = cursor_u64(in);
	m->denied = cursor_u64(in);
	m->summed = cursor_u64(in);
	m->keep = cursor_u8(in) == 1;
	m->size = cursor_u64(in);
	digest = cursor_take(in, sizeof(m->digest));
	if (!cursor_done(in))
		return err_raise(-EBADMSG);
	memcpy(m->digest, digest.ptr, sizeof(m->digest));
	return 0;
}

int
msg_record_put(struct channel *c, const struct msg_record *m)
{
	const struct bytes *texts[] = { &m->subject, &m->reply, &m->verb, &m->dialect, &m->lattice, &m->host,
		&m->object, &m->target, &m->image, &m->field, &m->why, &m->rule, &m->reason, &m->policy };
	struct buf *b = frame_begin(c, MSG_RECORD);

	buf_put_u64(b, m->token);
	buf_put_u32(b, m->edge);
	buf_put_u64(b, m->conn);
	buf_put_u64(b, m->number);
	buf_put_u8(b, m->allowed);
	buf_put_u8(b, m->would_deny);
	buf_put_u8(b, m->mutating);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		buf_put_sized(b, bytes_upto(*texts[i], NOTE_BYTES));
	buf_put(b, bytes_of(m->digest, sizeof(m->digest)));
	buf_put_u64(b, m->size);
	buf_put_u64(b, m->parts);
	buf_put_u64(b, m->count);
	buf_put_u8(b, m->has_count);
	return frame_end(c, -1);
}

int
msg_record_get(struct cursor *in, struct msg_record *m)
{
	struct bytes *texts[] = { &m->subject, &m->reply, &m->verb, &m->dialect, &m->lattice, &m->host,
		&m->object, &m->target, &m->image, &m->field, &m->why, &m->rule, &m->reason, &m->policy };
	struct bytes digest;

	m->token = cursor_u64(in);
	m->edge = cursor_u32(in);
	m->conn = cursor_u64(in);
	m->number = cursor_u64(in);
	m->allowed = cursor_u8(in) == 1;
	m->would_deny = cursor_u8(in) == 1;
	m->mutating = cursor_u8(in) == 1;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i] = cursor_sized(in, NOTE_BYTES);
	digest = cursor_take(in, sizeof(m->digest));
	m->size = cursor_u64(in);
	m->parts = cursor_u64(in);
	m->count = cursor_u64(in);
	m->has_count = cursor_u8(in) == 1;
	if (!cursor_done(in))
		return err_raise(-EBADMSG);
	memcpy(m->digest, digest.ptr, sizeof(m->digest));
	return 0;
}

int
msg_outcome_put(struct channel *c, const struct msg_outcome *m)
{
	struct buf *b = frame_begin(c, MSG_OUTCOME);

	buf_put_u64(b, m->seq);
	buf_put_sized(b, m->outcome);
	buf_put_u64(b, m->answers);
	buf_put_u64(b, m->first_us);
	return frame_end(c, -1);
}

int
msg_outcome_get(struct cursor *in, struct msg_outcome *m)
{
	m->seq = cursor_u64(in);
	m->outcome = cursor_sized(in, 64);
	m->answers = cursor_u64(in);
	m->first_us = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_durable_put(struct channel *c, enum msg_auditor type, uint64_t token, uint64_t seq)
{
	struct buf *b = frame_begin(c, (uint16_t)type);

	buf_put_u64(b, token);
	buf_put_u64(b, seq);
	return frame_end(c, -1);
}

int
msg_durable_get(struct cursor *in, uint64_t *token, uint64_t *seq)
{
	*token = cursor_u64(in);
	*seq = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}
