/*
 * parent - see parent.h. Signals as the gateway's: HUP reads logins anew, USR1 opens the log anew,
 * TERM and INT end in order, a second one at once.
 */
#include <linux/capability.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "host/proc/parent_manifest.h"
#include "host/proc/parent_priv.h"
#include "host/proc/parent_trust.h"
#include "host/proc/parent_users.h"
#include "seccomp/confine.h"

enum { STOP_MS = 8000, STOP_STEP_MS = 500, STEP_MS = 20 };

#define CAP(name) (UINT64_C(1) << (name))

/* what a parent that is root still needs */
#define PARENT_CAPS                                                                                \
	(CAP(CAP_DAC_OVERRIDE) | CAP(CAP_DAC_READ_SEARCH) | CAP(CAP_CHOWN) |                       \
	    CAP(CAP_FOWNER) | /* what others own */                                                \
	    CAP(CAP_KILL) |   /* its children have other users */                                  \
	    CAP(CAP_SETUID) | CAP(CAP_SETGID) |                                                    \
	    CAP(CAP_SETPCAP) |         /* that they can become another */                          \
	    CAP(CAP_SYS_ADMIN) |       /* namespaces for them */                                   \
	    CAP(CAP_NET_BIND_SERVICE)) /* ports below 1024 for providers */

struct host host;

static struct {
	uv_signal_t signals[4];
	uv_timer_t stop, idle;
	unsigned patience; /* how often it came to its end */
} self;

/* ---- readiness ---- */

static void
write_pid(void)
{
	FILE *f;

	if (host.options->pid == NULL)
		return;
	f = fopen(host.options->pid, "we");
	if (f == NULL || fprintf(f, "%d\n", (int)getpid()) < 0)
		log_event(LOG_ERR, "pid_file_not_written");
	if (f != NULL)
		fclose(f);
}

void
parent_ready(void)
{
	if (host.announced || host.state == HOST_LEAVING || !control_ready() ||
	    !link_up(WIRE_CONTROL) || !link_up(WIRE_RPC))
		return;
	host.announced = true;
	host.state = HOST_RUNNING;
	write_pid();
	/* the one line that others wait for: not in the log's form, on its own */
	dprintf(host.announce >= 0 ? host.announce : STDERR_FILENO, "portcullis-host ready %s\n",
	    host.id);
	if (host.announce >= 0)
		close(host.announce);
	host.announce = -1;
	events_begin();
	notify_ready();
	local_apply();
	watch_begin();
}

/* ---- ending ---- */

static void
on_link_gone(void)
{
	if (host.options->pid != NULL && host.announced)
		unlink(host.options->pid);
	log_event(LOG_INF, "stopped");
	uv_stop(&host.loop);
}

static void
on_all_gone(void)
{
	links_end();
	metrics_end();
	events_end();
	link_end(on_link_gone);
}

static void
end_actors(void)
{
	uv_timer_stop(&self.idle);
	actors_end();
	providers_end(false, on_all_gone);
}

/* on_idle() - do actors still answer somebody? */
static void
on_idle(uv_timer_t *t)
{
	(void)t;
	if (rpc_left() && actors_busy() == 0 && calls_under_way() == 0)
		end_actors();
}

/*
 * on_askers_gone() - nobody here asks any more; others' calls are answered, then the actors go,
 * then the providers they asked.
 */
static void
on_askers_gone(void)
{
	uv_timer_start(&self.idle, on_idle, STEP_MS, STEP_MS);
}

/* on_patience() - those that do not end in time are ended, one kind after the other. */
static void
on_patience(uv_timer_t *t)
{
	providers_kill();
	if (self.patience > 0 && uv_is_active((uv_handle_t *)&self.idle))
		end_actors();
	if (self.patience > 2)
		link_kill();
	self.patience++;
	uv_timer_start(t, on_patience, STOP_STEP_MS, 0);
}

void
parent_stop(int status)
{
	if (status != 0)
		host.status = status;
	if (host.state == HOST_LEAVING) {
		log_event(LOG_INF, "hurrying");
		uv_timer_start(&self.stop, on_patience, 0, 0);
		return;
	}
	host.state = HOST_LEAVING;
	notify_stopping();
	log_event(LOG_INF, "stopping");
	control_end();
	actors_quiet();
	uv_timer_start(&self.stop, on_patience, STOP_MS, 0);
	providers_end(true, on_askers_gone);
}

/* ---- signals ---- */

static void
on_signal(uv_signal_t *s, int number)
{
	(void)s;
	switch (number) {
	case SIGHUP:
		log_event(LOG_INF, "reload");
		notify_reloading();
		link_relogin();
		trust_reload();
		notify_reloaded();
		break;
	case SIGUSR1:
		log_reopen();
		break;
	default:
		parent_stop(0);
		break;
	}
}

static void
watch_signals(void)
{
	static const int numbers[] = { SIGHUP, SIGUSR1, SIGINT, SIGTERM };

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uv_signal_init(&host.loop, &self.signals[i]);
		uv_signal_start(&self.signals[i], on_signal, numbers[i]);
	}
}

/* ---- beginning ---- */

static int
walls(void)
{
	struct confine_report got;
	struct log_line l;

	/* whoever started us may have left some open: they end with us, and with each exec */
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
		log_event(LOG_WRN, "descriptors_not_marked");
	if (confine_supervisor(PARENT_CAPS, &got) == 0)
		return 0;
	log_begin(&l, LOG_FTL, "not_confined");
	log_word(&l, "child", "parent");
	log_str(&l, "why", got.why);
	log_errno(&l, got.error);
	log_end(&l);
	return -1;
}

static void
say_starting(void)
{
	struct log_line l;

	log_begin(&l, LOG_INF, "starting");
	log_word(&l, "version", PORTCULLIS_VERSION);
	if (host.conf->file != NULL)
		log_str(&l, "config", host.conf->file);
	log_word(&l, "host", host.id);
	log_str(&l, "name", host.name);
	log_str(&l, "lattice", host.conf->lattice);
	log_end(&l);
	if (!host.conf->anonymous)
		return;
	log_begin(&l, LOG_WRN, "anonymous");
	log_str(&l, "effect", "whoever reaches the servers of this host commands it");
	log_end(&l);
}

int
parent_main(const struct parent_options *o)
{
	log_setup(o->trace ? LOG_TRC : o->debug ? LOG_DBG : LOG_INF, "parent");
	host.options = o;
	host.conf = o->conf;
	host.announce = host.state_dir = -1;
	if (uv_loop_init(&host.loop) != 0 || log_open() != 0 || keys_begin() != 0)
		return 1;
	host.born_ms = uv_now(&host.loop);
	say_starting();
	notify_begin();
	if (walls() != 0)
		return 1;
	user_begin();
	uv_timer_init(&host.loop, &self.stop);
	uv_timer_init(&host.loop, &self.idle);
	watch_signals();
	calls_begin();
	if (trust_begin() != 0 || control_begin() != 0 || rpc_begin() != 0 || providers_begin() != 0 ||
	    local_begin() != 0)
		return 1;
	links_begin();
	if (metrics_begin() != 0 || link_begin() != 0)
		return 1;
	uv_run(&host.loop, UV_RUN_DEFAULT);
	nkey_pair_deinit(&host.key);
	nkey_pair_deinit(&host.cluster);
	return host.status;
}
