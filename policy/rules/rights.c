/*
 * rights - see rights.h. The order in which a question is answered is the same everywhere, and each
 * step can only take away from what the later ones would give:
 *
 *	is it a subject at all - what kind of subject is it (command, reserved space, data) -
 *	the credential's own lists - deny rules - what the identity has by being itself (its inbox,
 *a host's own subjects) - allow rules - no.
 *
 * Nothing here trusts a subject: all of them come from strangers. What is trusted is the snapshot,
 * which policy_open() checked, and the identity, which the verifier made.
 *
 * Publishes and deliveries are asked for every message, so their answers are kept in a small
 * direct-mapped table of this identity; whoever plays against its slots slows down himself.
 */
#include "policy/rules/rights.h"

#include "policy/commands/serve.h"
#include "policy/rules/hash.h"
#include "policy/rules/narrow.h"
#include "policy/rules/rights_priv.h"
#include "policy/rules/subject.h"
#include "policy/rules/view.h"

enum {
	CACHE_SLOTS = 256,
	CACHE_TEXT = 116,
	MAX_HOST_IDS = 16,
	SERVE_ANSWERS =
	    8, /* a command has one answer; a little room for hosts that send progress */
	SERVE_TTL_MS = 120000,
};

enum question {
	ASK_PUBLISH = 1,
	ASK_DELIVER,
};

/* What kind of subject a delivered message is printed with. */
enum space {
	SPACE_DATA = 0,
	SPACE_RESERVED,
	SPACE_NAMED, /* reserved, and a subscribe rule names it */
	SPACE_COMMAND,
};

struct answer {
	struct decision d;
	uint8_t space;
};

struct slot {
	uint64_t hash;
	struct answer a;
	uint8_t question; /* 0: empty */
	uint8_t len;
	uint8_t text[CACHE_TEXT];
};

static struct decision
deny(enum reason why)
{
	return (struct decision){ .verdict = VERDICT_DENY, .reason = why, .rule = RULE_NONE };
}

static struct decision
allow(enum reason why, uint32_t rule, bool would_deny)
{
	return (struct decision){ VERDICT_ALLOW, why, rule, would_deny };
}

/*
 * What rules say together: an enforced deny wins, then an enforced allow, then one that observes. A
 * deny that observes changes nothing but is named, so that the log shows whom it would have hit.
 */
static struct decision
rules_say(struct hit denies, struct hit allows, enum reason otherwise)
{
	bool marked = denies.observed != RULE_NONE;

	if (denies.enforced != RULE_NONE)
		return (struct decision){ VERDICT_DENY, REASON_RULE, denies.enforced, false };
	if (allows.enforced != RULE_NONE)
		return allow(REASON_RULE, marked ? denies.observed : allows.enforced, marked);
	if (allows.observed != RULE_NONE)
		return allow(REASON_RULE, marked ? denies.observed : allows.observed, true);
	return deny(otherwise);
}

/* As rules_say() where being oneself is enough, and only a deny can say no. */
static struct decision
own_unless_denied(struct hit denies)
{
	if (denies.enforced != RULE_NONE)
		return (struct decision){ VERDICT_DENY, REASON_RULE, denies.enforced, false };
	return allow(REASON_OWN_INBOX, denies.observed, denies.observed != RULE_NONE);
}

static struct hit
hit_either(struct hit a, struct hit b)
{
	return (struct hit){
		a.enforced < b.enforced ? a.enforced : b.enforced,
		a.observed < b.observed ? a.observed : b.observed,
	};
}

/* Spaces that only a pattern which names them opens: "$SYS", "_INBOX", "_R_" ... */
static bool
reserved(struct bytes s)
{
	return s.ptr[0] == '$' || s.ptr[0] == '_';
}

static bool
in_inbox(struct bytes s)
{
	return bytes_starts(s, BYTES_LIT("_INBOX."));
}

static bool
wild_first(struct bytes pattern)
{
	struct bytes first = bytes_upto(pattern, bytes_find(pattern, '.'));

	return bytes_is(first, "*") || bytes_is(first, ">");
}

static bool
same_first(struct bytes a, struct bytes b)
{
	return bytes_eq(bytes_upto(a, bytes_find(a, '.')), bytes_upto(b, bytes_find(b, '.')));
}

