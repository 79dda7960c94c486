/*
 * Requests to the JetStream API: what they would make the server do meets the rules of who asks. The
 * server reads bodies with Go's encoding/json, which folds case and takes the last of two members; no
 * body may mean one thing to us and another to it.
 */
#include "gateway/relay/broker.h"
#include "tests/unit/gateway/relay/suites.h"
#include "tests/unit/policy/rules/suites.h"

#define TOKEN "~abcdefghijklmnopqrstu"
#define BODY(config) "{\"stream_name\":\"S\",\"config\":{\"filter_subject\":\"app.in\"," config "}}"

static struct world w;
static struct buf out;

static void
setup(void)
{
	world_policy(&w, "t.policy",
	    BYTES_LIT("lattices = [\"default\"]\naccounts { ACME = " ACME " }\n"
		      "role boss { account = ACME tags = [\"role:boss\"] }\n"
		      "rule whole { streams = [\"WHOLE\"] to = [boss] }\n"
		      "rule data { publish = [\"app.>\", \"$JS.API.>\", \"$KV.mine.>\", \"$JS.hub.API.>\"]\n"
		      "  subscribe = [\"app.>\", \"$KV.mine.>\"] to = [boss] }\n"
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

/* body, what it becomes (NULL: refused) */
static const struct {
	const char *in, *out;
} bodies[] = {
	{ BODY("\"ack_policy\":\"none\""), BODY("\"ack_policy\":\"none\"") },
	{ BODY("\"deliver_subject\":null"), BODY("\"deliver_subject\":null") },
	{ BODY("\"deliver_subject\":\"_INBOX.x\""),
	    BODY("\"deliver_subject\":\"_INBOX." TOKEN ".x\"") },
	{ " { \"stream_name\":\"S\", \"config\" : { \"deliver_subject\" : \"_INBOX.x\" , "
	  "\"filter_subject\":\"app.in\" } } ",
	    " { \"stream_name\":\"S\", \"config\" : { \"deliver_subject\" : \"_INBOX." TOKEN
	    ".x\" , \"filter_subject\":\"app.in\" } } " },
	{ BODY("\"deliver_subject\":\"_INBOX." TOKEN ".x\""),
	    BODY("\"deliver_subject\":\"_INBOX." TOKEN ".x\"") },
	{ BODY("\"deliver_subject\":\"\\u005fINBOX.x\""),
	    BODY("\"deliver_subject\":\"_INBOX." TOKEN ".x\"") },
	{ BODY("\"deliver_subject\":\"app.x\""), BODY("\"deliver_subject\":\"app.x\"") },
	{ BODY("\"metadata\":{\"Any Name\":\"x\"},\"deliver_subject\":\"_INBOX.x\""),
	    BODY("\"metadata\":{\"Any Name\":\"x\"},\"deliver_subject\":\"_INBOX." TOKEN ".x\"") },
	{ BODY("\"d\\u0065liver_subject\":\"_INBOX.x\""),
	    BODY("\"d\\u0065liver_subject\":\"_INBOX." TOKEN ".x\"") },
	{ BODY("\"deliver_subject\":\"\""), BODY("\"deliver_subject\":\"\"") },
	/* somewhere it may not publish itself */
	{ BODY("\"deliver_subject\":\"wasmbus.ctl.default.cmd.N.lp\""), NULL },
	{ BODY("\"deliver_subject\":\"wasmbus.ctl.v1.default.provider.start.N\""), NULL },
	{ BODY("\"deliver_subject\":\"app.secret\""), NULL },
	{ BODY("\"deliver_subject\":\"elsewhere\""), NULL },
	{ BODY("\"deliver_subject\":\"_INBOX.~ABCDEFGHIJKLMNOPQRSTU.x\""), NULL },
	{ BODY("\"deliver_subject\":\"app.*\""), NULL },
	{ BODY("\"deliver_subject\":\"app..x\""), NULL },
	{ BODY("\"deliver_subject\":7"), NULL },
	{ BODY("\"deliver_subject\":{\"a\":1}"), NULL },
	/* two readings */
	{ BODY("\"deliver_subject\":\"app.x\",\"deliver_subject\":\"app.y\""), NULL },
	{ BODY("\"deliver_subject\":\"app.x\",\"Deliver_Subject\":\"app.y\""), NULL },
	{ BODY("\"Deliver_Subject\":\"wasmbus.ctl.default.cmd.N.lp\""), NULL },
	{ BODY("\"DELIVER_SUBJECT\":\"app.x\""), NULL },
	{ BODY("\"deliver_\\u017fubject\":\"app.x\""), NULL },
	{ BODY("\"deliver_\xc5\xbfubject\":\"app.x\""), NULL },
	{ "{\"Config\":{\"deliver_subject\":\"wasmbus.ctl.default.cmd.N.lp\"}}", NULL },
	{ "{\"config\":{},\"CONFIG\":{\"deliver_subject\":\"app.x\"}}", NULL },
	{ "{\"\\u0063onfig\":{\"deliver_subject\":\"app.x\"}}", NULL },
	{ BODY("\"deliver_subject\":\"app.x\"") "x", NULL },
	{ "", NULL },
	{ "{", NULL },
};

/* ask() - a request as the relay puts it. */
static int
ask(const char *subject, const char *body, struct relay_event *e)
{
	struct nats_op op = { .kind = NATS_PUB, .subject = bytes_str(subject), .payload = bytes_str(body) };
	void *arena = malloc(BROKER_ARENA);
	int r;

	ck_assert_ptr_nonnull(arena);
	buf_reset(&out);
	r = broker_judge(w.rights, TOKEN, &op, arena, &out, e);
	free(arena);
	return r;
}

START_TEST(a_body_has_one_meaning_or_none)
{
	struct relay_event e = { .kind = RELAY_BODY_DENIED };
	int r = ask("$JS.API.CONSUMER.CREATE.S", bodies[_i].in, &e);

	if (bodies[_i].out == NULL) {
		ck_assert_msg(r == BROKER_REFUSED, "%s", bodies[_i].in);
		ck_assert(e.decision.verdict == VERDICT_DENY);
	} else {
		ck_assert_msg(r == 0, "%s: %.*s", bodies[_i].in, (int)e.detail.len, e.detail.ptr);
		ck_assert_msg(
		    bytes_is(buf_bytes(&out), bodies[_i].out), "%.*s", (int)out.len, out.ptr);
	}
}
END_TEST

#define STREAM(config) "{\"name\":\"S\"," config "}"
#define HOST_COMMAND "wasmbus.ctl.default.cmd.N.lp"

/* subject, body, what is refused (NULL: allowed) */
static const struct {
	const char *subject, *body, *refused;
} requests[] = {
	{ "$JS.API.STREAM.CREATE.S", STREAM("\"subjects\":[\"app.in\"]"), NULL },
	{ "$JS.hub.API.STREAM.CREATE.S", STREAM("\"subjects\":[\"app.in\"]"), NULL },
	{ "$JS.API.STREAM.CREATE.S", STREAM("\"subjects\":[\"app.in\",\"other\"]"), "subjects" },
	{ "$JS.API.STREAM.CREATE.S", STREAM("\"subjects\":[\"" HOST_COMMAND "\"]"), "subjects" },
	{ "$JS.API.STREAM.UPDATE.S", STREAM("\"subjects\":[\">\"]"), "subjects" },
	{ "$JS.API.STREAM.CREATE.S",
	    STREAM("\"subjects\":[\"app.in\"],\"republish\":{\"src\":\"app.in\",\"dest\":\"" HOST_COMMAND "\"}"),
	    "republish" },
	{ "$JS.API.STREAM.CREATE.S",
	    STREAM("\"subjects\":[\"app.in\"],\"republish\":{\"src\":\"app.in\",\"dest\":\"wasmbus.>\"}"),
	    "republish" },
	{ "$JS.API.STREAM.CREATE.S",
	    STREAM("\"subjects\":[\"app.in\"],\"republish\":{\"src\":\"app.in\",\"dest\":\"app.out\"}"), NULL },
	{ "$JS.API.STREAM.CREATE.S", STREAM("\"mirror\":{\"name\":\"KV_LATTICEDATA_default\"}"), "mirror" },
	{ "$JS.API.STREAM.CREATE.S", STREAM("\"sources\":[{\"name\":\"SECRETS\"}]"), "sources" },
	{ "$JS.API.STREAM.CREATE.S", STREAM("\"sources\":[{\"name\":\"KV_mine\"}]"), NULL },
	{ "$JS.API.STREAM.CREATE.S",
	    STREAM("\"sources\":[{\"name\":\"KV_mine\",\"external\":{\"api\":\"$JS.hub.API\","
		   "\"deliver\":\"" HOST_COMMAND "\"}}]"),
	    "external" },
	{ "$JS.API.STREAM.CREATE.S",
	    STREAM("\"mirror\":{\"name\":\"KV_mine\",\"external\":{\"api\":\"$JS.hub.API\","
		   "\"deliver\":\"app.in\"}}"),
	    "external" },
	{ "$JS.API.STREAM.CREATE.S",
	    STREAM("\"subjects\":[\"app.in\"],\"subject_transform\":{\"src\":\"app.in\","
		   "\"dest\":\"" HOST_COMMAND "\"}"),
	    "subject_transform" },
	{ "$JS.API.STREAM.CREATE.S",
	    STREAM("\"subjects\":[\"app.in\"],\"allow_msg_schedules\":true"),
	    "allow_msg_schedules" },
	{ "$JS.API.STREAM.CREATE.S", STREAM("\"subjects\":[\"app.in\"],\"allow_rollup_hdrs\":true"),
	    "allow_rollup_hdrs" },
	{ "$JS.API.STREAM.SNAPSHOT.KV_mine", "{\"deliver_subject\":\"" HOST_COMMAND "\"}", "deliver_subject" },
	{ "$JS.API.STREAM.SNAPSHOT.S", "{\"deliver_subject\":\"_INBOX.x\"}", "no filter_subject" },
	{ "$JS.API.CONSUMER.CREATE.S", "{\"stream_name\":\"S\",\"config\":{}}", "no filter_subject" },
	{ "$JS.API.CONSUMER.CREATE.KV_mine", "{\"stream_name\":\"KV_mine\",\"config\":{}}", NULL },
	{ "$JS.API.CONSUMER.CREATE.S", "{\"stream_name\":\"S\",\"config\":{\"filter_subject\":\">\"}}",
	    "no filter_subject" },
	{ "$JS.API.CONSUMER.CREATE.KV_mine", "{\"stream_name\":\"KV_mine\",\"config\":{\"filter_subject\":\">\"}}", NULL },
	{ "$JS.API.CONSUMER.CREATE.S", "{\"stream_name\":\"S\",\"config\":{\"filter_subject\":\"other\"}}",
	    "filter_subject" },
	/* a bucket is whose its name says; of any other stream the granted request says it */
	{ "$JS.API.STREAM.DELETE.KV_mine", "", NULL },
	{ "$JS.API.STREAM.DELETE.KV_LATTICEDATA_default", "", "stream" },
	{ "$JS.hub.API.STREAM.DELETE.KV_LATTICEDATA_default", "", "stream" },
	{ "$JS.API.STREAM.DELETE.OBJ_default", "", "stream" },
	{ "$JS.API.STREAM.DELETE.S", "", NULL },
	{ "$JS.API.STREAM.UPDATE.KV_theirs", "{\"name\":\"KV_theirs\",\"subjects\":[\"app.in\"]}", "stream" },
	{ "$JS.API.STREAM.CREATE.KV_theirs", "{\"name\":\"KV_theirs\",\"subjects\":[\"app.in\"]}", "stream" },
	{ "$JS.API.CONSUMER.DELETE.KV_theirs.watcher", "", "stream" },
	{ "$JS.API.CONSUMER.DELETE.KV_mine.watcher", "", NULL },
	{ "$JS.API.CONSUMER.MSG.NEXT.KV_theirs.watcher", "1", "stream" },
	{ "$JS.API.CONSUMER.MSG.NEXT.KV_mine.watcher", "1", NULL },
	{ "$JS.API.STREAM.MSG.GET.S", "{\"seq\":1}", "no filter_subject" },
	{ "$JS.API.STREAM.MSG.GET.S", "{\"last_by_subj\":\"app.in\"}", NULL },
	{ "$JS.API.STREAM.MSG.GET.S", "{\"last_by_subj\":\"other\"}", "filter" },
	{ "$JS.API.STREAM.PURGE.S", "{\"filter\":\"app.in\"}", NULL },
	{ "$JS.API.STREAM.PURGE.S", "{\"filter\":\"other\"}", "filter" },
	{ "$JS.API.STREAM.PURGE.S", "", "no filter_subject" },
	{ "$JS.API.DIRECT.GET.KV_mine.$KV.mine.a", "", NULL },
	{ "$JS.API.STREAM.INFO.S", "", NULL },
	{ "$JS.API.STREAM.PEER.REMOVE.KV_theirs", "{\"peer\":\"x\"}", "stream" },
	{ "$JS.API.STREAM.LEADER.STEPDOWN.KV_theirs", "", "stream" },
	{ "$JS.API.STREAM.LEADER.STEPDOWN.KV_mine", "", NULL },
	{ "$JS.API.STREAM.LEADER.STEPDOWN.S", "", NULL },
	{ "$JS.API.CONSUMER.LEADER.STEPDOWN.KV_theirs.c", "", "stream" },
	/* nobody's */
	{ "$JS.API.META.LEADER.STEPDOWN", "", "administration" },
	{ "$JS.API.SERVER.REMOVE", "{\"peer\":\"x\"}", "administration" },
	{ "$JS.hub.API.ACCOUNT.PURGE.A", "", "administration" },
	{ "$JS.API.STREAM.TEMPLATE.CREATE.T", "{\"name\":\"T\"}", "administration" },
	/* a stream that may be read whole */
	{ "$JS.API.CONSUMER.CREATE.WHOLE", "{\"stream_name\":\"WHOLE\",\"config\":{}}", NULL },
	{ "$JS.API.STREAM.MSG.GET.WHOLE", "{\"seq\":1}", NULL },
	{ "$JS.API.STREAM.SNAPSHOT.WHOLE", "{\"deliver_subject\":\"_INBOX.x\"}", NULL },
	{ "$JS.API.STREAM.CREATE.S", STREAM("\"sources\":[{\"name\":\"WHOLE\"}]"), NULL },
	{ "$JS.API.STREAM.PURGE.WHOLE", "", "no filter_subject" },
	{ "$JS.API.STREAM.MSG.DELETE.WHOLE", "{\"seq\":1}", "no filter_subject" },
	{ "$JS.hub.API.$KV.mine.a", "x", NULL },
	{ "$JS.hub.API.$KV.LATTICEDATA_default.LINKDEF_X", "{}", "bucket" },
};

START_TEST(what_the_server_is_asked_for_is_judged_as_ones_own_doing)
{
	struct relay_event e = { .kind = RELAY_BODY_DENIED };
	int r = ask(requests[_i].subject, requests[_i].body, &e);

	if (requests[_i].refused == NULL) {
		ck_assert_msg(r == 0, "%s: %.*s", requests[_i].body, (int)e.detail.len, e.detail.ptr);
		return;
	}
	ck_assert_msg(r == BROKER_REFUSED, "%s %s", requests[_i].subject, requests[_i].body);
	ck_assert_msg(bytes_is(e.detail, requests[_i].refused), "%.*s", (int)e.detail.len, e.detail.ptr);
}
END_TEST

TCase *
broker_tests(void)
{
	TCase *t = tcase_create("broker");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
	    t, a_body_has_one_meaning_or_none, 0, sizeof(bodies) / sizeof(bodies[0]));
	tcase_add_loop_test(t, what_the_server_is_asked_for_is_judged_as_ones_own_doing, 0,
	    sizeof(requests) / sizeof(requests[0]));
	return t;
}
