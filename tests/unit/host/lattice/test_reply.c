/* host/lattice/reply, links: answers against the tables, and as the gate reads them. */
#include <stdio.h>

#include "host/lattice/links.h"
#include "host/lattice/reply.h"
#include "policy/commands/report.h"
#include "tests/unit/host/lattice/held.h"
#include "tests/unit/host/lattice/made.h"
#include "tests/unit/host/lattice/suites.h"

static uint64_t memory[BODY_ARENA / 8];
static struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
static struct request q;
static struct buf b;

static const char *
wall(int bit)
{
	static const char *const names[] = { "ditch", "bridge", "gate", "keep" };

	return bit < 4 ? names[bit] : NULL;
}

static const struct reply_host about = { .uptime_s = 93784,
	.version = "0.1.0",
	.cluster_issuers = "C1,C2",
	.ctl_host = "127.0.0.1",
	.rpc_host = "127.0.0.1",
	.lattice = "default",
	.wall = wall };

/* ask() - the request of a command; %H in it is our host. */
static const struct request *
ask(enum dialect d, const char *tail, const char *payload)
{
	static char subject[512];
	const struct request_self self = {
		.dialect = d, .lattice = BYTES_LIT("default"), .host = bytes_str(HOST_KEY)
	};
	const char *h = strstr(tail, "%H");

	if (h != NULL)
		snprintf(subject, sizeof(subject), "wasmbus.ctl.%.*s%s%s", (int)(h - tail), tail,
		    HOST_KEY, h + 2);
	else
		snprintf(subject, sizeof(subject), "wasmbus.ctl.%s", tail);
	ck_assert_int_ge(
	    request_read(&q, &self, bytes_str(subject), BYTES_NULL, bytes_str(payload), &arena), 0);
	buf_deinit(&b);
	buf_init(&b, REPLY_MAX + 4096);
	return &q;
}

static const char actor_ref[] = "{\"actor_ref\":\"ghcr.io/a/b:1\"}",
		  provider_ref[] = "{\"provider_ref\":\"ghcr.io/a/b:1\",\"link_name\":\"default\"}",
		  auction_actor[] =
		      "{\"actor_ref\":\"ghcr.io/a/b:1\",\"constraints\":{\"zone\":\"a\"}}",
		  auction_provider[] =
		      "{\"provider_ref\":\"ghcr.io/a/b:1\",\"constraints\":{\"zone\":\"a\"}}";

/* Acks: who answers what to which command. */
static const struct {
	enum dialect dialect;
	const char *tail, *payload, *row;
} acks[] = {
	{ DIALECT_A, "default.cmd.%H.la", actor_ref, "A ack la" },
	{ DIALECT_A, "default.cmd.%H.lp", provider_ref, "A ack lp" },
	{ DIALECT_A, "default.cmd.%H.sa", actor_ref, "A ack sa" },
	{ DIALECT_A, "default.cmd.%H.sp", provider_ref, "A ack sp" },
	{ DIALECT_B, "default.cmd.%H.la", actor_ref, "B ack" },
	{ DIALECT_B, "default.cmd.%H.sp", provider_ref, "B ack" },
};

static void
hold_acks(const cJSON *table, const struct model *m)
{
	char failed[64];

	for (size_t i = 0; i < sizeof(acks) / sizeof(acks[0]); i++) {
		reply_ack(&b, m, ask(acks[i].dialect, acks[i].tail, acks[i].payload), NULL);
		held(table, acks[i].row, buf_bytes(&b), NULL);
		buf_reset(&b);
		reply_ack(&b, m, &q, "because");
		snprintf(failed, sizeof(failed), "%s failed", acks[i].row);
		held(table, failed, buf_bytes(&b), NULL);
	}
	reply_ack(
	    &b, m, ask(DIALECT_A, "default.cmd.%H.upd", "{\"new_actor_ref\":\"a/b:1\"}"), NULL);
	held(table, "A ack upd", buf_bytes(&b), NULL);
}