static bool
is_command(struct bytes s)
{
	struct command c;

	return command_classify(s, &c) == 0;
}

static bool
serves(const struct rights *r)
{
	return (r->view->verbs & VERB_BIT(VERB_SERVE)) != 0;
}

static struct serve_host
host_of(const struct rights *r)
{
	return (struct serve_host){ r->n_hosts, r->host };
}

/* Rules that grant or take away one of the words that are no commands: serve, control.watch. */
static void
word_rules(const struct rights *r, enum verb word, struct bytes lattice, struct hit *allows,
    struct hit *denies)
{
	view_verbs(r->view, VERB_BIT(word), VERB_BIT(word), lattice, allows, denies);
}

/* Life and death. */

static int
copy_hosts(struct rights *r, const struct identity *id)
{
	for (size_t i = 0; r->n_hosts < MAX_HOST_IDS; i++) {
		struct bytes value = identity_tag_value(id, "host", i);
		uint8_t *copy;

		if (value.ptr == NULL)
			return 0;
		if (value.len == 0)
			continue;
		copy = malloc(value.len);
		if (copy == NULL)
			return err_raise(-ENOMEM);
		memcpy(copy, value.ptr, value.len);
		r->host[r->n_hosts++] = bytes_of(copy, value.len);
	}
	return 0;
}

static void
rights_freep(struct rights **r)
{
	rights_free(*r);
}

int
rights_new(struct rights **out, const struct policy *p, const struct identity *id)
{
	autofree(rights_freep) struct rights *r = NULL;
	int answer;

	if (id->user[0] == '\0' || id->account[0] == '\0')
		return err_raise(-EINVAL);
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return err_raise(-ENOMEM);
	r->p = p;
	memcpy(r->account, id->account, sizeof(r->account));
	r->account[sizeof(r->account) - 1] = '\0';
	memcpy(&r->seed, id->token, sizeof(r->seed));
	r->host = calloc(MAX_HOST_IDS, sizeof(*r->host));
	if (r->host == NULL)
		return err_raise(-ENOMEM);
	answer = copy_hosts(r, id);
	if (answer == 0)
		answer = narrow_init(&r->own, &id->perms);
	if (answer == 0)
		answer = view_get(&r->view, p, id);
	if (answer != 0)
		return err_pass(answer);
	*out = take(r);
	return 0;
}

void
rights_free(struct rights *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n_hosts; i++)
		free((void *)(uintptr_t)r->host[i].ptr); /* copied by copy_hosts() */
	free(r->host);
	narrow_deinit(&r->own);
	view_put(r->view);
	free(r->cache);
	free(r);
}

/* The cache. */

/* The slot of a question: filled with its answer when true, else where to put it (NULL: nowhere).
 */
static bool
cached(struct rights *r, enum question q, struct bytes s, struct slot **where, uint64_t *hash)
{
	struct slot *slot;

	*where = NULL;
	if (s.len > CACHE_TEXT || s.len == 0)
		return false;
	*hash = hash_bytes(r->seed + q, s);
	if (r->cache == NULL) {
		r->cache = calloc(CACHE_SLOTS, sizeof(*r->cache));
		if (r->cache == NULL)
			return false;
	}
	slot = &r->cache[*hash % CACHE_SLOTS];
	*where = slot;
	return slot->hash == *hash && slot->question == q && slot->len == s.len &&
	       memcmp(slot->text, s.ptr, s.len) == 0;
}

static void
keep(struct slot *slot, enum question q, struct bytes s, uint64_t hash, struct answer a)
{
	if (slot == NULL)
		return;
	slot->hash = hash;
	slot->a = a;
	slot->question = (uint8_t)q;
	slot->len = (uint8_t)s.len;
	memcpy(slot->text, s.ptr, s.len);
}

/* Publish. */

