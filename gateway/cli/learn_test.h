/*
 * learn_test - the promises that go with a learned policy: what was seen is allowed, and what lies
 * just beyond it is not. Each line was put to the policy before it is written.
 */
#ifndef GATEWAY_CLI_LEARN_TEST_H
#define GATEWAY_CLI_LEARN_TEST_H

#include "gateway/cli/learn.h"

enum { LEARN_PAYLOADS = 16384 };

/* A payload file; its name is STEM-NUMBER.ENDING. */
struct learn_payload {
	char *name;
	struct buf text;
};

struct learn_tests {
	struct buf text; /* of the *.expect file */
	size_t n;
	struct learn_payload *payload;
	size_t allowed, denied; /* lines */
	uint64_t wrong_seq;     /* a record that the policy does not allow; 0: none */
};

/*
 * learn_tests_make() - for the policy @p that learn_put_policy() of @l gave. @stem: of the files,
 * without a folder. Return: 0, -ENOMEM; learn_tests_deinit() after each.
 */
int learn_tests_make(struct learn_tests *t, const struct learn *l, const struct policy *p,
    const char *stem) must_check;
void learn_tests_deinit(struct learn_tests *t);

#endif
