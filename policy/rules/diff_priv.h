/*
 * diff_priv - what the files of a diff share: memory, the budget, classes of texts and subjects,
 * and where differences are put down.
 */
#ifndef POLICY_RULES_DIFF_PRIV_H
#define POLICY_RULES_DIFF_PRIV_H

#include "policy/rules/diff.h"
#include "policy/rules/rights_priv.h"
#include "policy/rules/where.h"

enum { OLD = 0, NEW = 1, DIFF_ROLES = 3 };

enum diff_answer {
	DIFF_OPEN = 1, /* the budget is used up: diff_open() says what was not decided */
};

struct diff_texts {
	size_t n, cap;
	struct bytes *text;
};

/* Whoever is asked about, under both policies. */
struct diff_person {
	struct identity id;
	struct rights *rights[2];
	const char *who;
	size_t n_from; /* the roles it was made of */
	uint32_t from[DIFF_ROLES];
	struct bytes expect[2]; /* how an *.expect line calls it: by role, in full */
	struct bytes own;       /* a host id it carries, or empty */
};

struct diff_found;

struct diff {
	const struct policy *p[2];
	struct diff_budget left;
	struct diff_result *out;
	struct diff_found *found; /* differences by what they are; see diff.c */
	size_t n_found, cap_found;
	struct diff_texts lattices, hosts; /* one of each class, and "*" aside */
	struct diff_images *images;        /* classes found before; see diff_image.c */
	struct diff_texts rates;           /* as they are written, for comparing */
	bool no_memory;
	bool lattices_differ, prefixes_differ;
	char moment[32]; /* when; empty: neither policy asks */
};

/* diff_take() - zeroed memory that lives as long as the result; NULL when there is none. */
void *diff_take(struct diff *d, size_t n);
/* diff_keep(), diff_print() - a text that lives as long as the result; "" without memory. */
struct bytes diff_keep(struct diff *d, struct bytes s);
const char *diff_keep_buf(struct diff *d, struct buf *b);
/* diff_pay() - false when the budget is used up. */
bool diff_pay(struct diff *d, uint64_t steps);
/* diff_open() - put down that something was not decided; once each. */
void diff_open(struct diff *d, const char *what, const char *of);

/* diff_texts_add() - one more, unless it is there. The text has to outlive the list. */
int diff_texts_add(struct diff_texts *t, struct bytes s) must_check;
void diff_texts_deinit(struct diff_texts *t);

/*
 * diff_globs() - one text of every class that @globs can tell apart, none empty, added to @out.
 * @letters: what the texts may be made of; its first that no glob has is the fresh one.
 * Return: 0, DIFF_OPEN, -ENOMEM.
 */
int diff_globs(struct diff *d, const struct diff_texts *globs, const char *letters,
    struct diff_texts *out) must_check;
/* diff_networks() - addresses at both ends of a network, and beside it. */
int diff_networks(struct diff *d, struct bytes network, struct diff_texts *out) must_check;
/* diff_moments() - unix seconds, one of every class of moments that the rules' times can tell
 * apart. */
int diff_moments(const struct policy *const p[2], int64_t **out, size_t *n) must_check;
/* diff_images() - the same for references to images, which conditions see in parts. */
int diff_images(struct diff *d, const struct pol_cond *const *conds, const struct policy *const *of,
    size_t n, struct diff_texts *out) must_check;

void diff_images_free(struct diff_images *i);

/* A class of subjects. @pattern: may hold wildcards. */
typedef int diff_on_subject(void *ctx, struct bytes subject);

/* Patterns that tell subjects apart; only subjects that match one that ->matters are looked at. */
struct diff_pattern {
	struct bytes text; /* "\001" in front of a token: the wildcard itself, as it is written */
	bool matters;
};

/* diff_subjects() - one of every class. @wild: also patterns. Return: 0, DIFF_OPEN, or @on's. */
int diff_subjects(struct diff *d, const struct diff_pattern *pattern, size_t n, bool wild,
    diff_on_subject *on, void *ctx) must_check;

/* What the gate tells apart itself, whatever a policy says. */
struct diff_gate {
	struct bytes pattern; /* as in struct diff_pattern */
	struct bytes queue;   /* a group that goes with it, or empty */
	bool literal, wild;   /* of what is published, subscribed to */
	uint64_t verbs;       /* rules with these decide about it; 0: none, it only takes away */
	bool inbox;           /* where answers go */
	bool lattices;        /* something else when its lattice is governed */
};

/* diff_gate() - all of it, for the verbs that are granted to somebody. Return: 0, -ENOMEM, or
 * @on's. */
int diff_gate(struct diff *d, uint64_t granted, int (*on)(void *ctx, const struct diff_gate *g),
    void *ctx) must_check;

/* diff_people() - one of every kind of identity that matters, smallest first. */
int diff_people(struct diff *d, int (*on)(struct diff *d, struct diff_person *who)) must_check;

/* The questions, each to both policies. */
int diff_data(struct diff *d, struct diff_person *who) must_check;
int diff_headers(struct diff *d, struct diff_person *who) must_check;
int diff_commands(struct diff *d, struct diff_person *who) must_check;

/* diff_compare_files() - lattices and control prefixes, which matter to everybody. */
void diff_compare_files(struct diff *d);
/* diff_hosts_same() - do both call hosts the same? */
bool diff_hosts_same(const struct policy *a, const struct policy *b);
/* diff_labelled_hosts() - hosts of either hosts { } to d->hosts, when a rule asks for labels. */
int diff_labelled_hosts(struct diff *d) must_check;
/* diff_say_files() - a line for each control prefix and labelled host that is not the same. */
int diff_say_files(struct diff *d) must_check;

/* What was asked, and what both said. */
struct diff_case {
	enum diff_op op;
	const struct diff_person *who;
	enum verb verb;       /* of a command, what it turned out to be */
	enum dialect dialect; /* of a command */
	struct bytes subject, other;
	const struct bytes *payload; /* NULL: none */
	struct diff_said said[2];
};

/* diff_put() - put a case down when the two differ. */
int diff_put(struct diff *d, const struct diff_case *c) must_check;
/* diff_finish() - the lines from what was found. */
int diff_finish(struct diff *d) must_check;
/* diff_said_of() - with the rate and the sample of a grant that has one, compared as written. */
struct diff_said diff_said_of(struct diff *d, int side, struct decision dec);

/* diff_rule_same() - do two rules say the same of these verbs (0: of anything but verbs)? */
bool diff_rule_same(const struct policy *a, const struct pol_rule *x, const struct policy *b,
    const struct pol_rule *y);
bool diff_list_same(
    const struct policy *a, struct pol_list x, const struct policy *b, struct pol_list y);
/* diff_put_where() - "image = [..] count <= 10", in the language of policies. */
void diff_put_where(struct buf *b, const struct policy *p, const struct pol_rule *rule);
void diff_put_list(struct buf *b, const struct policy *p, struct pol_list l);
/* diff_put_patterns() - of subjects, with their queues. */
void diff_put_patterns(struct buf *b, const struct policy *p, struct pol_list l);

#endif
