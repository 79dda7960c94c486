/*
 * meters - what identities have left of their rates: one bucket for each identity and rule that was
 * used. One table to a process.
 *
 * A bucket belongs to an account, a user key and a rule's name; not to a connection, and not to a
 * snapshot. So neither connecting again nor a reload of the policy fills it. When nobody holds it
 * any more it is kept until it would be full anyway, at most METERS_IDLE of them: beyond that the
 * one that was left first is forgotten.
 */
#ifndef POLICY_RULES_METERS_H
#define POLICY_RULES_METERS_H

#include "policy/core/err.h"
#include "policy/rules/rate.h"

enum { METERS_IDLE = 65536 };

struct meters;
struct meter;

/* Whose bucket; borrowed. */
struct meter_key {
	const char *account, *user;
	struct bytes rule;
};

/*
 * meters_new() - no bucket yet.
 * @share: among how many processes each rate is divided (rate_share()); 1 for one that judges
 * alone. Return: NULL when out of memory.
 */
struct meters *meters_new(uint32_t share) must_check;
/* meters_free() - nobody may hold a bucket any more. */
void meters_free(struct meters *t);
/* meters_get() - the bucket, made full when there is none; give it back. Return: NULL when out of
 * memory. */
struct meter *meters_get(struct meters *t, const struct meter_key *key, const struct rate *rate,
    uint64_t now_ms) must_check;
void meters_put(struct meters *t, struct meter *m);
/* meter_take() - pay for one message. Return: false when nothing is left. */
bool meter_take(struct meter *m, uint64_t now_ms);
/* meter_wait_ms() - until there is something again. */
uint64_t meter_wait_ms(const struct meter *m, uint64_t now_ms);
/* meters_tick() - forget some of those that nobody holds; call about once a second. */
void meters_tick(struct meters *t, uint64_t now_ms);
/* meters_count() - how many there are, for tests. */
size_t meters_count(const struct meters *t);

#endif
