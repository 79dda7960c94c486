/*
 * stamp_window - which stamps have been seen, so that a copy of a command is not taken for another one.
 *
 * Constant memory: at most ->max are remembered. One that has to be forgotten while it is fresh
 * takes everything as old as itself with it: what cannot be told from a copy is refused. Nor is
 * anything believed that was stamped before the window began.
 */
#ifndef POLICY_IDENTITY_STAMP_WINDOW_H
#define POLICY_IDENTITY_STAMP_WINDOW_H

#include "policy/identity/stamp.h"

struct stamp_seen;

struct stamp_window {
	struct stamp_seen *ring;
	size_t max, cap, first, n;
	int64_t born_ms;  /* older is stale */
	int64_t floor_ms; /* so is what is not newer than this */
};

void stamp_window_init(struct stamp_window *w, size_t max, int64_t born_ms);
void stamp_window_deinit(struct stamp_window *w);
/*
 * stamp_window_take() - a stamp that verified: is it the first time?
 * @whom:  who it came to, where a window serves several that may each see it once
 * @slack: by so much may its clock be behind the one that @born_ms was read from
 * Return: 0 (and it is remembered), STAMP_REPLAYED, STAMP_STALE, -ENOMEM (do not believe it).
 */
int stamp_window_take(
    struct stamp_window *w, const struct stamp *s, uint64_t whom, int64_t slack_ms, int64_t now_ms) must_check;

#endif
