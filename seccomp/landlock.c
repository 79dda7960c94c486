/*
 * landlock - see landlock.h. Debian 12's headers know Landlock of Linux 6.1; newer kernels can do
 * more, so their numbers stand here. Everything a version knows is taken away, then what is needed
 * is given back: a right that is in no rule is one nobody has.
 * Source: linux include/uapi/linux/landlock.h, Documentation/userspace-api/landlock.rst.
 */
#include "seccomp/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

enum {
	CREATE_VERSION = 1U << 0,
	RULE_PATH = 1,
	RULE_PORT = 2,
	ABI_NET = 4,
	ABI_SCOPE = 6,
};

enum {
	FS_WRITE_FILE = 1U << 1,
	FS_READ_FILE = 1U << 2,
	FS_READ_DIR = 1U << 3,
	FS_REMOVE_FILE = 1U << 5,
	FS_MAKE_REG = 1U << 8,
	FS_TRUNCATE = 1U << 14,
	NET_BIND = 1U << 0,
	NET_CONNECT = 1U << 1,
	SCOPE_ABSTRACT = 1U << 0,
	SCOPE_SIGNAL = 1U << 1,
};

/* the whole of linux 6.12; a kernel that knows less takes what it knows of it */
struct attributes {
	uint64_t fs, net, scoped;
};

struct path_rule {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

struct port_rule {
	uint64_t access, port;
};

/* known() - the rights on files that a version can withhold. */
static uint64_t
known(unsigned abi)
{
	return abi >= 5 ? 0xffff : abi >= 3 ? 0x7fff : abi >= 2 ? 0x3fff : 0x1fff;
}

static int
allow(int set, const struct landlock_rules *rules, unsigned abi)
{
	for (size_t i = 0; i < rules->n_folders; i++) {
		const struct landlock_folder *f = &rules->folder[i];
		uint64_t write = FS_WRITE_FILE | FS_REMOVE_FILE | FS_MAKE_REG | FS_TRUNCATE;
		struct path_rule p = { (FS_READ_FILE | FS_READ_DIR | (f->write ? write : 0)) & known(abi), f->fd };

		if (f->fd >= 0 && syscall(SYS_landlock_add_rule, set, RULE_PATH, &p, 0) != 0)
			return err_raise(-errno);
	}
	for (size_t i = 0; abi >= ABI_NET && i < rules->n_ports; i++) {
		struct port_rule p = { NET_CONNECT, rules->port[i] };

		if (syscall(SYS_landlock_add_rule, set, RULE_PORT, &p, 0) != 0)
			return err_raise(-errno);
	}
	return 0;
}

int
landlock_enforce(const struct landlock_rules *rules, struct landlock_done *done)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
	struct attributes a = { 0 };
	size_t size;
	int set, r;

	*done = (struct landlock_done){ 0 };
	if (abi < 1)
		return 0;
	done->abi = (unsigned)abi;
	a.fs = known(done->abi);
	a.net = abi >= ABI_NET ? NET_BIND | NET_CONNECT : 0;
	a.scoped = abi >= ABI_SCOPE ? SCOPE_ABSTRACT | SCOPE_SIGNAL : 0;
	size = abi >= ABI_SCOPE ? sizeof(a) : abi >= ABI_NET ? 2 * sizeof(a.fs) : sizeof(a.fs);
	set = (int)syscall(SYS_landlock_create_ruleset, &a, size, 0);
	if (set < 0)
		return err_raise(-errno);
	r = allow(set, rules, done->abi);
	if (r == 0 && syscall(SYS_landlock_restrict_self, set, 0) != 0)
		r = -errno;
	close(set);
	if (r != 0)
		return err_pass(r);
	done->fs = true;
	done->net = a.net != 0;
	done->scope = a.scoped != 0;
	return 0;
}
