/*
 * config_files - the files gateway.conf names: are they there, of the right kind, and private?
 *
 * Keys and creds are secrets: readable by their owner alone, who is us or root, in a folder that
 * nobody else may write; anything looser is an error, because a secret others could read must be
 * taken as read. What must only be genuine (the operator JWT, the accounts, the policies) may be
 * read by all, and being writable by others earns a warning. Nothing is opened, so the answer can
 * be outdated when it is given: it helps the administrator, it does not replace the checks at use.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/proc/config.h"

enum file_want {
	WANT_SECRET,    /* a private file */
	WANT_SECRET_IF, /* one that need not be there */
	WANT_FILE,      /* a file */
	WANT_DIR,       /* a folder */
	WANT_PRIVATE,   /* a folder we write secrets of others into: log, audit */
	WANT_TO_CREATE, /* a file to be: its folder must be there */
};

/* Where each path is written in the file, so that a message can point at the line. */
struct file_check {
	const char *section; /* NULL: the root */
	const char *key;
	size_t at; /* offsetof(struct config, ...) of a char * */
	enum file_want want;
	const char *how; /* to make one where there is none, or NULL */
};

#define AT(field) offsetof(struct config, field)

static const struct file_check checks[] = {
	{ "trust", "operator", AT(trust_operator), WANT_FILE, NULL },
	{ "trust", "accounts", AT(trust_accounts), WANT_DIR, NULL },
	{ "upstream", "mint", AT(upstream_mint), WANT_SECRET, NULL },
	{ "upstream", "creds", AT(upstream_creds), WANT_SECRET, NULL },
	{ "upstream", "command_creds", AT(upstream_command_creds), WANT_SECRET, NULL },
	{ "tls", "cert", AT(tls.cert), WANT_FILE, NULL },
	{ "tls", "key", AT(tls.key), WANT_SECRET, NULL },
	{ "tls", "ca", AT(tls.ca), WANT_FILE, NULL },
	{ "upstream", "tls", AT(upstream_tls.ca), WANT_FILE, NULL },
	{ "upstream", "tls", AT(upstream_tls.cert), WANT_FILE, NULL },
	{ "upstream", "tls", AT(upstream_tls.key), WANT_SECRET, NULL },
	{ "stamp", "key", AT(stamp_key), WANT_SECRET, STAMP_KEY_HOW },
	{ "audit_log", "key", AT(audit_key), WANT_SECRET_IF, NULL },
	{ "audit_log", "redact_key", AT(redact_key), WANT_SECRET_IF, NULL },
	{ NULL, "inbox_key", AT(inbox_key), WANT_SECRET, NULL },
	{ NULL, "policies", AT(policies), WANT_DIR, NULL },
	{ NULL, "audit", AT(audit), WANT_PRIVATE, NULL },
	{ NULL, "decisions", AT(decisions), WANT_TO_CREATE, NULL },
	{ NULL, "log", AT(log), WANT_TO_CREATE, NULL },
};

struct checker {
	const struct text *t; /* for the file's name in messages; never NULL */
	struct text_report *r;
	const struct text_node *at;
};

/* parent_of() - the folder a path is in. */
static void
parent_of(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	size_t n = slash != NULL ? (size_t)(slash - path) : 0;

	if (n == 0 || n >= PATH_MAX)
		n = 1; /* "/x" is in "/"; paths here are absolute */
	memcpy(out, path, n);
	out[n] = '\0';
}

/* others_write() - may somebody else change entries of this folder? A sticky bit keeps them off. */
static bool
others_write(const struct stat *st)
{
	return (st->st_mode & (S_IWGRP | S_IWOTH)) != 0 && (st->st_mode & S_ISVTX) == 0;
}

