/*
 * Every state of the handshake against everything that can happen to it: one table, one row per
 * state, and what must follow. A state that answers an event it is not waiting for is a hole.
 */
#include <check.h>
#include <stdlib.h>

#include "gateway/auth/handshake.h"
#include "tests/unit/gateway/auth/suites.h"

enum event {
	CONNECT_GOOD, /* with jwt and sig */
	CONNECT_EMPTY,
	CLIENT_PUB,
	ADMITTED,
	TURNED_AWAY,
	DIALLED,
	NOT_DIALLED,
	UP_INFO,
	UP_INFO_BAD,
	UP_PONG,
	UP_ERR,
	UP_OK,
	UP_MSG,
	SECURED,
	NOT_SECURED,
	SIGNED,
	NOT_SIGNED,
	TIMEOUT,
	EVENTS,
};

#define CONNECT_JSON                                                                               \
	"{\"jwt\":\"a.b.c\",\"sig\":\"c2ln\",\"verbose\":false,\"headers\":true,\"protocol\":1}"
#define INFO_JSON                                                                                  \
	"{\"version\":\"2.9.10\",\"nonce\":\"abcdefghijk\",\"headers\":true,\"max_payload\":"      \
	"1048576}"

#define TLS_INFO_JSON "{\"nonce\":\"abcdefghijk\",\"tls_required\":true}"

static enum handshake_order
client(struct handshake *h, enum nats_kind kind, const char *json)
{
	return handshake_on_client(h, &(struct nats_op){ .kind = kind, .json = bytes_str(json) });
}

static enum handshake_order
upstream(struct handshake *h, enum nats_kind kind, const char *json)
{
	return handshake_on_upstream(h, &(struct nats_op){ .kind = kind, .json = bytes_str(json) });
}

static enum handshake_order
happen(struct handshake *h, enum event e)
{
	switch (e) {
	case CONNECT_GOOD:
		return client(h, NATS_CONNECT, CONNECT_JSON);
	case CONNECT_EMPTY:
		return client(h, NATS_CONNECT, "{}");
	case CLIENT_PUB:
		return client(h, NATS_PUB, "");
	case ADMITTED:
		return handshake_on_verdict(h, true, NULL, NULL);
	case TURNED_AWAY:
		return handshake_on_verdict(h, false, NULL, "revoked");
	case DIALLED:
		return handshake_on_dialled(h, true);
	case NOT_DIALLED:
		return handshake_on_dialled(h, false);
	case UP_INFO:
		return upstream(h, NATS_INFO, INFO_JSON);
	case UP_INFO_BAD:
		return upstream(h, NATS_INFO, "{\"nonce\":\"a\",\"nonce\":\"b\"}");
	case UP_PONG:
		return upstream(h, NATS_PONG, "");
	case UP_ERR:
		return upstream(h, NATS_ERR, "");
	case UP_OK:
		return upstream(h, NATS_OK, "");
	case UP_MSG:
		return upstream(h, NATS_MSG, "");
	case SECURED:
		return handshake_on_secured(h, true);
	case NOT_SECURED:
		return handshake_on_secured(h, false);
	case SIGNED:
		return handshake_on_signed(h, true);
	case NOT_SIGNED:
		return handshake_on_signed(h, false);
	case TIMEOUT:
		return handshake_on_timeout(h);
	case EVENTS:
		break;
	}
	abort();
}

/* the road from NEW to OPEN: the event that leaves each state, and the order it gives */
static const struct {
	enum event event;
	enum handshake_order order;
} road[] = {
	{ CONNECT_GOOD, HANDSHAKE_VERIFY },
	{ ADMITTED, HANDSHAKE_DIAL },
	{ DIALLED, HANDSHAKE_WAIT },
	{ UP_INFO, HANDSHAKE_SIGN },
	{ SIGNED, HANDSHAKE_LOGIN },
	{ UP_PONG, HANDSHAKE_READY },
};

/* walk() - to @state, which is as many steps along the road. */
static void
walk(struct handshake *h, enum handshake_state state)
{
	size_t steps = (size_t)state;

	handshake_init(h, "nonce");
	if (state == HANDSHAKE_SECURING) { /* a way round: only where TLS follows INFO */
		walk(h, HANDSHAKE_GREETING);
		h->upstream_tls = true;
		ck_assert_int_eq(upstream(h, NATS_INFO, TLS_INFO_JSON), HANDSHAKE_SECURE);
		return;
	}
	if (state > HANDSHAKE_SECURING)
		steps--;
	for (size_t i = 0; i < steps && i < sizeof(road) / sizeof(road[0]); i++)
		ck_assert_int_eq(happen(h, road[i].event), road[i].order);
	if (state == HANDSHAKE_OVER)
		h->state = HANDSHAKE_OVER;
	ck_assert_int_eq(h->state, state);
}

