/*
 * reply_host - a host about itself: pings and inventories, in three forms. What this host says more
 * than others of its time (how something is, and since when) stands beside their fields.
 *
 * Sources: wasmcloud-otp v0.63.2 vhost/virtual_host.ex, control_interface/acl.ex; wasmCloud v0.18.2
 * inv.rs; wasmCloud v1.9.2 crates/host/src/wasmbus/ctl.rs.
 */
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
reply_put_labels(struct buf *b, const struct model *m)
{
	members_name(b, "labels");
	pairs_put_json(b, model_labels(m), true);
}

void
reply_put_uptime(struct buf *b, const struct reply_host *h)
{
	members_int(b, "uptime_seconds", h->uptime_s);
	members_name(b, "uptime_human");
	put_uptime(b, h->uptime_s);
	members_text(b, "version", h->version);
}

static void
ping_a(struct buf *b, const struct model *m, const struct reply_host *h)
{
	members_text(b, "id", model_host(m));
	members_int(b, "uptime", h->uptime_s);
}

static void
ping_b(struct buf *b, const struct model *m, const struct reply_host *h)
{
	members_text(b, "id", model_host(m));
	members_text(b, "issuer", model_issuer(m));
	reply_put_labels(b, m);
	members_text(b, "friendly_name", model_name(m));
	reply_put_uptime(b, h);
	members_text(b, "cluster_issuers", h->cluster_issuers);
	members_text(b, "js_domain", h->js_domain);
	members_text(b, "ctl_host", h->ctl_host);
	members_text(b, "prov_rpc_host", h->rpc_host);
	members_text(b, "rpc_host", h->rpc_host);
	members_text(b, "lattice_prefix", h->lattice);
}

static void
ping_c(struct buf *b, const struct model *m, const struct reply_host *h)
{
	members_text(b, "id", model_host(m));
	reply_put_labels(b, m);
	members_text(b, "friendly_name", model_name(m));
	reply_put_uptime(b, h);
	members_text(b, "lattice", h->lattice);
	if (h->ctl_host != NULL)
		members_text(b, "ctl_host", h->ctl_host);
	if (h->rpc_host != NULL)
		members_text(b, "rpc_host", h->rpc_host);
	if (h->js_domain != NULL)
		members_text(b, "js_domain", h->js_domain);
}

/* open_response() - what goes around an answer of 1.x; nothing in the others. */
static void
open_response(struct buf *b, const struct request *q)
{
	if (q->dialect == DIALECT_C)
		buf_put_str(b, "{\"success\":true,\"message\":\"\",\"response\":");
	buf_put_u8(b, '{');
}

static void
close_response(struct buf *b, const struct request *q)
{
	members_end_object(b);
	if (q->dialect == DIALECT_C)
		buf_put_u8(b, '}');
}

void
reply_ping(
    struct buf *b, const struct model *m, const struct request *q, const struct reply_host *h)
{
	open_response(b, q);
	if (q->dialect == DIALECT_A)
		ping_a(b, m, h);
	else if (q->dialect == DIALECT_C)
		ping_c(b, m, h);
	else
		ping_b(b, m, h);
	close_response(b, q);
}

static void
put_status(struct buf *b, const struct status *s)
{
	members_item(b);
	status_put_json(b, s);
}

