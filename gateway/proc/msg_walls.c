/*
 * msg_walls - see msg_walls.h.
 */
#include "gateway/proc/msg_walls.h"

int
msg_walls_put(struct channel *c, const struct msg_walls *m)
{
	struct buf *b = frame_begin(c, MSG_WALLS);

	buf_put_u32(b, m->walls);
	buf_put_u32(b, m->landlock_abi);
	buf_put_u32(b, m->uid);
	return frame_end(c, -1);
}

int
msg_walls_get(struct cursor *in, struct msg_walls *m)
{
	m->walls = cursor_u32(in);
	m->landlock_abi = cursor_u32(in);
	m->uid = cursor_u32(in);
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}
