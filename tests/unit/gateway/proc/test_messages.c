/* Each message as its sender writes it: read back whole, refused when cut or longer than itself. */
#include <stdio.h>

#include "tests/fuzz/msg_table.h"
#include "tests/unit/gateway/proc/suites.h"
#include "tests/unit/policy/rules/suites.h"

static struct channel c;
static struct world w;

static void
setup(void)
{
	c = msg_paper();
	world_person(&w, ACME, "role:app", "host:" HOST, NULL);
	world_list(&w.id.perms.pub_deny, "app.secret");
	snprintf(w.id.source, sizeof(w.id.source), "1.2.3.4");
	memcpy(w.id.inbox, "~abcdefghijklmnopqrstu", 23);
}

static void
teardown(void)
{
	buf_deinit(&c.out);
	identity_deinit(&w.id);
}

static struct bytes
b(const char *s)
{
	return bytes_str(s);
}

/* write_one() - a message with every field filled in. */
static int
write_one(enum msg_form form)
{
	static const char nonces[3][NONCE_LEN] = { "0123456789012345678901",
		"abcdefghijklmnopqrstuv", "ABCDEFGHIJKLMNOPQRSTUV" };

	switch (form) {
	case FORM_SETUP:
		msg_setup_put(&c, &(struct setup){ 1, 1000000000, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
				      15, 16, true, true, false, true, "NID", "name", 4, 2, { { 1 }, { 2 } }, 2, { "127.0.0.1:4222", "[::1]:4222" }, 5, 6, 7, 8, 9, 10,
				      { .max_preauth = 3, .penalty_max = 4, .n_exempt = 1, .exempt = { { { 10 }, 4, 8 } } } });
		return 0;
	case FORM_PEER:
		return msg_peer_put(&c, ROLE_SIGNER, 63, 1000000000, -1);
	case FORM_FILE:
		return msg_file_put(&c, "inbox_key", -1);
	case FORM_LISTENER:
		return msg_listener_put(&c, "127.0.0.1", 65535, -1);
	case FORM_TEXT:
		return msg_text_put(&c, MSG_SOURCE, "a.policy", b("rule x {}"), -1);
	case FORM_TOKEN:
		return msg_token_put(&c, MSG_DIAL, UINT64_MAX, -1);
	case FORM_LOGIN:
		return msg_login_put(
		    &c, &(struct msg_login){ 7, b("nonce"), b("a.b.c"), b("sig"), b("chain"), "::1", 3 });
	case FORM_CONN:
		return msg_conn_put(&c, MSG_LEFT, 7);
	case FORM_NONCES:
		return msg_nonces_put(&c, nonces, 3);
	case FORM_ADMIT:
		return msg_admit_put(&c, 7, &w.id);
	case FORM_END:
		return msg_end_put(&c, MSG_END, 7, "Authorization Violation", "revoked");
	case FORM_WHO:
		return msg_who_put(&c, 3, 7, 1, &w.id, &w.id.perms);
	case FORM_WHO_LEFT:
		return msg_who_left_put(&c, 3, 7);
	case FORM_REFUSED:
		return msg_refused_put(
		    &c, &(struct msg_refused){ 3, 7, b("code"), b("why"), b("U"), b("A"), "::1", 2 });
	case FORM_SIGN:
		return msg_sign_put(
		    &c, MSG_SIGN, &(struct msg_sign){ 7, b(ACME), b("abcdefghijk") });
	case FORM_SIGNED:
		return msg_signed_put(
		    &c, MSG_SIGNED, &(struct msg_signed){ 7, b("a.b.c"), b("s"), b("because") });
	case FORM_COMMAND:
		return msg_command_put(
		    &c, &(struct msg_command){ 7, 9, b("s"), b("r"), b("h"), b("p") });
	case FORM_ENOUGH:
		return msg_enough_put(&c, 7, 9);
	case FORM_DONE:
		return msg_done_put(&c, &(struct msg_done){ 7, 9, true, b("s"), b("r"), b("w") });
	case FORM_ANSWER:
		return msg_answer_put(
		    &c, &(struct msg_answer){ 7, 9, b("r"), b("o"), b("h"), b("p") });
	case FORM_NOTE:
		return msg_note_put(
		    &c, &(struct msg_note){ 7, b("e"), b("id"), b("s"), b("r"), b("q"), b("d"), b("rule"),
			    b("why"), b("v"), b("p"), b("deny"), b("::1"), 1, 2, 3, 4, 5, 6, 7, true, 7,
			    { 1, 2 } });
	case FORM_RECORD:
		return msg_record_put(&c,
		    &(struct msg_record){ 1, 3, 7, 9, true, true, true, b("s"), b("r"), b("v"), b("d"),
			b("l"), b("h"), b("o"), b("t"), b("i"), b("f"), b("y"), b("rule"), b("why"),
			b("p"), 1, 2, true, { 1, 2 }, 99 });
	case FORM_OUTCOME:
		return msg_outcome_put(&c, &(struct msg_outcome){ 1, b("answered"), 2, 3 });
	case FORM_METRICS: {
		struct metric_sample s[] = { { METRIC_READY, 1 },
			{ METRIC_DENIED, 7, { BYTES_LIT("0"), BYTES_LIT("pub_denied") } } };

		return msg_metrics_put(&c, &(struct msg_metrics){ .why = b("no edge"), .n = 2, .sample = s });
	}
	case FORM_SPARED:
		return msg_spared_put(&c, 7);
	case FORM_DURABLE:
		return msg_durable_put(&c, MSG_DURABLE, 7, 9);
	case FORM_STAMP:
		return msg_stamp_put(&c, &(struct msg_stamp){ 7, { b("s"), b("r"), { 1, 2 } } });
	case FORM_STAMPED:
		return msg_stamped_put(&c, &(struct msg_stamped){ 7, b("v2.x") });
	case FORM_TLS:
		return msg_tls_put(&c,
		    &(struct msg_tls){ { true, true, true, true, CONFIG_FIRST_AUTO, b("chain"), b("ca"), b("ECDHE"), b("") },
			{ true, false, false, false, CONFIG_FIRST_YES, b(""), b("ca"), b(""), b("leaf.example") } });
	case FORM_TLS_SIGN:
		return msg_tls_sign_put(&c, &(struct msg_tls_sign){ 7, { { 1, 2 }, TLS_PSS, b("block") } });
	case FORM_TLS_SIGNED:
		return msg_tls_signed_put(&c, &(struct msg_tls_signed){ 7, b("sig") });
	case FORM_GATE_KEY:
		return msg_gate_key_put(&c, &(struct nkey){ NKEY_CLUSTER, { 1, 2 } });
	case FORM_AUDIT_AT:
		return msg_audit_at_put(&c, &(struct msg_audit_at){ 1, 2, 3 });
	case FORM_SINK:
		return msg_sink_put(&c,
		    &(struct sink){ "far", SINK_JETSTREAM, true, "::1", 4222, true, true, true, "AUDIT", "audit.gate", "/dev/log",
			SINK_CEF, { 6, SINK_DENY, 2, { "default", "acme-*" } }, 2, { "::1", "127.0.0.1" } });
	case FORM_STATS:
		return msg_stats_put(&c, &(struct msg_stats){ 1, 2, 3, 4, 5, 6, 7, 8, 9 });
	case FORM_AUDIT_STATE:
		return msg_audit_state_put(
		    &c, &(struct msg_audit_state){ 9, 8, true, 7, b("full"), true, 6, b("torn") });
	case FORM_LIVE:
		return msg_live_put(&c, &(struct msg_live){ 1, 2, 3, 4, 5, 6, 7, 8, 9, b("::1"), b("A"), b("U"),
					    b("n"), b("role:x") });
	case FORM_LIVE_COUNT:
		return msg_live_count_put(&c, MSG_LIVE_END, 7, 9);
	case FORM_ACT:
		return msg_act_put(&c, &(struct msg_act){ ACT_READ, b("tail"), b("all"), b("root") });
	case FORM_SINK_STATE:
		return msg_sink_state_put(&c, &(struct msg_sink_state){ 7, true, 1, 2, b("why") });
	case FORM_FAULT:
		return msg_fault_put(&c, "2001:db8::1", SOURCE_FAILED);
	case FORM_STILL:
		return msg_still_put(&c, (const uint64_t[]){ 1, UINT64_MAX }, 2);
	case FORM_WHO_ALL:
		return msg_who_all_put(&c, 7);
	case FORM_UNDER_WAY:
		return msg_under_way_put(&c, (const uint64_t[]){ 7, 9, 11 }, 3);
	case FORM_UNDER_WAY_END:
		return msg_under_way_end_put(&c, 7);
	case FORMS:
		break;
	}
	return -1;
}

