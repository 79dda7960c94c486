/*
 * rights_stream - may a stream be read whole?
 *
 * Nobody looks up what a stream holds, so whoever reads it without a filter needs a rule that names
 * the stream, or the right to subscribe to everything it can hold: a bucket's or object store's own
 * subjects, all there are for any other stream. What the credential's lists and the denies say
 * about those subjects counts for both.
 */
#include "policy/rules/glob.h"
#include "policy/rules/rights_priv.h"

enum { STREAM_NAME_MAX = 255 }; /* nats-server server/stream.go, JSMaxNameLen */

struct holds {
	char text[STREAM_NAME_MAX + 8];
	size_t len;
};

static bool
name_ok(struct bytes stream)
{
	return stream.len != 0 && stream.len <= STREAM_NAME_MAX && subject_literal(stream) &&
	       bytes_find(stream, '.') == stream.len && bytes_find(stream, '*') == stream.len &&
	       bytes_find(stream, '>') == stream.len;
}

/* holds() - the subjects a stream of this name can hold. */
static struct bytes
holds(struct holds *h, struct bytes stream)
{
	bool kv = bytes_starts(stream, BYTES_LIT("KV_"));
	struct bytes bucket = bytes_from(stream, kv ? 3 : 4);

	if ((!kv && !bytes_starts(stream, BYTES_LIT("OBJ_"))) || bucket.len == 0)
		return BYTES_LIT(">");
	h->len = kv ? 4 : 3;
	memcpy(h->text, kv ? "$KV." : "$O.", h->len);
	memcpy(h->text + h->len, bucket.ptr, bucket.len);
	h->len += bucket.len;
	memcpy(h->text + h->len, ".>", 2);
	h->len += 2;
	return bytes_of(h->text, h->len);
}

struct decision
rights_stream_subjects(struct rights *r, struct bytes stream)
{
	struct holds h;

	if (!name_ok(stream))
		return judge_deny(REASON_INVALID);
	return rights_subscribe(r, holds(&h, stream), BYTES_NULL);
}

/* granting() - the first rules whose streams name it. */
static struct hit
granting(const struct view *v, struct bytes stream)
{
	struct hit h = HIT_NONE;

	for (size_t i = 0; i < v->n_rules; i++) {
		const struct pol_rule *rule = &v->p->rules[v->rule[i]];
		uint32_t *which = (rule->flags & POL_OBSERVE) != 0 ? &h.observed : &h.enforced;

		for (uint32_t k = 0; k < rule->streams.n && *which == RULE_NONE; k++)
			if (glob_match(
				pol_bytes(v->p, v->p->items[rule->streams.first + k].text), stream))
				*which = v->rule[i];
	}
	return h;
}

struct decision
rights_stream(struct rights *r, struct bytes stream)
{
	struct decision d = rights_stream_subjects(r, stream);
	struct hit allows, denies;
	struct words words;
	struct bytes all;
	struct holds h;

	if (!name_ok(stream) || (d.verdict == VERDICT_ALLOW && !d.would_deny))
		return d;
	all = holds(&h, stream);
	if (d.reason == REASON_JWT || rights_is_command(r, all) || !words_cut(&words, all))
		return d;
	allows = granting(r->view, stream);
	if (!hit_any(allows))
		return d;
	denies = trie_covers(r->view->deny_subscribe, &words, BYTES_NULL, false);
	return judge_rules(denies, allows, d.reason);
}
