/*
 * init_host - what a portcullis-host needs of a deployment, so that nothing is left to edit: the
 * key its calls are signed with, an account that signs the actors it runs, and a host.conf that
 * names them. The account is for actors alone: it signs no login, and no gateway believes it.
 */
#include "gateway/cli/init_host.h"

#include "gateway/cli/cli.h"
#include "gateway/cli/templates.h"

enum { CONF_MAX = 256 << 10 };

/* write_new_key() - a seed file of a new key, and the key's public half as text. */
static int
write_new_key(struct deploy *d, const char *path, enum nkey_type type, char text[NKEY_TEXT_LEN + 1])
{
	struct nkey_pair pair;
	int r;

	if (nkey_pair_new(&pair, type) != 0) {
		cli_error("cannot make keys: out of memory");
		return CLI_FAILED;
	}
	nkey_format(&pair.pub, text);
	r = deploy_key(d, path, &pair);
	nkey_pair_deinit(&pair);
	return r;
}

int
init_write_host(struct deploy *d, const struct init *in)
{
	char cluster[NKEY_TEXT_LEN + 1], actors[NKEY_TEXT_LEN + 1];
	struct config_address at = in->listen;
	struct buf address, b;
	int r = write_new_key(d, "keys/cluster.nk", NKEY_CLUSTER, cluster);

	if (r == CLI_OK)
		r = write_new_key(d, "keys/actors.nk", NKEY_ACCOUNT, actors);
	if (r != CLI_OK)
		return r;
	if (at.port == 0)
		at.port = 4222;
	buf_init(&address, 512);
	buf_init(&b, CONF_MAX);
	init_put_address(&address, &at, true);
	const struct template_value values[] = {
		{ "LATTICE", bytes_str(in->lattice[0].name) },
		{ "ADDRESS", buf_bytes(&address) },
		{ "ISSUER", bytes_str(actors) },
		{ NULL, BYTES_NULL },
	};
	if (template_fill(&b, template_host_conf, values) != 0)
		b.failed = true;
	r = deploy_file(d, "host.conf", 0644, &b);
	buf_deinit(&address);
	buf_deinit(&b);
	return r;
}
