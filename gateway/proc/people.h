/*
 * people - identities, each kept once however many connections it has; with their rights under the
 * policy in force where there is one.
 */
#ifndef GATEWAY_PROC_PEOPLE_H
#define GATEWAY_PROC_PEOPLE_H

#include "policy/identity/identity.h"
#include "policy/rules/meters.h"
#include "policy/rules/rights.h"

struct person {
	struct person *next;
	struct identity identity; /* with its source: roles may ask for the network */
	struct rights *rights;       /* NULL where no policy is kept */
	struct permissions upstream; /* signer and verifier: what its upstream logins may do */
	uint64_t upstream_of;        /* the verifier's: by which policy; 0: not yet said */
	unsigned refs;
	char *host;                  /* pinned: the host id its connections use; NULL: its credential's */
};

enum people_answer {
	PEOPLE_TAKEN = 1, /* somebody else is that host */
};

enum { PEOPLE_BUCKETS = 1024 };

struct people {
	struct person *bucket[PEOPLE_BUCKETS];
	struct policy *policy; /* borrowed; NULL: identities only */
	struct meters *meters; /* what their rates leave them; borrowed. NULL: nothing is paid here */
	size_t n;
	size_t n_pinned; /* of them, who have ->host */
};

/*
 * people_meet() - the person with this identity; made when new. @id is taken in any case.
 * Return: 0 and *out with one reference more, -EINVAL, -ENOMEM.
 */
int people_meet(struct people *p, struct identity *id, struct person **out) must_check;
/* people_leave() - one reference less; NULL is fine. */
void people_leave(struct people *p, struct person *x);
/*
 * people_pin() - one of @x's connections is host @host from now on: the person to use for it in place
 * of @x, whose reference is taken over. The same user may be it on more than one connection.
 * Return: 0, PEOPLE_TAKEN or -ENOMEM (nothing changed).
 */
int people_pin(struct people *p, struct person *x, struct bytes host, struct person **out) must_check;
/* people_claims() - is @x by credential the host that @y pinned, and another user? */
bool people_claims(const struct person *x, const struct person *y);
/* people_swap() - everybody under a new policy. Return: 0, -ENOMEM (nothing changed). */
int people_swap(struct people *p, struct policy *policy) must_check;

#endif
