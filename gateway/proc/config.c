/*
 * config - gateway.conf as a value.
 *
 * The file is written by the administrator, so it is trusted in what it asks for, not in how it is
 * written: every key is in one table below, whatever is in no table is an error, and all problems
 * of a file are reported at once with their place. Nothing comes from the environment, and no file
 * named here is opened: config_files.c looks at those.
 *
 * A key that this version does not act on is refused rather than ignored: a wall that was asked for
 * and silently left out would be worse than a daemon that does not start.
 */
#include <limits.h>

#include "gateway/proc/config_priv.h"

/* One path: where it is written, where it goes, and what stands when it is absent. */
struct config_path {
	const char *key;
	size_t at;            /* offsetof(struct config, ...) of a char * */
	const char *fallback; /* relative to the file; NULL: stays NULL */
	const char *missing;  /* not NULL: required, and this is what the message says to write */
};

#define AT(field) offsetof(struct config, field)

static const struct config_path root_paths[] = {
	{ "inbox_key", AT(inbox_key), "keys/inbox.key", NULL },
	{ "policies", AT(policies), NULL, "policies = policies" },
	{ "audit", AT(audit), NULL, "audit = audit" },
	{ "decisions", AT(decisions), "log/decisions.jsonl", NULL },
	{ "log", AT(log), NULL, NULL },
	{ "sink_state", AT(sink_state), "sinks", NULL },
	{ "control", AT(control), "run/control.sock", NULL },
};

static const struct config_path trust_paths[] = {
	{ "operator", AT(trust_operator), NULL, "operator = jwt/operator.jwt" },
	{ "accounts", AT(trust_accounts), NULL, "accounts = jwt/accounts" },
};

static const struct config_path upstream_paths[] = {
	{ "mint", AT(upstream_mint), NULL, NULL },
	{ "creds", AT(upstream_creds), NULL, NULL },
	{ "command_creds", AT(upstream_command_creds), NULL, NULL },
};

static const struct config_path stamp_paths[] = {
	{ "key", AT(stamp_key), "keys/stamp.key", NULL },
};

static const struct config_path audit_paths[] = {
	{ "key", AT(audit_key), "keys/audit.key", NULL },
	{ "redact_key", AT(redact_key), "keys/redact.key", NULL },
};

enum limit_unit { UNIT_COUNT, UNIT_SIZE, UNIT_TIME };

struct config_limit {
	const char *key;
	size_t at; /* offsetof of a uint32_t */
	enum limit_unit unit;
	uint32_t min, max, preset;
};

enum { KIB = 1024, MIB = 1024 * 1024, SEC = 1000, MINUTE = 60 * 1000, HOUR = 3600 * 1000 };

static const struct config_limit limits[] = {
	{ "edges", AT(edges), UNIT_COUNT, 1, 64, 1 },
	{ "max_connections", AT(max_connections), UNIT_COUNT, 1, 1000000, 65536 },
	{ "max_subscriptions", AT(max_subscriptions), UNIT_COUNT, 1, 1000000, 8192 },
	{ "max_control_line", AT(max_control_line), UNIT_SIZE, 512, 1 * MIB, 4 * KIB },
	{ "max_connect", AT(max_connect), UNIT_SIZE, 1 * KIB, 256 * KIB, 16 * KIB },
	{ "max_payload", AT(max_payload), UNIT_SIZE, 1 * KIB, 64 * MIB, 1 * MIB },
	{ "max_command", AT(max_command), UNIT_SIZE, 1 * KIB, 1 * MIB, 256 * KIB },
	{ "max_pending", AT(max_pending), UNIT_SIZE, 16 * KIB, 1024 * MIB, 1 * MIB },
	{ "auth_timeout", AT(auth_timeout_ms), UNIT_TIME, 50, 1 * MINUTE, 2 * SEC },
	{ "ping_interval", AT(ping_interval_ms), UNIT_TIME, 50, 1 * HOUR, 2 * MINUTE },
	{ "ping_max", AT(ping_max), UNIT_COUNT, 1, 100, 2 },
	{ "write_deadline", AT(write_deadline_ms), UNIT_TIME, 50, 10 * MINUTE, 10 * SEC },
	{ "lame_duck_grace", AT(lame_duck_grace_ms), UNIT_TIME, 0, 10 * MINUTE, 10 * SEC },
	{ "lame_duck_duration", AT(lame_duck_duration_ms), UNIT_TIME, 0, 24 * HOUR, 2 * MINUTE },
};

