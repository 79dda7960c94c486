/*
 * parser - see parser.h. Hostile input is the normal case, on both sides.
 *
 * The state is three numbers: how far the search for the line's end came, the line's length, the
 * op's length. A line is split only when all of it is here, in one pass over its fields, and again
 * when its payload has come; nothing is remembered about its fields in between, so a caller who
 * breaks the contract and changes bytes meanwhile gets another answer, never a slice out of bounds.
 *
 * The order of checks makes the answer a function of the bytes alone: first the verb (as far as it
 * is here), then the length of the line, then the line, then the size, then the closing CRLF.
 *
 * Trusted: nothing but the run's length. Refused on purpose though nats-server takes it: a line
 * ended by LF alone, a CR anywhere else, control bytes and bytes above 0x7e in any field, sizes
 * with leading zeros, anything behind PING. A server that reads such a line reads it depending on
 * how it was cut into segments; we could not know what it will have read.
 */
#include <assert.h>

#include "gateway/nats/line_priv.h"
#include "gateway/nats/parser.h"

enum {
	LINE_MIN = 5, /* +OK CR LF */
	VERB_MAX = 8, /* CONNECT and the blank behind it */
	PAYLOAD_MAX = 1 << 30,
};

/* The verbs of each side; the byte behind a verb is a blank (or '\r' where it takes nothing). */
struct verb {
	enum nats_kind kind;
	enum nats_side side; /* NATS_SIDE_NONE: both */
	uint8_t len;
	char name[VERB_MAX];
	char after;
};

static const struct verb verbs[] = {
	{ NATS_PUB, NATS_FROM_CLIENT, 3, "PUB", ' ' },
	{ NATS_MSG, NATS_FROM_SERVER, 3, "MSG", ' ' },
	{ NATS_HPUB, NATS_FROM_CLIENT, 4, "HPUB", ' ' },
	{ NATS_HMSG, NATS_FROM_SERVER, 4, "HMSG", ' ' },
	{ NATS_SUB, NATS_FROM_CLIENT, 3, "SUB", ' ' },
	{ NATS_UNSUB, NATS_FROM_CLIENT, 5, "UNSUB", ' ' },
	{ NATS_PING, NATS_SIDE_NONE, 4, "PING", '\r' },
	{ NATS_PONG, NATS_SIDE_NONE, 4, "PONG", '\r' },
	{ NATS_OK, NATS_FROM_SERVER, 3, "+OK", '\r' },
	{ NATS_ERR, NATS_FROM_SERVER, 4, "-ERR", ' ' },
	{ NATS_CONNECT, NATS_FROM_CLIENT, 7, "CONNECT", ' ' },
	{ NATS_INFO, NATS_FROM_SERVER, 4, "INFO", ' ' },
};

void
nats_parser_init(struct nats_parser *p, enum nats_side side, size_t max_line, size_t max_payload)
{
	assert(side != NATS_SIDE_NONE && max_line >= VERB_MAX && max_payload <= PAYLOAD_MAX);
	*p = (struct nats_parser){ .side = side, .max_line = max_line, .max_payload = max_payload };
}

/* verb_fits() - do the first bytes of @in, as many as there are, begin @v and what follows it? */
static bool
verb_fits(const struct verb *v, struct bytes in)
{
	for (size_t i = 0; i < v->len && i < in.len; i++) {
		uint8_t c = in.ptr[i];

		if (c >= 'a' && c <= 'z')
			c = (uint8_t)(c - ('a' - 'A'));
		if (c != (uint8_t)v->name[i])
			return false;
	}
	if (in.len <= v->len)
		return true;
	if (v->after == '\r')
		return in.ptr[v->len] == '\r';
	return cls[in.ptr[v->len]] == C_BLANK;
}

