/*
 * rights_guard - subjects that are no commands and are obeyed all the same
 * (policy/commands/guarded.h), and the bundles of servers that are no hosts
 * (policy/commands/server.h).
 *
 * A pattern grants such a space only when it spells it out; what a provider obeys inside RPC no
 * pattern grants, a verb does. Nobody may have answers sent there: whoever answers would speak with
 * rights of his own.
 */
#include "policy/rules/rights_priv.h"

int
rights_classify(const struct rights *r, struct bytes subject, struct command *c)
{
	return command_classify_under(&r->p->prefixes, subject, c);
}

struct bytes
rights_usual(const struct rights *r, struct bytes s, uint8_t *room)
{
	return prefix_usual(&r->p->prefixes, s, room);
}

bool
rights_overlaps_commands(const struct rights *r, struct bytes pattern)
{
	return command_overlaps_under(&r->p->prefixes, pattern);
}

bool
rights_obeyed(const struct rights *r, struct bytes subject)
{
	struct guarded g;

	return rights_guarded(r, subject, &g);
}

bool
rights_guarded(const struct rights *r, struct bytes s, struct guarded *g)
{
	return guarded_classify(s, g) == 0 && (!g->if_governed || view_governs(r->p, g->lattice));
}

unsigned
rights_named(const struct rights *r, struct bytes s, struct guarded *g)
{
	if (rights_guarded(r, s, g))
		return g->named;
	*g = (struct guarded){ 0 };
	return subject_reserved(s);
}

enum reason
rights_unnamed(const struct trie *t, const struct words *words, struct bytes s)
{
	struct guarded g;

	if (subject_reserved(s))
		return REASON_RESERVED;
	if (guarded_classify(s, &g) == 0 && hit_any(trie_covers(t, words, BYTES_NULL, 0)))
		return REASON_RESERVED;
	return REASON_NO_RULE;
}

/*
 * A bundle on a lattice, or on any: then what arrives is looked at one by one, and here it is
 * enough that it was granted at all.
 */
static void
bundle_word(const struct rights *r, enum verb bundle, struct bytes lattice, struct hit *allows,
    struct hit *denies)
{
	if (!bytes_is(lattice, "*")) {
		rights_word(r, bundle, lattice, allows, denies);
		return;
	}
	*allows = view_anywhere(r->view, VERB_BIT(bundle));
	*denies = HIT_NONE;
}

static struct hit
granted(const struct rights *r, enum verb bundle, struct bytes lattice)
{
	struct hit allows, denies;

	if (bundle == VERB_NONE || !rights_has(r, bundle))
		return HIT_NONE;
	bundle_word(r, bundle, lattice, &allows, &denies);
	return denies.enforced == RULE_NONE ? allows : HIT_NONE;
}

struct hit
rights_server_subscribe(const struct rights *r, struct bytes pattern, struct bytes queue)
{
	struct bytes lattice = BYTES_NULL;
	enum verb bundle;

	if (!rights_has(r, VERB_SERVE_WADM) && !rights_has(r, VERB_SERVE_OPERATOR))
		return HIT_NONE;
	bundle = server_subscribe(pattern, queue, &lattice);
	return granted(r, bundle, lattice);
}

bool
rights_server_hears(
    const struct rights *r, struct bytes pattern, struct bytes queue, struct bytes s)
{
	struct bytes lattice = BYTES_NULL;

	if (!hit_any(rights_server_subscribe(r, pattern, queue)))
		return false;
	return hit_any(granted(r, server_subscribe(s, queue, &lattice), lattice));
}

struct hit
rights_guarded_publish(const struct rights *r, struct bytes s, const struct guarded *g)
{
	struct bytes lattice = BYTES_NULL;
	enum verb bundle = server_publish(s, &lattice);

	if (bundle != VERB_NONE)
		return granted(r, bundle, lattice);
	if (g->publish == VERB_NONE || g->publish == VERB_SERVE)
		return HIT_NONE;
	return granted(r, g->publish, g->lattice);
}
