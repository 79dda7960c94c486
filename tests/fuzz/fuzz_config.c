/*
 * Any bytes as gateway.conf. Properties: a refusal comes with a message; what is accepted is within
 * every bound the header promises, has one way to log in upstream and only absolute paths; and the
 * value, written out as a file again, reads as the same value.
 */
#include "gateway/proc/config.h"
#include "policy/audit/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(what)                                                                                 \
	do {                                                                                       \
		if (!(what))                                                                       \
			abort();                                                                   \
	} while (0)

static void
check_bounds(const struct config *c)
{
	const char *const paths[] = { c->trust_operator, c->trust_accounts, c->inbox_key, c->stamp_key,
		c->policies, c->audit, c->decisions };

	MUST(c->n_listen >= 1 && c->n_listen <= CONFIG_MAX_LISTEN);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		MUST(paths[i] != NULL && paths[i][0] == '/');
	MUST(c->n_stamp_trust <= CONFIG_MAX_GATES);
	MUST(c->n_sinks <= SINK_MAX && c->sink_state != NULL && c->sink_state[0] == '/');
	for (size_t i = 0; i < c->n_sinks; i++) {
		const struct sink *s = &c->sink[i];

		MUST(s->name[0] != '\0' && s->type != SINK_NONE && s->creds == (c->sink_creds[i] != NULL));
		MUST((s->type == SINK_FILE) == (c->sink_dir[i] != NULL));
		MUST(s->type == SINK_FILE || (s->path[0] != '\0') != (s->port != 0));
	}
	MUST((c->upstream_mint != NULL) != (c->upstream_creds != NULL));
	MUST((c->upstream_creds != NULL) == (c->upstream_command_creds != NULL));
	MUST(c->upstream.port != 0 && c->upstream.host[0] != '\0');
	MUST(c->edges >= 1 && c->edges <= 64);
	MUST(c->max_connections >= 1 && c->max_payload >= 1024 && c->max_pending > 0);
	MUST(c->max_control_line >= 512 && c->max_connect >= 1024 && c->max_command >= 1024);
	MUST(c->auth_timeout_ms > 0 && c->ping_interval_ms > 0 && c->write_deadline_ms > 0 &&
	     c->ping_max > 0);
}

/* put_quoted() - a string of the grammar; every byte that could end it is written as \xHH. */
static void
put_quoted(struct buf *b, const char *s)
{
	buf_put_u8(b, '"');
	for (; *s != '\0'; s++) {
		if ((uint8_t)*s < 0x20 || *s == '"' || *s == '\\' || *s == 0x7f) {
			uint8_t c = (uint8_t)*s;

			buf_put_str(b, "\\x");
			buf_put_hex(b, bytes_of(&c, 1));
		} else {
			buf_put_u8(b, (uint8_t)*s);
		}
	}
	buf_put_str(b, "\"\n");
}

static void
put_text(struct buf *b, const char *key, const char *s)
{
	if (s == NULL)
		return;
	buf_put_str(b, key);
	buf_put_str(b, " = ");
	put_quoted(b, s);
}

static void
put_number(struct buf *b, const char *key, uint64_t v, const char *unit)
{
	buf_put_str(b, key);
	buf_put_str(b, " = ");
	buf_put_dec(b, v);
	buf_put_str(b, unit);
	buf_put_u8(b, '\n');
}

static void
put_address(struct buf *b, const char *key, const struct config_address *a)
{
	bool v6 = strchr(a->host, ':') != NULL;

	buf_put_str(b, key);
	buf_put_str(b, v6 ? "\"[" : "\"");
	buf_put_str(b, a->host);
	buf_put_str(b, v6 ? "]:" : ":");
	buf_put_dec(b, a->port);
	buf_put_str(b, "\"\n");
}

/* put_filter() - nothing for one that lets everything through. */
static void
put_filter(struct buf *b, const struct sink_filter *f)
{
	if (f->kinds == 0 && f->decisions == 0 && f->n_lattices == 0)
		return;
	buf_put_str(b, "filter {\n");
	buf_put_str(b, f->kinds != 0 ? "kinds = [ " : "");
	for (int k = RECORD_NONE + 1; k < RECORD_KINDS; k++) {
		buf_put_str(b, (f->kinds & 1U << k) != 0 ? record_kind_name((enum record_kind)k) : "");
		buf_put_u8(b, ' ');
	}
	buf_put_str(b, f->kinds != 0 ? "]\n" : "\n");
	if (f->decisions != 0)
		buf_put_str(b, f->decisions == SINK_ALLOW ? "decisions = allow\n" :
			       f->decisions == SINK_DENY  ? "decisions = deny\n" :
							    "decisions = [allow, deny]\n");
	buf_put_str(b, f->n_lattices != 0 ? "lattices = [\n" : "");
	for (size_t i = 0; i < f->n_lattices; i++)
		put_quoted(b, f->lattice[i]);
	buf_put_str(b, f->n_lattices != 0 ? "]\n}\n" : "}\n");
}

