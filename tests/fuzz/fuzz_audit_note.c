/*
 * fuzz_audit_note - any bytes as a note, a key, a checkpoint and a handover. Properties: a note
 * that opens has one text; what is read is written to the same bytes; nothing opens with a key that
 * did not sign it; a checkpoint's text is no handover's.
 */
#include <assert.h>

#include "policy/audit/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
as_key(struct hasher *h, struct bytes in)
{
	struct note_key k;
	struct buf b;

	if (note_key_parse(&k, h, in) != 0)
		return;
	buf_init(&b, NOTE_MAX);
	note_key_put(&b, &k);
	assert(bytes_eq(buf_bytes(&b), in));
	buf_deinit(&b);
}

static void
as_checkpoint(struct bytes text)
{
	struct checkpoint c;
	struct buf b;

	if (checkpoint_parse(text, &c) != 0)
		return;
	assert(!bytes_starts(text, BYTES_LIT("portcullis audit key rotation v1\ngate")));
	buf_init(&b, NOTE_MAX);
	buf_put(&b, c.origin);
	buf_put_u8(&b, '\n');
	buf_put_dec(&b, c.size);
	buf_put_u8(&b, '\n');
	digest_put_base64(&b, &c.root);
	buf_put_u8(&b, '\n');
	buf_put(&b, c.more);
	assert(buf_failed(&b) || bytes_eq(buf_bytes(&b), text));
	buf_deinit(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), text;
	struct note_parts parts;
	struct note_key key;
	struct rotation r;
	struct hasher h;
	uint64_t by;
	int answer;

	if (hasher_init(&h) != 0)
		return 0;
	/* the key of golang.org/x/mod/sumdb/note's example, whose note is in the corpus */
	assert(note_key_parse(&key, &h,
		   BYTES_LIT(
		       "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")) == 0);
	answer = note_open(in, &key, 1, &text, &by);
	assert((answer == 0) == (by == 1));
	if (answer == 0)
		assert(bytes_starts(text, BYTES_LIT("If you think")));
	if (note_split(in, &parts) == 0) {
		assert(answer == NOTE_BAD || bytes_eq(parts.text, text));
		as_checkpoint(parts.text);
	} else {
		assert(answer == NOTE_BAD);
	}
	answer = rotation_open(in, &h, BYTES_LIT("gate.example/audit"), &r);
	assert(answer != 0 || !note_key_eq(&r.from, &r.to));
	as_key(&h, in);
	hasher_deinit(&h);
	return 0;
}
