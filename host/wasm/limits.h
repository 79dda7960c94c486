/*
 * limits - the ceilings a module is born under. All are parameters; zero allows nothing.
 */
#ifndef HOST_WASM_LIMITS_H
#define HOST_WASM_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct wasm_limits {
	/* of the image */
	size_t module_bytes;
	uint32_t types, imports, exports, functions, globals, tables;
	uint32_t elem_segments, data_segments;
	uint32_t name_bytes;      /* of one import, export or section name */
	uint32_t custom_sections; /* skipped unread, but each is counted */
	uint32_t params, results; /* of one type */
	/* of one function */
	uint32_t body_bytes, locals, nesting, branch_targets;
	uint32_t frame_slots; /* locals and operands; at most 65,000 */
	/* of the load: refused above memory_factor x image + memory_floor bytes */
	uint32_t memory_factor, memory_floor;
	/* of an instance */
	uint32_t memory_pages, table_entries; /* reserved when the instance is made */
	/* of a store */
	uint32_t call_depth, stack_slots;
};

/* wasm_limits_default() - what docs/WASM.md lists. */
struct wasm_limits wasm_limits_default(void);

#endif
