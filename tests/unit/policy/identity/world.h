/*
 * world - an operator, an account, a user and their keys, and ways to sign what no honest tool
 * would write.
 */
#ifndef TESTS_UNIT_POLICY_IDENTITY_WORLD_H
#define TESTS_UNIT_POLICY_IDENTITY_WORLD_H

#include "policy/identity/mint.h"
#include "policy/identity/trust.h"

enum { NOW = 1700000000 };

struct world {
	struct nkey_pair op, op_sign, acc, acc_sign, user;
	char op_text[57], op_sign_text[57], acc_text[57], acc_sign_text[57], user_text[57];
	struct trust *t;
	struct buf b; /* the token under test */
	struct seen *seen; /* of logins; NULL: none */
	int64_t now_s;     /* of logins; NOW */
	char why[160];
};

void world_init(struct world *w);
void world_deinit(struct world *w);
/*
 * world_seal() - sign a payload with @by into w->b. In it @O @o @A @a @U stand for the keys of
 * operator, its signing key, account, its signing key, user, and ' for ".
 */
struct bytes world_seal(struct world *w, const char *payload, const struct nkey_pair *by);
/* world_account() - the account whose "nats" holds these members besides type, version and open
 * limits. */
void world_account(struct world *w, const char *members);
/* world_user() - a user token with these claims beside iss and sub, and these members in "nats". */
struct bytes world_user(
    struct world *w, const char *claims, const char *members, const struct nkey_pair *by);
/* world_login() - log in with a token, signing the nonce properly. */
int world_login(struct world *w, struct bytes jwt, struct identity *id);
/* world_try() - world_login(), forgetting the identity. */
int world_try(struct world *w, struct bytes jwt);

#endif