static struct decision
judge_publish(const struct rights *r, struct bytes s)
{
	struct hit allows, denies, by_serve = HIT_NONE, no_serve;
	enum serve_answer host = SERVE_NOT;
	struct bytes lattice;
	struct serve_host who = host_of(r);

	if (!subject_literal(s))
		return deny(REASON_INVALID);
	if (is_command(s))
		return deny(REASON_COMMAND);
	if (!narrow_publish(&r->own, s))
		return deny(REASON_JWT);
	denies = trie_match(r->view->deny_publish, s, false);
	if (in_inbox(s))
		return own_unless_denied(denies);
	allows = trie_match(r->view->publish, s, reserved(s));
	if (serves(r))
		host = serve_publish(s, &who, &lattice);
	if (host != SERVE_NOT)
		word_rules(r, VERB_SERVE, lattice, &by_serve, &no_serve);
	if (host == SERVE_OWN) {
		if (no_serve.enforced == RULE_NONE)
			allows = hit_either(allows, by_serve);
		return rules_say(denies, allows, REASON_NO_RULE);
	}
	return rules_say(denies, allows,
	    by_serve.enforced != RULE_NONE ? REASON_HOST
	    : reserved(s)                  ? REASON_RESERVED
					   : REASON_NO_RULE);
}

struct decision
rights_publish(struct rights *r, struct bytes subject)
{
	struct slot *slot;
	uint64_t hash = 0;
	struct answer a = { 0 };

	if (cached(r, ASK_PUBLISH, subject, &slot, &hash))
		return slot->a.d;
	a.d = judge_publish(r, subject);
	keep(slot, ASK_PUBLISH, subject, hash, a);
	return a.d;
}

/* Commands. */

struct decision
rights_command(struct rights *r, struct bytes subject, const struct command *c)
{
	struct bytes lattice = command_lattice(c);
	uint64_t want, may_be;
	struct hit allows, denies;
	struct decision d;

	if (!subject_literal(subject))
		return deny(REASON_INVALID);
	if (c->verb == VERB_NONE || c->verb == VERB_UNKNOWN)
		return deny(REASON_UNKNOWN_VERB);
	if (!narrow_publish(&r->own, subject))
		return deny(REASON_JWT);
	/* another account's prefix is another account's lattice, whatever its name */
	if (c->account.len != 0 && !bytes_is(c->account, r->account))
		return deny(REASON_LATTICE);
	want = c->verb == VERB_HOST_EVENT ? VERB_BIT(VERB_SERVE) : VERB_BIT(c->verb);
	may_be = c->verb == VERB_HOST_EVENT ? want : command_may_be(c);
	view_verbs(r->view, want, may_be, lattice, &allows, &denies);
	denies = hit_either(denies, trie_match(r->view->deny_publish, subject, false));
	d = rules_say(denies, allows, REASON_NO_RULE);
	if (d.reason == REASON_NO_RULE && !view_governs(r->p, lattice))
		d.reason = REASON_LATTICE;
	return d;
}

/* Subscribe. */

/* Patterns that lie in a control space: serve or control.watch, and nothing else. */
static struct decision
judge_control(const struct rights *r, struct bytes pattern, struct bytes queue, struct hit denies)
{
	struct hit allows, no, watch, no_watch;
	enum reason why = REASON_COMMAND;
	struct serve_host who = host_of(r);
	struct bytes lattice;
	enum serve_answer host;
	bool command;

	host = serve_subscribe(pattern, queue, &who, &lattice, &command);
	allows = HIT_NONE;
	if (host != SERVE_NOT) {
		word_rules(r, VERB_SERVE, lattice, &allows, &no);
		if (host == SERVE_ANOTHER_HOST && allows.enforced != RULE_NONE)
			why = REASON_HOST;
		if (host == SERVE_ANOTHER_HOST || no.enforced != RULE_NONE)
			allows = HIT_NONE;
	}
	if (queue.len == 0 && serve_watch(pattern, &lattice)) {
		word_rules(r, VERB_CONTROL_WATCH, lattice, &watch, &no_watch);
		if (no_watch.enforced == RULE_NONE)
			allows = hit_either(allows, watch);
		else if (allows.enforced == RULE_NONE && allows.observed == RULE_NONE)
			denies = hit_either(denies, no_watch);
	}
	return rules_say(denies, allows, why);
}

