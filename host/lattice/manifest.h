/*
 * manifest - what is to run on a host, as a file: YAML in the shape of 2021.
 *
 *   labels: {zone: a}
 *   actors: [./counter_s.wasm, ghcr.io/acme/echo:0.3.1]        or {ref, count, era, name,
 * annotations} capabilities: [{image_ref: wasmcloud+builtin://httpserver, link_name: default}]
 * links:
 *     - actor: ./counter_s.wasm          # a key, a reference above, or a name given above
 *       provider_id: wasmcloud+builtin://httpserver
 *       contract_id: wasmcloud:httpserver
 *       link_name: default
 *       values: {PORT: "${PORT:8080}"}
 *
 * Ids need never be typed: a reference stands for the id of what it names, which
 * manifest_actor_is() says once the artifacts have been looked at, and the lockfile pins (lock.h).
 * ${NAME} and
 * ${NAME:default} are filled in scalars only, after the YAML was read: a value cannot become
 * structure. Unknown names, names twice, things twice are errors with FILE:LINE:COL.
 */
#ifndef HOST_LATTICE_MANIFEST_H
#define HOST_LATTICE_MANIFEST_H

#include "host/lattice/model.h"

enum {
	MANIFEST_MAX = 1024 * 1024,
	MANIFEST_ITEMS = 1024, /* of each list */
	MANIFEST_COUNT = 1024, /* instances of one actor */
};

enum manifest_answer {
	MANIFEST_BAD = 1, /* the report says what and where */
};

struct manifest_at {
	uint32_t line, col; /* from 1 */
};

struct manifest_actor {
	struct manifest_at at;
	char *ref;  /* as written, expanded; paths: see manifest_path() */
	char *name; /* may be "" */
	char *key;  /* M..., "" until resolved (or written as a key: then ->ref is the same) */
	uint32_t count;
	enum era era;
	struct pairs annotations;
};

struct manifest_provider {
	struct manifest_at at;
	char *ref, *name;
	char *key; /* V... */
	char *link_name;
	char *configuration; /* secret; NULL: none */
	struct pairs annotations;
};

struct manifest_link {
	struct manifest_at at;
	char *actor, *provider; /* as written */
	struct manifest_actor
	    *actor_of; /* what it refers to; NULL: ->actor is a key that is not in the file */
	struct manifest_provider *provider_of;
	char *contract; /* "" : of the provider */
	char *name;
	struct pairs values; /* secret */
};

struct manifest {
	char *file;
	struct pairs labels;
	size_t n_actors, n_providers, n_links;
	struct manifest_actor *actor;
	struct manifest_provider *provider;
	struct manifest_link *link;
};

/* Where ${NAME} is looked up; ->get returns NULL when it is unknown. */
struct manifest_env {
	void *ctx;
	const char *(*get)(void *ctx, const char *name);
};

/*
 * manifest_read() - @file is for messages. @report gets lines "FILE:LINE:COL: error: ...".
 * Return: 0 with *out given, MANIFEST_BAD, -ENOMEM.
 */
int manifest_read(struct manifest **out, const char *file, struct bytes text,
    const struct manifest_env *env, struct buf *report) must_check;
void manifest_free(struct manifest *m);
void manifest_freep(struct manifest **m);
/* manifest_is_path() - a file, not an image: begins with / ./ ../ file:// or ends in .wasm, .par.
 */
bool manifest_is_path(const char *ref);
/* manifest_path() - append the path of a reference, relative ones to the folder of the manifest
 * @file. false: it is none. */
bool manifest_path(struct buf *b, const char *file, const char *ref);
/* manifest_actor_is(), _provider_is() - what a reference turned out to be. 0, MANIFEST_BAD (no such
 * key), -ENOMEM */
int manifest_actor_is(struct manifest_actor *a, const char *key) must_check;
int manifest_provider_is(struct manifest_provider *p, const char *key) must_check;
/* manifest_link_actor(), _provider() - the keys a link joins; "" while a reference is unresolved.
 */
const char *manifest_link_actor(const struct manifest_link *l);
const char *manifest_link_provider(const struct manifest_link *l);

#endif
