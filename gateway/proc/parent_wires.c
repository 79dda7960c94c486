/*
 * parent_wires - who speaks with whom. Each pair that must speak gets a socket pair, its ends sent to both;
 * a child that takes the place of another is wired to everybody who is there.
 */
#include <fcntl.h>
#include <unistd.h>

#include "gateway/proc/parent_priv.h"

/* who speaks with whom */
static const struct {
	enum role a, b;
} wires[] = {
	{ ROLE_EDGE, ROLE_VERIFIER },
	{ ROLE_EDGE, ROLE_SIGNER },
	{ ROLE_EDGE, ROLE_DISPATCHER },
	{ ROLE_EDGE, ROLE_AUDITOR },
	{ ROLE_VERIFIER, ROLE_SIGNER },
	{ ROLE_VERIFIER, ROLE_DISPATCHER },
	{ ROLE_VERIFIER, ROLE_AUDITOR },
	{ ROLE_SIGNER, ROLE_DISPATCHER },
	{ ROLE_DISPATCHER, ROLE_AUDITOR },
	{ ROLE_AUDITOR, ROLE_SHIPPER },
};

/* wire() - a socket pair between two children, both told. Return: 0, -errno. */
static int
wire(struct kid *a, struct kid *b)
{
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_raise(-errno);
	r = msg_peer_put(&a->channel, b->role, b->index, children_since(b), pair[0]);
	if (r != 0)
		close(pair[1]);
	else
		r = msg_peer_put(&b->channel, a->role, a->index, children_since(a), pair[1]);
	/* a channel holds few descriptors (FRAME_FDS), and there can be many edges */
	channel_flush(&a->channel);
	channel_flush(&b->channel);
	return err_pass(r);
}

int
wires_connect(struct kid *k)
{
	for (size_t w = 0; w < sizeof(wires) / sizeof(wires[0]); w++) {
		if (wires[w].a != k->role && wires[w].b != k->role)
			continue;
		for (size_t i = 0; i < parent.n_kids; i++) {
			struct kid *x = &parent.kid[i];
			enum role other = wires[w].a == k->role ? wires[w].b : wires[w].a;
			int r;

			if (x == k || !x->alive || x->role != other)
				continue;
			r = wire(k, x);
			if (r != 0)
				return err_pass(r);
		}
	}
	return tls_wire(k);
}
