/*
 * hasty - who does not answer is given up after three seconds, not after a minute.
 */
#include "gateway/proc/parent_priv.h"

enum { HASTY_MS = 500 };

int __real_uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t timeout, uint64_t repeat);
int __wrap_uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t timeout, uint64_t repeat);

int
__wrap_uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t timeout, uint64_t repeat)
{
	if (t == &parent.hung_timer)
		timeout = repeat = HASTY_MS;
	return __real_uv_timer_start(t, cb, timeout, repeat);
}
