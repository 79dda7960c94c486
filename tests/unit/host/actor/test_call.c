/*
 * call: a guest is asked, asks, and answers; what it may not name or hold ends the call with a
 * reason. The hostile modules are in tests/sandbox/actors.py; here is what needs no process.
 */
#include <stdio.h>

#include "host/actor/call_priv.h"
#include "tests/unit/host/actor/suites.h"

/*
 * Of one page. __guest_call(op, n): __guest_request(0, 2); __host_call with the n bytes at 2 as
 * payload and the op as all three names; on 1 the answer to 100, as the response.
 */
static const uint8_t guest[] = {
	0x00,
	0x61,
	0x73,
	0x6d,
	0x01,
	0x00,
	0x00,
	0x00,
	0x01,
	0x20,
	0x05,
	0x60,
	0x02,
	0x7f,
	0x7f,
	0x00,
	0x60,
	0x08,
	0x7f,
	0x7f,
	0x7f,
	0x7f,
	0x7f,
	0x7f,
	0x7f,
	0x7f,
	0x01,
	0x7f,
	0x60,
	0x00,
	0x01,
	0x7f,
	0x60,
	0x01,
	0x7f,
	0x00,
	0x60,
	0x02,
	0x7f,
	0x7f,
	0x01,
	0x7f,
	0x02,
	0x84,
	0x01,
	0x05,
	0x07,
	0x77,
	0x61,
	0x73,
	0x6d,
	0x62,
	0x75,
	0x73,
	0x0f,
	0x5f,
	0x5f,
	0x67,
	0x75,
	0x65,
	0x73,
	0x74,
	0x5f,
	0x72,
	0x65,
	0x71,
	0x75,
	0x65,
	0x73,
	0x74,
	0x00,
	0x00,
	0x07,
	0x77,
	0x61,
	0x73,
	0x6d,
	0x62,
	0x75,
	0x73,
	0x10,
	0x5f,
	0x5f,
	0x67,
	0x75,
	0x65,
	0x73,
	0x74,
	0x5f,
	0x72,
	0x65,
	0x73,
	0x70,
	0x6f,
	0x6e,
	0x73,
	0x65,
	0x00,
	0x00,
	0x07,
	0x77,
	0x61,
	0x73,
	0x6d,
	0x62,
	0x75,
	0x73,
	0x0b,
	0x5f,
	0x5f,
	0x68,
	0x6f,
	0x73,
	0x74,
	0x5f,
	0x63,
	0x61,
	0x6c,
	0x6c,
	0x00,
	0x01,
	0x07,
	0x77,
	0x61,
	0x73,
	0x6d,
	0x62,
	0x75,
	0x73,
	0x13,
	0x5f,
	0x5f,
	0x68,
	0x6f,
	0x73,
	0x74,
	0x5f,
	0x72,
	0x65,
	0x73,
	0x70,
	0x6f,
	0x6e,
	0x73,
	0x65,
	0x5f,
	0x6c,
	0x65,
	0x6e,
	0x00,
	0x02,
	0x07,
	0x77,
	0x61,
	0x73,
	0x6d,
	0x62,
	0x75,
	0x73,
	0x0f,
	0x5f,
	0x5f,
	0x68,
	0x6f,
	0x73,
	0x74,
	0x5f,
	0x72,
	0x65,
	0x73,
	0x70,
	0x6f,
	0x6e,
	0x73,
	0x65,
	0x00,
	0x03,
	0x03,
	0x02,
	0x01,
	0x04,
	0x05,
	0x04,
	0x01,
	0x01,
	0x01,
	0x01,
	0x07,
	0x19,
	0x02,
	0x06,
	0x6d,
	0x65,
	0x6d,
	0x6f,
	0x72,
	0x79,
	0x02,
	0x00,
	0x0c,
	0x5f,
	0x5f,
	0x67,
	0x75,
	0x65,
	0x73,
	0x74,
	0x5f,
	0x63,
	0x61,
	0x6c,
	0x6c,
	0x00,
	0x05,
	0x0a,
	0x30,
	0x01,
	0x2e,
	0x00,
	0x41,
	0x00,
	0x41,
	0x02,
	0x10,
	0x00,
	0x41,
	0x00,
	0x20,
	0x00,
	0x41,
	0x00,
	0x20,
	0x00,
	0x41,
	0x00,
	0x20,
	0x00,
	0x41,
	0x02,
	0x20,
	0x01,
	0x10,
	0x02,
	0x04,
	0x40,
	0x41,
	0xe4,
	0x00,
	0x10,
	0x04,
	0x41,
	0xe4,
	0x00,
	0x10,
	0x03,
	0x10,
	0x01,
	0x41,
	0x01,
	0x0f,
	0x0b,
	0x41,
	0x00,
	0x0b,
};

