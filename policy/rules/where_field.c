/*
 * where_field - the fields of a command that a rule may set conditions on: their names, how their
 * values are written, and which verbs can have them at all.
 *
 * A verb is in a row when some dialect's body or subject can hold the field, so that a condition
 * nobody could ever meet is found when the policy is compiled.
 */
#include "policy/rules/where.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

#define V(name) VERB_BIT(VERB_##name)

/* Which verbs' bodies have what: docs/BODIES.md has the fields of each. */
#define V_STOP (V(ACTOR_STOP) | V(PROVIDER_STOP))
#define V_RUN (V(ACTOR_START) | V(ACTOR_SCALE) | V(ACTOR_UPDATE) | V(PROVIDER_START))
#define V_MANY (V(MANIFEST_PUT) | V(WORKLOAD_START))
#define V_DOORS (V(WADM_COMMAND) | V(STATE_WRITE))
#define V_PART (V_RUN | V_STOP | V_MANY | V_DOORS | V(ACTOR_AUCTION) | V(PROVIDER_AUCTION))
#define V_LINKS (V(LINK_PUT) | V(LINK_DEL) | V(MANIFEST_PUT) | V_DOORS)
#define V_WORKLOAD (V(WORKLOAD_START) | V(WORKLOAD_STOP) | V(WORKLOAD_STATUS))
#define V_CONFIG (V(CONFIG_GET) | V(CONFIG_PUT) | V(CONFIG_DEL))
#define V_LABEL (V(LABEL_PUT) | V(LABEL_DEL))
#define V_HOST                                                                                     \
	(V(HOST_INVENTORY) | V(HOST_STOP) | V(HOST_HEARTBEAT_GET) | V_RUN | V_STOP | V_LABEL |     \
	    V_WORKLOAD | V(WADM_COMMAND))
#define V_MANIFEST                                                                                 \
	(V(MANIFEST_GET) | V(MANIFEST_PUT) | V(MANIFEST_DEL) | V(MANIFEST_DEPLOY) |                \
	    V(MANIFEST_UNDEPLOY))
#define V_ALL                                                                                      \
	(((UINT64_C(1) << VERB_COUNT) - 1) &                                                       \
	    ~(V(NONE) | V(UNKNOWN) | V(HOST_EVENT) | VERBS_NO_COMMAND))

static const struct where_row rows[POLICY_FIELD_COUNT] = {
	[POLICY_FIELD_IMAGE] = { "image", WHERE_IMAGES, V_PART },
	[POLICY_FIELD_REGISTRY] = { "registry", WHERE_LOWER, V_PART | V(REGISTRY_PUT) },
	[POLICY_FIELD_REPOSITORY] = { "repository", WHERE_GLOBS, V_PART },
	[POLICY_FIELD_TAG] = { "tag", WHERE_GLOBS, V_PART },
	[POLICY_FIELD_DIGEST] = { "digest", WHERE_LOWER, V_PART },
	[POLICY_FIELD_SCHEME] = { "scheme", WHERE_WORDS, V_PART },
	[POLICY_FIELD_KIND] = { "kind", WHERE_WORDS, V_PART },
	[POLICY_FIELD_ID] = { "id", WHERE_GLOBS,
	    V_PART | V_WORKLOAD | V(CONFIG_PUT) | V(CONFIG_DEL) },
	[POLICY_FIELD_NAME] = { "name", WHERE_GLOBS, V_MANY },
	[POLICY_FIELD_COUNT_OF] = { "count", WHERE_NUMBERS,
	    V(ACTOR_START) | V(ACTOR_SCALE) | V(ACTOR_STOP) | V(PROVIDER_START) | V_MANY |
		V(WADM_COMMAND) },
	[POLICY_FIELD_HOST] = { "host", WHERE_HOSTS, V_HOST },
	[POLICY_FIELD_LATTICE] = { "lattice", WHERE_GLOBS, V_ALL },
	[POLICY_FIELD_LINK_SOURCE] = { "link.source", WHERE_GLOBS, V_LINKS },
	[POLICY_FIELD_LINK_TARGET] = { "link.target", WHERE_GLOBS, V_LINKS & ~V(LINK_DEL) },
	[POLICY_FIELD_LINK_NAME] = { "link.name", WHERE_GLOBS,
	    V_LINKS | V(PROVIDER_START) | V(PROVIDER_STOP) | V(PROVIDER_AUCTION) |
		V(WORKLOAD_START) },
	[POLICY_FIELD_CONTRACT] = { "contract", WHERE_GLOBS,
	    V_LINKS | V(PROVIDER_STOP) | V(WORKLOAD_START) },
	[POLICY_FIELD_CONFIG] = { "config", WHERE_GLOBS,
	    V_CONFIG | V(ACTOR_SCALE) | V(ACTOR_STOP) | V(PROVIDER_START) | V(LINK_PUT) |
		V(MANIFEST_PUT) | V_DOORS },
	[POLICY_FIELD_LABEL] = { "label", WHERE_GLOBS,
	    V_LABEL | V(ACTOR_AUCTION) | V(PROVIDER_AUCTION) | V(MANIFEST_PUT) },
	[POLICY_FIELD_ANNOTATION] = { "annotation", WHERE_GLOBS,
	    V_RUN | V_STOP | V_MANY | V(WADM_COMMAND) },
	[POLICY_FIELD_APPLICATION] = { "application", WHERE_GLOBS,
	    V_MANIFEST | V(WORKLOAD_START) | V(WADM_COMMAND) },
	[POLICY_FIELD_HOST_PATH] = { "host_path", WHERE_GLOBS, V(WORKLOAD_START) },
	[POLICY_FIELD_NAMESPACE] = { "namespace", WHERE_GLOBS, V(WORKLOAD_START) },
	[POLICY_FIELD_OUTBOUND] = { "outbound", WHERE_GLOBS, V(WORKLOAD_START) },
	[POLICY_FIELD_ALLOW_UPDATE] = { "allow_update", WHERE_WORDS,
	    V(ACTOR_SCALE) | V(ACTOR_STOP) },
	[POLICY_FIELD_EVERY_HOST] = { "every_host", WHERE_WORDS, V(MANIFEST_PUT) },
	[POLICY_FIELD_TIMEOUT] = { "timeout", WHERE_NUMBERS, V(HOST_STOP) },
	[POLICY_FIELD_VERSION] = { "version", WHERE_GLOBS, V_MANIFEST & ~V(MANIFEST_UNDEPLOY) },
	[POLICY_FIELD_SECRET] = { "secret", WHERE_GLOBS, V(MANIFEST_PUT) | V(STATE_WRITE) },
	[POLICY_FIELD_SECRET_POLICY] = { "secret.policy", WHERE_GLOBS,
	    V(MANIFEST_PUT) | V(STATE_WRITE) },
	[POLICY_FIELD_POLICY] = { "policy", WHERE_GLOBS, V(MANIFEST_PUT) },
	[POLICY_FIELD_POLICY_TYPE] = { "policy.type", WHERE_GLOBS, V(MANIFEST_PUT) },
	[POLICY_FIELD_LINK_INTERFACE] = { "link.interface", WHERE_GLOBS,
	    V(LINK_PUT) | V(MANIFEST_PUT) | V(WORKLOAD_START) | V_DOORS },
	[POLICY_FIELD_LINK_KEY] = { "link.key", WHERE_GLOBS,
	    V(LINK_PUT) | V(WORKLOAD_START) | V(STATE_WRITE) },
	[POLICY_FIELD_CONFIG_KEY] = { "config.key", WHERE_GLOBS,
	    V(CONFIG_PUT) | V(CONFIG_DEL) | V_MANY | V_DOORS },
	[POLICY_FIELD_HOST_LABEL] = { "host.label", WHERE_GLOBS, V_HOST },
};

