/*
 * fuzz_audit_inspect - any bytes as segments, cut where a byte 0xff stands. Properties: how the
 * bytes are cut into pieces changes nothing; what is signed is sound, what is sound is there;
 * recovery keeps a part that verifies, and what it cuts off and keeps is all there is.
 */
#include <assert.h>

#include "policy/audit/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char vkey[] = "gate.example/audit+";

static void
inspect_all(struct bytes in, size_t piece, const struct note_key *key, struct inspect_result *r)
{
	struct inspect_setup s = { .key = key, .n_keys = 1 };
	struct inspect *i = inspect_new(&s);
	uint64_t first = 1;

	assert(i != NULL);
	while (in.len != 0) {
		struct bytes file = bytes_upto(in, bytes_find(in, 0xff));
		struct record_head h;

		in = bytes_from(in, file.len + 1);
		if (record_head(bytes_upto(file, bytes_find(file, '\n')), &h) == 0)
			first = h.seq;
		inspect_segment(i, first);
		while (file.len != 0) {
			(void)inspect_feed(i, bytes_upto(file, piece));
			file = bytes_from(file, piece);
		}
	}
	assert(inspect_end(i, r) == 0);
	inspect_free(i);
}

static void
same(const struct inspect_result *a, const struct inspect_result *b)
{
	assert(a->worst == b->worst && a->n_findings == b->n_findings);
	assert(a->last == b->last && a->sound == b->sound && a->signed_upto == b->signed_upto);
	for (size_t i = 0; i < a->n_findings && i < INSPECT_FINDINGS; i++) {
		assert(a->finding[i].what == b->finding[i].what);
		assert(a->finding[i].seq == b->finding[i].seq);
		assert(a->finding[i].offset == b->finding[i].offset);
	}
}

static void
recover_all(struct bytes in, const struct note_key *key)
{
	struct bytes file = bytes_upto(in, bytes_find(in, 0xff)), rest = file;
	struct recover *r = recover_new(1, NULL);
	struct inspect_result res;
	struct recovered out;

	assert(r != NULL);
	while (rest.len != 0) {
		recover_feed(r, bytes_upto(rest, 100));
		rest = bytes_from(rest, 100);
	}
	assert(recover_end(r, 0, &out) == 0);
	recover_free(r);
	assert(out.valid + out.cut == file.len);
	if (out.valid == 0)
		return;
	/* what is kept is linked; only what is signed in it, or its clocks, may still be found
	 * wrong */
	inspect_all(bytes_upto(file, out.valid), file.len, key, &res);
	assert(res.worst != INSPECT_MALFORMED && res.worst != INSPECT_MISSING &&
	       res.worst != INSPECT_TORN && res.worst != INSPECT_INSERTED);
	if (res.worst == INSPECT_FINE)
		assert(res.last == out.chain.tree.size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	static const uint8_t pub[NOTE_PUB_LEN] = { 0x3d, 0x40, 0x17 };
	struct inspect_result whole, pieces;
	struct note_key key;
	struct hasher h;

	if (hasher_init(&h) != 0)
		return 0;
	assert(note_key_make(&key, &h, bytes_upto(bytes_str(vkey), sizeof(vkey) - 2), pub) == 0);
	hasher_deinit(&h);
	inspect_all(in, size + 1, &key, &whole);
	inspect_all(in, 1 + size % 61, &key, &pieces);
	same(&whole, &pieces);
	assert(whole.signed_upto <= whole.last && whole.sound <= whole.last);
	recover_all(in, &key);
	return 0;
}
