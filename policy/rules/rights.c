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
 * four-way table of this identity; whoever plays against its slots slows down himself.
 */
#include "policy/rules/rights.h"

#include "policy/rules/hash.h"
#include "policy/rules/rights_priv.h"

struct decision
judge_rules(struct hit denies, struct hit allows, enum reason otherwise)
{
	return judge_rated(denies, allows, HIT_NONE, otherwise);
}

struct decision
judge_rated(struct hit denies, struct hit allows, struct hit rated, enum reason otherwise)
{
	bool marked = denies.observed != RULE_NONE;
	const uint32_t best[] = { allows.enforced, rated.enforced, allows.observed, rated.observed };
	size_t which = 0;
	uint32_t rule;

	while (which < 3 && best[which] == RULE_NONE)
		which++;
	rule = best[which];

	if (denies.enforced != RULE_NONE)
		return (struct decision){
			.verdict = VERDICT_DENY, .reason = REASON_RULE, .rule = denies.enforced
		};
	if (rule == RULE_NONE)
		return judge_deny(otherwise);
	return (struct decision){
		.verdict = VERDICT_ALLOW,
		.reason = REASON_RULE,
		.rule = marked ? denies.observed : rule,
		.would_deny = marked || which >= 2,
		.rated = which % 2 == 1 ? rule + 1 : 0,
	};
}

struct decision
judge_own(struct hit denies, enum reason why)
{
	if (denies.enforced != RULE_NONE)
		return (struct decision){
			.verdict = VERDICT_DENY, .reason = REASON_RULE, .rule = denies.enforced
		};
	return (struct decision){
		.verdict = VERDICT_ALLOW,
		.reason = why,
		.rule = denies.observed,
		.would_deny = denies.observed != RULE_NONE,
	};
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
	memcpy(r->name, id->user, sizeof(r->name));
	r->name[sizeof(r->name) - 1] = '\0';
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
	view_watch(r->view, &r->user);
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
	rights_meter(r, NULL);
	view_unwatch(&r->user);
	view_put(r->view);
	free(r->user.memory);
	free(r);
}

/* The cache. */

/* When all four places are taken the hash chooses whose answer goes. */
bool
cache_get(struct rights *r, enum question_kind q, struct bytes s, struct slot **where)
{
	struct cache *cache = r->user.memory;
	uint64_t hash, *tag;
	struct slot *set;
	size_t way;

	*where = NULL;
	if (s.len > CACHE_TEXT || s.len == 0)
		return false;
	if (cache == NULL) {
		cache = r->user.memory = calloc(1, sizeof(*cache));
		if (cache == NULL)
			return false;
	}
	hash = hash_bytes(r->seed + q, s) | 1; /* 0 is nobody's */
	tag = cache->tag[hash >> 1 & (CACHE_SETS - 1)];
	set = cache->slot[hash >> 1 & (CACHE_SETS - 1)];
	for (way = 0; way < CACHE_WAYS && tag[way] != 0; way++) {
		*where = &set[way];
		if (tag[way] == hash && set[way].question == q && set[way].len == s.len &&
		    memcmp(set[way].text, s.ptr, s.len) == 0)
			return true;
	}
	if (way == CACHE_WAYS)
		way = hash >> 60 & (CACHE_WAYS - 1);
	tag[way] = hash;
	set[way].question = 0;
	*where = &set[way];
	return false;
}

void
cache_put(struct slot *slot, enum question_kind q, struct bytes s, struct answer a)
{
	if (slot == NULL)
		return;
	slot->a = a;
	slot->question = (uint8_t)q;
	slot->len = (uint8_t)s.len;
	memcpy(slot->text, s.ptr, s.len);
}

/*
 * asks_for_consumer() - $JS.API.CONSUMER.CREATE.STREAM.NAME.FILTER, also with a domain: the one kind
 * of subject that is published to with wildcards in it, in the filter alone. Source: nats-server
 * jetstream_api.go, JSApiConsumerCreateEx.
 */
