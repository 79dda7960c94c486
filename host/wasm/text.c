/*
 * text - words for answers and traps; those of the specification's tests where it has them.
 */
#include "host/wasm/engine.h"

const char *
wasm_trap_text(enum wasm_trap_code code)
{
	switch (code) {
	case WASM_TRAP_NONE:
		return "no trap";
	case WASM_TRAP_UNREACHABLE:
		return "unreachable";
	case WASM_TRAP_MEMORY_BOUNDS:
		return "out of bounds memory access";
	case WASM_TRAP_TABLE_BOUNDS:
		return "out of bounds table access";
	case WASM_TRAP_UNDEFINED_ELEMENT:
		return "undefined element";
	case WASM_TRAP_UNINITIALIZED_ELEMENT:
		return "uninitialized element";
	case WASM_TRAP_INDIRECT_TYPE:
		return "indirect call type mismatch";
	case WASM_TRAP_DIVIDE_BY_ZERO:
		return "integer divide by zero";
	case WASM_TRAP_INTEGER_OVERFLOW:
		return "integer overflow";
	case WASM_TRAP_INVALID_CONVERSION:
		return "invalid conversion to integer";
	case WASM_TRAP_CALL_DEPTH:
		return "call stack exhausted";
	case WASM_TRAP_VALUE_STACK:
		return "call stack exhausted: value stack";
	case WASM_TRAP_FUEL:
		return "out of fuel";
	case WASM_TRAP_HOST:
		return "stopped by the host";
	case WASM_TRAP_REENTRY:
		return "call into a running store";
	}
	return "unknown trap";
}

const char *
wasm_answer_text(enum wasm_answer answer)
{
	switch (answer) {
	case WASM_DONE:
		return "done";
	case WASM_MALFORMED:
		return "malformed";
	case WASM_INVALID:
		return "invalid";
	case WASM_UNSUPPORTED:
		return "unsupported";
	case WASM_LIMIT:
		return "above a limit";
	case WASM_UNLINKED:
		return "not linked";
	case WASM_MISMATCH:
		return "other arguments than the function takes";
	case WASM_TRAPPED:
		return "trapped";
	}
	return "unknown answer";
}
