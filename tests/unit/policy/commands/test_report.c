/* Who a host says it is. */
#include <stdio.h>

#include "policy/commands/report.h"
#include "tests/unit/policy/commands/suites.h"

#define OWN "NAHMM5PSKHXFLSBLXRXVNYOTJOSPYHR6W4VMNQDMMKCMXBGPYLR5SYMC"
#define OTHER "NBHMM5PSKHXFLSBLXRXVNYOTJOSPYHR6W4VMNQDMMKCMXBGPYLR5SYMC"
#define EVENT(type, data)                                                                          \
	"{\"specversion\":\"1.0\",\"id\":\"1\",\"type\":\"com.wasmcloud.lattice." type             \
	"\",\"time\":"                                                                             \
	"\"2026-11-22T00:00:00Z\",\"datacontenttype\":\"application/json\",\"source\":\"" OWN      \
	"\","                                                                                      \
	"\"data\":" data "}"
#define NA(type, data)                                                                             \
	"{\"specversion\":\"1.0\",\"type\":\"com.wasmcloud.lattice." type                          \
	"\",\"source\":\"n/a\",\"data\":" data "}"

static uint64_t memory[BODY_ARENA / 8];

static const struct {
	const char *subject;
	enum report_kind kind;
	const char *lattice, *host;
} subjects[] = {
	{ "wasmbus.evt.l", REPORT_EVENT, "l", "" },
	{ "wasmbus.evt.l.host_heartbeat", REPORT_EVENT, "l", "" },
	{ "wasmbus.evt.l.a.b", REPORT_EVENT, "l", "" },
	{ "wasmbus.rpcevt.l", REPORT_EVENT, "l", "" },
	{ "wasmbus.rpcevt.l.x", REPORT_NONE, "", "" },
	{ "wasmbus.evt.", REPORT_NONE, "", "" },
	{ "wasmbus.evt", REPORT_NONE, "", "" },
	{ "wasmbus.evt.v1.x", REPORT_NONE, "", "" },
	{ "wasmbus.ctl.l.events", REPORT_HOST_EVENT, "l", "" },
	{ "wasmbus.ctl.l.events.x", REPORT_NONE, "", "" },
	{ "wasmbus.ctl.v1.l.events", REPORT_NONE, "", "" },
	{ "runtime.operator.heartbeat." OWN, REPORT_HEARTBEAT, "runtime", OWN },
	{ "runtime.operator.heartbeat.a.b", REPORT_NONE, "", "" },
	{ "runtime.operator.heartbeat.", REPORT_NONE, "", "" },
	{ "runtime.operator.other", REPORT_NONE, "", "" },
	{ "wasmbus.rpc.l.claims", REPORT_NONE, "", "" },
	{ "f.a", REPORT_NONE, "", "" },
	{ "", REPORT_NONE, "", "" },
};

START_TEST(hosts_report_on_these_subjects)
{
	struct bytes s = bytes_str(subjects[_i].subject);
	struct report r;
	int answer = report_classify(s, &r);

	ck_assert_msg(
	    (answer == 0) == (subjects[_i].kind != REPORT_NONE), "%s", subjects[_i].subject);
	if (answer != 0)
		return;
	ck_assert(r.kind == subjects[_i].kind && report_space(s));
	ck_assert(bytes_is(r.lattice, subjects[_i].lattice) && bytes_is(r.host, subjects[_i].host));
}
END_TEST

static const struct {
	const char *subject;
	enum report_kind kind;
} questions[] = {
	{ "wasmbus.ctl.l.get.hosts", REPORT_PING },
	{ "wasmbus.ctl.l.ping.hosts", REPORT_PING },
	{ "wasmbus.ctl.v1.l.host.ping", REPORT_PING_V1 },
	{ "wasmbus.ctl.l.get." OWN ".inv", REPORT_INVENTORY },
	{ "wasmbus.ctl.v1.l.host.get." OWN, REPORT_INVENTORY_V1 },
	{ "wasmbus.ctl.l.auction.actor", REPORT_BID },
	{ "wasmbus.ctl.l.auction.provider", REPORT_BID },
	{ "wasmbus.ctl.v1.l.component.auction", REPORT_BID_V1 },
	{ "wasmbus.ctl.v1.l.provider.auction", REPORT_BID_V1 },
	{ "runtime.host." OWN ".heartbeat", REPORT_HEARTBEAT },
	{ "wasmbus.ctl.l.cmd." OWN ".la", REPORT_ACK },
	{ "wasmbus.ctl.l.cmd." OWN ".lp", REPORT_ACK },
	{ "wasmbus.ctl.v1.l.provider.start." OWN, REPORT_NONE },
	{ "wasmbus.ctl.l.get.links", REPORT_NONE },
	{ "wasmbus.ctl.l.linkdefs.put", REPORT_NONE },
	{ "wasmbus.rpc.l.MX", REPORT_NONE },
	{ "_INBOX.x", REPORT_NONE },
};

