/*
 * parent_files - what the operator of the gate changes while it runs: policies, trust, the log file.
 * The parent reads these and hands the bytes on; it does not interpret them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/file.h"
#include "gateway/proc/parent_priv.h"

enum { TRUST_SETTLE_MS = 150 };

/* send_file() - its bytes as a message. Return: 0, -errno after a log line. */
static int
send_file(struct channel *to, enum msg_parent type, const char *path)
{
	struct buf text;
	int r;

	buf_init(&text, FILE_MAX_BYTES);
	r = file_read(AT_FDCWD, path, &text);
	if (r == 0)
		r = msg_text_put(to, type, path, buf_bytes(&text), -1);
	buf_deinit(&text);
	if (r != 0) {
		struct log_line l;

		log_begin(&l, LOG_ERR, "file_not_read");
		log_str(&l, "file", path);
		log_errno(&l, r);
		log_end(&l);
	}
	return err_pass(r);
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* send_folder() - all files with an ending, in order of their names. Return: how many, -errno. */
static int
send_folder(struct channel *to, enum msg_parent type, const char *folder, const char *ending)
{
	char **names = NULL, path[8192];
	size_t n = 0;
	int r = names_in(AT_FDCWD, folder, ending, &names, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		r = send_file(to, type, path);
	}
	names_free(names, n);
	return r != 0 ? err_pass(r) : (int)n;
}

int
files_sources(struct channel *to)
{
	static const char *const payloads[] = { ".json", ".yaml", ".bin" };
	const char *folder = parent.config->policies;
	int n = send_folder(to, MSG_SOURCE, folder, ".policy"), r;

	if (n <= 0)
		return err_pass(n);
	r = send_folder(to, MSG_PROMISE, folder, ".expect");
	if (r < 0)
		return err_pass(r);
	/* one that cannot be read is logged, and then fails the line that needs it */
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		(void)send_folder(to, MSG_PAYLOAD, folder, payloads[i]);
	return n;
}

void
files_trust(void)
{
	struct kid *v = kid_of(ROLE_VERIFIER, 0);
	struct channel *to = &v->channel;

	if (to->fd < 0)
		return;
	/* when a file cannot be read, what is trusted now stays: nothing is begun that is not ended */
	(void)msg_bare_put(to, MSG_TRUST_BEGIN, -1);
	if (send_file(to, MSG_TRUST_OPERATOR, parent.config->trust_operator) != 0 ||
	    send_folder(to, MSG_TRUST_ACCOUNT, parent.config->trust_accounts, ".jwt") < 0)
		return;
	(void)msg_bare_put(to, MSG_TRUST_END, -1);
}

/* ---- watching ---- */

/*
 * Folders are watched, not files: whoever replaces a file by renaming another onto it leaves a watch
 * on the file with the old one.
 */

static void
on_settled(uv_timer_t *t)
{
	(void)t;
	/* a folder may have been replaced as well: look at what has the name now, then read */
	files_watch();
	files_trust();
}

/* changed() - files are written in steps; they are read when they have been quiet for a moment. */
static void
changed(void)
{
	uv_timer_start(&parent.trust_timer, on_settled, TRUST_SETTLE_MS, 0);
}

/* link_name() - what swaps a whole set of files at once turns a link with such a name (Kubernetes' "..data"). */
static bool
link_name(const char *name)
{
	return name == NULL || strncmp(name, "..", 2) == 0;
}

static void
on_accounts(uv_fs_event_t *e, const char *name, int events, int status)
{
	(void)e;
	(void)events;
	(void)status;
	/* the folder itself is reported by its own name */
	if (link_name(name) || ends_with(name, ".jwt") || ends_with(parent.config->trust_accounts, name))
		changed();
}

/* on_operator() - its folder may hold anything, our own log too, so only that file counts. */
static void
on_operator(uv_fs_event_t *e, const char *name, int events, int status)
{
	const char *slash = strrchr(parent.config->trust_operator, '/');

	(void)e;
	(void)events;
	(void)status;
	if (link_name(name) || strcmp(name, slash + 1) == 0)
		changed();
}

void
files_watch(void)
{
	const char *operator = parent.config->trust_operator;
	char folder[4200];

	/* the path is absolute: there is a slash */
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(operator, '/') - operator + 1), operator);
	uv_fs_event_stop(&parent.watch_accounts);
	uv_fs_event_stop(&parent.watch_operator);
	if (uv_fs_event_start(&parent.watch_accounts, on_accounts, parent.config->trust_accounts, 0) != 0 ||
	    uv_fs_event_start(&parent.watch_operator, on_operator, folder, 0) != 0)
		log_event(LOG_WRN, "trust_not_watched");
}

/* ---- the log ---- */

int
files_log_open(bool tell)
{
	const char *path = parent.options->log != NULL ? parent.options->log : parent.config->log;
	struct kid *auditor;
	int fd;

	if (path != NULL) {
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
		if (fd < 0) {
			struct log_line l;
			int e = errno;

			log_begin(&l, LOG_ERR, "cannot_open");
			log_str(&l, "file", path);
			log_errno(&l, e);
			log_end(&l);
			return err_raise(-e);
		}
		/* who started us waits for the ready line where he can see it */
		if (!parent.announced && parent.announce < 0)
			parent.announce = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		if (dup2(fd, STDERR_FILENO) < 0)
			return err_raise(-errno);
		close(fd);
	}
	if (!tell)
		return 0;
	for (size_t i = 0; path != NULL && i < parent.n_kids; i++) {
		if (parent.kid[i].alive)
			(void)msg_bare_put(&parent.kid[i].channel, MSG_REOPEN, fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
	}
	auditor = kid_of(ROLE_AUDITOR, 0);
	fd = open(parent.config->decisions, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0 && auditor != NULL)
		(void)msg_file_put(&auditor->channel, "decisions", fd);
	log_event(LOG_INF, "log_reopened");
	return 0;
}
