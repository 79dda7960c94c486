/*
 * filters - the profiles a program carries, compiled when it was built (seccomp/embed.c).
 */
#ifndef SECCOMP_FILTERS_H
#define SECCOMP_FILTERS_H

#include "seccomp/confine.h"

extern const struct confine_filter confine_filters[];
extern const size_t confine_filters_n;

#endif
