/*
 * writer - see writer.h. The only place that prints control lines: what leaves the gateway was
 * printed here from fields that were checked, never copied from a line that came in. (row.c writes such a
 * line again, with another size that it knows to be printed like this.)
 *
 * A message is sized first and written into one reservation, so that a buffer at its ceiling holds
 * whole messages only. Short runs are moved by two overlapping words instead of a call.
 */
#include "gateway/nats/writer.h"

#include "gateway/nats/put_priv.h"
#include "policy/core/utf8.h"

enum {
	DEC_MAX = 20, /* digits of UINT64_MAX */
	QUOTE_MAX = 128,
};

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233"
			    "34353637383940414243444546474849505152535455565758596061626364656667"
			    "6869707172737475767778798081828384858687888990919293949596979899";

/* put_field() - a blank and @s. */
static inline uint8_t *
put_field(uint8_t *to, struct bytes s)
{
	*to = ' ';
	return put_run(to + 1, s);
}

/* A number in decimal, right-aligned in its room. */
struct dec {
	uint8_t text[DEC_MAX];
	uint8_t at;
};

static inline struct bytes
dec_bytes(const struct dec *d)
{
	return bytes_of(d->text + d->at, sizeof(d->text) - d->at);
}

static inline void
dec_of(struct dec *d, uint64_t v)
{
	size_t at = sizeof(d->text);

	while (v >= 100) {
		at -= 2;
		memcpy(d->text + at, pairs + v % 100 * 2, 2);
		v /= 100;
	}
	if (v >= 10) {
		at -= 2;
		memcpy(d->text + at, pairs + v * 2, 2);
	} else {
		d->text[--at] = (uint8_t)('0' + v);
	}
	d->at = (uint8_t)at;
}

static inline uint8_t *
put_crlf(uint8_t *to)
{
	to[0] = '\r';
	to[1] = '\n';
	return to + 2;
}

/*
 * put_message() - a verb of three letters (with H before it when there is a header block), fields,
 * sizes, CRLF, header, payload, CRLF. @sid is empty for PUB.
 */
static inline __attribute__((always_inline)) void
put_message(struct buf *b, const char *verb, struct bytes subject, struct bytes sid,
    struct bytes reply, struct bytes header, struct bytes payload)
{
	struct dec total, head = { .at = DEC_MAX };
	size_t body, line;
	uint8_t *at;

	if (!size_add(header.len, payload.len, &body) || body > SIZE_MAX / 2) {
		b->failed = true;
		return;
	}
	dec_of(&total, body);
	if (header.len != 0)
		dec_of(&head, header.len);
	/* verb, blank, subject, blank, total; H, head and its blank; two line ends */
	line = 3 + 1 + subject.len + 1 + (DEC_MAX - (size_t)total.at) + 4;
	line += header.len != 0 ? 2 + (DEC_MAX - (size_t)head.at) : 0;
	line += (sid.len != 0 ? 1 + sid.len : 0) + (reply.len != 0 ? 1 + reply.len : 0);
	at = put_room(b, line + body);
	if (at == NULL)
		return;
	if (header.len != 0)
		*at++ = 'H';
	memcpy(at, verb, 3);
	at = put_field(at + 3, subject);
	if (sid.len != 0)
		at = put_field(at, sid);
	if (reply.len != 0)
		at = put_field(at, reply);
	if (header.len != 0)
		at = put_field(at, dec_bytes(&head));
	at = put_crlf(put_field(at, dec_bytes(&total)));
	if (header.len != 0)
		at = put_run(at, header);
	put_crlf(put_run(at, payload));
	b->len += line + body;
}

void
nats_put_pub(struct buf *b, struct bytes subject, struct bytes reply, struct bytes header,
    struct bytes payload)
{
	put_message(b, "PUB", subject, BYTES_NULL, reply, header, payload);
}

void
nats_put_msg(struct buf *b, struct bytes subject, struct bytes sid, struct bytes reply,
    struct bytes header, struct bytes payload)
{
	put_message(b, "MSG", subject, sid, reply, header, payload);
}

/* put_line() - a verb, up to three fields (empty ones left out), CRLF. */
static void
put_line(struct buf *b, const char *verb, struct bytes x, struct bytes y, struct bytes z)
{
	const struct bytes fields[] = { x, y, z };
	struct bytes v = bytes_str(verb);
	size_t n = v.len + 2;
	uint8_t *at;

	for (size_t i = 0; i < 3; i++)
		n += fields[i].len != 0 ? 1 + fields[i].len : 0;
	at = buf_reserve(b, n);
	if (at == NULL)
		return;
	at = put_run(at, v);
	for (size_t i = 0; i < 3; i++)
		if (fields[i].len != 0)
			at = put_field(at, fields[i]);
	put_crlf(at);
	b->len += n;
}

