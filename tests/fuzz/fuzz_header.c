/*
 * Any bytes as a header block. Property: a block that is read and written anew reads to the same
 * status and fields, and writing that again changes no byte.
 */
#include "gateway/nats/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
rewrite(struct buf *out, struct header_reader r)
{
	struct bytes name, value;

	buf_init(out, 1 << 20);
	header_begin(out, r.status);
	while (header_next(&r, &name, &value) == 0) {
		if (name.len == 0 || bytes_find(name, ':') != name.len)
			abort();
		header_field(out, name, value);
	}
	header_end(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct header_reader a, b;
	struct buf once, twice;
	struct bytes an, av, bn, bv;
	int r;

	if (size > 65536 || header_open(&a, bytes_of(data, size)) != 0)
		return 0;
	rewrite(&once, a);
	if (header_open(&b, buf_bytes(&once)) != 0 || !bytes_eq(a.status, b.status))
		abort();
	rewrite(&twice, b);
	if (!bytes_eq(buf_bytes(&once), buf_bytes(&twice)) || buf_failed(&once))
		abort();
	if (header_repeats_powerful(&a) != header_repeats_powerful(&b))
		abort();
	do {
		r = header_next(&a, &an, &av);
		if (r != header_next(&b, &bn, &bv))
			abort();
		if (r == 0 && (!bytes_eq(an, bn) || !bytes_eq(av, bv)))
			abort();
	} while (r == 0);
	buf_deinit(&once);
	buf_deinit(&twice);
	return 0;
}
