/*
 * parent_metrics - the numbers of this host, as Prometheus' text in a file: `metrics { file }`. A
 * file and not a server: nobody speaks to the process with the keys, and node_exporter's textfile
 * collector takes it from there. Written beside its place and renamed, every few seconds.
 *
 * Labels are keys, link names and contracts of what runs here: they are in the inventory too, and
 * as many as its ceilings let there be. No value of a link is ever among them.
 * Source of the format: "Exposition formats", Prometheus' documentation, text 0.0.4.
 */
#include <stdio.h>
#include <unistd.h>

#include "gateway/io/whole.h"
#include "host/proc/parent_cells.h"
#include "host/proc/parent_providers.h"
#include "host/proc/parent_pull.h"

enum { METRICS_MS = 5000, METRICS_MAX = 8 << 20 };

static struct {
	uv_timer_t timer;
	const char *file; /* NULL: nobody wants them */
	char *beside;
	bool failing;
} self;

/* ---- the format ---- */

struct label {
	const char *name, *value;
};

static void
head(struct buf *b, const char *name, const char *kind, const char *help)
{
	buf_put_str(b, "# HELP portcullis_host_");
	buf_put_str(b, name);
	buf_put_u8(b, ' ');
	buf_put_str(b, help);
	buf_put_str(b, "\n# TYPE portcullis_host_");
	buf_put_str(b, name);
	buf_put_u8(b, ' ');
	buf_put_str(b, kind);
	buf_put_u8(b, '\n');
}

/* quote() - what is not printable ASCII stands as a question mark. */
static void
quote(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\' || *s == '"')
			buf_put_u8(b, '\\');
		buf_put_u8(b, *s < 0x20 || *s > 0x7e ? '?' : (uint8_t)*s);
	}
}

static void
sample(struct buf *b, const char *name, const struct label *l, size_t n, uint64_t value)
{
	buf_put_str(b, "portcullis_host_");
	buf_put_str(b, name);
	for (size_t i = 0; i < n; i++) {
		buf_put_str(b, i == 0 ? "{" : ",");
		buf_put_str(b, l[i].name);
		buf_put_str(b, "=\"");
		quote(b, l[i].value);
		buf_put_u8(b, '"');
	}
	buf_put_str(b, n > 0 ? "} " : " ");
	buf_put_dec(b, value);
	buf_put_u8(b, '\n');
}

static void
plain(struct buf *b, const char *name, const char *kind, const char *help, uint64_t value)
{
	head(b, name, kind, help);
	sample(b, name, NULL, 0, value);
}

/* state() - one line for each state something can have; 1 is the one it has. */
static void
state(struct buf *b, const char *name, struct label *l, size_t n, enum state is)
{
	l[n].name = "state";
	for (int s = 0; s < STATES; s++) {
		l[n].value = state_name((enum state)s);
		sample(b, name, l, n + 1, (int)is == s);
	}
}

/* ---- what is said ---- */

static void
put_host(struct buf *b)
{
	struct label version = { "version", PORTCULLIS_VERSION };
	uint64_t up_ms = uv_now(&host.loop) - host.born_ms;

	head(b, "build_info", "gauge", "The program that runs; always 1.");
	sample(b, "build_info", &version, 1, 1);
	plain(b, "start_time_seconds", "gauge", "When it was started.",
	    ((uint64_t)now_ms() - up_ms) / 1000);
	plain(b, "written_timestamp_seconds", "gauge", "When this was written.",
	    (uint64_t)now_ms() / 1000);
	head(b, "connection_up", "gauge", "1 while the connection is.");
	for (int w = 0; w < WIRES; w++) {
		struct label l = { "connection", wire_name((enum wire)w) };

		sample(b, "connection_up", &l, 1, link_up((enum wire)w));
	}
}

static void
put_calls(struct buf *b)
{
	static const char *const ends[PROVIDER_ANSWERS] = { "answered", "failed", "nobody", "late",
		"busy" };
	static const char *const looked[] = { "refused", "accepted" }, *const pulls[] = { "failed",
		"pulled" };

	head(b, "calls_total", "counter", "Calls that ended, by how.");
	for (int e = 0; e < PROVIDER_ANSWERS; e++) {
		struct label l = { "end", ends[e] };

		sample(b, "calls_total", &l, 1, calls_ended((enum provider_answer)e));
	}
	plain(b, "calls_under_way", "gauge", "Calls that have not ended.", calls_under_way());
	head(b, "artifacts_total", "counter", "Modules that were looked at.");
	for (int ok = 0; ok < 2; ok++) {
		struct label l = { "outcome", looked[ok] };

		sample(b, "artifacts_total", &l, 1, artifacts_seen(ok == 1));
	}
	head(b, "pulls_total", "counter", "Modules that a registry was asked for.");
	for (int ok = 0; ok < 2; ok++) {
		struct label l = { "outcome", pulls[ok] };

		sample(b, "pulls_total", &l, 1, pulls_ended(ok == 1));
	}
}

/* an actor's numbers, one after the other: a family's lines stand together */
static const struct {
	const char *name, *kind, *help;
} of_actor[] = {
	{ "actor_wanted", "gauge", "Instances that were asked for." },
	{ "actor_queue", "gauge", "Calls that wait for an idle instance." },
	{ "actor_restarts_total", "counter", "Instances that died since the actor was started." },
};

