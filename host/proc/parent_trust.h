/* parent_trust - whom this host believes about actors: what host.conf says, and a list with ends and revocations. */
#ifndef HOST_PROC_PARENT_TRUST_H
#define HOST_PROC_PARENT_TRUST_H

#include "host/proc/parent_priv.h"

/* trust_begin() - read the list, and look again every so often. Return: 0, -1 after a log line. */
int trust_begin(void) must_check;
/* trust_reload() - read it anew, and stop what is not believed any more: HUP. A list that cannot be
 * read or is not understood changes nothing, and is said. */
void trust_reload(void);
/* trust_now() - for the judges; valid until the loop turns. */
struct wascap_trust trust_now(void);
/* trust_refuses() - do claims that held once not hold any more? NULL: they do. */
const char *trust_refuses(const struct wascap *w, char why[WHY_MAX]);

#endif
