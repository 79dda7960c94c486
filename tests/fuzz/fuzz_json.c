/*
 * Any bytes as JSON. Properties:
 *  - what json_read() accepts, cJSON accepts too, with the same structure and the same values;
 *    what cJSON rejects is therefore rejected here. No exceptions are needed.
 *  - the answer does not depend on the room for tokens, except that it may be JSON_TOO_MANY;
 *  - room for more members changes nothing but the answer to an object with too many of them;
 *  - every token lies in the text and in its container, and the `next` links count what `n` says;
 *  - no two names of an object are equal, by a comparison that knows nothing of the reader's hash;
 *  - a string written by buf_put_json() is read back to the same bytes.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <strings.h>

#include "policy/core/buf.h"
#include "policy/core/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* text_of() - a string token's value, NUL-terminated; free() it. */
static char *
text_of(const struct json *j, size_t at)
{
	size_t cap = json_raw(j, at).len;
	uint8_t *out = malloc(cap + 1);
	struct bytes s = BYTES_NULL;

	check(out != NULL && j->tok[at].kind == JSON_STRING);
	check(json_text(j, at, out, cap, &s) == 0); /* unescaping never makes it longer */
	check(s.len <= cap && memchr(s.len != 0 ? s.ptr : out, 0, s.len) == NULL);
	memmove(out, s.len != 0 ? s.ptr : out, s.len);
	out[s.len] = 0;
	check(json_is(j, at, (char *)out));
	return (char *)out;
}

static void
check_read_back(const char *value)
{
	struct json_tok tok[1];
	struct json j = { .tok = tok, .cap = 1 };
	struct buf b;

	buf_init(&b, SIZE_MAX);
	buf_put_json(&b, bytes_str(value));
	j.text = buf_bytes(&b);
	check(json_read(&j) == 0 && json_is(&j, 0, value));
	buf_deinit(&b);
}

static void
check_number(const struct json *j, size_t at, const cJSON *c)
{
	struct bytes raw = json_raw(j, at);
	int64_t v;

	check(cJSON_IsNumber(c));
	if (json_int(j, at, &v) == 0)
		check(c->valuedouble == (double)v && v >= -(1LL << 53) && v <= 1LL << 53);
	else
		check(j->allow_fraction && raw.len <= 63);
}

static void check_value(const struct json *j, size_t at, const cJSON *c);

/* check_object() - names in order, each once in any case. */
static void
check_object(const struct json *j, size_t at, const cJSON *c)
{
	size_t m = json_first(j, at);
	const cJSON *item = c->child;

	for (uint32_t i = 0; i < j->tok[at].n; i++, m = j->tok[m + 1].next, item = item->next) {
		autofree(mem_freep) char *name = text_of(j, m);

		check(item != NULL && strcmp(name, item->string) == 0);
		for (const cJSON *o = c->child; o != item; o = o->next)
			check(strcasecmp(o->string, name) != 0);
		check(j->tok[m].next == m + 1 && json_member(j, at, name) == m + 1);
		check_value(j, m + 1, item);
	}
	check(item == NULL);
	check(j->tok[at].n == 0 || m == j->tok[at].next);
}

static void
check_array(const struct json *j, size_t at, const cJSON *c)
{
	size_t e = json_first(j, at);
	const cJSON *item = c->child;

	for (uint32_t i = 0; i < j->tok[at].n; i++, e = j->tok[e].next, item = item->next) {
		check(item != NULL);
		check_value(j, e, item);
	}
	check(item == NULL);
	check(j->tok[at].n == 0 || e == j->tok[at].next);
}

