/*
 * parent_notify - what the service manager is told, in sd_notify(3)'s protocol: one datagram of
 * lines NAME=VALUE to the socket in $NOTIFY_SOCKET, without its library. The variable is taken once
 * and removed, so that nobody we start speaks in our name.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "host/proc/parent_priv.h"

enum { NOTIFY_TEXT = 1024, WATCHDOG_DIGITS = 18 };

static struct {
	struct sockaddr_un to;
	socklen_t len; /* 0: nobody is to be told */
	uv_timer_t watchdog;
	uint64_t watchdog_ms;
} self;

static uint64_t
number(const char *s)
{
	uint64_t v = 0;

	if (s == NULL || s[0] == '\0' || strlen(s) > WATCHDOG_DIGITS)
		return 0;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return 0;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	return v;
}

void
notify_begin(void)
{
	const char *name = getenv("NOTIFY_SOCKET"), *pid = getenv("WATCHDOG_PID");
	uint64_t usec = number(getenv("WATCHDOG_USEC"));
	size_t len = name != NULL ? strlen(name) : 0;

	if (len >= 2 && len < sizeof(self.to.sun_path) && (name[0] == '/' || name[0] == '@')) {
		self.to.sun_family = AF_UNIX;
		memcpy(self.to.sun_path, name, len);
		if (name[0] == '@')
			self.to.sun_path[0] = '\0';
		self.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	}
	if (self.len > 0 && usec > 0 && (pid == NULL || number(pid) == (uint64_t)getpid()))
		self.watchdog_ms = usec < 2000 ? 1 : usec / 2000;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	uv_timer_init(&host.loop, &self.watchdog);
}

/* say() - one datagram. A manager that does not take it is not waited for. */
static void
say(const char *what)
{
	int fd;

	if (self.len == 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, what, strlen(what), MSG_NOSIGNAL | MSG_DONTWAIT,
			  (struct sockaddr *)&self.to, self.len) < 0)
		log_event(LOG_WRN, "notify_failed");
	if (fd >= 0)
		close(fd);
}

static void
on_watchdog(uv_timer_t *t)
{
	(void)t;
	say("WATCHDOG=1");
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

	snprintf(
	    text, sizeof(text), "READY=1\nSTATUS=%s in lattice %s\n", host.id, host.conf->lattice);
	say(text);
	if (self.watchdog_ms > 0)
		uv_timer_start(&self.watchdog, on_watchdog, 0, self.watchdog_ms);
}

void
notify_stopping(void)
{
	say("STOPPING=1\n");
}

void
notify_reloading(void)
{
	char text[NOTIFY_TEXT];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\n",
	    clock_mono_ns() / 1000);
	say(text);
}

void
notify_reloaded(void)
{
	notify_ready();
}
