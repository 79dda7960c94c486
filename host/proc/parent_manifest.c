/*
 * parent_manifest - the host does for itself what `portcullis apply` does for a lattice: the same manifest, the
 * same lock file, the same difference (host/lattice/plan.h), without a command. The manifest is the word of who
 * started the host, so its files need not lie in `artifacts`; who signed them, and what is pinned, counts as ever.
 *
 * What cannot be done does not keep the rest from running: it is said, told as an event, and done again by nobody.
 */
#include "host/proc/parent_manifest.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "host/proc/parent_pull.h"
#include "policy/core/wipe.h"

enum { REPORT_MAX = 64 * 1024 };

static struct {
	struct manifest *m;
	struct lock pinned, found;
	char lock_file[PATH_MAX];
	bool tried[MANIFEST_ITEMS]; /* actors: once */
	bool unsaved;
	struct request q;
	struct body_list none, list;
	struct body_pair pair[PAIRS_MAX];
	char why[REQUEST_ERROR];
} self;

static void
say(enum log_level level, const char *event, const char *ref, const char *why)
{
	struct log_line l;

	log_begin(&l, level, event);
	if (ref != NULL)
		log_str(&l, "ref", ref);
	if (why != NULL)
		log_str(&l, "why", why);
	log_end(&l);
}

/* ---- the two files ---- */

static const char *
variable(void *ctx, const char *name)
{
	size_t n = strlen(name);

	(void)ctx;
	for (char **e = host.conf->env; e != NULL && *e != NULL; e++)
		if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

static int
read_text(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	while (r == 0 && n > 0) {
		uint8_t *p = buf_reserve(out, 4096);

		n = p != NULL ? read(fd, p, 4096) : 0;
		r = p == NULL ? -EFBIG : n < 0 ? -errno : 0;
		out->len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return r;
}

/* not_read() - the first mistake; the others are told when that one is mended. */
static int
not_read(const char *file, const struct buf *report, int r)
{
	struct log_line l;

	log_begin(&l, LOG_FTL, "manifest_not_read");
	log_str(&l, "file", file);
	if (report->len > 0)
		log_bytes(&l, "why", bytes_upto(buf_bytes(report), bytes_find(buf_bytes(report), '\n')));
	else
		log_str(&l, "why", r == -ENOENT && host.conf->locked ? "not there, and `locked` takes only what it pins"
								     : strerror(-r));
	log_end(&l);
	return -1;
}

static int
read_manifest(const char *file, struct buf *report)
{
	static const struct manifest_env env = { NULL, variable };
	struct buf text;
	int r;

	buf_init(&text, MANIFEST_MAX);
	r = read_text(file, &text);
	if (r == 0)
		r = manifest_read(&self.m, file, buf_bytes(&text), &env, report);
	if (text.ptr != NULL)
		wipe(text.ptr, text.len);
	buf_deinit(&text);
	return r;
}

static int
read_lock(struct buf *report)
{
	struct buf text;
	int r;

	buf_init(&text, LOCK_MAX);
	r = read_text(self.lock_file, &text);
	if (r == 0)
		r = lock_read(&self.pinned, self.lock_file, buf_bytes(&text), report);
	else if (r == -ENOENT && !host.conf->locked)
		r = 0;
	buf_deinit(&text);
	return r;
}

static int
labels(void)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < self.m->labels.n; i++) {
		const struct pair *p = &self.m->labels.at[i];

		r = model_label_put(host.model, bytes_str(p->key), bytes_str(p->value));
		if (r > 0 && r != MODEL_SAME && r != MODEL_CHANGED)
			say(LOG_WRN, "manifest_refused", p->key, model_why(r));
	}
	return r < 0 ? -1 : 0;
}

int
local_begin(void)
{
	const char *given = host.conf->value[HC_MANIFEST].text, *slash;
	struct buf report;
	char file[PATH_MAX];
	int r;

	if (given == NULL)
		return 0;
	buf_init(&report, REPORT_MAX);
	if (realpath(given, file) == NULL)
		return not_read(given, &report, -errno);
	slash = strrchr(file, '/');
	r = snprintf(self.lock_file, sizeof(self.lock_file), "%.*s/portcullis.lock", (int)(slash - file), file) <
			(int)sizeof(self.lock_file)
		? read_manifest(file, &report)
		: -ENAMETOOLONG;
	if (r != 0) {
		r = not_read(file, &report, r);
	} else {
		r = read_lock(&report);
		r = r != 0 ? not_read(self.lock_file, &report, r) : labels();
	}
	buf_deinit(&report);
	return r;
}

