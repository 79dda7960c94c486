/*
 * issuers - a file of whom to believe about actors and providers, and of what was taken back.
 *
 *   issuer acme {
 *     key     = A...                       # the account that signs
 *     expires = 2027-06-30                 # optional: not believed from then on
 *   }
 *   revoke laptop-lost {
 *     issuer        = acme                 # an issuer of this file; without it, by whomever
 *     subject       = M...                 # an actor or provider (V...); without it, all
 *     issued_before = 2026-05-01T12:00:00Z # optional: claims from then on hold again
 *   }
 *
 * Times are UTC, a day from its beginning. A revocation counts whoever else believes the issuer. A
 * file that is not understood to its last word believes nobody.
 */
#ifndef POLICY_IDENTITY_ISSUERS_H
#define POLICY_IDENTITY_ISSUERS_H

#include "policy/core/text.h"
#include "policy/identity/wascap.h"

enum { ISSUERS_MAX = 1024, REVOKED_MAX = 16384, ISSUER_NAME_MAX = 64 };

struct issuer {
	char name[ISSUER_NAME_MAX + 1];
	struct nkey key;
	int64_t expires_s; /* INT64_MAX: never */
};

struct revoked {
	char name[ISSUER_NAME_MAX + 1];
	struct nkey issuer, subject; /* of type NKEY_NONE: any */
	int64_t before_s;            /* claims issued before then; INT64_MAX: all */
};

struct issuers {
	size_t n, n_revoked;
	struct issuer *issuer;
	struct revoked *revoked;
};

/*
 * issuers_read() - @in is the file's content, @file its name for messages. Return: 0 with *l owned
 * by the caller, TEXT_BAD with the report filled, -ENOMEM; *l is zero then.
 */
int issuers_read(
    struct issuers *l, const char *file, struct bytes in, struct text_report *r) must_check;
void issuers_deinit(struct issuers *l);
/* issuers_believed() - is the issuer of these claims in the list, now? 0 or WASCAP_ISSUER. */
int issuers_believed(
    const struct issuers *l, const struct wascap *w, int64_t now_s, char why[WHY_MAX]) must_check;
/* issuers_revoked() - were they taken back? Return: 0 or WASCAP_REVOKED. */
int issuers_revoked(const struct issuers *l, const struct wascap *w, char why[WHY_MAX]) must_check;
/* issuers_moment() - "2027-06-30" or "2027-06-30T12:00:00Z", as seconds since 1970. */
bool issuers_moment(struct bytes text, int64_t *s);

#endif
