/*
 * config - gateway.conf as a value.
 *
 * The file is written by the administrator, so it is trusted in what it asks for, not in how it is
 * written: every key is in a table of its section's file, whatever is in no table is an error, and all problems
 * of a file are reported at once with their place. Nothing comes from the environment, and no file
 * named here is opened: config_files.c looks at those.
 *
 * A key that this version does not act on is refused rather than ignored: a wall that was asked for
 * and silently left out would be worse than a daemon that does not start.
 */
#include "gateway/proc/config_priv.h"

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

	config_note(rd, text_get_string(rd->t, e, &s, rd->r));
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
	config_paths(&rd, t->root, root_paths, COUNT(root_paths));
	read_control(&rd);
	config_trust(&rd);
	config_upstream(&rd);
	config_stamp(&rd);
	config_tls(&rd);
	config_audit(&rd);
	config_limits(&rd);
	config_metrics(&rd);
	config_sinks(&rd);
	config_walls(&rd);
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
	config_tls_free(&c->tls);
	config_tls_free(&c->upstream_tls);
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
		free(c->sink_ca[i]);
		free(c->sink_cert[i]);
		free(c->sink_key[i]);
	}
	free(c->control);
	free(c->metrics_path);
	free(c->walls_user);
	free(c);
}

void
config_freep(struct config **c)
{
	config_free(*c);
	*c = NULL;
}
