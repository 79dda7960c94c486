/*
 * Any bytes as a YAML manifest. Properties:
 *  - a manifest that is accepted, libyaml's own tree of the same bytes agrees with: one document,
 * the same application, the same components with the same images in the same order, the same count;
 *  - that tree has no scalar with a tag, and no name twice in a mapping.
 */
#include <stdlib.h>
#include <yaml.h>

#include "policy/commands/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t memory[BODY_ARENA / 8];

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static struct bytes
text_of(const yaml_node_t *n)
{
	check(n->type == YAML_SCALAR_NODE);
	return bytes_of(n->data.scalar.value, n->data.scalar.length);
}

/* member() - the only member of that name, or NULL. */
static yaml_node_t *
member(yaml_document_t *doc, const yaml_node_t *map, const char *name)
{
	yaml_node_t *found = NULL;

	if (map == NULL || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
	     p++) {
		if (!bytes_is(text_of(yaml_document_get_node(doc, p->key)), name))
			continue;
		check(found == NULL);
		found = yaml_document_get_node(doc, p->value);
	}
	return found;
}

static void
check_component(yaml_document_t *doc, const yaml_node_t *node, const struct body_part *part)
{
	yaml_node_t *properties = member(doc, node, "properties");
	yaml_node_t *image = member(doc, properties, "image");
	yaml_node_t *traits = member(doc, node, "traits");
	uint64_t count = 0;

	check(bytes_eq(text_of(member(doc, node, "name")), part->name));
	if (part->image.scheme == IMAGE_NONE)
		return;
	check(bytes_eq(text_of(image), part->image.raw));
	if (traits == NULL || traits->type != YAML_SEQUENCE_NODE)
		return;
	for (yaml_node_item_t *t = traits->data.sequence.items.start;
	     t < traits->data.sequence.items.top; t++) {
		yaml_node_t *p = member(doc, yaml_document_get_node(doc, *t), "properties");
		yaml_node_t *n = member(doc, p, "instances");

		n = n != NULL ? n : member(doc, p, "replicas");
		if (n != NULL)
			count += strtoull((const char *)n->data.scalar.value, NULL, 10);
	}
	check(count == 0 || count == part->count);
}

static void
check_tree(yaml_document_t *doc, const struct body *b)
{
	yaml_node_t *root = yaml_document_get_root_node(doc);
	yaml_node_t *name = member(doc, member(doc, root, "metadata"), "name");
	yaml_node_t *list = member(doc, member(doc, root, "spec"), "components");
	const struct body_part *part = b->parts;

	check(bytes_eq(text_of(name), b->application));
	check(list != NULL && list->type == YAML_SEQUENCE_NODE);
	for (yaml_node_item_t *i = list->data.sequence.items.start;
	     i < list->data.sequence.items.top; i++, part = part->next) {
		check(part != NULL);
		check_component(doc, yaml_document_get_node(doc, *i), part);
	}
	check(part == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct body_input in = { .subject = BYTES_LIT("wadm.api.l.model.put"),
		.header = BYTES_LIT("NATS/1.0\r\nContent-Type: application/yaml\r\n\r\n"),
		.payload = bytes_of(data, size) };
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	static struct body b;
	yaml_parser_t parser;
	yaml_document_t doc;
	struct command c;

	check(command_classify(in.subject, &c) == 0);
	if (size == 0 || body_decode(&c, &in, &arena, &b) != 0) {
		check(size == 0 || (b.fault.why != NULL && b.fault.at <= size));
		return 0;
	}
	check(yaml_parser_initialize(&parser) == 1);
	yaml_parser_set_input_string(&parser, data, size);
	check(yaml_parser_load(&parser, &doc) == 1);
	check_tree(&doc, &b);
	yaml_document_delete(&doc);
	check(yaml_parser_load(&parser, &doc) == 1 && yaml_document_get_root_node(&doc) == NULL);
	yaml_document_delete(&doc);
	yaml_parser_delete(&parser);
	return 0;
}
