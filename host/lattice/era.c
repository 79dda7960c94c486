/*
 * era - see era.h. Only the framing and the names in the import section are looked at; a length
 * that lies, an encoding in more bytes than it may have, or an import of no known kind ends the
 * reading without an era. The engine, in its own process, is who judges the module.
 *
 * Source: WebAssembly core specification 5.5.2 (sections), 5.5.5 (imports).
 */
#include "host/lattice/era.h"

enum { SECTION_IMPORT = 2, IMPORTS_MAX = 10000 };

struct view {
	struct bytes in;
	bool bad;
};

static uint8_t
u8(struct view *v)
{
	uint8_t c;

	if (v->in.len == 0) {
		v->bad = true;
		return 0;
	}
	c = v->in.ptr[0];
	v->in = bytes_from(v->in, 1);
	return c;
}

static uint32_t
u32(struct view *v)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		uint8_t c = u8(v);

		n |= (uint64_t)(c & 0x7f) << shift;
		if ((c & 0x80) == 0) {
			v->bad |= n > UINT32_MAX;
			return v->bad ? 0 : (uint32_t)n;
		}
	}
	v->bad = true;
	return 0;
}

static struct bytes
run(struct view *v)
{
	uint32_t n = u32(v);
	struct bytes s = bytes_upto(v->in, n);

	if (v->bad || s.len != n) {
		v->bad = true;
		return BYTES_NULL;
	}
	v->in = bytes_from(v->in, n);
	return s;
}

static void
limits(struct view *v)
{
	uint8_t flags = u8(v);

	u32(v);
	if ((flags & 1) != 0)
		u32(v);
	v->bad |= flags > 3;
}

/* skip_type() - what is imported: function, table, memory, global. */
static void
skip_type(struct view *v)
{
	switch (u8(v)) {
	case 0:
		u32(v);
		return;
	case 1:
		u8(v);
		limits(v);
		return;
	case 2:
		limits(v);
		return;
	case 3:
		u8(v);
		u8(v);
		return;
	default:
		v->bad = true;
	}
}

static enum era
of_imports(struct bytes section)
{
	struct view v = { .in = section };
	uint32_t n = u32(&v);
	bool wapc = false, wasmbus = false;

	for (uint32_t i = 0; i < n && i < IMPORTS_MAX && !v.bad; i++) {
		struct bytes module = run(&v);

		run(&v);
		skip_type(&v);
		wapc |= bytes_is(module, "wapc");
		wasmbus |= bytes_is(module, "wasmbus");
	}
	if (v.bad || n > IMPORTS_MAX)
		return ERA_UNKNOWN;
	return wapc && !wasmbus ? ERA_FIRST : ERA_LATER;
}

enum era
era_of(struct bytes module)
{
	struct view v = { .in = module };

	if (!bytes_starts(module, BYTES_LIT("\0asm\1\0\0\0")))
		return ERA_UNKNOWN;
	v.in = bytes_from(module, 8);
	while (v.in.len != 0) {
		uint8_t id = u8(&v);
		struct bytes section = run(&v);

		if (v.bad)
			return ERA_UNKNOWN;
		if (id == SECTION_IMPORT)
			return of_imports(section);
		if (id > SECTION_IMPORT)
			break; /* sections stand in order: it imports nothing */
	}
	return ERA_LATER;
}

enum era
era_named(struct bytes name)
{
	if (bytes_is(name, "first"))
		return ERA_FIRST;
	return bytes_is(name, "later") ? ERA_LATER : ERA_UNKNOWN;
}

const char *
era_name(enum era e)
{
	return e == ERA_FIRST ? "first" : e == ERA_LATER ? "later" : "unknown";
}
