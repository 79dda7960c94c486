/*
 * glob - the one wildcard of names: `*` stands for any run of bytes, also an empty one.
 *
 * For lattices, credential names and header names; subjects have their own (subject.h).
 */
#ifndef POLICY_RULES_GLOB_H
#define POLICY_RULES_GLOB_H

#include "policy/core/bytes.h"

/* glob_match() - byte-exact; linear in glob times text, never worse. */
bool glob_match(struct bytes glob, struct bytes text);
/* glob_overlap() - is there a text that both match? Of globs longer than 1024 bytes: says yes. */
bool glob_overlap(struct bytes a, struct bytes b);

#endif
