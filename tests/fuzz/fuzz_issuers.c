/*
 * Any bytes as a list of issuers, and as a compressed archive. A list is read whole or believes
 * nobody; what is unpacked stays under its ceiling.
 */
#include <stdlib.h>

#include "policy/identity/issuers.h"
#include "policy/identity/par_gunzip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CEILING = 100000 };

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_list(const struct issuers *l)
{
	char why[WHY_MAX];

	check(l->n > 0);
	for (size_t i = 0; i < l->n; i++) {
		const struct issuer *x = &l->issuer[i];
		struct wascap w = { .kind = WASCAP_ACTOR, .iss = x->key, .iat_s = INT64_MAX - 1 };

		check(x->key.type == NKEY_ACCOUNT);
		check(x->expires_s <= 0 || issuers_believed(l, &w, 0, why) == 0);
		check(issuers_believed(l, &w, x->expires_s, why) != 0);
	}
	for (size_t i = 0; i < l->n_revoked; i++) {
		const struct revoked *x = &l->revoked[i];
		struct wascap w = { .kind = WASCAP_ACTOR,
			.iss = x->issuer,
			.sub = x->subject,
			.iat_s = x->before_s - 1 };

		check(issuers_revoked(l, &w, why) == WASCAP_REVOKED);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct text_report report;
	char why[WHY_MAX] = "";
	struct issuers l;
	struct buf out;

	text_report_init(&report);
	if (issuers_read(&l, "list", in, &report) == 0) {
		check(report.errors == 0);
		check_list(&l);
	} else {
		check(report.errors > 0 && l.n == 0 && l.issuer == NULL && l.n_revoked == 0);
	}
	issuers_deinit(&l);
	text_report_deinit(&report);
	buf_init(&out, CEILING);
	check(par_gunzip(&out, in, why) == 0 || why[0] != '\0');
	check(out.len <= CEILING);
	buf_deinit(&out);
	return 0;
}
