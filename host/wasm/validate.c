/*
 * validate - the code section: each body is checked and prepared in one walk.
 *
 * The algorithm is that of the specification's appendix (validation algorithm): an operand stack of
 * types, a control stack, and a bottom type for code that cannot be reached. Each step is paid from
 * a number of steps in proportion to the image, so no module buys more time than its bytes are
 * worth.
 */
#include "host/wasm/validate_priv.h"

#define WORK_PER_BYTE 16
#define WORK_FLOOR (1U << 20)

int
validate_refuse(struct validator *v, enum wasm_answer answer, const char *text)
{
	return reader_refuse(&v->r, answer, v->op_at, text);
}

int
validate_work(struct validator *v, uint64_t n)
{
	if (v->work < n)
		return validate_refuse(
		    v, WASM_LIMIT, "too much work to check for a module of its size");
	v->work -= n;
	return 0;
}

static int
room(struct validator *v, void *array, uint32_t *cap, uint32_t need, size_t size)
{
	int e = module_grow(v->m, array, cap, need, size);

	return e == WASM_LIMIT ? validate_refuse(v, WASM_LIMIT,
				     "would need more memory than memory_factor allows")
			       : e;
}

int
validate_push(struct validator *v, uint8_t type)
{
	if (v->height >= v->stack_cap) {
		int e = room(v, &v->stack, &v->stack_cap, v->height + 1, sizeof(*v->stack));

		if (e != 0)
			return err_pass(e);
	}
	if (v->height >= v->max_height) {
		if (v->nlocals + v->height + 1 > v->m->limits.frame_slots)
			return validate_refuse(v, WASM_LIMIT,
			    "a function needs more than frame_slots locals and operands");
		v->max_height = v->height + 1;
	}
	v->stack[v->height] =
	    (struct operand){ .type = type, .place = AT_SLOT, .index = v->height };
	v->height++;
	return 0;
}

int
validate_pop(struct validator *v, uint8_t type, struct operand *out)
{
	struct control *c = validate_control(v);

	if (v->height == c->height) {
		if (!c->unreachable)
			return validate_refuse(
			    v, WASM_INVALID, "type mismatch: an operand is missing");
		*out = (struct operand){ .type = type, .place = AT_SLOT, .index = v->height };
		return 0;
	}
	*out = v->stack[--v->height];
	if (v->height < v->clean)
		v->clean = v->height;
	if (out->place == AT_LOCAL)
		v->waiting[out->value] = out->below;
	if (out->type == ANY)
		out->type = type;
	else if (type != ANY && out->type != type)
		return validate_refuse(v, WASM_INVALID, "type mismatch");
	return 0;
}

void
validate_drop(struct validator *v, uint32_t height)
{
	while (v->height > height) {
		struct operand *o = &v->stack[--v->height];

		if (o->place == AT_LOCAL)
			v->waiting[o->value] = o->below;
	}
	if (v->clean > height)
		v->clean = height;
}

int
validate_top(struct validator *v, const uint8_t *types, uint32_t n)
{
	struct control *c = validate_control(v);
	int e = validate_work(v, n);

	if (e != 0)
		return err_pass(e);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t want = types[n - 1 - i], have;

		if (v->height - i == c->height) {
			if (c->unreachable)
				return 0;
			return validate_refuse(
			    v, WASM_INVALID, "type mismatch: an operand is missing");
		}
		have = v->stack[v->height - 1 - i].type;
		if (have != want && have != ANY)
			return validate_refuse(v, WASM_INVALID, "type mismatch");
	}
	return 0;
}

int
validate_pops(struct validator *v, const uint8_t *types, uint32_t n)
{
	struct operand o;
	int e = validate_work(v, n);

	for (uint32_t i = n; e == 0 && i > 0; i--)
		e = validate_pop(v, types[i - 1], &o);
	return e;
}

int
validate_pushes(struct validator *v, const uint8_t *types, uint32_t n)
{
	int e = validate_work(v, n);

	for (uint32_t i = 0; e == 0 && i < n; i++)
		e = validate_push(v, types[i]);
	return e;
}

