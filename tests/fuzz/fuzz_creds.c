/*
 * fuzz_creds - any bytes as a credentials file. Property: what is read can be written, and reads
 * back as the same token and the same key.
 */
#include <assert.h>
#include <sodium.h>

#include "policy/identity/creds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes jwt, again;
	struct nkey_pair p, q;
	struct buf b;

	if (sodium_init() < 0 || creds_read(bytes_of(data, size), &jwt, &p) != 0)
		return 0;
	assert(jwt.ptr >= data && jwt.ptr + jwt.len <= data + size);
	buf_init(&b, 2 * 64 * 1024);
	creds_write(&b, jwt, &p);
	/* the frame around the values may lift a file at the limit over it */
	if (b.len <= 64 * 1024) {
		assert(creds_read(buf_bytes(&b), &again, &q) == 0);
		assert(bytes_eq(jwt, again) && nkey_eq(&p.pub, &q.pub));
		nkey_pair_deinit(&q);
	}
	wipe(b.ptr, b.len);
	buf_deinit(&b);
	nkey_pair_deinit(&p);
	return 0;
}
