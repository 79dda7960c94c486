/*
 * fuzz_stamp - any text as a stamp. Properties: what parses is written back as the same bytes; nothing
 * that a stranger wrote verifies; a stamp of ours with one letter changed is no stamp of ours.
 */
#include <assert.h>
#include <sodium.h>

#include "policy/identity/stamp.h"

enum { NOW_S = 1700000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct stamp_what what = { .subject = BYTES_LIT("wasmbus.ctl.default.ping.hosts") };

/* gate() - a gate whose key nobody in this input knows: made once, from a fixed seed. */
static const struct nkey_pair *
gate(void)
{
	static const char key[] = "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf";
	static struct nkey_pair pair;

	if (pair.seed.ptr == NULL)
		assert(stamp_key_read(&pair, bytes_str(key)) == 0);
	return &pair;
}

static void
text(struct bytes in)
{
	struct stamp s;
	struct buf b;

	if (stamp_parse(&s, in) != 0)
		return;
	buf_init(&b, STAMP_TEXT_MAX);
	stamp_put(&b, &s);
	assert(bytes_eq(buf_bytes(&b), in));
	buf_deinit(&b);
	assert(stamp_verify(&s, &what, &gate()->pub, 1, s.time_ms, NULL) != 0);
}

/* changed() - one byte of a good stamp's text becomes another, as the input says. */
static void
changed(const uint8_t *data)
{
	uint8_t id[STAMP_ID_LEN] = { 7 }, was;
	struct stamp s;
	struct buf b;
	size_t at;

	assert(stamp_make(&s, gate(), &what, NOW_S * INT64_C(1000), id) == 0);
	buf_init(&b, STAMP_TEXT_MAX);
	stamp_put(&b, &s);
	assert(stamp_parse(&s, buf_bytes(&b)) == 0);
	assert(stamp_verify(&s, &what, &gate()->pub, 1, NOW_S * INT64_C(1000), NULL) == 0);
	at = data[0] % b.len;
	was = b.ptr[at];
	b.ptr[at] = data[1];
	if (was != data[1] && stamp_parse(&s, buf_bytes(&b)) == 0)
		assert(stamp_verify(&s, &what, &gate()->pub, 1, s.time_ms, NULL) != 0);
	buf_deinit(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (sodium_init() < 0)
		return 0;
	text(bytes_of(data, size));
	if (size >= 2)
		changed(data);
	return 0;
}
