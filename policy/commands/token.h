/*
 * token - a subject taken apart from its front, token by token. For the files of this room.
 */
#ifndef POLICY_COMMANDS_TOKEN_H
#define POLICY_COMMANDS_TOKEN_H

#include "policy/core/bytes.h"

/* token_cut() - cut the first token off the front of @s; false when there is none left. */
static inline bool
token_cut(struct bytes *s, struct bytes *token)
{
	size_t dot = bytes_find(*s, '.');

	if (s->len == 0)
		return false;
	*token = bytes_upto(*s, dot);
	*s = dot < s->len ? bytes_from(*s, dot + 1) : BYTES_NULL;
	return true;
}

/* token_skip() - does the first token of @s equal @word? Then step over it. */
static inline bool
token_skip(struct bytes *s, const char *word)
{
	struct bytes rest = *s, token;

	if (!token_cut(&rest, &token) || !bytes_is(token, word))
		return false;
	*s = rest;
	return true;
}

/* token_wild() - a wildcard, which stands for tokens that are not known. */
static inline bool
token_wild(struct bytes token)
{
	return token.len == 1 && (token.ptr[0] == '*' || token.ptr[0] == '>');
}

#endif