#define W HANDSHAKE_WAIT
#define R HANDSHAKE_REFUSE

/* what each event must give in each state */
static const enum handshake_order wanted[][EVENTS] = {
	/* CONNECT good, empty, PUB | admitted, not | dialled, not | INFO, bad | PONG ERR OK MSG |
	   secured, not | signed, not | time */
	[HANDSHAKE_NEW] = { HANDSHAKE_VERIFY, R, R, W, W, W, W, R, R, R, R, R, R, W, W, W, W, R },
	[HANDSHAKE_VERIFYING] = { R, R, R, HANDSHAKE_DIAL, R, W, W, R, R, R, R, R, R, W, W, W, W, R },
	[HANDSHAKE_DIALLING] = { R, R, R, W, W, W, R, R, R, R, R, R, R, W, W, W, W, R },
	[HANDSHAKE_GREETING] = { R, R, R, W, W, W, W, HANDSHAKE_SIGN, R, R, R, R, R, W, R, W, W, R },
	[HANDSHAKE_SECURING] = { R, R, R, W, W, W, W, R, R, R, R, R, R, HANDSHAKE_SIGN, R, W, W, R },
	[HANDSHAKE_SIGNING] = { R, R, R, W, W, W, W, R, R, R, R, R, R, W, W, HANDSHAKE_LOGIN, R, R },
	[HANDSHAKE_LOGGING_IN] = { R, R, R, W, W, W, W, W, W, HANDSHAKE_READY, R, W, R, W, W, W, W, R },
	[HANDSHAKE_OPEN] = { R, R, R, W, W, W, W, R, R, R, R, R, R, W, W, W, W, W },
	[HANDSHAKE_OVER] = { R, R, R, W, W, W, W, R, R, R, R, R, R, W, W, W, W, W },
};

START_TEST(every_state_answers_every_event_as_the_table_says)
{
	enum handshake_state state = (enum handshake_state)(_i / EVENTS);
	enum event event = (enum event)(_i % EVENTS);
	enum handshake_state before;
	struct handshake h;
	enum handshake_order order;

	walk(&h, state);
	before = h.state;
	order = happen(&h, event);
	ck_assert_msg(
	    order == wanted[state][event], "state %d event %d gave %d", state, event, order);
	if (order == HANDSHAKE_REFUSE)
		ck_assert(h.state == HANDSHAKE_OVER && h.why != NULL);
	else if (order == HANDSHAKE_WAIT && !(before == HANDSHAKE_DIALLING && event == DIALLED))
		ck_assert_int_eq(h.state, before);
	handshake_deinit(&h);
	handshake_deinit(&h);
}
END_TEST

/* what a stranger is told, and what the log is told */
static const struct {
	const char *json, *error, *why;
} refused[] = {
	{ "{}", "Authorization Violation", "anonymous" },
	{ "", "Authorization Violation", "bad_connect" },
	{ "null", "Authorization Violation", "bad_connect" },
	{ "[]", "Authorization Violation", "bad_connect" },
	{ "{\"user\":\"a\",\"pass\":\"b\"}", "Authorization Violation", "password_login" },
	{ "{\"auth_token\":\"a\"}", "Authorization Violation", "password_login" },
	{ "{\"nkey\":\"UA\",\"sig\":\"x\"}", "Authorization Violation", "nkey_without_jwt" },
	{ "{\"jwt\":\"a.b.c\"}", "Authorization Violation", "no_signature" },
	{ "{\"jwt\":\"a\",\"JWT\":\"b\",\"sig\":\"x\"}", "Authorization Violation", "bad_connect" },
	{ "{\"jwt\":\"a\",\"\\u017fig\":\"x\",\"sig\":\"y\"}", "Authorization Violation",
	    "bad_connect" },
	{ "{\"jwt\":\"a\",\"sig\":\"y\",\"protocol\":7}", "invalid client protocol",
	    "bad_protocol" },
	{ "{\"jwt\":\"a\",\"sig\":\"y\",\"headers\":false,\"no_responders\":true}",
	    "no responders requires headers support", "no_responders_without_headers" },
};

START_TEST(a_refused_connect_says_little_and_logs_why)
{
	struct handshake h;

	handshake_init(&h, "nonce");
	ck_assert_int_eq(client(&h, NATS_CONNECT, refused[_i].json), HANDSHAKE_REFUSE);
	ck_assert_str_eq(h.error, refused[_i].error);
	ck_assert_str_eq(h.why, refused[_i].why);
	handshake_deinit(&h);
}
END_TEST

