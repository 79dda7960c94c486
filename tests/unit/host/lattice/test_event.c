/* host/lattice/event: what a host tells unasked. */
#include <stdio.h>

#include "host/lattice/event.h"
#include "policy/commands/report.h"
#include "tests/unit/host/lattice/held.h"
#include "tests/unit/host/lattice/made.h"
#include "tests/unit/host/lattice/suites.h"

static uint64_t memory[BODY_ARENA / 8];
static const struct reply_host about = { .uptime_s = 5, .version = "0.1.0", .lattice = "default" };

/* fill() - an event of a kind with all that any kind wants. */
static struct event
fill(const struct model *m, enum event_kind k)
{
	struct event e = {
		.kind = k,
		.time_ms = 1625572800123,
		.host = &about,
		.actor = model_actors(m),
		.instance = model_actors(m)->instances,
		.link = model_links(m),
		.ref = "ghcr.io/a/b:1",
		.link_name = "default",
		.contract = "wasmcloud:keyvalue",
		.count = 2,
		.remaining = 1,
		.old_revision = 2,
	};
	uint8_t random[16] = { 0xff, 1, 2, 3, 4, 5, 0xff, 7, 0xff, 9, 10, 11, 12, 13, 14, 15 };

	uuid_put(e.id, random);
	if (k >= EVENT_PROVIDER_STARTED && k != EVENT_ACTOR_DENIED && k != EVENT_ACTOR_FAILED)
		e.provider = model_providers(m);
	if (k != EVENT_HEALTH_PASSED && k != EVENT_HEALTH_STATUS)
		e.reason = "because";
	if (k == EVENT_ACTOR_FAILED)
		e.instance = model_actors(m)->instances->next;
	if (k == EVENT_ACTORS_STARTED || k == EVENT_ACTORS_STOPPED ||
	    k == EVENT_ACTORS_START_FAILED || k == EVENT_ACTOR_DENIED)
		e.instance = NULL;
	return e;
}

START_TEST(every_event_is_as_its_table_says)
{
	static const enum dialect dialects[] = { DIALECT_A, DIALECT_B };
	cJSON *table = held_table("events.json");
	struct model *m = made_busy();
	struct buf b;
	char row[64];

	buf_init(&b, 65536);
	for (size_t d = 0; d < 2; d++) {
		for (int k = EVENT_HOST_STARTED; k < EVENTS; k++) {
			struct event e = fill(m, (enum event_kind)k);

			buf_reset(&b);
			if (!event_put(&b, dialects[d], m, &e)) {
				ck_assert(dialects[d] == DIALECT_A && b.len == 0);
				continue;
			}
			snprintf(row, sizeof(row), "%c %s", d == 0 ? 'A' : 'B',
			    event_name((enum event_kind)k));
			held(table, row, buf_bytes(&b), d == 0 ? NULL : "data");
			buf_put_u8(&b, 0);
			ck_assert_msg(
			    strstr((const char *)b.ptr, "secret-word") == NULL, "%s", row);
		}
	}
	held_all(table);
	buf_deinit(&b);
	model_free(m);
	cJSON_Delete(table);
}
END_TEST

START_TEST(an_event_is_a_cloud_event)
{
	struct model *m = made_busy();
	struct event e = fill(m, EVENT_PROVIDER_START_FAILED);
	struct buf b;
	char want[512];

	buf_init(&b, 65536);
	ck_assert(event_put(&b, DIALECT_B, m, &e));
	snprintf(want, sizeof(want),
	    "{\"specversion\":\"1.0\",\"id\":\"ff010203-0405-4f07-bf09-0a0b0c0d0e0f\","
	    "\"type\":\"com.wasmcloud.lattice.provider_start_failed\",\"source\":\"%s\","
	    "\"time\":\"2021-07-06T12:00:00.123Z\",\"datacontenttype\":\"application/json\","
	    "\"data\":{\"provider_ref\":\"ghcr.io/a/"
	    "b:1\",\"link_name\":\"default\",\"error\":\"because\"}}",
	    HOST_KEY);
	ck_assert_msg(bytes_is(buf_bytes(&b), want), "%.*s", (int)b.len, (const char *)b.ptr);
	buf_deinit(&b);
	model_free(m);
}
END_TEST

START_TEST(the_gate_takes_our_events_for_ours)
{
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	struct model *m = made_busy();
	struct buf subject, b;

	buf_init(&subject, 512);
	buf_init(&b, 65536);
	for (int k = EVENT_HOST_STARTED; k < EVENTS; k++) {
		for (int way = 0; way < 3; way++) {
			enum dialect d = way == 2 ? DIALECT_A : DIALECT_B;
			struct event e = fill(m, (enum event_kind)k);
			struct report said;

			buf_reset(&subject);
			buf_reset(&b);
			event_subject(&subject, d, BYTES_LIT("default"), e.kind, way == 1);
			if (!event_put(&b, d, m, &e))
				continue;
			ck_assert_int_eq(report_classify(buf_bytes(&subject), &said), 0);
			ck_assert_int_eq(report_decode(&said, buf_bytes(&b), &arena), 0);
			ck_assert(bytes_is(said.id, HOST_KEY));
		}
	}
	buf_deinit(&b);
	buf_deinit(&subject);
	model_free(m);
}
END_TEST

START_TEST(events_have_two_subjects_in_b_and_one_in_a)
{
	struct buf b;

	buf_init(&b, 512);
	event_subject(&b, DIALECT_B, BYTES_LIT("l"), EVENT_ACTORS_STARTED, false);
	ck_assert(bytes_is(buf_bytes(&b), "wasmbus.evt.l"));
	buf_reset(&b);
	event_subject(&b, DIALECT_B, BYTES_LIT("l"), EVENT_ACTORS_STARTED, true);
	ck_assert(bytes_is(buf_bytes(&b), "wasmbus.evt.l.actors_started"));
	buf_reset(&b);
	event_subject(&b, DIALECT_A, BYTES_LIT("l"), EVENT_ACTORS_STARTED, true);
	ck_assert(bytes_is(buf_bytes(&b), "wasmbus.ctl.l.events"));
	buf_deinit(&b);
}
END_TEST

START_TEST(a_start_that_failed_before_there_was_an_actor_is_told)
{
	struct model *m = made_model();
	struct event e = {
		.kind = EVENT_ACTORS_START_FAILED, .ref = "a/b:1", .reason = "no such image"
	};
	struct buf b;

	buf_init(&b, 4096);
	ck_assert(event_put(&b, DIALECT_B, m, &e));
	buf_put_u8(&b, 0);
	ck_assert_ptr_nonnull(strstr((const char *)b.ptr, "\"image_ref\":\"a/b:1\""));
	ck_assert_ptr_nonnull(strstr((const char *)b.ptr, "\"error\":\"no such image\""));
	buf_reset(&b);
	e.kind = EVENT_NONE;
	ck_assert(!event_put(&b, DIALECT_B, m, &e) && b.len == 0);
	buf_deinit(&b);
	model_free(m);
}
END_TEST

TCase *
event_tests(void)
{
	TCase *t = tcase_create("event");

	tcase_add_test(t, every_event_is_as_its_table_says);
	tcase_add_test(t, an_event_is_a_cloud_event);
	tcase_add_test(t, the_gate_takes_our_events_for_ours);
	tcase_add_test(t, events_have_two_subjects_in_b_and_one_in_a);
	tcase_add_test(t, a_start_that_failed_before_there_was_an_actor_is_told);
	return t;
}
