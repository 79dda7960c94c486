/*
 * A subject in the first line ("?" before it: a question, the payload answers it), a payload behind
 * it. Properties:
 *  - an id is a slice of the payload or of the subject, one token, and never empty by accident:
 * what names nobody is a link event's "n/a", an ack, or a refusal;
 *  - with less room the answer is the same, or a refusal;
 *  - to cJSON, which takes the first of two members and folds nothing here, every place where a
 * reader of that kind looks for a host holds that id or nothing.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "policy/commands/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t memory[BODY_ARENA / 8], less[8192];

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static bool
inside(struct bytes s, struct bytes whole)
{
	uintptr_t p = (uintptr_t)s.ptr, f = (uintptr_t)whole.ptr;

	return p >= f && p <= f + whole.len && s.len <= f + whole.len - p;
}

/* agrees() - member @name of @o is that id, or not there. Return: is it there? */
static bool
agrees(const cJSON *o, const char *name, struct bytes id)
{
	const cJSON *m = cJSON_GetObjectItemCaseSensitive(o, name);

	if (m == NULL)
		return false;
	check(cJSON_IsString(m) && bytes_is(id, m->valuestring));
	return true;
}

static bool
is_false(const cJSON *o, const char *name)
{
	return cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(o, name));
}

static void
check_event(const cJSON *o, struct bytes id)
{
	const cJSON *source = cJSON_GetObjectItemCaseSensitive(o, "source");

	check(cJSON_IsString(source));
	if (strcmp(source->valuestring, "n/a") != 0)
		check(bytes_is(id, source->valuestring));
	if (!agrees(cJSON_GetObjectItemCaseSensitive(o, "data"), "host_id", id) && id.len == 0)
		check(strcmp(source->valuestring, "n/a") == 0);
}

static void
check_plain(const cJSON *o, const char *name, struct bytes id)
{
	check(agrees(o, name, id) || (id.len == 0 && is_false(o, "accepted")));
}

static void
check_enveloped(const cJSON *o, const char *name, struct bytes id)
{
	const cJSON *response = cJSON_GetObjectItemCaseSensitive(o, "response");

	if (cJSON_IsObject(response))
		check(agrees(response, name, id));
	else
		check(id.len == 0 && is_false(o, "success"));
}

static void
check_kind(const cJSON *o, const struct report *r)
{
	switch (r->kind) {
	case REPORT_EVENT:
		check_event(o, r->id);
		break;
	case REPORT_HOST_EVENT:
		check(agrees(cJSON_GetObjectItemCaseSensitive(o, "header"), "host_origin", r->id));
		break;
	case REPORT_HEARTBEAT:
		check(agrees(o, "id", r->id));
		(void)agrees(o, "host_id", r->id);
		(void)agrees(o, "hostId", r->id);
		check(r->host.len == 0 || bytes_eq(r->host, r->id));
		break;
	case REPORT_PING:
		check_plain(o, "id", r->id);
		(void)agrees(o, "host_id", r->id);
		break;
	case REPORT_INVENTORY:
	case REPORT_BID:
		check_plain(o, "host_id", r->id);
		break;
	case REPORT_ACK:
		check(agrees(o, "host_id", r->id) || r->id.len == 0);
		break;
	case REPORT_PING_V1:
		check_enveloped(o, "id", r->id);
		break;
	case REPORT_INVENTORY_V1:
	case REPORT_BID_V1:
		check_enveloped(o, "host_id", r->id);
		break;
	case REPORT_NONE:
	case REPORT_KINDS:
		abort();
	}
}

/* check_less() - in a smaller arena: the same, or refused. */
static void
check_less(const struct report *r, struct bytes payload)
{
	struct body_arena arena = { .mem = (uint8_t *)less, .cap = sizeof(less) };
	struct report small = { .kind = r->kind, .host = r->host };

	if (report_decode(&small, payload, &arena) == 0)
		check(bytes_eq(small.id, r->id));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	struct bytes in = bytes_of(data, size), subject = bytes_upto(in, bytes_find(in, '\n'));
	struct bytes payload = subject.len < in.len ? bytes_from(in, subject.len + 1) : BYTES_NULL;
	struct report r = { 0 };
	struct command c;
	cJSON *o;

	if (subject.len != 0 && subject.ptr[0] == '?') {
		if (command_classify(bytes_from(subject, 1), &c) == 0)
			r.kind = report_asked(&c);
	} else if (report_classify(subject, &r) == 0)
		check(report_space(subject) && r.kind != REPORT_NONE && r.lattice.len != 0);
	if (r.kind == REPORT_NONE)
		return 0;
	if (report_decode(&r, payload, &arena) != 0) {
		check(r.id.len == 0 && r.fault.why != NULL && r.fault.at <= size + REPORT_MAX);
		return 0;
	}
	check(r.id.len <= REPORT_ID_MAX && bytes_find(r.id, '.') == r.id.len);
	check(r.id.len == 0 || inside(r.id, payload) || inside(r.id, subject));
	check_less(&r, payload);
	o = cJSON_ParseWithLength((const char *)payload.ptr, payload.len);
	check(cJSON_IsObject(o));
	check_kind(o, &r);
	cJSON_Delete(o);
	return 0;
}
