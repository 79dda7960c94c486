/*
 * msg_tls - see msg_tls.h. Each _put next to its _get.
 */
#include "gateway/proc/msg_tls.h"

#include "gateway/proc/msg_parent.h"

static void
put_side(struct buf *b, const struct msg_tls_side *s)
{
	buf_put_u8(b, s->on);
	buf_put_u8(b, s->verify);
	buf_put_u8(b, s->identity);
	buf_put_u8(b, s->min_1_3);
	buf_put_u8(b, (uint8_t)s->first);
	buf_put_sized(b, s->chain);
	buf_put_sized(b, s->ca);
	buf_put_sized(b, s->ciphers);
	buf_put_sized(b, s->name);
}

static void
get_side(struct cursor *in, struct msg_tls_side *s)
{
	uint8_t first;

	s->on = cursor_u8(in) != 0;
	s->verify = cursor_u8(in) != 0;
	s->identity = cursor_u8(in) != 0;
	s->min_1_3 = cursor_u8(in) != 0;
	first = cursor_u8(in);
	in->failed = in->failed || first > CONFIG_FIRST_AUTO;
	s->first = first <= CONFIG_FIRST_AUTO ? (enum config_first)first : CONFIG_FIRST_NO;
	s->chain = cursor_sized(in, MSG_TLS_PEM);
	s->ca = cursor_sized(in, MSG_TLS_PEM);
	s->ciphers = cursor_sized(in, 511);
	s->name = cursor_sized(in, 255);
}

int
msg_tls_put(struct channel *c, const struct msg_tls *m)
{
	struct buf *b = frame_begin(c, MSG_TLS);

	put_side(b, &m->clients);
	put_side(b, &m->upstream);
	return frame_end(c, -1);
}

int
msg_tls_get(struct cursor *in, struct msg_tls *m)
{
	get_side(in, &m->clients);
	get_side(in, &m->upstream);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_tls_sign_put(struct channel *c, const struct msg_tls_sign *m)
{
	struct buf *b = frame_begin(c, MSG_TLS_SIGN);

	buf_put_u64(b, m->number);
	buf_put(b, bytes_of(m->what.key, sizeof(m->what.key)));
	buf_put_u8(b, (uint8_t)m->what.scheme);
	buf_put_sized(b, m->what.input);
	return frame_end(c, -1);
}

int
msg_tls_sign_get(struct cursor *in, struct msg_tls_sign *m)
{
	struct bytes key;
	uint8_t scheme;

	m->number = cursor_u64(in);
	key = cursor_take(in, sizeof(m->what.key));
	scheme = cursor_u8(in);
	m->what.input = cursor_sized(in, TLS_SIGN_INPUT_MAX);
	if (!cursor_done(in) || scheme == TLS_SCHEME_NONE || scheme >= TLS_SCHEMES)
		return err_raise(-EBADMSG);
	memcpy(m->what.key, key.ptr, sizeof(m->what.key));
	m->what.scheme = (enum tls_scheme)scheme;
	return 0;
}

int
msg_tls_signed_put(struct channel *c, const struct msg_tls_signed *m)
{
	struct buf *b = frame_begin(c, MSG_TLS_SIGNED);

	buf_put_u64(b, m->number);
	buf_put_sized(b, m->sig);
	return frame_end(c, -1);
}

int
msg_tls_signed_get(struct cursor *in, struct msg_tls_signed *m)
{
	m->number = cursor_u64(in);
	m->sig = cursor_sized(in, TLS_SIGNED_MAX);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}
