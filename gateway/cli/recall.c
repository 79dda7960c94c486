/*
 * recall - see recall.h.
 *
 * A recorded body is what was sent, with commitments where secrets stood. When its digest is that
 * of the payload it is the payload. Otherwise it has to be the redaction that made the difference,
 * and nothing a rule could look at may be a commitment; a body that was cut, or that was no text,
 * says nothing for certain and is given up.
 */
#include "gateway/cli/recall.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/audit/redact.h"
#include "policy/rules/where.h"

enum { MARK_MAX = 1024 }; /* a body this close to its ceiling may have been cut */

static const char *const whys[RECALL_WHYS] = {
	[RECALL_FINE] = "",
	[RECALL_NO_BODY] = "body not recorded",
	[RECALL_CUT] = "body was cut",
	[RECALL_BINARY] = "body is no text",
	[RECALL_CHANGED] = "recorded body is not the one sent",
	[RECALL_HIDDEN] = "unreadable without its secrets",
};

const char *
recall_why_text(enum recall_why w)
{
	return w < RECALL_WHYS ? whys[w] : "";
}

bool
recall_cut(const struct record *r, const char *member)
{
	for (size_t i = 0; i < r->cut.n; i++)
		if (bytes_is(r->cut.item[i], member))
			return true;
	return false;
}

static bool
holds(struct bytes s, const char *what)
{
	return s.len != 0 && memmem(s.ptr, s.len, what, strlen(what)) != NULL;
}

static bool
has_mark(struct bytes s)
{
	return holds(s, "\xe2\x80\xb9secret:") || holds(s, "\xe2\x80\xb9jwt:");
}

static void
lose(struct recall *out, enum recall_why why)
{
	out->state = RECALL_LOST;
	out->why = why;
}

/* ---- the body ---- */

/* look() - @ctx: did a condition's value hold what was taken out? */
static void
look(void *ctx, const struct where_value *v)
{
	bool *hidden = ctx;

	*hidden = *hidden || has_mark(v->head) || has_mark(v->rest);
}

/* hides() - could a rule look at what was taken out? */
static bool
hides(const struct recall *out)
{
	struct where_ask ask = { .c = &out->command, .b = &out->body };
	bool hidden = false;
	struct where_taker taker = { look, &hidden };

	for (int f = POLICY_FIELD_NONE + 1; f < POLICY_FIELD_COUNT && !hidden; f++)
		where_each(&ask, (enum policy_field)f, &taker);
	return hidden;
}

/* payload_of() - Return: is there something to read? */
static bool
payload_of(struct recall *out, const struct record *r)
{
	struct digest d;

	out->payload = r->body;
	if (!r->has_payload || (r->size != 0 && r->body.len == 0)) {
		lose(out, RECALL_NO_BODY);
		return false;
	}
	crypto_hash_sha256(d.b, r->body.ptr, r->body.len);
	out->verbatim = r->size == r->body.len && memcmp(d.b, r->sha256.b, sizeof(d.b)) == 0;
	if (out->verbatim)
		return true;
	if (recall_cut(r, "body") || r->body.len + MARK_MAX >= REDACT_BODY_MAX)
		lose(out, RECALL_CUT);
	else if (holds(r->body, "\xef\xbf\xbd"))
		lose(out, RECALL_BINARY);
	else if (r->secrets == 0 && !has_mark(r->body))
		lose(out, RECALL_CHANGED);
	else
		return true;
	return false;
}

/* A bucket's key without a value was deleted: the header that said so is not in the record. */
static struct bytes
header_of(const struct recall *out)
{
	return out->command.dialect == DIALECT_KV && out->payload.len == 0
		   ? BYTES_LIT("NATS/1.0\r\nKV-Operation: DEL\r\n\r\n")
		   : BYTES_NULL;
}

int
recall_command(struct recall *out, const struct prefixes *set, const struct record *r, void *arena)
{
	struct body_arena memory = { .mem = arena, .cap = BODY_ARENA };
	struct body_input in = { .subject = r->subject };
	bool refused = bytes_is(r->reason, "body"), read;

	memset(out, 0, sizeof(*out));
	if (command_classify_under(set, r->subject, &out->command) != 0)
		return RECALL_NOT;
	if (!payload_of(out, r)) {
		if (refused)
			out->state = RECALL_REFUSED;
		return 0;
	}
	in.payload = out->payload;
	in.header = header_of(out);
	read = body_decode(&out->command, &in, &memory, &out->body) == 0;
	if (out->verbatim && (in.header.len == 0 || read))
		out->state = read ? RECALL_READ : RECALL_REFUSED;
	else if (refused)
		out->state = RECALL_REFUSED;
	else if (!read || hides(out))
		lose(out, RECALL_HIDDEN);
	else
		out->state = RECALL_READ;
	return 0;
}

/* ---- who ---- */

static bool
put_key(char *to, size_t cap, struct bytes s)
{
	if (s.len >= cap || (s.len != 0 && memchr(s.ptr, 0, s.len) != NULL))
		return false;
	if (s.len != 0)
		memcpy(to, s.ptr, s.len);
	to[s.len] = '\0';
	return true;
}

static char *
text_of(struct bytes s)
{
	char *t = malloc(s.len + 1);

	if (t == NULL)
		return NULL;
	if (s.len != 0)
		memcpy(t, s.ptr, s.len);
	t[s.len] = '\0';
	return t;
}

static int
put_tags(struct identity *id, const struct record_list *tags)
{
	if (tags->n == 0)
		return 0;
	id->tags = calloc(tags->n, sizeof(*id->tags));
	if (id->tags == NULL)
		return err_raise(-ENOMEM);
	for (; id->n_tags < tags->n; id->n_tags++) {
		id->tags[id->n_tags] = text_of(tags->item[id->n_tags]);
		if (id->tags[id->n_tags] == NULL)
			return err_raise(-ENOMEM);
	}
	return 0;
}

int
recall_identity(struct identity *id, const struct record *r)
{
	static const char *const members[] = { "user", "account", "issuer", "name", "tags",
		"source", "certificate_names" };
	struct bytes port, address = record_address(r->source, &port);
	int x = 0;

	*id = (struct identity){ .max_subs = -1, .max_payload = -1 };
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (recall_cut(r, members[i]))
			return RECALL_NOT;
	if (r->user.len == 0 || r->tags.n == RECORD_LIST_MAX || /* there may have been more */
	    r->certificate_names.n == RECORD_LIST_MAX ||
	    !put_key(id->user, sizeof(id->user), r->user) ||
	    !put_key(id->account, sizeof(id->account), r->account) ||
	    !put_key(id->issuer, sizeof(id->issuer), r->issuer) ||
	    !put_key(id->source, sizeof(id->source), address))
		return RECALL_NOT;
	id->name = text_of(r->name);
	x = id->name == NULL ? -ENOMEM : put_tags(id, &r->tags);
	for (size_t i = 0; x == 0 && i < r->certificate_names.n; i++)
		x = identity_add_cert(id, r->certificate_names.item[i]);
	if (x != 0)
		identity_deinit(id);
	return x;
}
