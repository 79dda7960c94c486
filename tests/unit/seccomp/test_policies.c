/*
 * policies: what the profiles of the gateway's processes say, on both machines.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "tests/unit/seccomp/filters.h"
#include "tests/unit/seccomp/suites.h"

#define ARGS(...) ((const uint64_t[6]){ __VA_ARGS__ })
#define KILL SECCOMP_RET_KILL_PROCESS
#define ALLOW SECCOMP_RET_ALLOW

static const char *const roles[] = { "edge", "verifier", "signer", "dispatcher", "compiler", "auditor", "shipper",
	"metrics", "link" };

enum { ROLES = sizeof(roles) / sizeof(roles[0]) };

/* nobody has these; where a machine lacks one there is nothing to ask */
static const char *const never[] = {
	"execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd",
	"pidfd_open", "pidfd_send_signal", "kill", "tkill", "tgkill", "rt_sigqueueinfo", "prctl", "seccomp",
	"landlock_restrict_self", "setuid", "setresuid", "setgid", "setgroups", "capset", "unshare", "setns",
	"mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "open", "openat2",
	"creat", "name_to_handle_at", "open_by_handle_at", "link", "linkat", "symlink", "symlinkat", "rename",
	"mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "chown", "fchown", "fchownat", "setxattr",
	"truncate", "mknod", "mknodat", "socketpair", "bind", "listen", "accept", "sendmmsg", "io_uring_setup",
	"io_uring_enter", "io_uring_register", "io_submit", "bpf", "perf_event_open", "userfaultfd", "keyctl",
	"add_key", "request_key", "init_module", "finit_module", "kexec_load", "reboot", "personality",
	"modify_ldt", "iopl", "ioperm", "shmat", "shmget", "semget", "msgget", "mq_open", "memfd_secret",
	"pkey_mprotect", "remap_file_pages", "process_madvise", "setrlimit", "prlimit64", "inotify_init1",
	"fanotify_init", "signalfd4", "timerfd_create", "dup", "splice", "tee", "vmsplice", "sendfile",
	"copy_file_range", "clock_settime", "settimeofday", "adjtimex", "sethostname", "swapon", "acct",
	"quotactl", "syslog", "vhangup", "arch_prctl", "utimensat", "statfs", "getdents", "readlink",
	"readlinkat", "setpriority", "sched_setaffinity", "sched_setscheduler", "kcmp", "ustat", "clone3",
};

START_TEST(no_role_has_what_none_needs)
{
	const struct machine *m = &machines[_i % 2];
	struct buf f = filter_of_role(roles[_i / 2], m->machine);

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		uint32_t a;

		if (!has_call(m, never[i]))
			continue;
		a = asked(&f, m, never[i], NULL);
		ck_assert_msg((a & SECCOMP_RET_ACTION_FULL) != ALLOW, "%s may %s", roles[_i / 2], never[i]);
	}
	ck_assert_uint_eq(asked(&f, m, "mmap", ARGS(0, 4096, PROT_READ | PROT_EXEC)), KILL);
	ck_assert_uint_eq(asked(&f, m, "mprotect", ARGS(0, 4096, PROT_READ | PROT_EXEC)), KILL);
	ck_assert_uint_eq(asked(&f, m, "clone", ARGS(17)), KILL); /* SIGCHLD: a process */
	ck_assert_uint_eq(asked(&f, m, "ioctl", ARGS(0, 0x5412)), KILL); /* TIOCSTI */
	ck_assert_uint_eq(asked(&f, m, "read", NULL), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "exit_group", NULL), ALLOW);
	buf_deinit(&f);
}
END_TEST

START_TEST(a_new_descriptor_comes_only_to_whom_it_must)
{
	static const struct {
		const char *call, *role;
	} rows[] = {
		{ "openat", "auditor" }, { "openat", "shipper" }, { "socket", "shipper" }, { "connect", "shipper" },
		{ "memfd_create", "compiler" }, { "accept4", "edge" }, { "accept4", "metrics" }, { "clone", "shipper" },
		{ "unlinkat", "auditor" }, { "unlinkat", "shipper" }, { "ftruncate", "auditor" },
		{ "renameat", "auditor" }, { "renameat", "shipper" }, { "fsync", "auditor" }, { "fsync", "shipper" },
		{ "sendto", "edge" }, { "sendto", "dispatcher" }, { "sendto", "shipper" }, { "sendto", "metrics" },
		{ "socket", "link" }, { "connect", "link" }, { "sendto", "link" }, { "fallocate", "auditor" },
	};
	/* arguments that some line of a profile that has the call would let through */
	static const uint64_t tries[][6] = { { 3, SOCK_CLOEXEC, 0, SOCK_CLOEXEC | SOCK_NONBLOCK },
		{ 2, 1, 6 }, { 3, MFD_CLOEXEC | MFD_ALLOW_SEALING }, { 0x3d0f00 }, { 3, 0, 5, 0 }, { 3, 0, 0, 0x4000 },
		{ 3, 1, 0, 1 } };
	const struct machine *m = &machines[_i % 2];
	const char *role = roles[_i / 2];
	struct buf f = filter_of_role(role, m->machine);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool may = false, must = false;

		for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
			must = must || (strcmp(rows[k].call, rows[i].call) == 0 && strcmp(rows[k].role, role) == 0);
		for (size_t k = 0; k < sizeof(tries) / sizeof(tries[0]); k++)
			may = may || asked(&f, m, rows[i].call, tries[k]) == ALLOW;
		ck_assert_msg(may == must, "%s: %s", role, rows[i].call);
	}
	buf_deinit(&f);
}
END_TEST