static bool
asks_for_consumer(const struct words *w)
{
	static const char *const api[] = { "API", "CONSUMER", "CREATE" };
	size_t at = 1, literal;

	if (w->n < 7 || !bytes_is(bytes_of(w->word[0].ptr, w->word[0].len), "$JS"))
		return false;
	if (!bytes_is(bytes_of(w->word[1].ptr, w->word[1].len), "API"))
		at = 2; /* a domain */
	for (size_t i = 0; i < 3; i++)
		if (at + i >= w->n || !bytes_is(bytes_of(w->word[at + i].ptr, w->word[at + i].len), api[i]))
			return false;
	literal = at + 5; /* stream and name too */
	for (size_t i = 0; i < literal && i < w->n; i++)
		if (word_is_star(&w->word[i]) || word_is_gt(&w->word[i]))
			return false;
	return w->n > literal;
}

/* judge_consumer() - such a subject: all of what it may stand for must be allowed, nothing denied. */
static struct decision
judge_consumer(const struct rights *r, struct bytes s, const struct words *words, uint32_t after)
{
	struct view_rated q = { .words = words, .text = s, .named = 1, .after = after };

	if (!narrow_publish_pattern(&r->own, s))
		return judge_deny(REASON_JWT);
	if (trie_overlaps(r->view->deny_publish, words))
		return judge_deny(REASON_RULE);
	return judge_rated(HIT_NONE,
	    hit_either(rights_state(r, s), trie_covers(r->view->publish, words, BYTES_NULL, true)),
	    view_rated(r->view, &q), REASON_RESERVED);
}

/* Publish. */

struct decision
judge_publish(const struct rights *r, struct bytes s, uint32_t after)
{
	struct view_rated q = { .text = s, .after = after };
	struct hit allows, denies, rated, by_serve = HIT_NONE, no_serve;
	enum serve_answer host = SERVE_NOT;
	struct bytes lattice;
	struct serve_host who = rights_host(r);
	struct guarded g;
	struct words words;

	if (!words_cut(&words, s) || (!words.literal && !asks_for_consumer(&words)))
		return judge_deny(REASON_INVALID);
	if (!words.literal)
		return judge_consumer(r, s, &words, after);
	if (rights_is_command(r, s))
		return judge_deny(REASON_COMMAND);
	if (!narrow_publish(&r->own, s))
		return judge_deny(REASON_JWT);
	denies = trie_match(r->view->deny_publish, &words, false);
	if (subject_in_inbox(s))
		return judge_own(denies, REASON_OWN_INBOX);
	q.words = &words;
	q.named = rights_named(r, s, &g);
	allows = rated = HIT_NONE;
	if (g.publish == VERB_NONE) {
		allows = trie_match(r->view->publish, &words, q.named);
		rated = view_rated(r->view, &q);
	}
	if (s.ptr[0] == '$')
		allows = hit_either(allows, rights_state(r, s));
	if (g.named != 0)
		allows = hit_either(allows, rights_guarded_publish(r, s, &g));
	if (rights_has(r, VERB_SERVE))
		host = serve_publish(s, &who, &lattice);
	if (host != SERVE_NOT)
		rights_word(r, VERB_SERVE, lattice, &by_serve, &no_serve);
	if (host == SERVE_OWN) {
		if (no_serve.enforced == RULE_NONE)
			allows = hit_either(allows, by_serve);
		return judge_rated(denies, allows, rated, REASON_NO_RULE);
	}
	return judge_rated(denies, allows, rated,
	    by_serve.enforced != RULE_NONE ? REASON_HOST
					   : rights_unnamed(r->view->publish, &words, s));
}

struct decision
rights_publish(struct rights *r, struct bytes subject)
{
	struct slot *slot;
	struct answer a = { 0 };

	if (cache_get(r, ASK_PUBLISH, subject, &slot))
		return slot->a.d;
	a.d = judge_publish(r, subject, 0);
	cache_put(slot, ASK_PUBLISH, subject, a);
	return a.d;
}

/* Subscribe. */

