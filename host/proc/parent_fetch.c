/*
 * parent_fetch - see parent_fetch.h. The process gets a connected socket and three pieces of memory, and is
 * waited for: what counts is in the memory when it has ended, and by then nobody else has it. One that
 * takes too long is killed.
 */
#include "host/proc/parent_fetch.h"

#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/proc/parent_priv.h"
#include "host/proc/parent_users.h"

enum { FETCHES = 8, DIAL_MS = 10000, ALL_MS = 310000, AUTHORITIES_MAX = FETCH_CA };

enum { SLOT_SOCKET, SLOT_BODY, SLOT_RESULT, SLOTS };

struct fetch {
	bool used, running, gone; /* ->gone: nobody waits for it any more */
	struct oci_url url;
	struct buf request;
	uint64_t max;
	fetch_done *done;
	void *ctx;
	int fd[SLOTS];
	char why[FETCH_WHY];
	uv_getaddrinfo_t query;
	struct addrinfo *found, *next;
	uv_poll_t *poll;
	uv_timer_t timer;
	uv_process_t process;
	uid_t user; /* of its process alone; 0: none */
};

static struct {
	struct fetch at[FETCHES];
	bool begun;
	char program[PATH_MAX];
} self;

static void dial(struct fetch *f);

static void
on_poll_closed(uv_handle_t *h)
{
	free(h);
}

/* ---- the end of one ---- */

static void
let_go(struct fetch *f)
{
	for (int i = 0; i < SLOTS; i++) {
		if (f->fd[i] >= 0)
			close(f->fd[i]);
		f->fd[i] = -1;
	}
	if (f->found != NULL)
		uv_freeaddrinfo(f->found);
	f->found = NULL;
	if (f->request.ptr != NULL)
		wipe(f->request.ptr, f->request.cap);
	buf_deinit(&f->request);
	uv_timer_stop(&f->timer);
	f->used = f->running = false;
}

static void
tell(struct fetch *f, const struct fetch_got *got)
{
	if (!f->gone)
		f->done(f->ctx, got);
}

static void
fail(struct fetch *f, const char *why)
{
	struct fetch_got got = { .head = { .why = bytes_str(why) } };

	tell(f, &got);
	let_go(f);
}

/* map() - what lies in memory of ours. Return: empty when nothing, or too much, does. */
static struct bytes
map(int fd, uint64_t max)
{
	struct stat st;
	void *at;

	if (fstat(fd, &st) != 0 || st.st_size <= 0 || (uint64_t)st.st_size > max)
		return BYTES_NULL;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	return at == MAP_FAILED ? BYTES_NULL : bytes_of(at, (size_t)st.st_size);
}

static void
unmap(struct bytes b)
{
	if (b.len > 0)
		munmap((void *)(uintptr_t)b.ptr, b.len);
}

static void
on_process_closed(uv_handle_t *h)
{
	struct fetch *f = h->data;
	struct bytes result = map(f->fd[SLOT_RESULT], FETCH_RESULT_MAX);
	struct fetch_got got = { .body = map(f->fd[SLOT_BODY], f->max) };

	user_done(&f->user);
	if (f->why[0] == '\0' && !fetch_result_get(result, &got.head))
		snprintf(f->why, sizeof(f->why), "%s", "what it left cannot be read");
	if (f->why[0] == '\0' && got.head.status != 0 && got.head.size != got.body.len)
		snprintf(f->why, sizeof(f->why), "%s", "it left less than it said");
	if (f->why[0] != '\0')
		got.head = (struct fetch_result){ .why = bytes_str(f->why) };
	tell(f, &got);
	unmap(got.body);
	unmap(result);
	let_go(f);
}

static void
on_ended(uv_process_t *p, int64_t status, int signal)
{
	struct fetch *f = p->data;

	if (signal == SIGSYS)
		snprintf(f->why, sizeof(f->why), "%s", "it made a system call that its profile does not grant");
	else if (f->why[0] == '\0' && (signal != 0 || status != 0))
		snprintf(f->why, sizeof(f->why), "its process ended with status %d, signal %d", (int)status, signal);
	uv_close((uv_handle_t *)p, on_process_closed);
}

