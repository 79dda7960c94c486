/*
 * row - see row.h. Two things are compared byte for byte, so nothing can be read in another way
 * than before: a line's beginning with the one the parser has read, and what is behind it with the
 * one form a size has. The outgoing line is the writer's own, taken from what it wrote for the
 * first message; only the size behind it is the message's, whose digits are known to be those the
 * writer would print.
 *
 * Whatever looks different (a tab, a size with a zero before it, a payload that is too large or not
 * all here) is left where it is: the parser knows what to answer.
 */
#include "gateway/nats/row.h"

#include "gateway/nats/line_priv.h"
#include "gateway/nats/put_priv.h"

enum {
	SIZE_DIGITS = 8,
	LEAST = SIZE_DIGITS +
		4, /* bytes behind a head that may be looked at before their number is known */
	HEAD_MAX = 1024, /* longer ones do not come in rows */
};

/* same() - are the first @n bytes equal? By words, of which the last two overlap. */
static inline bool
same(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint64_t x, y;
	size_t i = 0;

	if (unlikely(n < sizeof(x)))
		return memcmp(a, b, n) == 0;
	for (; i + sizeof(x) < n; i += sizeof(x)) {
		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		if (x != y)
			return false;
	}
	memcpy(&x, a + n - sizeof(x), sizeof(x));
	memcpy(&y, b + n - sizeof(y), sizeof(y));
	return x == y;
}

static inline bool
is_crlf(const uint8_t *s)
{
	return memcmp(s, "\r\n", 2) == 0;
}

/*
 * size_at() - the size at @s and the CRLF behind it, LEAST bytes at most.
 * Return: how many bytes they are; 0: not one that the writer would print.
 */
static inline size_t
size_at(const uint8_t *s, size_t *size)
{
	size_t n = 1, v = (unsigned)s[0] - '0';

	if (v > 9)
		return 0;
	for (; v != 0 && n < SIZE_DIGITS; n++) {
		unsigned d = (unsigned)s[n] - '0';

		if (d > 9)
			break;
		v = v * 10 + d;
	}
	*size = v;
	return is_crlf(s + n) ? n + 2 : 0;
}

/*
 * next() - is the message at the front of @in one of the row, and all here?
 * Return: the bytes from its size to its end; 0: no.
 */
static inline size_t
next(const struct row *w, struct bytes in, size_t *size)
{
	size_t head = w->head.len, line;
	const uint8_t *s = in.ptr + head;

	if (unlikely(in.len < head + LEAST) || !same(in.ptr, w->head.ptr, head))
		return 0;
	line = size_at(s, size);
	if (unlikely(line == 0 || head + line > w->max_line || *size > w->max_payload))
		return 0;
	if (in.len - head - line < *size + 2 || !is_crlf(s + line + *size))
		return 0;
	return line + *size + 2;
}

static size_t
digits(size_t v)
{
	size_t n = 1;

	while (v >= 10) {
		v /= 10;
		n++;
	}
	return n;
}

bool
row_begin(struct row *w, const struct nats_parser *p, struct bytes in, const struct nats_op *op,
    const struct buf *out, size_t at)
{
	struct bytes last = op->sid.len != 0 ? op->sid : op->subject;
	size_t tail = digits(op->payload.len) + op->payload.len + 4;

	w->head = bytes_of(in.ptr, (size_t)(last.ptr - in.ptr) + last.len + 1);
	w->max_line = p->max_line;
	w->max_payload = p->max_payload;
	if (buf_failed(out) || out->len < at + tail || w->head.len > HEAD_MAX)
		return false;
	w->put_at = at;
	w->put_head = out->len - at - tail;
	return true;
}

struct row_sum
row_take(const struct row *w, struct bytes *run, struct buf *out, size_t enough)
{
	struct row_sum sum = { 0, 0 };
	struct bytes in = *run;
	size_t size, tail;

	while (out->len < enough && (tail = next(w, in, &size)) != 0) {
		uint8_t *to = put_room(out, w->put_head + tail);

		if (to == NULL)
			break;
		to = put_run(to, bytes_of(out->ptr + w->put_at, w->put_head));
		put_run(to, bytes_of(in.ptr + w->head.len, tail));
		out->len += w->put_head + tail;
		in = bytes_of(in.ptr + w->head.len + tail, in.len - w->head.len - tail);
		sum.msgs++;
		sum.bytes += size;
	}
	*run = in;
	return sum;
}
