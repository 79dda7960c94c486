/*
 * parent_random - random bytes for what many calls need a few of: seeds of guests, ids. Each draw
 * from the kernel's generator is a system call, so a pool is drawn at once. What is given is given
 * once and wiped here. Not for keys: those are made by the library that uses them.
 */
#include <assert.h>
#include <sodium.h>

#include "host/proc/parent_priv.h"
#include "policy/core/wipe.h"

static struct {
	uint8_t pool[4096];
	size_t left; /* at its end; none at the start */
} self;

void
random_take(uint8_t *out, size_t n)
{
	uint8_t *from;

	assert(n <= sizeof(self.pool));
	if (self.left < n) {
		randombytes_buf(self.pool, sizeof(self.pool));
		self.left = sizeof(self.pool);
	}
	from = self.pool + (sizeof(self.pool) - self.left);
	memcpy(out, from, n);
	wipe(from, n);
	self.left -= n;
}
