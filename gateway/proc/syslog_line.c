/*
 * syslog_line - see syslog_line.h. Source: RFC 5424 section 6.
 */
#include "gateway/proc/syslog_line.h"

#include "gateway/proc/cef.h"

enum {
	FACILITY_AUDIT = 13,
	SEVERITY_WARNING = 4,
	SEVERITY_INFO = 6,
	MICRO = 26 /* of a time, up to microseconds */
};

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
	buf_put_dec(out, FACILITY_AUDIT * 8 + (cef_refused(r) ? SEVERITY_WARNING : SEVERITY_INFO));
	buf_put_str(out, ">1 ");
	buf_put(out, time);
	buf_put_str(out, "Z ");
	buf_put_str(out, host[0] != '\0' ? host : "-");
	buf_put_str(out, " portcullis - ");
	buf_put_str(out, r->kind != RECORD_NONE ? record_kind_name(r->kind) : "-");
	buf_put_str(out, " - ");
	if (format == SINK_CEF)
		cef_put(out, r, NULL);
	else
		buf_put(out, line);
	buf_deinit(&text);
}
