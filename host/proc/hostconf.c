/*
 * hostconf - see hostconf.h.
 *
 * The file is strict as gateway.conf is: what is in no table is an error, all mistakes are reported
 * at once with their place. What flags and variables say is read by the same rules after it, so
 * that a wrong port is told in the same words wherever it was written.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/proc/hostconf_priv.h"

enum { FILE_MAX = 1024 * 1024 };

const struct hostconf_row hostconf_rows[HC_KEYS] = {
	[HC_LATTICE] = { "lattice", NULL, "lattice", "lattice",
	    { "WASMCLOUD_LATTICE", "WASMCLOUD_LATTICE_PREFIX", "LATTICE" } },
	[HC_DIALECT] = { "dialect", NULL, "dialect", "dialect", { "PORTCULLIS_DIALECT" } },
	[HC_NAME] = { "name", NULL, "name", "name", { "PORTCULLIS_HOST_NAME" } },
	[HC_STATE] = { "state", NULL, "state", "state", { "PORTCULLIS_HOST_STATE" }, .path = true },
	[HC_KEY] = { "key", NULL, "key", "host-seed", { "WASMCLOUD_HOST_SEED", "HOST_SEED" },
	    .path = true, .secret = true },
	[HC_CLUSTER] = { "cluster_key", NULL, "cluster_key", "cluster-seed",
	    { "WASMCLOUD_CLUSTER_SEED", "CLUSTER_SEED" }, .path = true, .secret = true },
	[HC_ANONYMOUS] = { "insecure_anonymous", NULL, "insecure_anonymous", "insecure-anonymous",
	    { NULL } },
	[HC_HEARTBEAT] = { "heartbeat", NULL, "heartbeat", "heartbeat",
	    { "PORTCULLIS_HEARTBEAT" } },
	[HC_LOG] = { "log", NULL, "log", NULL, { NULL }, .path = true },
	[HC_METRICS] = { "metrics.file", "metrics", "file", NULL, { NULL }, .path = true },
	[HC_MANIFEST] = { "manifest", NULL, "manifest", "manifest", { "PORTCULLIS_MANIFEST" },
	    .path = true },
	[HC_LOCKED] = { "locked", NULL, "locked", "locked", { NULL } },
	[HC_WATCH] = { "watch", NULL, "watch", "watch", { NULL } },
	[HC_CONTROL_HOST] = { "control.host", "control", "host", "control-host",
	    { "CONTROL_HOST", "WASMCLOUD_CTL_HOST" } },
	[HC_CONTROL_PORT] = { "control.port", "control", "port", "control-port",
	    { "CONTROL_PORT", "WASMCLOUD_CTL_PORT" } },
	[HC_CONTROL_CREDS] = { "control.creds", "control", "creds", "control-creds",
	    { "CONTROL_CREDS", "WASMCLOUD_CTL_CREDS", "WASMCLOUD_NATS_CREDS" }, .path = true },
	[HC_CONTROL_CA] = { "control.ca", "control", "ca", "control-ca",
	    { "CONTROL_TLS_CA", "WASMCLOUD_CTL_TLS_CA_FILE" }, .path = true },
	[HC_CONTROL_JWT] = { "control.jwt", NULL, NULL, NULL,
	    { "CONTROL_JWT", "WASMCLOUD_CTL_JWT" }, .secret = true },
	[HC_CONTROL_SEED] = { "control.seed", NULL, NULL, NULL,
	    { "CONTROL_SEED", "WASMCLOUD_CTL_SEED" }, .secret = true },
	[HC_RPC_HOST] = { "rpc.host", "rpc", "host", "rpc-host",
	    { "RPC_HOST", "WASMCLOUD_RPC_HOST" } },
	[HC_RPC_PORT] = { "rpc.port", "rpc", "port", "rpc-port",
	    { "RPC_PORT", "WASMCLOUD_RPC_PORT" } },
	[HC_RPC_CREDS] = { "rpc.creds", "rpc", "creds", "rpc-creds",
	    { "RPC_CREDS", "WASMCLOUD_RPC_CREDS", "WASMCLOUD_NATS_CREDS" }, .path = true },
	[HC_RPC_CA] = { "rpc.ca", "rpc", "ca", "rpc-ca",
	    { "RPC_TLS_CA", "WASMCLOUD_RPC_TLS_CA_FILE" }, .path = true },
	[HC_RPC_JWT] = { "rpc.jwt", NULL, NULL, NULL, { "RPC_JWT", "WASMCLOUD_RPC_JWT" },
	    .secret = true },
	[HC_RPC_SEED] = { "rpc.seed", NULL, NULL, NULL, { "RPC_SEED", "WASMCLOUD_RPC_SEED" },
	    .secret = true },
};

const char *
hostconf_key_name(enum hostconf_key key)
{
	return key < HC_KEYS ? hostconf_rows[key].name : "unknown";
}

const char *
hostconf_flag(enum hostconf_key key)
{
	return key < HC_KEYS ? hostconf_rows[key].flag : NULL;
}

struct hostconf *
hostconf_new(void)
{
	return calloc(1, sizeof(struct hostconf));
}

void
hostconf_free(struct hostconf *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < HC_KEYS; i++) {
		if (c->value[i].text != NULL && hostconf_rows[i].secret)
			explicit_bzero(c->value[i].text, strlen(c->value[i].text));
		free(c->value[i].text);
	}
	for (size_t i = 0; i < c->n_labels; i++) {
		free(c->label[i].key);
		free(c->label[i].value);
	}
	for (size_t i = 0; i < c->n_artifacts; i++)
		free(c->artifact[i]);
	free(c->trust_list);
	hostconf_registries_free(c);
	for (size_t i = 0; i < WIRES; i++) {
		free(c->wire[i].creds);
		free(c->wire[i].ca);
	}
	free(c->lattice);
	free(c->name);
	free(c->state);
	free(c->log);
	free(c->file);
	free(c->dir);
	free(c);
}

void
hostconf_freep(struct hostconf **c)
{
	hostconf_free(*c);
	*c = NULL;
}

int
hostconf_set(struct hostconf *c, enum hostconf_key key, const char *text, enum hostconf_from from,
    const char *by)
{
	struct hostconf_value *v = &c->value[key];
	char *own;

	if (v->text != NULL && v->from > from)
		return 0;
	own = strdup(text);
	if (own == NULL)
		return err_raise(-ENOMEM);
	free(v->text);
	*v = (struct hostconf_value){ own, from, by };
	return 0;
}

/* plain_key() - of a label: what can stand in `KEY=VALUE` and in a policy. */
static bool
plain_key(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f || s.ptr[i] == '=' || s.ptr[i] == '"')
			return false;
	return s.len > 0 && s.len <= HOSTCONF_LABEL_MAX;
}

