/*
 * glob - see glob.h. On a mismatch only the last star is tried again one byte further on: an
 * earlier one need not be, because whatever it could take the later one can take as well. So the
 * cost is bounded by the product of the lengths, whatever a stranger's name looks like.
 *
 * What stands before the first star is compared eight bytes at a time: most globs are a prefix and
 * a star, or have none.
 */
#include <endian.h>

#include "policy/rules/glob.h"

/* The general case; @glob begins with a star, or is empty. */
static bool
match_rest(struct bytes glob, struct bytes text)
{
	size_t g = 0, t = 0, star = SIZE_MAX, mark = 0;

	while (t < text.len) {
		if (g < glob.len && glob.ptr[g] == '*') {
			star = g++;
			mark = t;
			if (g == glob.len)
				return true;
		} else if (g < glob.len && glob.ptr[g] == text.ptr[t]) {
			g++;
			t++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (g < glob.len && glob.ptr[g] == '*')
		g++;
	return g == glob.len;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t
load8(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return le64toh(w);
}

/* stop_at() - which of eight bytes differ, or are a star of the glob's: exact up to the lowest. */
static inline uint64_t
stop_at(const uint8_t *glob, const uint8_t *text)
{
	uint64_t g = load8(glob), star = g ^ EACH('*');

	return (g ^ load8(text)) | ((star - EACH(1)) & ~star & EACH(0x80));
}

/* literal_run() - how many bytes from the front agree and are no star of the glob's. */
static inline size_t
literal_run(struct bytes glob, struct bytes text)
{
	size_t n = glob.len < text.len ? glob.len : text.len, i = 0;
	uint64_t stop;

	if (n < 8) {
		while (i < n && glob.ptr[i] == text.ptr[i] && glob.ptr[i] != '*')
			i++;
		return i;
	}
	for (; n - i > 8; i += 8) {
		stop = stop_at(glob.ptr + i, text.ptr + i);
		if (stop != 0)
			return i + (size_t)__builtin_ctzll(stop) / 8;
	}
	stop = stop_at(glob.ptr + n - 8, text.ptr + n - 8); /* some of it agreed before */
	return stop != 0 ? n - 8 + (size_t)__builtin_ctzll(stop) / 8 : n;
}

bool
glob_match(struct bytes glob, struct bytes text)
{
	size_t run = literal_run(glob, text);

	if (run == glob.len)
		return run == text.len;
	if (glob.ptr[run] != '*')
		return false;
	return run + 1 == glob.len || match_rest(bytes_from(glob, run), bytes_from(text, run));
}

/*
 * Which ends of @b can be reached having read so much of @a: a row of one bit per place in @b. A star
 * of either side takes any run of the other, stars included.
 */
bool
glob_overlap(struct bytes a, struct bytes b)
{
	enum { LONGEST = 1024 };
	bool row[LONGEST + 1] = { true };

	if (a.len > LONGEST || b.len > LONGEST)
		return true;
	for (size_t k = 0; k < b.len && b.ptr[k] == '*'; k++)
		row[k + 1] = true;
	for (size_t i = 0; i < a.len; i++) {
		bool before = row[0], star = a.ptr[i] == '*';

		row[0] = before && star;
		for (size_t k = 0; k < b.len; k++) {
			bool above = row[k + 1];

			if (star)
				row[k + 1] = above || row[k];
			else if (b.ptr[k] == '*')
				row[k + 1] = above || row[k];
			else
				row[k + 1] = before && a.ptr[i] == b.ptr[k];
			before = above;
		}
	}
	return row[b.len];
}
