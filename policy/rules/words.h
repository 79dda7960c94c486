/*
 * words - a subject cut into its tokens, checked and hashed in one pass, to be put to several tries.
 */
#ifndef POLICY_RULES_WORDS_H
#define POLICY_RULES_WORDS_H

#include "policy/rules/hash.h"
#include "policy/rules/subject.h"

struct word {
	const uint8_t *ptr;
	uint32_t len;
	uint32_t hash;
	uint64_t head; /* its first eight bytes, zeros behind a shorter one */
};

struct words {
	size_t n;
	bool literal; /* no token is a wildcard */
	struct word word[SUBJECT_MAX_TOKENS];
};

/* words_cut() - Return: false when @s is no valid subject or pattern (as subject_ok()). */
bool words_cut(struct words *w, struct bytes s);
/* words_token() - one token, checked elsewhere. */
struct word words_token(struct bytes token);

static inline bool
word_is_star(const struct word *w)
{
	return w->len == 1 && w->head == '*';
}

static inline bool
word_is_gt(const struct word *w)
{
	return w->len == 1 && w->head == '>';
}

#endif