static bool
plain_value(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < ' ' || s.ptr[i] >= 0x7f)
			return false;
	return s.len <= HOSTCONF_LABEL_MAX;
}

static int
add_label(struct hostconf *c, struct bytes key, struct bytes value, enum hostconf_from from)
{
	struct hostconf_label *l = NULL;
	char *k, *v;

	if (!plain_key(key) || !plain_value(value))
		return TEXT_BAD;
	for (size_t i = 0; i < c->n_labels; i++)
		if (bytes_is(key, c->label[i].key))
			l = &c->label[i];
	if (l != NULL && l->from > from)
		return 0;
	if (l == NULL && c->n_labels == HOSTCONF_LABELS)
		return err_raise(-E2BIG);
	k = strndup((const char *)key.ptr, key.len);
	v = value.len > 0 ? strndup((const char *)value.ptr, value.len) : strdup("");
	if (k == NULL || v == NULL) {
		free(k);
		free(v);
		return err_raise(-ENOMEM);
	}
	if (l == NULL)
		l = &c->label[c->n_labels++];
	free(l->key);
	free(l->value);
	*l = (struct hostconf_label){ k, v, from };
	return 0;
}

int
hostconf_label(struct hostconf *c, const char *text, enum hostconf_from from)
{
	struct bytes s = bytes_str(text);
	size_t eq = bytes_find(s, '=');

	if (eq == s.len)
		return TEXT_BAD;
	return add_label(c, bytes_upto(s, eq), bytes_from(s, eq + 1), from);
}

/* ---- the file ---- */

