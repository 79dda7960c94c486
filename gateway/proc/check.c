/*
 * check - see check.h: the configuration, the files it names and their modes, whom it would
 * believe, whether every lattice has its account on the leaf, the policies, and whether they keep
 * what the *.expect files beside them promise.
 *
 * Each file is read here by the code that reads it when the gateway runs, so that what passes is
 * what starts. All problems are shown, each with what to do about it; of a file of keys only the
 * place, never what stands there. Warnings leave the answer alone.
 */
#include "gateway/proc/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/proc/check_leaf.h"
#include "gateway/proc/check_tls.h"
#include "gateway/proc/file.h"
#include "gateway/proc/gate_keys.h"
#include "gateway/proc/promises.h"
#include "gateway/proc/upstream_keys.h"
#include "policy/identity/creds.h"
#include "policy/identity/jwt.h"
#include "policy/identity/trust.h"
#include "policy/rules/policy.h"

enum { CREDS_MAX = 64 * 1024, SNAPSHOT_MAX = 64 << 20 };

struct check {
	struct check_result *out;
	struct trust *trust;
	char (*accounts)[NKEY_TEXT_LEN + 1]; /* the client accounts; out->accounts of them */
};

/* at_file() - report against a file as a whole. */
#define AT_FILE(path) (&(const struct text){ .file = (char *)(uintptr_t)(path) })

/* at_line() - report against a line of a file that is not in our grammar. */
#define AT_LINE(l) (&(const struct text_node){ .line = (uint32_t)(l), .col = 1 })

/* ---- secrets nobody named in gateway.conf, but `init` wrote ---- */

static void
check_mode(struct check *k, int at, const char *name, const char *path)
{
	size_t n = strlen(name);
	struct stat st;

	if (fstatat(at, name, &st, 0) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 077) == 0)
		return;
	if (n > 4 && strcmp(name + n - 4, ".pub") == 0)
		return;
	text_error(&k->out->report, AT_FILE(path), NULL,
	    "others can read this secret (mode %04o): run chmod 600 '%s'",
	    (unsigned)(st.st_mode & 07777), path);
}

/* check_secrets() - every file in a folder of secrets, and in its folders. */
static void
check_secrets(struct check *k, const char *folder, int depth)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return; /* this deployment keeps its secrets elsewhere */
	}
	while ((e = readdir(d)) != NULL) {
		char path[PATH_MAX];
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    snprintf(path, sizeof(path), "%s/%s", folder, e->d_name) >= (int)sizeof(path))
			continue;
		if (depth > 0 && fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISDIR(st.st_mode))
			check_secrets(k, path, depth - 1);
		else
			check_mode(k, fd, e->d_name, path);
	}
	closedir(d);
}

