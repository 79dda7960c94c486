/* made - keys that are the same in every run, and a model with one of everything. */
#ifndef TESTS_UNIT_HOST_LATTICE_MADE_H
#define TESTS_UNIT_HOST_LATTICE_MADE_H

#include "host/lattice/model.h"

enum { MADE_NOW = 1000 }; /* ms, the first of all times here */

/* made_key() - the text of a key of a type made of a seed full of @n; valid until the program ends.
 */
const char *made_key(enum nkey_type type, unsigned n);
/* made_pair() - the same with its seed. */
void made_pair(struct nkey_pair *p, enum nkey_type type, unsigned n);

#define HOST_KEY made_key(NKEY_SERVER, 1)
#define ACTOR_KEY made_key(NKEY_MODULE, 2)
#define OTHER_ACTOR made_key(NKEY_MODULE, 3)
#define PROVIDER_KEY made_key(NKEY_SERVICE, 4)
#define OTHER_PROVIDER made_key(NKEY_SERVICE, 5)
#define ISSUER_KEY made_key(NKEY_ACCOUNT, 6)

/* made_claims() - of an actor (or, with @contract, a provider). */
void made_claims(
    struct model_claims *c, const char *key, int32_t rev, const char *caps, const char *contract);
/* made_model() - a host without anything. */
struct model *made_model(void);
/* made_busy() - one with an actor of two instances (one failed), a provider, a link and labels. */
struct model *made_busy(void);
/* made_list() - pairs of name, value, ..., NULL as a body has them; at most 8; one at a time. */
const struct body_list *made_list(const char *name, ...);
/* made_link() - a link's body; values PORT=8080, PASSWORD=secret-word. */
struct body_link made_link(
    const char *actor, const char *provider, const char *contract, const char *name);

#endif
