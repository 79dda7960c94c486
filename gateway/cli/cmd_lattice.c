/*
 * lattice add - one more lattice in a deployment that runs.
 *
 * Everything new is written first; then accounts.conf and keys/upstream.keys are replaced whole, in
 * this order, so that at no moment the gateway holds a key the leaf's file does not know.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/files.h"
#include "gateway/cli/lattice.h"

enum { CONF_MAX = 4 << 20, KEYS_MAX = 1 << 20 };

static int
add_everywhere(struct deploy *d, const struct lattice *l, const struct nkey_pair *client,
    const struct nkey_pair *gate)
{
	struct buf conf, keys, issued;
	int r;

	buf_init(&conf, CONF_MAX);
	buf_init(&issued, 64 * 1024);
	secret_buf_init(&keys, KEYS_MAX);
	r = deploy_read(d, "keys/upstream.keys", &keys);
	if (r == CLI_OK)
		r = lattice_write(d, l, client, gate, &issued);
	if (r == CLI_OK)
		r = accounts_conf(d, &conf);
	lattice_mint_line(l, &keys);
	if (r == CLI_OK)
		r = deploy_swap(d, "accounts.conf", 0644, &conf);
	if (r == CLI_OK)
		r = deploy_swap(d, "keys/upstream.keys", 0600, &keys);
	if (r == CLI_OK)
		r = deploy_issued(d, &issued);
	buf_deinit(&conf);
	buf_deinit(&issued);
	secret_buf_deinit(&keys);
	return r;
}

/* pid_of() - of a running server that was started with -P FILE in the deployment; 0: not known. */
static long
pid_of(const struct deploy *d, const char *file)
{
	struct buf b;
	long pid = 0;

	buf_init(&b, 32);
	if (file_read(d->fd, file, &b) == 0) {
		buf_put_u8(&b, '\0');
		pid = buf_failed(&b) ? 0 : strtol((const char *)b.ptr, NULL, 10);
	}
	buf_deinit(&b);
	return pid > 1 && pid <= INT_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM) ? pid : 0;
}

/* say_next() - the leaf first: the gateway's keys are worth nothing before the leaf knows them. */
static void
say_next(const struct deploy *d)
{
	long leaf = pid_of(d, "leaf.pid"), gateway = pid_of(d, "gateway.pid");

	printf("Then, in this order (no connection is lost):\n");
	if (leaf != 0)
		printf("  nats-server --signal reload=%ld\n", leaf);
	else
		printf("  send the leaf (nats-server) a HUP\n");
	if (gateway != 0)
		printf("  portcullis-gateway --signal reload=%ld\n", gateway);
	else
		printf("  send portcullis-gateway a HUP\n");
}

/* is_new() - a lattice is there when its account's key is. Nothing was made before this is asked. */
static int
is_new(const struct deploy *d, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "keys/accounts/%s.nk", name);
	if (faccessat(d->fd, path, F_OK, 0) != 0)
		return CLI_OK;
	cli_error("there is a lattice `%s' in %s already", name, d->dir);
	return CLI_FAILED;
}

static int
say(const struct deploy *d, const struct lattice *l, bool json)
{
	char host[PATH_MAX];

	lattice_host_key(l, host);
	if (json)
		printf("{\"name\":\"%s\",\"account\":\"%s\",\"upstream_account\":\"%s\",\"host\":"
		       "\"%s\"}\n",
		    l->name, l->account_text, l->upstream_text, l->host_text);
	else
		printf("Added lattice %s\n"
		       "  account  %s\n"
		       "  host id  %s  (%s/%s)\n"
		       "  creds    %s/creds/%s/\n\n",
		    l->name, l->account_text, l->host_text, d->dir, host, d->dir, l->name);
	if (!json)
		say_next(d);
	return CLI_OK;
}

int
cmd_lattice_add(const struct cli_args *a)
{
	const char *dir = cli_value(a, "dir"), *name = a->args[0];
	struct nkey_pair client = { 0 }, gate = { 0 };
	struct deploy d = { .fd = -1 };
	struct lattice l = { 0 };
	int r;

	if (!lattice_name_ok(name)) {
		cli_error("`%s' is no lattice name: letters, digits, - and _, at most %d, no word "
			  "the subjects use",
		    name, LATTICE_NAME_MAX);
		return CLI_USAGE;
	}
	r = deploy_open(&d, dir != NULL ? dir : ".");
	if (r == CLI_OK)
		r = is_new(&d, name);
	if (r == CLI_OK)
		r = deploy_load_key(&d, "keys/operator.nk", NKEY_OPERATOR, &client);
	if (r == CLI_OK)
		r = deploy_load_key(&d, "keys/gate.nk", NKEY_OPERATOR, &gate);
	if (r == CLI_OK)
		r = lattice_new(&l, name, false);
	if (r == CLI_OK)
		r = add_everywhere(&d, &l, &client, &gate);
	if (r == CLI_OK)
		r = say(&d, &l, cli_flag(a, "json"));
	else if (d.fd >= 0)
		deploy_undo(&d);
	lattice_deinit(&l);
	nkey_pair_deinit(&client);
	nkey_pair_deinit(&gate);
	deploy_close(&d);
	return r;
}
