/*
 * manifest_priv - a manifest while it is read.
 */
#ifndef HOST_LATTICE_MANIFEST_PRIV_H
#define HOST_LATTICE_MANIFEST_PRIV_H

#include <stdarg.h>

#include "host/lattice/manifest.h"
#include "host/lattice/model_priv.h"
#include "policy/commands/yaml.h"
#include "policy/core/shown.h"
#include "policy/core/wipe.h"

enum { MANIFEST_ERRORS = 20, MANIFEST_TEXT = 64 * 1024 };

struct manifest_reading {
	struct bytes text;
	struct yaml y;
	struct manifest *m;
	const struct manifest_env *env;
	struct buf *report;
	size_t errors;
	int accident; /* 0 or -ENOMEM */
};

/* manifest_where() - line and column of a byte. */
struct manifest_at manifest_where(struct bytes text, size_t at);
/* manifest_error() - one line of the report, at most MANIFEST_ERRORS of them. */
void manifest_error(struct manifest_reading *rd, struct manifest_at at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * manifest_expand() - @in with ${NAME} and ${NAME:default} filled in, as a string to free; NULL
 * after manifest_error() or when there is no memory. "$${" is "${".
 */
char *manifest_expand(struct manifest_reading *rd, struct bytes in, struct manifest_at at);
/* manifest_resolve() - what the links refer to; things that are there twice. */
void manifest_resolve(struct manifest_reading *rd);

#endif
