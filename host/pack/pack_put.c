/*
 * pack_put - message-pack written: libmpack makes the headers, as short as the value allows.
 */
#include <mpack.h>

#include "host/pack/pack.h"

static void
put(struct buf *b, mpack_token_t tok)
{
	mpack_tokbuf_t state = MPACK_TOKBUF_INITIAL_VALUE;
	char head[MPACK_MAX_TOKEN_LEN];
	char *to = head;
	size_t left = sizeof(head);

	if (mpack_write(&state, &to, &left, &tok) != MPACK_OK) {
		b->failed = true;
		return;
	}
	buf_put(b, bytes_of(head, sizeof(head) - left));
}

void
pack_put_nil(struct buf *b)
{
	put(b, mpack_pack_nil());
}

void
pack_put_bool(struct buf *b, bool v)
{
	put(b, mpack_pack_boolean(v));
}

void
pack_put_uint(struct buf *b, uint64_t v)
{
	put(b, mpack_pack_uint(v));
}

/* put_negative() - written here: libmpack 1.0.5 puts -129 and -32769 into too few bytes. */
static void
put_negative(struct buf *b, int64_t v)
{
	unsigned bytes = v >= INT8_MIN ? 1 : v >= INT16_MIN ? 2 : v >= INT32_MIN ? 4 : 8;

	if (v < -32)
		buf_put_u8(b, (uint8_t)(bytes == 1   ? 0xd0
					: bytes == 2 ? 0xd1
					: bytes == 4 ? 0xd2
						     : 0xd3));
	while (bytes-- > 0)
		buf_put_u8(b, (uint8_t)((uint64_t)v >> (8 * bytes)));
}

void
pack_put_int(struct buf *b, int64_t v)
{
	if (v < 0)
		put_negative(b, v);
	else
		put(b, mpack_pack_uint((uint64_t)v));
}

/* put_sized() - a header and its bytes. */
static void
put_sized(struct buf *b, mpack_token_t (*head)(mpack_uint32_t), struct bytes s)
{
	if (s.len > UINT32_MAX) {
		b->failed = true;
		return;
	}
	put(b, head((mpack_uint32_t)s.len));
	buf_put(b, s);
}

void
pack_put_text(struct buf *b, struct bytes s)
{
	put_sized(b, mpack_pack_str, s);
}

void
pack_put_str(struct buf *b, const char *s)
{
	put_sized(b, mpack_pack_str, bytes_str(s));
}

void
pack_put_bin(struct buf *b, struct bytes s)
{
	put_sized(b, mpack_pack_bin, s);
}

void
pack_put_ints(struct buf *b, struct bytes s)
{
	if (s.len > UINT32_MAX) {
		b->failed = true;
		return;
	}
	pack_put_array(b, (uint32_t)s.len);
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] >= 0x80)
			buf_put_u8(b, 0xcc);
		buf_put_u8(b, s.ptr[i]);
	}
}

void
pack_put_array(struct buf *b, uint32_t n)
{
	put(b, mpack_pack_array(n));
}

void
pack_put_map(struct buf *b, uint32_t n)
{
	put(b, mpack_pack_map(n));
}
