/*
 * A subject in the first line, a payload behind it, as a request to JetStream. Properties:
 *  - targets lie where they say in the payload; each reaches at least itself;
 *  - what is accepted reads the same to a reader like Go's: any case will do, the last one wins.
 *    Every subject that reader finds in a field the server acts on is among the targets, and none
 *    of the flags it finds is missed.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <strings.h>

#include "policy/commands/jetstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t memory[BODY_ARENA / 8];

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* go_get() - the member Go's encoding/json would end up with. */
static const cJSON *
go_get(const cJSON *object, const char *name)
{
	const cJSON *found = NULL;

	if (!cJSON_IsObject(object))
		return NULL;
	for (const cJSON *item = object->child; item != NULL; item = item->next)
		if (strcasecmp(item->string, name) == 0 && !cJSON_IsNull(item))
			found = item;
	return found;
}

static void
expect(const struct jetstream *js, enum js_role role, const cJSON *value)
{
	bool found = false;

	if (value == NULL || !cJSON_IsString(value) || value->valuestring[0] == '\0')
		return;
	for (const struct js_target *t = js->targets; t != NULL; t = t->next)
		found |= t->role == role && bytes_is(t->subject, value->valuestring);
	check(found);
}

static void
expect_each(const struct jetstream *js, enum js_role role, const cJSON *array)
{
	if (cJSON_IsArray(array))
		for (const cJSON *item = array->child; item != NULL; item = item->next)
			expect(js, role, item);
}

static void
expect_source(const struct jetstream *js, enum js_role role, const cJSON *source)
{
	const cJSON *external = go_get(source, "external");
	const cJSON *transforms = go_get(source, "subject_transforms");

	expect(js, role, go_get(source, "name"));
	expect(js, JS_SOURCE_FILTER, go_get(source, "filter_subject"));
	expect(js, JS_EXTERNAL_API, go_get(external, "api"));
	expect(js, JS_EXTERNAL_DELIVER, go_get(external, "deliver"));
	if (cJSON_IsArray(transforms))
		for (const cJSON *t = transforms->child; t != NULL; t = t->next)
			expect(js, JS_TRANSFORM_TO, go_get(t, "dest"));
}

static void
expect_stream(const struct jetstream *js, const cJSON *config)
{
	const cJSON *sources = go_get(config, "sources");

	expect_each(js, JS_LISTEN, go_get(config, "subjects"));
	expect(js, JS_REPUBLISH_TO, go_get(go_get(config, "republish"), "dest"));
	expect(js, JS_TRANSFORM_TO, go_get(go_get(config, "subject_transform"), "dest"));
	expect_source(js, JS_MIRROR, go_get(config, "mirror"));
	if (cJSON_IsArray(sources))
		for (const cJSON *s = sources->child; s != NULL; s = s->next)
			expect_source(js, JS_SOURCE, s);
	check(js->allow_rollup == (cJSON_IsTrue(go_get(config, "allow_rollup_hdrs")) != 0));
	check(js->allow_schedules == (cJSON_IsTrue(go_get(config, "allow_msg_schedules")) != 0));
}

static void
expect_consumer(const struct jetstream *js, const cJSON *root)
{
	const cJSON *config = go_get(root, "config"), *stream = go_get(root, "stream_name");

	check(stream != NULL && bytes_is(js->stream, stream->valuestring));
	expect(js, JS_DELIVER, go_get(config, "deliver_subject"));
	expect(js, JS_DELIVER_GROUP, go_get(config, "deliver_group"));
	expect(js, JS_FILTER, go_get(config, "filter_subject"));
	expect_each(js, JS_FILTER, go_get(config, "filter_subjects"));
}

static void
expect_all(const struct jetstream *js, const cJSON *root)
{
	switch (js->verb) {
	case JS_STREAM_CREATE:
	case JS_STREAM_UPDATE:
		check(bytes_is(js->stream, go_get(root, "name")->valuestring));
		expect_stream(js, root);
		return;
	case JS_STREAM_RESTORE:
		expect_stream(js, go_get(root, "config"));
		return;
	case JS_CONSUMER_CREATE:
		expect_consumer(js, root);
		return;
	case JS_STREAM_SNAPSHOT:
		expect(js, JS_DELIVER, go_get(root, "deliver_subject"));
		return;
	case JS_STREAM_PURGE:
		expect(js, JS_SELECT, go_get(root, "filter"));
		return;
	case JS_MSG_GET:
	case JS_DIRECT_GET:
		expect(js, JS_SELECT, go_get(root, "last_by_subj"));
		expect(js, JS_SELECT, go_get(root, "next_by_subj"));
		expect_each(js, JS_SELECT, go_get(root, "multi_last"));
		return;
	default:
		return;
	}
}

static void
check_targets(const struct jetstream *js, const struct body_input *in)
{
	size_t n = 0;

	for (const struct js_target *t = js->targets; t != NULL; t = t->next, n++) {
		size_t sure = t->reach.len != 0 && !bytes_eq(t->reach, t->subject)
				  ? t->reach.len - 1
				  : t->reach.len;

		check(t->where.at <= in->payload.len &&
		      t->where.len <= in->payload.len - t->where.at);
		check(bytes_starts(t->subject, bytes_upto(t->reach, sure)));
	}
	check(n == js->n_targets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes all = bytes_of(data, size);
	size_t line = bytes_find(all, '\n');
	struct body_input in = { .subject = bytes_upto(all, line),
		.payload = bytes_from(all, line + 1) };
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	static struct jetstream js;
	char *copy;
	cJSON *root;
	int x;

	if (size == 0)
		return 0;
	x = jetstream_decode(&in, &arena, &js);
	check(x == 0 || x == BODY_REFUSED || x == JETSTREAM_NOT);
	check(x != BODY_REFUSED || (js.fault.why != NULL && js.verb == JS_NONE));
	if (x != 0)
		return 0;
	check(js.verb != JS_NONE);
	check_targets(&js, &in);
	if (js.verb == JS_STORE || js.verb >= JS_ACK || js.verb == JS_ADMIN ||
	    js.verb == JS_ACCOUNT_INFO || in.payload.len == 0 || in.payload.ptr[0] <= '9')
		return 0;
	copy = strndup((const char *)in.payload.ptr, in.payload.len);
	check(copy != NULL);
	root = cJSON_ParseWithOpts(copy, NULL, 1);
	check(cJSON_IsObject(root));
	expect_all(&js, root);
	cJSON_Delete(root);
	free(copy);
	return 0;
}
