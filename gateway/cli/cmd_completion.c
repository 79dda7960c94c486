/*
 * completion - scripts for bash, zsh and fish, written from the table of verbs, so that a new verb
 * or option completes by being there.
 */
#include <string.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/lattice.h"

enum { SCRIPT_MAX = 256 * 1024 };

static bool
first_of_noun(const struct cli_verb *v)
{
	for (const struct cli_verb *w = cli_verbs; w != v; w++)
		if (w->noun != NULL && v->noun != NULL && strcmp(w->noun, v->noun) == 0)
			return false;
	return true;
}

/* put_first_words() - nouns, and verbs that stand alone. */
static void
put_first_words(struct buf *b)
{
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		if (v->noun != NULL && !first_of_noun(v))
			continue;
		buf_put_str(b, v->noun != NULL ? v->noun : v->name);
		buf_put_u8(b, ' ');
	}
}

static void
put_options(struct buf *b, const struct cli_verb *v)
{
	for (const struct cli_opt *o = v->opts; o->kind != OPT_END; o++) {
		buf_put_str(b, "--");
		buf_put_str(b, o->name);
		buf_put_u8(b, ' ');
	}
}

static void
put_roles(struct buf *b)
{
	for (const char *const *role = lattice_roles; *role != NULL; role++) {
		buf_put_str(b, *role);
		buf_put_u8(b, ' ');
	}
}

static bool
is_low(char c)
{
	return (c >= 'a' && c <= 'z') || c == '-';
}

/*
 * put_choices() - the words of @s that stand for themselves, such as those of "hosts|inventory
 * [HOST]": what is to be filled in has capitals.
 */
static void
put_choices(struct buf *b, const char *s)
{
	for (const char *p = s; *p != '\0';) {
		size_t n = 0;

		while (is_low(p[n]))
			n++;
		if (n > 1 && (p == s || strchr(" |[", p[-1]) != NULL) &&
		    (p[n] == '\0' || strchr(" |]", p[n]) != NULL)) {
			buf_put(b, bytes_of((const uint8_t *)p, n));
			buf_put_u8(b, ' ');
		}
		p += n > 0 ? n : 1;
	}
}

static bool
has_choices(const char *s)
{
	struct buf b;
	bool any;

	buf_init(&b, 1024);
	put_choices(&b, s);
	any = b.len > 0;
	buf_deinit(&b);
	return any;
}

/* put_words() - what may stand first behind a verb. */
static void
put_words(struct buf *b, const struct cli_verb *v)
{
	if (strcmp(v->name, "help") == 0)
		put_first_words(b);
	else
		put_choices(b, v->args);
}

static bool
has_words(const struct cli_verb *v)
{
	return strcmp(v->name, "help") == 0 || has_choices(v->args);
}

/* put_quoted() - in single quotes, for each of the three shells. */
static void
put_quoted(struct buf *b, const char *s)
{
	buf_put_u8(b, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			buf_put_str(b, "'\\''");
		else
			buf_put_u8(b, (uint8_t)*s);
	}
	buf_put_u8(b, '\'');
}

/* ---- bash ---- */

static void
bash_values(struct buf *b)
{
	buf_put_str(b, "\tcase $prev in\n");
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		for (const struct cli_opt *o = v->opts; o->kind != OPT_END; o++) {
			if (o->kind == OPT_FLAG)
				continue;
			buf_put_str(b, "\t--");
			buf_put_str(b, o->name);
			buf_put_str(b, ")\n\t\t");
			if (o->hint == HINT_FILE)
				buf_put_str(b, "COMPREPLY=($(compgen -f -- \"$cur\"))");
			else if (o->hint == HINT_DIR)
				buf_put_str(b, "COMPREPLY=($(compgen -d -- \"$cur\"))");
			else if (o->hint == HINT_ROLE) {
				buf_put_str(b, "COMPREPLY=($(compgen -W '");
				put_roles(b);
				buf_put_str(b, "' -- \"$cur\"))");
			} else if (has_choices(o->value)) {
				buf_put_str(b, "COMPREPLY=($(compgen -W '");
				put_choices(b, o->value);
				buf_put_str(b, "' -- \"$cur\"))");
			}
			buf_put_str(b, "\n\t\treturn\n\t\t;;\n");
		}
	}
	buf_put_str(b, "\tesac\n");
}

static void
bash_verb(struct buf *b, const struct cli_verb *v)
{
	buf_put_str(b, "\t");
	put_quoted(b, v->noun != NULL ? v->noun : v->name);
	if (v->noun != NULL) {
		buf_put_str(b, "' '");
		put_quoted(b, v->name);
	}
	buf_put_str(b, ")\n\t\twords='");
	put_words(b, v);
	put_options(b, v);
	buf_put_str(b, "'\n");
	if (v->hint == HINT_FILE)
		buf_put_str(b, "\t\tfiles=-f\n");
	else if (v->hint == HINT_DIR)
		buf_put_str(b, "\t\tfiles=-d\n");
	buf_put_str(b, "\t\t;;\n");
}

