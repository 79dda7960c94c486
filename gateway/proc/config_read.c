/*
 * config_read - what the readers of every section of gateway.conf do: find the section, take its
 * paths and numbers, and remember that something was wrong without stopping at it.
 */
#include <limits.h>

#include "gateway/proc/config_priv.h"

void
config_note(struct config_reader *rd, int r)
{
	if (r == TEXT_BAD)
		rd->bad = true;
	else if (r != 0)
		rd->failed = true;
}

/* path_resolve() - @s against the file's folder, as owned absolute text; NULL when out of memory.
 */
static char *
path_resolve(const struct config *c, struct bytes s)
{
	struct buf b;

	buf_init(&b, PATH_MAX - 1);
	if (s.len == 0 || s.ptr[0] != '/') {
		buf_put_str(&b, c->dir);
		if (b.len == 0 || b.ptr[b.len - 1] != '/')
			buf_put_str(&b, "/");
	}
	buf_put(&b, s);
	return buf_take(&b, NULL);
}

void
config_path_set(struct config_reader *rd, const struct text_node *e, char **field, struct bytes s)
{
	if (s.len == 0 || s.len >= PATH_MAX - strlen(rd->c->dir) - 2) {
		text_error(rd->r, rd->t, e, "a path of %zu bytes is not usable", s.len);
		rd->bad = true;
		return;
	}
	*field = path_resolve(rd->c, s);
	if (*field == NULL)
		rd->failed = true;
}

#define FIELD(rd, at) ((char **)(void *)((char *)(rd)->c + (at)))

static void
read_path(struct config_reader *rd, struct text_node *block, const struct config_path *p)
{
	struct text_node *e = text_find(block, p->key);
	struct bytes s = bytes_str(p->fallback);

	if (e == NULL && p->missing != NULL) {
		text_error(rd->r, rd->t, block == rd->t->root ? NULL : block,
		    "%s is missing: write `%s`", p->key, p->missing);
		rd->bad = true;
	}
	if (e != NULL) {
		int r = text_get_string(rd->t, e, &s, rd->r);

		config_note(rd, r);
		if (r == 0)
			config_path_set(rd, e, FIELD(rd, p->at), s);
	} else if (p->fallback != NULL) {
		config_path_set(rd, NULL, FIELD(rd, p->at), s);
	}
}

void
config_paths(
    struct config_reader *rd, struct text_node *block, const struct config_path *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		read_path(rd, block, &p[i]);
}

struct text_node *
config_section(struct config_reader *rd, const char *kind)
{
	struct text_node *n = text_find(rd->t->root, kind);

	if (n == NULL)
		return NULL;
	if (n->kind != TEXT_SECTION || n->label.len != 0) {
		text_error(rd->r, rd->t, n, "%s is a section without a name: write `%s { ... }`",
		    kind, kind);
		rd->bad = true;
		return NULL;
	}
	return n;
}

void
config_numbers(
    struct config_reader *rd, struct text_node *s, const struct config_number *l, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct text_node *e = s != NULL ? text_find(s, l[i].key) : NULL;
		char *at = (char *)rd->c + l[i].at;
		uint64_t v = l[i].preset;

		if (l[i].unit == UNIT_SIZE)
			config_note(rd, text_get_size(rd->t, e, l[i].min, l[i].max, &v, rd->r));
		else if (l[i].unit == UNIT_TIME)
			config_note(
			    rd, text_get_duration_ms(rd->t, e, l[i].min, l[i].max, &v, rd->r));
		else
			config_note(rd, text_get_number(rd->t, e, l[i].min, l[i].max, &v, rd->r));
		if (l[i].wide)
			memcpy(at, &v, sizeof(v));
		else
			memcpy(at, &(uint32_t){ (uint32_t)v }, sizeof(uint32_t));
	}
}