/* put_walls() - nothing when none is known. */
static void
put_walls(struct buf *b, const struct reply_host *h, uint32_t walls)
{
	if (walls == 0 || h->wall == NULL)
		return;
	members_array(b, "walls");
	for (int i = 0; i < 32; i++) {
		const char *name = (walls >> i & 1) != 0 ? h->wall(i) : NULL;

		if (name == NULL)
			continue;
		members_item(b);
		buf_put_json(b, bytes_str(name));
	}
	members_end_array(b);
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
put_annotations(struct buf *b, const struct pairs *p)
{
	members_name(b, "annotations");
	pairs_put_json(b, p, true);
}

static void
put_instances(struct buf *b, const struct model_actor *a)
{
	members_array(b, "instances");
	for (const struct model_instance *i = a->instances; i != NULL; i = i->next) {
		members_object(b, NULL);
		members_text(b, "instance_id", i->id);
		members_int(b, "revision", a->claims.rev);
		put_annotations(b, &i->annotations);
		members_text(b, "image_ref", a->ref);
		members_int(b, "max_instances", 1);
		put_status(b, &i->status);
		members_end_object(b);
	}
	members_end_array(b);
}

static void
put_actor(struct buf *b, enum dialect dialect, const struct model_actor *a, const struct reply_host *h)
{
	members_text(b, "id", a->claims.sub);
	members_text(b, "image_ref", a->ref);
	members_text(b, "name", a->claims.name);
	if (dialect == DIALECT_B)
		put_instances(b, a);
	else
		members_int(b, "revision", a->claims.rev);
	if (dialect == DIALECT_C) {
		put_annotations(b, &a->annotations);
		members_int(b, "max_instances", a->want);
	} else {
		members_int(b, "wanted", a->want);
		members_text(b, "era", era_name(a->era));
	}
	put_status(b, &a->status);
	put_walls(b, h, walls_of(a));
}

static void
put_provider(struct buf *b, enum dialect dialect, const struct model_provider *p, const struct reply_host *h)
{
	members_text(b, "id", p->claims.sub);
	members_text(b, "image_ref", p->ref);
	members_text(b, "name", p->claims.name);
	members_int(b, "revision", p->claims.rev);
	members_text(b, "link_name", p->link_name);
	members_text(b, "contract_id", p->claims.contract);
	if (dialect != DIALECT_A) {
		members_text(b, "instance_id", p->id);
		put_annotations(b, &p->annotations);
	}
	put_status(b, &p->status);
	if (p->status.state == STATE_RUNNING || p->status.state == STATE_DEGRADED)
		put_walls(b, h, p->walls);
}

struct reply_mark
reply_mark(const struct buf *b)
{
	return (struct reply_mark){ b->len, buf_failed(b) };
}

void
reply_cut(struct buf *b, const struct reply_mark *mark, size_t *left_off)
{
	size_t most = b->max < REPLY_MAX ? b->max : REPLY_MAX;

	if (mark->failed || (!buf_failed(b) && b->len + REPLY_TAIL <= most))
		return;
	b->failed = false; /* the element is what did not fit, and it goes */
	b->len = mark->len;
	(*left_off)++;
}

static void
put_actors(
    struct buf *b, const struct model *m, enum dialect dialect, const struct reply_host *h, size_t *left_off)
{
	members_array(b, dialect == DIALECT_C ? "components" : "actors");
	for (const struct model_actor *a = model_actors(m); a != NULL; a = a->next) {
		struct reply_mark mark = reply_mark(b);

		members_object(b, NULL);
		put_actor(b, dialect, a, h);
		members_end_object(b);
		reply_cut(b, &mark, left_off);
	}
	members_end_array(b);
}

static void
put_providers(
    struct buf *b, const struct model *m, enum dialect dialect, const struct reply_host *h, size_t *left_off)
{
	members_array(b, "providers");
	for (const struct model_provider *p = model_providers(m); p != NULL; p = p->next) {
		struct reply_mark mark = reply_mark(b);

		members_object(b, NULL);
		put_provider(b, dialect, p, h);
		members_end_object(b);
		reply_cut(b, &mark, left_off);
	}
	members_end_array(b);
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
put_links(struct buf *b, const struct model *m, size_t *left_off)
{
	members_array(b, "links");
	for (const struct model_link *l = model_links(m); l != NULL; l = l->next) {
		struct reply_mark mark = reply_mark(b);

		if (!is_here(m, l))
			continue;
		members_item(b);
		reply_put_link(b, l, NULL);
		reply_cut(b, &mark, left_off);
	}
	members_end_array(b);
}

void
reply_put_inventory(
    struct buf *b, const struct model *m, enum dialect dialect, const struct reply_host *h)
{
	size_t left_off = 0;

	members_text(b, "host_id", model_host(m));
	if (dialect == DIALECT_B)
		members_text(b, "issuer", model_issuer(m));
	reply_put_labels(b, m);
	if (dialect != DIALECT_A) {
		members_text(b, "friendly_name", model_name(m));
		reply_put_uptime(b, h);
	}
	put_providers(b, m, dialect, h, &left_off);
	put_actors(b, m, dialect, h, &left_off);
	if (dialect != DIALECT_C)
		put_links(b, m, &left_off);
	if (left_off != 0)
		members_int(b, "left_off", (int64_t)left_off);
}

void
reply_inventory(
    struct buf *b, const struct model *m, const struct request *q, const struct reply_host *h)
{
	open_response(b, q);
	reply_put_inventory(b, m, q->dialect, h);
	close_response(b, q);
}