static void
check_secret(const struct checker *k, const char *path, const struct stat *st)
{
	char dir[PATH_MAX];
	struct stat d;

	if (st->st_uid != geteuid() && st->st_uid != 0)
		text_error(k->r, k->t, k->at,
		    "%s belongs to user %u: a secret must belong to you or root", path,
		    (unsigned)st->st_uid);
	if ((st->st_mode & 077) != 0)
		text_error(k->r, k->t, k->at,
		    "%s has mode %04o, others can read it: run chmod 600 '%s'", path,
		    (unsigned)(st->st_mode & 07777), path);
	if (st->st_size == 0)
		text_error(k->r, k->t, k->at, "%s is empty", path);
	parent_of(path, dir);
	if (stat(dir, &d) == 0 && others_write(&d))
		text_warn(k->r, k->t, k->at,
		    "%s has mode %04o, others can replace the secret in it: run chmod go-w '%s'",
		    dir, (unsigned)(d.st_mode & 07777), dir);
}

static void
check_private_dir(const struct checker *k, const char *path, const struct stat *st)
{
	if ((st->st_mode & 077) != 0)
		text_warn(k->r, k->t, k->at,
		    "%s has mode %04o, others can look into it: run chmod 700 '%s'", path,
		    (unsigned)(st->st_mode & 07777), path);
	if (access(path, W_OK | X_OK) != 0)
		text_error(k->r, k->t, k->at, "%s cannot be written to: %s", path, strerror(errno));
}

static void
check_genuine(const struct checker *k, const char *path, const struct stat *st)
{
	if (st->st_uid != geteuid() && st->st_uid != 0)
		text_warn(k->r, k->t, k->at,
		    "%s belongs to user %u, who can change whom the gateway trusts", path,
		    (unsigned)st->st_uid);
	if (others_write(st))
		text_warn(k->r, k->t, k->at,
		    "%s has mode %04o, others can change it: run chmod go-w '%s'", path,
		    (unsigned)(st->st_mode & 07777), path);
	if (access(path, S_ISDIR(st->st_mode) ? R_OK | X_OK : R_OK) != 0)
		text_error(k->r, k->t, k->at, "%s cannot be read: %s", path, strerror(errno));
}

