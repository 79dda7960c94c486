/*
 * parent_owner - do the files below a folder belong to the process that will go on with them?
 *
 * Auditor and shipper become the owner of the folder they write in and have no capability, so what
 * another user left there, root's files of an earlier start above all, is closed to them. The gate
 * says so and what to run, and does not chown them itself: who owns the folder could have put any
 * of root's files there by its name, and would be given it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/parent_priv.h"

/* Who will work in a folder. */
struct worker {
	uid_t uid;
	gid_t gid;
};

static struct worker
worker_of(const struct stat *folder)
{
	if (parent.change_user)
		return (struct worker){ folder->st_uid, folder->st_gid };
	return (struct worker){ geteuid(), getegid() };
}

/* open_to() - can @w read and write a file, or read a folder, by its mode alone? */
static bool
open_to(const struct stat *st, struct worker w)
{
	unsigned shift = st->st_uid == w.uid ? 6 : st->st_gid == w.gid ? 3 : 0;
	unsigned needed = S_ISDIR(st->st_mode) ? 5 : 6;

	return (st->st_mode >> shift & needed) == needed;
}

static int
say(const char *file, const struct stat *st, const char *folder, struct worker w)
{
	char fix[8192];
	struct log_line l;

	snprintf(fix, sizeof(fix), "chown -R %u:%u %s", (unsigned)w.uid, (unsigned)w.gid, folder);
	log_begin(&l, LOG_FTL, "wrong_owner");
	log_str(&l, "file", file);
	log_num(&l, "owner", st->st_uid);
	log_num(&l, "needed", w.uid);
	log_str(&l, "fix", fix);
	log_end(&l);
	return err_raise(-EACCES);
}

/* each() - every file in a folder that is open. Return: 0, -EACCES after a log line. */
static int
each(DIR *d, const char *path, struct worker w)
{
	struct dirent *e;
	struct stat st;
	char file[8192];

	while ((e = readdir(d)) != NULL) {
		/* what is gone meanwhile is in nobody's way */
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode) || st.st_uid == w.uid || open_to(&st, w))
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		return say(file, &st, path, w);
	}
	return 0;
}

int
owner_check(const char *path)
{
	DIR *d = opendir(path);
	struct stat folder;
	int r;

	if (d == NULL)
		return 0; /* whoever opens it to hand it over says what is wrong */
	r = fstat(dirfd(d), &folder) != 0 ? -errno : each(d, path, worker_of(&folder));
	closedir(d);
	return err_pass(r);
}

int
owner_reads(const char *work, const char *path)
{
	struct stat mine, other;
	struct worker w;

	if (stat(work, &mine) != 0 || stat(path, &other) != 0)
		return 0;
	w = worker_of(&mine);
	if (other.st_uid == w.uid || open_to(&other, w))
		return 0;
	return say(work, &mine, work, (struct worker){ other.st_uid, other.st_gid });
}

int
owner_mkdir(const char *path, const char *like)
{
	struct stat st;
	int r;

	if (!parent.change_user || stat(like, &st) != 0 || st.st_uid == 0)
		return mkdir(path, 0700) == 0 ? 0 : -errno;
	/* for files alone, and for this call alone: the parent owns what it makes, and has no right
	 * to give it away */
	setfsgid(st.st_gid);
	setfsuid(st.st_uid);
	r = mkdir(path, 0700) == 0 ? 0 : -errno;
	setfsuid(geteuid());
	setfsgid(getegid());
	return r == -EACCES ? (mkdir(path, 0700) == 0 ? 0 : -errno) : r;
}
