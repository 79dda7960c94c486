/*
 * diff_spot - see diff_spot.h. The grammar of policy/commands/image.c, a character at a time.
 */
#include "policy/rules/diff_spot.h"

enum { DIGEST_LEN = 7 + 64 };
enum { KIND_START, KIND_WORD, KIND_DOT, KIND_SLASH, KIND_LOW, KIND_DASH, KIND_LOW2, KIND_PORT };

static bool
word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
in_registry(struct spot *s, char c)
{
	static const char localhost[] = "localhost";
	bool port = s->kind == KIND_PORT || s->kind == KIND_LOW2;

	if (port) { /* at most five digits */
		s->kind = KIND_LOW2;
		return c >= '0' && c <= '9' && ++s->count <= 5;
	}
	s->count = s->count < 9 && c == localhost[s->count] ? (uint8_t)(s->count + 1) : 15;
	if (word_char(c)) {
		s->kind = KIND_WORD;
		return true;
	}
	if (c == '-' && (s->kind == KIND_WORD || s->kind == KIND_DASH)) {
		s->kind = KIND_DASH;
		return true;
	}
	if ((c != '.' && c != ':') || s->kind != KIND_WORD)
		return false;
	s->flag |= FLAG_HOST;
	s->kind = c == '.' ? KIND_DOT : KIND_PORT;
	if (c == ':')
		s->count = 0;
	return true;
}

static bool
in_repository(struct spot *s, char c)
{
	uint8_t was = s->kind;

	if (word_char(c)) {
		s->kind = KIND_WORD;
		return true;
	}
	s->kind = c == '/'                      ? KIND_SLASH
		  : c == '.'                    ? KIND_DOT
		  : c == '-'                    ? KIND_DASH
		  : c == '_' && was == KIND_LOW ? KIND_LOW2
						: KIND_LOW;
	if (c != '/' && c != '.' && c != '-' && c != '_')
		return false;
	return was == KIND_WORD || (was == KIND_DASH && c == '-') || (was == KIND_LOW && c == '_');
}

static bool
in_tag(struct spot *s, char c)
{
	bool first = s->kind == KIND_START;

	s->kind = KIND_WORD;
	if (word_char(c) || (c >= 'A' && c <= 'Z') || c == '_')
		return true;
	return !first && (c == '.' || c == '-');
}

static bool
in_digest(struct spot *s, char c)
{
	static const char head[] = "sha256:";

	if (s->count >= DIGEST_LEN)
		return false;
	s->count++;
	if (s->count <= 7)
		return c == head[s->count - 1];
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool
spot_next(struct spot *s, char c)
{
	switch (s->part) {
	case REGISTRY:
		return in_registry(s, c);
	case REPOSITORY:
		return in_repository(s, c);
	case TAG:
		return in_tag(s, c);
	default:
		return in_digest(s, c);
	}
}

bool
spot_whole(const struct spot *s)
{
	if (s->part == REGISTRY)
		return (s->kind == KIND_WORD && ((s->flag & FLAG_HOST) != 0 || s->count == 9)) ||
		       s->kind == KIND_LOW2;
	return s->part == DIGEST ? s->count == DIGEST_LEN : s->kind == KIND_WORD;
}
