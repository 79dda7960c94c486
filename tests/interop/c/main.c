/*
 * The official C client against the gate, or against nats-server as a control: same checks, same
 * creds. Prints one line per check and exits 1 when one failed.
 *
 *     interop_c URL ADMIN.creds SERVICE.creds STRANGER.creds [CHECK...]
 */
#include "tests/interop/c/check.h"

#include <stdio.h>
#include <string.h>

enum { OPEN_TRIES = 4 };

static void
on_error(natsConnection *nc, natsSubscription *sub, natsStatus err, void *closure)
{
	struct run *r = closure;
	const char *text = NULL;

	(void)sub;
	natsConnection_GetLastError(nc, &text);
	snprintf(r->error, sizeof(r->error), "%s", text != NULL ? text : natsStatus_GetText(err));
	atomic_fetch_add(&r->errors, 1);
}

/* show() - who it is: a creds file, or NAME.crt with NAME.key beside it. Return: as nats.c. */
static natsStatus
show(natsOptions *opts, const char *creds)
{
	size_t n = strlen(creds);
	char key[512];

	if (n < 4 || n >= sizeof(key) || strcmp(creds + n - 4, ".crt") != 0)
		return natsOptions_SetUserCredentialsFromFiles(opts, creds, NULL);
	snprintf(key, sizeof(key), "%.*s.key", (int)(n - 4), creds);
	return natsOptions_LoadCertificatesChain(opts, creds, key);
}

/* secure() - where INTEROP_CA names a CA. */
static natsStatus
secure(natsOptions *opts)
{
	const char *ca = getenv("INTEROP_CA");
	natsStatus s = NATS_OK;

	if (ca != NULL)
		s = natsOptions_SetSecure(opts, true);
	return ca != NULL && s == NATS_OK ? natsOptions_LoadCATrustedCertificates(opts, ca) : s;
}

static natsStatus
open_once(struct run *r, natsConnection **nc, const char *creds)
{
	natsOptions *opts = NULL;
	natsStatus s;

	s = natsOptions_Create(&opts);
	if (s == NATS_OK)
		s = natsOptions_SetURL(opts, r->url);
	if (s == NATS_OK)
		s = secure(opts);
	if (s == NATS_OK)
		s = show(opts, creds);
	if (s == NATS_OK)
		s = natsOptions_SetTimeout(opts, WAIT_MS);
	if (s == NATS_OK)
		s = natsOptions_SetErrorHandler(opts, on_error, r);
	if (s == NATS_OK)
		s = natsConnection_Connect(nc, opts);
	natsOptions_Destroy(opts);
	return s;
}

/*
 * nats.c 3.4.1 leaves `sig` out of CONNECT when the first byte of the signature is zero, one login
 * in 256, and is refused. Observed against a server that verifies signatures; the next nonce helps.
 */
natsStatus
run_open(struct run *r, natsConnection **nc, const char *creds)
{
	natsStatus s = NATS_ERR;

	for (int tries = 0; tries < OPEN_TRIES; tries++) {
		s = open_once(r, nc, creds);
		if (s != NATS_CONNECTION_AUTH_FAILED)
			break;
	}
	return s;
}

natsStatus
run_jetstream(jsCtx **js, natsConnection *nc)
{
	jsOptions o;
	natsStatus s = jsOptions_Init(&o);

	o.Wait = WAIT_MS;
	return s == NATS_OK ? natsConnection_JetStream(js, nc, &o) : s;
}

natsStatus
run_wrong(struct run *r, const char *why)
{
	snprintf(r->why, sizeof(r->why), "%s", why);
	return NATS_ERR;
}

natsStatus
run_expect_text(struct run *r, natsSubscription *sub, const char *text)
{
	natsMsg *msg = NULL;
	natsStatus s;

	s = natsSubscription_NextMsg(&msg, sub, WAIT_MS);
	if (s == NATS_OK && ((size_t)natsMsg_GetDataLength(msg) != strlen(text) ||
				memcmp(natsMsg_GetData(msg), text, strlen(text)) != 0)) {
		snprintf(r->why, sizeof(r->why), "expected \"%s\", got \"%.*s\"", text,
		    natsMsg_GetDataLength(msg), natsMsg_GetData(msg));
		s = NATS_ERR;
	}
	natsMsg_Destroy(msg);
	return s;
}

natsStatus
run_publish_numbers(natsConnection *nc, const char *subject, int count)
{
	natsStatus s = NATS_OK;
	char text[16];

	for (int i = 0; s == NATS_OK && i < count; i++) {
		snprintf(text, sizeof(text), "%d", i);
		s = natsConnection_PublishString(nc, subject, text);
	}
	if (s == NATS_OK)
		s = natsConnection_FlushTimeout(nc, WAIT_MS);
	return s;
}

static bool
wanted(const char *name, int argc, char **argv)
{
	if (argc <= 5)
		return true;
	for (int i = 5; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return true;
	}
	return false;
}

static int
run_one(struct run *r, const struct check *c)
{
	natsStatus s;

	r->why[0] = '\0';
	s = c->function(r);
	if (s == NATS_OK) {
		printf("ok %s\n", c->name);
		return 0;
	}
	printf("not ok %s: %s%s%s", c->name, natsStatus_GetText(s), r->why[0] ? ": " : "", r->why);
	if (atomic_load(&r->errors) > 0)
		printf(" (last error heard: %s)", r->error);
	printf("\n");
	return 1;
}

int
main(int argc, char **argv)
{
	static const struct check *const suites[] = { checks_core, checks_jetstream, checks_kv, checks_rpc };
	struct run r = { 0 };
	int failed = 0;

	if (argc < 5) {
		fprintf(stderr, "usage: interop_c URL ADMIN SERVICE STRANGER [CHECK...]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	r.url = argv[1];
	r.admin = argv[2];
	r.service = argv[3];
	r.stranger = argv[4];
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		for (const struct check *c = suites[i]; c->name != NULL; c++) {
			if (wanted(c->name, argc, argv))
				failed += run_one(&r, c);
		}
	}
	nats_CloseAndWait(WAIT_MS);
	return failed > 0 ? 1 : 0;
}
