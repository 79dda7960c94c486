/*
 * proof - see proof.h. Written and read side by side. The only thing the record's own text is asked
 * is its number, so that a proof of record 7 cannot be shown as one of record 8.
 *
 * Source: C2SP, tlog-proof.md.
 */
#include "policy/audit/proof.h"

#include <sodium.h>

#include "policy/audit/base64_priv.h"

#define HEAD "c2sp.org/tlog-proof@v1"

int
proof_put(struct buf *out, const struct proof *p)
{
	autofree(mem_freep) char *extra = NULL;
	struct note_parts parts;
	struct record_head head;
	size_t room;

	if (p->record.len >= RECORD_LINE_MAX || record_head(p->record, &head) != 0 ||
	    head.seq != p->index + 1 || note_split(p->checkpoint, &parts) != 0 ||
	    p->path.n > MERKLE_PATH_MAX)
		return PROOF_BAD;
	room = sodium_base64_ENCODED_LEN(p->record.len, sodium_base64_VARIANT_ORIGINAL);
	extra = malloc(room);
	if (extra == NULL)
		return err_raise(-ENOMEM);
	sodium_bin2base64(
	    extra, room, p->record.ptr, p->record.len, sodium_base64_VARIANT_ORIGINAL);
	buf_put_str(out, HEAD "\nextra ");
	buf_put_str(out, extra);
	buf_put_str(out, "\nindex ");
	buf_put_dec(out, p->index);
	buf_put_u8(out, '\n');
	for (size_t i = 0; i < p->path.n; i++) {
		digest_put_base64(out, &p->path.hash[i]);
		buf_put_u8(out, '\n');
	}
	buf_put_u8(out, '\n');
	buf_put(out, p->checkpoint);
	return buf_failed(out) ? err_raise(-ENOMEM) : 0;
}

/* next_line() - from the front, without its line feed; false when there is no line feed. */
static bool
next_line(struct bytes *s, struct bytes *line)
{
	size_t n = bytes_find(*s, '\n');

	if (n == s->len)
		return false;
	*line = bytes_upto(*s, n);
	*s = bytes_from(*s, n + 1);
	return true;
}

/* behind() - what stands behind a word, when the line begins with it. */
static bool
behind(struct bytes line, struct bytes word, struct bytes *rest)
{
	*rest = bytes_from(line, word.len);
	return bytes_starts(line, word) && rest->len != 0;
}

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
	return *v < MERKLE_SIZE_MAX;
}

/* record_of() - the extra data. */
static bool
record_of(struct bytes text, uint8_t *mem, struct bytes *record)
{
	size_t n;

	if (!base64_decode(text, mem, text.len, &n))
		return false;
	*record = bytes_of(mem, n);
	return n < RECORD_LINE_MAX;
}

int
proof_parse(struct bytes text, uint8_t *mem, struct proof *p)
{
	struct bytes line, rest;
	struct note_parts parts;

	*p = (struct proof){ 0 };
	if (text.len > PROOF_MAX || !next_line(&text, &line) || !bytes_is(line, HEAD))
		return PROOF_BAD;
	if (!next_line(&text, &line) || !behind(line, BYTES_LIT("extra "), &rest) ||
	    !record_of(rest, mem, &p->record))
		return PROOF_BAD;
	if (!next_line(&text, &line) || !behind(line, BYTES_LIT("index "), &rest) ||
	    !number(rest, &p->index))
		return PROOF_BAD;
	for (;;) {
		if (!next_line(&text, &line))
			return PROOF_BAD;
		if (line.len == 0)
			break;
		if (p->path.n == MERKLE_PATH_MAX ||
		    !digest_from_base64(line, &p->path.hash[p->path.n++]))
			return PROOF_BAD;
	}
	p->checkpoint = text;
	return note_split(text, &parts) == 0 ? 0 : PROOF_BAD;
}

int
proof_check(const struct proof *p, struct hasher *h, struct bytes origin,
    const struct note_key *key, size_t n, struct checkpoint *c)
{
	struct record_shape shape;
	struct digest leaf;
	struct bytes text;
	uint64_t by;
	int answer = note_open(p->checkpoint, key, n, &text, &by);

	*c = (struct checkpoint){ 0 };
	if (answer != 0)
		return answer == NOTE_FORGED     ? PROOF_FORGED
		       : answer == NOTE_STRANGER ? PROOF_STRANGER
						 : PROOF_BAD;
	if (checkpoint_parse(text, c) != 0 || record_shape(p->record, &shape) != 0 ||
	    shape.head.seq != p->index + 1)
		return PROOF_BAD;
	if (origin.len != 0 && !bytes_eq(origin, c->origin))
		return PROOF_STRANGER;
	leaf = digest_leaf(h, p->record);
	answer = merkle_check_inclusion(h, &leaf, p->index, c->size, &p->path, &c->root);
	if (hasher_failed(h))
		return err_raise(-ENOMEM);
	return answer == 0 ? 0 : PROOF_WRONG;
}
