/*
 * parent_activation - sockets we were started with: sd_listen_fds(3)'s protocol. $LISTEN_PID names
 * the process they are for, $LISTEN_FDS how many there are, from descriptor 3 on, $LISTEN_FDNAMES
 * what they are called (only for messages: a name says nothing that the address does not).
 *
 * Who starts us is trusted, but mistakes are not hidden: a descriptor that is no listening stream
 * socket, or is bound to an address that the configuration does not name, is an error. A gate that
 * listened there after all, or silently did not, would both be wrong.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/parent_priv.h"

#define ACTIVATION_CHANNEL "upgrade"

enum { ACTIVATION_FIRST = 3, ACTIVATION_MAX = CONFIG_MAX_LISTEN + 2 };

static struct {
	struct {
		int fd; /* -1: taken */
		int was;
		struct sockaddr_storage bound;
		socklen_t len;
		char name[64];
	} given[ACTIVATION_MAX];
	size_t n;
	int channel; /* to the gateway whose place we take */
} self = { .channel = -1 };

/* upgraded() - is the last of the names that of the channel? */
static bool
upgraded(const char *names)
{
	size_t len = names != NULL ? strlen(names) : 0, own = strlen(ACTIVATION_CHANNEL);

	return len >= own && strcmp(names + len - own, ACTIVATION_CHANNEL) == 0 &&
	       (len == own || names[len - own - 1] == ':');
}

/* count() - how many there are, and for us. Return: -1 when that is not to be understood. */
static int
count(const char *pid, const char *fds, const char *names)
{
	char *end = NULL;
	long n;

	if (pid == NULL || fds == NULL)
		return 0;
	n = strtol(pid, &end, 10);
	if (*pid == '\0' || *end != '\0')
		return -1;
	/* who is upgraded cannot know our number when it writes this: it writes its own */
	if (n != getpid() && !(n == getppid() && upgraded(names)))
		return 0;
	n = strtol(fds, &end, 10);
	return *fds == '\0' || *end != '\0' || n < 0 || n > ACTIVATION_MAX ? -1 : (int)n;
}

static int
bad(const char *name, const char *why)
{
	struct log_line l;

	log_begin(&l, LOG_FTL, "cannot_listen");
	log_str(&l, "given", name);
	log_str(&l, "why", why);
	log_end(&l);
	return -1;
}

/* next_name() - the next of the names between colons. */
static void
next_name(const char **names, char *out, size_t room)
{
	size_t len = *names != NULL ? strcspn(*names, ":") : 0;

	snprintf(out, room, "%.*s", len > 0 ? (int)len : 7, len > 0 ? *names : "unknown");
	if (*names != NULL)
		*names += len + ((*names)[len] == ':');
}

/* wrong() - what keeps it from being listened on, or NULL. */
static const char *
wrong(int fd)
{
	int type = 0, listening = 0, flags = fcntl(fd, F_GETFL);
	socklen_t len = sizeof(int);

	if (flags < 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0)
		return "the descriptor is no socket";
	len = sizeof(int);
	if (type != SOCK_STREAM ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 || !listening)
		return "not a listening stream socket: write ListenStream= and Accept=no";
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return "the descriptor cannot be used";
	return NULL;
}

static int
take_in(int fd, const char *name)
{
	const char *why = wrong(fd);
	size_t i = self.n;

	self.given[i].len = sizeof(self.given[i].bound);
	if (why == NULL &&
	    getsockname(fd, (struct sockaddr *)&self.given[i].bound, &self.given[i].len) != 0)
		why = "it has no address";
	if (why != NULL)
		return bad(name, why);
	snprintf(self.given[i].name, sizeof(self.given[i].name), "%s", name);
	self.given[i].fd = self.given[i].was = fd;
	self.n++;
	return 0;
}

/* take_channel() - a socket pair's end, nothing else. */
static int
take_channel(int fd)
{
	int domain = 0, listening = 1;
	socklen_t len = sizeof(int), len2 = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 || domain != AF_UNIX ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len2) != 0 || listening ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return bad(ACTIVATION_CHANNEL, "not a channel: this name is for upgrades");
	self.channel = fd;
	return 0;
}

int
activation_channel(void)
{
	return self.channel;
}

