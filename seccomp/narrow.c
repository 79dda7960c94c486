/*
 * narrow - see narrow.h. Numbers of other machines and of x32 are not looked at here: the first
 * filter grants none of them.
 */
#include "seccomp/narrow.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
install(struct sock_filter *code, size_t n)
{
	struct sock_fprog prog = { (unsigned short)n, code };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0)
		return err_raise(-errno);
	return 0;
}

int
narrow_to(const struct confine_filter *f)
{
	if (f == NULL || f->n == 0 || f->n > BPF_MAXINSNS)
		return err_raise(-EINVAL);
	return install(
	    (struct sock_filter *)(uintptr_t)f->code, f->n); /* the kernel only reads it */
}

int
narrow_kill(const int *calls, size_t n)
{
	struct sock_filter code[2 * NARROW_MAX + 2];
	size_t at = 0;

	if (n == 0 || n > NARROW_MAX)
		return err_raise(-EINVAL);
	code[at++] = (struct sock_filter)BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < n; i++) {
		code[at++] = (struct sock_filter)BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], 0, 1);
		code[at++] =
		    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	}
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return install(code, at);
}