void
hostconf_note(struct hostconf_reader *rd, int r)
{
	rd->bad = rd->bad || r > 0;
	rd->failed = rd->failed || r < 0;
}

struct text_node *
hostconf_section(struct hostconf_reader *rd, const char *kind)
{
	struct text_node *s = text_find(rd->t->root, kind);

	if (s == NULL)
		return NULL;
	if (s->kind == TEXT_SECTION && s->label.len == 0)
		return s;
	text_error(
	    rd->r, rd->t, s, "%s is a section without a name: write `%s { ... }`", kind, kind);
	rd->bad = true;
	return NULL;
}

void
hostconf_each(struct hostconf_reader *rd, struct text_node *e, const char *what,
    void (*one)(struct hostconf_reader *, const struct text_node *))
{
	if (e == NULL)
		return;
	if (e->kind != TEXT_ENTRY || e->op != TEXT_EQ || e->child == NULL) {
		text_error(rd->r, rd->t, e, "expected `=` and %s, or a list", what);
		rd->bad = true;
		return;
	}
	if (e->child->kind != TEXT_LIST) {
		one(rd, e->child);
		return;
	}
	for (const struct text_node *v = e->child->child; v != NULL; v = v->next)
		one(rd, v);
}

char *
hostconf_path(const struct hostconf *c, struct bytes s)
{
	char *out = NULL;

	if (s.len > 0 && (s.ptr[0] == '/' || c->dir == NULL))
		return strndup((const char *)s.ptr, s.len);
	return asprintf(&out, "%s/%.*s", c->dir != NULL ? c->dir : ".", (int)s.len,
		   (const char *)s.ptr) < 0
		   ? NULL
		   : out;
}

/* read_value() - one of hostconf_rows. */
static void
read_value(struct hostconf_reader *rd, struct text_node *block, enum hostconf_key key)
{
	const struct hostconf_row *row = &hostconf_rows[key];
	struct text_node *e = text_find(block, row->key);
	struct bytes s = BYTES_NULL;
	char *text;
	int r = text_get_string(rd->t, e, &s, rd->r);

	hostconf_note(rd, r);
	if (e == NULL || r != 0)
		return;
	if (s.len == 0 || bytes_find(s, 0) != s.len) {
		text_error(rd->r, rd->t, e, "%s is empty", row->key);
		rd->bad = true;
		return;
	}
	text = row->path ? hostconf_path(rd->c, s) : strndup((const char *)s.ptr, s.len);
	hostconf_note(
	    rd, text != NULL ? hostconf_set(rd->c, key, text, HOSTCONF_FILE, NULL) : -ENOMEM);
	free(text);
}

static void
read_values(struct hostconf_reader *rd)
{
	for (int i = 0; i < HC_KEYS; i++) {
		const struct hostconf_row *row = &hostconf_rows[i];
		struct text_node *block = rd->t->root;

		if (row->key == NULL)
			continue;
		if (row->section != NULL)
			block = hostconf_section(rd, row->section);
		if (block != NULL)
			read_value(rd, block, (enum hostconf_key)i);
	}
}

/* read_url() - control { url = "nats://HOST:PORT" }: host and port in one. */
static void
read_url(
    struct hostconf_reader *rd, const char *section, enum hostconf_key host, enum hostconf_key port)
{
	struct text_node *s = hostconf_section(rd, section),
			 *e = s != NULL ? text_find(s, "url") : NULL;
	struct bytes url = BYTES_NULL, name;
	size_t colon;
	char *text;

	if (e == NULL)
		return;
	hostconf_note(rd, text_get_string(rd->t, e, &url, rd->r));
	if (text_find(s, "host") != NULL || text_find(s, "port") != NULL) {
		text_error(rd->r, rd->t, e, "url says host and port: leave these out");
		rd->bad = true;
		return;
	}
	for (colon = url.len; colon > 0 && url.ptr[colon - 1] != ':'; colon--)
		;
	name = colon > 1 ? bytes_upto(url, colon - 1) : url;
	if (colon < 2 || bytes_is(name, "nats") || bytes_is(name, "tls") || colon == url.len) {
		text_error(rd->r, rd->t, e, "expected \"nats://HOST:PORT\" or \"tls://HOST:PORT\"");
		rd->bad = true;
		return;
	}
	text = strndup((const char *)name.ptr, name.len);
	hostconf_note(
	    rd, text != NULL ? hostconf_set(rd->c, host, text, HOSTCONF_FILE, NULL) : -ENOMEM);
	free(text);
	text = strndup((const char *)url.ptr + colon, url.len - colon);
	hostconf_note(
	    rd, text != NULL ? hostconf_set(rd->c, port, text, HOSTCONF_FILE, NULL) : -ENOMEM);
	free(text);
}

