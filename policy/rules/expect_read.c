/*
 * expect_read - lines of *.expect files to values; see expect.h.
 *
 * A misspelt key must not become a subject: then the line would ask something else, and a `deny`
 * would hold for the wrong reason. So a word that looks like a key has to be one, everywhere.
 */
#include "policy/rules/expect.h"
#include "policy/rules/window.h"

enum { LINE_MAX_LEN = 8192 };

static const struct {
	const char *word;
	enum expect_op op;
	size_t min, max;
} ops[] = {
	{ "PUB", EXPECT_PUB, 1, 2 },
	{ "SUB", EXPECT_SUB, 1, 2 },
	{ "DELIVER", EXPECT_DELIVER, 2, 3 },
	{ "ANSWER", EXPECT_ANSWER, 1, 1 },
	{ "HEADER", EXPECT_HEADER, 1, 1 },
};

static const struct {
	const char *word;
	enum expect_verdict verdict;
	bool header;
} verdicts[] = {
	{ "allow", EXPECT_ALLOW, false },
	{ "deny", EXPECT_DENY, false },
	{ "pass", EXPECT_PASS, true },
	{ "strip", EXPECT_STRIP, true },
	{ "refuse", EXPECT_REFUSE, true },
};

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* take_word() - the next word of a line, empty at its end. */
static struct bytes
take_word(struct bytes *rest)
{
	struct bytes word;
	size_t n = 0;

	while (rest->len != 0 && is_blank(rest->ptr[0]))
		*rest = bytes_from(*rest, 1);
	while (n < rest->len && !is_blank(rest->ptr[n]))
		n++;
	word = bytes_upto(*rest, n);
	*rest = bytes_from(*rest, n);
	return word;
}

static struct bytes
take_line(struct bytes *rest)
{
	struct bytes line = bytes_upto(*rest, bytes_find(*rest, '\n'));

	*rest = bytes_from(*rest, line.len + 1);
	while (line.len != 0 && is_blank(line.ptr[line.len - 1]))
		line.len--;
	return line;
}

static int
bad(struct expect_reader *r, const struct expect_case *c, struct bytes at, const char *why)
{
	r->why = why;
	r->col = at.ptr != NULL ? (uint32_t)(at.ptr - c->text.ptr) + 1 : 1;
	return EXPECT_BAD;
}

/* key_len() - of "key=..." in small letters, or 0. */
static size_t
key_len(struct bytes word)
{
	size_t n = 0;

	while (n < word.len && ((word.ptr[n] >= 'a' && word.ptr[n] <= 'z') || word.ptr[n] == '_'))
		n++;
	return n != 0 && n < word.len && word.ptr[n] == '=' ? n : 0;
}

/* put_times() - "10". */
static const char *
put_times(struct expect_case *c, struct bytes value)
{
	uint32_t n = 0;

	if (c->times != 1)
		return "said twice";
	if (c->op != EXPECT_PUB && c->op != EXPECT_SUB)
		return "only a PUB or a SUB is counted";
	for (size_t i = 0; i < value.len && n <= EXPECT_MAX_TIMES; i++) {
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
			return "expected a number";
		n = n * 10 + (uint32_t)(value.ptr[i] - '0');
	}
	c->times = n;
	return n < 2 || n > EXPECT_MAX_TIMES ? "expected 2 to 10000" : NULL;
}

static const char *
put_at(struct expect_case *c, struct bytes value)
{
	if (c->at)
		return "said twice";
	c->at = true;
	return window_instant(value, &c->at_s);
}

/* put_who() - one key=value about the one who asks. Return: NULL, or what is wrong. */
static const char *
put_who(struct expect_case *c, struct bytes key, struct bytes value)
{
	static const char *const lists[EXPECT_LISTS] = { "pub_allow", "pub_deny", "sub_allow",
		"sub_deny" };
	struct {
		const char *key;
		struct bytes *to;
	} once[] = { { "role", &c->role }, { "account", &c->account }, { "name", &c->name },
		{ "user", &c->user }, { "issuer", &c->issuer },
		{ "source", &c->source }, { lists[0], &c->list[0] }, { lists[1], &c->list[1] },
		{ lists[2], &c->list[2] }, { lists[3], &c->list[3] } };

	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
		if (!bytes_is(key, once[i].key))
			continue;
		if (once[i].to->ptr != NULL)
			return "said twice";
		*once[i].to = value;
		return value.len == 0 && i < 6 ? "no value" : NULL;
	}
	if (bytes_is(key, "at"))
		return put_at(c, value);
	if (bytes_is(key, "times"))
		return value.len == 0 ? "no value" : put_times(c, value);
	if (bytes_is(key, "certificate")) {
		if (value.len == 0)
			return "no value";
		if (c->n_certificates == EXPECT_MAX_CERTS)
			return "too many names of a certificate";
		c->certificate[c->n_certificates++] = value;
		return NULL;
	}
	if (!bytes_is(key, "host") && !bytes_is(key, "tag"))
		return "nobody knows this key";
	if (value.len == 0)
		return "no value";
	if (c->n_tags == EXPECT_MAX_TAGS)
		return "too many tags";
	c->host[c->n_tags] = bytes_is(key, "host");
	c->tag[c->n_tags++] = value;
	return NULL;
}

