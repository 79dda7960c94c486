/*
 * check_leaf - does the leaf.conf beside a configuration still speak of the folder it is in?
 */
#ifndef GATEWAY_PROC_CHECK_LEAF_H
#define GATEWAY_PROC_CHECK_LEAF_H

#include "gateway/proc/config.h"

/* check_leaf() - a warning goes into @r; nothing where there is no such file, or it cannot be read. */
void check_leaf(const struct config *c, struct text_report *r);

#endif
