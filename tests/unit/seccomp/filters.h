/*
 * filters - a profile's text, or the folder's profile of a role, as filters for both machines.
 */
#ifndef TESTS_UNIT_SECCOMP_FILTERS_H
#define TESTS_UNIT_SECCOMP_FILTERS_H

#include "seccomp/filter.h"
#include "tests/support/bpf.h"

struct machine {
	enum filter_machine machine;
	uint32_t audit; /* AUDIT_ARCH_... */
};

extern const struct machine machines[2];

/* filter_of_text() - ends the test when it does not compile. */
struct buf filter_of_text(const char *text, enum filter_machine m);
/* filter_of_role() - policies/NAME.seccomp and what it uses. */
struct buf filter_of_role(const char *name, enum filter_machine m);
/* asked() - what a filter answers to a call by its name, with up to six arguments. */
uint32_t asked(const struct buf *filter, const struct machine *m, const char *call, const uint64_t args[6]);
/* has_call() - does this machine have it? */
bool has_call(const struct machine *m, const char *call);

#endif
