/*
 * apply_look - what runs in the lattice now: every host's inventory, the links with their values, and
 * the claims of actors that came from a registry, which only the hosts have seen. All of it is what
 * others say: it is bounded, and decides what is sent, not what is believed.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/apply.h"
#include "policy/core/wipe.h"

enum { VALUE_ROOM = PAIRS_VALUE + 1 };

bool
apply_there(void *ctx, const char *ref, struct buf *out)
{
	const struct apply *a = ctx;
	char real[PATH_MAX];
	struct buf path;
	bool is;

	buf_init(&path, PATH_MAX);
	is = manifest_path(&path, a->file, ref);
	buf_put_u8(&path, '\0');
	is = is && !buf_failed(&path) && realpath((const char *)path.ptr, real) != NULL;
	buf_deinit(&path);
	if (!is)
		return false;
	buf_put_str(out, "file://");
	buf_put_str(out, real);
	return true;
}

/* state_of() - hosts that say none list what runs. */
static enum state
state_of(const struct control_reply *r, size_t at)
{
	char name[32];

	control_text(r, at, "state", name, sizeof(name));
	for (int s = 0; s < STATES; s++)
		if (strcmp(name, state_name((enum state)s)) == 0)
			return (enum state)s;
	return STATE_RUNNING;
}

static void
see_instances(struct plan_actor *p, const struct control_reply *r, size_t at)
{
	size_t n, i = ctl_list(r, at, "instances", &n), wanted = json_member(&r->json, at, "wanted");
	int64_t want = 0;

	if (n > 0 && json_member(&r->json, i, "revision") != 0) {
		p->has_revision = true;
		p->revision = (int32_t)control_number(r, i, "revision");
	}
	p->wanted = (uint32_t)n;
	for (; n > 0; n--, i = r->json.tok[i].next)
		p->running += state_of(r, i) == STATE_RUNNING;
	if (wanted != 0 && json_int(&r->json, wanted, &want) == 0 && want >= 0)
		p->wanted = (uint32_t)want;
}

static bool
see_actors(struct apply *a, const char *host, const struct control_reply *r)
{
	size_t n, at = ctl_list(r, 0, "actors", &n);

	for (; n > 0; n--, at = r->json.tok[at].next) {
		struct plan_actor *p = plan_see_actor(&a->seen);

		if (p == NULL)
			return false;
		snprintf(p->host, sizeof(p->host), "%s", host);
		control_text(r, at, "id", p->key, sizeof(p->key));
		control_text(r, at, "image_ref", p->ref, sizeof(p->ref));
		control_text(r, at, "reason", p->reason, sizeof(p->reason));
		p->state = state_of(r, at);
		see_instances(p, r, at);
	}
	return true;
}

static bool
see_providers(struct apply *a, const char *host, const struct control_reply *r)
{
	size_t n, at = ctl_list(r, 0, "providers", &n);

	for (; n > 0; n--, at = r->json.tok[at].next) {
		struct plan_provider *p = plan_see_provider(&a->seen);

		if (p == NULL)
			return false;
		snprintf(p->host, sizeof(p->host), "%s", host);
		control_text(r, at, "id", p->key, sizeof(p->key));
		control_text(r, at, "image_ref", p->ref, sizeof(p->ref));
		control_text(r, at, "link_name", p->link_name, sizeof(p->link_name));
		control_text(r, at, "contract_id", p->contract, sizeof(p->contract));
		control_text(r, at, "reason", p->reason, sizeof(p->reason));
		p->state = state_of(r, at);
	}
	return true;
}

/* see_values() - byte for byte: they are compared. */
static bool
see_values(struct pairs *to, const struct control_reply *r, size_t at, uint8_t *room)
{
	size_t values = json_member(&r->json, at, "values"), i = json_first(&r->json, values);
	bool good = true;

	if (values == 0 || r->json.tok[values].kind != JSON_OBJECT)
		return true;
	for (uint32_t n = r->json.tok[values].n; good && n > 0; n--, i = r->json.tok[i + 1].next) {
		uint8_t name[PAIRS_KEY + 1];
		struct bytes k, v;

		good = json_text(&r->json, i, name, sizeof(name), &k) == 0 &&
		       json_text(&r->json, i + 1, room, VALUE_ROOM, &v) == 0 && pairs_put(to, k, v) >= 0;
	}
	return good;
}

