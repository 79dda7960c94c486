/*
 * fuzz_audit_record - any bytes as a line. Properties: decode and shape accept the same lines; what
 * is decoded is encoded to the same bytes; any bytes put into the texts of a record give a line
 * that is accepted, and redacting them lets no named secret through.
 */
#include <assert.h>

#include "policy/audit/record.h"
#include "policy/audit/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* as_line() */
static void
as_line(struct record_reader *rd, struct bytes in)
{
	struct record_shape shape;
	struct record r;
	struct buf again;
	int answer = record_decode(rd, in, &r);

	assert(answer == 0 || answer == RECORD_BAD);
	assert(record_shape(in, &shape) == answer);
	if (answer != 0)
		return;
	assert(shape.head.seq == r.seq && shape.head.kind == r.kind);
	assert(shape.head.time_ns == r.time_ns && shape.head.mono_ns == r.mono_ns);
	buf_init(&again, RECORD_LINE_MAX);
	assert(record_encode(&r, &again) == 0);
	assert(bytes_eq(buf_bytes(&again), in));
	buf_deinit(&again);
}

/* as_values() */
static void
as_values(struct record_reader *rd, struct bytes in)
{
	size_t n = in.len / 4;
	struct record r = {
		.seq = 1, .kind = RECORD_COMMAND, .has_conn = true, .has_payload = true
	};
	struct buf line;

	memset(r.run, 'a', RECORD_RUN_LEN);
	r.subject = bytes_upto(in, n);
	r.body = bytes_from(in, n);
	r.detail = BYTES_NULL;
	r.tags = (struct record_list){ 2, { bytes_upto(in, n), bytes_from(in, 3 * n) } };
	r.parts = in.len;
	buf_init(&line, RECORD_LINE_MAX);
	assert(record_encode(&r, &line) == 0);
	as_line(rd, buf_bytes(&line));
	assert(record_decode(rd, buf_bytes(&line), &r) == 0);
	buf_deinit(&line);
}

/* as_body() - the middle third is the secret: it does not come out, wherever else it does not
 * stand. */
static void
as_body(struct bytes in)
{
	struct redact_span s = { (uint32_t)(in.len / 3), (uint32_t)(in.len / 3) };
	static const uint8_t key[REDACT_KEY_LEN];
	struct redact_input ri = {
		.payload = in, .span = &s, .n_spans = 1, .key = bytes_of(key, sizeof(key))
	};
	struct bytes secret = bytes_upto(bytes_from(in, s.at), s.len);
	struct buf out;
	uint64_t secrets;
	bool cut;

	buf_init(&out, SIZE_MAX / 2);
	assert(redact(&ri, &out, &secrets, &cut) == 0 || in.len > REDACT_SPANS_MAX);
	assert(out.len <= REDACT_BODY_MAX);
	if (s.len >= 40 && memmem(in.ptr, s.at, secret.ptr, s.len) == NULL &&
	    memmem(in.ptr + s.at + 1, in.len - s.at - 1, secret.ptr, s.len) == NULL && out.len != 0)
		assert(memmem(out.ptr, out.len, secret.ptr, s.len) == NULL);
	buf_deinit(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record_reader *rd = record_reader_new();
	struct bytes in = bytes_of(data, size);

	if (rd == NULL)
		return 0;
	as_line(rd, in);
	as_values(rd, in);
	as_body(in);
	record_reader_free(rd);
	return 0;
}
