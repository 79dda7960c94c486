/*
 * seccomp_embed - profiles as C text, when the gateway is built: so that the program carries its
 * filters and reads no profile at run time.
 *
 *   seccomp_embed OUT.c DIR NAME[+MORE...] ...
 *
 * Reads DIR/NAME.seccomp (and DIR/MORE.seccomp with it, for builds with sanitizers) and what these
 * take in with `use`, compiles them for both machines, and writes the table `confine_filters`.
 */
#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>
#include <string.h>

#include "seccomp/filter.h"

enum { EMBED_FILTER_MAX = 64 * 1024 };

static int
read_into(struct profile *p, const char *dir, const char *name, struct text_report *r)
{
	char path[4200], text[PROFILE_MAX_FILE + 1];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.seccomp", dir, name);
	f = fopen(path, "re");
	if (f == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return PROFILE_BAD;
	}
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	return profile_parse(p, path, bytes_of(text, n), r);
}

/* read_all() - "edge+sanitizer" and what is used. */
static int
read_all(struct profile *p, const char *dir, char *names, struct text_report *r)
{
	int e = 0;

	for (char *more; e == 0 && names != NULL; names = more) {
		more = strchr(names, '+');
		if (more != NULL)
			*more++ = '\0';
		e = read_into(p, dir, names, r);
	}
	/* the list grows while it is read */
	for (size_t i = 0; e == 0 && i < p->n_uses; i++)
		e = read_into(p, dir, p->use[i], r);
	return e;
}

static void
put_code(FILE *out, const struct buf *b)
{
	const struct sock_filter *f = (const void *)b->ptr;

	for (size_t i = 0; i < b->len / sizeof(*f); i++)
		fprintf(out, "\t{ 0x%02x, %u, %u, 0x%08x },\n", f[i].code, f[i].jt, f[i].jf, f[i].k);
}

/* one() - a profile as an array for each machine. */
static int
one(FILE *out, const char *dir, char *names, struct text_report *r)
{
	static const enum filter_machine machines[] = { FILTER_X86_64, FILTER_AARCH64 };
	static const char *const tests[] = { "#if defined(__x86_64__)", "#elif defined(__aarch64__)" };
	struct profile p;
	int e;

	profile_init(&p);
	e = read_all(&p, dir, names, r);
	fprintf(out, "static const struct sock_filter %s[] = {\n", names);
	for (size_t i = 0; e == 0 && i < 2; i++) {
		struct buf code;

		buf_init(&code, EMBED_FILTER_MAX);
		e = filter_compile(&p, machines[i], &code, r);
		fprintf(out, "%s\n", tests[i]);
		if (e == 0)
			put_code(out, &code);
		buf_deinit(&code);
	}
	fprintf(out, "#endif\n};\n\n");
	profile_deinit(&p);
	return e;
}

int
main(int argc, char **argv)
{
	struct text_report r;
	FILE *out = argc > 3 ? fopen(argv[1], "we") : NULL;
	int e = 0;

	if (out == NULL) {
		fprintf(stderr, "usage: seccomp_embed OUT.c DIR NAME[+MORE...] ...\n");
		return 2;
	}
	text_report_init(&r);
	fprintf(out, "/* written by seccomp_embed from the profiles in policies */\n"
		     "#include \"seccomp/filters.h\"\n\n");
	for (int i = 3; e == 0 && i < argc; i++)
		e = one(out, argv[2], argv[i], &r);
	fprintf(out, "const struct confine_filter confine_filters[] = {\n");
	for (int i = 3; i < argc; i++)
		fprintf(out, "\t{ \"%s\", %s, sizeof(%s) / sizeof(%s[0]) },\n", argv[i], argv[i], argv[i], argv[i]);
	fprintf(out, "};\nconst size_t confine_filters_n = %d;\n", argc - 3);
	if (r.out.len > 0)
		fwrite(r.out.ptr, 1, r.out.len, stderr);
	if (e < 0)
		fprintf(stderr, "seccomp_embed: %s\n", strerror(-e));
	text_report_deinit(&r);
	e = fclose(out) != 0 || e != 0 ? 1 : 0;
	if (e != 0)
		remove(argv[1]);
	return e;
}
