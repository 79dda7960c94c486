/*
 * creds issue - a creds file for somebody new. The file is written before the record of it: a
 * record of creds that nobody has would be harmless, creds without a record could not be revoked by
 * name, so when the record fails the file goes again.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/account.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/files.h"
#include "gateway/cli/person.h"
#include "gateway/cli/when.h"

enum { CREDS_MAX = 64 * 1024, POLICY_MAX = 2 << 20 };

static int
read_hosts(const struct cli_args *a, struct person *p)
{
	for (const char *id; (id = cli_value_nth(a, "host-id", p->n_hosts)) != NULL;) {
		struct nkey k;
		int r = nkey_parse(&k, bytes_str(id));

		if (r == 0 && k.type != NKEY_SERVER)
			r = NKEY_BAD_PREFIX;
		if (r != 0) {
			cli_error("--host-id: `%s' is no host id (N and 55 more characters): %s",
			    id, nkey_why(r));
			return CLI_USAGE;
		}
		if (p->n_hosts == PERSON_MAX_HOSTS) {
			cli_error("more than %d host ids", PERSON_MAX_HOSTS);
			return CLI_USAGE;
		}
		p->hosts[p->n_hosts++] = id;
	}
	return CLI_OK;
}

static int
read_person(const struct cli_args *a, struct person *p, int64_t *span_s)
{
	const char *expires = cli_value(a, "expires");

	p->role = cli_value(a, "role");
	p->name = cli_value(a, "name");
	if (!person_role_ok(p->role)) {
		cli_error("--role: `%s' is no role name: letters, digits, - and _, at most %d",
		    p->role, ROLE_NAME_MAX);
		return CLI_USAGE;
	}
	if (!person_name_ok(p->name)) {
		cli_error(
		    "--name: 1 to %d bytes of UTF-8 without control characters", PERSON_NAME_MAX);
		return CLI_USAGE;
	}
	if (expires != NULL && when_span(expires, span_s) != 0) {
		cli_error("--expires: `%s' is no time: write e.g. 90s, 15m, 12h or 30d", expires);
		return CLI_USAGE;
	}
	return read_hosts(a, p);
}

static int
write_out(const char *out, const struct buf *creds)
{
	int r = file_new(AT_FDCWD, out, 0600, buf_bytes(creds));

	if (r == -EEXIST) {
		cli_error("%s is there already; nothing was written", out);
		return CLI_FAILED;
	}
	if (r != 0) {
		cli_error("%s: %s", out, strerror(-r));
		return CLI_FAILED;
	}
	return CLI_OK;
}

static int
say(const struct cli_args *a, const struct person *p, const struct account *account,
    const char *user)
{
	char exp[WHEN_TEXT];
	struct buf b;
	int r;

	buf_init(&b, 64 * 1024);
	if (cli_flag(a, "json")) {
		buf_put_str(&b, "{\"user\":");
		buf_put_json(&b, bytes_str(user));
		buf_put_str(&b, ",\"account\":");
		buf_put_json(&b, bytes_str(account->text));
		buf_put_str(&b, ",\"file\":");
		buf_put_json(&b, bytes_str(cli_value(a, "out")));
		buf_put_str(&b, ",\"exp\":");
		buf_put_int(&b, p->exp_s);
		buf_put_str(&b, "}\n");
	} else {
		when_format(p->exp_s, exp);
		buf_put_str(&b, "Wrote ");
		buf_put_str(&b, cli_value(a, "out"));
		buf_put_str(&b, "\n  user     ");
		buf_put_str(&b, user);
		buf_put_str(&b, "\n  role     ");
		buf_put_str(&b, p->role);
		buf_put_str(&b, "\n  lattice  ");
		buf_put_str(&b, p->lattice);
		buf_put_str(&b, "\n  expires  ");
		buf_put_str(&b, exp);
		buf_put_u8(&b, '\n');
	}
	r = cli_print(&b);
	buf_deinit(&b);
	return r;
}

static int
issue(struct deploy *d, const struct cli_args *a, const struct person *p,
    const struct account *account)
{
	char user[NKEY_TEXT_LEN + 1];
	struct buf creds, record;
	int r;

	secret_buf_init(&creds, CREDS_MAX);
	buf_init(&record, CREDS_MAX);
	r = person_creds(p, &account->pair, d->now_s, &creds, user);
	if (r == CLI_OK)
		r = write_out(cli_value(a, "out"), &creds);
	if (r == CLI_OK) {
		person_record(&record, p, account->text, user, d->now_s);
		r = deploy_issued(d, &record);
		if (r != CLI_OK)
			(void)unlink(cli_value(a, "out"));
	}
	if (r == CLI_OK)
		r = say(a, p, account, user);
	secret_buf_deinit(&creds);
	buf_deinit(&record);
	return r;
}

/* speaks_of() - is @role, or the tag that stands for it, a word in this policy? */
static bool
speaks_of(struct bytes text, const char *role)
{
	char word[ROLE_NAME_MAX + 16];
	bool found;

	snprintf(word, sizeof(word), "role:%s\"", role);
	found = memmem(text.ptr, text.len, word, strlen(word)) != NULL;
	snprintf(word, sizeof(word), "role %s ", role);
	return found || memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

/* any_policy() - of the deployment, that knows @role? One that cannot be read may. */
static bool
any_policy(const struct deploy *d, const char *role)
{
	char **names = NULL, path[PATH_MAX];
	size_t n = 0;
	bool any = names_in(d->fd, "policies", ".policy", &names, &n) != 0;

	for (size_t i = 0; i < n && !any; i++) {
		struct buf b;

		buf_init(&b, POLICY_MAX);
		snprintf(path, sizeof(path), "policies/%s", names[i]);
		any = file_read(d->fd, path, &b) != 0 || speaks_of(buf_bytes(&b), role);
		buf_deinit(&b);
	}
	names_free(names, n);
	return any;
}

int
cmd_creds_issue(const struct cli_args *a)
{
	const char *dir = cli_value(a, "dir");
	struct deploy d = { .fd = -1 };
	struct account account = { 0 };
	struct person p = { 0 };
	int64_t span_s = 0;
	int r = read_person(a, &p, &span_s);

	if (r == CLI_OK)
		r = deploy_open(&d, dir != NULL ? dir : ".");
	if (r == CLI_OK)
		r = account_load(&d, cli_value(a, "lattice"), &account);
	if (r == CLI_OK) {
		p.lattice = account.lattice;
		p.exp_s = span_s != 0 ? d.now_s + span_s : 0;
		r = issue(&d, a, &p, &account);
	}
	if (r == CLI_OK && strcmp(p.role, "host") == 0 && p.n_hosts == 0)
		cli_note("without --host-id it is bound to no host, and the gate lets it answer "
			 "for none");
	if (r == CLI_OK && !any_policy(&d, p.role))
		cli_note(
		    "no policy in %s/policies speaks of a role `%s': nothing is allowed to it yet",
		    d.dir, p.role);
	account_deinit(&account);
	deploy_close(&d);
	return r;
}
