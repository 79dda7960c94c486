/*
 * Any bytes as message-pack and as JSON. What is accepted reads back to the same value whichever
 * way it goes, and msgpack-c reads what we write, in full.
 */
#include <msgpack.h>
#include <stdlib.h>

#include "host/pack/pack.h"
#include "host/pack/pack_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 20 };

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
second_opinion(struct bytes pack)
{
	msgpack_unpacked u;
	size_t at = 0;

	msgpack_unpacked_init(&u);
	check(msgpack_unpack_next(&u, (const char *)pack.ptr, pack.len, &at) ==
	      MSGPACK_UNPACK_SUCCESS);
	check(at == pack.len);
	msgpack_unpacked_destroy(&u);
}

/* round_trip() - from JSON to message-pack and back, twice: nothing moves any more. */
static void
round_trip(struct bytes json, bool ours)
{
	struct buf pack, again, pack2;
	char why[PACK_JSON_WHY];
	int r;

	buf_init(&pack, OUT_MAX);
	buf_init(&again, 8 * OUT_MAX);
	buf_init(&pack2, OUT_MAX);
	r = pack_from_json(&pack, json, why);
	check(r == 0 || (!ours && r > 0 && why[0] != '\0'));
	if (r == 0) {
		second_opinion(buf_bytes(&pack));
		check(pack_to_json(&again, buf_bytes(&pack), why) == 0);
		check(!ours || bytes_eq(buf_bytes(&again), json));
		check(pack_from_json(&pack2, buf_bytes(&again), why) == 0);
		check(bytes_eq(buf_bytes(&pack), buf_bytes(&pack2)));
	}
	buf_deinit(&pack);
	buf_deinit(&again);
	buf_deinit(&pack2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct pack r = pack_of(in);
	char why[PACK_JSON_WHY];
	struct buf json;

	if (size > 65536)
		return 0;
	pack_skip(&r);
	check(r.at <= size);
	buf_init(&json, OUT_MAX);
	if (pack_to_json(&json, in, why) == 0) {
		check(pack_done(&r));
		round_trip(buf_bytes(&json), true);
	} else {
		check(why[0] != '\0');
	}
	buf_deinit(&json);
	round_trip(in, false);
	return 0;
}
