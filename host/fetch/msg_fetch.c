/* msg_fetch - see msg_fetch.h. */
#include "host/fetch/msg_fetch.h"

void
fetch_request_put(struct buf *b, const struct fetch_request *m)
{
	buf_put_u8(b, m->tls);
	buf_put_u16(b, m->port);
	buf_put_u64(b, m->max);
	buf_put_sized(b, m->host);
	buf_put_sized(b, m->path);
	buf_put_sized(b, m->accept);
	buf_put_sized(b, m->authorization);
	buf_put_sized(b, m->ca);
}

bool
fetch_request_get(struct bytes in, struct fetch_request *m)
{
	struct cursor c = { .in = in };

	m->tls = cursor_u8(&c) == 1;
	m->port = cursor_u16(&c);
	m->max = cursor_u64(&c);
	m->host = cursor_sized(&c, FETCH_HOST);
	m->path = cursor_sized(&c, FETCH_PATH);
	m->accept = cursor_sized(&c, FETCH_ACCEPT);
	m->authorization = cursor_sized(&c, FETCH_AUTHORIZATION);
	m->ca = cursor_sized(&c, FETCH_CA);
	return cursor_done(&c) && m->port != 0 && m->host.len > 0 && m->path.len > 0 && m->path.ptr[0] == '/';
}

void
fetch_result_put(struct buf *b, const struct fetch_result *m)
{
	buf_put_u32(b, m->status);
	buf_put_u64(b, m->size);
	buf_put_sized(b, m->why);
	buf_put_sized(b, m->location);
	buf_put_sized(b, m->challenge);
	buf_put_sized(b, m->type);
}

bool
fetch_result_get(struct bytes in, struct fetch_result *m)
{
	struct cursor c = { .in = in };

	m->status = cursor_u32(&c);
	m->size = cursor_u64(&c);
	m->why = cursor_sized(&c, FETCH_WHY);
	m->location = cursor_sized(&c, FETCH_HEADER);
	m->challenge = cursor_sized(&c, FETCH_HEADER);
	m->type = cursor_sized(&c, FETCH_HEADER);
	return cursor_done(&c) && m->status < 1000;
}