START_TEST(an_edge_sends_to_no_address_and_asks_of_no_file)
{
	const struct machine *m = &machines[_i];
	struct buf f = filter_of_role("edge", m->machine);

	ck_assert_uint_eq(asked(&f, m, "sendto", ARGS(7, 0, 9, 0x4000, 0, 0)), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "sendto", ARGS(7, 0, 9, 0x4000, 0x1000, 16)), KILL);
	ck_assert_uint_eq(asked(&f, m, "newfstatat", ARGS((uint64_t)AT_FDCWD)), KILL);
	ck_assert_uint_eq(asked(&f, m, "fstat", ARGS(3)), KILL);
	ck_assert_uint_eq(asked(&f, m, "statx", ARGS(3)), KILL);
	ck_assert_uint_eq(asked(&f, m, "connect", ARGS(3)), KILL);
	buf_deinit(&f);
}
END_TEST

START_TEST(who_opens_files_does_so_below_a_folder_it_holds)
{
	static const char *const who[] = { "auditor", "shipper" };
	const struct machine *m = &machines[_i % 2];
	struct buf f = filter_of_role(who[_i / 2], m->machine);

	ck_assert_uint_eq(asked(&f, m, "openat", ARGS(7)), ALLOW);
	/* a library of the shipper looks where Landlock lets it see nothing */
	ck_assert_uint_eq(asked(&f, m, "openat", ARGS((uint64_t)(int64_t)AT_FDCWD)), _i / 2 == 0 ? KILL : ALLOW);
	ck_assert_uint_eq(asked(&f, m, "openat", ARGS((uint64_t)(int64_t)AT_FDCWD, 0, O_WRONLY)), KILL);
	ck_assert_uint_eq(asked(&f, m, "openat", ARGS((uint64_t)(int64_t)AT_FDCWD, 0, O_CREAT)), KILL);
	ck_assert_uint_eq(asked(&f, m, "openat", ARGS(0xffffff9c)), _i / 2 == 0 ? KILL : ALLOW);
	buf_deinit(&f);
}
END_TEST

START_TEST(a_hosts_link_speaks_tcp_and_opens_no_file)
{
	const struct machine *m = &machines[_i];
	struct buf f = filter_of_role("link", m->machine);

	ck_assert_uint_eq(asked(&f, m, "socket", ARGS(2, 1 | 02000000, 0)), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "socket", ARGS(2, 2, 0)), KILL); /* datagrams */
	ck_assert_uint_eq(asked(&f, m, "socket", ARGS(1, 1, 0)), KILL);
	ck_assert_uint_eq(asked(&f, m, "openat", ARGS(7)), KILL);
	ck_assert_uint_eq(asked(&f, m, "openat", ARGS((uint64_t)(int64_t)AT_FDCWD)), KILL);
	ck_assert_uint_eq(asked(&f, m, "openat", ARGS((uint64_t)(int64_t)AT_FDCWD, 0, O_WRONLY)), KILL);
	ck_assert_uint_eq(asked(&f, m, "clone", ARGS(0x3d0f00)), KILL);
	buf_deinit(&f);
}
END_TEST

START_TEST(the_shippers_threads_are_threads)
{
	const struct machine *m = &machines[_i];
	struct buf f = filter_of_role("shipper", m->machine);

	/* what glibc's pthread_create() asks for, and that with a namespace or without CLONE_THREAD */
	ck_assert_uint_eq(asked(&f, m, "clone", ARGS(0x3d0f00)), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "clone", ARGS(0x3d0f00 & ~0x10000)), KILL);
	ck_assert_uint_eq(asked(&f, m, "clone3", NULL), SECCOMP_RET_ERRNO | 38);
	ck_assert_uint_eq(asked(&f, m, "socket", ARGS(2, 1 | 02000000, 0)), ALLOW);
	ck_assert_uint_eq(asked(&f, m, "socket", ARGS(2, 3, 0)), KILL);  /* raw */
	ck_assert_uint_eq(asked(&f, m, "socket", ARGS(1, 1, 0)), KILL);  /* a stream to a local socket */
	ck_assert_uint_eq(asked(&f, m, "socket", ARGS(16, 3, 0)), KILL); /* netlink */
	buf_deinit(&f);
}
END_TEST

TCase *
policies_tests(void)
{
	TCase *c = tcase_create("policies");

	tcase_add_loop_test(c, no_role_has_what_none_needs, 0, 2 * ROLES);
	tcase_add_loop_test(c, a_new_descriptor_comes_only_to_whom_it_must, 0, 2 * ROLES);
	tcase_add_loop_test(c, an_edge_sends_to_no_address_and_asks_of_no_file, 0, 2);
	tcase_add_loop_test(c, who_opens_files_does_so_below_a_folder_it_holds, 0, 4);
	tcase_add_loop_test(c, the_shippers_threads_are_threads, 0, 2);
	tcase_add_loop_test(c, a_hosts_link_speaks_tcp_and_opens_no_file, 0, 2);
	return c;
}
