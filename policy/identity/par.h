/*
 * par - a provider's archive as wash writes it: a tar file whose first member is claims.jwt, and
 * one TARGET.bin for each library the claims give a hash of.
 *
 * Nothing is unpacked: members stay where they are in the bytes given. (Compressed ones are made
 * plain by par_gunzip.h before.) Refused: anything but plain files, names with a slash or other
 * than those two forms, names that come twice, sizes and checksums that are not what tar writes,
 * members the claims do not speak of, libraries they speak of that are missing, and bytes behind
 * the end. Source: wasmCloud/provider-archive src/archive.rs; POSIX pax, "ustar Interchange
 * Format".
 */
#ifndef POLICY_IDENTITY_PAR_H
#define POLICY_IDENTITY_PAR_H

#include "policy/identity/wascap.h"

struct par_library {
	struct bytes target; /* "x86_64-linux" */
	struct bytes content;
};

/* An archive taken apart. Borrows its bytes. */
struct par {
	struct bytes token;
	size_t n;
	struct par_library lib[WASCAP_ITEMS_MAX];
};

/* par_read() - Return: 0, WASCAP_BAD_FILE, WASCAP_UNSIGNED, WASCAP_TWO_TOKENS. */
int par_read(struct par *p, struct bytes archive, char why[WHY_MAX]) must_check;
/*
 * par_same() - are the libraries exactly those of the claims, by name and hash?
 * Return: 0 or WASCAP_BAD_HASH.
 */
int par_same(const struct wascap *w, const struct par *p, char why[WHY_MAX]) must_check;
/*
 * par_admit() - everything at once. Return: 0 with *w owned by the caller and *p filled, an answer,
 * -ENOMEM; both are zero then.
 */
int par_admit(struct wascap *w, struct par *p, struct bytes archive, const struct wascap_trust *t,
    char why[WHY_MAX]) must_check;

#endif
