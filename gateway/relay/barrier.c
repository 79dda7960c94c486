/*
 * barrier - see barrier.h. Held PINGs keep their order: one goes on when its commands are done and
 * none before it waits.
 */
#include "gateway/relay/barrier.h"

#include <string.h>

void
barrier_deinit(struct barrier *b)
{
	free(b->held);
	b->held = NULL;
	b->n = b->cap = b->pings = 0;
}

int
barrier_ping(struct barrier *b, uint64_t last)
{
	if (last <= b->base && b->n == 0)
		return 0;
	if (b->n == 0 || b->held[b->n - 1].need != last) {
		if (b->n == b->cap) {
			unsigned cap = b->cap != 0 ? b->cap * 2 : 4;
			struct barrier_held *p = realloc(b->held, cap * sizeof(*p));

			if (p == NULL)
				return err_raise(-ENOMEM);
			b->held = p;
			b->cap = cap;
		}
		b->held[b->n++] = (struct barrier_held){ .need = last };
	}
	b->held[b->n - 1].pings++;
	b->pings++;
	return 1;
}

unsigned
barrier_done(struct barrier *b, uint64_t number)
{
	unsigned gone = 0, pings = 0;

	if (number <= b->base || number - b->base > BARRIER_SPAN)
		return 0;
	b->bits |= UINT64_C(1) << (number - b->base - 1);
	while ((b->bits & 1) != 0) {
		b->bits >>= 1;
		b->base++;
	}
	while (gone < b->n && b->held[gone].need <= b->base)
		pings += b->held[gone++].pings;
	b->n -= gone;
	b->pings -= pings;
	if (b->n == 0)
		barrier_deinit(b);
	else
		memmove(b->held, b->held + gone, b->n * sizeof(*b->held));
	return pings;
}
