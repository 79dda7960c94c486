/*
 * text_priv - what text.c and text_parse.c share: the tree's memory.
 */
#ifndef POLICY_CORE_TEXT_PRIV_H
#define POLICY_CORE_TEXT_PRIV_H

#include <stdarg.h>

#include "policy/core/text.h"

/* A run of nodes, handed out one by one and freed together. */
struct text_block {
	struct text_block *next;
	size_t used, cap;
	struct text_node node[];
};

/* text_alloc() - a tree that owns a copy of @file and of @in (which *copy points to). NULL: no memory. */
struct text *text_alloc(const char *file, struct bytes in, uint8_t **copy);
/* text_node() - one zeroed node of the tree. NULL: no memory. */
struct text_node *text_node(struct text *t);

/* text_vreport() - one message line; text_error() and text_warn() without their counters. */
void text_vreport(struct text_report *r, const struct text *t, const struct text_node *at,
    const char *what, const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

#endif