static void
check_to_create(const struct checker *k, const char *path)
{
	char dir[PATH_MAX];
	struct stat st;

	parent_of(path, dir);
	if (stat(dir, &st) != 0)
		text_error(k->r, k->t, k->at, "the folder %s: %s; create it", dir, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		text_error(k->r, k->t, k->at, "%s is not a folder", dir);
	else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		text_error(
		    k->r, k->t, k->at, "%s is a folder, a file is to be written there", path);
	else if (access(path, F_OK) == 0 ? access(path, W_OK) != 0 : access(dir, W_OK | X_OK) != 0)
		text_error(k->r, k->t, k->at, "%s cannot be written: %s", path, strerror(errno));
}

static void
check_path(const struct checker *k, const char *path, const struct file_check *f)
{
	enum file_want want = f->want;
	bool dir = want == WANT_DIR || want == WANT_PRIVATE;
	struct stat st;
	int why;

	if (want == WANT_TO_CREATE) {
		check_to_create(k, path);
		return;
	}
	why = stat(path, &st) != 0 ? errno : 0;
	if (why == ENOENT && want == WANT_SECRET_IF)
		return;
	if (why == EACCES)
		text_error(k->r, k->t, k->at, "%s: %s; run this as the user the gateway runs as",
		    path, strerror(why));
	else if (why != 0)
		text_error(k->r, k->t, k->at, "%s: %s%s%s", path, strerror(why),
		    f->how != NULL && why == ENOENT ? "; " : "",
		    f->how != NULL && why == ENOENT ? f->how : "");
	else if (dir ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
		text_error(k->r, k->t, k->at, "%s is not a %s", path, dir ? "folder" : "file");
	else if (want == WANT_SECRET || want == WANT_SECRET_IF)
		check_secret(k, path, &st);
	else if (want == WANT_PRIVATE)
		check_private_dir(k, path, &st);
	else
		check_genuine(k, path, &st);
}

/* policies_any() - without any policy there is no snapshot, and the gateway does not start. */
static void
policies_any(const struct checker *k, const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	size_t n = 0;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		size_t len = strlen(e->d_name);

		n += e->d_name[0] != '.' && len > 7 && strcmp(e->d_name + len - 7, ".policy") == 0;
	}
	closedir(d);
	if (n == 0)
		text_error(k->r, k->t, k->at,
		    "%s holds no *.policy file: the gateway does not start without one", path);
}

/* The tree of the file as it is now, only to find lines; NULL when it cannot be had. */
static struct text *
reread(const char *file)
{
	struct text *t = NULL;
	struct text_report r;
	FILE *f = fopen(file, "re");
	struct buf b;

	if (f == NULL)
		return NULL;
	buf_init(&b, 1 << 20);
	for (uint8_t *p; (p = buf_reserve(&b, 4096)) != NULL;) {
		size_t n = fread(p, 1, 4096, f);

		b.len += n;
		if (n == 0)
			break;
	}
	fclose(f);
	text_report_init(&r);
	if (text_parse(&t, file, buf_bytes(&b), &r) != 0)
		t = NULL;
	text_report_deinit(&r);
	buf_deinit(&b);
	return t;
}

static const struct text_node *
place_of(const struct text *t, const struct file_check *f)
{
	struct text_node *block = t->root;

	if (block != NULL && f->section != NULL)
		block = text_find(block, f->section);
	return block != NULL ? text_find(block, f->key) : NULL;
}

/* sink_at() - where a sink's key is written. */
static const struct text_node *
sink_at(const struct text *t, const char *name, const char *key)
{
	for (struct text_node *n = t->root != NULL ? t->root->child : NULL; n != NULL; n = n->next) {
		if (n->kind == TEXT_SECTION && bytes_is(n->text, "sink") && bytes_is(n->label, name))
			return text_find(n, key);
	}
	return NULL;
}

/* check_sinks() - their logins and folders. Where they keep how far they came is made when it is not there. */
static void
check_sinks(const struct config *c, struct checker *k)
{
	static const struct file_check state = { NULL, "sink_state", 0, WANT_PRIVATE, NULL };

	for (size_t i = 0; i < c->n_sinks; i++) {
		const struct {
			struct file_check want;
			const char *path;
		} files[] = { { { "sink", "creds", 0, WANT_SECRET, NULL }, c->sink_creds[i] },
			{ { "sink", "ca", 0, WANT_FILE, NULL }, c->sink_ca[i] },
			{ { "sink", "cert", 0, WANT_FILE, NULL }, c->sink_cert[i] },
			{ { "sink", "key", 0, WANT_SECRET, NULL }, c->sink_key[i] },
			{ { "sink", "dir", 0, WANT_PRIVATE, NULL }, c->sink_dir[i] } };

		for (size_t n = 0; n < sizeof(files) / sizeof(files[0]); n++) {
			k->at = sink_at(k->t, c->sink[i].name, files[n].want.key);
			if (files[n].path != NULL)
				check_path(k, files[n].path, &files[n].want);
		}
	}
	k->at = k->t->root != NULL ? text_find(k->t->root, "sink_state") : NULL;
	if (c->n_sinks > 0)
		check_path(k, c->sink_state, access(c->sink_state, F_OK) == 0 ? &state : &(struct file_check){ .want = WANT_TO_CREATE });
}

int
config_check_files(const struct config *c, struct text_report *r)
{
	autofree(text_freep) struct text *t = reread(c->file);
	struct text nowhere = { .file = c->file };
	size_t before = r->errors;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		const char *path = *(char *const *)(const void *)((const char *)c + checks[i].at);
		struct checker k = { .t = t != NULL ? t : &nowhere, .r = r };

		/* command_creds that defaulted to creds was looked at already */
		if (path == NULL || (t != NULL && checks[i].at == AT(upstream_command_creds) &&
					place_of(t, &checks[i]) == NULL))
			continue;
		if (t != NULL)
			k.at = place_of(t, &checks[i]);
		check_path(&k, path, &checks[i]);
		if (checks[i].at == AT(policies))
			policies_any(&k, path);
	}
	check_sinks(c, &(struct checker){ .t = t != NULL ? t : &nowhere, .r = r });
	return r->errors == before ? 0 : TEXT_BAD;
}
