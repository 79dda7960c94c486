/*
 * message - see message.h. What the server lets this login do is the server's to say; that nobody
 * speaks to the lattice or to the server itself by way of a link for messages is ours.
 */
#include "host/providers/messaging/message.h"

#include <stddef.h>

#include "host/pack/pack.h"

struct fields {
	struct bytes subject, reply, body;
	uint64_t timeout;
};

static const char *
get(struct bytes payload, bool request, struct message *m)
{
	static const struct pack_field pub[] = {
		PACK_FIELD("subject", struct fields, subject, PACK_T_TEXT, PACK_NEEDED),
		PACK_FIELD("body", struct fields, body, PACK_T_DATA, PACK_NEEDED),
		PACK_FIELD("replyTo", struct fields, reply, PACK_T_TEXT, PACK_NILS),
	};
	static const struct pack_field ask[] = {
		PACK_FIELD("subject", struct fields, subject, PACK_T_TEXT, PACK_NEEDED),
		PACK_FIELD("body", struct fields, body, PACK_T_DATA, PACK_NEEDED),
		PACK_FIELD("timeoutMs", struct fields, timeout, PACK_T_U64, PACK_NEEDED),
	};
	struct pack p = pack_of(payload);
	struct fields f = { .timeout = 0 };

	(void)pack_object(&p, request ? ask : pub, 3, &f);
	if (!pack_done(&p))
		return p.why;
	if (!message_subject_ok(f.subject, false) ||
	    (f.reply.len > 0 && !message_subject_ok(f.reply, false)))
		return "no subject one can publish to";
	if (f.body.len > MESSAGE_BODY)
		return "the body is too long";
	if (request && (f.timeout == 0 || f.timeout > MESSAGE_TIMEOUT_MAX_MS))
		return "timeoutMs is no number of 1 to 600000";
	*m = (struct message){ f.subject, f.reply, f.body, (uint32_t)f.timeout };
	return NULL;
}

const char *
message_pub_get(struct bytes payload, struct message *m)
{
	return get(payload, false, m);
}

const char *
message_request_get(struct bytes payload, struct message *m)
{
	return get(payload, true, m);
}

void
message_put(struct buf *b, const struct message *m)
{
	pack_put_map(b, 3);
	pack_put_str(b, "subject");
	pack_put_text(b, m->subject);
	pack_put_str(b, "replyTo");
	if (m->reply.len > 0)
		pack_put_text(b, m->reply);
	else
		pack_put_nil(b);
	pack_put_str(b, "body");
	pack_put_bin(b, m->body);
}

static bool
token_ok(struct bytes t, bool wild, bool last)
{
	if (t.len == 0)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		uint8_t c = t.ptr[i];

		if (c <= 0x20 || c >= 0x7f)
			return false;
		if ((c == '*' || c == '>') && (!wild || t.len != 1 || (c == '>' && !last)))
			return false;
	}
	return true;
}

bool
message_subject_ok(struct bytes s, bool wild)
{
	struct bytes rest = s, first = bytes_upto(s, bytes_find(s, '.'));

	if (s.len == 0 || s.len > MESSAGE_SUBJECT || s.ptr[0] == '$' ||
	    bytes_is(first, "wasmbus") || bytes_is(first, "*") || bytes_is(first, ">"))
		return false;
	for (;;) {
		size_t dot = bytes_find(rest, '.');

		if (!token_ok(bytes_upto(rest, dot), wild, dot == rest.len))
			return false;
		if (dot == rest.len)
			return true;
		rest = bytes_from(rest, dot + 1);
	}
}
