/*
 * Any bytes as a host's manifest and as a lockfile. A refusal says where; what is accepted refers
 * to something everywhere; a lock is read back as it was written.
 */
#include <stdlib.h>

#include "host/lattice/lock.h"
#include "host/lattice/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static const char *
get(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "A") == 0 ? "${B}\n- x: [" : NULL;
}

static void
manifest(struct bytes text)
{
	static const struct manifest_env env = { NULL, get };
	struct manifest *m = NULL;
	struct buf report;
	int r;

	buf_init(&report, 65536);
	r = manifest_read(&m, "m.yaml", text, &env, &report);
	check(r == 0 || r == MANIFEST_BAD);
	check((r == 0) == (m != NULL));
	check((r == 0) == (report.len == 0));
	check(r == 0 || bytes_starts(buf_bytes(&report), BYTES_LIT("m.yaml:")));
	for (size_t i = 0; r == 0 && i < m->n_links; i++) {
		check(m->link[i].actor_of != NULL || strlen(m->link[i].actor) == 56);
		check(m->link[i].provider_of != NULL || strlen(m->link[i].provider) == 56);
		check(m->link[i].contract[0] != 0 || m->link[i].provider_of != NULL);
	}
	for (size_t i = 0; r == 0 && i < m->n_actors; i++)
		check(m->actor[i].ref[0] != 0 && m->actor[i].count >= 1 &&
		      m->actor[i].count <= MANIFEST_COUNT);
	manifest_free(m);
	buf_deinit(&report);
}

static void
lock(struct bytes text)
{
	struct lock l, again;
	struct buf report, once, twice;

	buf_init(&report, 1 << 20);
	buf_init(&once, 1 << 24);
	buf_init(&twice, 1 << 24);
	if (lock_read(&l, "l", text, &report) == 0) {
		lock_put(&once, &l);
		check(lock_read(&again, "l", buf_bytes(&once), &report) == 0 && again.n == l.n);
		lock_put(&twice, &again);
		check(bytes_eq(buf_bytes(&once), buf_bytes(&twice)));
		for (size_t i = 0; i < l.n; i++)
			check(lock_drift(&again, &l.item[i]) == LOCK_AS_PINNED);
		lock_deinit(&again);
		lock_deinit(&l);
	}
	buf_deinit(&twice);
	buf_deinit(&once);
	buf_deinit(&report);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	manifest(bytes_of(data, size));
	lock(bytes_of(data, size));
	return 0;
}