void
nats_put_sub(struct buf *b, struct bytes subject, struct bytes queue, struct bytes sid)
{
	put_line(b, "SUB", subject, queue, sid);
}

void
nats_put_unsub(struct buf *b, struct bytes sid, bool has_max, uint64_t max)
{
	struct dec d = { .at = DEC_MAX };

	if (has_max)
		dec_of(&d, max);
	put_line(b, "UNSUB", sid, dec_bytes(&d), BYTES_NULL);
}

void
nats_put_ping(struct buf *b)
{
	buf_put(b, BYTES_LIT("PING\r\n"));
}

void
nats_put_pong(struct buf *b)
{
	buf_put(b, BYTES_LIT("PONG\r\n"));
}

void
nats_put_ok(struct buf *b)
{
	buf_put(b, BYTES_LIT("+OK\r\n"));
}

void
nats_put_err(struct buf *b, const char *text)
{
	struct bytes t = bytes_str(text);
	size_t n = t.len + sizeof("-ERR ''\r\n") - 1;
	uint8_t *at = buf_reserve(b, n);

	if (at == NULL)
		return;
	at = put_run(put_run(at, BYTES_LIT("-ERR '")), t);
	*at++ = '\'';
	put_crlf(at);
	b->len += n;
}

void
nats_put_connect(struct buf *b, struct bytes json)
{
	put_line(b, "CONNECT", json, BYTES_NULL, BYTES_NULL);
}

void
nats_put_info(struct buf *b, struct bytes json)
{
	put_line(b, "INFO", json, BYTES_NULL, BYTES_NULL);
}

/*
 * Code points Go's strconv.IsPrint() does not print: controls, blanks other than U+0020, formats,
 * surrogates, private use, non-characters. Unassigned points elsewhere are printed as they are:
 * a deviation, which would need Unicode's tables and cannot matter to a subject of ours, ASCII.
 */
static const uint32_t unprintable[][2] = {
	{ 0x7f, 0xa0 },
	{ 0xad, 0xad },
	{ 0x600, 0x605 },
	{ 0x61c, 0x61c },
	{ 0x1680, 0x1680 },
	{ 0x180e, 0x180e },
	{ 0x2000, 0x200f },
	{ 0x2028, 0x202f },
	{ 0x205f, 0x206f },
	{ 0x3000, 0x3000 },
	{ 0xd800, 0xf8ff },
	{ 0xfdd0, 0xfdef },
	{ 0xfeff, 0xfeff },
	{ 0xfff0, 0xfffb },
	{ 0xfffe, 0xffff },
	{ 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe00ff },
	{ 0xe01f0, 0x10ffff },
};

static bool
printable(uint32_t cp)
{
	if (cp < 0x20)
		return false;
	for (size_t i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++)
		if (cp >= unprintable[i][0] && cp <= unprintable[i][1])
			return false;
	return true;
}

/* put_hex() - a backslash, @mark, and @digits hexadecimal digits of @v. */
static void
put_hex(struct buf *b, uint8_t mark, uint32_t v, unsigned digits)
{
	buf_put_u8(b, '\\');
	buf_put_u8(b, mark);
	while (digits-- > 0)
		buf_put_u8(b, (uint8_t) "0123456789abcdef"[v >> 4 * digits & 15]);
}

/* put_rune() - a valid code point that stands in @s, as Go would print it between quotes. */
static void
put_rune(struct buf *b, uint32_t cp, struct bytes s)
{
	static const char names[] = "abtnvfr"; /* 7 to 13 */

	if (cp == '"' || cp == '\\')
		buf_put_u8(b, '\\');
	if (cp >= 7 && cp <= 13) {
		buf_put_u8(b, '\\');
		buf_put_u8(b, (uint8_t)names[cp - 7]);
	} else if (printable(cp)) {
		buf_put(b, s);
	} else if (cp < 0x80) {
		put_hex(b, 'x', cp, 2);
	} else if (cp < 0x10000) {
		put_hex(b, 'u', cp, 4);
	} else {
		put_hex(b, 'U', cp, 8);
	}
}

void
nats_quote(struct buf *b, struct bytes s)
{
	struct bytes rest = s;

	buf_put_u8(b, '"');
	while (rest.len != 0) {
		uint32_t cp = 0;
		size_t n = utf8_next(rest, &cp);
		size_t done = s.len - rest.len;

		if (done + (n != 0 ? n : 1) > QUOTE_MAX)
			break;
		if (n == 0)
			put_hex(b, 'x', rest.ptr[0], 2);
		else
			put_rune(b, cp, bytes_upto(rest, n));
		rest = bytes_from(rest, n != 0 ? n : 1);
	}
	buf_put_u8(b, '"');
}