START_TEST(what_is_written_is_read_back_and_nothing_less_or_more)
{
	struct channel again = msg_paper(), cut = msg_paper();
	struct buf longer;

	ck_assert_int_eq(write_one((enum msg_form)_i), 0);
	ck_assert_int_eq(msg_again((enum msg_form)_i, msg_body(&c), &again), 0);
	ck_assert(bytes_eq(msg_body(&c), msg_body(&again)));
	for (size_t n = 0; n < msg_body(&c).len; n++) {
		/* exactly as long as it is, so that a sanitizer sees a read past its end */
		uint8_t *part = malloc(n + (n == 0));

		ck_assert_ptr_nonnull(part);
		memcpy(part, msg_body(&c).ptr, n);
		ck_assert_msg(msg_again((enum msg_form)_i, bytes_of(part, n), &cut) != 0,
		    "form %d cut at %zu", _i, n);
		free(part);
	}
	buf_init(&longer, FRAME_MAX);
	buf_put(&longer, msg_body(&c));
	buf_put_u8(&longer, 0);
	ck_assert_int_ne(msg_again((enum msg_form)_i, buf_bytes(&longer), &cut), 0);
	buf_deinit(&longer);
	buf_deinit(&again.out);
	buf_deinit(&cut.out);
}
END_TEST

