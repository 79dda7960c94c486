/*
 * where - see where.h. One table of fields, and one walk over the values a command has in a field.
 * What becomes of them is in where_tally.c.
 *
 * Trusted: the snapshot (policy_open() checked it) and the body, which body_decode() accepted; the
 * texts in it are strangers', bounded by the decoder. Nothing is allocated.
 */
#include "policy/rules/where_tally.h"

enum { CONTRACT_MAX = 2200 };

static void
part(struct where_tally *t, const struct body_part *part)
{
	switch (t->c->field) {
	case POLICY_FIELD_IMAGE:
		where_tally_image(t, &part->image);
		return;
	case POLICY_FIELD_REGISTRY:
		where_tally_text(t, part->image.registry);
		return;
	case POLICY_FIELD_REPOSITORY:
		if (part->image.official) {
			uint8_t room[WHERE_REST_MAX];
			struct image only = part->image;
			struct bytes head, rest;

			only.tag = only.digest = BYTES_NULL;
			where_tally_image_halves(&only, &head, &rest, room);
			where_tally_text(t, rest);
			return;
		}
		where_tally_text(t, part->image.repository);
		return;
	case POLICY_FIELD_TAG:
		where_tally_text(t, part->image.tag);
		return;
	case POLICY_FIELD_DIGEST:
		where_tally_text(t, part->image.digest);
		return;
	case POLICY_FIELD_SCHEME:
		where_tally_text(t, where_scheme_word(part->image.scheme));
		return;
	case POLICY_FIELD_KIND:
		where_tally_text(t, where_kind_word(part->role));
		return;
	case POLICY_FIELD_NAME:
		where_tally_text(t, part->name);
		return;
	default:
		where_tally_text(t, part->id);
		return;
	}
}

/* How often a part is to run. Code fetched instead of another part's image has no count of its own.
 */
static void
count(struct where_tally *t, const struct body_part *part)
{
	if (part->role == PART_PRECOMPILED)
		return;
	if (part->has_count)
		where_tally_number(t, part->count);
	else if (t->ask->c->verb == VERB_WORKLOAD_START)
		where_tally_number(t, UINT64_MAX); /* a pool without a limit */
	else
		where_tally_absent(t);
}

/* The contract of A and B, or namespace:package of later links. */
static void
contract(struct where_tally *t, const struct body_link *link)
{
	struct bytes a = link->wit_namespace, b = link->wit_package;
	uint8_t room[CONTRACT_MAX];

	if (link->contract.len != 0) {
		where_tally_text(t, link->contract);
		return;
	}
	if (a.len == 0 || b.len == 0 || a.len + b.len >= sizeof(room)) {
		where_tally_absent(t);
		return;
	}
	memcpy(room, a.ptr, a.len);
	room[a.len] = ':';
	memcpy(room + a.len + 1, b.ptr, b.len);
	where_tally_text(t, bytes_of(room, a.len + b.len + 1));
}

static void
keys(struct where_tally *t, const struct body_list *list)
{
	for (const struct body_pair *p = list->first; p != NULL; p = p->next)
		where_tally_value(t, p->key);
}

static void
link_field(struct where_tally *t, const struct body_link *link)
{
	switch (t->c->field) {
	case POLICY_FIELD_LINK_SOURCE:
		where_tally_text(t, link->source);
		return;
	case POLICY_FIELD_LINK_TARGET:
		where_tally_text(t, link->target);
		return;
	case POLICY_FIELD_LINK_NAME:
		where_tally_text(t, link->name);
		return;
	case POLICY_FIELD_LINK_INTERFACE:
		keys(t, &link->interfaces);
		return;
	case POLICY_FIELD_LINK_KEY:
		keys(t, &link->values);
		return;
	default:
		contract(t, link);
		return;
	}
}

/* What stands behind names: the policy of a secret, the type of a policy. */
static void
texts(struct where_tally *t, const struct body_list *list)
{
	for (const struct body_pair *p = list->first; p != NULL; p = p->next)
		where_tally_text(t, p->value);
}

static void
truth(struct where_tally *t, bool yes)
{
	where_tally_value(t, yes ? BYTES_LIT("yes") : BYTES_LIT("no"));
}

/* Of a manifest's links the configs stand in its own list as well; that changes nothing. */
static void
configs(struct where_tally *t, const struct command *c, const struct body *b)
{
	keys(t, &b->config);
	for (const struct body_link *l = b->links; l != NULL; l = l->next) {
		keys(t, &l->source_config);
		keys(t, &l->target_config);
	}
	if (c->verb == VERB_CONFIG_GET)
		where_tally_text(t, c->object);
}

