/*
 * manifest_read - from the tokens of YAML to what is to run. Each map is read by a table of its
 * names; a name nobody knows is an error, because it is most often one that is misspelt.
 */
#include <stdio.h>

#include "host/lattice/manifest_priv.h"

typedef void take_fn(struct manifest_reading *rd, size_t at, void *into);

struct member {
	const char *name, *also; /* another spelling, or NULL */
	take_fn *read;
	size_t offset;
	bool needed;
};

#define M(text, also, type, field, fn, must)                                                       \
	{                                                                                          \
		text, also, fn, offsetof(type, field), must                                        \
	}
#define N_MEMBERS(a) (sizeof(a) / sizeof((a)[0]))

static struct manifest_at
where(const struct manifest_reading *rd, size_t tok)
{
	return manifest_where(rd->text, rd->y.from[tok].at);
}

static bool
is_scalar(const struct manifest_reading *rd, size_t at)
{
	enum json_kind k = rd->y.j.tok[at].kind;

	return k == JSON_STRING || k == JSON_NUMBER || k == JSON_TRUE || k == JSON_FALSE;
}

/* take_text() - char *: a scalar, expanded, as its characters stand. */
static void
take_text(struct manifest_reading *rd, size_t at, void *into)
{
	char *s;

	if (!is_scalar(rd, at)) {
		manifest_error(rd, where(rd, at), "a text is wanted here");
		return;
	}
	s = manifest_expand(rd, json_raw(&rd->y.j, at), where(rd, at));
	free(*(char **)into);
	*(char **)into = s;
}

/* take_name() - char *: a text that is not empty, of at most MODEL_REF bytes, without control
 * characters. */
static void
take_name(struct manifest_reading *rd, size_t at, void *into)
{
	char **s = into;

	take_text(rd, at, into);
	if (*s == NULL)
		return;
	if ((*s)[0] == 0 || strlen(*s) > MODEL_REF)
		manifest_error(
		    rd, where(rd, at), "a name of 1 to %d bytes is wanted here", MODEL_REF);
	for (const char *p = *s; *p != 0; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			manifest_error(rd, where(rd, at), "a control character in a name");
			return;
		}
	}
}

static void
take_count(struct manifest_reading *rd, size_t at, void *into)
{
	char *s = NULL;
	uint32_t n = 0;

	take_text(rd, at, &s);
	if (s == NULL)
		return;
	for (const char *p = s; n <= MANIFEST_COUNT && *p != 0; p++)
		n = *p >= '0' && *p <= '9' ? n * 10 + (uint32_t)(*p - '0') : UINT32_MAX;
	if (s[0] == 0 || n == 0 || n > MANIFEST_COUNT)
		manifest_error(
		    rd, where(rd, at), "a number from 1 to %d is wanted here", MANIFEST_COUNT);
	else
		*(uint32_t *)into = n;
	free(s);
}

static void
take_era(struct manifest_reading *rd, size_t at, void *into)
{
	char *s = NULL;
	enum era e;

	take_text(rd, at, &s);
	e = s != NULL ? era_named(bytes_str(s)) : ERA_UNKNOWN;
	if (s != NULL && e == ERA_UNKNOWN)
		manifest_error(rd, where(rd, at), "first or later is wanted here");
	*(enum era *)into = e;
	free(s);
}

/* take_pairs() - struct pairs: a map of scalars. */
static void
take_pairs(struct manifest_reading *rd, size_t at, void *into)
{
	const struct json *j = &rd->y.j;
	struct pairs *p = into;
	size_t m = json_first(j, at);

	if (j->tok[at].kind == JSON_NULL)
		return;
	if (j->tok[at].kind != JSON_OBJECT) {
		manifest_error(rd, where(rd, at), "names with values are wanted here");
		return;
	}
	for (uint32_t i = 0; i < j->tok[at].n; i++, m = j->tok[m + 1].next) {
		char *value = NULL;
		int r;

		take_text(rd, m + 1, &value);
		if (value == NULL)
			continue;
		r = pairs_put(p, json_raw(j, m), bytes_str(value));
		if (r < 0)
			rd->accident = r;
		else if (r != 0)
			manifest_error(rd, where(rd, m), "not a name with a value, or too many");
		if (p->secret)
			wipe(value, strlen(value));
		free(value);
	}
}

