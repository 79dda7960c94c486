/*
 * reply_host - a host about itself: pings and inventories, in three forms. What this host says more
 * than others of its time (how something is, and since when) stands beside their fields.
 *
 * Sources: wasmcloud-otp v0.63.2 vhost/virtual_host.ex, control_interface/acl.ex; wasmCloud v0.18.2
 * inv.rs; wasmCloud v1.9.2 crates/host/src/wasmbus/ctl.rs.
 */
#include "host/lattice/members.h"
#include "host/lattice/reply.h"
#include "host/lattice/reply_priv.h"

static void
put_part(struct buf *b, bool *any, int64_t n, const char *what)
{
	if (n == 0)
		return;
	if (*any)
		buf_put_str(b, ", ");
	*any = true;
	buf_put_int(b, n);
	buf_put_u8(b, ' ');
	buf_put_str(b, what);
	if (n != 1)
		buf_put_u8(b, 's');
}

/* put_uptime() - "2 days, 1 hour, 5 seconds", with its quotes. */
static void
put_uptime(struct buf *b, int64_t s)
{
	bool any = false;

	buf_put_u8(b, '"');
	put_part(b, &any, s / 86400, "day");
	put_part(b, &any, s / 3600 % 24, "hour");
	put_part(b, &any, s / 60 % 60, "minute");
	put_part(b, &any, s % 60, "second");
	if (!any)
		buf_put_str(b, "0 seconds");
	buf_put_u8(b, '"');
}

void
reply_put_labels(struct members *o, const struct model *m)
{
	members_name(o, "labels");
	pairs_put_json(o->b, model_labels(m), true);
}

void
reply_put_uptime(struct members *o, const struct reply_host *h)
{
	members_int(o, "uptime_seconds", h->uptime_s);
	members_name(o, "uptime_human");
	put_uptime(o->b, h->uptime_s);
	members_text(o, "version", h->version);
}

static void
ping_a(struct members *o, const struct model *m, const struct reply_host *h)
{
	members_text(o, "id", model_host(m));
	members_int(o, "uptime", h->uptime_s);
}

static void
ping_b(struct members *o, const struct model *m, const struct reply_host *h)
{
	members_text(o, "id", model_host(m));
	members_text(o, "issuer", model_issuer(m));
	reply_put_labels(o, m);
	members_text(o, "friendly_name", model_name(m));
	reply_put_uptime(o, h);
	members_text(o, "cluster_issuers", h->cluster_issuers);
	members_text(o, "js_domain", h->js_domain);
	members_text(o, "ctl_host", h->ctl_host);
	members_text(o, "prov_rpc_host", h->rpc_host);
	members_text(o, "rpc_host", h->rpc_host);
	members_text(o, "lattice_prefix", h->lattice);
}

static void
ping_c(struct members *o, const struct model *m, const struct reply_host *h)
{
	members_text(o, "id", model_host(m));
	reply_put_labels(o, m);
	members_text(o, "friendly_name", model_name(m));
	reply_put_uptime(o, h);
	members_text(o, "lattice", h->lattice);
	if (h->ctl_host != NULL)
		members_text(o, "ctl_host", h->ctl_host);
	if (h->rpc_host != NULL)
		members_text(o, "rpc_host", h->rpc_host);
	if (h->js_domain != NULL)
		members_text(o, "js_domain", h->js_domain);
}

/* open_response() - what goes around an answer of 1.x; nothing in the others. */
static struct members
open_response(struct buf *b, const struct request *q)
{
	if (q->dialect == DIALECT_C)
		buf_put_str(b, "{\"success\":true,\"message\":\"\",\"response\":");
	return members_open(b, '{');
}

static void
close_response(struct members *o, const struct request *q)
{
	members_close(o, '}');
	if (q->dialect == DIALECT_C)
		buf_put_u8(o->b, '}');
}

void
reply_ping(
    struct buf *b, const struct model *m, const struct request *q, const struct reply_host *h)
{
	struct members o = open_response(b, q);

	if (q->dialect == DIALECT_A)
		ping_a(&o, m, h);
	else if (q->dialect == DIALECT_C)
		ping_c(&o, m, h);
	else
		ping_b(&o, m, h);
	close_response(&o, q);
}

static void
put_status(struct members *o, const struct status *s)
{
	members_item(o);
	status_put_json(o->b, s);
}

/* put_walls() - nothing when none is known. */
static void
put_walls(struct members *o, const struct reply_host *h, uint32_t walls)
{
	struct members list;

	if (walls == 0 || h->wall == NULL)
		return;
	members_name(o, "walls");
	list = members_open(o->b, '[');
	for (int i = 0; i < 32; i++) {
		const char *name = (walls >> i & 1) != 0 ? h->wall(i) : NULL;

		if (name == NULL)
			continue;
		members_item(&list);
		buf_put_json(o->b, bytes_str(name));
	}
	members_close(&list, ']');
}

/* walls_of() - what all instances that run have. */
static uint32_t
walls_of(const struct model_actor *a)
{
	uint32_t all = UINT32_MAX;
	bool any = false;

	for (const struct model_instance *i = a->instances; i != NULL; i = i->next)
		if (i->status.state == STATE_RUNNING) {
			all &= i->walls;
			any = true;
		}
	return any ? all : 0;
}

static void
put_annotations(struct members *o, const struct pairs *p)
{
	members_name(o, "annotations");
	pairs_put_json(o->b, p, true);
}

