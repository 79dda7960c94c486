/*
 * hurry - a child that died is replaced at once, however often: tests kill many and do not wait
 * longer each time.
 */
#include "gateway/proc/parent_priv.h"

int __real_uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t timeout, uint64_t repeat);
int __wrap_uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t timeout, uint64_t repeat);

int
__wrap_uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t timeout, uint64_t repeat)
{
	if (t == &parent.respawn_timer) {
		for (size_t i = 0; i < parent.n_kids; i++)
			parent.kid[i].deaths = 0;
		timeout = timeout > 1 ? 1 : timeout;
	}
	return __real_uv_timer_start(t, cb, timeout, repeat);
}
