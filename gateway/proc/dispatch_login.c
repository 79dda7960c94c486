/*
 * dispatch_login - from the INFO of an upstream to a connection that may command: TLS where it is
 * wanted, a login of the signer's for the nonce, and the inbox answers come to. Whoever speaks out
 * of turn meanwhile loses the connection.
 */
#include <stdio.h>

#include "gateway/io/log.h"
#include "gateway/nats/connect.h"
#include "gateway/nats/info.h"
#include "gateway/nats/writer.h"
#include "gateway/proc/dispatch_link_priv.h"

enum { LOGIN_TEXT = 64 * 1024 };

/* cannot_stamp() - hosts behind this gate will take its own commands for somebody else's. */
static void
cannot_stamp(const struct link *l)
{
	struct log_line line;

	log_begin(&line, LOG_WRN, "commands_not_stamped");
	log_word(&line, "account", l->account);
	log_str(&line, "why", "the upstream does not carry headers");
	log_end(&line);
}

/* ask_login() - of the signer, for what INFO said. */
static void
ask_login(struct link *l)
{
	char prefixes[PREFIX_LIST];
	struct msg_sign m = { .conn = l->token,
		.account = bytes_str(l->account),
		.nonce = bytes_str(l->nonce),
		.prefixes = prefix_join(policy_prefixes(dispatcher.snapshot.policy), prefixes) };

	l->stale = false;
	if (!l->headers)
		cannot_stamp(l);
	l->state = LINK_SIGNING;
	(void)msg_sign_put(&dispatcher.signer, MSG_SIGN_COMMAND, &m);
	channel_flush(&dispatcher.signer);
}

void
link_shake(struct link *l)
{
	int r = stream_handshake(&l->stream);
	const char *why = l->stream.layer->why;

	if (r == STREAM_BLOCKED)
		return;
	if (r != 0)
		link_fail(l, why != NULL
				 ? why
				 : "the upstream ended the connection during the TLS handshake");
	else if (l->greeted)
		ask_login(l);
}

void
link_secure(struct link *l)
{
	struct layer *layer = tls_side_layer(&dispatcher.tls, true);

	if (layer == NULL || stream_secure(&l->stream, layer) != 0)
		link_fail(l, "no TLS can be had");
	else
		link_shake(l);
}

/* on_info() - what the upstream says of itself; TLS or the login follows. */
static void
on_info(struct link *l, const struct nats_info *info)
{
	bool wanted = dispatcher.tls.upstream != NULL, now = wanted && l->stream.layer == NULL;

	l->greeted = true;
	l->headers = info->headers;
	l->max_payload = info->max_payload;
	snprintf(l->nonce, sizeof(l->nonce), "%s", info->nonce);
	if (info->tls_required && !wanted)
		link_fail(l, "the upstream demands TLS");
	else if (now && !info->tls_required && !info->tls_available)
		link_fail(l, "the upstream offers no TLS");
	else if (now)
		l->state = LINK_SECURING;
	else
		ask_login(l);
}

void
link_on_login(struct link *l, const struct nats_op *op)
{
	struct nats_info info;

	if (l->state == LINK_GREETING && !l->greeted && op->kind == NATS_INFO &&
	    info_decode(&info, op->json) == 0 && info.nonce[0] != '\0') {
		on_info(l, &info);
	} else if (l->state == LINK_LOGGING_IN && op->kind == NATS_PONG) {
		link_opened(l);
	} else if (l->state == LINK_LOGGING_IN && (op->kind == NATS_INFO || op->kind == NATS_OK)) {
		return;
	} else {
		link_fail(l, op->kind == NATS_ERR ? "upstream refused the login"
						  : "upstream spoke out of turn");
	}
}

/* links_sign_again() - where there was no signer, this one is asked. */
void
links_sign_again(void)
{
	for (struct link *l = dispatcher.links; l != NULL; l = l->next)
		if (l->state == LINK_SIGNING)
			ask_login(l);
}

void
link_signed(uint64_t token, struct bytes jwt, struct bytes sig)
{
	struct nats_login login = { .jwt = jwt,
		.sig = sig,
		.name = BYTES_LIT("portcullis-dispatcher"),
		.echo = true,
		.headers = true,
		.no_responders = true };
	struct link *l = link_find(token);
	char inbox[64];
	struct buf json;
	int n;

	if (l == NULL || l->state != LINK_SIGNING)
		return;
	if (jwt.len == 0) {
		link_fail(l, "the signer gives no login for this account");
		return;
	}
	buf_init(&json, LOGIN_TEXT);
	connect_encode(&json, &login);
	nats_put_connect(stream_out(&l->stream), buf_bytes(&json));
	buf_deinit(&json);
	n = snprintf(inbox, sizeof(inbox), "_INBOX.%s.*", l->inbox);
	nats_put_sub(
	    stream_out(&l->stream), bytes_of(inbox, (size_t)n), BYTES_NULL, BYTES_LIT("1"));
	nats_put_ping(stream_out(&l->stream));
	l->state = LINK_LOGGING_IN;
	link_flush(l);
}
