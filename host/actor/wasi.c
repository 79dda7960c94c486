/*
 * wasi - the functions of `wasi_snapshot_preview1` that compilers import without being asked to,
 * inert: there are no files, no arguments and no environment, what is written goes nowhere, time is
 * the host's and stands still, random bytes come from the seed the host gave this call. Nothing
 * here reaches a system call. Only where struct actor_limits allows them; any other name is not
 * linked.
 *
 * Source: WASI preview1, witx typenames (errno: badf 8, inval 28).
 */
#include <sodium.h>

#include "host/actor/call_priv.h"

enum { ERRNO_SUCCESS = 0, ERRNO_BADF = 8, ERRNO_INVAL = 28, IOVS_MAX = 1024, RANDOM_MAX = 65536 };

static uint32_t
u32(const struct wasm_host_call *c, unsigned i)
{
	return (uint32_t)c->slots[i];
}

/* put() - a number of @n bytes, little endian, unaligned. */
static int
put(struct wasm_host_call *c, uint32_t at, uint64_t v, size_t n)
{
	uint8_t *p = guest_view(c, at, n);

	if (p == NULL)
		return STOP_BOUNDS;
	memcpy(p, &v, n);
	return 0;
}

static int
answer(struct wasm_host_call *c, uint32_t no)
{
	c->slots[0] = no;
	return 0;
}

static int
badf(struct actor *a, struct wasm_host_call *c)
{
	(void)a;
	return answer(c, ERRNO_BADF);
}

static int
success(struct actor *a, struct wasm_host_call *c)
{
	(void)a;
	return answer(c, ERRNO_SUCCESS);
}

static int
two_zeros(struct actor *a, struct wasm_host_call *c)
{
	int r = put(c, u32(c, 0), 0, 4);

	(void)a;
	if (r == 0)
		r = put(c, u32(c, 1), 0, 4);
	return r != 0 ? r : answer(c, ERRNO_SUCCESS);
}

/* fd_write() - to standard output and error only: counted, then forgotten. */
static int
fd_write(struct actor *a, struct wasm_host_call *c)
{
	uint64_t n = u32(c, 2), sum = 0;
	const uint8_t *v = guest_view(c, u32(c, 1), n * 8);
	int r;

	(void)a;
	if (u32(c, 0) != 1 && u32(c, 0) != 2)
		return answer(c, ERRNO_BADF);
	if (n > IOVS_MAX)
		return answer(c, ERRNO_INVAL);
	if (v == NULL)
		return STOP_BOUNDS;
	guest_pay(c, n * 8);
	for (uint64_t i = 0; i < n; i++) {
		uint32_t at, len;

		memcpy(&at, v + i * 8, 4);
		memcpy(&len, v + i * 8 + 4, 4);
		if (guest_view(c, at, len) == NULL)
			return STOP_BOUNDS;
		sum += len;
	}
	if (sum > UINT32_MAX)
		return answer(c, ERRNO_INVAL);
	r = put(c, u32(c, 3), sum, 4);
	return r != 0 ? r : answer(c, ERRNO_SUCCESS);
}

static int
clock_time_get(struct actor *a, struct wasm_host_call *c)
{
	int r = put(c, u32(c, 2), a->world.now_ns, 8);

	return r != 0 ? r : answer(c, ERRNO_SUCCESS);
}

static int
random_get(struct actor *a, struct wasm_host_call *c)
{
	uint8_t *p = guest_view(c, u32(c, 0), u32(c, 1)), nonce[crypto_stream_chacha20_NONCEBYTES];
	uint64_t part = a->drawn++;

	_Static_assert(crypto_stream_chacha20_KEYBYTES == ACTOR_SEED, "the seed is the key");
	_Static_assert(sizeof(nonce) == sizeof(part), "each draw has its own nonce");
	if (p == NULL)
		return STOP_BOUNDS;
	if (u32(c, 1) > RANDOM_MAX)
		return answer(c, ERRNO_INVAL);
	guest_pay(c, UINT64_C(16) * u32(c, 1));
	memcpy(nonce, &part, sizeof(nonce));
	if (u32(c, 1) > 0)
		crypto_stream_chacha20(p, u32(c, 1), nonce, a->world.seed);
	return answer(c, ERRNO_SUCCESS);
}

static int
proc_exit(struct actor *a, struct wasm_host_call *c)
{
	(void)a;
	(void)c;
	return STOP_EXIT;
}

const struct import_fn wasi_functions[] = {
	{ "args_get", "ii", "i", success },
	{ "args_sizes_get", "ii", "i", two_zeros },
	{ "environ_get", "ii", "i", success },
	{ "environ_sizes_get", "ii", "i", two_zeros },
	{ "clock_time_get", "iIi", "i", clock_time_get },
	{ "fd_close", "i", "i", badf },
	{ "fd_fdstat_get", "ii", "i", badf },
	{ "fd_prestat_get", "ii", "i", badf },
	{ "fd_prestat_dir_name", "iii", "i", badf },
	{ "fd_read", "iiii", "i", badf },
	{ "fd_seek", "iIii", "i", badf },
	{ "fd_write", "iiii", "i", fd_write },
	{ "proc_exit", "i", "", proc_exit },
	{ "random_get", "ii", "i", random_get },
	{ "sched_yield", "", "i", success },
	{ 0 },
};
