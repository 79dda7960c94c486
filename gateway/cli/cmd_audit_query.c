/*
 * audit query - who commanded what, was it allowed, what came of it.
 *
 * The log is read once, from its beginning or from the segment --since falls into. A command that
 * fits waits for its outcome; what fits and came later waits behind it, so that rows stand in the
 * log's order. What waits is bounded in number and in bytes: past that the oldest is told without.
 */
#include <string.h>

#include "gateway/cli/audit_filter.h"
#include "gateway/cli/audit_form.h"
#include "gateway/cli/audit_lines.h"
#include "gateway/cli/audit_progress.h"

enum {
	WAITING_MAX = 65536, /* as many commands as the gateway has under way */
	WAITING_BYTES = 64 << 20,
	OUT_MAX = 8 << 20,
};
#define OUTCOME_WITHIN_NS (INT64_C(120) * 1000000000)

struct row {
	uint64_t seq;
	bool done; /* nothing more will come of it */
	char *line, *outcome;
	size_t len, outcome_len;
};

struct query {
	struct audit_filter filter;
	enum audit_form form;
	struct form_look look;
	uint64_t limit, told; /* rows; limit 0: none */
	struct audit_dir dir;
	struct audit_lines lines;
	struct record_reader *reader, *second;
	struct row *ring;
	size_t at, n, bytes;
	uint64_t bad; /* lines that are no records */
	struct buf out;
	struct progress progress;
	bool full; /* as many rows as were asked for, or nobody reads them */
	int r;
};

/* ---- rows that wait ---- */

static void
flush(struct query *q)
{
	progress_hide(&q->progress);
	if (q->out.len > 0 && cli_print(&q->out) != CLI_OK) {
		q->r = CLI_FAILED;
		q->full = true;
	}
	buf_reset(&q->out);
}

static void
tell(struct query *q, const struct row *row)
{
	struct bytes line = bytes_of(row->line, row->len),
		     second = bytes_of(row->outcome, row->outcome_len);
	struct record r, outcome;
	const struct record *came = NULL;

	if (record_decode(q->reader, line, &r) != 0)
		return;
	if (row->outcome != NULL && record_decode(q->second, second, &outcome) == 0)
		came = &outcome;
	if (q->filter.outcome.len > 0 &&
	    (r.kind != RECORD_COMMAND || !audit_filter_outcome(&q->filter, came)))
		return;
	if (q->form != FORM_JSON) {
		form_row(&q->out, q->form, &r, came, q->look);
	} else {
		buf_put(&q->out, line);
		buf_put_u8(&q->out, '\n');
		if (came != NULL) {
			buf_put(&q->out, second);
			buf_put_u8(&q->out, '\n');
		}
	}
	q->told++;
	q->full = q->full || q->told == q->limit;
	if (q->out.len > OUT_MAX / 8)
		flush(q);
}

/* pop() - tell the oldest and forget it. */
static void
pop(struct query *q)
{
	struct row *row = &q->ring[q->at];

	if (!q->full)
		tell(q, row);
	q->bytes -= row->len + row->outcome_len;
	free(row->line);
	free(row->outcome);
	*row = (struct row){ 0 };
	q->at = (q->at + 1) % WAITING_MAX;
	q->n--;
}

static void
settle(struct query *q)
{
	while (q->n > 0 && (q->ring[q->at].done || q->full || q->bytes > WAITING_BYTES))
		pop(q);
}

static char *
copy(struct query *q, struct bytes line)
{
	char *p = malloc(line.len + 1);

	if (p == NULL) {
		cli_error("out of memory");
		q->r = CLI_FAILED;
		q->full = true;
		return NULL;
	}
	memcpy(p, line.ptr, line.len);
	q->bytes += line.len;
	return p;
}

static void
push(struct query *q, struct bytes line, const struct record *r)
{
	struct row *row;

	if (q->n == WAITING_MAX)
		pop(q);
	row = &q->ring[(q->at + q->n) % WAITING_MAX];
	row->line = copy(q, line);
	if (row->line == NULL)
		return;
	row->len = line.len;
	row->seq = r->seq;
	row->done = r->kind != RECORD_COMMAND || bytes_is(r->decision, "deny");
	q->n++;
}

