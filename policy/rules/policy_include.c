/*
 * policy_include - which files may use the roles and variables of which.
 *
 * include = ["common.policy"] names a file of the same folder, and opens nothing: all *.policy
 * files of a folder are one policy and are here already, so what an include adds is sight of names.
 * What an included file grants, it grants by itself, once.
 */
#include "policy/rules/hash.h"
#include "policy/rules/parse_priv.h"

enum { MAX_INCLUDES = 64, MAX_DEPTH = 8, MAX_SEEN = 256, ROLE_SLOTS = 2 * POL_MAX_ROLES };

/* One walk from a file to all it includes. */
struct walk {
	struct draft *d;
	struct place *root;
	uint32_t path[MAX_DEPTH + 1]; /* files above the one looked at */
	size_t depth;
	uint32_t seen[MAX_SEEN];
	size_t n;
	bool is_seen[POL_MAX_FILES];
};

struct place *
draft_place(struct draft *d, size_t file)
{
	return &d->files[file];
}

/* folder_len() - of a path, with the last slash. */
static size_t
folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? (size_t)(slash - path) + 1 : 0;
}

/* find_beside() - a file of the same folder by its name, or UINT32_MAX. */
static uint32_t
find_beside(const struct place *at, struct bytes name)
{
	for (uint32_t i = 0; i < at->d->n_files; i++) {
		const struct place *other = &at->d->files[i];

		if (other->folder == at->folder && bytes_is(name, other->t->file + at->folder) &&
		    memcmp(other->t->file, at->t->file, at->folder) == 0)
			return i;
	}
	return UINT32_MAX;
}

static struct text_node *
include_of(const struct place *at)
{
	for (struct text_node *e = at->t->root->child; e != NULL; e = e->next)
		if (e->kind == TEXT_ENTRY && bytes_is(e->text, "include"))
			return e;
	return NULL;
}

static bool
name_ok(const struct text_node *n)
{
	return n->kind == TEXT_WORD && n->text.len > 7 && bytes_find(n->text, '/') == n->text.len &&
	       bytes_is(bytes_from(n->text, n->text.len - 7), ".policy");
}

/* file_of() - an element of include, or UINT32_MAX after reporting. */
static uint32_t
file_of(struct place *at, const struct text_node *n)
{
	uint32_t found;

	if (!name_ok(n)) {
		COMPLAIN(at, n,
		    "include names files of the same folder: \"NAME.policy\", without a path");
		return UINT32_MAX;
	}
	found = find_beside(at, n->text);
	if (found == UINT32_MAX)
		COMPLAIN(at, n, "no %.*s in the same folder", TEXT_ARG(n->text));
	return found;
}

/* in_circle() - is the file above itself? Reported once, at the file the circle begins with. */
static bool
in_circle(const struct walk *w, struct place *at, uint32_t file)
{
	for (size_t i = 0; i <= w->depth; i++) {
		if (w->path[i] != file)
			continue;
		if (i == 0)
			COMPLAIN(at, include_of(at),
			    "%s includes this file in turn (line %u): files cannot include each "
			    "other",
			    w->root->t->file, include_of(w->root)->line);
		return true;
	}
	return false;
}

/* look() - one file's includes, one after the other, and theirs. */
static void
look(struct walk *w, uint32_t file)
{
	struct place *at = &w->d->files[file];

	w->path[w->depth] = file;
	if (w->n == MAX_SEEN) {
		COMPLAIN(w->root, include_of(w->root), "more than %d files are included", MAX_SEEN);
		return;
	}
	w->is_seen[file] = true;
	w->seen[w->n++] = file;
	for (size_t i = 0; i < at->n_includes; i++) {
		uint32_t next = at->includes[i];

		if (in_circle(w, at, next) || w->is_seen[next])
			continue;
		if (w->depth == MAX_DEPTH) {
			COMPLAIN(at, include_of(at),
			    "includes are more than %d deep, counted from %s", MAX_DEPTH,
			    w->root->t->file);
			continue;
		}
		w->depth++;
		look(w, next);
		w->depth--;
	}
}

/* resolve() - the files an include names. */
static int
resolve(struct place *at)
{
	struct text_node *e = include_of(at), *n = e != NULL ? parse_elements(at, e) : NULL;

	if (n == NULL)
		return 0;
	at->includes = calloc(MAX_INCLUDES, sizeof(*at->includes));
	if (at->includes == NULL)
		return err_raise(-ENOMEM);
	for (; n != NULL; n = n->next) {
		uint32_t file;

		if (at->n_includes == MAX_INCLUDES) {
			COMPLAIN(at, n, "more than %d files", MAX_INCLUDES);
			return 0;
		}
		file = file_of(at, n);
		if (file != UINT32_MAX)
			at->includes[at->n_includes++] = file;
	}
	return 0;
}