/* save() - what is pinned, whole or not at all. */
static void
save(void)
{
	char fresh[PATH_MAX + 8];
	struct buf out;
	int fd, r = 0;

	if (!self.unsaved)
		return;
	self.unsaved = false;
	buf_init(&out, LOCK_MAX);
	lock_put(&out, &self.pinned);
	snprintf(fresh, sizeof(fresh), "%s.new", self.lock_file);
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || buf_failed(&out))
		r = fd < 0 ? -errno : -EFBIG;
	else if (write(fd, out.ptr, out.len) != (ssize_t)out.len || fsync(fd) != 0)
		r = errno != 0 ? -errno : -EIO;
	if (fd >= 0)
		close(fd);
	if (r == 0 && rename(fresh, self.lock_file) != 0)
		r = -errno;
	buf_deinit(&out);
	if (r != 0)
		say(LOG_WRN, "lock_not_written", self.lock_file, strerror(-r));
}

/* ---- one actor ---- */

struct manifest *
local_manifest(void)
{
	return self.m;
}

bool
local_path(const struct manifest_actor *a, char out[MODEL_REF + 1])
{
	struct buf b;
	bool is;

	buf_init(&b, MODEL_REF + 1);
	is = manifest_path(&b, self.m->file, a->ref);
	buf_put_u8(&b, '\0');
	is = is && !buf_failed(&b);
	if (is)
		memcpy(out, b.ptr, b.len);
	buf_deinit(&b);
	return is;
}

const char *
local_may(const struct manifest_actor *a, const struct artifact *artifact, bool watched)
{
	struct lock_item item = { .kind = LOCK_ACTOR,
		.revision = artifact->claims.has_rev ? artifact->claims.rev : 0 };
	enum lock_drift d;

	if (strlen(a->ref) >= sizeof(item.ref))
		return "the reference is too long";
	strcpy(item.ref, a->ref);
	nkey_format(&artifact->claims.sub, item.key);
	nkey_format(&artifact->claims.iss, item.issuer);
	memcpy(item.digest, artifact->digest, sizeof(artifact->digest));
	d = lock_drift(&self.pinned, &item);
	if (!lock_accepts(d, host.conf->locked) && !(watched && !host.conf->locked && d == LOCK_OTHER_BYTES))
		return lock_drift_words(d);
	if (lock_set(&self.found, &item) != 0 || (d != LOCK_AS_PINNED && lock_set(&self.pinned, &item) != 0))
		return "it cannot be pinned";
	self.unsaved = self.unsaved || d != LOCK_AS_PINNED;
	save();
	return NULL;
}

static const struct body_list *
list_of(const struct pairs *p)
{
	for (size_t i = 0; i < p->n && i < PAIRS_MAX; i++)
		self.pair[i] = (struct body_pair){ .key = bytes_str(p->at[i].key),
			.value = bytes_str(p->at[i].value),
			.next = i + 1 < p->n && i + 1 < PAIRS_MAX ? &self.pair[i + 1] : NULL };
	self.list = (struct body_list){ p->n > 0 ? self.pair : NULL, NULL, p->n };
	return &self.list;
}

static struct request *
request_for(enum verb verb, const char *ref, const struct pairs *annotations)
{
	struct request *q = &self.q;

	memset(q, 0, sizeof(*q));
	q->verb = verb;
	q->dialect = host.dialect;
	q->ref = bytes_str(ref);
	q->labels = q->registries = q->credentials = &self.none;
	q->annotations = list_of(annotations);
	return q;
}

static void
refused(const struct request *q, const char *ref, const char *why)
{
	say(LOG_ERR, "manifest_refused", ref, why);
	actors_not_started(q, why);
}

/* run() - from an artifact that was looked at; drops it. */
static void
run(struct manifest_actor *a, struct artifact *artifact, const char *ref)
{
	struct request *q = request_for(VERB_ACTOR_SCALE, ref, &a->annotations);
	const char *why = local_may(a, artifact, false);
	char key[NKEY_TEXT_LEN + 1];

	q->has_count = true;
	q->count = a->count;
	nkey_format(&artifact->claims.sub, key);
	if (a->era != ERA_UNKNOWN)
		artifact->era = a->era;
	if (why != NULL)
		refused(q, a->ref, why);
	else if ((why = actors_run(q, artifact)) != NULL)
		say(LOG_ERR, "manifest_refused", a->ref, why);
	else if (manifest_actor_is(a, key) != 0)
		say(LOG_ERR, "manifest_refused", a->ref, "not an actor's key");
	artifact_drop(artifact);
}

static void
on_pulled(void *ctx, const char *why)
{
	struct manifest_actor *a = ctx;
	struct artifact *artifact = NULL;

	if (why == NULL && artifact_get(bytes_str(a->ref), &artifact, self.why) != 0)
		why = self.why;
	if (why != NULL)
		refused(request_for(VERB_ACTOR_SCALE, a->ref, &a->annotations), a->ref, why);
	else
		run(a, artifact, a->ref);
	local_apply();
}

