/*
 * exposition - see exposition.h. Format: "Exposition formats", Prometheus' documentation, text
 * 0.0.4; names follow its "Metric and label naming": base units, _total for what only grows.
 */
#include "gateway/proc/exposition.h"

enum metric_kind { GAUGE, COUNTER, HISTOGRAM };

static const struct family {
	const char *name, *help; /* help NULL: goes on with the family before */
	enum metric_kind kind;
	bool ns; /* the value is nanoseconds, written in seconds */
	const char *label[METRIC_LABELS];
	const char *sample; /* not NULL: what samples are called when it is not the family's name */
} families[METRIC_COUNT] = {
	[METRIC_BUILD_INFO] = { "portcullis_build_info", "The program that runs; always 1.", GAUGE,
	    false, { "version" } },
	[METRIC_START_TIME] = { "portcullis_start_time_seconds", "When it was started.", GAUGE,
	    true },
	[METRIC_READY] = { "portcullis_ready", "1 when /readyz says so.", GAUGE },
	[METRIC_POLICY_INFO] = { "portcullis_policy_info", "The policy in force; always 1.", GAUGE,
	    false, { "id" } },
	[METRIC_POLICY_RULES] = { "portcullis_policy_rules", "How many rules it has.", GAUGE },
	[METRIC_POLICY_LOADED] = { "portcullis_policy_loaded_timestamp_seconds",
	    "Since when it is in force.", GAUGE, true },
	[METRIC_RECONFIGURE] = { "portcullis_reconfigure_total",
	    "Compilations of the policies, by what came of them.", COUNTER, false, { "outcome" } },
	[METRIC_UPSTREAM_UP] = { "portcullis_upstream_up",
	    "1 when the last attempt to reach it succeeded.", GAUGE },
	[METRIC_CONNECTIONS] = { "portcullis_connections", "Connections that are logged in.", GAUGE,
	    false, { "edge" } },
	[METRIC_CONNECTIONS_TOTAL] = { "portcullis_connections_total",
	    "Connections that were let in since the edge started.", COUNTER, false, { "edge" } },
	[METRIC_LOGINS] = { "portcullis_logins_total",
	    "Connections that came, by what became of their login.", COUNTER, false,
	    { "edge", "outcome" } },
	[METRIC_MESSAGES] = { "portcullis_messages_total",
	    "Messages from (in) and to (out) clients.", COUNTER, false, { "edge", "direction" } },
	[METRIC_BYTES] = { "portcullis_bytes_total", "Their headers and bodies.", COUNTER, false,
	    { "edge", "direction" } },
	[METRIC_DENIED] = { "portcullis_denied_total", "What clients were denied, by what it was.",
	    COUNTER, false, { "edge", "kind" } },
	[METRIC_SHADOW_DENIED] = { "portcullis_shadow_denied_total",
	    "What was let through by rules that only observe.", COUNTER, false, { "edge" } },
	[METRIC_TLS] = { "portcullis_tls_handshakes_total",
	    "TLS handshakes of clients, by what came of them.", COUNTER, false, { "edge", "outcome" } },
	[METRIC_TLS_UNSIGNED] = { "portcullis_tls_signatures_refused_total",
	    "Signatures for handshakes that the signer did not give, or not in time.", COUNTER, false,
	    { "edge" } },
	[METRIC_COMMANDS] = { "portcullis_commands_total", "Commands, by what was decided.",
	    COUNTER, false, { "decision" } },
	[METRIC_COMMANDS_WAITING] = { "portcullis_commands_waiting",
	    "Commands held or not answered yet.", GAUGE },
	[METRIC_LIMITS] = { "portcullis_limit_reached_total",
	    "How often somebody ran into a ceiling.", COUNTER, false, { "limit" } },
	[METRIC_PREAUTH] = { "portcullis_preauth_connections",
	    "Connections that have not logged in.", GAUGE, false, { "edge" } },
	[METRIC_PENALISED] = { "portcullis_penalised_sources",
	    "Sources without a connection that have a penalty.", GAUGE, false, { "edge" } },
	[METRIC_HELD] = { "portcullis_held_bytes",
	    "What waits for all sides of all connections.", GAUGE, false, { "edge" } },
	[METRIC_AUDIT_SEQ] = { "portcullis_audit_records_total",
	    "Records of the audit log, all its life.", COUNTER },
	[METRIC_AUDIT_DURABLE] = { "portcullis_audit_durable_records_total",
	    "Those that are on disk.", COUNTER },
	[METRIC_AUDIT_FAILING] = { "portcullis_audit_failing",
	    "1 while records cannot be written: commands that change something are refused.",
	    GAUGE },
	[METRIC_AUDIT_LOST] = { "portcullis_audit_gap_total",
	    "Records that could not be kept since the auditor started; the log says so where they "
	    "would be.",
	    COUNTER },
	[METRIC_AUDIT_CHECKPOINT] = { "portcullis_audit_last_checkpoint_timestamp_seconds",
	    "When the last checkpoint was signed.", GAUGE, true },
	[METRIC_AUDIT_WRITE_BUCKET] = { "portcullis_audit_write_seconds",
	    "How long a batch of records takes to be durable.", HISTOGRAM, false, { "le" },
	    "portcullis_audit_write_seconds_bucket" },
	[METRIC_AUDIT_WRITE_SUM] = { "portcullis_audit_write_seconds_sum", NULL, HISTOGRAM, true },
	[METRIC_AUDIT_WRITE_COUNT] = { "portcullis_audit_write_seconds_count", NULL, HISTOGRAM },
	[METRIC_DECISIONS_LOST] = { "portcullis_decisions_lost_total",
	    "Lines of the decision log that were given up.", COUNTER, false, { "edge" } },
	[METRIC_DECISIONS_FAILING] = { "portcullis_decisions_failing",
	    "1 while the decision log cannot be written.", GAUGE },
	[METRIC_PROCESS_UP] = { "portcullis_process_up", "1 when the process is ready and answers.",
	    GAUGE, false, { "role", "index" } },
	[METRIC_PROCESS_RESTARTS] = { "portcullis_process_restarts_total",
	    "How many had its place before.", COUNTER, false, { "role", "index" } },
	[METRIC_SINK_UP] = { "portcullis_sink_up", "1 when the sink takes records.", GAUGE, false,
	    { "sink", "type" } },
	[METRIC_SINK_POSITION] = { "portcullis_sink_position",
	    "The last record that arrived there.", GAUGE, false, { "sink", "type" } },
	[METRIC_SINK_WAITING] = { "portcullis_sink_waiting_records",
	    "Records that are still to be sent.", GAUGE, false, { "sink", "type" } },
};

