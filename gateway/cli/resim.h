/*
 * resim - decide again, by a policy, what a record says was decided once.
 *
 * Asked are commands, and denials of publish, subscribe and reply. Time windows count by the time
 * of the record; rates do not count: every bucket is full. Deterministic, no clock, bounded memory.
 */
#ifndef GATEWAY_CLI_RESIM_H
#define GATEWAY_CLI_RESIM_H

#include "gateway/cli/recall.h"
#include "policy/rules/rights.h"

enum resim_state {
	RESIM_DECIDED = 0,
	RESIM_UNDECIDABLE, /* ->why: what it takes is not in the record */
	RESIM_NOT_ASKED,   /* ->why: no policy decides it, or not alone */
};

struct resim_answer {
	enum resim_state state;
	const char *why; /* a constant string */
	struct decision d;
};

struct resim;
/* resim_new() - borrows the policy. Return: 0, -ENOMEM. */
int resim_new(struct resim **out, const struct policy *p) must_check;
void resim_free(struct resim *s);
/* resim_judge() - Return: 0, -ENOMEM. */
int resim_judge(struct resim *s, const struct record *r, struct resim_answer *out) must_check;

#endif
