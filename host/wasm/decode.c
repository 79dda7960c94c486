/*
 * decode - wasm_load(): from bytes to a module that may run.
 *
 * One pass, front to back. Sections stand in the order of the specification, each at most once and
 * each read exactly to its end; custom sections are counted and passed over. Nothing in a module is
 * believed before it was checked, and everything allocated for it is paid from a budget.
 */
#include "host/wasm/decode_priv.h"

/* Section ids in the order they must stand in; source: core specification 5.5.2. */
static const uint8_t section_rank[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 10 };

int
decode_answer(struct decoder *d, int answer)
{
	if (answer != WASM_LIMIT)
		return answer;
	return reader_refuse(
	    &d->r, WASM_LIMIT, d->r.at, "would need more memory than memory_factor times its size");
}

static int
decode_header(struct decoder *d)
{
	static const uint8_t magic[] = { 0, 'a', 's', 'm' }, version[] = { 1, 0, 0, 0 };
	size_t at;

	if (d->r.end < 4 || memcmp(d->r.image, magic, 4) != 0)
		return reader_refuse(&d->r, WASM_MALFORMED, 0, "magic header not detected");
	if (d->r.end >= 8 && d->r.image[6] == 1 && d->r.image[7] == 0)
		return reader_refuse(&d->r, WASM_UNSUPPORTED, 4,
		    "a component, not a core module: the component model is not supported");
	if (d->r.end < 8 || memcmp(d->r.image + 4, version, 4) != 0)
		return reader_refuse(&d->r, WASM_MALFORMED, 4, "unknown binary version");
	return reader_skip(&d->r, 8, &at);
}

static int
decode_custom(struct decoder *d)
{
	uint32_t at, len;
	int e = reader_name(&d->r, d->m->limits.name_bytes, &at, &len);

	d->r.at = d->r.end;
	return e;
}

/* The bits for ref.func are needed from the first section that can name a function. */
static int
prepare_refs(struct decoder *d)
{
	if (d->m->func_refs != NULL)
		return 0;
	return decode_answer(
	    d, module_alloc(d->m, ((size_t)d->m->nfuncs + 8) / 8, 1, &d->m->func_refs));
}

static int
decode_section(struct decoder *d, uint8_t id)
{
	int e = id > 5 ? prepare_refs(d) : 0;

	if (e != 0)
		return err_pass(e);
	switch (id) {
	case 0:
		return decode_custom(d);
	case 1:
		return decode_types(d);
	case 2:
		return decode_imports(d);
	case 3:
		return decode_functions(d);
	case 4:
		return decode_tables(d);
	case 5:
		return decode_memories(d);
	case 6:
		return decode_globals(d);
	case 7:
		return decode_exports(d);
	case 8:
		return decode_start(d);
	case 9:
		return decode_elems(d);
	case 10:
		return decode_code(d);
	case 11:
		return decode_datas(d);
	default:
		return decode_data_count(d);
	}
}

/* One section with its frame: id, size, content to the last byte. */
static int
decode_framed(struct decoder *d, uint8_t *rank)
{
	size_t start = d->r.at, image_end = d->r.end;
	uint32_t size;
	uint8_t id;
	int e = reader_byte(&d->r, &id);

	if (e != 0)
		return err_pass(e);
	if (id == 13)
		return reader_refuse(&d->r, WASM_UNSUPPORTED, start,
		    "exception handling is not supported (tag section)");
	if (id > 12)
		return reader_refuse(&d->r, WASM_MALFORMED, start, "malformed section id");
	if (id != 0 && section_rank[id] <= *rank)
		return reader_refuse(&d->r, WASM_MALFORMED, start,
		    "unexpected content after last section: out of order or repeated");
	if (id != 0)
		*rank = section_rank[id];
	e = reader_u32(&d->r, &size);
	if (e != 0)
		return err_pass(e);
	if (size > d->r.end - d->r.at)
		return reader_refuse(&d->r, WASM_MALFORMED, start, "length out of bounds");
	d->r.end = d->r.at + size;
	e = decode_section(d, id);
	if (e == 0 && d->r.at != d->r.end)
		return reader_refuse(&d->r, WASM_MALFORMED, d->r.at, "section size mismatch");
	d->r.end = image_end;
	return e;
}

static int
decode_sections(struct decoder *d)
{
	uint32_t customs = 0;
	uint8_t rank = 0;

	while (d->r.at < d->r.end) {
		int e;

		if (d->r.image[d->r.at] == 0 && ++customs > d->m->limits.custom_sections)
			return reader_refuse(
			    &d->r, WASM_LIMIT, d->r.at, "more custom sections than the limit");
		e = decode_framed(d, &rank);
		if (e != 0)
			return err_pass(e);
	}
	if (d->declared != 0 && !d->has_code)
		return reader_refuse(&d->r, WASM_MALFORMED, d->r.at,
		    "function and code section have inconsistent lengths");
	if (d->data_count != d->m->ndatas && d->m->has_data_count)
		return reader_refuse(&d->r, WASM_MALFORMED, d->r.at,
		    "data count and data section have inconsistent lengths");
	return prepare_refs(d);
}

static uint32_t
at_most(uint32_t n, uint32_t max)
{
	return n < max ? n : max;
}

static int
module_new(struct bytes image, const struct wasm_limits *limits, struct wasm_module **out)
{
	struct wasm_module *m = calloc(1, sizeof(*m));
	uint64_t budget;

	if (m == NULL)
		return err_raise(-ENOMEM);
	*out = m;
	m->limits = *limits;
	/* what 16 bits of a word can name */
	m->limits.frame_slots = at_most(limits->frame_slots, 65000);
	m->limits.globals = at_most(limits->globals, 50000);
	m->limits.imports = at_most(limits->imports, 10000);
	m->start = NONE;
	budget = (uint64_t)image.len * limits->memory_factor + limits->memory_floor;
	m->budget = budget;
	m->cost = image.len < m->budget ? image.len : m->budget;
	m->image = malloc(image.len + 1);
	if (m->image == NULL)
		return err_raise(-ENOMEM);
	if (image.len != 0)
		memcpy(m->image, image.ptr, image.len);
	m->image_len = image.len;
	return 0;
}

int
wasm_load(struct bytes image, const struct wasm_limits *limits, struct wasm_module **out,
    struct wasm_refusal *why)
{
	autofree(wasm_module_freep) struct wasm_module *m = NULL;
	struct wasm_limits defaults = wasm_limits_default();
	struct decoder d = { .r = { .why = why } };
	int e;

	*out = NULL;
	memset(why, 0, sizeof(*why));
	if (limits == NULL)
		limits = &defaults;
	if (image.len > limits->module_bytes || image.len > INT32_MAX)
		return reader_refuse(&d.r, WASM_LIMIT, limits->module_bytes,
		    "the module is longer than module_bytes allows");
	e = module_new(image, limits, &m);
	if (e != 0)
		return err_pass(e);
	d.m = m;
	d.r = (struct reader){ .image = m->image, .end = m->image_len, .why = why };
	e = decode_header(&d);
	if (e == 0)
		e = decode_sections(&d);
	if (e != 0)
		return err_pass(e);
	*out = take(m);
	return 0;
}