int
activation_begin(void)
{
	const char *names = getenv("LISTEN_FDNAMES");
	int n = count(getenv("LISTEN_PID"), getenv("LISTEN_FDS"), names), r = 0;
	char name[64];

	if (n < 0)
		return bad("LISTEN_PID, LISTEN_FDS",
		    "not numbers, or more sockets than there can be addresses");
	for (int i = 0; i < n && r == 0; i++) {
		next_name(&names, name, sizeof(name));
		if (strcmp(name, ACTIVATION_CHANNEL) == 0 && i == n - 1 && n > 0)
			r = take_channel(ACTIVATION_FIRST + i);
		else
			r = take_in(ACTIVATION_FIRST + i, name);
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return r;
}

/* same_inet() - @any: port 0 stands for any. */
static bool
same_inet(const struct sockaddr *want, const struct sockaddr *have, bool any)
{
	const struct sockaddr_in *a = (const struct sockaddr_in *)want;
	const struct sockaddr_in *b = (const struct sockaddr_in *)have;
	const struct sockaddr_in6 *c = (const struct sockaddr_in6 *)want;
	const struct sockaddr_in6 *d = (const struct sockaddr_in6 *)have;

	if (want->sa_family == AF_INET)
		return a->sin_addr.s_addr == b->sin_addr.s_addr &&
		       ((any && a->sin_port == 0) || a->sin_port == b->sin_port);
	return memcmp(&c->sin6_addr, &d->sin6_addr, sizeof(c->sin6_addr)) == 0 &&
	       c->sin6_scope_id == d->sin6_scope_id &&
	       ((any && c->sin6_port == 0) || c->sin6_port == d->sin6_port);
}

static bool
same(const struct sockaddr *want, const struct sockaddr *have, bool any)
{
	const char *path = ((const struct sockaddr_un *)want)->sun_path;

	if (want->sa_family != have->sa_family)
		return false;
	if (want->sa_family == AF_UNIX)
		return strncmp(path, ((const struct sockaddr_un *)have)->sun_path,
			   sizeof(((const struct sockaddr_un *)0)->sun_path)) == 0;
	return (want->sa_family == AF_INET || want->sa_family == AF_INET6) &&
	       same_inet(want, have, any);
}

/* fits() - a socket for the numbers must be asked for by its very address, or be called so. */
static bool
fits(size_t i, const struct sockaddr *sa, const char *use)
{
	bool metrics = strcmp(self.given[i].name, "metrics") == 0,
	     own = strcmp(use, "metrics") == 0;

	/* the name a Unix socket was bound under is not the one it has */
	if (own && metrics && self.channel >= 0 && sa->sa_family == AF_UNIX)
		return self.given[i].bound.ss_family == AF_UNIX;
	return (own || !metrics) &&
	       same(sa, (const struct sockaddr *)&self.given[i].bound, own == metrics);
}

int
activation_take(const struct sockaddr *sa, const char *use)
{
	struct log_line l;
	int fd;

	for (size_t i = 0; i < self.n; i++) {
		if (self.given[i].fd < 0 || !fits(i, sa, use))
			continue;
		fd = self.given[i].fd;
		self.given[i].fd = -1;
		log_begin(&l, LOG_INF, "socket_given");
		log_str(&l, "name", self.given[i].name);
		log_str(&l, "use", use);
		log_end(&l);
		return fd;
	}
	return -1;
}

bool
activation_own(int fd)
{
	for (size_t i = 0; i < self.n; i++) {
		if (self.given[i].was == fd)
			return strcmp(self.given[i].name, LISTENER_OWN) == 0;
	}
	return false;
}

int
activation_end(void)
{
	char address[160];

	for (size_t i = 0; i < self.n; i++) {
		const struct sockaddr *sa = (const struct sockaddr *)&self.given[i].bound;
		struct log_line l;

		if (self.given[i].fd < 0)
			continue;
		if (sa->sa_family == AF_UNIX)
			snprintf(address, sizeof(address), "unix:%.*s",
			    (int)sizeof(((const struct sockaddr_un *)sa)->sun_path),
			    ((const struct sockaddr_un *)sa)->sun_path);
		else
			listener_name(sa, address, sizeof(address));
		log_begin(&l, LOG_FTL, "cannot_listen");
		log_str(&l, "given", self.given[i].name);
		log_str(&l, "address", address);
		log_str(&l, "why",
		    "we were started with a socket for it, and the configuration does not name it: "
		    "ListenStream= and `listen` must be the same");
		log_end(&l);
		return -1;
	}
	return 0;
}
