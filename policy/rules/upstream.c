/*
 * upstream - see upstream.h. The list is made of what the policy does not grant, so it is derived
 * here and nowhere else; the signer writes it down without understanding it.
 */
#include "policy/rules/upstream.h"

#include <stdio.h>

#include "policy/rules/rights_priv.h"
#include "policy/rules/subject.h"

enum { FIRST_ROOM = 32 };

/* A list while it grows. */
struct growing {
	struct subject_list *list;
	size_t cap;
	bool skip_kv; /* $KV is granted: not all of it is denied */
	bool failed;
};

static void
add(void *ctx, struct bytes pattern)
{
	struct growing *g = ctx;
	struct bytes *item;
	uint8_t *copy;

	if (g->failed || (g->skip_kv && bytes_is(pattern, "$KV.>")))
		return;
	if (g->list->n == g->cap) {
		size_t cap = g->cap != 0 ? g->cap * 2 : FIRST_ROOM;

		item = reallocarray(g->list->item, cap, sizeof(*item));
		if (item == NULL) {
			g->failed = true;
			return;
		}
		g->list->item = item;
		g->cap = cap;
	}
	copy = malloc(pattern.len + 1);
	if (copy == NULL) {
		g->failed = true;
		return;
	}
	memcpy(copy, pattern.ptr, pattern.len);
	copy[pattern.len] = '\0';
	g->list->item[g->list->n++] = bytes_of(copy, pattern.len);
	g->list->present = true;
}

/*
 * Does a pattern reach into a space, naming its first token? `$JS.API.>` is no grant of
 * `$JS.*.API.>`, though a domain called "API" would make them meet.
 */
static bool
reaches(struct bytes pattern, struct bytes space)
{
	if (!bytes_eq(subject_token(pattern, 0), subject_token(space, 0)) ||
	    !subject_overlap(pattern, space))
		return false;
	return !bytes_is(subject_token(space, 1), "*") ||
	       !bytes_is(subject_token(pattern, 1), "API");
}

static bool
list_reaches(const struct policy *p, struct pol_list l, struct bytes space)
{
	for (uint32_t i = 0; i < l.n; i++)
		if (reaches(pol_bytes(p, p->items[l.first + i].text), space))
			return true;
	return false;
}

static bool
granted(const struct rights *r, struct bytes space, bool publish)
{
	/* also by rules that are out of force: the login may outlive the hour it was made in */
	for (size_t i = 0; i < r->view->n_all; i++) {
		const struct pol_rule *rule = &r->p->rules[r->view->all[i]];

		if ((rule->flags & POL_DENY) != 0)
			continue;
		if (list_reaches(r->p, publish ? rule->publish : rule->subscribe, space))
			return true;
	}
	return false;
}

/* A space is denied unless a rule reaches into it. */
static void
deny_space(const struct rights *r, struct growing *g, struct bytes space, bool publish)
{
	if (!granted(r, space, publish))
		add(g, space);
}

static void
add_text(struct growing *g, const char *prefix, struct bytes lattice, const char *suffix)
{
	struct buf b;

	buf_init(&b, SUBJECT_MAX_LEN);
	buf_put_str(&b, prefix);
	buf_put(&b, lattice);
	buf_put_str(&b, suffix);
	if (buf_failed(&b))
		g->failed = true;
	else
		add(g, buf_bytes(&b));
	buf_deinit(&b);
}

/* The buckets of the lattices that are called by their name. */
static void
add_buckets(struct growing *g, const struct policy *p)
{
	for (size_t i = 0; i < p->n_files; i++) {
		struct pol_list l = p->files[i].lattices;

		for (uint32_t k = 0; k < l.n; k++) {
			struct bytes name = pol_bytes(p, p->items[l.first + k].text);

			if (bytes_find(name, '*') != name.len || command_lattice_stand_in(name))
				continue;
			add_text(g, "$KV.LATTICEDATA_", name, ".>");
			add_text(g, "$KV.CONFIGDATA_", name, ".>");
		}
	}
	add(g, BYTES_LIT("$KV.wadm_state.>"));
	add(g, BYTES_LIT("$KV.wadm_manifests.>"));
}

/*
 * deny_api() - JetStream's API as a whole; or, for who sees or manages a lattice's stored state, the
 * calls that is not done by. (NATS cannot name some streams among all others: the gate does that.)
 */
