/*
 * words - see words.h. The head of a token is kept beside its hash, so that most comparisons in a
 * trie never touch the text of a rule.
 */
#include "policy/rules/words.h"

/* Little endian is assumed for `head` only where single bytes are compared; say so at build time.
 */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "word_is_star() reads the first byte");

static uint64_t
head_of(const uint8_t *p, size_t n)
{
	uint64_t head = 0;

	if (n >= 8)
		return hash_read(p, 8);
	for (size_t i = 0; i < n; i++)
		head |= (uint64_t)p[i] << (8 * i);
	return head;
}

struct word
words_token(struct bytes token)
{
	struct word w = { .ptr = token.ptr, .len = (uint32_t)token.len };
	uint64_t h;

	w.head = head_of(token.ptr, token.len);
	h = hash_fold(
	    w.head ^ UINT64_C(0xa0761d6478bd642f), UINT64_C(0xe7037ed1a0b428db) ^ token.len);
	if (token.len > 8)
		h = hash_bytes(h, bytes_from(token, 8));
	w.hash = (uint32_t)(h ^ h >> 32);
	return w;
}

bool
words_cut(struct words *w, struct bytes s)
{
	size_t start = 0;

	w->n = 0;
	w->literal = true;
	if (s.len == 0 || s.len > SUBJECT_MAX_LEN)
		return false;
	for (size_t i = 0; i <= s.len; i++) {
		struct word *word = &w->word[w->n];

		if (i < s.len && s.ptr[i] != '.') {
			if (s.ptr[i] - 0x21u > 0x7e - 0x21)
				return false;
			continue;
		}
		if (i == start || w->n == SUBJECT_MAX_TOKENS)
			return false;
		*word = words_token(bytes_of(s.ptr + start, i - start));
		if (word->len == 1 && (word_is_star(word) || word_is_gt(word))) {
			w->literal = false;
			if (word_is_gt(word) && i < s.len)
				return false;
		}
		w->n++;
		start = i + 1;
	}
	return true;
}
