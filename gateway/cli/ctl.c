/*
 * ctl - see ctl.h. The connection is not made anew when it breaks: a tool that ends soon says so
 * instead. Whoever answers may be a stranger as far as this tool knows; only the gate in between says
 * who may, so everything is bounded and read once.
 */
#include "gateway/cli/ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/input.h"
#include "gateway/cli/when.h"
#include "gateway/io/clock.h"
#include "gateway/proc/file.h"
#include "gateway/proc/nats_login.h"
#include "policy/commands/command.h"
#include "policy/identity/creds.h"

enum { CONNECT_MS = 5000, QUIET_MS = 300, SUBJECT_MAX = 512, CREDS_BYTES = 64 * 1024 };

/* Errors that come unasked are in natsConnection_GetLastError(); the library would print them. */
static void
on_error(natsConnection *nc, natsSubscription *s, natsStatus e, void *ctx)
{
	(void)nc, (void)s, (void)e, (void)ctx;
}

static const char *
given_or(const struct cli_args *a, const char *option, const char *from_env, const char *preset)
{
	const char *v = cli_value(a, option);

	if (v == NULL)
		v = from_env;
	return v != NULL && v[0] != '\0' ? v : preset;
}

static natsStatus
set_up(natsOptions *o, int64_t timeout_ms, const char *server, struct nats_login *login, const char *ca)
{
	natsStatus s = natsOptions_SetURL(o, server);

	if (s == NATS_OK)
		s = natsOptions_SetName(o, "portcullis ctl");
	if (s == NATS_OK)
		s = natsOptions_SetAllowReconnect(o, false);
	if (s == NATS_OK)
		s = natsOptions_SetTimeout(o, timeout_ms > CONNECT_MS ? timeout_ms : CONNECT_MS);
	if (s == NATS_OK)
		s = natsOptions_SetErrorHandler(o, on_error, NULL);
	if (s == NATS_OK && login->jwt != NULL)
		s = nats_login_set(o, login);
	if (s == NATS_OK && ca != NULL)
		s = natsOptions_SetSecure(o, true);
	if (s == NATS_OK && ca != NULL)
		s = natsOptions_LoadCATrustedCertificates(o, ca);
	return s;
}

/* read_creds() - Return: CLI_OK; after saying why CLI_FAILED, and CLI_UNREACHABLE for what are no creds. */
static int
read_creds(const char *file, char **token, struct nkey_pair *key)
{
	struct bytes jwt = BYTES_NULL;
	struct buf text;
	int r;

	secret_buf_init(&text, CREDS_BYTES);
	r = input_read(file, &text);
	if (r == 0)
		r = creds_read(buf_bytes(&text), &jwt, key);
	*token = r == 0 ? strndup((const char *)jwt.ptr, jwt.len) : NULL;
	secret_buf_deinit(&text);
	if (r == 0 && *token != NULL)
		return CLI_OK;
	cli_error("%s: %s", input_name(file), r > 0 ? creds_why(r) : strerror(r < 0 ? -r : ENOMEM));
	cli_try("--creds FILE: a creds file that `portcullis init' or `portcullis creds issue' wrote");
	return r > 0 ? CLI_UNREACHABLE : CLI_FAILED;
}

/* log_in() - @login->jwt is NULL where there are no creds. */
static int
log_in(struct ctl *c, const char *server, struct nats_login *login, const char *creds, const char *ca)
{
	natsOptions *o = NULL;
	natsStatus s = natsOptions_Create(&o);

	if (s == NATS_OK)
		s = set_up(o, c->timeout_ms, server, login, ca);
	if (s == NATS_OK)
		s = nats_login_connect(&c->nc, o, login);
	natsOptions_Destroy(o);
	if (s == NATS_OK)
		return CLI_OK;
	cli_error("cannot connect to %s: %s", server, natsStatus_GetText(s));
	if (s == NATS_CONNECTION_AUTH_FAILED || s == NATS_NOT_PERMITTED)
		cli_try(creds == NULL
			    ? "--creds FILE, or NATS_CREDS"
			    : "portcullis creds show %s; why it was refused is in the gate's log",
		    creds);
	else
		cli_try("--server nats://HOST:PORT, or NATS_URL; is the gateway running?");
	return CLI_UNREACHABLE;
}

