/*
 * container - be as in a container without namespaces, for tests: no capability, and calls that a
 * filter from outside answers with EPERM.
 */
#ifndef TESTS_SANDBOX_CONTAINER_H
#define TESTS_SANDBOX_CONTAINER_H

#include <stdbool.h>

/* container_enter() - this process and all it starts. Ends it with 2 when that cannot be. */
void container_enter(void);
/* container_refuses() - is this call one that the filter answers? */
bool container_refuses(long nr);

#endif
