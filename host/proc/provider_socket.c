/*
 * provider_socket - what is opened for a link: a listening socket, or a connected one.
 *
 * Every socket is bound with SO_REUSEPORT, so that another host of the same user can begin to
 * listen while this one ends. Who ends closes its queue in order: first a filter drops what
 * arrives, so that the kernel sends those who try to the other socket when they try again; then who
 * waits is accepted; then it closes. Without the filter a connection that came between the last
 * accept and the close would be reset. Source: socket(7) SO_ATTACH_FILTER, SO_REUSEPORT; Linux
 * net/ipv4/tcp_ipv4.c, tcp_filter().
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/proc/provider_priv.h"

enum { BACKLOG = 1024 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t
address_of(const struct provider_need *n, union address *a)
{
	memset(a, 0, sizeof(*a));
	if (n->v6) {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons(n->port);
		return inet_pton(AF_INET6, n->host, &a->v6.sin6_addr) == 1 ? sizeof(a->v6) : 0;
	}
	a->v4.sin_family = AF_INET;
	a->v4.sin_port = htons(n->port);
	return inet_pton(AF_INET, n->host, &a->v4.sin_addr) == 1 ? sizeof(a->v4) : 0;
}

static int
fresh(const struct provider_need *n)
{
	int fd = socket(n->v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? err_raise(-errno) : fd;
}

int
provider_socket_bind(struct provider_link_of *l)
{
	struct provider_need got = l->need;
	union address a;
	socklen_t len = address_of(&l->need, &a);
	int fd = fresh(&l->need), on = 1, r = 0;

	if (fd < 0)
		return err_pass(fd);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
	    (l->need.v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
	    bind(fd, &a.any, len) != 0 || listen(fd, BACKLOG) != 0 ||
	    getsockname(fd, &a.any, &len) != 0)
		r = -errno;
	if (r != 0) {
		close(fd);
		return err_raise(r);
	}
	got.port = ntohs(l->need.v6 ? a.v6.sin6_port : a.v4.sin_port);
	/* any port was asked for: from here on it is this one */
	l->need.port = got.port;
	provider_need_text(&got, l->address, sizeof(l->address));
	l->listener = fd;
	return 0;
}

void
provider_socket_shut(int *listener)
{
	struct sock_filter nothing = { BPF_RET | BPF_K, 0, 0, 0 };
	struct sock_fprog prog = { 1, &nothing };

	if (*listener < 0)
		return;
	(void)setsockopt(*listener, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
	/* the provider has it too, until it accepted who waits: not a moment longer may it be there
	 */
	close(*listener);
	*listener = -1;
}

static void
on_dialled(uv_poll_t *poll, int status, int events)
{
	struct provider_watch *w = poll->data;
	struct provider_link_of *l = w->owner;
	int error = 0, fd = w->fd, on = 1;
	socklen_t len = sizeof(error);

	(void)events;
	/* the loop calls every error EBADF: the socket knows better */
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	else if (error == 0 && status < 0)
		error = -status;
	l->dial = NULL;
	provider_unwatch(w, error == 0);
	if (error != 0) {
		char why[PROVIDER_WHY];

		snprintf(why, sizeof(why), "%s: %s", l->address, strerror(error));
		provider_link_failed(l, why, true);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	provider_link_give(l, fd);
}

int
provider_socket_dial(struct provider_link_of *l)
{
	union address a;
	socklen_t len = address_of(&l->need, &a);
	uv_loop_t *loop = l->provider->all->loop;
	int fd = fresh(&l->need);

	if (fd < 0)
		return err_pass(fd);
	provider_need_text(&l->need, l->address, sizeof(l->address));
	if (connect(fd, &a.any, len) != 0 && errno != EINPROGRESS) {
		int r = -errno;

		close(fd);
		return err_raise(r);
	}
	l->dial = provider_watching(loop, fd, UV_WRITABLE, l, on_dialled);
	l->dial_until_ms = uv_now(loop) + PROVIDER_DIAL_MS;
	return l->dial != NULL ? 0 : err_raise(-ENOMEM);
}