static void
bash_nouns(struct buf *b)
{
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		if (v->noun == NULL || !first_of_noun(v))
			continue;
		buf_put_str(b, "\t");
		put_quoted(b, v->noun);
		buf_put_str(b, "' '*)\n\t\twords='");
		for (const struct cli_verb *w = v; w->name != NULL; w++) {
			if (w->noun != NULL && strcmp(w->noun, v->noun) == 0) {
				buf_put_str(b, w->name);
				buf_put_u8(b, ' ');
			}
		}
		buf_put_str(b, "'\n\t\t;;\n");
	}
}

static void
bash_script(struct buf *b)
{
	buf_put_str(b,
	    "# bash completion for portcullis\n"
	    "_portcullis() {\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words= files=\n"
	    "\tCOMPREPLY=()\n"
	    "\tif ((COMP_CWORD == 1)); then\n"
	    "\t\tCOMPREPLY=($(compgen -W '");
	put_first_words(b);
	buf_put_str(b, "--help --version' -- \"$cur\"))\n\t\treturn\n\tfi\n");
	bash_values(b);
	/* a verb that stands alone is one word, a noun's is two; at word two a noun completes its
	 * verbs */
	buf_put_str(b, "\tlocal verb=${COMP_WORDS[1]}\n\tcase $verb in\n\t");
	for (const struct cli_verb *v = cli_verbs, *sep = NULL; v->name != NULL; v++) {
		if (v->noun == NULL || !first_of_noun(v))
			continue;
		buf_put_str(b, sep != NULL ? "|" : "");
		buf_put_str(b, v->noun);
		sep = v;
	}
	buf_put_str(b, ")\n\t\tif ((COMP_CWORD == 2)); then verb=\"$verb \"; else verb=\"$verb "
		       "${COMP_WORDS[2]}\"; fi\n"
		       "\t\t;;\n\tesac\n\tcase $verb in\n");
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++)
		bash_verb(b, v);
	bash_nouns(b);
	buf_put_str(b, "\tesac\n"
		       "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
		       "\tif [[ -n $files ]]; then COMPREPLY+=($(compgen $files -- \"$cur\")); fi\n"
		       "}\n"
		       "complete -o filenames -F _portcullis portcullis\n");
}

/* ---- zsh ---- */

/* One option as _arguments wants it. Brackets and colons in the help would end it early. */
static void
zsh_option(struct buf *b, const struct cli_opt *o)
{
	struct buf line;

	buf_init(&line, 1024);
	buf_put_str(&line, o->kind == OPT_LIST ? "*--" : "--");
	buf_put_str(&line, o->name);
	buf_put_u8(&line, '[');
	for (const char *p = o->help; *p != '\0'; p++) {
		if (strchr("[]:", *p) != NULL)
			buf_put_u8(&line, '\\');
		buf_put_u8(&line, (uint8_t)*p);
	}
	buf_put_u8(&line, ']');
	if (o->kind != OPT_FLAG) {
		buf_put_str(&line, ":value:");
		if (o->hint == HINT_FILE)
			buf_put_str(&line, "_files");
		else if (o->hint == HINT_DIR)
			buf_put_str(&line, "_files -/");
		else if (o->hint == HINT_ROLE) {
			buf_put_u8(&line, '(');
			put_roles(&line);
			buf_put_u8(&line, ')');
		} else if (has_choices(o->value)) {
			buf_put_u8(&line, '(');
			put_choices(&line, o->value);
			buf_put_u8(&line, ')');
		}
	}
	buf_put_u8(&line, '\0');
	buf_put_str(b, " \\\n\t\t\t");
	put_quoted(b, line.ptr != NULL && !buf_failed(&line) ? (const char *)line.ptr : "");
	buf_deinit(&line);
}

