/*
 * dialect_a - links of wasmCloud 0.18, which travel as message-pack beside the control prefix.
 *
 * Everything else of 0.18 is JSON on subjects it shares with the later hosts (dialect_b.c). A link
 * is a map of five names; its reader takes texts in any length encoding, and a list in place of the
 * map: the list is refused, no client writes it. Two equal names are two readings.
 *
 * Of the two kept libraries the tokenizer of libmpack reads here: it has no memory of its own,
 * knows no nesting, and hands out lengths before anything is done about them. (msgpack-c makes room
 * for as many elements as a five-byte header claims.) Depth and counts are then plain loops.
 *
 * Source: wasmCloud v0.18.2 crates/wasmcloud-host/src/messagebus/{nats_subscriber,rpc_client}.rs,
 * crates/wasmcloud-control-interface/src/generated/ctliface.rs (LinkDefinition).
 */
#include <stddef.h>

#include <mpack.h>

#include "policy/commands/body_priv.h"
#include "policy/commands/report.h"
#include "policy/core/utf8.h"

enum { VALUES_MAX = 256 };

struct pack {
	struct bytes in;
	size_t at; /* bytes read */
	mpack_tokbuf_t buf;
	struct body_fault *fault;
	struct bytes field;
};

static int
pack_refuse(struct pack *p, const char *why)
{
	return body_refuse_at(p->fault, p->field, p->at, why);
}

static int
pack_next(struct pack *p, mpack_token_t *tok)
{
	const char *from = (const char *)p->in.ptr + p->at;
	size_t left = p->in.len - p->at;
	int x;

	if (left == 0)
		return pack_refuse(p, "message-pack ends too early");
	x = mpack_read(&p->buf, &from, &left, tok);
	if (x == MPACK_EOF)
		return pack_refuse(p, "message-pack ends too early");
	if (x != MPACK_OK)
		return pack_refuse(p, "not message-pack");
	p->at = p->in.len - left;
	return 0;
}

static bool
is_text(struct bytes s)
{
	while (s.len != 0) {
		uint32_t cp = 0;
		size_t used = utf8_next(s, &cp);

		if (used == 0 || cp == 0)
			return false;
		s = bytes_from(s, used);
	}
	return true;
}

/* pack_text() - a whole text, as a slice of the payload. */
static int
pack_text(struct pack *p, struct bytes *s)
{
	mpack_token_t tok;
	int x = pack_next(p, &tok);

	if (x != 0)
		return err_pass(x);
	if (tok.type != MPACK_TOKEN_STR)
		return pack_refuse(p, "not a text");
	if (tok.length > p->in.len - p->at)
		return pack_refuse(p, "message-pack ends too early");
	*s = bytes_of(p->in.ptr + p->at, tok.length);
	if (!is_text(*s))
		return pack_refuse(p, "bad UTF-8 or U+0000 in a text");
	for (size_t left = tok.length; left != 0;) {
		x = pack_next(p, &tok);
		if (x != 0)
			return err_pass(x);
		if (tok.type != MPACK_TOKEN_CHUNK || tok.length == 0 || tok.length > left)
			return pack_refuse(p, "not message-pack");
		left -= tok.length;
	}
	return 0;
}

static int
pack_map(struct pack *p, size_t max, size_t *n)
{
	mpack_token_t tok;
	int x = pack_next(p, &tok);

	if (x != 0)
		return err_pass(x);
	if (tok.type != MPACK_TOKEN_MAP)
		return pack_refuse(p, "not a map");
	if (tok.length > max)
		return pack_refuse(p, "map with too many members");
	*n = tok.length;
	return 0;
}

static bool
has_key(const struct body_list *list, struct bytes key)
{
	for (const struct body_pair *o = list->first; o != NULL; o = o->next)
		if (bytes_eq(o->key, key))
			return true;
	return false;
}

static int
pack_values(struct pack *p, struct body_read *r, struct body_link *link)
{
	size_t n = 0;
	int x = pack_map(p, VALUES_MAX, &n);

	for (; x == 0 && n > 0; n--) {
		struct bytes key = BYTES_NULL, value = BYTES_NULL;
		struct body_secret *s = body_arena_take(r->arena, sizeof(*s));
		struct body_span where;

		x = pack_text(p, &key);
		if (x == 0 && !body_word_ok(key))
			x = pack_refuse(p, "control characters in a name, or too long");
		if (x == 0 && has_key(&link->values, key))
			x = pack_refuse(p, "the same name twice in a map");
		if (x == 0)
			x = pack_text(p, &value);
		if (x == 0 && s == NULL)
			x = body_full(r);
		if (x != 0)
			return err_pass(x);
		where =
		    (struct body_span){ (uint32_t)(value.ptr - p->in.ptr), (uint32_t)value.len };
		*s = (struct body_secret){ .where = where, .next = *r->secrets };
		*r->secrets = s;
		x = body_append(r, &link->values, key, value, where);
	}
	return err_pass(x);
}

/* The client leaves provider_id empty when it takes a link away; hosts find it by the other three.
 */
static int
pack_link(struct pack *p, struct body_read *r, bool put, struct body_link *link)
{
	static const char *const names[] = { "actor_id", "provider_id", "link_name", "contract_id",
		"values" };
	struct bytes *const texts[] = { &link->source, &link->target, &link->name,
		&link->contract };
	size_t n = 0, k;
	unsigned seen = 0;
	int x = pack_map(p, N_FIELDS(names), &n);

	for (; x == 0 && n > 0; n--) {
		struct bytes name = BYTES_NULL;

		p->field = BYTES_NULL;
		x = pack_text(p, &name);
		if (x != 0)
			return err_pass(x);
		p->field = name;
		for (k = 0; k < N_FIELDS(names) && !bytes_is(name, names[k]); k++)
			;
		if (k == N_FIELDS(names))
			return pack_refuse(p, "field that nobody knows");
		if ((seen >> k & 1) != 0)
			return pack_refuse(p, "the same name twice in a map");
		seen |= 1u << k;
		x = k == 4 ? pack_values(p, r, link) : pack_text(p, texts[k]);
		if (x == 0 && k < 3 && !body_id_ok(*texts[k]) &&
		    (put || k != 1 || texts[k]->len != 0))
			x = pack_refuse(p, "not one token of a subject");
		if (x == 0 && k == 3 && !body_word_ok(*texts[k]))
			x = pack_refuse(p, "control characters in a name, or too long");
	}
	p->field = BYTES_NULL;
	if (x == 0 && seen != (1u << N_FIELDS(names)) - 1)
		return pack_refuse(p, "field is missing");
	return err_pass(x);
}

int
dialect_a_decode(
    const struct command *c, const struct body_input *in, struct body_read *r, struct body *out)
{
	struct pack p = { .in = in->payload, .fault = &out->fault };
	int x;

	if (c->verb == VERB_HOST_EVENT) {
		/* a host's own event commands nobody, but it says whose it is */
		struct report said = { .kind = REPORT_HOST_EVENT };

		x = report_decode(&said, in->payload, r->arena);
		out->fault = said.fault;
		out->host_id = said.id;
		return err_pass(x);
	}
	if (c->verb != VERB_LINK_PUT && c->verb != VERB_LINK_DEL)
		return body_refuse_at(
		    &out->fault, BYTES_NULL, 0, "nobody understands this command");
	mpack_tokbuf_init(&p.buf);
	body_add_link(out, &out->one_link);
	x = pack_link(&p, r, c->verb == VERB_LINK_PUT, &out->one_link);
	if (x == 0 && p.at != p.in.len)
		return pack_refuse(&p, "something after the value");
	return err_pass(x);
}
