/*
 * lattice - see lattice.h.
 *
 * Two accounts stand for one lattice: creds files are signed into the client account, which only
 * the gate believes; what the gateway does on the leaf for them happens in the upstream account,
 * which only the leaf believes. So no creds file handed out is of any use at the leaf, and the
 * accounts of two lattices never meet there.
 */
#include "gateway/cli/lattice.h"

#include <stdio.h>
#include <string.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/files.h"
#include "gateway/cli/person.h"
#include "gateway/cli/templates.h"
#include "policy/commands/command.h"
#include "policy/identity/jwt.h"
#include "policy/identity/mint.h"

enum { CREDS_MAX = 64 * 1024, POLICY_MAX = 1 << 20 };

const char *const lattice_roles[] = { "admin", "deployer", "host", "observer", NULL };

bool
lattice_name_ok(const char *name)
{
	/* SYS is the leaf's system account */
	return strlen(name) <= LATTICE_NAME_MAX && strcmp(name, "SYS") != 0 &&
	       command_lattice_ok(bytes_str(name));
}

int
lattice_new(struct lattice *l, const char *name, bool first)
{
	*l = (struct lattice){ .first = first };
	snprintf(l->name, sizeof(l->name), "%s", name);
	if (nkey_pair_new(&l->account, NKEY_ACCOUNT) != 0 ||
	    nkey_pair_new(&l->upstream, NKEY_ACCOUNT) != 0 ||
	    nkey_pair_new(&l->host, NKEY_SERVER) != 0) {
		lattice_deinit(l);
		cli_error("cannot make keys: out of memory");
		return CLI_FAILED;
	}
	nkey_format(&l->account.pub, l->account_text);
	nkey_format(&l->upstream.pub, l->upstream_text);
	nkey_format(&l->host.pub, l->host_text);
	return CLI_OK;
}

void
lattice_deinit(struct lattice *l)
{
	nkey_pair_deinit(&l->account);
	nkey_pair_deinit(&l->upstream);
	nkey_pair_deinit(&l->host);
}

void
lattice_host_key(const struct lattice *l, char out[PATH_MAX])
{
	if (l->first)
		snprintf(out, PATH_MAX, "keys/host.nk");
	else
		snprintf(out, PATH_MAX, "keys/host-%s.nk", l->name);
}

void
lattice_creds(const struct lattice *l, const char *role, char out[PATH_MAX])
{
	if (l->first)
		snprintf(out, PATH_MAX, "creds/%s.creds", role);
	else
		snprintf(out, PATH_MAX, "creds/%s/%s.creds", l->name, role);
}

static int
write_account(struct deploy *d, const char *folder, const char *name,
    const struct nkey_pair *account, const struct nkey_pair *by)
{
	struct mint_account m = {
		.c = { .name = name, .iat_s = d->now_s },
		.subject = &account->pub,
		.jetstream = true,
		.max_conn = -1,
	};
	char path[PATH_MAX];
	struct buf b;
	int r;

	buf_init(&b, TOKEN_MAX);
	snprintf(path, sizeof(path), "jwt/%s/%s.jwt", folder, name);
	if (mint_account(&b, &m, by) != 0)
		b.failed = true;
	r = deploy_file(d, path, 0644, &b);
	buf_deinit(&b);
	return r;
}

static int
write_keys(struct deploy *d, const struct lattice *l)
{
	char path[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "keys/accounts/%s.nk", l->name);
	r = deploy_key(d, path, &l->account);
	if (r != CLI_OK)
		return r;
	lattice_host_key(l, path);
	return deploy_key(d, path, &l->host);
}

/* write_policy() - the policy, and what it promises. */
static int
write_policy(struct deploy *d, const struct lattice *l)
{
	char path[PATH_MAX];
	struct buf b;
	int r;

	buf_init(&b, POLICY_MAX);
	snprintf(path, sizeof(path), "policies/%s.policy", l->name);
	if (lattice_policy(&b, l->name, l->account_text) != 0)
		b.failed = true;
	r = deploy_file(d, path, 0644, &b);
	buf_reset(&b);
	snprintf(path, sizeof(path), "policies/%s.expect", l->name);
	if (lattice_expect(&b, l->name, l->account_text) != 0)
		b.failed = true;
	if (r == CLI_OK)
		r = deploy_file(d, path, 0644, &b);
	buf_deinit(&b);
	return r;
}

static int
write_creds(struct deploy *d, const struct lattice *l, const char *role, struct buf *issued)
{
	struct person p = { .lattice = l->name, .role = role, .name = role };
	char path[PATH_MAX], user[NKEY_TEXT_LEN + 1];
	struct buf creds;
	int r;

	if (strcmp(role, "host") == 0)
		p.hosts[p.n_hosts++] = l->host_text;
	lattice_creds(l, role, path);
	secret_buf_init(&creds, CREDS_MAX);
	r = person_creds(&p, &l->account, d->now_s, &creds, user);
	if (r == CLI_OK)
		r = deploy_file(d, path, 0600, &creds);
	if (r == CLI_OK)
		person_record(issued, &p, l->account_text, user, d->now_s);
	secret_buf_deinit(&creds);
	return r;
}

