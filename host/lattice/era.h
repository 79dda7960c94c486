/*
 * era - which of the two conventions an actor was built for.
 *
 * 2020 to mid-2021: the imports come from `wapc`, operations are bare names. From September 2021
 * on: `wasmbus`, Service.Method. Only the names in the import section are read; what is not a
 * module, or cannot be read that far, has no era. Source: wasmCloud 0.18 and weld's actor macros.
 */
#ifndef HOST_LATTICE_ERA_H
#define HOST_LATTICE_ERA_H

#include "policy/core/bytes.h"

enum era {
	ERA_UNKNOWN = 0,
	ERA_FIRST, /* imports from `wapc`, none from `wasmbus` */
	ERA_LATER, /* imports from `wasmbus`, or from neither */
};

/* era_of() - of a module's bytes. */
enum era era_of(struct bytes module);
/* era_named() - "first", "later"; ERA_UNKNOWN for anything else. */
enum era era_named(struct bytes name);
/* era_name() - the reverse; "unknown". */
const char *era_name(enum era e);

#endif
