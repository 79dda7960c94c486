/*
 * audit_check_say - what a verification comes to, in words and as JSON (see audit_check.h).
 */
#include <stdio.h>

#include "gateway/cli/audit_check.h"
#include "gateway/cli/audit_progress.h"
#include "gateway/cli/audit_say.h"

#define RED "\033[1;31m"
#define GREEN "\033[1;32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

static uint64_t
proved_upto(const struct audit_check *c)
{
	return c->r.signed_upto > c->r.kept_upto ? c->r.signed_upto : c->r.kept_upto;
}

static void
put_n(struct buf *b, const char *before, uint64_t n, const char *behind)
{
	buf_put_str(b, before);
	buf_put_dec(b, n);
	buf_put_str(b, behind);
}

static void
paint(struct buf *b, bool colour, const char *how)
{
	if (colour)
		buf_put_str(b, how);
}

/* put_finding() - "changed: record 57, 00000000000000000041.jsonl line 17 (byte 5120): why". */
static void
put_finding(struct buf *b, const struct inspect_finding *f)
{
	char name[SEGMENT_NAME_LEN + 1];

	buf_put_str(b, inspect_what_name(f->what));
	if (f->seq > 0)
		put_n(b, f->to > f->seq && f->what != INSPECT_CHANGED ? ": records " : ": record ", f->seq, "");
	if (f->seq > 0 && f->to > f->seq)
		put_n(b, f->what == INSPECT_CHANGED ? " or " : " to ", f->to, "");
	if (f->line > 0) {
		segment_name(f->segment, name);
		buf_put_str(b, f->seq > 0 ? ", " : ": ");
		buf_put_str(b, name);
		put_n(b, " line ", f->line, "");
		put_n(b, " (byte ", f->offset, ")");
	}
	buf_put_str(b, ": ");
	buf_put_str(b, f->why);
	buf_put_u8(b, '\n');
}

static size_t
findings_told(const struct inspect_result *r)
{
	return r->n_findings < INSPECT_FINDINGS ? r->n_findings : INSPECT_FINDINGS;
}

static void
put_findings(const struct audit_check *c, struct buf *b, bool colour)
{
	for (size_t i = 0; i < findings_told(&c->r); i++) {
		const struct inspect_finding *f = &c->r.finding[i];
		bool bad = inspect_breaks(f->what);

		paint(b, colour, bad ? RED : YELLOW);
		buf_put_str(b, bad ? "BROKEN  " : "notice  ");
		paint(b, colour, PLAIN);
		put_finding(b, f);
	}
	if (c->r.n_findings > INSPECT_FINDINGS)
		put_n(b, "notice  and ", c->r.n_findings - INSPECT_FINDINGS, " more\n");
	if (c->bad_root) {
		paint(b, colour, RED);
		buf_put_str(b, "BROKEN  ");
		paint(b, colour, PLAIN);
		buf_put_str(b, "removal: a line of the file `roots' is none\n");
	}
}

static void
put_log(const struct audit_check *c, struct buf *b)
{
	const struct inspect_result *r = &c->r;

	put_n(b, "records    ", r->first, "");
	put_n(b, " to ", r->last, "");
	put_n(b, ", segments: ", c->segments, ", ");
	progress_size(b, r->bytes);
	if (r->last > 0) {
		buf_put_str(b, "\nwritten    ");
		say_time(b, r->first_ns);
		buf_put_str(b, " to ");
		say_time(b, r->last_ns);
		buf_put_str(b, " UTC");
	}
	buf_put_u8(b, '\n');
	if (c->n_root > 0)
		put_n(b, "removed    segments before them: ", c->n_root,
		    "; their roots are in `roots'\n");
	if (r->gaps > 0)
		put_n(b, "gaps       ", r->gaps, ": see portcullis audit query --what gap\n");
}

static void
put_keys(const struct audit_check *c, struct buf *b)
{
	for (size_t i = 0; i < c->keys->n; i++) {
		buf_put_str(b, "key        ");
		say_text(b, bytes_str(c->keys->key[i].name));
		buf_put_u8(b, '+');
		buf_put_hex(b, bytes_of(c->keys->key[i].id, 4));
		buf_put_u8(b, '\n');
	}
	if (c->r.rotations > 0)
		put_n(b, "handovers  ", c->r.rotations, " to another key, signed by both\n");
}