int
validate_enter(struct validator *v, uint8_t opcode, const struct wasm_functype *t)
{
	int e;

	if (v->depth >= v->m->limits.nesting)
		return validate_refuse(v, WASM_LIMIT, "blocks are nested deeper than the limit");
	if (v->depth >= v->controls_cap) {
		e = room(v, &v->controls, &v->controls_cap, v->depth + 1, sizeof(*v->controls));
		if (e != 0)
			return err_pass(e);
	}
	v->controls[v->depth++] = (struct control){
		.opcode = opcode,
		.dead = v->dead,
		.type = *t,
		.height = v->height,
		.target = v->m->code_len,
		.fixups = NONE,
		.else_fixup = NONE,
	};
	prepare_forget(v);
	return opcode == 0 ? 0 : validate_pushes(v, t->params, t->nparams);
}

/* Families of opcodes. Those of proposals we refuse are told apart to say which it was. */
static int
refuse_opcode(struct validator *v, uint8_t op)
{
	if (op == 0xfd)
		return validate_refuse(v, WASM_UNSUPPORTED, "SIMD is not supported");
	if (op == 0xfe)
		return validate_refuse(v, WASM_UNSUPPORTED, "threads are not supported (atomics)");
	if (op == 0xfb || op == 0xd3 || (op >= 0xd4 && op <= 0xd6))
		return validate_refuse(
		    v, WASM_UNSUPPORTED, "GC and typed references are not supported");
	if (op == 0x12 || op == 0x13)
		return validate_refuse(v, WASM_UNSUPPORTED, "tail calls are not supported");
	if (op == 0x14 || op == 0x15)
		return validate_refuse(
		    v, WASM_UNSUPPORTED, "typed function references are not supported");
	if ((op >= 0x06 && op <= 0x0a) || op == 0x18 || op == 0x19 || op == 0x1f)
		return validate_refuse(v, WASM_UNSUPPORTED, "exception handling is not supported");
	return validate_refuse(v, WASM_MALFORMED, "illegal opcode");
}

static int
check_instruction(struct validator *v)
{
	uint8_t op = 0;
	int e;

	v->op_at = v->r.at;
	e = reader_byte(&v->r, &op);
	if (e != 0)
		return err_pass(e);
	if (v->cost >= 60000)
		prepare_flush(v);
	v->cost++;
	if (op >= 0x45 && op <= 0xc4)
		return validate_numeric(v, op);
	if (op >= 0x28 && op <= 0x3e)
		return validate_memory_op(v, op);
	if ((op >= 0x20 && op <= 0x24) || (op >= 0x41 && op <= 0x44) ||
	    (op >= 0x1a && op <= 0x1c) || (op >= 0xd0 && op <= 0xd2))
		return validate_variable(v, op);
	if (op <= 0x05 || (op >= 0x0b && op <= 0x11))
		return validate_flow(v, op);
	if (op == 0x25 || op == 0x26 || op == 0x3f || op == 0x40 || op == 0xfc)
		return validate_bulk(v, op);
	return refuse_opcode(v, op);
}

/* One group of locals of one type; those above the limit are counted, not kept. */
static int
read_local_group(struct validator *v, uint64_t *total)
{
	uint32_t n = 0, most = v->m->limits.locals + v->type->nparams;
	uint8_t type = 0;
	int e = reader_u32(&v->r, &n);

	if (e == 0)
		e = reader_byte(&v->r, &type);
	if (e != 0)
		return err_pass(e);
	e = decode_valtype_ok(v->d, type, v->r.at - 1);
	*total += n;
	if (e != 0 || *total > most)
		return e;
	e = room(v, &v->local_types, &v->local_types_cap, (uint32_t)*total + 1, 1);
	if (e == 0)
		memset(v->local_types + v->nlocals, type, n);
	v->nlocals += n;
	return e;
}

static int
read_locals(struct validator *v)
{
	uint32_t groups;
	uint64_t total = v->type->nparams;
	int e = reader_count(&v->r, UINT32_MAX, "groups of locals", &groups);

	v->nlocals = v->type->nparams;
	if (e == 0)
		e = room(v, &v->local_types, &v->local_types_cap, v->nlocals + 1, 1);
	if (e == 0 && v->nlocals != 0)
		memcpy(v->local_types, v->type->params, v->nlocals);
	for (uint32_t i = 0; e == 0 && i < groups; i++)
		e = read_local_group(v, &total);
	if (e != 0)
		return err_pass(e);
	if (total > UINT32_MAX)
		return validate_refuse(v, WASM_MALFORMED, "too many locals");
	if (total != v->nlocals || total > v->m->limits.frame_slots)
		return validate_refuse(
		    v, WASM_LIMIT, "a function has more locals than locals or frame_slots allows");
	return validate_work(v, v->nlocals / 2);
}