static int
see(struct draft *d, uint32_t file)
{
	struct walk w = { .d = d, .root = &d->files[file] };

	look(&w, file);
	w.root->sees = malloc(w.n * sizeof(*w.seen));
	if (w.root->sees == NULL)
		return err_raise(-ENOMEM);
	memcpy(w.root->sees, w.seen, w.n * sizeof(*w.seen));
	w.root->n_sees = w.n;
	return 0;
}

int
draft_includes(struct draft *d, struct text **trees, size_t n)
{
	int r = 0;

	d->files = calloc(n + 1, sizeof(*d->files));
	d->role_slots = calloc(ROLE_SLOTS, sizeof(*d->role_slots));
	if (d->files == NULL || d->role_slots == NULL)
		return err_raise(-ENOMEM);
	d->n_files = n;
	for (size_t i = 0; i < n; i++)
		d->files[i] = (struct place){ .d = d,
			.t = trees[i],
			.file = (uint32_t)i,
			.folder = folder_len(trees[i]->file) };
	for (size_t i = 0; r == 0 && i < n; i++)
		r = resolve(&d->files[i]);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = see(d, (uint32_t)i);
	return err_pass(r);
}

void
draft_includes_end(struct draft *d)
{
	for (size_t i = 0; i < d->n_files; i++) {
		free(d->files[i].includes);
		free(d->files[i].sees);
	}
	free(d->files);
	free(d->role_slots);
}

/* role_slot() - where a role of a file stands in the table of names, or would. */
static uint32_t *
role_slot(const struct place *at, struct bytes name)
{
	const struct pol_role *roles = (const void *)at->d->part[POL_ROLES].ptr;
	uint64_t i = hash_bytes(at->file, name);

	for (;; i++) {
		uint32_t *slot = &at->d->role_slots[i & (ROLE_SLOTS - 1)];
		const struct pol_role *role = *slot != 0 ? &roles[*slot - 1] : NULL;

		if (role == NULL ||
		    (role->file == at->file &&
			bytes_eq(
			    bytes_of(at->d->part[POL_STRINGS].ptr + role->name.off, role->name.len),
			    name)))
			return slot;
	}
}

uint32_t
parse_find_role(const struct place *at, struct bytes name)
{
	return *role_slot(at, name) - 1; /* UINT32_MAX for an empty one */
}

void
parse_name_role(const struct place *at, struct bytes name, uint32_t role)
{
	*role_slot(at, name) = role + 1;
}

/* line_of() - where a file declares a role. */
static uint32_t
line_of(const struct place *at, struct bytes role)
{
	for (struct text_node *e = at->t->root->child; e != NULL; e = e->next)
		if (e->kind == TEXT_SECTION && bytes_is(e->text, "role") &&
		    bytes_eq(e->label, role))
			return e->line;
	return 1;
}

uint32_t
parse_role(const struct place *at, const struct text_node *n)
{
	const struct place *in = NULL;
	uint32_t found = UINT32_MAX;

	for (size_t i = 0; n->kind == TEXT_WORD && i < at->n_sees; i++) {
		const struct place *other = &at->d->files[at->sees[i]];
		uint32_t role = parse_find_role(other, n->text);

		if (role == UINT32_MAX)
			continue;
		if (in != NULL) {
			COMPLAIN(at, n, "role %.*s is in %s:%u and in %s:%u: name them apart",
			    TEXT_ARG(n->text), in->t->file, line_of(in, n->text), other->t->file,
			    line_of(other, n->text));
			return UINT32_MAX;
		}
		found = role;
		in = other;
	}
	if (found == UINT32_MAX)
		COMPLAIN(at, n,
		    at->n_sees > 1 ? "no role '%.*s' in this file, nor in those it includes"
				   : "no role '%.*s' in this file",
		    TEXT_ARG(n->text));
	return found;
}

int
policy_includes(
    const struct policy_source *src, int (*each)(void *ctx, struct bytes name), void *ctx)
{
	struct place at = { 0 };
	struct text_report report;
	struct text_node *e = NULL;
	int r;

	text_report_init(&report);
	r = text_parse(&at.t, src->file, src->text, &report);
	text_report_deinit(&report);
	if (r != 0)
		return r < 0 ? err_pass(r) : 0;
	e = include_of(&at);
	if (e != NULL && e->child->kind == TEXT_LIST)
		for (struct text_node *n = e->child->child; r == 0 && n != NULL; n = n->next)
			if (name_ok(n))
				r = each(ctx, n->text);
	text_free(at.t);
	return err_pass(r);
}
