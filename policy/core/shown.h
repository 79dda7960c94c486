/*
 * shown - text of strangers for people: what moves a cursor, turns the direction of writing, has no width or is
 * not UTF-8 is written as \uXXXX, so that a text looks like what it is.
 */
#ifndef POLICY_CORE_SHOWN_H
#define POLICY_CORE_SHOWN_H

#include <stdbool.h>

#include "policy/core/buf.h"

/* shown() - may a character stand as it is? */
bool shown(uint32_t cp);
/* buf_put_shown_one() - append one character of non-empty @s. Return: its bytes. */
size_t buf_put_shown_one(struct buf *b, struct bytes s);
/* buf_put_shown() - append all of @s. */
void buf_put_shown(struct buf *b, struct bytes s);

#endif
