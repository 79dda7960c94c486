/*
 * layers_kernel - attempts as in layers_deeds.c: memory that becomes code, what the kernel offers
 * besides files, sockets and processes, and the walls themselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/proc/runner.h"
#include "tests/sandbox/layers.h"

/* past what leaves walls out (layers_wrap.c), where that would be taken for one of its calls */
long __real_syscall(long nr, ...);

static long
answer(long r)
{
	return r < 0 ? -errno : 0;
}

/* ---- memory that becomes code ---- */

/* a RET, whatever the machine */
#if defined(__x86_64__)
static const uint8_t code[] = { 0xc3 };
#else
static const uint8_t code[] = { 0xc0, 0x03, 0x5f, 0xd6 };
#endif

static long
run_at(void *at)
{
	void (*f)(void);

	__builtin___clear_cache((char *)at, (char *)at + sizeof(code));
	memcpy(&f, &at, sizeof(f));
	f();
	return 0;
}

static long
map(int prot, int flags, int fd)
{
	return syscall(SYS_mmap, 0L, 4096L, prot, flags, fd, 0L);
}

static long
do_rwx(const struct target *t)
{
	long p = map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	(void)t;
	if (p < 0)
		return -errno;
	memcpy((void *)p, code, sizeof(code));
	return run_at((void *)p);
}

static long
do_w_then_x(const struct target *t)
{
	long p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	(void)t;
	if (p < 0)
		return -errno;
	memcpy((void *)p, code, sizeof(code));
	if (syscall(SYS_mprotect, p, 4096L, PROT_READ | PROT_EXEC) != 0)
		return -errno;
	return run_at((void *)p);
}

static long
do_implied(const struct target *t)
{
	long p;

	(void)t;
	if (syscall(SYS_personality, 0x0400000L) < 0)
		return -errno;
	p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (p < 0)
		return -errno;
	memcpy((void *)p, code, sizeof(code));
	return run_at((void *)p);
}

static long
do_twice(const struct target *t)
{
	long fd = syscall(SYS_memfd_create, "x", 0L), w, x;

	(void)t;
	if (fd < 0 || syscall(SYS_ftruncate, fd, 4096L) != 0)
		return -errno;
	w = map(PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd);
	x = map(PROT_READ | PROT_EXEC, MAP_SHARED, (int)fd);
	if (w < 0 || x < 0)
		return -errno;
	memcpy((void *)w, code, sizeof(code));
	return run_at((void *)x);
}

static long
do_unmap(const struct target *t)
{
	static char page[8192] __attribute__((aligned(4096)));

	(void)t;
	return answer(syscall(SYS_munmap, page, 4096L));
}

/* ---- the kernel ---- */

static long
do_io_uring(const struct target *t)
{
	char params[120] = { 0 };

	(void)t;
	return answer(syscall(SYS_io_uring_setup, 1L, params));
}

static long
do_userns(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_unshare, (long)CLONE_NEWUSER));
}

static long
do_mount(const struct target *t)
{
	(void)t;
	if (syscall(SYS_unshare, (long)(CLONE_NEWUSER | CLONE_NEWNS)) != 0)
		return -errno;
	return answer(syscall(SYS_mount, "none", "/proc", "tmpfs", 0L, 0L));
}

static long
do_chroot(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_chroot, "/"));
}

static long
do_root(const struct target *t)
{
	(void)t;
	return answer(__real_syscall(SYS_setresuid, 0L, 0L, 0L));
}

static long
do_add_key(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_add_key, "user", "escape", "x", 1L, -2L));
}

static long
do_bpf(const struct target *t)
{
	uint32_t attr[32] = { 2, 4, 4, 1 }; /* BPF_MAP_CREATE of an array */

	(void)t;
	return answer(syscall(SYS_bpf, 0L, attr, sizeof(attr)));
}

static long
do_perf(const struct target *t)
{
	uint32_t attr[32] = { 1, sizeof(attr) };

	(void)t;
	return answer(syscall(SYS_perf_event_open, attr, 0L, -1L, -1L, 0L));
}

static long
do_userfaultfd(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_userfaultfd, 0L));
}

#if defined(__x86_64__)
static long
do_ldt(const struct target *t)
{
	char room[8];

	(void)t;
	return answer(syscall(SYS_modify_ldt, 0L, room, sizeof(room)));
}

static long
do_i386(const struct target *t)
{
	long r;

	(void)t;
	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(20L), "b"(0L), "c"(0L), "d"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	return r < 0 ? r : 0;
}

static long
do_vsyscall(const struct target *t)
{
	long (*time_at)(long *) = (long (*)(long *))0xffffffffff600400;

	(void)t;
	return time_at(NULL) > 0 ? 0 : -ENOSYS;
}
#endif

static long
do_clock(const struct target *t)
{
	struct timespec now;

	(void)t;
	return answer(clock_gettime(CLOCK_MONOTONIC, &now));
}

/* ---- its own walls ---- */

/* a descriptor that somebody left open */
static void
leave_open(const struct target *t)
{
	(void)t;
	if (open("/etc/passwd", O_RDONLY) != 0)
		_exit(RUNNER_NO_MODULE);
}

static long
do_stranger(const struct target *t)
{
	char c;

	(void)t;
	return answer(syscall(SYS_read, 0, &c, 1L));
}

static long
do_dumpable(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_prctl, (long)PR_SET_DUMPABLE, 1L, 0L, 0L, 0L));
}

long
layers_outlive(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_prctl, (long)PR_SET_PDEATHSIG, 0L, 0L, 0L, 0L));
}

static long
do_raise(const struct target *t)
{
	struct rlimit l = { 4096, 4096 };

	(void)t;
	return answer(syscall(SYS_prlimit64, 0L, (long)RLIMIT_NOFILE, &l, 0L));
}

const struct deed kernel_deeds[] = {
	{ 8, "code in fresh memory", do_rwx, NULL },
	{ 8, "code in memory that was written", do_w_then_x, NULL },
	{ 8, "code by personality", do_implied, NULL },
	{ 8, "code in memory mapped twice", do_twice, NULL },
	{ 9, "unmap its own memory", do_unmap, NULL },
	{ 10, "io_uring", do_io_uring, NULL },
	{ 11, "a user namespace", do_userns, NULL },
	{ 11, "mount", do_mount, NULL },
	{ 11, "chroot", do_chroot, NULL },
	{ 11, "be root again", do_root, NULL },
	{ 12, "keep a key in the kernel", do_add_key, NULL },
	{ 12, "bpf map", do_bpf, NULL },
	{ 12, "performance counters", do_perf, NULL },
	{ 12, "userfaultfd", do_userfaultfd, NULL },
#if defined(__x86_64__)
	{ 12, "modify_ldt", do_ldt, NULL },
	{ 14, "a call of i386", do_i386, NULL },
	{ 15, "vsyscall page", do_vsyscall, NULL },
#endif
	{ 15, "read the clock in its own memory", do_clock, NULL },
	{ 16, "a descriptor that was left open", do_stranger, leave_open },
	{ 18, "let others look into it", do_dumpable, NULL },
	{ 18, "outlive its host", layers_outlive, NULL },
	{ 18, "raise a limit", do_raise, NULL },
};

const int kernel_deeds_n = sizeof(kernel_deeds) / sizeof(kernel_deeds[0]);
