/*
 * parent_listen - the sockets clients come to. Only made and handed on here: the edges accept.
 *
 * One that we were started with is used in place of one of our own when it is bound to an address
 * of `listen`. Such a socket has other holders, who go on with it after us: it is closed and never
 * shut.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/parent_priv.h"

enum { LISTEN_BACKLOG = 1024 };

static void
say_listen(const struct config_address *a, const char *why)
{
	struct log_line l;

	log_begin(&l, LOG_FTL, "cannot_listen");
	log_str(&l, "host", a->host);
	log_num(&l, "port", a->port);
	log_str(&l, "why", why);
	log_end(&l);
}

static uint16_t
port_of(const struct sockaddr_storage *ss)
{
	return ntohs(ss->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)ss)->sin6_port
					       : ((const struct sockaddr_in *)ss)->sin_port);
}

/* take_given() - one of the sockets we were started with, of any address the name stands for. */
static int
take_given(const struct addrinfo *list, const char *use)
{
	int fd = -1;

	for (; list != NULL && fd < 0; list = list->ai_next)
		fd = activation_take(list->ai_addr, use);
	return fd;
}

/* open_own() - Return: a listening socket, -errno. */
static int
open_own(const struct addrinfo *a)
{
	static const int one = 1;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return err_raise(-errno);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
		return fd;
	r = -errno;
	close(fd);
	return err_raise(r);
}

/* obtain() - a socket for an address: one we were given, or our own. Return: 0, -errno with
 * the reason. */
static int
obtain(const struct config_address *a, int *fd, bool *given, struct sockaddr_storage *bound,
    const char *use, const char **why)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE
	};
	socklen_t len = sizeof(*bound);
	struct addrinfo *list;
	char port[8];
	int r;

	snprintf(port, sizeof(port), "%u", a->port);
	r = getaddrinfo(a->host[0] != '\0' ? a->host : NULL, port, &hints, &list);
	if (r != 0) {
		*why = gai_strerror(r);
		return err_raise(-EADDRNOTAVAIL);
	}
	*fd = take_given(list, use);
	*given = *fd >= 0;
	if (!*given)
		*fd = open_own(list);
	freeaddrinfo(list);
	r = *fd < 0 ? *fd : getsockname(*fd, (struct sockaddr *)bound, &len) != 0 ? -errno : 0;
	*why = strerror(-r);
	return err_pass(r);
}

/*
 * never_wait() - whether a socket waits is one flag for all who have it: an edge that was taken
 * over could have the others wait in accept(). They would wait no longer than this.
 */
static void
never_wait(int fd)
{
	static const struct timeval least = { .tv_usec = 1000 };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &least, sizeof(least));
}

/* listen_on() - one address of the configuration. Return: 0, -1 after a log line. */
static int
listen_on(const struct config_address *a)
{
	struct parent_listener *l = &parent.listener[parent.n_listeners];
	struct sockaddr_storage bound;
	const char *why;

	if (obtain(a, &l->fd, &l->given, &bound, "listen", &why) != 0) {
		say_listen(a, why);
		return -1;
	}
	never_wait(l->fd);
	/* one that takes another's place may still have to give it back */
	l->own = l->given && activation_own(l->fd);
	l->given = l->given && !(l->own && activation_channel() < 0);
	snprintf(l->host, sizeof(l->host), "%s", a->host[0] != '\0' ? a->host : "0.0.0.0");
	l->port = port_of(&bound);
	parent.n_listeners++;
	return 0;
}

int
listener_open(const struct config_address *a, int *fd, char *name, size_t room)
{
	struct sockaddr_storage bound;
	const char *why;
	bool given;
	int r = obtain(a, fd, &given, &bound, "metrics", &why);

	if (r == 0)
		listener_name((struct sockaddr *)&bound, name, room);
	return err_pass(r);
}

int
listeners_open(void)
{
	for (size_t i = 0; i < parent.config->n_listen; i++) {
		if (listen_on(&parent.config->listen[i]) != 0)
			return -1;
	}
	return 0;
}

/*
 * listeners_close() - a stranger is refused by the kernel instead of waiting for somebody who will
 * not come. The sockets are shared with the edges: shut, not only closed by us.
 */
void
listeners_close(void)
{
	for (size_t i = 0; i < parent.n_listeners; i++) {
		if (!parent.listener[i].given)
			shutdown(parent.listener[i].fd, SHUT_RDWR);
		close(parent.listener[i].fd);
	}
	parent.n_listeners = 0;
}

void
listener_name(const struct sockaddr *sa, char *out, size_t room)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)sa;

		inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host));
		snprintf(out, room, "[%s]:%u", host, ntohs(six->sin6_port));
	} else {
		const struct sockaddr_in *four = (const struct sockaddr_in *)sa;

		inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host));
		snprintf(out, room, "%s:%u", host, ntohs(four->sin_port));
	}
}
