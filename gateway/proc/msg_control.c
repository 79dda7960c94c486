/*
 * msg_control - what status, connections and acts of the administrator travel in: the part of
 * msg_parent.h that answers the control socket. Each _put next to its _get.
 */
#include "gateway/proc/msg_parent.h"

enum { WHY_MAX = 512, CONN_TEXT_MAX = 1024, ACT_TEXT_MAX = 1024 };

int
msg_stats_put(struct channel *c, const struct msg_stats *m)
{
	struct buf *b = frame_begin(c, MSG_STATS);

	buf_put_u64(b, m->conns);
	buf_put_u64(b, m->opened);
	buf_put_u64(b, m->in_msgs);
	buf_put_u64(b, m->out_msgs);
	buf_put_u64(b, m->denied);
	buf_put_u64(b, m->unwritten);
	buf_put_u64(b, m->in_bytes);
	buf_put_u64(b, m->out_bytes);
	buf_put_u64(b, m->login_failed);
	buf_put_u64(b, m->would_deny);
	buf_put_u64(b, m->tls_done);
	buf_put_u64(b, m->tls_failed);
	buf_put_u64(b, m->tls_unsigned);
	for (size_t i = 0; i < STATS_KINDS; i++)
		buf_put_u64(b, m->kind[i]);
	buf_put_u64(b, m->commands);
	buf_put_u64(b, m->refused);
	buf_put_u64(b, m->forwarded);
	buf_put_u64(b, m->failed);
	buf_put_u64(b, m->waiting);
	buf_put_u64(b, m->early);
	buf_put_u64(b, m->closing);
	buf_put_u64(b, m->penalised);
	buf_put_u64(b, m->held);
	for (size_t i = 0; i < LIMIT_COUNT; i++)
		buf_put_u64(b, m->limit[i]);
	return frame_end(c, -1);
}

