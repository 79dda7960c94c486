/* host/lattice/contract: what is said, in both eras. */
#include <cJSON.h>
#include <stdio.h>

#include "host/lattice/contract.h"
#include "host/pack/pack.h"
#include "tests/unit/host/lattice/suites.h"

static const char kv[] = "wasmcloud:keyvalue";

static void
put_bin(struct buf *b, const char *hex)
{
	uint8_t raw[256];
	size_t n = 0;
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		raw[n++] = (uint8_t)byte;
	pack_put_bin(b, bytes_of(raw, n));
}

/* pack_json() - a value of the vectors as message-pack. */
static void
pack_json(struct buf *b, const cJSON *v)
{
	const cJSON *e, *bin = cJSON_GetObjectItemCaseSensitive(v, "$bin");

	if (cJSON_GetObjectItemCaseSensitive(v, "$none") != NULL)
		return;
	if (bin != NULL)
		put_bin(b, bin->valuestring);
	else if (cJSON_IsString(v))
		pack_put_str(b, v->valuestring);
	else if (cJSON_IsNumber(v))
		pack_put_int(b, v->valueint);
	else if (cJSON_IsBool(v))
		pack_put_bool(b, cJSON_IsTrue(v));
	else if (cJSON_IsNull(v))
		pack_put_nil(b);
	if (bin != NULL || (!cJSON_IsObject(v) && !cJSON_IsArray(v)))
		return;
	if (cJSON_IsObject(v))
		pack_put_map(b, (uint32_t)cJSON_GetArraySize(v));
	else
		pack_put_array(b, (uint32_t)cJSON_GetArraySize(v));
	cJSON_ArrayForEach(e, v)
	{
		if (cJSON_IsObject(v))
			pack_put_str(b, e->string);
		pack_json(b, e);
	}
}

struct said {
	const char *op;
	struct buf ask, answer;
};

static void
take_side(struct said *s, const cJSON *v)
{
	s->op = cJSON_GetObjectItemCaseSensitive(v, "op")->valuestring;
	buf_init(&s->ask, 4096);
	buf_init(&s->answer, 4096);
	pack_json(&s->ask, cJSON_GetObjectItemCaseSensitive(v, "ask"));
	pack_json(&s->answer, cJSON_GetObjectItemCaseSensitive(v, "answer"));
}

static void
same(const char *what, const char *op, struct bytes got, struct bytes want)
{
	struct buf g, w;

	buf_init(&g, 8192);
	buf_init(&w, 8192);
	buf_put_hex(&g, got);
	buf_put_hex(&w, want);
	buf_put_u8(&g, 0);
	buf_put_u8(&w, 0);
	ck_assert_msg(bytes_eq(got, want), "%s of %s:\n got %s\nwant %s", what, op, (char *)g.ptr,
	    (char *)w.ptr);
	buf_deinit(&g);
	buf_deinit(&w);
}

static void
asked_of_actor(const struct said *first, const struct said *later)
{
	struct contract_said out;
	struct buf room;

	buf_init(&room, 8192);
	ck_assert_int_eq(
	    contract_to_actor(ERA_FIRST, bytes_str(later->op), buf_bytes(&later->ask), &room, &out),
	    0);
	ck_assert(bytes_is(out.operation, first->op));
	same("ask", first->op, out.payload, buf_bytes(&first->ask));
	buf_reset(&room);
	ck_assert_int_eq(
	    contract_actor_answered(out.row, buf_bytes(&first->answer), &room, &out), 0);
	same("answer", first->op, out.payload, buf_bytes(&later->answer));
	/* an actor of the later era hears it as it is */
	ck_assert_int_eq(
	    contract_to_actor(ERA_LATER, bytes_str(later->op), buf_bytes(&later->ask), &room, &out),
	    0);
	ck_assert(bytes_is(out.operation, later->op) && out.payload.ptr == later->ask.ptr);
	ck_assert_int_eq(
	    contract_actor_answered(out.row, buf_bytes(&later->answer), &room, &out), 0);
	same("later answer", later->op, out.payload, buf_bytes(&later->answer));
	buf_deinit(&room);
}