static void
read_labels(struct hostconf_reader *rd)
{
	struct text_node *s = hostconf_section(rd, "labels");

	for (struct text_node *e = s != NULL ? s->child : NULL; e != NULL; e = e->next) {
		struct bytes value = BYTES_NULL;
		int r = text_get_string(rd->t, e, &value, rd->r);

		hostconf_note(rd, r);
		if (r == 0)
			r = add_label(rd->c, e->text, value, HOSTCONF_FILE);
		if (r == TEXT_BAD || r == -E2BIG)
			text_error(rd->r, rd->t, e,
			    r > 0 ? "a label is printable ASCII, at most %d bytes"
				  : "more than %d labels",
			    r > 0 ? HOSTCONF_LABEL_MAX : HOSTCONF_LABELS);
		hostconf_note(rd, r == -E2BIG ? TEXT_BAD : r);
	}
}

static void
read_artifact(struct hostconf_reader *rd, const struct text_node *v)
{
	struct hostconf *c = rd->c;

	if (v->kind != TEXT_WORD || v->text.len == 0 || c->n_artifacts == HOSTCONF_DIRS) {
		text_error(rd->r, rd->t, v, "artifacts are at most %d folders", HOSTCONF_DIRS);
		rd->bad = true;
		return;
	}
	c->artifact[c->n_artifacts] = hostconf_path(c, v->text);
	rd->failed = rd->failed || c->artifact[c->n_artifacts] == NULL;
	c->n_artifacts++;
}

static int
name_file(struct hostconf *c, const char *file)
{
	const char *slash = strrchr(file, '/');

	c->file = strdup(file);
	c->dir = slash == NULL   ? strdup(".")
		 : slash == file ? strdup("/")
				 : strndup(file, (size_t)(slash - file));
	return c->file != NULL && c->dir != NULL ? 0 : err_raise(-ENOMEM);
}

int
hostconf_parse(struct hostconf *c, const char *file, struct bytes text, struct text_report *r)
{
	autofree(text_freep) struct text *t = NULL;
	struct hostconf_reader rd = { .c = c, .r = r };
	int err = name_file(c, file);

	if (err == 0)
		err = text_parse(&t, file, text, r);
	if (err != 0)
		return err_pass(err);
	rd.t = t;
	read_values(&rd);
	read_url(&rd, "control", HC_CONTROL_HOST, HC_CONTROL_PORT);
	read_url(&rd, "rpc", HC_RPC_HOST, HC_RPC_PORT);
	read_labels(&rd);
	hostconf_each(&rd, text_find(t->root, "artifacts"), "a folder", read_artifact);
	hostconf_trust(&rd);
	hostconf_providers(&rd);
	hostconf_limits(&rd);
	hostconf_registries(&rd);
	if (rd.failed)
		return err_raise(-ENOMEM);
	text_unused(t, t->root, r);
	return rd.bad || r->errors != 0 ? TEXT_BAD : 0;
}

int
hostconf_read(struct hostconf *c, const char *file, struct text_report *r)
{
	char path[PATH_MAX];
	struct buf b;
	FILE *f;
	int err;

	if (realpath(file, path) == NULL || (f = fopen(path, "re")) == NULL)
		return err_raise(-errno);
	buf_init(&b, FILE_MAX);
	for (uint8_t *p; (p = buf_reserve(&b, 4096)) != NULL;) {
		size_t n = fread(p, 1, 4096, f);

		b.len += n;
		if (n == 0)
			break;
	}
	err = buf_failed(&b) ? -EFBIG : ferror(f) ? -EIO : 0;
	fclose(f);
	if (err == 0)
		err = hostconf_parse(c, path, buf_bytes(&b), r);
	buf_deinit(&b);
	return err_pass(err);
}