int
msg_stats_get(struct cursor *in, struct msg_stats *m)
{
	m->conns = cursor_u64(in);
	m->opened = cursor_u64(in);
	m->in_msgs = cursor_u64(in);
	m->out_msgs = cursor_u64(in);
	m->denied = cursor_u64(in);
	m->unwritten = cursor_u64(in);
	m->in_bytes = cursor_u64(in);
	m->out_bytes = cursor_u64(in);
	m->login_failed = cursor_u64(in);
	m->would_deny = cursor_u64(in);
	m->tls_done = cursor_u64(in);
	m->tls_failed = cursor_u64(in);
	m->tls_unsigned = cursor_u64(in);
	for (size_t i = 0; i < STATS_KINDS; i++)
		m->kind[i] = cursor_u64(in);
	m->commands = cursor_u64(in);
	m->refused = cursor_u64(in);
	m->forwarded = cursor_u64(in);
	m->failed = cursor_u64(in);
	m->waiting = cursor_u64(in);
	m->early = cursor_u64(in);
	m->closing = cursor_u64(in);
	m->penalised = cursor_u64(in);
	m->held = cursor_u64(in);
	for (size_t i = 0; i < LIMIT_COUNT; i++)
		m->limit[i] = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_audit_state_put(struct channel *c, const struct msg_audit_state *m)
{
	struct buf *b = frame_begin(c, MSG_AUDIT_STATE);

	buf_put_u64(b, m->seq);
	buf_put_u64(b, m->durable);
	buf_put_u8(b, m->failing);
	buf_put_u64(b, (uint64_t)m->since_s);
	buf_put_sized(b, bytes_upto(m->why, WHY_MAX));
	buf_put_u8(b, m->notes_failing);
	buf_put_u64(b, (uint64_t)m->notes_since_s);
	buf_put_sized(b, bytes_upto(m->notes_why, WHY_MAX));
	buf_put_u64(b, m->lost);
	buf_put_u64(b, m->checkpoint_ns);
	for (size_t i = 0; i < STATS_BUCKETS; i++)
		buf_put_u64(b, m->batch[i]);
	buf_put_u64(b, m->batch_ns);
	return frame_end(c, -1);
}

int
msg_audit_state_get(struct cursor *in, struct msg_audit_state *m)
{
	m->seq = cursor_u64(in);
	m->durable = cursor_u64(in);
	m->failing = cursor_u8(in) != 0;
	m->since_s = (int64_t)cursor_u64(in);
	m->why = cursor_sized(in, WHY_MAX);
	m->notes_failing = cursor_u8(in) != 0;
	m->notes_since_s = (int64_t)cursor_u64(in);
	m->notes_why = cursor_sized(in, WHY_MAX);
	m->lost = cursor_u64(in);
	m->checkpoint_ns = cursor_u64(in);
	for (size_t i = 0; i < STATS_BUCKETS; i++)
		m->batch[i] = cursor_u64(in);
	m->batch_ns = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_live_count_put(struct channel *c, enum msg_parent type, uint64_t token, uint64_t n)
{
	struct buf *b = frame_begin(c, (uint16_t)type);

	buf_put_u64(b, token);
	buf_put_u64(b, n);
	return frame_end(c, -1);
}

int
msg_live_count_get(struct cursor *in, uint64_t *token, uint64_t *n)
{
	*token = cursor_u64(in);
	*n = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_live_put(struct channel *c, const struct msg_live *m)
{
	struct buf *b = frame_begin(c, MSG_LIVE);

	buf_put_u64(b, m->token);
	buf_put_u64(b, m->client);
	buf_put_u64(b, (uint64_t)m->since_s);
	buf_put_u64(b, m->subs);
	buf_put_u64(b, m->in_msgs);
	buf_put_u64(b, m->out_msgs);
	buf_put_u64(b, m->in_bytes);
	buf_put_u64(b, m->out_bytes);
	buf_put_u64(b, m->denied);
	buf_put_sized(b, bytes_upto(m->source, CONN_TEXT_MAX));
	buf_put_sized(b, bytes_upto(m->account, CONN_TEXT_MAX));
	buf_put_sized(b, bytes_upto(m->user, CONN_TEXT_MAX));
	buf_put_sized(b, bytes_upto(m->name, CONN_TEXT_MAX));
	buf_put_sized(b, bytes_upto(m->tags, CONN_TEXT_MAX));
	return frame_end(c, -1);
}

int
msg_live_get(struct cursor *in, struct msg_live *m)
{
	m->token = cursor_u64(in);
	m->client = cursor_u64(in);
	m->since_s = (int64_t)cursor_u64(in);
	m->subs = cursor_u64(in);
	m->in_msgs = cursor_u64(in);
	m->out_msgs = cursor_u64(in);
	m->in_bytes = cursor_u64(in);
	m->out_bytes = cursor_u64(in);
	m->denied = cursor_u64(in);
	m->source = cursor_sized(in, CONN_TEXT_MAX);
	m->account = cursor_sized(in, CONN_TEXT_MAX);
	m->user = cursor_sized(in, CONN_TEXT_MAX);
	m->name = cursor_sized(in, CONN_TEXT_MAX);
	m->tags = cursor_sized(in, CONN_TEXT_MAX);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_act_put(struct channel *c, const struct msg_act *m)
{
	struct buf *b = frame_begin(c, MSG_ACT);

	buf_put_u8(b, (uint8_t)m->kind);
	buf_put_sized(b, bytes_upto(m->what, ACT_TEXT_MAX));
	buf_put_sized(b, bytes_upto(m->detail, ACT_TEXT_MAX));
	buf_put_sized(b, bytes_upto(m->by, ACT_TEXT_MAX));
	return frame_end(c, -1);
}

int
msg_act_get(struct cursor *in, struct msg_act *m)
{
	uint8_t kind = cursor_u8(in);

	m->kind = (enum act_kind)kind;
	m->what = cursor_sized(in, ACT_TEXT_MAX);
	m->detail = cursor_sized(in, ACT_TEXT_MAX);
	m->by = cursor_sized(in, ACT_TEXT_MAX);
	return cursor_done(in) && kind > ACT_NONE && kind <= ACT_RELOAD ? 0 : err_raise(-EBADMSG);
}
