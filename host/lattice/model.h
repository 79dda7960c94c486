/*
 * model - what runs on this host and how it is: actors with their instances, providers, links,
 * labels, claims.
 *
 * It is the one place that knows; inventory, events, metrics and diagnoses are written from it.
 * Nothing here acts: processes are started and ended by who holds the model, who then says so by
 * status_move(). Every table has a ceiling; everything in it is owned and copied in. Times are unix
 * milliseconds of the caller's clock.
 */
#ifndef HOST_LATTICE_MODEL_H
#define HOST_LATTICE_MODEL_H

#include "host/lattice/era.h"
#include "host/lattice/pairs.h"
#include "host/lattice/status.h"
#include "policy/commands/body.h"
#include "policy/identity/wascap.h"

enum {
	MODEL_KEY = 56,
	MODEL_ID = 36, /* uuid text */
	MODEL_REF = 512,
	MODEL_NAME = 255, /* link names, contracts, aliases */
};

enum model_answer {
	MODEL_SAME = PAIRS_SAME,       /* as it was: nothing changed */
	MODEL_CHANGED = PAIRS_CHANGED, /* it was there and is another now */
	MODEL_FULL = PAIRS_FULL,       /* a ceiling */
	MODEL_BAD = PAIRS_BAD, /* a name is no name: too long, empty, control characters, no key */
	MODEL_RESERVED,        /* a label hostcore.* */
	MODEL_THERE,           /* it runs already */
	MODEL_NOT_THERE,
	/* model_actor_may_update() */
	MODEL_OTHER_KEY,
	MODEL_OTHER_ISSUER,
	MODEL_NOT_NEWER,
	MODEL_OTHER_CAPS,
};

/* What was signed into a module or archive, or what another host says of one. */
struct model_claims {
	char sub[MODEL_KEY + 1], iss[MODEL_KEY + 1];
	char *name, *alias, *caps, *tags, *ver; /* caps, tags: comma separated; never NULL */
	char *contract, *vendor;                /* a provider's; "" for an actor */
	bool has_rev;
	int32_t rev;
	int64_t iat_s, exp_s, nbf_s; /* 0: absent */
};

struct model_instance {
	char id[MODEL_ID + 1];
	struct status status;
	uint32_t walls; /* that hold for it while it runs, as its host counts them */
	struct pairs annotations;
	struct model_instance *next;
};

struct model_actor {
	struct model_claims claims;
	char *ref;    /* image reference, or the path it was started from */
	char *digest; /* "sha256:..." of the module, or "" */
	enum era era;
	uint32_t want;                    /* instances */
	struct status status;             /* of the whole: see model_actor_sum() */
	struct model_instance *instances; /* oldest first */
	size_t n_instances;
	struct pairs annotations;
	struct model_actor *next;
};

struct model_provider {
	struct model_claims claims; /* ->contract is its contract */
	char *ref;
	char *link_name;
	char id[MODEL_ID + 1];
	struct status status;
	uint32_t walls; /* as of an instance */
	struct pairs annotations;
	struct model_provider *next;
};

struct model_link {
	char id[MODEL_ID + 1];
	char actor[MODEL_KEY + 1], provider[MODEL_KEY + 1];
	char *contract, *name;
	struct pairs values;  /* secret */
	struct status status; /* FAILED: the provider could not serve it */
	struct model_link *next;
};

/* Ceilings; a zeroed one allows nothing. */
struct model_limits {
	size_t actors, instances /* of one actor */, providers, links, claims, labels;
};

struct model_limits model_limits_default(void);
/* model_why() - an answer in words, for replies and logs; never NULL. */
const char *model_why(int answer);

struct model;

/*
 * model_new() - @host N..., @issuer "" or a key, @name the friendly name; all copied.
 * Return: 0, MODEL_BAD, -ENOMEM.
 */
int model_new(struct model **out, const struct model_limits *limits, const char *host,
    const char *issuer, const char *name) must_check;
void model_free(struct model *m);
void model_freep(struct model **m);
const char *model_host(const struct model *m);
const char *model_issuer(const struct model *m);
const char *model_name(const struct model *m);

/* --- labels --- */
const struct pairs *model_labels(const struct model *m);
/* model_label_core() - set one of hostcore.*; the caller's, never a command's. 0, MODEL_*, -ENOMEM
 */
int model_label_core(struct model *m, const char *key, const char *value) must_check;
/* model_label_put/del() - by command. 0, MODEL_SAME, MODEL_CHANGED, MODEL_RESERVED, _BAD, _FULL,
 * _NOT_THERE, -ENOMEM */
int model_label_put(struct model *m, struct bytes key, struct bytes value) must_check;
int model_label_del(struct model *m, struct bytes key) must_check;
/* model_meets() - does every constraint equal a label? No constraint is met by all. */
bool model_meets(const struct model *m, const struct body_list *constraints);
/* model_bids_actor/provider() - constraints met, and it is not here already (by reference or key).
 */
bool model_bids_actor(
    const struct model *m, struct bytes ref_or_key, const struct body_list *constraints);
bool model_bids_provider(const struct model *m, struct bytes ref_or_key, struct bytes link_name,
    const struct body_list *constraints);

/* --- claims: of what runs here, and what other hosts told --- */
/* model_claims_from() - copy out of a token that was judged; model_claims_deinit() it. 0, -ENOMEM
 */
int model_claims_from(struct model_claims *out, const struct wascap *w) must_check;
void model_claims_deinit(struct model_claims *c);
/* model_claims_caps() - is @contract (or what it is an alias of) among the signed capabilities? */
bool model_claims_has_cap(const struct model_claims *c, struct bytes contract);

