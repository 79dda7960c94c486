/*
 * restart - see restart.h. A death is counted when it happened, also those during a pause: several
 * instances die at once when their module is at fault. The times that are kept are as many as the
 * policy needs to know, never more.
 */
#include "host/actor/restart.h"

struct restart_policy
restart_policy_default(void)
{
	return (struct restart_policy){
		.first_ms = 1000, .most_ms = 60000, .calm_ms = 60000, .deaths = 10, .window_ms = 600000
	};
}

bool
restart_policy_sane(const struct restart_policy *p)
{
	return p->first_ms > 0 && p->first_ms <= p->most_ms && p->deaths > 0 &&
	       p->deaths <= RESTART_MAX_DEATHS && p->window_ms > 0;
}

static void
remember(struct restart *r, uint64_t now_ms)
{
	r->died_ms[r->at] = now_ms;
	r->at = (r->at + 1) % RESTART_MAX_DEATHS;
	if (r->kept < RESTART_MAX_DEATHS)
		r->kept++;
}

/* too_often() - was the death so many before this one within the window, too? */
static bool
too_often(const struct restart *r, const struct restart_policy *p, uint64_t now_ms)
{
	uint64_t then;

	if (r->kept < p->deaths)
		return false;
	then = r->died_ms[(r->at + RESTART_MAX_DEATHS - p->deaths) % RESTART_MAX_DEATHS];
	return now_ms - then <= p->window_ms;
}

static uint64_t
pause_ms(const struct restart_policy *p, uint32_t row)
{
	uint64_t pause = p->first_ms;

	while (row-- > 1 && pause < p->most_ms)
		pause *= 2;
	return pause < p->most_ms ? pause : p->most_ms;
}

enum restart_answer
restart_died(struct restart *r, const struct restart_policy *p, uint64_t lived_ms, uint64_t now_ms,
    uint64_t *at_ms)
{
	if (r->quarantine || !restart_policy_sane(p)) {
		r->quarantine = true;
		return RESTART_NEVER;
	}
	remember(r, now_ms);
	if (lived_ms >= p->calm_ms)
		r->row = 0;
	if (r->row < UINT32_MAX)
		r->row++;
	r->quarantine = too_often(r, p, now_ms);
	if (r->quarantine)
		return RESTART_NEVER;
	*at_ms = now_ms + pause_ms(p, r->row);
	return RESTART_AT;
}

void
restart_release(struct restart *r)
{
	*r = (struct restart){ 0 };
}
