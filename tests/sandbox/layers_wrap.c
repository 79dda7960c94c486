/*
 * layers_wrap - see layers.h. Each function stands before the real one of its name.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/proc/runner.h"
#include "seccomp/census.h"
#include "tests/sandbox/layers.h"

/* linux 6.3; source: linux include/uapi/linux/prctl.h */
enum { SET_MDWE = 65 };
/* of struct landlock_ruleset_attr; source: linux include/uapi/linux/landlock.h */
enum { RULES_FS = 0, RULES_NET = 1, RULES_SCOPED = 2, RULES = 3, RULE_PATH = 1 };

#define NAMESPACES                                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	    CLONE_NEWPID | CLONE_NEWNET)

static uint32_t kept = LAYERS_ALL;

int __real_census_take(struct census *c);
int __real_setrlimit(__rlimit_resource_t which, const struct rlimit *to);
int __real_privilege_user(uid_t uid, gid_t gid);
int __real_fchown(int fd, uid_t uid, gid_t gid);
int __real_fchownat(int at, const char *path, uid_t uid, gid_t gid, int flags);
int __real_privilege_drop(uint64_t keep);
void __real_privilege_bound(uint64_t keep);
long __real_syscall(long nr, ...);
int __real_prctl(int op, ...);
int __wrap_census_take(struct census *c);
int __wrap_setrlimit(__rlimit_resource_t which, const struct rlimit *to);
int __wrap_privilege_user(uid_t uid, gid_t gid);
int __wrap_fchown(int fd, uid_t uid, gid_t gid);
int __wrap_fchownat(int at, const char *path, uid_t uid, gid_t gid, int flags);
int __wrap_privilege_drop(uint64_t keep);
void __wrap_privilege_bound(uint64_t keep);
long __wrap_syscall(long nr, ...);
int __wrap_prctl(int op, ...);

void
layers_keep(uint32_t which)
{
	kept = which;
}

static bool
has(enum layer l)
{
	return (kept & UINT32_C(1) << l) != 0;
}

const char *
layer_name(enum layer l)
{
	static const char *const names[LAYERS] = { "census", "limits", "user", "own-user", "capabilities",
		"no-dump", "no-new-privs", "mdwe", "landlock", "landlock-net", "landlock-scope",
		"filter", "narrow", "namespaces" };

	return l < LAYERS ? names[l] : "none";
}

static bool
layer_of(const char *name, uint32_t *bits)
{
	*bits = LAYERS_SECCOMP;
	if (strcmp(name, "seccomp") == 0)
		return true;
	for (int i = 0; i < LAYERS; i++) {
		*bits = UINT32_C(1) << i;
		if (strcmp(name, layer_name((enum layer)i)) == 0)
			return true;
	}
	return false;
}

bool
layers_of(const char *mode, uint32_t *which)
{
	uint32_t bits;

	*which = strcmp(mode, "all") == 0 ? LAYERS_ALL : 0;
	if (*which != 0 || strcmp(mode, "none") == 0)
		return true;
	if (strncmp(mode, "only ", 5) == 0 && layer_of(mode + 5, &bits))
		*which = bits;
	else if (strncmp(mode, "without ", 8) == 0 && layer_of(mode + 8, &bits))
		*which = LAYERS_ALL & ~bits;
	else
		return false;
	/* without a user there is none of its own; one of its own is a user */
	if (strcmp(mode, "without user") == 0)
		*which &= ~(UINT32_C(1) << LAYER_OWN_USER);
	return true;
}

/* a_user() - and whom: what it asked for, or what all share. */
static bool
a_user(uid_t *uid)
{
	if (!has(LAYER_USER) && !has(LAYER_OWN_USER))
		return false;
	if (!has(LAYER_OWN_USER))
		*uid = RUNNER_UID;
	return true;
}

int
__wrap_census_take(struct census *c)
{
	if (has(LAYER_CENSUS))
		return __real_census_take(c);
	c->n = 0;
	return 0;
}

int
__wrap_setrlimit(__rlimit_resource_t which, const struct rlimit *to)
{
	return has(LAYER_LIMITS) ? __real_setrlimit(which, to) : 0;
}

int
__wrap_privilege_user(uid_t uid, gid_t gid)
{
	(void)gid;
	return a_user(&uid) ? __real_privilege_user(uid, uid) : 0;
}

