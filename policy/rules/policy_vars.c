/*
 * policy_vars - set { NAME = value } and what ${NAME} stands for.
 *
 * A value is put in where it is used, in the tree, before anything is read from it: what a rule
 * says is then judged as if it had been written out. Values hold no variables themselves, so one
 * pass is enough and nothing can grow from a few words to more than the ceilings below. A bare
 * ${NAME} that is all of a value takes its kind too: a number stays one, a list becomes many
 * elements.
 */
#include "policy/rules/parse_priv.h"

enum {
	MAX_VARS = 256,      /* in one file */
	MAX_USES = 1 << 16,  /* in one policy; also elements of lists put in */
	MAX_TEXT = 16 << 20, /* bytes they make */
	MAX_VALUE = 4096,
};

/* Memory for what comes of a use. */
struct draft_text {
	struct draft_text *next;
	uint8_t bytes[];
};

void
draft_vars_end(struct draft *d)
{
	struct draft_text *next;

	for (struct draft_text *x = d->texts; x != NULL; x = next) {
		next = x->next;
		free(x);
	}
}

static bool
has_name(struct bytes s)
{
	for (size_t at = bytes_find(s, '$'); at < s.len;
	     at += 1 + bytes_find(bytes_from(s, at + 1), '$'))
		if (at + 1 < s.len && s.ptr[at + 1] == '{')
			return true;
	return false;
}

/* ---- set { } ---- */

/* reserved() - names for what is known of whoever asks; a later version may fill them in. */
static bool
reserved(struct bytes name)
{
	return bytes_is(name, "account") || bytes_is(name, "name") || bytes_is(name, "user") ||
	       bytes_is(name, "host") || bytes_is(name, "tag") ||
	       bytes_starts(name, BYTES_LIT("tag."));
}

static bool
name_ok(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_'))
			return false;
	}
	return s.len != 0 && s.len <= POL_MAX_NAME && !reserved(s);
}

static bool
value_ok(struct place *at, const struct text_node *n)
{
	if (n->kind == TEXT_WORD && has_name(n->text))
		COMPLAIN(at, n, "a variable's value holds no variables");
	else if (n->kind == TEXT_WORD && n->text.len > MAX_VALUE)
		COMPLAIN(at, n, "more than %d bytes", MAX_VALUE);
	else
		return n->kind == TEXT_WORD;
	return false;
}

/* check_entry() - one NAME = value. */
static void
check_entry(struct place *at, const struct text_node *e)
{
	if (e->kind != TEXT_ENTRY || e->op != TEXT_EQ || !name_ok(e->text)) {
		COMPLAIN(at, e,
		    "expected NAME = value, the name of letters, digits, '-' and '_' (account, "
		    "name, user, host and tag are taken)");
		return;
	}
	if (e->child->kind == TEXT_WORD) {
		(void)value_ok(at, e->child);
		return;
	}
	if (e->child->child == NULL)
		COMPLAIN(at, e, "the list is empty");
	for (const struct text_node *n = e->child->child; n != NULL; n = n->next) {
		if (n->kind == TEXT_LIST)
			COMPLAIN(at, n, "a list in a list is no value");
		else
			(void)value_ok(at, n);
	}
}

/* find_set() - a file's set { }, checked. */
static void
find_set(struct place *at)
{
	size_t left = MAX_VARS;

	for (struct text_node *s = at->t->root->child; s != NULL; s = s->next) {
		if (s->kind != TEXT_SECTION || !bytes_is(s->text, "set"))
			continue;
		if (s->label.len != 0)
			COMPLAIN(at, s, "set has no name of its own");
		else
			at->set = s;
		for (const struct text_node *e = s->child; e != NULL; e = e->next) {
			if (left-- == 0) {
				COMPLAIN(at, e, "more than %d variables", MAX_VARS);
				return;
			}
			check_entry(at, e);
		}
	}
}

/* ---- use ---- */

static const struct text_node *
named_in(const struct place *at, struct bytes name)
{
	for (const struct text_node *e = at->set != NULL ? at->set->child : NULL; e != NULL;
	     e = e->next)
		if (bytes_eq(e->text, name))
			return e;
	return NULL;
}

/* lookup() - a variable this file may use, or NULL after reporting. */
static const struct text_node *
lookup(struct place *at, const struct text_node *n, struct bytes name)
{
	const struct text_node *found = NULL;
	const struct place *in = NULL;

	for (size_t i = 0; i < at->n_sees; i++) {
		const struct place *other = &at->d->files[at->sees[i]];
		const struct text_node *e = named_in(other, name);

		if (e != NULL && found != NULL) {
			COMPLAIN(at, n, "${%.*s} is set in %s:%u and in %s:%u: name them apart",
			    TEXT_ARG(name), in->t->file, found->line, other->t->file, e->line);
			return NULL;
		}
		if (e != NULL) {
			found = e;
			in = other;
		}
	}
	if (found == NULL && reserved(name))
		COMPLAIN(at, n,
		    "${%.*s} would be of whoever asks; a rule is the same for all of a role",
		    TEXT_ARG(name));
	else if (found == NULL)
		COMPLAIN(at, n, "nothing is set for ${%.*s}", TEXT_ARG(name));
	return found != NULL && found->kind == TEXT_ENTRY ? found->child : NULL;
}

/* count_use() - Return: false when there are too many. */
static bool
count_use(struct place *at, const struct text_node *n)
{
	if (at->d->uses++ < MAX_USES)
		return true;
	if (at->d->uses == MAX_USES + 1)
		COMPLAIN(at, n, "variables are used more than %d times", MAX_USES);
	return false;
}

