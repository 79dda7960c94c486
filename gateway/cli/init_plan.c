/*
 * init_plan - what `init` was asked for: addresses, lattices and hub, all checked before the first
 * file is written, with the keys made for them.
 */
#include "gateway/cli/init_plan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/files.h"
#include "policy/identity/creds.h"

enum { HUB_CREDS_MAX = 64 * 1024 };

static int
read_address(const struct cli_args *a, const char *name, const char *preset, bool any_port,
    struct config_address *out)
{
	const char *s = cli_value(a, name);

	if (s == NULL)
		s = preset;
	if (config_address_parse(bytes_str(s), out) != 0 || (out->port == 0 && !any_port)) {
		cli_error("--%s: `%s' is not HOST:PORT", name, s);
		cli_try("--%s %s", name, preset);
		return CLI_USAGE;
	}
	return CLI_OK;
}

static int
read_lattices(const struct cli_args *a, struct init *in)
{
	const char *name = cli_value(a, "lattice");

	in->lattice = calloc(INIT_MAX_LATTICES, sizeof(*in->lattice));
	if (in->lattice == NULL)
		return CLI_FAILED;
	if (name == NULL)
		name = "default";
	for (size_t i = 0; name != NULL; name = cli_value_nth(a, "lattice", i)) {
		if (i == INIT_MAX_LATTICES) {
			cli_error("more than %d lattices", INIT_MAX_LATTICES);
			return CLI_USAGE;
		}
		if (!lattice_name_ok(name)) {
			cli_error("--lattice: `%s' is no lattice name: letters, digits, - and _, "
				  "at most %d, no word the subjects use",
			    name, LATTICE_NAME_MAX);
			return CLI_USAGE;
		}
		for (size_t k = 0; k < i; k++) {
			if (strcasecmp(in->lattice[k].name, name) == 0) {
				cli_error("--lattice %s is given twice", name);
				return CLI_USAGE;
			}
		}
		if (lattice_new(&in->lattice[i], name, i == 0) != CLI_OK)
			return CLI_FAILED;
		in->n = ++i;
	}
	return CLI_OK;
}

/* hub_url_ok() - one of the schemes a leaf node remote can have, a host, and nothing odd in it. */
static bool
hub_url_ok(const char *s)
{
	static const char *const schemes[] = { "nats://", "tls://", "nats-leaf://", "ws://",
		"wss://" };
	size_t host = 0;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncmp(s, schemes[i], strlen(schemes[i])) == 0)
			host = strlen(schemes[i]);
	if (host == 0 || s[host] == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (*s <= 0x20 || *s >= 0x7f || *s == '"' || *s == '\\')
			return false;
	return true;
}

static int
read_hub(const struct cli_args *a, struct init *in)
{
	const char *file = cli_value(a, "hub-creds");
	struct nkey_pair pair = { 0 };
	struct bytes jwt;
	int r;

	in->hub = cli_value(a, "hub");
	if (in->hub == NULL && file != NULL) {
		cli_error("--hub-creds goes with --hub URL");
		return CLI_USAGE;
	}
	if (in->hub == NULL)
		return CLI_OK;
	if (!hub_url_ok(in->hub)) {
		cli_error("--hub: `%s' is not the URL of a hub's leaf node port", in->hub);
		cli_try("--hub tls://hub.example:7422");
		return CLI_USAGE;
	}
	if (file == NULL) {
		cli_error("--hub needs --hub-creds FILE, the creds file the hub's owner gave you");
		return CLI_USAGE;
	}
	r = file_read(AT_FDCWD, file, &in->hub_creds);
	if (r != 0) {
		cli_error(
		    "%s: %s", file, r == -EFBIG ? "too large for a creds file" : strerror(-r));
		return CLI_FAILED;
	}
	r = creds_read(buf_bytes(&in->hub_creds), &jwt, &pair);
	nkey_pair_deinit(&pair);
	if (r != 0) {
		cli_error("%s: %s", file, r > 0 ? creds_why(r) : strerror(-r));
		return CLI_FAILED;
	}
	return CLI_OK;
}

int
init_plan(struct init *in, const struct cli_args *a)
{
	int r;

	*in = (struct init){ 0 };
	secret_buf_init(&in->hub_creds, HUB_CREDS_MAX);
	r = read_address(a, "listen", "127.0.0.1:4222", true, &in->listen);

	in->dir = a->args[0];
	if (r == CLI_OK)
		r = read_address(a, "leaf", "127.0.0.1:4223", false, &in->leaf);
	if (r == CLI_OK && in->listen.port == in->leaf.port &&
	    strcmp(in->listen.host, in->leaf.host) == 0) {
		cli_error("--listen and --leaf are the same address");
		r = CLI_USAGE;
	}
	if (r == CLI_OK)
		r = read_lattices(a, in);
	if (r == CLI_OK)
		r = read_hub(a, in);
	if (r == CLI_OK && (nkey_pair_new(&in->client, NKEY_OPERATOR) != 0 ||
			       nkey_pair_new(&in->gate, NKEY_OPERATOR) != 0 ||
			       nkey_pair_new(&in->system, NKEY_ACCOUNT) != 0)) {
		cli_error("cannot make keys: out of memory");
		r = CLI_FAILED;
	}
	return r;
}

void
init_put_address(struct buf *b, const struct config_address *a, bool to_dial)
{
	const char *host = a->host;
	bool v6;

	if (to_dial && strcmp(host, "0.0.0.0") == 0)
		host = "127.0.0.1";
	if (to_dial && strcmp(host, "::") == 0)
		host = "::1";
	v6 = strchr(host, ':') != NULL;
	if (v6)
		buf_put_u8(b, '[');
	buf_put_str(b, host);
	buf_put_str(b, v6 ? "]:" : ":");
	buf_put_dec(b, a->port);
}

void
init_deinit(struct init *in)
{
	for (size_t i = 0; i < in->n; i++)
		lattice_deinit(&in->lattice[i]);
	free(in->lattice);
	nkey_pair_deinit(&in->client);
	nkey_pair_deinit(&in->gate);
	nkey_pair_deinit(&in->system);
	secret_buf_deinit(&in->hub_creds);
}
