/*
 * Bodies that create consumers: the one payload that is changed. The server reads them with Go's
 * encoding/json, which folds case and takes the last of two members; no body may mean one thing to
 * us and another to it.
 */
#include "gateway/relay/deliver.h"
#include "tests/unit/gateway/relay/suites.h"
#include "tests/unit/policy/rules/suites.h"

#define TOKEN "~abcdefghijklmnopqrstu"
#define BODY(config) "{\"stream_name\":\"S\",\"config\":{" config "}}"

static struct world w;
static struct buf out;

static void
setup(void)
{
	world_policy(&w, "t.policy",
	    BYTES_LIT("lattices = [\"default\"]\naccounts { ACME = " ACME " }\n"
		      "role boss { account = ACME tags = [\"role:boss\"] }\n"
		      "rule data { publish = [\"app.>\", \"$JS.API.>\"] to = [boss] }\n"
		      "rule not { deny_publish = [\"app.secret\"] to = [boss] }\n"));
	world_person(&w, ACME, "role:boss", NULL);
	memcpy(w.id.inbox, TOKEN, sizeof(TOKEN));
	world_login(&w);
	buf_init(&out, 1 << 16);
}

static void
teardown(void)
{
	buf_deinit(&out);
	world_end(&w);
}

static const struct {
	const char *subject;
	bool is;
} subjects[] = {
	{ "$JS.API.CONSUMER.CREATE.S", true },
	{ "$JS.API.CONSUMER.CREATE.S.C", true },
	{ "$JS.API.CONSUMER.CREATE.S.C.f.>", true },
	{ "$JS.API.CONSUMER.DURABLE.CREATE.S.C", true },
	{ "$JS.hub.API.CONSUMER.CREATE.S", true },
	{ "$JS.hub.API.CONSUMER.DURABLE.CREATE.S.C", true },
	{ "$JS.API.CONSUMER.MSG.NEXT.S.C", false },
	{ "$JS.API.CONSUMER.INFO.S.C", false },
	{ "$JS.API.STREAM.CREATE.S", false },
	{ "$JS.", false },
	{ "$JS.hub", false },
	{ "$JS", false },
	{ "app.CONSUMER.CREATE.S", false },
	{ "", false },
};

START_TEST(requests_that_create_consumers_are_known)
{
	ck_assert_int_eq(deliver_is_for(bytes_str(subjects[_i].subject)), subjects[_i].is);
}
END_TEST

/* body, what it becomes (NULL: refused) */
static const struct {
	const char *in, *out;
} bodies[] = {
	{ BODY("\"ack_policy\":\"none\""), BODY("\"ack_policy\":\"none\"") },
	{ BODY("\"deliver_subject\":null"), BODY("\"deliver_subject\":null") },
	{ BODY("\"deliver_subject\":\"_INBOX.x\""),
	    BODY("\"deliver_subject\":\"_INBOX." TOKEN ".x\"") },
	{ " { \"config\" : { \"a\" : [1.5, {\"B\":2}] , \"deliver_subject\" : \"_INBOX.x\" , "
	  "\"z\":1 } } ",
	    " { \"config\" : { \"a\" : [1.5, {\"B\":2}] , \"deliver_subject\" : \"_INBOX." TOKEN
	    ".x\" , \"z\":1 } } " },
	{ BODY("\"deliver_subject\":\"_INBOX." TOKEN ".x\""),
	    BODY("\"deliver_subject\":\"_INBOX." TOKEN ".x\"") },
	{ BODY("\"deliver_subject\":\"\\u005fINBOX.x\""),
	    BODY("\"deliver_subject\":\"_INBOX." TOKEN ".x\"") },
	{ BODY("\"deliver_subject\":\"app.x\""), BODY("\"deliver_subject\":\"app.x\"") },
	{ BODY("\"metadata\":{\"Any Name\":\"x\"},\"deliver_subject\":\"_INBOX.x\""),
	    BODY("\"metadata\":{\"Any Name\":\"x\"},\"deliver_subject\":\"_INBOX." TOKEN ".x\"") },
	/* somewhere it may not publish itself */
	{ BODY("\"deliver_subject\":\"wasmbus.ctl.default.cmd.N.lp\""), NULL },
	{ BODY("\"deliver_subject\":\"wasmbus.ctl.v1.default.provider.start.N\""), NULL },
	{ BODY("\"deliver_subject\":\"app.secret\""), NULL },
	{ BODY("\"deliver_subject\":\"elsewhere\""), NULL },
	{ BODY("\"deliver_subject\":\"_INBOX.~ABCDEFGHIJKLMNOPQRSTU.x\""), NULL },
	{ BODY("\"deliver_subject\":\"app.*\""), NULL },
	{ BODY("\"deliver_subject\":\"app..x\""), NULL },
	{ BODY("\"deliver_subject\":\"\""), NULL },
	{ BODY("\"deliver_subject\":7"), NULL },
	{ BODY("\"deliver_subject\":{\"a\":1}"), NULL },
	/* two readings */
	{ BODY("\"deliver_subject\":\"app.x\",\"deliver_subject\":\"app.y\""), NULL },
	{ BODY("\"deliver_subject\":\"app.x\",\"Deliver_Subject\":\"app.y\""), NULL },
	{ BODY("\"Deliver_Subject\":\"wasmbus.ctl.default.cmd.N.lp\""), NULL },
	{ BODY("\"DELIVER_SUBJECT\":\"app.x\""), NULL },
	{ BODY("\"deliver_\\u017fubject\":\"app.x\""), NULL },
	{ BODY("\"deliver_\xc5\xbfubject\":\"app.x\""), NULL },
	{ BODY("\"d\\u0065liver_subject\":\"_INBOX.x\""), NULL },
	{ "{\"Config\":{\"deliver_subject\":\"wasmbus.ctl.default.cmd.N.lp\"}}", NULL },
	{ "{\"config\":{},\"CONFIG\":{\"deliver_subject\":\"app.x\"}}", NULL },
	{ "{\"\\u0063onfig\":{\"deliver_subject\":\"app.x\"}}", NULL },
	{ BODY("\"deliver_subject\":\"app.x\"") "x", NULL },
	{ "", NULL },
	{ "{", NULL },
};

START_TEST(a_body_has_one_meaning_or_none)
{
	struct relay_event e = { .kind = RELAY_BODY_DENIED };
	int r = deliver_rewrite(w.rights, TOKEN, bytes_str(bodies[_i].in), &out, &e);

	if (bodies[_i].out == NULL) {
		ck_assert_msg(r == DELIVER_REFUSED, "%s", bodies[_i].in);
		ck_assert(e.detail.len != 0 && e.decision.verdict == VERDICT_DENY);
	} else {
		ck_assert_msg(r == 0, "%s: %.*s", bodies[_i].in, (int)e.detail.len, e.detail.ptr);
		ck_assert_msg(
		    bytes_is(buf_bytes(&out), bodies[_i].out), "%.*s", (int)out.len, out.ptr);
	}
}
END_TEST

TCase *
deliver_tests(void)
{
	TCase *t = tcase_create("deliver");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
	    t, requests_that_create_consumers_are_known, 0, sizeof(subjects) / sizeof(subjects[0]));
	tcase_add_loop_test(
	    t, a_body_has_one_meaning_or_none, 0, sizeof(bodies) / sizeof(bodies[0]));
	return t;
}
