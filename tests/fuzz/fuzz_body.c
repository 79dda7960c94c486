/*
 * A subject in the first line, a payload behind it, as a command. Properties:
 *  - every slice in the value lies in the payload, the subject, the arena or a literal, and every
 *    place in the payload lies in the payload;
 *  - with less room the answer is the same, or a refusal;
 *  - what is accepted reads the same to cJSON: references, ids, counts, hosts, and what is a stop;
 *  - on changes cJSON sees no name at the root that the tables do not know;
 *  - a reference put together from its pieces is the reference that was written.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/commands/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t memory[BODY_ARENA / 8], less[2048];

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static bool
inside(struct bytes s, const void *from, size_t n)
{
	uintptr_t p = (uintptr_t)s.ptr, f = (uintptr_t)from;

	return p >= f && p <= f + n && s.len <= f + n - p;
}

static void
check_slice(struct bytes s, const struct body_input *in)
{
	check(s.len == 0 || inside(s, in->payload.ptr, in->payload.len) ||
	      inside(s, in->subject.ptr, in->subject.len) || inside(s, memory, sizeof(memory)) ||
	      bytes_is(s, "default") || bytes_is(s, "latest") || bytes_is(s, "docker.io") ||
	      bytes_is(s, "oci"));
}

static void
check_list(const struct body_list *l, const struct body_input *in)
{
	size_t n = 0;

	for (const struct body_pair *p = l->first; p != NULL; p = p->next, n++) {
		check_slice(p->key, in);
		check_slice(p->value, in);
		check(p->where.at <= in->payload.len &&
		      p->where.len <= in->payload.len - p->where.at);
	}
	check(n == l->n);
}

/* check_image() - the pieces put together again. */
static void
check_image(const struct image *i, const struct body_input *in)
{
	static const char *const prefixes[] = { "", "oci://", "http://", "https://" };
	char text[2048];
	bool same = false;

	if (i->scheme == IMAGE_NONE)
		return;
	check_slice(i->raw, in);
	check_slice(i->repository, in);
	if (i->scheme != IMAGE_OCI)
		return;
	check(i->repository.len != 0 && (i->tag.len != 0 || i->digest.len != 0));
	for (unsigned k = 0; k < 12 && !same; k++) {
		bool hub = k / 4 == 1, index = k / 4 == 2;

		snprintf(text, sizeof(text), "%s%.*s%s%.*s%s%.*s%s%.*s", prefixes[k % 4],
		    hub ? 0 : (int)i->registry.len, (const char *)i->registry.ptr, hub ? "" : "/",
		    (int)i->repository.len, (const char *)i->repository.ptr,
		    i->tag_default || i->tag.len == 0 ? "" : ":",
		    i->tag_default ? 0 : (int)i->tag.len, (const char *)i->tag.ptr,
		    i->digest.len != 0 ? "@" : "", (int)i->digest.len, (const char *)i->digest.ptr);
		if (index) {
			char other[2048];

			snprintf(other, sizeof(other), "%sindex.%s", prefixes[k % 4],
			    text + strlen(prefixes[k % 4]));
			same = bytes_is(i->raw, other);
		} else {
			same = bytes_is(i->raw, text);
		}
	}
	check(same);
}

static void
check_value(const struct body *b, const struct body_input *in)
{
	size_t n = 0;

	for (const struct body_part *p = b->parts; p != NULL; p = p->next, n++) {
		check_slice(p->name, in);
		check_slice(p->id, in);
		check_image(&p->image, in);
	}
	check(n == b->n_parts);
	n = 0;
	for (const struct body_link *l = b->links; l != NULL; l = l->next, n++) {
		check_slice(l->source, in);
		check_slice(l->target, in);
		check_slice(l->name, in);
		check_list(&l->interfaces, in);
		check_list(&l->values, in);
		check_list(&l->source_config, in);
		check_list(&l->target_config, in);
	}
	check(n == b->n_links);
	check_list(&b->config, in);
	check_list(&b->config_keys, in);
	check_list(&b->labels, in);
	check_list(&b->annotations, in);
	check_list(&b->registries, in);
	check_list(&b->secret_refs, in);
	check_list(&b->unknown, in);
	for (const struct body_secret *s = b->secrets; s != NULL; s = s->next)
		check(s->where.at <= in->payload.len &&
		      s->where.len <= in->payload.len - s->where.at);
}

static bool
is_text(const cJSON *object, const char *name, struct bytes s)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return item == NULL ? s.len == 0 : cJSON_IsString(item) && bytes_is(s, item->valuestring);
}

