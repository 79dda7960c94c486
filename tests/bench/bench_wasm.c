/*
 * bench_wasm FILE LARGE ROUNDS - the functions of wasm.wat in native code and in host/wasm, with
 * echo, reset, and the load of LARGE.
 * bench_wasm --load FILE - that of one file.
 *
 * One line per measurement: NAME ENGINE MILLISECONDS (echo, reset: nanoseconds a call), CPU time of
 * this process, one line a round. wasm.py takes the medians and asks the other engines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "host/wasm/engine.h"

#define MIX 10000000
#define FIB 30
#define SIEVE 100000
#define SIEVES 100
#define ECHOES 1000000
#define RESETS 10000

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint32_t
rotr(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

__attribute__((noinline)) static uint32_t
mix(uint32_t n)
{
	uint32_t i = 0, a = 0x6a09e667, b = 0xbb67ae85, c = 0x3c6ef372;

	do {
		uint32_t t = a + (rotr(b, 6) ^ rotr(b, 11)) + ((b & c) ^ (~b & a));

		a = b;
		b = c;
		c = t + i * 0x9e3779b1;
	} while (++i < n);
	return a + b + c;
}

/* The barrier keeps the compiler from unrolling the recursion, which no interpreter could answer.
 */
__attribute__((noinline)) static uint32_t
fib(uint32_t n)
{
	__asm__ volatile("" : "+r"(n));
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

__attribute__((noinline)) static uint32_t
sieve(uint8_t *memory, uint32_t n)
{
	uint32_t k = 0;

	memset(memory, 0, n);
	for (uint32_t i = 2; i < n; i++) {
		if (memory[i] != 0)
			continue;
		k++;
		for (uint32_t j = i + i; j < n; j += i)
			memory[j] = 1;
	}
	return k;
}

static uint32_t
native(unsigned int which, uint8_t *memory)
{
	uint32_t sum = 0;

	if (which == 0)
		return mix(MIX);
	if (which == 1)
		return fib(FIB);
	for (int i = 0; i < SIEVES; i++)
		sum += sieve(memory, SIEVE);
	return sum;
}

static uint32_t
call(const struct wasm_instance *inst, const char *name, uint32_t arg, uint32_t times)
{
	struct wasm_value in = { .type = WASM_I32, .bits = arg }, out[1];
	struct wasm_trap trap;
	struct wasm_extern x;
	int64_t fuel = INT64_MAX;
	uint32_t sum = 0;

	if (!wasm_lookup(inst, bytes_str(name), &x))
		abort();
	for (uint32_t i = 0; i < times; i++) {
		if (wasm_call(x.of.func, &in, 1, out, &fuel, &trap) != 0)
			abort();
		sum += (uint32_t)out[0].bits;
	}
	return sum;
}

static void
round_of(const struct wasm_instance *inst, uint8_t *memory)
{
	static const struct {
		const char *name;
		uint32_t arg, times;
	} runs[] = { { "mix", MIX, 1 }, { "fib", FIB, 1 }, { "sieve", SIEVE, SIEVES } };
	double start;

	for (unsigned int i = 0; i < 3; i++) {
		uint32_t want, got;

		start = now_ms();
		want = native(i, memory);
		printf("%s native %.3f\n", runs[i].name, now_ms() - start);
		start = now_ms();
		got = call(inst, runs[i].name, runs[i].arg, runs[i].times);
		printf("%s ours %.3f\n", runs[i].name, now_ms() - start);
		if (got != want)
			abort();
	}
	start = now_ms();
	call(inst, "echo", 1, ECHOES);
	printf("echo ours %.3f\n", (now_ms() - start) * 1e6 / ECHOES);
}

/* A call on a new memory each time: one store, then back to how it was. */
static void
time_reset(struct wasm_instance *inst)
{
	double start = now_ms();
	struct wasm_trap trap;
	int64_t fuel = INT64_MAX;

	for (uint32_t i = 0; i < RESETS; i++) {
		call(inst, "poke", 2000000 + i % 50000, 1);
		if (wasm_reset(inst, &fuel, &trap) != 0)
			abort();
	}
	printf("reset ours %.3f\n", (now_ms() - start) * 1e6 / RESETS);
}

static struct bytes
read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = malloc(8U << 20);
	size_t n;

	if (f == NULL || p == NULL)
		abort();
	n = fread(p, 1, 8U << 20, f);
	fclose(f);
	return bytes_of(p, n);
}

/* Load only: another file. What is refused says so; the factor is of memory to image. */
static void
time_load(const char *path)
{
	struct bytes image = read_file(path);
	struct wasm_refusal why;
	struct wasm_module *m;
	double start = now_ms();

	if (wasm_load(image, NULL, &m, &why) != 0)
		m = NULL;
	printf("load ours %.3f\n", now_ms() - start);
	if (m == NULL)
		printf("refused ours %zu\n", why.offset);
	else
		printf("factor ours %.2f\n", (double)wasm_module_cost(m) / (double)image.len);
	wasm_module_free(m);
	free((void *)(uintptr_t)image.ptr);
}

int
main(int argc, char **argv)
{
	autofree(wasm_module_freep) struct wasm_module *m = NULL;
	autofree(wasm_store_freep) struct wasm_store *s = NULL;
	static const struct wasm_extern none[1];
	struct wasm_instance *inst;
	struct wasm_refusal why;
	struct wasm_trap trap;
	struct bytes image;
	uint8_t *memory = malloc(SIEVE);
	int64_t fuel = 1000000;

	if (argc == 3 && strcmp(argv[1], "--load") == 0) {
		time_load(argv[2]);
		free(memory);
		return 0;
	}
	if (argc != 4 || memory == NULL)
		return 2;
	image = read_file(argv[1]);
	if (wasm_load(image, NULL, &m, &why) != 0 || wasm_store_new(NULL, &s) != 0 ||
	    wasm_instantiate(s, m, none, &fuel, &inst, &why, &trap) != 0)
		return 1;
	for (int i = 0; i < atoi(argv[3]); i++) {
		round_of(inst, memory);
		time_reset(inst);
		time_load(argv[2]);
	}
	free(memory);
	free((void *)(uintptr_t)image.ptr);
	return 0;
}
