/*
 * diff_spot - where in a reference to an image we are, and whether it can go on with a character.
 */
#ifndef POLICY_RULES_DIFF_SPOT_H
#define POLICY_RULES_DIFF_SPOT_H

#include <stdbool.h>
#include <stdint.h>

enum { REGISTRY, REPOSITORY, TAG, DIGEST, PARTS };
enum { FLAG_HOST = 1, FLAG_TAG = 2 };

struct spot {
	uint8_t part, kind, flag, count;
};

/* spot_next() - one more character of the part. Return: false when it may not stand there. */
bool spot_next(struct spot *s, char c);
/* spot_whole() - may the part end here? */
bool spot_whole(const struct spot *s);

#endif
