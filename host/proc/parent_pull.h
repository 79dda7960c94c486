/*
 * parent_pull - an artifact from a registry: its manifest, then the layer that is the module, each of which is
 * what its digest says or nothing. Layers are kept in the state folder by digest; a tag is asked for each time.
 */
#ifndef HOST_PROC_PARENT_PULL_H
#define HOST_PROC_PARENT_PULL_H

#include <limits.h>

#include "host/lattice/oci.h"
#include "host/proc/parent_priv.h"

/* Told once, from the loop. @why NULL: it is there now, and until the return pull_path() knows it. */
typedef void pull_done(void *ctx, const char *why);

/* pull_begin() - Return: NULL, or why not: then nothing will be told. @done may be called before the return. */
const char *pull_begin(const struct image *image, pull_done *done, void *ctx);
/* pull_path() - where the artifact of a reference lies, and its digest. Return: false: it was not pulled. */
bool pull_path(struct bytes ref, char path[PATH_MAX], char digest[OCI_DIGEST + 1]);
/* pulls_ended() - how many came, or did not, since the start. */
uint64_t pulls_ended(bool well);
/* pull_end() - those under way end; nobody is told. */
void pull_end(void);

#endif
