/*
 * filters - see filters.h.
 */
#include "tests/unit/seccomp/filters.h"

#include <check.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>

enum { FILTER_MAX = 64 * 1024 };

const struct machine machines[2] = { { FILTER_X86_64, AUDIT_ARCH_X86_64 }, { FILTER_AARCH64, AUDIT_ARCH_AARCH64 } };

static struct buf
compiled(struct profile *p, enum filter_machine m, struct text_report *r)
{
	struct buf out;
	int e;

	buf_init(&out, FILTER_MAX);
	e = filter_compile(p, m, &out, r);
	ck_assert_msg(e == 0, "%d: %.*s", e, TEXT_ARG(buf_bytes(&r->out)));
	profile_deinit(p);
	text_report_deinit(r);
	return out;
}

struct buf
filter_of_text(const char *text, enum filter_machine m)
{
	struct text_report r;
	struct profile p;

	profile_init(&p);
	text_report_init(&r);
	ck_assert_msg(profile_parse(&p, "p", bytes_str(text), &r) == 0, "%.*s", TEXT_ARG(buf_bytes(&r.out)));
	return compiled(&p, m, &r);
}

static void
add_file(struct profile *p, const char *name, struct text_report *r)
{
	static char text[PROFILE_MAX_FILE];
	char path[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.seccomp", getenv("PROFILES"), name);
	f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s", path);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	ck_assert_msg(profile_parse(p, path, bytes_of(text, n), r) == 0, "%.*s", TEXT_ARG(buf_bytes(&r->out)));
}

struct buf
filter_of_role(const char *name, enum filter_machine m)
{
	struct text_report r;
	struct profile p;

	profile_init(&p);
	text_report_init(&r);
	add_file(&p, name, &r);
	for (size_t i = 0; i < p.n_uses; i++)
		add_file(&p, p.use[i], &r);
	return compiled(&p, m, &r);
}

static uint32_t
arch_of(const struct machine *m)
{
	return m->machine == FILTER_X86_64 ? SCMP_ARCH_X86_64 : SCMP_ARCH_AARCH64;
}

bool
has_call(const struct machine *m, const char *call)
{
	return seccomp_syscall_resolve_name_arch(arch_of(m), call) >= 0;
}

uint32_t
asked(const struct buf *filter, const struct machine *m, const char *call, const uint64_t args[6])
{
	struct seccomp_data d = { .nr = seccomp_syscall_resolve_name_arch(arch_of(m), call), .arch = m->audit };

	ck_assert_msg(d.nr >= 0, "%s", call);
	if (args != NULL)
		memcpy(d.args, args, sizeof(d.args));
	return bpf_run((const void *)filter->ptr, filter->len / sizeof(struct sock_filter), &d);
}