/* read_question() - who and what, up to the arrow. */
static int
read_question(struct expect_reader *r, struct expect_case *c, struct bytes *rest)
{
	for (;;) {
		struct bytes word = take_word(rest);
		size_t n = key_len(word);
		const char *why = NULL;

		if (word.len == 0)
			return bad(
			    r, c, c->text, "expected OP [who] args -> verdict: there is no \"->\"");
		if (bytes_is(word, "->"))
			return 0;
		if (word.ptr[0] == '@' && c->n_args != 0 && c->body.ptr == NULL) {
			c->body = bytes_from(word, 1);
			why = c->op != EXPECT_PUB ? "only a PUB has a payload"
			      : c->body.len == 0  ? "no file after @"
						  : NULL;
		} else if (c->n_args == 0 && n != 0) {
			why = put_who(c, bytes_upto(word, n), bytes_from(word, n + 1));
		} else if (c->n_args == EXPECT_MAX_ARGS || c->body.ptr != NULL) {
			why = "one word too many";
		} else {
			c->arg[c->n_args++] = word;
		}
		if (why != NULL)
			return bad(r, c, word, why);
	}
}

/* read_verdict() - what is behind the arrow. */
static int
read_verdict(struct expect_reader *r, struct expect_case *c, struct bytes rest)
{
	struct bytes word = take_word(&rest);
	size_t i = 0, n = sizeof(verdicts) / sizeof(verdicts[0]);

	while (i < n && !bytes_is(word, verdicts[i].word))
		i++;
	if (i == n || verdicts[i].header != (c->op == EXPECT_HEADER))
		return bad(r, c, word.len != 0 ? word : c->text,
		    c->op == EXPECT_HEADER ? "expected pass, strip or refuse"
					   : "expected allow or deny");
	c->want = verdicts[i].verdict;
	while ((word = take_word(&rest)).len != 0 && word.ptr[0] != '#') {
		if (bytes_starts(word, BYTES_LIT("rule=")) && c->want_rule.ptr == NULL)
			c->want_rule = bytes_from(word, 5);
		else if (bytes_starts(word, BYTES_LIT("reason=")) && c->want_reason.ptr == NULL &&
			 c->op != EXPECT_HEADER)
			c->want_reason = bytes_from(word, 7);
		else if (bytes_starts(word, BYTES_LIT("field=")) && c->want_field.ptr == NULL &&
			 c->op != EXPECT_HEADER)
			c->want_field = bytes_from(word, 6);
		else if (bytes_is(word, "would_deny") && c->want == EXPECT_ALLOW)
			c->would_deny = true;
		else
			return bad(r, c, word, "expected rule=NAME, reason=WORD, field=NAME or would_deny");
	}
	return 0;
}

static int
read_case(struct expect_reader *r, struct expect_case *c)
{
	struct bytes rest = c->text, word;
	size_t i = 0, n = sizeof(ops) / sizeof(ops[0]);
	int got;

	if (c->text.len > LINE_MAX_LEN)
		return bad(r, c, c->text, "the line is too long");
	for (size_t k = 0; k < c->text.len; k++)
		if ((c->text.ptr[k] < 0x20 && c->text.ptr[k] != '\t') || c->text.ptr[k] >= 0x7f)
			return bad(r, c, bytes_from(c->text, k), "a byte that is not plain ASCII");
	word = take_word(&rest);
	while (i < n && !bytes_is(word, ops[i].word))
		i++;
	if (i == n)
		return bad(r, c, word, "expected PUB, SUB, DELIVER, ANSWER or HEADER");
	c->op = ops[i].op;
	got = read_question(r, c, &rest);
	if (got != 0)
		return got;
	if (c->n_args < ops[i].min || c->n_args > ops[i].max)
		return bad(r, c, c->text,
		    c->n_args < ops[i].min ? "too few words before \"->\""
					   : "too many words before \"->\"");
	return read_verdict(r, c, rest);
}

static bool
is_set(struct bytes line)
{
	return bytes_is(take_word(&line), "SET");
}

void
expect_begin(struct expect_reader *r, struct bytes text)
{
	*r = (struct expect_reader){ .rest = text };
}

int
expect_next(struct expect_reader *r, struct expect_case *c)
{
	while (r->rest.len != 0) {
		struct bytes line = take_line(&r->rest), rest = line;

		r->line++;
		rest = take_word(&rest);
		if (rest.len == 0 || rest.ptr[0] == '#' || is_set(line))
			continue;
		*c = (struct expect_case){ .line = r->line, .text = line, .times = 1 };
		return read_case(r, c);
	}
	return EXPECT_END;
}

bool
expect_set_nth(struct bytes text, size_t n, struct bytes *name, struct bytes *value)
{
	while (text.len != 0) {
		struct bytes line = take_line(&text), word;
		size_t at;

		if (!bytes_is(take_word(&line), "SET"))
			continue;
		word = take_word(&line);
		at = bytes_find(word, '=');
		if (at == 0 || at == word.len || n-- != 0)
			continue;
		*name = bytes_upto(word, at);
		*value = bytes_from(word, at + 1);
		return true;
	}
	return false;
}

struct bytes
expect_set(struct bytes text, struct bytes name)
{
	struct bytes have, value;

	for (size_t i = 0; expect_set_nth(text, i, &have, &value); i++)
		if (bytes_eq(have, name))
			return value;
	return BYTES_NULL;
}