static void
hold_bids(const cJSON *table, const struct model *m)
{
	reply_bid(&b, m, ask(DIALECT_A, "default.auction.actor", auction_actor));
	held(table, "A bid actor", buf_bytes(&b), NULL);
	reply_bid(&b, m, ask(DIALECT_A, "default.auction.provider", auction_provider));
	held(table, "A bid provider", buf_bytes(&b), NULL);
	reply_bid(&b, m, ask(DIALECT_B, "default.auction.actor", auction_actor));
	held(table, "B bid actor", buf_bytes(&b), NULL);
	reply_bid(&b, m, ask(DIALECT_B, "default.auction.provider", auction_provider));
	held(table, "B bid provider", buf_bytes(&b), NULL);
}

static void
hold_hosts(const cJSON *table, const struct model *m)
{
	static const struct {
		enum dialect dialect;
		const char *ping, *inv, *name;
	} rows[] = { { DIALECT_A, "default.get.hosts", "default.get.%H.inv", "A" },
		{ DIALECT_B, "default.ping.hosts", "default.get.%H.inv", "B" },
		{ DIALECT_B, "v1.default.host.ping", "v1.default.host.get.%H", "C" } };
	char row[32];

	for (size_t i = 0; i < 3; i++) {
		reply_ping(&b, m, ask(rows[i].dialect, rows[i].ping, ""), &about);
		snprintf(row, sizeof(row), "%s ping", rows[i].name);
		held(table, row, buf_bytes(&b), NULL);
		reply_inventory(&b, m, ask(rows[i].dialect, rows[i].inv, ""), &about);
		snprintf(row, sizeof(row), "%s inventory", rows[i].name);
		held(table, row, buf_bytes(&b), NULL);
	}
}

static void
hold_lattice(const cJSON *table, const struct model *m)
{
	struct bytes value = BYTES_LIT("\1\xff");

	reply_claims(&b, m, ask(DIALECT_A, "default.get.claims", ""));
	held(table, "A claims", buf_bytes(&b), NULL);
	reply_claims(&b, m, ask(DIALECT_B, "default.get.claims", ""));
	held(table, "B claims", buf_bytes(&b), NULL);
	reply_links(&b, m, ask(DIALECT_A, "default.get.links", ""), true);
	held(table, "A links", buf_bytes(&b), NULL);
	reply_links(&b, m, ask(DIALECT_B, "default.get.links", ""), true);
	held(table, "B links", buf_bytes(&b), NULL);
	buf_reset(&b);
	reply_config(&b, &value);
	held(table, "B config", buf_bytes(&b), NULL);
	ck_assert(bytes_is(buf_bytes(&b), "{\"found\":true,\"data\":[1,255]}"));
}

START_TEST(every_answer_is_as_its_table_says)
{
	cJSON *table = held_table("replies.json");
	struct model *m = made_busy();

	hold_acks(table, m);
	hold_bids(table, m);
	hold_hosts(table, m);
	hold_lattice(table, m);
	held_all(table);
	model_free(m);
	cJSON_Delete(table);
	buf_deinit(&b);
}
END_TEST

START_TEST(acks_are_these_bytes)
{
	struct model *m = made_model();
	char want[256];

	reply_ack(&b, m, ask(DIALECT_B, "default.cmd.%H.la", actor_ref), NULL);
	ck_assert(bytes_is(buf_bytes(&b), "{\"accepted\":true,\"error\":\"\"}"));
	buf_reset(&b);
	reply_ack(&b, m, &q, "no \"room\"");
	ck_assert(bytes_is(buf_bytes(&b), "{\"accepted\":false,\"error\":\"no \\\"room\\\"\"}"));
	reply_ack(&b, m, ask(DIALECT_A, "default.cmd.%H.sa", actor_ref), NULL);
	ck_assert(bytes_is(buf_bytes(&b), "{}"));
	reply_ack(
	    &b, m, ask(DIALECT_A, "default.cmd.%H.upd", "{\"new_actor_ref\":\"a/b:1\"}"), "x");
	ck_assert(bytes_is(buf_bytes(&b), "{\"accepted\":false,\"failure\":\"x\"}"));
	reply_ack(&b, m, ask(DIALECT_A, "default.cmd.%H.la", actor_ref), NULL);
	snprintf(
	    want, sizeof(want), "{\"host_id\":\"%s\",\"actor_ref\":\"ghcr.io/a/b:1\"}", HOST_KEY);
	ck_assert(bytes_is(buf_bytes(&b), want));
	model_free(m);
	buf_deinit(&b);
}
END_TEST

