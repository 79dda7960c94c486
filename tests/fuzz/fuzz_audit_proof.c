/*
 * fuzz_audit_proof - any bytes as a proof. Properties: what is read is written to the same bytes;
 * no proof is good for a key that never signed anything.
 */
#include <assert.h>
#include <stdlib.h>

#include "policy/audit/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t pub[NOTE_PUB_LEN] = { 0x3d, 0x40, 0x17 };
	uint8_t *mem = malloc(size + 1);
	struct checkpoint c;
	struct note_key key;
	struct hasher h;
	struct proof p;
	struct buf again;

	if (mem == NULL || hasher_init(&h) != 0) {
		free(mem);
		return 0;
	}
	assert(note_key_make(&key, &h, BYTES_LIT("gate.example/audit"), pub) == 0);
	if (proof_parse(bytes_of(data, size), mem, &p) == 0) {
		buf_init(&again, 2 * PROOF_MAX);
		/* a record that is none is read, so that it can be said which; it is not written */
		if (proof_put(&again, &p) == 0)
			assert(bytes_eq(buf_bytes(&again), bytes_of(data, size)));
		assert(proof_check(&p, &h, BYTES_NULL, &key, 1, &c) > 0);
		buf_deinit(&again);
	}
	hasher_deinit(&h);
	free(mem);
	return 0;
}
