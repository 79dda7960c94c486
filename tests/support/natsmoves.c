/*
 * natsmoves - nats.c between two gates: natsmoves CREDS URL,URL. Asks `f.ask` again and again, each
 * question until it is answered, and says on standard output what befalls it: "asking" after the
 * first answer, "ldm" when the server says that it is a lame duck, "reconnected URL". Ends when
 * standard input does: "answered N".
 */
#include <nats/nats.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ASK_MS = 500, CONNECT_MS = 60000, LOGINS = 5 };

static void
on_ldm(natsConnection *c, void *ctx)
{
	(void)c;
	(void)ctx;
	puts("ldm");
}

static void
on_reconnected(natsConnection *c, void *ctx)
{
	char url[256] = "?";

	(void)ctx;
	(void)natsConnection_GetConnectedUrl(c, url, sizeof(url));
	printf("reconnected %s\n", url);
}

static bool
told_to_end(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* ask() - until it is answered with what was asked. Return: false, the connection is closed for
 * good. */
static bool
ask(natsConnection *c, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	while (!natsConnection_IsClosed(c)) {
		natsMsg *m = NULL;
		bool same = natsConnection_RequestString(&m, c, "f.ask", text, ASK_MS) == NATS_OK &&
			    strcmp(natsMsg_GetData(m), text) == 0;

		natsMsg_Destroy(m);
		if (same)
			return true;
	}
	return false;
}

/* log_in() - nats.c 3.4.1 sends no signature when it begins with a zero byte, one login in 256:
 * with another nonce it is another signature. */
static natsStatus
log_in(natsConnection **c, natsOptions *o)
{
	natsStatus s = natsConnection_Connect(c, o);

	for (int i = 1; i < LOGINS && s == NATS_CONNECTION_AUTH_FAILED; i++)
		s = natsConnection_Connect(c, o);
	return s;
}

int
main(int argc, char **argv)
{
	natsOptions *o = NULL;
	natsConnection *c = NULL;
	natsStatus s;
	long n = 0;

	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	s = natsOptions_Create(&o);
	if (s == NATS_OK)
		s = natsOptions_SetUserCredentialsFromFiles(o, argv[1], NULL);
	if (s == NATS_OK) {
		char *second = strchr(argv[2], ',');
		const char *urls[2] = { argv[2], second != NULL ? second + 1 : argv[2] };

		if (second != NULL)
			*second = '\0';
		s = natsOptions_SetServers(o, urls, 2);
	}
	if (s == NATS_OK)
		s = natsOptions_SetNoRandomize(o, true);
	if (s == NATS_OK)
		s = natsOptions_SetReconnectWait(o, 50);
	if (s == NATS_OK)
		s = natsOptions_SetLameDuckModeCB(o, on_ldm, NULL);
	if (s == NATS_OK)
		s = natsOptions_SetReconnectedCB(o, on_reconnected, NULL);
	if (s == NATS_OK)
		s = natsOptions_SetTimeout(o, CONNECT_MS);
	if (s == NATS_OK)
		s = log_in(&c, o);
	if (s != NATS_OK) {
		printf("failed %s\n", natsStatus_GetText(s));
		return 1;
	}
	while (!told_to_end()) {
		if (!ask(c, n))
			return 1;
		if (n++ == 0)
			puts("asking");
	}
	printf("answered %ld\n", n);
	natsConnection_Destroy(c);
	natsOptions_Destroy(o);
	return 0;
}
