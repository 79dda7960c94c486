/*
 * up_child - see up_child.h.
 *
 * A child has a process group of its own, so that Ctrl-C on the terminal reaches this tool alone, and the tool can
 * end its children one after the other. The price would be that they outlive a tool that was killed; the kernel is
 * asked to kill them then (PR_SET_PDEATHSIG), before their program begins. Who lost his parent before he could ask
 * sees that it is another one, and ends.
 */
#include "gateway/cli/up_child.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READS_MAX = 64, CANNOT_EXEC = 127 };

/* become() - in the child: nothing but system calls until the program begins. */
static void __attribute__((noreturn))
become(char *const argv[], int out, const sigset_t *mask, pid_t parent)
{
	static const char cannot[] = "cannot be started: ";
	const char *why;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent || null < 0 ||
	    setpgid(0, 0) != 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(out, STDERR_FILENO) < 0 || signal(SIGPIPE, SIG_DFL) == SIG_ERR ||
	    sigprocmask(SIG_SETMASK, mask, NULL) != 0)
		_exit(CANNOT_EXEC);
	(void)execv(argv[0], argv);
	why = strerrordesc_np(errno);
	(void)!write(STDERR_FILENO, cannot, sizeof(cannot) - 1);
	(void)!write(STDERR_FILENO, why, strlen(why));
	_exit(CANNOT_EXEC);
}

int
up_child_start(struct up_child *c, char *const argv[], const sigset_t *mask)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_raise(-errno);
	c->pid = fork();
	if (c->pid == 0)
		become(argv, ends[1], mask, parent);
	if (c->pid < 0) {
		int r = -errno;

		c->pid = 0;
		close(ends[0]);
		close(ends[1]);
		return err_raise(r);
	}
	close(ends[1]);
	c->fd = ends[0];
	return fcntl(c->fd, F_SETFL, O_NONBLOCK) == 0 ? 0 : err_raise(-errno);
}

static void
keep(struct up_child *c, struct bytes line)
{
	size_t at = c->n_last++ % UP_LAST;

	c->last_len[at] = line.len < UP_LAST_MAX ? line.len : UP_LAST_MAX;
	if (c->last_len[at] > 0)
		memcpy(c->last[at], line.ptr, c->last_len[at]);
}

/* whole() - a line is complete, or as long as one may be. */
static void
whole(struct up_child *c, up_child_on_line on_line, void *arg)
{
	struct bytes line = bytes_of(c->line, c->len);

	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	c->len = 0;
	keep(c, line);
	on_line(c, line, arg);
}

static void
cut(struct up_child *c, struct bytes in, up_child_on_line on_line, void *arg)
{
	for (size_t i = 0; i < in.len; i++) {
		if (in.ptr[i] == '\n' || c->len == sizeof(c->line))
			whole(c, on_line, arg);
		if (in.ptr[i] != '\n')
			c->line[c->len++] = (char)in.ptr[i];
	}
}

void
up_child_read(struct up_child *c, up_child_on_line on_line, void *arg)
{
	char in[4096];
	ssize_t n = 0;

	/* so often and no more: who says much must not keep us from the others, nor from a signal */
	for (size_t i = 0; c->fd >= 0 && i < READS_MAX; i++) {
		n = read(c->fd, in, sizeof(in));
		if (n <= 0)
			break;
		cut(c, bytes_of(in, (size_t)n), on_line, arg);
	}
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		up_child_close(c);
}

void
up_child_reap(struct up_child *c, up_child_on_line on_line, void *arg)
{
	if (c->pid == 0 || waitpid(c->pid, &c->status, WNOHANG) != c->pid)
		return;
	c->pid = 0;
	c->ended = true;
	up_child_read(c, on_line, arg);
	if (c->len > 0)
		whole(c, on_line, arg);
	up_child_close(c);
}

void
up_child_close(struct up_child *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void
up_child_end(const struct up_child *c, char *out, size_t size)
{
	if (WIFSIGNALED(c->status))
		snprintf(out, size, "signal %d (%s)", WTERMSIG(c->status), strsignal(WTERMSIG(c->status)));
	else
		snprintf(out, size, "exit code %d", WEXITSTATUS(c->status));
}

struct bytes
up_child_said(const struct up_child *c, size_t back)
{
	size_t at;

	if (back >= c->n_last || back >= UP_LAST)
		return BYTES_NULL;
	at = (c->n_last - 1 - back) % UP_LAST;
	return bytes_of(c->last[at], c->last_len[at]);
}
