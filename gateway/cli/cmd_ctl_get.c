/*
 * ctl get - what is there: hosts, what runs on them and how it is, links, claims.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/ctl.h"
#include "gateway/cli/verbs_ctl.h"

/* What is shown of many hosts: their keys, or all they said. */
struct hosts {
	struct buf json; /* their answers, comma separated */
	char key[CTL_HOSTS][CTL_KEY];
	size_t n;
	bool table;
};

static void
state_words(const struct control_reply *r, size_t at, char out[CTL_TEXT])
{
	char state[32], reason[300], retry[64];

	control_text(r, at, "state", state, sizeof(state));
	control_text(r, at, "reason", reason, sizeof(reason));
	control_text(r, at, "next_retry", retry, sizeof(retry));
	snprintf(out, CTL_TEXT, "%s%s%s%s%s", state[0] != '\0' ? state : "-", reason[0] != '\0' ? ": " : "", reason,
	    retry[0] != '\0' ? ", again at " : "", retry);
}

static void
print_labels(const struct control_reply *r, size_t at)
{
	size_t labels = json_member(&r->json, at, "labels"), i;
	char name[128], value[256];

	if (labels == 0 || r->json.tok[labels].kind != JSON_OBJECT)
		return;
	i = json_first(&r->json, labels);
	for (size_t n = r->json.tok[labels].n; n > 0 && i != 0; n--, i = r->json.tok[i + 1].next) {
		control_text(r, i, NULL, name, sizeof(name));
		control_text(r, i + 1, NULL, value, sizeof(value));
		printf("%s=%s%s", name, value, n > 1 ? " " : "");
	}
}

static void
on_host(void *ctx, const struct control_reply *r)
{
	struct hosts *h = ctx;
	char name[128], version[64], up[96];

	if (h->n == CTL_HOSTS)
		return;
	control_text(r, 0, "id", h->key[h->n], CTL_KEY);
	if (h->json.len > 0)
		buf_put_u8(&h->json, ',');
	buf_put(&h->json, buf_bytes(&r->text));
	if (h->table) {
		if (h->n == 0)
			printf("%-56s  %-20s %-9s %-22s %s\n", "HOST", "NAME", "VERSION", "UP", "LABELS");
		control_text(r, 0, "friendly_name", name, sizeof(name));
		control_text(r, 0, "version", version, sizeof(version));
		control_text(r, 0, "uptime_human", up, sizeof(up));
		printf("%-56s  %-20s %-9s %-22s ", h->key[h->n], name, version, up);
		print_labels(r, 0);
		putchar('\n');
	}
	h->n++;
}

/* hosts() - all of them; @table: shown as they come. */
static int
hosts(struct ctl *c, struct hosts *h, bool table)
{
	*h = (struct hosts){ .table = table };
	buf_init(&h->json, 16 << 20);
	if (ctl_gather(c, "ping.hosts", NULL, on_host, h) < 0)
		return CLI_FAILED;
	if (h->n == 0 && !c->json)
		cli_note("no host answers in lattice `%s'", c->lattice);
	return CLI_OK;
}

static int
print_json(const char *name, const struct buf *list)
{
	printf("{\"%s\":[", name);
	if (cli_print(list) != CLI_OK)
		return CLI_FAILED;
	return puts("]}") >= 0 ? CLI_OK : CLI_FAILED;
}

static int
get_hosts(struct ctl *c)
{
	autofree(mem_freep) struct hosts *h = calloc(1, sizeof(*h));
	int r = h != NULL ? hosts(c, h, !c->json) : CLI_FAILED;

	if (r == CLI_OK && c->json)
		r = print_json("hosts", &h->json);
	if (h != NULL)
		buf_deinit(&h->json);
	return r;
}

/* print_walls() - that hold for it; others' hosts say nothing of that. */
static void
print_walls(const struct control_reply *r, size_t at)
{
	char name[64];
	size_t n;

	at = ctl_list(r, at, "walls", &n);
	for (size_t i = 0; i < n; i++, at = r->json.tok[at].next) {
		control_text(r, at, NULL, name, sizeof(name));
		printf("%s%s", i == 0 ? "            walls " : " ", name);
	}
	if (n > 0)
		putchar('\n');
}

static void
print_parts(const struct control_reply *r, const char *list, const char *kind)
{
	size_t n, at = ctl_list(r, 0, list, &n);
	char id[CTL_KEY], name[128], state[CTL_TEXT], ref[300], link[64];

	for (; n > 0; n--, at = r->json.tok[at].next) {
		size_t instances;

		control_text(r, at, "id", id, sizeof(id));
		control_text(r, at, "name", name, sizeof(name));
		control_text(r, at, "image_ref", ref, sizeof(ref));
		control_text(r, at, "link_name", link, sizeof(link));
		state_words(r, at, state);
		ctl_list(r, at, "instances", &instances);
		printf("  %-8s  %-56s  %-22s %s", kind, id, name, state);
		if (strcmp(kind, "actor") == 0)
			printf("  x%zu", instances);
		else if (link[0] != '\0')
			printf("  link %s", link);
		printf("  %s\n", ref);
		print_walls(r, at);
	}
}

