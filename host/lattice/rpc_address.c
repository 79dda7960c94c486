/*
 * rpc_address - where an actor or provider is reached, and how it is called in claims.
 */
#include "host/lattice/rpc.h"

static bool
is_provider(const struct rpc_entity *e)
{
	return e->key.len != 0 && e->key.ptr[0] == 'V';
}

void
rpc_subject(struct buf *b, struct bytes lattice, const struct rpc_entity *e)
{
	buf_put_str(b, "wasmbus.rpc.");
	buf_put(b, lattice);
	buf_put_u8(b, '.');
	buf_put(b, e->key);
	if (!is_provider(e))
		return;
	buf_put_u8(b, '.');
	buf_put(b, e->link);
}

void
rpc_queue(struct buf *b, enum rpc_form form, struct bytes lattice, const struct rpc_entity *e)
{
	if (form == RPC_R18 || !is_provider(e))
		rpc_subject(b, lattice, e);
	else
		buf_put_str(b, "rpc");
}

bool
rpc_addressed(const struct rpc_invocation *inv, struct bytes lattice, struct bytes subject)
{
	struct buf own;
	bool same;

	buf_init(&own, RPC_URL);
	rpc_subject(&own, lattice, &inv->target);
	same = !buf_failed(&own) && bytes_eq(buf_bytes(&own), subject);
	buf_deinit(&own);
	return same;
}

/* put_lower() - with ':' and ' ' replaced as the hosts replace them. */
static void
put_lower(struct buf *b, struct bytes s, uint8_t colon)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		buf_put_u8(b, c == ':' ? colon : c == ' ' ? '_' : c);
	}
}

void
rpc_url(struct buf *b, const struct rpc_entity *e)
{
	buf_put_str(b, "wasmbus://");
	if (is_provider(e)) {
		put_lower(b, e->contract, '/');
		buf_put_u8(b, '/');
		put_lower(b, e->link, ':');
		buf_put_u8(b, '/');
	}
	buf_put(b, e->key);
}
