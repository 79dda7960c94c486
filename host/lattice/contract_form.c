/*
 * contract_form - one payload from one era into the other, by its form. What is read is an actor's
 * or a provider's: every value is held to its kind, and nothing that is not understood goes on.
 */
#include "host/lattice/contract_priv.h"
#include "host/pack/pack.h"

enum { TEXT_MOST = 1024 * 1024 };

struct conversion {
	const struct form *f;
	bool to_later;
	struct bytes asked;
	struct bytes
	    raw[CONTRACT_PARTS]; /* each part as it stands in what is read; empty: absent */
	struct buf *out;
	const char *why;
};

static void
fail(struct conversion *c, const char *why)
{
	if (c->why == NULL)
		c->why = why;
}

/* name_in() - a part's name where we read from. */
static const char *
name_in(const struct conversion *c, const struct part *p)
{
	return c->to_later ? p->first : p->later;
}

static const char *
name_out(const struct conversion *c, const struct part *p)
{
	return c->to_later ? p->later : p->first;
}

/* read_parts() - find each part's bytes. */
static void
read_parts(struct conversion *c, struct bytes in)
{
	struct pack_field fields[CONTRACT_PARTS];
	size_t which[CONTRACT_PARTS], n = 0;
	struct bytes found[CONTRACT_PARTS] = { { 0 } };
	struct pack p = pack_of(in);

	for (size_t i = 0; i < c->f->n; i++) {
		const char *name = name_in(c, &c->f->part[i]);

		if (name == NULL)
			continue;
		which[n] = i;
		fields[n] =
		    (struct pack_field){ name, PACK_T_RAW, PACK_NILS, n * sizeof(struct bytes) };
		n++;
	}
	if (n == 0)
		return; /* nothing of it is wanted */
	if (c->f->bare && !c->to_later)
		found[0] = pack_skip(&p);
	else
		pack_object(&p, fields, n, found);
	pack_done(&p);
	if (p.why != NULL)
		fail(c, p.why);
	for (size_t k = 0; k < n; k++)
		c->raw[which[k]] = found[k];
}

static void
put_data(struct conversion *c, struct pack *p)
{
	struct buf bytes;

	buf_init(&bytes, TEXT_MOST);
	pack_put_bin(c->out, pack_data_into(p, TEXT_MOST, &bytes));
	buf_deinit(&bytes);
}

static void
put_texts(struct conversion *c, struct pack *p)
{
	uint32_t n = pack_array(p, CONTRACT_LIST);

	pack_put_array(c->out, n);
	for (uint32_t i = 0; i < n && p->why == NULL; i++)
		pack_put_text(c->out, pack_text(p, TEXT_MOST));
}

/* put_joined() - the values of a header as one: cookies by ';', all others by ','. */
static void
put_joined(struct conversion *c, struct pack *p, struct bytes name)
{
	struct buf all;
	uint32_t n;

	if (pack_peek(p) == PACK_STR) {
		pack_put_text(c->out, pack_text(p, TEXT_MOST));
		return;
	}
	buf_init(&all, TEXT_MOST);
	n = pack_array(p, CONTRACT_HEADERS);
	for (uint32_t i = 0; i < n && p->why == NULL; i++) {
		if (i != 0)
			buf_put_str(&all,
			    bytes_is(name, "cookie") || bytes_is(name, "Cookie") ? "; " : ", ");
		buf_put(&all, pack_text(p, TEXT_MOST));
	}
	if (buf_failed(&all))
		pack_fail(p, "headers that are too long");
	pack_put_text(c->out, buf_bytes(&all));
	buf_deinit(&all);
}

static void
put_headers(struct conversion *c, struct pack *p)
{
	struct bytes seen[CONTRACT_HEADERS];
	uint32_t n = pack_map(p, CONTRACT_HEADERS);

	pack_put_map(c->out, n);
	for (uint32_t i = 0; i < n && p->why == NULL; i++) {
		seen[i] = pack_text(p, TEXT_MOST);
		for (uint32_t k = 0; k < i; k++)
			if (bytes_eq(seen[k], seen[i]))
				pack_fail(p, "the same name twice in a map");
		pack_put_text(c->out, seen[i]);
		if (!c->to_later) {
			put_joined(c, p, seen[i]);
		} else if (pack_peek(p) == PACK_ARRAY) {
			put_texts(c, p);
		} else {
			pack_put_array(c->out, 1);
			pack_put_text(c->out, pack_text(p, TEXT_MOST));
		}
	}
}

/* put_asked() - the part of this name in what was asked, which was in the first era's form. */
static void
put_asked(struct conversion *c, const struct part *part, struct pack *result)
{
	struct pack p = pack_of(c->asked);
	const struct pack_field f = { part->first, PACK_T_TEXT, PACK_NEEDED, 0 };
	struct bytes text = BYTES_NULL;

	pack_object(&p, &f, 1, &text);
	if (p.why != NULL)
		pack_fail(result, p.why);
	pack_put_text(c->out, text);
}

