/*
 * actor_trust - see actor_trust.h. What a list revokes is revoked also for an issuer that --trust
 * names.
 */
#include "gateway/cli/actor_trust.h"

#include <fcntl.h>
#include <string.h>

#include "gateway/cli/actor_key.h"
#include "gateway/cli/files.h"

enum { TRUST_FILE_MAX = 256 * 1024, LIST_FILE_MAX = TEXT_MAX_FILE };

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
		line = actor_key_trim(bytes_upto(line, bytes_find(line, '#')));
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

/* read_list() - into the list, with what is wrong said line by line. */
static int
read_list(struct actor_trust *t, const char *path, struct bytes in)
{
	struct text_report report;
	int r;

	text_report_init(&report);
	r = issuers_read(&t->list, path, in, &report);
	if (r > 0) {
		fwrite(report.out.ptr, 1, report.out.len, stderr);
		cli_error("--trust-file: %s is not a list of issuers", path);
	} else if (r < 0) {
		cli_error("--trust-file: %s: %s", path, strerror(-r));
	}
	text_report_deinit(&report);
	return r == 0 ? CLI_OK : r > 0 ? CLI_CONFIG : CLI_FAILED;
}

static int
load_list(struct actor_trust *t, const char *path)
{
	struct buf b;
	int r;

	buf_init(&b, LIST_FILE_MAX);
	r = file_read(AT_FDCWD, path, &b);
	if (r != 0) {
		cli_error("--trust-file: %s: %s", path, strerror(-r));
		r = CLI_FAILED;
	} else {
		r = read_list(t, path, buf_bytes(&b));
	}
	t->has_list = r == CLI_OK;
	buf_deinit(&b);
	return r;
}

int
actor_trust_load(struct actor_trust *t, const struct cli_args *a)
{
	const char *v, *list = cli_value(a, "trust-file");
	int r = CLI_OK;

	t->n = 0;
	for (size_t i = 0; r == CLI_OK && (v = cli_value_nth(a, "trust", i)) != NULL; i++)
		r = is_key(v) ? add(t, bytes_str(v), v) : add_file(t, v);
	if (r == CLI_OK && list != NULL)
		r = load_list(t, list);
	return r;
}

void
actor_trust_deinit(struct actor_trust *t)
{
	issuers_deinit(&t->list);
	t->has_list = false;
}

struct wascap_trust
actor_trust_at(const struct actor_trust *t, int64_t now_s)
{
	return (struct wascap_trust){
		.issuer = t->key, .n = t->n, .now_s = now_s, .list = t->has_list ? &t->list : NULL
	};
}
