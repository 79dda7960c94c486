/*
 * verb - the names of what can be commanded, and the bundles. Declared in command.h.
 *
 * A bundle is what a kind of person needs. `read` looks, `operate` keeps running what runs,
 * `deploy` brings applications in and out. Auctions are not in `read`: a bid is sent to wherever
 * the asker said, and carries the fields of a start command. control.watch is in no bundle but "*":
 * whoever sees the commands sees the registry passwords and link values in them.
 */
#include "policy/commands/command.h"

enum bundle { READ = 1, OPERATE = 2, DEPLOY = 4, NO_NAME = 8 };

struct verb_row {
	const char *name;
	unsigned bundles;
};

static const struct verb_row verbs[VERB_COUNT] = {
	[VERB_NONE] = { "none", NO_NAME },
	[VERB_HOST_LIST] = { "host.list", READ },
	[VERB_HOST_INVENTORY] = { "host.inventory", READ },
	[VERB_CLAIMS_GET] = { "claims.get", READ },
	[VERB_LINK_GET] = { "link.get", READ | DEPLOY },
	[VERB_CONFIG_GET] = { "config.get", READ | DEPLOY },
	[VERB_ACTOR_AUCTION] = { "actor.auction", OPERATE | DEPLOY },
	[VERB_PROVIDER_AUCTION] = { "provider.auction", OPERATE | DEPLOY },
	[VERB_ACTOR_START] = { "actor.start", DEPLOY },
	[VERB_ACTOR_STOP] = { "actor.stop", OPERATE | DEPLOY },
	[VERB_ACTOR_SCALE] = { "actor.scale", OPERATE | DEPLOY },
	[VERB_ACTOR_UPDATE] = { "actor.update", OPERATE | DEPLOY },
	[VERB_PROVIDER_START] = { "provider.start", DEPLOY },
	[VERB_PROVIDER_STOP] = { "provider.stop", OPERATE | DEPLOY },
	[VERB_HOST_STOP] = { "host.stop", OPERATE },
	[VERB_LINK_PUT] = { "link.put", DEPLOY },
	[VERB_LINK_DEL] = { "link.del", DEPLOY },
	[VERB_LABEL_PUT] = { "label.put", OPERATE },
	[VERB_LABEL_DEL] = { "label.del", OPERATE },
	[VERB_REGISTRY_PUT] = { "registry.put", DEPLOY },
	[VERB_CONFIG_PUT] = { "config.put", DEPLOY },
	[VERB_CONFIG_DEL] = { "config.del", DEPLOY },
	[VERB_WORKLOAD_START] = { "workload.start", DEPLOY },
	[VERB_WORKLOAD_STOP] = { "workload.stop", OPERATE | DEPLOY },
	[VERB_WORKLOAD_STATUS] = { "workload.status", READ | DEPLOY },
	[VERB_HOST_HEARTBEAT_GET] = { "host.heartbeat", READ },
	[VERB_MANIFEST_GET] = { "manifest.get", READ | DEPLOY },
	[VERB_MANIFEST_PUT] = { "manifest.put", DEPLOY },
	[VERB_MANIFEST_DEL] = { "manifest.del", DEPLOY },
	[VERB_MANIFEST_DEPLOY] = { "manifest.deploy", DEPLOY },
	[VERB_MANIFEST_UNDEPLOY] = { "manifest.undeploy", DEPLOY },
	[VERB_WADM_COMMAND] = { "wadm.command", 0 },
	[VERB_STATE_WRITE] = { "state.write", 0 },
	[VERB_STATE_READ] = { "state.read", 0 },
	[VERB_STATE_MANAGE] = { "state.manage", 0 },
	[VERB_RPC_LINK] = { "rpc.link", 0 },
	[VERB_RPC_SHUTDOWN] = { "rpc.shutdown", 0 },
	[VERB_RPC_HEALTH] = { "rpc.health", 0 },
	[VERB_RPC_CONFIG] = { "rpc.config", 0 },
	[VERB_SERVE_WADM] = { "serve_wadm", 0 },
	[VERB_SERVE_OPERATOR] = { "serve_operator", 0 },
	[VERB_SERVE] = { "serve", 0 },
	[VERB_CONTROL_WATCH] = { "control.watch", 0 },
	[VERB_HOST_EVENT] = { "host.event", NO_NAME },
	[VERB_UNKNOWN] = { "unknown", NO_NAME },
};

const char *
command_verb_name(enum verb v)
{
	return (unsigned)v < VERB_COUNT ? verbs[v].name : "unknown";
}

static uint64_t
in_bundle(unsigned bundle)
{
	uint64_t set = 0;

	for (unsigned v = 0; v < VERB_COUNT; v++)
		if ((verbs[v].bundles & bundle) != 0)
			set |= VERB_BIT(v);
	return set;
}

/* "actor.*": every verb of the group; "*": every verb there is. */
static uint64_t
in_group(struct bytes prefix)
{
	uint64_t set = 0;

	for (unsigned v = 0; v < VERB_COUNT; v++)
		if ((verbs[v].bundles & NO_NAME) == 0 &&
		    bytes_starts(bytes_str(verbs[v].name), prefix))
			set |= VERB_BIT(v);
	return set;
}

bool
command_verb_mutates(enum verb v)
{
	switch (v) {
	case VERB_HOST_LIST:
	case VERB_HOST_INVENTORY:
	case VERB_CLAIMS_GET:
	case VERB_LINK_GET:
	case VERB_CONFIG_GET:
	case VERB_ACTOR_AUCTION:
	case VERB_PROVIDER_AUCTION:
	case VERB_WORKLOAD_STATUS:
	case VERB_HOST_HEARTBEAT_GET:
	case VERB_MANIFEST_GET:
	case VERB_HOST_EVENT:
	case VERB_RPC_HEALTH:
		return false;
	default:
		return true;
	}
}

bool
command_verbs_mutate(uint64_t set)
{
	for (unsigned v = 0; v < VERB_COUNT; v++)
		if ((set & VERB_BIT(v)) != 0 && command_verb_mutates((enum verb)v))
			return true;
	return false;
}

uint64_t
command_verbs_of(struct bytes name)
{
	if (bytes_is(name, "read"))
		return in_bundle(READ);
	if (bytes_is(name, "operate"))
		return in_bundle(OPERATE);
	if (bytes_is(name, "deploy"))
		return in_bundle(DEPLOY);
	if (bytes_is(name, "*"))
		return in_group(BYTES_NULL);
	if (name.len > 2 && bytes_is(bytes_from(name, name.len - 2), ".*"))
		return in_group(bytes_upto(name, name.len - 1));
	for (unsigned v = 0; v < VERB_COUNT; v++)
		if ((verbs[v].bundles & NO_NAME) == 0 && bytes_is(name, verbs[v].name))
			return VERB_BIT(v);
	return 0;
}

const char *
command_dialect_name(enum dialect d)
{
	static const char *const names[] = {
		[DIALECT_NONE] = "",
		[DIALECT_A] = "A",
		[DIALECT_B] = "B",
		[DIALECT_AB] = "AB",
		[DIALECT_C] = "C",
		[DIALECT_D] = "D",
		[DIALECT_WADM] = "wadm",
		[DIALECT_KV] = "kv",
	};

	return (size_t)d < sizeof(names) / sizeof(names[0]) ? names[d] : "";
}