/* Everything as it is before the first instruction of a body. */
static int
begin(struct validator *v)
{
	int e;

	v->op_at = v->r.at;
	e = read_locals(v);
	if (e == 0)
		e = room(v, &v->waiting, &v->waiting_cap, v->nlocals + 1, sizeof(*v->waiting));
	if (e != 0)
		return err_pass(e);
	memset(v->waiting, 0, v->nlocals * sizeof(*v->waiting));
	v->height = v->max_height = v->clean = v->depth = 0;
	v->dead = false;
	v->cost = 1;
	v->paired = v->both = NONE;
	prepare_forget(v);
	return validate_enter(v, 0, v->type);
}

static int
check_body(struct validator *v, uint32_t func, struct body *b)
{
	uint32_t first = v->m->code_len;
	uint32_t slots;
	int e;

	v->type = &v->m->types[v->m->func_types[func]];
	e = begin(v);
	while (e == 0 && v->depth != 0) {
		e = check_instruction(v);
		if (v->fault != 0 && e == 0)
			e = v->fault == WASM_LIMIT
				? validate_refuse(v, WASM_LIMIT,
				      "would need more memory than memory_factor allows")
				: v->fault;
	}
	if (e != 0)
		return err_pass(e);
	if (v->r.at != v->r.end)
		return reader_refuse(
		    &v->r, WASM_MALFORMED, v->r.at, "END opcode expected at the end of a body");
	slots = v->nlocals + v->max_height;
	if (slots < v->type->nresults)
		slots = v->type->nresults;
	*b = (struct body){
		.type = v->m->func_types[func],
		.code = first,
		.slots = (uint16_t)slots,
		.params = (uint16_t)v->type->nparams,
		.zero = (uint16_t)(v->nlocals - v->type->nparams),
	};
	return 0;
}

static int
read_body(struct validator *v, uint32_t func, struct body *b)
{
	size_t end = v->r.end, at = v->r.at;
	uint32_t size;
	int e = reader_u32(&v->r, &size);

	if (e != 0)
		return err_pass(e);
	if (size > v->r.end - v->r.at)
		return reader_refuse(
		    &v->r, WASM_MALFORMED, at, "unexpected end: length out of bounds");
	if (size > v->m->limits.body_bytes)
		return reader_refuse(
		    &v->r, WASM_LIMIT, at, "a function is longer than body_bytes allows");
	v->r.end = v->r.at + size;
	e = check_body(v, func, b);
	v->r.end = end;
	return e;
}

static void
validator_deinit(struct validator *v)
{
	module_give_back(v->m, v->stack_cap * sizeof(*v->stack) +
				   v->controls_cap * sizeof(*v->controls) + v->local_types_cap +
				   v->waiting_cap * sizeof(*v->waiting));
	free(v->stack);
	free(v->controls);
	free(v->local_types);
	free(v->waiting);
}

/* Code that was reserved and not needed goes back. */
static void
trim(struct wasm_module *m)
{
	union insn *code;

	if (m->code_len == 0 || m->code_len == m->code_cap)
		return;
	code = realloc(m->code, m->code_len * sizeof(*code));
	if (code == NULL)
		return;
	m->code = code;
	module_give_back(m, (m->code_cap - m->code_len) * sizeof(*code));
	m->code_cap = m->code_len;
}

int
decode_code(struct decoder *d)
{
	struct wasm_module *m = d->m;
	struct validator v = { .d = d, .m = m };
	size_t at = d->r.at;
	uint32_t n;
	int e = reader_count(&d->r, m->limits.functions, "functions", &n);

	if (e != 0)
		return err_pass(e);
	if (n != d->declared)
		return reader_refuse(&d->r, WASM_MALFORMED, at,
		    "function and code section have inconsistent lengths");
	d->has_code = true;
	e = decode_answer(d, module_alloc(m, n, sizeof(*m->bodies), &m->bodies));
	v.r = d->r;
	v.work = (uint64_t)m->image_len * WORK_PER_BYTE + WORK_FLOOR;
	for (uint32_t i = 0; e == 0 && i < n; i++)
		e = read_body(&v, m->imported_funcs + i, &m->bodies[i]);
	d->r.at = v.r.at;
	validator_deinit(&v);
	trim(m);
	return e;
}
