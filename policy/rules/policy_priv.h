/*
 * policy_priv - how a snapshot is laid out, for the files of this room.
 *
 * One run of bytes: a head, then sections of equal records. Records name strings by offset into the
 * string section (each ends with a NUL that is not counted) and lists by first index and count into
 * the item section. Numbers are the machine's own: a snapshot never leaves the machine it was made
 * on, and the magic number reads differently elsewhere.
 */
#ifndef POLICY_RULES_POLICY_PRIV_H
#define POLICY_RULES_POLICY_PRIV_H

#include "policy/commands/prefix.h"
#include "policy/rules/policy.h"
#include "policy/rules/rate.h"
#include "policy/rules/window.h"

#define POL_MAGIC UINT64_C(0x37304c4f50435250) /* "PRCPOL07" */

enum {
	POL_MAX_FILES = 1024,
	POL_MAX_ROLES = 4096,
	POL_MAX_RULES = 1 << 17,
	POL_MAX_NAME = 64,
	POL_MAX_BECAUSE = 512,
	POL_MAX_TIMES = 2048,
	POL_ID_LEN = 16,
};

enum pol_section {
	POL_STRINGS,
	POL_ITEMS,
	POL_FILES,
	POL_ROLES,
	POL_RULES,
	POL_TO,
	POL_CONDS,
	POL_RANGES,
	POL_HOSTS,
	POL_WINDOWS,
	POL_SECTIONS
};

struct pol_part {
	uint32_t off;
	uint32_t size; /* in bytes */
};

struct pol_head {
	uint64_t magic;
	uint32_t size; /* of the whole snapshot */
	char id[POL_ID_LEN + 4];
	struct pol_part part[POL_SECTIONS];
};

struct pol_str {
	uint32_t off;
	uint32_t len;
};

/* First and count, into POL_ITEMS or, for a rule's `to`, POL_TO. */
struct pol_list {
	uint32_t first;
	uint32_t n;
};

struct pol_item {
	struct pol_str text;
	struct pol_str queue; /* of a subscribe pattern; empty: none. Of an image: behind the registry */
};

struct pol_file {
	struct pol_str name;
	struct pol_list lattices;
	struct pol_list prefixes; /* the first file's: control prefixes of the whole policy */
};

/* Where something stands in its file. */
struct pol_place {
	uint32_t line, col;
};

struct pol_role {
	struct pol_str name;
	struct pol_str account; /* A... */
	struct pol_list tags;
	struct pol_list names;
	struct pol_list users;
	struct pol_list issuers; /* A..., accounts or their signing keys */
	struct pol_list sources; /* networks */
	struct pol_list certificates; /* "dns:GLOB" and the like; a "dn:" is meant as it stands */
	uint32_t file;
	struct pol_place place;
};

/* hosts { }: what the policy calls a host. Sorted by id, which is in lower case. */
struct pol_host {
	struct pol_str id;
	struct pol_list labels;
};

enum pol_cond_flag {
	POL_COND_NOT = 1,  /* holds for values that are none of the listed */
	POL_COND_NONE = 2, /* an absent value is among the listed */
	POL_COND_OWN = 4,  /* so are the host ids of whoever asks */
	POL_COND_FLAGS = 7,
};

/* One entry of where { }; values are items, or ranges when the field is a number. */
struct pol_cond {
	uint32_t field; /* enum policy_field */
	uint32_t flags;
	struct pol_list values;
};

/* Numbers from min to max, low half first. */
struct pol_range {
	uint32_t min[2];
	uint32_t max[2];
};

enum pol_rule_flag {
	POL_DENY = 1,     /* the verbs and patterns are taken away, not given */
	POL_OBSERVE = 2,  /* judged and reported, never enforced */
	POL_EVERYONE = 4, /* to = ["*"] */
	POL_UNSTAMPED = 8, /* serve: commands without a stamp are let through */
	POL_PIN_HOST = 16, /* serve: the host id is what it first says, where the credential has none */
	POL_RPC = 32,      /* answers go below the reply subject too */
	POL_FLAGS = 63,
};

struct pol_rule {
	struct pol_str name;
	struct pol_str because;
	struct pol_str place;
	uint32_t file;
	uint32_t flags;
	uint32_t verbs[2]; /* low half first */
	struct pol_list to;
	struct pol_list publish;
	struct pol_list subscribe;
	struct pol_list reply;
	struct pol_list headers;
	struct pol_list strip;
	uint32_t respond;    /* 0: none */
	uint32_t respond_ms;
	struct pol_list where; /* into POL_CONDS */
	struct pol_list streams;
	struct pol_list during; /* into POL_WINDOWS; none: the whole week */
	uint32_t from[2];       /* unix seconds, low half first */
	uint32_t until[2];      /* 0: for ever */
	struct pol_str times;   /* what the four keys say, for people */
	uint32_t rate;          /* messages in rate_ms; 0: as many as come */
	uint32_t rate_ms;
	uint32_t burst;
	uint32_t sample; /* of what it allows one in so many is on record; 0: each */
};

_Static_assert(sizeof(struct pol_head) == 32 + 8 * POL_SECTIONS, "no padding in the head");
_Static_assert(sizeof(struct pol_item) == 16 && sizeof(struct pol_file) == 24, "no padding");
_Static_assert(sizeof(struct pol_role) == 76 && sizeof(struct pol_rule) == 160, "no padding");
_Static_assert(sizeof(struct window_span) == 8, "no padding");
_Static_assert(sizeof(struct pol_cond) == 16 && sizeof(struct pol_range) == 16, "no padding");
_Static_assert(sizeof(struct pol_host) == 16, "no padding");

struct view;
struct pol_clock;