START_TEST(a_refusal_is_said_or_not_as_the_dialect_does)
{
	struct model *m = made_model();

	ck_assert(reply_refused(&b, m, ask(DIALECT_B, "default.cmd.%H.la", "{}")));
	ck_assert(bytes_is(
	    buf_bytes(&b), "{\"accepted\":false,\"error\":\"Invalid launch actor JSON request\"}"));
	ck_assert(reply_refused(&b, m, ask(DIALECT_A, "default.cmd.%H.sa", "{}")));
	ck_assert(
	    bytes_is(buf_bytes(&b), "{\"failure\":\"Failed to deserialize stop actor command\"}"));
	ck_assert(!reply_refused(&b, m, ask(DIALECT_A, "default.cmd.%H.upd", "{}")));
	ck_assert_uint_eq(b.len, 0);
	ck_assert(!reply_refused(&b, m, ask(DIALECT_A, "default.auction.actor", "{}")));
	model_free(m);
	buf_deinit(&b);
}
END_TEST

START_TEST(how_things_are_is_told)
{
	struct model *m = made_busy();
	const char *text;

	reply_inventory(&b, m, ask(DIALECT_B, "default.get.%H.inv", ""), &about);
	buf_put_u8(&b, 0);
	text = (const char *)b.ptr;
	ck_assert_ptr_nonnull(strstr(text,
	    "\"state\":\"failed\",\"reason\":\"port 8080 is in use\","
	    "\"since\":\"1970-01-01T00:00:01.900Z\",\"next_retry\":\"1970-01-01T00:00:02.900Z\""));
	ck_assert_ptr_nonnull(
	    strstr(text, "\"state\":\"degraded\",\"reason\":\"1 of 2 run: it trapped\""));
	ck_assert_ptr_nonnull(
	    strstr(text, "\"uptime_human\":\"1 day, 2 hours, 3 minutes, 4 seconds\""));
	ck_assert_ptr_null(strstr(text, "secret-word"));
	model_free(m);
	buf_deinit(&b);
}
END_TEST

/* member() - of the first of a list of an inventory. */
static const cJSON *
member(const cJSON *all, const char *list, const char *name)
{
	return cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(all, list), 0), name);
}

START_TEST(walls_are_those_that_hold_for_all_that_runs)
{
	struct model *m = made_busy();
	struct model_actor *a = model_actor(m, bytes_str(model_actors(m)->claims.sub));
	struct model_provider *p = model_provider(
	    m, bytes_str(model_providers(m)->claims.sub), bytes_str(model_providers(m)->link_name));
	char *text;
	cJSON *all;

	ck_assert(a->instances->next != NULL && a->instances->next->status.state != STATE_RUNNING);
	p->walls = 1U << 1;
	for (int round = 0; round < 3; round++) {
		static const char *const walls[] = { "[\"ditch\",\"keep\"]", "[\"keep\"]", NULL };

		if (round == 1) { /* another one runs, behind fewer */
			ck_assert_int_eq(status_move(&a->instances->next->status, STATE_RUNNING, NULL, 9, 0), 0);
			a->instances->next->walls = 1U << 2 | 1U << 3;
		}
		if (round == 2) { /* and one of which nothing is known */
			a->instances->next->walls = 0;
			(void)status_move(&p->status, STATE_RUNNING, NULL, 9, 0);
		}
		reply_inventory(&b, m, ask(DIALECT_B, "default.get.%H.inv", ""), &about);
		all = cJSON_ParseWithLength((const char *)b.ptr, b.len);
		text = cJSON_PrintUnformatted(member(all, "actors", "walls"));
		ck_assert_msg(walls[round] == NULL ? text == NULL : strcmp(text, walls[round]) == 0, "%s", text);
		free(text);
		/* one that does not run has none */
		text = cJSON_PrintUnformatted(member(all, "providers", "walls"));
		ck_assert_msg(round < 2 ? text == NULL : strcmp(text, "[\"bridge\"]") == 0, "%s", text);
		free(text);
		cJSON_Delete(all);
	}
	model_free(m);
	buf_deinit(&b);
}
END_TEST

