/*
 * parent_zygotes - modules made ready once, for as long as there are instances of them to be
 * forked. For issuers of `trust { fork }` alone.
 */
#ifndef HOST_PROC_PARENT_ZYGOTES_H
#define HOST_PROC_PARENT_ZYGOTES_H

#include "host/proc/parent_cells.h"

/* zygotes_may() - may instances of this module be forked, here? */
bool zygotes_may(const struct artifact *a);
/*
 * zygotes_hold() - the module's zygote, begun if there is none; cells_on_zygote() is told when it
 * is ready or dead. Return: 0 and one to zygotes_drop(); -errno.
 */
int zygotes_hold(struct artifact *a, struct zygote **out) must_check;
/* zygotes_drop() - with the last who holds it, it ends; NULL is fine. */
void zygotes_drop(struct zygote *z);
/* zygotes_ready() - what to fork from; NULL: not yet, or not any more. */
struct cell *zygotes_ready(const struct zygote *z);
/* zygotes_dead() - why it ended; NULL: it lives. */
const struct cell_result *zygotes_dead(const struct zygote *z);
/* zygotes_blame() - its end is one death, however many go with it. Return: is this the first to say
 * so? */
bool zygotes_blame(struct zygote *z);

#endif
