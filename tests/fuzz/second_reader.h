/*
 * second_reader - what the fuzz tests of nested bodies share: the command decoded, and the payload
 * once more by cJSON. cJSON rounds numbers and ends at a NUL, which is why it may only agree with
 * what our reader accepted.
 */
#ifndef TESTS_FUZZ_SECOND_READER_H
#define TESTS_FUZZ_SECOND_READER_H

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "policy/commands/body.h"

static inline void
check(bool ok)
{
	if (!ok)
		abort();
}

/* A member by name; null is absence. */
static inline const cJSON *
get(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return item == NULL || cJSON_IsNull(item) ? NULL : item;
}

/* check_text() - the member is the text @s, or is not there and @s is empty. */
static inline void
check_text(const cJSON *item, struct bytes s)
{
	check(item == NULL ? s.len == 0 : cJSON_IsString(item) && bytes_is(s, item->valuestring));
}

/* check_image() - some part runs what the member names; a member that is not there or empty names
 * nothing. */
static inline void
check_image(const cJSON *item, const struct body *b)
{
	bool found = item == NULL || (cJSON_IsString(item) && item->valuestring[0] == '\0');

	for (const struct body_part *p = b->parts; p != NULL && !found; p = p->next)
		found = cJSON_IsString(item) && bytes_is(p->image.raw, item->valuestring);
	check(found);
}

/* second_reading() - decode; when it was accepted, the payload by cJSON, to be deleted. NULL:
 * nothing to hold. */
static inline cJSON *
second_reading(const struct body_input *in, struct command *c, struct body *b)
{
	static uint64_t memory[BODY_ARENA / 8];
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	char *copy;
	cJSON *root;

	if (command_classify(in->subject, c) != 0)
		return NULL;
	if (body_decode(c, in, &arena, b) != 0) {
		check(b->fault.why != NULL && b->effective == VERB_NONE &&
		      b->fault.at <= in->payload.len);
		return NULL;
	}
	if (b->unread || in->payload.len == 0)
		return NULL;
	copy = strndup((const char *)in->payload.ptr, in->payload.len);
	check(copy != NULL);
	root = cJSON_ParseWithOpts(copy, NULL, 1);
	free(copy);
	check(cJSON_IsObject(root));
	return root;
}

#endif
