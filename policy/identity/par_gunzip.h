/*
 * par_gunzip - a provider's archive that was compressed, into memory and under a ceiling: wash
 * writes archives with gzip when asked to.
 */
#ifndef POLICY_IDENTITY_PAR_GUNZIP_H
#define POLICY_IDENTITY_PAR_GUNZIP_H

#include "policy/core/buf.h"
#include "policy/identity/wascap.h"

/* par_is_gzip() - do the first bytes say so? */
static inline bool
par_is_gzip(struct bytes in)
{
	return bytes_starts(in, BYTES_LIT("\x1f\x8b"));
}
/*
 * par_gunzip() - append what is in @in, one whole gzip member up to its last byte, to @out, at most
 * what @out may hold. Return: 0, WASCAP_BAD_FILE, -ENOMEM.
 */
int par_gunzip(struct buf *out, struct bytes in, char why[WHY_MAX]) must_check;

#endif
