/*
 * rights_serve - what a host's grant says besides which subjects: whether commands from beyond the
 * gate reach it, where its id comes from, and how far down its answers may go.
 */
#include "policy/rules/rights_priv.h"

bool
rights_unstamped(struct rights *r, struct bytes pattern, struct bytes queue)
{
	struct serve_host who = rights_host(r);
	struct bytes lattice;
	uint8_t room[2][PREFIX_ROOM];
	bool command;

	if (!view_flag(r->view, POL_UNSTAMPED) || !rights_serves(r, pattern, queue))
		return false;
	return serve_subscribe(prefix_usual(&r->p->prefixes, pattern, room[0]),
		   prefix_usual(&r->p->prefixes, queue, room[1]), &who, &lattice, &command) == SERVE_OWN &&
	       view_serve_flag(r->view, lattice, POL_UNSTAMPED);
}

bool
rights_pins_host(const struct rights *r)
{
	return r->n_hosts == 0 && view_flag(r->view, POL_PIN_HOST);
}

int
rights_pin(struct rights *r, struct bytes host)
{
	uint8_t *copy = host.len != 0 && r->n_hosts < MAX_HOST_IDS ? malloc(host.len) : NULL;

	if (copy == NULL)
		return err_raise(-ENOMEM);
	memcpy(copy, host.ptr, host.len);
	r->host[r->n_hosts++] = bytes_of(copy, host.len);
	/* what was answered before was answered for nobody in particular */
	free(r->user.memory);
	r->user.memory = NULL;
	return 0;
}

bool
rights_is_host(const struct rights *r, struct bytes id)
{
	struct serve_host who = rights_host(r);

	return serve_is_own(&who, id);
}

bool
rights_reports(struct rights *r, struct bytes lattice)
{
	struct hit allows, denies;

	if (!rights_has(r, VERB_SERVE))
		return false;
	rights_word(r, VERB_SERVE, lattice, &allows, &denies);
	return hit_any(allows) && denies.enforced == RULE_NONE;
}

bool
rights_rpc(struct rights *r)
{
	return view_flag(r->view, POL_RPC);
}