/* --- actors --- */
const struct model_actor *model_actors(const struct model *m); /* linked, oldest first */
size_t model_n_actors(const struct model *m);
struct model_actor *model_actor(struct model *m, struct bytes key);
struct model_actor *model_actor_by_ref(struct model *m, struct bytes ref);
struct model_actor *model_actor_by_alias(struct model *m, struct bytes alias);
/* model_actor_of() - by key, else reference, else alias. */
struct model_actor *model_actor_of(struct model *m, struct bytes what);
/*
 * model_actor_add() - @claims is taken when 0 is returned. Starts as STARTING with no instance.
 * Return: 0, MODEL_THERE (an actor of this key), MODEL_FULL, MODEL_BAD, -ENOMEM.
 */
int model_actor_add(struct model *m, struct model_claims *claims, struct bytes ref, enum era era,
    int64_t now_ms, struct model_actor **out) must_check;
void model_actor_del(struct model *m, struct model_actor *a);
/* model_actor_digest() - remember what its bytes hash to, as "sha256:...". 0, -ENOMEM */
int model_actor_digest(struct model_actor *a, struct bytes digest) must_check;
/* model_actor_annotate() - replace the annotations. 0, MODEL_FULL, MODEL_BAD, -ENOMEM */
int model_actor_annotate(struct model_actor *a, const struct body_list *annotations) must_check;
/* model_instance_add() - one more, STARTING, with the actor's annotations. 0, MODEL_FULL,
 * MODEL_BAD, -ENOMEM */
int model_instance_add(struct model *m, struct model_actor *a, const char *id, int64_t now_ms,
    struct model_instance **out) must_check;
struct model_instance *model_instance(struct model_actor *a, const char *id);
void model_instance_del(struct model_actor *a, struct model_instance *i);
/*
 * model_actor_sum() - move the actor's own status to what its instances come to: RUNNING when as
 * many run as are wanted, DEGRADED when some do, FAILED or STARTING when none does. Return: as
 * status_move().
 */
int model_actor_sum(struct model_actor *a, int64_t now_ms);
/*
 * model_actor_may_update() - may @a become what @claims say? Same subject, same issuer, a higher
 * revision; @same_caps: and the same capabilities. Return: 0 or MODEL_OTHER_*, MODEL_NOT_NEWER.
 */
int model_actor_may_update(
    const struct model_actor *a, const struct model_claims *claims, bool same_caps) must_check;
/* model_actor_update() - it is; @claims is taken when 0 is returned. 0, MODEL_BAD, -ENOMEM */
int model_actor_update(
    struct model_actor *a, struct model_claims *claims, struct bytes ref, enum era era) must_check;

/* --- providers --- */
const struct model_provider *model_providers(const struct model *m);
size_t model_n_providers(const struct model *m);
struct model_provider *model_provider(struct model *m, struct bytes key, struct bytes link_name);
struct model_provider *model_provider_by_ref(
    struct model *m, struct bytes ref, struct bytes link_name);
/* model_provider_add() - as model_actor_add(); @id: instance id. MODEL_THERE: this key under this
 * link name. */
int model_provider_add(struct model *m, struct model_claims *claims, struct bytes ref,
    struct bytes link_name, const char *id, int64_t now_ms, struct model_provider **out) must_check;
void model_provider_del(struct model *m, struct model_provider *p);
int model_provider_annotate(
    struct model_provider *p, const struct body_list *annotations) must_check;

/* --- links, of the whole lattice --- */
const struct model_link *model_links(const struct model *m);
size_t model_n_links(const struct model *m);
/* model_link() - the link an actor's call takes; contract aliases are one contract. */
struct model_link *model_link(
    struct model *m, struct bytes actor, struct bytes contract, struct bytes name);
/*
 * model_link_put() - 0 (new), MODEL_SAME, MODEL_CHANGED (provider or values), MODEL_FULL,
 * MODEL_BAD, -ENOMEM.
 * @id: for a new one. An empty name is "default".
 */
int model_link_put(struct model *m, const struct body_link *link, const char *id, int64_t now_ms,
    struct model_link **out) must_check;
void model_link_del(struct model *m, struct model_link *l);
/* model_link_value() - one value, "" when it is absent; keys are compared exactly. */
const char *model_link_value(const struct model_link *l, const char *key);
/* model_linked() - is the actor linked to this provider under this link name, at all? */
bool model_linked(
    const struct model *m, struct bytes actor, struct bytes provider, struct bytes name);

/* --- claims heard of, besides those of what runs here; in B nobody tells, in A hosts publish them
 * --- */
/* model_heard() - remember; @claims is taken when 0 or MODEL_CHANGED is returned. Else MODEL_FULL.
 */
int model_heard(struct model *m, struct model_claims *claims) must_check;
struct model_heard {
	struct model_claims claims;
	struct model_heard *next;
};
const struct model_heard *model_heard_all(const struct model *m);

/* --- diagnosis: why a call finds nobody, and the command that would mend it --- */
/*
 * model_diagnose() - append one line for the owner of @actor: no link, a capability that was not
 * signed, a provider that is not here or failed.
 */
void model_diagnose(struct model *m, struct bytes actor, struct bytes contract,
    struct bytes link_name, struct buf *out);
/* model_link_command() - append the command that would make a link; the one place that has it. */
void model_link_command(struct buf *b, struct bytes actor, struct bytes provider,
    struct bytes contract, struct bytes name);

#endif
