/*
 * actor_key - see actor_key.h. A key file is a seed and nothing else, so one that holds more is
 * refused rather than searched.
 */
#include "gateway/cli/actor_key.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/cli/files.h"

enum { SEED_FILE_MAX = 1024, TRUST_FILE_MAX = 256 * 1024 };

static const struct {
	enum nkey_type type;
	const char *kind;
} kinds[] = { { NKEY_ACCOUNT, "account" }, { NKEY_MODULE, "module" }, { NKEY_SERVICE, "service" } };

enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

const char *
actor_key_kind(enum nkey_type type)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i].type == type)
			return kinds[i].kind;
	return NULL;
}

enum nkey_type
actor_key_type(const char *kind)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].type;
	return NKEY_NONE;
}

static bool
blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct bytes
trim(struct bytes s)
{
	while (s.len > 0 && blank(s.ptr[0]))
		s = bytes_from(s, 1);
	while (s.len > 0 && blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

int
actor_key_read(struct nkey_pair *p, int at, const char *path)
{
	struct buf b;
	int r;

	secret_buf_init(&b, SEED_FILE_MAX);
	r = file_read(at, path, &b);
	if (r == 0)
		r = nkey_pair_parse(p, trim(buf_bytes(&b)));
	secret_buf_deinit(&b);
	return err_pass(r);
}

int
actor_key_load(struct nkey_pair *p, const char *option, const char *path, enum nkey_type type)
{
	struct stat st;
	int r = actor_key_read(p, AT_FDCWD, path);

	if (r != 0) {
		cli_error("--%s: %s: %s", option, path, r > 0 ? nkey_why(r) : strerror(-r));
		cli_try("portcullis actor keys gen %s NAME", actor_key_kind(type));
		return CLI_FAILED;
	}
	if (p->pub.type != type) {
		cli_error("--%s: %s: not the seed of %s", option, path,
		    type == NKEY_ACCOUNT ? "an account (SA...)" : "a module (SM...)");
		return CLI_FAILED;
	}
	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		cli_note("%s can be read by others: chmod 600 it", path);
	return CLI_OK;
}

static int
add(struct actor_trust *t, struct bytes text, const char *where)
{
	struct nkey k;
	int r = nkey_parse(&k, text);

	if (r == 0 && k.type != NKEY_ACCOUNT)
		r = NKEY_BAD_PREFIX;
	if (r != 0) {
		cli_error("--trust: %s: not the key of an account (A...): %s", where, nkey_why(r));
		return CLI_USAGE;
	}
	if (t->n == ACTOR_TRUST_MAX) {
		cli_error("--trust: more than %d accounts", ACTOR_TRUST_MAX);
		return CLI_USAGE;
	}
	t->key[t->n++] = k;
	return CLI_OK;
}

/* add_file() - one a line; what follows a `#' is a comment. */
static int
add_file(struct actor_trust *t, const char *path)
{
	struct bytes in;
	struct buf b;
	size_t before = t->n;
	int r;

	buf_init(&b, TRUST_FILE_MAX);
	r = file_read(AT_FDCWD, path, &b);
	if (r != 0) {
		cli_error("--trust: %s: %s", path, strerror(-r));
		r = CLI_FAILED;
	}
	for (in = buf_bytes(&b); r == CLI_OK && in.len > 0;) {
		struct bytes line = bytes_upto(in, bytes_find(in, '\n'));

		in = bytes_from(in, line.len + 1);
		line = trim(bytes_upto(line, bytes_find(line, '#')));
		if (line.len > 0)
			r = add(t, line, path);
	}
	if (r == CLI_OK && t->n == before) {
		cli_error("--trust: %s names no account", path);
		r = CLI_USAGE;
	}
	buf_deinit(&b);
	return r;
}

/* is_key() - the form of one; a file of that name is written with its folder, ./NAME. */
static bool
is_key(const char *v)
{
	return strlen(v) == NKEY_TEXT_LEN &&
	       strspn(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == NKEY_TEXT_LEN;
}

int
actor_trust_load(struct actor_trust *t, const struct cli_args *a)
{
	const char *v;
	int r = CLI_OK;

	t->n = 0;
	for (size_t i = 0; r == CLI_OK && (v = cli_value_nth(a, "trust", i)) != NULL; i++)
		r = is_key(v) ? add(t, bytes_str(v), v) : add_file(t, v);
	return r;
}
