/*
 * words - see words.h. The head of a token is kept beside its hash, so that most comparisons in a
 * trie never touch the text of a rule.
 */
#include "policy/rules/words.h"

/* Little endian is assumed for `head` only where single bytes are compared; say so at build time.
 */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "word_is_star() reads the first byte");

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The first @n bytes at @p, of which @readable may be read. */
static uint64_t
head_of(const uint8_t *p, size_t n, size_t readable)
{
	if (n >= 8)
		return hash_read(p, 8);
	if (readable >= 8)
		return hash_read(p, 8) & ((UINT64_C(1) << (8 * n)) - 1);
	if (n >= 4)
		return hash_read(p, 4) | hash_read(p + n - 4, 4) << (8 * (n - 4));
	return (uint64_t)p[0] | (uint64_t)p[n / 2] << (8 * (n / 2)) |
	       (uint64_t)p[n - 1] << (8 * (n - 1));
}

/* Eight bytes from @i on; behind the end stand letters. */
static uint64_t
block_at(struct bytes s, size_t i)
{
	size_t left = s.len - i;

	if (left >= 8)
		return hash_read(s.ptr + i, 8);
	if (s.len >= 8)
		return hash_read(s.ptr + s.len - 8, 8) >> (8 * (8 - left)) | EACH('x')
										 << (8 * left);
	return head_of(s.ptr, left, left) | EACH('x') << (8 * left);
}

static struct word
make_word(const uint8_t *p, size_t n, size_t readable)
{
	struct word w = { .ptr = p, .len = (uint32_t)n, .head = head_of(p, n, readable) };
	uint64_t h =
	    hash_fold(w.head ^ UINT64_C(0xa0761d6478bd642f), UINT64_C(0xe7037ed1a0b428db) ^ n);

	if (n > 8)
		h = hash_bytes(h, bytes_of(p + 8, n - 8));
	w.hash = (uint32_t)(h ^ h >> 32);
	return w;
}

struct word
words_token(struct bytes token)
{
	return make_word(token.ptr, token.len, token.len);
}

/* Put the token from @start to @end down; false when it may not stand there. */
static bool
add_word(struct words *w, struct bytes s, size_t start, size_t end)
{
	struct word *word = &w->word[w->n];

	if (end == start || w->n == SUBJECT_MAX_TOKENS)
		return false;
	*word = make_word(s.ptr + start, end - start, s.len - start);
	w->n++;
	if (word->len != 1 || (word->head != '*' && word->head != '>'))
		return true;
	w->literal = false;
	return word->head == '*' || end == s.len;
}

/*
 * Eight bytes at a time: a byte below '!' or above '~' anywhere refuses the whole, and the dots are
 * found as the zero bytes of the difference (exactly, hence the longer form of that trick).
 */
bool
words_cut(struct words *w, struct bytes s)
{
	size_t start = 0;

	w->n = 0;
	w->literal = true;
	if (s.len == 0 || s.len > SUBJECT_MAX_LEN)
		return false;
	for (size_t i = 0; i < s.len; i += 8) {
		uint64_t x, y, dots;

		x = block_at(s, i);
		if ((((x - EACH(0x21)) & ~x) | x | (x + EACH(1))) & EACH(0x80))
			return false;
		y = x ^ EACH('.');
		dots = ~(((y & EACH(0x7f)) + EACH(0x7f)) | y | EACH(0x7f));
		for (; dots != 0; dots &= dots - 1) {
			size_t end = i + (size_t)__builtin_ctzll(dots) / 8;

			if (!add_word(w, s, start, end))
				return false;
			start = end + 1;
		}
	}
	return add_word(w, s, start, s.len);
}