/* verb_find() - the verb @in begins with or, when cut short, may become; NULL: none. */
static const struct verb *
verb_find(enum nats_side side, struct bytes in)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (verbs[i].side != NATS_SIDE_NONE && verbs[i].side != side)
			continue;
		if (verb_fits(&verbs[i], in))
			return &verbs[i];
	}
	return NULL;
}

static bool
sid_ok(struct bytes s)
{
	unsigned all = C_DIGIT | C_ALPHA;

	if (s.len == 0 || s.len > NATS_SID_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((cls[s.ptr[i]] & all) == 0)
			return false;
	return true;
}

/*
 * op_begin() - an empty op of this kind. Member by member, because compilers clear a struct of this
 * size with a string instruction that costs more than all the parsing.
 */
static inline void
op_begin(struct nats_op *op, enum nats_kind kind)
{
	op->kind = kind;
	op->subject = BYTES_NULL;
	op->reply = BYTES_NULL;
	op->queue = BYTES_NULL;
	op->sid = BYTES_NULL;
	op->header = BYTES_NULL;
	op->payload = BYTES_NULL;
	op->json = BYTES_NULL;
	op->text = BYTES_NULL;
	op->has_max = false;
	op->max = 0;
}

/*
 * take_message() - PUB, HPUB, MSG, HMSG: fields to @op, then the payload behind the line when all
 * of it is here. Before an optional reply and the sizes stand a subject and, in MSG, a sid.
 */
static inline int
take_message(struct nats_parser *p, struct bytes in, enum nats_kind kind, const struct fields *f,
    struct nats_op *op)
{
	bool headers = kind == NATS_HPUB || kind == NATS_HMSG;
	unsigned n_fixed = kind == NATS_MSG || kind == NATS_HMSG ? 2 : 1;
	unsigned sizes = headers ? 2 : 1;
	uint64_t head = 0, total;
	const uint8_t *body;

	if (unlikely(f->n < n_fixed + sizes || f->n > n_fixed + sizes + 1))
		return NATS_MALFORMED;
	if (!read_size(f->at[f->n - 1], &total))
		return NATS_MALFORMED;
	if (headers && (!read_size(f->at[f->n - 2], &head) || head > total))
		return NATS_MALFORMED;
	if (headers && head == 0) {
		/* nats.js writes an HPUB without a block when it was given no field: a plain PUB */
		if (kind == NATS_HMSG)
			return NATS_MALFORMED;
		kind = NATS_PUB;
	}
	if (n_fixed == 2 && !sid_ok(f->at[1]))
		return NATS_MALFORMED;
	if (unlikely(total > p->max_payload))
		return NATS_PAYLOAD_TOO_LONG;
	p->need = p->line + (size_t)total + 2;
	if (in.len < p->need)
		return NATS_MORE;
	body = in.ptr + p->line;
	if (unlikely(body[total] != '\r' || body[total + 1] != '\n'))
		return NATS_MALFORMED;
	op_begin(op, kind);
	op->subject = f->at[0];
	if (n_fixed == 2)
		op->sid = f->at[1];
	if (f->n > n_fixed + sizes)
		op->reply = f->at[n_fixed];
	if (head != 0)
		op->header = bytes_of(body, (size_t)head);
	op->payload = bytes_of(body + head, (size_t)(total - head));
	return 0;
}

/* take_sub() - SUB subject [queue] sid */
static int
take_sub(const struct fields *f, struct nats_op *op)
{
	if (f->n < 2 || f->n > 3 || !sid_ok(f->at[f->n - 1]))
		return NATS_MALFORMED;
	op->subject = f->at[0];
	op->sid = f->at[f->n - 1];
	if (f->n == 3)
		op->queue = f->at[1];
	return op->queue.len <= NATS_QUEUE_MAX ? 0 : NATS_MALFORMED;
}

/* take_unsub() - UNSUB sid [max] */
static int
take_unsub(const struct fields *f, struct nats_op *op)
{
	if (f->n < 1 || f->n > 2 || !sid_ok(f->at[0]))
		return NATS_MALFORMED;
	op->sid = f->at[0];
	if (f->n == 1)
		return 0;
	if (f->at[1].len > NATS_UNSUB_DIGITS || !read_size(f->at[1], &op->max))
		return NATS_MALFORMED;
	op->has_max = op->max != 0;
	return 0;
}

/* rest_of() - what stands between a verb and its line's CR, without the blanks around it. */
static struct bytes
rest_of(const uint8_t *s, const uint8_t *cr)
{
	while (s < cr && cls[*s] == C_BLANK)
		s++;
	while (cr > s && cls[cr[-1]] == C_BLANK)
		cr--;
	return bytes_of(s, (size_t)(cr - s));
}

/* take_json() - CONNECT json, INFO json: only that there is something, and no CR in it. */
static int
take_json(const uint8_t *s, const uint8_t *cr, struct nats_op *op)
{
	op->json = rest_of(s, cr);
	if (op->json.len == 0 || bytes_find(op->json, '\r') != op->json.len)
		return NATS_MALFORMED;
	return 0;
}

/* take_err() - -ERR 'text': printable ASCII, quotes taken off when both are there. */
static int
take_err(const uint8_t *s, const uint8_t *cr, struct nats_op *op)
{
	struct bytes t = rest_of(s, cr);

	if (t.len == 0)
		return NATS_MALFORMED;
	for (size_t i = 0; i < t.len; i++)
		if ((cls[t.ptr[i]] & C_GRAPH) == 0 && t.ptr[i] != ' ')
			return NATS_MALFORMED;
	if (t.len >= 2 && t.ptr[0] == '\'' && t.ptr[t.len - 1] == '\'')
		t = bytes_of(t.ptr + 1, t.len - 2);
	op->text = t;
	return 0;
}

/* take_other() - the ops without a payload; the line is whole and ends in CRLF. */
static int
take_other(struct nats_parser *p, struct bytes in, struct nats_op *op)
{
	struct bytes line = bytes_upto(in, p->line);
	const struct verb *v = verb_find(p->side, line);
	const uint8_t *cr = in.ptr + p->line - 2;
	struct fields f;

	if (v == NULL)
		return NATS_MALFORMED;
	p->need = p->line;
	op_begin(op, v->kind);
	switch (v->kind) {
	case NATS_CONNECT:
	case NATS_INFO:
		return take_json(in.ptr + v->len, cr, op);
	case NATS_ERR:
		return take_err(in.ptr + v->len, cr, op);
	case NATS_PING:
	case NATS_PONG:
	case NATS_OK:
		return p->line == v->len + 2U ? 0 : NATS_MALFORMED;
	default:
		break;
	}
	if (!split(in.ptr + v->len, cr, in.ptr + in.len, &f))
		return NATS_MALFORMED;
	switch (v->kind) {
	case NATS_SUB:
		return take_sub(&f, op);
	case NATS_UNSUB:
		return take_unsub(&f, op);
	default:
		return NATS_MALFORMED;
	}
}

/* message_verb() - PUB, HPUB, MSG, HMSG with the blank behind it, by four bytes; else NATS_NONE. */
static enum nats_kind
message_verb(enum nats_side side, const uint8_t *s)
{
	bool h = (s[0] | 0x20) == 'h';
	const uint8_t *v = s + h;
	uint32_t w = (uint32_t)(v[0] & 0xdf) << 16 | (uint32_t)(v[1] & 0xdf) << 8 | (v[2] & 0xdf);

	if (cls[v[3]] != C_BLANK)
		return NATS_NONE;
	if (side == NATS_FROM_CLIENT && w == ('P' << 16 | 'U' << 8 | 'B'))
		return h ? NATS_HPUB : NATS_PUB;
	if (side == NATS_FROM_SERVER && w == ('M' << 16 | 'S' << 8 | 'G'))
		return h ? NATS_HMSG : NATS_MSG;
	return NATS_NONE;
}

/*
 * long_line() - the way every line can go: it is whole; is it a message, and of which fields?
 * Return: 0 with @kind and @f of a message, or with NATS_NONE for take_other() to look at;
 * NATS_MALFORMED.
 */
static int
long_line(const struct nats_parser *p, struct bytes in, enum nats_kind *kind, struct fields *f)
{
	const uint8_t *cr = in.ptr + p->line - 2;
	bool h;

	if (p->line < LINE_MIN || *cr != '\r')
		return NATS_MALFORMED;
	*kind = message_verb(p->side, in.ptr);
	h = *kind == NATS_HPUB || *kind == NATS_HMSG;
	if (*kind != NATS_NONE && !split(in.ptr + 3 + h, cr, in.ptr + in.len, f))
		return NATS_MALFORMED;
	return 0;
}

/*
 * quick_line() - the common message: an upper-case verb, single blanks, its line all here. Return:
 * the kind, ->line and @f set; or NATS_NONE and the long way decides.
 */
static inline enum nats_kind
quick_line(struct nats_parser *p, struct bytes in, struct fields *f)
{
	bool client = p->side == NATS_FROM_CLIENT, h;
	size_t limit = in.len < p->max_line ? in.len : p->max_line, verb, n;

	if (limit < LINE_MIN)
		return NATS_NONE;
	h = in.ptr[0] == 'H';
	verb = h ? 5 : 4;
	if (memcmp(in.ptr + h, client ? "PUB " : "MSG ", 4) != 0)
		return NATS_NONE;
	n = quick_fields(in.ptr + verb, in.ptr + limit, f);
	if (n == 0)
		return NATS_NONE;
	p->line = verb + n;
	if (client)
		return h ? NATS_HPUB : NATS_PUB;
	return h ? NATS_HMSG : NATS_MSG;
}

/* line_limit() - by the first byte alone: a line that begins so and is no such verb ends anyway. */
static inline size_t
line_limit(const struct nats_parser *p, uint8_t first)
{
	uint8_t json = p->side == NATS_FROM_CLIENT ? 'c' : 'i';

	return (first | 0x20) == json && p->max_connect != 0 ? p->max_connect : p->max_line;
}

/* find_line() - search the bytes not searched yet for the line's LF. Return: 0, an answer. */
static int
find_line(struct nats_parser *p, struct bytes in)
{
	size_t limit = line_limit(p, in.ptr[0]);
	size_t to = in.len < limit ? in.len : limit;
	const uint8_t *lf = NULL;

	if (to > p->scanned)
		lf = memchr(in.ptr + p->scanned, '\n', to - p->scanned);
	if (likely(lf != NULL)) {
		p->line = (size_t)(lf - in.ptr) + 1;
		return 0;
	}
	if (verb_find(p->side, in) == NULL)
		return NATS_MALFORMED;
	if (in.len > limit)
		return NATS_LINE_TOO_LONG;
	p->scanned = in.len;
	p->need = in.len + 1;
	return NATS_MORE;
}

int
nats_parse(struct nats_parser *p, struct bytes in, size_t *used, struct nats_op *op)
{
	enum nats_kind kind = NATS_NONE;
	struct fields f;
	int r = 0;

	if (in.len == 0 || in.len < p->need) {
		if (p->need == 0)
			p->need = 1;
		return NATS_MORE;
	}
	/* only on a first look or at a line known to be whole, so that no byte is searched twice */
	if (likely(p->scanned == 0))
		kind = quick_line(p, in, &f);
	if (unlikely(kind == NATS_NONE)) {
		if (p->line == 0)
			r = find_line(p, in);
		if (r == 0)
			r = long_line(p, in, &kind, &f);
		if (r != 0)
			return r;
	}
	r = likely(kind != NATS_NONE) ? take_message(p, in, kind, &f, op) : take_other(p, in, op);
	if (r != 0)
		return r;
	*used = p->need;
	p->scanned = p->line = p->need = 0;
	return 0;
}
