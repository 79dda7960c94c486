/*
 * portcullis_actor - write an actor in C without a library: include this in one file and define
 * actor_handle(). Built with
 *
 *   clang --target=wasm32 -nostdlib -O2 -I. -Wl,--no-entry -o echo.wasm host/kit/echo.c
 *
 * Beside it: pack.h (message-pack), http.h, keyvalue.h, logging.h (what an actor says to others).
 *
 * The imports are those of the waPC protocol under the module name `wasmbus`; with -DACTOR_2021
 * under `wapc`, and the headers beside this one speak as hosts did then. Memory of one call comes
 * from actor_alloc() and is gone at the next call; what must last goes into a static variable or,
 * better, a key-value store: the host may start each call with a fresh memory.
 */
#ifndef PORTCULLIS_ACTOR_H
#define PORTCULLIS_ACTOR_H

typedef unsigned char actor_byte;
typedef unsigned long actor_size;

struct actor_text {
	const actor_byte *p;
	actor_size n;
};

#ifdef ACTOR_2021
#define ACTOR_IMPORT(name) __attribute__((import_module("wapc"), import_name(name)))
#else
#define ACTOR_IMPORT(name) __attribute__((import_module("wasmbus"), import_name(name)))
#endif
#define ACTOR_EXPORT(name) __attribute__((export_name(name)))
#define ACTOR_TEXT(s) ((struct actor_text){ (const actor_byte *)(s), sizeof(s) - 1 })

ACTOR_IMPORT("__guest_request") void wapc_guest_request(actor_byte *operation, actor_byte *payload);
ACTOR_IMPORT("__guest_response") void wapc_guest_response(const actor_byte *p, actor_size n);
ACTOR_IMPORT("__guest_error") void wapc_guest_error(const actor_byte *p, actor_size n);
ACTOR_IMPORT("__host_call")
int wapc_host_call(const actor_byte *binding, actor_size binding_n, const actor_byte *space,
    actor_size space_n, const actor_byte *operation, actor_size operation_n,
    const actor_byte *payload, actor_size payload_n);
ACTOR_IMPORT("__host_response_len") actor_size wapc_host_response_len(void);
ACTOR_IMPORT("__host_response") void wapc_host_response(actor_byte *p);
ACTOR_IMPORT("__host_error_len") actor_size wapc_host_error_len(void);
ACTOR_IMPORT("__host_error") void wapc_host_error(actor_byte *p);
ACTOR_IMPORT("__console_log") void wapc_console_log(const actor_byte *p, actor_size n);

/*
 * actor_handle() - yours: one operation. Return: 1 with the answer in *out, 0 with the text of an
 * error in it.
 */
static int actor_handle(
    struct actor_text operation, struct actor_text payload, struct actor_text *out);

extern actor_byte __heap_base;
static actor_size actor_used;

/* actor_alloc() - @n bytes until the next call; ends the actor when there are none. */
static inline actor_byte *
actor_alloc(actor_size n)
{
	actor_size base = (actor_size)&__heap_base, at = base + actor_used;
	actor_size have = (actor_size)__builtin_wasm_memory_size(0) * 65536;

	if (n > 0x7fffffff || at > 0x7fffffff)
		__builtin_trap(); /* rounded up and added, it would come out small */
	n = (n + 15) & ~(actor_size)15;
	if (at + n > have &&
	    __builtin_wasm_memory_grow(0, (at + n - have + 65535) / 65536) == (actor_size)-1)
		__builtin_trap();
	actor_used += n;
	return (actor_byte *)at;
}

/* actor_mark(), actor_back() - give back what was allocated since; for loops that ask many times.
 */
static inline actor_size
actor_mark(void)
{
	return actor_used;
}

static inline void
actor_back(actor_size mark)
{
	actor_used = mark;
}

/* What the compiler calls on its own where there is no C library. */
__attribute__((no_builtin, used)) static void *
memcpy(void *to, const void *from, actor_size n)
{
	for (actor_size i = 0; i < n; i++)
		((actor_byte *)to)[i] = ((const actor_byte *)from)[i];
	return to;
}

__attribute__((no_builtin, used)) static void *
memset(void *to, int c, actor_size n)
{
	for (actor_size i = 0; i < n; i++)
		((actor_byte *)to)[i] = (actor_byte)c;
	return to;
}

/* actor_is() - the same bytes? */
static inline int
actor_is(struct actor_text a, struct actor_text b)
{
	if (a.n != b.n)
		return 0;
	for (actor_size i = 0; i < a.n; i++)
		if (a.p[i] != b.p[i])
			return 0;
	return 1;
}

/* actor_fail() - for `return actor_fail(out, "why")` in actor_handle(). Return: 0. */
#define actor_fail(out, why) (*(out) = ACTOR_TEXT(why), 0)

/* actor_debug() - a line for whoever runs the actor; hosts cut it and drop what is too much. */
static inline void
actor_debug(struct actor_text line)
{
	wapc_console_log(line.p, line.n);
}

/* actor_ask() - a host call. Return: as actor_handle(), the answer in *out. */
static inline int
actor_ask(struct actor_text link, struct actor_text space, struct actor_text operation,
    struct actor_text payload, struct actor_text *out)
{
	int ok = wapc_host_call(link.p, link.n, space.p, space.n, operation.p, operation.n,
		     payload.p, payload.n) == 1;
	actor_size n = ok ? wapc_host_response_len() : wapc_host_error_len();
	actor_byte *p = actor_alloc(n);

	if (ok)
		wapc_host_response(p);
	else
		wapc_host_error(p);
	*out = (struct actor_text){ p, n };
	return ok;
}

ACTOR_EXPORT("__guest_call")
int
actor_entry(actor_size operation_n, actor_size payload_n)
{
	struct actor_text operation, payload, out = { 0, 0 };
	actor_byte *o, *p;
	int ok;

	actor_used = 0;
	o = actor_alloc(operation_n);
	p = actor_alloc(payload_n);
	wapc_guest_request(o, p);
	operation = (struct actor_text){ o, operation_n };
	payload = (struct actor_text){ p, payload_n };
	ok = actor_handle(operation, payload, &out);
	if (ok)
		wapc_guest_response(out.p, out.n);
	else
		wapc_guest_error(out.p, out.n);
	return ok ? 1 : 0;
}

#endif