/* As deep as the reader lets it be. */
static void
check_value(const struct json *j, size_t at, const cJSON *c)
{
	const struct json_tok *t = &j->tok[at];

	check(at < j->n && t->next > at && t->next <= j->n);
	check(t->start <= j->text.len && t->len <= j->text.len - t->start);
	if (at != 0)
		check(t->start > j->tok[0].start &&
		      t->start + t->len < j->tok[0].start + j->tok[0].len);
	switch (t->kind) {
	case JSON_OBJECT:
		check(cJSON_IsObject(c) && t->len >= 2);
		check_object(j, at, c);
		return;
	case JSON_ARRAY:
		check(cJSON_IsArray(c) && t->len >= 2);
		check_array(j, at, c);
		return;
	case JSON_STRING: {
		autofree(mem_freep) char *s = text_of(j, at);

		check(cJSON_IsString(c) && strcmp(s, c->valuestring) == 0);
		check_read_back(s);
		return;
	}
	case JSON_NUMBER:
		check_number(j, at, c);
		return;
	case JSON_TRUE:
	case JSON_FALSE:
		check(cJSON_IsBool(c) && cJSON_IsTrue(c) == (t->kind == JSON_TRUE));
		return;
	case JSON_NULL:
		check(cJSON_IsNull(c));
		return;
	case JSON_NONE:
	default:
		abort();
	}
}

/* check_room() - the same text with less room, and with just enough. */
static void
check_room(const struct json *full, int answer)
{
	struct json j = *full;

	for (size_t cap = 0; cap < 4 && cap <= full->n; cap++) {
		j.cap = cap;
		check(json_read(&j) == (answer == 0 && cap == full->n ? 0 : JSON_TOO_MANY) ||
		      answer == JSON_BAD);
	}
	if (answer != 0)
		return;
	j.cap = full->n - 1;
	check(json_read(&j) == JSON_TOO_MANY && j.n == 0);
	j.cap = full->n;
	check(json_read(&j) == 0 && j.n == full->n);
}

/* check_same() - token by token. */
static void
check_same(const struct json_tok *a, const struct json_tok *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(a[i].kind == b[i].kind && a[i].start == b[i].start && a[i].len == b[i].len &&
		      a[i].next == b[i].next && a[i].n == b[i].n && a[i].escaped == b[i].escaped);
}

/* check_slots() - the same text with room for more members. @tok has the tokens of @full. */
static void
check_slots(const struct json *full, int answer, struct json_tok *spare)
{
	uint32_t slot[4096];
	struct json j = *full;
	int a;

	j.tok = spare;
	j.slot = slot;
	j.n_slots = sizeof(slot) / sizeof(slot[0]);
	memset(slot, 0xff, sizeof(slot));
	a = json_read(&j);
	if (answer == JSON_BAD && strcmp(full->why, "object with too many members") == 0)
		return;
	check(a == answer && j.n == full->n);
	if (a != 0) {
		check(strcmp(j.why, full->why) == 0 && j.at == full->at);
		return;
	}
	check_same(full->tok, spare, full->n);
}

/* check_text() - @large: with room for objects of 2048 members. */
static void
check_text(
    struct bytes text, struct json_tok *tok, struct json_tok *spare, bool fraction, bool large)
{
	uint32_t slot[4096];
	struct json j = {
		.text = text,
		.tok = tok,
		.cap = text.len + 1,
		.allow_fraction = fraction,
		.slot = large ? slot : NULL,
		.n_slots = large ? sizeof(slot) / sizeof(slot[0]) : 0,
	};
	int a = json_read(&j);
	char *copy;
	cJSON *c;

	check(a == 0 || (a == JSON_BAD && j.why != NULL && j.at <= text.len && j.n == 0));
	if (!large)
		check_slots(&j, a, spare);
	j.tok = spare;
	check_room(&j, a);
	if (a != 0)
		return;
	check_same(tok, spare, j.n);
	j.tok = tok;
	copy =
	    strndup((const char *)text.ptr, text.len); /* cJSON wants a NUL to be sure of the end */
	check(copy != NULL && strlen(copy) == text.len);
	c = cJSON_ParseWithLengthOpts(copy, text.len + 1, NULL, 1);
	check(c != NULL && j.tok[0].next == j.n);
	check_value(&j, 0, c);
	cJSON_Delete(c);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = size != 0 ? bytes_of(data, size) : BYTES_NULL;
	struct json_tok *tok = calloc(size + 1, sizeof(*tok)),
			*spare = calloc(size + 1, sizeof(*tok));

	check(tok != NULL && spare != NULL);
	check_text(text, tok, spare, false, false);
	check_text(text, tok, spare, true, false);
	check_text(text, tok, spare, false, true);
	free(tok);
	free(spare);
	return 0;
}
