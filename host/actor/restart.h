/*
 * restart - when an instance that died may begin again: with a pause that doubles, and not at all when
 * it died too often within a time. Pure: the clock is the caller's, in milliseconds that only rise.
 *
 * One of these for each thing that is judged as one: all instances of a module on a host, so that
 * a module that kills ten of them has died ten times.
 */
#ifndef HOST_ACTOR_RESTART_H
#define HOST_ACTOR_RESTART_H

#include <stdbool.h>
#include <stdint.h>

enum { RESTART_MAX_DEATHS = 64 };

struct restart_policy {
	uint32_t first_ms, most_ms; /* the pause after one death; doubled after each, up to this */
	uint32_t calm_ms;           /* who lived so long begins at the first pause again */
	uint32_t deaths, window_ms; /* so many within so long: no more; at most RESTART_MAX_DEATHS */
};

enum restart_answer {
	RESTART_NEVER = 0, /* in quarantine, until restart_release() */
	RESTART_AT,        /* not before *at_ms */
};

struct restart {
	uint64_t died_ms[RESTART_MAX_DEATHS]; /* the last of them; a ring */
	uint32_t at, kept;
	uint32_t row; /* deaths without calm between them */
	bool quarantine;
};

/* restart_policy_default() - 1 s to 1 minute, calm after 1 minute; 10 deaths in 10 minutes. */
struct restart_policy restart_policy_default(void);
/* restart_policy_sane() - are deaths and pauses such that there is an end to them? */
bool restart_policy_sane(const struct restart_policy *p);
/*
 * restart_died() - one more died; a zeroed struct restart has seen none
 * @lived_ms: how long it had lived
 * @at_ms:    RESTART_AT: when the next may begin
 * A policy that is not sane allows no restart.
 */
enum restart_answer restart_died(struct restart *r, const struct restart_policy *p,
    uint64_t lived_ms, uint64_t now_ms, uint64_t *at_ms);
/* restart_release() - somebody looked at it, or it is another module now: nothing of it is remembered. */
void restart_release(struct restart *r);

#endif
