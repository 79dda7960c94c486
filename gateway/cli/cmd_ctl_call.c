/*
 * ctl call - one operation of an actor, wherever it runs. A call between hosts is signed with the
 * lattice's cluster key; who has it may call as any actor, so the file is to be kept as such.
 */
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "gateway/cli/actor_key.h"
#include "gateway/cli/actor_payload.h"
#include "gateway/cli/ctl.h"
#include "gateway/cli/verbs_ctl.h"
#include "host/lattice/rpc.h"

enum { NAMES_ROOM = 16 };

/* name() - random, as long as it takes nobody to guess it. */
static void
name(char out[NAMES_ROOM * 2 + 1])
{
	uint8_t raw[NAMES_ROOM];

	randombytes_buf(raw, sizeof(raw));
	sodium_bin2hex(out, NAMES_ROOM * 2 + 1, raw, sizeof(raw));
}

/* exchange() - the invocation out, the response in. */
static int
exchange(struct ctl *c, const struct cli_args *a, const struct buf *subject, const struct buf *invocation)
{
	char shown[CTL_TEXT], text[512];
	struct rpc_response res;
	const char *why = "";
	natsMsg *m = NULL;
	struct buf room;
	natsStatus s;
	int r = CLI_FAILED;

	snprintf(text, sizeof(text), "%.*s", (int)subject->len, (const char *)subject->ptr);
	s = natsConnection_Request(&m, c->nc, text, (const char *)invocation->ptr, (int)invocation->len, c->timeout_ms);
	if (s != NATS_OK) {
		cli_error(s == NATS_NO_RESPONDERS ? "no host runs it, as far as you may see: nobody listens on %s"
						  : "no answer on %s: it takes longer, or no host believes this key", text);
		return CLI_UNREACHABLE;
	}
	if (ctl_denied(m)) {
		natsMsg_Destroy(m);
		return CLI_FAILED;
	}
	buf_init(&room, RPC_MAX);
	if (rpc_response_read(&res, bytes_of(natsMsg_GetData(m), (size_t)natsMsg_GetDataLength(m)), &room, &why) != 0) {
		cli_error("the answer cannot be read: %s", why);
	} else if (res.failed) {
		control_plain(res.error, shown, sizeof(shown));
		cli_error("%s", shown);
	} else {
		r = actor_payload_say(a, res.msg);
	}
	buf_deinit(&room);
	natsMsg_Destroy(m);
	return r;
}

static int
invoke(struct ctl *c, const struct cli_args *a, const char *target, const struct nkey_pair *cluster)
{
	char id[NAMES_ROOM * 2 + 1], jti[NAMES_ROOM * 2 + 1], me[NKEY_TEXT_LEN + 1], host[NKEY_TEXT_LEN + 1];
	struct nkey_pair origin, own;
	struct buf payload, claims, out, subject;
	struct rpc_invocation inv;
	int r;

	if (nkey_pair_new(&origin, NKEY_MODULE) != 0 || nkey_pair_new(&own, NKEY_SERVER) != 0)
		return CLI_FAILED;
	nkey_format(&origin.pub, me);
	nkey_format(&own.pub, host);
	name(id);
	name(jti);
	buf_init(&payload, RPC_MAX);
	buf_init(&claims, RPC_CLAIMS);
	buf_init(&out, RPC_MAX);
	buf_init(&subject, RPC_URL);
	r = actor_payload_load(&payload, a, 0);
	inv = (struct rpc_invocation){ .form = RPC_OTP, .origin = { .key = bytes_str(me) },
		.target = { .key = bytes_str(target) }, .operation = bytes_str(a->args[1]), .msg = buf_bytes(&payload),
		.id = bytes_str(id), .host = bytes_str(host) };
	rpc_claims_put(&claims, &inv, time(NULL), jti, cluster);
	inv.claims = buf_bytes(&claims);
	rpc_invocation_put(&out, &inv);
	rpc_subject(&subject, bytes_str(c->lattice), &inv.target);
	if (r == CLI_OK && (buf_failed(&out) || buf_failed(&subject) || buf_failed(&claims))) {
		cli_error("the call is too large: at most %d bytes", (int)RPC_MAX);
		r = CLI_FAILED;
	}
	if (r == CLI_OK)
		r = exchange(c, a, &subject, &out);
	buf_deinit(&payload);
	buf_deinit(&claims);
	buf_deinit(&out);
	buf_deinit(&subject);
	nkey_pair_deinit(&origin);
	nkey_pair_deinit(&own);
	return r;
}

int
cmd_ctl_call(const struct cli_args *a)
{
	struct nkey_pair cluster;
	char target[CTL_KEY];
	struct ctl c;
	int r = actor_key_load(&cluster, "cluster-key", cli_value(a, "cluster-key"), NKEY_CLUSTER);

	if (r != CLI_OK)
		return r;
	r = ctl_open(&c, a);
	if (r == CLI_OK)
		r = ctl_key(&c, 'M', a->args[0], target);
	if (r == CLI_OK)
		r = invoke(&c, a, target, &cluster);
	ctl_close(&c);
	nkey_pair_deinit(&cluster);
	return r;
}
