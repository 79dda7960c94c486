/*
 * layers_outside - what there is to reach for an attempt: sockets of its host, by port, name and
 * path.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/sandbox/layers.h"

static int
listening(int family, int type, const void *at, socklen_t len)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, at, len) != 0 || (type == SOCK_STREAM && listen(fd, 4096) != 0)) {
		perror("layers: a socket of the host's");
		exit(2);
	}
	return fd;
}

static int
port_of(int fd)
{
	struct sockaddr_in a = { 0 };
	socklen_t len = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		exit(2);
	return ntohs(a.sin_port);
}

void
layers_outside(const char *dir, struct target *t)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_un path = { .sun_family = AF_UNIX }, name = { .sun_family = AF_UNIX };
	size_t len;

	memset(t, 0, sizeof(*t));
	t->host = getpid();
	t->fd = listening(AF_INET, SOCK_STREAM, &any, sizeof(any));
	t->tcp = port_of(t->fd);
	t->udp = port_of(listening(AF_INET, SOCK_DGRAM, &any, sizeof(any)));
	snprintf(t->path, sizeof(t->path), "%s/socket", dir);
	len = (size_t)snprintf(t->abstract, sizeof(t->abstract), "layers-%d", (int)getpid());
	memcpy(path.sun_path, t->path, sizeof(t->path));
	memcpy(name.sun_path + 1, t->abstract, len);
	listening(AF_UNIX, SOCK_STREAM, &path, sizeof(path));
	listening(AF_UNIX, SOCK_STREAM, &name,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len));
	if (chmod(t->path, 0777) != 0 || chmod(dir, 0777) != 0)
		exit(2);
}

void
layers_outside_end(const char *dir, const struct target *t)
{
	unlink(t->path);
	rmdir(dir);
}

void
layers_target_put(const struct target *t, char *out, size_t room)
{
	snprintf(out, room, "%d %d %d %d %d %s %s", t->host, t->victim, t->tcp, t->udp, t->fd,
	    t->path, t->abstract);
}

bool
layers_target_get(const char *text, struct target *t)
{
	return sscanf(text, "%d %d %d %d %d %63s %63s", &t->host, &t->victim, &t->tcp, &t->udp,
		   &t->fd, t->path, t->abstract) == 7;
}

enum { MODES = 2 + 2 * (LAYERS + 1) };

bool
layers_mode(int i, char out[64])
{
	static const char *const how[] = { "without", "only" };
	int k = (i - 2) % (LAYERS + 1);

	if (i >= MODES)
		return false;
	if (i < 2)
		snprintf(out, 64, "%s", i == 0 ? "all" : "none");
	else
		snprintf(out, 64, "%s %s", how[(i - 2) / (LAYERS + 1)],
		    k == LAYERS ? "seccomp" : layer_name((enum layer)k));
	return true;
}
