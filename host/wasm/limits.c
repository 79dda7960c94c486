/*
 * limits - the defaults. They admit what Rust, C, TinyGo and AssemblyScript compilers emit for
 * actors of a few megabytes, and refuse the shapes that exist only to exhaust a host.
 */
#include "host/wasm/limits.h"

struct wasm_limits
wasm_limits_default(void)
{
	return (struct wasm_limits){
		.module_bytes = 6U << 20,
		.types = 10000,
		.imports = 1000,
		.exports = 10000,
		.functions = 50000,
		.globals = 10000,
		.tables = 16,
		.elem_segments = 10000,
		.data_segments = 50000,
		.name_bytes = 4096,
		.custom_sections = 1000,
		.params = 255,
		.results = 255,
		.body_bytes = 2U << 20,
		.locals = 10000,
		.nesting = 4096,
		.branch_targets = 65536,
		.frame_slots = 32768,
		.memory_factor = 8,
		.memory_floor = 1U << 20,
		.memory_pages = 1024, /* 64 MiB */
		.table_entries = 65536,
		.call_depth = 4096,
		.stack_slots = 262144, /* 2 MiB */
	};
}
