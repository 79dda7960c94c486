/*
 * msg_dispatcher - see msg_dispatcher.h.
 */
#include "gateway/proc/msg_dispatcher.h"

enum { MSG_WHY_MAX = 1024, MSG_SUBJECT_MAX = 8 * 1024, MSG_BODY_MAX = 2 * 1024 * 1024 };

int
msg_command_put(struct channel *c, const struct msg_command *m)
{
	struct buf *b;

	/* what the other side would take for misbehaviour is not said */
	if (m->subject.len > MSG_SUBJECT_MAX || m->reply.len > MSG_SUBJECT_MAX ||
	    m->header.len > COMMAND_TEXT_MAX || m->payload.len > COMMAND_TEXT_MAX - m->header.len)
		return err_raise(-EMSGSIZE);
	b = frame_begin(c, MSG_COMMAND);
	buf_put_u64(b, m->conn);
	buf_put_u64(b, m->number);
	buf_put_sized(b, m->subject);
	buf_put_sized(b, m->reply);
	buf_put_sized(b, m->header);
	buf_put_sized(b, m->payload);
	return frame_end(c, -1);
}

int
msg_command_get(struct cursor *in, struct msg_command *m)
{
	m->conn = cursor_u64(in);
	m->number = cursor_u64(in);
	m->subject = cursor_sized(in, MSG_SUBJECT_MAX);
	m->reply = cursor_sized(in, MSG_SUBJECT_MAX);
	m->header = cursor_sized(in, COMMAND_TEXT_MAX);
	m->payload = cursor_sized(in, COMMAND_TEXT_MAX);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_enough_put(struct channel *c, uint64_t conn, uint64_t number)
{
	struct buf *b = frame_begin(c, MSG_ENOUGH);

	buf_put_u64(b, conn);
	buf_put_u64(b, number);
	return frame_end(c, -1);
}

int
msg_enough_get(struct cursor *in, uint64_t *conn, uint64_t *number)
{
	*conn = cursor_u64(in);
	*number = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_done_put(struct channel *c, const struct msg_done *m)
{
	struct buf *b = frame_begin(c, MSG_COMMAND_DONE);

	buf_put_u64(b, m->conn);
	buf_put_u64(b, m->number);
	buf_put_u8(b, m->forwarded);
	buf_put_sized(b, m->subject);
	buf_put_sized(b, m->reply);
	buf_put_sized(b, bytes_upto(m->why, MSG_WHY_MAX));
	return frame_end(c, -1);
}

int
msg_done_get(struct cursor *in, struct msg_done *m)
{
	m->conn = cursor_u64(in);
	m->number = cursor_u64(in);
	m->forwarded = cursor_u8(in) == 1;
	m->subject = cursor_sized(in, MSG_SUBJECT_MAX);
	m->reply = cursor_sized(in, MSG_SUBJECT_MAX);
	m->why = cursor_sized(in, MSG_WHY_MAX);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_answer_put(struct channel *c, const struct msg_answer *m)
{
	struct buf *b = frame_begin(c, MSG_ANSWER);

	buf_put_u64(b, m->conn);
	buf_put_u64(b, m->number);
	buf_put_sized(b, m->reply);
	buf_put_sized(b, m->onward);
	buf_put_sized(b, m->header);
	buf_put_sized(b, m->payload);
	return frame_end(c, -1);
}

int
msg_answer_get(struct cursor *in, struct msg_answer *m)
{
	m->conn = cursor_u64(in);
	m->number = cursor_u64(in);
	m->reply = cursor_sized(in, MSG_SUBJECT_MAX);
	m->onward = cursor_sized(in, MSG_SUBJECT_MAX);
	m->header = cursor_sized(in, MSG_BODY_MAX);
	m->payload = cursor_sized(in, MSG_BODY_MAX);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}
