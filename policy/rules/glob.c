/*
 * glob - see glob.h. On a mismatch only the last star is tried again one byte further on: an
 * earlier one need not be, because whatever it could take the later one can take as well. So the
 * cost is bounded by the product of the lengths, whatever a stranger's name looks like.
 *
 * What stands before the first star is compared in one go: most globs are a prefix and a star, or
 * have none.
 */
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

bool
glob_match(struct bytes glob, struct bytes text)
{
	size_t star = bytes_find(glob, '*');

	if (star == glob.len)
		return bytes_eq(glob, text);
	if (!bytes_starts(text, bytes_upto(glob, star)))
		return false;
	return star + 1 == glob.len || match_rest(bytes_from(glob, star), bytes_from(text, star));
}
