/*
 * ceilings - see ceilings.h.
 */
#include "gateway/proc/ceilings.h"

#include <stddef.h>

#define AT(field) offsetof(struct ceilings, field)

static const size_t numbers[] = {
	AT(max_listener_connections),
	AT(max_preauth),
	AT(max_preauth_bytes),
	AT(max_source_preauth),
	AT(max_source_connections),
	AT(max_memory),
	AT(max_account_subscriptions),
	AT(max_publish_rate),
	AT(max_publish_bytes),
	AT(max_user_publish_rate),
	AT(max_user_publish_bytes),
	AT(max_account_connections),
	AT(max_user_connections),
	AT(max_commands),
	AT(max_user_commands),
	AT(max_command_memory),
	AT(penalty_failed),
	AT(penalty_garbage),
	AT(penalty_timeout),
	AT(penalty_silent),
	AT(penalty_min),
	AT(penalty_max),
};

_Static_assert(sizeof(numbers) / sizeof(numbers[0]) * sizeof(uint64_t) == AT(n_exempt),
    "a number is not carried");

void
ceilings_put(struct buf *b, const struct ceilings *c)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t v;

		memcpy(&v, (const char *)c + numbers[i], sizeof(v));
		buf_put_u64(b, v);
	}
	buf_put_u8(b, (uint8_t)c->n_exempt);
	for (size_t i = 0; i < c->n_exempt; i++) {
		buf_put_u8(b, c->exempt[i].len);
		buf_put_u8(b, c->exempt[i].bits);
		buf_put(b, bytes_of(c->exempt[i].addr, sizeof(c->exempt[i].addr)));
	}
}

bool
ceilings_get(struct cursor *in, struct ceilings *c)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t v = cursor_u64(in);

		memcpy((char *)c + numbers[i], &v, sizeof(v));
	}
	c->n_exempt = cursor_u8(in);
	if (c->n_exempt > CEILINGS_EXEMPT)
		return false;
	for (size_t i = 0; i < c->n_exempt; i++) {
		struct cidr *n = &c->exempt[i];
		struct bytes addr;

		n->len = cursor_u8(in);
		n->bits = cursor_u8(in);
		addr = cursor_take(in, sizeof(n->addr));
		if (addr.len != sizeof(n->addr) || (n->len != 4 && n->len != 16) ||
		    n->bits > n->len * 8)
			return false;
		memcpy(n->addr, addr.ptr, addr.len);
	}
	return !in->failed;
}