#define YEARS_100 (UINT64_C(36500) * 24 * HOUR)
#define PIB (UINT64_C(1) << 50)

/* Of the audit: some are larger than 32 bits. */
static const struct audit_limit {
	const char *key;
	size_t at; /* offsetof of a uint64_t */
	enum limit_unit unit;
	uint64_t min, max, preset;
} audit_limits[] = {
	{ "checkpoint_records", AT(checkpoint_records), UNIT_COUNT, 1, 1000000, 1000 },
	{ "checkpoint_every", AT(checkpoint_every_ms), UNIT_TIME, 1 * SEC, 24 * HOUR, 1 * MINUTE },
	{ "segment_size", AT(segment_size), UNIT_SIZE, 64 * KIB, 1024 * MIB, 64 * MIB },
	{ "segment_age", AT(segment_age_ms), UNIT_TIME, 1 * SEC, YEARS_100, 24 * HOUR },
	{ "keep_size", AT(keep_size), UNIT_SIZE, 0, PIB, 0 },
	{ "keep_age", AT(keep_age_ms), UNIT_TIME, 0, YEARS_100, 0 },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- values ---- */

static void
note(struct config_reader *rd, int r)
{
	if (r == TEXT_BAD)
		rd->bad = true;
	else if (r != 0)
		rd->failed = true;
}

/* path_resolve() - @s against the file's folder, as owned absolute text; NULL when out of memory.
 */
static char *
path_resolve(const struct config *c, struct bytes s)
{
	struct buf b;

	buf_init(&b, PATH_MAX - 1);
	if (s.len == 0 || s.ptr[0] != '/') {
		buf_put_str(&b, c->dir);
		if (b.len == 0 || b.ptr[b.len - 1] != '/')
			buf_put_str(&b, "/");
	}
	buf_put(&b, s);
	return buf_take(&b, NULL);
}

void
config_path_set(struct config_reader *rd, const struct text_node *e, char **field, struct bytes s)
{
	if (s.len == 0 || s.len >= PATH_MAX - strlen(rd->c->dir) - 2) {
		text_error(rd->r, rd->t, e, "a path of %zu bytes is not usable", s.len);
		rd->bad = true;
		return;
	}
	*field = path_resolve(rd->c, s);
	if (*field == NULL)
		rd->failed = true;
}

static void
path_set(struct config_reader *rd, const struct text_node *e, size_t at, struct bytes s)
{
	config_path_set(rd, e, (char **)((char *)rd->c + at), s);
}

static void
read_path(struct config_reader *rd, struct text_node *block, const struct config_path *p)
{
	struct text_node *e = text_find(block, p->key);
	struct bytes s = bytes_str(p->fallback);

	if (e == NULL && p->missing != NULL) {
		text_error(rd->r, rd->t, block == rd->t->root ? NULL : block,
		    "%s is missing: write `%s`", p->key, p->missing);
		rd->bad = true;
	}
	if (e != NULL) {
		int r = text_get_string(rd->t, e, &s, rd->r);

		note(rd, r);
		if (r == 0)
			path_set(rd, e, p->at, s);
	} else if (p->fallback != NULL) {
		path_set(rd, NULL, p->at, s);
	}
}

static void
read_paths(struct config_reader *rd, struct text_node *block, const struct config_path *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		read_path(rd, block, &p[i]);
}

/* section() - a block of the root, which must be one and carry no label; NULL when absent or not.
 */
static struct text_node *
section(struct config_reader *rd, const char *kind)
{
	struct text_node *n = text_find(rd->t->root, kind);

	if (n == NULL)
		return NULL;
	if (n->kind != TEXT_SECTION || n->label.len != 0) {
		text_error(rd->r, rd->t, n, "%s is a section without a name: write `%s { ... }`",
		    kind, kind);
		rd->bad = true;
		return NULL;
	}
	return n;
}

/* ---- the parts of the file ---- */

static void
read_listen_one(struct config_reader *rd, const struct text_node *v)
{
	struct config *c = rd->c;

	if (c->n_listen == CONFIG_MAX_LISTEN) {
		text_error(rd->r, rd->t, v, "more than %d listen addresses", CONFIG_MAX_LISTEN);
		rd->bad = true;
	} else if (v->kind != TEXT_WORD ||
		   config_address_parse(v->text, &c->listen[c->n_listen]) != 0) {
		text_error(rd->r, rd->t, v,
		    "not an address to listen on: write \"HOST:PORT\", e.g. \"127.0.0.1:4222\" or "
		    "\"[::1]:4222\"");
		rd->bad = true;
	} else {
		c->n_listen++;
	}
}

static void
read_listen(struct config_reader *rd)
{
	struct text_node *e = text_find(rd->t->root, "listen"), *v;

	if (e == NULL) {
		text_error(
		    rd->r, rd->t, NULL, "listen is missing: write `listen = \"127.0.0.1:4222\"`");
		rd->bad = true;
		return;
	}
	if (e->kind != TEXT_ENTRY || e->op != TEXT_EQ || e->child == NULL) {
		text_error(rd->r, rd->t, e, "listen takes `=` and an address or a list of them");
		rd->bad = true;
		return;
	}
	v = e->child;
	if (v->kind != TEXT_LIST) {
		read_listen_one(rd, v);
		return;
	}
	if (v->child == NULL) {
		text_error(rd->r, rd->t, v, "the list of listen addresses is empty");
		rd->bad = true;
	}
	for (v = v->child; v != NULL; v = v->next)
		read_listen_one(rd, v);
}

static void
read_server_name(struct config_reader *rd)
{
	struct text_node *e = text_find(rd->t->root, "server_name");
	struct bytes s = BYTES_LIT("portcullis");
	bool plain = true;
	struct buf b;

	note(rd, text_get_string(rd->t, e, &s, rd->r));
	for (size_t i = 0; i < s.len; i++)
		plain = plain && s.ptr[i] > 0x20 && s.ptr[i] < 0x7f && s.ptr[i] != '"' &&
			s.ptr[i] != '\\';
	if (!plain || s.len == 0 || s.len > 255) {
		text_error(rd->r, rd->t, e,
		    "server_name is 1 to 255 printable ASCII characters without blanks and quotes");
		rd->bad = true;
		return;
	}
	buf_init(&b, 256);
	buf_put(&b, s);
	rd->c->server_name = buf_take(&b, NULL);
	if (rd->c->server_name == NULL)
		rd->failed = true;
}

/* read_control() - a socket's name has less room than a file's. */
static void
read_control(struct config_reader *rd)
{
	struct text_node *e = text_find(rd->t->root, "control");

	rd->c->control_asked = e != NULL;
	if (e != NULL && rd->c->control != NULL && strlen(rd->c->control) > CONFIG_MAX_SOCKET) {
		text_error(rd->r, rd->t, e->child, "%s is too long for a socket: at most %d bytes", rd->c->control,
		    CONFIG_MAX_SOCKET);
		rd->bad = true;
	}
}

static void
read_trust(struct config_reader *rd)
{
	struct text_node *s = section(rd, "trust");

	if (s == NULL) {
		if (text_find(rd->t->root, "trust") == NULL)
			text_error(rd->r, rd->t, NULL,
			    "trust is missing: write `trust { operator = "
			    "jwt/operator.jwt  accounts = jwt/accounts }`");
		rd->bad = true;
		return;
	}
	read_paths(rd, s, trust_paths, COUNT(trust_paths));
	note(rd, text_get_bool(rd->t, text_find(s, "require_exp"), &rd->c->require_exp, rd->r));
}

static void
read_upstream_url(struct config_reader *rd, struct text_node *s)
{
	struct text_node *e = text_find(s, "url");
	struct bytes url = BYTES_NULL;
	int r = text_get_string(rd->t, e, &url, rd->r);

	note(rd, r);
	if (e == NULL) {
		text_error(
		    rd->r, rd->t, s, "url is missing: write `url = \"nats://127.0.0.1:4223\"`");
		rd->bad = true;
	} else if (r == 0 && (config_address_parse(url, &rd->c->upstream) != 0 ||
				 rd->c->upstream.port == 0)) {
		text_error(rd->r, rd->t, e->child,
		    "not an upstream this gateway can dial: write \"nats://HOST:PORT\"");
		rd->bad = true;
	}
}

/* Exactly one way to log in upstream, and a second creds file only beside a first. */
static void
check_upstream(struct config_reader *rd, struct text_node *s)
{
	bool mint = text_find(s, "mint") != NULL, creds = text_find(s, "creds") != NULL;
	struct text_node *command = text_find(s, "command_creds");

	if (mint && creds)
		text_error(rd->r, rd->t, text_find(s, "creds"),
		    "mint and creds exclude each other: keep one");
	else if (!mint && !creds)
		text_error(rd->r, rd->t, s,
		    "how to log in upstream is missing: write "
		    "`mint = keys/upstream.keys` or `creds = creds/upstream.creds`");
	else if (command != NULL && !creds)
		text_error(rd->r, rd->t, command,
		    "command_creds goes with creds; with mint, commands get their own login "
		    "anyway");
	else
		return;
	rd->bad = true;
}

static void
read_upstream(struct config_reader *rd)
{
	struct text_node *s = section(rd, "upstream");

	if (s == NULL) {
		if (text_find(rd->t->root, "upstream") == NULL)
			text_error(rd->r, rd->t, NULL,
			    "upstream is missing: write `upstream { url = "
			    "\"nats://127.0.0.1:4223\"  mint = keys/upstream.keys }`");
		rd->bad = true;
		return;
	}
	read_upstream_url(rd, s);
	read_paths(rd, s, upstream_paths, COUNT(upstream_paths));
	note(rd,
	    text_get_bool(rd->t, text_find(s, "allow_open"), &rd->c->upstream_allow_open, rd->r));
	check_upstream(rd, s);
	if (rd->c->upstream_creds != NULL && rd->c->upstream_command_creds == NULL) {
		rd->c->upstream_command_creds = strdup(rd->c->upstream_creds);
		if (rd->c->upstream_command_creds == NULL)
			rd->failed = true;
	}
}

/* gate_key() - is it a gate's public key in itself? A file of that name would be written ./C... */
static bool
gate_key(struct bytes s)
{
	if (s.len != 56 || s.ptr[0] != 'C')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') || (s.ptr[i] >= '2' && s.ptr[i] <= '7')))
			return false;
	return true;
}

static void
read_gate(struct config_reader *rd, const struct text_node *v)
{
	struct config *c = rd->c;

	if (v->kind != TEXT_WORD) {
		text_error(rd->r, rd->t, v, "expected a file with a gate's public key, or the key (C...)");
		rd->bad = true;
	} else if (c->n_stamp_trust == CONFIG_MAX_GATES) {
		text_error(rd->r, rd->t, v, "more than %d gates", CONFIG_MAX_GATES);
		rd->bad = true;
	} else if (gate_key(v->text)) {
		char *key = strndup((const char *)v->text.ptr, v->text.len);

		rd->failed = rd->failed || key == NULL;
		c->stamp_trust[c->n_stamp_trust++] = key;
	} else {
		path_set(rd, v, AT(stamp_trust) + c->n_stamp_trust * sizeof(char *), v->text);
		c->n_stamp_trust++;
	}
}

/* read_stamp() - the whole section may be absent: the key is at its place, and no other gate believed. */
static void
read_stamp(struct config_reader *rd)
{
	struct text_node *s = section(rd, "stamp"), none = { .kind = TEXT_SECTION };
	struct text_node *e = s != NULL ? text_find(s, "trust") : NULL, *v;

	read_paths(rd, s != NULL ? s : &none, stamp_paths, COUNT(stamp_paths));
	if (e == NULL)
		return;
	if (e->kind != TEXT_ENTRY || e->op != TEXT_EQ || e->child == NULL) {
		text_error(rd->r, rd->t, e, "trust takes `=` and a file, a key (C...) or a list of them");
		rd->bad = true;
		return;
	}
	if (e->child->kind != TEXT_LIST) {
		read_gate(rd, e->child);
		return;
	}
	for (v = e->child->child; v != NULL; v = v->next)
		read_gate(rd, v);
}

/* read_audit_log() - the whole section may be absent. */
static void
read_audit_log(struct config_reader *rd)
{
	struct text_node *s = section(rd, "audit_log"), none = { .kind = TEXT_SECTION };

	read_paths(rd, s != NULL ? s : &none, audit_paths, COUNT(audit_paths));
	for (size_t i = 0; i < COUNT(audit_limits); i++) {
		const struct audit_limit *l = &audit_limits[i];
		struct text_node *e = s != NULL ? text_find(s, l->key) : NULL;
		uint64_t v = l->preset;

		if (l->unit == UNIT_SIZE)
			note(rd, text_get_size(rd->t, e, l->min, l->max, &v, rd->r));
		else if (l->unit == UNIT_TIME)
			note(rd, text_get_duration_ms(rd->t, e, l->min, l->max, &v, rd->r));
		else
			note(rd, text_get_number(rd->t, e, l->min, l->max, &v, rd->r));
		*(uint64_t *)(void *)((char *)rd->c + l->at) = v;
	}
}

static void
read_limits(struct config_reader *rd)
{
	struct text_node *s = section(rd, "limits");

	for (size_t i = 0; i < COUNT(limits); i++) {
		const struct config_limit *l = &limits[i];
		struct text_node *e = s != NULL ? text_find(s, l->key) : NULL;
		uint64_t v = l->preset;

		if (l->unit == UNIT_SIZE)
			note(rd, text_get_size(rd->t, e, l->min, l->max, &v, rd->r));
		else if (l->unit == UNIT_TIME)
			note(rd, text_get_duration_ms(rd->t, e, l->min, l->max, &v, rd->r));
		else
			note(rd, text_get_number(rd->t, e, l->min, l->max, &v, rd->r));
		*(uint32_t *)(void *)((char *)rd->c + l->at) = (uint32_t)v;
	}
}

/* ---- the whole ---- */

static struct config *
config_new(const char *file)
{
	struct config *c = calloc(1, sizeof(*c));
	const char *slash = strrchr(file, '/');

	if (c == NULL)
		return NULL;
	c->file = strdup(file);
	if (slash == NULL)
		c->dir = strdup(".");
	else
		c->dir = slash == file ? strdup("/") : strndup(file, (size_t)(slash - file));
	if (c->file == NULL || c->dir == NULL) {
		config_free(c);
		return NULL;
	}
	return c;
}

int
config_parse(struct config **out, const char *file, struct bytes text, struct text_report *r)
{
	autofree(config_freep) struct config *c = config_new(file);
	autofree(text_freep) struct text *t = NULL;
	struct config_reader rd = { .c = c, .r = r };
	int err;

	if (c == NULL)
		return err_raise(-ENOMEM);
	err = text_parse(&t, file, text, r);
	if (err != 0)
		return err_pass(err);
	rd.t = t;
	read_listen(&rd);
	read_server_name(&rd);
	read_paths(&rd, t->root, root_paths, COUNT(root_paths));
	read_control(&rd);
	read_trust(&rd);
	read_upstream(&rd);
	read_stamp(&rd);
	read_audit_log(&rd);
	read_limits(&rd);
	config_sinks(&rd);
	if (rd.failed)
		return err_raise(-ENOMEM);
	text_unused(t, t->root, r);
	if (rd.bad || r->errors != 0)
		return TEXT_BAD;
	*out = take(c);
	return 0;
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	free(c->file);
	free(c->dir);
	free(c->server_name);
	free(c->trust_operator);
	free(c->trust_accounts);
	free(c->upstream_mint);
	free(c->upstream_creds);
	free(c->upstream_command_creds);
	free(c->stamp_key);
	for (size_t i = 0; i < c->n_stamp_trust; i++)
		free(c->stamp_trust[i]);
	free(c->inbox_key);
	free(c->policies);
	free(c->audit);
	free(c->audit_key);
	free(c->redact_key);
	free(c->decisions);
	free(c->log);
	free(c->sink_state);
	for (size_t i = 0; i < c->n_sinks; i++) {
		free(c->sink_creds[i]);
		free(c->sink_dir[i]);
	}
	free(c->control);
	free(c);
}

void
config_freep(struct config **c)
{
	config_free(*c);
	*c = NULL;
}