/* The words of 2021's responses, which HTTP has for a status. Source: RFC 9110, 15. */
static const char *
status_words(uint64_t code)
{
	static const struct {
		uint16_t code;
		const char *words;
	} known[] = { { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" },
		{ 301, "Moved Permanently" }, { 302, "Found" }, { 303, "See Other" },
		{ 304, "Not Modified" }, { 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 409, "Conflict" }, { 410, "Gone" }, { 413, "Content Too Large" },
		{ 429, "Too Many Requests" }, { 500, "Internal Server Error" },
		{ 501, "Not Implemented" }, { 502, "Bad Gateway" }, { 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].code == code)
			return known[i].words;
	return "";
}

static void
put_status(struct conversion *c, size_t at)
{
	struct pack before = pack_of(at > 0 ? c->raw[at - 1] : BYTES_NULL);

	pack_put_str(c->out, status_words(pack_uint(&before, UINT32_MAX)));
}

/* put_line() - a log line; who wrote it (2021's target) goes in front. */
static void
put_line(struct conversion *c, struct pack *p)
{
	struct pack target = pack_of(c->raw[0]);
	struct bytes who = c->raw[0].len != 0 ? pack_text(&target, TEXT_MOST) : BYTES_NULL;
	struct bytes text = pack_text(p, TEXT_MOST);
	struct buf line;

	if (target.why != NULL)
		pack_fail(p, target.why);
	if (!c->to_later || who.len == 0) {
		pack_put_text(c->out, text);
		return;
	}
	buf_init(&line, TEXT_MOST);
	buf_put_u8(&line, '[');
	buf_put(&line, who);
	buf_put_str(&line, "] ");
	buf_put(&line, text);
	if (buf_failed(&line))
		pack_fail(p, "a line that is too long");
	pack_put_text(c->out, buf_bytes(&line));
	buf_deinit(&line);
}

static void
put_u32(struct conversion *c, struct pack *p)
{
	int64_t v = pack_int(p, INT64_MIN, INT64_MAX);

	if (v > UINT32_MAX)
		v = UINT32_MAX;
	pack_put_uint(c->out, v > 0 ? (uint64_t)v : 0);
}

static void
put_value(struct conversion *c, size_t at)
{
	const struct part *part = &c->f->part[at];
	struct pack p = pack_of(c->raw[at]);

	switch (part->kind) {
	case PART_TEXT:
		pack_put_text(c->out, pack_text(&p, TEXT_MOST));
		break;
	case PART_OPT_TEXT:
		pack_put_text(c->out, c->raw[at].len != 0 ? pack_text(&p, TEXT_MOST) : BYTES_NULL);
		break;
	case PART_DATA:
		put_data(c, &p);
		break;
	case PART_BOOL:
		pack_put_bool(c->out, pack_bool(&p));
		break;
	case PART_I32:
		pack_put_int(c->out, pack_int(&p, INT32_MIN, INT32_MAX));
		break;
	case PART_U32:
		put_u32(c, &p);
		break;
	case PART_TEXTS:
		put_texts(c, &p);
		break;
	case PART_HEADERS:
		put_headers(c, &p);
		break;
	case PART_TRUE:
		pack_put_bool(c->out, true);
		break;
	case PART_EMPTY:
	case PART_TARGET:
		pack_put_text(c->out, BYTES_NULL);
		break;
	case PART_ASKED:
		put_asked(c, part, &p);
		break;
	case PART_STATUS:
		put_status(c, at);
		break;
	case PART_LINE:
		put_line(c, &p);
		break;
	case PART_HOW_MANY:
		pack_put_uint(c->out, pack_bool(&p));
		break;
	default:
		fail(c, "a part of no kind");
	}
	if (p.why != NULL)
		fail(c, p.why);
}

/* is_written() - has the part a place where we write to? An empty optional text has none later on.
 */
static bool
is_written(const struct conversion *c, size_t at)
{
	const struct part *part = &c->f->part[at];
	struct pack p = pack_of(c->raw[at]);

	if (name_out(c, part) == NULL)
		return false;
	if (part->kind != PART_OPT_TEXT || !c->to_later)
		return true;
	return c->raw[at].len != 0 && pack_text(&p, TEXT_MOST).len != 0;
}

static void
write_parts(struct conversion *c)
{
	bool bare = c->f->bare && c->to_later;
	uint32_t n = 0;

	for (size_t i = 0; i < c->f->n; i++)
		n += is_written(c, i);
	if (!bare)
		pack_put_map(c->out, n);
	for (size_t i = 0; i < c->f->n && c->why == NULL; i++) {
		if (!is_written(c, i))
			continue;
		if (!bare)
			pack_put_str(c->out, name_out(c, &c->f->part[i]));
		put_value(c, i);
	}
}

int
form_convert(const struct form *f, bool to_later, struct bytes asked, struct bytes in,
    struct buf *out, const char **why)
{
	struct conversion c = { .f = f, .to_later = to_later, .asked = asked, .out = out };

	*why = NULL;
	if (f->n == 0)
		return 0;
	read_parts(&c, in);
	if (c.why == NULL)
		write_parts(&c);
	*why = c.why;
	if (c.why != NULL)
		return CONTRACT_BAD;
	if (buf_failed(out)) {
		*why = "it is longer in the other era than it may be";
		return CONTRACT_BAD;
	}
	return 0;
}
