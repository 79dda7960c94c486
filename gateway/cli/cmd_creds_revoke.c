/*
 * creds revoke - end identities.
 *
 * A revocation lives in the account's JWT: every tool and server that reads NATS JWTs honours it,
 * and the gateway notices the new file by itself. What is revoked is the user key, so every copy of
 * the creds file dies with it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/account.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/files.h"
#include "gateway/cli/issued.h"
#include "gateway/cli/when.h"
#include "policy/identity/creds.h"

enum { REVOKE_MAX = 65536, CREDS_MAX = 64 * 1024, OUT_MAX = 64 << 20 };

/* One key to revoke, and the account it is in. */
struct target {
	char user[NKEY_TEXT_LEN + 1];
	char lattice[LATTICE_NAME_MAX + 1];
};

struct revoke {
	struct deploy *d;
	size_t n_issued;
	struct issued *issued;
	size_t n;
	struct target *target;
};

static int
add_target(struct revoke *rv, const char *user, const char *lattice)
{
	if (rv->n == REVOKE_MAX) {
		cli_error("more than %d identities at once", REVOKE_MAX);
		return CLI_FAILED;
	}
	snprintf(rv->target[rv->n].user, sizeof(rv->target[0].user), "%s", user);
	snprintf(rv->target[rv->n].lattice, sizeof(rv->target[0].lattice), "%s", lattice);
	rv->n++;
	return CLI_OK;
}

/* target_key() - a user key: where it was issued, or the lattice named, or the only one. */
static int
target_key(struct revoke *rv, const char *user, const char *lattice)
{
	struct account a;
	int r;

	for (size_t i = 0; i < rv->n_issued; i++)
		if (strcmp(rv->issued[i].user, user) == 0 &&
		    (lattice == NULL || strcmp(lattice, rv->issued[i].lattice) == 0))
			return add_target(rv, user, rv->issued[i].lattice);
	r = account_load(rv->d, lattice, &a);
	if (r == CLI_OK) {
		cli_note("%s was not issued here; revoking it in lattice %s all the same", user,
		    a.lattice);
		r = add_target(rv, user, a.lattice);
	}
	account_deinit(&a);
	return r;
}

/* target_file() - the user of a creds file, in the account that signed it. */
static int
target_file(struct revoke *rv, const char *file, const char *lattice)
{
	char user[NKEY_TEXT_LEN + 1];
	struct nkey_pair pair = { 0 };
	struct bytes jwt;
	struct buf text;
	int r;

	secret_buf_init(&text, CREDS_MAX);
	r = file_read(AT_FDCWD, file, &text);
	if (r == 0)
		r = creds_read(buf_bytes(&text), &jwt, &pair);
	if (r == 0)
		nkey_format(&pair.pub, user);
	else
		cli_error("%s: %s", file, r > 0 ? creds_why(r) : strerror(-r));
	nkey_pair_deinit(&pair);
	secret_buf_deinit(&text);
	return r != 0 ? CLI_FAILED : target_key(rv, user, lattice);
}

static int
target_name(struct revoke *rv, const char *name, const char *lattice)
{
	size_t before = rv->n;
	int r = CLI_OK;

	for (size_t i = 0; r == CLI_OK && i < rv->n_issued; i++)
		if (strcmp(rv->issued[i].name, name) == 0 &&
		    (lattice == NULL || strcmp(lattice, rv->issued[i].lattice) == 0))
			r = add_target(rv, rv->issued[i].user, rv->issued[i].lattice);
	if (r == CLI_OK && rv->n == before) {
		cli_error("nobody was issued creds under the name `%s'", name);
		cli_try("portcullis creds list --dir %s", rv->d->dir);
		r = CLI_FAILED;
	}
	return r;
}

static int
find_targets(struct revoke *rv, const struct cli_args *a)
{
	const char *name = cli_value(a, "name"), *lattice = cli_value(a, "lattice");
	int r = CLI_OK;

	for (size_t i = 0; r == CLI_OK && i < a->n_args; i++) {
		struct nkey k;

		if (nkey_parse(&k, bytes_str(a->args[i])) == 0 && k.type == NKEY_USER)
			r = target_key(rv, a->args[i], lattice);
		else
			r = target_file(rv, a->args[i], lattice);
	}
	return r == CLI_OK && name != NULL ? target_name(rv, name, lattice) : r;
}

/*
 * time_after() - a second later than @old, which must not be in the future of those who read it:
 * two versions of one account are told apart by their second, so the next one waits for the next.
 */
static int64_t
time_after(int64_t old_s, int64_t now_s)
{
	while (now_s <= old_s && old_s - now_s < 2) {
		struct timespec until = { .tv_sec = (time_t)old_s + 1 };

		if (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL) == 0)
			now_s = (int64_t)time(NULL);
	}
	if (now_s <= old_s)
		cli_note("this machine's clock is behind the account's last change; using that "
			 "time and a second");
	return now_s > old_s ? now_s : old_s + 1;
}