static const struct member *
find(const struct member *f, size_t n, struct bytes name)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_is(name, f[i].name) || (f[i].also != NULL && bytes_is(name, f[i].also)))
			return &f[i];
	return NULL;
}

/* read_map() - the map at @at by a table of at most 32 members, into @into. */
static void
read_map(struct manifest_reading *rd, size_t at, const struct member *f, size_t n, void *into)
{
	const struct json *j = &rd->y.j;
	size_t m = json_first(j, at);
	uint32_t seen = 0;

	if (j->tok[at].kind != JSON_OBJECT) {
		manifest_error(rd, where(rd, at), "a map is wanted here");
		return;
	}
	for (uint32_t i = 0; i < j->tok[at].n; i++, m = j->tok[m + 1].next) {
		struct bytes name = json_raw(j, m);
		const struct member *k = find(f, n, name);

		if (k == NULL) {
			manifest_error(rd, where(rd, m), "nobody knows \"%.*s\" here",
			    (int)(name.len < 64 ? name.len : 64), (const char *)name.ptr);
			continue;
		}
		if ((seen >> (k - f) & 1) != 0)
			manifest_error(
			    rd, where(rd, m), "%s stands here in two spellings", k->name);
		seen |= UINT32_C(1) << (k - f);
		k->read(rd, m + 1, (uint8_t *)into + k->offset);
	}
	for (size_t i = 0; i < n; i++)
		if (f[i].needed && (seen >> i & 1) == 0)
			manifest_error(rd, where(rd, at), "%s is missing", f[i].name);
}

static const struct member actor_members[] = {
	M("ref", "image_ref", struct manifest_actor, ref, take_name, true),
	M("name", NULL, struct manifest_actor, name, take_name, false),
	M("count", NULL, struct manifest_actor, count, take_count, false),
	M("era", NULL, struct manifest_actor, era, take_era, false),
	M("annotations", NULL, struct manifest_actor, annotations, take_pairs, false),
};

static const struct member provider_members[] = {
	M("image_ref", "ref", struct manifest_provider, ref, take_name, true),
	M("link_name", NULL, struct manifest_provider, link_name, take_name, false),
	M("name", NULL, struct manifest_provider, name, take_name, false),
	M("configuration", NULL, struct manifest_provider, configuration, take_text, false),
	M("annotations", NULL, struct manifest_provider, annotations, take_pairs, false),
};

static const struct member link_members[] = {
	M("actor", "actor_id", struct manifest_link, actor, take_name, true),
	M("provider_id", "provider", struct manifest_link, provider, take_name, true),
	M("contract_id", "contract", struct manifest_link, contract, take_name, false),
	M("link_name", NULL, struct manifest_link, name, take_name, false),
	M("values", NULL, struct manifest_link, values, take_pairs, false),
};

static void
read_actor(struct manifest_reading *rd, size_t at, void *into)
{
	struct manifest_actor *a = into;

	a->at = where(rd, at);
	a->count = 1;
	if (is_scalar(rd, at))
		take_name(rd, at, &a->ref);
	else
		read_map(rd, at, actor_members, N_MEMBERS(actor_members), a);
}

static void
read_provider(struct manifest_reading *rd, size_t at, void *into)
{
	struct manifest_provider *p = into;

	p->at = where(rd, at);
	if (is_scalar(rd, at))
		take_name(rd, at, &p->ref);
	else
		read_map(rd, at, provider_members, N_MEMBERS(provider_members), p);
}

static void
read_link(struct manifest_reading *rd, size_t at, void *into)
{
	struct manifest_link *l = into;

	l->at = where(rd, at);
	l->values.secret = true;
	read_map(rd, at, link_members, N_MEMBERS(link_members), l);
}

/* A list under a name of the root. */
struct list {
	void **items;
	size_t *n;
	size_t each;
	take_fn *read;
};

static void
read_list(struct manifest_reading *rd, size_t at, const struct list *l)
{
	const struct json *j = &rd->y.j;
	size_t e = json_first(j, at);

	if (j->tok[at].kind == JSON_NULL)
		return;
	if (j->tok[at].kind != JSON_ARRAY || j->tok[at].n > MANIFEST_ITEMS) {
		manifest_error(
		    rd, where(rd, at), "a list of at most %d is wanted here", MANIFEST_ITEMS);
		return;
	}
	*l->items = calloc(j->tok[at].n + 1, l->each);
	if (*l->items == NULL) {
		rd->accident = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < j->tok[at].n; i++, e = j->tok[e].next) {
		(*l->n)++;
		l->read(rd, e, (uint8_t *)*l->items + i * l->each);
	}
}

