/*
 * control_request - see control_request.h. Pure. Who asks is one of us (the socket sees to that), and
 * still nothing is guessed: what is not exactly a request is none.
 */
#include "gateway/proc/control_request.h"

#include "policy/core/utf8.h"

static const struct {
	const char *word;
	enum control_verb verb;
} words[] = {
	{ "status", CONTROL_STATUS },
	{ "conns", CONTROL_CONNS },
	{ "reload", CONTROL_RELOAD },
	{ "reopen", CONTROL_REOPEN },
	{ "read", CONTROL_READ },
	{ "rotate", CONTROL_ROTATE },
	{ "upgrade", CONTROL_UPGRADE },
};

static bool
what_ok(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!(s.ptr[i] >= 'a' && s.ptr[i] <= 'z') && (s.ptr[i] != '-' || i == 0))
			return false;
	}
	return s.len > 0 && s.len <= CONTROL_WHAT_MAX;
}

static bool
detail_ok(struct bytes s)
{
	bool some = s.len > 0 && s.ptr[0] != ' ' && s.ptr[s.len - 1] != ' ';

	while (s.len > 0) {
		uint32_t cp;
		size_t n = utf8_next(s, &cp);

		if (n == 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || utf8_is_bidi(cp))
			return false;
		s = bytes_from(s, n);
	}
	return some;
}

int
control_request_parse(struct bytes line, struct control_request *out)
{
	struct bytes word = bytes_upto(line, bytes_find(line, ' ')), rest = bytes_from(line, word.len);

	*out = (struct control_request){ 0 };
	if (line.len > CONTROL_LINE_MAX)
		return CONTROL_BAD;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (bytes_is(word, words[i].word))
			out->verb = words[i].verb;
	}
	if (out->verb != CONTROL_READ)
		return out->verb == CONTROL_NONE || rest.len > 0 ? CONTROL_BAD : 0;
	rest = bytes_from(rest, 1);
	out->what = bytes_upto(rest, bytes_find(rest, ' '));
	rest = bytes_from(rest, out->what.len);
	out->detail = bytes_from(rest, 1);
	if (!what_ok(out->what) || (rest.len > 0 && !detail_ok(out->detail)))
		return CONTROL_BAD;
	return 0;
}
