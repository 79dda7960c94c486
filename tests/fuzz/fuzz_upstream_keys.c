/*
 * Any bytes as a mint file. Properties: what is accepted has a key for each line that is not a
 * comment, each found by its account; what is refused was told about, by a line of the file; the
 * text is never part of the words.
 */
#include <sodium.h>
#include <stdlib.h>

#include "gateway/proc/upstream_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
	size_t n, lines;
};

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
note(void *ctx, size_t line, const char *why)
{
	struct told *t = ctx;

	t->n++;
	check(line <= t->lines && why[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = size != 0 ? bytes_of(data, size) : BYTES_NULL;
	struct told t = { .lines = 1 };
	struct upstream_keys k;
	int r;

	if (sodium_init() < 0)
		return 0;
	for (size_t i = 0; i < size; i++)
		t.lines += data[i] == '\n';
	r = upstream_keys_read(&k, text, note, &t);
	check((r == 0 && t.n == 0 && k.n > 0) || (r == UPSTREAM_KEYS_BAD && t.n > 0));
	check(k.n <= t.lines);
	for (size_t i = 0; i < k.n; i++) {
		const struct nkey_pair *p = upstream_keys_find(&k, bytes_str(k.key[i].account));

		check(p != NULL && p->pub.type == NKEY_ACCOUNT && p->seed.len == 32);
		check(r != 0 || p == &k.key[i].key);
	}
	upstream_keys_deinit(&k);
	check(k.n == 0 && k.key == NULL);
	return 0;
}
