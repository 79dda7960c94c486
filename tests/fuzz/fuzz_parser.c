/*
 * The first byte chooses the side, the second seeds the cuts, the rest is a stream. Properties: how
 * it is cut changes nothing; what was read and written anew is read to the same ops again.
 */
#include "tests/unit/gateway/nats/transcript.h"

enum { LINE = 256, JSON_LINE = 512, PAYLOAD = 4096, TEXT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
cut(void *arg, size_t left)
{
	uint32_t *seed = arg;
	size_t n;

	*seed = *seed * 1664525 + 1013904223;
	n = 1 + ((*seed >> 16) & 15);
	return n < left ? n : left;
}

/* reread() - ops printed anew give the same ops; ceilings of before may be met differently. */
static void
reread(enum nats_side side, struct bytes canonical, struct bytes ops)
{
	struct nats_parser p;
	struct buf out;

	if (canonical.len == 0)
		return;
	nats_parser_init(&p, side, JSON_LINE, PAYLOAD);
	buf_init(&out, TEXT_MAX);
	transcript(p, canonical, NULL, NULL, &out, NULL);
	if (!bytes_starts(buf_bytes(&out), ops))
		abort();
	buf_deinit(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum nats_side side;
	struct buf whole, pieces, canonical;
	struct nats_parser p;
	uint32_t seed;
	size_t n;

	if (size < 2 || size > 65536)
		return 0;
	side = (data[0] & 1) != 0 ? NATS_FROM_SERVER : NATS_FROM_CLIENT;
	seed = data[1];
	nats_parser_init(&p, side, LINE, PAYLOAD);
	p.max_connect = JSON_LINE;
	buf_init(&whole, TEXT_MAX);
	buf_init(&pieces, TEXT_MAX);
	buf_init(&canonical, TEXT_MAX);
	transcript(p, bytes_of(data + 2, size - 2), NULL, NULL, &whole, &canonical);
	transcript(p, bytes_of(data + 2, size - 2), cut, &seed, &pieces, NULL);
	if (!bytes_eq(buf_bytes(&whole), buf_bytes(&pieces)) || buf_failed(&whole))
		abort();
	for (n = whole.len; n > 0 && whole.ptr[n - 1] != ' ';) /* without the last answer */
		n--;
	reread(side, buf_bytes(&canonical), bytes_upto(buf_bytes(&whole), n));
	buf_deinit(&whole);
	buf_deinit(&pieces);
	buf_deinit(&canonical);
	return 0;
}
