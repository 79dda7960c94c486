/*
 * redis - a connection to a Redis that the host made and handed over. Commands go out in order and
 * are answered in order; hiredis reads the answers.
 */
#ifndef HOST_PROVIDERS_KEYVALUE_REDIS_H
#define HOST_PROVIDERS_KEYVALUE_REDIS_H

#include "host/providers/keyvalue/kv_message.h"
#include "host/providers/process.h"

struct redis;

/* What a link's URL says besides the address: redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]. */
struct redis_login {
	struct bytes user, password; /* slices */
	unsigned db;
};

/* redis_login_of() - Return: NULL, or what is wrong with it. */
const char *redis_login_of(struct bytes url, struct redis_login *out) must_check;
/*
 * redis_open() - begin with @fd (taken): log in, and say process_link() of @actor when it may be
 * used. Its end is said there too, and by @on_end, in which it may be freed. Return: 0, -errno.
 */
int redis_open(struct redis **out, struct process *p, struct bytes actor, int fd,
    const struct redis_login *login, void (*on_end)(struct redis *r, void *ctx),
    void *ctx) must_check;
/* redis_do() - answered with process_result(). */
void redis_do(struct redis *r, uint64_t id, struct bytes prefix, const struct kv_op *op);
/* redis_idle() - nothing is under way. */
bool redis_idle(const struct redis *r);
/* redis_free() - what is under way fails. NULL is fine. */
void redis_free(struct redis *r);

#endif
