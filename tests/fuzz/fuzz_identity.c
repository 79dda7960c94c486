/*
 * fuzz_identity - any bytes as the message that carries an identity between processes. Property:
 * what is read whole is written back as the same bytes, so one identity has one message.
 */
#include <assert.h>

#include "policy/identity/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = { bytes_of(data, size), false };
	struct identity id;
	struct buf b;

	if (identity_get(&c, &id) != 0) {
		assert(id.name == NULL && id.tags == NULL && id.user[0] == '\0');
		return 0;
	}
	buf_init(&b, size);
	identity_put(&b, &id);
	assert(!buf_failed(&b));
	assert(bytes_eq(buf_bytes(&b), bytes_upto(bytes_of(data, size), size - c.in.len)));
	buf_deinit(&b);
	identity_deinit(&id);
	return 0;
}