static int
see_links(struct apply *a)
{
	uint8_t *room = malloc(VALUE_ROOM);
	struct control_reply r;
	size_t n = 0, at = 0;
	int e = ctl_ask(&a->ctl, "get.links", NULL, &r);
	bool good = room != NULL;

	if (e == CLI_OK)
		at = ctl_list(&r, 0, "links", &n);
	for (; good && n > 0; n--, at = r.json.tok[at].next) {
		struct plan_link *p = plan_see_link(&a->seen);

		good = p != NULL && see_values(&p->values, &r, at, room);
		if (!good)
			break;
		control_text(&r, at, "actor_id", p->actor, sizeof(p->actor));
		control_text(&r, at, "provider_id", p->provider, sizeof(p->provider));
		control_text(&r, at, "contract_id", p->contract, sizeof(p->contract));
		control_text(&r, at, "link_name", p->name, sizeof(p->name));
		control_text(&r, at, "reason", p->reason, sizeof(p->reason));
		p->state = state_of(&r, at);
	}
	if (room != NULL)
		wipe(room, VALUE_ROOM);
	free(room);
	if (r.text.ptr != NULL)
		wipe(r.text.ptr, r.text.len);
	control_reply_deinit(&r);
	if (e == CLI_OK && !good)
		cli_error("the lattice's links cannot be read");
	return e != CLI_OK ? e : good ? CLI_OK : CLI_FAILED;
}

static int
see_host(struct apply *a, const char *host)
{
	char tail[CTL_KEY + 16];
	struct control_reply r;
	bool good = true;
	int e;

	snprintf(tail, sizeof(tail), "get.%s.inv", host);
	e = ctl_ask(&a->ctl, tail, NULL, &r);
	if (e == CLI_OK)
		good = see_actors(a, host, &r) && see_providers(a, host, &r);
	control_reply_deinit(&r);
	if (e == CLI_OK && !good)
		cli_error("more runs in this lattice than can be looked at");
	return e != CLI_OK ? e : good ? CLI_OK : CLI_FAILED;
}

/* see_hosts() - all of them, or the one that was given. */
static int
see_hosts(struct apply *a)
{
	autofree(mem_freep) struct ctl_hosts *h = malloc(sizeof(*h));
	int r = CLI_OK;

	if (h == NULL || ctl_hosts(&a->ctl, h) != CLI_OK)
		return CLI_FAILED;
	if (h->n == 0) {
		cli_error("no host answers in lattice `%s'", a->ctl.lattice);
		return CLI_UNREACHABLE;
	}
	for (size_t i = 0; r == CLI_OK && i < h->n; i++)
		r = see_host(a, h->id[i]);
	return r;
}

/* ---- what a registry had ---- */

/* claims_of() - of one key, in an answer to get.claims. */
static bool
claims_of(const struct control_reply *r, const char *key, struct lock_item *item)
{
	size_t n, at = ctl_list(r, 0, "claims", &n);
	char sub[CTL_KEY], rev[16];

	for (; n > 0; n--, at = r->json.tok[at].next) {
		if (strcmp(control_text(r, at, "sub", sub, sizeof(sub)), key) != 0)
			continue;
		control_text(r, at, "iss", item->issuer, sizeof(item->issuer));
		/* a text in this dialect */
		control_text(r, at, "rev", rev, sizeof(rev));
		item->revision = rev[0] != '\0' ? (int32_t)strtol(rev, NULL, 10)
						: (int32_t)control_number(r, at, "rev");
		return true;
	}
	return false;
}

/* pin_seen() - those that run now under a registry's reference; a file's claims were read here. */
static int
pin_seen(struct apply *a, const struct manifest_actor *m, const struct control_reply *claims)
{
	struct lock_item item = { .kind = LOCK_ACTOR };

	for (size_t i = 0; i < a->seen.n_actors; i++)
		if (strcmp(a->seen.actor[i].ref, m->ref) == 0)
			memcpy(item.key, a->seen.actor[i].key, sizeof(item.key));
	if (item.key[0] == '\0' || strlen(m->ref) >= sizeof(item.ref) || !claims_of(claims, item.key, &item))
		return CLI_OK;
	strcpy(item.ref, m->ref);
	return apply_pin(a, &m->at, &item);
}

static int
pin_registries(struct apply *a)
{
	struct control_reply r;
	bool any = false;
	int e;

	for (size_t i = 0; i < a->manifest->n_actors; i++)
		any = any || (!manifest_is_path(a->manifest->actor[i].ref) &&
				 lock_find(&a->found, LOCK_ACTOR, a->manifest->actor[i].ref) == NULL);
	if (!any)
		return CLI_OK;
	e = ctl_ask(&a->ctl, "get.claims", NULL, &r);
	for (size_t i = 0; e == CLI_OK && i < a->manifest->n_actors; i++) {
		const struct manifest_actor *m = &a->manifest->actor[i];

		if (!manifest_is_path(m->ref) && strcmp(m->ref, m->key) != 0)
			e = pin_seen(a, m, &r);
	}
	control_reply_deinit(&r);
	return e;
}

int
apply_look(struct apply *a)
{
	int r;

	plan_seen_deinit(&a->seen);
	r = see_hosts(a);
	if (r == CLI_OK)
		r = see_links(a);
	if (r == CLI_OK)
		r = pin_registries(a);
	if (r != CLI_OK)
		return r;
	if (plan_resolve(a->manifest, &a->found, &a->pinned, &a->seen, apply_there, a) == 0)
		return CLI_OK;
	cli_error("out of memory");
	return CLI_FAILED;
}
