/*
 * Any bytes as an invocation and as a response. What is accepted, msgpack-c reads in full; written
 * anew it is read back to the same; and nobody but who holds the key is believed.
 */
#include <msgpack.h>
#include <stdlib.h>

#include "host/lattice/rpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
is_whole(const uint8_t *data, size_t size)
{
	msgpack_unpacked u;
	size_t at = 0;

	msgpack_unpacked_init(&u);
	check(msgpack_unpack_next(&u, (const char *)data, size, &at) == MSGPACK_UNPACK_SUCCESS);
	check(at == size && u.data.type == MSGPACK_OBJECT_MAP);
	msgpack_unpacked_destroy(&u);
}

static void
same_entity(const struct rpc_entity *a, const struct rpc_entity *b)
{
	check(bytes_eq(a->key, b->key) && bytes_eq(a->contract, b->contract) &&
	      bytes_eq(a->link, b->link));
}

static void
invocation(struct bytes in)
{
	struct rpc_invocation inv, again;
	struct rpc_trust trust = { .now_s = 1700000000 };
	struct nkey nobody = { .type = NKEY_CLUSTER, .pub = { 1 } };
	struct buf room, b;
	const char *why = NULL;
	int r;

	buf_init(&room, RPC_MAX);
	buf_init(&b, RPC_MAX * 3);
	r = rpc_invocation_read(&inv, in, &room, &why);
	check(r == 0 || why != NULL);
	if (r == 0) {
		is_whole(in.ptr, in.len);
		/* an actor may be told with a contract in the later form alone */
		if (inv.form == RPC_OTP) {
			rpc_invocation_put(&b, &inv);
			check(rpc_invocation_read(&again, buf_bytes(&b), &room, &why) == 0);
			same_entity(&inv.origin, &again.origin);
			same_entity(&inv.target, &again.target);
			check(bytes_eq(inv.msg, again.msg) &&
			      bytes_eq(inv.operation, again.operation) &&
			      bytes_eq(inv.id, again.id) && bytes_eq(inv.claims, again.claims));
		}
		trust.form = inv.form;
		trust.issuer = &nobody;
		trust.n = 1;
		check(rpc_seen_new(&trust.seen, 16, RPC_WINDOW_S, 0) == 0);
		check(rpc_judge(&inv, &trust, &why) > 0 && why != NULL);
		rpc_seen_free(trust.seen);
	}
	buf_deinit(&b);
	buf_deinit(&room);
}

static void
response(struct bytes in)
{
	struct rpc_response res, again;
	struct buf room, b;
	const char *why = NULL;

	buf_init(&room, RPC_MAX);
	buf_init(&b, RPC_MAX * 3);
	if (rpc_response_read(&res, in, &room, &why) == 0) {
		is_whole(in.ptr, in.len);
		for (int form = RPC_OTP; form <= RPC_R18; form++) {
			buf_reset(&b);
			res.form = (enum rpc_form)form;
			rpc_response_put(&b, &res);
			if (b.len > RPC_MAX)
				continue;
			check(rpc_response_read(&again, buf_bytes(&b), &room, &why) == 0);
			check(bytes_eq(res.msg, again.msg) && bytes_eq(res.id, again.id) &&
			      res.failed == again.failed);
		}
	}
	buf_deinit(&b);
	buf_deinit(&room);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	invocation(bytes_of(data, size));
	response(bytes_of(data, size));
	return 0;
}
