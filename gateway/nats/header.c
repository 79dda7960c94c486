/*
 * header - see header.h.
 *
 * A header block is a second language inside a message: whoever reads it differently from us acts
 * on a field we never saw. So a block has one reading or is refused, and what goes on is printed
 * from the fields read here. header_open() judges all of it, so header_next() cannot fail and need
 * not be trusted with a half-good block.
 */
#include "gateway/nats/header.h"

static const struct bytes version = { (const uint8_t *)"NATS/1.0", 8 };
static const struct bytes powerful = { (const uint8_t *)"nats-", 5 };

static uint8_t
fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct bytes
trim(struct bytes s)
{
	while (s.len != 0 && is_blank(s.ptr[0]))
		s = bytes_from(s, 1);
	while (s.len != 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* take_line() - the next line of @rest without its CRLF; false: none, a bare LF, a CR or NUL in it.
 */
static bool
take_line(struct bytes *rest, struct bytes *line)
{
	size_t lf = bytes_find(*rest, '\n');

	if (lf == rest->len || lf == 0 || rest->ptr[lf - 1] != '\r')
		return false;
	*line = bytes_upto(*rest, lf - 1);
	*rest = bytes_from(*rest, lf + 1);
	return bytes_find(*line, '\r') == line->len && bytes_find(*line, 0) == line->len;
}

/* split() - "name: value"; false when there is no such name. */
static bool
split(struct bytes line, struct bytes *name, struct bytes *value)
{
	size_t colon = bytes_find(line, ':');

	if (colon == line.len || colon == 0)
		return false;
	*name = bytes_upto(line, colon);
	*value = trim(bytes_from(line, colon + 1));
	for (size_t i = 0; i < colon; i++)
		if (line.ptr[i] < 0x21 || line.ptr[i] > 0x7e)
			return false;
	return true;
}

/* read_version() - NATS/1.0, or that with a status behind blanks. */
static bool
read_version(struct bytes line, struct bytes *status)
{
	struct bytes tail;

	if (!bytes_starts(line, version))
		return false;
	tail = bytes_from(line, version.len);
	if (tail.len != 0 && !is_blank(tail.ptr[0]))
		return false;
	*status = trim(tail);
	for (size_t i = 0; i < status->len; i++)
		if (!is_blank(status->ptr[i]) && (status->ptr[i] < 0x21 || status->ptr[i] > 0x7e))
			return false;
	return true;
}

/* read_fields() - is all of @rest fields and then the empty line, to the byte? */
static bool
read_fields(struct bytes rest)
{
	struct bytes line, name, value;

	for (size_t n = 0; n <= HEADER_MAX_FIELDS; n++) {
		if (!take_line(&rest, &line))
			return false;
		if (line.len == 0)
			return rest.len == 0;
		if (!split(line, &name, &value))
			return false;
	}
	return false;
}

int
header_open(struct header_reader *r, struct bytes block)
{
	struct bytes rest = block, status, line;

	*r = (struct header_reader){ .rest = BYTES_NULL };
	if (!take_line(&rest, &line) || !read_version(line, &status) || !read_fields(rest))
		return HEADER_BAD;
	*r = (struct header_reader){ .rest = rest, .status = status };
	return 0;
}

int
header_next(struct header_reader *r, struct bytes *name, struct bytes *value)
{
	struct bytes line;

	if (!take_line(&r->rest, &line) || line.len == 0 || !split(line, name, value)) {
		r->rest = BYTES_NULL;
		return HEADER_END;
	}
	return 0;
}

bool
header_is_powerful(struct bytes name)
{
	if (name.len < powerful.len)
		return false;
	for (size_t i = 0; i < powerful.len; i++)
		if (fold(name.ptr[i]) != powerful.ptr[i])
			return false;
	return true;
}

static bool
same_name(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (fold(a.ptr[i]) != fold(b.ptr[i]))
			return false;
	return true;
}

bool
header_is(struct bytes name, const char *other)
{
	return same_name(name, bytes_str(other));
}

bool
header_repeats_powerful(const struct header_reader *r)
{
	struct header_reader a = *r, b;
	struct bytes name, other, value;

	while (header_next(&a, &name, &value) == 0) {
		if (!header_is_powerful(name))
			continue;
		for (b = a; header_next(&b, &other, &value) == 0;)
			if (same_name(name, other))
				return true;
	}
	return false;
}

void
header_begin(struct buf *out, struct bytes status)
{
	buf_put(out, version);
	if (status.len != 0) {
		buf_put_u8(out, ' ');
		buf_put(out, status);
	}
	buf_put(out, BYTES_LIT("\r\n"));
}

void
header_field(struct buf *out, struct bytes name, struct bytes value)
{
	buf_put(out, name);
	buf_put(out, BYTES_LIT(": "));
	buf_put(out, value);
	buf_put(out, BYTES_LIT("\r\n"));
}

void
header_end(struct buf *out)
{
	buf_put(out, BYTES_LIT("\r\n"));
}
