/*
 * parent_providers - the providers that run here: parent_providers.c starts, links and ends them,
 * parent_provider_calls.c brings calls to them and theirs to actors.
 */
#ifndef HOST_PROC_PARENT_PROVIDERS_H
#define HOST_PROC_PARENT_PROVIDERS_H

#include "host/proc/parent_kinds.h"
#include "host/proc/parent_priv.h"
#include "host/proc/provider.h"

struct provider_run {
	struct provider_run *next;
	const struct kind *kind;
	struct provider *provider;
	struct model_provider *model;
	struct rpc_ear *ear;
	struct call *calls; /* under way at it */
	struct call *early; /* for one that is being started: asked when it is there */
	size_t n_early;
	bool was_up, stopping, gone;
};

/* providers_run() - by key and link name; NULL: not here. */
struct provider_run *providers_run(struct bytes key, struct bytes link_name);

/* What a provider says of calls, for its struct provider_ops. */
void provider_calls_on_result(
    void *ctx, struct provider *p, const struct msg_provider_result *result);
void provider_calls_on_invoke(void *ctx, struct provider *p, const struct msg_provider_ask *ask);
/* provider_calls_early() - it is there now, or will not be: those that waited for it. */
void provider_calls_early(struct provider_run *p);
/* provider_calls_forget() - it is gone: nobody waits for it any more, and it for nobody. */
void provider_calls_forget(struct provider_run *p);

#endif
