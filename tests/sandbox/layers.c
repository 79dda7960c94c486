/*
 * layers [container] - each attempt of layers_deeds.c under all walls, under none, with one of them
 * left out and with one of them alone. One line for each:
 *
 *   number TAB attempt TAB mode=answer TAB mode=answer ...
 *
 * An answer is `done` (it has what it wanted), an error's name, `killed` (by a filter), `no start`
 * (the walls could not go up, so nothing ran), or how else the process ended. What the answers must
 * be is known to matrix.py.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/proc/runner.h"
#include "tests/sandbox/container.h"
#include "tests/sandbox/layers.h"
#include "tests/sandbox/taken.h"

/* --- as runner --- */

static bool
target_of(const char *text, struct target *t)
{
	return sscanf(text, "%d %d %d %d %d %63s %63s", &t->host, &t->victim, &t->tcp, &t->udp,
		   &t->fd, t->path, t->abstract) == 7;
}

/* victim() - it lives, as a runner does that waits for its next call. */
static void __attribute__((noreturn)) victim(void)
{
	struct msg_done m = { .outcome = { .answer = ACTOR_DONE } };
	struct buf b;

	buf_init(&b, MSG_RUNNER_HEAD_MAX);
	msg_done_put_head(&b, &m);
	taken_say(MSG_READY, buf_bytes(&b));
	taken_wait();
}

/* deed() - runners' first, then providers'; NULL behind them. */
static const struct deed *
deed(int n)
{
	if (n < deeds_n)
		return &deeds[n];
	return n < deeds_n + provider_deeds_n ? &provider_deeds[n - deeds_n] : NULL;
}

static int
attempt(const char *mode, int n, const struct target *t)
{
	const struct deed *d = deed(n);
	struct actor_world world;
	struct runner r;
	uint32_t which;

	if (!layers_of(mode, &which))
		return RUNNER_NOT_LOCKED;
	runner_take(&r);
	if (d != NULL && d->before != NULL)
		d->before(t);
	layers_keep(which);
	if (n >= deeds_n && d != NULL) {
		provider_lock(t);
	} else {
		runner_lock(&r);
		runner_begin(&r, &world);
		runner_narrow(&r);
	}
	if (d == NULL)
		victim();
	taken_say_result(d->run(t));
	_exit(0);
}

/* --- as host --- */

static char self[4096];

static void
start(const char *mode, int n, const struct target *t, struct cell **out, struct cell_result *got)
{
	char number[16], target[256];
	char *argv[] = { self, (char *)(uintptr_t)mode, number, target, NULL };
	struct cell_options o = { .argv = argv,
		.module = BYTES_LIT("x"),
		.limits = actor_limits_default(),
		.birth = { 0, 5000, 20000 } };

	snprintf(number, sizeof(number), "%d", n);
	snprintf(target, sizeof(target), "%d %d %d %d %d %s %s", t->host, t->victim, t->tcp, t->udp,
	    t->fd, t->path, t->abstract);
	*out = NULL;
	if (cell_start(&o, out, got) < 0)
		snprintf(got->why, sizeof(got->why), "%s", "cell_start failed");
}

static const char *
word(const struct cell_result *got)
{
	static char text[64];

	if (got->end == CELL_ANSWERED)
		return got->outcome.why;
	if (got->end == CELL_DENIED)
		return "killed";
	if (got->end == CELL_NO_WALLS)
		return "no start";
	if (got->end == CELL_CRASHED && got->signal != 0)
		snprintf(text, sizeof(text), "signal %d", got->signal);
	else
		snprintf(text, sizeof(text), "%s %d", cell_end_name(got->end), got->status);
	return text;
}

/* column() - every attempt under one mode, beside another runner under the same. */
static void
column(const char *mode, const struct target *outside, char (*words)[64])
{
	struct target t = *outside;
	struct cell_result got;
	struct cell *other, *c;

	start(mode, deeds_n + provider_deeds_n, &t, &other, &got);
	t.victim = other != NULL ? cell_pid(other) : t.host;
	for (int i = 0; deed(i) != NULL; i++) {
		start(mode, i, &t, &c, &got);
		snprintf(words[i], sizeof(words[i]), "%s", word(&got));
		cell_stop(c);
	}
	cell_stop(other);
}

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

/* folders() - of a provider, beside another's file; made, or gone again. */
static void
folders(const char *path, bool make)
{
	char own[96], other[96];
	FILE *f = NULL;

	snprintf(own, sizeof(own), "%s.own", path);
	snprintf(other, sizeof(other), "%s.other", path);
	if (!make) {
		rmdir(own);
		unlink(other);
		return;
	}
	f = fopen(other, "we");
	if (f == NULL || fputs("secret", f) == EOF || fclose(f) != 0 || mkdir(own, 0777) != 0 ||
	    chmod(own, 0777) != 0)
		exit(2);
}

/* outside() - what there is to reach, in @dir, which everybody may enter and write. */
static void
outside(const char *dir, struct target *t)
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
	folders(t->path, true);
}

enum { MODES = 2 + 2 * (LAYERS + 1), DEEDS_MAX = 128 };

static void
mode_name(int i, char out[64])
{
	static const char *const how[] = { "without", "only" };
	int k = (i - 2) % (LAYERS + 1);

	if (i < 2)
		snprintf(out, 64, "%s", i == 0 ? "all" : "none");
	else
		snprintf(out, 64, "%s %s", how[(i - 2) / (LAYERS + 1)],
		    k == LAYERS ? "seccomp" : layer_name((enum layer)k));
}

int
main(int argc, char **argv)
{
	static char words[MODES][DEEDS_MAX][64];
	char dir[] = "/tmp/layers-XXXXXX", mode[64];
	struct target t;

	if (argc == 2 && strcmp(argv[1], "again") == 0) {
		taken_say_result(0);
		return 0;
	}
	if (argc == 4 && target_of(argv[3], &t))
		return attempt(argv[1], atoi(argv[2]), &t);
	if (argc == 2 && strcmp(argv[1], "container") == 0)
		container_enter();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || mkdtemp(dir) == NULL)
		return 2;
	outside(dir, &t);
	for (int i = 0; i < MODES; i++) {
		mode_name(i, mode);
		column(mode, &t, words[i]);
	}
	folders(t.path, false);
	unlink(t.path);
	rmdir(dir);
	for (int k = 0; deed(k) != NULL; k++) {
		printf("%d\t%s", deed(k)->n, deed(k)->name);
		for (int i = 0; i < MODES; i++) {
			mode_name(i, mode);
			printf("\t%s=%s", mode, words[i][k]);
		}
		putchar('\n');
	}
	return 0;
}
