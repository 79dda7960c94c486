/*
 * msg_signer - see msg_signer.h.
 */
#include "gateway/proc/msg_signer.h"

int
msg_sign_put(struct channel *c, enum msg_signer type, const struct msg_sign *m)
{
	struct buf *b = frame_begin(c, (uint16_t)type);

	buf_put_u64(b, m->conn);
	buf_put_sized(b, m->account);
	buf_put_sized(b, m->nonce);
	return frame_end(c, -1);
}

int
msg_sign_get(struct cursor *in, struct msg_sign *m)
{
	m->conn = cursor_u64(in);
	m->account = cursor_sized(in, 64);
	m->nonce = cursor_sized(in, SIGNER_NONCE_MAX);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_signed_put(struct channel *c, enum msg_signer type, const struct msg_signed *m)
{
	struct buf *b = frame_begin(c, (uint16_t)type);

	buf_put_u64(b, m->conn);
	buf_put_sized(b, m->jwt);
	buf_put_sized(b, m->sig);
	buf_put_sized(b, m->why);
	return frame_end(c, -1);
}

int
msg_signed_get(struct cursor *in, struct msg_signed *m)
{
	m->conn = cursor_u64(in);
	m->jwt = cursor_sized(in, 64 * 1024);
	m->sig = cursor_sized(in, 64);
	m->why = cursor_sized(in, 256);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}
