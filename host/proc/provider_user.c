/*
 * provider_user - who a provider is, and the folder that is its user's alone.
 *
 * Its user is nobody else's (users.h), and tends to be the same each time: the one its folder
 * belongs to, else one that host, key and link name choose. Where that one is taken it is another,
 * and what lies in the folder is given to it; only what belonged to the folder's former owner is,
 * so that a link to a stranger's file stays the stranger's.
 *
 * Where users.h has none to give, to root's host in a container that knows few, it is one that key
 * and link name choose, as it was before; two hosts may choose the same.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/proc/provider_priv.h"

/* sum() - FNV-1a of several words. */
static uint32_t
sum(const char *const *part, size_t n)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < n; i++)
		for (const char *s = part[i]; *s != '\0'; s++)
			h = (h ^ (uint8_t)*s) * 16777619U;
	return h;
}

/* folder_name() - of key and link name: what cannot stand in a file's name is written as %XX. */
static void
folder_name(const struct provider *p, struct buf *b)
{
	buf_put_str(b, p->key);
	buf_put_u8(b, '-');
	for (const char *s = p->link_name; *s != '\0'; s++) {
		char hex[4];
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			     (*s >= '0' && *s <= '9') || *s == '_' || *s == '-';

		snprintf(hex, sizeof(hex), "%%%02X", (unsigned)(uint8_t)*s);
		if (plain)
			buf_put_u8(b, (uint8_t)*s);
		else
			buf_put_str(b, hex);
	}
	buf_put_u8(b, 0);
}

/* folder_open() - as it lies there. Return: a descriptor; -ENOENT; -errno. */
static int
folder_open(const struct provider *p, bool make)
{
	struct buf name;
	int at, fd = -ENOENT;

	buf_init(&name, 4 * PROVIDER_NAME + PROVIDER_KEY);
	folder_name(p, &name);
	if (buf_failed(&name) || name.len > 250) {
		buf_deinit(&name);
		return err_raise(-ENAMETOOLONG);
	}
	if (make)
		(void)mkdir(p->all->state, 0711);
	at = open(p->all->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at >= 0 && (!make || mkdirat(at, (const char *)name.ptr, 0700) == 0 || errno == EEXIST))
		fd = openat(
		    at, (const char *)name.ptr, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	else
		fd = -1;
	if (fd < 0)
		fd = -errno;
	if (at >= 0)
		close(at);
	buf_deinit(&name);
	return fd;
}

static bool
keeps(const struct provider *p)
{
	return p->all->state != NULL && p->kind != NULL && p->kind->folder;
}

/* owner() - of what it keeps already; 0: nothing, or it cannot be known. */
static uid_t
owner(const struct provider *p)
{
	struct stat st = { .st_uid = 0 };
	int fd = keeps(p) ? folder_open(p, false) : -1;

	if (fd >= 0) {
		if (fstat(fd, &st) != 0)
			st.st_uid = 0;
		close(fd);
	}
	return st.st_uid;
}

uid_t
provider_user(struct provider *p)
{
	const char *const parts[] = { p->all->host_id, p->key, "/", p->link_name };
	struct users *u = p->all->options.users;
	uid_t former;

	if (geteuid() != 0)
		return 0;
	if (p->user != 0)
		return p->user;
	if (u == NULL || !u->own)
		return p->user = (uid_t)(PROVIDER_UIDS + sum(parts + 1, 3) % PROVIDER_UIDS_N);
	former = owner(p);
	p->user = users_take_this(u, USERS_PROVIDERS, former)
		      ? former
		      : users_take(u, USERS_PROVIDERS, sum(parts, 4));
	return p->user;
}

bool
provider_own(const struct provider *p)
{
	return p->user != 0 && p->all->options.users != NULL && p->all->options.users->own;
}

/* hand_over() - what is @from's in a folder. Return: 0, -errno. */
static int
hand_over(int folder, uid_t from, uid_t to)
{
	int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = again >= 0 ? fdopendir(again) : NULL;
	const struct dirent *e;

	if (d == NULL) {
		r = err_raise(-errno);
		if (again >= 0)
			close(again);
		return r;
	}
	while (r == 0 && (e = readdir(d)) != NULL) {
		int fd = openat(folder, e->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		struct stat st;

		if (fd < 0)
			continue; /* gone meanwhile */
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == from &&
		    fchownat(fd, "", to, to, AT_EMPTY_PATH) != 0)
			r = err_raise(-errno);
		close(fd);
	}
	closedir(d);
	return r;
}

/* own() - the folder is its user's alone. */
static int
own(int fd, uid_t uid)
{
	struct stat st;
	int r = 0;

	if (fstat(fd, &st) != 0)
		return err_raise(-errno);
	if (uid != 0 && st.st_uid != uid) {
		/* last the folder: while it is not the new one's, this is done again */
		r = st.st_uid != 0 ? hand_over(fd, st.st_uid, uid) : 0;
		if (r == 0 && fchown(fd, uid, uid) != 0)
			r = err_raise(-errno);
	}
	if (r != 0)
		return err_pass(r);
	return fchmod(fd, 0700) == 0 ? 0 : err_raise(-errno);
}

int
provider_folder(struct provider *p)
{
	int fd, r;

	if (!keeps(p))
		return -ENOENT;
	fd = folder_open(p, true);
	if (fd < 0)
		return err_raise(fd);
	r = own(fd, provider_user(p));
	if (r != 0)
		close(fd);
	return r != 0 ? err_pass(r) : fd;
}
