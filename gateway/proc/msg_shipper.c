/*
 * msg_shipper - see msg_shipper.h.
 */
#include "gateway/proc/msg_shipper.h"

#include "gateway/proc/msg_parent.h"

int
msg_audit_at_put(struct channel *c, const struct msg_audit_at *m)
{
	struct buf *b = frame_begin(c, MSG_AUDIT_AT);

	buf_put_u64(b, m->first);
	buf_put_u64(b, m->offset);
	buf_put_u64(b, m->seq);
	return frame_end(c, -1);
}

int
msg_audit_at_get(struct cursor *in, struct msg_audit_at *m)
{
	m->first = cursor_u64(in);
	m->offset = cursor_u64(in);
	m->seq = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

/* get_str() - a sized string into an array of @room bytes; too long or with a NUL inside: the
 * cursor fails. */
static void
get_str(struct cursor *in, char *out, size_t room)
{
	struct bytes s = cursor_sized(in, room - 1);

	if (in->failed || bytes_find(s, 0) != s.len) {
		in->failed = true;
		return;
	}
	if (s.len > 0)
		memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
}

/* get_bool() - 0 or 1, nothing else. */
static bool
get_bool(struct cursor *in)
{
	uint8_t v = cursor_u8(in);

	in->failed = in->failed || v > 1;
	return v == 1;
}

int
msg_sink_put(struct channel *c, const struct sink *m)
{
	struct buf *b = frame_begin(c, MSG_SINK);

	buf_put_sized_str(b, m->name);
	buf_put_u8(b, (uint8_t)m->type);
	buf_put_u8(b, m->checkpoints);
	buf_put_sized_str(b, m->host);
	buf_put_u16(b, m->port);
	buf_put_u8(b, m->tls);
	buf_put_u8(b, m->creds);
	buf_put_u8(b, m->create);
	buf_put_sized_str(b, m->stream);
	buf_put_sized_str(b, m->subject);
	buf_put_sized_str(b, m->path);
	buf_put_u8(b, (uint8_t)m->format);
	buf_put_u32(b, m->filter.kinds);
	buf_put_u8(b, m->filter.decisions);
	buf_put_u8(b, m->filter.n_lattices);
	for (size_t i = 0; i < m->filter.n_lattices; i++)
		buf_put_sized_str(b, m->filter.lattice[i]);
	buf_put_u8(b, m->n_addresses);
	for (size_t i = 0; i < m->n_addresses; i++)
		buf_put_sized_str(b, m->address[i]);
	return frame_end(c, -1);
}

int
msg_sink_get(struct cursor *in, struct sink *m)
{
	uint8_t type, format;

	get_str(in, m->name, sizeof(m->name));
	type = cursor_u8(in);
	m->checkpoints = get_bool(in);
	get_str(in, m->host, sizeof(m->host));
	m->port = cursor_u16(in);
	m->tls = get_bool(in);
	m->creds = get_bool(in);
	m->create = get_bool(in);
	get_str(in, m->stream, sizeof(m->stream));
	get_str(in, m->subject, sizeof(m->subject));
	get_str(in, m->path, sizeof(m->path));
	format = cursor_u8(in);
	m->filter.kinds = cursor_u32(in);
	m->filter.decisions = cursor_u8(in);
	m->filter.n_lattices = cursor_u8(in);
	if (in->failed || m->filter.n_lattices > SINK_LATTICES || type == SINK_NONE ||
	    type >= SINK_TYPES || format > SINK_CEF || m->name[0] == '\0')
		return err_raise(-EBADMSG);
	m->type = (enum sink_type)type;
	m->format = (enum sink_format)format;
	for (size_t i = 0; i < m->filter.n_lattices; i++)
		get_str(in, m->filter.lattice[i], sizeof(m->filter.lattice[i]));
	m->n_addresses = cursor_u8(in);
	if (m->n_addresses > SINK_ADDRESSES)
		return err_raise(-EBADMSG);
	for (size_t i = 0; i < m->n_addresses; i++)
		get_str(in, m->address[i], sizeof(m->address[i]));
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_sink_state_put(struct channel *c, const struct msg_sink_state *m)
{
	struct buf *b = frame_begin(c, MSG_SINK_STATE);

	buf_put_u8(b, m->sink);
	buf_put_u8(b, m->up);
	buf_put_u64(b, m->after);
	buf_put_u64(b, m->waiting);
	buf_put_sized(b, m->why);
	return frame_end(c, -1);
}

int
msg_sink_state_get(struct cursor *in, struct msg_sink_state *m)
{
	m->sink = cursor_u8(in);
	m->up = get_bool(in);
	m->after = cursor_u64(in);
	m->waiting = cursor_u64(in);
	m->why = cursor_sized(in, SINK_WHY_MAX);
	return cursor_done(in) && m->sink < SINK_MAX ? 0 : err_raise(-EBADMSG);
}
