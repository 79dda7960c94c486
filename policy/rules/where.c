/*
 * where - see where.h. One table of fields, and one walk over the values a command has in a field.
 *
 * A command can hold a field many times (every image of a manifest) or not at all, and each part of
 * it that lacks the field counts as a value that is absent. One tally takes them all: a rule that
 * allows needs each of them, absent ones fall through unless the condition says `none`; a rule that
 * denies needs one. So a condition nobody could judge never lets anything pass.
 *
 * Trusted: the snapshot (policy_open() checked it) and the body, which body_decode() accepted; the
 * texts in it are strangers', bounded by the decoder. Nothing is allocated.
 */
#include "policy/rules/where.h"

#include "policy/rules/glob.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum { IMAGE_REST_MAX = 1024, CONTRACT_MAX = 2200, HOST_MAX = 256 };

/* One condition while the values of its field pass by. */
struct tally {
	const struct where_ask *ask;
	const struct pol_cond *c;
	enum where_type type;
	bool seen, all, any;
	const struct where_taker *taker; /* of where_each(): nothing is compared, all is told */
};

static void
told(const struct tally *t, const struct where_value *v)
{
	t->taker->tell(t->taker->ctx, v);
}

static void
count_in(struct tally *t, bool holds)
{
	t->seen = true;
	t->all &= holds;
	t->any |= holds;
}

/* A part of the command that does not have the field. */
static void
absent(struct tally *t)
{
	if (t->taker != NULL) {
		t->seen = true;
		told(t, &(struct where_value){ .absent = true });
		return;
	}
	count_in(t, (t->c->flags & (POL_COND_NONE | POL_COND_NOT)) == POL_COND_NONE);
}

static void
listed(struct tally *t, bool in_list)
{
	count_in(t, in_list == ((t->c->flags & POL_COND_NOT) == 0));
}

/* A value that is there, also an empty one. */
static void
value(struct tally *t, struct bytes s)
{
	const struct policy *p = t->ask->p;
	bool found = false;

	if (t->taker != NULL) {
		t->seen = true;
		told(t, &(struct where_value){ .head = s });
		return;
	}
	for (uint32_t i = 0; i < t->c->values.n && !found; i++)
		found = glob_match(pol_bytes(p, p->items[t->c->values.first + i].text), s);
	listed(t, found);
}

static void
text(struct tally *t, struct bytes s)
{
	if (s.len != 0)
		value(t, s);
	else
		absent(t);
}

static void
number(struct tally *t, uint64_t value)
{
	bool found = false;

	if (t->taker != NULL) {
		t->seen = true;
		told(t, &(struct where_value){ .number = value });
		return;
	}
	for (uint32_t i = 0; i < t->c->values.n && !found; i++) {
		const struct pol_range *range = &t->ask->p->ranges[t->c->values.first + i];

		found = value >= pol_u64(range->min) && value <= pol_u64(range->max);
	}
	listed(t, found);
}

/* The two halves an image is matched in; the second perhaps put together in @room. */
static void
image_halves(
    const struct image *img, struct bytes *head, struct bytes *rest, uint8_t room[IMAGE_REST_MAX])
{
	static const char *const heads[] = {
		[IMAGE_FILE] = "file://",
		[IMAGE_BINDLE] = "bindle://",
		[IMAGE_BUILTIN] = "wasmcloud+builtin://",
	};
	const struct bytes piece[] = { img->official ? BYTES_LIT("library/") : BYTES_NULL,
		img->repository, img->tag.len != 0 ? BYTES_LIT(":") : BYTES_NULL, img->tag,
		img->digest.len != 0 ? BYTES_LIT("@") : BYTES_NULL, img->digest };
	size_t n = 0;

	*rest = img->repository;
	if (img->scheme == IMAGE_URL) { /* raw is SCHEME://registry/repository */
		*head = bytes_upto(img->raw, img->raw.len - img->repository.len - 1);
		return;
	}
	if (img->scheme != IMAGE_OCI) {
		*head = bytes_str(heads[img->scheme]);
		return;
	}
	*head = img->registry;
	if (!img->official && !img->tag_default) { /* then it stands there as it is */
		rest->len = (size_t)(img->raw.ptr + img->raw.len - img->repository.ptr);
		return;
	}
	for (size_t i = 0; i < N_OF(piece); i++) {
		if (piece[i].len > IMAGE_REST_MAX - n)
			break; /* image_parse() takes 512 bytes */
		if (piece[i].len != 0)
			memcpy(room + n, piece[i].ptr, piece[i].len);
		n += piece[i].len;
	}
	*rest = bytes_of(room, n);
}