/* whole() - the value that a bare ${NAME} alone stands for; NULL: it is something else. */
static const struct text_node *
whole(struct place *at, const struct text_node *n, bool *is)
{
	*is = n->kind == TEXT_WORD && !n->quoted && text_name_in_braces(n->text) == n->text.len &&
	      n->text.len != 0;
	if (!*is || !count_use(at, n))
		return NULL;
	return lookup(at, n, bytes_of(n->text.ptr + 2, n->text.len - 3));
}

/* put_names() - @in with its names replaced; "$${" is "${". Return: false after reporting. */
static bool
put_names(struct place *at, struct text_node *n, struct buf *out)
{
	struct bytes in = n->text;

	while (in.len != 0) {
		size_t plain = bytes_find(in, '$'), len;
		const struct text_node *value;

		buf_put(out, bytes_upto(in, plain));
		in = bytes_from(in, plain);
		if (bytes_starts(in, BYTES_LIT("$${"))) {
			buf_put_str(out, "${");
			in = bytes_from(in, 3);
			continue;
		}
		if (!bytes_starts(in, BYTES_LIT("${"))) {
			buf_put(out, bytes_upto(in, 1));
			in = bytes_from(in, 1);
			continue;
		}
		len = text_name_in_braces(in);
		if (len == 0) {
			COMPLAIN(
			    at, n, "expected ${NAME}; for the characters themselves write $${");
			return false;
		}
		value = count_use(at, n) ? lookup(at, n, bytes_of(in.ptr + 2, len - 3)) : NULL;
		if (value == NULL)
			return false;
		if (value->kind != TEXT_WORD) {
			COMPLAIN(at, n, "%.*s is a list: it stands alone, without quotes", (int)len,
			    (const char *)in.ptr);
			return false;
		}
		n->quoted |= value->quoted;
		buf_put(out, value->text);
		in = bytes_from(in, len);
	}
	return true;
}

/* expand() - the names inside one word or string. Return: 0, -ENOMEM. */
static int
expand(struct place *at, struct text_node *n)
{
	struct draft_text *x;
	struct buf out;
	bool ok;

	if (!has_name(n->text))
		return 0;
	buf_init(&out, MAX_TEXT);
	ok = put_names(at, n, &out);
	if (ok && (buf_failed(&out) || out.len > MAX_TEXT - at->d->text_size)) {
		COMPLAIN(at, n, "variables make more than %d bytes of text", MAX_TEXT);
		ok = false;
	}
	x = ok ? malloc(sizeof(*x) + out.len) : NULL;
	if (x != NULL) {
		at->d->text_size += out.len;
		x->next = at->d->texts;
		at->d->texts = x;
		if (out.len != 0)
			memcpy(x->bytes, out.ptr, out.len);
		n->text = bytes_of(x->bytes, out.len);
	}
	buf_deinit(&out);
	return ok && x == NULL ? err_raise(-ENOMEM) : 0;
}

/* copy_here() - a node equal to @value, in the place of @n. */
static struct text_node *
copy_here(struct place *at, const struct text_node *n, const struct text_node *value)
{
	struct text_node *copy = text_add(at->t, value);

	if (copy != NULL) {
		copy->line = n->line;
		copy->col = n->col;
		copy->child = NULL;
	}
	return copy;
}

/* splice() - the elements of @value where *at_link stands; gives the link behind them. */
static int
splice(struct place *at, struct text_node ***link, const struct text_node *value)
{
	struct text_node *n = **link, *rest = n->next;
	struct text_node **to = *link;

	if (value->kind == TEXT_LIST)
		value = value->child;
	for (; value != NULL; value = value->next) {
		bool more = value->next != NULL;

		if (more && !count_use(at, n))
			break;
		*to = copy_here(at, n, value);
		if (*to == NULL) {
			*to = rest;
			return err_raise(-ENOMEM);
		}
		to = &(*to)->next;
	}
	*to = rest;
	*link = to;
	return 0;
}

/* elements() - all values of a list, and of the lists in it. */
static int
elements(struct place *at, struct text_node **link)
{
	int r = 0;

	while (r == 0 && *link != NULL) {
		struct text_node *n = *link;
		bool is;
		const struct text_node *value = whole(at, n, &is);

		if (value != NULL) {
			r = splice(at, &link, value);
			continue;
		}
		if (n->kind == TEXT_LIST)
			r = elements(at, &n->child);
		else if (!is)
			r = expand(at, n);
		link = &n->next;
	}
	return err_pass(r);
}

/* single() - what stands behind an operator. */
static int
single(struct place *at, struct text_node *e)
{
	bool is;
	const struct text_node *value;
	struct text_node *list;

	if (e->child->kind == TEXT_LIST)
		return err_pass(elements(at, &e->child->child));
	value = whole(at, e->child, &is);
	if (!is)
		return err_pass(expand(at, e->child));
	if (value == NULL)
		return 0;
	list = copy_here(at, e->child, value);
	if (list == NULL)
		return err_raise(-ENOMEM);
	if (value->kind == TEXT_LIST) {
		list->child = e->child;
		e->child = list;
		return err_pass(elements(at, &list->child));
	}
	e->child = list;
	return 0;
}

static int
block(struct place *at, struct text_node *s)
{
	int r = 0;

	for (struct text_node *e = s->child; r == 0 && e != NULL; e = e->next) {
		if (e->kind == TEXT_SECTION)
			r = e != at->set ? block(at, e) : 0;
		else if (e->kind == TEXT_ENTRY)
			r = single(at, e);
	}
	return err_pass(r);
}

int
draft_vars(struct draft *d)
{
	int r = 0;

	for (size_t i = 0; i < d->n_files; i++)
		find_set(draft_place(d, i));
	for (size_t i = 0; r == 0 && i < d->n_files; i++) {
		struct place *at = draft_place(d, i);

		r = block(at, at->t->root);
	}
	return err_pass(r);
}