/* find() - the waiting row of a record; numbers rise in a log that is whole. */
static struct row *
find(struct query *q, uint64_t seq)
{
	size_t lo = 0, hi = q->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct row *row = &q->ring[(q->at + mid) % WAITING_MAX];

		if (row->seq == seq)
			return row;
		if (row->seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* ---- lines ---- */

/* on_outcome() - it belongs to a row, or is one when somebody asked for outcomes. */
static void
on_outcome(struct query *q, struct bytes line, const struct record *r, bool in_time)
{
	struct row *row = find(q, r->of);

	if (row != NULL && !row->done) {
		row->outcome = copy(q, line);
		row->outcome_len = row->outcome != NULL ? line.len : 0;
		row->done = true;
	}
	if (in_time && q->filter.n_what > 0 && audit_filter_record(&q->filter, r))
		push(q, line, r);
}

static void
on_line(struct query *q, struct bytes line)
{
	struct record_head h;
	struct record r;
	bool in_time;

	if (record_head(line, &h) != 0) {
		q->bad++;
		return;
	}
	in_time = audit_filter_time(&q->filter, h.time_ns);
	if (!in_time && (h.kind != RECORD_OUTCOME || q->n == 0))
		return;
	if (record_decode(q->reader, line, &r) != 0) {
		q->bad++;
		return;
	}
	if (r.kind == RECORD_OUTCOME)
		on_outcome(q, line, &r, in_time);
	else if (audit_filter_record(&q->filter, &r))
		push(q, line, &r);
	settle(q);
}

/* ---- segments ---- */

/* begins_ns() - when a segment was begun; -1: its first line does not say. */
static int64_t
begins_ns(struct query *q, uint64_t first)
{
	struct audit_lines l;
	struct record_head h;
	struct bytes line;
	int64_t ns = -1;

	if (audit_lines_open(&l, &q->dir, first, 0) == 0 && l.segment == first &&
	    audit_lines_next(&l, &line) == 1 && l.segment == first && record_head(line, &h) == 0)
		ns = h.time_ns;
	audit_lines_close(&l);
	return ns;
}

/* first_segment() - the last one that was begun before --since: those before it are not read. */
static uint64_t
first_segment(struct query *q)
{
	size_t lo = 0, hi = q->dir.n;

	while (q->filter.since_ns > 0 && hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		int64_t ns = begins_ns(q, q->dir.first[mid]);

		if (ns >= 0 && ns < q->filter.since_ns)
			lo = mid;
		else
			hi = mid;
	}
	return q->dir.first[lo];
}

/* past() - a segment that was begun so long after --until that nothing in it can matter. */
static bool
past(const struct query *q, struct bytes line)
{
	struct record_head h;

	return q->filter.until_ns < INT64_MAX - OUTCOME_WITHIN_NS && record_head(line, &h) == 0 &&
	       h.time_ns > q->filter.until_ns + OUTCOME_WITHIN_NS;
}

static void
read_all(struct query *q)
{
	struct bytes line;
	int r = audit_lines_open(&q->lines, &q->dir, first_segment(q), 0);

	progress_begin(&q->progress, "reading", 0);
	for (uint64_t n = 0; r == 0 && !q->full; n++) {
		int got = audit_lines_next(&q->lines, &line);

		if (n % 1024 == 0)
			progress_tell(&q->progress, q->lines.done);
		if (got <= 0) {
			r = got;
			break;
		}
		if (q->lines.line == 1 && past(q, line))
			audit_lines_skip(&q->lines);
		else
			on_line(q, line);
	}
	if (r != 0) {
		cli_error("%s: %s", q->dir.path, strerror(-r));
		q->r = CLI_FAILED;
	}
	while (q->n > 0)
		pop(q);
	flush(q);
	progress_end(&q->progress);
	if (q->told == 0 && q->r == CLI_OK)
		cli_note("no record fits");
	if (q->bad > 0)
		cli_note("lines that are no records: %llu. portcullis audit verify",
		    (unsigned long long)q->bad);
}

/* ---- options ---- */

static int
read_form(struct query *q, const struct cli_args *a)
{
	bool json = cli_flag(a, "json"), csv = cli_flag(a, "csv"), cef = cli_flag(a, "cef");
	const char *s = cli_value(a, "limit"), *p = s;

	if (json + csv + cef > 1) {
		cli_error("--json, --csv and --cef do not go together");
		return CLI_USAGE;
	}
	q->form = json ? FORM_JSON : csv ? FORM_CSV : cef ? FORM_CEF : FORM_TABLE;
	if (s == NULL)
		return CLI_OK;
	for (; *p >= '0' && *p <= '9' && q->limit < UINT64_MAX / 100; p++)
		q->limit = q->limit * 10 + (uint64_t)(*p - '0');
	if (*p == '\0' && q->limit > 0)
		return CLI_OK;
	cli_error("--limit %s: not a number above 0", s);
	return CLI_USAGE;
}

int
cmd_audit_query(const struct cli_args *a)
{
	struct query q = { .dir = { .fd = -1 }, .lines = { .fd = -1 } };
	int r = read_form(&q, a);

	q.look = (struct form_look){ cli_colour(stdout), cli_columns(stdout) };
	buf_init(&q.out, OUT_MAX);
	if (r == CLI_OK)
		r = audit_filter_read(&q.filter, a);
	if (r == CLI_OK)
		r = audit_dir_open(&q.dir, a);
	if (r == CLI_OK)
		r = audit_dir_some(&q.dir);
	q.reader = record_reader_new();
	q.second = record_reader_new();
	q.ring = calloc(WAITING_MAX, sizeof(*q.ring));
	if (r == CLI_OK && (q.reader == NULL || q.second == NULL || q.ring == NULL)) {
		cli_error("out of memory");
		r = CLI_FAILED;
	}
	if (r == CLI_OK) {
		form_head(&q.out, q.form, q.look);
		read_all(&q);
		r = q.r;
	}
	audit_lines_close(&q.lines);
	record_reader_free(q.reader);
	record_reader_free(q.second);
	free(q.ring);
	buf_deinit(&q.out);
	audit_dir_close(&q.dir);
	return r;
}