static uint64_t
number_of(const struct actor_run *a, size_t which)
{
	const uint64_t n[] = { a->model->want, a->queued, a->restarts };

	return n[which];
}

static void
put_instances(struct buf *b, const struct actor_run *a)
{
	struct label l[2] = { { "actor", a->model->claims.sub }, { "state", NULL } };
	uint64_t n[STATES] = { 0 };

	for (const struct model_instance *i = a->model->instances; i != NULL; i = i->next)
		if (i->status.state < STATES)
			n[i->status.state]++;
	for (int s = 0; s < STATES; s++) {
		l[1].value = state_name((enum state)s);
		sample(b, "instances", l, 2, n[s]);
	}
}

static void
put_actors(struct buf *b)
{
	head(b, "actor_state", "gauge", "1 for the state the actor is in.");
	for (const struct actor_run *a = actors_first(); a != NULL; a = a->next) {
		struct label l[2] = { { "actor", a->model->claims.sub } };

		state(b, "actor_state", l, 1, a->model->status.state);
	}
	head(b, "instances", "gauge", "Instances of an actor by their state.");
	for (const struct actor_run *a = actors_first(); a != NULL; a = a->next)
		put_instances(b, a);
	for (size_t i = 0; i < sizeof(of_actor) / sizeof(of_actor[0]); i++) {
		head(b, of_actor[i].name, of_actor[i].kind, of_actor[i].help);
		for (const struct actor_run *a = actors_first(); a != NULL; a = a->next) {
			struct label l = { "actor", a->model->claims.sub };

			sample(b, of_actor[i].name, &l, 1, number_of(a, i));
		}
	}
}

static void
put_provider(struct buf *b, const char *name, const struct model_provider *p, bool restarts)
{
	struct label l[4] = { { "provider", p->claims.sub }, { "link", p->link_name },
		{ "contract", p->claims.contract } };
	const struct provider_run *run =
	    providers_run(bytes_str(p->claims.sub), bytes_str(p->link_name));

	if (!restarts)
		state(b, name, l, 3, p->status.state);
	else if (run != NULL)
		sample(b, name, l, 3, provider_status(run->provider)->restarts);
}

static void
put_providers(struct buf *b)
{
	head(b, "provider_state", "gauge", "1 for the state the provider is in.");
	for (const struct model_provider *p = model_providers(host.model); p != NULL; p = p->next)
		put_provider(b, "provider_state", p, false);
	head(b, "provider_restarts_total", "counter", "How many processes had its place before.");
	for (const struct model_provider *p = model_providers(host.model); p != NULL; p = p->next)
		put_provider(b, "provider_restarts_total", p, true);
}

static void
put_links(struct buf *b)
{
	uint64_t n[STATES] = { 0 };

	for (const struct model_link *l = model_links(host.model); l != NULL; l = l->next)
		if (l->status.state < STATES)
			n[l->status.state]++;
	head(b, "links", "gauge",
	    "Links of the lattice by their state here; stopped: their provider is not here.");
	for (int s = 0; s < STATES; s++) {
		struct label l = { "state", state_name((enum state)s) };

		sample(b, "links", &l, 1, n[s]);
	}
}

/* ---- the file ---- */

/* save() - the file is ours alone until it is whole: who could put a link in its folder leads
 * nowhere. */
static int
save(struct bytes text)
{
	int fd, r;

	if (unlink(self.beside) != 0 && errno != ENOENT)
		return -errno;
	fd = open(self.beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	r = whole_write(fd, text);
	close(fd);
	if (r == 0 && rename(self.beside, self.file) != 0)
		r = -errno;
	return r;
}

static void
say(enum log_level level, const char *event, int r)
{
	struct log_line l;

	log_begin(&l, level, event);
	log_str(&l, "file", self.file);
	if (r != 0)
		log_errno(&l, -r);
	log_end(&l);
}

static void
on_timer(uv_timer_t *t)
{
	struct buf b;
	int r;

	(void)t;
	buf_init(&b, METRICS_MAX);
	put_host(&b);
	put_calls(&b);
	put_actors(&b);
	put_providers(&b);
	put_links(&b);
	r = buf_failed(&b) ? -ENOMEM : save(buf_bytes(&b));
	buf_deinit(&b);
	/* said when it begins and when it is over */
	if (r != 0 && !self.failing)
		say(LOG_ERR, "metrics_not_written", r);
	else if (r == 0 && self.failing)
		say(LOG_INF, "metrics_written", 0);
	self.failing = r != 0;
}

int
metrics_begin(void)
{
	self.file = host.conf->value[HC_METRICS].text;
	if (self.file == NULL)
		return 0;
	if (asprintf(&self.beside, "%s.new", self.file) < 0) {
		self.beside = NULL;
		return err_raise(-ENOMEM);
	}
	uv_timer_init(&host.loop, &self.timer);
	uv_timer_start(&self.timer, on_timer, 0, METRICS_MS);
	return 0;
}

void
metrics_end(void)
{
	if (self.file == NULL)
		return;
	uv_timer_stop(&self.timer);
	/* numbers of a host that is gone are no numbers */
	(void)!unlink(self.file);
	free(self.beside);
	self.beside = NULL;
	self.file = NULL;
}
