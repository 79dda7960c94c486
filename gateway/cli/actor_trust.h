/*
 * actor_trust - whom to believe about actors: --trust names accounts, or a file of them, one a
 * line;
 * --trust-file a list with ends and revocations (policy/identity/issuers.h).
 */
#ifndef GATEWAY_CLI_ACTOR_TRUST_H
#define GATEWAY_CLI_ACTOR_TRUST_H

#include "gateway/cli/cli.h"
#include "policy/identity/issuers.h"

enum { ACTOR_TRUST_MAX = 1024 };

struct actor_trust {
	size_t n;
	struct nkey key[ACTOR_TRUST_MAX];
	bool has_list;
	struct issuers list;
};

/* actor_trust_load() - both options. Return: CLI_OK, CLI_USAGE, CLI_FAILED after saying why. */
int actor_trust_load(struct actor_trust *t, const struct cli_args *a) must_check;
void actor_trust_deinit(struct actor_trust *t);
/* actor_trust_given() - did somebody say who is trusted? */
static inline bool
actor_trust_given(const struct actor_trust *t)
{
	return t->n > 0 || t->has_list;
}
/* actor_trust_at() - for the judges; borrows @t. */
struct wascap_trust actor_trust_at(const struct actor_trust *t, int64_t now_s);

#endif
