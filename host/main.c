/*
 * portcullis-host - the daemon that runs actors and providers. docs/HOST.md.
 *
 * Started with --role by itself, it is one of its own children.
 */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/proc/link.h"
#include "host/proc/parent.h"
#include "host/proc/runner.h"
#include "policy/core/version.h"

enum {
	EXIT_USAGE = 2,
	EXIT_CONFIG = 3,
	FLAG_LABEL = 1000,
	FLAG_ANONYMOUS,
	FLAG_LOCKED,
	FLAG_WATCH,
	FLAG_VALUE = 2000,
	SHOW_MAX = 256 * 1024
};

enum { OPTIONS_OWN = 12 };

static const char help[] =
    "Usage: portcullis-host [-c FILE] [options]\n"
    "\n"
    "  -c, --config FILE          host.conf; `portcullis init DIR` writes one\n"
    "      --control-host HOST, --control-port PORT, --control-creds FILE, --control-ca FILE\n"
    "      --rpc-host HOST, --rpc-port PORT, --rpc-creds FILE, --rpc-ca FILE\n"
    "  -m, --manifest FILE        actors, providers and links to run\n"
    "      --locked               only what portcullis.lock beside the manifest pins\n"
    "      --watch                a changed module of the manifest becomes an update\n"
    "      --lattice NAME         preset: default\n"
    "      --dialect a|b          of the control interface; preset: b\n"
    "      --label KEY=VALUE      as often as needed\n"
    "      --name NAME            a name for people; preset: made of the key\n"
    "      --state DIR            keys and links are kept there\n"
    "      --host-seed FILE       the host's own key (SN...); preset: made in the state folder\n"
    "      --cluster-seed FILE    signs invocations (SC...); the same\n"
    "      --heartbeat TIME       preset: 30s\n"
    "      --insecure-anonymous   connect without credentials\n"
    "  -t, --test                 say what is set and where, and exit: 0, or 3\n"
    "  -D, --debug                log more\n"
    "  -V, --trace                log most\n"
    "  -l, --log FILE             log to a file instead of standard error\n"
    "  -P, --pid FILE             write the process id\n"
    "  -v, --version              print the version\n"
    "  -h, --help                 print this\n"
    "\n"
    "A flag goes before a variable (CONTROL_HOST, CONTROL_PORT, CONTROL_CREDS, RPC_HOST, ...), a "
    "variable\n"
    "before the file. Signals: HUP reads logins anew, USR1 opens the log anew, TERM and INT stop.\n"
    "Ready when `portcullis-host ready HOST_ID` appears on standard error.\n";

static const struct option own[OPTIONS_OWN] = {
	{ "config", required_argument, NULL, 'c' },
	{ "test", no_argument, NULL, 't' },
	{ "debug", no_argument, NULL, 'D' },
	{ "trace", no_argument, NULL, 'V' },
	{ "log", required_argument, NULL, 'l' },
	{ "pid", required_argument, NULL, 'P' },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "label", required_argument, NULL, FLAG_LABEL },
	{ "insecure-anonymous", no_argument, NULL, FLAG_ANONYMOUS },
	{ "locked", no_argument, NULL, FLAG_LOCKED },
	{ "watch", no_argument, NULL, FLAG_WATCH },
};

struct asked {
	struct parent_options o;
	bool test;
};

/* options() - ours, and one for each setting that has a flag. */
static void
options(struct option out[OPTIONS_OWN + HC_KEYS + 1])
{
	size_t n = OPTIONS_OWN;

	memcpy(out, own, sizeof(own));
	for (int k = 0; k < HC_KEYS; k++)
		if (hostconf_flag((enum hostconf_key)k) != NULL && k != HC_ANONYMOUS &&
		    k != HC_LOCKED && k != HC_WATCH)
			out[n++] = (struct option){ hostconf_flag((enum hostconf_key)k),
				required_argument, NULL, FLAG_VALUE + k };
	out[n] = (struct option){ NULL, 0, NULL, 0 };
}

