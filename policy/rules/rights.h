/*
 * rights - one identity under one policy: every question the gate asks about a subject.
 *
 * Built once per identity and snapshot (not per connection), shared by its connections. JWT
 * permissions and policy must both allow; deny beats allow; zero denies. Questions allocate
 * nothing and answer from a cache keyed by subject where they can.
 */
#ifndef POLICY_RULES_RIGHTS_H
#define POLICY_RULES_RIGHTS_H

#include "policy/commands/body.h"
#include "policy/commands/command.h"
#include "policy/identity/identity.h"
#include "policy/rules/policy.h"

enum verdict {
	VERDICT_DENY = 0,
	VERDICT_ALLOW = 1,
};

/* Why a decision fell as it did: for logs and explain. */
enum reason {
	REASON_NO_RULE = 0,    /* nothing allowed it */
	REASON_RULE,           /* ->rule decided (allow or deny) */
	REASON_JWT,            /* the credential's own permissions do not allow it, or deny it */
	REASON_INVALID,        /* not a valid subject for this operation */
	REASON_RESERVED,       /* $SYS, $JS, $KV, $O, _INBOX, _R_, _GR_ ... without a grant that names the space */
	REASON_LATTICE,        /* command for a lattice the policy does not govern */
	REASON_COMMAND,        /* a command subject: publish and subscribe rules never grant those */
	REASON_UNKNOWN_VERB,   /* control prefix, unknown command */
	REASON_OWN_INBOX,      /* allowed: the identity's own inbox */
	REASON_HOST,           /* serve: another host's subject or id */
	REASON_BODY,           /* the command's body was refused: nobody knows what it commands */
	REASON_WHERE,          /* ->rule would allow it, but its condition on ->field does not hold */
	REASON_RATE,           /* ->rule would allow it, but has nothing left for this identity */
	REASON_SOURCE,         /* what it says of a host is not of the host it is */
};

struct decision {
	enum verdict verdict;
	enum reason reason;
	uint32_t rule;     /* RULE_NONE when none decided */
	bool would_deny;   /* allowed only because the rule observes */
	/* the number plus one of a rule that allows it and has to be paid: not allowed before
	 * rights_pay_*() said so. 0: there is none */
	uint32_t rated;
	/* of a condition: REASON_WHERE, the one that failed; a rule that denies, its first */
	enum policy_field field;
};

struct rights;

/*
 * rights_new() - resolve an identity against a snapshot. Copies what it needs of the identity; borrows
 * the policy until rights_free().
 * Return: 0, -EINVAL (a zeroed identity), -ENOMEM.
 */
int rights_new(struct rights **out, const struct policy *p, const struct identity *id) must_check;
void rights_free(struct rights *r);

/*
 * Subjects below are as the client wrote them, i.e. own inboxes still begin "_INBOX.".
 *
 * rights_publish() - a data publish (not a command: the caller asked command_classify() first, and
 * a command subject here is denied with REASON_COMMAND). Own inbox ("_INBOX.>") is allowed.
 */
struct decision rights_publish(struct rights *r, struct bytes subject);
/*
 * rights_publish_reach() - may it publish to everything @pattern can become? Never allows a pattern
 * that could become a command's subject, nor one that begins with a wildcard into a reserved space.
 */
struct decision rights_publish_reach(struct rights *r, struct bytes pattern);
/*
 * rights_second_hand() - the same of what the server shall publish for it, which nobody reads on its
 * way: never requests to the server itself, nor what is let through only when its payload was read (a
 * host's reports).
 */
struct decision rights_second_hand(struct rights *r, struct bytes pattern);
/*
 * rights_classify() - what a subject commands under this policy, whose control prefixes count.
 * Return: as command_classify().
 */
int rights_classify(const struct rights *r, struct bytes subject, struct command *c) must_check;
/*
 * rights_usual() - a subject, pattern or queue group under a control prefix as it would be called under
 * "wasmbus.ctl", in @room (PREFIX_ROOM bytes); any other as it is.
 */
struct bytes rights_usual(const struct rights *r, struct bytes s, uint8_t *room);
/* rights_overlaps_commands() - could a command match this pattern? */
bool rights_overlaps_commands(const struct rights *r, struct bytes pattern);
/* rights_obeyed() - is it no command and obeyed all the same, so that no answers may be sent there? */
bool rights_obeyed(const struct rights *r, struct bytes subject);
/*
 * rights_command() - could it command this, as far as the subject tells? @subject is the command's, for
 * the JWT's own lists. The first look: a rule with where { } counts as one that allows, and does not
 * deny yet; what a scale turns out to be (a stop, a start) is not known yet either. A no is final, a
 * yes is not: nothing is forwarded before rights_command_body() said yes as well.
 */
struct decision rights_command(struct rights *r, struct bytes subject, const struct command *c);
/*
 * rights_command_body() - may it command this? @b is what body_decode() made of it, or NULL when that
 * refused (denied then, with REASON_BODY unless the subject alone is denied already). An allow needs
 * ->effective, a deny of any verb of ->may_be denies. Allocates nothing.
 */