/* The id of the whole and those of its parts; with one of the whole, parts may do without. */
static void
ids(struct where_tally *t, const struct body *b)
{
	if (b->id.len != 0)
		where_tally_text(t, b->id);
	for (const struct body_part *p = b->parts; p != NULL; p = p->next)
		if (b->id.len == 0 || p->id.len != 0)
			part(t, p);
}

static void
walk(struct where_tally *t)
{
	const struct command *c = t->ask->c;
	const struct body *b = t->ask->b;

	switch (t->c->field) {
	case POLICY_FIELD_LATTICE:
		where_tally_text(t, command_lattice(c));
		return;
	case POLICY_FIELD_HOST:
		where_tally_host(t, c->host.len != 0 ? c->host : b->host_id);
		return;
	case POLICY_FIELD_APPLICATION:
		where_tally_text(t, b->application);
		return;
	case POLICY_FIELD_NAMESPACE:
		where_tally_text(t, b->space);
		return;
	case POLICY_FIELD_CONFIG:
		configs(t, c, b);
		return;
	case POLICY_FIELD_LABEL:
		keys(t, &b->labels);
		return;
	case POLICY_FIELD_ANNOTATION:
		keys(t, &b->annotations);
		return;
	case POLICY_FIELD_OUTBOUND:
		keys(t, &b->outbound);
		return;
	case POLICY_FIELD_HOST_PATH:
		for (const struct body_pair *p = b->paths.first; p != NULL; p = p->next)
			where_tally_value(t, p->value);
		return;
	case POLICY_FIELD_LINK_SOURCE:
	case POLICY_FIELD_LINK_TARGET:
	case POLICY_FIELD_LINK_NAME:
	case POLICY_FIELD_LINK_INTERFACE:
	case POLICY_FIELD_LINK_KEY:
	case POLICY_FIELD_CONTRACT:
		for (const struct body_link *l = b->links; l != NULL; l = l->next)
			link_field(t, l);
		return;
	case POLICY_FIELD_COUNT_OF:
		for (const struct body_part *p = b->parts; p != NULL; p = p->next)
			count(t, p);
		return;
	case POLICY_FIELD_ID:
		ids(t, b);
		return;
	case POLICY_FIELD_REGISTRY:
		keys(t, &b->registries);
		break;
	case POLICY_FIELD_ALLOW_UPDATE: /* earlier dialects have no such word */
		if (c->dialect == DIALECT_C && c->verb == VERB_ACTOR_SCALE)
			truth(t, b->allow_update);
		return;
	case POLICY_FIELD_EVERY_HOST:
		for (const struct body_part *p = b->parts; p != NULL; p = p->next)
			truth(t, p->every_host);
		return;
	case POLICY_FIELD_TIMEOUT:
		if (b->has_timeout)
			where_tally_number(t, b->timeout);
		return;
	case POLICY_FIELD_VERSION:
		where_tally_text(t, b->version);
		return;
	case POLICY_FIELD_SECRET:
		keys(t, &b->secret_refs);
		return;
	case POLICY_FIELD_SECRET_POLICY:
		texts(t, &b->secret_refs);
		return;
	case POLICY_FIELD_POLICY:
		keys(t, &b->policies);
		return;
	case POLICY_FIELD_POLICY_TYPE:
		texts(t, &b->policies);
		return;
	case POLICY_FIELD_CONFIG_KEY:
		keys(t, &b->config_keys);
		return;
	case POLICY_FIELD_HOST_LABEL:
		where_tally_host_labels(t, c->host.len != 0 ? c->host : b->host_id);
		return;
	default:
		break;
	}
	for (const struct body_part *p = b->parts; p != NULL; p = p->next)
		part(t, p);
}

bool
where_holds(const struct where_ask *ask, const struct pol_rule *rule, enum policy_field *failed)
{
	bool deny = (rule->flags & POL_DENY) != 0;

	*failed = POLICY_FIELD_NONE;
	for (uint32_t i = 0; i < rule->where.n; i++) {
		const struct pol_cond *c = &ask->p->conds[rule->where.first + i];
		struct where_tally t = { .ask = ask, .c = c, .all = true };

		walk(&t);
		if (!t.seen)
			where_tally_absent(&t);
		if (deny ? t.any : t.all)
			continue;
		*failed = (enum policy_field)c->field;
		return false;
	}
	return true;
}

void
where_each(const struct where_ask *ask, enum policy_field f, const struct where_taker *taker)
{
	const struct pol_cond c = { .field = (uint32_t)f };
	struct where_tally t = { .ask = ask, .c = &c, .all = true, .taker = taker };

	if (f == POLICY_FIELD_HOST_LABEL) /* the policy's word, not the command's */
		return;
	walk(&t);
	if (!t.seen)
		where_tally_absent(&t);
}
