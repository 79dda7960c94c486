/*
 * ctl start, stop, scale, update - what runs where. Each names what it means in words people have
 * (a reference, a name), finds the keys itself, sends one command and waits for what comes of it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/ctl_auction.h"
#include "gateway/cli/ctl_command.h"
#include "gateway/cli/ctl_wait.h"
#include "gateway/cli/files.h"
#include "gateway/cli/verbs_ctl.h"

enum { BODY_ROOM = 256 * 1024, COUNT_MAX = 100000 };

/* send_and_wait() - a command, then what came of it. */
static int
send_and_wait(struct ctl *c, struct ctl_command *x, const char *verb, const struct ctl_goal *g)
{
	int r;

	ctl_listen(c);
	r = ctl_command_send(c, x, g->host, verb, true);
	return r == CLI_OK ? ctl_wait(c, g) : r;
}

static const char *
link_name(const struct cli_args *a)
{
	const char *name = cli_value(a, "link-name");

	return name != NULL ? name : "default";
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
put_constraints(struct buf *b, const struct cli_args *a)
{
	const char *v;
	int r = CLI_OK;

	members_object(b, "constraints");
	for (size_t i = 0; r == CLI_OK && (v = cli_value_nth(a, "constraint", i)) != NULL; i++)
		r = ctl_command_pair(b, "--constraint", v);
	members_end_object(b);
	return r;
}

/* auction() - who would run it? The first to answer gets it. */
static int
auction(
    struct ctl *c, const struct cli_args *a, const char *kind, const char *ref, char out[CTL_KEY])
{
	char name[32];
	struct buf b;
	int r;

	buf_init(&b, BODY_ROOM);
	buf_put_u8(&b, '{');
	snprintf(name, sizeof(name), "%s_ref", kind);
	members_text(&b, name, ref);
	if (strcmp(kind, "provider") == 0)
		members_text(&b, "link_name", link_name(a));
	r = put_constraints(&b, a);
	members_end_object(&b);
	if (r == CLI_OK)
		r = ctl_auction(c, kind, ref, &b, out);
	buf_deinit(&b);
	return r;
}

/* ---- what runs where: for commands that name something running ---- */

struct where {
	const char *list;
	char key[CTL_KEY], host[CTL_KEY], ref[1024];
	size_t n;
	struct ctl *c;
	struct ctl_hosts hosts;
};

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
		r = ctl_host(c, given, w->hosts.id[0]);
		w->hosts.n = 1;
	} else {
		r = ctl_hosts(c, &w->hosts);
	}
	for (size_t i = 0; r == CLI_OK && i < w->hosts.n; i++)
		look_in(w, w->hosts.id[i]);
	if (r != CLI_OK || w->n == 1)
		return r;
	if (w->n == 0)
		cli_error("%s runs on no host%s", w->key,
		    given != NULL ? " of this name" : " of the lattice");
	else
		cli_error("%s runs on %zu hosts: say which one with --host", w->key, w->n);
	cli_try("portcullis ctl get inventory");
	return CLI_FAILED;
}

/*
 * locate() - where the actor or provider meant by @given runs; @g is of it from then on, as long as
 * *out. Return: CLI_OK and *out given, else after saying why.
 */
static int
locate(struct ctl *c, const struct cli_args *a, bool actor, const char *given, struct ctl_goal *g,
    struct where **out)
{
	autofree(mem_freep) struct where *w = calloc(1, sizeof(*w));
	int r = w != NULL ? ctl_key(c, actor ? 'M' : 'V', given, w->key) : CLI_FAILED;

	if (r != CLI_OK)
		return r;
	w->list = actor ? "actors" : "providers";
	r = find(c, w, cli_value(a, "host"));
	if (r != CLI_OK)
		return r;
	*g = (struct ctl_goal){
		.host = w->host, .list = w->list, .key = "id", .is = w->key, .what = given
	};
	*out = take(w);
	return CLI_OK;
}

/* ---- the verbs ---- */

static int
start_actor(struct ctl *c, const struct cli_args *a, const char *host, const char *ref)
{
	struct ctl_goal g = { .host = host,
		.list = "actors",
		.key = "image_ref",
		.is = ref,
		.count = 1,
		.what = ref };
	struct ctl_command x;
	int r = CLI_OK;

	if (cli_value(a, "count") != NULL)
		r = count_of(cli_value(a, "count"), &g.count);
	if (r == CLI_OK && g.count == 0) {
		cli_error("--count 0 starts nothing");
		r = CLI_USAGE;
	}
	if (r != CLI_OK)
		return r;
	ctl_command_begin(&x);
	members_text(&x.body, "actor_ref", ref);
	members_int(&x.body, "count", g.count);
	members_text(&x.body, "host_id", host);
	return send_and_wait(c, &x, "la", &g);
}

/* put_configuration() - --config TEXT or @FILE. */
static int
put_configuration(struct buf *b, const char *given)
{
	struct buf file;
	int r = CLI_OK;

	if (given == NULL)
		return CLI_OK;
	if (given[0] != '@') {
		members_text(b, "configuration", given);
		return CLI_OK;
	}
	buf_init(&file, BODY_ROOM);
	r = file_read(AT_FDCWD, given + 1, &file);
	if (r != 0)
		cli_error("%s: %s", given + 1, strerror(-r));
	else
		members_bytes(b, "configuration", buf_bytes(&file));
	buf_deinit(&file);
	return r == 0 ? CLI_OK : CLI_FAILED;
}

