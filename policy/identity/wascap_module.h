/*
 * wascap_module - claims inside a WebAssembly module: the custom section that holds the token, and
 * the hash of everything else.
 *
 * Read here is the framing alone (magic, section numbers, lengths), as strictly as the host's
 * decoder reads it: anything that is not a row of whole sections up to the last byte is refused.
 * The token's section is called "wasmcloud_jwt", or "jwt" by wascap before 0.9; there may be one.
 * Source: WebAssembly core specification 5.5.2; wasmCloud/wascap src/wasm.rs.
 */
#ifndef POLICY_IDENTITY_WASCAP_MODULE_H
#define POLICY_IDENTITY_WASCAP_MODULE_H

#include "policy/identity/wascap.h"

/* Where the token is in a module. Borrows the module. */
struct wascap_place {
	struct bytes before, after; /* the module without the section */
	struct bytes token;
	bool old_name; /* "jwt" */
};

/*
 * wascap_module_find() - Return: 0, WASCAP_BAD_FILE, WASCAP_UNSIGNED, WASCAP_TWO_TOKENS.
 */
int wascap_module_find(struct wascap_place *p, struct bytes module, char why[WHY_MAX]) must_check;
/*
 * wascap_module_hash() - SHA-256 of the module with the section's bytes cut out, whatever revision
 * the claims say they are of.
 */
void wascap_module_hash(const struct wascap_place *p, uint8_t hash[WASCAP_HASH_LEN]);
/* wascap_module_same() - is it the hash that was signed? Return: 0 or WASCAP_BAD_HASH. */
int wascap_module_same(
    const struct wascap *w, const struct wascap_place *p, char why[WHY_MAX]) must_check;
/*
 * wascap_module_admit() - everything at once: is this a module signed by somebody @t believes, now,
 * and unchanged? Return: 0 with *w owned by the caller, an answer, -ENOMEM; *w is zero then.
 */
int wascap_module_admit(struct wascap *w, struct bytes module, const struct wascap_trust *t,
    char why[WHY_MAX]) must_check;
/*
 * wascap_module_strip() - append the module without tokens, its sections' lengths in as few bytes
 * as they fit, so that a reader that writes them anew before it hashes finds the same hash.
 * Return: 0, WASCAP_BAD_FILE, -ENOMEM.
 */
int wascap_module_strip(struct buf *out, struct bytes module, char why[WHY_MAX]) must_check;
/* wascap_module_append() - append the section with a token to a stripped module. */
void wascap_module_append(struct buf *out, struct bytes token);

#endif