static void
start_actor(struct manifest_actor *a)
{
	struct artifact *artifact = NULL;
	char path[MODEL_REF + 1], real[PATH_MAX], ref[PATH_MAX + 8];
	struct image image;
	const char *why = NULL;

	if (!local_path(a, path)) {
		if (image_parse(bytes_str(a->ref), &image, &why) == 0)
			why = image.scheme == IMAGE_OCI ? pull_begin(&image, on_pulled, a) : "neither a file nor an image";
	} else if (realpath(path, real) == NULL) {
		snprintf(self.why, sizeof(self.why), "%.200s", strerror(errno));
		why = self.why;
	} else if (artifact_open(real, &artifact, self.why) != 0) {
		why = self.why;
	} else {
		snprintf(ref, sizeof(ref), "file://%s", real);
		run(a, artifact, ref);
	}
	if (why != NULL)
		refused(request_for(VERB_ACTOR_SCALE, a->ref, &a->annotations), a->ref, why);
}

/* ---- providers and links ---- */

static void
start_provider(const struct manifest_provider *p)
{
	struct request *q = request_for(VERB_PROVIDER_START, p->ref, &p->annotations);
	const char *why;

	q->link_name = bytes_str(p->link_name);
	if (p->configuration != NULL)
		q->configuration = bytes_str(p->configuration);
	why = providers_start(q);
	if (why != NULL)
		say(LOG_ERR, "manifest_refused", p->ref, why);
}

static void
put_link(const struct manifest_link *l, const struct plan_seen *s)
{
	const char *contract = l->contract, *actor = manifest_link_actor(l), *provider = manifest_link_provider(l);
	struct body_link link = { .source = bytes_str(actor), .target = bytes_str(provider), .name = bytes_str(l->name) };
	const char *why;

	for (size_t i = 0; contract[0] == '\0' && i < s->n_providers; i++)
		if (strcmp(s->provider[i].key, provider) == 0)
			contract = s->provider[i].contract;
	if (actor[0] == '\0' || provider[0] == '\0' || contract[0] == '\0')
		return; /* one of them does not run, which was said; or does not yet */
	link.contract = bytes_str(contract);
	link.values = *list_of(&l->values);
	why = links_put(&link, true);
	if (why != NULL)
		say(LOG_ERR, "manifest_refused", l->actor, why);
}

/* ---- the difference ---- */

static bool
see(struct plan_seen *s)
{
	for (const struct model_actor *a = model_actors(host.model); a != NULL; a = a->next) {
		struct plan_actor *p = plan_see_actor(s);

		if (p == NULL)
			return false;
		strcpy(p->key, a->claims.sub);
		p->wanted = a->want;
	}
	for (const struct model_provider *m = model_providers(host.model); m != NULL; m = m->next) {
		struct plan_provider *p = plan_see_provider(s);

		if (p == NULL)
			return false;
		strcpy(p->key, m->claims.sub);
		snprintf(p->ref, sizeof(p->ref), "%s", m->ref);
		snprintf(p->link_name, sizeof(p->link_name), "%s", m->link_name);
		snprintf(p->contract, sizeof(p->contract), "%s", m->claims.contract);
	}
	for (const struct model_link *m = model_links(host.model); m != NULL; m = m->next) {
		struct plan_link *p = plan_see_link(s);

		if (p == NULL || pairs_copy(&p->values, &m->values) != 0)
			return false;
		strcpy(p->actor, m->actor);
		strcpy(p->provider, m->provider);
		snprintf(p->contract, sizeof(p->contract), "%s", m->contract);
		snprintf(p->name, sizeof(p->name), "%s", m->name);
	}
	return true;
}

static void
do_step(const struct plan_step *t, const struct plan_seen *s, bool links)
{
	if (links && t->link != NULL)
		put_link(t->link, s);
	if (links || t->link != NULL)
		return;
	if (t->what == PLAN_START_PROVIDER)
		start_provider(t->provider);
	if (t->what == PLAN_START_ACTOR && !self.tried[t->actor - self.m->actor]) {
		self.tried[t->actor - self.m->actor] = true;
		start_actor(&self.m->actor[t->actor - self.m->actor]);
	}
}

/* round_of() - first what runs, then what joins it. */
static void
round_of(bool links)
{
	struct plan_seen seen = { 0 };
	struct plan p = { 0 };

	if (!see(&seen) || plan_resolve(self.m, &self.found, NULL, &seen, NULL, NULL) != 0 ||
	    plan_make(&p, self.m, NULL, &seen, NULL) != 0)
		log_event(LOG_ERR, "out_of_memory");
	for (size_t i = 0; i < p.n; i++)
		do_step(&p.step[i], &seen, links);
	plan_deinit(&p);
	plan_seen_deinit(&seen);
}

void
local_apply(void)
{
	if (self.m == NULL || host.state == HOST_LEAVING)
		return;
	round_of(false);
	round_of(true);
	say(LOG_INF, "manifest_applied", self.m->file, NULL);
}
