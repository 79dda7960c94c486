/*
 * check - is this deployment in order? Everything the gateway would stumble over, found before it
 * does: the configuration, the files it names and their modes, whom it would believe, whether every
 * lattice has its account on the leaf, and the policies.
 *
 * All problems are shown, each as FILE:LINE:COLUMN with what to do about it. Warnings leave the
 * exit code alone.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/files.h"
#include "gateway/proc/config.h"
#include "policy/identity/creds.h"
#include "policy/identity/jwt.h"
#include "policy/identity/trust.h"
#include "policy/rules/policy.h"

enum { MINT_MAX = 1 << 20, CREDS_MAX = 64 * 1024, POLICY_MAX = 4 << 20, SNAPSHOT_MAX = 64 << 20 };

struct check {
	struct text_report r;
	struct config *c;
	struct trust *trust;
	size_t n_accounts;
	char (*accounts)[NKEY_TEXT_LEN +
			 1]; /* the client accounts, and whether the leaf has one for each */
	bool *minted;
	size_t n_policies, n_rules;
	char policy_id[32];
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
	text_error(&k->r, AT_FILE(path), NULL,
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
		if (snprintf(path, sizeof(path), "%s/%s", k->c->dir, folders[i]) <
		    (int)sizeof(path))
			check_secrets(k, path, 2);
}

/* ---- whom the gateway would believe ---- */

static void
check_operator(struct check *k)
{
	const char *path = k->c->trust_operator;
	char why[WHY_MAX] = "";
	struct buf b;
	int r;

	buf_init(&b, JWT_MAX);
	r = file_read(AT_FDCWD, path, &b);
	if (r == 0) {
		r = trust_add_operator(k->trust, buf_bytes(&b), why);
		if (r > 0)
			text_error(&k->r, AT_FILE(path), NULL,
			    "not an operator the gateway can believe: %s", why);
	} else if (r != -ENOENT) { /* a missing one is reported with its line already */
		text_error(&k->r, AT_FILE(path), NULL, "%s", strerror(-r));
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
		nkey_format(&j.sub, k->accounts[k->n_accounts++]);
	} else if (r > 0) {
		text_error(
		    &k->r, AT_FILE(path), NULL, "not an account the gateway can believe: %s", why);
	} else if (r < 0) {
		text_error(&k->r, AT_FILE(path), NULL, "%s", strerror(-r));
	}
	jwt_deinit(&j);
	buf_deinit(&b);
}

static void
check_accounts(struct check *k)
{
	const char *dir = k->c->trust_accounts;
	char **names = NULL, path[PATH_MAX];
	size_t n = 0;

	if (names_in(AT_FDCWD, dir, ".jwt", &names, &n) != 0)
		return; /* reported with its line already */
	k->accounts = calloc(n + 1, sizeof(*k->accounts));
	k->minted = calloc(n + 1, sizeof(*k->minted));
	for (size_t i = 0; k->accounts != NULL && k->minted != NULL && i < n; i++)
		if (snprintf(path, sizeof(path), "%s/%s", dir, names[i]) < (int)sizeof(path))
			check_account(k, path);
	if (n == 0)
		text_warn(&k->r, AT_FILE(dir), NULL,
		    "holds no account JWT (*.jwt): every login will be refused");
	names_free(names, n);
}

/* ---- the keys the gateway logs in upstream with ---- */

static void
check_mint_line(struct check *k, struct bytes line, size_t no)
{
	size_t blank = bytes_find(line, ' ');
	struct nkey_pair pair = { 0 };
	struct nkey account;

	if (line.len == 0 || line.ptr[0] == '#')
		return;
	if (nkey_parse(&account, bytes_upto(line, blank)) != 0 || account.type != NKEY_ACCOUNT ||
	    nkey_pair_parse(&pair, bytes_from(line, blank + 1)) != 0 ||
	    pair.pub.type != NKEY_ACCOUNT) {
		/* the line is secret: say where, never what */
		text_error(&k->r, AT_FILE(k->c->upstream_mint), AT_LINE(no),
		    "expected an account key (A...), a blank and the seed of its account on the "
		    "leaf (SA...)");
	} else {
		char text[NKEY_TEXT_LEN + 1];

		nkey_format(&account, text);
		for (size_t i = 0; i < k->n_accounts; i++)
			if (strcmp(k->accounts[i], text) == 0)
				k->minted[i] = true;
	}
	nkey_pair_deinit(&pair);
}

