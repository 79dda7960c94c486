/*
 * A key in the first line, a value behind it, as a write to what hosts trust. What is accepted
 * reads the same to cJSON, and the key and the value are about the same thing.
 */
#include "tests/fuzz/second_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
key_starts(struct bytes subject, const char *what)
{
	return bytes_starts(subject, bytes_str(what));
}

static void
check_component(const cJSON *root, const struct body *b, struct bytes id)
{
	const cJSON *links = get(root, "links");

	check_image(get(root, "url"), b);
	check((size_t)cJSON_GetArraySize(links) == b->n_links);
	for (const cJSON *l = links != NULL ? links->child : NULL; l != NULL; l = l->next)
		check_text(get(l, "source_id"), id);
}

static void
check_value(struct bytes s, const cJSON *root, const struct body *b)
{
	if (key_starts(s, "$KV.LATTICEDATA_l.LINKDEF_") || key_starts(s, "lc.l.linkdefs.")) {
		check(b->n_links == 1);
		check_text(get(root, "actor_id"), b->links->source);
		check_text(get(root, "provider_id"), b->links->target);
		check_text(get(root, "link_name"), b->links->name);
		check_text(get(root, "contract_id"), b->links->contract);
	} else if (key_starts(s, "$KV.LATTICEDATA_l.CLAIMS_")) {
		check_text(get(root, "sub"), bytes_from(s, 25));
		check((size_t)cJSON_GetArraySize(root) == b->claims.n);
	} else if (key_starts(s, "$KV.LATTICEDATA_l.REFMAP_")) {
		check_image(get(root, "oci_url"), b);
		check_text(get(root, "public_key"), b->id);
	} else if (key_starts(s, "$KV.LATTICEDATA_l.COMPONENT_")) {
		check_component(root, b, bytes_from(s, 28));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes all = bytes_of(data, size);
	size_t line = bytes_find(all, '\n');
	struct body_input in = { .subject = bytes_upto(all, line),
		.payload = bytes_from(all, line + 1) };
	static struct body b;
	struct command c;
	cJSON *root;

	if (size == 0 || (in.subject.ptr[0] != '$' && in.subject.ptr[0] != 'l') ||
	    key_starts(in.subject, "$KV.CONFIGDATA_"))
		return 0;
	root = second_reading(&in, &c, &b);
	if (root == NULL)
		return 0;
	check_value(in.subject, root, &b);
	cJSON_Delete(root);
	return 0;
}