START_TEST(these_questions_ask_who_answers)
{
	struct command c;
	enum report_kind kind = REPORT_NONE;

	if (command_classify(bytes_str(questions[_i].subject), &c) == 0)
		kind = report_asked(&c);
	ck_assert_msg(kind == questions[_i].kind, "%s", questions[_i].subject);
}
END_TEST

static const struct {
	enum report_kind kind;
	const char *payload;
	const char *id;  /* NULL: refused */
	const char *why; /* then: a part of the reason; or NULL */
} bodies[] = {
	{ REPORT_EVENT, EVENT("host_started", "{\"labels\":{},\"uptime_seconds\":1.5}"), OWN,
	    NULL },
	{ REPORT_EVENT, EVENT("component_scaled", "{\"host_id\":\"" OWN "\"}"), OWN, NULL },
	{ REPORT_EVENT, EVENT("component_scaled", "{\"host_id\":\"" OTHER "\"}"), NULL,
	    "another host" },
	{ REPORT_EVENT, EVENT("x", "{\"host_id\":7}"), NULL, "not a text" },
	{ REPORT_EVENT, EVENT("x", "null"), OWN, NULL },
	/* wadm reads JSON out of a text too */
	{ REPORT_EVENT, EVENT("x", "\"{\\\"host_id\\\":\\\"" OTHER "\\\"}\""), NULL, "nobody looks into" },
	{ REPORT_EVENT, EVENT("x", "\"text\""), NULL, "nobody looks into" },
	{ REPORT_EVENT, EVENT("x", "[]"), NULL, "nobody looks into" },
	{ REPORT_EVENT, NA("linkdef_set", "{\"id\":\"1\"}"), "", NULL },
	{ REPORT_EVENT, NA("linkdef_deleted", "{}"), "", NULL },
	{ REPORT_EVENT, NA("refmap_set", "{}"), "", NULL },
	{ REPORT_EVENT, NA("linkdef_set", "{\"host_id\":\"" OTHER "\"}"), OTHER, NULL },
	{ REPORT_EVENT, NA("host_heartbeat", "{}"), NULL, "not a host's id" },
	{ REPORT_EVENT, "{\"source\":\"" OWN "\",\"data_base64\":\"e30=\"}", NULL,
	    "nobody looks into" },
	{ REPORT_EVENT, "{\"type\":\"x\"}", NULL, "missing" },
	{ REPORT_EVENT, "{\"Source\":\"" OWN "\"}", NULL, "missing" },
	{ REPORT_EVENT, "{\"source\":\"" OWN "\",\"source\":\"" OTHER "\"}", NULL, NULL },
	{ REPORT_EVENT, "{\"source\":\"" OWN "\",\"SOURCE\":\"" OTHER "\"}", NULL, NULL },
	{ REPORT_EVENT, "{\"source\":\"" OWN "\"} {}", NULL, NULL },
	{ REPORT_EVENT, "{\"source\":\"\\u004eA\"}", NULL, "escapes" },
	{ REPORT_EVENT, "{\"source\":\"a b\"}", NULL, "not a host's id" },
	{ REPORT_EVENT, "{\"source\":null}", NULL, "not a text" },
	{ REPORT_EVENT, "[]", NULL, "not an object" },
	{ REPORT_EVENT, "", NULL, NULL },
	{ REPORT_HOST_EVENT,
	    "{\"event\":\"HostStarted\",\"header\":{\"host_origin\":\"" OWN
	    "\",\"timestamp\":\"t\"}}",
	    OWN, NULL },
	{ REPORT_HOST_EVENT, "{\"event\":\"HostStarted\",\"header\":{}}", NULL, "missing" },
	{ REPORT_HOST_EVENT, "{\"event\":\"HostStarted\",\"host_origin\":\"" OWN "\"}", NULL,
	    "missing" },
	{ REPORT_HEARTBEAT, "{\"id\":\"" OWN "\",\"systemCpuUsage\":0.25}", OWN, NULL },
	{ REPORT_HEARTBEAT, "{\"id\":\"" OWN "\",\"host_id\":\"" OWN "\"}", OWN, NULL },
	{ REPORT_HEARTBEAT, "{\"id\":\"" OWN "\",\"hostId\":\"" OTHER "\"}", NULL, "another host" },
	{ REPORT_HEARTBEAT, "{\"id\":\"" OWN "\",\"host_id\":\"" OTHER "\"}", NULL,
	    "another host" },
	{ REPORT_HEARTBEAT, "{\"hostId\":\"" OWN "\"}", NULL, "missing" },
	{ REPORT_PING, "{\"id\":\"" OWN "\",\"uptime_seconds\":12}", OWN, NULL },
	{ REPORT_PING, "{\"id\":\"" OWN "\",\"host_id\":\"" OTHER "\"}", NULL, "another host" },
	{ REPORT_PING, "{\"uptime\":12}", NULL, "missing" },
	{ REPORT_PING, "{\"accepted\":false,\"error\":\"no\"}", "", NULL },
	{ REPORT_PING, "{\"accepted\":false,\"id\":\"" OTHER "\"}", OTHER, NULL },
	{ REPORT_PING, "{\"accepted\":true}", NULL, "missing" },
	{ REPORT_INVENTORY, "{\"host_id\":\"" OWN "\",\"actors\":[],\"providers\":[]}", OWN, NULL },
	{ REPORT_INVENTORY, "{\"id\":\"" OWN "\"}", NULL, "missing" },
	{ REPORT_BID, "{\"actor_ref\":\"a\",\"constraints\":{},\"host_id\":\"" OWN "\"}", OWN,
	    NULL },
	{ REPORT_BID, "{\"actor_ref\":\"a\"}", NULL, "missing" },
	{ REPORT_BID, "{\"host_id\":\"\"}", NULL, "not a host's id" },
	{ REPORT_BID, "{\"host_id\":\"x.y\"}", NULL, "not a host's id" },
	{ REPORT_BID, "{\"host_id\":\"*\"}", NULL, "not a host's id" },
	{ REPORT_ACK, "{\"host_id\":\"" OWN "\",\"actor_ref\":\"a\"}", OWN, NULL },
	{ REPORT_ACK, "{\"accepted\":true}", "", NULL },
	{ REPORT_ACK, "{\"accepted\":true,\"id\":null,\"host_id\":null}", "", NULL },
	{ REPORT_ACK, "no", NULL, NULL },
	/* whoever asked two things on one reply reads the answer to one as that to the other */
	{ REPORT_ACK, "{\"accepted\":true,\"id\":\"" OTHER "\"}", OTHER, NULL },
	{ REPORT_ACK, "{\"accepted\":true,\"host_id\":\"" OWN "\",\"id\":\"" OTHER "\"}", NULL, "another host" },
	{ REPORT_BID, "{\"host_id\":\"" OWN "\",\"id\":\"" OTHER "\"}", NULL, "another host" },
	{ REPORT_PING, "{\"id\":\"" OWN "\",\"response\":{\"host_id\":\"" OTHER "\"}}", NULL, "another host" },
	{ REPORT_BID_V1, "{\"success\":true,\"host_id\":\"" OTHER "\",\"response\":{\"host_id\":\"" OWN "\"}}", NULL,
	    "another host" },
	{ REPORT_PING_V1, "{\"success\":true,\"message\":\"\",\"response\":{\"id\":\"" OWN "\"}}",
	    OWN, NULL },
	{ REPORT_PING_V1, "{\"success\":true,\"id\":\"" OWN "\"}", NULL, "missing" },
	{ REPORT_PING_V1, "{\"success\":false,\"message\":\"no\"}", "", NULL },
	{ REPORT_PING_V1, "{\"success\":false,\"message\":\"no\",\"response\":null}", "", NULL },
	{ REPORT_PING_V1, "{\"success\":false,\"response\":{\"id\":\"" OTHER "\"}}", OTHER, NULL },
	{ REPORT_PING_V1, "{\"success\":true,\"response\":[{\"id\":\"" OWN "\"}]}", NULL,
	    "not an object" },
	{ REPORT_INVENTORY_V1,
	    "{\"success\":true,\"response\":{\"host_id\":\"" OWN "\",\"components\":[]}}", OWN,
	    NULL },
	{ REPORT_BID_V1, "{\"success\":true,\"response\":{\"host_id\":\"" OWN "\"}}", OWN, NULL },
	{ REPORT_BID_V1, "{\"success\":true,\"response\":{\"component_id\":\"x\"}}", NULL,
	    "missing" },
	{ REPORT_NONE, "{}", NULL, NULL },
};