static void
asked_by_actor(
    const char *contract, const char *becomes, const struct said *first, const struct said *later)
{
	struct contract_said out;
	struct buf room;

	buf_init(&room, 8192);
	ck_assert_int_eq(contract_from_actor(ERA_FIRST, bytes_str(contract), bytes_str(first->op),
			     buf_bytes(&first->ask), &room, &out),
	    0);
	ck_assert(bytes_is(out.operation, later->op) && bytes_is(out.contract, becomes));
	same("ask", first->op, out.payload, buf_bytes(&later->ask));
	buf_reset(&room);
	ck_assert_int_eq(contract_answer_actor(out.row, buf_bytes(&first->ask),
			     buf_bytes(&later->answer), &room, &out),
	    0);
	same("answer", first->op, out.payload, buf_bytes(&first->answer));
	ck_assert_int_eq(contract_from_actor(ERA_LATER, bytes_str(contract), bytes_str(later->op),
			     buf_bytes(&later->ask), &room, &out),
	    0);
	ck_assert(bytes_is(out.operation, later->op) && out.row == NULL);
	buf_deinit(&room);
}

START_TEST(every_operation_is_translated_in_both_directions)
{
	static char text[32768];
	char path[512];
	cJSON *all, *row;
	size_t n, rows = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/lattice/contract.json", getenv("VECTORS"));
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = 0;
	all = cJSON_Parse(text);
	ck_assert_ptr_nonnull(all);
	cJSON_ArrayForEach(row, all)
	{
		const cJSON *becomes = cJSON_GetObjectItemCaseSensitive(row, "becomes");
		const cJSON *contract = cJSON_GetObjectItemCaseSensitive(row, "contract");
		struct said first, later;

		if (contract == NULL)
			continue;
		take_side(&first, cJSON_GetObjectItemCaseSensitive(row, "first"));
		take_side(&later, cJSON_GetObjectItemCaseSensitive(row, "later"));
		if (cJSON_GetObjectItemCaseSensitive(row, "to_actor") != NULL)
			asked_of_actor(&first, &later);
		else
			asked_by_actor(contract->valuestring,
			    becomes != NULL ? becomes->valuestring : contract->valuestring, &first,
			    &later);
		buf_deinit(&first.ask);
		buf_deinit(&first.answer);
		buf_deinit(&later.ask);
		buf_deinit(&later.answer);
		rows++;
	}
	ck_assert_uint_gt(rows, 20);
	cJSON_Delete(all);
}
END_TEST

/* ask() - of a contract by an actor of the first era. */
static int
ask(const char *contract, const char *op, struct bytes payload, struct contract_said *out)
{
	static struct buf room;

	buf_deinit(&room);
	buf_init(&room, 4096);
	return contract_from_actor(
	    ERA_FIRST, bytes_str(contract), bytes_str(op), payload, &room, out);
}

START_TEST(a_payload_that_is_none_is_refused)
{
	static const struct bytes bad[] = { BYTES_LIT(""),
		BYTES_LIT("\xa1"
			  "a"),
		BYTES_LIT("\x80"), BYTES_LIT("\x81\xa3key\x01"),
		BYTES_LIT("\x82\xa3key\xa1"
			  "a\xa3key\xa1"
			  "b"),
		BYTES_LIT("\x81\xa3key\xa1"
			  "a\x00"),
		BYTES_LIT("\x81\xa3key\xa1\xff") };
	struct contract_said out;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(ask(kv, "Get", bad[i], &out) == CONTRACT_BAD, "row %zu", i);
		ck_assert_ptr_nonnull(out.why);
	}
	ck_assert_int_eq(ask(kv, "Get",
			     BYTES_LIT("\x82\xa3key\xa1"
				       "a\xa1x\x01"),
			     &out),
	    0);
}
END_TEST

START_TEST(what_the_later_era_lacks_is_said_to_be_missing)
{
	struct contract_said out;

	ck_assert_int_eq(
	    ask("wasmcloud:extras", "RequestSequence", BYTES_LIT("\x80"), &out), CONTRACT_NONE);
	ck_assert_str_eq(out.why, "the contract has no such operation any more");
	ck_assert_int_eq(ask(kv, "Keys", BYTES_LIT("\x80"), &out), CONTRACT_NONE);
}
END_TEST

