/*
 * fuzz_wascap_wasm - two readers of one module must not see two modules. What the engine loads, the
 * reader of claims takes for whole sections too; stripped and signed anew it loads again, and what
 * the engine would then run is what was hashed: the file without the section, which loads as well.
 */
#include <stdlib.h>

#include "host/wasm/engine.h"
#include "policy/identity/wascap_module.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static struct wasm_limits
limits(uint32_t more)
{
	struct wasm_limits l = wasm_limits_default();

	l.custom_sections += more;
	return l;
}

static bool
loads(struct bytes module, const struct wasm_limits *l)
{
	autofree(wasm_module_freep) struct wasm_module *m = NULL;
	struct wasm_refusal why;

	return wasm_load(module, l, &m, &why) == 0;
}

/* joined() - the place's two ends as one run. */
static void
joined(struct buf *b, const struct wascap_place *p)
{
	buf_put(b, p->before);
	buf_put(b, p->after);
	check(!buf_failed(b));
}

static void
sign(struct bytes in)
{
	struct wasm_limits l = limits(1); /* room for the one that is added */
	struct buf out, rest;
	struct wascap_place p;
	char why[WHY_MAX];
	size_t stripped;

	buf_init(&out, in.len + 64);
	buf_init(&rest, in.len + 64);
	check(wascap_module_strip(&out, in, why) == 0);
	stripped = out.len;
	wascap_module_append(&out, BYTES_LIT("a.b.c"));
	check(!buf_failed(&out) && loads(buf_bytes(&out), &l));
	check(wascap_module_find(&p, buf_bytes(&out), why) == 0 && bytes_is(p.token, "a.b.c"));
	joined(&rest, &p);
	check(bytes_eq(buf_bytes(&rest), bytes_upto(buf_bytes(&out), stripped)));
	check(loads(buf_bytes(&rest), &l));
	buf_deinit(&out);
	buf_deinit(&rest);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct wasm_limits l = limits(0);
	struct wascap_place p;
	char why[WHY_MAX];
	struct buf rest;
	int r;

	if (!loads(in, &l))
		return 0;
	r = wascap_module_find(&p, in, why);
	check(r == 0 || r == WASCAP_UNSIGNED || r == WASCAP_TWO_TOKENS);
	buf_init(&rest, size + 1);
	if (r == 0) {
		joined(&rest, &p);
		check(loads(buf_bytes(&rest), &l));
	}
	buf_deinit(&rest);
	sign(in);
	return 0;
}
