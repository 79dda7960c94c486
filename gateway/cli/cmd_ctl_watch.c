/*
 * ctl watch - what hosts tell of themselves, a line each, until interrupted or so many were seen.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/ctl.h"
#include "gateway/cli/verbs_ctl.h"

enum { LOOK_MS = 200 };

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

/* words() - members of `data' that say most, in this order. */
static void
words(const struct control_reply *r, size_t data)
{
	static const char *const names[] = { "actor_id", "public_key", "actor_ref", "provider_ref", "provider_id", "image_ref",
		"contract_id", "link_name", "count", "state", "error", "reason" };
	char text[300];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t at = json_member(&r->json, data, names[i]);

		if (at != 0 && r->json.tok[at].kind == JSON_NUMBER)
			printf("  %s=%lld", names[i], (long long)control_number(r, data, names[i]));
		else if (at != 0 && control_text(r, data, names[i], text, sizeof(text))[0] != '\0')
			printf("  %s=%s", names[i], text);
	}
}

static void
say(const struct ctl *c, const struct control_reply *r)
{
	char type[128], source[CTL_KEY], when[64];
	const char *short_type = type;
	size_t data = json_member(&r->json, 0, "data");

	if (c->json) {
		fwrite(r->text.ptr, 1, r->text.len, stdout);
	} else {
		control_text(r, 0, "type", type, sizeof(type));
		control_text(r, 0, "source", source, sizeof(source));
		control_text(r, 0, "time", when, sizeof(when));
		if (strncmp(type, "com.wasmcloud.lattice.", 22) == 0)
			short_type = type + 22;
		printf("%s  %.12s..  %s", when, source, short_type);
		if (data != 0)
			words(r, data);
	}
	putchar('\n');
	fflush(stdout);
}

/* one() - Return: was it an event that is shown? */
static bool
one(struct ctl *c, const struct cli_args *a, natsMsg *m)
{
	struct control_reply r;
	char type[128];
	bool good = control_reply_read(&r, bytes_of(natsMsg_GetData(m), (size_t)natsMsg_GetDataLength(m))) == 0;

	if (good) {
		control_text(&r, 0, "type", type, sizeof(type));
		good = cli_flag(a, "heartbeats") || strstr(type, "host_heartbeat") == NULL;
	}
	if (good)
		say(c, &r);
	control_reply_deinit(&r);
	return good;
}

static int
watch(struct ctl *c, const struct cli_args *a, long n)
{
	char subject[CTL_NAME + 32];
	natsSubscription *sub = NULL;
	const char *last = NULL;
	natsStatus s;

	/* a host of ours puts each event on both subjects; those of before 0.78 on the first alone */
	snprintf(subject, sizeof(subject), cli_flag(a, "old") ? "wasmbus.evt.%s" : "wasmbus.evt.%s.>", c->lattice);
	s = natsConnection_SubscribeSync(&sub, c->nc, subject);
	if (s == NATS_OK)
		s = natsConnection_FlushTimeout(c->nc, c->timeout_ms);
	while (s == NATS_OK && !stop && n != 0) {
		natsMsg *m = NULL;

		s = natsSubscription_NextMsg(&m, sub, LOOK_MS);
		if (s == NATS_TIMEOUT) {
			s = natsConnection_IsClosed(c->nc) ? NATS_CONNECTION_CLOSED : NATS_OK;
			continue;
		}
		if (s == NATS_OK && one(c, a, m) && n > 0)
			n--;
		natsMsg_Destroy(m);
	}
	if (natsConnection_GetLastError(c->nc, &last) == NATS_NOT_PERMITTED) {
		cli_error("you may not hear %s", subject);
		s = NATS_NOT_PERMITTED;
	} else if (s != NATS_OK) {
		cli_error("%s: %s", subject, natsStatus_GetText(s));
	}
	ctl_unsubscribe(c, sub);
	return s == NATS_OK ? CLI_OK : s == NATS_NOT_PERMITTED ? CLI_FAILED : CLI_UNREACHABLE;
}

int
cmd_ctl_watch(const struct cli_args *a)
{
	const char *given = cli_value(a, "events");
	long n = -1;
	struct ctl c;
	int r;

	if (given != NULL) {
		char *end;

		n = strtol(given, &end, 10);
		if (*end != '\0' || n < 1 || n > 1000000000) {
			cli_error("--events is a number, not `%s'", given);
			return CLI_USAGE;
		}
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	r = ctl_open(&c, a);
	if (r == CLI_OK)
		r = watch(&c, a, n);
	ctl_close(&c);
	return r;
}
