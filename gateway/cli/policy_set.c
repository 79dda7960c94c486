/*
 * policy_set - see policy_set.h.
 */
#include "gateway/cli/policy_set.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/proc/file.h"
#include "policy/core/members.h"

enum { SNAPSHOT_MAX = 64 << 20, FILLED_MAX = 2 * FILE_MAX_BYTES };

static int
out_of_memory(void)
{
	cli_error("out of memory");
	return CLI_FAILED;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

/* ---- reading ---- */

/* add_file() - once, however often it is named. Return: CLI_OK, CLI_FAILED. */
static int
add_file(struct policy_files *f, const char *path)
{
	struct policy_file *more, *file;
	int r;

	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->file[i].path, path) == 0)
			return CLI_OK;
	if (f->n == FILE_MAX_POLICIES) {
		cli_error("%s: more than %d files of its kind", path, FILE_MAX_POLICIES);
		return CLI_FAILED;
	}
	more = reallocarray(f->file, f->n + 1, sizeof(*more));
	if (more == NULL)
		return out_of_memory();
	f->file = more;
	file = &f->file[f->n];
	*file = (struct policy_file){ .path = strdup(path) };
	buf_init(&file->text, FILE_MAX_BYTES);
	if (file->path == NULL)
		return out_of_memory();
	f->n++;
	r = file_read(AT_FDCWD, path, &file->text);
	if (r != 0) {
		cli_error("%s: %s", path, strerror(-r));
		return CLI_FAILED;
	}
	return CLI_OK;
}

static int
add_folder(struct policy_files *f, const char *folder, const char *ending)
{
	char **names = NULL, path[PATH_MAX];
	size_t n = 0;
	int r = names_in(AT_FDCWD, folder, ending, &names, &n);

	if (r != 0) {
		cli_error("%s: %s", folder, strerror(-r));
		return CLI_FAILED;
	}
	for (size_t i = 0; r == CLI_OK && i < n; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", folder, names[i]) >= (int)sizeof(path))
			continue;
		r = add_file(f, path);
	}
	names_free(names, n);
	return r;
}

/* add_pair() - a policy and what it promises, named by either. */
static int
add_pair(struct policy_set *s, const char *name)
{
	char path[PATH_MAX];
	int stem = (int)(strlen(name) - strlen(".policy")), r; /* as long as ".expect" */

	if (!ends_with(name, ".policy") && !ends_with(name, ".expect")) {
		if (access(name, F_OK) != 0) {
			cli_error("%s: %s", name, strerror(errno));
			return CLI_FAILED;
		}
		cli_error("%s: neither a folder nor a *.policy or *.expect file", name);
		return CLI_USAGE;
	}
	if (snprintf(path, sizeof(path), "%.*s.policy", stem, name) >= (int)sizeof(path)) {
		cli_error("%s: the path is too long", name);
		return CLI_USAGE;
	}
	r = add_file(&s->policies, path);
	snprintf(path, sizeof(path), "%.*s.expect", stem, name);
	if (r == CLI_OK && (ends_with(name, ".expect") || access(path, F_OK) == 0))
		r = add_file(&s->expects, path);
	return r;
}

static int
add(struct policy_set *s, const char *name)
{
	char folder[PATH_MAX];
	struct stat st;
	size_t n = strlen(name);
	int r;

	if (stat(name, &st) != 0 || !S_ISDIR(st.st_mode))
		return add_pair(s, name);
	while (n > 1 && name[n - 1] == '/')
		n--;
	snprintf(folder, sizeof(folder), "%.*s", (int)n, name);
	r = add_folder(&s->policies, folder, ".policy");
	return r == CLI_OK ? add_folder(&s->expects, folder, ".expect") : r;
}

/* ---- includes ---- */

struct including {
	struct policy_set *s;
	const char *path;
};

