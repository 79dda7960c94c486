/*
 * parent_rotate - the audit's key anew, by HUP or `portcullis audit rotate`: the file is opened and handed to the
 * auditor unread, which says what came of it.
 */
#include "gateway/proc/parent_priv.h"

enum { ROTATE_ANSWER = 2048 };

int
rotate_key(void)
{
	struct kid *k = kid_of(ROLE_AUDITOR, 0);

	if (k == NULL || !k->alive || !k->ready || k->channel.fd < 0)
		return err_raise(-ENOTCONN);
	return children_secret(k, "audit_key", parent.config->audit_key);
}

int
rotate_on_changed(struct channel *c, struct cursor *in, int fd)
{
	uint8_t room[ROTATE_ANSWER];
	struct buf b = { .ptr = room, .cap = sizeof(room), .max = sizeof(room) };
	struct msg_text t;

	(void)fd;
	if (((struct kid *)c)->role != ROLE_AUDITOR || msg_text_get(in, &t) != 0)
		return -EBADMSG;
	if (bytes_is(t.name, "refused")) {
		buf_put_str(&b, "{\"error\":");
		buf_put_json(&b, bytes_upto(t.text, 256));
	} else {
		buf_put_str(&b, bytes_is(t.name, "changed") ? "{\"ok\":true,\"changed\":true,\"key\":"
							   : "{\"ok\":true,\"changed\":false,\"key\":");
		buf_put_json(&b, bytes_upto(t.text, 256));
	}
	buf_put_u8(&b, '}');
	control_rotated(buf_failed(&b) ? BYTES_LIT("{\"error\":\"the answer is too long\"}") : buf_bytes(&b));
	return 0;
}
