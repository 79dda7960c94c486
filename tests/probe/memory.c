/*
 * memory - the policy snapshot, which is mapped from a sealed memfd, and code that was not in the
 * program.
 */
#include "tests/probe/probe.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* a function of one byte: ret */
static const uint8_t code[] = { 0xc3 };

static void *
fresh_page(int prot)
{
	void *p = mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED ? p : NULL;
}

static long
policy_writable(void)
{
	return mprotect(edge.snapshot.map, edge.snapshot.len, PROT_READ | PROT_WRITE);
}

static long
policy_write_through(void)
{
	/* the kernel writes for us, where we may not: EFAULT */
	return read(edge.child.parent.fd, edge.snapshot.map, 1) == 1 ? 0 : -1;
}

static long
page_made_code(void)
{
	void *p = fresh_page(PROT_READ | PROT_WRITE);

	if (p == NULL)
		return -1;
	memcpy(p, code, sizeof(code));
	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static long
page_mapped_code(void)
{
	return fresh_page(PROT_READ | PROT_WRITE | PROT_EXEC) != NULL ? 0 : -1;
}

static long
page_key_code(void)
{
	void *p = fresh_page(PROT_READ | PROT_WRITE);

	return p == NULL ? -1 : syscall(SYS_pkey_mprotect, p, 4096, PROT_READ | PROT_EXEC, -1);
}

static long
own_code_writable(void)
{
	uintptr_t page = (uintptr_t)&relay_end & ~(uintptr_t)4095;

	return mprotect((void *)page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
}

bool
probe_memory(const char *name, struct attempt *a)
{
	static const struct {
		const char *name;
		long (*attempt)(void);
	} known[] = {
		{ "policy_writable", policy_writable },
		{ "policy_write_through", policy_write_through },
		{ "page_made_code", page_made_code },
		{ "page_mapped_code", page_mapped_code },
		{ "page_key_code", page_key_code },
		{ "own_code_writable", own_code_writable },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name) != 0)
			continue;
		errno = 0;
		a->result = known[i].attempt();
		a->error = errno;
		a->achieved = a->result == 0;
		return true;
	}
	return false;
}