/* "file://", "https://host"; not "localhost:5000" */
static bool
has_scheme(struct bytes first)
{
	struct bytes behind = bytes_from(first, bytes_find(first, ':'));

	return bytes_starts(behind, BYTES_LIT("://"));
}

static void
image(struct tally *t, const struct image *img)
{
	const struct policy *p = t->ask->p;
	uint8_t room[IMAGE_REST_MAX];
	struct bytes head, rest;
	bool found = false;

	if (img->scheme == IMAGE_NONE) {
		absent(t);
		return;
	}
	image_halves(img, &head, &rest, room);
	if (t->taker != NULL) {
		t->seen = true;
		told(t, &(struct where_value){ .head = head, .rest = rest });
		return;
	}
	for (uint32_t i = 0; i < t->c->values.n && !found; i++) {
		const struct pol_item *item = &p->items[t->c->values.first + i];
		struct bytes first = pol_bytes(p, item->text), second = pol_bytes(p, item->queue);

		if (second.len == 0) /* "*" is every image of every scheme */
			found = bytes_is(first, "*");
		else if (has_scheme(first) == (img->scheme != IMAGE_OCI))
			found = glob_match(first, head) && glob_match(second, rest);
	}
	listed(t, found);
}

static bool
same_folded(struct bytes a, struct bytes b)
{
	for (size_t i = 0; i < a.len && a.len == b.len; i++) {
		uint8_t x = a.ptr[i], y = b.ptr[i];

		x = x >= 'A' && x <= 'Z' ? x | 0x20 : x;
		y = y >= 'A' && y <= 'Z' ? y | 0x20 : y;
		if (x != y)
			return false;
	}
	return a.len == b.len;
}

/* Host ids are compared without case, as everywhere: tags are lower-cased, and so are these globs.
 */
static void
host(struct tally *t, struct bytes id)
{
	const struct policy *p = t->ask->p;
	uint8_t lower[HOST_MAX];
	bool found = false;

	if (id.len == 0 || id.len > HOST_MAX) {
		absent(t);
		return;
	}
	if (t->taker != NULL) {
		value(t, id);
		return;
	}
	for (size_t i = 0; i < id.len; i++)
		lower[i] = id.ptr[i] >= 'A' && id.ptr[i] <= 'Z' ? id.ptr[i] | 0x20 : id.ptr[i];
	for (uint32_t i = 0; i < t->c->values.n && !found; i++)
		found = glob_match(
		    pol_bytes(p, p->items[t->c->values.first + i].text), bytes_of(lower, id.len));
	for (size_t i = 0; (t->c->flags & POL_COND_OWN) != 0 && i < t->ask->n_hosts && !found; i++)
		found = same_folded(t->ask->host[i], id);
	listed(t, found);
}

static void
part(struct tally *t, const struct body_part *part)
{
	switch (t->c->field) {
	case POLICY_FIELD_IMAGE:
		image(t, &part->image);
		return;
	case POLICY_FIELD_REGISTRY:
		text(t, part->image.registry);
		return;
	case POLICY_FIELD_REPOSITORY:
		if (part->image.official) {
			uint8_t room[IMAGE_REST_MAX];
			struct image only = part->image;
			struct bytes head, rest;

			only.tag = only.digest = BYTES_NULL;
			image_halves(&only, &head, &rest, room);
			text(t, rest);
			return;
		}
		text(t, part->image.repository);
		return;
	case POLICY_FIELD_TAG:
		text(t, part->image.tag);
		return;
	case POLICY_FIELD_DIGEST:
		text(t, part->image.digest);
		return;
	case POLICY_FIELD_SCHEME:
		text(t, where_scheme_word(part->image.scheme));
		return;
	case POLICY_FIELD_KIND:
		text(t, where_kind_word(part->role));
		return;
	case POLICY_FIELD_NAME:
		text(t, part->name);
		return;
	default:
		text(t, part->id);
		return;
	}
}

/* How often a part is to run. Code fetched instead of another part's image has no count of its own.
 */
