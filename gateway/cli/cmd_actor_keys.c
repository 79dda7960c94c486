/*
 * actor keys - make and list the keys actors are signed with. A key file is the seed alone, without
 * a line end, as wash writes and reads it.
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/actor_key.h"
#include "gateway/cli/files.h"
#include "gateway/cli/verbs_actor.h"

enum { NAME_LONGEST = 100, OUT_MAX = 1 << 20 };

static const char name_chars[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

static int
usage(const char *problem)
{
	cli_error("%s", problem);
	cli_try("portcullis help actor keys");
	return CLI_USAGE;
}

static int
open_dir(const struct cli_args *a, const char **dir, int *fd)
{
	*dir = cli_value(a, "dir") != NULL ? cli_value(a, "dir") : ".";
	*fd = open(*dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0) {
		cli_error("%s: %s", *dir, strerror(errno));
		return CLI_FAILED;
	}
	return CLI_OK;
}

/* put_key() - one key, as a line or as a JSON object. */
static void
put_key(struct buf *b, bool json, const char *file, const struct nkey *k, const char *problem)
{
	char text[NKEY_TEXT_LEN + 1] = "";

	if (problem == NULL)
		nkey_format(k, text);
	if (json) {
		buf_put_str(b, "{\"file\":");
		buf_put_json(b, bytes_str(file));
		buf_put_str(b, problem == NULL ? ",\"kind\":\"" : ",\"problem\":\"");
		buf_put_str(b, problem == NULL ? actor_key_kind(k->type) : problem);
		buf_put_str(b, "\",\"public\":\"");
		buf_put_str(b, text);
		buf_put_str(b, "\"}");
		return;
	}
	buf_put_str(b, problem == NULL ? text : problem);
	buf_put_str(b, "  ");
	buf_put_str(b, file);
	buf_put_u8(b, '\n');
}

/* write_key() - a new file of a new key. */
static int
write_key(int fd, const char *dir, const char *file, enum nkey_type type, struct nkey *pub)
{
	char seed[NKEY_SEED_LEN + 1];
	struct nkey_pair p = { 0 };
	int r = nkey_pair_new(&p, type);

	if (r == 0) {
		nkey_pair_seed(&p, seed);
		r = file_new(fd, file, 0600, bytes_of(seed, NKEY_SEED_LEN));
		wipe(seed, sizeof(seed));
	}
	*pub = p.pub;
	nkey_pair_deinit(&p);
	if (r == 0)
		return CLI_OK;
	if (r == -EEXIST)
		cli_error("%s/%s is there already; nothing was written", dir, file);
	else
		cli_error("%s/%s: %s", dir, file, strerror(-r));
	return CLI_FAILED;
}

static int
gen(const struct cli_args *a)
{
	enum nkey_type type = a->n_args == 3 ? actor_key_type(a->args[1]) : NKEY_NONE;
	const char *dir, *name = a->n_args == 3 ? a->args[2] : "";
	char file[NAME_LONGEST + 32];
	bool json = cli_flag(a, "json");
	struct nkey pub;
	struct buf b;
	int fd, r;

	if (type == NKEY_NONE)
		return usage("keys gen account|module|service NAME");
	if (name[0] == '.' || name[0] == '\0' || strlen(name) > NAME_LONGEST ||
	    name[strspn(name, name_chars)] != '\0')
		return usage("NAME: at most 100 letters, digits, `-', `_' and `.', no `.' first");
	snprintf(file, sizeof(file), "%s_%s.nk", name, actor_key_kind(type));
	r = open_dir(a, &dir, &fd);
	if (r != CLI_OK)
		return r;
	buf_init(&b, OUT_MAX);
	r = write_key(fd, dir, file, type, &pub);
	if (r == CLI_OK) {
		put_key(&b, json, file, &pub, NULL);
		buf_put_str(&b, json ? "\n" : "");
		r = cli_print(&b);
	}
	buf_deinit(&b);
	(void)close(fd);
	return r;
}

/* problem_of() - why a file is no key of ours; NULL when it is one. */
static const char *
problem_of(int fd, const char *file, struct nkey *pub)
{
	struct nkey_pair p = { 0 };
	struct stat st;
	int r = actor_key_read(&p, fd, file);

	*pub = p.pub;
	nkey_pair_deinit(&p);
	if (r != 0)
		return r > 0 ? "not a seed" : "cannot be read";
	if (actor_key_kind(pub->type) == NULL)
		return "a key of another kind";
	if (fstatat(fd, file, &st, 0) == 0 && (st.st_mode & 077) != 0)
		cli_note("%s can be read by others: chmod 600 it", file);
	return NULL;
}

static int
list(const struct cli_args *a)
{
	bool json = cli_flag(a, "json");
	char **names = NULL;
	const char *dir;
	size_t n = 0;
	struct buf b;
	int fd, r = open_dir(a, &dir, &fd);

	if (r != CLI_OK)
		return r;
	buf_init(&b, OUT_MAX);
	r = names_in(fd, ".", ".nk", &names, &n);
	if (r != 0) {
		cli_error("%s: %s", dir, strerror(-r));
		r = CLI_FAILED;
	}
	buf_put_str(&b, json ? "[" : "");
	for (size_t i = 0; i < n; i++) {
		struct nkey pub;
		const char *problem = problem_of(fd, names[i], &pub);

		buf_put_str(&b, json && i > 0 ? "," : "");
		put_key(&b, json, names[i], &pub, problem);
	}
	buf_put_str(&b, json ? "]\n" : "");
	if (r == CLI_OK)
		r = cli_print(&b);
	names_free(names, n);
	buf_deinit(&b);
	(void)close(fd);
	return r;
}

int
cmd_actor_keys(const struct cli_args *a)
{
	if (strcmp(a->args[0], "gen") == 0)
		return gen(a);
	if (strcmp(a->args[0], "list") == 0 && a->n_args == 1)
		return list(a);
	return usage("keys gen account|module|service NAME, or keys list");
}
