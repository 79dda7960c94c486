/*
 * ctl start, stop, scale, update - what runs where. Each names what it means in words people have (a
 * reference, a name), finds the keys itself, sends one command and waits for what comes of it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/ctl_auction.h"
#include "gateway/cli/ctl_wait.h"
#include "gateway/cli/files.h"
#include "gateway/cli/verbs_ctl.h"
#include "host/lattice/members.h"

enum { BODY_ROOM = 256 * 1024, COUNT_MAX = 100000 };

/* send() - a command, then what came of it. The body is wiped: it may hold a secret. */
static int
send_and_wait(struct ctl *c, const char *tail, struct buf *body, const struct ctl_goal *g)
{
	struct control_reply r;
	int e;

	ctl_listen(c);
	e = ctl_ask(c, tail, body, &r);
	if (e == CLI_OK && c->json)
		e = cli_print(&r.text), putchar('\n');
	control_reply_deinit(&r);
	if (e == CLI_OK)
		e = ctl_wait(c, g);
	return e;
}

static int
count_of(const char *text, int64_t *n)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || v > COUNT_MAX) {
		cli_error("`%s' is no number of instances (0 to %d)", text, COUNT_MAX);
		return CLI_USAGE;
	}
	*n = v;
	return CLI_OK;
}

/* ---- which host ---- */

/* put_constraints() - each --constraint NAME=VALUE. */
static int
put_constraints(struct members *o, const struct cli_args *a)
{
	struct members list;
	const char *v;

	members_name(o, "constraints");
	list = members_open(o->b, '{');
	for (size_t i = 0; (v = cli_value_nth(a, "constraint", i)) != NULL; i++) {
		const char *eq = strchr(v, '=');

		if (eq == NULL || eq == v) {
			cli_error("--constraint is NAME=VALUE, not `%s'", v);
			return CLI_USAGE;
		}
		members_item(&list);
		buf_put_json(o->b, bytes_of(v, (size_t)(eq - v)));
		buf_put_u8(o->b, ':');
		buf_put_json(o->b, bytes_str(eq + 1));
	}
	members_close(&list, '}');
	return CLI_OK;
}

/* auction() - who would run it? The first to answer gets it. */
static int
auction(struct ctl *c, const struct cli_args *a, const char *kind, const char *ref, char out[CTL_KEY])
{
	struct members o;
	char name[32];
	struct buf b;
	int r;

	buf_init(&b, BODY_ROOM);
	o = members_open(&b, '{');
	snprintf(name, sizeof(name), "%s_ref", kind);
	members_text(&o, name, ref);
	if (strcmp(kind, "provider") == 0)
		members_text(&o, "link_name", cli_value(a, "link-name") != NULL ? cli_value(a, "link-name") : "default");
	r = put_constraints(&o, a);
	members_close(&o, '}');
	if (r == CLI_OK)
		r = ctl_auction(c, kind, ref, &b, out);
	buf_deinit(&b);
	return r;
}

/* ---- what runs where: for commands that name something running ---- */

struct where {
	const char *list, *key;
	char host[CTL_KEY], ref[1024];
	size_t n;
	struct ctl *c;
	size_t n_hosts;
	char hosts[CTL_HOSTS][CTL_KEY];
};

static void
on_ping(void *ctx, const struct control_reply *r)
{
	struct where *w = ctx;

	if (w->n_hosts < CTL_HOSTS)
		control_text(r, 0, "id", w->hosts[w->n_hosts++], CTL_KEY);
}

static void
look_in(struct where *w, const char *host)
{
	char tail[CTL_KEY + 16], id[CTL_KEY];
	struct control_reply r;

	snprintf(tail, sizeof(tail), "get.%s.inv", host);
	if (ctl_ask(w->c, tail, NULL, &r) == CLI_OK) {
		size_t n, at = ctl_list(&r, 0, w->list, &n);

		for (; n > 0; n--, at = r.json.tok[at].next) {
			if (strcmp(control_text(&r, at, "id", id, sizeof(id)), w->key) != 0)
				continue;
			w->n++;
			strcpy(w->host, host);
			control_text(&r, at, "image_ref", w->ref, sizeof(w->ref));
			break;
		}
	}
	control_reply_deinit(&r);
}

/* find() - on which host does @key run? @given: on this one. */
static int
find(struct ctl *c, struct where *w, const char *given)
{
	int r = CLI_OK;

	w->c = c;
	if (given != NULL) {
		r = ctl_host(c, given, w->hosts[0]);
		w->n_hosts = 1;
	} else if (ctl_gather(c, "ping.hosts", NULL, on_ping, w) < 0)
		r = CLI_FAILED;
	for (size_t i = 0; r == CLI_OK && i < w->n_hosts; i++)
		look_in(w, w->hosts[i]);
	if (r != CLI_OK || w->n == 1)
		return r;
	if (w->n == 0)
		cli_error("%s runs on no host%s", w->key, given != NULL ? " of this name" : " of the lattice");
	else
		cli_error("%s runs on %zu hosts: say which one with --host", w->key, w->n);
	cli_try("portcullis ctl get inventory");
	return CLI_FAILED;
}

