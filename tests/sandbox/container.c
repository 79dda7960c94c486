/*
 * container - see container.h. The list is what Docker's default profile refuses without
 * capabilities, as far as it concerns a runner.
 */
#include "tests/sandbox/container.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "seccomp/privilege.h"

static const int outside[] = { SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root,
	SYS_bpf, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_userfaultfd, SYS_perf_event_open,
	SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_kexec_load,
	SYS_finit_module, SYS_reboot };

enum { OUTSIDE = sizeof(outside) / sizeof(outside[0]) };

void
container_enter(void)
{
	struct sock_filter code[2 * OUTSIDE + 2] = { BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	struct sock_fprog prog = { 2 * OUTSIDE + 2, code };
	size_t at = 1;

	for (size_t i = 0; i < OUTSIDE; i++) {
		code[at++] = (struct sock_filter)BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)outside[i], 0, 1);
		code[at++] =
		    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	}
	code[at] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	privilege_bound(0);
	if (privilege_drop(0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0)
		exit(2);
}

bool
container_refuses(long nr)
{
	for (size_t i = 0; i < OUTSIDE; i++)
		if (outside[i] == nr)
			return true;
	return false;
}