static const char *const kinds[] = { "gauge", "counter", "histogram" };

const uint64_t metric_bounds_ns[METRIC_BUCKETS] = { 100000, 250000, 500000, 1000000, 2500000,
	5000000, 10000000, 50000000, 250000000, 1000000000 };

size_t
metric_bucket(uint64_t ns)
{
	size_t i = 0;

	while (i < METRIC_BUCKETS && ns > metric_bounds_ns[i])
		i++;
	return i;
}

size_t
metric_labels(enum metric m)
{
	size_t n = 0;

	while (n < METRIC_LABELS && families[m].label[n] != NULL)
		n++;
	return n;
}

static void
put_line(struct buf *b, const char *word, const char *name, const char *text)
{
	buf_put_str(b, "# ");
	buf_put_str(b, word);
	buf_put_u8(b, ' ');
	buf_put_str(b, name);
	buf_put_u8(b, ' ');
	buf_put_str(b, text);
	buf_put_u8(b, '\n');
}

/* put_label() - quoted; what is not printable ASCII stands as a question mark. */
static void
put_label(struct buf *b, const char *name, struct bytes v)
{
	buf_put_str(b, name);
	buf_put_str(b, "=\"");
	v = bytes_upto(v, METRIC_LABEL_MAX);
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.ptr[i];

		if (c == '\\' || c == '"')
			buf_put_u8(b, '\\');
		buf_put_u8(b, c < 0x20 || c > 0x7e ? '?' : c);
	}
	buf_put_u8(b, '"');
}

static void
put_seconds(struct buf *b, uint64_t ns)
{
	uint64_t part = ns % 1000000000, digit = 100000000;

	buf_put_dec(b, ns / 1000000000);
	if (part == 0)
		return;
	buf_put_u8(b, '.');
	for (; part != 0; digit /= 10) {
		buf_put_u8(b, (uint8_t)('0' + part / digit));
		part %= digit;
	}
}

static void
put_sample(struct buf *b, const struct family *f, const struct metric_sample *s)
{
	buf_put_str(b, f->sample != NULL ? f->sample : f->name);
	for (size_t i = 0; i < METRIC_LABELS && f->label[i] != NULL; i++) {
		buf_put_u8(b, i == 0 ? '{' : ',');
		put_label(b, f->label[i], s->label[i]);
	}
	if (f->label[0] != NULL)
		buf_put_u8(b, '}');
	buf_put_u8(b, ' ');
	if (f->ns)
		put_seconds(b, s->value);
	else
		buf_put_dec(b, s->value);
	buf_put_u8(b, '\n');
}

void
exposition_put(struct buf *b, const struct metric_sample *s, size_t n)
{
	for (size_t m = 0; m < METRIC_COUNT; m++) {
		const struct family *f = &families[m];
		bool headed = f->help == NULL;

		for (size_t i = 0; i < n; i++) {
			if (s[i].metric != m)
				continue;
			if (!headed) {
				put_line(b, "HELP", f->name, f->help);
				put_line(b, "TYPE", f->name, kinds[f->kind]);
				headed = true;
			}
			put_sample(b, f, &s[i]);
		}
	}
}