/* ---- the verbs ---- */

static int
start_actor(struct ctl *c, const struct cli_args *a, const char *host, const char *ref)
{
	struct ctl_goal g = { .host = host, .list = "actors", .key = "image_ref", .is = ref, .count = 1, .what = ref };
	char tail[CTL_KEY + 16];
	struct members o;
	struct buf b;
	int r = CLI_OK;

	if (cli_value(a, "count") != NULL)
		r = count_of(cli_value(a, "count"), &g.count);
	if (r == CLI_OK && g.count == 0) {
		cli_error("--count 0 starts nothing");
		r = CLI_USAGE;
	}
	if (r != CLI_OK)
		return r;
	buf_init(&b, BODY_ROOM);
	o = members_open(&b, '{');
	members_text(&o, "actor_ref", ref);
	members_int(&o, "count", g.count);
	members_text(&o, "host_id", host);
	members_close(&o, '}');
	snprintf(tail, sizeof(tail), "cmd.%s.la", host);
	r = send_and_wait(c, tail, &b, &g);
	buf_deinit(&b);
	return r;
}

/* put_configuration() - --config TEXT or @FILE. */
static int
put_configuration(struct members *o, const char *given)
{
	struct buf file;
	int r = CLI_OK;

	if (given == NULL)
		return CLI_OK;
	if (given[0] != '@') {
		members_text(o, "configuration", given);
		return CLI_OK;
	}
	buf_init(&file, BODY_ROOM);
	r = file_read(AT_FDCWD, given + 1, &file);
	if (r != 0)
		cli_error("%s: %s", given + 1, strerror(-r));
	else
		members_bytes(o, "configuration", buf_bytes(&file));
	buf_deinit(&file);
	return r == 0 ? CLI_OK : CLI_FAILED;
}

static int
start_provider(struct ctl *c, const struct cli_args *a, const char *host, const char *ref)
{
	const char *link = cli_value(a, "link-name") != NULL ? cli_value(a, "link-name") : "default";
	struct ctl_goal g = { .host = host, .list = "providers", .key = "image_ref", .is = ref, .key2 = "link_name",
		.is2 = link, .count = -1, .what = ref };
	char tail[CTL_KEY + 16];
	struct members o;
	struct buf b;
	int r;

	buf_init(&b, BODY_ROOM);
	o = members_open(&b, '{');
	members_text(&o, "provider_ref", ref);
	members_text(&o, "link_name", link);
	members_text(&o, "host_id", host);
	r = put_configuration(&o, cli_value(a, "config"));
	members_close(&o, '}');
	snprintf(tail, sizeof(tail), "cmd.%s.lp", host);
	if (r == CLI_OK)
		r = send_and_wait(c, tail, &b, &g);
	buf_deinit(&b);
	return r;
}

/* say_files() - a path is the reference of a registry to a host: what was typed may have been meant otherwise. */
static void
say_files(const char *ref)
{
	size_t n = strlen(ref);

	if (strstr(ref, "://") == NULL && (ref[0] == '/' || ref[0] == '.' || (n > 5 && strcmp(ref + n - 5, ".wasm") == 0)))
		cli_try("a file on the host is written file:///FOLDER/NAME.wasm, with its whole path");
}

int
cmd_ctl_start(const struct cli_args *a)
{
	const char *kind = a->args[0], *ref = a->args[1], *given = cli_value(a, "host");
	bool actor = strcmp(kind, "actor") == 0;
	char host[CTL_KEY];
	struct ctl c;
	int r;

	if (!actor && strcmp(kind, "provider") != 0) {
		cli_error("ctl start knows actor and provider, not `%s'", kind);
		return CLI_USAGE;
	}
	if ((actor && (cli_value(a, "config") != NULL || cli_value(a, "link-name") != NULL)) ||
	    (!actor && cli_value(a, "count") != NULL)) {
		cli_error(actor ? "--config and --link-name are for providers" : "--count is for actors");
		return CLI_USAGE;
	}
	r = ctl_open(&c, a);
	if (r == CLI_OK)
		r = given != NULL ? ctl_host(&c, given, host) : auction(&c, a, kind, ref, host);
	if (r == CLI_OK)
		r = actor ? start_actor(&c, a, host, ref) : start_provider(&c, a, host, ref);
	if (r == CLI_FAILED && actor)
		say_files(ref);
	ctl_close(&c);
	return r;
}

static int
stop_host(struct ctl *c, const char *given)
{
	char host[CTL_KEY], tail[CTL_KEY + 16];
	struct control_reply r;
	struct members o;
	struct buf b;
	int e = ctl_host(c, given, host);

	if (e != CLI_OK)
		return e;
	buf_init(&b, BODY_ROOM);
	o = members_open(&b, '{');
	members_text(&o, "host_id", host);
	members_close(&o, '}');
	snprintf(tail, sizeof(tail), "cmd.%s.stop", host);
	e = ctl_ask(c, tail, &b, &r);
	if (e == CLI_OK && !c->json)
		printf("host %s stops\n", host);
	else if (e == CLI_OK)
		e = cli_print(&r.text), putchar('\n');
	control_reply_deinit(&r);
	buf_deinit(&b);
	return e;
}

