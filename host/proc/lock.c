/*
 * lock - see lock.h. The order of the steps is seccomp/confine.c's; here is only what each child of
 * the host wants.
 */
#include "host/proc/lock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "seccomp/filters.h"

enum { LOCK_FILES = 512, LOCK_NOBODY = 65534 };

int
lock_begin(int channel)
{
	const int born[] = { 0, 1, 2, channel };
	struct census found, expected = { 0 };
	int r = census_take(&found);

	for (size_t i = 0; r == 0 && i < sizeof(born) / sizeof(born[0]); i++)
		r = census_add(&expected, born[i]);
	if (r == 0 && census_stranger(&found, &expected) >= 0)
		r = err_raise(-EBADF);
	/* what libraries would read from files at their first use, when there are none any more */
	tzset();
	if (r == 0 && OPENSSL_init_crypto(
			  OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_ADD_ALL_DIGESTS, NULL) != 1)
		r = err_raise(-ENOMEM);
	return r;
}

int
lock_own(struct census *own)
{
	return census_take(own);
}

static const struct confine_filter *
filter_of(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < confine_filters_n; i++) {
		const char *of = confine_filters[i].name;

		/* "link", or "link+sanitizer" in a build with one */
		if (strncmp(of, name, len) == 0 && (of[len] == '\0' || of[len] == '+'))
			return &confine_filters[i];
	}
	return NULL;
}

int
lock_down(const struct census *own, const struct lock_needs *needs, struct lock_got *got)
{
	struct confine want = { .expected = own,
		.filter = filter_of(needs->name),
		.change_user = true,
		.uid = needs->user != 0 ? needs->user : LOCK_NOBODY,
		.gid = needs->user != 0 ? needs->user : LOCK_NOBODY,
		.landlock = { needs->folder, needs->n_folders, needs->port, needs->n_ports } };
	struct confine_report report = { 0 };
	int r;

	want.limit[want.n_limits++] = (struct confine_limit){ RLIMIT_CORE, 0 };
	want.limit[want.n_limits++] = (struct confine_limit){ RLIMIT_MSGQUEUE, 0 };
	want.limit[want.n_limits++] = (struct confine_limit){ RLIMIT_NOFILE, LOCK_FILES };
	if (!needs->threads)
		want.limit[want.n_limits++] = (struct confine_limit){ RLIMIT_NPROC, 0 };
	r = confine(&want, &report);
	*got = (struct lock_got){ report.walls, report.landlock_abi, report.error, "" };
	snprintf(got->why, sizeof(got->why), "%s",
	    r != 0 && report.why[0] == '\0' ? "not confined" : report.why);
	return r;
}