static int
connect_to(struct ctl *c, const char *server, const char *creds, const char *ca)
{
	struct nkey_pair key = { 0 };
	struct nats_login login = { .key = &key };
	char *jwt = NULL;
	int r = creds != NULL ? read_creds(creds, &jwt, &key) : CLI_OK;

	login.jwt = jwt;
	if (r == CLI_OK)
		r = log_in(c, server, &login, creds, ca);
	nkey_pair_deinit(&key);
	free(jwt);
	return r;
}

/* times() - --timeout and --wait. */
static int
times(struct ctl *c, const struct cli_args *a)
{
	const char *timeout = cli_value(a, "timeout"),
		   *wait = cli_knows(a, "wait") ? cli_value(a, "wait") : NULL;
	int64_t s;

	c->timeout_ms = 5000;
	c->wait_ms = 30000;
	c->quiet_ms = QUIET_MS;
	if (timeout != NULL) {
		if (when_span(timeout, &s) != 0 || s < 1 || s > 600) {
			cli_error("--timeout is 1s to 10m, not `%s'", timeout);
			return CLI_USAGE;
		}
		c->timeout_ms = s * 1000;
	}
	if (wait != NULL && strcmp(wait, "0") == 0)
		c->wait_ms = 0;
	else if (wait != NULL) {
		if (when_span(wait, &s) != 0 || s < 1 || s > 3600) {
			cli_error("--wait is 1s to 1h, or 0 for not at all, not `%s'", wait);
			return CLI_USAGE;
		}
		c->wait_ms = s * 1000;
	}
	return CLI_OK;
}

static int
form(struct ctl *c, const struct cli_args *a)
{
	const char *o = cli_value(a, "output");

	if (o != NULL && strcmp(o, "json") != 0 && strcmp(o, "table") != 0) {
		cli_error("--output is json or table, not `%s'", o);
		return CLI_USAGE;
	}
	c->json = cli_flag(a, "json") || (o != NULL && strcmp(o, "json") == 0);
	return CLI_OK;
}

int
ctl_open(struct ctl *c, const struct cli_args *a)
{
	const char *creds = given_or(a, "creds", getenv("NATS_CREDS"), NULL), *ca = cli_value(a, "ca");
	const char *lattice = given_or(a, "lattice", getenv("WASMCLOUD_LATTICE"), "default");
	int r;

	*c = (struct ctl){ 0 };
	r = form(c, a);
	if (r == CLI_OK)
		r = times(c, a);
	if (r != CLI_OK)
		return r;
	if (strlen(lattice) > CTL_NAME || !command_lattice_ok(bytes_str(lattice))) {
		cli_error("`%s' cannot be the name of a lattice", lattice);
		return CLI_USAGE;
	}
	strcpy(c->lattice, lattice);
	if (ca != NULL && access(ca, R_OK) != 0) {
		cli_error("%s: %s", ca, strerror(errno));
		return CLI_FAILED;
	}
	return connect_to(c, given_or(a, "server", getenv("NATS_URL"), "nats://127.0.0.1:4222"), creds, ca);
}

void
ctl_unsubscribe(struct ctl *c, natsSubscription *s)
{
	natsSubscription **more;

	(void)natsSubscription_Unsubscribe(s);
	more = s != NULL ? realloc(c->over, (c->n_over + 1) * sizeof(natsSubscription *)) : NULL;
	if (more == NULL)
		return; /* without memory it is left to the end of the process */
	c->over = more;
	c->over[c->n_over++] = s;
}

void
ctl_close(struct ctl *c)
{
	natsConnection_Close(c->nc);
	/* from here on nobody reads */
	for (size_t i = 0; i < sizeof(c->events) / sizeof(c->events[0]); i++)
		natsSubscription_Destroy(c->events[i]);
	for (size_t i = 0; i < c->n_over; i++)
		natsSubscription_Destroy(c->over[i]);
	free(c->over);
	natsConnection_Destroy(c->nc);
	if (c->nc != NULL)
		nats_CloseAndWait(1000);
	*c = (struct ctl){ 0 };
}

