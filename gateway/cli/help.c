/*
 * help - `portcullis help [NOUN] [VERB]`, `--help` everywhere, all read from the table of verbs.
 */
#include <string.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/verbs_audit.h"
#include "policy/core/version.h"

static const char *
noun_of(const struct cli_verb *v)
{
	return v->noun != NULL ? v->noun : "";
}

/* print_two() - a long word has a line of its own, so that what is said of each begins in one column. */
static void
print_two(FILE *to, int width, const char *left, const char *right)
{
	if ((int)strlen(left) <= width)
		fprintf(to, "  %-*s %s\n", width, left, right);
	else
		fprintf(to, "  %s\n  %-*s %s\n", left, width, "", right);
}

static void
print_line(FILE *to, const struct cli_verb *v)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%s%s %s", noun_of(v), v->noun != NULL ? " " : "", v->name,
	    v->args);
	print_two(to, 32, left, v->summary);
}

void
cli_help(FILE *to)
{
	fputs("portcullis - keeps strangers away from a wasmCloud lattice\n\n"
	      "usage: portcullis [NOUN] VERB [OPTIONS] [ARGUMENTS]\n\n",
	    to);
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++)
		print_line(to, v);
	fputs("\nStart here:   portcullis init gate\n"
	      "More on one:  portcullis help VERB, portcullis help NOUN VERB\n"
	      "Exit codes:   0 done, 1 refused or failed, 2 not understood, 3 configuration "
	      "invalid,\n"
	      "              4 tests or verification failed, 5 the daemon cannot be reached\n",
	    to);
}

void
cli_help_noun(FILE *to, const char *noun)
{
	if (strcmp(noun, "audit") == 0) /* others have a command of this name */
		fprintf(to, "%s\n", audit_noun_about);
	fprintf(to, "usage: portcullis %s VERB [OPTIONS] [ARGUMENTS]\n\n", noun);
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++)
		if (strcmp(noun_of(v), noun) == 0)
			print_line(to, v);
	fprintf(to, "\nMore on one:  portcullis help %s VERB\n", noun);
}

static void
print_option(FILE *to, const struct cli_opt *o)
{
	char left[64], letter[8] = "    ";

	if (o->letter != 0)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name, o->kind == OPT_FLAG ? "" : " ",
	    o->kind == OPT_FLAG ? "" : o->value);
	fprintf(to, "  %-28s %s%s%s\n", left, o->help,
	    o->kind == OPT_LIST ? " (may be repeated)" : "", o->required ? " (needed)" : "");
}

void
cli_help_verb(FILE *to, const struct cli_verb *v)
{
	fprintf(to, "usage: portcullis %s%s%s [OPTIONS]%s%s\n\n%s\n", noun_of(v),
	    v->noun != NULL ? " " : "", v->name, v->args[0] != '\0' ? " " : "", v->args,
	    v->summary);
	if (v->about != NULL)
		fprintf(to, "\n%s\n", v->about);
	fputs("\noptions:\n", to);
	for (const struct cli_opt *o = v->opts; o->kind != OPT_END; o++)
		print_option(to, o);
}

int
cmd_help(const struct cli_args *a)
{
	const char *first = a->n_args > 0 ? a->args[0] : NULL,
		   *second = a->n_args > 1 ? a->args[1] : NULL;

	if (first == NULL) {
		cli_help(stdout);
		return CLI_OK;
	}
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		bool whole = v->noun == NULL ? second == NULL && strcmp(first, v->name) == 0
					     : second != NULL && strcmp(first, v->noun) == 0 &&
						   strcmp(second, v->name) == 0;

		if (whole) {
			cli_help_verb(stdout, v);
			return CLI_OK;
		}
	}
	for (const struct cli_verb *v = cli_verbs; v->name != NULL && second == NULL; v++) {
		if (strcmp(noun_of(v), first) == 0) {
			cli_help_noun(stdout, first);
			return CLI_OK;
		}
	}
	cli_error("there is no help on `%s%s%s'", first, second != NULL ? " " : "",
	    second != NULL ? second : "");
	cli_try("portcullis help");
	return CLI_USAGE;
}

int
cmd_version(const struct cli_args *a)
{
	if (cli_flag(a, "json"))
		printf("{\"name\":\"portcullis\",\"version\":\"%s\",\"commit\":\"%s\"}\n",
		    PORTCULLIS_VERSION, version_commit);
	else
		printf("portcullis %s%s\n", PORTCULLIS_VERSION, version_behind);
	return CLI_OK;
}
