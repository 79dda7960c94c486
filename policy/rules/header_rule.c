/*
 * header_rule - rights_header(): what a publisher's powerful headers are allowed to do.
 *
 * The relay decides which headers are powerful and asks about those; here a rule names them or not.
 * Names compare without case, because who reads them later may.
 */
#include "policy/rules/glob.h"
#include "policy/rules/rights_priv.h"

enum { MAX_NAME = 128 };

static struct bytes
lower(struct bytes s, uint8_t out[MAX_NAME])
{
	for (size_t i = 0; i < s.len; i++)
		out[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (uint8_t)(s.ptr[i] | 0x20) : s.ptr[i];
	return bytes_of(out, s.len);
}

static bool
listed(const struct policy *p, struct pol_list l, struct bytes name)
{
	uint8_t glob[MAX_NAME];

	for (uint32_t i = 0; i < l.n; i++) {
		struct bytes text = pol_bytes(p, p->items[l.first + i].text);

		if (text.len <= MAX_NAME && glob_match(lower(text, glob), name))
			return true;
	}
	return false;
}

enum header_verdict
rights_header(struct rights *r, struct bytes name)
{
	enum header_verdict verdict = HEADER_REFUSE;
	uint8_t text[MAX_NAME];

	if (name.len == 0 || name.len > MAX_NAME)
		return HEADER_REFUSE;
	name = lower(name, text);
	for (size_t i = 0; i < r->view->n_rules; i++) {
		const struct pol_rule *rule = &r->p->rules[r->view->rule[i]];

		if (listed(r->p, rule->headers, name))
			return HEADER_PASS;
		if (listed(r->p, rule->strip, name))
			verdict = HEADER_STRIP;
	}
	return verdict;
}
