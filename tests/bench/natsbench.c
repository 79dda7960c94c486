/*
 * natsbench - one measurement of one way to a NATS server, as one line of JSON.
 *
 * A load generator shares the machine with what it measures, so this one is lean: one thread, bare
 * sockets, messages built before the clock starts. It knows nothing about what is in the way; the
 * same program with the same creds file is pointed at the server, at a TCP proxy and at the
 * gateway, and scripts/bench compares. Everything received is checked, so a fast wrong answer is a
 * failure.
 */
#include "tests/bench/natsbench.h"

#include <getopt.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>

static const struct {
	const char *name;
	void (*run)(const struct order *o);
} MODES[] = {
	{ "pub", run_pub },
	{ "pubsub", run_pubsub },
	{ "reqrep", run_reqrep },
	{ "connect", run_connect },
	{ "idle", run_idle },
	{ "reconnect", run_reconnect },
	{ "command", run_command },
	{ "chain", run_chain },
	{ "disk", run_disk },
};

static const char USAGE[] =
    "usage: natsbench pub|pubsub|reqrep|connect|idle|reconnect --server IP:PORT --creds FILE\n"
    "         [--subject S] [--size BYTES] [--seconds S] [--window BYTES] [--conns N] [--parallel "
    "N]\n"
    "       natsbench command --server IP:PORT --creds FILE --hear IP:PORT --hear-creds FILE\n"
    "         [--seconds S] [--window COMMANDS] [--conns N]\n"
    "       natsbench disk --file FILE [--seconds S] [--pause US]\n"
    "       natsbench chain [--file FILE] [--conns 1] [--seconds S]\n";

static const struct option OPTIONS[] = {
	{ "server", required_argument, NULL, 's' },
	{ "creds", required_argument, NULL, 'c' },
	{ "subject", required_argument, NULL, 'j' },
	{ "size", required_argument, NULL, 'z' },
	{ "seconds", required_argument, NULL, 't' },
	{ "window", required_argument, NULL, 'w' },
	{ "conns", required_argument, NULL, 'n' },
	{ "parallel", required_argument, NULL, 'p' },
	{ "hear", required_argument, NULL, 'h' },
	{ "hear-creds", required_argument, NULL, 'H' },
	{ "file", required_argument, NULL, 'f' },
	{ "pause", required_argument, NULL, 'P' },
	{ NULL, 0, NULL, 0 },
};

void
die(int r, const char *format, ...)
{
	va_list ap;

	fputs("natsbench: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	if (r < 0)
		fprintf(stderr, ": %s", strerror(-r));
	fputc('\n', stderr);
	exit(1);
}

void *
xalloc(size_t n)
{
	void *p = calloc(1, n);

	if (p == NULL)
		die(-ENOMEM, "%zu bytes", n);
	return p;
}

void
login_or_die(struct natsconn *c, const struct order *o)
{
	int r = natsconn_login(c, &o->server, &o->login, WAIT_MS);

	if (r == NATSCONN_REFUSED)
		die(0, "login refused: %s", c->line);
	if (r != 0)
		die(r, "login");
}

uint64_t
order_deadline(const struct order *o, uint64_t start_ns)
{
	return start_ns + (uint64_t)(o->seconds * 1e9);
}

void
samples_init(struct samples *s, size_t cap)
{
	*s = (struct samples){ .ns = xalloc(cap * sizeof *s->ns), .cap = cap };
}

void
samples_add(struct samples *s, uint64_t ns)
{
	if (s->n < s->cap)
		s->ns[s->n++] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

static int
by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void
samples_print(struct samples *s)
{
	static const struct {
		const char *name;
		double at;
	} points[] = { { "p50", .5 }, { "p90", .9 }, { "p99", .99 }, { "p999", .999 },
		{ "max", 1 } };

	if (s->n == 0)
		die(0, "no samples");
	qsort(s->ns, s->n, sizeof *s->ns, by_value);
	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
		printf("%s\"%s_us\":%.1f", i != 0 ? "," : "", points[i].name,
		    s->ns[(size_t)(points[i].at * (double)(s->n - 1))] / 1e3);
}

void
samples_deinit(struct samples *s)
{
	free(s->ns);
	*s = (struct samples){ 0 };
}

static size_t
number(const char *text, size_t max)
{
	char *end;
	unsigned long long v = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || v == 0 || v > max)
		die(0, "'%s' is not a number from 1 to %zu", text, max);
	return (size_t)v;
}

static double
seconds(const char *text)
{
	char *end;
	double v = strtod(text, &end);

	if (*end != '\0' || !(v > 0 && v <= 3600))
		die(0, "'%s' is not a number of seconds", text);
	return v;
}

static void
load(struct natslogin *l, const char *file)
{
	int r = natslogin_load(l, file);

	if (r > 0)
		die(0, "%s: %s", file, creds_why(r));
	if (r < 0)
		die(r, "%s", file);
}

static void
take_option(struct order *o, int c)
{
	int r = 0;

	switch (c) {
	case 's':
		r = natsconn_address(&o->server, optarg);
		break;
	case 'c':
		load(&o->login, optarg);
		break;
	case 'h':
		r = natsconn_address(&o->hear, optarg);
		break;
	case 'H':
		load(&o->hear_login, optarg);
		break;
	case 'f':
		o->file = optarg;
		break;
	case 'P':
		o->pause_us = number(optarg, 1000000);
		break;
	case 'j':
		o->subject = optarg;
		break;
	case 'z':
		o->size = number(optarg, 1024 * 1024);
		break;
	case 't':
		o->seconds = seconds(optarg);
		break;
	case 'w':
		o->window = number(optarg, 1024 * 1024 * 1024);
		break;
	case 'n':
		o->conns = number(optarg, 1000000);
		break;
	case 'p':
		o->parallel = number(optarg, 4096);
		break;
	default:
		fputs(USAGE, stderr);
		exit(2);
	}
	if (r < 0)
		die(r, "%s", optarg);
}

int
main(int argc, char **argv)
{
	struct order o = {
		.subject = "bench.orders.new",
		.size = 128,
		.seconds = 1,
		.window = 4 * 1024 * 1024,
		.conns = 100000,
		.parallel = 16,
	};
	int c;

	if (sodium_init() < 0)
		die(0, "libsodium does not start");
	while ((c = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
		take_option(&o, c);
	if (optind + 1 != argc || (o.file == NULL && strcmp(argv[optind], "chain") != 0 &&
				      (o.server.sin_port == 0 || o.login.text == NULL)))
		take_option(&o, '?');
	o.mode = argv[optind];
	for (size_t i = 0; i < sizeof MODES / sizeof MODES[0]; i++)
		if (strcmp(MODES[i].name, o.mode) == 0) {
			MODES[i].run(&o);
			natslogin_deinit(&o.login);
			natslogin_deinit(&o.hear_login);
			return 0;
		}
	take_option(&o, '?');
}
