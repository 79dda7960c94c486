/*
 * A payload, as dialect D's start of a workload. What is accepted reads the same to cJSON, in
 * whichever of protobuf's two spellings: every image that would run is a part, every part is there,
 * every host that may be dialled and every path of the host is listed.
 */
#include "tests/fuzz/second_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One name in two spellings, of which one may be there. */
static const cJSON *
either(const cJSON *object, const char *snake, const char *camel)
{
	const cJSON *a = get(object, snake), *b = get(object, camel);

	check(a == NULL || b == NULL);
	return a != NULL ? a : b;
}

struct counted {
	size_t parts, outbound, paths;
};

static void
count_resources(const cJSON *component, struct counted *n)
{
	const cJSON *r = either(component, "local_resources", "localResources");

	if (r == NULL)
		return;
	n->outbound += (size_t)cJSON_GetArraySize(either(r, "allowed_hosts", "allowedHosts"));
	n->outbound += (size_t)cJSON_GetArraySize(
	    either(r, "allowed_ip_name_lookups", "allowedIpNameLookups"));
	n->outbound += (size_t)cJSON_GetArraySize(
	    either(r, "allowed_host_loopback_ports", "allowedHostLoopbackPorts"));
}

static void
count_component(const cJSON *component, const struct body *b, struct counted *n)
{
	const cJSON *url = either(component, "precompiled_url", "precompiledUrl");

	check_image(get(component, "image"), b);
	n->parts += url != NULL && url->valuestring != NULL && url->valuestring[0] != '\0' ? 2 : 1;
	count_resources(component, n);
}

static void
check_workload(const cJSON *w, const struct body *b)
{
	const cJSON *world = either(w, "wit_world", "witWorld"), *service = get(w, "service"),
		    *list, *item;
	struct counted n = { 0 };

	check_text(get(w, "name"), b->application);
	check_text(get(w, "namespace"), b->space);
	if (service != NULL) {
		check_image(get(service, "image"), b);
		n.parts++;
		count_resources(service, &n);
	}
	list = world != NULL ? get(world, "components") : NULL;
	for (item = list != NULL ? list->child : NULL; item != NULL; item = item->next)
		count_component(item, b, &n);
	list = get(w, "volumes");
	for (item = list != NULL ? list->child : NULL; item != NULL; item = item->next)
		n.paths += either(item, "host_path", "hostPath") != NULL ? 1 : 0;
	check(n.parts == b->n_parts && n.outbound == b->outbound.n && n.paths == b->paths.n);
	check((size_t)cJSON_GetArraySize(
		  world != NULL ? either(world, "host_interfaces", "hostInterfaces") : NULL) ==
	      b->n_links);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct body_input in = { .subject = BYTES_LIT("runtime.host.NX.workload.start"),
		.payload = bytes_of(data, size) };
	static struct body b;
	struct command c;
	cJSON *root = second_reading(&in, &c, &b);
	const cJSON *w;

	if (root == NULL)
		return 0;
	check_text(either(root, "workload_id", "workloadId"), b.id);
	w = get(root, "workload");
	if (w != NULL)
		check_workload(w, &b);
	cJSON_Delete(root);
	return 0;
}