static void
check_mint(struct check *k)
{
	struct bytes rest;
	struct buf b;
	size_t no = 0;
	int r;

	if (k->c->upstream_mint == NULL)
		return;
	secret_buf_init(&b, MINT_MAX);
	r = file_read(AT_FDCWD, k->c->upstream_mint, &b);
	rest = buf_bytes(&b);
	while (r == 0 && rest.len > 0) {
		struct bytes line = bytes_upto(rest, bytes_find(rest, '\n'));

		rest = bytes_from(rest, line.len + 1);
		check_mint_line(k, line, ++no);
	}
	for (size_t i = 0; r == 0 && i < k->n_accounts; i++)
		if (!k->minted[i])
			text_error(&k->r, AT_FILE(k->c->upstream_mint), NULL,
			    "no line for account %s: its users would be let in and reach nothing",
			    k->accounts[i]);
	secret_buf_deinit(&b);
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
			text_error(
			    &k->r, AT_FILE(path), NULL, "not a creds file: %s", creds_why(r));
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
	if (file_read(AT_FDCWD, k->c->inbox_key, &b) != 0) {
		secret_buf_deinit(&b);
		return; /* reported with its line already */
	}
	while (b.len > 0 && (b.ptr[b.len - 1] == '\n' || b.ptr[b.len - 1] == '\r'))
		b.len--;
	ok = b.len == 64;
	for (size_t i = 0; ok && i < b.len; i++)
		ok = b.ptr[i] != '\0' && strchr("0123456789abcdefABCDEF", b.ptr[i]) != NULL;
	if (!ok)
		text_error(&k->r, AT_FILE(k->c->inbox_key), NULL,
		    "expected 64 hexadecimal digits: make a new one with "
		    "`head -c 32 /dev/urandom | xxd -p -c 64`");
	secret_buf_deinit(&b);
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

	if (names_in(AT_FDCWD, k->c->policies, ".policy", &f->names, &f->n) != 0)
		return false; /* reported with its line already */
	f->paths = calloc(f->n + 1, sizeof(*f->paths));
	f->texts = calloc(f->n + 1, sizeof(*f->texts));
	f->sources = calloc(f->n + 1, sizeof(*f->sources));
	if (f->paths == NULL || f->texts == NULL || f->sources == NULL)
		return false;
	for (size_t i = 0; i < f->n; i++) {
		int r;

		snprintf(f->paths[i], PATH_MAX, "%s/%s", k->c->policies, f->names[i]);
		buf_init(&f->texts[i], POLICY_MAX);
		r = file_read(AT_FDCWD, f->paths[i], &f->texts[i]);
		if (r != 0) {
			text_error(&k->r, AT_FILE(f->paths[i]), NULL, "%s", strerror(-r));
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

	buf_init(&snapshot, SNAPSHOT_MAX);
	if (policy_files_read(k, &f) && policy_compile(&snapshot, f.sources, f.n, &k->r) == 0 &&
	    policy_open(&p, buf_bytes(&snapshot)) == 0) {
		k->n_policies = f.n;
		k->n_rules = policy_rules(p);
		snprintf(k->policy_id, sizeof(k->policy_id), "%s", policy_id(p));
		policy_close(p);
	}
	buf_deinit(&snapshot);
	policy_files_deinit(&f);
}

/* ---- what is said ---- */

static int
exit_code(const struct check *k)
{
	return k->r.errors > 0 ? CLI_CONFIG : CLI_OK;
}

static int
say_json(const struct check *k)
{
	struct bytes rest = buf_bytes(&k->r.out);
	struct buf b;
	bool first = true;
	int r;

	buf_init(&b, 16 << 20);
	buf_put_str(&b, "{\"ok\":");
	buf_put_str(&b, k->r.errors == 0 ? "true" : "false");
	buf_put_str(&b, ",\"errors\":");
	buf_put_dec(&b, k->r.errors);
	buf_put_str(&b, ",\"warnings\":");
	buf_put_dec(&b, k->r.warnings);
	buf_put_str(&b, ",\"accounts\":");
	buf_put_dec(&b, k->n_accounts);
	buf_put_str(&b, ",\"policies\":");
	buf_put_dec(&b, k->n_policies);
	buf_put_str(&b, ",\"rules\":");
	buf_put_dec(&b, k->n_rules);
	buf_put_str(&b, ",\"policy_id\":");
	buf_put_json(&b, bytes_str(k->policy_id));
	buf_put_str(&b, ",\"messages\":[");
	while (rest.len > 0) {
		struct bytes line = bytes_upto(rest, bytes_find(rest, '\n'));

		rest = bytes_from(rest, line.len + 1);
		buf_put_str(&b, first ? "" : ",");
		buf_put_json(&b, line);
		first = false;
	}
	buf_put_str(&b, "]}\n");
	r = cli_print(&b);
	buf_deinit(&b);
	return r != CLI_OK ? r : exit_code(k);
}

static void
put_listen(const struct config *c)
{
	for (size_t i = 0; i < c->n_listen; i++) {
		bool v6 = strchr(c->listen[i].host, ':') != NULL;

		printf("%s%s%s%s:%u", i > 0 ? ", " : "", v6 ? "[" : "", c->listen[i].host,
		    v6 ? "]" : "", c->listen[i].port);
	}
}

static int
say_text(const struct check *k)
{
	if (k->r.out.len > 0)
		fwrite(k->r.out.ptr, 1, k->r.out.len, stderr);
	if (k->r.errors > 0) {
		fprintf(stderr, "%zu error%s, %zu warning%s\n", k->r.errors,
		    k->r.errors == 1 ? "" : "s", k->r.warnings, k->r.warnings == 1 ? "" : "s");
		return CLI_CONFIG;
	}
	printf("%s is in order", k->c->file);
	if (k->r.warnings > 0)
		printf(", with %zu warning%s", k->r.warnings, k->r.warnings == 1 ? "" : "s");
	printf("\n  listens on  ");
	put_listen(k->c);
	printf("\n  upstream    %s:%u, %s\n", k->c->upstream.host, k->c->upstream.port,
	    k->c->upstream_mint != NULL ? "logins minted" : "logins by creds file");
	printf("  believes    %zu operator%s, %zu account%s\n", trust_operators(k->trust),
	    trust_operators(k->trust) == 1 ? "" : "s", k->n_accounts,
	    k->n_accounts == 1 ? "" : "s");
	printf("  policy      %zu rule%s in %zu file%s, id %s\n", k->n_rules,
	    k->n_rules == 1 ? "" : "s", k->n_policies, k->n_policies == 1 ? "" : "s", k->policy_id);
	return CLI_OK;
}

static int
check_all(struct check *k, const char *file, bool json)
{
	const struct trust_options options = { .skew_s = 60 };
	int r = config_load(&k->c, file, &k->r);

	if (r < 0) {
		cli_error("%s: %s", file, strerror(-r));
		if (r == -ENOENT)
			cli_try("name the configuration with -c FILE, or make a deployment with "
				"portcullis init DIR");
		return CLI_CONFIG;
	}
	if (r != 0)
		return json ? say_json(k) : say_text(k);
	k->trust = trust_new(&options);
	if (k->trust == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	r = config_check_files(k->c, &k->r);
	check_all_secrets(k);
	check_operator(k);
	if (trust_operators(k->trust) > 0) {
		check_accounts(k);
		check_mint(k);
	}
	check_creds(k, k->c->upstream_creds);
	if (k->c->upstream_creds != NULL &&
	    strcmp(k->c->upstream_creds, k->c->upstream_command_creds) != 0)
		check_creds(k, k->c->upstream_command_creds);
	check_inbox_key(k);
	check_policies(k);
	return json ? say_json(k) : say_text(k);
}

int
cmd_check(const struct cli_args *a)
{
	const char *file = cli_value(a, "config");
	char path[PATH_MAX];
	struct check k = { 0 };
	struct stat st;
	int r;

	if (file == NULL)
		file = "gateway.conf";
	if (stat(file, &st) == 0 && S_ISDIR(st.st_mode) &&
	    snprintf(path, sizeof(path), "%s/gateway.conf", file) < (int)sizeof(path))
		file = path;
	text_report_init(&k.r);
	r = check_all(&k, file, cli_flag(a, "json"));
	text_report_deinit(&k.r);
	config_free(k.c);
	trust_free(k.trust);
	free(k.accounts);
	free(k.minted);
	return r;
}
