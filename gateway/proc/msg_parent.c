/*
 * msg_parent - see msg_parent.h. Each _put next to its _get.
 */
#include "gateway/proc/msg_parent.h"

/* get_str() - a sized string into a fixed array; too long or with a NUL inside is refused. */
static int
get_str(struct cursor *in, char *out, size_t room)
{
	struct bytes s = cursor_sized(in, room - 1);

	if (in->failed || bytes_find(s, 0) != s.len)
		return err_raise(-EBADMSG);
	memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return 0;
}

void
msg_setup_put(struct channel *c, const struct setup *s)
{
	struct buf *b = frame_begin(c, MSG_SETUP);

	buf_put_u32(b, s->index);
	buf_put_u64(b, s->last_id);
	buf_put_u32(b, s->log_level);
	buf_put_u32(b, s->max_connections);
	buf_put_u8(b, s->connections_asked);
	buf_put_u32(b, s->max_subscriptions);
	buf_put_u32(b, s->max_control_line);
	buf_put_u32(b, s->max_connect);
	buf_put_u32(b, s->max_payload);
	buf_put_u32(b, s->max_command);
	buf_put_u32(b, s->max_pending);
	buf_put_u32(b, s->auth_timeout_ms);
	buf_put_u32(b, s->ping_interval_ms);
	buf_put_u32(b, s->ping_max);
	buf_put_u32(b, s->write_deadline_ms);
	buf_put_u32(b, s->drain_ms);
	buf_put_u32(b, s->lame_duck_grace_ms);
	buf_put_u32(b, s->lame_duck_duration_ms);
	buf_put_u8(b, s->require_exp);
	buf_put_u8(b, s->allow_open);
	buf_put_u8(b, s->mint);
	buf_put_sized_str(b, s->server_id);
	buf_put_sized_str(b, s->server_name);
	buf_put_u32(b, s->edges);
	buf_put_u8(b, s->n_gates);
	for (size_t i = 0; i < s->n_gates; i++)
		buf_put(b, bytes_of(s->gate[i], sizeof(s->gate[i])));
	buf_put_u8(b, s->n_listeners);
	for (size_t i = 0; i < s->n_listeners; i++)
		buf_put_sized_str(b, s->listener[i]);
	buf_put_u32(b, s->checkpoint_records);
	buf_put_u32(b, s->checkpoint_every_ms);
	buf_put_u64(b, s->segment_size);
	buf_put_u64(b, s->segment_age_ms);
	buf_put_u64(b, s->keep_size);
	buf_put_u64(b, s->keep_age_ms);
	ceilings_put(b, &s->ceilings);
	buf_put_u8(b, s->change_user);
	buf_put_u8(b, s->user_asked);
	buf_put_u32(b, s->uid);
	buf_put_u32(b, s->gid);
	buf_put_u32(b, s->walls_minimum);
	(void)frame_end(c, -1);
}

