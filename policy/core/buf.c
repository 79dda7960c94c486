/*
 * buf - see buf.h. Growth doubles up to the ceiling; nothing is ever written past `max`, and a
 * failed buffer refuses further puts so that a half-written value cannot be mistaken for whole.
 */
#include "policy/core/buf.h"

#include "policy/core/utf8.h"

enum { BUF_FIRST = 64 };

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_deinit(struct buf *b)
{
	if (b == NULL)
		return;
	free(b->ptr);
	*b = (struct buf){ .max = b->max };
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

uint8_t *
buf_reserve(struct buf *b, size_t n)
{
	size_t need, cap;
	uint8_t *p;

	if (b->failed)
		return NULL;
	if (!size_add(b->len, n, &need) || need > b->max) {
		b->failed = true;
		return NULL;
	}
	if (need <= b->cap && b->ptr != NULL) /* never arithmetic on NULL */
		return b->ptr + b->len;
	cap = b->cap != 0 ? b->cap : BUF_FIRST;
	while (cap < need)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	if (cap < need)
		cap = need;
	p = realloc(b->ptr, cap);
	if (p == NULL) {
		b->failed = true;
		return NULL;
	}
	b->ptr = p;
	b->cap = cap;
	return p + b->len;
}

void
buf_put(struct buf *b, struct bytes s)
{
	uint8_t *p = s.len != 0 ? buf_reserve(b, s.len) : NULL;

	if (p == NULL)
		return;
	memcpy(p, s.ptr, s.len);
	b->len += s.len;
}

void
buf_put_str(struct buf *b, const char *s)
{
	buf_put(b, bytes_str(s));
}

void
buf_put_u8(struct buf *b, uint8_t c)
{
	buf_put(b, bytes_of(&c, 1));
}

/* put_le() - the low @n bytes of @v, least significant first. */
static void
put_le(struct buf *b, uint64_t v, size_t n)
{
	uint8_t le[8];

	for (size_t i = 0; i < n; i++)
		le[i] = (uint8_t)(v >> (8 * i));
	buf_put(b, bytes_of(le, n));
}

void
buf_put_u16(struct buf *b, uint16_t v)
{
	put_le(b, v, 2);
}

void
buf_put_u32(struct buf *b, uint32_t v)
{
	put_le(b, v, 4);
}

void
buf_put_u64(struct buf *b, uint64_t v)
{
	put_le(b, v, 8);
}

void
buf_put_dec(struct buf *b, uint64_t v)
{
	uint8_t text[20];
	size_t at = sizeof(text);

	do {
		text[--at] = (uint8_t)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	buf_put(b, bytes_of(text + at, sizeof(text) - at));
}

void
buf_put_int(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_put_u8(b, '-');
	buf_put_dec(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

static const char hex_digits[] = "0123456789abcdef";

void
buf_put_hex(struct buf *b, struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		buf_put_u8(b, (uint8_t)hex_digits[s.ptr[i] >> 4]);
		buf_put_u8(b, (uint8_t)hex_digits[s.ptr[i] & 15]);
	}
}

/* put_u_escape() - one UTF-16 unit as \uXXXX. */
static void
put_u_escape(struct buf *b, uint32_t unit)
{
	uint8_t be[2] = { (uint8_t)(unit >> 8), (uint8_t)unit };

	buf_put_str(b, "\\u");
	buf_put_hex(b, bytes_of(be, 2));
}

/* plain() - how many bytes stand in a string as they are. */
static size_t
plain(struct bytes s)
{
	size_t n = 0;

	while (n < s.len && s.ptr[n] >= 0x20 && s.ptr[n] < 0x7f && s.ptr[n] != '"' && s.ptr[n] != '\\')
		n++;
	return n;
}

void
buf_put_json(struct buf *b, struct bytes s)
{
	buf_put_u8(b, '"');
	while (s.len != 0) {
		uint32_t cp = 0xfffd;
		size_t n = plain(s);

		if (n > 0) {
			buf_put(b, bytes_upto(s, n));
			s = bytes_from(s, n);
			continue;
		}
		n = utf8_next(s, &cp);
		if (n == 0) {
			n = 1;
			cp = 0xfffd;
		}
		if (cp == '"' || cp == '\\') {
			buf_put_u8(b, '\\');
			buf_put_u8(b, (uint8_t)cp);
		} else if (cp < 0x10000) {
			put_u_escape(b, cp);
		} else {
			put_u_escape(b, 0xd800 + ((cp - 0x10000) >> 10));
			put_u_escape(b, 0xdc00 + ((cp - 0x10000) & 0x3ff));
		}
		s = bytes_from(s, n);
	}
	buf_put_u8(b, '"');
}

char *
buf_take(struct buf *b, size_t *len)
{
	char *p;

	b->max = b->max == SIZE_MAX ? SIZE_MAX : b->max + 1;
	buf_put_u8(b, 0);
	if (b->failed)
		return NULL;
	p = (char *)b->ptr;
	if (len != NULL)
		*len = b->len - 1;
	*b = (struct buf){ .max = b->max - 1 };
	return p;
}

void
buf_put_sized(struct buf *b, struct bytes s)
{
	if (s.len > UINT32_MAX) {
		b->failed = true;
		return;
	}
	buf_put_u32(b, (uint32_t)s.len);
	buf_put(b, s);
}

void
buf_put_sized_str(struct buf *b, const char *s)
{
	buf_put_sized(b, bytes_str(s));
}

struct bytes
cursor_take(struct cursor *c, size_t n)
{
	struct bytes r = bytes_upto(c->in, n);

	if (c->failed || n > c->in.len) {
		c->failed = true;
		return BYTES_NULL;
	}
	c->in = bytes_from(c->in, n);
	return r;
}

/* get_le() - an unsigned integer of @n bytes, least significant first. */
static uint64_t
get_le(struct cursor *c, size_t n)
{
	struct bytes s = cursor_take(c, n);
	uint64_t v = 0;

	for (size_t i = s.len; i > 0; i--)
		v = v << 8 | s.ptr[i - 1];
	return v;
}

uint8_t
cursor_u8(struct cursor *c)
{
	return (uint8_t)get_le(c, 1);
}

uint16_t
cursor_u16(struct cursor *c)
{
	return (uint16_t)get_le(c, 2);
}

uint32_t
cursor_u32(struct cursor *c)
{
	return (uint32_t)get_le(c, 4);
}

uint64_t
cursor_u64(struct cursor *c)
{
	return get_le(c, 8);
}

struct bytes
cursor_sized(struct cursor *c, size_t max)
{
	uint32_t n = cursor_u32(c);

	if (n > max)
		c->failed = true;
	return cursor_take(c, n);
}
