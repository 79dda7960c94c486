/*
 * fuzz_msg_provider - any bytes as each body a host or a provider reads; what is read is within its
 * ceilings, and is written again as the same bytes.
 */
#include <assert.h>

#include "host/providers/msg_provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same(struct buf *b, struct bytes in)
{
	assert(bytes_eq(buf_bytes(b), in));
	buf_reset(b);
}

static void
texts(struct bytes in)
{
	char out[PROVIDER_WHY];

	provider_plain(out, sizeof(out), in);
	for (const char *s = out; *s != '\0'; s++)
		assert(*s >= 0x20 && *s < 0x7f);
}

static void
to_provider(struct bytes in, struct buf *b)
{
	static struct msg_provider_setup setup;
	static struct msg_provider_link link;
	struct msg_provider_signed in_signed;

	if (msg_provider_setup_get(in, &setup)) {
		assert(
		    setup.config.n <= PROVIDER_VALUES && provider_name_ok(setup.key, PROVIDER_KEY));
		msg_provider_setup_put(b, &setup);
		same(b, in);
	}
	if (msg_provider_link_get(in, &link)) {
		for (size_t i = 0; i < link.values.n; i++)
			assert(link.values.pair[i].value.len <= PROVIDER_VALUE);
		(void)provider_value(&link.values, "port");
		msg_provider_link_put(b, &link);
		same(b, in);
	}
	if (msg_provider_signed_get(in, &in_signed)) {
		msg_provider_signed_put(b, &in_signed);
		same(b, in);
	}
}

static void
from_provider(struct bytes in, struct buf *b)
{
	struct msg_provider_link_state state;
	struct msg_provider_ready ready;
	struct msg_provider_log line;
	struct msg_provider_sign sign;
	struct provider_counts counts;

	if (msg_provider_link_state_get(in, &state)) {
		msg_provider_link_state_put(b, &state);
		same(b, in);
	}
	if (msg_provider_ready_get(in, &ready)) {
		msg_provider_ready_put(b, &ready);
		same(b, in);
	}
	if (msg_provider_log_get(in, &line)) {
		assert(line.text.len <= PROVIDER_LINE);
		msg_provider_log_put(b, &line);
		same(b, in);
	}
	if (msg_provider_sign_get(in, &sign)) {
		msg_provider_sign_put(b, &sign);
		same(b, in);
	}
	if (msg_provider_counts_get(in, &counts)) {
		msg_provider_counts_put(b, &counts);
		same(b, in);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), actor;
	struct msg_provider_result result;
	struct msg_provider_ask ask;
	struct buf b;

	buf_init(&b, size + 64);
	texts(in);
	to_provider(in, &b);
	from_provider(in, &b);
	if (msg_provider_actor_get(in, &actor))
		assert(actor.len <= PROVIDER_KEY);
	if (msg_provider_ask_get(in, &ask)) {
		assert(provider_name_ok(ask.operation, PROVIDER_NAME));
		msg_provider_ask_put(&b, &ask);
		same(&b, in);
	}
	if (msg_provider_result_get(in, &result)) {
		assert(result.answer < PROVIDER_ANSWERS);
		msg_provider_result_put(&b, &result);
		same(&b, in);
	}
	buf_deinit(&b);
	return 0;
}
