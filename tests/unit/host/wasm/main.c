#include <stdlib.h>

#include "tests/unit/host/wasm/suites.h"

static const uint8_t header[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };

int
try_load(
    const uint8_t *sections, size_t len, const struct wasm_limits *limits, struct wasm_refusal *why)
{
	uint8_t *image = malloc(sizeof(header) + len);
	struct wasm_module *m = NULL;
	int r;

	ck_assert_ptr_nonnull(image);
	memcpy(image, header, sizeof(header));
	memcpy(image + sizeof(header), sections, len);
	r = wasm_load(bytes_of(image, sizeof(header) + len), limits, &m, why);
	ck_assert((r == 0) == (m != NULL));
	wasm_module_free(m);
	free(image);
	return r;
}

void
rig_init(struct rig *r, const uint8_t *sections, size_t len, const struct wasm_limits *limits,
    const struct wasm_extern *imports)
{
	static const struct wasm_extern none[8];
	uint8_t *image = malloc(sizeof(header) + len);
	struct wasm_refusal why;
	int e;

	memset(r, 0, sizeof(*r));
	r->fuel = 1000000;
	ck_assert_ptr_nonnull(image);
	memcpy(image, header, sizeof(header));
	memcpy(image + sizeof(header), sections, len);
	e = wasm_load(bytes_of(image, sizeof(header) + len), limits, &r->module, &why);
	free(image);
	if (e != 0)
		ck_abort_msg("load: %d at %zu: %s", e, why.offset, why.text);
	ck_assert_int_eq(wasm_store_new(limits, &r->store), 0);
	e = wasm_instantiate(r->store, r->module, imports != NULL ? imports : none, &r->fuel,
	    &r->instance, &why, &r->trap);
	if (e != 0)
		ck_abort_msg("instantiate: %d %s %s", e, why.text, wasm_trap_text(r->trap.code));
}

void
rig_deinit(struct rig *r)
{
	wasm_store_free(r->store);
	wasm_module_free(r->module);
}

int
rig_call(struct rig *r, uint32_t arg, uint32_t *out)
{
	struct wasm_value in = { .type = WASM_I32, .bits = arg }, results[8];
	struct wasm_extern f;
	int e;

	ck_assert(wasm_lookup(r->instance, bytes_str("f"), &f) && f.kind == WASM_FUNC);
	e = wasm_call(f.of.func, &in, 1, results, &r->fuel, &r->trap);
	if (e == 0 && out != NULL)
		*out = (uint32_t)results[0].bits;
	return e;
}

int
main(void)
{
	Suite *s = suite_create("host/wasm");
	SRunner *runner;
	int failed;

	suite_add_tcase(s, load_tests());
	suite_add_tcase(s, run_tests());
	suite_add_tcase(s, link_tests());
	suite_add_tcase(s, pair_tests());
	suite_add_tcase(s, reset_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
