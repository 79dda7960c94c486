/*
 * manifest - see manifest.h: places, errors, paths, and the end of one.
 */
#include "host/lattice/manifest.h"

#include <stdio.h>

#include "host/lattice/manifest_priv.h"

enum { LINE_MOST = 512 };

struct manifest_at
manifest_where(struct bytes text, size_t at)
{
	struct manifest_at w = { 1, 1 };

	for (size_t i = 0; i < at && i < text.len; i++) {
		w.col++;
		if (text.ptr[i] == '\n')
			w = (struct manifest_at){ w.line + 1, 1 };
	}
	return w;
}

void
manifest_error(struct manifest_reading *rd, struct manifest_at at, const char *fmt, ...)
{
	char said[LINE_MOST], line[LINE_MOST * 2];
	va_list ap;

	if (rd->errors++ >= MANIFEST_ERRORS)
		return;
	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "%.256s:%u:%u: error: ", rd->m->file, at.line, at.col);
	buf_put_str(rd->report, line);
	buf_put_shown(rd->report, bytes_str(said));
	buf_put_u8(rd->report, '\n');
}

void
manifest_free(struct manifest *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->n_actors; i++) {
		free(m->actor[i].ref);
		free(m->actor[i].name);
		free(m->actor[i].key);
		pairs_deinit(&m->actor[i].annotations);
	}
	for (size_t i = 0; i < m->n_providers; i++) {
		free(m->provider[i].ref);
		free(m->provider[i].name);
		free(m->provider[i].key);
		free(m->provider[i].link_name);
		if (m->provider[i].configuration != NULL)
			wipe(m->provider[i].configuration, strlen(m->provider[i].configuration));
		free(m->provider[i].configuration);
		pairs_deinit(&m->provider[i].annotations);
	}
	for (size_t i = 0; i < m->n_links; i++) {
		free(m->link[i].actor);
		free(m->link[i].provider);
		free(m->link[i].contract);
		free(m->link[i].name);
		pairs_deinit(&m->link[i].values);
	}
	pairs_deinit(&m->labels);
	free(m->actor);
	free(m->provider);
	free(m->link);
	free(m->file);
	free(m);
}

void
manifest_freep(struct manifest **m)
{
	manifest_free(*m);
	*m = NULL;
}

static int
set_key(char **key, const char *text, enum nkey_type type)
{
	struct nkey k;
	char *copy;

	if (nkey_parse(&k, bytes_str(text)) != 0 || k.type != type)
		return MANIFEST_BAD;
	copy = model_copy(bytes_str(text));
	if (copy == NULL)
		return err_raise(-ENOMEM);
	free(*key);
	*key = copy;
	return 0;
}

int
manifest_actor_is(struct manifest_actor *a, const char *key)
{
	return set_key(&a->key, key, NKEY_MODULE);
}

int
manifest_provider_is(struct manifest_provider *p, const char *key)
{
	return set_key(&p->key, key, NKEY_SERVICE);
}

static bool
ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n > k && strcmp(s + n - k, end) == 0;
}

bool
manifest_is_path(const char *ref)
{
	if (ref[0] == '/' || strncmp(ref, "./", 2) == 0 || strncmp(ref, "../", 3) == 0 ||
	    strncmp(ref, "file://", 7) == 0)
		return true;
	return strpbrk(ref, ":@") == NULL && (ends_in(ref, ".wasm") || ends_in(ref, ".par"));
}

bool
manifest_path(struct buf *b, const char *file, const char *ref)
{
	const char *slash = strrchr(file, '/');

	if (!manifest_is_path(ref))
		return false;
	if (strncmp(ref, "file://", 7) == 0)
		ref += 7;
	if (strncmp(ref, "./", 2) == 0)
		ref += 2;
	if (ref[0] != '/' && slash != NULL)
		buf_put(b, bytes_of(file, (size_t)(slash - file) + 1));
	buf_put_str(b, ref);
	return true;
}
