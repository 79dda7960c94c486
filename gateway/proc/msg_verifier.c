/*
 * msg_verifier - see msg_verifier.h. An identity's permissions and the upstream's travel in the same
 * form, so the second ride along as the permissions of an identity with nothing else in it.
 */
#include "gateway/proc/msg_verifier.h"

#include <stdio.h>

int
msg_login_put(struct channel *c, const struct msg_login *m)
{
	struct buf *b = frame_begin(c, MSG_LOGIN);

	buf_put_u64(b, m->conn);
	buf_put_sized(b, m->nonce);
	buf_put_sized(b, m->jwt);
	buf_put_sized(b, m->sig);
	buf_put_sized(b, m->chain);
	buf_put_sized_str(b, m->source);
	buf_put_u8(b, m->listener);
	return frame_end(c, -1);
}

int
msg_login_get(struct cursor *in, struct msg_login *m)
{
	struct bytes source;

	m->conn = cursor_u64(in);
	m->nonce = cursor_sized(in, 64);
	m->jwt = cursor_sized(in, LOGIN_MAX);
	m->sig = cursor_sized(in, 1024);
	m->chain = cursor_sized(in, LOGIN_CHAIN_MAX);
	source = cursor_sized(in, sizeof(m->source) - 1);
	m->listener = cursor_u8(in);
	if (!cursor_done(in))
		return err_raise(-EBADMSG);
	snprintf(m->source, sizeof(m->source), "%.*s", (int)source.len, (const char *)source.ptr);
	return 0;
}

int
msg_conn_put(struct channel *c, uint16_t type, uint64_t conn)
{
	buf_put_u64(frame_begin(c, type), conn);
	return frame_end(c, -1);
}

