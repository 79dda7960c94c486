/*
 * args - a command line against a table of options.
 *
 * --name VALUE, --name=VALUE, -n VALUE, -nVALUE; "--" ends options; options and arguments mix. An
 * unknown option, a missing or empty value, a value for a flag, and an option given twice that is
 * no list are all usage errors: a security tool does not guess which of two values was meant.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/cli.h"

static const struct cli_opt *
find_long(const struct cli_verb *v, const char *name, size_t len)
{
	for (const struct cli_opt *o = v->opts; o->kind != OPT_END; o++)
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

static const struct cli_opt *
find_letter(const struct cli_verb *v, char letter)
{
	for (const struct cli_opt *o = v->opts; o->kind != OPT_END; o++)
		if (o->letter != 0 && o->letter == letter)
			return o;
	return NULL;
}

static int
usage(const struct cli_verb *v)
{
	cli_try("portcullis help %s%s%s", v->noun != NULL ? v->noun : "",
	    v->noun != NULL ? " " : "", v->name);
	return CLI_USAGE;
}

static int
add_option(struct cli_args *a, const struct cli_opt *o, const char *value)
{
	for (size_t i = 0; i < a->n_given && o->kind != OPT_LIST; i++) {
		if (a->given[i].opt == o) {
			cli_error("--%s is given twice", o->name);
			return usage(a->verb);
		}
	}
	if (value != NULL && value[0] == '\0') {
		cli_error("--%s has an empty value", o->name);
		return usage(a->verb);
	}
	a->given[a->n_given++] = (struct cli_given){ o, value };
	return 0;
}

/* One option word; *next is the word after it, taken as the value when one is needed. */
static int
parse_option(struct cli_args *a, const char *word, const char *next, bool *used_next)
{
	bool is_long = word[1] == '-';
	const char *inl = is_long ? strchr(word, '=') : (word[2] != '\0' ? word + 2 : NULL);
	const struct cli_opt *o;

	if (is_long)
		o = find_long(
		    a->verb, word + 2, inl != NULL ? (size_t)(inl - word - 2) : strlen(word + 2));
	else
		o = find_letter(a->verb, word[1]);
	if (o == NULL) {
		cli_error("unknown option %s", word);
		return usage(a->verb);
	}
	if (is_long && inl != NULL)
		inl++;
	if (o->kind == OPT_FLAG && inl != NULL) {
		cli_error("--%s takes no value", o->name);
		return usage(a->verb);
	}
	if (o->kind != OPT_FLAG && inl == NULL) {
		if (next == NULL) {
			cli_error("--%s needs a value: %s", o->name, o->value);
			return usage(a->verb);
		}
		*used_next = true;
		inl = next;
	}
	return add_option(a, o, inl);
}

static int
check_given(const struct cli_args *a)
{
	const struct cli_verb *v = a->verb;

	if (cli_flag(a, "help"))
		return 0;
	if (a->n_args < v->min_args) {
		cli_error("%s is missing", v->args);
		return usage(v);
	}
	if (a->n_args > v->max_args) {
		cli_error("one argument too many: %s", a->args[v->max_args]);
		return usage(v);
	}
	for (const struct cli_opt *o = v->opts; o->kind != OPT_END; o++) {
		if (o->required && cli_value(a, o->name) == NULL) {
			cli_error("--%s %s is missing", o->name, o->value);
			return usage(v);
		}
	}
	return 0;
}

int
cli_args_parse(struct cli_args *a, const struct cli_verb *verb, int argc, char **argv)
{
	size_t room = argc > 0 ? (size_t)argc : 1;
	bool options = true;

	*a = (struct cli_args){ .verb = verb };
	a->given = calloc(room, sizeof(*a->given));
	a->args = calloc(room, sizeof(*a->args));
	if (a->given == NULL || a->args == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	for (int i = 0; i < argc; i++) {
		bool used_next = false;
		int r;

		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
			r = parse_option(a, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used_next);
			if (r != 0)
				return r;
			i += used_next;
		} else {
			a->args[a->n_args++] = argv[i];
		}
	}
	return check_given(a);
}

void
cli_args_deinit(struct cli_args *a)
{
	free(a->given);
	free(a->args);
	*a = (struct cli_args){ 0 };
}

const char *
cli_value_nth(const struct cli_args *a, const char *name, size_t n)
{
	assert(find_long(a->verb, name, strlen(name)) != NULL);
	for (size_t i = 0; i < a->n_given; i++)
		if (strcmp(a->given[i].opt->name, name) == 0 && n-- == 0)
			return a->given[i].value;
	return NULL;
}

bool
cli_knows(const struct cli_args *a, const char *name)
{
	return find_long(a->verb, name, strlen(name)) != NULL;
}

const char *
cli_value(const struct cli_args *a, const char *name)
{
	return cli_value_nth(a, name, 0);
}

bool
cli_flag(const struct cli_args *a, const char *name)
{
	for (size_t i = 0; i < a->n_given; i++)
		if (strcmp(a->given[i].opt->name, name) == 0)
			return true;
	return false;
}