static int
start_provider(struct ctl *c, const struct cli_args *a, const char *host, const char *ref)
{
	struct ctl_goal g = { .host = host,
		.list = "providers",
		.key = "image_ref",
		.is = ref,
		.key2 = "link_name",
		.is2 = link_name(a),
		.count = -1,
		.what = ref };
	struct ctl_command x;
	int r;

	ctl_command_begin(&x);
	members_text(&x.body, "provider_ref", ref);
	members_text(&x.body, "link_name", link_name(a));
	members_text(&x.body, "host_id", host);
	r = put_configuration(&x.body, cli_value(a, "config"));
	if (r == CLI_OK)
		return send_and_wait(c, &x, "lp", &g);
	ctl_command_end(&x);
	return r;
}

/* say_files() - a path is the reference of a registry to a host: what was typed may have been meant
 * otherwise. */
static void
say_files(const char *ref)
{
	size_t n = strlen(ref);

	if (strstr(ref, "://") == NULL &&
	    (ref[0] == '/' || ref[0] == '.' || (n > 5 && strcmp(ref + n - 5, ".wasm") == 0)))
		cli_try(
		    "a file on the host is written file:///FOLDER/NAME.wasm, with its whole path");
}

static int
start(struct ctl *c, const struct cli_args *a)
{
	const char *kind = a->args[0], *ref = a->args[1], *given = cli_value(a, "host");
	char host[CTL_KEY];
	int r = given != NULL ? ctl_host(c, given, host) : auction(c, a, kind, ref, host);

	if (r != CLI_OK)
		return r;
	return strcmp(kind, "actor") == 0 ? start_actor(c, a, host, ref)
					  : start_provider(c, a, host, ref);
}

int
cmd_ctl_start(const struct cli_args *a)
{
	const char *kind = a->args[0];
	bool actor = strcmp(kind, "actor") == 0;
	int r;

	if (!actor && strcmp(kind, "provider") != 0) {
		cli_error("ctl start knows actor and provider, not `%s'", kind);
		return CLI_USAGE;
	}
	if ((actor && (cli_value(a, "config") != NULL || cli_value(a, "link-name") != NULL)) ||
	    (!actor && cli_value(a, "count") != NULL)) {
		cli_error(
		    actor ? "--config and --link-name are for providers" : "--count is for actors");
		return CLI_USAGE;
	}
	r = ctl_with(a, start);
	if (r == CLI_FAILED && actor)
		say_files(a->args[1]);
	if (r == CLI_FAILED && !actor && strncmp(a->args[1], "builtin:", 8) == 0)
		cli_try("wasmcloud+builtin://%s   (where a policy goes by images: `%s' reads as one of Docker Hub)",
		    a->args[1] + 8, a->args[1]);
	return r;
}

static int
stop_host(struct ctl *c, const char *given)
{
	char host[CTL_KEY];
	struct ctl_command x;
	int r = ctl_host(c, given, host);

	if (r != CLI_OK)
		return r;
	ctl_command_begin(&x);
	members_text(&x.body, "host_id", host);
	r = ctl_command_send(c, &x, host, "stop", true);
	if (r == CLI_OK && !c->json)
		printf("host %s stops\n", host);
	return r;
}

/* stop_part() - an actor with all its instances, or a provider under one link name. */
static int
stop_part(struct ctl *c, const struct cli_args *a, bool actor)
{
	autofree(mem_freep) struct where *w = NULL;
	struct ctl_command x;
	struct ctl_goal g;
	int r = locate(c, a, actor, a->args[1], &g, &w);

	if (r != CLI_OK)
		return r;
	ctl_command_begin(&x);
	members_text(&x.body, actor ? "actor_ref" : "provider_ref", w->key);
	if (actor) {
		members_int(&x.body, "count", 0);
	} else {
		g.key2 = "link_name";
		g.is2 = link_name(a);
		members_text(&x.body, "link_name", g.is2);
	}
	members_text(&x.body, "host_id", w->host);
	return send_and_wait(c, &x, actor ? "sa" : "sp", &g);
}

static int
stop(struct ctl *c, const struct cli_args *a)
{
	const char *kind = a->args[0];

	return strcmp(kind, "host") == 0 ? stop_host(c, a->args[1])
					 : stop_part(c, a, strcmp(kind, "actor") == 0);
}

int
cmd_ctl_stop(const struct cli_args *a)
{
	const char *kind = a->args[0];

	if (strcmp(kind, "actor") != 0 && strcmp(kind, "provider") != 0 &&
	    strcmp(kind, "host") != 0) {
		cli_error("ctl stop knows actor, provider and host, not `%s'", kind);
		return CLI_USAGE;
	}
	return ctl_with(a, stop);
}

/* change() - scale (@count >= 0) or update (@ref) an actor that runs. */
static int
change(struct ctl *c, const struct cli_args *a, const char *actor, int64_t count, const char *ref)
{
	autofree(mem_freep) struct where *w = NULL;
	struct ctl_command x;
	struct ctl_goal g;
	int r = locate(c, a, true, actor, &g, &w);

	if (r != CLI_OK)
		return r;
	g.count = count;
	ctl_command_begin(&x);
	if (ref == NULL) {
		members_text(&x.body, "actor_ref", w->ref);
		members_int(&x.body, "count", count);
	} else {
		members_text(&x.body, "new_actor_ref", ref);
		g.key2 = "image_ref";
		g.is2 = ref;
		g.count = -1;
	}
	members_text(&x.body, "actor_id", w->key);
	members_text(&x.body, "host_id", w->host);
	return send_and_wait(c, &x, ref == NULL ? "scale" : "upd", &g);
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
		cli_error("ctl %s takes an actor and %s", a->verb->name,
		    scale ? "a number" : "a reference");
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
