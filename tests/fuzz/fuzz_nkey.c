/*
 * fuzz_nkey - any text as a key and as a seed. Property: what parses is written back as the same
 * bytes, so every key and every seed has exactly one text.
 */
#include <assert.h>
#include <sodium.h>

#include "policy/identity/nkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
key(struct bytes in)
{
	char text[NKEY_TEXT_LEN + 1];
	struct nkey k;

	if (nkey_parse(&k, in) != 0) {
		assert(k.type == NKEY_NONE);
		return;
	}
	nkey_format(&k, text);
	assert(bytes_is(in, text));
}

static void
seed(struct bytes in)
{
	char text[NKEY_SEED_LEN + 1];
	struct nkey_pair p;

	if (nkey_pair_parse(&p, in) != 0) {
		assert(p.seed.ptr == NULL);
		return;
	}
	nkey_pair_seed(&p, text);
	assert(bytes_is(in, text));
	nkey_format(&p.pub, text);
	key(bytes_of(text, NKEY_TEXT_LEN));
	nkey_pair_deinit(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (sodium_init() < 0)
		return 0;
	key(bytes_of(data, size));
	seed(bytes_of(data, size));
	return 0;
}
