/*
 * position - see position.h. A new file takes the old one's name when it is on disk as a whole, so
 * a crash leaves one or the other.
 */
#include "gateway/proc/position.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/proc/file.h"
#include "gateway/proc/sink.h"

enum { POSITION_MAX = 256 };

static const struct bytes mark = BYTES_LIT("v1 ");

void
position_put(struct buf *b, const struct follow_at *at)
{
	buf_put(b, mark);
	buf_put_dec(b, at->first);
	buf_put_u8(b, ' ');
	buf_put_dec(b, at->offset);
	buf_put_u8(b, ' ');
	buf_put_dec(b, at->seq);
	buf_put_u8(b, ' ');
	digest_put_hex(b, &at->head);
	buf_put_u8(b, '\n');
}

/* number() - plain decimal and a blank, off the front. */
static bool
number(struct bytes *s, uint64_t *v)
{
	size_t n = bytes_find(*s, ' ');

	*v = 0;
	if (n == 0 || n == s->len || n > 16 || (n > 1 && s->ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->ptr[i] < '0' || s->ptr[i] > '9')
			return false;
		*v = *v * 10 + (uint64_t)(s->ptr[i] - '0');
	}
	*s = bytes_from(*s, n + 1);
	return true;
}

/* possible() - can one come to this place by reading? A damaged file must not have records left out. */
static bool
possible(const struct follow_at *at)
{
	static const struct digest none;
	bool known = !digest_eq(&at->head, &none);

	if (at->first == 0)
		return at->offset == 0 && at->seq == 0 && !known;
	if (at->offset == 0)
		return at->seq == at->first - 1;
	return at->seq >= at->first && known;
}

int
position_parse(struct bytes text, struct follow_at *at)
{
	struct bytes s = bytes_from(text, mark.len);

	if (!bytes_starts(text, mark) || !number(&s, &at->first) || !number(&s, &at->offset) ||
	    !number(&s, &at->seq) || s.len != DIGEST_HEX + 1 || s.ptr[DIGEST_HEX] != '\n' ||
	    !digest_from_hex(bytes_upto(s, DIGEST_HEX), &at->head) || !possible(at))
		return POSITION_BAD;
	return 0;
}

int
position_load(int dir, const char *name, struct follow_at *at)
{
	char path[SINK_NAME_MAX + 16];
	struct buf b;
	int r;

	snprintf(path, sizeof(path), "%s.position", name);
	buf_init(&b, POSITION_MAX);
	r = file_read(dir, path, &b);
	if (r == 0)
		r = position_parse(buf_bytes(&b), at);
	else if (r == -ENOENT)
		r = POSITION_NONE;
	else if (r == -EFBIG)
		r = POSITION_BAD;
	buf_deinit(&b);
	return err_pass(r);
}

int
position_save(int dir, const char *name, const struct follow_at *at)
{
	char path[SINK_NAME_MAX + 16];
	struct buf b;
	int r;

	snprintf(path, sizeof(path), "%s.position", name);
	buf_init(&b, POSITION_MAX);
	position_put(&b, at);
	r = file_replace(dir, path, buf_bytes(&b));
	buf_deinit(&b);
	return err_pass(r);
}
