/*
 * seats - how many connections an account and a user have, over all edges, and how many they may
 * have.
 */
#ifndef GATEWAY_PROC_SEATS_H
#define GATEWAY_PROC_SEATS_H

#include "gateway/auth/tally.h"
#include "policy/identity/identity.h"

struct seats {
	struct tally *accounts, *users;
};

/* One connection's; zeroed: it has none. */
struct seat {
	struct tally_name *account, *user;
};

/* At most so many; -1: no ceiling. */
struct seats_most {
	int64_t account, user;
};

/* seats_init() - Return: 0, -ENOMEM. */
int seats_init(struct seats *s) must_check;
/* seats_take() - one more. Return: NULL, or the code of the refusal: then nothing was counted. */
const char *seats_take(
    struct seats *s, struct seat *x, const struct identity *id, const struct seats_most *most);
/* seats_give() - the connection is over; one without a seat is fine. */
void seats_give(struct seats *s, struct seat *x);
/* seats_words() - of a code: what the client is told (NULL: the uniform text), and @why in words.
 */
const char *seats_words(const char *code, const char **why);

#endif