static void
take_actors(struct manifest_reading *rd, size_t at, void *into)
{
	struct manifest *m = into;
	const struct list l = { (void **)&m->actor, &m->n_actors, sizeof(*m->actor), read_actor };

	read_list(rd, at, &l);
}

static void
take_providers(struct manifest_reading *rd, size_t at, void *into)
{
	struct manifest *m = into;
	const struct list l = { (void **)&m->provider, &m->n_providers, sizeof(*m->provider),
		read_provider };

	read_list(rd, at, &l);
}

static void
take_links(struct manifest_reading *rd, size_t at, void *into)
{
	struct manifest *m = into;
	const struct list l = { (void **)&m->link, &m->n_links, sizeof(*m->link), read_link };

	read_list(rd, at, &l);
}

static const struct member root_members[] = {
	M("labels", NULL, struct manifest, labels, take_pairs, false),
	{ "actors", NULL, take_actors, 0, false },
	{ "capabilities", "providers", take_providers, 0, false },
	{ "links", NULL, take_links, 0, false },
};

/* default_text() - an owned string where none was given. */
static void
default_text(struct manifest_reading *rd, char **s, const char *text)
{
	if (*s == NULL)
		*s = model_copy(bytes_str(text));
	if (*s == NULL)
		rd->accident = -ENOMEM;
}

static void
defaults(struct manifest_reading *rd)
{
	struct manifest *m = rd->m;

	for (size_t i = 0; i < m->n_actors; i++) {
		default_text(rd, &m->actor[i].ref, "");
		default_text(rd, &m->actor[i].name, "");
		default_text(rd, &m->actor[i].key, "");
	}
	for (size_t i = 0; i < m->n_providers; i++) {
		default_text(rd, &m->provider[i].ref, "");
		default_text(rd, &m->provider[i].name, "");
		default_text(rd, &m->provider[i].key, "");
		default_text(rd, &m->provider[i].link_name, "default");
	}
	for (size_t i = 0; i < m->n_links; i++) {
		default_text(rd, &m->link[i].actor, "");
		default_text(rd, &m->link[i].provider, "");
		default_text(rd, &m->link[i].contract, "");
		default_text(rd, &m->link[i].name, "default");
	}
}

static void
read_all(struct manifest_reading *rd, struct body_arena *arena)
{
	const struct body_fault *f = &rd->y.fault;

	if (yaml_tokens(&rd->y, rd->text, arena) != 0) {
		manifest_error(rd, manifest_where(rd->text, f->at), "%s", f->why);
		return;
	}
	read_map(rd, 0, root_members, N_MEMBERS(root_members), rd->m);
	defaults(rd);
	if (rd->errors == 0 && rd->accident == 0)
		manifest_resolve(rd);
}

int
manifest_read(struct manifest **out, const char *file, struct bytes text,
    const struct manifest_env *env, struct buf *report)
{
	autofree(manifest_freep) struct manifest *m = calloc(1, sizeof(*m));
	autofree(mem_freep) uint8_t *mem = NULL;
	struct body_arena arena = { .cap = text.len * 64 + 4096 };
	struct manifest_reading rd = { .text = text, .m = m, .env = env, .report = report };

	if (m == NULL || (m->file = model_copy(bytes_str(file))) == NULL)
		return err_raise(-ENOMEM);
	if (text.len > MANIFEST_MAX) {
		manifest_error(
		    &rd, (struct manifest_at){ 1, 1 }, "longer than %d bytes", MANIFEST_MAX);
		return MANIFEST_BAD;
	}
	mem = malloc(arena.cap);
	if (mem == NULL)
		return err_raise(-ENOMEM);
	arena.mem = mem;
	read_all(&rd, &arena);
	wipe(mem, arena.used);
	if (rd.accident != 0)
		return err_raise(rd.accident);
	if (rd.errors != 0)
		return MANIFEST_BAD;
	*out = take(m);
	return 0;
}