static void
on_late(uv_timer_t *t)
{
	struct fetch *f = t->data;

	snprintf(f->why, sizeof(f->why), "%s:%u: %s", f->url.host, f->url.port,
	    f->running ? "it took too long" : "no connection in time");
	if (f->running)
		(void)uv_process_kill(&f->process, SIGKILL);
	else if (f->poll != NULL) {
		uv_poll_stop(f->poll);
		uv_close((uv_handle_t *)f->poll, on_poll_closed);
		f->poll = NULL;
		fail(f, f->why);
	}
}

/* ---- the process ---- */

/* sealed() - the request, in memory nobody writes to. Return: its descriptor, -errno. */
static int
sealed(const struct buf *b)
{
	int fd = memfd_create("request", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return err_raise(-errno);
	if (write(fd, b->ptr, b->len) != (ssize_t)b->len ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
		close(fd);
		return err_raise(-EIO);
	}
	return fd;
}

static void
spawn(struct fetch *f)
{
	char name[] = "portcullis-fetch", user[16], *argv[] = { name, user, NULL }, *env[] = { NULL };
	uv_stdio_container_t io[FETCH_RESULT + 1] = { { .flags = UV_IGNORE }, { .flags = UV_IGNORE },
		{ .flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO } };
	uv_process_options_t o = { .exit_cb = on_ended, .file = self.program, .args = argv, .env = env,
		.stdio_count = FETCH_RESULT + 1, .stdio = io };
	int request = sealed(&f->request), r;

	f->fd[SLOT_BODY] = memfd_create("body", MFD_CLOEXEC);
	f->fd[SLOT_RESULT] = memfd_create("result", MFD_CLOEXEC);
	const int given[] = { request, f->fd[SLOT_SOCKET], f->fd[SLOT_BODY], f->fd[SLOT_RESULT] };

	for (int i = 0; i < 4; i++) {
		io[FETCH_REQUEST + i].flags = UV_INHERIT_FD;
		io[FETCH_REQUEST + i].data.fd = given[i];
		if (given[i] < 0) {
			fail(f, "no memory for it");
			return;
		}
	}
	if (user_new(&f->user) != 0) {
		close(request);
		fail(f, "no user is left for it in walls { users }");
		return;
	}
	snprintf(user, sizeof(user), "%u", (unsigned)f->user);
	memset(&f->process, 0, sizeof(f->process));
	r = uv_spawn(&host.loop, &f->process, &o);
	f->process.data = f;
	close(request);
	close(f->fd[SLOT_SOCKET]);
	f->fd[SLOT_SOCKET] = -1;
	f->running = true;
	if (r != 0) {
		snprintf(f->why, sizeof(f->why), "portcullis-fetch, beside this program, cannot be started: %s", uv_strerror(r));
		uv_close((uv_handle_t *)&f->process, on_process_closed);
		return;
	}
	uv_timer_start(&f->timer, on_late, ALL_MS, 0);
}

/* ---- the connection ---- */

static void
on_dialled(uv_poll_t *p, int status, int events)
{
	struct fetch *f = p->data;
	int error = 0, on = 1, flags;
	socklen_t len = sizeof(error);

	(void)status;
	(void)events;
	if (getsockopt(f->fd[SLOT_SOCKET], SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	uv_poll_stop(p);
	uv_close((uv_handle_t *)p, on_poll_closed);
	f->poll = NULL;
	if (error != 0) {
		snprintf(f->why, sizeof(f->why), "%s:%u: %s", f->url.host, f->url.port, strerror(error));
		close(f->fd[SLOT_SOCKET]);
		f->fd[SLOT_SOCKET] = -1;
		dial(f);
		return;
	}
	f->why[0] = '\0';
	uv_timer_stop(&f->timer);
	(void)setsockopt(f->fd[SLOT_SOCKET], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	flags = fcntl(f->fd[SLOT_SOCKET], F_GETFL);
	(void)!fcntl(f->fd[SLOT_SOCKET], F_SETFL, flags | O_NONBLOCK);
	spawn(f);
}

/* dial() - the next address there is. */
static void
dial(struct fetch *f)
{
	struct addrinfo *a = f->next;

	if (f->gone || a == NULL) {
		fail(f, f->why[0] != '\0' ? f->why : "it has no address");
		return;
	}
	f->next = a->ai_next;
	f->fd[SLOT_SOCKET] = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	f->poll = malloc(sizeof(*f->poll));
	if (f->fd[SLOT_SOCKET] < 0 || f->poll == NULL ||
	    (connect(f->fd[SLOT_SOCKET], a->ai_addr, a->ai_addrlen) != 0 && errno != EINPROGRESS)) {
		snprintf(f->why, sizeof(f->why), "%s:%u: %s", f->url.host, f->url.port, strerror(errno));
		free(f->poll);
		f->poll = NULL;
		if (f->fd[SLOT_SOCKET] >= 0)
			close(f->fd[SLOT_SOCKET]);
		f->fd[SLOT_SOCKET] = -1;
		dial(f);
		return;
	}
	uv_poll_init(&host.loop, f->poll, f->fd[SLOT_SOCKET]);
	f->poll->data = f;
	uv_poll_start(f->poll, UV_WRITABLE, on_dialled);
	uv_timer_start(&f->timer, on_late, DIAL_MS, 0);
}

static void
on_resolved(uv_getaddrinfo_t *q, int status, struct addrinfo *list)
{
	struct fetch *f = q->data;

	f->found = f->next = list;
	if (status != 0)
		snprintf(f->why, sizeof(f->why), "%s: %s", f->url.host, uv_strerror(status));
	dial(f);
}

/* ---- the beginning ---- */

/* begin() - the program lies beside ours. */
static void
begin(void)
{
	ssize_t n = readlink("/proc/self/exe", self.program, sizeof(self.program) - 1);
	char *slash;

	self.begun = true;
	self.program[n > 0 ? n : 0] = '\0';
	slash = strrchr(self.program, '/');
	n = slash != NULL ? slash + 1 - self.program : 0;
	snprintf(self.program + n, sizeof(self.program) - (size_t)n, "portcullis-fetch");
	for (int i = 0; i < FETCHES; i++) {
		uv_timer_init(&host.loop, &self.at[i].timer);
		self.at[i].timer.data = &self.at[i];
		for (int k = 0; k < SLOTS; k++)
			self.at[i].fd[k] = -1;
	}
}

/* authorities() - those of host.conf, else the system's. */
static void
authorities(struct buf *out)
{
	const char *path = host.conf->registry_ca != NULL ? host.conf->registry_ca : "/etc/ssl/certs/ca-certificates.crt";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = 1;

	while (fd >= 0 && n > 0) {
		uint8_t *p = buf_reserve(out, 65536);

		n = p != NULL ? read(fd, p, 65536) : -1;
		out->len += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		close(fd);
}

int
fetch_begin(const struct fetch_ask *ask, fetch_done *done, void *ctx)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct fetch *f = self.at;
	struct fetch_request m = { .tls = ask->url->tls, .port = ask->url->port, .max = ask->max,
		.host = bytes_str(ask->url->host), .path = bytes_str(ask->url->path), .accept = ask->accept,
		.authorization = ask->authorization };
	struct buf ca;
	char port[8];

	if (!self.begun)
		begin();
	while (f < self.at + FETCHES && f->used)
		f++;
	if (f == self.at + FETCHES)
		return err_raise(-EAGAIN);
	f->used = true;
	f->gone = f->running = false;
	f->url = *ask->url;
	f->max = ask->max;
	f->done = done;
	f->ctx = ctx;
	f->why[0] = '\0';
	buf_init(&f->request, FETCH_REQUEST_MAX);
	buf_init(&ca, AUTHORITIES_MAX);
	if (m.tls)
		authorities(&ca);
	m.ca = buf_bytes(&ca);
	fetch_request_put(&f->request, &m);
	snprintf(port, sizeof(port), "%u", m.port);
	f->query.data = f;
	if (buf_failed(&ca) || buf_failed(&f->request) ||
	    uv_getaddrinfo(&host.loop, &f->query, on_resolved, f->url.host, port, &hints) != 0) {
		buf_deinit(&ca);
		let_go(f);
		return err_raise(-ENOMEM);
	}
	buf_deinit(&ca);
	return 0;
}

void
fetch_end(void)
{
	for (int i = 0; i < FETCHES; i++) {
		struct fetch *f = &self.at[i];

		if (!f->used)
			continue;
		f->gone = true;
		if (f->running)
			(void)uv_process_kill(&f->process, SIGKILL);
		else
			(void)uv_cancel((uv_req_t *)&f->query);
	}
}
