/*
 * signer_keys - see signer_keys.h. What cannot be used says in which line, never what stands there,
 * and leaves what is in force.
 */
#include "gateway/proc/signer_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/proc/signer_tls.h"
#include "policy/identity/creds.h"
#include "policy/identity/stamp.h"

static void
on_wrong(void *ctx, size_t line, const char *why)
{
	struct signer_wrong *w = ctx;

	if (w->n++ > 0)
		return;
	w->line = line;
	w->why = why;
}

/* take_mint() - lines of "A... SA..."; the old ones go when all the new ones are good. */
static int
take_mint(struct signer_keys *k, struct bytes text, struct signer_wrong *w)
{
	struct upstream_keys keys;
	int r = upstream_keys_read(&keys, text, on_wrong, w);

	if (r != 0) {
		upstream_keys_deinit(&keys);
		return err_pass(r);
	}
	upstream_keys_deinit(&k->mint);
	k->mint = keys;
	return 0;
}

static void
login_deinit(struct signer_login *f)
{
	free(f->jwt);
	nkey_pair_deinit(&f->pair);
	*f = (struct signer_login){ 0 };
}

/* take_creds() - a user JWT and its seed; the old ones go when the new ones are whole. */
static int
take_creds(struct signer_login *f, struct bytes text, struct signer_wrong *w)
{
	struct signer_login fresh = { 0 };
	struct bytes jwt;
	int r = creds_read(text, &jwt, &fresh.pair);

	if (r > 0)
		on_wrong(w, 0, creds_why(r));
	if (r == 0) {
		fresh.jwt = strndup((const char *)jwt.ptr, jwt.len);
		r = fresh.jwt != NULL ? 0 : err_raise(-ENOMEM);
	}
	if (r != 0) {
		login_deinit(&fresh);
		return err_pass(r);
	}
	login_deinit(f);
	*f = fresh;
	return 0;
}

static bool
tls_name(const char *name)
{
	return strcmp(name, "tls_key") == 0 || strcmp(name, "upstream_tls_key") == 0;
}

bool
signer_keys_wanted(const struct signer_keys *k, const char *name)
{
	return strcmp(name, "mint") == 0 || strcmp(name, "creds") == 0 ||
	       strcmp(name, "command_creds") == 0 || tls_name(name) ||
	       (strcmp(name, "stamp") == 0 && k->stamp.seed.ptr == NULL);
}

int
signer_keys_take(struct signer_keys *k, const char *name, struct bytes text, struct signer_wrong *w)
{
	if (strcmp(name, "mint") == 0)
		return take_mint(k, text, w);
	if (strcmp(name, "stamp") == 0) {
		int r = stamp_key_read(&k->stamp, text);

		if (r > 0)
			on_wrong(w, 0, "expected 64 hexadecimal digits");
		return err_pass(r);
	}
	if (tls_name(name)) {
		const char *why = NULL;
		int r = signer_tls_file(name, text, &why);

		if (r > 0)
			on_wrong(w, 0, why);
		return err_pass(r);
	}
	return take_creds(strcmp(name, "creds") == 0 ? &k->creds : &k->command_creds, text, w);
}
