/*
 * portcullis - the one tool people type.
 *
 * It works on files of a deployment folder, as the user who owns them; only `ctl` and `apply` open
 * a socket of a network, and it keeps no state of its own. Secrets pass through it (it makes them),
 * so it drops core dumps first and never prints one.
 */
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>

#include "gateway/cli/cli.h"
#include "host/proc/runner.h"

static const struct cli_verb *
find_verb(int argc, char **argv, int *words)
{
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		if (v->noun == NULL && strcmp(argv[1], v->name) == 0) {
			*words = 2;
			return v;
		}
		if (v->noun != NULL && argc > 2 && strcmp(argv[1], v->noun) == 0 &&
		    strcmp(argv[2], v->name) == 0) {
			*words = 3;
			return v;
		}
	}
	return NULL;
}

static bool
is_noun(const char *word)
{
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++)
		if (v->noun != NULL && strcmp(v->noun, word) == 0)
			return true;
	return false;
}

static bool
asks_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Words that are no verb: a noun alone, --help, --version, or a mistake. */
static int
run_other(int argc, char **argv)
{
	const struct cli_args none = { 0 };

	if (argc < 2) {
		cli_help(stderr);
		return CLI_USAGE;
	}
	if (asks_help(argv[1])) {
		cli_help(stdout);
		return CLI_OK;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-v") == 0 ||
	    strcmp(argv[1], "-V") == 0)
		return cmd_version(&none);
	if (is_noun(argv[1])) {
		bool help = argc > 2 && asks_help(argv[2]);

		if (!help && argc > 2)
			cli_error("`%s' has no verb `%s'", argv[1], argv[2]);
		cli_help_noun(help ? stdout : stderr, argv[1]);
		return help ? CLI_OK : CLI_USAGE;
	}
	cli_error("there is no verb `%s'", argv[1]);
	cli_try("portcullis help");
	return CLI_USAGE;
}

/* said_all() - an answer that did not arrive whole is no answer: a disk is full, or nobody takes
 * it. */
static int
said_all(int r)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return r;
	if (r == CLI_OK)
		cli_error("cannot write the answer");
	return r == CLI_OK ? CLI_FAILED : r;
}

int
main(int argc, char **argv)
{
	const struct rlimit no_core = { 0, 0 };
	const struct cli_verb *v;
	struct cli_args a;
	int words, r;

	/* started by itself, to hold an actor (host/proc/runner.h): nothing else is set up there */
	runner_role(argc, argv);
	/* a failure leaves us as we were; keys themselves are in memory that is left out of dumps
	 */
	(void)setrlimit(RLIMIT_CORE, &no_core);
	if (sodium_init() < 0) {
		cli_error("the crypto library does not start");
		return CLI_FAILED;
	}
	v = argc > 1 ? find_verb(argc, argv, &words) : NULL;
	if (v == NULL)
		return said_all(run_other(argc, argv));
	r = cli_args_parse(&a, v, argc - words, argv + words);
	if (r == 0 && cli_flag(&a, "help"))
		cli_help_verb(stdout, v);
	else if (r == 0)
		r = v->run(&a);
	cli_args_deinit(&a);
	return said_all(r);
}