struct host {
	unsigned asked;
	bool refuse, cut;
	size_t answer; /* bytes it says it wrote */
	char said[64];
};

static int
on_ask(void *ctx, const struct actor_ask *ask, uint8_t *into, size_t room, size_t *used, bool *ok)
{
	struct host *h = ctx;

	h->asked++;
	snprintf(h->said, sizeof(h->said), "%.*s %.*s", (int)ask->operation.len,
	    (const char *)ask->operation.ptr, (int)ask->payload.len,
	    (const char *)ask->payload.ptr);
	*used = h->answer;
	if (h->answer <= room)
		memset(into, 'z', h->answer);
	*ok = !h->refuse;
	return h->cut ? -1 : 0;
}

static const struct actor_world world = { .now_ns = 1 };

static struct actor *
begin(struct host *h, const struct actor_limits *l)
{
	const struct actor_ops ops = { h, on_ask, NULL };
	struct actor_outcome got;
	struct actor *a = NULL;

	memset(h, 0, sizeof(*h));
	h->answer = 3;
	ck_assert_int_eq(actor_new(bytes_of(guest, sizeof(guest)), l, &ops, &world, &a, &got), 0);
	ck_assert_int_eq(actor_init(a, &got), 0);
	return a;
}

static const uint8_t *
memory_of(const struct actor *a)
{
	return wasm_view(wasm_memory(a->instance), 0, 65536);
}

static enum actor_answer
ask(struct actor *a, const char *payload, struct actor_outcome *got)
{
	return (enum actor_answer)actor_call(
	    a, bytes_str("do"), bytes_str(payload), &world, 100000, got);
}

START_TEST(a_guest_is_asked_asks_and_answers)
{
	struct actor_limits l = actor_limits_default();
	struct actor_outcome got;
	struct host h;
	struct actor *a = begin(&h, &l);

	ck_assert_int_eq(ask(a, "this", &got), ACTOR_DONE);
	ck_assert(bytes_is(got.out, "zzz"));
	ck_assert_str_eq(h.said, "do this");
	ck_assert(got.fuel > l.ask_fuel && got.asks == 1);
	ck_assert_uint_eq(got.memory, 65536);
	actor_free(a);
}
END_TEST

START_TEST(a_refused_host_call_leaves_no_answer_behind)
{
	struct actor_limits l = actor_limits_default();
	struct actor_outcome got;
	struct host h;
	struct actor *a = begin(&h, &l);

	ck_assert_int_eq(ask(a, "first", &got), ACTOR_DONE);
	h.refuse = true;
	ck_assert_int_eq(ask(a, "second", &got), ACTOR_NO_ANSWER);
	ck_assert_uint_eq(got.out.len, 0);
	actor_free(a);
}
END_TEST

START_TEST(a_fresh_guest_has_nothing_of_a_call_before)
{
	struct actor_limits l = actor_limits_default();
	struct actor_outcome got;
	struct host h;
	struct actor *a = begin(&h, &l);

	/* the guest leaves "first" in its memory and is asked next for bytes it was not given */
	ck_assert_int_eq(ask(a, "first", &got), ACTOR_DONE);
	ck_assert(memmem(memory_of(a), 65536, "first", 5) != NULL);
	ck_assert_int_eq(actor_fresh(a, &got), 0);
	ck_assert(memmem(memory_of(a), 65536, "first", 5) == NULL);
	ck_assert_int_eq(ask(a, "again", &got), ACTOR_DONE);
	ck_assert(bytes_is(got.out, "zzz"));
	actor_free(a);
}
END_TEST

START_TEST(a_host_that_ends_the_call_ends_it)
{
	struct actor_limits l = actor_limits_default();
	struct actor_outcome got;
	struct host h;
	struct actor *a = begin(&h, &l);

	h.cut = true;
	ck_assert_int_eq(ask(a, "", &got), ACTOR_CUT);
	h.cut = false;
	h.answer = (size_t)l.ask_answer + 1;
	ck_assert_int_eq(ask(a, "", &got), ACTOR_CUT);
	actor_free(a);
}
END_TEST

