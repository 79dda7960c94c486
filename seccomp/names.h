/*
 * names - the constants a profile may name. Only such as have one value on x86-64 and aarch64: the
 * same text must mean the same on both.
 */
#ifndef SECCOMP_NAMES_H
#define SECCOMP_NAMES_H

#include "policy/core/bytes.h"

/* names_value() - of PROT_EXEC, AF_UNIX, ...; false when unknown. */
bool names_value(struct bytes name, uint64_t *out);
/* names_error() - of EPERM, ...; 0 when unknown. */
int names_error(struct bytes name);

#endif