struct policy {
	struct bytes snapshot;
	const char *strings;
	const struct pol_item *items;
	const struct pol_file *files;
	const struct pol_role *roles;
	const struct pol_rule *rules;
	const uint32_t *to;
	const struct pol_cond *conds;
	const struct pol_range *ranges;
	const struct pol_host *hosts;
	const struct window_span *windows;
	size_t n_strings, n_items, n_files, n_roles, n_rules, n_to, n_conds, n_ranges, n_hosts, n_windows;
	char id[POL_ID_LEN + 1];
	struct prefixes prefixes; /* in strings */
	struct view **views; /* what sets of roles may do, shared by identities; see view.h */
	struct pol_clock *clock; /* which rules are shut now; NULL: no rule has times */
};

static inline uint64_t
pol_u64(const uint32_t half[2])
{
	return (uint64_t)half[1] << 32 | half[0];
}

static inline uint64_t
pol_verbs(const struct pol_rule *rule)
{
	return pol_u64(rule->verbs);
}

/*
 * What a rule says about time and amount. Whoever compares two policies takes both as atoms: rules
 * have the same times when pol_same_times() says so, the same rate when the three numbers are equal,
 * and a rule with neither (!pol_timed(), !pol_rated()) holds always and without end.
 * policy_rule_times() and policy_rule_rate() name them for people.
 */
static inline bool
pol_timed(const struct pol_rule *rule)
{
	return rule->during.n != 0 || pol_u64(rule->from) != 0 || pol_u64(rule->until) != 0;
}

static inline bool
pol_rated(const struct pol_rule *rule)
{
	return rule->rate != 0;
}

static inline struct rate
pol_rate(const struct pol_rule *rule)
{
	return (struct rate){ rule->rate, rule->burst, rule->rate_ms };
}

static inline int64_t
pol_until(const struct pol_rule *rule)
{
	return pol_u64(rule->until) != 0 ? (int64_t)pol_u64(rule->until) : INT64_MAX;
}

/* pol_same_times() - in force at exactly the same moments? The rules may be of two policies. */
bool pol_same_times(const struct policy *p, const struct pol_rule *a, const struct policy *q,
    const struct pol_rule *b);
/* pol_times_cover() - is @outer in force whenever @inner is? */
bool pol_times_cover(
    const struct policy *p, const struct pol_rule *outer, const struct pol_rule *inner);
/* pol_never() - is there no moment at which it is in force? */
bool pol_never(const struct policy *p, const struct pol_rule *rule);
/* clock_new() - every grant with times shut, every denial in force. Return: 0, -ENOMEM. */
int clock_new(struct policy *p) must_check;
void clock_free(struct pol_clock *c);
/* clock_shut() - is this rule out of force by the time last told? */
bool clock_shut(const struct policy *p, uint32_t rule);

static inline struct bytes
pol_bytes(const struct policy *p, struct pol_str s)
{
	return bytes_of(p->strings + s.off, s.len);
}

struct place;

/*
 * A policy while it is compiled: the sections as they grow. policy_parse() fills it from one tree
 * after the other, policy_compile() puts the parts together.
 */
struct draft {
	struct place *files; /* one each, in order; see parse_priv.h */
	size_t n_files;
	uint32_t *role_slots; /* roles by file and name */
	struct draft_text *texts; /* that variables were put into */
	size_t uses, text_size;   /* of variables, so far */
	struct buf part[POL_SECTIONS];
	struct text_report *report;
	struct draft_name *account_names; /* accounts {} of all files */
	size_t n_accounts, cap_accounts;
	struct draft_index *rule_names;
	struct draft_host *hosts; /* hosts {} of all files */
	size_t n_hosts, cap_hosts;
	struct prefixes prefixes; /* control_prefix of all files, borrowed from the trees */
};

/* A host while files are read; its place is for whoever names it again. */
struct draft_host {
	struct pol_host host;
	const struct text *t;
	const struct text_node *at;
};

struct draft_name {
	struct bytes name; /* borrowed from a tree */
	struct bytes key;
};

/*
 * The passes over the files; errors go to the report, accidents are returned.
 *
 * draft_includes() - who may use whose roles and variables; draft_includes_end() frees what it made.
 * draft_vars() - variables in all files. draft_accounts() - the accounts {} of one file,
 * draft_prefixes() - its control_prefix, draft_prefixes_put() - those of all files, draft_file()
 * - its lattices, hosts and roles, draft_rules() - its rules.
 */
int draft_includes(struct draft *d, struct text **trees, size_t n) must_check;
void draft_includes_end(struct draft *d);
int draft_vars(struct draft *d) must_check;
void draft_vars_end(struct draft *d);
struct place *draft_place(struct draft *d, size_t file);
int draft_accounts(struct draft *d, struct place *at) must_check;
void draft_prefixes(struct draft *d, struct place *at);
void draft_prefixes_put(struct draft *d, struct pol_list *out);
int draft_file(struct draft *d, struct place *at) must_check;
int draft_rules(struct draft *d, struct place *at) must_check;
/* draft_hosts_end() - all of hosts {} to its section. Errors go to the report. */
void draft_hosts_end(struct draft *d);
/* policy_host() - what hosts { } says of a host; NULL: nothing. Case does not count. */
const struct pol_host *policy_host(const struct policy *p, struct bytes id);
/* draft_string() - add a string; its place in the section. A failed section is noticed at the end. */
struct pol_str draft_string(struct draft *d, struct bytes s);
/* draft_rule_name() - remember a rule's name. Return: 0, POLICY_BAD when it is taken, -ENOMEM. */
int draft_rule_name(struct draft *d, struct bytes name) must_check;

#endif
