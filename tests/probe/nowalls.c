/*
 * nowalls - the control: the same probed gateway whose processes do not lock themselves in. What an
 * attack is refused by the walls has to work here, or it shows nothing. Only
 * portcullis-gateway-open, which is never installed, is linked with this; the walls' own code has
 * no way to be turned off.
 */
#include "gateway/proc/lock.h"
#include "gateway/proc/parent_priv.h"

void __wrap_lock_down(struct child *c, const struct lock_needs *needs);
int __wrap_walls_begin(void);

void
__wrap_lock_down(struct child *c, const struct lock_needs *needs)
{
	(void)c;
	(void)needs;
}

int
__wrap_walls_begin(void)
{
	return 0;
}