START_TEST(an_old_actor_may_know_the_later_form)
{
	static const struct bytes payload = { (const uint8_t *)"\xa1k", 2 };
	struct contract_said out;

	ck_assert_int_eq(ask(kv, "KeyValue.Get", payload, &out), 0);
	ck_assert(out.row == NULL && bytes_is(out.operation, "KeyValue.Get"));
	ck_assert(bytes_eq(out.payload, payload));
}
END_TEST

START_TEST(what_nobody_knows_passes_as_it_is)
{
	static const struct bytes payload = BYTES_LIT("anything");
	struct contract_said out;
	struct buf room;

	buf_init(&room, 64);
	ck_assert_int_eq(ask("acme:special", "Do", payload, &out), 0);
	ck_assert(
	    out.row == NULL && bytes_is(out.operation, "Do") && bytes_eq(out.payload, payload));
	ck_assert_int_eq(contract_answer_actor(out.row, BYTES_NULL, payload, &room, &out), 0);
	ck_assert(bytes_eq(out.payload, payload));
	ck_assert_int_eq(
	    contract_to_actor(ERA_FIRST, BYTES_LIT("Acme.Do"), payload, &room, &out), 0);
	ck_assert(out.row == NULL && bytes_eq(out.payload, payload));
	buf_deinit(&room);
}
END_TEST

START_TEST(what_only_hosts_say_is_refused_in_both_directions)
{
	static const char *const ops[] = { "__halt", "__anything", "BindActor", "RemoveActor",
		"GetCapabilityDescriptor" };
	struct contract_said out;
	struct buf room;

	buf_init(&room, 64);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		for (int era = ERA_FIRST; era <= ERA_LATER; era++) {
			ck_assert_int_eq(contract_to_actor((enum era)era, bytes_str(ops[i]),
					     BYTES_NULL, &room, &out),
			    CONTRACT_REFUSED);
			ck_assert_int_eq(contract_from_actor((enum era)era, bytes_str(kv),
					     bytes_str(ops[i]), BYTES_NULL, &room, &out),
			    CONTRACT_REFUSED);
		}
	}
	buf_deinit(&room);
}
END_TEST

START_TEST(a_byte_in_front_of_message_pack_goes)
{
	struct contract_said out;
	struct buf room;

	buf_init(&room, 64);
	ck_assert_int_eq(contract_from_actor(ERA_LATER, bytes_str(kv), BYTES_LIT("KeyValue.Get"),
			     BYTES_LIT("\xc1\xa1"
				       "a"),
			     &room, &out),
	    0);
	ck_assert(bytes_eq(out.payload, BYTES_LIT("\xa1"
						  "a")));
	ck_assert_int_eq(contract_from_actor(ERA_LATER, bytes_str(kv), BYTES_LIT("KeyValue.Get"),
			     BYTES_LIT("\x7f\x61"
				       "a"),
			     &room, &out),
	    CONTRACT_BAD);
	ck_assert_str_eq(out.why, "CBOR, which this host does not read");
	ck_assert_int_eq(contract_from_actor(ERA_LATER, bytes_str(kv), BYTES_LIT("KeyValue.X"),
			     BYTES_LIT("\x7f"), &room, &out),
	    0);
	ck_assert_int_eq(contract_from_actor(ERA_LATER, BYTES_LIT("a:b"), BYTES_LIT("X.Y"),
			     BYTES_LIT("\xc1z"), &room, &out),
	    0);
	ck_assert_uint_eq(out.payload.len, 2);
	ck_assert_int_eq(contract_to_actor(ERA_LATER, BYTES_LIT("HttpServer.HandleRequest"),
			     BYTES_NULL, &room, &out),
	    0);
	ck_assert_int_eq(contract_actor_answered(out.row, BYTES_LIT("\xc1\x80"), &room, &out), 0);
	ck_assert(bytes_eq(out.payload, BYTES_LIT("\x80")));
	ck_assert_int_eq(
	    contract_to_actor(ERA_LATER, BYTES_LIT("Acme.Do"), BYTES_NULL, &room, &out), 0);
	ck_assert_int_eq(contract_actor_answered(out.row, BYTES_LIT("\xc1\x80"), &room, &out), 0);
	ck_assert_uint_eq(out.payload.len, 2);
	buf_deinit(&room);
}
END_TEST

