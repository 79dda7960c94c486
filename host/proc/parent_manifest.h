/* parent_manifest - what this host runs by itself: a manifest named in host.conf or by -m, and its lock file. */
#ifndef HOST_PROC_PARENT_MANIFEST_H
#define HOST_PROC_PARENT_MANIFEST_H

#include "host/lattice/plan.h"
#include "host/proc/parent_priv.h"

/* local_begin() - read both; its labels are the host's. Return: 0, -1 after a log line. */
int local_begin(void) must_check;
/* local_apply() - start and link what it says, as far as that is not so. Failures are states, events and log lines. */
void local_apply(void);

/* ---- for parent_watch.c ---- */

/* local_manifest() - NULL: none. */
struct manifest *local_manifest(void);
/* local_path() - where a reference to a file of the manifest leads. Return: false: it is none. */
bool local_path(const struct manifest_actor *a, char out[MODEL_REF + 1]);
/* local_may() - is an artifact what its reference is pinned to? @watched: other bytes of the same revision are taken
 * too. What is new is pinned. Return: NULL, or why not. */
const char *local_may(const struct manifest_actor *a, const struct artifact *artifact, bool watched);
/* watch_begin() - the files of the manifest: a changed one is an update. */
void watch_begin(void);

#endif