/* an upstream that greets wrongly */
static const struct {
	const char *json, *why;
} greetings[] = {
	{ "{}", "upstream_without_nonce" },
	{ "{\"tls_required\":true,\"nonce\":\"abcdefghijk\"}", "upstream_wants_tls" },
	{ "[1]", "upstream_bad_info" },
	{ "{\"nonce\":\"x\",\"nonce\":\"y\"}", "upstream_bad_info" },
	{ "{\"max_payload\":", "upstream_bad_info" },
};

START_TEST(an_upstream_that_greets_wrongly_is_left_without_a_word_to_the_client)
{
	struct handshake h;

	walk(&h, HANDSHAKE_GREETING);
	ck_assert_int_eq(upstream(&h, NATS_INFO, greetings[_i].json), HANDSHAKE_REFUSE);
	ck_assert_ptr_null(h.error);
	ck_assert_str_eq(h.why, greetings[_i].why);
	handshake_deinit(&h);
}
END_TEST

START_TEST(an_upstream_that_offers_no_tls_is_left_where_tls_is_asked_for)
{
	struct handshake h;

	walk(&h, HANDSHAKE_GREETING);
	h.upstream_tls = true;
	ck_assert_int_eq(happen(&h, UP_INFO), HANDSHAKE_REFUSE);
	ck_assert_str_eq(h.why, "upstream_without_tls");
	handshake_deinit(&h);
	/* TLS came before INFO: what INFO says of it does not matter, and it does not begin again */
	walk(&h, HANDSHAKE_GREETING);
	h.upstream_tls = true;
	ck_assert_int_eq(happen(&h, SECURED), HANDSHAKE_WAIT);
	ck_assert_int_eq(happen(&h, UP_INFO), HANDSHAKE_SIGN);
	handshake_deinit(&h);
}
END_TEST

START_TEST(our_own_login_is_made_of_values)
{
	static const uint8_t sig[64] = { 1, 2, 3 };
	struct handshake h;
	struct buf out;

	handshake_init(&h, "nonce");
	ck_assert_int_eq(
	    client(&h, NATS_CONNECT,
		"{\"jwt\":\"stolen\",\"sig\":\"theirs\",\"name\":\"\\\"evil\",\"verbose\":true,"
		"\"pedantic\":true,\"echo\":false,\"headers\":true,\"no_responders\":true,\"lang\":"
		"\"x\"}"),
	    HANDSHAKE_VERIFY);
	ck_assert_int_eq(happen(&h, ADMITTED), HANDSHAKE_DIAL);
	ck_assert_int_eq(happen(&h, DIALLED), HANDSHAKE_WAIT);
	ck_assert_int_eq(happen(&h, UP_INFO), HANDSHAKE_SIGN);
	buf_init(&out, 4096);
	handshake_login(
	    &h, &out, BYTES_LIT("ours"), bytes_of(sig, sizeof(sig)), BYTES_LIT("alice"));
	buf_put_u8(&out, 0);
	ck_assert_ptr_nonnull(strstr((char *)out.ptr, "\"jwt\":\"ours\""));
	ck_assert_ptr_nonnull(strstr((char *)out.ptr, "\"echo\":false"));
	ck_assert_ptr_nonnull(strstr((char *)out.ptr, "\"verbose\":false"));
	ck_assert_ptr_null(strstr((char *)out.ptr, "stolen"));
	ck_assert_ptr_null(strstr((char *)out.ptr, "theirs"));
	ck_assert_ptr_null(strstr((char *)out.ptr, "evil"));
	buf_deinit(&out);
	handshake_deinit(&h);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("gateway/auth");
	TCase *t = tcase_create("handshake");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, every_state_answers_every_event_as_the_table_says, 0,
	    (int)(sizeof(wanted) / sizeof(wanted[0])) * EVENTS);
	tcase_add_loop_test(
	    t, a_refused_connect_says_little_and_logs_why, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_loop_test(t, an_upstream_that_greets_wrongly_is_left_without_a_word_to_the_client,
	    0, sizeof(greetings) / sizeof(greetings[0]));
	tcase_add_test(t, an_upstream_that_offers_no_tls_is_left_where_tls_is_asked_for);
	tcase_add_test(t, our_own_login_is_made_of_values);
	suite_add_tcase(s, t);
	suite_add_tcase(s, sources_tests());
	suite_add_tcase(s, tally_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