int
msg_conn_get(struct cursor *in, uint64_t *conn)
{
	*conn = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_want_nonces_put(struct channel *c)
{
	frame_begin(c, MSG_WANT_NONCES);
	return frame_end(c, -1);
}

int
msg_nonces_put(struct channel *c, const char (*nonce)[NONCE_LEN], size_t n)
{
	buf_put_sized(frame_begin(c, MSG_NONCES), bytes_of(nonce, n * NONCE_LEN));
	return frame_end(c, -1);
}

int
msg_nonces_get(struct cursor *in, struct bytes *all)
{
	*all = cursor_sized(in, NONCE_BATCH * NONCE_LEN);
	return cursor_done(in) && all->len % NONCE_LEN == 0 ? 0 : err_raise(-EBADMSG);
}

int
msg_admit_put(struct channel *c, uint64_t conn, const struct identity *id)
{
	struct buf *b = frame_begin(c, MSG_ADMIT);

	buf_put_u64(b, conn);
	identity_put(b, id);
	return frame_end(c, -1);
}

int
msg_admit_get(struct cursor *in, uint64_t *conn, struct identity *id)
{
	int r;

	*conn = cursor_u64(in);
	r = identity_get(in, id);
	if (r != 0)
		return err_pass(r);
	if (cursor_done(in))
		return 0;
	identity_deinit(id);
	return err_raise(-EBADMSG);
}

int
msg_end_put(struct channel *c, uint16_t type, uint64_t conn, const char *error, const char *why)
{
	struct buf *b = frame_begin(c, type);

	buf_put_u64(b, conn);
	buf_put_sized_str(b, error);
	buf_put_sized_str(b, why);
	return frame_end(c, -1);
}

int
msg_end_get(struct cursor *in, struct msg_end *m)
{
	m->conn = cursor_u64(in);
	m->error = cursor_sized(in, 128);
	m->why = cursor_sized(in, 512);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_still_put(struct channel *c, const uint64_t *conn, size_t n)
{
	struct buf *b = frame_begin(c, MSG_STILL);

	buf_put_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		buf_put_u64(b, conn[i]);
	return frame_end(c, -1);
}

int
msg_still_get(struct cursor *in, uint64_t conn[STILL_MAX], size_t *n)
{
	*n = cursor_u32(in);
	if (in->failed || *n > STILL_MAX)
		return err_raise(-EBADMSG);
	for (size_t i = 0; i < *n; i++)
		conn[i] = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_word_put(struct channel *c, enum msg_verifier type)
{
	frame_begin(c, (uint16_t)type);
	return frame_end(c, -1);
}

int
msg_who_all_put(struct channel *c, uint64_t lost)
{
	buf_put_u64(frame_begin(c, MSG_WHO_ALL), lost);
	return frame_end(c, -1);
}

int
msg_who_all_get(struct cursor *in, uint64_t *lost)
{
	*lost = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_who_put(struct channel *c, uint32_t edge, uint64_t conn, uint8_t listener, const struct identity *id,
    const struct permissions *upstream)
{
	struct identity rights = { 0 };
	struct buf *b = frame_begin(c, MSG_WHO);

	buf_put_u32(b, edge);
	buf_put_u64(b, conn);
	buf_put_u8(b, listener);
	identity_put(b, id);
	buf_put_u8(b, upstream != NULL);
	if (upstream == NULL)
		return frame_end(c, -1);
	rights.perms = *upstream;
	memcpy(rights.user, id->user, sizeof(rights.user));
	memcpy(rights.account, id->account, sizeof(rights.account));
	memcpy(rights.issuer, id->issuer, sizeof(rights.issuer));
	memcpy(rights.inbox, id->inbox, sizeof(rights.inbox));
	identity_put(b, &rights);
	return frame_end(c, -1);
}

int
msg_who_get(struct cursor *in, struct msg_who *m)
{
	struct identity rights = { 0 };
	int r;

	*m = (struct msg_who){ .edge = cursor_u32(in) };
	m->conn = cursor_u64(in);
	m->listener = cursor_u8(in);
	r = identity_get(in, &m->identity);
	if (r == 0 && cursor_u8(in) != 0)
		r = identity_get(in, &rights);
	if (r == 0 && !cursor_done(in))
		r = -EBADMSG;
	m->upstream = rights.perms;
	rights.perms = (struct permissions){ 0 };
	identity_deinit(&rights);
	if (r != 0)
		msg_who_deinit(m);
	return err_pass(r);
}

void
msg_who_deinit(struct msg_who *m)
{
	struct identity rights = { .perms = m->upstream };

	identity_deinit(&rights);
	identity_deinit(&m->identity);
	m->upstream = (struct permissions){ 0 };
}

int
msg_who_left_put(struct channel *c, uint32_t edge, uint64_t conn)
{
	struct buf *b = frame_begin(c, MSG_WHO_LEFT);

	buf_put_u32(b, edge);
	buf_put_u64(b, conn);
	return frame_end(c, -1);
}

int
msg_who_left_get(struct cursor *in, uint32_t *edge, uint64_t *conn)
{
	*edge = cursor_u32(in);
	*conn = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_refused_put(struct channel *c, const struct msg_refused *m)
{
	struct buf *b = frame_begin(c, MSG_LOGIN_REFUSED);

	buf_put_u32(b, m->edge);
	buf_put_u64(b, m->conn);
	buf_put_sized(b, m->code);
	buf_put_sized(b, m->why);
	buf_put_sized(b, bytes_upto(m->user, 64));
	buf_put_sized(b, bytes_upto(m->account, 64));
	buf_put_sized_str(b, m->source);
	buf_put_u8(b, m->listener);
	return frame_end(c, -1);
}

int
msg_refused_get(struct cursor *in, struct msg_refused *m)
{
	struct bytes source;

	m->edge = cursor_u32(in);
	m->conn = cursor_u64(in);
	m->code = cursor_sized(in, 64);
	m->why = cursor_sized(in, 512);
	m->user = cursor_sized(in, 64);
	m->account = cursor_sized(in, 64);
	source = cursor_sized(in, sizeof(m->source) - 1);
	m->listener = cursor_u8(in);
	if (!cursor_done(in))
		return err_raise(-EBADMSG);
	snprintf(m->source, sizeof(m->source), "%.*s", (int)source.len, (const char *)source.ptr);
	return 0;
}

int
msg_fault_put(struct channel *c, const char *source, enum source_fault fault)
{
	struct buf *b = frame_begin(c, MSG_FAULT);

	buf_put_u8(b, (uint8_t)fault);
	buf_put_sized_str(b, source);
	return frame_end(c, -1);
}

int
msg_fault_get(struct cursor *in, char source[64], enum source_fault *fault)
{
	uint8_t n = cursor_u8(in);
	struct bytes s = cursor_sized(in, 63);

	if (!cursor_done(in) || n == SOURCE_FINE || n >= SOURCE_FAULTS)
		return err_raise(-EBADMSG);
	*fault = (enum source_fault)n;
	snprintf(source, 64, "%.*s", (int)s.len, (const char *)s.ptr);
	return 0;
}
