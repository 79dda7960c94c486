/*
 * names - see names.h. O_DIRECTORY, O_NOFOLLOW, O_DIRECT and O_LARGEFILE are missing on purpose:
 * their values differ between the two machines (asm/fcntl.h).
 */
#include "seccomp/names.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/futex.h>

struct name {
	const char *text;
	uint64_t value;
};

#define N(constant) { #constant, (uint64_t)(int64_t)(constant) }

static const struct name values[] = {
	N(AF_INET), N(AF_INET6), N(AF_NETLINK), N(AF_UNIX), N(AF_UNSPEC),
	N(AT_EMPTY_PATH), N(AT_FDCWD), N(AT_SYMLINK_NOFOLLOW),
	N(CLOCK_MONOTONIC), N(CLOCK_MONOTONIC_COARSE), N(CLOCK_PROCESS_CPUTIME_ID), N(CLOCK_REALTIME),
	N(CLOCK_THREAD_CPUTIME_ID),
	N(CLONE_CHILD_CLEARTID), N(CLONE_CHILD_SETTID), N(CLONE_FILES), N(CLONE_FS), N(CLONE_PARENT_SETTID),
	N(CLONE_SETTLS), N(CLONE_SIGHAND), N(CLONE_SYSVSEM), N(CLONE_THREAD), N(CLONE_VM),
	N(EPOLL_CLOEXEC), N(EPOLL_CTL_ADD), N(EPOLL_CTL_DEL), N(EPOLL_CTL_MOD),
	N(F_DUPFD_CLOEXEC), N(F_GETFD), N(F_GETFL), N(F_SETFD), N(F_SETFL),
	N(F_ADD_SEALS), N(F_GET_SEALS), N(F_OFD_SETLK), N(F_SETLK),
	N(F_SEAL_SEAL), N(F_SEAL_SHRINK), N(F_SEAL_GROW), N(F_SEAL_WRITE),
	N(FIOCLEX), N(FIONBIO), N(FIONREAD),
	N(FUTEX_CLOCK_REALTIME), N(FUTEX_PRIVATE_FLAG), N(FUTEX_WAIT), N(FUTEX_WAKE), N(FUTEX_WAIT_BITSET),
	N(IPPROTO_IP), N(IPPROTO_IPV6), N(IPPROTO_TCP), N(IPPROTO_UDP), N(IPV6_V6ONLY),
	N(LOCK_EX), N(LOCK_NB), N(LOCK_SH), N(LOCK_UN),
	N(MADV_COLD), N(MADV_DODUMP), N(MADV_DONTDUMP), N(MADV_DONTNEED), N(MADV_FREE), N(MADV_HUGEPAGE),
	N(MADV_NOHUGEPAGE),
	N(MAP_ANONYMOUS), N(MAP_FIXED), N(MAP_FIXED_NOREPLACE), N(MAP_NORESERVE), N(MAP_POPULATE),
	N(MAP_PRIVATE), N(MAP_SHARED), N(MAP_STACK),
	N(MFD_ALLOW_SEALING), N(MFD_CLOEXEC),
	N(MREMAP_FIXED), N(MREMAP_MAYMOVE),
	N(MSG_CMSG_CLOEXEC), N(MSG_DONTWAIT), N(MSG_ERRQUEUE), N(MSG_NOSIGNAL), N(MSG_OOB), N(MSG_PEEK),
	N(O_ACCMODE), N(O_APPEND), N(O_CLOEXEC), N(O_CREAT), N(O_EXCL), N(O_NONBLOCK), N(O_RDONLY),
	N(O_RDWR), N(O_TRUNC), N(O_WRONLY),
	N(PROT_EXEC), N(PROT_NONE), N(PROT_READ), N(PROT_WRITE),
	N(PR_SET_NAME), N(PR_SET_PDEATHSIG), N(PR_SET_VMA),
	N(RLIMIT_NPROC),
	N(SHUT_RD), N(SHUT_RDWR), N(SHUT_WR),
	N(SIGABRT), N(SIGKILL), N(SIG_BLOCK), N(SIG_SETMASK), N(SIG_UNBLOCK),
	N(SOCK_CLOEXEC), N(SOCK_DGRAM), N(SOCK_NONBLOCK), N(SOCK_STREAM),
	N(SOL_IP), N(SOL_IPV6), N(SOL_SOCKET), N(SOL_TCP),
	N(SO_DOMAIN), N(SO_ERROR), N(SO_KEEPALIVE), N(SO_LINGER), N(SO_PEERCRED), N(SO_RCVBUF), N(SO_RCVTIMEO),
	N(SO_REUSEADDR), N(SO_SNDBUF), N(SO_SNDTIMEO), N(SO_TYPE),
	N(TCP_CORK), N(TCP_KEEPCNT), N(TCP_KEEPIDLE), N(TCP_KEEPINTVL), N(TCP_NODELAY), N(TCP_QUICKACK),
	N(TCP_ULP), N(TCP_USER_TIMEOUT),
};

static const struct name errors[] = {
	N(EACCES), N(EAFNOSUPPORT), N(EAGAIN), N(EINPROGRESS), N(EINVAL), N(ENOENT), N(ENOSYS), N(EOPNOTSUPP), N(EPERM),
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

bool
names_value(struct bytes name, uint64_t *out)
{
	for (size_t i = 0; i < COUNT(values); i++) {
		if (bytes_is(name, values[i].text)) {
			*out = values[i].value;
			return true;
		}
	}
	return false;
}

int
names_error(struct bytes name)
{
	for (size_t i = 0; i < COUNT(errors); i++) {
		if (bytes_is(name, errors[i].text))
			return (int)errors[i].value;
	}
	return 0;
}