int
__wrap_privilege_drop(uint64_t keep)
{
	return has(LAYER_CAPABILITIES) ? __real_privilege_drop(keep) : 0;
}

/* what a provider keeps belongs to whom it becomes */
static uid_t
owner(uid_t uid)
{
	return has(LAYER_USER) && !has(LAYER_OWN_USER) ? RUNNER_UID : uid;
}

int
__wrap_fchown(int fd, uid_t uid, gid_t gid)
{
	(void)gid;
	return __real_fchown(fd, owner(uid), owner(uid));
}

int
__wrap_fchownat(int at, const char *path, uid_t uid, gid_t gid, int flags)
{
	(void)gid;
	return __real_fchownat(at, path, owner(uid), owner(uid), flags);
}

void
__wrap_privilege_bound(uint64_t keep)
{
	if (has(LAYER_CAPABILITIES))
		__real_privilege_bound(keep);
}

int
__wrap_prctl(int op, ...)
{
	unsigned long a[4];
	va_list list;

	va_start(list, op);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(list, unsigned long);
	va_end(list);
	if ((op == PR_SET_DUMPABLE || op == PR_GET_DUMPABLE) && !has(LAYER_NO_DUMP))
		return 0;
	if (op == PR_SET_NO_NEW_PRIVS && !has(LAYER_NO_NEW_PRIVS))
		return 0;
	if (op == SET_MDWE && !has(LAYER_MDWE))
		return 0;
	return __real_prctl(op, a[0], a[1], a[2], a[3]);
}

/* rules() - what is withheld, without what is left out. A set of nothing cannot be made: none is.
 */
static long
rules(const uint64_t *asked, size_t size)
{
	uint64_t attr[RULES] = { 0 };

	memcpy(attr, asked, size < sizeof(attr) ? size : sizeof(attr));
	if (!has(LAYER_LANDLOCK))
		attr[RULES_FS] = 0;
	if (!has(LAYER_LANDLOCK_NET))
		attr[RULES_NET] = 0;
	if (!has(LAYER_LANDLOCK_SCOPE))
		attr[RULES_SCOPED] = 0;
	if ((attr[RULES_FS] | attr[RULES_NET] | attr[RULES_SCOPED]) == 0)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	return __real_syscall(SYS_landlock_create_ruleset, attr, size, 0UL);
}

/* a_rule_set() - one that was made, not the null device in its place. */
static bool
a_rule_set(void)
{
	return has(LAYER_LANDLOCK) || has(LAYER_LANDLOCK_NET) || has(LAYER_LANDLOCK_SCOPE);
}

long
__wrap_syscall(long nr, ...)
{
	static bool first = true;
	uid_t uid = RUNNER_UID;
	long a[6];
	va_list list;

	va_start(list, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (nr == SYS_clone3 && !has(LAYER_NAMESPACES))
		((struct clone_args *)a[0])->flags &= ~(uint64_t)NAMESPACES;
	/* of a child that speaks for itself, past libc */
	if (nr == SYS_setgroups && !a_user(&uid))
		return 0;
	if (nr == SYS_setresgid || nr == SYS_setresuid) {
		uid = (uid_t)a[0];
		if (!a_user(&uid))
			return 0;
		a[0] = a[1] = a[2] = (long)uid;
	}
	if (nr == SYS_landlock_create_ruleset && a[0] != 0)
		return rules((const uint64_t *)a[0], (size_t)a[1]);
	if (nr == SYS_landlock_restrict_self && !a_rule_set())
		return 0;
	/* a rule about what is not withheld is refused by the kernel */
	if (nr == SYS_landlock_add_rule &&
	    !has(a[1] == RULE_PATH ? LAYER_LANDLOCK : LAYER_LANDLOCK_NET))
		return 0;
	if (nr == SYS_seccomp && a[0] == SECCOMP_SET_MODE_FILTER) {
		/* the first is runner_lock()'s; no listener leads to a second try of it */
		if (first && !has(LAYER_FILTER)) {
			if (((unsigned long)a[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0) {
				errno = EINVAL;
				return -1;
			}
			first = false;
			return 0;
		}
		if (!first && !has(LAYER_NARROW))
			return 0;
		first = false;
	}
	return __real_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}