/* Patterns that lie in a control space: serve or control.watch, and nothing else. */
static struct decision
judge_control(const struct rights *r, struct bytes pattern, struct bytes queue, struct hit denies)
{
	struct hit allows, no, watch, no_watch;
	enum reason why = REASON_COMMAND;
	struct serve_host who = rights_host(r);
	struct bytes lattice;
	enum serve_answer host;
	bool command;

	uint8_t room[2][PREFIX_ROOM];
	struct bytes usual = prefix_usual(&r->p->prefixes, pattern, room[0]);

	host = serve_subscribe(
	    usual, prefix_usual(&r->p->prefixes, queue, room[1]), &who, &lattice, &command);
	allows = HIT_NONE;
	if (host != SERVE_NOT) {
		rights_word(r, VERB_SERVE, lattice, &allows, &no);
		if (host == SERVE_ANOTHER_HOST && allows.enforced != RULE_NONE)
			why = REASON_HOST;
		if (host == SERVE_ANOTHER_HOST || no.enforced != RULE_NONE)
			allows = HIT_NONE;
	}
	if (host == SERVE_NOT)
		allows = rights_server_subscribe(r, pattern, queue);
	if (queue.len == 0 && state_pattern(pattern, &lattice)) {
		rights_word(r, VERB_STATE_READ, lattice, &watch, &no_watch);
		if (no_watch.enforced == RULE_NONE)
			allows = hit_either(allows, watch);
	}
	if (queue.len == 0 && serve_watch(usual, &lattice)) {
		rights_word(r, VERB_CONTROL_WATCH, lattice, &watch, &no_watch);
		if (no_watch.enforced == RULE_NONE)
			allows = hit_either(allows, watch);
		else if (allows.enforced == RULE_NONE && allows.observed == RULE_NONE)
			denies = hit_either(denies, no_watch);
	}
	return judge_rules(denies, allows, why);
}

struct decision
judge_subscribe(const struct rights *r, struct bytes pattern, struct bytes queue, uint32_t after)
{
	struct view_rated q = { .text = pattern, .queue = queue, .subscribe = true, .after = after };
	struct serve_host who = rights_host(r);
	struct hit allows, denies, more, no;
	struct bytes lattice;
	struct guarded g;
	struct words words;
	unsigned named;
	bool command;

	if (!words_cut(&words, pattern) || (queue.len != 0 && !subject_ok(queue)) ||
	    bytes_is(queue, "_sys_"))
		return judge_deny(REASON_INVALID);
	if (!narrow_subscribe(&r->own, pattern, queue))
		return judge_deny(REASON_JWT);
	denies = trie_covers(r->view->deny_subscribe, &words, queue, false);
	if (subject_in_inbox(pattern))
		return judge_own(denies, REASON_OWN_INBOX);
	if (rights_is_command(r, pattern))
		return judge_control(r, pattern, queue, denies);
	named = rights_named(r, pattern, &g);
	allows = trie_covers(r->view->subscribe, &words, queue, named);
	if (g.named != 0)
		allows = hit_either(allows, rights_server_subscribe(r, pattern, queue));
	if (rights_has(r, VERB_SERVE) &&
	    serve_subscribe(pattern, queue, &who, &lattice, &command) == SERVE_OWN) {
		rights_word(r, VERB_SERVE, lattice, &more, &no);
		if (no.enforced == RULE_NONE)
			allows = hit_either(allows, more);
	}
	q.words = &words;
	q.named = named;
	return judge_rated(denies, allows, view_rated(r->view, &q),
	    rights_unnamed(r->view->subscribe, &words, pattern));
}

struct decision
rights_subscribe(struct rights *r, struct bytes pattern, struct bytes queue)
{
	return judge_subscribe(r, pattern, queue, 0);
}

bool
rights_serves(struct rights *r, struct bytes pattern, struct bytes queue)
{
	struct serve_host who = rights_host(r);
	struct hit allows, denies;
	struct bytes lattice;
	uint8_t room[2][PREFIX_ROOM];
	bool command;

	if (hit_any(rights_server_subscribe(r, pattern, queue)))
		return true;
	if (!rights_has(r, VERB_SERVE) ||
	    serve_subscribe(prefix_usual(&r->p->prefixes, pattern, room[0]),
		prefix_usual(&r->p->prefixes, queue, room[1]), &who, &lattice,
		&command) != SERVE_OWN)
		return false;
	rights_word(r, VERB_SERVE, lattice, &allows, &denies);
	return denies.enforced == RULE_NONE &&
	       (allows.enforced != RULE_NONE || allows.observed != RULE_NONE);
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
	case REASON_BODY:
		return "body";
	case REASON_WHERE:
		return "where";
	case REASON_RATE:
		return "rate";
	case REASON_SOURCE:
		return "source";
	}
	return "unknown";
}