START_TEST(a_role_that_is_none_is_refused)
{
	enum role role;
	uint64_t since;
	unsigned index;
	struct cursor in;

	ck_assert_int_eq(msg_peer_put(&c, (enum role)ROLE_COUNT, 0, 0, -1), 0);
	in = (struct cursor){ .in = msg_body(&c) };
	ck_assert_int_ne(msg_peer_get(&in, &role, &index, &since), 0);
}
END_TEST

START_TEST(a_command_that_would_be_taken_for_misbehaviour_is_not_sent)
{
	struct bytes large = bytes_of(calloc(1, COMMAND_TEXT_MAX + 1), COMMAND_TEXT_MAX + 1);
	struct msg_command m = { .subject = b("s"),
		.header = b("h"),
		.payload = bytes_upto(large, COMMAND_TEXT_MAX - 1) };

	ck_assert_int_eq(msg_command_put(&c, &m), 0);
	ck_assert_uint_le(msg_body(&c).len, COMMAND_FRAME_MAX);
	m.payload = bytes_upto(large, COMMAND_TEXT_MAX);
	ck_assert_int_eq(msg_command_put(&c, &m), -EMSGSIZE);
	m.payload = BYTES_NULL;
	m.header = large;
	ck_assert_int_eq(msg_command_put(&c, &m), -EMSGSIZE);
	m.header = BYTES_NULL;
	m.subject = large;
	ck_assert_int_eq(msg_command_put(&c, &m), -EMSGSIZE);
	free((void *)(uintptr_t)large.ptr);
}
END_TEST

TCase *
messages_tests(void)
{
	TCase *t = tcase_create("messages");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_is_written_is_read_back_and_nothing_less_or_more, 0, FORMS);
	tcase_add_test(t, a_role_that_is_none_is_refused);
	tcase_add_test(t, a_command_that_would_be_taken_for_misbehaviour_is_not_sent);
	return t;
}