START_TEST(ceilings_hold)
{
	struct actor_limits l = actor_limits_default();
	struct actor_outcome got;
	struct host h;
	struct actor *a;

	l.request = 8;
	l.response = 2;
	l.ask_payload = 5;
	a = begin(&h, &l);
	ck_assert_int_eq(ask(a, "1234567", &got), ACTOR_TOO_LARGE);
	ck_assert_int_eq(ask(a, "123456", &got), ACTOR_LIMIT);
	ck_assert_str_eq(got.why, "above the ceiling of ask_payload");
	ck_assert_uint_eq(h.asked, 0);
	ck_assert_int_eq(ask(a, "12345", &got), ACTOR_LIMIT);
	ck_assert_str_eq(got.why, "above the ceiling of response");
	h.answer = 2;
	ck_assert_int_eq(ask(a, "12345", &got), ACTOR_DONE);
	actor_free(a);
	l.asks = 0;
	a = begin(&h, &l);
	ck_assert_int_eq(ask(a, "1", &got), ACTOR_LIMIT);
	ck_assert_uint_eq(h.asked, 0);
	actor_free(a);
}
END_TEST

START_TEST(nobody_is_asked_for_what_was_not_paid)
{
	struct actor_limits l = actor_limits_default();
	struct actor_outcome got;
	struct host h;
	struct actor *a = begin(&h, &l);

	ck_assert_int_eq(
	    actor_call(a, bytes_str("do"), bytes_str("x"), &world, l.ask_fuel - 1, &got),
	    ACTOR_TRAPPED);
	ck_assert_int_eq(got.trap.code, WASM_TRAP_FUEL);
	ck_assert_uint_eq(h.asked, 0);
	actor_free(a);
}
END_TEST

START_TEST(each_cut_of_a_module_is_refused)
{
	const struct actor_limits l = actor_limits_default();
	const struct actor_ops ops = { 0 };
	struct actor_outcome got;
	struct actor *a = NULL;

	for (size_t n = 0; n < sizeof(guest); n++) {
		ck_assert_int_eq(
		    actor_new(bytes_of(guest, n), &l, &ops, &world, &a, &got), ACTOR_REFUSED);
		ck_assert_ptr_null(a);
		ck_assert(got.why[0] != '\0');
	}
}
END_TEST

/* (module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
 *   (memory (export "memory") 1)
 *   (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))) */
static const uint8_t yields[] = { 0x0, 0x61, 0x73, 0x6d, 0x1, 0x0, 0x0, 0x0, 0x1, 0xb, 0x2, 0x60,
	0x0, 0x1, 0x7f, 0x60, 0x2, 0x7f, 0x7f, 0x1, 0x7f, 0x2, 0x26, 0x1, 0x16, 0x77, 0x61, 0x73,
	0x69, 0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65, 0x76,
	0x69, 0x65, 0x77, 0x31, 0xb, 0x73, 0x63, 0x68, 0x65, 0x64, 0x5f, 0x79, 0x69, 0x65, 0x6c,
	0x64, 0x0, 0x0, 0x3, 0x2, 0x1, 0x1, 0x5, 0x3, 0x1, 0x0, 0x1, 0x7, 0x19, 0x2, 0x6, 0x6d,
	0x65, 0x6d, 0x6f, 0x72, 0x79, 0x2, 0x0, 0xc, 0x5f, 0x5f, 0x67, 0x75, 0x65, 0x73, 0x74, 0x5f,
	0x63, 0x61, 0x6c, 0x6c, 0x0, 0x1, 0xa, 0x6, 0x1, 0x4, 0x0, 0x41, 0x1, 0xb };

/* (module (import "wapc" "__guest_error" (func $e (param i32 i32)))
 *   (memory (export "memory") 1) (data (i32.const 8) "last")
 *   (func (export "__guest_call") (param i32 i32) (result i32)
 *     (call $e (i32.const 8) (i32.const 4)) (unreachable))) */
