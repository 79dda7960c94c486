/*
 * numbers - see numbers.h. The edge chooses the numbers and may have been taken over: a bit for
 * each of the last ones says whether it was taken, what lies further back counts as taken.
 */
#include "gateway/proc/numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BITS = 64, WORDS = NUMBERS_WINDOW / BITS };

static uint64_t *
word_of(const struct numbers *t, uint64_t number)
{
	return &t->bits[number / BITS % WORDS];
}

static uint64_t
bit_of(uint64_t number)
{
	return UINT64_C(1) << number % BITS;
}

void
numbers_begin(struct numbers *t, uint64_t since)
{
	numbers_deinit(t);
	t->since = t->floor = t->most = since;
}

void
numbers_rise(struct numbers *t, uint64_t number)
{
	if (number <= t->floor)
		return;
	t->floor = number;
	if (t->most < number)
		t->most = number;
}

/* advance() - the window ends with @number: what it now holds of others is wiped. */
static void
advance(struct numbers *t, uint64_t number)
{
	if (number - t->most >= NUMBERS_WINDOW) {
		memset(t->bits, 0, WORDS * sizeof(*t->bits));
	} else {
		for (uint64_t w = t->most / BITS + 1; w <= number / BITS; w++)
			t->bits[w % WORDS] = 0;
	}
	t->most = number;
	/* a word is wiped whole: the window is a word shorter than its bits */
	if (number > NUMBERS_WINDOW - BITS && t->floor < number - (NUMBERS_WINDOW - BITS))
		t->floor = number - (NUMBERS_WINDOW - BITS);
}

int
numbers_take(struct numbers *t, uint64_t number)
{
	if (number <= t->floor || number - t->since > NUMBERS_EACH)
		return err_raise(-EEXIST);
	if (t->bits == NULL)
		t->bits = calloc(WORDS, sizeof(*t->bits));
	if (t->bits == NULL)
		return err_raise(-ENOMEM);
	if (number > t->most)
		advance(t, number);
	if ((*word_of(t, number) & bit_of(number)) != 0)
		return err_raise(-EEXIST);
	*word_of(t, number) |= bit_of(number);
	return 0;
}

void
numbers_deinit(struct numbers *t)
{
	free(t->bits);
	*t = (struct numbers){ 0 };
}