static void
put_proved(const struct audit_check *c, struct buf *b, bool colour)
{
	const struct inspect_result *r = &c->r;

	if (r->broken)
		put_n(b, "sound      up to record ", r->sound, ": linked, and in place\n");
	put_n(b, "signed     up to record ", r->signed_upto, "");
	put_n(b, ", checkpoints: ", r->checkpoints, "\n");
	if (c->n_kept > 0 && c->r.kept_upto == 0)
		buf_put_str(b, "kept       nothing is proved by what was kept elsewhere\n");
	else if (c->n_kept > 0)
		put_n(b, "kept       up to record ", c->r.kept_upto,
		    ": as the checkpoint kept elsewhere says\n");
	if (proved_upto(c) < r->last || c->r.broken) {
		paint(b, colour, YELLOW);
		put_n(b, "unproven after record ", proved_upto(c), "");
		paint(b, colour, PLAIN);
		buf_put_str(
		    b, r->broken ? "\n" : ": linked, and not signed yet; a cut would not show\n");
	}
}

void
audit_check_text(const struct audit_check *c, struct buf *b, bool colour)
{
	put_log(c, b);
	put_keys(c, b);
	put_findings(c, b, colour);
	put_proved(c, b, colour);
	paint(b, colour, audit_check_good(c) ? GREEN : RED);
	if (audit_check_good(c))
		buf_put_str(b, "good: nothing that is proved was changed");
	else if (c->r.broken || c->bad_root)
		buf_put_str(b, "broken: this is not the log that was written");
	else if (c->n_kept > 0 && c->r.kept_upto == 0)
		buf_put_str(b, "nothing that was kept elsewhere could be compared");
	else
		buf_put_str(b, "nothing here is signed by this key");
	paint(b, colour, PLAIN);
	buf_put_u8(b, '\n');
}

/* ---- JSON ---- */

static void
json_finding(struct buf *b, const struct inspect_finding *f)
{
	char name[SEGMENT_NAME_LEN + 1] = "";

	if (f->line > 0)
		segment_name(f->segment, name);
	buf_put_str(b, "{\"what\":");
	buf_put_json(b, bytes_str(inspect_what_name(f->what)));
	buf_put_str(b, inspect_breaks(f->what) ? ",\"breaks\":true" : ",\"breaks\":false");
	put_n(b, ",\"seq\":", f->seq, "");
	put_n(b, ",\"to\":", f->to, ",\"segment\":");
	buf_put_json(b, bytes_str(name));
	put_n(b, ",\"line\":", f->line, "");
	put_n(b, ",\"offset\":", f->offset, ",\"why\":");
	buf_put_json(b, bytes_str(f->why));
	buf_put_u8(b, '}');
}

void
audit_check_json(const struct audit_check *c, struct buf *b)
{
	const struct inspect_result *r = &c->r;

	buf_put_str(b, audit_check_good(c) ? "{\"ok\":true" : "{\"ok\":false");
	buf_put_str(b, r->broken || c->bad_root ? ",\"broken\":true" : ",\"broken\":false");
	put_n(b, ",\"first\":", r->first, "");
	put_n(b, ",\"last\":", r->last, "");
	put_n(b, ",\"segments\":", c->segments, "");
	put_n(b, ",\"bytes\":", r->bytes, "");
	put_n(b, ",\"sound\":", r->sound, "");
	put_n(b, ",\"signed_upto\":", r->signed_upto, "");
	put_n(b, ",\"kept_upto\":", c->r.kept_upto, "");
	put_n(b, ",\"unproven_after\":", proved_upto(c), "");
	put_n(b, ",\"checkpoints\":", r->checkpoints, "");
	put_n(b, ",\"handovers\":", r->rotations, "");
	put_n(b, ",\"gaps\":", r->gaps, ",\"bad_roots\":");
	buf_put_str(b, c->bad_root ? "true" : "false");
	put_n(b, ",\"findings_in_all\":", r->n_findings, ",\"findings\":[");
	for (size_t i = 0; i < findings_told(r); i++) {
		buf_put_str(b, i > 0 ? "," : "");
		json_finding(b, &r->finding[i]);
	}
	buf_put_str(b, "]}\n");
}
