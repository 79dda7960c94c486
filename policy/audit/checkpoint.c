/*
 * checkpoint - see checkpoint.h. Both texts are a few lines; they are written and read side by side
 * here, and read only in the spelling in which they are written.
 */
#include "policy/audit/checkpoint.h"

#define ROTATION "portcullis audit key rotation v1"
#define SIZE_MAX_RECORDS (UINT64_C(1) << 53)

/* next_line() - take a line from the front; false when there is none, or an empty one. */
static bool
next_line(struct bytes *s, struct bytes *line)
{
	size_t n = bytes_find(*s, '\n');

	if (n == s->len || n == 0)
		return false;
	*line = bytes_upto(*s, n);
	*s = bytes_from(*s, n + 1);
	return true;
}

static bool
line_ok(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < 0x20)
			return false;
	return s.len != 0;
}

/* number() - decimal, up to 2^53, without leading zeros. */
static bool
number(struct bytes s, uint64_t *v)
{
	*v = 0;
	if (s.len == 0 || s.len > 16 || (s.ptr[0] == '0' && s.len > 1))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		*v = *v * 10 + (uint64_t)(s.ptr[i] - '0');
	}
	return *v <= SIZE_MAX_RECORDS;
}

int
checkpoint_sign(
    struct buf *out, const struct checkpoint *c, const struct note_signer *signer, size_t n)
{
	struct buf text;
	int err;

	if (!line_ok(c->origin) || c->size > SIZE_MAX_RECORDS)
		return NOTE_BAD;
	buf_init(&text, NOTE_MAX);
	buf_put(&text, c->origin);
	buf_put_u8(&text, '\n');
	buf_put_dec(&text, c->size);
	buf_put_u8(&text, '\n');
	digest_put_base64(&text, &c->root);
	buf_put_u8(&text, '\n');
	buf_put(&text, c->more);
	err = buf_failed(&text) ? err_raise(-ENOMEM) : note_sign(out, buf_bytes(&text), signer, n);
	buf_deinit(&text);
	return err_pass(err);
}

int
checkpoint_parse(struct bytes text, struct checkpoint *c)
{
	struct bytes size, root, line;

	*c = (struct checkpoint){ 0 };
	if (!next_line(&text, &c->origin) || !line_ok(c->origin) || !next_line(&text, &size) ||
	    !number(size, &c->size) || !next_line(&text, &root) ||
	    !digest_from_base64(root, &c->root))
		return NOTE_BAD;
	c->more = text;
	while (text.len != 0)
		if (!next_line(&text, &line) || !line_ok(line))
			return NOTE_BAD;
	return 0;
}

int
checkpoint_open(struct bytes note, struct bytes origin, const struct note_key *key, size_t n,
    struct checkpoint *c, uint64_t *by)
{
	struct bytes text;
	int answer = note_open(note, key, n, &text, by);

	*c = (struct checkpoint){ 0 };
	if (answer == NOTE_BAD || answer == NOTE_FORGED)
		return answer;
	if (checkpoint_parse(text, c) != 0 || !bytes_eq(c->origin, origin))
		return NOTE_BAD;
	return answer;
}

int
rotation_sign(struct buf *out, struct hasher *h, struct bytes origin, uint64_t size,
    const struct note_signer *from, const struct note_signer *to)
{
	struct note_signer both[2] = { *from, *to };
	struct buf text;
	int err;

	(void)h;
	if (!line_ok(origin) || size > SIZE_MAX_RECORDS || note_key_eq(&from->key, &to->key))
		return NOTE_BAD;
	buf_init(&text, NOTE_MAX);
	buf_put_str(&text, ROTATION "\n");
	buf_put(&text, origin);
	buf_put_u8(&text, '\n');
	buf_put_dec(&text, size);
	buf_put_u8(&text, '\n');
	note_key_put(&text, &from->key);
	buf_put_u8(&text, '\n');
	note_key_put(&text, &to->key);
	buf_put_u8(&text, '\n');
	err = buf_failed(&text) ? err_raise(-ENOMEM) : note_sign(out, buf_bytes(&text), both, 2);
	buf_deinit(&text);
	return err_pass(err);
}

/* rotation_parse() - the text alone. */
static bool
rotation_parse(struct bytes text, struct hasher *h, struct bytes origin, struct rotation *r)
{
	struct bytes head, size, from, to;

	return next_line(&text, &head) && bytes_is(head, ROTATION) &&
	       next_line(&text, &r->origin) && bytes_eq(r->origin, origin) &&
	       next_line(&text, &size) && number(size, &r->size) && next_line(&text, &from) &&
	       next_line(&text, &to) && text.len == 0 && note_key_parse(&r->from, h, from) == 0 &&
	       note_key_parse(&r->to, h, to) == 0 && !note_key_eq(&r->from, &r->to);
}

int
rotation_open(struct bytes note, struct hasher *h, struct bytes origin, struct rotation *r)
{
	struct note_parts parts;
	struct note_key both[2];
	struct bytes text;
	uint64_t by;
	int answer;

	*r = (struct rotation){ 0 };
	if (note_split(note, &parts) != 0 || !rotation_parse(parts.text, h, origin, r))
		return NOTE_BAD;
	both[0] = r->from;
	both[1] = r->to;
	answer = note_open(note, both, 2, &text, &by);
	if (answer != 0)
		return answer;
	return by == 3 ? 0 : NOTE_STRANGER;
}
