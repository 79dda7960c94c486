/*
 * decode - the pieces of wasm_load(), shared by the files that read sections.
 */
#ifndef HOST_WASM_DECODE_PRIV_H
#define HOST_WASM_DECODE_PRIV_H

#include "host/wasm/module_priv.h"
#include "host/wasm/reader_priv.h"

struct decoder {
	struct reader r;
	struct wasm_module *m;
	uint32_t declared; /* functions of the function section */
	uint32_t data_count;
	bool has_code;
};

/* decode_refuse_size() - turn a WASM_LIMIT of the budget into words; other answers pass. */
int decode_answer(struct decoder *d, int answer);

/* decode_section: everything but code and segments. Each reads its section to the end. */
int decode_types(struct decoder *d) must_check;
int decode_imports(struct decoder *d) must_check;
int decode_functions(struct decoder *d) must_check;
int decode_tables(struct decoder *d) must_check;
int decode_memories(struct decoder *d) must_check;
int decode_globals(struct decoder *d) must_check;
int decode_exports(struct decoder *d) must_check;
int decode_start(struct decoder *d) must_check;

/* decode_segment */
int decode_elems(struct decoder *d) must_check;
int decode_data_count(struct decoder *d) must_check;
int decode_datas(struct decoder *d) must_check;

/* decode_value: types, and expressions that are constant */
int decode_valtype(struct decoder *d, uint8_t *out) must_check;
int decode_reftype(struct decoder *d, uint8_t *out) must_check;
int decode_valtype_ok(struct decoder *d, uint8_t type, size_t at) must_check;
int decode_constant(struct decoder *d, uint8_t type, struct constant *out) must_check;

/* decode_code() - the code section: every body is validated and prepared (validate.c) */
int decode_code(struct decoder *d) must_check;

#endif
