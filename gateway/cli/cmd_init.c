/*
 * init - write a complete deployment.
 *
 * Two operators are made. The client operator signs the accounts creds files come from; the gateway
 * believes it. The gate's own operator signs the accounts of the leaf; the leaf believes it, and
 * the keys to log in there stay with the gateway. Nothing that exists is touched; what was written
 * is removed again when something fails on the way.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/files.h"
#include "gateway/cli/init_host.h"
#include "gateway/cli/init_plan.h"
#include "gateway/cli/note_key.h"
#include "gateway/cli/templates.h"
#include "policy/core/wipe.h"
#include "policy/identity/mint.h"

enum { CONF_MAX = 4 << 20 };

/* ---- what is there ---- */

/* refuse_existing() - name everything in the folder that would have to be overwritten. */
static int
refuse_existing(const struct deploy *d)
{
	static const char *const ours[] = { "gateway.conf", "host.conf", "leaf.conf", "accounts.conf",
		"policies", "creds", "keys", "jwt", "log", "audit", "jetstream", "artifacts" };
	size_t found = 0;

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (faccessat(d->fd, ours[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
			cli_error("%s/%s is there already; nothing was written", d->dir, ours[i]);
			found++;
		}
	}
	if (found > 0)
		cli_try("another folder; a lattice is added to this one with `portcullis lattice "
			"add NAME --dir %s`",
		    d->dir);
	return found > 0 ? CLI_FAILED : CLI_OK;
}

/* ---- what is written ---- */

static int
write_folders(struct deploy *d)
{
	static const struct {
		const char *path;
		mode_t mode;
	} folders[] = {
		{ "keys", 0700 },
		{ "keys/accounts", 0700 },
		{ "creds", 0700 },
		{ "jwt", 0755 },
		{ "jwt/accounts", 0755 },
		{ "jwt/leaf", 0755 },
		{ "policies", 0755 },
		{ "log", 0700 },
		{ "audit", 0700 },
		{ "run", 0700 },
		{ "jetstream", 0700 },
		{ "artifacts", 0755 },
	};
	int r = CLI_OK;

	for (size_t i = 0; r == CLI_OK && i < sizeof(folders) / sizeof(folders[0]); i++)
		r = deploy_folder(d, folders[i].path, folders[i].mode);
	return r;
}

static int
write_operators(struct deploy *d, const struct init *in)
{
	struct mint_operator m = { .c = { .name = "portcullis", .iat_s = d->now_s } };
	struct buf b;
	int r = deploy_key(d, "keys/operator.nk", &in->client);

	buf_init(&b, TOKEN_MAX);
	if (r == CLI_OK)
		r = deploy_key(d, "keys/gate.nk", &in->gate);
	if (r == CLI_OK)
		r = deploy_key(d, "keys/system.nk", &in->system);
	if (r == CLI_OK && mint_operator(&b, &m, &in->client) != 0)
		b.failed = true;
	if (r == CLI_OK)
		r = deploy_file(d, "jwt/operator.jwt", 0644, &b);
	buf_deinit(&b);
	return r;
}

/* The gate's own operator and the leaf's system account, as the leaf wants them. */
static int
write_gate(struct deploy *d, const struct init *in)
{
	char system[NKEY_TEXT_LEN + 1];
	struct mint_operator o = { .c = { .name = "portcullis-gate", .iat_s = d->now_s },
		.system_account = system };
	struct mint_account a = {
		.c = { .name = "SYS", .iat_s = d->now_s },
		.subject = &in->system.pub,
		.system = true,
		.max_conn = -1,
	};
	struct buf b;
	int r;

	nkey_format(&in->system.pub, system);
	buf_init(&b, TOKEN_MAX);
	if (mint_operator(&b, &o, &in->gate) != 0)
		b.failed = true;
	r = deploy_file(d, "jwt/gate.jwt", 0644, &b);
	buf_reset(&b);
	if (r == CLI_OK && mint_account(&b, &a, &in->gate) != 0)
		b.failed = true;
	if (r == CLI_OK)
		r = deploy_file(d, "jwt/leaf/SYS.jwt", 0644, &b);
	buf_deinit(&b);
	return r;
}

static int
write_mint_keys(struct deploy *d, const struct init *in)
{
	struct buf b;
	int r;

	secret_buf_init(&b, 1024 + in->n * 128);
	buf_put_str(&b, "# upstream.keys - for each client account, the seed of its account on the "
			"leaf. Secret.\n");
	for (size_t i = 0; i < in->n; i++)
		lattice_mint_line(&in->lattice[i], &b);
	r = deploy_file(d, "keys/upstream.keys", 0600, &b);
	secret_buf_deinit(&b);
	return r;
}

static int
write_inbox_key(struct deploy *d)
{
	uint8_t key[32];
	struct buf b;
	int r;

	randombytes_buf(key, sizeof(key));
	secret_buf_init(&b, 128);
	buf_put_hex(&b, bytes_of(key, sizeof(key)));
	buf_put_u8(&b, '\n');
	wipe(key, sizeof(key));
	r = deploy_file(d, "keys/inbox.key", 0600, &b);
	secret_buf_deinit(&b);
	return r;
}

/* The key commands are stamped with, and the half that other gates on the leaf may be given. */
static int
write_stamp_key(struct deploy *d)
{
	char text[NKEY_TEXT_LEN + 1];
	struct nkey_pair pair;
	struct buf b, pub;
	int r;

	if (nkey_pair_new(&pair, NKEY_CLUSTER) != 0)
		return CLI_FAILED;
	nkey_format(&pair.pub, text);
	secret_buf_init(&b, 128);
	buf_init(&pub, 128);
	buf_put_hex(&b, secret_bytes(&pair.seed));
	buf_put_u8(&b, '\n');
	buf_put_str(&pub, text);
	buf_put_u8(&pub, '\n');
	r = deploy_file(d, "keys/stamp.key", 0600, &b);
	if (r == CLI_OK)
		r = deploy_file(d, "keys/stamp.pub", 0644, &pub);
	nkey_pair_deinit(&pair);
	secret_buf_deinit(&b);
	buf_deinit(&pub);
	return r;
}

/* write_redact_key() - what secrets in recorded bodies are committed to with. */
static int
write_redact_key(struct deploy *d)
{
	struct secret key;
	struct buf b;
	int r = CLI_FAILED;

	if (secret_random(&key, 32) != 0)
		return CLI_FAILED;
	secret_buf_init(&b, 128);
	buf_put_hex(&b, secret_bytes(&key));
	buf_put_u8(&b, '\n');
	r = deploy_file(d, "keys/redact.key", 0600, &b);
	secret_buf_deinit(&b);
	secret_deinit(&key);
	return r;
}

static int
write_audit_key(struct deploy *d)
{
	struct buf secret, pub;
	int r = CLI_FAILED;

	secret_buf_init(&secret, 512);
	buf_init(&pub, 512);
	if (note_key_new("portcullis-audit", &secret, &pub) == 0)
		r = deploy_file(d, "keys/audit.key", 0600, &secret);
	if (r == CLI_OK)
		r = deploy_file(d, "keys/audit.pub", 0644, &pub);
	if (r == CLI_OK)
		r = write_redact_key(d);
	secret_buf_deinit(&secret);
	buf_deinit(&pub);
	return r;
}

static int
write_gateway_conf(struct deploy *d, const struct init *in)
{
	struct buf listen, upstream, b;
	int r;

	buf_init(&listen, 512);
	buf_init(&upstream, 512);
	buf_init(&b, CONF_MAX);
	init_put_address(&listen, &in->listen, false);
	init_put_address(&upstream, &in->leaf, true);
	const struct template_value values[] = {
		{ "LISTEN", buf_bytes(&listen) },
		{ "UPSTREAM", buf_bytes(&upstream) },
		{ NULL, BYTES_NULL },
	};
	if (template_fill(&b, template_gateway_conf, values) != 0)
		b.failed = true;
	r = deploy_file(d, "gateway.conf", 0644, &b);
	buf_deinit(&listen);
	buf_deinit(&upstream);
	buf_deinit(&b);
	return r;
}

/* put_hub() - the leafnodes block, or nothing. */
static int
put_hub(struct buf *out, const struct deploy *d, const struct init *in)
{
	char path[PATH_MAX + 32];
	struct buf url, creds;
	int r;

	if (in->hub == NULL)
		return 0;
	buf_init(&url, 8192);
	buf_init(&creds, 2 * PATH_MAX);
	template_quote(&url, bytes_str(in->hub));
	snprintf(path, sizeof(path), "%s/creds/hub.creds", d->dir);
	template_quote(&creds, bytes_str(path));
	const struct template_value values[] = {
		{ "LATTICE", bytes_str(in->lattice[0].name) },
		{ "HUB_URL", buf_bytes(&url) },
		{ "HUB_CREDS", buf_bytes(&creds) },
		{ "HUB_ACCOUNT", bytes_str(in->lattice[0].upstream_text) },
		{ NULL, BYTES_NULL },
	};
	r = template_fill(out, template_leaf_hub_conf, values);
	buf_deinit(&url);
	buf_deinit(&creds);
	return r;
}

static int
fill_leaf_conf(struct deploy *d, const struct init *in, struct buf *out)
{
	char system[NKEY_TEXT_LEN + 1], path[PATH_MAX + 32], name[80];
	struct buf leaf, operator, store, hub;
	int r;

	buf_init(&leaf, 512);
	buf_init(&operator, TOKEN_MAX);
	buf_init(&store, 2 * PATH_MAX);
	buf_init(&hub, 64 * 1024);
	init_put_address(&leaf, &in->leaf, false);
	snprintf(path, sizeof(path), "%s/jetstream", d->dir);
	template_quote(&store, bytes_str(path));
	nkey_format(&in->system.pub, system);
	/* two leaves of one hub must not have one name: JetStream goes by it */
	snprintf(name, sizeof(name), "portcullis-leaf-%.8s", system + 1);
	r = deploy_read(d, "jwt/gate.jwt", &operator);
	if (r == CLI_OK)
		r = put_hub(&hub, d, in);
	const struct template_value values[] = {
		{ "DIR", bytes_str(d->dir) },
		{ "SERVER_NAME", bytes_str(name) },
		{ "LEAF", buf_bytes(&leaf) },
		{ "OPERATOR", buf_bytes(&operator) },
		{ "SYSTEM", bytes_str(system) },
		{ "STORE", buf_bytes(&store) },
		{ "HUB", buf_bytes(&hub) },
		{ NULL, BYTES_NULL },
	};
	if (r == 0)
		r = template_fill(out, template_leaf_conf, values);
	buf_deinit(&leaf);
	buf_deinit(&operator);
	buf_deinit(&store);
	buf_deinit(&hub);
	return r;
}

static int
write_leaf(struct deploy *d, const struct init *in)
{
	struct buf b;
	int r;

	buf_init(&b, CONF_MAX);
	r = accounts_conf(d, &b);
	if (r == CLI_OK)
		r = deploy_file(d, "accounts.conf", 0644, &b);
	if (r == CLI_OK && in->hub_creds.len > 0)
		r = deploy_file(d, "creds/hub.creds", 0600, &in->hub_creds);
	buf_reset(&b);
	if (r == CLI_OK && fill_leaf_conf(d, in, &b) != 0)
		b.failed = true;
	if (r == CLI_OK)
		r = deploy_file(d, "leaf.conf", 0644, &b);
	buf_deinit(&b);
	return r;
}

static int
write_all(struct deploy *d, const struct init *in)
{
	struct buf issued;
	int r = write_folders(d);

	buf_init(&issued, CONF_MAX);
	if (r == CLI_OK)
		r = write_operators(d, in);
	if (r == CLI_OK)
		r = write_gate(d, in);
	for (size_t i = 0; r == CLI_OK && i < in->n; i++)
		r = lattice_write(d, &in->lattice[i], &in->client, &in->gate, &issued);
	if (r == CLI_OK)
		r = deploy_file(d, "jwt/issued.jsonl", 0644, &issued);
	buf_deinit(&issued);
	if (r == CLI_OK)
		r = write_mint_keys(d, in);
	if (r == CLI_OK)
		r = write_inbox_key(d);
	if (r == CLI_OK)
		r = write_stamp_key(d);
	if (r == CLI_OK)
		r = write_audit_key(d);
	if (r == CLI_OK)
		r = write_leaf(d, in);
	if (r == CLI_OK)
		r = init_write_host(d, in);
	/* last: a folder without it is not finished */
	return r == CLI_OK ? write_gateway_conf(d, in) : r;
}

/* ---- what is said ---- */

static int
say_json(const struct deploy *d, const struct init *in)
{
	struct buf b;
	int r;

	buf_init(&b, CONF_MAX);
	buf_put_str(&b, "{\"dir\":");
	buf_put_json(&b, bytes_str(d->dir));
	buf_put_str(&b, ",\"lattices\":[");
	for (size_t i = 0; i < in->n; i++) {
		const struct lattice *l = &in->lattice[i];

		buf_put_str(&b, i > 0 ? ",{\"name\":" : "{\"name\":");
		buf_put_json(&b, bytes_str(l->name));
		buf_put_str(&b, ",\"account\":");
		buf_put_json(&b, bytes_str(l->account_text));
		buf_put_str(&b, ",\"upstream_account\":");
		buf_put_json(&b, bytes_str(l->upstream_text));
		buf_put_str(&b, ",\"host\":");
		buf_put_json(&b, bytes_str(l->host_text));
		buf_put_u8(&b, '}');
	}
	buf_put_str(&b, "]}\n");
	r = cli_print(&b);
	buf_deinit(&b);
	return r;
}

static void
say_lattice(const struct deploy *d, const struct lattice *l)
{
	char host[PATH_MAX], creds[PATH_MAX];

	lattice_host_key(l, host);
	lattice_creds(l, "host", creds);
	printf("\nlattice %s\n"
	       "  account  %s\n"
	       "  host id  %s\n"
	       "  its creds are bound to this id, so start your host with it:\n"
	       "    WASMCLOUD_LATTICE=%s WASMCLOUD_HOST_SEED=$(cat %s/%s) \\\n"
	       "    WASMCLOUD_NATS_CREDS=%s/%s wasmcloud\n",
	    l->name, l->account_text, l->host_text, l->name, d->dir, host, d->dir, creds);
}

static int
say_text(const struct deploy *d, const struct init *in)
{
	printf("Wrote %s\n\n"
	       "Start the leaf, the gateway and a host (`portcullis up %s' does, in one terminal):\n"
	       "  nats-server -c %s/leaf.conf\n"
	       "  portcullis-gateway -c %s/gateway.conf\n"
	       "  portcullis-host -c %s/host.conf\n"
	       "It runs actors from %s/artifacts that are signed with %s/keys/actors.nk:\n"
	       "  portcullis actor keys gen module NAME -d %s/keys\n"
	       "  portcullis actor sign NAME.wasm --name NAME --issuer %s/keys/actors.nk \\\n"
	       "    --subject %s/keys/NAME_module.nk --cap CONTRACT -o %s/artifacts/NAME.wasm\n",
	    d->dir, d->dir, d->dir, d->dir, d->dir, d->dir, d->dir, d->dir, d->dir, d->dir, d->dir);
	for (size_t i = 0; i < in->n; i++)
		say_lattice(d, &in->lattice[i]);
	printf(
	    "\nAnother host needs creds of its own:\n"
	    "  portcullis creds issue --dir %s --role host --name NAME --host-id N... --out FILE\n",
	    d->dir);
	if (in->hub != NULL && in->n > 1)
		cli_note("only lattice %s is connected to the hub: its creds are for one account",
		    in->lattice[0].name);
	return CLI_OK;
}

static bool
is_local(const char *host)
{
	return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
	       strcmp(host, "localhost") == 0;
}

int
cmd_init(const struct cli_args *a)
{
	struct deploy d = { .fd = -1 };
	struct init in;
	int r = init_plan(&in, a);

	if (r == CLI_OK)
		r = deploy_make(&d, in.dir);
	if (r == CLI_OK)
		r = refuse_existing(&d);
	if (r == CLI_OK)
		r = write_all(&d, &in);
	if (r == CLI_OK) {
		if (!is_local(in.listen.host))
			cli_note("the gateway will listen beyond this machine, without encryption");
		if (!is_local(in.leaf.host))
			cli_note("the leaf will listen beyond this machine; only the gateway needs "
				 "to reach it");
		r = cli_flag(a, "json") ? say_json(&d, &in) : say_text(&d, &in);
	} else if (d.fd >= 0) {
		deploy_undo(&d);
	}
	deploy_close(&d);
	init_deinit(&in);
	return r;
}