static void
print_link(const struct control_reply *r, size_t at)
{
	char actor[CTL_KEY], provider[CTL_KEY], contract[128], name[64], state[CTL_TEXT];

	control_text(r, at, "actor_id", actor, sizeof(actor));
	control_text(r, at, "provider_id", provider, sizeof(provider));
	control_text(r, at, "contract_id", contract, sizeof(contract));
	control_text(r, at, "link_name", name, sizeof(name));
	state_words(r, at, state);
	printf("  %-8s  %s  %-24s %-10s -> %s  %s\n", "link", actor, contract, name, provider, state);
}

static void
print_inventory(const struct control_reply *r)
{
	char id[CTL_KEY], name[128];
	size_t n, at;

	control_text(r, 0, "host_id", id, sizeof(id));
	control_text(r, 0, "friendly_name", name, sizeof(name));
	printf("%s  %s\n", id, name);
	print_parts(r, "actors", "actor");
	print_parts(r, "providers", "provider");
	for (at = ctl_list(r, 0, "links", &n); n > 0; n--, at = r->json.tok[at].next)
		print_link(r, at);
	if (control_number(r, 0, "left_off") != 0)
		cli_note("%lld more do not fit into the host's answer", (long long)control_number(r, 0, "left_off"));
}

static int
one_inventory(struct ctl *c, const char *host, bool comma)
{
	char tail[CTL_KEY + 16];
	struct control_reply r;
	int e;

	snprintf(tail, sizeof(tail), "get.%s.inv", host);
	e = ctl_ask(c, tail, NULL, &r);
	if (e == CLI_OK && c->json) {
		printf("%s", comma ? "," : "");
		e = cli_print(&r.text);
	} else if (e == CLI_OK)
		print_inventory(&r);
	control_reply_deinit(&r);
	return e;
}

static int
get_inventory(struct ctl *c, const char *given)
{
	autofree(mem_freep) struct hosts *h = calloc(1, sizeof(*h));
	int r = CLI_OK;

	if (h == NULL)
		return CLI_FAILED;
	if (given != NULL) {
		r = ctl_host(c, given, h->key[0]);
		h->n = 1;
	} else {
		r = hosts(c, h, false);
		buf_deinit(&h->json);
	}
	if (r != CLI_OK)
		return r;
	if (c->json)
		printf("{\"inventory\":[");
	for (size_t i = 0; i < h->n && r == CLI_OK; i++)
		r = one_inventory(c, h->key[i], i > 0);
	if (c->json)
		puts("]}");
	return r;
}

static void
print_claims(const struct control_reply *r)
{
	char key[CTL_KEY], name[128], issuer[CTL_KEY], caps[256], rev[32];
	size_t n, at = ctl_list(r, 0, "claims", &n);

	for (; n > 0; n--, at = r->json.tok[at].next) {
		control_text(r, at, "sub", key, sizeof(key));
		control_text(r, at, "name", name, sizeof(name));
		control_text(r, at, "iss", issuer, sizeof(issuer));
		control_text(r, at, "caps", caps, sizeof(caps));
		control_text(r, at, "rev", rev, sizeof(rev));
		printf("%-56s  %-22s rev %-4s by %.12s%s  %s\n", key, name, rev,
		    issuer[0] != '\0' ? issuer : "nobody", issuer[0] != '\0' ? ".." : "", caps);
	}
}

static int
get_table(struct ctl *c, const char *tail)
{
	struct control_reply r;
	int e = ctl_ask(c, tail, NULL, &r);

	if (e == CLI_OK && c->json) {
		e = cli_print(&r.text);
		putchar('\n');
	} else if (e == CLI_OK && strcmp(tail, "get.claims") == 0) {
		print_claims(&r);
	} else if (e == CLI_OK) {
		size_t n, at = ctl_list(&r, 0, "links", &n);

		for (; n > 0; n--, at = r.json.tok[at].next)
			print_link(&r, at);
	}
	control_reply_deinit(&r);
	return e;
}

static int
get(struct ctl *c, const struct cli_args *a)
{
	const char *what = a->args[0];

	if (strcmp(what, "hosts") == 0)
		return get_hosts(c);
	if (strcmp(what, "inventory") == 0)
		return get_inventory(c, a->n_args > 1 ? a->args[1] : NULL);
	return get_table(c, strcmp(what, "links") == 0 ? "get.links" : "get.claims");
}

int
cmd_ctl_get(const struct cli_args *a)
{
	const char *what = a->args[0], *host = a->n_args > 1 ? a->args[1] : NULL;

	if (strcmp(what, "hosts") != 0 && strcmp(what, "inventory") != 0 && strcmp(what, "links") != 0 &&
	    strcmp(what, "claims") != 0) {
		cli_error("ctl get knows hosts, inventory, links and claims, not `%s'", what);
		return CLI_USAGE;
	}
	if (host != NULL && strcmp(what, "inventory") != 0) {
		cli_error("ctl get %s takes no host", what);
		return CLI_USAGE;
	}
	return ctl_with(a, get);
}
