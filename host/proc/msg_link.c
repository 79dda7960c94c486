/*
 * msg_link - see msg_link.h. Each message's two halves stand together; what a stranger chose is
 * carried as bytes with a ceiling, never as text that ends somewhere.
 */
#include "host/proc/msg_link.h"

#include <string.h>

static enum wire
get_wire(struct cursor *in)
{
	uint8_t v = cursor_u8(in);

	in->failed = in->failed || v >= WIRES;
	return v < WIRES ? (enum wire)v : WIRE_CONTROL;
}

static bool
get_bool(struct cursor *in)
{
	uint8_t v = cursor_u8(in);

	in->failed = in->failed || v > 1;
	return v == 1;
}

/* get_str() - of our own making: NUL inside or too long is a failure. */
static void
get_str(struct cursor *in, char *out, size_t room)
{
	struct bytes s = cursor_sized(in, room - 1);

	out[0] = '\0';
	if (in->failed || bytes_find(s, 0) != s.len) {
		in->failed = true;
		return;
	}
	if (s.len > 0)
		memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
}

static int
done(const struct cursor *in)
{
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}

int
link_wire_put(struct channel *c, const struct link_wire *m)
{
	struct buf *b = frame_begin(c, MSG_LINK_WIRE);

	buf_put_u8(b, (uint8_t)m->wire);
	buf_put_u8(b, m->tls);
	buf_put_u16(b, m->port);
	buf_put_u8(b, (uint8_t)m->n_addresses);
	for (size_t i = 0; i < m->n_addresses; i++)
		buf_put_sized_str(b, m->address[i]);
	buf_put_sized_str(b, m->host);
	buf_put_sized_str(b, m->name);
	buf_put_sized(b, m->jwt);
	buf_put_sized(b, m->ca);
	return frame_end(c, -1);
}

int
link_wire_get(struct cursor *in, struct link_wire *m)
{
	m->wire = get_wire(in);
	m->tls = get_bool(in);
	m->port = cursor_u16(in);
	m->n_addresses = cursor_u8(in);
	if (in->failed || m->n_addresses > LINK_ADDRESSES)
		return err_raise(-EBADMSG);
	for (size_t i = 0; i < m->n_addresses; i++)
		get_str(in, m->address[i], sizeof(m->address[i]));
	get_str(in, m->host, sizeof(m->host));
	get_str(in, m->name, sizeof(m->name));
	m->jwt = cursor_sized(in, LINK_JWT_MAX);
	m->ca = cursor_sized(in, LINK_CA_MAX);
	return done(in);
}

int
link_sub_put(struct channel *c, const struct link_sub *m)
{
	struct buf *b = frame_begin(c, MSG_LINK_SUB);

	buf_put_u8(b, (uint8_t)m->wire);
	buf_put_u32(b, m->id);
	buf_put_sized(b, m->subject);
	buf_put_sized(b, m->queue);
	return frame_end(c, -1);
}

int
link_sub_get(struct cursor *in, struct link_sub *m)
{
	m->wire = get_wire(in);
	m->id = cursor_u32(in);
	m->subject = cursor_sized(in, LINK_SUBJECT_MAX);
	m->queue = cursor_sized(in, LINK_SUBJECT_MAX);
	if (m->id == 0 || m->subject.len == 0)
		return err_raise(-EBADMSG);
	return done(in);
}

int
link_unsub_put(struct channel *c, uint32_t id)
{
	buf_put_u32(frame_begin(c, MSG_LINK_UNSUB), id);
	return frame_end(c, -1);
}

int
link_unsub_get(struct cursor *in, uint32_t *id)
{
	*id = cursor_u32(in);
	return done(in);
}

int
link_msg_put(struct channel *c, uint16_t type, const struct link_msg *m)
{
	struct buf *b;

	if ((m->subject.len == 0 && type != MSG_LINK_REQUEST) ||
	    m->subject.len > LINK_SUBJECT_MAX || m->reply.len > LINK_SUBJECT_MAX ||
	    m->body.len > LINK_BODY_MAX)
		return err_raise(-EMSGSIZE);
	b = frame_begin(c, type);
	buf_put_u8(b, (uint8_t)m->wire);
	buf_put_u32(b, m->id);
	buf_put_u32(b, m->timeout_ms);
	buf_put_sized(b, m->subject);
	buf_put_sized(b, m->reply);
	buf_put_sized(b, m->body);
	return frame_end(c, -1);
}

int
link_msg_get(struct cursor *in, struct link_msg *m)
{
	m->wire = get_wire(in);
	m->id = cursor_u32(in);
	m->timeout_ms = cursor_u32(in);
	m->subject = cursor_sized(in, LINK_SUBJECT_MAX);
	m->reply = cursor_sized(in, LINK_SUBJECT_MAX);
	m->body = cursor_sized(in, LINK_BODY_MAX);
	return done(in);
}

int
link_answer_put(struct channel *c, const struct link_answer *m)
{
	struct buf *b = frame_begin(c, MSG_LINK_ANSWER);

	buf_put_u32(b, m->id);
	buf_put_u8(b, (uint8_t)m->outcome);
	buf_put_sized(b, m->body);
	return frame_end(c, -1);
}

int
link_answer_get(struct cursor *in, struct link_answer *m)
{
	uint8_t outcome;

	m->id = cursor_u32(in);
	outcome = cursor_u8(in);
	m->body = cursor_sized(in, LINK_BODY_MAX);
	if (outcome >= LINK_OUTCOMES)
		return err_raise(-EBADMSG);
	m->outcome = (enum link_outcome)outcome;
	return done(in);
}

int
link_news_put(struct channel *c, uint16_t type, const struct link_news *m)
{
	struct buf *b = frame_begin(c, type);

	buf_put_u8(b, (uint8_t)m->wire);
	buf_put_u8(b, (uint8_t)m->state);
	buf_put_sized(b, bytes_upto(m->why, LINK_WHY_MAX));
	return frame_end(c, -1);
}

int
link_news_get(struct cursor *in, struct link_news *m)
{
	uint8_t state;

	m->wire = get_wire(in);
	state = cursor_u8(in);
	m->why = cursor_sized(in, LINK_WHY_MAX);
	if (state >= LINK_STATES)
		return err_raise(-EBADMSG);
	m->state = (enum link_state)state;
	return done(in);
}

int
link_sign_put(struct channel *c, uint16_t type, const struct link_sign *m)
{
	struct buf *b = frame_begin(c, type);

	buf_put_u8(b, (uint8_t)m->wire);
	buf_put_u32(b, m->id);
	buf_put_sized(b, m->text);
	return frame_end(c, -1);
}

int
link_sign_get(struct cursor *in, struct link_sign *m)
{
	m->wire = get_wire(in);
	m->id = cursor_u32(in);
	m->text = cursor_sized(in, LINK_NONCE_MAX);
	return done(in);
}

int
link_bare_put(struct channel *c, uint16_t type, int fd)
{
	(void)frame_begin(c, type);
	return frame_end(c, fd);
}

const char *
wire_name(enum wire w)
{
	return w == WIRE_CONTROL ? "control" : w == WIRE_RPC ? "rpc" : "none";
}

const char *
link_outcome_name(enum link_outcome o)
{
	static const char *const names[LINK_OUTCOMES] = { "ok", "timeout", "no_responders",
		"away" };

	return o < LINK_OUTCOMES ? names[o] : "unknown";
}