int
ctl_with(const struct cli_args *a, int (*act)(struct ctl *c, const struct cli_args *a))
{
	struct ctl c;
	int r = ctl_open(&c, a);

	if (r == CLI_OK)
		r = act(&c, a);
	ctl_close(&c);
	return r;
}

/* explain() - what a denial's text says to do next. */
static void
explain(const char *text)
{
	const char *id = strstr(text, "decision ");

	if (strncmp(text, "Portcullis:", 11) == 0 && id != NULL)
		cli_try("on the gate: portcullis policy explain %.40s   (says what would allow it)", id + 9);
}

/* said_no() - does an answer say that it was not done? Printed. */
static bool
said_no(const struct control_reply *r)
{
	static const char *const flags[] = { "accepted", "success" };
	static const char *const texts[] = { "error", "failure", "message" };
	char why[CTL_TEXT] = "";

	for (size_t i = 0; i < 2; i++) {
		size_t at = json_member(&r->json, 0, flags[i]);

		if (at == 0 || r->json.tok[at].kind != JSON_FALSE)
			continue;
		for (size_t k = 0; k < 3 && why[0] == '\0'; k++)
			control_text(r, 0, texts[k], why, sizeof(why));
		cli_error("%s", why[0] != '\0' ? why : "refused, without a reason");
		explain(why);
		return true;
	}
	return false;
}

bool
ctl_denied(natsMsg *m)
{
	const char *text = NULL;
	char shown[CTL_TEXT];

	if (natsMsgHeader_Get(m, "Portcullis-Denied", &text) != NATS_OK || text == NULL)
		return false;
	control_plain(bytes_str(text), shown, sizeof(shown));
	cli_error("%s", shown);
	explain(shown);
	return true;
}

static int
silent(struct ctl *c, const char *subject, natsStatus s)
{
	const char *last = NULL;
	char shown[CTL_TEXT];

	if (s == NATS_TIMEOUT && natsConnection_GetLastError(c->nc, &last) != NATS_OK && last != NULL &&
	    last[0] != '\0') {
		control_plain(bytes_str(last), shown, sizeof(shown));
		cli_error("%s: %s", subject, shown);
		return CLI_FAILED;
	}
	if (s == NATS_NO_RESPONDERS)
		cli_error("nobody in lattice `%s' listens on %s", c->lattice, subject);
	else if (s == NATS_TIMEOUT)
		cli_error("no answer on %s in %lld s", subject, (long long)c->timeout_ms / 1000);
	else
		cli_error("%s: %s", subject, natsStatus_GetText(s));
	cli_try("portcullis ctl get hosts   (shows who is there)");
	return CLI_UNREACHABLE;
}

int
ctl_ask(struct ctl *c, const char *tail, const struct buf *body, struct control_reply *out)
{
	char subject[SUBJECT_MAX];
	natsMsg *m = NULL;
	natsStatus s;
	int r = CLI_FAILED;

	*out = (struct control_reply){ 0 };
	if (body != NULL && buf_failed(body)) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	snprintf(subject, sizeof(subject), "wasmbus.ctl.%s.%s", c->lattice, tail);
	s = natsConnection_Request(&m, c->nc, subject, body != NULL ? (const char *)body->ptr : "",
	    body != NULL ? (int)body->len : 0, c->timeout_ms);
	if (s != NATS_OK)
		return silent(c, subject, s);
	if (ctl_denied(m))
		r = CLI_FAILED;
	else if (control_reply_read(out, bytes_of(natsMsg_GetData(m), (size_t)natsMsg_GetDataLength(m))) != 0)
		cli_error("the answer on %s cannot be read", subject);
	else if (!said_no(out))
		r = CLI_OK;
	natsMsg_Destroy(m);
	return r;
}

/* by_gate() - is this no host's answer but the gate's? In the form hosts use, and the text begins
 * so. */
static bool
by_gate(const struct control_reply *r)
{
	char why[CTL_TEXT];

	return strncmp(control_text(r, 0, "error", why, sizeof(why)), "Portcullis:", 11) == 0;
}

