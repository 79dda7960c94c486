/*
 * pace - see pace.h.
 */
#include "gateway/relay/pace.h"

enum { PARTS = 1000 };

/* refill() - what came in @ms, up to what one second brings. */
static int64_t
refill(int64_t left, uint64_t per_s, uint64_t ms)
{
	int64_t most = (int64_t)(per_s * PARTS), more;

	/* what is owed may be more than a second's worth */
	if (__builtin_mul_overflow(
		(int64_t)per_s, (int64_t)(ms < UINT32_MAX ? ms : UINT32_MAX), &more) ||
	    __builtin_add_overflow(left, more, &left) || left > most)
		return most;
	return left;
}

bool
pace_ready(struct pace *p, const struct pace_rule *rule, uint64_t now)
{
	uint64_t ms = now > p->at_ms ? now - p->at_ms : 0;

	if (!p->begun) {
		p->msgs = (int64_t)(rule->msgs * PARTS);
		p->bytes = (int64_t)(rule->bytes * PARTS);
		p->begun = true;
	} else if (ms > 0) {
		p->msgs = refill(p->msgs, rule->msgs, ms);
		p->bytes = refill(p->bytes, rule->bytes, ms);
	}
	if (now > p->at_ms)
		p->at_ms = now;
	return (rule->msgs == 0 || p->msgs >= PARTS) && (rule->bytes == 0 || p->bytes > 0);
}

void
pace_pay(struct pace *p, const struct pace_rule *rule, uint64_t bytes)
{
	if (rule->msgs != 0)
		p->msgs -= PARTS;
	if (rule->bytes != 0)
		p->bytes -= (int64_t)(bytes * PARTS);
}
