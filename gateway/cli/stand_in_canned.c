/*
 * stand_in_canned - answers from a document of the user's, turned into message-pack as it is read,
 * so that a mistake in it is found before anything runs.
 */
#include "gateway/cli/stand_in.h"

#include <stdio.h>
#include <stdlib.h>

#include "host/pack/pack_json.h"
#include "policy/core/json.h"

enum { TOKENS = 65536, ANSWERS_MAX = 256, ANSWER_MAX = 1024 * 1024, NAME_MAX_LEN = 256 };

struct canned_answer {
	char operation[NAME_MAX_LEN + 1];
	struct buf answer;
	bool ok;
};

struct canned {
	char contract[NAME_MAX_LEN + 1];
	size_t n;
	struct canned_answer answer[ANSWERS_MAX];
};

/* What a document is read with. */
struct reading {
	struct json j;
	struct canned *c;
	uint8_t *text;
	char *why;
	size_t why_room;
};

static void
canned_free(void *state)
{
	struct canned *c = state;

	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		buf_deinit(&c->answer[i].answer);
	free(c);
}

static int
bad(const struct reading *r, const char *what, size_t at)
{
	snprintf(r->why, r->why_room, "%s, at byte %u", what, r->j.tok[at].start);
	return 1;
}

/* text_of() - a text of the document, copied. */
static int
text_of(const struct reading *r, size_t at, char out[NAME_MAX_LEN + 1])
{
	struct bytes s = BYTES_NULL;

	if (json_text(&r->j, at, r->text, r->j.text.len, &s) != 0)
		return bad(r, "not a text", at);
	if (s.len == 0 || s.len > NAME_MAX_LEN)
		return bad(r, "a name of no or over 256 bytes", at);
	memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return 0;
}

/* source_of() - the text of a value, a string's with its quotes. */
static struct bytes
source_of(const struct reading *r, size_t at)
{
	struct bytes raw = json_raw(&r->j, at);

	if (r->j.tok[at].kind == JSON_STRING)
		raw = bytes_of(raw.ptr - 1, raw.len + 2);
	return raw;
}

static int
read_answer(struct reading *r, size_t at, struct canned_answer *a)
{
	size_t error = json_member(&r->j, at, "$error");
	char inner[PACK_JSON_WHY];
	char text[NAME_MAX_LEN + 1] = "";
	int x;

	a->ok = error == 0;
	if (r->j.tok[at].kind == JSON_NULL)
		return 0;
	if (error != 0) {
		x = text_of(r, error, text);
		buf_put_str(&a->answer, text);
		return x;
	}
	x = pack_from_json(&a->answer, source_of(r, at), inner);
	if (x > 0)
		snprintf(
		    r->why, r->why_room, "the answer at byte %u: %s", r->j.tok[at].start, inner);
	return x;
}

static int
read_answers(struct reading *r, size_t at)
{
	size_t n = r->j.tok[at].n, name = json_first(&r->j, at);
	int x = 0;

	if (r->j.tok[at].kind != JSON_OBJECT || n == 0 || n > ANSWERS_MAX)
		return bad(r, "`answers' is not a map of 1 to 256 operations", at);
	for (; x == 0 && r->c->n < n; name = r->j.tok[name + 1].next) {
		struct canned_answer *a = &r->c->answer[r->c->n++];

		buf_init(&a->answer, ANSWER_MAX);
		x = text_of(r, name, a->operation);
		if (x == 0)
			x = read_answer(r, name + 1, a);
	}
	return x;
}

static int
read_document(struct reading *r)
{
	size_t contract, answers;
	int x = json_read(&r->j);

	if (x != 0) {
		snprintf(r->why, r->why_room, "%s, at byte %zu",
		    x == JSON_BAD ? r->j.why : "more than 65,536 parts", r->j.at);
		return 1;
	}
	contract = json_member(&r->j, 0, "contract");
	answers = json_member(&r->j, 0, "answers");
	if (contract == 0 || answers == 0 || r->j.tok[0].n != 2) {
		snprintf(r->why, r->why_room,
		    "not of the form {\"contract\": TEXT, \"answers\": {OPERATION: ANSWER}}");
		return 1;
	}
	x = text_of(r, contract, r->c->contract);
	return x != 0 ? x : read_answers(r, answers);
}

int
canned_read(void **state, struct bytes json, char *why, size_t why_room)
{
	struct reading r = { .why = why, .why_room = why_room };
	int x = err_raise(-ENOMEM);

	r.j = (struct json){ .text = json, .cap = TOKENS, .allow_fraction = true };
	r.j.tok = calloc(TOKENS, sizeof(*r.j.tok));
	r.text = malloc(json.len + 1);
	r.c = calloc(1, sizeof(*r.c));
	if (r.j.tok != NULL && r.text != NULL && r.c != NULL)
		x = read_document(&r);
	free(r.j.tok);
	free(r.text);
	if (x != 0) {
		canned_free(r.c);
		return err_pass(x);
	}
	*state = r.c;
	return 0;
}

static bool
canned_is_of(const void *state, struct bytes contract)
{
	const struct canned *c = state;

	return bytes_is(contract, c->contract);
}

static int
canned_ask(void *state, struct bytes operation, struct bytes payload, struct buf *into, bool *ok)
{
	const struct canned *c = state;

	(void)payload;
	for (size_t i = 0; i < c->n; i++) {
		if (!bytes_is(operation, c->answer[i].operation))
			continue;
		*ok = c->answer[i].ok;
		buf_put(into, buf_bytes(&c->answer[i].answer));
		return 0;
	}
	return stand_in_fail(into, ok, "the document has no answer to this operation");
}

const struct stand_in stand_in_canned = {
	.word = "FILE", .is_of = canned_is_of, .free = canned_free, .ask = canned_ask
};