static void
zsh_script(struct buf *b)
{
	buf_put_str(b, "#compdef portcullis\n"
		       "_portcullis() {\n"
		       "\tlocal verb\n"
		       "\tif ((CURRENT == 2)); then\n"
		       "\t\tcompadd -- ");
	put_first_words(b);
	buf_put_str(b, "\n\t\treturn\n\tfi\n\tcase $words[2] in\n");
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		if (v->noun == NULL || !first_of_noun(v))
			continue;
		buf_put_str(b, "\t");
		buf_put_str(b, v->noun);
		buf_put_str(b, ")\n\t\tif ((CURRENT == 3)); then\n\t\t\tcompadd -- ");
		for (const struct cli_verb *w = v; w->name != NULL; w++) {
			if (w->noun != NULL && strcmp(w->noun, v->noun) == 0) {
				buf_put_str(b, w->name);
				buf_put_u8(b, ' ');
			}
		}
		buf_put_str(b,
		    "\n\t\t\treturn\n\t\tfi\n"
		    "\t\tverb=\"$words[2] $words[3]\"; shift 2 words; ((CURRENT -= 2))\n\t\t;;\n");
	}
	buf_put_str(
	    b, "\t*) verb=$words[2]; shift words; ((CURRENT -= 1)) ;;\n\tesac\n\tcase $verb in\n");
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		buf_put_str(b, "\t");
		if (v->noun != NULL) {
			put_quoted(b, v->noun);
			buf_put_str(b, "' '");
		}
		put_quoted(b, v->name);
		buf_put_str(b, ")\n\t\t_arguments");
		for (const struct cli_opt *o = v->opts; o->kind != OPT_END; o++)
			zsh_option(b, o);
		if (has_words(v)) {
			buf_put_str(b, " \\\n\t\t\t'1:word:(");
			put_words(b, v);
			buf_put_str(b, ")'");
		} else if (v->hint != HINT_NONE)
			buf_put_str(b, v->hint == HINT_DIR ? " \\\n\t\t\t'*:folder:_files -/'"
							   : " \\\n\t\t\t'*:file:_files'");
		buf_put_str(b, "\n\t\t;;\n");
	}
	buf_put_str(b, "\tesac\n}\n_portcullis \"$@\"\n");
}

/* ---- fish ---- */

static void
fish_condition(struct buf *b, const struct cli_verb *v)
{
	buf_put_str(b, "complete -c portcullis -n '__fish_seen_subcommand_from ");
	buf_put_str(b, v->noun != NULL ? v->noun : v->name);
	if (v->noun != NULL) {
		buf_put_str(b, "; and __fish_seen_subcommand_from ");
		buf_put_str(b, v->name);
	}
	buf_put_u8(b, '\'');
}

static void
fish_option(struct buf *b, const struct cli_verb *v, const struct cli_opt *o)
{
	fish_condition(b, v);
	buf_put_str(b, " -l ");
	buf_put_str(b, o->name);
	if (o->letter != 0) {
		buf_put_str(b, " -s ");
		buf_put_u8(b, (uint8_t)o->letter);
	}
	if (o->kind != OPT_FLAG)
		buf_put_str(b, o->hint == HINT_FILE || o->hint == HINT_DIR ? " -r -F" : " -x");
	if (o->hint == HINT_ROLE || (o->kind != OPT_FLAG && has_choices(o->value))) {
		buf_put_str(b, " -a '");
		if (o->hint == HINT_ROLE)
			put_roles(b);
		else
			put_choices(b, o->value);
		buf_put_u8(b, '\'');
	}
	buf_put_str(b, " -d ");
	put_quoted(b, o->help);
	buf_put_u8(b, '\n');
}

static void
fish_script(struct buf *b)
{
	buf_put_str(b, "# fish completion for portcullis\ncomplete -c portcullis -f\n");
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		if (v->noun == NULL || first_of_noun(v)) {
			buf_put_str(b, "complete -c portcullis -n __fish_use_subcommand -a ");
			buf_put_str(b, v->noun != NULL ? v->noun : v->name);
			buf_put_str(b, " -d ");
			put_quoted(b, v->noun != NULL ? "" : v->summary);
			buf_put_u8(b, '\n');
		}
		if (v->noun != NULL) {
			buf_put_str(b, "complete -c portcullis -n '__fish_seen_subcommand_from ");
			buf_put_str(b, v->noun);
			buf_put_str(b, "' -a ");
			buf_put_str(b, v->name);
			buf_put_str(b, " -d ");
			put_quoted(b, v->summary);
			buf_put_u8(b, '\n');
		}
		if (has_words(v)) {
			fish_condition(b, v);
			buf_put_str(b, " -a '");
			put_words(b, v);
			buf_put_str(b, "'\n");
		} else if (v->hint != HINT_NONE) {
			fish_condition(b, v);
			buf_put_str(b, " -F\n");
		}
		for (const struct cli_opt *o = v->opts; o->kind != OPT_END; o++)
			fish_option(b, v, o);
	}
}

int
cmd_completion(const struct cli_args *a)
{
	static const struct {
		const char *shell;
		void (*write)(struct buf *b);
	} shells[] = { { "bash", bash_script }, { "zsh", zsh_script }, { "fish", fish_script } };

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		struct buf b;
		int r;

		if (strcmp(shells[i].shell, a->args[0]) != 0)
			continue;
		buf_init(&b, SCRIPT_MAX);
		shells[i].write(&b);
		r = cli_print(&b);
		buf_deinit(&b);
		return r;
	}
	cli_error("there is no completion for `%s'", a->args[0]);
	cli_try("portcullis completion bash");
	return CLI_USAGE;
}