/* take_one() - one of many answers. Return: how many it is, 0 or 1; -1 it says that nobody was
 * asked: printed. */
static int
take_one(natsMsg *m, void (*each)(void *ctx, const struct control_reply *r), void *ctx)
{
	struct control_reply one;
	int n = 0;

	if (control_reply_read(
		&one, bytes_of(natsMsg_GetData(m), (size_t)natsMsg_GetDataLength(m))) != 0) {
		cli_note("an answer could not be read and is left out");
	} else if (by_gate(&one) && said_no(&one)) {
		n = -1;
	} else {
		each(ctx, &one);
		n = 1;
	}
	control_reply_deinit(&one);
	return n;
}

int
ctl_gather(struct ctl *c, const char *tail, const struct buf *body,
    void (*each)(void *ctx, const struct control_reply *r), void *ctx)
{
	int64_t until = clock_mono_ns() / 1000000 + c->timeout_ms, wait = c->timeout_ms;
	char subject[SUBJECT_MAX];
	natsSubscription *sub = NULL;
	natsInbox *inbox = NULL;
	natsMsg *m = NULL;
	natsStatus s;
	int n = 0, got;

	snprintf(subject, sizeof(subject), "wasmbus.ctl.%s.%s", c->lattice, tail);
	s = natsInbox_Create(&inbox);
	if (s == NATS_OK)
		s = natsConnection_SubscribeSync(&sub, c->nc, inbox);
	if (s == NATS_OK)
		s = natsConnection_PublishRequest(c->nc, subject, inbox,
		    body != NULL && body->ptr != NULL ? (const char *)body->ptr : "", body != NULL ? (int)body->len : 0);
	while (s == NATS_OK && n >= 0 && n < CTL_HOSTS && wait > 0 && natsSubscription_NextMsg(&m, sub, wait) == NATS_OK) {
		if (natsMsg_IsNoResponders(m)) {
			natsMsg_Destroy(m);
			break;
		}
		got = ctl_denied(m) ? -1 : take_one(m, each, ctx);
		n = got < 0 ? -1 : n + got;
		natsMsg_Destroy(m);
		wait = until - clock_mono_ns() / 1000000;
		wait = wait < c->quiet_ms ? wait : c->quiet_ms;
	}
	ctl_unsubscribe(c, sub);
	natsInbox_Destroy(inbox);
	if (s != NATS_OK) {
		cli_error("%s: %s", subject, natsStatus_GetText(s));
		return -1;
	}
	return n;
}

void
ctl_listen(struct ctl *c)
{
	char subject[SUBJECT_MAX];

	for (size_t i = 0; i < 2 && c->events[i] == NULL; i++) {
		snprintf(subject, sizeof(subject), "wasmbus.evt.%s%s", c->lattice, i == 0 ? "" : ".>");
		if (natsConnection_SubscribeSync(&c->events[i], c->nc, subject) != NATS_OK)
			c->events[i] = NULL;
	}
}

/* drain() - what else has come says nothing new: the next look sees all of it. */
static void
drain(natsSubscription *s)
{
	uint64_t n = 0;
	natsMsg *m;

	while (s != NULL && natsSubscription_QueuedMsgs(s, &n) == NATS_OK && n > 0 &&
	    natsSubscription_NextMsg(&m, s, 1) == NATS_OK)
		natsMsg_Destroy(m);
}

void
ctl_next(struct ctl *c, int64_t ms)
{
	natsMsg *m = NULL;

	if (c->events[1] == NULL || natsSubscription_NextMsg(&m, c->events[1], ms) == NATS_INVALID_SUBSCRIPTION)
		nats_Sleep(ms < 250 ? ms : 250);
	natsMsg_Destroy(m);
	drain(c->events[0]);
	drain(c->events[1]);
}

size_t
ctl_list(const struct control_reply *r, size_t at, const char *name, size_t *n)
{
	size_t list = json_member(&r->json, at, name);

	*n = 0;
	if (list == 0 || r->json.tok[list].kind != JSON_ARRAY)
		return 0;
	*n = r->json.tok[list].n;
	return json_first(&r->json, list);
}
