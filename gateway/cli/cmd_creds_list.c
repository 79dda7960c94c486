/*
 * creds list - whom this deployment made creds for, and whether they are still good. The list is
 * what the tool wrote down; the state is what the account's JWT says.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/cli/account.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/files.h"
#include "gateway/cli/issued.h"
#include "gateway/cli/when.h"
#include "policy/core/members.h"

enum { OUT_MAX = 256 << 20 };

struct listing {
	size_t n_lattices;
	char **lattices;
	struct account_jwt *accounts; /* one for each lattice */
	size_t n;
	struct issued *issued;
};

static int
read_accounts(struct deploy *d, struct listing *l)
{
	int r = account_lattices(d, &l->lattices, &l->n_lattices);

	if (r != CLI_OK)
		return r;
	l->accounts = calloc(l->n_lattices + 1, sizeof(*l->accounts));
	if (l->accounts == NULL)
		return CLI_FAILED;
	for (size_t i = 0; r == CLI_OK && i < l->n_lattices; i++)
		r = account_read_jwt(d, l->lattices[i], NULL, &l->accounts[i]);
	return r;
}

static const char *
state_of(const struct listing *l, const struct issued *who, int64_t now_s)
{
	for (size_t i = 0; i < l->n_lattices; i++) {
		if (strcmp(l->lattices[i], who->lattice) != 0)
			continue;
		if (account_jwt_revoked(&l->accounts[i], who->user, who->iat_s))
			return "revoked";
		return who->exp_s != 0 && who->exp_s < now_s ? "expired" : "valid";
	}
	return "orphaned"; /* its lattice's account is gone */
}

static void
list_json(struct buf *b, const struct listing *l, int64_t now_s)
{
	buf_put_u8(b, '[');
	for (size_t i = 0; i < l->n; i++) {
		const struct issued *who = &l->issued[i];

		buf_put_str(b, i > 0 ? ",\n{" : "{");
		members_text(b, "name", who->name);
		members_text(b, "role", who->role);
		members_text(b, "lattice", who->lattice);
		members_text(b, "user", who->user);
		members_text(b, "host", who->host);
		members_text(b, "state", state_of(l, who, now_s));
		members_int(b, "iat", who->iat_s);
		members_int(b, "exp", who->exp_s);
		buf_put_u8(b, '}');
	}
	buf_put_str(b, "]\n");
}

static void
put_cell(struct buf *b, const char *s, size_t width)
{
	size_t n = strlen(s);

	buf_put_str(b, s);
	while (n++ < width + 1)
		buf_put_u8(b, ' ');
}

static void
list_text(struct buf *b, const struct listing *l, int64_t now_s)
{
	char exp[WHEN_TEXT];

	put_cell(b, "NAME", 16);
	put_cell(b, "ROLE", 10);
	put_cell(b, "LATTICE", 12);
	put_cell(b, "STATE", 8);
	put_cell(b, "EXPIRES", 20);
	buf_put_str(b, "USER\n");
	for (size_t i = 0; i < l->n; i++) {
		const struct issued *who = &l->issued[i];

		when_format(who->exp_s, exp);
		put_cell(b, who->name, 16);
		put_cell(b, who->role, 10);
		put_cell(b, who->lattice, 12);
		put_cell(b, state_of(l, who, now_s), 8);
		put_cell(b, exp, 20);
		buf_put_str(b, who->user);
		buf_put_u8(b, '\n');
	}
}

static void
listing_deinit(struct listing *l)
{
	for (size_t i = 0; l->accounts != NULL && i < l->n_lattices; i++)
		account_jwt_deinit(&l->accounts[i]);
	free(l->accounts);
	names_free(l->lattices, l->n_lattices);
	free(l->issued);
}

int
cmd_creds_list(const struct cli_args *a)
{
	const char *dir = cli_value(a, "dir");
	struct deploy d = { .fd = -1 };
	struct listing l = { 0 };
	struct buf b;
	int r = deploy_open(&d, dir != NULL ? dir : ".");

	buf_init(&b, OUT_MAX);
	if (r == CLI_OK)
		r = read_accounts(&d, &l);
	if (r == CLI_OK)
		r = issued_read(&d, &l.issued, &l.n);
	if (r == CLI_OK) {
		if (cli_flag(a, "json"))
			list_json(&b, &l, d.now_s);
		else
			list_text(&b, &l, d.now_s);
		r = cli_print(&b);
	}
	buf_deinit(&b);
	listing_deinit(&l);
	deploy_close(&d);
	return r;
}
