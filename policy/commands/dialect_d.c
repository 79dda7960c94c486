/*
 * dialect_d - bodies of wasmCloud 2.x: protobuf messages in their JSON form.
 *
 * The host's reader (generated for serde) takes each name in snake_case and in lowerCamelCase,
 * numbers as numbers or as texts, and refuses names it does not know; the operator's writer (Go)
 * sends lowerCamelCase. Both spellings of one field at once are refused here, too. A workload says
 * more than which images run: paths of the host, hosts it may dial, passwords in plain text.
 *
 * Source: wasmCloud v2.7.0 proto/wasmcloud/runtime/v2/{workload,wit_interface}.proto,
 * crates/wash-runtime/src/washlet/mod.rs.
 */
#include <stddef.h>

#include "policy/commands/body_priv.h"

/* A component or the service of a workload while it is read. */
struct d_component {
	struct body *out;
	struct body_part *part;
	struct bytes precompiled;
	struct body_number pool, invocations, restarts, skipped, concurrency;
};

struct d_volume {
	struct body *out;
	struct bytes name, path;
	bool empty_dir, host_path;
};

struct d_work {
	struct body *out;
};

#define D(type, text, fn, fl) FIELD(text, type, out, fn, fl)

BODY_OUT(config, struct d_component, config_keys, body_take_secret_map)
BODY_OUT(outbound, struct d_component, outbound, body_take_names)

static int
take_image(struct body_read *r, size_t at, void *into)
{
	struct d_component *d = into;

	return body_take_image(r, at, &d->part->image);
}

static int
take_name(struct body_read *r, size_t at, void *into)
{
	struct d_component *d = into;

	return body_take_word(r, at, &d->part->name);
}

struct d_mount {
	struct bytes name, path;
	bool read_only;
};

static const struct field mount[] = {
	FIELD("name", struct d_mount, name, body_take_word, 0),
	FIELD("mount_path", struct d_mount, path, body_take_word, 0),
	FIELD("read_only", struct d_mount, read_only, body_take_bool, 0),
};

static int
take_mount(struct body_read *r, size_t at, void *into)
{
	struct d_mount m = { .name = BYTES_NULL };

	(void)into;
	return body_read_object(r, at, mount, N_FIELDS(mount), &m);
}

static int
take_mounts(struct body_read *r, size_t at, void *into)
{
	return body_each(r, at, take_mount, into);
}

/*
 * take_loopback() - a port of the machine's own loopback, "5432" or "53/udp". It is reached under a
 * name, and counts as a host that may be dialled.
 */
static int
take_loopback(struct body_read *r, size_t at, void *into)
{
	static const struct bytes name = { (const uint8_t *)"host.wasmcloud.internal:", 24 };
	struct d_component *d = into;
	struct bytes port = BYTES_NULL;
	uint8_t *text;
	int x = body_take_word(r, at, &port);

	if (x != 0)
		return err_pass(x);
	text = body_arena_take(r->arena, name.len + port.len);
	if (text == NULL)
		return body_full(r);
	memcpy(text, name.ptr, name.len);
	if (port.len != 0)
		memcpy(text + name.len, port.ptr, port.len);
	return err_pass(body_append(r, &d->out->outbound, bytes_of(text, name.len + port.len),
	    BYTES_NULL, body_where(r, at)));
}

static int
take_loopbacks(struct body_read *r, size_t at, void *into)
{
	return body_each(r, at, take_loopback, into);
}

static const struct field resources[] = {
	FIELD("memory_limit_mb", struct d_component, skipped, body_take_int, 0),
	FIELD("cpu_limit", struct d_component, skipped, body_take_int, 0),
	D(struct d_component, "config", take_config, 0),
	D(struct d_component, "environment", take_config, 0),
	D(struct d_component, "volume_mounts", take_mounts, 0),
	D(struct d_component, "allowed_hosts", take_outbound, 0),
	D(struct d_component, "allowed_ip_name_lookups", take_outbound, 0),
	D(struct d_component, "allowed_host_loopback_ports", take_loopbacks, 0),
};

static int
take_resources(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, resources, N_FIELDS(resources), into);
}

struct d_secret {
	struct bytes username, password;
};

static const struct field pull_secret[] = {
	FIELD("username", struct d_secret, username, body_take_secret, 0),
	FIELD("password", struct d_secret, password, body_take_secret, 0),
};

static int
take_pull_secret(struct body_read *r, size_t at, void *into)
{
	struct d_secret s = { .username = BYTES_NULL };

	(void)into;
	return body_read_object(r, at, pull_secret, N_FIELDS(pull_secret), &s);
}

