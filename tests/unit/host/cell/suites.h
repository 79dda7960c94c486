/* suites - cells with real runners: this program is both (tests/unit/host/cell/main.c). */
#ifndef TESTS_UNIT_HOST_CELL_SUITES_H
#define TESTS_UNIT_HOST_CELL_SUITES_H

#include <check.h>

#include "policy/core/bytes.h"

/*
 * The guest of these tests answers with what it was given; before that, by the first letter of the
 * operation: s computes for ever, l says it on the console, a asks the host "a", "a", "a" with it and
 * answers what the host did.
 */
struct bytes guest_module(void);

TCase *cell_step_tests(void);
TCase *cell_zygote_tests(void);

#endif
