/*
 * diff_form - one form of every command there is: its subject and body, with places to fill in.
 *
 * A place is `<X!text>` (has to be there) or `<X:text>` (may be left out); X says which field. In
 * its text %s is the value, %a the items of a JSON list, %m the names of a JSON object, %1 and %2
 * what stands before and behind a colon. A capital letter is a second value of the same field.
 */
#ifndef POLICY_RULES_DIFF_FORM_H
#define POLICY_RULES_DIFF_FORM_H

#include "policy/rules/diff_priv.h"

struct diff_form {
	uint64_t may_be; /* the verbs it can turn out to be */
	const char *subject;
	const char *body;
};

/* A value of a place: left out, one, or (of lists) two. */
struct diff_value {
	size_t n; /* 0: left out */
	struct bytes text[2];
};

enum diff_place_kind {
	PLACE_TEXT, /* classes of globs */
	PLACE_IMAGE,
	PLACE_COUNT,
	PLACE_FLAG,
	PLACE_LIST, /* of texts */
	PLACE_LATTICE,
	PLACE_HOST,
};

struct diff_place {
	char letter;
	enum diff_place_kind kind;
	enum policy_field field;
	const char *usual;   /* when nothing asks about it */
	const char *letters; /* what its texts may be made of */
};

/* diff_form_nth() - NULL past the last. */
const struct diff_form *diff_form_nth(size_t i);
/* diff_place_of() - what a letter stands for; of a capital the small one's. */
const struct diff_place *diff_place_of(char letter);
/* diff_form_places() - the letters of a form, each once; @needed: which cannot be left out. */
size_t diff_form_places(const struct diff_form *f, char letter[32], bool needed[32]);
/* diff_form_put() - @text with its places filled in; @value has one for each of @letter. */
void diff_form_put(
    struct buf *b, const char *text, const char *letter, size_t n, const struct diff_value *value);

#endif
