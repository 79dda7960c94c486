/* suites - the test cases of host/wasm, one per noun. */
#ifndef TESTS_UNIT_HOST_WASM_SUITES_H
#define TESTS_UNIT_HOST_WASM_SUITES_H

#include <check.h>

#include "host/wasm/engine.h"

TCase *load_tests(void);
TCase *run_tests(void);
TCase *link_tests(void);
TCase *pair_tests(void);
TCase *reset_tests(void);

/* rig - a module of these bytes (behind the header), its store and its instance, or a failed check.
 */
struct rig {
	struct wasm_module *module;
	struct wasm_store *store;
	struct wasm_instance *instance;
	struct wasm_trap trap;
	int64_t fuel;
};
void rig_init(struct rig *r, const uint8_t *sections, size_t len, const struct wasm_limits *limits,
    const struct wasm_extern *imports);
void rig_deinit(struct rig *r);
/* rig_call() - the export "f" with one i32. Return: what wasm_call() does; *@out the i32 it gave.
 */
int rig_call(struct rig *r, uint32_t arg, uint32_t *out);
/* try_load() - the answer to these bytes, header included or not. */
int try_load(
    const uint8_t *image, size_t len, const struct wasm_limits *limits, struct wasm_refusal *why);

#define RIG(r, limits, imports, ...)                                                               \
	do {                                                                                       \
		static const uint8_t sections_[] = { __VA_ARGS__ };                                \
		rig_init(r, sections_, sizeof(sections_), limits, imports);                        \
	} while (0)

#endif