/* on_include() - what is not there the compiler misses, with its place. */
static int
on_include(void *ctx, struct bytes name)
{
	const struct including *by = ctx;
	const char *slash = strrchr(by->path, '/');
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%.*s%.*s",
		slash != NULL ? (int)(slash + 1 - by->path) : 0, by->path, (int)name.len,
		(const char *)name.ptr) >= (int)sizeof(path) ||
	    access(path, F_OK) != 0)
		return CLI_OK;
	return add_file(&by->s->policies, path);
}

/* add_included() - files that the ones named include, and theirs. */
static int
add_included(struct policy_set *s)
{
	int r = CLI_OK;

	for (size_t i = 0; r == CLI_OK && i < s->policies.n; i++) {
		struct policy_source src = { s->policies.file[i].path,
			buf_bytes(&s->policies.file[i].text) };
		struct including by = { s, src.file };

		r = policy_includes(&src, on_include, &by);
		if (r < 0)
			return out_of_memory();
	}
	return r;
}

/* ---- templates ---- */

struct values {
	const struct cli_args *a;
	struct bytes beside; /* the *.expect file, as it was read */
};

/* value_of() - --set first. */
static struct bytes
value_of(const struct values *v, struct bytes name)
{
	const char *set;

	for (size_t i = 0; (set = cli_value_nth(v->a, "set", i)) != NULL; i++)
		if (strncmp(set, (const char *)name.ptr, name.len) == 0 && set[name.len] == '=')
			return bytes_str(set + name.len + 1);
	return expect_set(v->beside, name);
}

/* name_at() - length of the NAME of "@NAME@" at the front, or 0. */
static size_t
name_at(struct bytes s)
{
	size_t n = 1;

	while (n < s.len && ((s.ptr[n] >= 'A' && s.ptr[n] <= 'Z') || s.ptr[n] == '_'))
		n++;
	return n > 1 && n < s.len && s.ptr[n] == '@' ? n - 1 : 0;
}

/* fill() - a file's text with the values in place. Return: CLI_OK, CLI_FAILED. */
static int
fill(struct policy_file *f, const struct values *v)
{
	struct bytes text = buf_bytes(&f->text);
	struct buf out;

	buf_init(&out, FILLED_MAX);
	while (text.len != 0) {
		size_t at = bytes_find(text, '@'), n;
		struct bytes value = BYTES_NULL;

		buf_put(&out, bytes_upto(text, at));
		text = bytes_from(text, at);
		n = text.len != 0 ? name_at(text) : 0;
		if (n != 0)
			value = value_of(v, bytes_of(text.ptr + 1, n));
		if (value.ptr != NULL) {
			buf_put(&out, value);
			text = bytes_from(text, n + 2);
		} else if (text.len != 0) {
			f->template = f->template || n != 0;
			buf_put_u8(&out, '@');
			text = bytes_from(text, 1);
		}
	}
	if (buf_failed(&out)) {
		buf_deinit(&out);
		cli_error("%s: too large", f->path);
		return CLI_FAILED;
	}
	buf_deinit(&f->text);
	f->text = out;
	return CLI_OK;
}

/* beside() - the file of the other kind with the same stem, or NULL. */
static struct policy_file *
beside(struct policy_files *f, const char *path)
{
	size_t stem = strlen(path) - strlen(".policy");

	for (size_t i = 0; i < f->n; i++)
		if (strlen(f->file[i].path) == strlen(path) &&
		    strncmp(f->file[i].path, path, stem) == 0)
			return &f->file[i];
	return NULL;
}

/* The policies first: an *.expect file holds the values until it is filled in itself. */
static int
fill_all(struct policy_set *s, const struct cli_args *a)
{
	int r = CLI_OK;

	for (size_t i = 0; r == CLI_OK && i < s->policies.n; i++) {
		struct policy_file *e = beside(&s->expects, s->policies.file[i].path);
		struct values v = { a, e != NULL ? buf_bytes(&e->text) : BYTES_NULL };

		r = fill(&s->policies.file[i], &v);
	}
	for (size_t i = 0; r == CLI_OK && i < s->expects.n; i++) {
		struct values v = { a, buf_bytes(&s->expects.file[i].text) };

		r = fill(&s->expects.file[i], &v);
	}
	return r;
}