static void
count(struct tally *t, const struct body_part *part)
{
	if (part->role == PART_PRECOMPILED)
		return;
	if (part->has_count)
		number(t, part->count);
	else if (t->ask->c->verb == VERB_WORKLOAD_START)
		number(t, UINT64_MAX); /* a pool without a limit */
	else
		absent(t);
}

/* The contract of A and B, or namespace:package of later links. */
static void
contract(struct tally *t, const struct body_link *link)
{
	struct bytes a = link->wit_namespace, b = link->wit_package;
	uint8_t room[CONTRACT_MAX];

	if (link->contract.len != 0) {
		text(t, link->contract);
		return;
	}
	if (a.len == 0 || b.len == 0 || a.len + b.len >= sizeof(room)) {
		absent(t);
		return;
	}
	memcpy(room, a.ptr, a.len);
	room[a.len] = ':';
	memcpy(room + a.len + 1, b.ptr, b.len);
	text(t, bytes_of(room, a.len + b.len + 1));
}

static void
keys(struct tally *t, const struct body_list *list)
{
	for (const struct body_pair *p = list->first; p != NULL; p = p->next)
		value(t, p->key);
}

static void
link_field(struct tally *t, const struct body_link *link)
{
	switch (t->c->field) {
	case POLICY_FIELD_LINK_SOURCE:
		text(t, link->source);
		return;
	case POLICY_FIELD_LINK_TARGET:
		text(t, link->target);
		return;
	case POLICY_FIELD_LINK_NAME:
		text(t, link->name);
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
texts(struct tally *t, const struct body_list *list)
{
	for (const struct body_pair *p = list->first; p != NULL; p = p->next)
		text(t, p->value);
}

static void
truth(struct tally *t, bool yes)
{
	value(t, yes ? BYTES_LIT("yes") : BYTES_LIT("no"));
}

/*
 * The labels the policy gives the host commanded. One that fits is enough, since a host has many
 * and a rule speaks of those it cares for; a host the policy does not know has none.
 */
static void
host_labels(struct tally *t, struct bytes id)
{
	const struct policy *p = t->ask->p;
	const struct pol_host *h = policy_host(p, id);
	bool found = false;

	if (h == NULL) {
		absent(t);
		return;
	}
	for (uint32_t i = 0; i < h->labels.n; i++)
		for (uint32_t k = 0; k < t->c->values.n && !found; k++)
			found = glob_match(pol_bytes(p, p->items[t->c->values.first + k].text),
			    pol_bytes(p, p->items[h->labels.first + i].text));
	listed(t, found);
}

/* Of a manifest's links the configs stand in its own list as well; that changes nothing. */
static void
configs(struct tally *t, const struct command *c, const struct body *b)
{
	keys(t, &b->config);
	for (const struct body_link *l = b->links; l != NULL; l = l->next) {
		keys(t, &l->source_config);
		keys(t, &l->target_config);
	}
	if (c->verb == VERB_CONFIG_GET)
		text(t, c->object);
}

/* The id of the whole and those of its parts; with one of the whole, parts may do without. */
static void
ids(struct tally *t, const struct body *b)
{
	if (b->id.len != 0)
		text(t, b->id);
	for (const struct body_part *p = b->parts; p != NULL; p = p->next)
		if (b->id.len == 0 || p->id.len != 0)
			part(t, p);
}

static void
walk(struct tally *t)
{
	const struct command *c = t->ask->c;
	const struct body *b = t->ask->b;

	switch (t->c->field) {
	case POLICY_FIELD_LATTICE:
		text(t, command_lattice(c));
		return;
	case POLICY_FIELD_HOST:
		host(t, c->host.len != 0 ? c->host : b->host_id);
		return;
	case POLICY_FIELD_APPLICATION:
		text(t, b->application);
		return;
	case POLICY_FIELD_NAMESPACE:
		text(t, b->space);
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
			value(t, p->value);
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
			number(t, b->timeout);
		return;
	case POLICY_FIELD_VERSION:
		text(t, b->version);
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
		host_labels(t, c->host.len != 0 ? c->host : b->host_id);
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
		struct tally t = { .ask = ask, .c = c, .all = true };

		walk(&t);
		if (!t.seen)
			absent(&t);
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
	struct tally t = { .ask = ask, .c = &c, .all = true, .taker = taker };

	if (f == POLICY_FIELD_HOST_LABEL) /* the policy's word, not the command's */
		return;
	walk(&t);
	if (!t.seen)
		absent(&t);
}