/* take_pull_policy() - an enum: by name or by number. */
static int
take_pull_policy(struct body_read *r, size_t at, void *into)
{
	static const char *const names[] = { "IMAGE_PULL_POLICY_UNSPECIFIED",
		"IMAGE_PULL_POLICY_ALWAYS", "IMAGE_PULL_POLICY_IF_NOT_PRESENT",
		"IMAGE_PULL_POLICY_NEVER" };
	int64_t v = 0;

	(void)into;
	for (size_t i = 0; i < N_FIELDS(names); i++)
		if (json_is(&r->j, at, names[i]))
			return 0;
	if (json_int(&r->j, at, &v) == 0 && v >= 0 && v < (int64_t)N_FIELDS(names))
		return 0;
	return body_refuse(r, at, "not a pull policy");
}

static const struct field component[] = {
	D(struct d_component, "image", take_image, 0),
	D(struct d_component, "name", take_name, 0),
	D(struct d_component, "local_resources", take_resources, 0),
	FIELD("pool_size", struct d_component, pool, body_take_int, 0),
	FIELD("max_invocations", struct d_component, invocations, body_take_int, 0),
	FIELD("max_concurrency", struct d_component, concurrency, body_take_int, 0),
	D(struct d_component, "image_pull_secret", take_pull_secret, 0),
	D(struct d_component, "image_pull_policy", take_pull_policy, 0),
	FIELD("precompiled_url", struct d_component, precompiled, body_take_text, 0),
};

static const struct field service[] = {
	D(struct d_component, "image", take_image, 0),
	D(struct d_component, "local_resources", take_resources, 0),
	FIELD("max_restarts", struct d_component, restarts, body_take_u64, 0),
	D(struct d_component, "image_pull_secret", take_pull_secret, 0),
	D(struct d_component, "image_pull_policy", take_pull_policy, 0),
};

static struct body_part *
new_part(struct body_read *r, struct body *out, enum part_role role)
{
	struct body_part *part = body_arena_take(r->arena, sizeof(*part));

	if (part == NULL)
		return NULL;
	*part = (struct body_part){ .role = role };
	body_add_part(out, part);
	return part;
}

/* add_precompiled() - machine code fetched from a URL instead of the image: a part of its own. */
static int
add_precompiled(struct body_read *r, size_t at, const struct d_component *d)
{
	struct body_part *part;
	const char *why = NULL;

	if (d->precompiled.len == 0)
		return 0;
	part = new_part(r, d->out, PART_PRECOMPILED);
	if (part == NULL)
		return body_full(r);
	part->name = d->part->name;
	r->field = BYTES_LIT("precompiled_url");
	return image_parse_url(d->precompiled, &part->image, &why) != 0 ? body_refuse(r, at, why)
									: 0;
}

static int
take_component(struct body_read *r, size_t at, void *into)
{
	struct d_work *w = into;
	struct d_component d = { .out = w->out };
	int x;

	d.part = new_part(r, w->out, PART_ACTOR);
	if (d.part == NULL)
		return body_full(r);
	x = body_read_object(r, at, component, N_FIELDS(component), &d);
	if (x != 0)
		return err_pass(x);
	if (d.part->image.scheme == IMAGE_NONE) {
		r->field = BYTES_LIT("image");
		return body_refuse(r, at, "names no image");
	}
	d.part->has_count = !d.pool.negative; /* a negative pool has no limit */
	d.part->count = d.pool.negative ? 0 : d.pool.value;
	return add_precompiled(r, at, &d);
}

static int
take_components(struct body_read *r, size_t at, void *into)
{
	return body_each(r, at, take_component, into);
}

static int
take_service(struct body_read *r, size_t at, void *into)
{
	struct d_work *w = into;
	struct d_component d = { .out = w->out };
	int x;

	d.part = new_part(r, w->out, PART_SERVICE);
	if (d.part == NULL)
		return body_full(r);
	x = body_read_object(r, at, service, N_FIELDS(service), &d);
	if (x != 0)
		return err_pass(x);
	d.part->has_count = true;
	d.part->count = 1;
	if (d.part->image.scheme != IMAGE_NONE)
		return 0;
	r->field = BYTES_LIT("image");
	return body_refuse(r, at, "names no image");
}

struct d_interface {
	struct body_link *link;
	struct bytes version, external_id;
};

#define LINK_TAKER(name, member, taker)                                                            \
	static int take_##name(struct body_read *r, size_t at, void *into)                         \
	{                                                                                          \
		struct d_interface *d = into;                                                      \
                                                                                                   \
		return taker(r, at, &d->link->member);                                             \
	}

LINK_TAKER(wit_namespace, wit_namespace, body_take_word)
LINK_TAKER(wit_package, wit_package, body_take_word)
LINK_TAKER(interfaces, interfaces, body_take_names)
LINK_TAKER(interface_config, values, body_take_secret_map)
LINK_TAKER(interface_name, name, body_take_word)