struct decision
rights_subscribe(struct rights *r, struct bytes pattern, struct bytes queue)
{
	struct serve_host who = host_of(r);
	struct hit allows, denies, more, no;
	struct bytes lattice;
	bool command;

	if (!subject_ok(pattern) || (queue.len != 0 && !subject_ok(queue)) ||
	    bytes_is(queue, "_sys_"))
		return deny(REASON_INVALID);
	if (!narrow_subscribe(&r->own, pattern, queue))
		return deny(REASON_JWT);
	denies = trie_covers(r->view->deny_subscribe, pattern, queue, false);
	if (in_inbox(pattern))
		return own_unless_denied(denies);
	if (command_covers(pattern))
		return judge_control(r, pattern, queue, denies);
	allows = trie_covers(r->view->subscribe, pattern, queue, reserved(pattern));
	if (serves(r) && serve_subscribe(pattern, queue, &who, &lattice, &command) == SERVE_OWN) {
		word_rules(r, VERB_SERVE, lattice, &more, &no);
		if (no.enforced == RULE_NONE)
			allows = hit_either(allows, more);
	}
	return rules_say(denies, allows, reserved(pattern) ? REASON_RESERVED : REASON_NO_RULE);
}

bool
rights_serves(struct rights *r, struct bytes pattern, struct bytes queue)
{
	struct serve_host who = host_of(r);
	struct hit allows, denies;
	struct bytes lattice;
	bool command;

	if (!serves(r) || serve_subscribe(pattern, queue, &who, &lattice, &command) != SERVE_OWN)
		return false;
	word_rules(r, VERB_SERVE, lattice, &allows, &denies);
	return denies.enforced == RULE_NONE &&
	       (allows.enforced != RULE_NONE || allows.observed != RULE_NONE);
}

/* Deliveries. */

/* What can be said of the printed subject without looking at the subscription. */
static struct answer
judge_printed(const struct rights *r, struct bytes s)
{
	struct answer a = { .d = deny(REASON_INVALID) };
	struct hit named, denies;

	if (!subject_literal(s))
		return a;
	a.space = is_command(s) ? SPACE_COMMAND : reserved(s) ? SPACE_RESERVED : SPACE_DATA;
	if (!narrow_deliver(&r->own, s)) {
		a.d = deny(REASON_JWT);
		return a;
	}
	denies = trie_match(r->view->deny_subscribe, s, false);
	a.d = own_unless_denied(denies);
	if (a.d.verdict == VERDICT_ALLOW)
		a.d.reason = REASON_RULE;
	if (a.space == SPACE_RESERVED) {
		named = trie_match(r->view->subscribe, s, true);
		if (named.enforced != RULE_NONE || named.observed != RULE_NONE)
			a.space = SPACE_NAMED;
	}
	return a;
}

/* A message printed with a command's subject: only to whom a subscription on commands was granted.
 */
static struct decision
deliver_command(
    struct rights *r, struct bytes pattern, struct bytes queue, struct bytes s, struct decision yes)
{
	struct hit allows, denies;
	struct command c;

	if (rights_serves(r, pattern, queue))
		return subject_match(pattern, s) ? yes : deny(REASON_COMMAND);
	if (command_covers(pattern) && !subject_match(pattern, s))
		return deny(REASON_COMMAND);
	if (command_classify(s, &c) != 0)
		return deny(REASON_COMMAND);
	/* who may write a lattice's stored state may see it, e.g. through a consumer on the bucket
	 */
	view_verbs(r->view,
	    VERB_BIT(VERB_CONTROL_WATCH) |
		(c.verb == VERB_STATE_WRITE ? VERB_BIT(VERB_STATE_WRITE) : 0),
	    VERB_BIT(VERB_CONTROL_WATCH), command_lattice(&c), &allows, &denies);
	if (denies.enforced != RULE_NONE || queue.len != 0)
		return deny(REASON_COMMAND);
	if (allows.enforced == RULE_NONE && allows.observed == RULE_NONE)
		return deny(REASON_COMMAND);
	return yes;
}

struct decision
rights_deliver(struct rights *r, struct bytes pattern, struct bytes queue, struct bytes subject)
{
	struct slot *slot;
	uint64_t hash = 0;
	struct answer a;

	if (cached(r, ASK_DELIVER, subject, &slot, &hash)) {
		a = slot->a;
	} else {
		a = judge_printed(r, subject);
		keep(slot, ASK_DELIVER, subject, hash, a);
	}
	if (a.d.verdict == VERDICT_DENY)
		return a.d;
	if (r->own.queue_denies && !narrow_deliver_queue(&r->own, subject, queue))
		return deny(REASON_JWT);
	switch ((enum space)a.space) {
	case SPACE_COMMAND:
		return deliver_command(r, pattern, queue, subject, a.d);
	case SPACE_RESERVED:
		if (!same_first(pattern, subject) && !in_inbox(pattern))
			return deny(REASON_RESERVED);
		break;
	case SPACE_NAMED:
	case SPACE_DATA:
		break;
	}
	/* on a subscription for commands nothing else may arrive: hosts act on the printed subject
	 */
	if (is_command(pattern))
		return deny(REASON_COMMAND);
	return a.d;
}

