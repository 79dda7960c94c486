/*
 * body - see body.h. Chooses the decoder and holds what is the same for all of them: the size, who
 * reads the payload at all, the host named twice, and what a scale turns out to be.
 *
 * Trusted: the command, which our own table made of the subject. Everything else is a stranger's.
 */
#include <stddef.h>

#include "policy/commands/body_priv.h"

enum { HEADER_MAX = 64 * 1024 };

void
body_add_part(struct body *out, struct body_part *part)
{
	if (out->last_part != NULL)
		out->last_part->next = part;
	else
		out->parts = part;
	out->last_part = part;
	out->n_parts++;
}

void
body_add_link(struct body *out, struct body_link *link)
{
	if (out->last_link != NULL)
		out->last_link->next = link;
	else
		out->links = link;
	out->last_link = link;
	out->n_links++;
}

int
body_no_payload(const struct body_input *in, struct body *out)
{
	if (in->payload.len == 0)
		return 0;
	return body_refuse_at(&out->fault, BYTES_NULL, 0, "this command has no body");
}

static bool
line_ends(struct bytes block, size_t at)
{
	return at + 1 < block.len && block.ptr[at] == '\r' && block.ptr[at + 1] == '\n';
}

static bool
same_folded(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		uint8_t x = a.ptr[i], y = b.ptr[i];

		x = x >= 'A' && x <= 'Z' ? x | 0x20 : x;
		y = y >= 'A' && y <= 'Z' ? y | 0x20 : y;
		if (x != y)
			return false;
	}
	return true;
}

static struct bytes
trim(struct bytes s)
{
	while (s.len != 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = bytes_from(s, 1);
	while (s.len != 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

int
body_header(struct bytes block, const char *name, struct bytes *value)
{
	bool found = false;
	size_t at = 0;

	*value = BYTES_NULL;
	if (block.len > HEADER_MAX)
		return BODY_REFUSED;
	while (at < block.len) {
		struct bytes line = bytes_from(block, at);
		size_t n = 0, colon;

		while (n < line.len && !line_ends(line, n))
			n++;
		line = bytes_upto(line, n);
		at += n + 2;
		colon = bytes_find(line, ':');
		if (colon == line.len ||
		    !same_folded(trim(bytes_upto(line, colon)), bytes_str(name)))
			continue;
		if (found || !bytes_is(bytes_upto(line, colon), name))
			return BODY_REFUSED;
		found = true;
		*value = trim(bytes_from(line, colon + 1));
	}
	return 0;
}

/* Nobody reads the payload of these; what stands in it decides nothing. */
static bool
is_unread(const struct command *c)
{
	switch (c->verb) {
	case VERB_HOST_LIST:
	case VERB_HOST_INVENTORY:
	case VERB_CLAIMS_GET:
	case VERB_LINK_GET:
	case VERB_CONFIG_GET:
	case VERB_HOST_HEARTBEAT_GET:
		return true;
	default:
		return false;
	}
}

static int
decode(const struct command *c, const struct body_input *in, struct body_read *r, struct body *out)
{
	switch (c->dialect) {
	case DIALECT_A:
		return dialect_a_decode(c, in, r, out);
	case DIALECT_AB:
	case DIALECT_B:
		return dialect_b_decode(c, in, r, out);
	case DIALECT_C:
		return dialect_c_decode(c, in, r, out);
	case DIALECT_D:
		return dialect_d_decode(c, in, r, out);
	case DIALECT_WADM:
		return wadm_decode(c, in, r, out);
	case DIALECT_KV:
		return store_decode(c, in, r, out);
	case DIALECT_NONE:
	default:
		return body_refuse_at(
		    &out->fault, BYTES_NULL, 0, "nobody understands this command");
	}
}

/* host_agrees() - hosts go by the subject; a body that names another is a sign of something. */
static int
host_agrees(const struct command *c, struct body *out)
{
	if (out->host_id.len == 0 || c->host.len == 0 || bytes_eq(out->host_id, c->host))
		return 0;
	return body_refuse_at(
	    &out->fault, BYTES_LIT("host_id"), 0, "not the host that the subject names");
}

/* conclude() - what all parts together come to. */
static void
conclude(struct body *out)
{
	if (out->id.len == 0)
		out->id = out->one.id;
	out->has_count = out->n_parts != 0;
	for (const struct body_part *p = out->parts; p != NULL; p = p->next) {
		out->every_host |= p->every_host;
		if (p->role == PART_PRECOMPILED)
			continue;
		out->has_count &= p->has_count;
		if (p->has_count && p->count > out->count)
			out->count = p->count;
	}
}

int
body_decode(const struct command *c, const struct body_input *in, struct body_arena *arena,
    struct body *out)
{
	struct body_read r = {
		.arena = arena,
		.fault = &out->fault,
		.unknown = &out->unknown,
		.secrets = &out->secrets,
		.strict = c->mutating,
	};
	int x;

	memset(out, 0, sizeof(*out));
	arena->used = 0;
	out->effective = c->verb;
	out->may_be = command_may_be(c);
	if (c->verb == VERB_UNKNOWN || c->verb == VERB_NONE)
		x = body_refuse_at(&out->fault, BYTES_NULL, 0, "nobody understands this command");
	else if (in->payload.len > BODY_MAX)
		x = body_refuse_at(&out->fault, BYTES_NULL, BODY_MAX, "body is too long");
	else if (is_unread(c))
		out->unread = true, x = 0;
	else
		x = decode(c, in, &r, out);
	if (x == 0)
		x = host_agrees(c, out);
	if (x != 0) {
		struct body_fault fault = out->fault;

		memset(out, 0, sizeof(*out));
		out->fault = fault;
		return err_pass(x);
	}
	conclude(out);
	return 0;
}
