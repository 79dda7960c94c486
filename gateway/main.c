/*
 * portcullis-gateway - the daemon between hosts and leaf. Flags as nats-server's; docs/GATEWAY.md.
 *
 * Started with --role by itself, it is one of its own children (gateway/proc/role.h).
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/proc/parent.h"
#include "gateway/proc/role.h"
#include "policy/core/version.h"

enum { EXIT_USAGE = 2 };

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "test", no_argument, NULL, 't' },
	{ "debug", no_argument, NULL, 'D' },
	{ "trace", no_argument, NULL, 'V' },
	{ "log", required_argument, NULL, 'l' },
	{ "pid", required_argument, NULL, 'P' },
	{ "signal", required_argument, NULL, 's' },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
    "Usage: portcullis-gateway -c FILE [options]\n"
    "\n"
    "  -c, --config FILE    configuration; `portcullis init DIR` writes one\n"
    "  -t, --test           say what `portcullis check` says and exit: 0, or 3\n"
    "  -D, --debug          log more\n"
    "  -V, --trace          log most\n"
    "  -l, --log FILE       log to a file instead of standard error\n"
    "  -P, --pid FILE       write the process id\n"
    "      --signal S=PID   send a signal to a running gateway: reload, reopen, ldm, stop, quit\n"
    "  -v, --version        print the version\n"
    "  -h, --help           print this\n"
    "\n"
    "Signals: HUP reload policies, trust and upstream keys, USR1 reopen the log, USR2 lame duck,\n"
    "TERM and INT stop.\n"
    "Ready when `portcullis-gateway ready HOST:PORT` appears on standard error.\n";

/* send_signal() - "reload=123". Return: the exit status. */
static int
send_signal(const char *what)
{
	static const struct {
		const char *name;
		int number;
	} names[] = { { "reload", SIGHUP }, { "reopen", SIGUSR1 }, { "ldm", SIGUSR2 }, { "stop", SIGTERM },
		{ "quit", SIGINT } };
	const char *eq = strchr(what, '=');
	char *end = NULL;
	long pid = eq != NULL ? strtol(eq + 1, &end, 10) : 0;

	if (eq == NULL || pid <= 1 || *end != '\0') {
		fprintf(stderr, "--signal: expected NAME=PID, e.g. reload=%d\n", 4711);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i].name) != (size_t)(eq - what) || strncmp(names[i].name, what, (size_t)(eq - what)) != 0)
			continue;
		if (kill((pid_t)pid, names[i].number) == 0)
			return 0;
		fprintf(stderr, "--signal: process %ld: %s\n", pid, strerror(errno));
		return 1;
	}
	fprintf(stderr, "--signal: unknown name; known are reload, reopen, ldm, stop, quit\n");
	return EXIT_USAGE;
}

static int
run_role(const char *name)
{
	static int (*const mains[ROLE_COUNT])(void) = {
		[ROLE_EDGE] = edge_main,
		[ROLE_VERIFIER] = verifier_main,
		[ROLE_SIGNER] = signer_main,
		[ROLE_DISPATCHER] = dispatcher_main,
		[ROLE_AUDITOR] = auditor_main,
		[ROLE_COMPILER] = compiler_main,
		[ROLE_SHIPPER] = shipper_main,
		[ROLE_METRICS] = metrics_main,
	};
	enum role role = role_of(name);

	if (role >= ROLE_COUNT || mains[role] == NULL) {
		fprintf(stderr, "%s: unknown role\n", name);
		return EXIT_USAGE;
	}
	return mains[role]();
}

int
main(int argc, char **argv)
{
	struct parent_options o = { 0 };
	static char own[4096];
	bool test = false;
	int c;

	if (sodium_init() < 0) {
		fprintf(stderr, "libsodium cannot be initialised\n");
		return 1;
	}
	if (argc == 3 && strcmp(argv[1], "--role") == 0)
		return run_role(argv[2]);
	/* found in a search path: whoever starts it again has none */
	if (argc > 0 && strchr(argv[0], '/') == NULL && readlink("/proc/self/exe", own, sizeof(own) - 1) > 0)
		argv[0] = own;
	o.argv = argv;
	while ((c = getopt_long(argc, argv, "c:tDVl:P:vh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			o.config = optarg;
			break;
		case 't':
			test = true;
			break;
		case 'D':
			o.debug = true;
			break;
		case 'V':
			o.debug = o.trace = true;
			break;
		case 'l':
			o.log = optarg;
			break;
		case 'P':
			o.pid = optarg;
			break;
		case 's':
			return send_signal(optarg);
		case 'v':
			printf("portcullis-gateway %s%s\n", PORTCULLIS_VERSION, version_behind);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			fputs("try portcullis-gateway --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (o.config == NULL || optind != argc) {
		fputs("a configuration is needed: portcullis-gateway -c FILE; `portcullis init DIR` writes one\n",
		    stderr);
		return EXIT_USAGE;
	}
	return test ? parent_check(&o) : parent_main(&o);
}