static void
put_instances(struct members *o, const struct model_actor *a)
{
	struct members list;

	members_name(o, "instances");
	list = members_open(o->b, '[');
	for (const struct model_instance *i = a->instances; i != NULL; i = i->next) {
		struct members one;

		members_item(&list);
		one = members_open(o->b, '{');
		members_text(&one, "instance_id", i->id);
		members_int(&one, "revision", a->claims.rev);
		put_annotations(&one, &i->annotations);
		members_text(&one, "image_ref", a->ref);
		members_int(&one, "max_instances", 1);
		put_status(&one, &i->status);
		members_close(&one, '}');
	}
	members_close(&list, ']');
}

static void
put_actor(struct members *o, enum dialect dialect, const struct model_actor *a, const struct reply_host *h)
{
	members_text(o, "id", a->claims.sub);
	members_text(o, "image_ref", a->ref);
	members_text(o, "name", a->claims.name);
	if (dialect == DIALECT_B)
		put_instances(o, a);
	else
		members_int(o, "revision", a->claims.rev);
	if (dialect == DIALECT_C) {
		put_annotations(o, &a->annotations);
		members_int(o, "max_instances", a->want);
	} else {
		members_int(o, "wanted", a->want);
		members_text(o, "era", era_name(a->era));
	}
	put_status(o, &a->status);
	put_walls(o, h, walls_of(a));
}

static void
put_provider(struct members *o, enum dialect dialect, const struct model_provider *p, const struct reply_host *h)
{
	members_text(o, "id", p->claims.sub);
	members_text(o, "image_ref", p->ref);
	members_text(o, "name", p->claims.name);
	members_int(o, "revision", p->claims.rev);
	members_text(o, "link_name", p->link_name);
	members_text(o, "contract_id", p->claims.contract);
	if (dialect != DIALECT_A) {
		members_text(o, "instance_id", p->id);
		put_annotations(o, &p->annotations);
	}
	put_status(o, &p->status);
	if (p->status.state == STATE_RUNNING || p->status.state == STATE_DEGRADED)
		put_walls(o, h, p->walls);
}

struct reply_mark
reply_mark(const struct members *list)
{
	return (struct reply_mark){ list->b->len, list->any, buf_failed(list->b) };
}

void
reply_cut(struct members *list, const struct reply_mark *mark, size_t *left_off)
{
	struct buf *b = list->b;
	size_t most = b->max < REPLY_MAX ? b->max : REPLY_MAX;

	if (mark->failed || (!buf_failed(b) && b->len + REPLY_TAIL <= most))
		return;
	b->failed = false; /* the element is what did not fit, and it goes */
	b->len = mark->len;
	list->any = mark->any;
	(*left_off)++;
}

static void
put_actors(
    struct members *o, const struct model *m, enum dialect dialect, const struct reply_host *h, size_t *left_off)
{
	struct members list;

	members_name(o, dialect == DIALECT_C ? "components" : "actors");
	list = members_open(o->b, '[');
	for (const struct model_actor *a = model_actors(m); a != NULL; a = a->next) {
		struct reply_mark mark = reply_mark(&list);
		struct members one;

		members_item(&list);
		one = members_open(o->b, '{');
		put_actor(&one, dialect, a, h);
		members_close(&one, '}');
		reply_cut(&list, &mark, left_off);
	}
	members_close(&list, ']');
}

static void
put_providers(
    struct members *o, const struct model *m, enum dialect dialect, const struct reply_host *h, size_t *left_off)
{
	struct members list;

	members_name(o, "providers");
	list = members_open(o->b, '[');
	for (const struct model_provider *p = model_providers(m); p != NULL; p = p->next) {
		struct reply_mark mark = reply_mark(&list);
		struct members one;

		members_item(&list);
		one = members_open(o->b, '{');
		put_provider(&one, dialect, p, h);
		members_close(&one, '}');
		reply_cut(&list, &mark, left_off);
	}
	members_close(&list, ']');
}

/* is_here() - does one end of a link run on this host? Links are of the whole lattice. */
static bool
is_here(const struct model *m, const struct model_link *l)
{
	for (const struct model_actor *a = model_actors(m); a != NULL; a = a->next)
		if (strcmp(a->claims.sub, l->actor) == 0)
			return true;
	for (const struct model_provider *p = model_providers(m); p != NULL; p = p->next)
		if (strcmp(p->claims.sub, l->provider) == 0)
			return true;
	return false;
}

static void
put_links(struct members *o, const struct model *m, size_t *left_off)
{
	struct members list;

	members_name(o, "links");
	list = members_open(o->b, '[');
	for (const struct model_link *l = model_links(m); l != NULL; l = l->next) {
		struct reply_mark mark = reply_mark(&list);

		if (!is_here(m, l))
			continue;
		members_item(&list);
		reply_put_link(o->b, l, NULL);
		reply_cut(&list, &mark, left_off);
	}
	members_close(&list, ']');
}

void
reply_put_inventory(
    struct members *o, const struct model *m, enum dialect dialect, const struct reply_host *h)
{
	size_t left_off = 0;

	members_text(o, "host_id", model_host(m));
	if (dialect == DIALECT_B)
		members_text(o, "issuer", model_issuer(m));
	reply_put_labels(o, m);
	if (dialect != DIALECT_A) {
		members_text(o, "friendly_name", model_name(m));
		reply_put_uptime(o, h);
	}
	put_providers(o, m, dialect, h, &left_off);
	put_actors(o, m, dialect, h, &left_off);
	if (dialect != DIALECT_C)
		put_links(o, m, &left_off);
	if (left_off != 0)
		members_int(o, "left_off", (int64_t)left_off);
}

void
reply_inventory(
    struct buf *b, const struct model *m, const struct request *q, const struct reply_host *h)
{
	struct members o = open_response(b, q);

	reply_put_inventory(&o, m, q->dialect, h);
	close_response(&o, q);
}
