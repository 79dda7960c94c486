/*
 * child - see child.h. A child lives exactly as long as its parent: when the channel ends, so does
 * the child.
 */
#include "gateway/proc/child.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/lock.h"

enum { CHILD_STOP_MS = 300, CHILD_STOP_TURNS = 10 };

struct child *
child_of(struct channel *parent)
{
	return (struct child *)((char *)parent - offsetof(struct child, parent));
}

void
child_begin(struct child *c, enum role role, const struct channel_ops *ops)
{
	static const int ours_not[] = { SIGINT, SIGHUP, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ };

	/* signals are the parent's business; a terminal sends them to all of us; a file that may not
	 * grow is an error of write(), as a full disk is */
	for (size_t i = 0; i < sizeof(ours_not) / sizeof(ours_not[0]); i++)
		signal(ours_not[i], SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	c->role = role;
	log_setup(LOG_INF, role_name(role));
	c->parent.fd = -1;
	lock_begin(c);
	if (uv_loop_init(&c->loop) != 0 ||
	    channel_open(&c->parent, &c->loop, ROLE_CHANNEL_FD, "parent", 0, ops) != 0) {
		struct log_line l;

		log_begin(&l, LOG_FTL, "no_parent");
		log_str(&l, "fix", "this role is started by portcullis-gateway, never by hand");
		log_end(&l);
		_exit(2);
	}
	lock_loop(c);
}

void
child_run(struct child *c)
{
	uv_run(&c->loop, UV_RUN_DEFAULT);
	_exit(0);
}

void
child_exit(struct child *c, int status)
{
	if (c->parent.fd >= 0)
		(void)!channel_flush_all(&c->parent, 1000);
	_exit(status);
}

/*
 * stopped_anyway() - when all are told to stop, a peer's end may be seen before our own word has come:
 * wait for it a moment. Does not return when it comes.
 */
static void
stopped_anyway(struct child *c)
{
	for (int i = 0; i < CHILD_STOP_TURNS && c->parent.fd >= 0; i++) {
		struct pollfd p = { .fd = c->parent.fd, .events = POLLIN };

		if (poll(&p, 1, CHILD_STOP_MS / CHILD_STOP_TURNS) > 0)
			channel_pull(&c->parent);
	}
}

void
child_fatal(struct child *c, const char *why, int error)
{
	struct log_line l;

	if (error == 0)
		stopped_anyway(c);
	log_begin(&l, LOG_FTL, "fatal");
	log_str(&l, "why", why);
	if (error != 0)
		log_errno(&l, error);
	log_end(&l);
	if (c->parent.fd >= 0)
		(void)msg_text_put(&c->parent, MSG_FATAL, "why", bytes_str(why), -1);
	child_exit(c, 1);
}

void
child_peer_lost(struct child *child, struct channel *c, enum role role, const char *why)
{
	bool refused = c->refused;
	unsigned index = c->index;
	struct log_line l;

	channel_close(c);
	log_begin(&l, refused ? LOG_ERR : LOG_INF, "peer_gone");
	log_word(&l, "peer", role_name(role));
	log_num(&l, "index", index);
	log_str(&l, "why", why);
	log_end(&l);
	if (!refused)
		return;
	if (child->role == ROLE_EDGE || (child->role == ROLE_DISPATCHER && role != ROLE_EDGE))
		child_exit(child, 1);
	(void)msg_bad_peer_put(&child->parent, role, index);
	channel_flush(&child->parent);
}

int
child_on_setup(struct channel *c, struct cursor *in, int fd)
{
	struct child *child = child_of(c);
	int r = msg_setup_get(in, &child->setup);

	(void)fd;
	if (r != 0)
		return err_pass(r);
	log_setup((enum log_level)child->setup.log_level, role_name(child->role));
	c->state = CHILD_SET;
	/* those that open files wait for the folders these are in */
	if (child->role != ROLE_AUDITOR && child->role != ROLE_SHIPPER)
		lock_down(child, NULL);
	return 0;
}

int
child_on_reopen(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)in;
	dup2(fd, STDERR_FILENO);
	close(fd);
	return 0;
}

int
child_on_stats_wanted(struct channel *c, struct cursor *in, int fd)
{
	struct msg_stats none = { 0 };

	(void)in;
	(void)fd;
	return msg_stats_put(c, &none);
}

int
child_on_stop(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	child_exit(child_of(c), 0);
}

void
child_parent_gone(struct channel *c, const char *why)
{
	(void)c;
	(void)why;
	_exit(0);
}