START_TEST(two_names_of_a_contract_are_one)
{
	ck_assert(
	    contract_same(BYTES_LIT("wasmcloud:logging"), BYTES_LIT("wasmcloud:builtin:logging")));
	ck_assert(
	    contract_same(BYTES_LIT("wasmcloud:extras"), BYTES_LIT("wasmcloud:builtin:numbergen")));
	ck_assert(
	    !contract_same(BYTES_LIT("wasmcloud:extras"), BYTES_LIT("wasmcloud:builtin:logging")));
	ck_assert(!contract_same(BYTES_LIT("a:b"), BYTES_LIT("a:B")));
	ck_assert(contract_builtin(BYTES_LIT("wasmcloud:logging")));
	ck_assert(!contract_builtin(BYTES_LIT("wasmcloud:keyvalue")));
}
END_TEST

START_TEST(what_does_not_fit_is_refused_whole)
{
	struct contract_said out;
	struct buf room;

	buf_init(&room, 4);
	ck_assert_int_eq(contract_from_actor(ERA_FIRST, bytes_str(kv), BYTES_LIT("Get"),
			     BYTES_LIT("\x81\xa3key\xa5"
				       "abcde"),
			     &room, &out),
	    CONTRACT_BAD);
	ck_assert_str_eq(out.why, "it is longer in the other era than it may be");
	buf_deinit(&room);
}
END_TEST

START_TEST(a_response_with_lists_where_2021_has_one_value_is_taken)
{
	struct contract_said out;
	struct buf room;
	static const struct bytes answer =
	    BYTES_LIT("\x84\xaastatusCode\xcc\xc8\xa6status\xa2OK\xa6header\x81\xa1"
		      "a\x92\xa1"
		      "b\xa1"
		      "c\xa4"
		      "body\xc4\x00");

	buf_init(&room, 512);
	ck_assert_int_eq(
	    contract_to_actor(ERA_FIRST, BYTES_LIT("Actor.HealthRequest"), BYTES_NULL, &room, &out),
	    0);
	buf_reset(&room);
	ck_assert_int_eq(
	    contract_to_actor(ERA_FIRST, BYTES_LIT("HttpServer.HandleRequest"),
		BYTES_LIT("\x85\xa6method\xa1G\xa4path\xa1/\xabqueryString\xa0\xa6header\x80\xa4"
			  "body\xc4\x00"),
		&room, &out),
	    0);
	buf_reset(&room);
	ck_assert_int_eq(contract_actor_answered(out.row, answer, &room, &out), 0);
	ck_assert(bytes_eq(out.payload, BYTES_LIT("\x83\xaastatusCode\xcc\xc8\xa6header\x81\xa1"
						  "a\x92\xa1"
						  "b\xa1"
						  "c\xa4"
						  "body\xc4\x00")));
	buf_deinit(&room);
}
END_TEST

TCase *
contract_tests(void)
{
	TCase *t = tcase_create("contract");

	tcase_add_test(t, every_operation_is_translated_in_both_directions);
	tcase_add_test(t, a_payload_that_is_none_is_refused);
	tcase_add_test(t, what_the_later_era_lacks_is_said_to_be_missing);
	tcase_add_test(t, an_old_actor_may_know_the_later_form);
	tcase_add_test(t, what_nobody_knows_passes_as_it_is);
	tcase_add_test(t, what_only_hosts_say_is_refused_in_both_directions);
	tcase_add_test(t, a_byte_in_front_of_message_pack_goes);
	tcase_add_test(t, two_names_of_a_contract_are_one);
	tcase_add_test(t, what_does_not_fit_is_refused_whole);
	tcase_add_test(t, a_response_with_lists_where_2021_has_one_value_is_taken);
	return t;
}