START_TEST(each_kind_has_its_place_for_the_id)
{
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	struct report r = { .kind = bodies[_i].kind };
	int answer = report_decode(&r, bytes_str(bodies[_i].payload), &arena);

	if (bodies[_i].id == NULL) {
		ck_assert_msg(answer == BODY_REFUSED && r.id.len == 0, "%s", bodies[_i].payload);
		ck_assert_msg(bodies[_i].why == NULL || strstr(r.fault.why, bodies[_i].why) != NULL,
		    "%s: %s", bodies[_i].payload, r.fault.why);
		return;
	}
	ck_assert_msg(answer == 0, "%s: %s", bodies[_i].payload, r.fault.why);
	ck_assert_msg(bytes_is(r.id, bodies[_i].id), "%s", bodies[_i].payload);
}
END_TEST

START_TEST(a_heartbeat_says_in_subject_and_body_who_it_is)
{
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	struct report r;

	ck_assert_int_eq(report_classify(BYTES_LIT("runtime.operator.heartbeat." OWN), &r), 0);
	ck_assert_int_eq(report_decode(&r, BYTES_LIT("{\"id\":\"" OWN "\"}"), &arena), 0);
	ck_assert_int_eq(
	    report_decode(&r, BYTES_LIT("{\"id\":\"" OTHER "\"}"), &arena), BODY_REFUSED);
	ck_assert_int_eq(report_decode(&r, BYTES_LIT("{}"), &arena), BODY_REFUSED);
}
END_TEST

