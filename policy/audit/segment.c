/*
 * segment - names, limits, and what stays of what is removed (see segment.h).
 */
#include "policy/audit/segment.h"

enum { DIGITS = 20 };

void
segment_name(uint64_t first, char name[SEGMENT_NAME_LEN + 1])
{
	for (size_t i = DIGITS; i > 0; i--, first /= 10)
		name[i - 1] = (char)('0' + first % 10);
	memcpy(name + DIGITS, ".jsonl", sizeof(".jsonl"));
}

/* number() - decimal digits of exactly this run. */
static bool
number(struct bytes s, uint64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || *v > RECORD_INT_MAX)
			return false;
		*v = *v * 10 + (uint64_t)(s.ptr[i] - '0');
	}
	return s.len != 0 && *v <= RECORD_INT_MAX;
}

int
segment_name_parse(struct bytes name, uint64_t *first)
{
	if (name.len != SEGMENT_NAME_LEN || !bytes_is(bytes_from(name, DIGITS), ".jsonl") ||
	    !number(bytes_upto(name, DIGITS), first) || *first == 0)
		return SEGMENT_BAD;
	return 0;
}

bool
segment_full(const struct segment_limits *l, uint64_t bytes, int64_t opened_ns, int64_t now_ns,
    uint64_t more)
{
	if (bytes == 0)
		return false;
	if (l->max_bytes != 0 && (bytes >= l->max_bytes || more > l->max_bytes - bytes))
		return true;
	return l->max_age_ns != 0 && now_ns > opened_ns && now_ns - opened_ns >= l->max_age_ns;
}

size_t
segment_retire(
    const struct segment_limits *l, const struct segment_info *s, size_t n, int64_t now_ns)
{
	uint64_t kept = 0;
	size_t at = n;

	if (n == 0)
		return 0;
	/* from the newest back: as long as it fits and is young enough */
	while (at > 0) {
		const struct segment_info *i = &s[at - 1];
		bool old = l->keep_age_ns != 0 && now_ns > i->ended_ns &&
			   now_ns - i->ended_ns > l->keep_age_ns;
		bool big = l->keep_bytes != 0 &&
			   (i->bytes > l->keep_bytes || kept > l->keep_bytes - i->bytes);

		if (at < n && (old || big))
			break;
		kept += i->bytes;
		at--;
	}
	return at;
}

void
segment_root_put(struct buf *b, const struct segment_root *r)
{
	buf_put_dec(b, r->first);
	buf_put_u8(b, ' ');
	buf_put_dec(b, r->last);
	buf_put_u8(b, ' ');
	buf_put_dec(b, r->bytes);
	buf_put_u8(b, ' ');
	digest_put_hex(b, &r->head);
	buf_put_u8(b, ' ');
	digest_put_hex(b, &r->root);
	buf_put_u8(b, '\n');
}

/* word() - up to the next space, which is taken too, or the rest. */
static struct bytes
word(struct bytes *line)
{
	struct bytes w = bytes_upto(*line, bytes_find(*line, ' '));

	*line = bytes_from(*line, w.len + 1);
	return w;
}

int
segment_root_parse(struct bytes line, struct segment_root *r)
{
	uint8_t room[SEGMENT_ROOT_MAX];
	struct buf again = { .ptr = room, .cap = sizeof(room), .max = sizeof(room) };
	struct bytes all = line;

	*r = (struct segment_root){ 0 };
	if (!number(word(&line), &r->first) || !number(word(&line), &r->last) ||
	    !number(word(&line), &r->bytes) || !digest_from_hex(word(&line), &r->head) ||
	    !digest_from_hex(word(&line), &r->root) || r->first == 0 || r->last < r->first)
		return SEGMENT_BAD;
	segment_root_put(&again, r); /* one spelling */
	return bytes_eq(bytes_upto(buf_bytes(&again), again.len - 1), all) ? 0 : SEGMENT_BAD;
}