START_TEST(values_of_links_leave_only_when_told)
{
	struct model *m = made_busy();

	reply_links(&b, m, ask(DIALECT_B, "default.get.links", ""), false);
	buf_put_u8(&b, 0);
	ck_assert_ptr_null(strstr((const char *)b.ptr, "secret-word"));
	ck_assert_ptr_nonnull(strstr((const char *)b.ptr, "\"PASSWORD\":\"\""));
	reply_links(&b, m, ask(DIALECT_B, "default.get.links", ""), true);
	buf_put_u8(&b, 0);
	ck_assert_ptr_nonnull(strstr((const char *)b.ptr, "\"PASSWORD\":\"secret-word\""));
	model_free(m);
	buf_deinit(&b);
}
END_TEST

/* The gate reads whose an answer is, and refuses one it can read in two ways. */
START_TEST(the_gate_takes_our_answers_for_ours)
{
	static const char *const tails[] = { "default.ping.hosts", "default.get.%H.inv",
		"v1.default.host.ping", "v1.default.host.get.%H", "default.auction.actor",
		"default.auction.provider" };
	static const char *const payloads[] = { "", "", "", "", auction_actor, auction_provider };
	struct model *m = made_busy();

	for (size_t i = 0; i < 6; i++) {
		const struct request *r = ask(DIALECT_B, tails[i], payloads[i]);
		struct report said = { .kind = report_asked(&r->command) };

		ck_assert_int_ne(said.kind, REPORT_NONE);
		if (r->verb == VERB_HOST_LIST)
			reply_ping(&b, m, r, &about);
		else if (r->verb == VERB_HOST_INVENTORY)
			reply_inventory(&b, m, r, &about);
		else
			reply_bid(&b, m, r);
		ck_assert_msg(report_decode(&said, buf_bytes(&b), &arena) == 0, "%s: %s", tails[i],
		    said.fault.why);
		ck_assert(bytes_is(said.id, HOST_KEY));
	}
	model_free(m);
	buf_deinit(&b);
}
END_TEST

START_TEST(an_answer_that_is_too_long_says_what_it_left_off)
{
	struct model *m = made_model();
	struct model_link *l = NULL;
	static char big[40000];
	char id[37];
	cJSON *all;
	int kept, left;

	memset(big, 'v', sizeof(big) - 1);
	for (unsigned i = 0; i < 40; i++) {
		struct body_link link =
		    made_link(made_key(NKEY_MODULE, i + 1), PROVIDER_KEY, "a:b", "default");

		link.values = *made_list("k", big, NULL);
		snprintf(id, sizeof(id), "%u", i);
		ck_assert_int_eq(model_link_put(m, &link, id, 1, &l), 0);
	}
	reply_links(&b, m, ask(DIALECT_B, "default.get.links", ""), true);
	ck_assert(!buf_failed(&b));
	ck_assert_uint_lt(b.len, REPLY_MAX + 64);
	all = cJSON_ParseWithLength((const char *)b.ptr, b.len);
	ck_assert_ptr_nonnull(all);
	kept = cJSON_GetArraySize(cJSON_GetObjectItem(all, "links"));
	left = cJSON_GetObjectItem(all, "left_off")->valueint;
	ck_assert(kept > 20 && left > 5 && kept + left == 40);
	cJSON_Delete(all);
	/* a smaller buffer is as good */
	for (size_t room = 300; room < 200000; room = room * 2 + 1) {
		ask(DIALECT_B, "default.get.links", "");
		buf_deinit(&b);
		buf_init(&b, room);
		reply_links(&b, m, &q, true);
		ck_assert(!buf_failed(&b));
		all = cJSON_ParseWithLength((const char *)b.ptr, b.len);
		ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(all, "links")) +
				     cJSON_GetObjectItem(all, "left_off")->valueint,
		    40);
		cJSON_Delete(all);
	}
	model_free(m);
	buf_deinit(&b);
}
END_TEST

