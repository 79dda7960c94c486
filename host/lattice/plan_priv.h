/* plan_priv - which things seen are those of a manifest: for the files of plan. */
#ifndef HOST_LATTICE_PLAN_PRIV_H
#define HOST_LATTICE_PLAN_PRIV_H

#include <stdio.h>
#include <string.h>

#include "host/lattice/plan.h"

bool plan_is_actor(const struct manifest_actor *a, const struct plan_actor *s, const char *host);
bool plan_is_provider(
    const struct manifest_provider *p, const struct plan_provider *s, const char *host);
/* plan_contract() - of a link; that of its provider when the manifest leaves it out. */
const char *plan_contract(const struct manifest_link *l, const struct plan_seen *s);
/* plan_link_seen() - the one of this actor, contract and name, wherever it leads; NULL: none. */
const struct plan_link *plan_link_seen(const struct manifest_link *l, const struct plan_seen *s);

#endif
