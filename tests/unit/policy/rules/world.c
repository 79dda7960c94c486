#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "tests/unit/policy/rules/suites.h"

void
world_policy(struct world *w, const char *file, struct bytes text)
{
	struct policy_source src = { file, text };
	struct text_report report;
	int r;

	*w = (struct world){ 0 };
	buf_init(&w->snapshot, 64 << 20);
	text_report_init(&report);
	r = policy_compile(&w->snapshot, &src, 1, &report);
	ck_assert_msg(r == 0, "%s: %d\n%.*s", file, r, (int)report.out.len,
	    report.out.len != 0 ? (const char *)report.out.ptr : "");
	text_report_deinit(&report);
	ck_assert_int_eq(policy_open(&w->policy, buf_bytes(&w->snapshot)), 0);
}

static char *
lowered(const char *s)
{
	char *copy = strdup(s);

	ck_assert_ptr_nonnull(copy);
	for (char *p = copy; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

void
world_person(struct world *w, const char *account, ...)
{
	const char *tag;
	va_list ap;

	w->id = (struct identity){ .max_subs = -1, .max_payload = -1 };
	snprintf(w->id.user, sizeof(w->id.user), "%s", USER);
	snprintf(w->id.account, sizeof(w->id.account), "%s", account);
	snprintf(w->id.issuer, sizeof(w->id.issuer), "%s", account);
	w->id.name = strdup("somebody");
	va_start(ap, account);
	while ((tag = va_arg(ap, const char *)) != NULL) {
		w->id.tags = reallocarray(w->id.tags, w->id.n_tags + 1, sizeof(char *));
		ck_assert_ptr_nonnull(w->id.tags);
		w->id.tags[w->id.n_tags++] = lowered(tag);
	}
	va_end(ap);
}

void
world_list(struct subject_list *l, const char *item)
{
	l->present = true;
	if (item == NULL)
		return;
	l->item = reallocarray(l->item, l->n + 1, sizeof(*l->item));
	ck_assert_ptr_nonnull(l->item);
	l->item[l->n++] = bytes_str(strdup(item));
}

void
world_login(struct world *w)
{
	ck_assert_int_eq(rights_new(&w->rights, w->policy, &w->id), 0);
}

void
world_logout(struct world *w)
{
	rights_free(w->rights);
	w->rights = NULL;
	identity_deinit(&w->id);
}

void
world_end(struct world *w)
{
	world_logout(w);
	policy_close(w->policy);
	buf_deinit(&w->snapshot);
}
