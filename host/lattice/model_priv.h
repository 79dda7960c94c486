/*
 * model_priv - what the files of the model share.
 */
#ifndef HOST_LATTICE_MODEL_PRIV_H
#define HOST_LATTICE_MODEL_PRIV_H

#include "host/lattice/model.h"

struct model {
	struct model_limits limits;
	char host[MODEL_KEY + 1], issuer[MODEL_KEY + 1];
	char *name;
	struct pairs labels;
	struct model_actor *actors;
	struct model_provider *providers;
	struct model_link *links;
	struct model_heard *heard;
	size_t n_actors, n_providers, n_links, n_heard;
};

/* model_copy() - a string of its own; NULL when there is no memory. */
char *model_copy(struct bytes s);
/* model_key_ok() - a key of this type? */
bool model_key_ok(struct bytes s, enum nkey_type type);
/* model_name_ok() - 1 to MODEL_NAME bytes without control characters. */
bool model_name_ok(struct bytes s);
/* model_id_ok() - 1 to MODEL_ID characters of a uuid's kind. */
bool model_id_ok(const char *id);

void model_actor_free(struct model_actor *a);
void model_provider_free(struct model_provider *p);
void model_link_free(struct model_link *l);

#endif
