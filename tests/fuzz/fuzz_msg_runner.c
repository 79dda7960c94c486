/*
 * fuzz_msg_runner - any bytes as each body a runner or a host reads; what is read as a call, an ask
 * or an outcome is written again as the same bytes.
 */
#include <assert.h>

#include "host/proc/msg_runner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same(const struct buf *b, struct bytes in)
{
	assert(bytes_eq(buf_bytes(b), in));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct msg_locked locked;
	struct msg_birth birth;
	struct actor_ask ask;
	struct msg_done done;
	struct buf b;

	buf_init(&b, size + 64);
	if (msg_ask_get(in, &ask)) {
		msg_ask_put_head(&b, &ask);
		buf_put(&b, ask.payload);
		same(&b, in);
	}
	if (msg_done_get(in, &done)) {
		assert(done.outcome.answer < ACTOR_ANSWERS && done.outcome.fuel >= 0);
		assert(memchr(done.outcome.why, '\0', sizeof(done.outcome.why)) != NULL);
	}
	if (msg_birth_get(in, &birth))
		assert(actor_limits_sane(&birth.limits));
	if (msg_locked_get(in, &locked))
		assert(locked.why.len <= size);
	buf_deinit(&b);
	return 0;
}