int
msg_setup_get(struct cursor *in, struct setup *s)
{
	s->index = cursor_u32(in);
	s->last_id = cursor_u64(in);
	s->log_level = cursor_u32(in);
	s->max_connections = cursor_u32(in);
	s->connections_asked = cursor_u8(in) != 0;
	s->max_subscriptions = cursor_u32(in);
	s->max_control_line = cursor_u32(in);
	s->max_connect = cursor_u32(in);
	s->max_payload = cursor_u32(in);
	s->max_command = cursor_u32(in);
	s->max_pending = cursor_u32(in);
	s->auth_timeout_ms = cursor_u32(in);
	s->ping_interval_ms = cursor_u32(in);
	s->ping_max = cursor_u32(in);
	s->write_deadline_ms = cursor_u32(in);
	s->drain_ms = cursor_u32(in);
	s->lame_duck_grace_ms = cursor_u32(in);
	s->lame_duck_duration_ms = cursor_u32(in);
	s->require_exp = cursor_u8(in) != 0;
	s->allow_open = cursor_u8(in) != 0;
	s->mint = cursor_u8(in) != 0;
	if (get_str(in, s->server_id, sizeof(s->server_id)) != 0 ||
	    get_str(in, s->server_name, sizeof(s->server_name)) != 0)
		return err_raise(-EBADMSG);
	s->edges = cursor_u32(in);
	s->n_gates = cursor_u8(in);
	if (s->n_gates > STAMP_GATES_MAX)
		return err_raise(-EBADMSG);
	for (size_t i = 0; i < s->n_gates; i++) {
		struct bytes key = cursor_take(in, sizeof(s->gate[i]));

		if (key.len == sizeof(s->gate[i]))
			memcpy(s->gate[i], key.ptr, key.len);
	}
	s->n_listeners = cursor_u8(in);
	if (s->n_listeners > SETUP_LISTENERS)
		return err_raise(-EBADMSG);
	for (size_t i = 0; i < s->n_listeners; i++) {
		if (get_str(in, s->listener[i], sizeof(s->listener[i])) != 0)
			return err_raise(-EBADMSG);
	}
	s->checkpoint_records = cursor_u32(in);
	s->checkpoint_every_ms = cursor_u32(in);
	s->segment_size = cursor_u64(in);
	s->segment_age_ms = cursor_u64(in);
	s->keep_size = cursor_u64(in);
	s->keep_age_ms = cursor_u64(in);
	if (!ceilings_get(in, &s->ceilings))
		return err_raise(-EBADMSG);
	s->change_user = cursor_u8(in) != 0;
	s->user_asked = cursor_u8(in) != 0;
	s->uid = cursor_u32(in);
	s->gid = cursor_u32(in);
	s->walls_minimum = cursor_u32(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

static int
put_peer(struct channel *c, enum msg_parent type, enum role role, unsigned index, int fd)
{
	struct buf *b = frame_begin(c, (uint16_t)type);

	buf_put_u8(b, (uint8_t)role);
	buf_put_u32(b, index);
	return frame_end(c, fd);
}

int
msg_peer_put(struct channel *c, enum role role, unsigned index, uint64_t since, int fd)
{
	struct buf *b = frame_begin(c, MSG_PEER);

	buf_put_u8(b, (uint8_t)role);
	buf_put_u32(b, index);
	buf_put_u64(b, since);
	return frame_end(c, fd);
}

int
msg_tls_peer_put(struct channel *c, enum role role, unsigned index, int fd)
{
	return put_peer(c, MSG_TLS_PEER, role, index, fd);
}

int
msg_bad_peer_put(struct channel *c, enum role role, unsigned index)
{
	return put_peer(c, MSG_BAD_PEER, role, index, -1);
}

static int
child_get(struct cursor *in, enum role *role, unsigned *index)
{
	uint8_t n = cursor_u8(in);

	*index = cursor_u32(in);
	*role = (enum role)n;
	return n < ROLE_COUNT ? 0 : err_raise(-EBADMSG);
}

int
msg_peer_get(struct cursor *in, enum role *role, unsigned *index, uint64_t *since)
{
	int r = child_get(in, role, index);

	*since = cursor_u64(in);
	return r == 0 && cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_child_get(struct cursor *in, enum role *role, unsigned *index)
{
	int r = child_get(in, role, index);

	return r == 0 && cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_file_put(struct channel *c, const char *name, int fd)
{
	buf_put_sized_str(frame_begin(c, MSG_FILE), name);
	return frame_end(c, fd);
}

int
msg_file_get(struct cursor *in, char name[32])
{
	int r = get_str(in, name, 32);

	return r == 0 && cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_listener_put(struct channel *c, const char *host, uint16_t port, int fd)
{
	struct buf *b = frame_begin(c, MSG_LISTENER);

	buf_put_sized_str(b, host);
	buf_put_u16(b, port);
	return frame_end(c, fd);
}

int
msg_listener_get(struct cursor *in, char host[256], uint16_t *port)
{
	int r = get_str(in, host, 256);

	*port = cursor_u16(in);
	return r == 0 && cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_text_put(struct channel *c, enum msg_parent type, const char *name, struct bytes text, int fd)
{
	struct buf *b = frame_begin(c, (uint16_t)type);

	buf_put_sized_str(b, name);
	buf_put_sized(b, text);
	return frame_end(c, fd);
}

int
msg_text_get(struct cursor *in, struct msg_text *t)
{
	t->name = cursor_sized(in, 4096);
	t->text = cursor_sized(in, FRAME_MAX);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_token_put(struct channel *c, enum msg_parent type, uint64_t token, int fd)
{
	buf_put_u64(frame_begin(c, (uint16_t)type), token);
	return frame_end(c, fd);
}

int
msg_token_get(struct cursor *in, uint64_t *token)
{
	*token = cursor_u64(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
msg_bare_put(struct channel *c, enum msg_parent type, int fd)
{
	frame_begin(c, (uint16_t)type);
	return frame_end(c, fd);
}
