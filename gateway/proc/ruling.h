/*
 * ruling - a command as the dispatcher understands it, and what it may say of it: the decoded body, the
 * decision, the record for the auditor, the words for the asker.
 */
#ifndef GATEWAY_PROC_RULING_H
#define GATEWAY_PROC_RULING_H

#include "gateway/proc/msg_auditor.h"
#include "gateway/proc/msg_dispatcher.h"
#include "gateway/relay/envelope.h"
#include "policy/commands/body.h"
#include "policy/rules/rights.h"

struct ruling {
	struct command command; /* verb VERB_UNKNOWN: not even the subject could be read */
	struct body body;       /* of use when ->read; not to be copied */
	bool read;
	struct decision decision;
	uint64_t wait_ms; /* of a refusal by rate: until there is one again */
};

/*
 * ruling_make() - judge a command by subject, header and body.
 * @r:     filled; borrows from @m and @arena
 * @arena: BODY_ARENA bytes, aligned as malloc() aligns
 */
void ruling_make(struct ruling *r, struct rights *rights, const struct msg_command *m, struct bytes header,
    void *arena);
/* ruling_pay() - what a rule with a rate allowed is paid, or refused. @now_ms of a clock that does not step. */
void ruling_pay(struct ruling *r, struct rights *rights, const struct msg_command *m, uint64_t now_ms);
/* ruling_verb() - what is commanded: a scale to nothing is a stop. */
enum verb ruling_verb(const struct ruling *r);
/* ruling_field() - field of the body or condition that decided, or why the body cannot be read; may be empty. */
struct bytes ruling_field(const struct ruling *r);
/* ruling_record() - the auditor's record; slices borrow from @r, @m, @p and @spans. */
void ruling_record(const struct ruling *r, const struct policy *p, const struct msg_command *m,
    struct msg_record *out, uint8_t spans[MSG_RECORD_SPANS]);
/*
 * ruling_sample() - one in how many of what the deciding rule allows is on record; 1: this is, in any case.
 * More only for an enforced allow of what changes nothing.
 */
uint32_t ruling_sample(const struct ruling *r, const struct policy *p);
/* ruling_spared() - is it one of those that are not? @drawn is random; 0 is on record of every sample. */
bool ruling_spared(const struct ruling *r, const struct policy *p, uint32_t drawn);
/* ruling_text() - a refusal in words. */
void ruling_text(const struct ruling *r, const struct policy *p, const char *id, char out[ENVELOPE_TEXT]);

#endif
