/*
 * msg_table - every message between our processes, read and written back: for the fuzz target and
 * for the unit tests, which fill in the values.
 */
#ifndef TESTS_FUZZ_MSG_TABLE_H
#define TESTS_FUZZ_MSG_TABLE_H

#include "gateway/proc/msg_auditor.h"
#include "gateway/proc/msg_dispatcher.h"
#include "gateway/proc/msg_metrics.h"
#include "gateway/proc/msg_parent.h"
#include "gateway/proc/msg_shipper.h"
#include "gateway/proc/msg_signer.h"
#include "gateway/proc/msg_tls.h"
#include "gateway/proc/msg_verifier.h"

enum msg_form {
	FORM_SETUP,
	FORM_PEER,
	FORM_FILE,
	FORM_LISTENER,
	FORM_TEXT,
	FORM_TOKEN,
	FORM_LOGIN,
	FORM_CONN,
	FORM_NONCES,
	FORM_ADMIT,
	FORM_END,
	FORM_WHO,
	FORM_WHO_LEFT,
	FORM_REFUSED,
	FORM_SIGN,
	FORM_SIGNED,
	FORM_COMMAND,
	FORM_ENOUGH,
	FORM_DONE,
	FORM_ANSWER,
	FORM_NOTE,
	FORM_RECORD,
	FORM_OUTCOME,
	FORM_DURABLE,
	FORM_STAMP,
	FORM_STAMPED,
	FORM_GATE_KEY,
	FORM_AUDIT_AT,
	FORM_SINK,
	FORM_STATS,
	FORM_AUDIT_STATE,
	FORM_LIVE,
	FORM_LIVE_COUNT,
	FORM_ACT,
	FORM_SINK_STATE,
	FORM_SPARED,
	FORM_METRICS,
	FORM_FAULT,
	FORM_TLS,
	FORM_TLS_SIGN,
	FORM_TLS_SIGNED,
	FORM_STILL,
	FORM_WHO_ALL,
	FORM_UNDER_WAY,
	FORM_UNDER_WAY_END,
	FORMS,
};

/* msg_paper() - a channel that is never sent: frames are built in its buffer. */
static inline struct channel
msg_paper(void)
{
	struct channel c = { .fd = 1 << 20, .events = UV_READABLE | UV_WRITABLE };

	buf_init(&c.out, FRAME_MAX + FRAME_HEADER);
	return c;
}

/* msg_body() - of the frame built last. */
static inline struct bytes
msg_body(const struct channel *c)
{
	return bytes_from(buf_bytes(&c->out), c->begun + FRAME_HEADER);
}

#define AGAIN(type, get, put)                                                                      \
	{                                                                                          \
		type m = { 0 };                                                                    \
		int r_ = get(&in, &m);                                                             \
		return r_ != 0 ? r_ : put(c, &m);                                                  \
	}

/* msg_again() - read @body as a message of @form and write it to @c. Return: what the reader or the
 * writer says. */
