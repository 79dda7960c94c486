/*
 * msg_changed - compiler to parent, behind a snapshot: what it allows that the one in force does
 * not, and the reverse. Bounded: a few lines, and how many there are.
 */
#ifndef GATEWAY_PROC_MSG_CHANGED_H
#define GATEWAY_PROC_MSG_CHANGED_H

#include "gateway/io/frame.h"
#include "policy/rules/diff.h"

enum { CHANGED_LINES = 20, CHANGED_TEXT = 1024, CHANGED_MAX = 128 * 1024 };

struct changed_line {
	enum diff_kind kind;
	struct bytes who, what, example;
};

struct changed {
	uint32_t count[DIFF_KINDS];
	uint32_t open; /* questions that were not decided */
	size_t n;
	struct changed_line line[CHANGED_LINES];
};

/* msg_changed_put() - the first lines of a diff. */
int msg_changed_put(struct channel *c, const struct diff_result *d);
/* msg_changed_get() - slices of @in. Return: 0, -EBADMSG. */
int msg_changed_get(struct cursor *in, struct changed *out) must_check;

#endif
