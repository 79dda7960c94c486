/*
 * actor_key - see actor_key.h. A key file is a seed and nothing else, so one that holds more is
 * refused rather than searched.
 */
#include "gateway/cli/actor_key.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/cli/files.h"

enum { SEED_FILE_MAX = 1024 };

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

struct bytes
actor_key_trim(struct bytes s)
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
		r = nkey_pair_parse(p, actor_key_trim(buf_bytes(&b)));
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