static inline int
msg_again(enum msg_form form, struct bytes body, struct channel *c)
{
	struct cursor in = { .in = body };
	uint64_t a = 0, b = 0;
	int r;

	switch (form) {
	case FORM_SETUP: {
		struct setup m = { 0 };

		r = msg_setup_get(&in, &m);
		if (r == 0)
			msg_setup_put(c, &m);
		return r;
	}
	case FORM_PEER: {
		enum role role;
		uint64_t since;
		unsigned index;

		r = msg_peer_get(&in, &role, &index, &since);
		return r != 0 ? r : msg_peer_put(c, role, index, since, -1);
	}
	case FORM_FILE: {
		char name[32];

		r = msg_file_get(&in, name);
		return r != 0 ? r : msg_file_put(c, name, -1);
	}
	case FORM_LISTENER: {
		char host[256];
		uint16_t port;

		r = msg_listener_get(&in, host, &port);
		return r != 0 ? r : msg_listener_put(c, host, port, -1);
	}
	case FORM_TEXT: {
		struct msg_text m;
		char name[4097];

		r = msg_text_get(&in, &m);
		if (r != 0)
			return r;
		memcpy(name, m.name.ptr, m.name.len);
		name[m.name.len] = '\0';
		return msg_text_put(c, MSG_SOURCE, name, m.text, -1);
	}
	case FORM_TOKEN:
		r = msg_token_get(&in, &a);
		return r != 0 ? r : msg_token_put(c, MSG_DIAL, a, -1);
	case FORM_LOGIN:
		AGAIN(struct msg_login, msg_login_get, msg_login_put)
	case FORM_CONN:
		r = msg_conn_get(&in, &a);
		return r != 0 ? r : msg_conn_put(c, MSG_LEFT, a);
	case FORM_NONCES: {
		static char copy[NONCE_BATCH][NONCE_LEN];
		struct bytes all;

		r = msg_nonces_get(&in, &all);
		if (r != 0)
			return r;
		memcpy(copy, all.ptr, all.len);
		return msg_nonces_put(c, (const char(*)[NONCE_LEN])copy, all.len / NONCE_LEN);
	}
	case FORM_ADMIT: {
		struct identity id = { 0 };

		r = msg_admit_get(&in, &a, &id);
		if (r == 0)
			r = msg_admit_put(c, a, &id);
		identity_deinit(&id);
		return r;
	}
	case FORM_END: {
		struct msg_end m = { 0 };
		char error[129] = "", why[513] = "";

		r = msg_end_get(&in, &m);
		if (r != 0)
			return r;
		memcpy(error, m.error.ptr, m.error.len);
		memcpy(why, m.why.ptr, m.why.len);
		return msg_end_put(c, MSG_END, m.conn, error, why);
	}
	case FORM_WHO: {
		struct msg_who m = { 0 };

		r = msg_who_get(&in, &m);
		if (r == 0)
			r = msg_who_put(c, m.edge, m.conn, m.listener, &m.identity, &m.upstream);
		msg_who_deinit(&m);
		return r;
	}
	case FORM_WHO_LEFT: {
		uint32_t edge;

		r = msg_who_left_get(&in, &edge, &a);
		return r != 0 ? r : msg_who_left_put(c, edge, a);
	}
	case FORM_REFUSED:
		AGAIN(struct msg_refused, msg_refused_get, msg_refused_put)
	case FORM_SIGN: {
		struct msg_sign m = { 0 };

		r = msg_sign_get(&in, &m);
		return r != 0 ? r : msg_sign_put(c, MSG_SIGN, &m);
	}
	case FORM_SIGNED: {
		struct msg_signed m = { 0 };

		r = msg_signed_get(&in, &m);
		return r != 0 ? r : msg_signed_put(c, MSG_SIGNED, &m);
	}
	case FORM_COMMAND:
		AGAIN(struct msg_command, msg_command_get, msg_command_put)
	case FORM_ENOUGH:
		r = msg_enough_get(&in, &a, &b);
		return r != 0 ? r : msg_enough_put(c, a, b);
	case FORM_DONE:
		AGAIN(struct msg_done, msg_done_get, msg_done_put)
	case FORM_ANSWER:
		AGAIN(struct msg_answer, msg_answer_get, msg_answer_put)
	case FORM_NOTE:
		AGAIN(struct msg_note, msg_note_get, msg_note_put)
	case FORM_RECORD:
		AGAIN(struct msg_record, msg_record_get, msg_record_put)
	case FORM_OUTCOME:
		AGAIN(struct msg_outcome, msg_outcome_get, msg_outcome_put)
	case FORM_METRICS: {
		static struct metric_sample sample[METRIC_SAMPLES];
		struct msg_metrics m = { .sample = sample };

		r = msg_metrics_get(&in, &m);
		if (r == 0)
			msg_metrics_put(c, &m);
		return r;
	}
	case FORM_SPARED:
		r = msg_spared_get(&in, &a);
		return r != 0 ? r : msg_spared_put(c, a);
	case FORM_DURABLE:
		r = msg_durable_get(&in, &a, &b);
		return r != 0 ? r : msg_durable_put(c, MSG_DURABLE, a, b);
	case FORM_STAMP:
		AGAIN(struct msg_stamp, msg_stamp_get, msg_stamp_put)
	case FORM_STAMPED:
		AGAIN(struct msg_stamped, msg_stamped_get, msg_stamped_put)
	case FORM_GATE_KEY:
		AGAIN(struct nkey, msg_gate_key_get, msg_gate_key_put)
	case FORM_AUDIT_AT:
		AGAIN(struct msg_audit_at, msg_audit_at_get, msg_audit_at_put)
	case FORM_SINK:
		AGAIN(struct sink, msg_sink_get, msg_sink_put)
	case FORM_STATS:
		AGAIN(struct msg_stats, msg_stats_get, msg_stats_put)
	case FORM_AUDIT_STATE:
		AGAIN(struct msg_audit_state, msg_audit_state_get, msg_audit_state_put)
	case FORM_LIVE:
		AGAIN(struct msg_live, msg_live_get, msg_live_put)
	case FORM_LIVE_COUNT:
		r = msg_live_count_get(&in, &a, &b);
		return r != 0 ? r : msg_live_count_put(c, MSG_LIVE_END, a, b);
	case FORM_ACT:
		AGAIN(struct msg_act, msg_act_get, msg_act_put)
	case FORM_SINK_STATE:
		AGAIN(struct msg_sink_state, msg_sink_state_get, msg_sink_state_put)
	case FORM_FAULT: {
		enum source_fault fault;
		char source[64];

		r = msg_fault_get(&in, source, &fault);
		return r != 0 ? r : msg_fault_put(c, source, fault);
	}
	case FORM_TLS:
		AGAIN(struct msg_tls, msg_tls_get, msg_tls_put)
	case FORM_TLS_SIGN:
		AGAIN(struct msg_tls_sign, msg_tls_sign_get, msg_tls_sign_put)
	case FORM_TLS_SIGNED:
		AGAIN(struct msg_tls_signed, msg_tls_signed_get, msg_tls_signed_put)
	case FORM_STILL: {
		uint64_t conn[STILL_MAX];
		size_t n;

		r = msg_still_get(&in, conn, &n);
		return r != 0 ? r : msg_still_put(c, conn, n);
	}
	case FORM_WHO_ALL:
		r = msg_who_all_get(&in, &a);
		return r != 0 ? r : msg_who_all_put(c, a);
	case FORM_UNDER_WAY: {
		uint64_t seq[UNDER_WAY_MAX];
		size_t n;

		r = msg_under_way_get(&in, seq, &n);
		return r != 0 ? r : msg_under_way_put(c, seq, n);
	}
	case FORM_UNDER_WAY_END:
		r = msg_under_way_end_get(&in, &a);
		return r != 0 ? r : msg_under_way_end_put(c, a);
	case FORMS:
		break;
	}
	return -1;
}

#undef AGAIN

#endif
