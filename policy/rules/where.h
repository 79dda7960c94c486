/*
 * where - conditions of a rule on what is commanded: fields of the command, and whether they hold.
 *
 * docs/POLICY.md, Where, is the contract: what each field is, which verbs have it, and what a
 * condition on many values means.
 */
#ifndef POLICY_RULES_WHERE_H
#define POLICY_RULES_WHERE_H

#include "policy/commands/body.h"
#include "policy/rules/policy_priv.h"

/* How the values of a field are written and compared. */
enum where_type {
	WHERE_GLOBS,  /* any text */
	WHERE_IMAGES, /* REGISTRY/REST, each a glob of its own; or SCHEME://REST */
	WHERE_LOWER,  /* globs of what is lower case in every command */
	WHERE_WORDS,  /* one of a few words */
	WHERE_HOSTS,  /* host ids, without case, and `own` */
	WHERE_NUMBERS,
};

struct where_row {
	const char *name;
	enum where_type type;
	uint64_t verbs; /* that can have it */
};

/* What a rule's conditions are put to. */
struct where_ask {
	const struct policy *p;
	const struct command *c;
	const struct body *b;
	size_t n_hosts; /* of whoever commands */
	const struct bytes *host;
};

/* where_row() - what is known about a field; NULL for POLICY_FIELD_NONE and beyond. */
const struct where_row *where_row(enum policy_field f);
/* where_field() - the field called so, or POLICY_FIELD_NONE. */
enum policy_field where_field(struct bytes name);
/* where_scheme_word(), where_kind_word() - as conditions call it; empty for none. */
struct bytes where_scheme_word(enum image_scheme scheme);
struct bytes where_kind_word(enum part_role role);
/* where_word_ok() - can a field of words ever be this one? */
bool where_word_ok(enum policy_field f, struct bytes word);
/*
 * where_holds() - do all conditions of a rule hold? Of a rule that allows each must for every value
 * the command has, of one that denies for any. @failed: the first that does not; of a rule without
 * conditions POLICY_FIELD_NONE.
 */
bool where_holds(
    const struct where_ask *ask, const struct pol_rule *rule, enum policy_field *failed);
/*
 * One value that a command has in a field. An image is ->head and ->rest as they are compared with
 * the two halves of a glob, with a '/' between unless ->head ends with one; other texts are ->head.
 */
struct where_value {
	bool absent; /* a part without it, or a command that has none at all */
	struct bytes head, rest;
	uint64_t number;
};
struct where_taker {
	void (*tell)(void *ctx, const struct where_value *v);
	void *ctx;
};
/*
 * where_each() - tell all values that a condition on this field would be put to, in their order.
 * ask->p is not asked. host.label has none: it is the policy's word and not the command's.
 */
void where_each(const struct where_ask *ask, enum policy_field f, const struct where_taker *taker);
/* where_ok() - may this condition of a snapshot be put to a command? Its lists are checked
 * elsewhere. */
bool where_ok(const struct pol_cond *c);

#endif
