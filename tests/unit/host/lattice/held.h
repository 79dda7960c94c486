/* held - a JSON text against a table of tests/vectors/lattice, read by cJSON. */
#ifndef TESTS_UNIT_HOST_LATTICE_HELD_H
#define TESTS_UNIT_HOST_LATTICE_HELD_H

#include <cJSON.h>

#include "policy/core/buf.h"

/* held_table() - a file of vectors; cJSON_Delete() it. */
cJSON *held_table(const char *file);
/*
 * held() - @text, or its member @inside, holds every field of the row @name, of its kind, and
 * nothing the row does not know. A member whose name is a key counts as "M" or "V".
 */
void held(const cJSON *table, const char *name, struct bytes text, const char *inside);
/* held_all() - fails for a row that was not held since the table was read. */
void held_all(const cJSON *table);

#endif
