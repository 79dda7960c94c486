/*
 * person_file - see person_file.h.
 */
#include "gateway/cli/person_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/files.h"
#include "policy/identity/claims.h"
#include "policy/identity/creds.h"

enum { CREDS_MAX = 64 * 1024 };

/* from_claims() - takes the name, tags and permissions of @u. */
static int
from_claims(struct identity *id, const struct jwt *j, struct claims_user *u, char why[WHY_MAX])
{
	struct nkey account;

	if (claims_issuer_account(&account, j, why) != 0)
		return CLI_FAILED;
	*id = (struct identity){ .max_subs = -1, .max_payload = -1 };
	nkey_format(&j->sub, id->user);
	nkey_format(&j->iss, id->issuer);
	nkey_format(account.type != NKEY_NONE ? &account : &j->iss, id->account);
	id->name = u->name != NULL ? u->name : strdup("");
	u->name = NULL;
	id->tags = u->tags.tag;
	id->n_tags = u->tags.n;
	u->tags = (struct claims_tags){ 0 };
	id->perms = u->grant.perms;
	u->grant.perms = (struct permissions){ 0 };
	if (id->name == NULL) {
		snprintf(why, WHY_MAX, "out of memory");
		identity_deinit(id);
		return CLI_FAILED;
	}
	return CLI_OK;
}

static int
from_jwt(struct identity *id, const struct jwt *j, char why[WHY_MAX])
{
	struct claims_user u = { 0 };
	int r;

	if (jwt_verify(j) != 0) {
		snprintf(why, WHY_MAX, "the JWT's signature does not fit: it was changed");
		return CLI_FAILED;
	}
	if (claims_user_read(&u, j, why) != 0)
		return CLI_FAILED;
	r = from_claims(id, j, &u, why);
	if (r == CLI_OK && strcmp(id->account, id->issuer) != 0)
		cli_note(
		    "signed by a signing key: a scope of it, if it has one, is not in the file");
	claims_user_deinit(&u);
	return r;
}

int
person_from_creds(const char *file, struct identity *id)
{
	char why[WHY_MAX] = "out of memory";
	struct nkey_pair pair = { 0 };
	struct jwt j = { 0 };
	struct bytes jwt;
	struct buf text;
	int r;

	secret_buf_init(&text, CREDS_MAX);
	r = file_read(AT_FDCWD, file, &text);
	if (r == 0)
		r = creds_read(buf_bytes(&text), &jwt, &pair);
	if (r != 0) {
		snprintf(why, sizeof(why), "%s", r > 0 ? creds_why(r) : strerror(-r));
		r = CLI_FAILED;
	} else {
		r = jwt_read(&j, jwt, NKEY_USER, why) == 0 ? from_jwt(id, &j, why) : CLI_FAILED;
	}
	if (r != CLI_OK)
		cli_error("%s: %s", file, why);
	jwt_deinit(&j);
	nkey_pair_deinit(&pair);
	secret_buf_deinit(&text);
	return r;
}
