/*
 * parent_watch - files of the manifest, while they are worked on: a module that was built and signed anew becomes
 * an update of the actor that runs from it, with no call lost. Its folder is watched and not the file, since tools
 * put a new file in the place of the old. What is broken, by somebody else, older or not pinned changes nothing and
 * is said. Same revision, other bytes is taken here, and only here: who builds every minute does not count.
 */
#include <limits.h>
#include <stdio.h>

#include "host/proc/parent_manifest.h"

enum { QUIET_MS = 200, FOLDERS = 64 };

static struct {
	uv_fs_event_t folder[FOLDERS];
	char path[FOLDERS][PATH_MAX];
	size_t n;
	uv_timer_t quiet; /* since the last change: builds write more than once */
	bool changed[MANIFEST_ITEMS];
} self;

static const char *
base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static void
refused(const struct manifest_actor *a, const char *why)
{
	struct model_actor *m = model_actor(host.model, bytes_str(a->key));
	struct event e = { .kind = EVENT_ACTOR_UPDATE_FAILED, .actor = m, .reason = why };
	struct log_line l;

	log_begin(&l, LOG_ERR, "watch_refused");
	log_str(&l, "ref", a->ref);
	log_str(&l, "why", why);
	log_end(&l);
	if (m != NULL)
		events_tell(&e);
}

/* renew() - Return: is it to be tried again soon? */
static bool
renew(const struct manifest_actor *a)
{
	struct model_actor *m = model_actor(host.model, bytes_str(a->key));
	char path[MODEL_REF + 1], real[PATH_MAX], ref[PATH_MAX + 8], why[REQUEST_ERROR] = "not there";
	struct artifact *artifact = NULL;
	const char *no = NULL;
	bool again = false;

	if (m == NULL || !local_path(a, path))
		return false;
	if (realpath(path, real) == NULL || artifact_open(real, &artifact, why) != 0) {
		refused(a, why);
		return false;
	}
	snprintf(ref, sizeof(ref), "file://%s", real);
	if (strcmp(m->digest, artifact->digest) != 0) {
		no = local_may(a, artifact, true);
		if (no == NULL)
			no = actors_renew(bytes_str(ref), artifact, &again);
	}
	if (no != NULL && !again)
		refused(a, no);
	artifact_drop(artifact);
	return again;
}

static void
on_quiet(uv_timer_t *t)
{
	struct manifest *m = local_manifest();
	bool again = false;

	for (size_t i = 0; i < m->n_actors && host.state != HOST_LEAVING; i++) {
		if (!self.changed[i])
			continue;
		self.changed[i] = renew(&m->actor[i]);
		again = again || self.changed[i];
	}
	if (again)
		uv_timer_start(t, on_quiet, QUIET_MS, 0);
}

static void
on_change(uv_fs_event_t *f, const char *name, int events, int status)
{
	struct manifest *m = local_manifest();
	char path[MODEL_REF + 1];

	(void)f;
	(void)events;
	for (size_t i = 0; i < m->n_actors; i++)
		if (status == 0 && local_path(&m->actor[i], path) && (name == NULL || strcmp(base(path), name) == 0)) {
			self.changed[i] = true;
			uv_timer_start(&self.quiet, on_quiet, QUIET_MS, 0);
		}
}

/* watch() - a folder, once. */
static void
watch(const char *path)
{
	char folder[PATH_MAX];
	int r;

	snprintf(folder, sizeof(folder), "%.*s", (int)(base(path) - path), path);
	for (size_t i = 0; i < self.n; i++)
		if (strcmp(self.path[i], folder) == 0)
			return;
	if (self.n == FOLDERS) {
		log_event(LOG_WRN, "watch_full");
		return;
	}
	uv_fs_event_init(&host.loop, &self.folder[self.n]);
	r = uv_fs_event_start(&self.folder[self.n], on_change, folder, 0);
	if (r != 0) {
		struct log_line l;

		log_begin(&l, LOG_ERR, "watch_refused");
		log_str(&l, "ref", folder);
		log_str(&l, "why", uv_strerror(r));
		log_end(&l);
		return;
	}
	strcpy(self.path[self.n++], folder);
}

void
watch_begin(void)
{
	struct manifest *m = local_manifest();
	char path[MODEL_REF + 1];

	if (m == NULL || !host.conf->watch)
		return;
	uv_timer_init(&host.loop, &self.quiet);
	for (size_t i = 0; i < m->n_actors; i++)
		if (local_path(&m->actor[i], path))
			watch(path);
	log_event(LOG_INF, "watching");
}
