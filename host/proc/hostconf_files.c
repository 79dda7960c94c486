/*
 * hostconf_files - the files a host's settings name: are they there, and are secrets private? And
 * what
 * `-t` prints. The answer can be outdated when it is given: checks at use are made again.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/proc/hostconf_priv.h"
#include "seccomp/wall.h"

struct checker {
	struct text where;
	struct text_report *r;
};

static void
check_secret(struct checker *k, const char *what, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		text_error(k->r, &k->where, NULL, "%s: %s: %s", what, path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		text_error(k->r, &k->where, NULL, "%s: %s is not a file", what, path);
	else if (st.st_uid != geteuid() && st.st_uid != 0)
		text_error(k->r, &k->where, NULL,
		    "%s: %s belongs to user %u: a secret must belong to you or root", what, path,
		    (unsigned)st.st_uid);
	else if ((st.st_mode & 077) != 0)
		text_error(k->r, &k->where, NULL,
		    "%s: %s has mode %04o, others can read it: run chmod 600 '%s'", what, path,
		    (unsigned)(st.st_mode & 07777), path);
	else if (access(path, R_OK) != 0)
		text_error(k->r, &k->where, NULL, "%s: %s cannot be read: %s", what, path,
		    strerror(errno));
}

static void
check_file(struct checker *k, const char *what, const char *path, bool folder)
{
	struct stat st;

	if (stat(path, &st) != 0)
		text_error(k->r, &k->where, NULL, "%s: %s: %s", what, path, strerror(errno));
	else if (folder ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
		text_error(k->r, &k->where, NULL, "%s: %s is not a %s", what, path,
		    folder ? "folder" : "file");
	else if (access(path, folder ? R_OK | X_OK : R_OK) != 0)
		text_error(k->r, &k->where, NULL, "%s: %s cannot be read: %s", what, path,
		    strerror(errno));
}

bool
hostconf_is_seed(const char *s)
{
	return strlen(s) == NKEY_SEED_LEN && s[0] == 'S';
}

int
hostconf_check_files(const struct hostconf *c, struct text_report *r)
{
	struct checker k = {
		{ .file = c->file != NULL ? c->file : (char *)(uintptr_t) "portcullis-host" }, r
	};
	static const enum hostconf_key keys[] = { HC_KEY, HC_CLUSTER };
	size_t before = r->errors;
	char what[32];

	for (size_t i = 0; i < COUNT(keys); i++) {
		const char *v = c->value[keys[i]].text;

		if (v != NULL && !hostconf_is_seed(v))
			check_secret(&k, hostconf_rows[keys[i]].name, v);
	}
	for (int i = 0; i < WIRES; i++) {
		snprintf(what, sizeof(what), "%s.creds", wire_name((enum wire)i));
		if (c->wire[i].creds != NULL)
			check_secret(&k, what, c->wire[i].creds);
		snprintf(what, sizeof(what), "%s.ca", wire_name((enum wire)i));
		if (c->wire[i].ca != NULL)
			check_file(&k, what, c->wire[i].ca, false);
	}
	for (size_t i = 0; i < c->n_artifacts; i++)
		check_file(&k, "artifacts", c->artifact[i], true);
	if (c->trust_list != NULL)
		check_file(&k, "trust.list", c->trust_list, false);
	if (c->registry_ca != NULL)
		check_file(&k, "registries.ca", c->registry_ca, false);
	return r->errors == before ? 0 : TEXT_BAD;
}

/* ---- what -t prints ---- */

static void
put_from(struct buf *out, const struct hostconf *c, enum hostconf_from from, const char *by)
{
	buf_put_str(out, "   (");
	if (from == HOSTCONF_FLAG) {
		buf_put_str(out, "--");
		buf_put_str(out, by != NULL ? by : "label");
	} else if (from == HOSTCONF_ENV) {
		buf_put_str(out, "environment");
		if (by != NULL) {
			buf_put_str(out, ": ");
			buf_put_str(out, by);
		}
	} else {
		buf_put_str(out, from == HOSTCONF_FILE ? c->file : "preset");
	}
	buf_put_str(out, ")\n");
}

static void
put_line(struct buf *out, const char *name, const char *value)
{
	size_t n = strlen(name);

	buf_put_str(out, name);
	for (; n < 20; n++)
		buf_put_u8(out, ' ');
	buf_put_str(out, value);
}

static void
put_value(struct buf *out, const struct hostconf *c, enum hostconf_key k, const char *settled)
{
	const struct hostconf_value *v = &c->value[k];
	const char *text = settled != NULL ? settled : v->text;

	if (text == NULL)
		return;
	if (hostconf_rows[k].secret &&
	    (k == HC_KEY || k == HC_CLUSTER ? hostconf_is_seed(text) : true))
		text = "(given)";
	put_line(out, hostconf_rows[k].name, text);
	put_from(out, c, v->text != NULL ? v->from : HOSTCONF_PRESET, v->by);
}

void
hostconf_show(const struct hostconf *c, struct buf *out)
{
	char number[WIRES + 1][24], dialect[2] = { c->dialect, '\0' };
	const char *settled[HC_KEYS] = { [HC_LATTICE] = c->lattice,
		[HC_DIALECT] = dialect,
		[HC_NAME] = c->name,
		[HC_STATE] = c->state,
		[HC_ANONYMOUS] = c->anonymous ? "yes" : "no",
		[HC_HEARTBEAT] = number[WIRES],
		[HC_CONTROL_HOST] = c->wire[WIRE_CONTROL].host,
		[HC_CONTROL_PORT] = number[WIRE_CONTROL],
		[HC_RPC_HOST] = c->wire[WIRE_RPC].host,
		[HC_RPC_PORT] = number[WIRE_RPC] };

	for (int i = 0; i < WIRES; i++)
		snprintf(number[i], sizeof(number[i]), "%u", c->wire[i].port);
	snprintf(number[WIRES], sizeof(number[WIRES]), "%u ms", c->heartbeat_ms);
	for (int i = 0; i < HC_KEYS; i++)
		put_value(out, c, (enum hostconf_key)i, settled[i]);
	for (size_t i = 0; i < c->n_labels; i++) {
		put_line(out, "label", c->label[i].key);
		buf_put_str(out, "=");
		buf_put_str(out, c->label[i].value);
		put_from(out, c, c->label[i].from, NULL);
	}
	for (size_t i = 0; i < c->n_artifacts; i++) {
		put_line(out, "artifacts", c->artifact[i]);
		put_from(out, c, HOSTCONF_FILE, NULL);
	}
	for (size_t i = 0; i < c->n_issuers; i++) {
		char key[NKEY_TEXT_LEN + 1];

		nkey_format(&c->issuer[i], key);
		put_line(out, "trust.issuers", key);
		put_from(out, c, HOSTCONF_FILE, NULL);
	}
	if (c->trust_list != NULL) {
		put_line(out, "trust.list", c->trust_list);
		put_from(out, c, HOSTCONF_FILE, NULL);
	}
	for (size_t i = 0; i < c->n_forks; i++) {
		char key[NKEY_TEXT_LEN + 1];

		nkey_format(&c->fork[i], key);
		put_line(out, "trust.fork", key);
		put_from(out, c, HOSTCONF_FILE, NULL);
	}
	hostconf_registries_put(out, c);
}
