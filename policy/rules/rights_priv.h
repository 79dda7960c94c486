/*
 * rights_priv - what an identity's rights consist of, and the steps every question shares.
 */
#ifndef POLICY_RULES_RIGHTS_PRIV_H
#define POLICY_RULES_RIGHTS_PRIV_H

#include "policy/commands/guarded.h"
#include "policy/commands/serve.h"
#include "policy/commands/state.h"
#include "policy/commands/server.h"
#include "policy/rules/narrow.h"
#include "policy/rules/rights.h"
#include "policy/rules/view.h"

enum { MAX_HOST_IDS = 16 };
enum { CACHE_SETS = 64, CACHE_WAYS = 4, CACHE_TEXT = 112 };

enum question_kind {
	ASK_PUBLISH = 1,
	ASK_DELIVER,
};

/* What kind of subject a delivered message is printed with. */
enum space {
	SPACE_DATA = 0,
	SPACE_RESERVED,
	SPACE_GUARDED, /* guarded.h: no command, and obeyed all the same */
	SPACE_NAMED, /* reserved or guarded, and a subscribe rule names it */
	SPACE_COMMAND,
};

struct answer {
	struct decision d;
	uint8_t space; /* of a delivery */
};

/* One remembered answer. */
struct slot {
	struct answer a;
	uint8_t question; /* 0: empty */
	uint8_t len;
	uint8_t text[CACHE_TEXT];
};

/* A question can stand in four places, whose tags lie side by side. */
struct cache {
	uint64_t tag[CACHE_SETS][CACHE_WAYS];
	struct slot slot[CACHE_SETS][CACHE_WAYS];
};

struct rights {
	const struct policy *p;
	struct view *view;                /* what its roles may do, shared */
	struct narrow own;                /* what its credential takes away from that */
	char account[NKEY_TEXT_LEN + 1];
	size_t n_hosts;
	struct bytes *host;               /* host ids, owned */
	uint64_t seed;
	struct view_user user;            /* ->memory: struct cache, NULL until the first question */
	char name[NKEY_TEXT_LEN + 1];     /* the user key: whose buckets */
	struct meters *meters;            /* NULL: nothing can be paid */
	struct meter **meter;             /* as view->rated; NULL until the first is paid */
};

/* judge_deny() - no, with a reason that is no rule. */
static inline struct decision
judge_deny(enum reason why)
{
	return (struct decision){ .verdict = VERDICT_DENY, .reason = why, .rule = RULE_NONE };
}

/*
 * judge_rules() - what rules say together: an enforced deny wins, then an enforced allow, then one
 * that observes. A deny that observes changes nothing but is named, so that the log shows whom it
 * would have hit.
 */
struct decision judge_rules(struct hit denies, struct hit allows, enum reason otherwise);
/*
 * judge_rated() - the same with grants that have to be paid: they come behind those that do not, and
 * the decision says which is to pay.
 */
struct decision judge_rated(
    struct hit denies, struct hit allows, struct hit rated, enum reason otherwise);
/* judge_own() - where being oneself is enough, and only a deny can say no. */
struct decision judge_own(struct hit denies, enum reason why);

static inline struct hit
hit_either(struct hit a, struct hit b)
{
	return (struct hit){
		a.enforced < b.enforced ? a.enforced : b.enforced,
		a.observed < b.observed ? a.observed : b.observed,
	};
}

static inline bool
hit_any(struct hit h)
{
	return h.enforced != RULE_NONE || h.observed != RULE_NONE;
}

/* subject_reserved() - in a space only a pattern that names it opens: "$SYS", "_INBOX", "_R_" ... */
static inline bool
subject_reserved(struct bytes s)
{
	return s.ptr[0] == '$' || s.ptr[0] == '_';
}

static inline bool
subject_in_inbox(struct bytes s)
{
	return bytes_starts(s, BYTES_LIT("_INBOX."));
}

/* rights_is_command() - also of a pattern: is all of it in a control space? */
static inline bool
rights_is_command(const struct rights *r, struct bytes s)
{
	struct command c;

	return command_classify_under(&r->p->prefixes, s, &c) == 0;
}

/* rights_has() - is a verb granted anywhere? */
static inline bool
rights_has(const struct rights *r, enum verb v)
{
	return (r->view->verbs & VERB_BIT(v)) != 0;
}

static inline struct serve_host
rights_host(const struct rights *r)
{
	return (struct serve_host){ r->n_hosts, r->host };
}

/* rights_word() - rules about a word that is no command (serve, control.watch) on one lattice. */
static inline void
rights_word(const struct rights *r, enum verb word, struct bytes lattice, struct hit *allows,
    struct hit *denies)
{
	struct view_question q = { VERB_BIT(word), VERB_BIT(word), lattice, NULL };
	struct view_answer a = view_verbs(r->view, &q);

	*allows = a.allow;
	*denies = a.deny;
}

/*
 * judge_publish(), judge_subscribe(), judge_body() - a question as rights.h has it, where of the
 * enforced rules with a rate only those from @after on count.
 */
struct decision judge_publish(const struct rights *r, struct bytes s, uint32_t after);
struct decision judge_subscribe(
    const struct rights *r, struct bytes pattern, struct bytes queue, uint32_t after);
struct decision judge_body(const struct rights *r, struct bytes subject, const struct command *c,
    const struct body *b, uint32_t after);
/* rights_state() - what lets it ask JetStream about the stored state of a lattice on subject @s. */
struct hit rights_state(const struct rights *r, struct bytes s);

/* rights_guarded() - does a subject or pattern lie in a guarded space that counts under this policy? */
bool rights_guarded(const struct rights *r, struct bytes s, struct guarded *g);
/* rights_named() - how many tokens a pattern has to spell out to grant @s; *g as rights_guarded() or zeroed. */
unsigned rights_named(const struct rights *r, struct bytes s, struct guarded *g);
/* rights_unnamed() - why nothing granted it: no pattern covers it, or one that does not spell it out. */
enum reason rights_unnamed(const struct trie *t, const struct words *words, struct bytes s);
/* rights_guarded_publish() - which rule lets it publish to a guarded subject, apart from patterns and serve? */
struct hit rights_guarded_publish(const struct rights *r, struct bytes s, const struct guarded *g);
/* rights_server_subscribe() - which rule lets it subscribe as a server of the control plane? */
struct hit rights_server_subscribe(const struct rights *r, struct bytes pattern, struct bytes queue);
/* rights_server_hears() - is that so, and may it hear this subject, lattice and all, on it? */
bool rights_server_hears(const struct rights *r, struct bytes pattern, struct bytes queue, struct bytes s);

/* cache_get() - true: *where holds the answer. False: where to put it (NULL: nowhere). */
bool cache_get(struct rights *r, enum question_kind q, struct bytes s, struct slot **where);
/* cache_put() - remember an answer where cache_get() said. */
void cache_put(struct slot *slot, enum question_kind q, struct bytes s, struct answer a);

#endif