START_TEST(a_heartbeat_of_a_thousand_actors_is_read)
{
	static char text[REPORT_MAX];
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	struct report r = { .kind = REPORT_EVENT };
	uint64_t seed = 1;
	size_t n =
	    (size_t)snprintf(text, sizeof(text), "{\"source\":\"" OWN "\",\"data\":{\"actors\":{");

	for (int i = 0; i < 1000; i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\"M", i == 0 ? "" : ",");
		for (int k = 0; k < 55; k++) {
			seed = seed * 6364136223846793005U + 1442695040888963407U;
			text[n++] = (char)('A' + (seed >> 59) % 26);
		}
		n += (size_t)snprintf(text + n, sizeof(text) - n, "\":1");
	}
	n += (size_t)snprintf(text + n, sizeof(text) - n, "}}}");
	ck_assert_msg(report_decode(&r, bytes_of(text, n), &arena) == 0, "%s", r.fault.why);
	ck_assert(bytes_is(r.id, OWN));
}
END_TEST

TCase *
report_tests(void)
{
	TCase *t = tcase_create("report");

	tcase_add_loop_test(
	    t, hosts_report_on_these_subjects, 0, (int)(sizeof(subjects) / sizeof(subjects[0])));
	tcase_add_loop_test(
	    t, these_questions_ask_who_answers, 0, (int)(sizeof(questions) / sizeof(questions[0])));
	tcase_add_loop_test(
	    t, each_kind_has_its_place_for_the_id, 0, (int)(sizeof(bodies) / sizeof(bodies[0])));
	tcase_add_test(t, a_heartbeat_says_in_subject_and_body_who_it_is);
	tcase_add_test(t, a_heartbeat_of_a_thousand_actors_is_read);
	return t;
}
