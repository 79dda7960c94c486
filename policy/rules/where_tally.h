/*
 * where_tally - one condition while the values of its field pass by. Private to where.c.
 */
#ifndef POLICY_RULES_WHERE_TALLY_H
#define POLICY_RULES_WHERE_TALLY_H

#include "policy/rules/where.h"

enum { WHERE_REST_MAX = 1024 };

struct where_tally {
	const struct where_ask *ask;
	const struct pol_cond *c;
	bool seen, all, any;             /* a value; does it hold for all of them, for any? */
	const struct where_taker *taker; /* of where_each(): nothing is compared, all is told */
};

/* where_tally_absent() - a part of the command that does not have the field. */
void where_tally_absent(struct where_tally *t);
/* where_tally_value() - a value that is there, also an empty one. */
void where_tally_value(struct where_tally *t, struct bytes s);
/* where_tally_text() - the same; an empty one is absent. */
void where_tally_text(struct where_tally *t, struct bytes s);
void where_tally_number(struct where_tally *t, uint64_t value);
void where_tally_image(struct where_tally *t, const struct image *img);
/* where_tally_host() - an id; without case, as everywhere. */
void where_tally_host(struct where_tally *t, struct bytes id);
/*
 * where_tally_host_labels() - those the policy gives the host. One that fits is enough, since a
 * host has many and a rule speaks of those it cares for; a host the policy does not know has none.
 */
void where_tally_host_labels(struct where_tally *t, struct bytes id);
/* where_tally_image_halves() - what an image is matched in; the second perhaps put together in
 * @room. */
void where_tally_image_halves(
    const struct image *img, struct bytes *head, struct bytes *rest, uint8_t room[WHERE_REST_MAX]);

#endif