static int
check_sets(const struct cli_args *a)
{
	const char *set;

	for (size_t i = 0; (set = cli_value_nth(a, "set", i)) != NULL; i++) {
		size_t n = strspn(set, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

		if (n == 0 || set[n] != '=') {
			cli_error("--set %s: expected NAME=VALUE, the name in capitals", set);
			return CLI_USAGE;
		}
	}
	return CLI_OK;
}

int
policy_set_read(struct policy_set *s, const struct cli_args *a, const char *const *names, size_t n)
{
	char inner[PATH_MAX];
	struct stat st;
	int r;

	*s = (struct policy_set){ 0 };
	buf_init(&s->snapshot, SNAPSHOT_MAX);
	text_report_init(&s->report);
	r = check_sets(a);
	if (n == 0 && r == CLI_OK)
		r = add(s, stat("policies", &st) == 0 && S_ISDIR(st.st_mode) ? "policies" : ".");
	for (size_t i = 0; r == CLI_OK && i < n; i++)
		r = add(s, names[i]);
	if (r == CLI_OK)
		r = add_included(s);
	if (r == CLI_OK && s->policies.n == 0) {
		const char *where = n > 0 ? names[0] : ".";

		cli_error("%s: holds no *.policy file", n > 0 ? where : "this folder");
		if (snprintf(inner, sizeof(inner), "%s/policies", where) < (int)sizeof(inner) &&
		    access(inner, F_OK) == 0)
			cli_try("%s", inner);
		else
			cli_try("name the folder `policies' of a deployment, or a *.policy file");
		r = CLI_FAILED;
	}
	return r == CLI_OK ? fill_all(s, a) : r;
}

/* ---- compiling ---- */

int
policy_set_compile(struct policy_set *s)
{
	struct policy_source *sources = calloc(s->policies.n, sizeof(*sources));
	int r;

	if (sources == NULL)
		return out_of_memory();
	for (size_t i = 0; i < s->policies.n; i++)
		sources[i] = (struct policy_source){ s->policies.file[i].path,
			buf_bytes(&s->policies.file[i].text) };
	r = policy_compile(&s->snapshot, sources, s->policies.n, &s->report);
	free(sources);
	if (r == 0)
		r = policy_open(&s->policy, buf_bytes(&s->snapshot));
	if (r < 0) {
		cli_error("%s", strerror(-r));
		return CLI_FAILED;
	}
	return r == 0 ? CLI_OK : CLI_CONFIG;
}

void
policy_set_advise(const struct policy_set *s)
{
	for (size_t i = 0; i < s->policies.n; i++)
		if (s->policies.file[i].template) {
			cli_try("%s is a template: say --set NAME=VALUE for each @NAME@ in it",
			    s->policies.file[i].path);
			return;
		}
}

void
policy_set_put_json(const struct policy_set *s, struct buf *b)
{
	struct bytes rest = buf_bytes(&s->report.out);

	members_dec(b, "errors", s->report.errors);
	members_dec(b, "warnings", s->report.warnings);
	members_dec(b, "policies", s->policies.n);
	members_dec(b, "rules", s->policy != NULL ? policy_rules(s->policy) : 0);
	members_text(b, "policy_id", s->policy != NULL ? policy_id(s->policy) : "");
	members_array(b, "messages");
	while (rest.len > 0) {
		struct bytes line = bytes_upto(rest, bytes_find(rest, '\n'));

		rest = bytes_from(rest, line.len + 1);
		members_bytes(b, NULL, line);
	}
	buf_put_u8(b, ']');
}

static void
files_deinit(struct policy_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->file[i].path);
		buf_deinit(&f->file[i].text);
	}
	free(f->file);
}

void
policy_set_deinit(struct policy_set *s)
{
	policy_close(s->policy);
	buf_deinit(&s->snapshot);
	text_report_deinit(&s->report);
	files_deinit(&s->policies);
	files_deinit(&s->expects);
	*s = (struct policy_set){ 0 };
}
