/*
 * filter - see filter.h. libseccomp compares both halves of an argument and puts the calls into a
 * tree, so that the cost does not grow with the number of lines.
 */
#include "seccomp/filter.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

static const uint32_t machines[] = { [FILTER_X86_64] = SCMP_ARCH_X86_64, [FILTER_AARCH64] = SCMP_ARCH_AARCH64 };

enum filter_machine
filter_machine(void)
{
#if defined(__x86_64__)
	return FILTER_X86_64;
#elif defined(__aarch64__)
	return FILTER_AARCH64;
#else
#error "no profile was written for this machine"
#endif
}

static struct scmp_arg_cmp
compare(const struct profile_test *t, uint64_t value)
{
	static const enum scmp_compare ops[] = { [PROFILE_EQ] = SCMP_CMP_EQ, [PROFILE_NE] = SCMP_CMP_NE,
		[PROFILE_LT] = SCMP_CMP_LT, [PROFILE_LE] = SCMP_CMP_LE, [PROFILE_GT] = SCMP_CMP_GT,
		[PROFILE_GE] = SCMP_CMP_GE, [PROFILE_MASKED] = SCMP_CMP_MASKED_EQ, [PROFILE_IN] = SCMP_CMP_EQ };
	bool mask = t->op == PROFILE_MASKED;

	return (struct scmp_arg_cmp){ .arg = t->arg, .op = ops[t->op], .datum_a = mask ? t->mask : value,
		.datum_b = mask ? value : 0 };
}

/* add() - a line; one with a set becomes a rule for each of its values. */
static int
add(scmp_filter_ctx ctx, const struct profile_grant *g, int nr)
{
	uint32_t action = g->error != 0 ? SCMP_ACT_ERRNO((uint32_t)g->error) : SCMP_ACT_ALLOW;
	struct scmp_arg_cmp c[PROFILE_ARGS];
	size_t set = g->n, turns = 1;
	int r = 0;

	for (size_t i = 0; i < g->n; i++) {
		c[i] = compare(&g->test[i], g->test[i].value[0]);
		if (g->test[i].op == PROFILE_IN) {
			set = i;
			turns = g->test[i].n;
		}
	}
	for (size_t i = 0; r == 0 && i < turns; i++) {
		if (set < g->n)
			c[set] = compare(&g->test[set], g->test[set].value[i]);
		r = seccomp_rule_add_exact_array(ctx, action, nr, (unsigned)g->n, c);
	}
	return err_pass(r);
}

static int
add_all(scmp_filter_ctx ctx, const struct profile *p, uint32_t arch, struct text_report *r)
{
	size_t before = r->errors;

	for (size_t i = 0; i < p->n; i++) {
		const struct profile_grant *g = &p->grant[i];
		/* rules are written with this machine's numbers, whatever machine they are for */
		int nr = seccomp_syscall_resolve_name(g->name), e;

		if (nr == __NR_SCMP_ERROR) {
			profile_error(r, g->file, g->line, g->col, "%s is no system call", g->name);
			continue;
		}
		if (seccomp_syscall_resolve_name_arch(arch, g->name) < 0)
			continue; /* of the other machine */
		e = add(ctx, g, nr);
		if (e == -ENOMEM)
			return err_pass(e);
		if (e != 0)
			profile_error(r, g->file, g->line, g->col, "%s: this line cannot be compiled: %s", g->name,
			    strerror(-e));
	}
	return r->errors == before ? 0 : PROFILE_BAD;
}

/* made() - an empty filter for one machine. */
static int
made(scmp_filter_ctx ctx, uint32_t arch)
{
	int r = 0;

	if (arch != seccomp_arch_native()) {
		r = seccomp_arch_add(ctx, arch);
		if (r == 0)
			r = seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);
	}
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return err_pass(r);
}

/* export() - libseccomp 2.5 writes to descriptors only. */
static int
export(scmp_filter_ctx ctx, struct buf *out)
{
	int fd = memfd_create("filter", MFD_CLOEXEC), r;
	uint8_t part[4096];
	ssize_t n = 0;

	if (fd < 0)
		return err_raise(-errno);
	r = seccomp_export_bpf(ctx, fd);
	if (r == 0 && lseek(fd, 0, SEEK_SET) != 0)
		r = -errno;
	while (r == 0 && (n = read(fd, part, sizeof(part))) > 0)
		buf_put(out, bytes_of(part, (size_t)n));
	if (r == 0 && n < 0)
		r = -errno;
	close(fd);
	return r != 0 ? err_pass(r) : buf_failed(out) ? err_raise(-ENOMEM) : 0;
}

int
filter_compile(
    const struct profile *p, enum filter_machine machine, struct buf *out, struct text_report *r)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	uint32_t arch = machines[machine];
	int e;

	if (ctx == NULL)
		return err_raise(-ENOMEM);
	e = made(ctx, arch);
	if (e == 0)
		e = add_all(ctx, p, arch, r);
	if (e == 0)
		e = export(ctx, out);
	seccomp_release(ctx);
	return err_pass(e);
}