static const struct field interface[] = {
	FIELD("namespace", struct d_interface, link, take_wit_namespace, 0),
	FIELD("package", struct d_interface, link, take_wit_package, 0),
	FIELD("version", struct d_interface, version, body_take_word, 0),
	FIELD("interfaces", struct d_interface, link, take_interfaces, 0),
	FIELD("config", struct d_interface, link, take_interface_config, 0),
	FIELD("name", struct d_interface, link, take_interface_name, 0),
	FIELD("external_id", struct d_interface, external_id, body_take_word, 0),
};

static int
take_host_interface(struct body_read *r, size_t at, void *into)
{
	struct d_work *w = into;
	struct d_interface d = { .link = body_arena_take(r->arena, sizeof(*d.link)) };

	if (d.link == NULL)
		return body_full(r);
	*d.link = (struct body_link){ .name = BYTES_NULL };
	body_add_link(w->out, d.link);
	return body_read_object(r, at, interface, N_FIELDS(interface), &d);
}

static int
take_host_interfaces(struct body_read *r, size_t at, void *into)
{
	return body_each(r, at, take_host_interface, into);
}

static const struct field world[] = {
	D(struct d_work, "components", take_components, 0),
	D(struct d_work, "host_interfaces", take_host_interfaces, 0),
};

static int
take_world(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, world, N_FIELDS(world), into);
}

static const struct field host_path[] = {
	FIELD("local_path", struct d_volume, path, body_take_word, FIELD_NEEDED),
};

static int
take_host_path(struct body_read *r, size_t at, void *into)
{
	struct d_volume *v = into;

	v->host_path = true;
	return body_read_object(r, at, host_path, N_FIELDS(host_path), v);
}

static int
take_empty_dir(struct body_read *r, size_t at, void *into)
{
	struct d_volume *v = into;

	v->empty_dir = true;
	if (r->j.tok[at].kind != JSON_OBJECT || r->j.tok[at].n != 0)
		return body_refuse(r, at, "not an empty object");
	return 0;
}

static const struct field volume[] = {
	FIELD("name", struct d_volume, name, body_take_word, FIELD_NEEDED),
	D(struct d_volume, "host_path", take_host_path, 0),
	D(struct d_volume, "empty_dir", take_empty_dir, 0),
};

static int
take_volume(struct body_read *r, size_t at, void *into)
{
	struct d_work *w = into;
	struct d_volume v = { .out = w->out };
	int x = body_read_object(r, at, volume, N_FIELDS(volume), &v);

	if (x == 0 && v.host_path && v.empty_dir)
		return body_refuse(r, at, "a volume of two kinds");
	if (x == 0 && v.host_path && v.path.len == 0)
		return body_refuse(r, at, "a path of the host that is empty");
	if (x == 0 && v.host_path)
		x = body_append(r, &w->out->paths, v.name, v.path, body_where(r, at));
	return err_pass(x);
}

static int
take_volumes(struct body_read *r, size_t at, void *into)
{
	return body_each(r, at, take_volume, into);
}

BODY_OUT(namespace, struct d_work, space, body_take_word)
BODY_OUT(workload_name, struct d_work, application, body_take_word)
BODY_OUT(annotations, struct d_work, annotations, body_take_map)
BODY_OUT(workload_id, struct d_work, id, body_take_id)

static const struct field workload[] = {
	D(struct d_work, "namespace", take_namespace, 0),
	D(struct d_work, "name", take_workload_name, 0),
	D(struct d_work, "annotations", take_annotations, 0),
	D(struct d_work, "service", take_service, 0),
	D(struct d_work, "wit_world", take_world, 0),
	D(struct d_work, "volumes", take_volumes, 0),
};

static int
take_workload(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, workload, N_FIELDS(workload), into);
}

static const struct field start[] = {
	D(struct d_work, "workload_id", take_workload_id, FIELD_NEEDED),
	D(struct d_work, "workload", take_workload, FIELD_NEEDED),
};

static const struct field by_id[] = {
	D(struct d_work, "workload_id", take_workload_id, FIELD_NEEDED),
};

int
dialect_d_decode(
    const struct command *c, const struct body_input *in, struct body_read *r, struct body *out)
{
	struct d_work w = { .out = out };
	bool starts = c->verb == VERB_WORKLOAD_START;
	int x;

	r->protojson = true;
	x = body_read_json(r, in->payload);
	if (x == 0)
		x = starts ? body_read_object(r, 0, start, N_FIELDS(start), &w)
			   : body_read_object(r, 0, by_id, N_FIELDS(by_id), &w);
	if (x == 0 && out->id.len == 0) {
		r->field = BYTES_LIT("workload_id");
		return body_refuse(r, 0, "id is empty");
	}
	if (x == 0 && starts && out->n_parts == 0)
		return body_refuse(r, 0, "a workload of nothing");
	return err_pass(x);
}