static int
write_people(struct deploy *d, const struct lattice *l, struct buf *issued)
{
	char path[PATH_MAX];
	int r = CLI_OK;

	if (!l->first) {
		snprintf(path, sizeof(path), "creds/%s", l->name);
		r = deploy_folder(d, path, 0700);
	}
	for (const char *const *role = lattice_roles; r == CLI_OK && *role != NULL; role++)
		r = write_creds(d, l, *role, issued);
	return r;
}

int
lattice_write(struct deploy *d, const struct lattice *l, const struct nkey_pair *client,
    const struct nkey_pair *gate, struct buf *issued)
{
	int r = write_keys(d, l);

	if (r == CLI_OK)
		r = write_account(d, "accounts", l->name, &l->account, client);
	if (r == CLI_OK)
		r = write_account(d, "leaf", l->name, &l->upstream, gate);
	if (r == CLI_OK)
		r = write_policy(d, l);
	return r == CLI_OK ? write_people(d, l, issued) : r;
}

void
lattice_mint_line(const struct lattice *l, struct buf *b)
{
	char seed[NKEY_SEED_LEN + 1];

	nkey_pair_seed(&l->upstream, seed);
	buf_put_str(b, l->account_text);
	buf_put_u8(b, ' ');
	buf_put_str(b, seed);
	buf_put_u8(b, '\n');
	wipe(seed, sizeof(seed));
}

int
lattice_policy(struct buf *out, const char *name, const char *account)
{
	const struct template_value values[] = {
		{ "LATTICE", bytes_str(name) },
		{ "ACCOUNT", bytes_str(account) },
		{ NULL, BYTES_NULL },
	};

	return template_fill(out, template_policy, values);
}

/* without_sets() - a template without the lines that say what its names stand for. */
static void
without_sets(struct buf *out, struct bytes text)
{
	while (text.len != 0) {
		size_t n = bytes_find(text, '\n');
		struct bytes line = bytes_upto(text, n < text.len ? n + 1 : n);

		if (!bytes_starts(line, BYTES_LIT("SET ")))
			buf_put(out, line);
		text = bytes_from(text, line.len);
	}
}

int
lattice_expect(struct buf *out, const char *name, const char *account)
{
	const struct template_value values[] = {
		{ "LATTICE", bytes_str(name) },
		{ "ACCOUNT", bytes_str(account) },
		{ NULL, BYTES_NULL },
	};
	struct buf text;
	int r;

	buf_init(&text, POLICY_MAX);
	without_sets(&text, template_expect);
	r = buf_failed(&text) ? err_raise(-ENOMEM)
			      : template_fill(out, buf_bytes(&text), values);
	buf_deinit(&text);
	return err_pass(r);
}

/* put_preload() - "A...: JWT" of one file in jwt/leaf/. */
static int
put_preload(struct deploy *d, const char *file, struct buf *out)
{
	char path[PATH_MAX], sub[NKEY_TEXT_LEN + 1];
	struct buf jwt;
	int r;

	snprintf(path, sizeof(path), "jwt/leaf/%s", file);
	buf_init(&jwt, TOKEN_MAX);
	r = deploy_read(d, path, &jwt);
	if (r == CLI_OK) {
		char why[WHY_MAX];
		struct jwt j = { 0 };

		if (jwt_read(&j, buf_bytes(&jwt), NKEY_ACCOUNT, why) == 0) {
			nkey_format(&j.sub, sub);
		} else {
			cli_error("%s/%s: not an account JWT: %s", d->dir, path, why);
			r = CLI_FAILED;
		}
		jwt_deinit(&j);
	}
	if (r == CLI_OK) {
		buf_put_str(out, "  # ");
		buf_put(out, bytes_of(file, strlen(file) - strlen(".jwt")));
		buf_put_str(out, "\n  ");
		buf_put_str(out, sub);
		buf_put_str(out, ": ");
		buf_put(out, buf_bytes(&jwt));
		buf_put_u8(out, '\n');
	}
	buf_deinit(&jwt);
	return r;
}

int
accounts_conf(struct deploy *d, struct buf *out)
{
	char **names = NULL;
	size_t n = 0;
	int r = names_in(d->fd, "jwt/leaf", ".jwt", &names, &n);

	if (r != 0) {
		cli_error("%s/jwt/leaf: %s", d->dir, strerror(-r));
		return CLI_FAILED;
	}
	buf_put_str(out, "# accounts.conf - the accounts of the leaf, included by leaf.conf. "
			 "Written by portcullis\n"
			 "# from jwt/leaf/; replaced whole when a lattice is added.\n"
			 "resolver_preload: {\n");
	r = CLI_OK;
	for (size_t i = 0; r == CLI_OK && i < n; i++)
		r = put_preload(d, names[i], out);
	buf_put_str(out, "}\n");
	names_free(names, n);
	return r;
}
