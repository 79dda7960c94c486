/*
 * syslog_line - see syslog_line.h. A text in CEF is a stranger's: `\`, `=`, `|` and line ends are
 * escaped, so that none of it reads as a field of ours.
 *
 * Source: RFC 5424 section 6; ArcSight Common Event Format, revision 25, "Header" and "Extension".
 */
#include "gateway/proc/syslog_line.h"

enum {
	FACILITY_AUDIT = 13,
	SEVERITY_WARNING = 4,
	SEVERITY_INFO = 6,
	MICRO = 26 /* of a time, up to microseconds */
};

static bool
refused(const struct record *r)
{
	return r->kind == RECORD_DENIAL || r->kind == RECORD_SUMMARY ||
	       bytes_is(r->decision, "deny");
}

/* escaped() - a text between our punctuation. */
static void
escaped(struct buf *out, struct bytes s, bool header)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (c == '\\' || (header ? c == '|' : c == '=')) {
			buf_put_u8(out, '\\');
			buf_put_u8(out, c);
		} else if (c == '\n' || c == '\r') {
			buf_put_str(out, header ? " " : c == '\n' ? "\\n" : "\\r");
		} else {
			buf_put_u8(out, c < 0x20 || c == 0x7f ? ' ' : c);
		}
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

static void
put_cef(struct buf *out, const struct record *r)
{
	struct bytes name = r->verb.len > 0 ? r->verb : r->what;

	buf_put_str(out, "CEF:0|Portcullis|portcullis-gateway|" PORTCULLIS_VERSION "|");
	buf_put_str(out, record_kind_name(r->kind));
	buf_put_u8(out, '|');
	buf_put_str(out, record_kind_name(r->kind));
	if (name.len > 0)
		buf_put_u8(out, ' ');
	escaped(out, name, true);
	buf_put_str(out, refused(r) ? "|6|rt=" : "|3|rt=");
	buf_put_int(out, r->time_ns / 1000000);
	buf_put_str(out, " externalId=");
	buf_put_dec(out, r->seq);
	field(out, "act", r->decision);
	field(out, "outcome", r->outcome);
	field(out, "reason", r->reason);
	field(out, "suid", r->user);
	field(out, "suser", r->name);
	field(out, "src", r->source);
	field(out, "dhost", r->host);
	custom(out, "cs1", "rule", r->rule);
	custom(out, "cs2", "lattice", r->lattice);
	custom(out, "cs3", "subject", r->subject);
	custom(out, "cs4", "image", r->image);
	custom(out, "cs5", "policy", r->policy);
	custom(out, "cs6", "account", r->account);
	field(out, "msg", r->error.len > 0 ? r->error : r->why);
}

void
syslog_line(struct buf *out, enum sink_format format, const char *host, struct bytes line,
    const struct record *r)
{
	struct bytes time;
	struct buf text;

	buf_init(&text, 64);
	record_put_time(&text, r->time_ns);
	time = bytes_upto(buf_bytes(&text), MICRO);
	buf_put_u8(out, '<');
	buf_put_dec(out, FACILITY_AUDIT * 8 + (refused(r) ? SEVERITY_WARNING : SEVERITY_INFO));
	buf_put_str(out, ">1 ");
	buf_put(out, time);
	buf_put_str(out, "Z ");
	buf_put_str(out, host[0] != '\0' ? host : "-");
	buf_put_str(out, " portcullis - ");
	buf_put_str(out, r->kind != RECORD_NONE ? record_kind_name(r->kind) : "-");
	buf_put_str(out, " - ");
	if (format == SINK_CEF)
		put_cef(out, r);
	else
		buf_put(out, line);
	buf_deinit(&text);
}