/* Words of scheme and kind; the values of their enums are the indexes. */
static const char *const schemes[] = {
	[IMAGE_OCI] = "oci",
	[IMAGE_FILE] = "file",
	[IMAGE_BINDLE] = "bindle",
	[IMAGE_BUILTIN] = "builtin",
	[IMAGE_URL] = "url",
};

static const char *const kinds[] = {
	[PART_ACTOR] = "actor",
	[PART_PROVIDER] = "provider",
	[PART_SERVICE] = "service",
	[PART_PRECOMPILED] = "precompiled",
};

static const char *const truths[] = { NULL, "yes", "no" };

const struct where_row *
where_row(enum policy_field f)
{
	return f > POLICY_FIELD_NONE && f < POLICY_FIELD_COUNT ? &rows[f] : NULL;
}

const char *
policy_field_name(enum policy_field f)
{
	const struct where_row *row = where_row(f);

	return row != NULL ? row->name : "";
}

enum policy_field
where_field(struct bytes name)
{
	for (int f = POLICY_FIELD_NONE + 1; f < POLICY_FIELD_COUNT; f++)
		if (bytes_is(name, rows[f].name))
			return (enum policy_field)f;
	return POLICY_FIELD_NONE;
}

struct bytes
where_scheme_word(enum image_scheme scheme)
{
	return (size_t)scheme < N_OF(schemes) ? bytes_str(schemes[scheme]) : BYTES_NULL;
}

struct bytes
where_kind_word(enum part_role role)
{
	return (size_t)role < N_OF(kinds) ? bytes_str(kinds[role]) : BYTES_NULL;
}

bool
where_word_ok(enum policy_field f, struct bytes word)
{
	const char *const *words = kinds;
	size_t n = N_OF(kinds);

	if (f == POLICY_FIELD_SCHEME) {
		words = schemes;
		n = N_OF(schemes);
	} else if (f == POLICY_FIELD_ALLOW_UPDATE || f == POLICY_FIELD_EVERY_HOST) {
		words = truths;
		n = N_OF(truths);
	}
	for (size_t i = 1; i < n; i++)
		if (bytes_is(word, words[i]))
			return true;
	return false;
}

bool
where_ok(const struct pol_cond *c)
{
	const struct where_row *row =
	    c->field < POLICY_FIELD_COUNT ? where_row((enum policy_field)c->field) : NULL;

	if (row == NULL || (c->flags & ~(uint32_t)POL_COND_FLAGS) != 0)
		return false;
	return (c->flags & POL_COND_OWN) == 0 || row->type == WHERE_HOSTS;
}
