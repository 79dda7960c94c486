/*
 * actor_links - see actor_links.h. A host gives an actor what its claims name and somebody linked;
 * so does this: a contract that checked claims do not name is refused even where a stand-in is.
 */
#include "gateway/cli/actor_links.h"

#include <fcntl.h>
#include <string.h>

#include "gateway/cli/files.h"
#include "host/lattice/model.h"
#include "policy/core/shown.h"

enum { DOCUMENT_MAX = 4 * 1024 * 1024, WHY = 200, COMMAND_MAX = 4096 };

static const struct stand_in *const words[] = { &stand_in_keyvalue, &stand_in_logging };

enum { WORDS = sizeof(words) / sizeof(words[0]) };

static int
load_document(struct actor_link *l, const char *path)
{
	char why[WHY] = "";
	struct buf b;
	int r;

	buf_init(&b, DOCUMENT_MAX);
	r = file_read(AT_FDCWD, path, &b);
	if (r != 0) {
		cli_error("--link: %s: %s", path, r == -EFBIG ? "over 4 MiB" : strerror(-r));
		cli_try("--link keyvalue, --link logging, or --link NAME=FILE with a document of "
			"answers");
	} else {
		r = canned_read(&l->state, buf_bytes(&b), why, sizeof(why));
		if (r != 0)
			cli_error("--link: %s: %s", path, r > 0 ? why : strerror(-r));
	}
	buf_deinit(&b);
	l->in = &stand_in_canned;
	return r == 0 ? CLI_OK : r > 0 ? CLI_USAGE : CLI_FAILED;
}

/* load_what() - a stand-in by its word; any other is a file. */
static int
load_what(struct actor_link *l, const char *what)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (strcmp(words[i]->word, what) != 0)
			continue;
		l->in = words[i];
		l->state = l->in->make != NULL ? l->in->make() : NULL;
		if (l->in->make == NULL || l->state != NULL)
			return CLI_OK;
		cli_error("out of memory");
		return CLI_FAILED;
	}
	return load_document(l, what);
}

/* load_one() - [NAME=]WHAT; a file whose own name has an equals sign is written NAME=FILE. */
static int
load_one(struct actor_links *all, const char *text)
{
	const char *eq = strchr(text, '=');
	struct actor_link l = { .name = BYTES_LIT("default") };

	if (eq != NULL)
		l.name = bytes_of(text, (size_t)(eq - text));
	if (!actor_token_ok(l.name) || l.name.len > ACTOR_MAX_NAME) {
		cli_error("--link: `%s': the link has a name that no subject can hold", text);
		return CLI_USAGE;
	}
	if (all->n == ACTOR_LINKS_MAX) {
		cli_error("--link: more than %d", ACTOR_LINKS_MAX);
		return CLI_USAGE;
	}
	all->link[all->n] = l;
	return load_what(&all->link[all->n++], eq != NULL ? eq + 1 : text);
}

int
actor_links_load(struct actor_links *l, const struct cli_args *a)
{
	const char *text;
	int r = CLI_OK;

	for (size_t i = 0; r == CLI_OK && (text = cli_value_nth(a, "link", i)) != NULL; i++)
		r = load_one(l, text);
	return r;
}

void
actor_links_deinit(struct actor_links *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->link[i].in != NULL && l->link[i].in->free != NULL)
			l->link[i].in->free(l->link[i].state);
	l->n = 0;
}

/* shown_in() - a name as text that may be shown. */
static void
shown_in(char out[ACTOR_NAME_TEXT], struct bytes name)
{
	struct buf b;

	buf_init(&b, ACTOR_NAME_TEXT - 1);
	for (struct bytes s = bytes_upto(name, ACTOR_MAX_NAME); s.len > 0 && !buf_failed(&b);)
		s = bytes_from(s, buf_put_shown_one(&b, s));
	memcpy(out, b.len > 0 ? b.ptr : (const uint8_t *)"", b.len);
	out[b.len] = '\0';
	buf_deinit(&b);
}

static bool
claimed(const struct actor_links *l, struct bytes contract)
{
	if (l->claims == NULL)
		return true;
	for (size_t i = 0; i < l->claims->caps.n; i++)
		if (bytes_eq(contract, l->claims->caps.item[i]))
			return true;
	return false;
}

/* remember() - once each. */
static void
remember(struct actor_links *l, const struct actor_ask *ask, bool unclaimed)
{
	struct actor_missing m = { .unclaimed = unclaimed };

	shown_in(m.link, ask->binding.len > 0 ? ask->binding : BYTES_LIT("default"));
	shown_in(m.contract, ask->space);
	shown_in(m.operation, ask->operation);
	for (size_t i = 0; i < l->n_missing; i++)
		if (strcmp(l->missing[i].link, m.link) == 0 &&
		    strcmp(l->missing[i].contract, m.contract) == 0)
			return;
	if (l->n_missing < ACTOR_MISSING_MAX)
		l->missing[l->n_missing++] = m;
}

static void
say_question(const struct actor_ask *ask)
{
	const struct bytes names[] = { ask->binding, ask->space, ask->operation };
	char text[ACTOR_NAME_TEXT];

	fputs("asked    ", stderr);
	for (size_t i = 0; i < 3; i++) {
		shown_in(text, names[i]);
		fprintf(stderr, " %s", text);
	}
	fputc('\n', stderr);
}

int
actor_links_ask(void *ctx, const struct actor_ask *ask, struct buf *into, bool *ok)
{
	struct actor_links *all = ctx;
	struct bytes name = ask->binding.len > 0 ? ask->binding : BYTES_LIT("default");
	bool has = claimed(all, ask->space);

	if (all->explain)
		say_question(ask);
	for (size_t i = 0; has && i < all->n; i++) {
		struct actor_link *l = &all->link[i];

		if (bytes_eq(l->name, name) && l->in->is_of(l->state, ask->space))
			return l->in->ask(l->state, ask->operation, ask->payload, into, ok);
	}
	remember(all, ask, !has);
	return stand_in_fail(into, ok,
	    has ? "nothing is linked for this contract under this name"
		: "the actor's claims do not name this contract");
}

/* word_of() - of the stand-in that there is for a contract; else that of a document. */
static const char *
word_of(const char *contract)
{
	for (size_t i = 0; i < WORDS; i++)
		if (words[i]->is_of(NULL, bytes_str(contract)))
			return words[i]->word;
	return "FILE";
}

static void
say_missing(const struct actor_links *l, const struct actor_missing *m)
{
	char key[NKEY_TEXT_LEN + 1] = "MODULE";
	struct buf command;

	if (m->unclaimed) {
		cli_note("refused: %s (%s): the actor's claims do not name it", m->contract,
		    m->operation);
		cli_try("portcullis actor sign ... --cap %s", m->contract);
		return;
	}
	cli_note("not linked: %s as `%s' (%s)", m->contract, m->link, m->operation);
	if (l->claims != NULL)
		nkey_format(&l->claims->sub, key);
	buf_init(&command, COMMAND_MAX);
	model_link_command(&command, bytes_str(key), BYTES_LIT("PROVIDER"), bytes_str(m->contract),
	    bytes_str(m->link));
	cli_try("here: --link %s=%s; in a lattice: %.*s", m->link, word_of(m->contract),
	    (int)command.len, command.len > 0 ? (const char *)command.ptr : "");
	buf_deinit(&command);
}

void
actor_links_say(struct actor_links *l)
{
	for (size_t i = 0; i < l->n_missing; i++)
		say_missing(l, &l->missing[i]);
	l->n_missing = 0;
}
