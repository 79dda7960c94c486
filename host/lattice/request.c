/*
 * request - see request.h. The subject was written by whoever may publish there; the body too. What
 * they are has been decided when command_classify() and body_decode() have read them; here it is
 * only asked whether it is for us, and what they hold is laid out as a host wants it.
 */
#include "host/lattice/request.h"

#include <stddef.h>
#include <stdio.h>

#include "host/lattice/request_priv.h"
#include "policy/commands/prefix.h"

/* answered() - does a host of @ours do anything about a command of @theirs? */
static bool
answered(enum dialect ours, const struct command *c)
{
	switch (c->dialect) {
	case DIALECT_AB:
		return true;
	case DIALECT_A:
		return ours == DIALECT_A && c->verb != VERB_HOST_EVENT;
	case DIALECT_B:
		return ours == DIALECT_B;
	case DIALECT_C:
		return c->verb == VERB_HOST_LIST || c->verb == VERB_HOST_INVENTORY;
	case DIALECT_NONE:
	case DIALECT_D:
	case DIALECT_WADM:
	case DIALECT_KV:
	default:
		return false;
	}
}

/* cut_last() - the last token off the end of @s. */
static struct bytes
cut_last(struct bytes *s)
{
	size_t n = s->len;
	struct bytes last;

	while (n > 0 && s->ptr[n - 1] != '.')
		n--;
	last = bytes_from(*s, n);
	s->len = n > 0 ? n - 1 : 0;
	return last;
}

/* is_ours() - cmd.H.x, get.H.x or labels.H.x with our H: nobody else hears it. */
static bool
is_ours(const struct request_self *self, struct bytes subject)
{
	struct bytes rest = subject, host, kind;

	cut_last(&rest);
	host = cut_last(&rest);
	kind = cut_last(&rest);
	return bytes_eq(host, self->host) &&
	       (bytes_is(kind, "cmd") || bytes_is(kind, "get") || bytes_is(kind, "labels")) &&
	       bytes_eq(cut_last(&rest), self->lattice);
}

static int
refuse(struct request *q, const char *words, const char *why)
{
	snprintf(q->error, sizeof(q->error), "%s", words);
	snprintf(q->why, sizeof(q->why), "%s", why);
	return REQUEST_REFUSED;
}

/* refuse_body() - a body that cannot be read: the dialect's words, and for our log what is wrong
 * with it. */
static int
refuse_body(struct request *q, const struct body_fault *f)
{
	char field[65];
	size_t n = 0;

	for (; n < f->field.len && n < sizeof(field) - 1; n++)
		field[n] =
		    (char)(f->field.ptr[n] > ' ' && f->field.ptr[n] < 0x7f ? f->field.ptr[n] : '?');
	field[n] = 0;
	snprintf(q->why, sizeof(q->why), "%s%sbyte %zu: %s", field, n != 0 ? ": " : "", f->at,
	    f->why != NULL ? f->why : "not understood");
	if (q->dialect == DIALECT_A && request_says_why(q->verb))
		snprintf(q->error, sizeof(q->error), "%s: %.160s",
		    request_invalid(q->dialect, q->verb), q->why);
	else
		snprintf(q->error, sizeof(q->error), "%s", request_invalid(q->dialect, q->verb));
	return REQUEST_REFUSED;
}

/* lay_out() - from the body to what a host wants to know. */
static void
lay_out(struct request *q, struct bytes subject)
{
	const struct body *b = &q->body;
	const struct body_part *one = b->parts;

	q->verb = b->effective;
	q->ref = b->one.image.raw;
	q->image = b->one.image;
	q->key = b->id;
	q->link_name = b->one_link.name;
	q->contract = b->one_link.contract;
	q->has_count = one != NULL && one->has_count;
	q->count = q->has_count ? (uint32_t)one->count : 0;
	q->has_timeout = b->has_timeout;
	q->timeout_ms = b->timeout < UINT32_MAX ? (uint32_t)b->timeout : UINT32_MAX;
	q->link = b->links;
	q->configuration = b->configuration;
	if (q->verb == VERB_CONFIG_GET) {
		/* its body is nobody's; entity and key stand in the subject */
		struct bytes object = q->command.object, end = bytes_from(subject, subject.len);

		q->key = object;
		q->config_key = bytes_from(object, object.len);
		q->config_key.len = (size_t)(end.ptr - q->config_key.ptr);
		q->config_key = bytes_from(q->config_key, 1);
	}
	if (b->config_keys.first != NULL) {
		q->config_key = b->config_keys.first->key;
		q->config_value = b->config_keys.first->value;
	}
}

/* limits() - what bodies may say and hosts cannot do. */
static int
limits(struct request *q)
{
	if (q->body.one.has_count && q->body.one.count > UINT32_MAX)
		return refuse(q, request_invalid(q->dialect, q->verb), "count is too large");
	if (q->verb == VERB_CONFIG_PUT || q->verb == VERB_CONFIG_DEL || q->verb == VERB_CONFIG_GET)
		return 0;
	if (q->key.len != 0 && (q->key.len != 56 || (q->key.ptr[0] != 'M' && q->key.ptr[0] != 'V')))
		return refuse(
		    q, request_invalid(q->dialect, q->verb), "not the key of an actor or provider");
	return 0;
}

int
request_read(struct request *q, const struct request_self *self, struct bytes subject,
    struct bytes header, struct bytes payload, struct body_arena *arena)
{
	struct body_input in = { .subject = subject, .header = header, .payload = payload };
	uint8_t room[PREFIX_ROOM];
	int r = self->prefixes != NULL
		    ? command_classify_under(self->prefixes, subject, &q->command)
		    : command_classify(subject, &q->command);

	memset(q, 0, offsetof(struct request, command));
	q->labels = &q->body.labels;
	q->annotations = &q->body.annotations;
	q->registries = &q->body.registries;
	q->credentials = &q->body.credentials;
	if (r != 0)
		return REQUEST_NOT;
	q->verb = q->command.verb;
	q->host = q->command.host;
	q->dialect = q->command.dialect == DIALECT_C ? DIALECT_C : self->dialect;
	if (q->verb == VERB_UNKNOWN) {
		if (!is_ours(self, self->prefixes != NULL
				       ? prefix_usual(self->prefixes, subject, room)
				       : subject))
			return REQUEST_NOT;
		return refuse(q, "unsupported subject", "a subject that no host understands");
	}
	if (!answered(self->dialect, &q->command) || !bytes_eq(q->command.lattice, self->lattice) ||
	    (q->host.len != 0 && !bytes_eq(q->host, self->host)))
		return REQUEST_NOT;
	if (body_decode(&q->command, &in, arena, &q->body) != 0)
		return refuse_body(q, &q->body.fault);
	lay_out(q, subject);
	return limits(q);
}
