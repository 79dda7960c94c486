/*
 * envelope - see envelope.h. The text holds words of ours and escaped pieces of the subject; a body
 * is never echoed.
 */
#include "gateway/relay/envelope.h"

#include <stdio.h>

#include "gateway/nats/header.h"
#include "policy/core/members.h"
#include "policy/rules/rights.h"

void
envelope_text(char out[ENVELOPE_TEXT], const char *what, const char *rule, const char *reason,
    struct bytes field, const char *id)
{
	bool none = strcmp(rule, "none") == 0;
	int shown = field.len < 64 ? (int)field.len : 64;

	snprintf(out, ENVELOPE_TEXT, "Portcullis: %s denied, rule=%s%s%s%s%s%.*s, decision %s",
	    what, rule, none ? " (" : "", none ? reason : "", none ? ")" : "",
	    field.len != 0 ? " field=" : "", shown, field.len != 0 ? (const char *)field.ptr : "",
	    id);
}

void
envelope_rate(
    char out[ENVELOPE_TEXT], const char *what, const char *rule, uint64_t wait_ms, const char *id)
{
	/* whole seconds, never too few: the wait is a hint for people and for back-off */
	snprintf(out, ENVELOPE_TEXT,
	    "Portcullis: %s denied, rule=%s reason=rate, again in %llu s, decision %s", what, rule,
	    (unsigned long long)(wait_ms / 1000 + (wait_ms % 1000 != 0)), id);
}

static void
put_ab(struct buf *b, const struct command *c, struct bytes text)
{
	buf_put_str(b, "{\"accepted\":false");
	members_bytes(b, "error", text);
	members_bytes(b, "failure", text);
	if (c->host.len != 0)
		members_bytes(b, "host_id", c->host);
	buf_put_u8(b, '}');
}

/* put_command() - the envelope of a command's dialect. Return: false when it has none. */
static bool
put_command(struct buf *b, const struct command *c, struct bytes text)
{
	switch (c->dialect) {
	case DIALECT_A:
	case DIALECT_B:
	case DIALECT_AB:
		put_ab(b, c, text);
		return true;
	case DIALECT_C:
		buf_put_str(b, "{\"success\":false");
		members_bytes(b, "message", text);
		buf_put_u8(b, '}');
		return true;
	case DIALECT_D:
		buf_put_str(b, "{\"error\":{\"code\":7");
		members_bytes(b, "message", text);
		buf_put_str(b, "}}");
		return true;
	case DIALECT_WADM:
		buf_put_str(b, "{\"result\":\"error\"");
		members_bytes(b, "message", text);
		buf_put_u8(b, '}');
		return true;
	default:
		return false;
	}
}

bool
envelope_put(const struct rights *rights, struct bytes subject, const char *text, bool headers,
    struct buf *header, struct buf *payload)
{
	struct command c = { 0 };

	if (rights_classify(rights, subject, &c) == 0 && put_command(payload, &c, bytes_str(text)))
		return !buf_failed(payload);
	if (bytes_starts(subject, BYTES_LIT("$JS."))) {
		buf_put_str(payload, "{\"type\":\"io.nats.jetstream.api.v1.error_response\","
				     "\"error\":{\"code\":403,");
		members_bytes(payload, "description", bytes_str(text));
		buf_put_str(payload, "}}");
		return !buf_failed(payload);
	}
	if (!headers)
		return false;
	header_begin(header, bytes_str("403 Permissions Violation"));
	header_field(header, BYTES_LIT("Portcullis-Denied"), bytes_str(text));
	header_end(header);
	return !buf_failed(header);
}
