/*
 * parse_priv - what the readers of roles and of rules share while they read one file.
 */
#ifndef POLICY_RULES_PARSE_PRIV_H
#define POLICY_RULES_PARSE_PRIV_H

#include "policy/rules/policy_priv.h"

/* A file while it is read, and where the parser is. */
struct place {
	struct draft *d;
	struct text *t;
	uint32_t file;
	int32_t zone_s;            /* of its hours, east of Greenwich */
	struct bytes zone;         /* as written; empty: UTC */
	struct text_node *set;     /* its variables; NULL: none */
	uint32_t *includes;        /* files named in its include */
	size_t n_includes, folder; /* length of its path up to the name */
	uint32_t *sees;            /* files whose roles and variables it may use, itself first */
	size_t n_sees;
	bool governs; /* says which lattices */
};

/* An element of a list: checks it, and may split it. Return: false after reporting. */
typedef bool item_fn(struct place *at, const struct text_node *n, struct pol_item *out);

/* A rule { } while it is read. */
struct rule_place {
	struct place *at;
	struct text_node *section;
	struct pol_rule rule;
	bool grants, denies; /* which kinds of keys were seen */
	bool within;
	bool verbs;
	bool patterns;          /* publish, subscribe and the like */
	uint64_t unconditional; /* verbs named that are no commands: serve, control.watch */
	struct text_node *where;
	struct text_node *of_serve, *of_answers;                       /* a key that says how */
	struct text_node *rate, *burst, *sample, *during, *zone, *from, *until; /* see rule_bounds.c */
};

#define COMPLAIN(at, node, ...) text_error((at)->d->report, (at)->t, (node), __VA_ARGS__)

/* parse_count() - how many records a section has by now. */
uint32_t parse_count(const struct draft *d, enum pol_section s, size_t record);
/* parse_name_ok() - may a role or a rule be called so? */
bool parse_name_ok(struct bytes s);
/* parse_elements() - the elements of "key = [a, b]", or NULL after reporting. */
struct text_node *parse_elements(struct place *at, struct text_node *e);
/* parse_list() - the elements of a list to items, each through @check. */
void parse_list(struct place *at, struct text_node *e, item_fn *check, struct pol_list *out);
/* parse_hosts() - a hosts { } section. Return: 0, -ENOMEM. */
int parse_hosts(struct place *at, struct text_node *s) must_check;
/* parse_lowered() - a string of the draft in lower case. */
struct pol_str parse_lowered(struct draft *d, struct bytes text);
/* parse_find_role() - a role of this file by name, or UINT32_MAX. */
uint32_t parse_find_role(const struct place *at, struct bytes name);
/* parse_name_role() - remember that a role of this file is called so. */
void parse_name_role(const struct place *at, struct bytes name, uint32_t role);
/* parse_role() - a role this file may use, or UINT32_MAX after reporting. */
uint32_t parse_role(const struct place *at, const struct text_node *n);
/*
 * parse_where() - the conditions in where { } of a rule with these verbs, to @out. A field that
 * none of them has is an error; in a rule that allows, verbs that lack one are warned of.
 */
void parse_where(
    struct place *at, const struct text_node *s, uint64_t verbs, bool deny, struct pol_list *out);
/* rule_streams() ... - the keys of a rule that have a file of their own: rule_serve.c. */
void rule_streams(struct rule_place *rp, struct text_node *e);
void rule_unstamped(struct rule_place *rp, struct text_node *e);
void rule_host_id(struct rule_place *rp, struct text_node *e);
void rule_rpc(struct rule_place *rp, struct text_node *e);
/* rule_check_serve() - whether what they say can mean anything in this rule. */
void rule_check_serve(struct rule_place *rp);
/* rule_rate() ... - how often and when it holds; only remembered. */
void rule_rate(struct rule_place *rp, struct text_node *e);
void rule_burst(struct rule_place *rp, struct text_node *e);
void rule_sample(struct rule_place *rp, struct text_node *e);
void rule_during(struct rule_place *rp, struct text_node *e);
void rule_zone(struct rule_place *rp, struct text_node *e);
void rule_from(struct rule_place *rp, struct text_node *e);
void rule_until(struct rule_place *rp, struct text_node *e);
/* rule_check_bounds() - reads them, once all of the rule is known. */
void rule_check_bounds(struct rule_place *rp);
/* parse_rule() - one rule { } section; @lattices: the file says which it governs. */
int parse_rule(struct place *at, struct text_node *s, bool lattices) must_check;

#endif
