/*
 * Any bytes as a profile. Properties:
 *  - a refusal says why, within its bounds, in printable text; an acceptance says nothing;
 *  - what was accepted is within its bounds, each grant has a place in the text that begins with its
 *    name or with "refuse", and no two grants of one call say the same;
 *  - reading it a second time into the same profile is refused when it grants anything.
 */
#include <stdlib.h>

#include "seccomp/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_grant(struct bytes text, const struct profile_grant *g)
{
	check(g->n <= PROFILE_ARGS && g->name[0] != '\0' && strlen(g->name) < PROFILE_MAX_NAME);
	for (unsigned line = 1; line < g->line; line++)
		text = bytes_from(text, bytes_find(text, '\n') + 1);
	text = bytes_from(text, g->col - 1);
	check(bytes_starts(text, bytes_str(g->error != 0 ? "refuse" : g->name)));
	for (size_t i = 0; i < g->n; i++) {
		check(g->test[i].arg < PROFILE_ARGS && g->test[i].n >= 1 && g->test[i].n <= PROFILE_MAX_VALUES);
		for (size_t k = 0; k < i; k++)
			check(g->test[i].arg != g->test[k].arg);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = size != 0 ? bytes_of(data, size) : BYTES_NULL;
	struct text_report r;
	struct profile p;
	int a;

	profile_init(&p);
	text_report_init(&r);
	a = profile_parse(&p, "file", in, &r);
	check(a == 0 || a == PROFILE_BAD);
	check((a == 0) == (r.errors == 0) && p.n <= PROFILE_MAX_GRANTS && p.n_uses <= PROFILE_MAX_USES);
	for (size_t i = 0; i < p.n; i++)
		check_grant(in, &p.grant[i]);
	for (size_t i = 0; i < r.out.len; i++)
		check(r.out.ptr[i] == '\n' || (r.out.ptr[i] >= 0x20 && r.out.ptr[i] < 0x7f));
	if (a == 0 && p.n > 0)
		check(profile_parse(&p, "again", in, &r) == PROFILE_BAD);
	text_report_deinit(&r);
	profile_deinit(&p);
	return 0;
}