struct decision rights_command_body(
    struct rights *r, struct bytes subject, const struct command *c, const struct body *b);
/* rights_subscribe() - a subscription, as a true subset; @queue empty for a plain one. */
struct decision rights_subscribe(struct rights *r, struct bytes pattern, struct bytes queue);
/*
 * rights_deliver() - may a message printed with @subject reach a subscription @pattern (queue @queue)
 * that was allowed? Denies (policy and JWT), reserved spaces and command subjects that the pattern was
 * not granted for by name are refused.
 */
struct decision rights_deliver(struct rights *r, struct bytes pattern, struct bytes queue, struct bytes subject);
/* rights_filter_needed() - false when rights_deliver() would allow every subject @pattern can match. */
bool rights_filter_needed(struct rights *r, struct bytes pattern, struct bytes queue);
/* rights_reply() - is a reply subject that is neither own inbox nor own subscription granted by a `reply` rule? */
struct decision rights_reply(struct rights *r, struct bytes reply);
/* rights_answer() - may it answer on @reply, which came with a message delivered to it? (denies still count) */
struct decision rights_answer(struct rights *r, struct bytes reply);
/*
 * rights_answers() - how it may answer what it is asked: how many messages per reply and for how long.
 * Return: false when it may not at all. @serving: the request came on a subscription that serve granted.
 * A negative number is unlimited.
 */
bool rights_answers(struct rights *r, bool serving, int64_t *max, int64_t *ttl_ms);
/* rights_serves() - was this pattern granted by `serve` (a host's own commands)? */
bool rights_serves(struct rights *r, struct bytes pattern, struct bytes queue);

/*
 * rights_unstamped() - may a command without a stamp reach this subscription of a host? True when a
 * serve rule that grants it says so.
 */
bool rights_unstamped(struct rights *r, struct bytes pattern, struct bytes queue);
/*
 * rights_pins_host() - is the host's id the one it uses first on a connection? True when a serve rule
 * says so and the credential names no id, which would count.
 */
bool rights_pins_host(const struct rights *r);
/* rights_pin() - from now on its host id is @host, as if the credential said so. Return: 0, -ENOMEM. */
int rights_pin(struct rights *r, struct bytes host) must_check;
/* rights_is_host() - is this its own host id, by credential or pinned? */
bool rights_is_host(const struct rights *r, struct bytes id);
/*
 * rights_reports() - does it serve this lattice? Then whatever it publishes where hosts report, by
 * whichever rule, has to be of itself.
 */
bool rights_reports(struct rights *r, struct bytes lattice);
/*
 * rights_stored() - may it do that (state_needs()) with a stream that stores a lattice's state? control.watch
 * lets read too.
 */
struct decision rights_stored(struct rights *r, struct bytes lattice, enum verb needs);
/* rights_rpc() - does the right to answer on a reply R cover R.> as well? */
bool rights_rpc(struct rights *r);
/*
 * rights_stream() - may it read this stream whole, whatever the subjects: a consumer without a filter,
 * a message by its number, a snapshot, a mirror or source? By a rule with `streams`, or because it may
 * subscribe to all the stream can hold. Streams of commands are never granted by `streams`.
 */
struct decision rights_stream(struct rights *r, struct bytes stream);
/* rights_stream_subjects() - may it subscribe to all this stream can hold? The one way to change it whole. */
struct decision rights_stream_subjects(struct rights *r, struct bytes stream);

enum header_verdict {
	HEADER_REFUSE = 0,
	HEADER_STRIP,
	HEADER_PASS,
};
/* rights_header() - what to do with a powerful header this identity published. */
enum header_verdict rights_header(struct rights *r, struct bytes name);

/*
 * Rates. The questions above charge nothing: where a rule with a rate is what allows, they say so in
 * ->rated. Whoever lets something happen pays then, and what rights_pay_*() answers is the decision:
 * the same one, another rule's, or a refusal with REASON_RATE. Whoever only looks (at what lives
 * already, at what another process will judge again) does not pay.
 */
struct meters;
/* rights_meter() - where this identity's buckets are; borrows @t until rights_free(). Without it nothing is left. */
void rights_meter(struct rights *r, struct meters *t);
/* rights_pay_publish() - @d is what rights_publish() said, with ->rated; @now_ms of a clock that does not step. */
struct decision rights_pay_publish(
    struct rights *r, struct bytes subject, struct decision d, uint64_t now_ms);
struct decision rights_pay_subscribe(
    struct rights *r, struct bytes pattern, struct bytes queue, struct decision d, uint64_t now_ms);
struct decision rights_pay_command(struct rights *r, struct bytes subject, const struct command *c,
    const struct body *b, struct decision d, uint64_t now_ms);
/* rights_wait_ms() - of a refusal with REASON_RATE: how long until its rule allows one again. */
uint64_t rights_wait_ms(const struct rights *r, uint32_t rule, uint64_t now_ms);
/* rights_unpaid() - @d where nobody can pay: what a rule with a rate allows is refused. */
struct decision rights_unpaid(struct decision d);

/* reason_word() - "no_rule", "jwt", ... for logs. */
const char *reason_word(enum reason why);

#endif
