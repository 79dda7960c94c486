/*
 * A payload, as what wadm executes for whoever sends it (wadm.cmd). What is accepted reads the same
 * to cJSON: one command, on that host, with that image and count, and the link or config it
 * carries.
 */
#include "tests/fuzz/second_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_link(const cJSON *args, const struct body *b, bool put)
{
	check(b->n_links == 1);
	check_text(get(args, "source_id"), b->links->source);
	check_text(get(args, "wit_namespace"), b->links->wit_namespace);
	check_text(get(args, "wit_package"), b->links->wit_package);
	if (!put)
		return;
	check_text(get(args, "target"), b->links->target);
	check((size_t)cJSON_GetArraySize(get(args, "interfaces")) == b->links->interfaces.n);
}

static void
check_command(const cJSON *variant, const struct body *b)
{
	const char *name = variant->string;
	const cJSON *count = get(variant, "count"), *config = get(variant, "config");
	bool scale = strcmp(name, "ScaleComponent") == 0,
	     start = strcmp(name, "StartProvider") == 0;
	bool put = strcmp(name, "PutConfig") == 0;

	check(cJSON_IsObject(variant));
	if (scale || start || strcmp(name, "StopProvider") == 0) {
		check_text(get(variant, "host_id"), b->host_id);
		check_text(get(variant, scale ? "component_id" : "provider_id"), b->id);
		check_image(get(variant, "reference"), b);
		check(b->n_parts == 1);
	} else if (strcmp(name, "PutLink") == 0 || strcmp(name, "DeleteLink") == 0) {
		check_link(variant, b, name[0] == 'P');
	} else {
		check(put || strcmp(name, "DeleteConfig") == 0);
		check(b->config.n == 1);
		check_text(get(variant, "config_name"), b->config.first->key);
		check(!put || (size_t)cJSON_GetArraySize(config) == b->config_keys.n);
	}
	if (scale)
		check(count != NULL && (double)b->parts->count == count->valuedouble);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct body_input in = { .subject = BYTES_LIT("wadm.cmd.l"),
		.payload = bytes_of(data, size) };
	static struct body b;
	struct command c;
	cJSON *root = second_reading(&in, &c, &b);

	if (root == NULL)
		return 0;
	check(cJSON_GetArraySize(root) == 1);
	check_command(root->child, &b);
	cJSON_Delete(root);
	return 0;
}
