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
	buf_put_sized(b, m->prefixes);
	return frame_end(c, -1);
}

int
msg_sign_get(struct cursor *in, struct msg_sign *m)
{
	m->conn = cursor_u64(in);
	m->account = cursor_sized(in, 64);
	m->nonce = cursor_sized(in, SIGNER_NONCE_MAX);
	m->prefixes = cursor_sized(in, PREFIX_LIST);
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

int
msg_stamp_put(struct channel *c, const struct msg_stamp *m)
{
	struct buf *b = frame_begin(c, MSG_STAMP);

	buf_put_u64(b, m->job);
	buf_put_sized(b, m->what.subject);
	buf_put_sized(b, m->what.reply);
	buf_put(b, bytes_of(m->what.digest, sizeof(m->what.digest)));
	return frame_end(c, -1);
}

int
msg_stamp_get(struct cursor *in, struct msg_stamp *m)
{
	struct bytes digest;

	m->job = cursor_u64(in);
	m->what.subject = cursor_sized(in, STAMP_SUBJECT_MAX);
	m->what.reply = cursor_sized(in, STAMP_SUBJECT_MAX);
	digest = cursor_take(in, sizeof(m->what.digest));
	if (!cursor_done(in))
		return err_raise(-EBADMSG);
	memcpy(m->what.digest, digest.ptr, sizeof(m->what.digest));
	return 0;
}

int
msg_stamped_put(struct channel *c, const struct msg_stamped *m)
{
	struct buf *b = frame_begin(c, MSG_STAMPED);

	buf_put_u64(b, m->job);
	buf_put_sized(b, m->text);
	return frame_end(c, -1);
}

int
msg_stamped_get(struct cursor *in, struct msg_stamped *m)
{
	m->job = cursor_u64(in);
	m->text = cursor_sized(in, STAMP_TEXT_MAX);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_gate_key_put(struct channel *c, const struct nkey *k)
{
	buf_put(frame_begin(c, MSG_GATE_KEY), bytes_of(k->pub, sizeof(k->pub)));
	return frame_end(c, -1);
}

int
msg_gate_key_get(struct cursor *in, struct nkey *k)
{
	struct bytes pub = cursor_take(in, sizeof(k->pub));

	if (!cursor_done(in))
		return err_raise(-EBADMSG);
	k->type = NKEY_CLUSTER;
	memcpy(k->pub, pub.ptr, sizeof(k->pub));
	return 0;
}