/* refuse() - @answer of account_jwt_revoke() in words. */
static int
refuse(const struct revoke *rv, const char *lattice, int answer)
{
	if (answer != ACCOUNT_JWT_FULL) {
		cli_error("%s", strerror(-answer));
		return CLI_FAILED;
	}
	cli_error(
	    "%s/jwt/accounts/%s.jwt: an account holds at most %d revocations, and this one would "
	    "need more; nobody was revoked in it",
	    rv->d->dir, lattice, MINT_REVOCATIONS_MAX);
	cli_try(
	    "to end everybody of this account at once, move that file away; for those who stay, "
	    "`portcullis lattice add` makes a fresh account");
	return CLI_FAILED;
}

/* revoke_in() - all targets of one lattice into its account. */
static int
revoke_in(struct revoke *rv, const char *lattice, const struct nkey_pair *client)
{
	struct account_jwt c;
	char path[PATH_MAX];
	struct buf jwt;
	int64_t at_s;
	int r = account_read_jwt(rv->d, lattice, client, &c);

	if (r != CLI_OK)
		return r;
	buf_init(&jwt, TOKEN_MAX);
	at_s = time_after(c.iat_s, rv->d->now_s);
	for (size_t i = 0; r == CLI_OK && i < rv->n; i++) {
		if (strcmp(rv->target[i].lattice, lattice) != 0)
			continue;
		r = account_jwt_revoke(&c, rv->target[i].user, at_s);
		if (r != 0)
			r = refuse(rv, lattice, r);
	}
	if (r == CLI_OK && account_jwt_write(&c, at_s, &jwt, client) != 0)
		jwt.failed = true;
	snprintf(path, sizeof(path), "jwt/accounts/%s.jwt", lattice);
	if (r == CLI_OK)
		r = deploy_swap(rv->d, path, 0644, &jwt);
	account_jwt_deinit(&c);
	buf_deinit(&jwt);
	return r;
}

static int
revoke_all(struct revoke *rv)
{
	struct nkey_pair client = { 0 };
	int r = deploy_load_key(rv->d, "keys/operator.nk", NKEY_OPERATOR, &client);

	for (size_t i = 0; r == CLI_OK && i < rv->n; i++) {
		size_t k = 0;

		while (strcmp(rv->target[k].lattice, rv->target[i].lattice) != 0)
			k++;
		if (k == i) /* the first of its lattice */
			r = revoke_in(rv, rv->target[i].lattice, &client);
	}
	nkey_pair_deinit(&client);
	return r;
}

static int
say_revoked(const struct revoke *rv, bool json)
{
	struct buf b;
	int r;

	buf_init(&b, OUT_MAX);
	buf_put_str(&b, json ? "[" : "");
	for (size_t i = 0; i < rv->n; i++) {
		if (json) {
			buf_put_str(&b, i > 0 ? ",{\"user\":" : "{\"user\":");
			buf_put_json(&b, bytes_str(rv->target[i].user));
			buf_put_str(&b, ",\"lattice\":");
			buf_put_json(&b, bytes_str(rv->target[i].lattice));
			buf_put_u8(&b, '}');
		} else {
			buf_put_str(&b, "Revoked ");
			buf_put_str(&b, rv->target[i].user);
			buf_put_str(&b, " in lattice ");
			buf_put_str(&b, rv->target[i].lattice);
			buf_put_u8(&b, '\n');
		}
	}
	buf_put_str(&b, json ? "]\n" : "");
	r = cli_print(&b);
	buf_deinit(&b);
	return r;
}

int
cmd_creds_revoke(const struct cli_args *a)
{
	const char *dir = cli_value(a, "dir");
	struct deploy d = { .fd = -1 };
	struct revoke rv = { .d = &d };
	int r;

	if (a->n_args == 0 && cli_value(a, "name") == NULL) {
		cli_error("whom? name a creds file, a user key, or --name NAME");
		return CLI_USAGE;
	}
	rv.target = calloc(REVOKE_MAX, sizeof(*rv.target));
	if (rv.target == NULL)
		return CLI_FAILED;
	r = deploy_open(&d, dir != NULL ? dir : ".");
	if (r == CLI_OK)
		r = issued_read(&d, &rv.issued, &rv.n_issued);
	if (r == CLI_OK)
		r = find_targets(&rv, a);
	if (r == CLI_OK)
		r = revoke_all(&rv);
	if (r == CLI_OK)
		r = say_revoked(&rv, cli_flag(a, "json"));
	free(rv.target);
	free(rv.issued);
	deploy_close(&d);
	return r;
}
