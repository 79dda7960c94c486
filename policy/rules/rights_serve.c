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
	bool command;

	if (!view_flag(r->view, POL_UNSTAMPED) || !rights_serves(r, pattern, queue))
		return false;
	return serve_subscribe(pattern, queue, &who, &lattice, &command) == SERVE_OWN &&
	       view_serve_flag(r->view, lattice, POL_UNSTAMPED);
}

bool
rights_pins_host(struct rights *r)
{
	return r->n_hosts == 0 && view_flag(r->view, POL_PIN_HOST);
}

bool
rights_rpc(struct rights *r)
{
	return view_flag(r->view, POL_RPC);
}
