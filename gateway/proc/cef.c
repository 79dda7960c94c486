/*
 * cef - see cef.h. A text in it is a stranger's: `\`, `=`, `|` and line ends are escaped, so that none of it reads
 * as a field of ours, and what a terminal would act on is written as \uXXXX.
 *
 * Source: ArcSight Common Event Format, revision 25, "Header" and "Extension".
 */
#include "gateway/proc/cef.h"

#include "policy/core/shown.h"

bool
cef_refused(const struct record *r)
{
	return r->kind == RECORD_DENIAL || r->kind == RECORD_SUMMARY || bytes_is(r->decision, "deny");
}

/* escaped() - a text between our punctuation. */
static void
escaped(struct buf *out, struct bytes s, bool header)
{
	uint8_t room[16] = { 0 };

	while (s.len > 0) {
		struct buf one = { .ptr = room, .cap = sizeof(room), .max = sizeof(room) };
		uint8_t c = s.ptr[0];

		if (c == '\n' || c == '\r') {
			buf_put_str(out, header ? " " : c == '\n' ? "\\n" : "\\r");
			s = bytes_from(s, 1);
			continue;
		}
		s = bytes_from(s, buf_put_shown_one(&one, s));
		if (room[0] == '\\' || room[0] == (header ? '|' : '='))
			buf_put_u8(out, '\\');
		buf_put(out, buf_bytes(&one));
	}
}

static void
field(struct buf *out, const char *key, struct bytes v)
{
	if (v.len == 0)
		return;
	buf_put_u8(out, ' ');
	buf_put_str(out, key);
	buf_put_u8(out, '=');
	escaped(out, v, false);
}

/* custom() - one of CEF's numbered texts, with its name beside it. */
static void
custom(struct buf *out, const char *key, const char *label, struct bytes v)
{
	if (v.len == 0)
		return;
	field(out, key, v);
	buf_put_u8(out, ' ');
	buf_put_str(out, key);
	buf_put_str(out, "Label=");
	buf_put_str(out, label);
}

/* source() - src takes an address alone. */
static void
source(struct buf *out, struct bytes s)
{
	struct bytes port;

	field(out, "src", record_address(s, &port));
	field(out, "spt", port);
}

static void
head(struct buf *out, const struct record *r)
{
	struct bytes name = r->verb.len > 0 ? r->verb : r->what;

	buf_put_str(out, "CEF:0|Portcullis|portcullis-gateway|" PORTCULLIS_VERSION "|");
	buf_put_str(out, record_kind_name(r->kind));
	buf_put_u8(out, '|');
	buf_put_str(out, record_kind_name(r->kind));
	if (name.len > 0)
		buf_put_u8(out, ' ');
	escaped(out, name, true);
	buf_put_str(out, cef_refused(r) ? "|6|rt=" : "|3|rt=");
	buf_put_int(out, r->time_ns / 1000000);
	buf_put_str(out, " externalId=");
	buf_put_dec(out, r->seq);
}

void
cef_put(struct buf *out, const struct record *r, const struct record *outcome)
{
	const struct record *o = outcome != NULL ? outcome : r;

	head(out, r);
	field(out, "act", r->decision.len == 0 && cef_refused(r) ? BYTES_LIT("deny") : r->decision);
	field(out, "outcome", o->outcome);
	field(out, "reason", r->reason);
	field(out, "suid", r->user);
	field(out, "suser", r->name);
	source(out, r->source);
	field(out, "dhost", r->host);
	custom(out, "cs1", "rule", r->rule);
	custom(out, "cs2", "lattice", r->lattice);
	custom(out, "cs3", "subject", r->subject);
	custom(out, "cs4", "image", r->image);
	custom(out, "cs5", "policy", r->policy);
	custom(out, "cs6", "account", r->account);
	field(out, "msg", o->error.len > 0 ? o->error : r->why.len > 0 ? r->why : r->detail);
}
