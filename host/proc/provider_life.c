/*
 * provider_life - from a program to a process and back. A provider that ended is started again,
 * each time later, until it ran well for a while; its links stay, and are opened again for the next
 * process.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/proc/provider_priv.h"

static void on_exit_of(uv_poll_t *poll, int status, int events);

static void
let_go(uv_handle_t *h)
{
	free(h);
}

struct provider_watch *
provider_watching(uv_loop_t *loop, int fd, int events, void *owner, uv_poll_cb on)
{
	struct provider_watch *w = calloc(1, sizeof(*w));

	if (w == NULL || uv_poll_init(loop, &w->poll, fd) != 0) {
		free(w);
		close(fd);
		return NULL;
	}
	w->fd = fd;
	w->owner = owner;
	w->poll.data = w;
	uv_poll_start(&w->poll, events, on);
	return w;
}

void
provider_unwatch(struct provider_watch *w, bool keep)
{
	if (w == NULL)
		return;
	uv_poll_stop(&w->poll);
	if (!keep)
		close(w->fd);
	uv_close((uv_handle_t *)&w->poll, let_go);
}

uint64_t
provider_after(unsigned fails)
{
	uint64_t ms = PROVIDER_RETRY_MS;

	for (; fails > 0 && ms < PROVIDER_RETRY_MAX_MS; fails--)
		ms *= 2;
	return ms < PROVIDER_RETRY_MAX_MS ? ms : PROVIDER_RETRY_MAX_MS;
}

/* ---- states ---- */

void
provider_now(struct provider *p, enum provider_state state, const char *why)
{
	if (p->status.state == state && strcmp(p->status.why, why) == 0)
		return;
	if (p->status.state != state)
		p->status.since_s = time(NULL);
	p->status.state = state;
	provider_plain(p->status.why, sizeof(p->status.why), bytes_str(why));
	p->changed = true;
	provider_changed(p);
}

void
provider_judge(struct provider *p)
{
	const struct provider_link_of *bad = NULL;
	char why[PROVIDER_WHY];

	p->status.links = p->status.links_failed = 0;
	for (const struct provider_link_of *l = p->links; l != NULL; l = l->next) {
		p->status.links++;
		if (l->state != PROVIDER_LINK_FAILED)
			continue;
		p->status.links_failed++;
		bad = bad != NULL ? bad : l;
	}
	if (p->status.state != PROVIDER_RUNNING && p->status.state != PROVIDER_DEGRADED)
		return;
	if (bad == NULL) {
		provider_now(p, PROVIDER_RUNNING, "");
		return;
	}
	snprintf(why, sizeof(why), "%.56s: %.170s", bad->actor, bad->why);
	provider_now(p, PROVIDER_DEGRADED, why);
}

/* ---- the process ---- */

void
provider_kill(struct provider *p, const char *why)
{
	if (p->last[0] == '\0')
		provider_plain(p->last, sizeof(p->last), bytes_str(why));
	/* without namespaces it may have started others: they are of its session */
	if (p->pid != 0 && !p->killed) {
		if (!p->status.namespaces)
			(void)kill(-p->pid, SIGKILL);
		(void)syscall(SYS_pidfd_send_signal, p->exit->fd, SIGKILL, NULL, 0);
	}
	p->killed = true;
	if (p->channel.fd >= 0)
		channel_close(&p->channel);
}

/* say_setup() - what it keeps, and who it is. */
static int
say_setup(struct provider *p)
{
	struct msg_provider_setup m = { .key = bytes_str(p->key),
		.contract = bytes_str(p->contract),
		.link_name = bytes_str(p->link_name),
		.host_id = bytes_str(p->all->host_id),
		.lattice = bytes_str(p->all->lattice),
		.config = p->config };
	int folder = provider_folder(p), r = 0;

	if (folder >= 0) {
		(void)frame_begin(&p->channel, MSG_PROVIDER_FOLDER);
		r = frame_end(&p->channel, folder);
	} else if (folder != -ENOENT || p->kind->folder) {
		return err_raise(folder);
	}
	msg_provider_setup_put(frame_begin(&p->channel, MSG_PROVIDER_SETUP), &m);
	if (r == 0)
		r = frame_end(&p->channel, -1);
	return err_pass(r);
}

/* failed() - it does not run; it is tried again. */
static void
failed(struct provider *p, const char *why)
{
	uint64_t now = uv_now(p->all->loop), ms;

	if (p->born_ms != 0 && now - p->born_ms > PROVIDER_WELL_MS)
		p->fails = 0;
	ms = provider_after(p->fails++);
	p->retry_ms = now + ms;
	p->status.retry_s = time(NULL) + (int64_t)(ms + 999) / 1000;
	provider_now(p, PROVIDER_BROKEN, why);
}

void
provider_begin(struct provider *p)
{
	char why[PROVIDER_WHY] = "";
	int channel = -1, pidfd = -1, r;

	p->retry_ms = 0;
	p->status.retry_s = 0;
	p->last[0] = '\0';
	p->killed = false;
	p->status.walls = 0;
	p->born_ms = uv_now(p->all->loop);
	r = provider_spawn(p, &channel, &pidfd, why, sizeof(why));
	if (r != 0) {
		failed(p, why);
		return;
	}
	p->status.pid = p->pid;
	provider_now(p, PROVIDER_STARTING, "");
	p->exit = provider_watching(p->all->loop, pidfd, UV_READABLE, p, on_exit_of);
	if (p->exit == NULL) {
		(void)kill(p->pid, SIGKILL); /* not waited for yet: the number is its own */
		p->pid = p->status.pid = 0;
		close(channel);
		failed(p, "out of memory");
		return;
	}
	r = channel_open(&p->channel, p->all->loop, channel, "provider", 0, provider_says());
	if (r == 0)
		r = say_setup(p);
	if (r != 0) {
		snprintf(why, sizeof(why), "it cannot be set up: %s", strerror(-r));
		provider_kill(p, why);
	}
}

/* end_asks() - who waits for it hears so, in the next turn; what it asked interests nobody. */
static void
end_asks(struct provider *p)
{
	provider_asks_end(&p->calls);
	provider_asks_init(&p->invokes);
}

static void
ended(struct provider *p, const char *how)
{
	p->pid = p->status.pid = 0;
	end_asks(p);
	provider_links_lost(p);
	provider_changed(p);
	if (p->status.state == PROVIDER_STOPPING) {
		p->stop_ms = 0;
		provider_now(p, PROVIDER_STOPPED, "");
		return;
	}
	p->status.restarts++;
	failed(p, p->last[0] != '\0' ? p->last : how);
}

static void
on_exit_of(uv_poll_t *poll, int status, int events)
{
	struct provider_watch *w = poll->data;
	struct provider *p = w->owner;
	char how[PROVIDER_WHY];

	(void)status;
	(void)events;
	/* what it said last is still read */
	if (p->channel.fd >= 0)
		channel_pull(&p->channel);
	if (p->channel.fd >= 0)
		channel_close(&p->channel);
	provider_reap(p, w->fd, how, sizeof(how));
	p->exit = NULL;
	provider_unwatch(w, false);
	ended(p, how);
}
