/*
 * policy - a policy compiled to one flat, immutable run of bytes (the snapshot), and questions to it.
 *
 * The compiler process turns *.policy files into a snapshot (policy_compile()); everybody else maps
 * it read-only and opens it (policy_open()), which checks every offset once. No pointers inside.
 */
#ifndef POLICY_RULES_POLICY_H
#define POLICY_RULES_POLICY_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"
#include "policy/core/text.h"
#include "policy/identity/nkey.h"

enum { RULE_NONE = UINT32_MAX, POLICY_RATE_TEXT = 48, POLICY_SAMPLE_MAX = 1000000 };

/* What a rule's where { } may be about; names: policy_field_name(). */
enum policy_field {
	POLICY_FIELD_NONE = 0,
	POLICY_FIELD_IMAGE,
	POLICY_FIELD_REGISTRY,
	POLICY_FIELD_REPOSITORY,
	POLICY_FIELD_TAG,
	POLICY_FIELD_DIGEST,
	POLICY_FIELD_SCHEME,
	POLICY_FIELD_KIND,
	POLICY_FIELD_ID,
	POLICY_FIELD_NAME,
	POLICY_FIELD_COUNT_OF, /* "count" */
	POLICY_FIELD_HOST,
	POLICY_FIELD_LATTICE,
	POLICY_FIELD_LINK_SOURCE,
	POLICY_FIELD_LINK_TARGET,
	POLICY_FIELD_LINK_NAME,
	POLICY_FIELD_CONTRACT,
	POLICY_FIELD_CONFIG,
	POLICY_FIELD_LABEL,
	POLICY_FIELD_ANNOTATION,
	POLICY_FIELD_APPLICATION,
	POLICY_FIELD_HOST_PATH,
	POLICY_FIELD_NAMESPACE,
	POLICY_FIELD_OUTBOUND,
	POLICY_FIELD_ALLOW_UPDATE,
	POLICY_FIELD_EVERY_HOST,
	POLICY_FIELD_TIMEOUT,
	POLICY_FIELD_VERSION,
	POLICY_FIELD_SECRET,
	POLICY_FIELD_SECRET_POLICY,
	POLICY_FIELD_POLICY,
	POLICY_FIELD_POLICY_TYPE,
	POLICY_FIELD_LINK_INTERFACE,
	POLICY_FIELD_LINK_KEY,
	POLICY_FIELD_CONFIG_KEY,
	POLICY_FIELD_HOST_LABEL,
	POLICY_FIELD_COUNT /* how many there are */
};

struct policy; /* an opened snapshot; borrows the bytes */

struct policy_source {
	const char *file;  /* for messages */
	struct bytes text;
};

enum policy_answer {
	POLICY_BAD = 1, /* the report says what and where */
	POLICY_CHANGED, /* other rules are in force than before */
	POLICY_NO_ROLE,      /* no role asks for any of these certificate names */
	POLICY_TWO_ACCOUNTS, /* roles of several accounts do */
};

/*
 * policy_compile() - all files of a policy directory, in the order given, to one snapshot.
 * @out: its ceiling bounds the snapshot (64 MiB is plenty). The report also gets warnings.
 * Return: 0, POLICY_BAD, -ENOMEM.
 */
int policy_compile(struct buf *out, const struct policy_source *src, size_t n, struct text_report *r) must_check;
/*
 * policy_includes() - the files a policy's include names, for whoever reads single files: @each is
 * called with every NAME.policy that is one, until it returns something else than 0. A text that
 * cannot be read names none.
 * Return: what @each did, or 0, -ENOMEM.
 */
int policy_includes(const struct policy_source *src, int (*each)(void *ctx, struct bytes name),
    void *ctx) must_check;
/*
 * policy_open() - check a snapshot and make it usable; borrows @snapshot until policy_close().
 * Return: 0, -EBADMSG, -ENOMEM.
 */
int policy_open(struct policy **out, struct bytes snapshot) must_check;
void policy_close(struct policy *p);
struct identity;
/*
 * policy_certified() - the account of somebody who has a certificate and no token: that of the roles with
 * `certificates` that are theirs. @id: with its certificate's names and its source.
 * Return: 0 and @account, POLICY_NO_ROLE, POLICY_TWO_ACCOUNTS.
 */
int policy_certified(
    const struct policy *p, const struct identity *id, char account[NKEY_TEXT_LEN + 1]) must_check;
struct prefixes;
/* policy_prefixes() - its control prefixes (policy/commands/prefix.h). */
const struct prefixes *policy_prefixes(const struct policy *p);
/* policy_id() - first 16 hex digits of the SHA-256 of the sources, in order; NUL-terminated. */
const char *policy_id(const struct policy *p);
/* policy_rule_name() - a rule's name; "none" for RULE_NONE. */
const char *policy_rule_name(const struct policy *p, uint32_t rule);
/* policy_rule_because() - its `because` text, or "". */
const char *policy_rule_because(const struct policy *p, uint32_t rule);
/* policy_rule_place() - "file:line" of the rule, or "". */
const char *policy_rule_place(const struct policy *p, uint32_t rule);
/* policy_rule_times() - "mon-fri 08:00-18:00 +02:00, until 2027-01-01T00:00Z": when it is in force; "" for always. */
const char *policy_rule_times(const struct policy *p, uint32_t rule);
/* policy_rule_rate() - "10/s burst 20", or "" for a rule without a rate. */
const char *policy_rule_rate(const struct policy *p, uint32_t rule, char out[POLICY_RATE_TEXT]);
/* policy_rule_sample() - of the reads it allows one in so many is on record; 1: each of them. */
uint32_t policy_rule_sample(const struct policy *p, uint32_t rule);
/* policy_rule_shut() - out of force at the time policy_time() told last. */
bool policy_rule_shut(const struct policy *p, uint32_t rule);
/*
 * policy_time() - it is @unix_s now: rules go in and out of force. Tell it about once a second. What
 * rights remember by the rules of before is forgotten; who judged something else by them (live
 * subscriptions) has to look again. Before the first call every grant with times is shut and every
 * denial is in force.
 * Return: 0 nothing changed, POLICY_CHANGED, -ENOMEM (then nobody may go on judging by it).
 */
int policy_time(const struct policy *p, int64_t unix_s) must_check;
/* policy_no_time() - as before the first call. Return: as policy_time(). */
int policy_no_time(const struct policy *p) must_check;
/* policy_field_name() - "image", "link.source" ... for logs; "" for POLICY_FIELD_NONE. */
const char *policy_field_name(enum policy_field f);
size_t policy_rules(const struct policy *p);

#endif