static void
put_sink(struct buf *b, const struct config *c, size_t i)
{
	const struct sink *s = &c->sink[i];
	struct config_address a = { .port = s->port };

	memcpy(a.host, s->host, sizeof(a.host));
	buf_put_str(b, "sink \"");
	buf_put_str(b, s->name);
	buf_put_str(b, "\" {\n");
	put_text(b, "type", sink_type_name(s->type));
	put_text(b, "what", s->checkpoints ? "checkpoints" : "records");
	if (s->type == SINK_SYSLOG && s->path[0] != '\0') {
		char path[SINK_TEXT_MAX + 8] = "unix:";

		strcat(path, s->path);
		put_text(b, "address", path);
	} else if (s->type == SINK_SYSLOG) {
		bool v6 = strchr(a.host, ':') != NULL;

		buf_put_str(b, v6 ? "address = \"udp://[" : "address = \"udp://");
		buf_put_str(b, a.host);
		buf_put_str(b, v6 ? "]:" : ":");
		buf_put_dec(b, a.port);
		buf_put_str(b, "\"\n");
	} else if (s->type != SINK_FILE && s->tls) {
		bool v6 = strchr(a.host, ':') != NULL;

		buf_put_str(b, v6 ? "url = \"tls://[" : "url = \"tls://");
		buf_put_str(b, a.host);
		buf_put_str(b, v6 ? "]:" : ":");
		buf_put_dec(b, a.port);
		buf_put_str(b, "\"\n");
	} else if (s->type != SINK_FILE) {
		put_address(b, "url = ", &a);
	}
	if (s->type == SINK_SYSLOG)
		put_text(b, "format", s->format == SINK_CEF ? "cef" : "rfc5424");
	put_text(b, "subject", s->subject[0] != '\0' ? s->subject : NULL);
	put_text(b, "stream", s->stream[0] != '\0' ? s->stream : NULL);
	if (s->type == SINK_JETSTREAM)
		buf_put_str(b, s->create ? "create = yes\n" : "create = no\n");
	put_text(b, "creds", c->sink_creds[i]);
	put_text(b, "ca", c->sink_ca[i]);
	put_text(b, "cert", c->sink_cert[i]);
	put_text(b, "key", c->sink_key[i]);
	put_text(b, "dir", c->sink_dir[i]);
	put_filter(b, &s->filter);
	buf_put_str(b, "}\n");
}

static void
put_config(struct buf *b, const struct config *c)
{
	buf_put_str(b, "listen = [\n");
	for (size_t i = 0; i < c->n_listen; i++)
		put_address(b, "", &c->listen[i]);
	buf_put_str(b, "]\ntrust {\n");
	put_text(b, "operator", c->trust_operator);
	put_text(b, "accounts", c->trust_accounts);
	buf_put_str(b, c->require_exp ? "require_exp = yes\n}\n" : "}\n");
	buf_put_str(b, "upstream {\n");
	put_address(b, "url = ", &c->upstream);
	put_text(b, "mint", c->upstream_mint);
	put_text(b, "creds", c->upstream_creds);
	put_text(b, "command_creds", c->upstream_command_creds);
	buf_put_str(b, c->upstream_allow_open ? "allow_open = yes\n}\n" : "}\n");
	put_text(b, "server_name", c->server_name);
	buf_put_str(b, "stamp {\n");
	put_text(b, "key", c->stamp_key);
	buf_put_str(b, "trust = [");
	for (size_t i = 0; i < c->n_stamp_trust; i++)
		put_quoted(b, c->stamp_trust[i]);
	buf_put_str(b, "]\n}\n");
	put_text(b, "inbox_key", c->inbox_key);
	put_text(b, "policies", c->policies);
	put_text(b, "audit", c->audit);
	put_text(b, "decisions", c->decisions);
	put_text(b, "log", c->log);
	put_text(b, "sink_state", c->sink_state);
	for (size_t i = 0; i < c->n_sinks; i++)
		put_sink(b, c, i);
	buf_put_str(b, "limits {\n");
	put_number(b, "edges", c->edges, "");
	put_number(b, "max_connections", c->max_connections, "");
	put_number(b, "max_subscriptions", c->max_subscriptions, "");
	put_number(b, "max_control_line", c->max_control_line, "");
	put_number(b, "max_connect", c->max_connect, "");
	put_number(b, "max_payload", c->max_payload, "");
	put_number(b, "max_command", c->max_command, "");
	put_number(b, "max_pending", c->max_pending, "");
	put_number(b, "auth_timeout", c->auth_timeout_ms, "ms");
	put_number(b, "ping_interval", c->ping_interval_ms, "ms");
	put_number(b, "ping_max", c->ping_max, "");
	put_number(b, "write_deadline", c->write_deadline_ms, "ms");
	put_number(b, "lame_duck_grace", c->lame_duck_grace_ms, "ms");
	put_number(b, "lame_duck_duration", c->lame_duck_duration_ms, "ms");
	buf_put_str(b, "}\n");
}

static void
check_round_trip(const struct config *c)
{
	struct buf once, twice;
	struct config *again = NULL;
	struct text_report r;

	buf_init(&once, 8 << 20);
	buf_init(&twice, 8 << 20);
	text_report_init(&r);
	put_config(&once, c);
	MUST(config_parse(&again, "/gate/gateway.conf", buf_bytes(&once), &r) == 0);
	put_config(&twice, again);
	MUST(bytes_eq(buf_bytes(&once), buf_bytes(&twice)));
	config_free(again);
	text_report_deinit(&r);
	buf_deinit(&once);
	buf_deinit(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *c = NULL;
	struct text_report r;
	int rc;

	if (size > 65536)
		return 0;
	text_report_init(&r);
	rc = config_parse(&c, "/gate/gateway.conf", bytes_of(data, size), &r);
	MUST(rc == 0 || (rc == TEXT_BAD && r.errors > 0 && c == NULL));
	if (rc == 0) {
		check_bounds(c);
		check_round_trip(c);
	}
	config_free(c);
	text_report_deinit(&r);
	return 0;
}
