/*
 * lock - see lock.h.
 *
 * Most roles lock themselves in as soon as they know their settings, before they are given anything:
 * what comes later comes as descriptors over the channel to the parent. The auditor and the shipper
 * open files below folders they are given, and Landlock must know these first.
 *
 * When the gate is started by root, a child becomes the user of walls { user }. Who opens files
 * becomes the owner of the folder it writes in instead, so that no other process of the gate, should
 * it be taken over, has the files' user; where that is root, it stays root's user without a
 * single capability.
 */
#include "gateway/proc/lock.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/crypto.h>

#include "gateway/io/log.h"
#include "gateway/proc/msg_walls.h"
#include "seccomp/filters.h"

enum { LOCK_FILES_FEW = 512 };

static const struct confine_filter *
filter_of(enum role role)
{
	const char *name = role_name(role);
	size_t len = strlen(name);

	for (size_t i = 0; i < confine_filters_n; i++) {
		const char *of = confine_filters[i].name;

		/* "edge", or "edge+sanitizer" in a build with one */
		if (strncmp(of, name, len) == 0 && (of[len] == '\0' || of[len] == '+'))
			return &confine_filters[i];
	}
	return NULL;
}

static void
refused(struct child *c, const char *why, int error)
{
	struct log_line l;

	log_begin(&l, LOG_FTL, "not_confined");
	log_word(&l, "child", role_name(c->role));
	log_str(&l, "why", why);
	if (error != 0)
		log_errno(&l, error);
	log_end(&l);
	child_fatal(c, why, error != 0 ? error : EPERM);
}

void
lock_begin(struct child *c)
{
	static const int born[] = { 0, 1, 2, ROLE_CHANNEL_FD };
	struct census found;
	int r = census_take(&found), fd;
	char why[80];

	c->census.n = 0;
	for (size_t i = 0; r == 0 && i < sizeof(born) / sizeof(born[0]); i++)
		r = census_add(&c->census, born[i]);
	if (r != 0)
		refused(c, "descriptors cannot be counted in /proc/self/fd", r);
	fd = census_stranger(&found, &c->census);
	if (fd >= 0) {
		snprintf(why, sizeof(why), "descriptor %d was handed down, and nobody meant it to be", fd);
		refused(c, why, EBADF);
	}
	/* what libraries would read from files at their first use, when there are none any more */
	tzset();
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_ADD_ALL_DIGESTS, NULL) != 1)
		refused(c, "OpenSSL cannot be initialised", 0);
}

void
lock_loop(struct child *c)
{
	/* between the two, nothing but the loop has opened any */
	int r = census_take(&c->census);

	if (r != 0)
		refused(c, "descriptors cannot be counted in /proc/self/fd", r);
}

void
lock_own(struct child *c, int fd)
{
	int r = census_add(&c->census, fd);

	if (r != 0)
		refused(c, "too many descriptors", r);
}

static void
put_limit(struct confine *w, int resource, rlim_t at)
{
	w->limit[w->n_limits++] = (struct confine_limit){ resource, at };
}

static void
limits_of(struct confine *w, enum role role)
{
	put_limit(w, RLIMIT_CORE, 0);
	put_limit(w, RLIMIT_MSGQUEUE, 0);
	/* threads count as processes: the shipper's profile knows threads only */
	if (role != ROLE_SHIPPER)
		put_limit(w, RLIMIT_NPROC, 0);
	/* an edge has two for each connection, the dispatcher one for each account of the upstream */
	if (role != ROLE_EDGE && role != ROLE_DISPATCHER)
		put_limit(w, RLIMIT_NOFILE, LOCK_FILES_FEW);
}

/* user_of() - who to become. */
static void
user_of(struct confine *w, const struct setup *s, const struct lock_needs *needs)
{
	struct stat st;

	w->change_user = s->change_user;
	w->user_asked = s->user_asked;
	w->uid = s->uid;
	w->gid = s->gid;
	for (size_t i = 0; needs != NULL && i < needs->n_folders; i++) {
		if (!needs->folder[i].write || fstat(needs->folder[i].fd, &st) != 0)
			continue;
		w->uid = st.st_uid;
		w->gid = st.st_gid;
		return;
	}
}

void
lock_down(struct child *c, const struct lock_needs *needs)
{
	struct confine want = { .expected = &c->census, .filter = filter_of(c->role), .minimum = c->setup.walls_minimum };
	struct confine_report got = { 0 };
	int r = 0;

	limits_of(&want, c->role);
	user_of(&want, &c->setup, needs);
	/* what came along with the message that is being handled, for those behind it */
	for (size_t i = 0; r == 0 && i < c->parent.n_in_fd; i++)
		r = census_add(&c->census, c->parent.in_fd[i]);
	if (needs != NULL) {
		want.landlock = (struct landlock_rules){ needs->folder, needs->n_folders, needs->port, needs->n_ports };
		for (size_t i = 0; r == 0 && i < needs->n_fds; i++)
			r = census_add(&c->census, needs->fd[i]);
	}
	if (r == 0)
		r = confine(&want, &got);
	if (r != 0)
		refused(c, got.why[0] != '\0' ? got.why : "too many descriptors", got.why[0] != '\0' ? got.error : -r);
	(void)msg_walls_put(&c->parent, &(struct msg_walls){ got.walls, got.landlock_abi, got.uid });
}