/* stop_part() - an actor with all its instances, or a provider under one link name. */
static int
stop_part(struct ctl *c, const struct cli_args *a, bool actor)
{
	const char *link = cli_value(a, "link-name") != NULL ? cli_value(a, "link-name") : "default";
	autofree(mem_freep) struct where *w = calloc(1, sizeof(*w));
	struct ctl_goal g = { .list = actor ? "actors" : "providers", .key = "id", .count = 0, .what = a->args[1] };
	char key[CTL_KEY], tail[CTL_KEY + 16];
	struct members o;
	struct buf b;
	int r = w != NULL ? ctl_key(c, actor ? 'M' : 'V', a->args[1], key) : CLI_FAILED;

	if (r != CLI_OK)
		return r;
	w->list = g.list;
	w->key = key;
	r = find(c, w, cli_value(a, "host"));
	if (r != CLI_OK)
		return r;
	g.host = w->host;
	g.is = key;
	if (!actor) {
		g.key2 = "link_name";
		g.is2 = link;
	}
	buf_init(&b, BODY_ROOM);
	o = members_open(&b, '{');
	members_text(&o, actor ? "actor_ref" : "provider_ref", key);
	if (actor)
		members_int(&o, "count", 0);
	else
		members_text(&o, "link_name", link);
	members_text(&o, "host_id", w->host);
	members_close(&o, '}');
	snprintf(tail, sizeof(tail), "cmd.%s.%s", w->host, actor ? "sa" : "sp");
	r = send_and_wait(c, tail, &b, &g);
	buf_deinit(&b);
	return r;
}

int
cmd_ctl_stop(const struct cli_args *a)
{
	const char *kind = a->args[0];
	struct ctl c;
	int r;

	if (strcmp(kind, "actor") != 0 && strcmp(kind, "provider") != 0 && strcmp(kind, "host") != 0) {
		cli_error("ctl stop knows actor, provider and host, not `%s'", kind);
		return CLI_USAGE;
	}
	r = ctl_open(&c, a);
	if (r == CLI_OK)
		r = strcmp(kind, "host") == 0 ? stop_host(&c, a->args[1]) : stop_part(&c, a, strcmp(kind, "actor") == 0);
	ctl_close(&c);
	return r;
}

/* change() - scale (@count >= 0) or update (@ref) an actor that runs. */
static int
change(struct ctl *c, const struct cli_args *a, const char *actor, int64_t count, const char *ref)
{
	autofree(mem_freep) struct where *w = calloc(1, sizeof(*w));
	struct ctl_goal g = { .list = "actors", .key = "id", .count = count, .what = actor };
	char key[CTL_KEY], tail[CTL_KEY + 16];
	struct members o;
	struct buf b;
	int r = w != NULL ? ctl_key(c, 'M', actor, key) : CLI_FAILED;

	if (r != CLI_OK)
		return r;
	w->list = "actors";
	w->key = key;
	r = find(c, w, cli_value(a, "host"));
	if (r != CLI_OK)
		return r;
	g.host = w->host;
	g.is = key;
	buf_init(&b, BODY_ROOM);
	o = members_open(&b, '{');
	if (ref == NULL) {
		members_text(&o, "actor_ref", w->ref);
		members_int(&o, "count", count);
	} else {
		members_text(&o, "new_actor_ref", ref);
		g.key2 = "image_ref";
		g.is2 = ref;
		g.count = -1;
	}
	members_text(&o, "actor_id", key);
	members_text(&o, "host_id", w->host);
	members_close(&o, '}');
	snprintf(tail, sizeof(tail), "cmd.%s.%s", w->host, ref == NULL ? "scale" : "upd");
	r = send_and_wait(c, tail, &b, &g);
	buf_deinit(&b);
	return r;
}

/* actor_verb() - "actor" may stand before what is meant, as with start and stop. */
static int
actor_verb(const struct cli_args *a, bool scale)
{
	size_t skip = a->n_args == 3 && strcmp(a->args[0], "actor") == 0;
	int64_t count = 0;
	struct ctl c;
	int r = CLI_OK;

	if (a->n_args - skip != 2) {
		cli_error("ctl %s takes an actor and %s", a->verb->name, scale ? "a number" : "a reference");
		return CLI_USAGE;
	}
	if (scale)
		r = count_of(a->args[skip + 1], &count);
	if (r != CLI_OK)
		return r;
	r = ctl_open(&c, a);
	if (r == CLI_OK)
		r = change(&c, a, a->args[skip], count, scale ? NULL : a->args[skip + 1]);
	ctl_close(&c);
	return r;
}

int
cmd_ctl_scale(const struct cli_args *a)
{
	return actor_verb(a, true);
}

int
cmd_ctl_update(const struct cli_args *a)
{
	return actor_verb(a, false);
}