/* The names a flat body may have, whatever the verb. */
static const char *const names[] = { "actor_ref", "actor_id", "provider_ref", "provider_id",
	"component_ref", "component_id", "new_actor_ref", "new_component_ref", "host_id",
	"link_name", "contract_id", "count", "annotations", "constraints", "config",
	"configuration", "allow_update", "component_limits", "max_linear_memory", "timeout",
	"source_id", "target", "name", "wit_namespace", "wit_package", "interfaces",
	"source_config", "target_config", "values", "key", "value" };

static void
check_names(const cJSON *root)
{
	for (const cJSON *item = root->child; item != NULL; item = item->next) {
		bool known = false;

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			known |= strcmp(item->string, names[i]) == 0;
		check(known);
	}
}

static struct bytes
image_or_id(const struct body *b)
{
	const struct body_part *p = b->parts;

	return p->image.scheme != IMAGE_NONE ? p->image.raw : p->id;
}

/* check_flat() - dialects B and C as cJSON reads them. */
static void
check_flat(const struct command *c, const struct body *b, const cJSON *root)
{
	const cJSON *count = cJSON_GetObjectItemCaseSensitive(root, "count");
	bool stops = count == NULL || count->valuedouble == 0;

	if (c->mutating && c->verb != VERB_REGISTRY_PUT && c->verb != VERB_CONFIG_PUT)
		check_names(root);
	if (b->host_id.len != 0)
		check(is_text(root, "host_id", b->host_id));
	switch (c->verb) {
	case VERB_ACTOR_SCALE:
		check((b->effective == VERB_ACTOR_STOP) == stops);
		check(stops || (double)b->count == count->valuedouble);
		check(is_text(root, c->dialect == DIALECT_C ? "component_ref" : "actor_ref",
		    b->parts->image.raw));
		check(c->dialect != DIALECT_C || is_text(root, "component_id", b->id));
		return;
	case VERB_PROVIDER_START:
		check(is_text(root, "provider_ref", b->parts->image.raw));
		return;
	case VERB_ACTOR_START:
		check((double)b->count == (count == NULL ? 1 : count->valuedouble));
		check(is_text(root, "actor_ref", b->parts->image.raw));
		return;
	case VERB_ACTOR_UPDATE:
		check(is_text(root, c->dialect == DIALECT_C ? "new_component_ref" : "new_actor_ref",
		    image_or_id(b)));
		return;
	case VERB_LINK_PUT:
		check(is_text(
		    root, c->dialect == DIALECT_C ? "source_id" : "actor_id", b->links->source));
		check(is_text(
		    root, c->dialect == DIALECT_C ? "target" : "provider_id", b->links->target));
		return;
	default:
		return;
	}
}

static void
check_json(const struct command *c, const struct body *b, const struct body_input *in)
{
	bool flat = c->dialect == DIALECT_B || c->dialect == DIALECT_AB || c->dialect == DIALECT_C;
	char *copy;
	cJSON *root;

	if (!flat || b->unread || in->payload.len == 0 ||
	    (c->dialect != DIALECT_C && (c->verb == VERB_CONFIG_PUT || c->verb == VERB_CONFIG_DEL)))
		return;
	copy = strndup((const char *)in->payload.ptr, in->payload.len);
	check(copy != NULL);
	root = cJSON_ParseWithOpts(copy, NULL, 1);
	check(cJSON_IsObject(root));
	check_flat(c, b, root);
	cJSON_Delete(root);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes all = bytes_of(data, size);
	size_t line = bytes_find(all, '\n');
	struct body_input in = { .subject = bytes_upto(all, line),
		.payload = bytes_from(all, line + 1) };
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	struct body_arena small = { .mem = (uint8_t *)less, .cap = sizeof(less) };
	static struct body b, again;
	struct command c;
	int x;

	if (size == 0 || command_classify(in.subject, &c) != 0)
		return 0;
	x = body_decode(&c, &in, &arena, &b);
	check(x == 0 || x == BODY_REFUSED);
	check(arena.used <= arena.cap);
	if (x != 0) {
		check(b.fault.why != NULL && b.effective == VERB_NONE && b.may_be == 0);
		check(b.fault.at <= in.payload.len);
		check(body_decode(&c, &in, &small, &again) == BODY_REFUSED);
		return 0;
	}
	check((b.may_be & VERB_BIT(b.effective)) != 0);
	check_value(&b, &in);
	check_json(&c, &b, &in);
	x = body_decode(&c, &in, &small, &again);
	check(x == BODY_REFUSED || (again.effective == b.effective && again.count == b.count &&
				       again.n_parts == b.n_parts && again.n_links == b.n_links));
	return 0;
}
