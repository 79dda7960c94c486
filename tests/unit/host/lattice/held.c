#include "tests/unit/host/lattice/held.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { PATH = 256, SEEN = 256 };

static char seen[SEEN][64];
static size_t n_seen;

cJSON *
held_table(const char *file)
{
	static char text[65536];
	char path[512];
	cJSON *t;
	size_t n;
	FILE *f;

	n_seen = 0;
	snprintf(path, sizeof(path), "%s/lattice/%s", getenv("VECTORS"), file);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = 0;
	t = cJSON_Parse(text);
	ck_assert_msg(t != NULL, "%s is not JSON", path);
	return t;
}

static bool
is_kind(const cJSON *v, const char *kind)
{
	switch (kind[0]) {
	case 's':
		return cJSON_IsString(v);
	case 'n':
		return cJSON_IsNumber(v);
	case 'b':
		return cJSON_IsBool(v);
	case 'o':
		return cJSON_IsObject(v);
	case 'a':
		return cJSON_IsArray(v);
	default:
		return false;
	}
}

static bool
is_ours(const cJSON *row, const char *path)
{
	const cJSON *e;

	cJSON_ArrayForEach(e, cJSON_GetObjectItemCaseSensitive(
				  row, "ours")) if (strcmp(e->valuestring, path) == 0) return true;
	return false;
}

/* note() - every field that was met, to find those that were not. */
static void
note(char met[SEEN][PATH], size_t *n, const char *path)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(met[i], path) == 0)
			return;
	ck_assert(*n < SEEN);
	snprintf(met[(*n)++], PATH, "%s", path);
}

static void
walk(const cJSON *row, const cJSON *v, const char *path, char met[SEEN][PATH], size_t *n,
    const char *name)
{
	const cJSON *fields = cJSON_GetObjectItemCaseSensitive(row, "fields"), *kind, *e;
	char below[PATH];

	if (path[0] != 0) {
		kind = cJSON_GetObjectItemCaseSensitive(fields, path);
		if (kind != NULL)
			ck_assert_msg(is_kind(v, kind->valuestring), "%s: %s is no %s", name, path,
			    kind->valuestring);
		else
			ck_assert_msg(is_ours(row, path), "%s: nobody knows %s", name, path);
		note(met, n, path);
	}
	cJSON_ArrayForEach(e, v)
	{
		const char *as = e->string;

		if (cJSON_IsArray(v)) {
			if (!cJSON_IsObject(e))
				continue;
			for (const cJSON *m = e->child; m != NULL; m = m->next) {
				snprintf(below, sizeof(below), "%s[].%s", path, m->string);
				walk(row, m, below, met, n, name);
			}
			continue;
		}
		if (strlen(as) == 56 && as[0] == 'M')
			as = "M";
		else if (strlen(as) == 56 && as[0] == 'V')
			as = "V";
		snprintf(below, sizeof(below), "%s%s%s", path, path[0] != 0 ? "." : "", as);
		walk(row, e, below, met, n, name);
	}
}

void
held(const cJSON *table, const char *name, struct bytes text, const char *inside)
{
	static char met[SEEN][PATH];
	const cJSON *row = cJSON_GetObjectItemCaseSensitive(table, name), *want, *v;
	cJSON *all = cJSON_ParseWithLengthOpts((const char *)text.ptr, text.len, NULL, 0);
	size_t n = 0;

	ck_assert_msg(row != NULL, "no row %s", name);
	ck_assert_msg(
	    all != NULL, "%s: not JSON: %.*s", name, (int)text.len, (const char *)text.ptr);
	v = inside != NULL ? cJSON_GetObjectItemCaseSensitive(all, inside) : all;
	ck_assert_msg(cJSON_IsObject(v), "%s: no object", name);
	walk(row, v, "", met, &n, name);
	cJSON_ArrayForEach(want, cJSON_GetObjectItemCaseSensitive(row, "fields"))
	{
		bool found = false;

		for (size_t i = 0; i < n; i++)
			found |= strcmp(met[i], want->string) == 0;
		ck_assert_msg(found, "%s: %s is missing in %.*s", name, want->string, (int)text.len,
		    (const char *)text.ptr);
	}
	cJSON_Delete(all);
	snprintf(seen[n_seen++ % SEEN], sizeof(seen[0]), "%s", name);
}

void
held_all(const cJSON *table)
{
	const cJSON *row;

	cJSON_ArrayForEach(row, table)
	{
		bool found = strcmp(row->string, "about") == 0;

		for (size_t i = 0; i < n_seen && i < SEEN; i++)
			found |= strcmp(seen[i], row->string) == 0;
		ck_assert_msg(found, "no test holds %s", row->string);
	}
}
