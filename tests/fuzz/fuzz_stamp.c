/*
 * fuzz_stamp - any text as a stamp. Properties: what parses is written back as the same bytes; nothing
 * that a stranger wrote verifies; a stamp of ours, of one command or of several, with one letter changed is no stamp of ours.
 */
#include <assert.h>
#include <sodium.h>

#include "policy/identity/stamp_batch.h"

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
	assert(stamp_verify(&s, &what, &gate()->pub, 1, s.time_ms, NULL, NULL) != 0);
}

/* together() - one of @n commands that are stamped together. */
static struct stamp
together(size_t n, size_t place)
{
	uint8_t id[STAMP_ID_LEN] = { 7 };
	struct stamp_batch b;

	stamp_batch_begin(&b, NOW_S * INT64_C(1000));
	for (size_t i = 0; i < n; i++) {
		id[1] = (uint8_t)i;
		assert(stamp_batch_add(&b, &what, id) == 0);
	}
	stamp_batch_sign(&b, gate());
	return b.stamp[place];
}

/* changed() - one byte of a good stamp's text becomes another, as the input says; with and without a memory. */
static void
changed(const uint8_t *data, struct stamp_roots *roots)
{
	size_t n = 1 + data[2] % STAMP_BATCH, at;
	struct stamp s = together(n, data[3] % n);
	struct buf b;
	uint8_t was;

	buf_init(&b, STAMP_TEXT_MAX);
	stamp_put(&b, &s);
	assert(!buf_failed(&b) && stamp_parse(&s, buf_bytes(&b)) == 0);
	assert(stamp_verify(&s, &what, &gate()->pub, 1, NOW_S * INT64_C(1000), roots, NULL) == 0);
	at = data[0] % b.len;
	was = b.ptr[at];
	b.ptr[at] = data[1];
	if (was != data[1] && stamp_parse(&s, buf_bytes(&b)) == 0)
		assert(stamp_verify(&s, &what, &gate()->pub, 1, s.time_ms, roots, NULL) != 0);
	buf_deinit(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (sodium_init() < 0)
		return 0;
	text(bytes_of(data, size));
	if (size >= 4) {
		struct stamp_roots roots = { .next = 0 };

		changed(data, NULL);
		changed(data, &roots);
	}
	return 0;
}
