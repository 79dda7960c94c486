/*
 * msg_changed - see msg_changed.h.
 */
#include "gateway/proc/msg_changed.h"

#include "gateway/proc/msg_parent.h"

static struct bytes
shortened(const char *s)
{
	return bytes_upto(bytes_str(s), CHANGED_TEXT);
}

int
msg_changed_put(struct channel *c, const struct diff_result *d)
{
	struct buf *b = frame_begin(c, MSG_CHANGED);
	size_t n = d->n < CHANGED_LINES ? d->n : CHANGED_LINES;

	for (int i = 0; i < DIFF_KINDS; i++)
		buf_put_u32(b, (uint32_t)d->count[i]);
	buf_put_u32(b, (uint32_t)d->n_open);
	buf_put_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		buf_put_u8(b, (uint8_t)d->line[i].kind);
		buf_put_sized(b, shortened(d->line[i].who));
		buf_put_sized(b, shortened(d->line[i].what));
		buf_put_sized(b, shortened(d->line[i].example));
	}
	return frame_end(c, -1);
}

int
msg_changed_get(struct cursor *in, struct changed *out)
{
	*out = (struct changed){ 0 };
	for (int i = 0; i < DIFF_KINDS; i++)
		out->count[i] = cursor_u32(in);
	out->open = cursor_u32(in);
	out->n = cursor_u32(in);
	if (in->failed || out->n > CHANGED_LINES)
		return err_raise(-EBADMSG);
	for (size_t i = 0; i < out->n; i++) {
		uint8_t kind = cursor_u8(in);

		if (kind >= DIFF_KINDS)
			return err_raise(-EBADMSG);
		out->line[i].kind = (enum diff_kind)kind;
		out->line[i].who = cursor_sized(in, CHANGED_TEXT);
		out->line[i].what = cursor_sized(in, CHANGED_TEXT);
		out->line[i].example = cursor_sized(in, CHANGED_TEXT);
	}
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}