static const uint8_t dies[] = { 0x0, 0x61, 0x73, 0x6d, 0x1, 0x0, 0x0, 0x0, 0x1, 0xc, 0x2, 0x60, 0x2,
	0x7f, 0x7f, 0x0, 0x60, 0x2, 0x7f, 0x7f, 0x1, 0x7f, 0x2, 0x16, 0x1, 0x4, 0x77, 0x61, 0x70,
	0x63, 0xd, 0x5f, 0x5f, 0x67, 0x75, 0x65, 0x73, 0x74, 0x5f, 0x65, 0x72, 0x72, 0x6f, 0x72,
	0x0, 0x0, 0x3, 0x2, 0x1, 0x1, 0x5, 0x3, 0x1, 0x0, 0x1, 0x7, 0x19, 0x2, 0x6, 0x6d, 0x65,
	0x6d, 0x6f, 0x72, 0x79, 0x2, 0x0, 0xc, 0x5f, 0x5f, 0x67, 0x75, 0x65, 0x73, 0x74, 0x5f, 0x63,
	0x61, 0x6c, 0x6c, 0x0, 0x1, 0xa, 0xb, 0x1, 0x9, 0x0, 0x41, 0x8, 0x41, 0x4, 0x10, 0x0, 0x0,
	0xb, 0xb, 0xa, 0x1, 0x0, 0x41, 0x8, 0xb, 0x4, 0x6c, 0x61, 0x73, 0x74 };

START_TEST(wasi_is_there_where_it_is_allowed_only)
{
	struct actor_limits l = actor_limits_default();
	const struct actor_ops ops = { 0 };
	struct bytes module = bytes_of(yields, sizeof(yields));
	struct actor_outcome got;
	struct actor *a = NULL;

	l.wasi = true;
	ck_assert_int_eq(actor_new(module, &l, &ops, &world, &a, &got), 0);
	actor_free(a);
	a = NULL;
	l.wasi = false;
	ck_assert_int_eq(actor_new(module, &l, &ops, &world, &a, &got), ACTOR_REFUSED);
	ck_assert_ptr_null(a);
	ck_assert(strstr(got.why, "\"sched_yield\"") != NULL);
}
END_TEST

START_TEST(a_guest_that_trapped_is_heard_to_its_last_words)
{
	const struct actor_limits l = actor_limits_default();
	const struct actor_ops ops = { 0 };
	struct actor_outcome got;
	struct actor *a = NULL;

	ck_assert_int_eq(actor_new(bytes_of(dies, sizeof(dies)), &l, &ops, &world, &a, &got), 0);
	ck_assert_int_eq(actor_init(a, &got), 0);
	ck_assert_int_eq(ask(a, "", &got), ACTOR_TRAPPED);
	ck_assert(bytes_is(got.out, "last"));
	actor_free(a);
}
END_TEST

static const struct {
	const char *name;
	bool ok;
} tokens[] = { { "default", true }, { "wasmcloud:keyvalue", true }, { "KeyValue.Get", true },
	{ "a/b=c_d-e", true }, { "", false }, { ".", false }, { "a.", false }, { ".a", false },
	{ "a..b", false }, { "a.*", false }, { ">", false }, { "a b", false }, { "a\tb", false },
	{ "a\n", false }, { "\xc3\xa9", false }, { "a\x7f", false } };

START_TEST(only_plain_names_stand_in_a_subject)
{
	ck_assert_int_eq(actor_token_ok(bytes_str(tokens[_i].name)), tokens[_i].ok);
}
END_TEST

TCase *
call_tests(void)
{
	TCase *t = tcase_create("call");

	tcase_add_test(t, a_guest_is_asked_asks_and_answers);
	tcase_add_test(t, a_refused_host_call_leaves_no_answer_behind);
	tcase_add_test(t, a_fresh_guest_has_nothing_of_a_call_before);
	tcase_add_test(t, a_host_that_ends_the_call_ends_it);
	tcase_add_test(t, ceilings_hold);
	tcase_add_test(t, nobody_is_asked_for_what_was_not_paid);
	tcase_add_test(t, each_cut_of_a_module_is_refused);
	tcase_add_test(t, wasi_is_there_where_it_is_allowed_only);
	tcase_add_test(t, a_guest_that_trapped_is_heard_to_its_last_words);
	tcase_add_loop_test(
	    t, only_plain_names_stand_in_a_subject, 0, (int)(sizeof(tokens) / sizeof(tokens[0])));
	return t;
}