bool
rights_filter_needed(struct rights *r, struct bytes pattern, struct bytes queue)
{
	(void)queue;
	if (!trie_empty(r->view->deny_subscribe) || r->own.sub_deny.n != 0 || serves(r))
		return true;
	return wild_first(pattern) || command_overlaps(pattern);
}

/* Replies and answers. */

struct decision
rights_reply(struct rights *r, struct bytes reply)
{
	struct hit allows, denies;

	if (!subject_literal(reply))
		return deny(REASON_INVALID);
	if (is_command(reply))
		return deny(REASON_COMMAND);
	/* whoever answers publishes there for the asker, so the asker's own lists count */
	if (!narrow_publish(&r->own, reply))
		return deny(REASON_JWT);
	denies = trie_match(r->view->deny_publish, reply, false);
	allows = trie_match(r->view->reply, reply, reserved(reply));
	return rules_say(denies, allows, reserved(reply) ? REASON_RESERVED : REASON_NO_RULE);
}

/* Where replies live that are nobody's to name but everybody's to answer on. */
static bool
reply_space(struct bytes s)
{
	return in_inbox(s) || bytes_starts(s, BYTES_LIT("_R_.")) ||
	       bytes_starts(s, BYTES_LIT("$JS.ACK.")) || bytes_starts(s, BYTES_LIT("$JS.FC."));
}

struct decision
rights_answer(struct rights *r, struct bytes reply)
{
	struct hit allows = { r->view->respond_rule, RULE_NONE }, denies;

	if (!subject_literal(reply))
		return deny(REASON_INVALID);
	if (is_command(reply))
		return deny(REASON_COMMAND);
	if (narrow_publish_denied(&r->own, reply))
		return deny(REASON_JWT);
	if (!r->own.resp && !narrow_publish(&r->own, reply))
		return deny(REASON_JWT);
	denies = trie_match(r->view->deny_publish, reply, false);
	if (allows.enforced == RULE_NONE && serves(r))
		allows.enforced = view_first_with(r->view, VERB_BIT(VERB_SERVE));
	if (!reserved(reply) || reply_space(reply))
		return rules_say(denies, allows, REASON_NO_RULE);
	return rules_say(denies, trie_match(r->view->publish, reply, true), REASON_RESERVED);
}

/* The smaller of two limits, where a negative one is none. */
static int64_t
smaller(int64_t a, int64_t b)
{
	if (a < 0)
		return b;
	return b < 0 || a < b ? a : b;
}

bool
rights_answers(struct rights *r, bool serving, int64_t *max, int64_t *ttl_ms)
{
	*max = 0;
	*ttl_ms = 0;
	if (r->view->respond_rule != RULE_NONE) {
		*max = r->p->rules[r->view->respond_rule].respond;
		*ttl_ms = r->p->rules[r->view->respond_rule].respond_ms;
	}
	if (serving && serves(r)) {
		*max = *max > SERVE_ANSWERS ? *max : SERVE_ANSWERS;
		*ttl_ms = *ttl_ms > SERVE_TTL_MS ? *ttl_ms : SERVE_TTL_MS;
	}
	if (r->own.resp) {
		*max = smaller(*max, r->own.resp_max);
		*ttl_ms = smaller(*ttl_ms, r->own.resp_ttl_ms);
	}
	return *max != 0 && *ttl_ms != 0;
}

const char *
reason_word(enum reason why)
{
	switch (why) {
	case REASON_NO_RULE:
		return "no_rule";
	case REASON_RULE:
		return "rule";
	case REASON_JWT:
		return "jwt";
	case REASON_INVALID:
		return "invalid";
	case REASON_RESERVED:
		return "reserved";
	case REASON_LATTICE:
		return "lattice";
	case REASON_COMMAND:
		return "command";
	case REASON_UNKNOWN_VERB:
		return "unknown_verb";
	case REASON_OWN_INBOX:
		return "own_inbox";
	case REASON_HOST:
		return "host";
	}
	return "unknown";
}
