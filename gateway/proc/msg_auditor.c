/*
 * msg_auditor - see msg_auditor.h.
 */
#include "gateway/proc/msg_auditor.h"

enum { NOTE_BYTES = 8 * 1024, LIST_BYTES = 512, OUTCOME_BYTES = 2048 };

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
	buf_put_u8(b, m->listener);
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
	m->listener = cursor_u8(in);
	m->keep = cursor_u8(in) == 1;
	m->size = cursor_u64(in);
	digest = cursor_take(in, sizeof(m->digest));
	if (!cursor_done(in))
		return err_raise(-EBADMSG);
	memcpy(m->digest, digest.ptr, sizeof(m->digest));
	return 0;
}

#define RECORD_TEXTS(m)                                                                                     \
	{                                                                                                   \
		&(m)->subject, &(m)->reply, &(m)->verb, &(m)->dialect, &(m)->lattice, &(m)->host,           \
		    &(m)->object, &(m)->target, &(m)->image, &(m)->field, &(m)->why, &(m)->rule,            \
		    &(m)->reason, &(m)->policy, &(m)->application, &(m)->registry, &(m)->repository,        \
		    &(m)->tag, &(m)->image_digest, &(m)->link_source, &(m)->link_target, &(m)->link_name,   \
		    &(m)->link_contract                                                                     \
	}

/* a list's items are cut like every text, and how many there are */
static void
put_list(struct buf *b, const struct record_list *list)
{
	size_t n = list->n < RECORD_LIST_MAX ? list->n : RECORD_LIST_MAX;

	buf_put_u8(b, (uint8_t)n);
	for (size_t i = 0; i < n; i++)
		buf_put_sized(b, bytes_upto(list->item[i], LIST_BYTES));
}

static void
get_list(struct cursor *in, struct record_list *list)
{
	list->n = cursor_u8(in);
	if (list->n > RECORD_LIST_MAX)
		in->failed = true;
	for (size_t i = 0; i < list->n && !in->failed; i++)
		list->item[i] = cursor_sized(in, LIST_BYTES);
}

int
msg_record_put(struct channel *c, const struct msg_record *m)
{
	const struct bytes *texts[] = RECORD_TEXTS(m);
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
	buf_put_u64(b, m->sample);
	buf_put_u64(b, m->count);
	buf_put_u8(b, m->has_count);
	buf_put_u8(b, m->every_host);
	put_list(b, &m->config);
	put_list(b, &m->labels);
	/* all of it or nothing: what is cut could no longer be told from a secret */
	if (m->body.len <= MSG_RECORD_BODY && m->spans.len <= MSG_RECORD_SPANS) {
		buf_put_sized(b, m->body);
		buf_put_sized(b, m->spans);
	} else {
		buf_put_sized(b, BYTES_NULL);
		buf_put_sized(b, BYTES_NULL);
	}
	return frame_end(c, -1);
}

int
msg_record_get(struct cursor *in, struct msg_record *m)
{
	struct bytes *texts[] = RECORD_TEXTS(m);
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
	m->sample = cursor_u64(in);
	m->count = cursor_u64(in);
	m->has_count = cursor_u8(in) == 1;
	m->every_host = cursor_u8(in) == 1;
	get_list(in, &m->config);
	get_list(in, &m->labels);
	m->body = cursor_sized(in, MSG_RECORD_BODY);
	m->spans = cursor_sized(in, MSG_RECORD_SPANS);
	if (!cursor_done(in) || m->spans.len % 8 != 0)
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
	buf_put_u64(b, m->last_us);
	buf_put_u32(b, m->edge);
	buf_put_u64(b, m->conn);
	buf_put_u64(b, m->number);
	buf_put_sized(b, bytes_upto(m->verb, 64));
	buf_put_sized(b, bytes_upto(m->lattice, 256));
	buf_put_sized(b, bytes_upto(m->success, 8));
	buf_put_sized(b, bytes_upto(m->error, OUTCOME_BYTES));
	return frame_end(c, -1);
}

int
msg_outcome_get(struct cursor *in, struct msg_outcome *m)
{
	m->seq = cursor_u64(in);
	m->outcome = cursor_sized(in, 64);
	m->answers = cursor_u64(in);
	m->first_us = cursor_u64(in);
	m->last_us = cursor_u64(in);
	m->edge = cursor_u32(in);
	m->conn = cursor_u64(in);
	m->number = cursor_u64(in);
	m->verb = cursor_sized(in, 64);
	m->lattice = cursor_sized(in, 256);
	m->success = cursor_sized(in, 8);
	m->error = cursor_sized(in, OUTCOME_BYTES);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_spared_put(struct channel *c, uint64_t token)
{
	buf_put_u64(frame_begin(c, MSG_SPARED), token);
	return frame_end(c, -1);
}

int
msg_spared_get(struct cursor *in, uint64_t *token)
{
	*token = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_under_way_put(struct channel *c, const uint64_t *seq, size_t n)
{
	struct buf *b = frame_begin(c, MSG_UNDER_WAY);

	buf_put_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		buf_put_u64(b, seq[i]);
	return frame_end(c, -1);
}

int
msg_under_way_get(struct cursor *in, uint64_t seq[UNDER_WAY_MAX], size_t *n)
{
	*n = cursor_u32(in);
	if (in->failed || *n > UNDER_WAY_MAX)
		return err_raise(-EBADMSG);
	for (size_t i = 0; i < *n; i++)
		seq[i] = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_under_way_end_put(struct channel *c, uint64_t lost)
{
	buf_put_u64(frame_begin(c, MSG_UNDER_WAY_END), lost);
	return frame_end(c, -1);
}

int
msg_under_way_end_get(struct cursor *in, uint64_t *lost)
{
	*lost = cursor_u64(in);
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
