/*
 * boxed - run a program as a container without namespaces would: no capability in any set,
 * no_new_privs, and a filter that answers EPERM to what makes namespaces, mounts, keys and traces.
 * What a program then still does for itself is what it can do in there.
 * boxed [--without WALL]... PROGRAM [ARG...]
 * WALL is mdwe, landlock or seccomp: the kernel in there is one that does not know it.
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "seccomp/privilege.h"

static const char *const refused[] = { "unshare", "setns", "mount", "umount2", "pivot_root",
	"chroot", "keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd",
	"io_uring_setup", "open_by_handle_at", "init_module", "finit_module", "delete_module",
	"kexec_load", "reboot", "swapon", "swapoff", "ptrace", "process_vm_readv",
	"process_vm_writev", "kcmp" };

/* the flags a container's profile looks at; clone3 hides them, so it is said not to be there */
#define NAMESPACES                                                                                 \
	((uint64_t)(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |  \
		    CLONE_NEWPID | CLONE_NEWNET))

/* linux 6.3; not in Debian 12's headers. Source: linux include/uapi/linux/prctl.h */
enum { SET_MDWE = 65 };

enum { WITHOUT = 4 };

/* older() - the answers of a kernel without @wall. */
static int
older(scmp_filter_ctx f, const char *wall)
{
	if (strcmp(wall, "mdwe") == 0)
		return seccomp_rule_add(
		    f, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, SET_MDWE));
	if (strcmp(wall, "landlock") == 0)
		return seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS),
		    seccomp_syscall_resolve_name("landlock_create_ruleset"), 0);
	/* libseccomp loads a filter in one call, so this one is no exception to itself */
	if (strcmp(wall, "seccomp") == 0)
		return seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0);
	return -EINVAL;
}

static int
filter(char *without[], size_t n)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int r = f != NULL ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < sizeof(refused) / sizeof(refused[0]); i++)
		r = seccomp_rule_add(
		    f, SCMP_ACT_ERRNO(EPERM), seccomp_syscall_resolve_name(refused[i]), 0);
	for (unsigned bit = 0; r == 0 && bit < 64; bit++) {
		if ((NAMESPACES >> bit & 1) != 0)
			r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
			    SCMP_A0(SCMP_CMP_MASKED_EQ, UINT64_C(1) << bit, UINT64_C(1) << bit));
	}
	if (r == 0)
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = older(f, without[i]);
	if (r == 0)
		r = seccomp_load(f);
	seccomp_release(f);
	return r;
}

int
main(int argc, char **argv)
{
	char *without[WITHOUT];
	size_t n = 0;
	int r;

	while (argc > 2 && strcmp(argv[1], "--without") == 0 && n < WITHOUT) {
		without[n++] = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc < 2) {
		fputs("boxed [--without WALL]... PROGRAM [ARG...]\n", stderr);
		return 2;
	}
	privilege_bound(0);
	r = privilege_drop(0);
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		r = -errno;
	if (r == 0)
		r = filter(without, n);
	if (r == 0) {
		execv(argv[1], argv + 1);
		r = -errno;
	}
	fprintf(stderr, "boxed: %s\n", strerror(-r));
	return 1;
}
