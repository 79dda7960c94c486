/*
 * Any bytes as a payload of any operation of the first era, in every direction (the first byte
 * chooses). What comes out is one whole value to msgpack-c.
 */
#include <msgpack.h>
#include <stdlib.h>

#include "host/lattice/contract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *contract, *op; /* contract NULL: asked of an actor */
} ops[] = {
	{ NULL, "HttpServer.HandleRequest" },
	{ NULL, "MessageSubscriber.HandleMessage" },
	{ NULL, "Actor.HealthRequest" },
	{ "wasmcloud:keyvalue", "Get" },
	{ "wasmcloud:keyvalue", "Set" },
	{ "wasmcloud:keyvalue", "Add" },
	{ "wasmcloud:keyvalue", "Del" },
	{ "wasmcloud:keyvalue", "Range" },
	{ "wasmcloud:keyvalue", "Push" },
	{ "wasmcloud:keyvalue", "ListItemDelete" },
	{ "wasmcloud:keyvalue", "SetAdd" },
	{ "wasmcloud:keyvalue", "SetUnion" },
	{ "wasmcloud:keyvalue", "KeyExists" },
	{ "wasmcloud:messaging", "Publish" },
	{ "wasmcloud:messaging", "Request" },
	{ "wasmcloud:httpclient", "Request" },
	{ "wasmcloud:logging", "WriteLog" },
	{ "wasmcloud:extras", "RequestRandom" },
};
enum { N_OPS = sizeof(ops) / sizeof(ops[0]) };

static void
is_whole(struct bytes s)
{
	msgpack_unpacked u;
	size_t at = 0;

	if (s.len == 0)
		return;
	msgpack_unpacked_init(&u);
	if (msgpack_unpack_next(&u, (const char *)s.ptr, s.len, &at) != MSGPACK_UNPACK_SUCCESS ||
	    at != s.len)
		abort();
	msgpack_unpacked_destroy(&u);
}

/* settle() - of an answer, one way or the other. */
static void
settle(int r, const struct contract_said *out, bool translated)
{
	if (r != 0 && out->why == NULL)
		abort();
	if (r == 0 && translated)
		is_whole(out->payload);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* what "Set" asks of a key "k": for the answers that repeat it */
	static const struct bytes asked = BYTES_LIT("\x82\xa3key\xa1k\xa5value\xa1v");
	struct contract_said out, back;
	struct bytes payload;
	struct buf room;
	size_t k;
	int r;

	if (size < 1)
		return 0;
	k = data[0] % N_OPS;
	payload = bytes_of(data + 1, size - 1);
	buf_init(&room, 1 << 20);
	if (ops[k].contract == NULL)
		r = contract_to_actor(ERA_FIRST, bytes_str(ops[k].op), payload, &room, &out);
	else
		r = contract_from_actor(ERA_FIRST, bytes_str(ops[k].contract), bytes_str(ops[k].op),
		    payload, &room, &out);
	/* an operation whose payload is the same in both eras passes as it is */
	settle(r, &out, out.row != NULL && out.payload.ptr != payload.ptr);
	if (out.row != NULL) {
		buf_reset(&room);
		if (ops[k].contract == NULL)
			r = contract_actor_answered(out.row, payload, &room, &back);
		else
			r = contract_answer_actor(out.row, asked, payload, &room, &back);
		settle(r, &back, back.payload.ptr != payload.ptr);
	}
	buf_deinit(&room);
	return 0;
}