static void
check_all_secrets(struct check *k)
{
	static const char *const folders[] = { "keys", "creds" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (snprintf(path, sizeof(path), "%s/%s", k->out->config->dir, folders[i]) <
		    (int)sizeof(path))
			check_secrets(k, path, 2);
}

/* ---- whom the gateway would believe ---- */

static void
check_operator(struct check *k)
{
	const char *path = k->out->config->trust_operator;
	char why[WHY_MAX] = "";
	struct buf b;
	int r;

	buf_init(&b, JWT_MAX);
	r = file_read(AT_FDCWD, path, &b);
	if (r == 0) {
		r = trust_add_operator(k->trust, buf_bytes(&b), why);
		if (r > 0)
			text_error(&k->out->report, AT_FILE(path), NULL,
			    "not an operator the gateway can believe: %s", why);
	} else if (r != -ENOENT) { /* a missing one is reported with its line already */
		text_error(&k->out->report, AT_FILE(path), NULL, "%s", strerror(-r));
	}
	buf_deinit(&b);
}

static void
check_account(struct check *k, const char *path)
{
	char why[WHY_MAX] = "";
	struct jwt j = { 0 };
	struct buf b;
	int r;

	buf_init(&b, JWT_MAX);
	r = file_read(AT_FDCWD, path, &b);
	if (r == 0)
		r = trust_add_account(k->trust, buf_bytes(&b), why);
	if (r == 0 && jwt_read(&j, buf_bytes(&b), NKEY_ACCOUNT, why) == 0) {
		nkey_format(&j.sub, k->accounts[k->out->accounts++]);
	} else if (r > 0) {
		text_error(&k->out->report, AT_FILE(path), NULL,
		    "not an account the gateway can believe: %s", why);
	} else if (r < 0) {
		text_error(&k->out->report, AT_FILE(path), NULL, "%s", strerror(-r));
	}
	jwt_deinit(&j);
	buf_deinit(&b);
}

static void
check_accounts(struct check *k)
{
	const char *dir = k->out->config->trust_accounts;
	char **names = NULL, path[PATH_MAX];
	size_t n = 0;

	if (names_in(AT_FDCWD, dir, ".jwt", &names, &n) != 0)
		return; /* reported with its line already */
	k->accounts = calloc(n + 1, sizeof(*k->accounts));
	for (size_t i = 0; k->accounts != NULL && i < n; i++)
		if (snprintf(path, sizeof(path), "%s/%s", dir, names[i]) < (int)sizeof(path))
			check_account(k, path);
	if (n == 0)
		text_warn(&k->out->report, AT_FILE(dir), NULL,
		    "holds no account JWT (*.jwt): every login will be refused");
	names_free(names, n);
}

/* ---- the keys the gateway logs in upstream with ---- */

static void
on_bad_key(void *ctx, size_t line, const char *why)
{
	struct check *k = ctx;

	text_error(&k->out->report, AT_FILE(k->out->config->upstream_mint),
	    line > 0 ? AT_LINE(line) : NULL, "%s", why);
}

/* check_minted() - has every client account its key? */
static void
check_minted(struct check *k, const struct upstream_keys *keys)
{
	for (size_t i = 0; i < k->out->accounts; i++)
		if (upstream_keys_find(keys, bytes_str(k->accounts[i])) == NULL)
			text_error(&k->out->report, AT_FILE(k->out->config->upstream_mint), NULL,
			    "no line for account %s: its users would be let in and reach nothing",
			    k->accounts[i]);
}

static void
check_mint(struct check *k)
{
	const char *path = k->out->config->upstream_mint;
	struct upstream_keys keys = { 0 };
	struct buf b;
	int r;

	if (path == NULL)
		return;
	secret_buf_init(&b, UPSTREAM_KEYS_FILE_MAX);
	r = file_read(AT_FDCWD, path, &b);
	if (r == 0)
		r = upstream_keys_read(&keys, buf_bytes(&b), on_bad_key, k);
	if (r >= 0)
		check_minted(k, &keys);
	else if (r == -EFBIG || r == -ENOMEM)
		text_error(&k->out->report, AT_FILE(path), NULL, "%s", strerror(-r));
	upstream_keys_deinit(&keys);
	secret_buf_deinit(&b); /* other mistakes are reported with their line already */
}

/* check_creds() - a creds file the gateway logs in upstream with. */
static void
check_creds(struct check *k, const char *path)
{
	struct nkey_pair pair = { 0 };
	struct bytes jwt;
	struct buf b;
	int r;

	if (path == NULL)
		return;
	secret_buf_init(&b, CREDS_MAX);
	if (file_read(AT_FDCWD, path, &b) == 0) {
		r = creds_read(buf_bytes(&b), &jwt, &pair);
		if (r > 0)
			text_error(&k->out->report, AT_FILE(path), NULL, "not a creds file: %s",
			    creds_why(r));
	}
	nkey_pair_deinit(&pair);
	secret_buf_deinit(&b);
}

static void
check_inbox_key(struct check *k)
{
	struct buf b;
	bool ok;

	secret_buf_init(&b, 256);
	if (file_read(AT_FDCWD, k->out->config->inbox_key, &b) != 0) {
		secret_buf_deinit(&b);
		return; /* reported with its line already */
	}
	while (b.len > 0 && (b.ptr[b.len - 1] == '\n' || b.ptr[b.len - 1] == '\r'))
		b.len--;
	ok = b.len == 64;
	for (size_t i = 0; ok && i < b.len; i++)
		ok = b.ptr[i] != '\0' && strchr("0123456789abcdefABCDEF", b.ptr[i]) != NULL;
	if (!ok)
		text_error(&k->out->report, AT_FILE(k->out->config->inbox_key), NULL,
		    "expected 64 hexadecimal digits: make a new one with "
		    "`od -An -v -tx1 -N32 /dev/urandom | tr -d ' \\n'`");
	secret_buf_deinit(&b);
}

/* ---- the stamp on commands ---- */

static void
on_bad_gate(void *ctx, const char *what, const char *why)
{
	struct check *k = ctx;

	text_error(&k->out->report, AT_FILE(what), NULL, "%s", why);
}

static void
check_stamp(struct check *k)
{
	const char *path = k->out->config->stamp_key;
	struct nkey gates[STAMP_GATES_MAX];
	struct nkey_pair pair = { 0 };
	struct buf b;
	size_t n;
	int r;

	secret_buf_init(&b, 256);
	r = file_read(AT_FDCWD, path, &b);
	if (r == 0 && stamp_key_read(&pair, buf_bytes(&b)) != 0)
		text_error(&k->out->report, AT_FILE(path), NULL,
		    "expected 64 hexadecimal digits: " STAMP_KEY_HOW);
	else if (r == 0)
		nkey_format(&pair.pub, k->out->stamp_pub);
	nkey_pair_deinit(&pair);
	secret_buf_deinit(&b); /* other mistakes are reported with their line already */
	r = gate_keys_read(k->out->config, gates, &n, on_bad_gate, k);
	(void)r; /* counted in the report */
}

/* ---- policies ---- */

struct policy_files {
	size_t n;
	char **names;
	char (*paths)[PATH_MAX];
	struct buf *texts;
	struct policy_source *sources;
};

static void
policy_files_deinit(struct policy_files *f)
{
	for (size_t i = 0; f->texts != NULL && i < f->n; i++)
		buf_deinit(&f->texts[i]);
	free(f->texts);
	free(f->paths);
	free(f->sources);
	names_free(f->names, f->n);
}

static bool
policy_files_read(struct check *k, struct policy_files *f)
{
	bool ok = true;

	if (names_in(AT_FDCWD, k->out->config->policies, ".policy", &f->names, &f->n) != 0)
		return false; /* reported with its line already, as is an empty folder */
	if (f->n == 0)
		return false;
	if (f->n > FILE_MAX_POLICIES) {
		text_error(&k->out->report, AT_FILE(k->out->config->policies), NULL,
		    "holds %zu policies, the gateway takes %d", f->n, FILE_MAX_POLICIES);
		return false;
	}
	f->paths = calloc(f->n + 1, sizeof(*f->paths));
	f->texts = calloc(f->n + 1, sizeof(*f->texts));
	f->sources = calloc(f->n + 1, sizeof(*f->sources));
	if (f->paths == NULL || f->texts == NULL || f->sources == NULL)
		return false;
	for (size_t i = 0; i < f->n; i++) {
		int r;

		snprintf(f->paths[i], PATH_MAX, "%s/%s", k->out->config->policies, f->names[i]);
		buf_init(&f->texts[i], FILE_MAX_BYTES);
		r = file_read(AT_FDCWD, f->paths[i], &f->texts[i]);
		if (r != 0) {
			text_error(&k->out->report, AT_FILE(f->paths[i]), NULL, "%s", strerror(-r));
			ok = false;
		}
		f->sources[i] = (struct policy_source){ f->paths[i], buf_bytes(&f->texts[i]) };
	}
	return ok;
}

static void
check_policies(struct check *k)
{
	struct policy_files f = { 0 };
	struct policy *p = NULL;
	struct buf snapshot;
	int promised = 0;

	buf_init(&snapshot, SNAPSHOT_MAX);
	if (policy_files_read(k, &f) &&
	    policy_compile(&snapshot, f.sources, f.n, &k->out->report) == 0 &&
	    policy_open(&p, buf_bytes(&snapshot)) == 0) {
		k->out->policies = f.n;
		k->out->rules = policy_rules(p);
		snprintf(k->out->policy_id, sizeof(k->out->policy_id), "%s", policy_id(p));
		promised = promises_check(p, k->out->config->policies, &k->out->report);
		policy_close(p);
	}
	(void)promised; /* counted in the report */
	buf_deinit(&snapshot);
	policy_files_deinit(&f);
}

/* ---- all of it ---- */

/* check_files() - what a configuration that can be read names. */
static int
check_files(struct check *k)
{
	static const struct trust_options options = { .skew_s = 60 };
	const struct config *c = k->out->config;
	int r = config_check_files(c, &k->out->report);

	(void)r; /* counted in the report */
	k->trust = trust_new(&options);
	if (k->trust == NULL)
		return err_raise(-ENOMEM);
	check_all_secrets(k);
	check_operator(k);
	k->out->operators = trust_operators(k->trust);
	if (k->out->operators > 0)
		check_accounts(k);
	check_mint(k);
	check_creds(k, c->upstream_creds);
	if (c->upstream_creds != NULL && strcmp(c->upstream_creds, c->upstream_command_creds) != 0)
		check_creds(k, c->upstream_command_creds);
	check_inbox_key(k);
	check_stamp(k);
	check_tls(c, clock_wall_s(), &k->out->report);
	check_leaf(c, &k->out->report);
	check_policies(k);
	free(k->accounts);
	trust_free(k->trust);
	return 0;
}

int
check_run(struct check_result *c, const char *file)
{
	struct check k = { .out = c };
	int r;

	*c = (struct check_result){ 0 };
	text_report_init(&c->report);
	r = config_load(&c->config, file, &c->report);
	if (r == 0)
		r = check_files(&k);
	else if (r < 0 && r != -ENOMEM)
		text_error(&c->report, AT_FILE(file), NULL,
		    r == -ENOENT
			? "%s: name the configuration with -c FILE, or make a deployment with "
			  "`portcullis init DIR`"
		    : r == -EISDIR ? "cannot be read: %s: name the gateway.conf in it"
				   : "cannot be read: %s",
		    strerror(-r));
	if (r == -ENOMEM)
		return err_pass(r);
	return c->report.errors > 0 ? TEXT_BAD : 0;
}

void
check_deinit(struct check_result *c)
{
	text_report_deinit(&c->report);
	config_free(c->config);
	*c = (struct check_result){ 0 };
}