TCase *
reply_tests(void)
{
	TCase *t = tcase_create("reply");

	tcase_add_test(t, every_answer_is_as_its_table_says);
	tcase_add_test(t, acks_are_these_bytes);
	tcase_add_test(t, a_refusal_is_said_or_not_as_the_dialect_does);
	tcase_add_test(t, how_things_are_is_told);
	tcase_add_test(t, walls_are_those_that_hold_for_all_that_runs);
	tcase_add_test(t, values_of_links_leave_only_when_told);
	tcase_add_test(t, the_gate_takes_our_answers_for_ours);
	tcase_add_test(t, an_answer_that_is_too_long_says_what_it_left_off);
	return t;
}

static int
learn(void *ctx, const struct body_link *link)
{
	struct model_link *l = NULL;
	int r = model_link_put(ctx, link, "55555555-0000-4000-8000-000000000000", 1, &l);

	return r < 0 ? r : 0;
}

START_TEST(a_new_host_learns_the_links_of_another)
{
	struct model *m = made_busy(), *other = made_model();
	const char *why = NULL;
	size_t skipped = 0;

	reply_links(&b, m, ask(DIALECT_B, "default.get.links", ""), true);
	ck_assert_int_eq(links_read(buf_bytes(&b), &arena, &skipped, &why, learn, other), 0);
	ck_assert_uint_eq(skipped, 0);
	ck_assert_uint_eq(model_n_links(other), 1);
	ck_assert_str_eq(model_link_value(model_links(other), "PASSWORD"), "secret-word");
	model_free(other);
	model_free(m);
	buf_deinit(&b);
}
END_TEST

START_TEST(links_that_cannot_be_read_are_counted)
{
	static const char text[] =
	    "{\"links\":[{\"actor_id\":\"a b\"},{},\"x\",{\"actor_id\":\"M\",\"provider_id\":\"V\","
	    "\"link_name\":\"l\",\"contract_id\":\"c\",\"values\":{},\"id\":\"1\",\"deleted\":true}"
	    "],\"more\":1.5}";
	struct model *m = made_model();
	const char *why = NULL;
	size_t skipped = 0;

	ck_assert_int_eq(links_read(bytes_str(text), &arena, &skipped, &why, learn, m), 0);
	ck_assert_uint_eq(skipped, 3);
	ck_assert_int_eq(links_read(BYTES_LIT("{}"), &arena, &skipped, &why, learn, m), LINKS_BAD);
	ck_assert_str_eq(why, "has no list of links");
	ck_assert_int_eq(
	    links_read(BYTES_LIT("{\"links\":[],\"links\":[]}"), &arena, &skipped, &why, learn, m),
	    LINKS_BAD);
	ck_assert_int_eq(links_read(BYTES_LIT(""), &arena, &skipped, &why, learn, m), LINKS_BAD);
	model_free(m);
}
END_TEST

TCase *
links_tests(void)
{
	TCase *t = tcase_create("links");

	tcase_add_test(t, a_new_host_learns_the_links_of_another);
	tcase_add_test(t, links_that_cannot_be_read_are_counted);
	return t;
}
