/*
 * parent_notify - what the service manager is told: sd_notify(3)'s protocol, one datagram of lines
 * NAME=VALUE to the socket in $NOTIFY_SOCKET, without its library. The variables are taken once and
 * removed, so that nobody we start speaks in our name.
 *
 * A reload is said to begin with the time it began at (Type=notify-reload waits for the READY=1
 * that is later than it) and to be over when its outcome is known, whatever that is.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/proc/parent_priv.h"

enum { NOTIFY_TEXT = 1024 };

static struct {
	struct sockaddr_un to;
	socklen_t len; /* 0: nobody is to be told */
	uv_timer_t watchdog;
	uint64_t watchdog_ms; /* 0: none */
	bool failed;
	bool reloading;
	char variable[2][160]; /* as they were */
} self;

/* number() - decimal digits alone; 0 for anything else. */
static uint64_t
number(const char *s)
{
	uint64_t v = 0;

	if (s == NULL || strlen(s) == 0 || strlen(s) > 18)
		return 0;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return 0;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	return v;
}

/* take_socket() - a path, or with @ a name of the abstract namespace. */
static void
take_socket(const char *name)
{
	size_t len = name != NULL ? strlen(name) : 0;
	struct log_line l;

	if (len == 0)
		return;
	if (len < 2 || len >= sizeof(self.to.sun_path) || (name[0] != '/' && name[0] != '@')) {
		log_begin(&l, LOG_WRN, "notify_failed");
		log_str(&l, "socket", name);
		log_str(&l, "why", "neither a path nor an abstract name");
		log_end(&l);
		return;
	}
	self.to.sun_family = AF_UNIX;
	memcpy(self.to.sun_path, name, len);
	if (name[0] == '@')
		self.to.sun_path[0] = '\0';
	self.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

void
notify_begin(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t usec = number(getenv("WATCHDOG_USEC"));

	if (getenv("NOTIFY_SOCKET") != NULL)
		snprintf(self.variable[0], sizeof(self.variable[0]), "NOTIFY_SOCKET=%s", getenv("NOTIFY_SOCKET"));
	if (usec > 0)
		snprintf(self.variable[1], sizeof(self.variable[1]), "WATCHDOG_USEC=%" PRIu64, usec);
	take_socket(getenv("NOTIFY_SOCKET"));
	/* twice as often as it must be */
	if (self.len > 0 && usec > 0 && (pid == NULL || number(pid) == (uint64_t)getpid()))
		self.watchdog_ms = usec < 2000 ? 1 : usec / 2000;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	uv_timer_init(&parent.loop, &self.watchdog);
}

/* say() - one datagram. A manager that does not take it is not waited for. */
static void
say(const char *what)
{
	struct log_line l;
	int fd;

	if (self.len == 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, what, strlen(what), MSG_NOSIGNAL | MSG_DONTWAIT,
			  (struct sockaddr *)&self.to, self.len) < 0) {
		if (!self.failed) {
			log_begin(&l, LOG_WRN, "notify_failed");
			log_errno(&l, errno);
			log_end(&l);
		}
		self.failed = true;
	} else {
		self.failed = false;
	}
	if (fd >= 0)
		close(fd);
}

/* on_watchdog() - our loop turns: that is all it says. A child that hangs is seen by its own peers.
 */
static void
on_watchdog(uv_timer_t *t)
{
	(void)t;
	say("WATCHDOG=1");
}

/* put_status() - one line for people, in `systemctl status`. */
static void
put_status(char *out, size_t room, const char *word)
{
	const struct reload *r = &parent.reload;

	snprintf(out, room, "%sSTATUS=%s: policy %s, %" PRIu64 " rules%s\n", word,
	    parent.state == PARENT_RUNNING ? "serving" : "lame duck", r->id, r->rules,
	    r->refused_s != 0 ? "; a later one was refused, see `portcullis status`" : "");
}

void
notify_status(const char *text)
{
	char line[NOTIFY_TEXT];

	snprintf(line, sizeof(line), "STATUS=%s\n", text);
	say(line);
}

void
notify_ready(void)
{
	char text[NOTIFY_TEXT];

	put_status(text, sizeof(text), "READY=1\n");
	say(text);
	if (self.watchdog_ms > 0)
		uv_timer_start(&self.watchdog, on_watchdog, 0, self.watchdog_ms);
}

void
notify_reloading(void)
{
	char text[NOTIFY_TEXT];

	if (parent.state != PARENT_RUNNING)
		return;
	self.reloading = true;
	snprintf(text, sizeof(text),
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64
	    "\nSTATUS=reading policies, trust and keys anew\n",
	    clock_mono_ns() / 1000);
	say(text);
}

void
notify_reloaded(void)
{
	char text[NOTIFY_TEXT];

	/* one that was asked for meanwhile has its own outcome */
	if (parent.state != PARENT_RUNNING || !self.reloading ||
	    parent.reload.compiling != parent.reload.wanted)
		return;
	self.reloading = false;
	put_status(text, sizeof(text), "READY=1\n");
	say(text);
}

void
notify_stopping(const char *why)
{
	char text[NOTIFY_TEXT];

	snprintf(text, sizeof(text), "STOPPING=1\nSTATUS=%s\n", why);
	say(text);
}

bool
notify_variable(size_t i, char *out, size_t room)
{
	snprintf(out, room, "%s", self.variable[i]);
	return out[0] != '\0';
}

void
notify_successor(int pid)
{
	char text[NOTIFY_TEXT];

	snprintf(text, sizeof(text), "MAINPID=%d\nREADY=1\n", pid);
	say(text);
}