/* on_flag() - Return: 0, or the exit status and -1 for none. */
static int
on_flag(struct asked *a, int c)
{
	struct hostconf *conf = a->o.conf;
	int r = 0;

	if (c >= FLAG_VALUE) {
		r = hostconf_set(conf, (enum hostconf_key)(c - FLAG_VALUE), optarg, HOSTCONF_FLAG,
		    hostconf_flag((enum hostconf_key)(c - FLAG_VALUE)));
		/* a copy was made; the list of processes is for everybody */
		if (hostconf_is_seed(optarg))
			explicit_bzero(optarg, strlen(optarg));
	} else if (c == FLAG_ANONYMOUS)
		r = hostconf_set(
		    conf, HC_ANONYMOUS, "yes", HOSTCONF_FLAG, hostconf_flag(HC_ANONYMOUS));
	else if (c == FLAG_LOCKED || c == FLAG_WATCH)
		r = hostconf_set(conf, c == FLAG_LOCKED ? HC_LOCKED : HC_WATCH, "yes", HOSTCONF_FLAG,
		    hostconf_flag(c == FLAG_LOCKED ? HC_LOCKED : HC_WATCH));
	else if (c == 'm')
		r = hostconf_set(conf, HC_MANIFEST, optarg, HOSTCONF_FLAG, hostconf_flag(HC_MANIFEST));
	else if (c == FLAG_LABEL)
		r = hostconf_label(conf, optarg, HOSTCONF_FLAG);
	else if (c == 'c')
		a->o.config = optarg;
	else if (c == 't')
		a->test = true;
	else if (c == 'D' || c == 'V')
		*(c == 'D' ? &a->o.debug : &a->o.trace) = true;
	else if (c == 'l' || c == 'P')
		*(c == 'l' ? &a->o.log : &a->o.pid) = optarg;
	else
		r = -EINVAL;
	if (r != 0 && c == FLAG_LABEL)
		fprintf(stderr, "--label %s: expected KEY=VALUE in printable ASCII\n", optarg);
	if (r != 0)
		fputs("try portcullis-host --help\n", stderr);
	return r == 0 ? 0 : EXIT_USAGE;
}

/* settle() - file, variables, and what they come to. Return: 0, or the exit status after saying
 * why. */
static int
settle(struct asked *a)
{
	extern char **environ;
	struct text_report report;
	int r = 0;

	text_report_init(&report);
	if (a->o.config != NULL)
		r = hostconf_read(a->o.conf, a->o.config, &report);
	if (r < 0)
		fprintf(stderr, "%s: error: cannot be read: %s\n", a->o.config, strerror(-r));
	if (r >= 0)
		r = hostconf_env(a->o.conf, environ, &report) != 0 ? TEXT_BAD : r;
	if (r >= 0 && hostconf_settle(a->o.conf, &report) != 0)
		r = TEXT_BAD;
	if (r == 0)
		r = hostconf_check_files(a->o.conf, &report);
	if (report.out.len > 0)
		fwrite(report.out.ptr, 1, report.out.len, stderr);
	text_report_deinit(&report);
	return r == 0 ? 0 : EXIT_CONFIG;
}

static int
show(const struct hostconf *c)
{
	struct buf out;
	int r;

	buf_init(&out, SHOW_MAX);
	hostconf_show(c, &out);
	r = !buf_failed(&out) && fwrite(out.ptr, 1, out.len, stdout) == out.len &&
		    fflush(stdout) == 0
		? 0
		: 1;
	buf_deinit(&out);
	return r;
}

static int
run_role(const char *name, const char *user)
{
	if (strcmp(name, "link") == 0)
		return link_main(user != NULL ? (uid_t)strtoul(user, NULL, 10) : 0);
	fprintf(stderr, "%s: unknown role\n", name);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	struct option table[OPTIONS_OWN + HC_KEYS + 1];
	struct asked a = { 0 };
	int c, r = 0;

	if (sodium_init() < 0) {
		fprintf(stderr, "libsodium cannot be initialised\n");
		return 1;
	}
	/* where there is no small program for runners beside us */
	runner_role(argc, argv);
	if ((argc == 3 || argc == 4) && strcmp(argv[1], "--role") == 0)
		return run_role(argv[2], argc == 4 ? argv[3] : NULL);
	a.o.conf = hostconf_new();
	if (a.o.conf == NULL)
		return 1;
	options(table);
	while (r == 0 && (c = getopt_long(argc, argv, "c:m:tDVl:P:vh", table, NULL)) != -1) {
		if (c == 'v' || c == 'h') {
			if (c == 'v')
				printf("portcullis-host " PORTCULLIS_VERSION "%s\n", version_behind);
			else
				fputs(help, stdout);
			hostconf_free(a.o.conf);
			return 0;
		}
		r = on_flag(&a, c);
	}
	if (r == 0 && optind != argc) {
		fprintf(stderr, "%s: not expected; try portcullis-host --help\n", argv[optind]);
		r = EXIT_USAGE;
	}
	if (r == 0)
		r = settle(&a);
	if (r == 0)
		r = a.test ? show(a.o.conf) : parent_main(&a.o);
	hostconf_free(a.o.conf);
	return r;
}