static void
deny_api(const struct rights *r, struct growing *g, const char *prefix)
{
	static const char *const other[] = { "INFO", "ACCOUNT.>", "META.>", "SERVER.>", "STREAM.NAMES",
		"STREAM.LIST", "STREAM.LEADER.>", "STREAM.PEER.>", "STREAM.TEMPLATE.>", "STREAM.MSG.DELETE.*",
		"STREAM.SNAPSHOT.*", "STREAM.RESTORE.*", "CONSUMER.DURABLE.>", "CONSUMER.NAMES.*",
		"CONSUMER.LIST.*", "CONSUMER.LEADER.>" };
	static const char *const managing[] = { "STREAM.CREATE.*", "STREAM.UPDATE.*", "STREAM.DELETE.*",
		"STREAM.PURGE.*" };
	bool manages = rights_has(r, VERB_STATE_MANAGE);
	char all[16];

	snprintf(all, sizeof(all), "%s>", prefix);
	if (granted(r, bytes_str(all), true))
		return;
	if (!manages && !rights_has(r, VERB_STATE_READ)) {
		add(g, bytes_str(all));
		return;
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		add_text(g, prefix, BYTES_NULL, other[i]);
	for (size_t i = 0; !manages && i < sizeof(managing) / sizeof(managing[0]); i++)
		add_text(g, prefix, BYTES_NULL, managing[i]);
}

struct deny_guarded {
	const struct rights *r;
	struct growing *g;
};

static bool
guarded_granted(void *ctx, struct bytes space)
{
	const struct deny_guarded *d = ctx;

	if ((d->r->view->verbs_ever & VERB_BIT(VERB_SERVE_WADM)) != 0 && bytes_starts(space, BYTES_LIT("wadm.")))
		return true;
	return granted(d->r, space, true);
}

static void
guarded_add(void *ctx, struct bytes pattern)
{
	add(((struct deny_guarded *)ctx)->g, pattern);
}

/* What is obeyed without being a command, for whoever is no host and was not granted it. */
static void
deny_guarded(const struct rights *r, struct growing *g)
{
	struct deny_guarded d = { r, g };
	uint64_t rpc = VERB_BIT(VERB_RPC_LINK) | VERB_BIT(VERB_RPC_SHUTDOWN) |
		       VERB_BIT(VERB_RPC_HEALTH) | VERB_BIT(VERB_RPC_CONFIG);

	if ((r->view->verbs_ever & VERB_BIT(VERB_SERVE)) == 0)
		guarded_deny_list((r->view->verbs_ever & rpc) != 0, guarded_granted, guarded_add, &d);
}

static void
deny_publish(const struct rights *r, struct growing *g)
{
	g->skip_kv = granted(r, BYTES_LIT("$KV.>"), true);
	command_deny_under(&r->p->prefixes, add, g);
	if (g->skip_kv)
		add_buckets(g, r->p);
	deny_guarded(r, g);
	deny_space(r, g, BYTES_LIT("$SYS.>"), true);
	deny_api(r, g, "$JS.API.");
	deny_api(r, g, "$JS.*.API.");
	deny_space(r, g, BYTES_LIT("$O.>"), true);
}

/*
 * A host has to hear its commands, and a bucket's keys arrive printed as $KV subjects wherever a
 * consumer delivers them; an identity with neither need is kept from all of it.
 */
static void
deny_subscribe(const struct rights *r, struct growing *g)
{
	uint64_t hears =
	    VERB_BIT(VERB_SERVE) | VERB_BIT(VERB_CONTROL_WATCH) | VERB_BIT(VERB_STATE_WRITE) |
	    VERB_BIT(VERB_STATE_READ) | VERB_BIT(VERB_SERVE_WADM);

	deny_space(r, g, BYTES_LIT("$SYS.>"), false);
	if ((r->view->verbs_ever & hears) != 0)
		return;
	g->skip_kv =
	    granted(r, BYTES_LIT("$KV.>"), false) || granted(r, BYTES_LIT("$JS.API.>"), true);
	command_deny_under(&r->p->prefixes, add, g);
}

int
upstream_permissions(const struct rights *r, struct permissions *out)
{
	struct growing pub = { .list = &out->pub_deny }, sub = { .list = &out->sub_deny };

	*out = (struct permissions){ 0 };
	deny_publish(r, &pub);
	deny_subscribe(r, &sub);
	if (!pub.failed && !sub.failed)
		return 0;
	upstream_permissions_deinit(out);
	return err_raise(-ENOMEM);
}

static void
list_deinit(struct subject_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free((void *)(uintptr_t)l->item[i].ptr); /* copied by add() */
	free(l->item);
	*l = (struct subject_list){ 0 };
}

void
upstream_permissions_deinit(struct permissions *p)
{
	list_deinit(&p->pub_deny);
	list_deinit(&p->sub_deny);
	*p = (struct permissions){ 0 };
}
